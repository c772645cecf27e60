//! Whether another rule says why something is so, also where the user has turned that rule off.

use crate::lint::LintContext;
use crate::lint::engine::reporter::Reporter;
use crate::lint::engine::rule_levels::Level;
use crate::lint::registry::find;

/// Whether one of the rules with these codes finds something.
pub(in crate::lint::rules) fn is_explained(context: &LintContext<'_>, codes: &[&str]) -> bool {
    codes.iter().filter_map(|code| find(code)).any(|rule| {
        let mut findings = Vec::new();
        (rule.check)(context, &mut Reporter::new(rule, Level::Default, &mut findings));
        !findings.is_empty()
    })
}
