//! Which rule explains a difference between readers.

use crate::compare::{Comparison, Difference, DifferenceKind, Side};
use crate::lint::{Finding, Group, Levels, LintContext, Rule, lint};
use crate::storage::mount::Volumes;
use crate::target::{Kind, Target};

/// The rules that explain the differences, one each; `None` where none does.
pub fn explaining_rules(
    comparison: &Comparison,
    target: &Target,
    volumes: Option<&dyn Volumes>,
) -> Vec<Option<&'static Rule>> {
    let mut known: Vec<(usize, Vec<Finding>)> = Vec::new();
    let differences = comparison.differences.iter();
    differences
        .map(|difference| {
            let row = pygrub_row(difference)?;
            if !known.iter().any(|(of, _)| *of == row) {
                known.push((row, findings(comparison, row, target, volumes)));
            }
            let (_, findings) = known.iter().find(|(of, _)| *of == row)?;
            rule(comparison, difference, findings)
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

fn rule(comparison: &Comparison, difference: &Difference, findings: &[Finding]) -> Option<&'static Rule> {
    let cause = comparison.pick(difference.side).and_then(|pick| pick.cause);
    let found = match difference.kind {
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
                let spans = finding.span.into_iter().chain(finding.related.iter().map(|related| related.span));
                spans.into_iter().any(|span| Some(span.line) == difference.line)
            };
            of_group().find(at_line)
        }
    };
    found.map(|finding| finding.rule)
}
