use crate::host;
use crate::lint::analysis::configuration::shown;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, Fix, LintContext, Reporter, Severity};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

rule! {
    /// ## What it does
    ///
    /// Finds `pygrub` named by a path: by `/usr/bin/pygrub`, or by one that is not here although a pygrub is installed.
    ///
    /// ## Why is this bad?
    ///
    /// The path changes with the release of Xen (`/usr/lib/xen-4.17/bin/pygrub`), and an upgrade takes the program away under the
    /// domain. libxl warns of
    /// `/usr/bin/pygrub`, which only old packages have.
    ///
    /// ## Example
    ///
    /// ```text
    /// bootloader = "/usr/bin/pygrub"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// bootloader = "pygrub"
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xl 4.17.7 and stand-ins for the hypervisor (tests/xl/call.rs).
    "PG503" "pygrub-by-path" Warning or Error, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(bootloader) = context.domain().and_then(|domain| domain.bootloader.as_ref()) else { return };
    let path = Path::new(OsStr::from_bytes(bootloader.text.as_bytes()));
    if !path.is_absolute() || path.file_name() != Some(OsStr::new("pygrub")) {
        return;
    }
    // pregrub in its place is meant so.
    if host::is_drop_in(path) {
        return;
    }
    // Without a pygrub this machine is not a dom0, and says nothing of one.
    let gone = host::installed().is_ok() && context.disk_access().is_missing(path);
    let (severity, message) = if gone {
        (Severity::Error, format!("there is no `{}` here", shown(path.as_os_str().as_bytes())))
    } else if path == Path::new("/usr/bin/pygrub") {
        (
            Severity::Warning,
            "`/usr/bin/pygrub` is an obsolete path: libxl warns about it, and runs its own pygrub as `pygrub`"
                .to_owned(),
        )
    } else {
        return;
    };
    let finding = Diagnostic::new(message)
        .in_domain(Some(bootloader.span), "a path")
        .help("write `bootloader = \"pygrub\"`: xl finds the one that belongs to it")
        .fix(Fix::safe("let xl find its own pygrub").replace(bootloader.span, "\"pygrub\""));
    report.add_as(severity, finding.stops_boot(gone));
}
