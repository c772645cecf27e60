use crate::config::Cause;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds `append` in extlinux.conf and isolinux.cfg for releases that cannot store it.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub up to 4.1.2 raises `AttributeError: can't set attribute` at every `append` (unless the kernel is `mboot.c32`), so
    /// that it rejects any extlinux.conf with kernel arguments.
    ///
    /// ## Example
    ///
    /// ```text
    /// label debian
    ///   kernel /vmlinuz
    ///   append root=/dev/xvda1 ro
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// title debian
    ///   kernel /vmlinuz root=/dev/xvda1 ro
    /// ```
    ///
    /// ## Source
    ///
    /// Recorded for 4.0.0 to 4.1.2 (corpus/conformance, xl-*). Fixed in 4.1.3.
    "PG018" "append-raises" Error, stops: Always, releases: until(ExtlinuxAppend), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    exception::once(context, report, &context.raised(&[Cause::AppendUnsupported]), "raises as well");
}
