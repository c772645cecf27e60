//! Findings that several rules make in the same way.

pub(in crate::lint) mod device;
pub(in crate::lint) mod exception;
pub(in crate::lint) mod explained_elsewhere;
pub(in crate::lint) mod indent;
pub(in crate::lint) mod initrd_problem;
pub(in crate::lint) mod parting;
pub(in crate::lint) mod truncated_path;
pub(in crate::lint) mod unopenable_path;
