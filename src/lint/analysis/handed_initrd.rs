//! The initrd that pygrub hands over, looked into, with what the disk shows of the kernel beside it.

use crate::boot::ChosenFile;
use crate::initrd::beside;
use crate::initrd::kernel_file::{self, BEGINNING};
use crate::initrd::{GuestKernel, InitrdDepth, InitrdLook, KernelConfig, judge};
use crate::lint::analysis::context::LintContext;
use crate::lint::analysis::kernel_argument::last_value;
use crate::lint::analysis::root_disk::RootDisk;
use crate::storage::filesystem::Filesystem;
use crate::storage::guest_file::GuestFile;
use crate::storage::mount::Mounting;

/// How much is unpacked unless all of it is asked for: what a usual initrd's modules need, in a fraction of a second.
pub(in crate::lint) const LOOK: InitrdDepth = InitrdDepth::Bytes(32 << 20);

/// The most that a kernel's configuration has.
const CONFIG: usize = 4 << 20;

/// Judges the initrd of the run. `None` if there is none, if it or the kernel cannot be read, or if the kernel is not one: then the
/// initrd is the lesser trouble.
pub(in crate::lint) fn look(context: &LintContext<'_>, depth: InitrdDepth) -> Option<InitrdLook> {
    let chosen = context.run.chosen.as_ref().filter(|_| context.run.failure.is_none())?;
    let ramdisk = chosen.ramdisk.as_ref().filter(|ramdisk| !ramdisk.directory && ramdisk.damage.is_none())?;
    let offset = u64::try_from(context.run.attempts.get(chosen.attempt)?.offset).ok()?;
    let Mounting::Mounted(filesystem) = context.volumes()?.mount(offset).ok()? else { return None };
    let filesystem = &*filesystem;
    let init = chosen.args.as_ref().and_then(|args| {
        let args = args.as_bytes();
        Some(&args[last_value(args, b"init=")?])
    });
    let mut kernel = guest_kernel(filesystem, &chosen.kernel, init, context.root_disk())?;
    let carried = || Some((context.kernel_config()?.clone(), KernelConfig::IN_THE_KERNEL.to_owned()));
    kernel.config = kernel.config.or_else(carried);
    let initrd = open(filesystem, ramdisk)?;
    judge(&initrd, initrd.size(), &kernel, context.release(), depth).ok()
}

fn open<'a>(filesystem: &'a dyn Filesystem, file: &ChosenFile) -> Option<GuestFile<'a>> {
    filesystem.open(file.path.as_bytes()).ok().map(GuestFile)
}

/// What is known of the kernel: its release, and what lies beside it or on the root disk. `None` if it is not a kernel.
fn guest_kernel(
    filesystem: &dyn Filesystem,
    kernel: &ChosenFile,
    init: Option<&[u8]>,
    root_disk: Option<&RootDisk>,
) -> Option<GuestKernel> {
    let start = open(filesystem, kernel)?.beginning(BEGINNING)?;
    let is_kernel = start.get(0x202..0x206) == Some(b"HdrS")
        || start.get(0x38..0x3c) == Some(b"ARM\x64")
        || start.starts_with(b"\x7fELF")
        || start.starts_with(&[0x1f, 0x8b]);
    if !is_kernel {
        return None;
    }
    let Some(release) = kernel_file::release(&start) else { return Some(GuestKernel::default()) };
    let beside = |path: &[u8], most: usize| GuestFile(filesystem.open(path).ok()?).beginning(most);
    let on_root = |path: &[u8], most: usize| root_disk?.beginning(path, most);
    let path = kernel.path.as_bytes();
    let config = beside::configurations(path, &release).into_iter().find_map(|path| {
        let config = KernelConfig::read(&beside(&path, CONFIG)?)?;
        Some((config, String::from_utf8_lossy(&path).into_owned()))
    });
    let built_in =
        beside::built_in(path, &release, init, &beside).or_else(|| beside::built_in(path, &release, init, &on_root));
    Some(GuestKernel { release: Some(release), config, built_in })
}
