//! `pregrub kernel`: kernels as Xen's domain builder sees them. JSON: `pregrub.kernel/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::builder::{Builder, verdict, write_facts};
use crate::kernel::{Look, Outcome, Question, explain};

/// The JSON object of one file.
#[derive(Serialize)]
pub struct Kernel<'a> {
    schema: &'static str,
    file: &'a str,
    release: String,
    flavour: &'static str,
    /// `loads`, `fails`, `unknown`; `unreadable` if the file could not be read.
    verdict: &'static str,
    builder: Option<Builder>,
    /// Why the file could not be read.
    error: Option<&'a str>,
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
            builder: Some(Builder::new(look, question)),
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
        Some(Outcome::Loads(kind)) => writeln!(out, "{file}: loads as {title} ({kind})")?,
        Some(Outcome::Refused { words, .. }) => {
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
        Some(Outcome::Unknown(why)) => writeln!(out, "{file}: unknown: {why}")?,
        None => writeln!(out, "{file}: unknown")?,
    }
    write_facts(look, out)?;
    if let Some(other) = look.outcome(guest.other())
        && other.starts() != look.outcome(guest).and_then(Outcome::starts)
    {
        let loads = match other.starts() {
            Some(true) => "loads",
            Some(false) => "does not load",
            None => "unknown",
        };
        writeln!(out, "  {:<10} {loads}", format!("as {}", guest.other().title()))?;
    }
    Ok(())
}
