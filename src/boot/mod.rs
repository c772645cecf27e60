//! The run: what pygrub does with a disk, from the first byte read to the line that it hands to the toolstack.
//!
//! [`run`] performs it and keeps every step in a [`Run`]; nothing after it parses anything again.

mod attempt;
mod caller;
#[doc(hidden)]
pub mod command_line;
mod copy;
mod copy_limit;
mod delimiters;
#[cfg(feature = "report")]
mod digest;
mod discover;
mod finish;
pub(crate) mod fixed_kernels;
mod foreign_kernels;
mod fs_probe;
mod list;
mod log;
mod look;
pub(crate) mod menu;
#[cfg(feature = "cli")]
pub(crate) mod menu_screen;
mod open_offset;
mod options;
mod os_error;
mod outcome;
mod output;
#[cfg(feature = "generate")]
mod reselect;
mod run;
mod run_config;
mod select;
mod title_rules;

pub use attempt::{Attempt, Found, Mounted, Purpose, Step};
pub use caller::{Caller, Handover, Toolstack, ToolstackError};
pub use copy_limit::{LARGEST_COPY, TooLarge};
pub use delimiters::{Unrepresentable, forged_record, unrepresentable};
#[cfg(feature = "report")]
pub use digest::sha256;
pub use discover::candidates;
pub use fixed_kernels::InPlaceOf;
pub use list::{Listing, list};
pub use menu::{Console, Menu, Unattended};
pub use options::{ImageLimits, Options, Task};
pub use outcome::{BootFiles, ChosenFile, Failure, FailureKind, GivenDisk, Run, Verdict};
pub use output::{OutputFormat, Process, Values, default_directory, render};
#[cfg(feature = "generate")]
pub(crate) use reselect::reselect;
pub use run::{partition_rules, run, run_on, run_volumes, run_volumes_with, run_with};
pub use run_config::{run_config, run_config_with};
pub use select::{Boot, Overrides, Selection, select};
pub use title_rules::{RuleError, RuleFiles};
