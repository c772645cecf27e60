use crate::boot::Verdict;
use crate::config::Cause;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Severity};
use crate::storage::filesystem::Topic;

rule! {
    /// ## What it does
    ///
    /// Finds images that end before their filesystem does, and kernels, initrds and configurations that cannot be read as
    /// they were written.
    ///
    /// ## Why is this bad?
    ///
    /// On ext a file whose data is missing ends pygrub with an error. On FAT, ISO 9660 and XFS it does not notice: it copies out
    /// what it gets - zeros, half a kernel, nothing - and reports success, so that the guest fails later and elsewhere. Holes
    /// in a file on XFS come out wrong or crash it.
    ///
    /// ## Example
    ///
    /// ```text
    /// cp guest.img /srv/        # cut short by a full disk
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// cp guest.img /srv/ && cmp guest.img /srv/guest.img
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with libfsimage of xen-utils-4.17.
    "PG315" "incomplete-image" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let run = context.run;
    // Why nothing is run for a domain is reported by the rules of the toolstack.
    if !run.started() {
        return;
    }
    let incomplete = context
        .attempt()
        .and_then(|attempt| attempt.notes.iter().find(|note| note.topic == Topic::Incomplete))
        .map(|note| note.text.as_str());
    let read = context.raised(&[Cause::Read]);
    // Without an exception pygrub either copies out what is damaged, or its process dies.
    let by_pygrub = run.verdict == Verdict::Fails && run.handed_over().is_none();
    let damaged = context.explanation().filter(|it| it.evidence.is_none() && by_pygrub);
    if let Some(explanation) = damaged {
        // Where the image is all there, the rule for odd files reports it.
        if run.chosen.is_some() && incomplete.is_none() {
            return;
        }
        report.add(Diagnostic::of_explanation(explanation));
    } else if !read.is_empty() {
        for raised in read {
            report.add(exception::finding(context, raised));
        }
    } else if let Some(incomplete) = incomplete {
        let (severity, what) = if run.chosen.is_some() {
            (Severity::Warning, "what boots today lies before the end, what is written next may not")
        } else {
            (Severity::Error, "what is not found may lie past its end")
        };
        let help = "copy the image again, or let it be as large as the filesystem";
        report.add_as(severity, Diagnostic::new(format!("{incomplete}; {what}")).help(help));
    }
}
