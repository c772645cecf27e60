//! How a rule is written down.

use crate::lint::analysis::context::LintContext;
use crate::lint::engine::reporter::Reporter;
use crate::lint::engine::rule::Rule;

/// What a rule does.
pub(in crate::lint) struct RuleCheck {
    /// The rule.
    pub rule: &'static Rule,
    /// Looks at a run and reports.
    pub check: fn(&LintContext<'_>, &mut Reporter<'_>),
}

/// Writes a rule down. Its doc comment is its documentation, the only source of `pregrub explain`, `pregrub rules` and
/// docs/rules.md. After `or` stand severities that some of its findings have; after those may stand the version that the rule came
/// with and how settled it is: `Error or Warning since "0.2.0" (Preview)`; without these it is of 0.1.0 and stable. A rule without a
/// `check` is one of the engine's, about the comments for it.
macro_rules! rule {
    // The first version that was released has most of them.
    (@since) => { "0.1.0" };
    (@since $since:literal) => { $since };
    (@status) => { $crate::lint::engine::rule::RuleStatus::Stable };
    (@status $status:ident) => { $crate::lint::engine::rule::RuleStatus::$status };
    (
        $(#[doc = $doc:literal])+
        $code:literal $name:literal $severity:ident $(or $other:ident)* $(since $since:literal)? $(($status:ident))?, stops: $stops:ident, releases: $releases:expr $(, $check:path)?
    ) => {
        $(#[doc = $doc])+
        pub(in crate::lint) static RULE: $crate::lint::engine::rule::Rule = $crate::lint::engine::rule::Rule {
            code: $code,
            name: $name,
            severity: $crate::lint::engine::severity::Severity::$severity,
            other_severities: &[$($crate::lint::engine::severity::Severity::$other),*],
            stops: $crate::lint::engine::rule::BootImpact::$stops,
            releases: {
                #[allow(unused_imports)]
                use $crate::lint::engine::releases::{all, from, until, under_python2};
                #[allow(unused_imports)]
                use $crate::release::Change::*;
                $releases
            },
            status: $crate::lint::rules::declare::rule!(@status $($status)?),
            since: $crate::lint::rules::declare::rule!(@since $($since)?),
            doc: concat!($($doc, "\n"),+),
        };

        $(
            pub(in crate::lint) static CHECK: $crate::lint::rules::declare::RuleCheck =
                $crate::lint::rules::declare::RuleCheck { rule: &RULE, check: $check };
        )?
    };
}

pub(in crate::lint) use rule;
