//! The outcome of a run, with everything that led to it.

use serde::Serialize;

use super::attempt::Attempt;
use super::caller::Handover;
use super::copy_limit::TooLarge;
use super::log::warning_log;
use super::options::{Options, Task};
use super::output::Process;
use crate::config::{Raised, Span, Stage, Warnings};
use crate::python::PyStr;
use crate::storage::filesystem::Damage;
use crate::storage::identify::Format;
use crate::storage::partitions::PartitionTable;

/// What pregrub says of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// pygrub copies a kernel out, and the initrd if one is named.
    Boots,
    /// A configuration alone selects an entry; whether its files exist is not known.
    Selects,
    /// pygrub fails.
    Fails,
    /// pregrub cannot tell.
    Unknown,
    /// Nobody asks pygrub: the domain boots in another way.
    NotApplicable,
}

impl Verdict {
    /// The word for it in machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::Boots => "boots",
            Self::Selects => "selects",
            Self::Fails => "fails",
            Self::Unknown => "unknown",
            Self::NotApplicable => "not-applicable",
        }
    }

    /// The words for it in a sentence or a headline.
    pub fn words(self) -> &'static str {
        if self == Self::NotApplicable { "not applicable" } else { self.name() }
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
pub struct BootFiles {
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

/// Where and how a run ended without a boot: facts. [`explain`](crate::explain) makes sentences of them.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where in the run.
    pub stage: Stage,
    /// The attempt that it comes from: of several, the one that came furthest.
    pub attempt: Option<usize>,
    /// What happened there.
    pub kind: FailureKind,
}

/// What ended a run.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FailureKind {
    /// An exception: the swallowed one where there is one.
    Raised(Raised),
    /// pygrub reports success and hands over a damaged file, which [`Run::chosen`] has.
    Damaged,
    /// pygrub reports success, if the host has the space, and hands over a file that is too large for Xen to load.
    /// [`Run::chosen`] has it.
    TooLarge,
    /// pygrub's process dies of a signal.
    Crashed {
        /// The file that it reads then.
        path: PyStr,
        /// What is wrong with it, as a clause.
        why: String,
    },
    /// pregrub does not know what pygrub does; why, as a clause.
    Unknown(String),
    /// pygrub hands the files over, and Xen's domain builder does not start a guest with them.
    Refused {
        /// Why, in one sentence without a full stop.
        reason: String,
        /// The way out, as an imperative.
        help: Option<String>,
    },
    /// pygrub hands the files over, Xen would load the kernel, and the guest does not start: for its initrd or its arguments.
    NotBuilt {
        /// Why, in one sentence without a full stop.
        reason: String,
        /// The way out, as an imperative.
        help: Option<String>,
    },
    /// pygrub cannot write the copies: there is no space for them, or a restricted pygrub writes no files of that size.
    /// [`Run::chosen`] has what it found.
    NotCopied {
        /// Why, in one sentence without a full stop.
        reason: String,
        /// The way out, as an imperative.
        help: Option<String>,
    },
    /// pygrub ends well, or at once, and the toolstack cannot use what it prints.
    Rejected {
        /// Why, in one sentence without a full stop.
        reason: String,
        /// The way out, as an imperative.
        help: Option<String>,
    },
    /// pygrub is not started, or not on a disk that is known.
    NotStarted {
        /// Why, in one sentence without a full stop.
        reason: String,
        /// The way out, as an imperative.
        help: Option<String>,
    },
}

impl Failure {
    /// The exception that ended the run.
    pub fn raised(&self) -> Option<&Raised> {
        match &self.kind {
            FailureKind::Raised(raised) => Some(raised),
            _ => None,
        }
    }
}

/// The disk that a domain's configuration gives pygrub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GivenDisk {
    /// The path as pygrub gets it.
    pub path: PyStr,
    /// The line of the domain's configuration that names it. `None` for a record of xapi.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// How that line describes the disk: xl's specification. `None` for other toolstacks.
    #[serde(skip)]
    pub specification: Option<PyStr>,
}

/// A run, with every step.
#[derive(Clone, Debug)]
pub struct Run {
    /// How pygrub was called.
    pub options: Options,
    /// The disk, where the configuration of a domain was the target.
    pub disk: Option<GivenDisk>,
    /// The format of the image that the disk is in, if it is not raw: pygrub reads the raw view that somebody gives it.
    pub image_format: Option<Format>,
    /// How a toolstack calls pygrub, and what it makes of its end, where a domain was the target or a toolstack was named.
    pub handover: Option<Handover>,
    /// pygrub's reading of the partition table; nothing where it does not read it.
    pub table: Option<PartitionTable>,
    /// The look at the first filesystem for a kernel by its path, before any other is tried, where the flavour has that. Where it
    /// ends the run it is the first of the attempts instead.
    pub first_look: Option<Attempt>,
    /// The offsets that were tried, in order.
    pub attempts: Vec<Attempt>,
    /// What pygrub hands to the toolstack: what is booted, unless it is damaged.
    pub chosen: Option<BootFiles>,
    /// Why nothing is.
    pub failure: Option<Failure>,
    /// The outcome.
    pub verdict: Verdict,
    /// How the process ends. Without meaning where the verdict is unknown.
    pub process: Process,
    /// What is written to standard error, and during which attempt.
    pub(super) log: Vec<(usize, Logged)>,
}

/// Something on standard error.
#[derive(Clone, Debug)]
pub(super) enum Logged {
    /// A line.
    Line(PyStr),
    /// The warnings of the configuration that was found.
    Warnings,
}

impl Run {
    /// The lines on standard error, without the exception that ends the program.
    pub fn stderr(&self) -> impl Iterator<Item = PyStr> {
        self.log.iter().flat_map(|(attempt, logged)| {
            let (line, warnings) = match logged {
                Logged::Line(line) => (Some(line.clone()), None),
                Logged::Warnings => {
                    let found = self.attempts.get(*attempt).and_then(|attempt| attempt.found.as_ref());
                    (None, found.map(|found| &found.config.warnings))
                }
            };
            let warnings = warnings.into_iter().flat_map(Warnings::iter);
            line.into_iter().chain(warnings.map(|warning| warning_log(warning.message.as_bytes())))
        })
    }

    pub(super) fn new(table: Option<PartitionTable>, options: Options) -> Self {
        Self {
            options,
            disk: None,
            image_format: None,
            handover: None,
            table,
            first_look: None,
            attempts: Vec::new(),
            chosen: None,
            failure: None,
            verdict: Verdict::Unknown,
            process: Process { exit: 1, stdout: PyStr::default(), stderr_last_line: PyStr::default() },
            log: Vec::new(),
        }
    }

    /// The outcome where pygrub is not started, or not on a disk that is known: `reason` says why, in one sentence without a full
    /// stop, and `help` the way out.
    pub fn not_started(options: Options, verdict: Verdict, reason: String, help: Option<String>) -> Self {
        let kind = FailureKind::NotStarted { reason, help };
        let failure = Failure { stage: Stage::Toolstack, attempt: None, kind };
        Self { verdict, failure: Some(failure), ..Self::new(None, options) }
    }

    /// Whether pygrub was started, so that it has an exit status and output.
    pub fn started(&self) -> bool {
        self.failure.as_ref().is_none_or(|failure| failure.stage != Stage::Toolstack)
    }

    /// What `-l` prints of all configurations together. `None` if the entries were not asked for.
    pub fn listing(&self) -> Option<PyStr> {
        let texts = self.attempts.iter().filter_map(|attempt| attempt.listing.as_ref());
        let text = || texts.flat_map(|text| text.as_bytes()).copied().collect::<Vec<u8>>().into();
        (self.options.task == Task::ListEntries).then(text)
    }

    /// What pygrub hands over whole, whether or not Xen can make a guest of it. `None` if pygrub fails, or what it hands over is
    /// damaged.
    pub fn handed_over(&self) -> Option<&BootFiles> {
        let by_pygrub = |failure: &Failure| failure.stage != Stage::Builder;
        self.chosen.as_ref().filter(|_| !self.failure.as_ref().is_some_and(by_pygrub))
    }

    /// Whether it is known how pygrub ends.
    pub fn pygrub_is_known(&self) -> bool {
        self.started() && (self.verdict != Verdict::Unknown || self.handed_over().is_some())
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
