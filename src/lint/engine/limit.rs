//! The most findings of a rule that are reported one by one: nobody reads a thousand that say the same, and the guest that wrote the
//! file must not fill a log.

use std::collections::HashMap;

use crate::lint::engine::diagnostic::{Diagnostic, SpanSource};
use crate::lint::engine::finding::Finding;
use crate::lint::engine::level::Level;
use crate::lint::engine::reporter::Reporter;
use crate::lint::engine::rule::Rule;
use crate::lint::engine::severity::Severity;

/// At most this many findings are reported per rule.
const MOST: usize = 250;

/// Removes from `findings`, which are in their order, what exceeds the limit of a rule, and adds how many those were. What stops the
/// boot stays. `level` gives the level of a rule.
pub(in crate::lint) fn apply(findings: &mut Vec<Finding>, level: impl Fn(&Rule) -> Option<Level>) {
    if findings.len() <= MOST {
        return;
    }
    let mut counts: HashMap<&str, usize> = HashMap::new();
    let mut left: HashMap<(&str, SpanSource), (&'static Rule, Severity, usize)> = HashMap::new();
    findings.retain(|finding| {
        let count = counts.entry(finding.rule.code).or_default();
        *count += usize::from(!finding.stops_boot);
        if finding.stops_boot || *count <= MOST {
            return true;
        }
        let (_, worst, more) =
            left.entry((finding.rule.code, finding.source)).or_insert((finding.rule, finding.severity, 0));
        *worst = (*worst).max(finding.severity);
        *more += 1;
        false
    });
    let mut left: Vec<_> = left.into_iter().collect();
    left.sort_by_key(|((code, source), _)| (*code, *source));
    for ((_, source), (rule, worst, more)) in left {
        let Some(level) = level(rule) else { continue };
        let what = if more == 1 { "finding" } else { "findings" };
        let message = format!("{more} more {what} of this rule in other places");
        Reporter::new(rule, level, findings)
            .add_as(worst, Diagnostic { source, places: more, ..Diagnostic::new(message) });
    }
}
