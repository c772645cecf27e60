use crate::boot::Verdict;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds `bootloader_args` that make pygrub end at once, or do something of which libxl gets no kernel.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub prints its usage line into a log that nobody reads, and the domain is not created.
    ///
    /// ## Example
    ///
    /// ```text
    /// bootloader_args = [ "--quite" ]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// bootloader_args = [ "--quiet" ]
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xl 4.17.7 and stand-ins for the hypervisor (tests/xl/call.rs).
    "PG508" "bootloader-args-rejected" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(call) = context.domain().and_then(|domain| domain.call(context.release()).ok()) else { return };
    let Err(why) = call.options(context.release(), context.run.options.flavour) else { return };
    // Another bootloader than pygrub takes what it takes.
    if why.verdict != Verdict::Fails {
        return;
    }
    let mut finding = Diagnostic::new(why.reason).in_domain(why.span, "not for pygrub").stops_boot(true);
    if let Some(help) = why.help {
        finding = finding.help(help);
    }
    report.add(finding);
}
