//! What Xen's domain builder makes of a kernel, for `pregrub kernel` and `pregrub check`.

use std::io::{self, Write};

use serde::Serialize;

use crate::kernel::{Built, Format, GuestType, Look, Outcome, Question, explain, feature_names};

/// The JSON object `builder`.
#[derive(Debug, Serialize)]
pub struct Builder {
    /// The type of the guest: `pv`, `pvh`.
    r#type: GuestType,
    /// How much of the kernel was unpacked: `notes` or `all`.
    depth: &'static str,
    /// `loads`, `fails` or `unknown`.
    verdict: &'static str,
    /// What libxenguest calls the guest.
    guest: Option<&'static str>,
    /// Whether libxenguest loads the kernel, which may not start all the same.
    loads: Option<bool>,
    /// libxenguest's first error.
    says: Option<String>,
    cause: Option<&'static str>,
    /// What is wrong, or why it is unknown.
    reason: Option<String>,
    help: Option<String>,
    /// The verdict for the other type of guest; nothing if what was read does not decide it.
    other_type: Option<OtherType>,
    kernel: Kernel,
}

#[derive(Debug, Serialize)]
struct OtherType {
    r#type: GuestType,
    verdict: &'static str,
}

#[derive(Debug, Serialize)]
struct Kernel {
    format: &'static str,
    boot_protocol: Option<String>,
    compression: Option<&'static str>,
    gzipped: bool,
    size: u64,
    unpacked_size: Option<u64>,
    machine: Option<&'static str>,
    version: Option<String>,
    guest_os: Option<String>,
    entry: Entry,
    features: Features,
}

#[derive(Debug, Serialize)]
struct Entry {
    pv: Option<String>,
    pvh: Option<String>,
}

#[derive(Debug, Serialize)]
struct Features {
    supported: Vec<String>,
    required: Vec<String>,
}

/// The word for an outcome.
pub fn verdict(outcome: Option<&Outcome>) -> &'static str {
    match outcome.and_then(Outcome::starts) {
        Some(true) => "loads",
        Some(false) => "fails",
        None => "unknown",
    }
}

fn hexadecimal(number: impl Into<u64>) -> String {
    format!("{:#x}", number.into())
}

impl Builder {
    /// What was found, for this question.
    pub fn new(look: &Look, question: &Question) -> Self {
        let outcome = look.outcome(question.guest);
        let explained = explain(look, question);
        let other = question.guest.other();
        let (says, cause, unknown) = match outcome {
            Some(Outcome::Refused { words, cause, .. }) => {
                ((!words.is_empty()).then(|| words.clone()), Some(cause.name()), None)
            }
            Some(Outcome::Unknown(why)) => (None, None, Some(why.clone())),
            Some(Outcome::Loads(_)) | None => (None, None, None),
        };
        Self {
            r#type: question.guest,
            depth: look.depth.name(),
            verdict: verdict(outcome),
            guest: match outcome {
                Some(Outcome::Loads(guest)) => Some(guest),
                _ => None,
            },
            loads: outcome.and_then(Outcome::loads),
            says,
            cause,
            reason: explained.as_ref().map(|explained| explained.reason.clone()).or(unknown),
            help: explained.map(|explained| explained.help),
            other_type: look.outcome(other).map(|outcome| OtherType { r#type: other, verdict: verdict(Some(outcome)) }),
            kernel: Kernel {
                format: look.format.name(),
                boot_protocol: match look.format {
                    Format::BzImage { protocol } => Some(format!("{}.{:02}", protocol >> 8, protocol & 255)),
                    _ => None,
                },
                compression: look.compression.map(|compression| compression.name()),
                gzipped: look.gzipped,
                size: look.size,
                unpacked_size: look.unpacked_size,
                machine: look.machine.map(|machine| machine.name()),
                version: look.version.clone(),
                guest_os: look.guest_os.clone(),
                entry: Entry { pv: look.pv_entry.map(hexadecimal), pvh: look.pvh_entry.map(hexadecimal) },
                features: Features {
                    supported: feature_names(look.supported_features),
                    required: feature_names(look.required_features),
                },
            },
        }
    }

    /// `bzImage, packed with zstd, 64-bit x86, Linux 6.1.0`.
    pub fn describe(look: &Look) -> String {
        let mut text = match look.format {
            Format::BzImage { .. } => "bzImage".to_owned(),
            Format::Elf => "ELF file".to_owned(),
            Format::FlatBinary => "flat binary with Xen's table".to_owned(),
            Format::ArmImage => "kernel for Arm".to_owned(),
            Format::Foreign(foreign) => foreign.title().to_owned(),
        };
        if look.gzipped && !matches!(look.format, Format::Foreign(_)) {
            text.push_str(" in a gzip file");
        }
        if let Some(compression) = look.compression {
            text.push_str(&format!(", packed with {}", compression.name()));
        }
        if let Some(machine) = look.machine {
            text.push_str(&format!(", {}", machine.name()));
        }
        if let Some(version) = &look.version {
            text.push_str(&format!(", version {version}"));
        }
        text
    }
}

/// Writes what the domain builder makes of the kernel of a run, in a line or two.
///
/// # Errors
///
/// As `out` says.
pub fn write_stage(built: &Built, out: &mut dyn Write) -> io::Result<()> {
    let Built { look, question } = built;
    let what = Builder::describe(look);
    let guest = question.guest;
    let starts = |guest| look.outcome(guest).and_then(Outcome::starts);
    let not_the_other = match starts(guest.other()) {
        Some(false) => format!(" (not as {})", guest.other().title()),
        Some(true) | None => String::new(),
    };
    match look.outcome(guest) {
        Some(Outcome::Loads(_)) => writeln!(out, "  builder    loads it as {}{not_the_other}: {what}", guest.title()),
        Some(Outcome::Refused { words, .. }) if words.is_empty() => {
            writeln!(out, "  builder    loads it, and the guest crashes when it starts: {what}")
        }
        Some(Outcome::Refused { words, .. }) => writeln!(out, "  builder    {words}"),
        Some(Outcome::Unknown(_)) | None => writeln!(out, "  builder    unknown: {what}"),
    }
}

/// Writes what was found in a kernel, a line each, after an indent.
///
/// # Errors
///
/// As `out` says.
pub fn write_facts(look: &Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  format     {}", Builder::describe(look))?;
    match look.unpacked_size {
        Some(unpacked) if unpacked != look.size => {
            writeln!(out, "  size       {} bytes, {unpacked} unpacked", look.size)?;
        }
        _ => writeln!(out, "  size       {} bytes", look.size)?,
    }
    if look.pv_entry.is_some() || look.pvh_entry.is_some() {
        let entry = |name: &str, entry: Option<u64>| match entry {
            Some(entry) => format!("{name} {entry:#x}"),
            None => format!("{name} none"),
        };
        writeln!(out, "  entry      {}, {}", entry("PV", look.pv_entry), entry("PVH", look.pvh_entry.map(u64::from)))?;
    }
    let (supported, required) = (look.supported_features & !look.required_features, look.required_features);
    if supported | required != 0 {
        let mut names: Vec<String> = feature_names(required).into_iter().map(|name| format!("!{name}")).collect();
        names.extend(feature_names(supported));
        writeln!(out, "  features   {}", names.join(" "))?;
    }
    Ok(())
}
