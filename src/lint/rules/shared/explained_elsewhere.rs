//! Whether another rule says why something is so, also where the user has turned that rule off.

use crate::lint::engine::level::Level;
use crate::lint::engine::reporter::Reporter;
use crate::lint::rules::LintContext;
use crate::lint::rules::declare::RuleCheck;

/// Whether one of these rules finds something.
pub(in crate::lint::rules) fn is_explained(context: &LintContext<'_>, rules: &[&RuleCheck]) -> bool {
    rules.iter().any(|rule| {
        let mut findings = Vec::new();
        (rule.check)(context, &mut Reporter::new(rule.rule, Level::Default, &mut findings));
        !findings.is_empty()
    })
}
