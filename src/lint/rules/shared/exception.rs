//! Findings about what pygrub raises: what an exception means and the way out is reported by `explain`, in one place for the
//! verdict and for the rules.

use crate::config::{Cause, Raised, Stage};
use crate::explain::advice::{Advice, RaisingConfig};
use crate::explain::closing_brace::of_closing_brace;
use crate::explain::raised::of_raised;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

/// How many places a rule reports separately. A guest can have half a million in a megabyte.
const MOST: usize = 250;

/// How many other places belong to one finding.
pub(in crate::lint) const MOST_RELATED: usize = 10;

/// Reports each exception at its place, as `complete` makes the finding out of what there is to say in general.
pub(in crate::lint) fn each(
    context: &LintContext<'_>,
    report: &mut Reporter<'_>,
    all: &[Raised],
    mut complete: impl FnMut(Diagnostic, usize, &Raised) -> Diagnostic,
) {
    let most = context.most(MOST);
    let mut causes: Vec<Cause> = all.iter().map(|raised| raised.cause).collect();
    causes.sort_unstable();
    causes.dedup();
    let beyond = context.raised_beyond(&causes);
    for (index, raised) in all.iter().take(most).enumerate() {
        let mut finding = complete(finding(context, raised.clone()), index, raised);
        let more = (all.len() - index - 1).saturating_add(beyond);
        if more > 0 && (index + 1 == most || index + 1 == all.len()) {
            finding.message = format!("{}; and so in {more} more places", finding.message);
        }
        report.add(finding);
    }
}

/// Reports that `all` say the same: at the first place, with others as related ones.
pub(in crate::lint) fn once(context: &LintContext<'_>, report: &mut Reporter<'_>, all: &[Raised], label: &str) {
    let Some((first, others)) = all.split_first() else { return };
    let mut finding = finding(context, first.clone());
    for span in others.iter().filter_map(|raised| raised.span).take(MOST_RELATED) {
        finding = finding.and(span, label);
    }
    report.add(finding);
}

/// The finding for something that pygrub raises. It stops the boot.
pub(in crate::lint) fn finding(context: &LintContext<'_>, raised: Raised) -> Diagnostic {
    let cause = context.cause_of(&raised);
    let advice = match (context.explanation().filter(|explanation| explanation.cause == cause), context.configuration())
    {
        (Some(explanation), _) => Advice::from(explanation),
        // What opened a block is looked for once for all braces, by the rule.
        (None, Some(configuration)) if raised.cause == Cause::ClosingBrace => {
            of_closing_brace(None, configuration.writer())
        }
        (None, Some(configuration)) => {
            of_raised(context.attempt(), Some(configuration.seen()), context.files(), &raised, context.release())
        }
        (None, None) => {
            let seen = context.attempt().and_then(RaisingConfig::of);
            of_raised(context.attempt(), seen, context.files(), &raised, context.release())
        }
    };
    let mut finding = Diagnostic::new(advice.reason).stops_boot(true);
    if let Some(span) = raised.span.filter(|_| context.configuration().is_some()) {
        finding = finding.at(span, advice.label);
    } else if matches!(raised.stage, Stage::Parse | Stage::Menu | Stage::Select) && context.configuration().is_some() {
        finding = finding.in_configuration();
    }
    finding.help = advice.help;
    finding.raised = Some(raised);
    finding.cause = Some(cause);
    finding
}
