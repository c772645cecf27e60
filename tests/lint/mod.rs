//! The linter: what each rule finds, and what it does not, held against what the real pygrub does.

mod baseline;
mod cases;
mod differential;
mod distributions;
mod files;
mod fix;
mod fixture;
mod initrds;
mod limit;
mod rows;
mod safe_fixes;
mod storage;
