//! One file a rule, named by its code and name. [`registry`](super::registry) lists them.

mod explained;

pub(super) mod pg001_device_variable;
pub(super) mod pg101_default_by_title;
pub(super) mod pg203_file_missing;
pub(super) mod pg301_unreadable_filesystem;
pub(super) mod pg801_unused_suppression;
pub(super) mod pg802_malformed_suppression;
