//! The linter: what each rule finds, and what it does not, held against what the real pygrub does.

mod cases;
mod differential;
mod files;
mod fixture;
mod rows;
mod safe_fixes;
mod storage;
