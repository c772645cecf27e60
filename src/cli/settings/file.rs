//! The text of `pregrub.toml`. docs/schema/pregrub.toml-1.json says the same.

use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use super::Settings;
use crate::cli::levels::Threshold;
use crate::cli::release_args::{self, FlavourArg};
use crate::lint::{Levels, Selector};

/// What is wrong with a file, and where.
pub(super) struct DriverError {
    line: usize,
    column: usize,
    message: String,
}

impl DriverError {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    release: Option<Release>,
    flavour: Option<Flavour>,
    quiet: Option<bool>,
    #[serde(default)]
    allow: Vec<Rules>,
    #[serde(default)]
    warn: Vec<Rules>,
    #[serde(default)]
    deny: Vec<Rules>,
    threshold: Option<Level>,
    suppressions: Option<bool>,
    baseline: Option<Below>,
    #[serde(default)]
    exclude: Vec<Pattern>,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Release(String);

impl TryFrom<String> for Release {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text != "host" {
            release_args::named(&text, None)?;
        }
        Ok(Self(text))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Flavour {
    Upstream,
    Debian,
    #[serde(alias = "opensuse")]
    Suse,
    #[serde(alias = "xenserver")]
    XcpNg,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Error,
    Warning,
    Note,
    Never,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Rules(Selector);

impl TryFrom<String> for Rules {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse().map(Self).map_err(|error: crate::lint::UnknownSelector| error.to_string())
    }
}

/// A path below the directory of the file. The file may be a guest's, and must not choose what of the host's is read or written.
#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Below(PathBuf);

impl TryFrom<String> for Below {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let path = PathBuf::from(text);
        let is_below = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !is_below || path.file_name().is_none() {
            return Err(
                "the baseline must lie below the directory of this file: name another one with --baseline".to_owned()
            );
        }
        Ok(Self(path))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Pattern(String);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        globset::Glob::new(&text).map_err(|error| error.to_string())?;
        Ok(Self(text))
    }
}

/// Reads a text; `directory` is where its file is.
pub(super) fn parse(text: &str, directory: &Path) -> Result<Settings, DriverError> {
    let file: File = toml::from_str(text).map_err(|error| DriverError::new(text, error.span(), error.message()))?;
    Ok(Settings {
        directory: directory.to_owned(),
        release: file.release.map(|release| release.0),
        flavour: file.flavour.map(|flavour| match flavour {
            Flavour::Upstream => FlavourArg::Upstream,
            Flavour::Debian => FlavourArg::Debian,
            Flavour::Suse => FlavourArg::Suse,
            Flavour::XcpNg => FlavourArg::XcpNg,
        }),
        quiet: file.quiet,
        levels: levels([&file.allow, &file.warn, &file.deny]),
        threshold: file.threshold.map(|level| match level {
            Level::Error => Threshold::Error,
            Level::Warning => Threshold::Warning,
            Level::Note => Threshold::Note,
            Level::Never => Threshold::Never,
        }),
        suppressions: file.suppressions,
        baseline: file.baseline.map(|path| directory.join(path.0)),
        exclude: file.exclude.into_iter().map(|pattern| pattern.0).collect(),
    })
}

/// A file has no order among its lists: a rule comes before its group, and a group before `all`. Where two lists name the same,
/// the loudest counts.
fn levels([allow, warn, deny]: [&[Rules]; 3]) -> Levels {
    let mut levels = Levels::default();
    for width in 0..3 {
        let of_width = |rules: &&Rules| match rules.0 {
            Selector::All => width == 0,
            Selector::Group(_) => width == 1,
            Selector::Rule(_) => width == 2,
        };
        allow.iter().filter(of_width).for_each(|rules| levels.allow(rules.0));
        warn.iter().filter(of_width).for_each(|rules| levels.warn(rules.0));
        deny.iter().filter(of_width).for_each(|rules| levels.deny(rules.0));
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
        assert!(
            unknown.starts_with("pregrub.toml:2:3: unknown field `relase`, expected one of `release`"),
            "{unknown}"
        );
        for (text, start) in [
            ("quiet = 'yes'\n", "pregrub.toml:1:9: invalid type: string \"yes\", expected a boolean"),
            ("\nrelease = '3.1'\n", "pregrub.toml:2:11: "),
            ("allow = ['PG101', 'PG999']\n", "pregrub.toml:1:"),
            ("baseline = '/b.json'\n", "pregrub.toml:1:12: the baseline must lie below the directory of this file"),
            ("baseline = 'a/../../b.json'\n", "pregrub.toml:1:12: "),
            ("baseline = ''\n", "pregrub.toml:1:12: "),
            ("threshold = 'high'\n", "pregrub.toml:1:13: unknown variant `high`"),
            ("exclude = ['a[']\n", "pregrub.toml:1:"),
            ("release\n", "pregrub.toml:1:"),
            ("quiet = true\nquiet = false\n", "pregrub.toml:2:"),
        ] {
            let said = fault(text);
            assert!(said.starts_with(start) && !said.contains('\n'), "{said}");
        }
    }
}
