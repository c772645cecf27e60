//! A kernel that the domain's configuration names beside the bootloader: pygrub takes it from the guest, in place of what the guest's
//! own boot configuration says.

use super::remedy::Remedy;
use super::trial;
use super::wording::shown;
use crate::boot::{self, Options, Run, Toolstack};
use crate::storage::mount::Volumes;

/// What pygrub boots without it.
pub(crate) enum WithoutIt {
    /// The guest's own choice: the title of the entry, where it has one.
    Boots(Option<String>),
    /// Nothing, and why, as a clause.
    Fails(String),
}

/// Whether the kernel of the run is one that the domain's configuration names.
pub(crate) fn is_of_domain(run: &Run) -> bool {
    let is_domain = matches!(run.options.caller.toolstack, Some(Toolstack::Xl | Toolstack::Libvirt));
    let Some(kernel) = run.options.kernel.as_ref().filter(|_| is_domain) else { return false };
    let argument = [b"--kernel=", kernel.as_bytes()].concat();
    run.handover.iter().flat_map(|handover| &handover.arguments).any(|given| given.as_bytes() == argument)
}

/// The same run without `kernel` and `ramdisk`.
pub(crate) fn without(run: &Run, volumes: &dyn Volumes) -> WithoutIt {
    let options = Options { kernel: None, ramdisk: None, ..run.options.clone() };
    match trial::booted(boot::run_on(volumes, None, options)) {
        Ok(run) => WithoutIt::Boots(title(&run)),
        Err(why) => WithoutIt::Fails(why),
    }
}

fn title(run: &Run) -> Option<String> {
    let index = run.chosen.as_ref()?.entry?;
    let found = run.deciding_attempt()?.found.as_ref()?;
    Some(shown(&found.config.entries.get(index)?.title))
}

/// The way out where such a kernel, or the initrd beside it, is not in the guest. `None` where no domain names the kernel.
pub(super) fn way_out(run: &Run, volumes: &dyn Volumes) -> Option<Remedy> {
    if !is_of_domain(run) {
        return None;
    }
    Some(Remedy::DomainSetting(match without(run, volumes) {
        WithoutIt::Boots(title) => remove(run, title),
        WithoutIt::Fails(why) => format!(
            "remove the bootloader if this is a kernel of dom0 (with one, pygrub looks for it in the guest); without the kernel nothing \
             boots either: {why}"
        ),
    }))
}

/// That the kernel is to be removed, where pygrub then boots an entry of this title.
pub(crate) fn remove(run: &Run, title: Option<String>) -> String {
    let (kernel, ramdisk) = match run.options.caller.toolstack {
        Some(Toolstack::Libvirt) => ("`<kernel>`", " and `<initrd>`"),
        _ => ("`kernel`", " and `ramdisk`"),
    };
    let ramdisk = if run.options.ramdisk.is_some() { ramdisk } else { "" };
    let entry = title.map(|title| format!(" the guest's own entry, \"{title}\"")).unwrap_or_default();
    format!("remove {kernel}{ramdisk}: a run without boots{entry}")
}
