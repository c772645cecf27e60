//! One disk, several readers: what the pygrub of each Xen release and flavour picks, what GRUB 2 picks where it runs, where they
//! differ and which line makes the difference; and what a guest does when its host moves to another pygrub.
//!
//! The target is opened once, each filesystem is mounted once, and each kernel is looked into once for all builders that can do the
//! same. [`compare`] collects the [`Row`]s, [`Comparison::differences`] says what tells them apart, and [`GuestChange`] is what becomes of
//! a guest between two of them.

mod arguments;
mod change;
mod difference;
mod entry_rule;
mod environment;
mod file_rule;
mod grub_side;
mod pick;
mod pygrub_side;
mod row;
mod trial;

pub use self::change::GuestChange;
pub use self::difference::{Difference, DifferenceKind, Side, from_grub};
pub use self::environment::{Environment, folded as folded_environments};
pub use self::grub_side::{GrubInput, GrubSide, read_with_grub};
pub(crate) use self::grub_side::{pick_of, place_of_text};
pub use self::pick::{BootedFile, Pick, Picked};
pub use self::row::Row;

use crate::boot::{Options, Run};
use crate::flavour::{Build, folded};
use crate::grub::{GrubRun, GrubSettings};
use crate::kernel::{GuestType, Looks};
use crate::storage::mount::{MountedOnce, Volumes};
use crate::target::{Target, TargetError};
use pygrub_side::PygrubSide;
use trial::Bench;

/// Who is to read the target.
#[derive(Clone, Debug, Default)]
pub struct Readers {
    /// The pygrubs, each as it is called.
    pub pygrubs: Vec<Options>,
    /// Where GRUB 2 runs.
    pub environments: Vec<Environment>,
    /// The type of the guest; `None` for what a domain says, else PV.
    pub guest: Option<GuestType>,
}

/// What all readers make of a target.
#[derive(Debug)]
pub struct Comparison {
    /// The pygrubs that were asked.
    pub builds: Vec<Build>,
    /// The pygrubs that pick the same, in the order in which they were asked, each with the run of the last of them.
    pub pygrub: Vec<Row<Build, Run>>,
    /// The environments that were asked.
    pub environments: Vec<Environment>,
    /// The environments in which GRUB picks the same. Where the runs take more than 8 MiB together, the last of them are without
    /// their menus and have only the chosen entry.
    pub grub: Vec<Row<Environment, GrubRun>>,
    /// Why GRUB was not asked, or has nothing to start with: a clause without a full stop.
    pub without_grub: Option<String>,
    /// What the readers do not agree on, the pygrubs first.
    pub differences: Vec<Difference>,
}

/// Compares what readers make of `target`, which `name` is the user's name for.
///
/// # Errors
///
/// It cannot be read.
///
/// ```
/// use std::path::Path;
/// use pregrub::compare::{Environment, Readers, compare};
/// use pregrub::{boot::Options, config::Dialect, flavour::Build, target::Target};
///
/// let text = b"set default=1\nsubmenu S {\n menuentry A {\n  linux /a\n }\n menuentry B {\n  linux /b\n }\n}\nmenuentry C {\n  linux /c\n}\n";
/// let target = Target::Config { dialect: Dialect::Grub2, text: text.to_vec() };
/// let pygrubs = vec![Options::default()];
/// let readers = Readers { pygrubs, environments: Environment::all(), guest: None };
/// let comparison = compare(&target, "grub.cfg", &readers)?;
/// assert!(!comparison.agrees());
/// assert!(!comparison.differences.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn compare(target: &Target, name: &str, readers: &Readers) -> Result<Comparison, TargetError> {
    compare_on(target, target.volumes().as_ref(), name, readers)
}

/// Does what [`compare`] does, on volumes of the target that others look at as well.
///
/// # Errors
///
/// As [`compare`].
pub fn compare_on(
    target: &Target,
    volumes: Option<&MountedOnce<'_>>,
    name: &str,
    readers: &Readers,
) -> Result<Comparison, TargetError> {
    let looks = Looks::on_one_disk();
    let pygrub = PygrubSide { target, volumes, name, guest: readers.guest, looks: &looks };
    let rows = pygrub.rows(&readers.pygrubs)?;
    let mut comparison = Comparison {
        builds: readers.pygrubs.iter().map(Options::build).collect(),
        pygrub: rows,
        environments: readers.environments.clone(),
        grub: Vec::new(),
        without_grub: None,
        differences: Vec::new(),
    };
    if !readers.environments.is_empty() {
        let GrubSide { rows, absent } = grub_rows(target, volumes, name, (&readers.environments, &looks))?;
        comparison.grub = rows;
        comparison.without_grub = absent;
    }
    comparison.differences = difference::find(&comparison);
    let bench = Bench { target, volumes, name, readers, looks: &looks };
    if bench.may_run_again(&comparison) {
        bench.find_parting_lines(&mut comparison)?;
        bench.try_all(&mut comparison)?;
    } else {
        Bench::try_nothing(&mut comparison);
    }
    Ok(comparison)
}

fn grub_rows(
    target: &Target,
    volumes: Option<&MountedOnce<'_>>,
    name: &str,
    (environments, looks): (&[Environment], &Looks),
) -> Result<GrubSide, TargetError> {
    let Some(reading) = reading(target, volumes) else {
        return Ok(GrubSide { rows: Vec::new(), absent: Some("there is no disk that can be read".to_owned()) });
    };
    let unreadable = |error| TargetError::unreadable(name, error);
    let mut side = read_with_grub(reading, environments, GrubSettings::default().most_steps).map_err(unreadable)?;
    if let GrubInput::Disk(volumes) = reading {
        grub_side::judge_pvgrub2(&mut side.rows, volumes, looks).map_err(unreadable)?;
    }
    Ok(side)
}

/// What GRUB reads of a target. `None` if there is no disk.
fn reading<'a>(target: &'a Target, volumes: Option<&'a MountedOnce<'_>>) -> Option<GrubInput<'a>> {
    match (target, volumes) {
        (Target::Config { dialect, text }, _) => Some(GrubInput::Text { dialect: *dialect, text }),
        (_, Some(volumes)) => Some(GrubInput::Disk(volumes as &dyn Volumes)),
        (_, None) => None,
    }
}

impl Comparison {
    /// Whether every reader boots, and boots the same.
    pub fn agrees(&self) -> bool {
        let mut picks = self.picks();
        let Some(first) = picks.next() else { return true };
        first.is_complete() && picks.all(|pick| pick.is_complete() && pick.boots_same(first))
    }

    /// Whether it is known of every reader what it picks.
    pub fn is_known(&self) -> bool {
        self.picks().all(Pick::is_known)
    }

    /// What each row picks, the pygrubs first.
    pub fn picks(&self) -> impl Iterator<Item = &Pick> {
        self.pygrub.iter().map(|row| &row.pick).chain(self.grub.iter().map(|row| &row.pick))
    }

    /// The readers of a side in few words: `pygrub of upstream 4.0`, `GRUB on pc`.
    pub fn readers_of(&self, side: Side) -> String {
        match side {
            Side::Pygrub(index) => {
                let readers = self.pygrub.get(index).map(|row| row.readers.as_slice()).unwrap_or_default();
                format!("pygrub of {}", folded(&self.builds, readers))
            }
            Side::Grub(index) => {
                let readers = self.grub.get(index).map(|row| row.readers.as_slice()).unwrap_or_default();
                format!("GRUB {}", folded_environments(&self.environments, readers))
            }
        }
    }

    /// The row of one pygrub.
    pub fn of_build(&self, build: Build) -> Option<&Row<Build, Run>> {
        self.pygrub.iter().find(|row| row.readers.contains(&build))
    }
}
