//! `pregrub check` as JSON: `pregrub.check/1`.

use serde::Serialize;

use super::builder::BuilderReport;
use super::finding::{FindingReport, Sources};
use super::raised::RaisedReport;
use crate::boot::{Attempt, ChosenFile, GivenDisk, Handover, Mounted, Process, Run, Verdict};
use crate::explain::{Explanation, Remedy};
use crate::flavour::Flavour;
use crate::kernel::Built;
use crate::lint::Finding;
use crate::python::PyStr;
use crate::release::Release;
use crate::target::Kind;

/// The report of one target.
#[derive(Debug, Serialize)]
pub struct Check<'a> {
    schema: &'static str,
    target: &'a str,
    kind: Option<&'static str>,
    release: String,
    /// Who built it, unless it is upstream's.
    #[serde(skip_serializing_if = "Option::is_none")]
    flavour: Option<&'static str>,
    /// The disk of a domain that pygrub gets.
    #[serde(skip_serializing_if = "Option::is_none")]
    disk: Option<&'a GivenDisk>,
    /// The format of the image that the disk is in, unless it is raw.
    #[serde(skip_serializing_if = "Option::is_none")]
    image_format: Option<&'static str>,
    /// How the toolstack calls pygrub, and what its user reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    toolstack: Option<&'a Handover>,
    verdict: Verdict,
    boot: Option<Boot<'a>>,
    pygrub: Option<&'a Process>,
    /// What Xen's domain builder makes of the kernel; nothing if it was not asked.
    builder: Option<BuilderReport>,
    failure: Option<Failure<'a>>,
    findings: Vec<FindingReport<'a>>,
    /// How many findings comments suppress.
    suppressed: usize,
}

/// What is booted, and where it comes from.
#[derive(Debug, Serialize)]
struct Boot<'a> {
    offset: Option<u64>,
    filesystem: Option<&'a str>,
    config: Option<&'a PyStr>,
    entry: Option<usize>,
    title: Option<&'a PyStr>,
    kernel: File<'a>,
    ramdisk: Option<File<'a>>,
    args: PyStr,
    /// How long the menu waits; nothing where there is none.
    seconds: Option<u64>,
}

#[derive(Debug, Serialize)]
struct File<'a> {
    path: &'a PyStr,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
}

#[derive(Debug, Serialize)]
struct Failure<'a> {
    /// The name of the cause; the finding that it is has `is_cause`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    stage: &'static str,
    reason: &'a str,
    help: Option<&'a str>,
    /// What kind of way out it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<&'static str>,
    raised: Option<RaisedReport<'a>>,
}

/// Hashes of what is booted, where they were asked for.
#[derive(Clone, Debug, Default)]
pub struct Hashes {
    /// The kernel's.
    pub kernel: Option<String>,
    /// The initrd's.
    pub ramdisk: Option<String>,
}

impl<'a> Check<'a> {
    /// The report of a run, with why it fails and what the linter found.
    pub fn of_run(
        target: &'a str,
        kind: Kind,
        run: &'a Run,
        explanation: Option<&'a Explanation>,
        hashes: Hashes,
        findings: &'a [Finding],
        sources: Sources<'a>,
    ) -> Self {
        let known = run.pygrub_is_known() && kind != Kind::Config;
        Self {
            schema: "pregrub.check/1",
            target,
            kind: Some(kind.name()),
            release: run.options.release.to_string(),
            flavour: distributor(run.options.flavour),
            disk: run.disk.as_ref(),
            image_format: run.image_format.map(|format| format.name()),
            toolstack: run.handover.as_ref(),
            verdict: run.verdict,
            boot: boot(run, kind, hashes),
            pygrub: known.then_some(&run.process),
            builder: None,
            failure: run.failure.as_ref().zip(explanation).map(|(failure, explanation)| Failure {
                cause: Some(explanation.cause.kind.name()),
                stage: failure.stage.name(),
                reason: &explanation.reason,
                help: explanation.help.as_deref(),
                remedy: explanation.remedy.as_ref().map(Remedy::name),
                raised: explanation.evidence.as_ref().map(RaisedReport::from),
            }),
            findings: findings
                .iter()
                .map(|finding| FindingReport::new(finding, sources).in_view_of(finding, explanation))
                .collect(),
            suppressed: 0,
        }
    }

    /// With what the domain builder makes of the kernel.
    #[must_use]
    pub fn with_builder(mut self, built: Option<&Built>) -> Self {
        self.builder = built.map(|built| BuilderReport::new(&built.look, &built.question));
        self
    }

    /// With the number of findings that comments suppress.
    #[must_use]
    pub fn with_suppressed(mut self, count: usize) -> Self {
        self.suppressed = count;
        self
    }

    /// The report of a target that could not be read.
    pub fn of_unreadable(target: &'a str, release: Release, error: &'a str) -> Self {
        Self {
            schema: "pregrub.check/1",
            target,
            kind: None,
            release: release.to_string(),
            flavour: None,
            disk: None,
            image_format: None,
            toolstack: None,
            verdict: Verdict::Unknown,
            boot: None,
            pygrub: None,
            builder: None,
            failure: Some(Failure {
                cause: None,
                stage: "target",
                reason: error,
                help: None,
                remedy: None,
                raised: None,
            }),
            findings: Vec::new(),
            suppressed: 0,
        }
    }
}

/// The word for who built it, unless that is upstream.
pub(super) fn distributor(flavour: Flavour) -> Option<&'static str> {
    (flavour != Flavour::Upstream).then(|| flavour.name())
}

fn boot(run: &Run, kind: Kind, hashes: Hashes) -> Option<Boot<'_>> {
    // What is handed over damaged is not booted.
    let chosen = run.handed_over()?;
    let attempt: &Attempt = run.attempts.get(chosen.attempt)?;
    let found = attempt.found.as_ref();
    let filesystem = match &attempt.mounted {
        Mounted::Yes(name) => Some(name.as_str()),
        _ => None,
    };
    Some(Boot {
        offset: if kind == Kind::Config { None } else { u64::try_from(attempt.offset).ok() },
        filesystem,
        config: found.map(|found| &found.path),
        entry: chosen.entry,
        title: chosen.entry.and_then(|index| Some(&found?.config.entries.get(index)?.title)),
        kernel: file(&chosen.kernel, hashes.kernel),
        ramdisk: chosen.ramdisk.as_ref().map(|ramdisk| file(ramdisk, hashes.ramdisk)),
        args: chosen.args.clone().unwrap_or_default(),
        seconds: chosen.seconds,
    })
}

fn file(file: &ChosenFile, sha256: Option<String>) -> File<'_> {
    File { path: &file.path, size: file.size, sha256 }
}
