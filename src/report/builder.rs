//! What Xen's domain builder makes of a kernel, for `pregrub kernel` and `pregrub check`.

use std::io::{self, Write};

use serde::Serialize;

use crate::decompress::Compression;
use crate::initrd::{KernelConfig, OptionState};
use crate::kernel::{Built, GuestType, KernelFormat, LoadOutcome, Look, Question, explain, feature_names};

/// The JSON object `builder`.
#[derive(Debug, Serialize)]
pub struct BuilderReport {
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
    /// What the configuration in the kernel says; only where it has one and all of it was unpacked.
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<Config>,
}

/// A kernel's configuration.
#[derive(Debug, Serialize)]
struct Config {
    /// The compressions of an initrd that it unpacks.
    initrd: Vec<&'static str>,
    /// How xen-blkfront is built: `built-in`, `module`, `off`.
    xen_blkfront: &'static str,
}

impl Config {
    fn new(config: &KernelConfig) -> Self {
        Self {
            initrd: config.compressions().map(Compression::name).collect(),
            xen_blkfront: match config.block_frontend() {
                OptionState::BuiltIn => "built-in",
                OptionState::Module => "module",
                OptionState::Off => "off",
            },
        }
    }
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
pub fn verdict(outcome: Option<&LoadOutcome>) -> &'static str {
    match outcome.and_then(LoadOutcome::starts) {
        Some(true) => "loads",
        Some(false) => "fails",
        None => "unknown",
    }
}

fn hexadecimal(number: impl Into<u64>) -> String {
    format!("{:#x}", number.into())
}

impl BuilderReport {
    /// What was found, for this question.
    pub fn new(look: &Look, question: &Question) -> Self {
        let outcome = look.outcome(question.guest);
        let explained = explain(look, question);
        let other = question.guest.other();
        let (says, cause, unknown) = match outcome {
            Some(LoadOutcome::Refused { words, cause, .. }) => {
                ((!words.is_empty()).then(|| words.clone()), Some(cause.name()), None)
            }
            Some(LoadOutcome::Unknown(why)) => (None, None, Some(why.clone())),
            Some(LoadOutcome::Loads(_)) | None => (None, None, None),
        };
        Self {
            r#type: question.guest,
            depth: look.depth.name(),
            verdict: verdict(outcome),
            guest: match outcome {
                Some(LoadOutcome::Loads(guest)) => Some(guest),
                _ => None,
            },
            loads: outcome.and_then(LoadOutcome::loads),
            says,
            cause,
            reason: explained.as_ref().map(|explained| explained.reason.clone()).or(unknown),
            help: explained.map(|explained| explained.help),
            other_type: look.outcome(other).map(|outcome| OtherType { r#type: other, verdict: verdict(Some(outcome)) }),
            kernel: Kernel {
                format: look.format.name(),
                boot_protocol: match look.format {
                    KernelFormat::BzImage { protocol } => Some(format!("{}.{:02}", protocol >> 8, protocol & 255)),
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
                config: look.config.as_ref().map(Config::new),
            },
        }
    }

    /// `bzImage, packed with zstd, 64-bit x86, Linux 6.1.0`.
    pub fn describe(look: &Look) -> String {
        let mut text = match look.format {
            KernelFormat::BzImage { .. } => "bzImage".to_owned(),
            KernelFormat::Elf => "ELF file".to_owned(),
            KernelFormat::FlatBinary => "flat binary with Xen's table".to_owned(),
            KernelFormat::ArmImage => "kernel for Arm".to_owned(),
            KernelFormat::Foreign(foreign) => foreign.title().to_owned(),
        };
        if look.gzipped && !matches!(look.format, KernelFormat::Foreign(_)) {
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

/// What the domain builder makes of the kernel of a run, in a clause.
pub(crate) fn stage(built: &Built) -> String {
    let Built { look, question } = built;
    let what = BuilderReport::describe(look);
    let guest = question.guest;
    let starts = |guest| look.outcome(guest).and_then(LoadOutcome::starts);
    let not_the_other = match starts(guest.other()) {
        Some(false) => format!(" (not as {})", guest.other().title()),
        Some(true) | None => String::new(),
    };
    match look.outcome(guest) {
        Some(LoadOutcome::Loads(_)) => format!("loads it as {}{not_the_other}: {what}", guest.title()),
        Some(LoadOutcome::Refused { words, .. }) if words.is_empty() => {
            format!("loads it, and the guest crashes when it starts: {what}")
        }
        Some(LoadOutcome::Refused { words, .. }) => words.clone(),
        Some(LoadOutcome::Unknown(_)) | None => format!("unknown: {what}"),
    }
}

/// Writes what the domain builder makes of the kernel of a run, in a line.
///
/// # Errors
///
/// As `out` says.
pub fn write_stage(built: &Built, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  builder    {}", stage(built))
}

/// Writes what was found in a kernel, a line each, after an indent.
///
/// # Errors
///
/// As `out` says.
pub fn write_facts(look: &Look, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "  format     {}", BuilderReport::describe(look))?;
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
    if let Some(config) = &look.config {
        let unpacks: Vec<&str> = config.compressions().map(Compression::name).collect();
        let unpacks = if unpacks.is_empty() { "no compressed initrd".to_owned() } else { unpacks.join(", ") };
        let driver = match config.block_frontend() {
            OptionState::BuiltIn => "xen-blkfront is built in",
            OptionState::Module => "xen-blkfront is a module",
            OptionState::Off => "there is no xen-blkfront",
        };
        writeln!(out, "  config     (CONFIG_IKCONFIG) unpacks {unpacks}; {driver}")?;
    }
    Ok(())
}
