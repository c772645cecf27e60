//! Kernels that distributors' pygrubs boot because of their paths: XCP-ng's before any configuration, SUSE's in place of one.

use std::io;

use super::attempt::Purpose;
use super::fs_probe::FsProbe;
use super::options::{Options, Task};
use crate::config::{Cause, Config, Raised, Stage};
use crate::flavour::{Build, FixedKernels};
use crate::python::{PyStr, Python};

/// The kernels of XCP-ng, each with its initrd.
const BEFORE: [(&str, &str); 2] = [("/xenkernel", "/xeninitrd"), ("/boot/xenkernel", "/boot/xeninitrd")];
/// The kernels of SUSE, the first that is there.
pub(crate) const KERNELS: [&str; 2] = ["/boot/vmlinuz-xen", "/boot/vmlinuz-xenpae"];
/// The initrds of SUSE, the first that is there. They need not be of the same kind as the kernel.
pub(crate) const INITRDS: [&str; 2] = ["/boot/initrd-xen", "/boot/initrd-xenpae"];
/// All kernels and initrds that some flavour boots without a configuration.
pub(crate) const FIXED_FILES: [&str; 8] =
    [BEFORE[0].0, BEFORE[0].1, BEFORE[1].0, BEFORE[1].1, KERNELS[0], KERNELS[1], INITRDS[0], INITRDS[1]];
/// What SUSE takes for Xen itself, anywhere in a path.
const HYPERVISORS: [&[u8]; 2] = [b"xen.gz", b"xen-pae.gz"];

/// Kernel, initrd and arguments that are booted whatever a configuration says: by option, or by their paths.
#[derive(Clone, Debug, Default)]
pub(super) struct FixedFiles {
    /// The kernel; with one, no configuration is read.
    pub kernel: Option<PyStr>,
    /// The initrd.
    pub ramdisk: Option<PyStr>,
    /// The arguments.
    pub args: PyStr,
}

impl FixedFiles {
    /// What the options give. An empty path counts as absent.
    pub(super) fn of(options: &Options) -> Self {
        let present = |path: &Option<PyStr>| path.clone().filter(|path| !path.is_empty());
        Self { kernel: present(&options.kernel), ramdisk: options.ramdisk.clone(), args: options.args.clone() }
    }

    /// Looks for XCP-ng's kernels on the first filesystem. One that is there replaces what the options give.
    pub(super) fn look_before(&mut self, probe: &mut FsProbe<'_>, options: &Options) -> io::Result<()> {
        if options.flavour.fixed_kernels() != FixedKernels::BeforeConfiguration {
            return Ok(());
        }
        for (kernel, initrd) in BEFORE {
            if !probe.exists(kernel, Purpose::FixedKernel)? {
                continue;
            }
            self.kernel = Some(kernel.into());
            self.args = options.default_args.clone();
            if probe.exists(initrd, Purpose::FixedKernel)? {
                self.ramdisk = Some(initrd.into());
            }
            break;
        }
        Ok(())
    }

    /// Looks for SUSE's kernels. What is found stays for the next filesystems, as if it had been given by option.
    ///
    /// Returns whether there is a kernel and an initrd.
    pub(super) fn look_in_place(&mut self, probe: &mut FsProbe<'_>, task: Task) -> io::Result<bool> {
        if task == Task::ListEntries {
            return Ok(false);
        }
        let mut first = |paths: [&'static str; 2]| -> io::Result<Option<PyStr>> {
            for path in paths {
                if probe.exists(path, Purpose::FixedKernel)? {
                    return Ok(Some(path.into()));
                }
            }
            Ok(None)
        };
        if self.kernel.is_none() {
            self.kernel = first(KERNELS)?;
        }
        if self.kernel.is_some() && self.ramdisk.as_ref().is_none_or(PyStr::is_empty) {
            self.ramdisk = first(INITRDS)?;
        }
        Ok(self.kernel.is_some() && self.ramdisk.is_some())
    }
}

/// Why SUSE's pygrub looks for its fixed kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InPlaceOf {
    /// There is no configuration.
    NoConfiguration,
    /// The configuration has no entry.
    NoEntry,
    /// The kernel of its first entry is Xen itself, by its name.
    Hypervisor,
}

/// Whether a configuration makes pygrub look for its fixed kernels, and why.
///
/// # Errors
///
/// The first entry has no kernel: whatever would be selected, pygrub raises.
pub(super) fn in_place_of(config: &Config, build: Build) -> Result<Option<InPlaceOf>, Raised> {
    if build.flavour.fixed_kernels() != FixedKernels::InPlaceOfConfiguration {
        return Ok(None);
    }
    let Some(first) = config.entries.first() else { return Ok(Some(InPlaceOf::NoEntry)) };
    let Some(kernel) = &first.kernel else { return Err(no_kernel(build).at(first.header)) };
    let path = kernel.path.as_bytes();
    let is_hypervisor = HYPERVISORS.iter().any(|name| memchr::memmem::find(path, name).is_some());
    Ok(is_hypervisor.then_some(InPlaceOf::Hypervisor))
}

/// The exception for an entry without a kernel.
pub(super) fn no_kernel(build: Build) -> Raised {
    let message = match build.python() {
        Python::Two => "'NoneType' object has no attribute '__getitem__'",
        Python::Three => "'NoneType' object is not subscriptable",
    };
    Raised::new(Stage::Select, "TypeError", message, Cause::NoKernel)
}

/// The kernel that is booted where the chosen one may be missing.
pub(super) fn instead_of_missing(probe: &mut FsProbe<'_>, kernel: PyStr, options: &Options) -> io::Result<PyStr> {
    let Some(other) = options.flavour.missing_kernel() else { return Ok(kernel) };
    let is_missing = !probe.exists_bytes(kernel.as_bytes(), Purpose::Kernel)?;
    if is_missing && probe.exists(other, Purpose::FixedKernel)? {
        return Ok(other.into());
    }
    Ok(kernel)
}

/// The arguments with those of `--extra_args`.
pub(super) fn with_extra_args(args: Option<PyStr>, options: &Options) -> Option<PyStr> {
    if options.extra_args.is_empty() {
        return args;
    }
    let own = args.as_ref().map_or(&b""[..], PyStr::as_bytes);
    Some([own, b" ", options.extra_args.as_bytes()].concat().into())
}
