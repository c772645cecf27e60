//! The parts of the linter that know no rule: diagnostics, findings, levels, baselines.

pub(in crate::lint) mod baseline;
pub(in crate::lint) mod diagnostic;
pub(in crate::lint) mod finding;
pub(in crate::lint) mod fix;
pub(in crate::lint) mod group;
pub(in crate::lint) mod level;
pub(in crate::lint) mod limit;
pub(in crate::lint) mod releases;
pub(in crate::lint) mod reporter;
pub(in crate::lint) mod rule;
pub(in crate::lint) mod severity;
