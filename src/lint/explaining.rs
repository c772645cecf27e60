//! Which rule explains a difference between readers.

use crate::compare::{Comparison, Difference, DifferenceKind, Side};
use crate::lint::rules::{
    pg120_differs_by_release, pg701_grub_boots_another_entry, pg702_grub_hands_over_other_arguments,
    pg705_grub_boots_without_the_initrd,
};
use crate::lint::{Diagnostic, Finding, Group, Levels, LintContext, lint};
use crate::storage::mount::Volumes;
use crate::target::{Kind, Target};

/// The findings that explain the differences, one each; `None` where none does.
pub fn explaining_findings(
    comparison: &Comparison,
    target: &Target,
    volumes: Option<&dyn Volumes>,
) -> Vec<Option<Finding>> {
    let mut known: Vec<(usize, Vec<Finding>)> = Vec::new();
    let differences = comparison.differences.iter();
    differences
        .map(|difference| {
            let row = pygrub_row(difference)?;
            if !known.iter().any(|(of, _)| *of == row) {
                known.push((row, findings(comparison, row, target, volumes)));
            }
            let (_, findings) = known.iter().find(|(of, _)| *of == row)?;
            explaining(comparison, difference, findings).cloned()
        })
        .collect()
}

/// The pygrub of a difference: the linter looks at its run.
fn pygrub_row(difference: &Difference) -> Option<usize> {
    [Some(difference.side), difference.from].into_iter().flatten().find_map(|side| match side {
        Side::Pygrub(row) => Some(row),
        Side::Grub(_) => None,
    })
}

fn findings(comparison: &Comparison, row: usize, target: &Target, volumes: Option<&dyn Volumes>) -> Vec<Finding> {
    let Some(row) = comparison.pygrub.get(row) else { return Vec::new() };
    let mut context = LintContext::new(&row.run, target.kind());
    if let Some(volumes) = volumes {
        context = context.with_volumes(volumes);
    }
    if let (Target::Xl(domain), Kind::Xl) = (target, target.kind()) {
        context = context.with_domain(domain);
    }
    lint(&context, &Levels::default())
}

fn explaining<'f>(comparison: &Comparison, difference: &Difference, findings: &'f [Finding]) -> Option<&'f Finding> {
    let cause = comparison.pick(difference.side).and_then(|pick| pick.cause);
    match difference.kind {
        DifferenceKind::Fails | DifferenceKind::Unknown => {
            findings.iter().find(|finding| finding.cause.is_some() && finding.cause == cause)
        }
        kind => {
            let group = match kind {
                DifferenceKind::Entry => Group::BootsSomethingElse,
                _ => Group::KernelInitrdArguments,
            };
            let of_group = || findings.iter().filter(move |finding| finding.rule.group() == group);
            let at_line = |finding: &&Finding| {
                let mut spans = finding.span.into_iter().chain(finding.related.iter().map(|related| related.span));
                spans.any(|span| Some(span.line) == difference.line)
            };
            let of_grub = || findings.iter().find(|finding| finding.rule.group() == Group::GrubDisagrees);
            of_group().find(at_line).or_else(of_grub)
        }
    }
}

/// The differences as findings, for formats that report nothing else: those that explain them, and where none does, one in the words of
/// the difference. `explained` is what [`explaining_findings`] returns.
pub fn findings_of_differences(comparison: &Comparison, explained: &[Option<Finding>]) -> Vec<Finding> {
    let differences = comparison.differences.iter().enumerate();
    let mut findings: Vec<Finding> = Vec::new();
    for (index, difference) in differences {
        let finding = explained.get(index).cloned().flatten().unwrap_or_else(|| of_difference(comparison, difference));
        let known = findings.iter().any(|other| (other.rule.code, other.span) == (finding.rule.code, finding.span));
        if !known || finding.span.is_none() {
            findings.push(finding);
        }
    }
    findings
}

fn of_difference(comparison: &Comparison, difference: &Difference) -> Finding {
    let is_grub = |side: Side| matches!(side, Side::Grub(_));
    let with_grub = is_grub(difference.side) || difference.from.is_some_and(is_grub);
    let rule = match difference.kind {
        DifferenceKind::Arguments if with_grub => &pg702_grub_hands_over_other_arguments::RULE,
        DifferenceKind::MissingFile if with_grub => &pg705_grub_boots_without_the_initrd::RULE,
        DifferenceKind::Fails | DifferenceKind::Unknown if !is_grub(difference.side) => &pg120_differs_by_release::RULE,
        _ if with_grub => &pg701_grub_boots_another_entry::RULE,
        _ => &pg120_differs_by_release::RULE,
    };
    let mut diagnostic = Diagnostic::new(format!("{}: {}", comparison.readers_of(difference.side), difference.rule));
    if let Some(span) = difference.span {
        diagnostic = diagnostic.at(span, "here they part");
    }
    diagnostic.help.clone_from(&difference.change);
    Finding::new(rule, rule.severity, diagnostic)
}
