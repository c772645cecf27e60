//! `pregrub check` for people: the verdict first, then what boots and where it comes from, or why nothing does.

use std::collections::HashMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use super::diagnostic::{Shown, SourceText};
use super::finding::Sources;
use super::one_line::{Uncolored, one_line};
use super::{builder, notes};
use crate::boot::{Attempt, BootFiles, ChosenFile, GivenDisk, Mounted, Run, Verdict};
use crate::explain::Explanation;
use crate::explain::partition_name as origin;
use crate::kernel::Built;
use crate::lint::{Finding, Severity, SpanSource};
use crate::target::Kind;

/// How the text is to look.
#[derive(Clone, Copy, Debug)]
pub struct TextStyle {
    /// Whether to use colours.
    pub color: bool,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to print more.
    pub verbose: bool,
    /// Whether names of files are links.
    pub links: bool,
}

fn style(verdict: Verdict) -> Style {
    let color = match verdict {
        Verdict::Boots | Verdict::Selects => AnsiColor::Green,
        Verdict::Fails => AnsiColor::Red,
        Verdict::Unknown => AnsiColor::Yellow,
        Verdict::NotApplicable => AnsiColor::Cyan,
    };
    color.on_default().bold()
}

/// What is said of a run besides its steps.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    /// Why it does not boot.
    pub explanation: Option<&'a Explanation>,
    /// What Xen's domain builder makes of the kernel.
    pub built: Option<&'a Built>,
    /// What the linter found.
    pub findings: &'a [Finding],
}

/// Writes the report of one target.
///
/// # Errors
///
/// As `out` says.
pub fn write(
    run: &Run,
    said: Said<'_>,
    target: &str,
    kind: Kind,
    look: TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Said { explanation, built, findings } = said;
    let style = if look.color { style(run.verdict) } else { Style::new() };
    write!(out, "{style}{}{style:#}", run.verdict.words())?;
    write!(Uncolored(out), ": {target} ({})", run.options.build())?;
    match (&run.chosen, explanation) {
        (Some(chosen), None) => {
            writeln!(out)?;
            write_chosen(run, chosen, kind, &mut Uncolored(out))?;
            built.map_or(Ok(()), |built| builder::write_stage(built, &mut Uncolored(out)))?;
        }
        // Handed over, and damaged.
        (Some(chosen), Some(explanation)) => {
            let out = &mut Uncolored(out);
            writeln!(out, ": {}", shortened(&explanation.reason))?;
            write_chosen(run, chosen, kind, out)?;
            built.map_or(Ok(()), |built| builder::write_stage(built, out))?;
            if !findings.iter().any(|finding| tells(finding, explanation)) {
                write_help(explanation, out)?;
            }
        }
        (None, Some(explanation)) => {
            writeln!(Uncolored(out), ": {}", shortened(&explanation.reason))?;
            write_failure(run, explanation, kind, findings, look, out)?;
        }
        (None, None) => writeln!(out)?,
    }
    let out = &mut Uncolored(out);
    for note in notes::of_disk(run).chain(notes::of(run)) {
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
        for warning in found.config.warnings.iter() {
            writeln!(out, "  pygrub warns: {} (line {})", warning.message, warning.line)?;
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

/// Of a domain: which disk it was.
fn write_disk(run: &Run, out: &mut dyn Write) -> io::Result<()> {
    match &run.disk {
        Some(GivenDisk { path, line: Some(line), .. }) => {
            writeln!(out, "  disk       {path}, the first of the domain (line {line})")
        }
        Some(GivenDisk { path, line: None, .. }) => {
            writeln!(out, "  disk       {path}, the first bootable one of the VM")
        }
        None => Ok(()),
    }
}

fn write_chosen(run: &Run, chosen: &BootFiles, kind: Kind, out: &mut dyn Write) -> io::Result<()> {
    write_disk(run, out)?;
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
        writeln!(out, "  note: a configuration alone does not show whether these files exist")?;
    }
    Ok(())
}

fn write_file(name: &str, file: &ChosenFile, out: &mut dyn Write) -> io::Result<()> {
    let size = file.size.map(|size| {
        let unit = if size == 1 { "byte" } else { "bytes" };
        format!("  ({size} {unit}{})", if file.directory { ", the blocks of a directory" } else { "" })
    });
    let line = file.span.map(|span| format!(", line {}", span.line));
    writeln!(out, "  {name}     {}{}{}", file.path, size.unwrap_or_default(), line.unwrap_or_default())
}

fn write_place(attempt: &Attempt, kind: Kind, out: &mut dyn Write) -> io::Result<()> {
    let Mounted::Yes(name) = &attempt.mounted else { return Ok(()) };
    match kind {
        Kind::Image | Kind::Xl | Kind::Libvirt | Kind::Xapi => {
            let origin = origin::describe(attempt.candidate.as_ref());
            writeln!(out, "  found in   {name} at offset {} ({origin})", attempt.offset)
        }
        _ if name == "directory" => writeln!(out, "  found in   this directory"),
        _ => writeln!(out, "  found in   this directory ({name})"),
    }
}

fn write_failure(
    run: &Run,
    explanation: &Explanation,
    kind: Kind,
    findings: &[Finding],
    look: TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    write_disk(run, &mut Uncolored(out))?;
    let attempt =
        explanation.cause.attempt.and_then(|index| run.attempts.get(index)).or_else(|| run.deciding_attempt());
    if let Some(attempt) = attempt.filter(|_| kind.is_disk()) {
        let origin = origin::describe(attempt.candidate.as_ref());
        let what = match &attempt.mounted {
            Mounted::Yes(name) => format!("{name} at "),
            _ => String::new(),
        };
        writeln!(Uncolored(out), "  tried      {what}offset {} ({origin})", attempt.offset)?;
    }
    if findings.iter().any(|finding| tells(finding, explanation)) {
        // The finding shows the place and the way out.
    } else if let Some(diagnostic) = Shown::failure(run, explanation, look) {
        out.write_all(diagnostic.render(look).as_bytes())?;
    } else if matches!(run.verdict, Verdict::Fails | Verdict::Unknown) {
        write_help(explanation, &mut Uncolored(out))?;
    }
    if kind != Kind::Config && run.verdict == Verdict::Fails && !run.process.stderr_last_line.is_empty() {
        writeln!(Uncolored(out), "  pygrub itself says only: {}", run.process.stderr_last_line)?;
    }
    Ok(())
}

/// Whether a finding is about what the run fails of.
fn tells(finding: &Finding, explanation: &Explanation) -> bool {
    finding.cause == Some(explanation.cause)
}

/// Writes what the linter found in a run: each finding with its place, an empty line between two. Where the verdict and its
/// explanation stand above, what pygrub raises stands below the sentence.
///
/// # Errors
///
/// As `out` says.
pub fn write_findings(
    findings: &[Finding],
    run: &Run,
    verdict_above: Option<&Explanation>,
    sources: Sources<'_>,
    look: TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref()).filter(|found| !found.directory);
    for (number, (finding, others)) in gathered(findings, look.verbose).into_iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        let text = match finding.source {
            SpanSource::Target => None,
            SpanSource::Domain => sources.domain_text,
            SpanSource::Configuration => found.map(|found| found.text.as_slice()),
        };
        let source = sources.of(finding).zip(text).map(|(name, text)| SourceText { name, text, link: None });
        let file = sources.file.filter(|(source, _)| look.links && *source == finding.source);
        let link = file.and_then(|(_, file)| file_link(file));
        let source = source.map(|source| SourceText { link: link.as_deref(), ..source });
        let raised = finding.raised.as_ref().filter(|_| verdict_above.is_some());
        write_headline(finding, sources, look, out)?;
        out.write_all(Shown::finding(finding, source, raised, look).render(look).as_bytes())?;
        write_others(finding, &others, out)?;
    }
    Ok(())
}

/// The address of a file of this machine. `None` if there is no such file.
fn file_link(name: &str) -> Option<String> {
    /// What stands in a path as it is.
    const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    let path = std::fs::canonicalize(name).ok().filter(|path| path.is_file())?;
    Some(format!("file://{}", percent_encode(path.as_os_str().as_encoded_bytes(), PATH)))
}

/// `error[PG001] device-variable, stops the boot`, and the file where no line of it is shown.
fn write_headline(finding: &Finding, sources: Sources<'_>, look: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let color = match finding.severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    };
    let style = if look.color { color.on_default().bold() } else { Style::new() };
    let (severity, rule) = (finding.severity.name(), finding.rule);
    let stops = if finding.stops_boot { ", stops the boot" } else { "" };
    let file = sources.of(finding).filter(|_| finding.span.is_none()).map(|file| format!(": {}", one_line(file)));
    writeln!(out, "{style}{severity}[{}]{style:#} {}{stops}{}", rule.code, rule.name, file.unwrap_or_default())
}

/// The findings, with those after each that say the same of other places.
fn gathered(findings: &[Finding], each: bool) -> Vec<(&Finding, Vec<&Finding>)> {
    let mut gathered: Vec<(&Finding, Vec<&Finding>)> = Vec::new();
    let mut known = HashMap::new();
    for finding in findings {
        let what = (finding.rule.code, finding.severity, finding.stops_boot, finding.source, finding.help.as_deref());
        // Without a place there is nothing that could be listed.
        let first = if each || finding.span.is_none() { None } else { known.get(&what).copied() };
        match first {
            Some(first) => {
                let (_, others): &mut (&Finding, Vec<&Finding>) = &mut gathered[first];
                others.push(finding);
            }
            None => {
                if finding.span.is_some() {
                    known.insert(what, gathered.len());
                }
                gathered.push((finding, Vec::new()));
            }
        }
    }
    gathered
}

/// The lines of findings that are not shown: other lines than that of the one that is.
fn write_others(shown: &Finding, others: &[&Finding], out: &mut dyn Write) -> io::Result<()> {
    const MOST: usize = 12;
    let mut lines: Vec<u32> = others.iter().filter_map(|finding| finding.span).map(|span| span.line).collect();
    lines.dedup();
    lines.retain(|line| shown.span.is_none_or(|span| span.line != *line));
    let Some((last, rest)) = lines.split_last() else { return Ok(()) };
    let listed = |lines: &[u32]| lines.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
    match lines.len() {
        1 => writeln!(out, "  also in line {last}"),
        2..=MOST => writeln!(out, "  also in lines {} and {last}", listed(rest)),
        count => writeln!(out, "  also in lines {} and {} more; -v shows each", listed(&lines[..MOST]), count - MOST),
    }
}

/// How many findings there are, of one target or of all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    by_severity: [usize; 3],
    stopping: usize,
}

const SEVERITIES: [Severity; 3] = [Severity::Error, Severity::Warning, Severity::Note];

impl Totals {
    /// Of these findings.
    pub fn of(findings: &[Finding]) -> Self {
        let count = |severity| {
            let of_severity = findings.iter().filter(|finding| finding.severity == severity);
            of_severity.map(|finding| finding.places).sum()
        };
        let stopping = findings.iter().filter(|finding| finding.stops_boot).count();
        Self { by_severity: SEVERITIES.map(count), stopping }
    }

    /// Adds others.
    pub fn add(&mut self, others: Self) {
        for (count, more) in self.by_severity.iter_mut().zip(others.by_severity) {
            *count += more;
        }
        self.stopping += others.stopping;
    }

    /// How many there are.
    pub fn all(&self) -> usize {
        self.by_severity.iter().sum()
    }

    /// `3 findings: 1 error, 2 warnings; 1 stops the boot`, `2 warnings`. `None` if there are none.
    pub fn summary(&self) -> Option<String> {
        let plural = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let kinds = SEVERITIES.iter().zip(self.by_severity).filter(|(_, count)| *count > 0);
        let kinds: Vec<String> = kinds.map(|(severity, count)| plural(count, severity.name())).collect();
        let stops = match self.stopping {
            0 => String::new(),
            1 if self.all() == 1 => "; it stops the boot".to_owned(),
            all if self.all() == all => "; all stop the boot".to_owned(),
            1 => "; 1 stops the boot".to_owned(),
            several => format!("; {several} stop the boot"),
        };
        match kinds.as_slice() {
            [] => None,
            [kind] => Some(format!("{kind}{stops}")),
            kinds => Some(format!("{}: {}{stops}", plural(self.all(), "finding"), kinds.join(", "))),
        }
    }
}

/// [`Totals::summary`] of the findings of one target.
pub fn summary(findings: &[Finding]) -> Option<String> {
    Totals::of(findings).summary()
}

/// `3 findings suppressed by comments`. Nothing where there are none.
pub fn suppressed(count: usize) -> Option<String> {
    (count > 0).then(|| format!("{count} finding{} suppressed by comments", if count == 1 { "" } else { "s" }))
}

/// The way out, where no diagnostic reports it.
fn write_help(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    match &explanation.help {
        Some(help) => writeln!(out, "  help: {help}"),
        None => Ok(()),
    }
}
