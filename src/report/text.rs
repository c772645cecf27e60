//! `pregrub check` for people: the verdict first, then what boots and where it comes from, or why nothing does.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use miette::{GraphicalReportHandler, GraphicalTheme};

use super::diagnostic::FailureDiagnostic;
use super::{notes, origin};
use crate::boot::{Attempt, Chosen, ChosenFile, Failure, Mounted, Run, Verdict};
use crate::release::Flavour;
use crate::target::Kind;

/// How the text is to look.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Whether to use colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to tell more.
    pub verbose: bool,
}

fn style(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Boots | Verdict::Selects => AnsiColor::Green,
        Verdict::Fails => AnsiColor::Red,
        Verdict::Unknown => AnsiColor::Yellow,
    };
    color.on_default().bold()
}

/// Writes the report of one target.
///
/// # Errors
///
/// As `out` says.
pub fn write(run: &Run, target: &str, kind: Kind, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let style = if look.color { style(run.verdict) } else { Style::new() };
    let flavour = if run.options.flavour == Flavour::Debian { ", Debian" } else { "" };
    write!(out, "{style}{}{style:#}: {target} (Xen {}{flavour})", run.verdict.name(), run.options.release)?;
    match (&run.chosen, &run.failure) {
        (Some(chosen), None) => {
            writeln!(out)?;
            write_chosen(run, chosen, kind, out)?;
        }
        // Handed over, and damaged.
        (Some(chosen), Some(failure)) => {
            writeln!(out, ": {}", shortened(&failure.reason))?;
            write_chosen(run, chosen, kind, out)?;
            write_help(failure, out)?;
        }
        (None, Some(failure)) => {
            writeln!(out, ": {}", shortened(&failure.reason))?;
            write_failure(run, kind, look, out)?;
        }
        (None, None) => writeln!(out)?,
    }
    let about_disk = run.deciding_attempt().into_iter().flat_map(|attempt| attempt.notes.iter().cloned());
    for note in about_disk.chain(notes::of(run)) {
        writeln!(out, "  note: {note}")?;
    }
    let others = run.attempts.len().saturating_sub(usize::from(run.deciding_attempt().is_some()));
    if others > 0 {
        let tried = if others == 1 { "offset was" } else { "offsets were" };
        writeln!(out, "  note: {others} other {tried} tried without success; `pregrub trace` shows them")?;
    }
    if look.verbose
        && let Some(found) = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref())
    {
        for warning in &found.config.warnings {
            let line = warning.span.map(|span| format!(" (line {})", span.line)).unwrap_or_default();
            writeln!(out, "  pygrub warns: {}{line}", warning.message)?;
        }
    }
    Ok(())
}

/// The first line stays one that can be read, however long a path is.
fn shortened(reason: &str) -> String {
    const MOST: usize = 400;
    match reason.char_indices().nth(MOST) {
        None => reason.to_owned(),
        Some((end, _)) => format!("{}...", &reason[..end]),
    }
}

fn write_chosen(run: &Run, chosen: &Chosen, kind: Kind, out: &mut dyn Write) -> io::Result<()> {
    let attempt = &run.attempts[chosen.attempt];
    write_file("kernel", &chosen.kernel, out)?;
    match &chosen.ramdisk {
        Some(ramdisk) => write_file("initrd", ramdisk, out)?,
        None => writeln!(out, "  initrd     none")?,
    }
    match &chosen.args {
        Some(args) => writeln!(out, "  arguments  {args}")?,
        None => writeln!(out, "  arguments  none")?,
    }
    if let (Some(index), Some(found)) = (chosen.entry, &attempt.found) {
        let entry = &found.config.entries[index];
        let lines = if entry.lines.0 == entry.lines.1 { "line" } else { "lines" };
        let (first, last) = entry.lines;
        let range = if first == last { first.to_string() } else { format!("{first}-{last}") };
        writeln!(out, "  entry      {index} \"{}\", {lines} {range} of {}", entry.title, found.path)?;
    }
    write_place(attempt, kind, out)?;
    if let Some(seconds) = chosen.seconds.filter(|_| run.failure.is_none()) {
        let unit = if seconds == 1 { "second" } else { "seconds" };
        writeln!(out, "  menu       boots after {seconds} {unit} without a key")?;
    }
    if kind == Kind::Config {
        writeln!(out, "  note: whether these files exist cannot be told from a configuration alone")?;
    }
    Ok(())
}

fn write_file(name: &str, file: &ChosenFile, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "  {name}     {}", file.path)?;
    if let Some(size) = file.size {
        let unit = if size == 1 { "byte" } else { "bytes" };
        write!(out, "  ({size} {unit}{})", if file.directory { ", the blocks of a directory" } else { "" })?;
    }
    match file.span {
        Some(span) => writeln!(out, ", line {}", span.line),
        None => writeln!(out),
    }
}

fn write_place(attempt: &Attempt, kind: Kind, out: &mut dyn Write) -> io::Result<()> {
    let Mounted::Yes(name) = &attempt.mounted else { return Ok(()) };
    match kind {
        Kind::Image => {
            let origin = origin::describe(attempt.candidate.as_ref());
            writeln!(out, "  found in   {name} at offset {} ({origin})", attempt.offset)
        }
        _ if name == "directory" => writeln!(out, "  found in   this directory"),
        _ => writeln!(out, "  found in   this directory ({name})"),
    }
}

fn write_failure(run: &Run, kind: Kind, look: Look, out: &mut dyn Write) -> io::Result<()> {
    if let Some(attempt) = run.deciding_attempt().filter(|_| kind == Kind::Image) {
        let origin = origin::describe(attempt.candidate.as_ref());
        let what = match &attempt.mounted {
            Mounted::Yes(name) => format!("{name} at "),
            _ => String::new(),
        };
        writeln!(out, "  tried      {what}offset {} ({origin})", attempt.offset)?;
    }
    if let Some(diagnostic) = FailureDiagnostic::of(run) {
        let theme = if look.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(look.width).with_context_lines(1);
        let mut rendered = String::new();
        // Rendering to a String fails only on a source that cannot be read; then the exception alone is said.
        match handler.render_report(&mut rendered, &diagnostic) {
            Ok(()) => write!(out, "{rendered}")?,
            Err(_) => writeln!(out, "  {diagnostic}")?,
        }
    } else if let Some(failure) = run.failure.as_ref().filter(|_| run.verdict == Verdict::Fails) {
        write_help(failure, out)?;
    }
    if kind != Kind::Config && run.verdict == Verdict::Fails && !run.process.stderr_last_line.is_empty() {
        writeln!(out, "  pygrub itself says only: {}", run.process.stderr_last_line)?;
    }
    Ok(())
}

/// The way out, where no diagnostic tells it.
fn write_help(failure: &Failure, out: &mut dyn Write) -> io::Result<()> {
    match &failure.help {
        Some(help) => writeln!(out, "  help: {help}"),
        None => Ok(()),
    }
}
