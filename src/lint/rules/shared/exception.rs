//! Findings about what pygrub raises: what an exception means and the way out is told by `explain`, in one place for the
//! verdict and for the rules.

use crate::config::{Cause, Raised, Stage, Writer};
use crate::explain::raised as advice;
use crate::lint::{Configuration, Finding, LintContext, Reporter};

/// How many places a rule tells apart. A guest can have half a million in a megabyte.
const MOST: usize = 250;

/// How many other places belong to one finding.
pub(in crate::lint) const MOST_RELATED: usize = 10;

/// Reports each exception at its place, as `complete` makes the finding out of what there is to say in general.
pub(in crate::lint) fn each(
    context: &LintContext<'_>,
    report: &mut Reporter<'_>,
    all: &[Raised],
    mut complete: impl FnMut(Finding, usize, &Raised) -> Finding,
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

/// Names where a line that a program wrote comes from, so that it is changed there.
pub(in crate::lint) fn where_it_comes_from(mut finding: Finding, configuration: &Configuration<'_>) -> Finding {
    let source = match configuration.writer() {
        Writer::NixOs => {
            "in boot.loader.grub.extraEntries, extraConfig or extraPerEntryConfig of the guest's NixOS configuration; \
             then run nixos-rebuild boot"
        }
        Writer::Mkconfig => "in the script under /etc/grub.d that writes it; then run update-grub or grub2-mkconfig",
        Writer::Other => return finding,
    };
    finding.help = finding.help.map(|help| format!("{help}, {source}"));
    finding
}

/// The finding for something that pygrub raises. It stops the boot.
pub(in crate::lint) fn finding(context: &LintContext<'_>, raised: Raised) -> Finding {
    let advice = match context.configuration() {
        // What opened a block is looked for once for all braces, by the rule.
        Some(_) if raised.cause == Cause::ClosingBrace => advice::of_closing_brace(None),
        Some(configuration) => {
            let seen = advice::Seen {
                path: configuration.path,
                dialect: configuration.dialect,
                text: configuration.text,
                directory: false,
                config: configuration.config,
                writer: configuration.writer(),
            };
            advice::of_raised(context.attempt(), Some(seen), &raised)
        }
        None => advice::of_raised(context.attempt(), context.attempt().and_then(advice::Seen::of), &raised),
    };
    let mut finding = Finding::new(advice.reason).stops_boot(true);
    if let Some(span) = raised.span.filter(|_| context.configuration().is_some()) {
        finding = finding.at(span, advice.label);
    } else if matches!(raised.stage, Stage::Parse | Stage::Menu | Stage::Select) && context.configuration().is_some() {
        finding = finding.in_configuration();
    }
    finding.help = advice.help;
    finding.raised = Some(raised);
    finding
}
