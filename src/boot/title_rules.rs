//! The rules on titles that XCP-ng's pygrub reads from a directory of the host: an entry that one of them rejects is not booted by
//! default.
//!
//! A line such as `title blacklist recovery rescue` rejects every entry in whose title one of the patterns is found. The rules
//! count where no menu is shown.

use std::cell::OnceCell;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use crate::config::{Cause, Config, Raised, Stage};
use crate::flavour::Build;
use crate::python::py_str;
use crate::python::regex::{CompileError, Regex};
use crate::python::{Python, utf8};

/// The directory, as pygrub names it in messages.
const DIRECTORY: &str = "/etc/pygrub/rules.d";
/// The type of the exception for a pattern that is none, as Python 2.7 and 3.6 show it.
const PATTERN_ERROR: &str = "sre_constants.error";
/// How much is read of one file.
const LONGEST_FILE: u64 = 1 << 20;
/// How many files are read.
const MOST_FILES: usize = 1000;
/// How many rules are asked about an entry.
const MOST_RULES: usize = 10_000;

/// The files of the directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleFiles(Arc<Vec<RuleFile>>);

/// One name in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RuleFile {
    name: String,
    /// `None` if it is a directory, which ends pygrub.
    content: Option<Vec<u8>>,
}

impl RuleFiles {
    /// Files by name, each with its content; `None` stands for a directory.
    pub fn new(files: impl IntoIterator<Item = (String, Option<Vec<u8>>)>) -> Self {
        Self(Arc::new(files.into_iter().map(|(name, content)| RuleFile { name, content }).collect()))
    }

    /// Reads the files of these names, as `open` opens them: nothing stands for a directory. What is not a regular file is an error.
    ///
    /// # Errors
    ///
    /// One cannot be read, or there is more than pregrub reads.
    pub fn read(
        names: impl IntoIterator<Item = OsString>,
        open: impl Fn(&OsStr) -> io::Result<Option<File>>,
    ) -> io::Result<Self> {
        let too_much = || io::Error::new(io::ErrorKind::FileTooLarge, "there are more rules than pregrub reads");
        let mut files = Vec::new();
        for name in names {
            if files.len() >= MOST_FILES {
                return Err(too_much());
            }
            let content = match open(&name)? {
                None => None,
                Some(file) => {
                    let mut content = Vec::new();
                    file.take(LONGEST_FILE + 1).read_to_end(&mut content)?;
                    if content.len() as u64 > LONGEST_FILE {
                        return Err(too_much());
                    }
                    Some(content)
                }
            };
            files.push((name.to_string_lossy().into_owned(), content));
        }
        files.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Self::new(files))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the rules as pygrub does when it starts, before its options.
    ///
    /// # Errors
    ///
    /// What ends pygrub there, or leaves open what it does.
    pub fn check(&self, build: Build) -> Result<(), RuleError> {
        if build.flavour.title_rules().is_none() {
            return Ok(());
        }
        TitleRules::read(self, build).map(drop)
    }
}

/// Why the rules give no answer.
#[derive(Clone, Debug)]
pub enum RuleError {
    /// pygrub raises.
    Raised(Raised),
    /// pregrub cannot tell what it does.
    Unknown(String),
}

impl RuleError {
    fn raised(stage: Stage, exception: &'static str, message: String) -> Self {
        Self::Raised(Raised::new(stage, exception, message, Cause::TitleRule))
    }

    fn of_pattern(stage: Stage, pattern: &str, refusal: CompileError) -> Self {
        match refusal {
            CompileError::Invalid(message) => Self::raised(stage, PATTERN_ERROR, message),
            CompileError::Unsupported(why) => Self::unknown(pattern, why),
        }
    }

    fn unknown(pattern: &str, why: &str) -> Self {
        Self::Unknown(format!("pregrub cannot tell what the rule on titles `{pattern}` means to pygrub: {why}"))
    }
}

/// What a rule does with an entry in which its pattern is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    /// `blacklist`: rejects it.
    Reject,
    /// `prefer`, `accept`: lets it pass, and ends the rule.
    Pass,
    /// Any other: goes on with the next pattern.
    Other,
}

#[derive(Debug)]
struct TitleRule {
    /// Whether the patterns are searched in the title; else in the empty text.
    of_title: bool,
    verb: Verb,
    patterns: Vec<Pattern>,
}

#[derive(Debug)]
struct Pattern {
    text: String,
    compiled: OnceCell<Result<Regex, CompileError>>,
}

/// The rules that count.
#[derive(Debug)]
pub(super) struct TitleRules {
    rules: Vec<TitleRule>,
    python: Python,
}

impl TitleRules {
    /// Reads the files as pygrub does when it starts.
    pub(super) fn read(files: &RuleFiles, build: Build) -> Result<Self, RuleError> {
        let python = build.python();
        let mut rules = Vec::new();
        for RuleFile { name, content } in files.0.iter() {
            let Some(content) = content else {
                let exception = if python == Python::Two { "IOError" } else { "IsADirectoryError" };
                let message = format!("[Errno 21] Is a directory: '{DIRECTORY}/{name}'");
                return Err(RuleError::raised(Stage::Rules, exception, message));
            };
            for line in as_text(content, python)?.split('\n') {
                if is_rule(line, python)? {
                    rules.push(rule(name, line, python));
                }
                if rules.len() > MOST_RULES {
                    return Err(RuleError::Unknown("there are more rules on titles than pregrub reads".to_owned()));
                }
            }
        }
        Ok(Self { rules, python })
    }

    /// The default entry if no rule rejects it, else the first other one that none rejects, else the default entry again.
    pub(super) fn judge(&self, config: &Config, wanted: usize) -> Result<usize, RuleError> {
        let title = |index: usize| config.entries.get(index).map(|entry| entry.title.as_bytes());
        let Some(title_of_wanted) = title(wanted) else { return Ok(wanted) };
        if !self.rejects(title_of_wanted)? {
            return Ok(wanted);
        }
        for (index, entry) in config.entries.iter().enumerate().filter(|(index, _)| *index != wanted) {
            if !self.rejects(entry.title.as_bytes())? {
                return Ok(index);
            }
        }
        Ok(wanted)
    }

    /// Whether a rule rejects an entry of that title. Where one rejects it and another raises, it depends on their order, which is
    /// that of the directory on the host.
    fn rejects(&self, title: &[u8]) -> Result<bool, RuleError> {
        let title = match self.python {
            Python::Two => latin(title),
            Python::Three => String::from_utf8_lossy(title).into_owned(),
        };
        let (mut rejected, mut raised) = (false, None);
        for rule in &self.rules {
            match rule.rejects(if rule.of_title { &title } else { "" }, self.python) {
                Ok(found) => rejected |= found,
                Err(RuleError::Raised(error)) => raised = raised.or(Some(error)),
                Err(unknown) => return Err(unknown),
            }
        }
        match raised {
            Some(_) if rejected => Err(RuleError::Unknown(
                "one rule on titles rejects an entry and another has a pattern that is not valid: what comes first depends on the host"
                    .to_owned(),
            )),
            Some(raised) => Err(RuleError::Raised(raised)),
            None => Ok(rejected),
        }
    }
}

impl TitleRule {
    fn rejects(&self, text: &str, python: Python) -> Result<bool, RuleError> {
        for pattern in &self.patterns {
            let compiled = pattern.compiled.get_or_init(|| Regex::new(&pattern.text, python));
            let regex = compiled
                .as_ref()
                .map_err(|refusal| RuleError::of_pattern(Stage::Select, &pattern.text, refusal.clone()))?;
            let found = regex
                .is_found(text)
                .map_err(|_| RuleError::unknown(&pattern.text, "its match depends on properties of characters"))?;
            match self.verb {
                Verb::Reject if found => return Ok(true),
                Verb::Pass if found => return Ok(false),
                _ => {}
            }
        }
        Ok(false)
    }
}

/// A byte as the character of that number: Python 2 matches bytes.
fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

/// The text of a file, as Python reads it with the locale's encoding, which is taken to be UTF-8.
fn as_text(content: &[u8], python: Python) -> Result<String, RuleError> {
    match python {
        Python::Two => Ok(latin(content)),
        Python::Three => match utf8::decode(content) {
            Ok(text) => Ok(text.replace("\r\n", "\n").replace('\r', "\n")),
            Err(error) => Err(RuleError::raised(Stage::Rules, "UnicodeDecodeError", error.message)),
        },
    }
}

/// Whether a line is a rule: pygrub treats the line itself as a pattern, and leaves it out if that matches at the start of `#`.
fn is_rule(line: &str, python: Python) -> Result<bool, RuleError> {
    if line.is_empty() {
        return Ok(false);
    }
    let pattern = Regex::new(line, python).map_err(|refusal| RuleError::of_pattern(Stage::Rules, line, refusal))?;
    let comment = pattern.is_found_at_start("#");
    comment.map(|found| !found).map_err(|_| RuleError::unknown(line, "its match takes very long"))
}

/// Takes a rule apart. pygrub puts the path of its file and a colon in front, and cuts at the first colon again: a colon in the
/// file's name becomes part of the rule.
fn rule(name: &str, line: &str, python: Python) -> TitleRule {
    let joined = match name.split_once(':') {
        Some((_, rest)) => format!("{rest}:{line}"),
        None => line.to_owned(),
    };
    let is_space = |c: char| match python {
        Python::Two => matches!(c, ' ' | '\t'..='\r'),
        Python::Three => py_str::is_space(c),
    };
    // Runs of white space separate; one at either end leaves an empty field there.
    let mut fields = Vec::new();
    let mut rest = joined.as_str();
    while let Some(at) = rest.find(is_space) {
        fields.push(&rest[..at]);
        rest = rest[at..].trim_start_matches(is_space);
    }
    fields.push(rest);
    // A single word has no effect.
    let (attribute, verb, patterns) = match fields.as_slice() {
        [attribute, verb, patterns @ ..] => (*attribute, *verb, patterns),
        _ => ("", "", &[][..]),
    };
    TitleRule {
        of_title: attribute == "title",
        verb: match verb {
            "blacklist" => Verb::Reject,
            "prefer" | "accept" => Verb::Pass,
            _ => Verb::Other,
        },
        patterns: patterns
            .iter()
            .filter(|pattern| !pattern.is_empty())
            .map(|pattern| Pattern { text: (*pattern).to_owned(), compiled: OnceCell::new() })
            .collect(),
    }
}
