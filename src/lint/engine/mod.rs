//! The parts of the linter that know no single rule: findings, levels, suppressions, baselines.

pub(in crate::lint) mod baseline;
pub(in crate::lint) mod finding;
pub(in crate::lint) mod fix;
pub(in crate::lint) mod group;
pub(in crate::lint) mod limit;
pub(in crate::lint) mod reporter;
pub(in crate::lint) mod rule;
pub(in crate::lint) mod rule_levels;
pub(in crate::lint) mod severity;
pub(in crate::lint) mod suppression;
pub(in crate::lint) mod suppression_index;
