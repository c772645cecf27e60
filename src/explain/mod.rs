//! Why a run does not boot, and what to change: the one place where facts become sentences about causes.
//!
//! [`explain`] turns a [`Run`] into an [`Explanation`]. The verdict line, the findings, the trace, the drop-in and JSON all take
//! it from there.

pub(crate) mod advice;
mod boot_entries;
mod cause;
pub(crate) mod closest_path;
pub(crate) mod closing_brace;
pub(crate) mod declared_format;
pub(crate) mod default_entry;
pub(crate) mod device_name;
mod disk_order;
pub(crate) mod entry_end;
pub(crate) mod files;
mod fixed_kernels;
pub(crate) mod hidden_command;
mod kernels_there;
mod logical_volume;
mod missing_initrd;
pub(crate) mod missing_path;
pub(crate) mod mount_refusal;
pub(crate) mod named_kernel;
pub(crate) mod no_configuration;
pub(crate) mod no_entry;
pub(crate) mod no_kernel;
mod not_utf_8;
mod other_loaders;
pub(crate) mod partition_name;
mod partition_table;
pub(crate) mod path_issue;
pub(crate) mod raised;
pub(crate) mod read_limit;
pub(crate) mod remedy;
mod set_command;
mod similar_names;
mod stray_configuration;
mod trial;
pub(crate) mod unmatched_brace;
pub(crate) mod untried_filesystems;
pub(crate) mod wording;

pub use cause::{CauseId, CauseKind};
pub use disk_order::{OtherDisk, OtherDisks};
#[cfg(feature = "cli")]
pub(crate) use remedy::instead_of_editing;
pub use remedy::{ConfigurationMove, Remedy};

use crate::boot::{ChosenFile, Failure, FailureKind, Run, Toolstack, Verdict};
use crate::config::{Cause, Raised, Stage};
use crate::storage::identify::{EXT4_BOOT, Format};
use crate::storage::mount::Volumes;
use advice::{Advice, RaisingConfig};
use files::Files;
use mount_refusal::MountRefusal;
use untried_filesystems::Untried;

/// Why a run does not boot, in words. Sentences have no full stop at their end.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Which cause it is.
    pub cause: CauseId,
    /// What is wrong, in one plain sentence.
    pub reason: String,
    /// What stands beside the place in the configuration; empty where there is no such place.
    pub label: &'static str,
    /// What pygrub raises for it.
    pub evidence: Option<Raised>,
    /// The way out, where it is known, in one sentence.
    pub help: Option<String>,
    /// The way out as data.
    pub remedy: Option<Remedy>,
}

/// Explains a run from its steps alone. `None` if nothing failed.
///
/// ```
/// use pregrub::boot::{self, Options};
/// use pregrub::config::Dialect;
/// use pregrub::explain::explain;
///
/// let text = b"menuentry \"A\" {\n  linux ($drive1)/k\n}\n".to_vec();
/// let run = boot::run_config("grub.cfg", Dialect::Grub2, text, Options::default());
/// assert!(explain(&run).unwrap().reason.contains("($drive1"));
/// ```
pub fn explain(run: &Run) -> Option<Explanation> {
    explain_on(run, None, None)
}

/// Explains a run with the volumes that it was performed on at hand: of several places that failed, the cause is the one that
/// the user must change, and a way out that can be tried on the disk is tried before it is given. `others` are the other disks
/// of the domain whose first disk this is. `None` if nothing failed.
pub fn explain_on(run: &Run, volumes: Option<&dyn Volumes>, others: Option<&dyn OtherDisks>) -> Option<Explanation> {
    let failure = run.failure.as_ref()?;
    let said = |reason: String, remedy: Option<Remedy>| Advice {
        reason,
        label: "",
        help: remedy.as_ref().map(Remedy::to_string),
        remedy,
    };
    let kind = match &failure.kind {
        FailureKind::Raised(raised) => return Some(of_exception(run, (failure, raised), volumes, others)),
        FailureKind::Damaged => CauseKind::Damaged,
        FailureKind::TooLarge => CauseKind::TooLarge,
        FailureKind::Crashed { .. } => CauseKind::Crashed,
        FailureKind::Unknown(_) => CauseKind::Unknown,
        FailureKind::Refused { .. } => CauseKind::Refused,
        FailureKind::NotBuilt { .. } => CauseKind::NotBuilt,
        FailureKind::NotCopied { .. } => CauseKind::NotCopied,
        FailureKind::Rejected { .. } => CauseKind::Rejected,
        FailureKind::NotStarted { .. } => CauseKind::NotStarted,
    };
    let Advice { reason, label, help, remedy } = match &failure.kind {
        FailureKind::Damaged => {
            let files = run.chosen.iter().flat_map(|chosen| [Some(&chosen.kernel), chosen.ramdisk.as_ref()]).flatten();
            let damage = files.into_iter().find_map(of_damage)?;
            let incomplete = failure.attempt.and_then(|index| run.attempts.get(index)?.size?.incomplete());
            said(damage.0, Some(incomplete.map_or(damage.1.into(), |it| format!("copy the image again: {it}").into())))
        }
        FailureKind::TooLarge => {
            let files = run.chosen.iter().flat_map(|chosen| [Some(&chosen.kernel), chosen.ramdisk.as_ref()]).flatten();
            let (reason, help) = files.into_iter().find_map(|file| of_too_large(file, run.options.largest_copy))?;
            said(reason, Some(help.into()))
        }
        FailureKind::Crashed { path, why } => {
            let reason = format!("`{path}`: {why}; pygrub crashes on it (segmentation fault)");
            said(reason, Some(EXT4_BOOT.into()))
        }
        FailureKind::Unknown(why) => said(why.clone(), of_unknown(failure.stage)),
        FailureKind::Refused { reason, help } | FailureKind::NotBuilt { reason, help } => {
            said(reason.clone(), help.clone().map(Remedy::Other))
        }
        FailureKind::NotCopied { reason, help } | FailureKind::Rejected { reason, help } => {
            said(reason.clone(), help.clone().map(Remedy::Toolstack))
        }
        // Where the toolstack certainly refuses a domain, what to change is in the domain's configuration.
        FailureKind::NotStarted { reason, help } => {
            let is_domain = matches!(run.options.caller.toolstack, Some(Toolstack::Xl | Toolstack::Libvirt));
            let remedy = match run.verdict {
                Verdict::Fails if is_domain => Remedy::DomainSetting,
                Verdict::Fails => Remedy::Toolstack,
                _ => Remedy::Other,
            };
            said(reason.clone(), help.clone().map(remedy))
        }
        FailureKind::Raised(_) => return None,
    };
    Some(Explanation { cause: CauseId::of(kind, failure.attempt), reason, label, evidence: None, help, remedy })
}

fn of_exception(
    run: &Run,
    (failure, raised): (&Failure, &Raised),
    volumes: Option<&dyn Volumes>,
    others: Option<&dyn OtherDisks>,
) -> Explanation {
    let explained = |cause: CauseId, said: Advice, raised: &Raised| {
        let Advice { reason, label, help, remedy } = said;
        Explanation { cause, reason, label, evidence: Some(raised.clone()), help, remedy }
    };
    if let Some(said) = others.and_then(|others| disk_order::of(run, raised, others)) {
        return explained(CauseId::of(CauseKind::DiskOrder, failure.attempt), said, raised);
    }
    if let Some((untried, volumes)) = volumes.and_then(|volumes| Some((Untried::find(run, volumes)?, volumes))) {
        return explained(CauseId::of(CauseKind::Untried, None), untried.advice(run, volumes), raised);
    }
    if let Some((index, attempt)) =
        mount_refusal::to_blame(run, volumes).and_then(|index| Some((index, run.attempts.get(index)?)))
    {
        let raised = attempt.raised.as_ref().unwrap_or(raised);
        let mut said = mount_refusal::of_attempt(attempt);
        let is_lvm = mount_refusal::format(attempt) == Some(Format::Lvm2);
        if let (true, Some(volumes), Ok(offset)) = (is_lvm, volumes, u64::try_from(attempt.offset))
            && let Some(held) = logical_volume::describe(volumes, offset, run.options.release)
        {
            said.reason = format!("{}; {held}", said.reason);
        }
        let is_image = attempt.offset == 0 && MountRefusal::of(attempt) == Some(MountRefusal::ImageFormat);
        if let (true, Some(volumes), Some(format)) = (is_image, volumes, mount_refusal::format(attempt))
            && let Some(remedy) = declared_format::way_out(run, volumes, format)
        {
            said = advice::advice(said.reason, said.label, remedy);
        }
        return explained(CauseId::of_raised(Some(index), raised), said, raised);
    }
    // Nobody means an EFI system partition to be /boot: what is wrong is with the root after it.
    let blamed = match raised.cause {
        Cause::NoConfiguration => mount_refusal::after_efi_partition(run, failure.attempt, volumes).or(failure.attempt),
        _ => failure.attempt,
    };
    let attempt = blamed.and_then(|index| run.attempts.get(index));
    let files =
        attempt.zip(volumes).and_then(|(attempt, volumes)| Files::mount(volumes, u64::try_from(attempt.offset).ok()?));
    // Where the parser raised, what follows belongs to the explanation: the error-recovering parse has it.
    let found = attempt.and_then(|attempt| attempt.found.as_ref());
    let found = found.filter(|found| raised.stage == Stage::Parse && !found.directory);
    let recovered = found.and_then(|found| found.recovered.as_ref());
    let mut seen = attempt.and_then(RaisingConfig::of);
    if let (Some(seen), Some(recovered)) = (&mut seen, recovered) {
        seen.config = &recovered.config;
    }
    let of_table = run.table.as_ref().and_then(|table| partition_table::of_table(table, raised));
    let mut said = match (of_table, attempt, &files) {
        (Some(said), ..) => said,
        (None, Some(attempt), Some(files)) if raised.cause == Cause::NoConfiguration => {
            no_configuration::on_disk(run, attempt, files, volumes)
        }
        _ => raised::of_raised(attempt, seen, files.as_ref(), raised, run.options.release),
    };
    if raised.cause == Cause::MissingFile
        && let Some(remedy) = volumes.and_then(|volumes| named_kernel::way_out(run, volumes))
    {
        said = advice::advice(said.reason, said.label, remedy);
    }
    if let Some(incomplete) = attempt.and_then(|attempt| attempt.size?.incomplete()) {
        if matches!(raised.cause, Cause::NoConfiguration | Cause::NoEntry | Cause::MissingFile) {
            said.reason = format!("{}; {incomplete}, and what is not found may lie after its end", said.reason);
            said = advice::advice(said.reason, said.label, "complete the image first");
        } else if raised.cause == Cause::Read {
            said = advice::advice(said.reason, said.label, format!("copy the image again: {incomplete}"));
        }
    }
    let id = match (raised.cause, attempt.and_then(no_configuration::file_types)) {
        (Cause::NoConfiguration, Some(_)) => CauseId::of(CauseKind::FileTypes, blamed),
        _ => CauseId::of_raised(blamed, raised),
    };
    explained(id, said, raised)
}

/// What is wrong with a file that pygrub copies out and does not look at, and the way out.
pub(crate) fn of_damage(file: &ChosenFile) -> Option<(String, &'static str)> {
    let damage = file.damage.as_ref()?;
    let bytes = damage.bytes;
    let copied = match file.size {
        Some(size) if size != bytes => format!("{bytes} of its {size} bytes"),
        _ => format!("{bytes} bytes that are not the file"),
    };
    let reason = format!("`{}` is damaged ({}): pygrub copies {copied} and reports success", file.path, damage.reason);
    Some((reason, "is the image complete? Check the filesystem, or write the file again"))
}

/// What is wrong with a file of more than `most` bytes, which Xen does not load, however much of it pygrub copies; and the way
/// out.
fn of_too_large(file: &ChosenFile, most: u64) -> Option<(String, &'static str)> {
    let too_large = file.too_large.filter(|too_large| too_large.bytes() > most)?;
    let reason = format!(
        "`{}` {too_large}: pygrub copies it to the host until there is no more space, and Xen does not load as much",
        file.path
    );
    Some((reason, too_large.help()))
}

/// The way out where pregrub cannot tell.
fn of_unknown(stage: Stage) -> Option<Remedy> {
    match stage {
        Stage::Open => Some("ask the installed pygrub on a Xen host: pygrub -q -n DISK".into()),
        Stage::Menu => Some(Remedy::without_menu()),
        _ => None,
    }
}
