//! What is wrong with a disk or a configuration that pygrub is to boot: named, located, explained, and mended where that is safe.
//!
//! A [`Rule`] looks at a [`Subject`], which is a [`Run`](crate::boot::Run) with its configuration and its filesystem, and
//! reports [`Finding`]s. Rules parse nothing: what they need stands in the run, and in the survey of the configuration, which
//! goes on where pygrub gives up. One file a rule under `rules/`; [`RULES`] lists them.
//!
//! ```
//! use pregrub::boot::{self, Options};
//! use pregrub::config::Dialect;
//! use pregrub::lint::{self, Levels, Subject};
//! use pregrub::target::Kind;
//!
//! let text = b"set timeout=5\nmenuentry \"NixOS\" {\n  linux ($drive1)//kernels/k\n}\n".to_vec();
//! let run = boot::run_config("grub.cfg", Dialect::Grub2, text, Options::default());
//! let findings = lint::lint(&Subject::new(&run, Kind::Config), &Levels::default());
//! let first = &findings[0];
//! assert_eq!((first.rule.code, first.rule.name, first.stops_boot), ("PG001", "device-variable", true));
//! assert_eq!(first.span.unwrap().line, 3);
//! ```

mod baseline;
mod blocks;
mod closest_path;
mod configuration;
mod continuation;
mod covering;
mod default_value;
mod elsewhere;
mod environment;
mod extlinux_keywords;
mod files;
mod finding;
mod fix;
mod flood;
mod group;
mod grub_menu;
mod grub_words;
mod kernel_argument;
mod later;
mod levels;
mod mend;
mod named_file;
mod neighbour;
mod refusal;
mod registry;
mod reporter;
mod root_disk;
mod rule;
mod rules;
mod set_default;
mod severity;
mod subject;
mod suppression;
mod unseen;
mod unseen_end;
mod unseen_entry;

pub use baseline::{Baseline, Comparison, Identity};
pub use configuration::Configuration;
pub(crate) use configuration::shown as shown_text;
pub use files::{Answer, Files};
pub use finding::{Finding, Related, Source};
pub use fix::{Edit, Fix, Safety};
pub use group::Group;
pub use levels::{Level, Levels, Selector, UnknownSelector};
pub use mend::{Mend, Mended, Mending};
pub use registry::{RULES, find};
pub use reporter::Reporter;
pub use root_disk::{NoRoot, RootDisk};
pub use rule::{Rule, Stops};
pub use severity::Severity;
pub use subject::Subject;
pub use unseen::{Unseen, Where};

use covering::Covering;

/// What the rules found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// What is to be told, in the order of the places, those without a place first.
    pub told: Vec<Finding>,
    /// What a comment suppresses, in the same order, with the reason that the comment gives.
    pub suppressed: Vec<(Finding, String)>,
}

/// Looks at `subject` with every rule that `levels` allow, and leaves out what comments suppress. The findings come in the order
/// of their places, those without a place first.
pub fn lint(subject: &Subject<'_>, levels: &Levels) -> Vec<Finding> {
    lint_all(subject, levels).told
}

/// Does what [`lint`] does, and keeps what comments suppress.
pub fn lint_all(subject: &Subject<'_>, levels: &Levels) -> Findings {
    let mut findings = Vec::new();
    for rule in RULES {
        let Some(level) = levels.of(rule) else { continue };
        let mut reporter = Reporter::new(rule, level, &mut findings);
        (rule.check)(subject, &mut reporter);
    }
    let mut sorted = Findings::default();
    let suppressions = subject.suppressions().iter();
    let suppressions =
        suppressions.flat_map(|(source, suppressions)| suppressions.list.iter().map(|one| (*source, one)));
    let mut covering = Covering::new(suppressions.collect());
    for finding in findings {
        match covering.silences(&finding) {
            Some(reason) => sorted.suppressed.push((finding, reason)),
            None => sorted.told.push(finding),
        }
    }
    let unused = &rules::pg801_unused_suppression::RULE;
    if let Some(level) = levels.of(unused) {
        let mut reporter = Reporter::new(unused, level, &mut sorted.told);
        // Of a rule that is silent anyway nobody knows.
        let speaking: Vec<&Rule> = RULES.iter().copied().filter(|rule| levels.of(rule).is_some()).collect();
        for (source, one) in covering.unused() {
            if !speaking.iter().any(|rule| one.selector.covers(rule)) {
                continue;
            }
            let name = configuration::shown(subject.text(source).get(one.span.range()).unwrap_or_default());
            let finding = rules::pg801_unused_suppression::finding(&name);
            reporter.add(finding.within(source, one.span, "named in vain"));
        }
    }
    sorted.told.sort_by(|a, b| a.order().cmp(&b.order()));
    if !subject.tells_all() {
        flood::dam(&mut sorted.told, levels);
        sorted.told.sort_by(|a, b| a.order().cmp(&b.order()));
    }
    sorted.suppressed.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
    sorted
}
