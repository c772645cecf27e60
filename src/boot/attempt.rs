//! What happened at one partition offset, step by step.

use super::fixed_kernels::InPlaceOf;
use super::menu::{Console, Menu};
use super::outcome::Logged;
use super::select::Selection;
use crate::config::{Config, Dialect, Raised, Recovered};
use crate::python::PyStr;
use crate::storage::filesystem::{Note, Size};
use crate::storage::identify::Identified;
use crate::storage::partitions::Candidate;

/// Why a path was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The probe for a Solaris kernel.
    Solaris,
    /// The probe for a NetWare kernel.
    NetWare,
    /// A kernel, or its initrd, that a distributor's pygrub boots because of its path.
    FixedKernel,
    /// A configuration.
    Configuration,
    /// The kernel.
    Kernel,
    /// The initrd.
    Ramdisk,
}

/// One question to the filesystem.
#[derive(Clone, Debug)]
pub struct Step {
    /// What for.
    pub purpose: Purpose,
    /// The path as pygrub hands it over.
    pub path: PyStr,
    /// Whether it is opened to be read; else it is only asked whether it exists.
    pub opens: bool,
    /// Why it did not open; nothing where it did.
    pub missing: Option<String>,
}

/// A configuration that was found and read.
#[derive(Clone, Debug)]
pub struct Found {
    /// Its path in the guest; for a configuration alone its name on this machine.
    pub path: PyStr,
    /// As which dialect pygrub reads it.
    pub dialect: Dialect,
    /// Its text, as far as pygrub read it.
    pub text: Vec<u8>,
    /// Whether it is a directory, whose raw blocks pygrub reads.
    pub directory: bool,
    /// What pygrub made of it.
    pub config: Config,
    /// What the same parse found beyond the first line that raises. `None` if none does.
    pub recovered: Option<Recovered>,
}

/// What is at an offset, as far as the run learnt it.
#[derive(Clone, Debug)]
pub enum Mounted {
    /// A filesystem that was mounted; its name as Linux spells it.
    Yes(String),
    /// pygrub cannot mount it.
    No {
        /// What it is.
        identified: Option<Identified>,
        /// Why, as a clause.
        why: String,
        /// The way out, as an imperative.
        instead: Option<&'static str>,
    },
    /// A configuration alone was given.
    NotAsked,
    /// Not known.
    Unknown {
        /// What it is.
        identified: Option<Identified>,
        /// Why, as a clause.
        why: String,
        /// The plugins of pygrub that mount it or might.
        plugins: Vec<&'static str>,
    },
}

/// One offset that was tried.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The offset and where it comes from; nothing for `--offset` and for directories.
    pub candidate: Option<Candidate>,
    /// The offset in bytes, as pygrub hands it to the filesystem library.
    pub offset: i128,
    /// What is there.
    pub mounted: Mounted,
    /// What to know of the filesystem.
    pub notes: Vec<Note>,
    /// The size of the filesystem; nothing where none is mounted.
    pub size: Option<Size>,
    /// What was asked of the filesystem, in order.
    pub steps: Vec<Step>,
    /// Why kernels by fixed paths were looked for instead of what the configuration says (SUSE).
    pub in_place_of: Option<InPlaceOf>,
    /// The configuration.
    pub found: Option<Found>,
    /// The menu, where one was shown.
    pub menu: Option<Menu>,
    /// What `-l` prints of it.
    pub listing: Option<PyStr>,
    /// What pygrub writes to standard error meanwhile, line by line.
    pub(super) log: Vec<Logged>,
    /// The selection.
    pub selection: Option<Selection>,
    /// The exception that ended it. From 4.1 on pygrub swallows it and goes on with the next offset.
    pub raised: Option<Raised>,
    /// Why pregrub cannot tell how it goes on.
    pub unknown: Option<String>,
}

impl Attempt {
    pub(super) fn new(candidate: Option<Candidate>, offset: i128, mounted: Mounted) -> Self {
        Self {
            candidate,
            offset,
            mounted,
            notes: Vec::new(),
            size: None,
            steps: Vec::new(),
            in_place_of: None,
            found: None,
            menu: None,
            listing: None,
            log: Vec::new(),
            selection: None,
            raised: None,
            unknown: None,
        }
    }

    /// pygrub writes a line to standard error.
    pub(super) fn say(&mut self, console: &mut dyn Console, line: PyStr) {
        console.say(&line);
        self.log.push(Logged::Line(line));
    }

    /// How far it came, for telling which of several failures is worth reporting.
    pub(super) fn depth(&self) -> u8 {
        match (&self.mounted, &self.found) {
            (_, Some(_)) => 3,
            (Mounted::Yes(_), None) => 2,
            (Mounted::No { identified: Some(_), .. } | Mounted::Unknown { .. }, None) => 1,
            (Mounted::No { identified: None, .. } | Mounted::NotAsked, None) => 0,
        }
    }
}
