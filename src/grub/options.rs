//! The options of GRUB's commands.

use super::machine::CommandFailure;

/// An option that a command knows.
pub(super) struct OptionSpec {
    pub long: &'static str,
    pub short: Option<u8>,
    pub value: OptionArgument,
}

/// Whether an option has a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum OptionArgument {
    None,
    Needed,
    /// After `=`, or the next word unless that begins with `-`.
    Optional,
}

impl OptionSpec {
    pub(super) const fn flag(long: &'static str, short: Option<u8>) -> Self {
        Self { long, short, value: OptionArgument::None }
    }

    pub(super) const fn with_value(long: &'static str, short: Option<u8>) -> Self {
        Self { long, short, value: OptionArgument::Needed }
    }

    pub(super) const fn with_optional(long: &'static str, short: Option<u8>) -> Self {
        Self { long, short, value: OptionArgument::Optional }
    }
}

/// What was given.
#[derive(Debug, Default)]
pub(super) struct ParsedOptions {
    /// Options, in order, with their values.
    pub options: Vec<(&'static str, Option<Vec<u8>>)>,
    /// Everything else.
    pub words: Vec<Vec<u8>>,
}

impl ParsedOptions {
    pub(super) fn has(&self, long: &str) -> bool {
        self.options.iter().any(|(name, _)| *name == long)
    }

    /// The last value of an option.
    pub(super) fn value(&self, long: &str) -> Option<&[u8]> {
        self.values(long).last()
    }

    /// All values of an option.
    pub(super) fn values(&self, long: &str) -> impl Iterator<Item = &[u8]> {
        self.options.iter().filter(move |(name, _)| *name == long).filter_map(|(_, value)| value.as_deref())
    }
}

/// Why there is nothing to do.
pub(super) enum Declined {
    /// `--help` and `--usage` print something, and that is all.
    Help,
    /// It is refused.
    Failed(CommandFailure),
}

/// How a command takes its options.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Anywhere, and no others than its own.
    Strict,
    /// Anywhere; what looks like an option and is none of its own is another word.
    Lenient,
    /// Before the first other word only, and lenient.
    AtStart,
}

/// Takes arguments apart.
pub(super) fn parse(arguments: &[Vec<u8>], known: &[OptionSpec], style: Style) -> Result<ParsedOptions, Declined> {
    let mut given = ParsedOptions::default();
    let mut rest = arguments.iter().peekable();
    while let Some(argument) = rest.next() {
        let refused = |what: &[u8]| {
            let what = String::from_utf8_lossy(what);
            Declined::Failed(CommandFailure::bad_argument(format!("unknown argument `{what}'")))
        };
        let no_value = |long: &str| {
            Declined::Failed(CommandFailure::bad_argument(format!("missing mandatory option for `{long}'")))
        };
        if argument == b"--" {
            given.words.extend(rest.cloned());
            break;
        }
        if style != Style::Strict && !looks_known(argument, known) {
            given.words.push(argument.clone());
            if style == Style::AtStart {
                given.words.extend(rest.cloned());
                break;
            }
            continue;
        }
        if let Some(long) = argument.strip_prefix(b"--") {
            let (name, value) = match long.iter().position(|byte| *byte == b'=') {
                Some(at) => (&long[..at], Some(&long[at + 1..])),
                None => (long, None),
            };
            if matches!(name, b"help" | b"usage") {
                return Err(Declined::Help);
            }
            let Some(option) = known.iter().find(|option| option.long.as_bytes() == name) else {
                return Err(refused(argument));
            };
            let value = match (option.value, value) {
                (OptionArgument::None, None) => None,
                (OptionArgument::Optional, None) => rest.next_if(|word| !word.starts_with(b"-")).cloned(),
                (OptionArgument::None, Some(_)) => {
                    let message = format!(
                        "a value was assigned to the argument `{}' while it doesn't require an argument",
                        option.long
                    );
                    return Err(Declined::Failed(CommandFailure::bad_argument(message)));
                }
                (_, Some(value)) => Some(value.to_vec()),
                // A long option takes no word that looks like an option; a short one takes it.
                (OptionArgument::Needed, None) => {
                    Some(rest.next_if(|word| !word.starts_with(b"-")).ok_or_else(|| no_value(option.long))?.clone())
                }
            };
            given.options.push((option.long, value));
        } else if argument.len() > 1 && argument[0] == b'-' {
            let mut letters = argument[1..].iter().peekable();
            while let Some(&letter) = letters.next() {
                let option = known.iter().find(|option| option.short == Some(letter));
                match option {
                    None if matches!(letter, b'h' | b'u') => return Err(Declined::Help),
                    None => return Err(refused(argument)),
                    Some(option) if option.value == OptionArgument::Needed => {
                        if letters.peek().is_some() {
                            return Err(refused(argument));
                        }
                        let value = rest.next().ok_or_else(|| no_value(option.long))?;
                        given.options.push((option.long, Some(value.clone())));
                    }
                    Some(option) if option.value == OptionArgument::Optional && letters.peek().is_none() => {
                        given.options.push((option.long, rest.next_if(|word| !word.starts_with(b"-")).cloned()));
                    }
                    Some(option) => given.options.push((option.long, None)),
                }
            }
        } else {
            given.words.push(argument.clone());
            if style == Style::AtStart {
                given.words.extend(rest.cloned());
                break;
            }
        }
    }
    Ok(given)
}

/// Whether an argument is an option of these, or several in one.
fn looks_known(argument: &[u8], known: &[OptionSpec]) -> bool {
    match argument {
        [b'-', b'-', long @ ..] => {
            let long = long.split(|byte| *byte == b'=').next().unwrap_or_default();
            matches!(long, b"help" | b"usage") || known.iter().any(|option| option.long.as_bytes() == long)
        }
        // One letter that is none of them makes all of it a word.
        [b'-', letters @ ..] if !letters.is_empty() => letters
            .iter()
            .all(|letter| matches!(letter, b'h' | b'u') || known.iter().any(|option| option.short == Some(*letter))),
        _ => true,
    }
}
