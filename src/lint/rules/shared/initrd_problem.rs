//! What is wrong with the initrd that pygrub hands over, at the place in the configuration that names it.

use crate::initrd::{Problem, Weight};
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Severity};

/// Reports those problems of the initrd that a rule is about.
pub(in crate::lint) fn report(
    context: &LintContext<'_>,
    report: &mut Reporter<'_>,
    is_mine: impl Fn(&Problem) -> bool,
) {
    let Some(initrd) = context.initrd() else { return };
    let span = context.run.chosen.as_ref().and_then(|chosen| chosen.ramdisk.as_ref()?.span);
    for problem in initrd.problems.iter().filter(|problem| is_mine(problem)) {
        let mut finding = Diagnostic::new(problem.sentence());
        if let Some(span) = span.filter(|_| context.configuration().is_some()) {
            finding = finding.at(span, "this initrd");
        }
        if let Some(help) = problem.help() {
            finding = finding.help(help);
        }
        let severity = if problem.weight() == Weight::Unusable { Severity::Error } else { Severity::Warning };
        report.add_as(severity, finding);
    }
}
