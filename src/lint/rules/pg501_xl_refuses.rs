use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds what makes xl refuse a domain's configuration: text that it cannot parse, a disk that it cannot read, a missing name, a word
    /// that it does not know.
    ///
    /// ## Why is this bad?
    ///
    /// xl ends with an error, and no domain is created.
    ///
    /// ## Example
    ///
    /// ```text
    /// disk = [ 'phy:' + path + ',xvda,w' ]
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// disk = [ 'phy:/dev/vg0/guest,xvda,w' ]
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with libxlutil and xl 4.17.7 (tests/xl).
    "PG501" "xl-refuses" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if let Some(error) = context.domain_error() {
        let message = format!("xl cannot parse the configuration: {error}");
        let finding = Diagnostic::new(message).in_domain(Some(error.span), "xl stops here").stops_boot(true);
        report.add(finding.help(error.help(context.domain_text().unwrap_or_default())));
    }
    if let Some(refusal) = context.domain().and_then(|domain| domain.refusal.as_ref()) {
        let finding = Diagnostic::new(format!("xl refuses the configuration: {}", refusal.reason));
        report.add(finding.in_domain(refusal.span, "refused").stops_boot(true).help(refusal.help));
    }
}
