//! `pregrub compare` as JSON: `pregrub.compare/1`.

use serde::Serialize;

use crate::compare::{BootedFile, Comparison, Difference, GuestChange, Pick, Side, folded_environments};
use crate::flavour::{Build, folded};
use crate::target::Kind;

/// What becomes of a target between two pygrubs.
#[derive(Clone, Copy, Debug)]
pub struct Upgrade {
    /// The one of today.
    pub from: Build,
    /// The one of tomorrow.
    pub to: Build,
    /// What becomes of it.
    pub change: GuestChange,
}

/// The report of one target.
#[derive(Debug, Serialize)]
pub struct ComparisonReport<'a> {
    schema: &'static str,
    target: &'a str,
    kind: Option<&'static str>,
    /// Whether every reader boots, and boots the same; null if that is not known.
    agrees: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upgrade: Option<UpgradeReport>,
    pygrub: Vec<PygrubRow<'a>>,
    grub: Vec<GrubRow<'a>>,
    /// Why GRUB has nothing to start with, or was not asked.
    without_grub: Option<&'a str>,
    differences: Vec<DifferenceReport<'a>>,
    /// Why the target cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct UpgradeReport {
    from: String,
    to: String,
    change: &'static str,
}

#[derive(Debug, Serialize)]
struct PygrubRow<'a> {
    builds: Vec<String>,
    readers: String,
    #[serde(flatten)]
    pick: PickReport<'a>,
}

#[derive(Debug, Serialize)]
struct GrubRow<'a> {
    environments: Vec<EnvironmentReport>,
    readers: String,
    #[serde(flatten)]
    pick: PickReport<'a>,
}

#[derive(Debug, Serialize)]
struct EnvironmentReport {
    grub: &'static str,
    platform: &'static str,
}

#[derive(Debug, Serialize)]
struct PickReport<'a> {
    verdict: &'static str,
    boot: Option<BootReport<'a>>,
    failure: Option<FailureReport<'a>>,
    /// What to know before it is relied on.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct BootReport<'a> {
    config: Option<&'a str>,
    title: Option<&'a str>,
    line: Option<u32>,
    kernel: FileReport<'a>,
    initrds: Vec<FileReport<'a>>,
    args: &'a str,
    missing: &'a [String],
}

#[derive(Debug, Serialize)]
struct FileReport<'a> {
    path: &'a str,
    offset: Option<u64>,
}

#[derive(Debug, Serialize)]
struct FailureReport<'a> {
    cause: Option<&'static str>,
    reason: &'a str,
    line: Option<u32>,
    help: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct DifferenceReport<'a> {
    kind: &'static str,
    /// The rule of the linter that finds it, if one does.
    code: Option<&'a str>,
    reader: &'static str,
    row: usize,
    line: Option<u32>,
    text: Option<&'a str>,
    rule: &'a str,
    change: Option<&'a str>,
    tried: bool,
}

const SCHEMA: &str = "pregrub.compare/1";

impl<'a> ComparisonReport<'a> {
    /// The report of a comparison. `codes` are those of the linter's rules, one a difference.
    pub fn new(
        target: &'a str,
        kind: Kind,
        comparison: &'a Comparison,
        codes: &[Option<&'a str>],
        upgrade: Option<Upgrade>,
    ) -> Self {
        let pygrub = comparison.pygrub.iter().map(|row| PygrubRow {
            builds: row.readers.iter().map(|build| build.name()).collect(),
            readers: folded(&comparison.builds, &row.readers),
            pick: PickReport::from(&row.pick),
        });
        let grub = comparison.grub.iter().map(|row| GrubRow {
            environments: row
                .readers
                .iter()
                .map(|one| EnvironmentReport { grub: one.version.name(), platform: one.platform.name() })
                .collect(),
            readers: folded_environments(&comparison.environments, &row.readers),
            pick: PickReport::from(&row.pick),
        });
        let code = |index: usize| codes.get(index).copied().flatten();
        let differences = comparison.differences.iter().enumerate();
        Self {
            schema: SCHEMA,
            target,
            kind: Some(kind.name()),
            agrees: comparison.is_known().then(|| comparison.agrees()),
            upgrade: upgrade.map(|Upgrade { from, to, change }| UpgradeReport {
                from: from.name(),
                to: to.name(),
                change: change.name(),
            }),
            pygrub: pygrub.collect(),
            grub: grub.collect(),
            without_grub: comparison.without_grub.as_deref(),
            differences: differences.map(|(index, one)| DifferenceReport::new(one, code(index))).collect(),
            error: None,
        }
    }

    /// The report of a target that cannot be read.
    pub fn of_unreadable(target: &'a str, error: &'a str) -> Self {
        Self {
            schema: SCHEMA,
            target,
            kind: None,
            agrees: None,
            upgrade: None,
            pygrub: Vec::new(),
            grub: Vec::new(),
            without_grub: None,
            differences: Vec::new(),
            error: Some(error),
        }
    }
}

impl<'a> From<&'a Pick> for PickReport<'a> {
    fn from(pick: &'a Pick) -> Self {
        let boot = pick.picked.as_ref().map(|picked| BootReport {
            config: picked.config.as_deref(),
            title: picked.title.as_deref(),
            line: picked.line,
            kernel: FileReport::from(&picked.kernel),
            initrds: picked.initrds.iter().map(FileReport::from).collect(),
            args: &picked.args,
            missing: &picked.missing,
        });
        let failure = pick.reason.as_deref().map(|reason| FailureReport {
            cause: pick.cause.map(|cause| cause.kind.name()),
            reason,
            line: pick.line,
            help: pick.help.as_deref(),
        });
        Self { verdict: pick.verdict.name(), boot, failure, note: pick.note.as_deref() }
    }
}

impl<'a> From<&'a BootedFile> for FileReport<'a> {
    fn from(file: &'a BootedFile) -> Self {
        Self { path: &file.path, offset: file.offset }
    }
}

impl<'a> DifferenceReport<'a> {
    fn new(difference: &'a Difference, code: Option<&'a str>) -> Self {
        let (reader, row) = match difference.side {
            Side::Pygrub(row) => ("pygrub", row),
            Side::Grub(row) => ("grub", row),
        };
        Self {
            kind: difference.kind.name(),
            code,
            reader,
            row,
            line: difference.line,
            text: difference.text.as_deref(),
            rule: &difference.rule,
            change: difference.change.as_deref(),
            tried: difference.tried,
        }
    }
}
