//! `-A`, `-W`, `-D` and `--threshold`: which rules speak, how loud, and which findings make the program fail.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, ValueEnum};

use super::Status;
use crate::lint::{Finding, Levels, Selector, Severity};

/// What the command line says of rules. Of several overrides for a rule the last one counts, as they stand.
#[derive(Clone, Debug)]
pub(super) struct LevelArgs {
    /// The levels.
    pub levels: Levels,
    /// From which severity on a finding makes the program fail, where that is said.
    pub threshold: Option<Threshold>,
    /// Whether comments in a guest's boot configuration are to be left out of account.
    pub no_suppressions: bool,
}

/// From which severity on a finding makes the program fail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Threshold {
    #[default]
    Error,
    Warning,
    Note,
    Never,
}

impl Threshold {
    /// What findings make of the exit status.
    pub(super) fn status(self, findings: &[Finding]) -> Status {
        let Some(least) = self.least() else { return Status::Fine };
        if findings.iter().any(|finding| finding.severity >= least) { Status::Fails } else { Status::Fine }
    }

    /// The severity; nothing where no finding makes it fail.
    pub(super) fn least(self) -> Option<Severity> {
        match self {
            Self::Error => Some(Severity::Error),
            Self::Warning => Some(Severity::Warning),
            Self::Note => Some(Severity::Note),
            Self::Never => None,
        }
    }
}

/// Long name, short name, help.
const LEVELS: [(&str, char, &str); 3] = [
    (
        "allow",
        'A',
        "Turn this rule (PG101 or its name), group (storage, PG3) or all rules off; may be repeated, the last option for a rule wins",
    ),
    ("warn", 'W', "Report its findings as warnings"),
    ("deny", 'D', "Report its findings as errors"),
];

impl Args for LevelArgs {
    fn augment_args(command: Command) -> Command {
        let levels = LEVELS.map(|(long, short, help)| {
            Arg::new(long)
                .long(long)
                .short(short)
                .value_name("RULE")
                .action(ArgAction::Append)
                .value_parser(|text: &str| text.parse::<Selector>())
                .help(help)
        });
        let values = Threshold::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        command
            .args(levels)
            .arg(
                Arg::new("threshold")
                    .long("threshold")
                    .value_name("SEVERITY")
                    .value_parser(PossibleValuesParser::new(values))
                    .help("Exit with status 1 if a finding is at least this severe [default: error]"),
            )
            .arg(Arg::new("no-suppressions").long("no-suppressions").action(ArgAction::SetTrue).help(
                "Ignore `# pregrub: allow(...)` comments in the boot configuration, which a guest may have written",
            ))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for LevelArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut said: Vec<(usize, &str, Selector)> = Vec::new();
        for (long, ..) in LEVELS {
            let (Some(indices), Some(selectors)) = (matches.indices_of(long), matches.get_many::<Selector>(long))
            else {
                continue;
            };
            said.extend(indices.zip(selectors).map(|(index, selector)| (index, long, *selector)));
        }
        said.sort_by_key(|(index, ..)| *index);
        let mut levels = Levels::default();
        for (_, level, selector) in said {
            match level {
                "allow" => levels.allow(selector),
                "warn" => levels.warn(selector),
                _ => levels.deny(selector),
            }
        }
        let threshold = matches.get_one::<String>("threshold").and_then(|text| Threshold::from_str(text, true).ok());
        Ok(Self { levels, threshold, no_suppressions: matches.get_flag("no-suppressions") })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
