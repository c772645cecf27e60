use crate::lint::analysis::configuration::shown;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};
use crate::python::PyStr;
use crate::xl::disk::DiskFormat;
use crate::xl::domain::DomainDisk;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

rule! {
    /// ## What it does
    ///
    /// Finds disks of a domain whose file or device is not on this machine.
    ///
    /// ## Why is this bad?
    ///
    /// libxl asks for every disk before it starts the bootloader, and does not start the domain if one is not there, even if it is not
    /// the one to boot from.
    ///
    /// ## Example
    ///
    /// ```text
    /// disk = [ "/dev/vg0/renamed,raw,xvda" ]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// disk = [ "/dev/vg0/boot,raw,xvda" ]
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xl 4.17.7 and stand-ins for the hypervisor (tests/xl/call.rs).
    "PG506" "disk-missing" Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(domain) = context.domain() else { return };
    let access = context.disk_access();
    for DomainDisk { specification, disk } in &domain.disks {
        // What a script or another domain makes of the target is not known here.
        if disk.format == DiskFormat::Empty || disk.script.is_some() || disk.backend_domain.is_some() {
            continue;
        }
        let target = disk.target.as_ref().map_or(&b""[..], PyStr::as_bytes);
        let path = Path::new(OsStr::from_bytes(target));
        if !access.is_missing(path) {
            continue;
        }
        let finding =
            Diagnostic::new(format!("there is no `{}` here: libxl creates no domain without it", shown(target)))
                .in_domain(Some(specification.span), "not here");
        let help = if path.is_relative() {
            "give the full path: xl looks for it from the directory that it is started in"
        } else if path.starts_with("/dev/zvol") {
            "import the pool (zpool import), or correct the path"
        } else if path.starts_with("/dev") {
            "activate the volume group (vgchange -ay), or correct the path"
        } else {
            "mount the filesystem that it is on, or correct the path"
        };
        report.add(finding.help(help));
    }
}
