//! The initrd that pygrub hands over, looked into, with what the disk tells of the kernel beside it.

use crate::boot::ChosenFile;
use crate::decompress::ReadAt;
use crate::initrd::kernel_file::{self, BEGINNING};
use crate::initrd::{Depth, GuestKernel, KernelConfig, Report, judge};
use crate::lint::analysis::context::LintContext;
use crate::storage::filesystem::Filesystem;
use crate::storage::guest_file::GuestFile;
use crate::storage::mount::Mounting;

/// How much is unpacked unless all of it is asked for: what a usual initrd's modules need, in a fraction of a second.
pub(in crate::lint) const LOOK: Depth = Depth::Bytes(32 << 20);

/// The most that a kernel's configuration has.
const CONFIG: usize = 4 << 20;

/// Judges the initrd of the run. `None` if there is none, if it or the kernel cannot be read, or if the kernel is not one: then the
/// initrd is the lesser trouble.
pub(in crate::lint) fn look(context: &LintContext<'_>, depth: Depth) -> Option<Report> {
    let chosen = context.run.chosen.as_ref().filter(|_| context.run.failure.is_none())?;
    let ramdisk = chosen.ramdisk.as_ref().filter(|ramdisk| !ramdisk.directory && ramdisk.damage.is_none())?;
    let offset = u64::try_from(context.run.attempts.get(chosen.attempt)?.offset).ok()?;
    let Mounting::Mounted(filesystem) = context.volumes()?.mount(offset).ok()? else { return None };
    let filesystem = &*filesystem;
    let kernel = guest_kernel(filesystem, &chosen.kernel)?;
    let initrd = open(filesystem, ramdisk)?;
    judge(&initrd, initrd.size(), &kernel, context.release(), depth).ok()
}

fn open<'a>(filesystem: &'a dyn Filesystem, file: &ChosenFile) -> Option<GuestFile<'a>> {
    filesystem.open(file.path.as_bytes()).ok().map(GuestFile)
}

/// The first bytes of a file.
fn beginning(file: &GuestFile<'_>, most: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(file.size()).unwrap_or(most).min(most)];
    let count = file.read_at(0, &mut bytes).ok()?;
    bytes.truncate(count);
    Some(bytes)
}

/// What is known of the kernel: its release, and the configuration that distributions put beside it. `None` if it is not a kernel.
fn guest_kernel(filesystem: &dyn Filesystem, kernel: &ChosenFile) -> Option<GuestKernel> {
    let start = beginning(&open(filesystem, kernel)?, BEGINNING)?;
    let is_kernel = start.get(0x202..0x206) == Some(b"HdrS")
        || start.get(0x38..0x3c) == Some(b"ARM\x64")
        || start.starts_with(b"\x7fELF")
        || start.starts_with(&[0x1f, 0x8b]);
    if !is_kernel {
        return None;
    }
    let release = kernel_file::release(&start);
    let config = release.as_ref().and_then(|release| {
        let path = kernel.path.as_bytes();
        let folder = &path[..path.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1)];
        let path = [folder, b"config-", release.as_bytes()].concat();
        let file = GuestFile(filesystem.open(&path).ok()?);
        let config = KernelConfig::read(&beginning(&file, CONFIG)?)?;
        Some((config, String::from_utf8_lossy(&path).into_owned()))
    });
    Some(GuestKernel { release, config })
}
