use crate::config::Cause;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Severity};
use crate::python::PyStr;
use crate::release::Change;

rule! {
    /// ## What it does
    ///
    /// Finds arguments of the selected entry that pygrub cannot hand to the toolstack.
    ///
    /// ## Why is this bad?
    ///
    /// xl calls pygrub with `--output-format=simple0`, in which a NUL ends each value. Where the arguments have one themselves,
    /// pygrub copies the files out, raises `RuntimeError: simple format cannot represent delimiter-containing value` and ends. In
    /// the format that a person sees, `sxp`, it does not, so that a call by hand boots what xl cannot; then this is a warning.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /vmlinuz root=/dev/xvda1\0ro
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /vmlinuz root=/dev/xvda1 ro
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release (corpus/conformance, args-nul-*). The check came with
    /// XSA-198.
    "PG021" "result-cannot-be-printed" Error or Warning, stops: Sometimes, releases: from(OutputQuoted), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let raised = context.raised(&[Cause::Output]);
    exception::each(context, report, &raised, |finding, _, _| finding);
    let Some(configuration) = context.configuration() else { return };
    let entry = configuration.selected().and_then(|index| configuration.entries().get(index));
    let Some(entry) = entry.filter(|_| raised.is_empty() && context.release().has(Change::OutputQuoted)) else {
        return;
    };
    if entry.args.as_ref().is_some_and(|args: &PyStr| args.as_bytes().contains(&0)) {
        let message =
            "the arguments of the entry that is selected have a NUL, and pygrub called by xl cannot print them";
        let mut finding = Diagnostic::new(message).in_configuration().help("take the NUL out: is the file damaged?");
        if let Some(span) = entry.args_span {
            finding = finding.at(span, "has a NUL");
        }
        report.add_as(Severity::Warning, finding);
    }
}
