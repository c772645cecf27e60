//! Which findings are reported: by the options of the command line, and by comments in the texts.

pub(in crate::lint) mod rule_levels;
pub(in crate::lint) mod suppression;
pub(in crate::lint) mod suppression_index;
