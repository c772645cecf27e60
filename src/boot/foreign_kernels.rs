//! The probe for a Solaris or NetWare kernel, which comes before any configuration.

use std::io;

use super::attempt::Purpose;
use super::fs_probe::FsProbe;
use crate::release::{Change, Release};

/// A kernel that was found by its path alone.
pub(super) struct ForeignKernel {
    pub kernel: &'static str,
    pub ramdisk: Option<&'static str>,
}

const KERNEL: &str = "/platform/i86xpv/kernel/unix";
const KERNEL_64: &str = "/platform/i86xpv/kernel/amd64/unix";
const NETWARE: &str = "/nwserver/xnloader.sys";

/// Looks for Solaris. Hosts are treated as 64-bit ones, which releases before XSA-443 ask the hypervisor.
///
/// Returns whether it is there, and the kernel unless one was given by option.
pub(super) fn solaris(
    probe: &mut FsProbe<'_>,
    given: bool,
    release: Release,
) -> Result<(bool, Option<ForeignKernel>), io::Error> {
    let purpose = Purpose::Solaris;
    let found =
        probe.exists(KERNEL, purpose)? || release.has(Change::Solaris64Only) && probe.exists(KERNEL_64, purpose)?;
    if !found || given {
        return Ok((found, None));
    }
    let wide = !release.has(Change::SolarisKernelChecked) || probe.exists(KERNEL_64, purpose)?;
    if wide {
        return Ok((
            true,
            Some(ForeignKernel { kernel: KERNEL_64, ramdisk: Some("/platform/i86pc/amd64/boot_archive") }),
        ));
    }
    if release.has(Change::Solaris64Only) && !probe.exists(KERNEL, purpose)? {
        return Ok((false, None));
    }
    Ok((true, Some(ForeignKernel { kernel: KERNEL, ramdisk: Some("/platform/i86pc/boot_archive") })))
}

/// The arguments for Solaris: `root=` and `ip=` first, then the kernel's path, then the others.
pub(super) fn solaris_args(args: &[u8], kernel: &[u8]) -> Vec<u8> {
    if args.is_empty() {
        return kernel.to_vec();
    }
    let words: Vec<&[u8]> = match std::str::from_utf8(args) {
        Ok(args) => args.split(crate::python::py_str::is_space).map(str::as_bytes).collect(),
        Err(_) => args.split(u8::is_ascii_whitespace).collect(),
    };
    let (mut xen, mut user) = (Vec::new(), Vec::new());
    for arg in words.into_iter().filter(|arg| !arg.is_empty()) {
        let list = if arg.starts_with(b"root=") || arg.starts_with(b"ip=") {
            &mut xen
        } else if arg != kernel {
            &mut user
        } else {
            continue;
        };
        list.extend_from_slice(arg);
        list.push(b' ');
    }
    [&xen[..], b" ", kernel, b" ", &user].concat()
}

/// Looks for NetWare.
pub(super) fn netware(probe: &mut FsProbe<'_>, given: bool) -> Result<Option<ForeignKernel>, io::Error> {
    let found = probe.exists(NETWARE, Purpose::NetWare)?;
    Ok((found && !given).then_some(ForeignKernel { kernel: NETWARE, ramdisk: None }))
}
