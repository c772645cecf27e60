//! `pregrub kernel`: kernels as Xen's domain builder sees them. JSON: `pregrub.kernel/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::builder::{BuilderReport, verdict, write_facts};
use crate::grub::Version;
use crate::kernel::{GrubBinary, GrubOutcome, LoadOutcome, Look, Question, explain};

/// The JSON object of one file.
#[derive(Serialize)]
pub struct Kernel<'a> {
    schema: &'static str,
    file: &'a str,
    release: String,
    flavour: &'static str,
    /// `loads`, `fails`, `unknown`; `unreadable` if the file could not be read.
    verdict: &'static str,
    builder: Option<BuilderReport>,
    /// What GRUB for Xen does with it; nothing if the file could not be read.
    grub: Vec<Grub>,
    /// Why the file could not be read.
    error: Option<&'a str>,
}

/// A binary of GRUB, and what it does with the kernel.
#[derive(Serialize)]
struct Grub {
    release: &'static str,
    platform: &'static str,
    verdict: &'static str,
    reason: Option<&'static str>,
}

impl Grub {
    fn all(look: &Look) -> Vec<Self> {
        let each = GrubBinary::ALL.into_iter().flat_map(|binary| Version::ALL.map(|version| (binary, version)));
        each.map(|(binary, version)| {
            let (verdict, reason) = match look.grub(binary, version) {
                GrubOutcome::Loads => ("loads", None),
                GrubOutcome::Fails(why) => ("fails", Some(why)),
                GrubOutcome::Unknown(why) => ("unknown", Some(why)),
            };
            Self { release: version.name(), platform: binary.platform(), verdict, reason }
        })
        .collect()
    }
}

impl<'a> Kernel<'a> {
    /// A file that was looked into.
    pub fn of_look(file: &'a str, look: &Look, question: &Question) -> Self {
        Self {
            schema: "pregrub.kernel/1",
            file,
            release: question.release.to_string(),
            flavour: question.flavour.name(),
            verdict: verdict(look.outcome(question.guest)),
            builder: Some(BuilderReport::new(look, question)),
            grub: Grub::all(look),
            error: None,
        }
    }

    /// A file that could not be read.
    pub fn of_unreadable(file: &'a str, question: &Question, error: &'a str) -> Self {
        Self {
            schema: "pregrub.kernel/1",
            file,
            release: question.release.to_string(),
            flavour: question.flavour.name(),
            verdict: "unreadable",
            builder: None,
            grub: Vec::new(),
            error: Some(error),
        }
    }
}

/// Writes the verdict on one file, and what it rests on.
///
/// # Errors
///
/// As `out` says.
pub fn write_text(file: &str, look: &Look, question: &Question, out: &mut dyn Write) -> io::Result<()> {
    let guest = question.guest;
    let title = guest.title();
    match look.outcome(guest) {
        Some(LoadOutcome::Loads(kind)) => writeln!(out, "{file}: loads as {title} ({kind})")?,
        Some(LoadOutcome::Refused { words, .. }) => {
            let explained = explain(look, question);
            let reason = explained.as_ref().map(|it| it.reason.as_str()).unwrap_or_default();
            writeln!(out, "{file}: does not load as {title}: {reason}")?;
            if words.is_empty() {
                writeln!(out, "  xen        libxenguest loads it, and the guest crashes when it starts")?;
            } else {
                writeln!(out, "  xen        {words}")?;
            }
            if let Some(explained) = explained {
                writeln!(out, "  help       {}", explained.help)?;
            }
        }
        Some(LoadOutcome::Unknown(why)) => writeln!(out, "{file}: unknown: {why}")?,
        None => writeln!(out, "{file}: unknown")?,
    }
    write_facts(look, out)?;
    if let Some(other) = look.outcome(guest.other())
        && other.starts() != look.outcome(guest).and_then(LoadOutcome::starts)
    {
        let loads = match other.starts() {
            Some(true) => "loads",
            Some(false) => "does not load",
            None => "unknown",
        };
        writeln!(out, "  {:<10} {loads}", format!("as {}", guest.other().title()))?;
    }
    write_grub(look, out)
}

/// Writes what GRUB for Xen does with the kernel: a line for all releases that agree.
fn write_grub(look: &Look, out: &mut dyn Write) -> io::Result<()> {
    for (binary, name) in [(GrubBinary::Pv, "pvgrub2"), (GrubBinary::Pvh, "PVH GRUB")] {
        let mut groups: Vec<(GrubOutcome, Vec<&str>)> = Vec::new();
        for version in Version::ALL {
            let outcome = look.grub(binary, version);
            match groups.iter_mut().find(|(known, _)| *known == outcome) {
                Some((_, versions)) => versions.push(version.name()),
                None => groups.push((outcome, vec![version.name()])),
            }
        }
        for (outcome, versions) in groups {
            let versions = versions.join(", ");
            let what = match outcome {
                GrubOutcome::Loads => "loads it".to_owned(),
                GrubOutcome::Fails(why) => format!("does not load it: {why}"),
                GrubOutcome::Unknown(why) => format!("unknown: {why}"),
            };
            writeln!(out, "  {name:<10} {what} (GRUB {versions})")?;
        }
    }
    Ok(())
}
