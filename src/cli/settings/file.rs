//! The text of `pregrub.toml`. docs/schema/pregrub.toml-1.json says the same.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::FileSettings;
use crate::cli::levels::Threshold;
use crate::cli::release_args::{self, FlavourArg};
use crate::lint::{Levels, Selector};
use crate::storage::beneath::is_of_repository;

/// What is wrong with a file, and where.
pub(super) struct SettingsError {
    line: usize,
    column: usize,
    message: String,
}

impl SettingsError {
    fn new(text: &str, at: Option<Range<usize>>, message: &str) -> Self {
        let before = text.get(..at.map_or(0, |at| at.start)).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        // The messages of the parser may have several lines.
        let message = message.trim().replace('\n', ", ");
        let line = before.matches('\n').count() + 1;
        Self { line, column: before[line_start..].chars().count() + 1, message }
    }

    pub(super) fn in_file(&self, shown: &str) -> String {
        format!("{shown}:{}:{}: {}", self.line, self.column, self.message)
    }
}

/// What is wrong at a place of the text.
type Fault = (Range<usize>, String);

/// The names of the settings.
const NAMES: [&str; 10] =
    ["release", "flavour", "quiet", "allow", "warn", "deny", "threshold", "suppressions", "baseline", "exclude"];

/// A value of a setting, with the text that it is in.
#[derive(Clone, Copy)]
struct Setting<'t> {
    name: &'t str,
    value: &'t Spanned<DeValue<'t>>,
    text: &'t str,
}

impl<'t> Setting<'t> {
    /// The value as it is written.
    fn written(&self) -> &'t str {
        self.text.get(self.value.span()).unwrap_or_default()
    }

    fn fault(&self, why: impl Into<String>) -> Fault {
        (self.value.span(), why.into())
    }

    /// Text in quotes.
    fn text(&self) -> Result<&'t str, Fault> {
        self.value.get_ref().as_str().ok_or_else(|| {
            let example = match self.value.get_ref() {
                DeValue::Array(_) | DeValue::Table(_) => "...",
                _ => self.written(),
            };
            self.fault(format!("`{0}` must be text in quotes: write {0} = \"{example}\"", self.name))
        })
    }

    /// Text that `known` makes something of.
    fn one_of<T>(&self, what: &str, values: &str, known: impl Fn(&str) -> Option<T>) -> Result<T, Fault> {
        let text = self.text()?;
        known(text).ok_or_else(|| self.fault(format!("`{text}` is not {what}: use {values}")))
    }

    fn truth(&self) -> Result<bool, Fault> {
        let why = || self.fault(format!("`{0}` must be true or false, without quotes: write {0} = true", self.name));
        self.value.get_ref().as_bool().ok_or_else(why)
    }

    /// Each text of a list.
    fn list<T>(&self, example: &str, read: impl Fn(&Setting<'t>) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
        let wrong = |at: Range<usize>| {
            (at, format!("`{0}` must be a list of text in quotes: write {0} = [\"{example}\"]", self.name))
        };
        let values = self.value.get_ref().as_array().ok_or_else(|| wrong(self.value.span()))?;
        let one = |value: &'t Spanned<DeValue<'t>>| match value.get_ref() {
            DeValue::String(_) => read(&Setting { value, ..*self }),
            _ => Err(wrong(value.span())),
        };
        values.iter().map(one).collect()
    }

    fn rules(&self) -> Result<Vec<Selector>, Fault> {
        self.list("PG101", |setting| {
            setting.text()?.parse().map_err(|error: crate::lint::UnknownSelector| setting.fault(error.to_string()))
        })
    }

    fn release(&self) -> Result<String, Fault> {
        let text = self.text()?;
        if text != "host" {
            release_args::named(text, None).map_err(|why| self.fault(why))?;
        }
        Ok(text.to_owned())
    }

    /// A path below the directory of the file. The file may be a guest's, and must not choose what of the host's is read or written.
    fn below(&self) -> Result<PathBuf, Fault> {
        let path = PathBuf::from(self.text()?);
        let is_below = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !is_below || path.file_name().is_none() {
            return Err(
                self.fault("the baseline must lie below the directory of this file: name another one with --baseline")
            );
        }
        if path.iter().any(is_of_repository) {
            return Err(self.fault("the baseline must not lie in `.git`: name another one"));
        }
        Ok(path)
    }

    fn patterns(&self) -> Result<Vec<String>, Fault> {
        self.list("*.iso", |setting| {
            let text = setting.text()?;
            globset::Glob::new(text)
                .map_err(|error| setting.fault(format!("`{text}` is not a pattern: {}", error.kind())))?;
            Ok(text.to_owned())
        })
    }
}

fn flavour(word: &str) -> Option<FlavourArg> {
    match word {
        "upstream" => Some(FlavourArg::Upstream),
        "debian" => Some(FlavourArg::Debian),
        "suse" | "opensuse" => Some(FlavourArg::Suse),
        "xcp-ng" | "xenserver" => Some(FlavourArg::XcpNg),
        _ => None,
    }
}

fn threshold(word: &str) -> Option<Threshold> {
    match word {
        "error" => Some(Threshold::Error),
        "warning" => Some(Threshold::Warning),
        "note" => Some(Threshold::Note),
        "never" => Some(Threshold::Never),
        _ => None,
    }
}

fn unknown(name: &str) -> String {
    let alike = |known: &&str| strsim::damerau_levenshtein(known, name) <= 2;
    match NAMES.iter().find(|known| alike(known)) {
        Some(closest) => format!("there is no setting `{name}`; the closest is `{closest}`"),
        None => format!("there is no setting `{name}`: the settings are {}", NAMES.join(", ")),
    }
}

/// Reads a text; `directory` is where its file is.
pub(super) fn parse(text: &str, directory: &Path) -> Result<FileSettings, SettingsError> {
    let table = DeTable::parse(text)
        .map_err(|error| SettingsError::new(text, error.span(), &format!("this is not TOML: {}", error.message())))?;
    let mut settings = FileSettings { directory: directory.to_owned(), ..FileSettings::default() };
    let (mut rules, mut faults) = (<[Vec<Selector>; 3]>::default(), Vec::new());
    for (key, value) in table.get_ref() {
        let name: &str = key.get_ref();
        let setting = Setting { name, value, text };
        let mut take = || -> Result<(), Fault> {
            match name {
                "release" => settings.release = Some(setting.release()?),
                "flavour" => {
                    let values = "upstream, debian, suse or xcp-ng";
                    settings.flavour = Some(setting.one_of("a flavour", values, flavour)?);
                }
                "quiet" => settings.quiet = Some(setting.truth()?),
                "allow" => rules[0] = setting.rules()?,
                "warn" => rules[1] = setting.rules()?,
                "deny" => rules[2] = setting.rules()?,
                "threshold" => {
                    let values = "error, warning, note or never";
                    settings.threshold = Some(setting.one_of("a threshold", values, threshold)?);
                }
                "suppressions" => settings.suppressions = Some(setting.truth()?),
                "baseline" => settings.baseline = Some(directory.join(setting.below()?)),
                "exclude" => settings.exclude = setting.patterns()?,
                _ => return Err((key.span(), unknown(name))),
            }
            Ok(())
        };
        faults.extend(take().err());
    }
    // The table has its keys in another order than the file.
    if let Some((at, why)) = faults.into_iter().min_by_key(|(at, _)| at.start) {
        return Err(SettingsError::new(text, Some(at), &why));
    }
    settings.levels = levels(&rules);
    Ok(settings)
}

/// A file has no order among its lists: a rule comes before its group, and a group before `all`. Where two lists name the same,
/// the loudest counts.
fn levels([allow, warn, deny]: &[Vec<Selector>; 3]) -> Levels {
    let mut levels = Levels::default();
    for width in 0..3 {
        let of_width = |rules: &&Selector| match rules {
            Selector::All => width == 0,
            Selector::Group(_) => width == 1,
            Selector::Rule(_) => width == 2,
        };
        allow.iter().filter(of_width).for_each(|rules| levels.allow(*rules));
        warn.iter().filter(of_width).for_each(|rules| levels.warn(*rules));
        deny.iter().filter(of_width).for_each(|rules| levels.deny(*rules));
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::{Level, find};

    fn fault(text: &str) -> String {
        match parse(text, Path::new("/x")) {
            Ok(_) => panic!("accepted: {text}"),
            Err(fault) => fault.in_file("pregrub.toml"),
        }
    }

    #[test]
    fn a_rule_comes_before_its_group_and_a_group_before_all() {
        let text =
            "warn = ['all']\nallow = ['PG101', 'storage']\ndeny = ['PG1', 'PG301', 'PG101']\nbaseline = 'b.json'\n";
        let settings = parse(text, Path::new("/x")).unwrap_or_else(|fault| panic!("{}", fault.in_file("")));
        let level = |code| settings.levels.of(find(code).expect("a rule"));
        assert_eq!(level("PG101"), Some(Level::Deny));
        assert_eq!(level("PG301"), Some(Level::Deny));
        assert_eq!(level("PG203"), Some(Level::Warn));
        assert_eq!(settings.baseline.as_deref(), Some(Path::new("/x/b.json")));
    }

    #[test]
    fn faults_say_where_and_what() {
        let unknown = fault("quiet = true\n  relase = '4.17'\n");
        assert!(unknown == "pregrub.toml:2:3: there is no setting `relase`; the closest is `release`", "{unknown}");
        for (text, start) in [
            ("quiet = 'yes'\n", "pregrub.toml:1:9: `quiet` must be true or false, without quotes: write quiet = true"),
            ("\nrelease = '3.1'\n", "pregrub.toml:2:11: `3.1` is not a Xen release"),
            ("release = 4.20\n", "pregrub.toml:1:11: `release` must be text in quotes: write release = \"4.20\""),
            ("release = [4]\n", "pregrub.toml:1:11: `release` must be text in quotes: write release = \"...\""),
            ("nonsense = 1\n", "pregrub.toml:1:1: there is no setting `nonsense`: the settings are release, flavour"),
            (
                "allow = 'PG101'\n",
                "pregrub.toml:1:9: `allow` must be a list of text in quotes: write allow = [\"PG101\"]",
            ),
            ("deny = ['PG101', 3]\n", "pregrub.toml:1:18: `deny` must be a list"),
            ("flavour = 'gentoo'\n", "pregrub.toml:1:11: `gentoo` is not a flavour: use upstream, debian"),
            ("[lint]\nallow = ['PG101']\n", "pregrub.toml:1:2: there is no setting `lint`"),
            ("zzz = 1\nallow = 3\n", "pregrub.toml:1:1: there is no setting `zzz`"),
            ("allow = ['PG101', 'PG999']\n", "pregrub.toml:1:"),
            ("baseline = '/b.json'\n", "pregrub.toml:1:12: the baseline must lie below the directory of this file"),
            ("baseline = 'a/../../b.json'\n", "pregrub.toml:1:12: "),
            ("baseline = ''\n", "pregrub.toml:1:12: "),
            ("baseline = 'a/.git/hooks/b'\n", "pregrub.toml:1:12: the baseline must not lie in `.git`"),
            ("threshold = 'high'\n", "pregrub.toml:1:13: `high` is not a threshold: use error, warning, note or never"),
            ("exclude = ['a[']\n", "pregrub.toml:1:"),
            ("release\n", "pregrub.toml:1:8: this is not TOML: "),
            ("quiet = true\nquiet = false\n", "pregrub.toml:2:"),
        ] {
            let said = fault(text);
            assert!(said.starts_with(start) && !said.contains('\n'), "{said}");
        }
    }
}
