//! `pregrub trace`: every step of a run. JSON: `pregrub.trace/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::raised::RaisedReport;
use crate::boot::{Attempt, Found, GivenDisk, InPlaceOf, Mounted, Purpose, Run, Verdict};
use crate::config::{Directive, Effect, Setting, Warnings};
use crate::explain::Explanation;
use crate::explain::partition_name as origin;
use crate::python::PyStr;
use crate::storage::filesystem::Note;
use crate::storage::partitions::{ImageLayout, SkipReason};
use crate::target::Kind;

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::Solaris => "solaris",
            Self::NetWare => "netware",
            Self::FixedKernel => "fixed-kernel",
            Self::Configuration => "config",
            Self::Kernel => "kernel",
            Self::Ramdisk => "ramdisk",
        }
    }
}

/// What a directive did, as a phrase; nothing where it had no effect.
fn effect(effect: Effect, in_entry: bool) -> Option<&'static str> {
    match effect {
        Effect::Default => Some("sets the default entry"),
        Effect::Timeout => Some("sets the timeout"),
        Effect::Root if in_entry => Some("is read as the entry's root device and never used"),
        Effect::Root => Some("is stored and never used: the kernel is read from where this file was found"),
        Effect::Kernel => Some("sets kernel and arguments"),
        Effect::Initrd => Some("sets the initrd"),
        Effect::Args => Some("sets arguments or initrd"),
        Effect::Title => Some("sets the title"),
        Effect::Password => Some("sets a password, which keeps nobody from booting"),
        Effect::Stored => Some("is stored and never used"),
        Effect::Raised => Some("raises"),
        _ => None,
    }
}

/// What pygrub makes of the start of a disk, as a clause.
pub(crate) fn layout_words(layout: ImageLayout) -> &'static str {
    match layout {
        ImageLayout::Raw => "no MBR signature: one filesystem from offset 0",
        ImageLayout::Mbr => "an MBR signature: the partition table is read",
        ImageLayout::HybridIso => "an MBR signature on an ISO 9660 image: offset 0 is tried first",
    }
}

/// Why a slot is skipped, as what stands after `it`. `None` if it is not in use.
pub(crate) fn skipped_because(reason: SkipReason) -> Option<&'static str> {
    Some(match reason {
        SkipReason::StartsAtZero => return None,
        SkipReason::NoSolarisLabel => "has no Solaris label",
        SkipReason::NoSolarisRootSlice => "has a Solaris label without a root slice",
        SkipReason::BehindGpt => "stands after the GPT slot, where pygrub stops",
        SkipReason::NotChosen => "is not the one that this release takes",
    })
}

/// The directives of a configuration that had an effect, in the order of the file, with the phrase for it.
pub(crate) fn effective(found: &Found) -> Vec<(&Directive, &'static str)> {
    let top =
        found.config.directives.iter().filter_map(|directive| Some((directive, effect(directive.effect, false)?)));
    let entries = found.config.entries.iter().flat_map(|entry| &entry.directives);
    let mut all: Vec<_> =
        top.chain(entries.filter_map(|directive| Some((directive, effect(directive.effect, true)?)))).collect();
    all.sort_by_key(|(directive, _)| directive.line.start);
    all
}

fn line_text(found: &Found, directive: &Directive) -> String {
    let line = found.text.get(directive.line.range()).unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}

/// The trace as text.
///
/// # Errors
///
/// As `out` says.
pub fn write_text(
    run: &Run,
    explanation: Option<&Explanation>,
    target: &str,
    kind: Kind,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{target}: {} as pygrub of {} reads it", kind.name(), run.options.build())?;
    if let Some(disk) = &run.disk {
        match disk.line {
            Some(line) => writeln!(out, "the first disk: {} (line {line})", disk.path)?,
            None => writeln!(out, "the first bootable disk: {}", disk.path)?,
        }
    }
    if let Some(table) = &run.table {
        writeln!(out, "partitions: {}", layout_words(table.layout))?;
        for skipped in &table.skipped {
            let Some(why) = skipped_because(skipped.reason) else { continue };
            writeln!(out, "  slot {}, type 0x{:02x}: skipped, it {why}", skipped.slot, skipped.partition_type)?;
        }
    }
    if let Some(first_look) = &run.first_look {
        writeln!(out, "first of all the first filesystem, for a kernel by its path:")?;
        write_attempt(run, first_look, kind, out)?;
    }
    for attempt in &run.attempts {
        write_attempt(run, attempt, kind, out)?;
    }
    write!(out, "{}", run.verdict.words())?;
    match (&run.chosen, explanation) {
        (Some(chosen), None) => writeln!(out, ": kernel {}", chosen.kernel.path)?,
        (_, Some(explanation)) => writeln!(out, ": {}", explanation.reason)?,
        (None, None) => writeln!(out)?,
    }
    if kind != Kind::Config && run.started() && run.verdict != Verdict::Unknown {
        writeln!(out, "pygrub exits with {} and prints: {}", run.process.exit, shown(run))?;
    }
    Ok(())
}

fn shown(run: &Run) -> &PyStr {
    if run.process.exit == 0 { &run.process.stdout } else { &run.process.stderr_last_line }
}

fn write_attempt(run: &Run, attempt: &Attempt, kind: Kind, out: &mut dyn Write) -> io::Result<()> {
    if kind.is_disk() {
        writeln!(out, "offset {} ({})", attempt.offset, origin::describe(attempt.candidate.as_ref()))?;
    }
    match &attempt.mounted {
        Mounted::Yes(name) => writeln!(out, "  mounts as {name}")?,
        Mounted::No { why, .. } => writeln!(out, "  does not mount: {why}")?,
        Mounted::Unknown { why, .. } => writeln!(out, "  pregrub cannot tell: {why}")?,
        Mounted::NotAsked => {}
    }
    for note in &attempt.notes {
        writeln!(out, "  note: {note}")?;
    }
    let (before, after): (Vec<_>, Vec<_>) =
        attempt.steps.iter().partition(|step| !matches!(step.purpose, Purpose::Kernel | Purpose::Ramdisk));
    let write_step = |step: &crate::boot::Step, out: &mut dyn Write| {
        let verb = if step.opens { "opens" } else { "looks for" };
        match &step.missing {
            None => writeln!(out, "  {verb} {}: found", step.path),
            Some(why) if step.opens => writeln!(out, "  {verb} {}: fails, {why}", step.path),
            Some(_) => writeln!(out, "  {verb} {}: no", step.path),
        }
    };
    for step in before {
        write_step(step, out)?;
    }
    if let Some(found) = &attempt.found {
        write_found(found, out)?;
    }
    if let Some(why) = attempt.in_place_of {
        let why = match why {
            InPlaceOf::NoConfiguration => "there is no configuration",
            InPlaceOf::NoEntry => "there is no entry",
            InPlaceOf::Hypervisor => "the kernel of the first entry is Xen itself",
        };
        writeln!(out, "  {why}: looks for kernels by their paths instead of selecting an entry")?;
    }
    if let Some(menu) = &attempt.menu {
        match menu.seconds {
            Some(seconds) => writeln!(out, "  shows the menu for {seconds} s")?,
            None => writeln!(out, "  cannot show the menu")?,
        }
    }
    if let (Some(selection), Some(found)) = (&attempt.selection, &attempt.found) {
        let wanted = selection.wanted.as_ref().map(ToString::to_string).unwrap_or_default();
        match selection.index {
            Some(index) => {
                let title = &found.config.entries[index].title;
                writeln!(out, "  selects entry {index} \"{title}\" (asked for {wanted})")?;
            }
            None => writeln!(out, "  selects nothing (asked for {wanted})")?,
        }
        if let Some(rejected) = selection.rejected {
            writeln!(out, "  a rule on titles, of the host, rejects entry {rejected}, the default")?;
        }
    }
    for step in after {
        write_step(step, out)?;
    }
    if let Some(raised) = &attempt.raised {
        let swallowed = match run.options.release.has(crate::release::Change::EveryPartition) {
            true if kind != Kind::Config => "pygrub swallows",
            _ => "pygrub raises",
        };
        let place = raised.span.map(|span| format!(" (line {}, column {})", span.line, span.column));
        writeln!(out, "  {swallowed} {raised}{}", place.unwrap_or_default())?;
    }
    Ok(())
}

fn write_found(found: &Found, out: &mut dyn Write) -> io::Result<()> {
    let config = &found.config;
    writeln!(out, "  reads {} as {}, {} bytes", found.path, found.dialect.name(), found.text.len())?;
    if config.truncated {
        writeln!(out, "  note: the file is longer than pygrub reads")?;
    }
    for (directive, phrase) in effective(found) {
        writeln!(out, "    {:>5} | {}  -- {phrase}", directive.line.line, line_text(found, directive))?;
    }
    for block in &config.if_blocks {
        let last = block.last_line.map_or_else(|| "the end of the file".to_owned(), |line| format!("line {line}"));
        writeln!(out, "  leaves out line {} to {last}, from `if` to `fi`", block.header.line)?;
    }
    for entry in config.entries.iter().filter(|entry| entry.one_line) {
        writeln!(out, "  treats line {} as a menu entry that is complete, and empty", entry.header.line)?;
    }
    for warning in config.warnings.iter() {
        writeln!(out, "  logs a warning: {} (line {})", warning.message, warning.line)?;
    }
    let count = config.entries.len();
    let entries = if count == 1 { "entry" } else { "entries" };
    writeln!(out, "  has {count} {entries}, default {}, timeout {}", config.default, config.timeout)
}

/// The trace as data.
#[derive(Serialize)]
pub struct Trace<'a> {
    schema: &'static str,
    target: &'a str,
    kind: &'static str,
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
    verdict: Verdict,
    layout: Option<&'static str>,
    attempts: Vec<AttemptReport<'a>>,
    reason: Option<&'a str>,
    pygrub: Option<&'a crate::boot::Process>,
}

#[derive(Serialize)]
struct AttemptReport<'a> {
    offset: serde_json::Number,
    origin: String,
    filesystem: Option<&'a str>,
    refused: Option<&'a str>,
    notes: &'a [Note],
    steps: Vec<StepReport<'a>>,
    config: Option<FoundReport<'a>>,
    menu: Option<MenuReport>,
    selected: Option<usize>,
    raised: Option<RaisedReport<'a>>,
}

#[derive(Serialize)]
struct StepReport<'a> {
    purpose: &'static str,
    path: &'a PyStr,
    opens: bool,
    found: bool,
    why: Option<&'a str>,
}

#[derive(Serialize)]
struct FoundReport<'a> {
    path: &'a PyStr,
    dialect: &'static str,
    truncated: bool,
    default: &'a Setting,
    timeout: &'a Setting,
    entries: usize,
    directives: Vec<DirectiveReport>,
    warnings: &'a Warnings,
}

#[derive(Serialize)]
struct DirectiveReport {
    line: u32,
    column: u32,
    text: String,
    effect: &'static str,
}

#[derive(Serialize)]
struct MenuReport {
    seconds: Option<u64>,
}

impl<'a> Trace<'a> {
    /// The trace of a run.
    pub fn of(run: &'a Run, explanation: Option<&'a Explanation>, target: &'a str, kind: Kind) -> Self {
        let known = run.verdict != Verdict::Unknown && run.started() && kind != Kind::Config;
        Self {
            schema: "pregrub.trace/1",
            target,
            kind: kind.name(),
            release: run.options.release.to_string(),
            flavour: super::check::distributor(run.options.flavour),
            disk: run.disk.as_ref(),
            image_format: run.image_format.map(|format| format.name()),
            verdict: run.verdict,
            layout: run.table.as_ref().map(|table| match table.layout {
                ImageLayout::Raw => "raw",
                ImageLayout::Mbr => "mbr",
                ImageLayout::HybridIso => "hybrid-iso",
            }),
            attempts: run.attempts.iter().map(attempt_report).collect(),
            reason: explanation.map(|explanation| explanation.reason.as_str()),
            pygrub: known.then_some(&run.process),
        }
    }
}

fn attempt_report(attempt: &Attempt) -> AttemptReport<'_> {
    let (filesystem, refused) = match &attempt.mounted {
        Mounted::Yes(name) => (Some(name.as_str()), None),
        Mounted::No { why, .. } | Mounted::Unknown { why, .. } => (None, Some(why.as_str())),
        Mounted::NotAsked => (None, None),
    };
    AttemptReport {
        // With arbitrary precision every integer is a number.
        offset: attempt.offset.to_string().parse().unwrap_or_else(|_| 0.into()),
        origin: origin::describe(attempt.candidate.as_ref()),
        filesystem,
        refused,
        notes: &attempt.notes,
        steps: attempt
            .steps
            .iter()
            .map(|step| StepReport {
                purpose: step.purpose.name(),
                path: &step.path,
                opens: step.opens,
                found: step.missing.is_none(),
                why: step.missing.as_deref(),
            })
            .collect(),
        config: attempt.found.as_ref().map(|found| FoundReport {
            path: &found.path,
            dialect: found.dialect.name(),
            truncated: found.config.truncated,
            default: &found.config.default,
            timeout: &found.config.timeout,
            entries: found.config.entries.len(),
            directives: effective(found)
                .into_iter()
                .map(|(directive, phrase)| DirectiveReport {
                    line: directive.line.line,
                    column: directive.line.column,
                    text: line_text(found, directive),
                    effect: phrase,
                })
                .collect(),
            warnings: &found.config.warnings,
        }),
        menu: attempt.menu.as_ref().map(|menu| MenuReport { seconds: menu.seconds }),
        selected: attempt.selection.as_ref().and_then(|selection| selection.index),
        raised: attempt.raised.as_ref().map(RaisedReport::from),
    }
}
