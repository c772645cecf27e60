//! `pregrub initrd` as text and as JSON: `pregrub.initrd/1`.

use std::io::{self, Write};

use serde::Serialize;

use super::one_line::one_line;
use crate::decompress::Compression;
use crate::initrd::{BlockDriver, Handed, InitrdLook, Weight, option, since};
use crate::release::Release;

/// The report of one file.
#[derive(Debug, Serialize)]
pub struct InitrdReport<'a> {
    schema: &'static str,
    file: &'a str,
    release: String,
    verdict: &'static str,
    /// Why the file could not be read; then there is nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    whole: Option<bool>,
    members: Vec<MemberReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unpacked: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    builder: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    init: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    microcode: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kernels: Option<&'a [String]>,
    compressions: Vec<CompressionReport<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    block_driver: Option<DriverReport<'a>>,
    problems: Vec<ProblemReport>,
}

#[derive(Debug, Serialize)]
struct MemberReport {
    offset: u64,
    size: u64,
    compression: Option<Compression>,
    unpacked: u64,
    entries: u64,
    complete: bool,
}

#[derive(Debug, Serialize)]
struct CompressionReport<'a> {
    name: Compression,
    /// Whether the kernel unpacks it; null if that is not known.
    supported: Option<bool>,
    why: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct DriverReport<'a> {
    state: &'static str,
    /// The module's path, or why that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ProblemReport {
    kind: &'static str,
    severity: &'static str,
    message: String,
    help: Option<String>,
}

fn severity(weight: Weight) -> &'static str {
    match weight {
        Weight::Unusable => "error",
        Weight::Doubtful => "warning",
        Weight::Unknown => "unknown",
    }
}

fn driver(driver: &BlockDriver) -> DriverReport<'_> {
    let (state, path, why) = match driver {
        BlockDriver::Module(path) => ("module", Some(path.as_str()), None),
        BlockDriver::BuiltIn(why) => ("built-in", None, Some(why.as_str())),
        BlockDriver::Missing(why) => ("missing", None, Some(why.as_str())),
        BlockDriver::Unknown(why) => ("unknown", None, Some(why.as_str())),
    };
    DriverReport { state, path, why }
}

fn handed(handed: Handed) -> &'static str {
    match handed {
        Handed::Untouched => "untouched",
        Handed::FailsToUnpack => "fails-to-unpack",
        Handed::Unpacked => "unpacked",
        Handed::FirstMemberOnly => "first-member-only",
        Handed::NotBuilt => "not-built",
        Handed::Unknown => "unknown",
    }
}

impl<'a> InitrdReport<'a> {
    /// What is said of this file.
    pub fn new(file: &'a str, report: &'a InitrdLook) -> Self {
        let walk = &report.walk;
        Self {
            schema: "pregrub.initrd/1",
            file,
            release: report.release.to_string(),
            verdict: report.verdict().name(),
            error: None,
            size: Some(report.size),
            whole: Some(report.is_whole()),
            members: walk
                .members
                .iter()
                .map(|member| MemberReport {
                    offset: member.offset,
                    size: member.size,
                    compression: member.compression,
                    unpacked: member.unpacked,
                    entries: member.entries,
                    complete: member.complete,
                })
                .collect(),
            unpacked: Some(walk.unpacked),
            message: walk.message.as_ref().map(|(message, _)| message.to_string()),
            builder: Some(handed(report.handed)),
            init: Some(walk.inventory.init),
            microcode: Some(walk.inventory.microcode),
            kernels: Some(&walk.inventory.kernels),
            compressions: report
                .compressions
                .iter()
                .map(|(name, known)| CompressionReport {
                    name: *name,
                    supported: known.as_ref().map(|(supported, _)| *supported),
                    why: known.as_ref().map(|(_, why)| why.as_str()),
                })
                .collect(),
            block_driver: Some(driver(&report.driver)),
            problems: report
                .problems
                .iter()
                .map(|problem| ProblemReport {
                    kind: problem.name(),
                    severity: severity(problem.weight()),
                    message: problem.sentence(),
                    help: problem.help(),
                })
                .collect(),
        }
    }

    /// That this file could not be read.
    pub fn of_unreadable(file: &'a str, release: Release, error: &'a str) -> Self {
        Self {
            schema: "pregrub.initrd/1",
            file,
            release: release.to_string(),
            verdict: "unknown",
            error: Some(error),
            size: None,
            whole: None,
            members: Vec::new(),
            unpacked: None,
            message: None,
            builder: None,
            init: None,
            microcode: None,
            kernels: None,
            compressions: Vec::new(),
            block_driver: None,
            problems: Vec::new(),
        }
    }
}

/// How an initrd is made, and what is made of it: a word and what belongs to it.
pub(crate) fn facts(report: &InitrdLook) -> Vec<(&'static str, String)> {
    let walk = &report.walk;
    let mut facts = vec![("size", format!("{} bytes", report.size))];
    for member in &walk.members {
        let entries = if member.entries == 1 { "entry" } else { "entries" };
        let (offset, size, count) = (member.offset, member.size, member.entries);
        let text = match member.compression {
            None => format!("cpio at byte {offset}: {size} bytes, {count} {entries}"),
            Some(compression) => {
                let rest = if member.complete { "" } else { ", not unpacked to its end" };
                format!(
                    "{compression} at byte {offset}: {size} bytes, unpacks to {}{rest}, {count} {entries}",
                    member.unpacked
                )
            }
        };
        facts.push(("archive", text));
    }
    if walk.more_members > 0 {
        facts.push(("archive", format!("and {} more", walk.more_members)));
    }
    let builder = match report.handed {
        Handed::Untouched => "hands it over as it is",
        Handed::FailsToUnpack => "tries to unpack it, logs \"inflate failed\", and hands it over as it is",
        Handed::Unpacked => "unpacks it, which takes as much memory of the guest",
        Handed::FirstMemberOnly => "unpacks its first member and drops the rest",
        Handed::NotBuilt => "does not build the domain",
        Handed::Unknown => "may unpack it: not all of it was looked at",
    };
    facts.push(("toolstack", builder.to_owned()));
    for (compression, known) in &report.compressions {
        let text = match known {
            Some((true, why)) => format!("unpacks {compression}: {why}"),
            Some((false, why)) => format!("does not unpack {compression}: {why}"),
            None => format!(
                "unpacks {compression} if it is Linux {} or later, with {}=y",
                since(*compression),
                option(*compression)
            ),
        };
        facts.push(("kernel", text));
    }
    if report.size > 0 {
        facts.push(("init", if walk.inventory.init { "/init" } else { "none" }.to_owned()));
        let text = match &report.driver {
            BlockDriver::Module(path) => format!("module {}", one_line(path)),
            BlockDriver::BuiltIn(why) => format!("driver built into the kernel: {why}"),
            BlockDriver::Missing(why) => format!("no driver: {why}"),
            BlockDriver::Unknown(why) => format!("cannot tell: {why}"),
        };
        facts.push(("root disk", text));
    }
    if !walk.inventory.kernels.is_empty() {
        facts.push(("modules", format!("{}, for {}", walk.inventory.modules, walk.inventory.kernels.join(", "))));
    }
    if walk.inventory.microcode {
        facts.push(("microcode", "yes".to_owned()));
    }
    facts
}

/// Writes the report for people.
///
/// # Errors
///
/// As `out` says.
pub fn write_text(file: &str, report: &InitrdLook, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}: {} (Xen {})", report.verdict().name(), one_line(file), report.release)?;
    for (word, text) in facts(report) {
        writeln!(out, "  {word:<10} {text}")?;
    }
    for problem in &report.problems {
        writeln!(out)?;
        writeln!(out, "{}: {}", severity(problem.weight()), one_line(&problem.sentence()))?;
        if let Some(help) = problem.help() {
            writeln!(out, "  help: {help}")?;
        }
    }
    Ok(())
}
