//! The way in: a pygrub is chosen once, with how it is called, and then run on any number of targets.
//!
//! ```
//! use pregrub::release::Release;
//! use pregrub::simulation::{Outcome, Simulation};
//!
//! let image = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/images/nixos-default.img");
//! let simulated = Simulation::new(Release::NEWEST).run(image)?;
//! match simulated.outcome() {
//!     Outcome::Boots(files) => println!("{}", files.kernel.path),
//!     Outcome::Fails { explanation, .. } => println!("{}", explanation.reason),
//!     other => println!("{other:?}"),
//! }
//! # assert!(matches!(simulated.outcome(), Outcome::Fails { .. }));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::path::Path;
use std::sync::Arc;

use crate::boot::{BootFiles, Console, Failure, FailureKind, Options, Run, Verdict};
use crate::escape::shown_path;
use crate::explain::Explanation;
use crate::flavour::Build;
use crate::python::PyStr;
use crate::storage::mount::MountedOnce;
use crate::target::{DiskAccess, Kind, OpenOptions, Target, TargetError};

/// A pygrub, and how it is called.
///
/// The release is given here and nowhere else: how much of a configuration is read, how a domain is parsed, which entry is
/// selected all follow from it.
#[derive(Clone, Debug, Default)]
pub struct Simulation {
    options: Options,
}

impl Simulation {
    /// The pygrub of this build, called as the toolstack calls it. A [`Release`](crate::release::Release) alone stands for
    /// upstream's build.
    pub fn new(build: impl Into<Build>) -> Self {
        let Build { release, flavour } = build.into();
        Self { options: Options { release, flavour, ..Options::default() } }
    }

    /// How pygrub is called, with its release and flavour.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Opens a target; `-` is a configuration on standard input. libxl looks for the disk of a domain in the same way: a relative
    /// path starts from the working directory.
    ///
    /// # Errors
    ///
    /// The target cannot be opened, or pregrub cannot detect what it is.
    pub fn open(&self, path: impl AsRef<Path>, how: OpenOptions) -> Result<OpenTarget, TargetError> {
        self.open_with(path, how, &DiskAccess::anywhere())
    }

    /// Opens a target as [`open`](Self::open) does, where it was found in a tree of directories, which may be a guest's or a stranger's:
    /// neither the target nor the disk of a domain is anything but what `access` lets be opened. A domain with another disk is not an
    /// error: its run is unknown.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_with(
        &self,
        path: impl AsRef<Path>,
        how: OpenOptions,
        access: &DiskAccess,
    ) -> Result<OpenTarget, TargetError> {
        let path = path.as_ref();
        let target = Target::open(path, how, self.options.release, access)?;
        Ok(self.on(&shown_path(path), target))
    }

    /// Opens a text as if it were the content of a file of this name: a boot configuration or a domain's. No such file need exist; the
    /// disk that a domain names is opened.
    ///
    /// # Errors
    ///
    /// pregrub cannot detect what it is.
    pub fn open_text(&self, name: impl AsRef<Path>, text: &[u8], how: OpenOptions) -> Result<OpenTarget, TargetError> {
        let name = name.as_ref();
        let target = Target::read(name, &mut { text }, how, self.options.release, &DiskAccess::anywhere())?;
        Ok(self.on(&shown_path(name), target))
    }

    /// Takes a target that is at hand: a disk in memory, the text of a configuration. `name` is what it is called in the result.
    pub fn on(&self, name: &str, target: Target) -> OpenTarget {
        OpenTarget { simulation: self.clone(), name: name.to_owned(), target: Arc::new(target) }
    }

    /// Opens a target as what it looks like, and performs the run on it.
    ///
    /// # Errors
    ///
    /// The target cannot be opened or read, or pregrub cannot detect what it is.
    pub fn run(&self, path: impl AsRef<Path>) -> Result<Simulated, TargetError> {
        self.open(path, OpenOptions::default())?.run()
    }
}

impl From<Options> for Simulation {
    fn from(options: Options) -> Self {
        Self { options }
    }
}

/// A target that a [`Simulation`] has opened.
pub struct OpenTarget {
    simulation: Simulation,
    name: String,
    /// Shared by all pygrubs that are asked about it.
    target: Arc<Target>,
}

impl OpenTarget {
    /// The target.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What it is called in results.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How pygrub is called on it.
    pub fn options(&self) -> &Options {
        &self.simulation.options
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.target.kind()
    }

    /// Does `work` on the same target for another call of pygrub, with `volumes` or, where a domain has another disk for it, with those
    /// of that disk. What is open stays open, and a domain is read as the xl of that release reads it. A configuration has no more
    /// text than the release reads that the target was opened for, so that nobody outside may ask this.
    #[cfg(feature = "cli")]
    pub(crate) fn called_with<R>(
        &self,
        options: Options,
        volumes: Option<&MountedOnce<'_>>,
        work: impl FnOnce(&Self, Option<&MountedOnce<'_>>) -> R,
    ) -> R {
        let other = self.target.for_release(options.release);
        let is_same_disk = other.as_ref().is_none_or(|other| other.shares_disk(&self.target));
        let target = other.map_or_else(|| Arc::clone(&self.target), Arc::new);
        let called = Self { simulation: options.into(), name: self.name.clone(), target };
        if is_same_disk { work(&called, volumes) } else { work(&called, called.target.volumes().as_ref()) }
    }

    /// Performs the run, and explains it where it does not boot. For a domain the options of its configuration count too: those of
    /// the simulation win.
    ///
    /// # Errors
    ///
    /// The target cannot be read.
    pub fn run(&self) -> Result<Simulated, TargetError> {
        let volumes = self.target.volumes();
        let run = self.run_on(volumes.as_ref())?;
        let explanation = self.explain(&run, volumes.as_ref());
        Ok(Simulated { run, explanation })
    }

    /// Performs the run on [the volumes](Target::volumes) of this target, which others look at as well: each filesystem is mounted
    /// once then, and each block of the disk is read once.
    ///
    /// # Errors
    ///
    /// The target cannot be read.
    pub fn run_on(&self, volumes: Option<&MountedOnce<'_>>) -> Result<Run, TargetError> {
        self.target.run_on(volumes, &self.name, self.simulation.options.clone())
    }

    /// Performs the run as [`run_on`](Self::run_on) does, with somebody at the console, who is shown the menu.
    ///
    /// # Errors
    ///
    /// The target cannot be read.
    pub fn run_with(&self, volumes: Option<&MountedOnce<'_>>, console: &mut dyn Console) -> Result<Run, TargetError> {
        self.target.run_with(volumes, &self.name, self.simulation.options.clone(), console)
    }

    /// Why a run on this target does not boot, with its volumes at hand. `None` if nothing failed.
    pub fn explain(&self, run: &Run, volumes: Option<&MountedOnce<'_>>) -> Option<Explanation> {
        self.target.explain(run, volumes)
    }
}

/// A run, and why it does not boot.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// The run, with every step.
    pub run: Run,
    /// Why it does not boot, and what to change. `None` if nothing failed.
    pub explanation: Option<Explanation>,
}

/// What comes out of a simulation. Each variant has what is known then.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Outcome<'a> {
    /// pygrub hands these files over. Whether Xen loads them is for [`kernel::build`](crate::kernel::build).
    Boots(&'a BootFiles),
    /// pygrub reports success, and one of these files is damaged or larger than Xen loads.
    Damaged {
        /// What pygrub hands over.
        files: &'a BootFiles,
        /// Where it ended.
        failure: &'a Failure,
        /// Why, and what to change.
        explanation: &'a Explanation,
    },
    /// A configuration alone selects these files. Whether they exist is not known.
    Selects(&'a BootFiles),
    /// The entries, as `-l` prints them.
    Listed(PyStr),
    /// Nothing boots.
    Fails {
        /// What pygrub found, where it came that far: Xen or the toolstack rejects it, or it cannot be copied.
        files: Option<&'a BootFiles>,
        /// Where it ended.
        failure: &'a Failure,
        /// Why, and what to change.
        explanation: &'a Explanation,
    },
    /// Nobody asks pygrub: an HVM guest, a kernel of the host, another bootloader.
    NotApplicable {
        /// Which it is, in one sentence without a full stop.
        reason: &'a str,
    },
    /// pregrub does not know what pygrub does.
    Unknown {
        /// Why, in one sentence without a full stop.
        reason: &'a str,
        /// The same with what to do about it.
        explanation: Option<&'a Explanation>,
    },
}

impl<'a> Outcome<'a> {
    /// Why nothing boots, or why that is not known, in one sentence without a full stop. `None` if nothing failed.
    pub fn reason(&self) -> Option<&'a str> {
        match *self {
            Self::Boots(_) | Self::Selects(_) | Self::Listed(_) => None,
            Self::Damaged { explanation, .. } | Self::Fails { explanation, .. } => Some(&explanation.reason),
            Self::NotApplicable { reason } | Self::Unknown { reason, .. } => Some(reason),
        }
    }
}

impl Simulated {
    /// What came out.
    pub fn outcome(&self) -> Outcome<'_> {
        let Self { run, explanation } = self;
        let why = run.failure.as_ref().zip(explanation.as_ref());
        match (run.verdict, run.chosen.as_ref(), why) {
            (Verdict::Boots, Some(files), _) => Outcome::Boots(files),
            (Verdict::Selects, files, _) => match (run.listing(), files) {
                (Some(text), _) => Outcome::Listed(text),
                (None, Some(files)) => Outcome::Selects(files),
                (None, None) => Outcome::Unknown { reason: "the run ended without an entry", explanation: None },
            },
            (Verdict::Fails, Some(files), Some((failure, explanation)))
                if matches!(failure.kind, FailureKind::Damaged | FailureKind::TooLarge) =>
            {
                Outcome::Damaged { files, failure, explanation }
            }
            (Verdict::Fails, files, Some((failure, explanation))) => Outcome::Fails { files, failure, explanation },
            (Verdict::NotApplicable, _, Some((_, explanation))) => {
                Outcome::NotApplicable { reason: &explanation.reason }
            }
            (_, _, why) => Outcome::Unknown {
                reason: why.map_or("the run ended without a reason", |(_, explanation)| &explanation.reason),
                explanation: explanation.as_ref(),
            },
        }
    }
}
