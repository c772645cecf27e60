//! The outcome of a run, with everything that led to it.

use serde::Serialize;

use super::attempt::Attempt;
use super::copy_limit::TooLarge;
use super::options::Options;
use super::output::Process;
use crate::config::{Raised, Span, Stage};
use crate::python::PyStr;
use crate::storage::filesystem::Damage;
use crate::storage::partitions::PartitionTable;

/// What pregrub says of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// pygrub copies a kernel out, and the initrd if one is named.
    Boots,
    /// A configuration alone selects an entry; whether its files exist is not known.
    Selects,
    /// pygrub fails.
    Fails,
    /// pregrub cannot tell.
    Unknown,
}

impl Verdict {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boots => "boots",
            Self::Selects => "selects",
            Self::Fails => "fails",
            Self::Unknown => "unknown",
        }
    }
}

/// A file that pygrub copies out.
#[derive(Clone, Debug)]
pub struct ChosenFile {
    /// The path as pygrub hands it to the filesystem.
    pub path: PyStr,
    /// Bytes that are copied; not known for a configuration alone.
    pub size: Option<u64>,
    /// Where the configuration names it.
    pub span: Option<Span>,
    /// Whether it is a directory, whose raw blocks are copied.
    pub directory: bool,
    /// What is wrong with it that pygrub does not notice.
    pub damage: Option<Damage>,
    /// Why it is too large to be copied. pygrub does not look at that.
    pub too_large: Option<TooLarge>,
}

/// What is booted.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// The attempt that found it.
    pub attempt: usize,
    /// The entry, unless the kernel was found by option or by its path alone.
    pub entry: Option<usize>,
    /// The kernel.
    pub kernel: ChosenFile,
    /// The initrd.
    pub ramdisk: Option<ChosenFile>,
    /// The arguments, never empty.
    pub args: Option<PyStr>,
    /// How long the menu waits, in seconds.
    pub seconds: Option<u64>,
}

/// Why nothing boots, or why pregrub cannot tell.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where in the run.
    pub stage: Stage,
    /// The attempt that it comes from: of several, the one that came furthest.
    pub attempt: Option<usize>,
    /// The exception: the swallowed one where there is one.
    pub raised: Option<Raised>,
    /// What is wrong, in one plain sentence without a full stop.
    pub reason: String,
    /// What to write beside the place in the configuration; empty where there is no such place.
    pub label: &'static str,
    /// The way out, where it is known, in one sentence without a full stop.
    pub help: Option<String>,
}

/// The disk that a domain's configuration gives pygrub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GivenDisk {
    /// The path as pygrub gets it.
    pub path: PyStr,
    /// The line of the domain's configuration that names it.
    pub line: u32,
}

/// A run, with every step.
#[derive(Clone, Debug)]
pub struct Run {
    /// How pygrub was called.
    pub options: Options,
    /// The disk, where the configuration of a domain was the target.
    pub disk: Option<GivenDisk>,
    /// pygrub's reading of the partition table; nothing where it does not read it.
    pub table: Option<PartitionTable>,
    /// The offsets that were tried, in order.
    pub attempts: Vec<Attempt>,
    /// What pygrub hands to the toolstack: what is booted, unless it is damaged.
    pub chosen: Option<Chosen>,
    /// Why nothing is.
    pub failure: Option<Failure>,
    /// The outcome.
    pub verdict: Verdict,
    /// How the process ends. Without meaning where the verdict is unknown.
    pub process: Process,
    /// The lines on standard error, without the exception that ends the program.
    pub stderr: Vec<PyStr>,
}

impl Run {
    pub(super) fn new(table: Option<PartitionTable>, options: Options) -> Self {
        Self {
            options,
            disk: None,
            table,
            attempts: Vec::new(),
            chosen: None,
            failure: None,
            verdict: Verdict::Unknown,
            process: Process { exit: 1, stdout: PyStr::default(), stderr_last_line: PyStr::default() },
            stderr: Vec::new(),
        }
    }

    /// The outcome where pygrub is not started, or not on a disk that is known: `reason` says why, in one sentence without a full
    /// stop, and `help` the way out.
    pub fn not_started(options: Options, verdict: Verdict, reason: String, help: Option<String>) -> Self {
        let failure = Failure { stage: Stage::Toolstack, attempt: None, raised: None, reason, label: "", help };
        Self { verdict, failure: Some(failure), ..Self::new(None, options) }
    }

    /// Whether pygrub was started, so that it has an exit status and output.
    pub fn started(&self) -> bool {
        self.failure.as_ref().is_none_or(|failure| failure.stage != Stage::Toolstack)
    }

    /// The attempt that the outcome comes from.
    pub fn deciding_attempt(&self) -> Option<&Attempt> {
        let index = match (&self.chosen, &self.failure) {
            (Some(chosen), _) => Some(chosen.attempt),
            (None, Some(failure)) => failure.attempt,
            (None, None) => None,
        };
        index.and_then(|index| self.attempts.get(index))
    }
}
