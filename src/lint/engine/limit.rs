//! Of a rule that finds very much only the beginning is told: nobody reads a thousand findings that say the same, and the guest that
//! wrote the file must not fill a log.

use std::collections::HashMap;

use crate::lint::engine::finding::{Finding, Source};
use crate::lint::engine::reporter::Reporter;
use crate::lint::engine::rule::Rule;
use crate::lint::engine::rule_levels::Levels;

/// How many findings of a rule are told one by one.
const MOST: usize = 250;

/// Leaves out of `findings`, which are in their order, what is too much of a rule, and says of each rule how much that was. What stops
/// the boot stays.
pub(in crate::lint) fn apply(findings: &mut Vec<Finding>, levels: &Levels) {
    if findings.len() <= MOST {
        return;
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut left: HashMap<(&str, Source), (&'static Rule, Finding, usize)> = HashMap::new();
    findings.retain(|finding| {
        let count = counts.entry(finding.rule.code).or_default();
        *count += usize::from(!finding.stops_boot);
        if finding.stops_boot || *count <= MOST {
            return true;
        }
        let (_, worst, more) = left.entry((finding.rule.code, finding.source)).or_insert_with(|| {
            let worst = Finding { severity: finding.severity, ..Finding::new("") };
            (finding.rule, worst, 0)
        });
        worst.severity = worst.severity.max(finding.severity);
        *more += 1;
        false
    });
    let mut left: Vec<_> = left.into_iter().collect();
    left.sort_by_key(|((code, source), _)| (*code, *source));
    for ((_, source), (rule, worst, more)) in left {
        let Some(level) = levels.of(rule) else { continue };
        let what = if more == 1 { "finding" } else { "findings" };
        let finding = Finding {
            source,
            places: more,
            ..Finding::new(format!("{more} more {what} of this rule in other places"))
        };
        Reporter::new(rule, level, findings).add_as(worst.severity, finding);
    }
}
