//! How pygrub is called.

use super::caller::Caller;
use super::copy_limit::LARGEST_COPY;
use super::title_rules::RuleFiles;
use crate::flavour::{Build, Flavour};
use crate::python::PyStr;
use crate::release::Release;

/// What a run depends on besides the disk.
#[derive(Clone, Debug)]
pub struct Options {
    /// The release of Xen.
    pub release: Release,
    /// Who built it.
    pub flavour: Flavour,
    /// `-i` or `-q`, whichever came last: whether the menu is shown. Without either it is, unless an entry is given: the
    /// toolstack calls pygrub so unless the domain's `bootloader_args` say something else.
    pub interactive: Option<bool>,
    /// `--entry`: a number or a title. Wins over what is chosen in the menu, should one be shown.
    pub entry: Option<PyStr>,
    /// `--kernel`: a path in the guest; no configuration is read then. Empty counts as absent.
    pub kernel: Option<PyStr>,
    /// `--ramdisk`: counts only with `kernel`.
    pub ramdisk: Option<PyStr>,
    /// `--args`: added to the arguments of the entry.
    pub args: PyStr,
    /// `--offset`, in bytes: the partition table is not read then.
    pub offset: Option<i128>,
    /// `--default_args`, an option of XCP-ng's: the arguments of a kernel that boots by its path, in place of `args`.
    pub default_args: PyStr,
    /// `--extra_args`, an option of XCP-ng's: added to the arguments of whatever boots.
    pub extra_args: PyStr,
    /// The files of the host's directory of title rules, which XCP-ng's pygrub reads.
    pub title_rules: RuleFiles,
    /// The limits of the host for images, which some releases of XCP-ng's pygrub keep.
    pub image_limits: ImageLimits,
    /// What pygrub does with what it finds.
    pub task: Task,
    /// `--debug`: what pygrub ignores and what it swallows is logged, too.
    pub debug: bool,
    /// Most bytes of a kernel or an initrd that may be copied.
    pub largest_copy: u64,
    /// Who calls pygrub, and with which rights.
    pub caller: Caller,
}

/// How large kernel and initrd may be, in bytes: `/mh/limits/pv-kernel-max-size` and `pv-ramdisk-max-size` of the host's xenstore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageLimits {
    /// Of the kernel.
    pub kernel: u64,
    /// Of the initrd.
    pub ramdisk: u64,
}

impl Default for ImageLimits {
    /// What counts where xenstore has no number: 1 GiB each.
    fn default() -> Self {
        Self { kernel: 1 << 30, ramdisk: 1 << 30 }
    }
}

/// What pygrub is asked to do with what it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Task {
    /// Copy kernel and initrd out.
    #[default]
    Copy,
    /// `-n`: ask whether they exist, and copy nothing.
    DryRun,
    /// `-l`: print the menu entries. No menu is shown and nothing is looked for.
    ListEntries,
}

impl Default for Options {
    /// As the toolstack of the newest release calls it.
    fn default() -> Self {
        Self {
            release: Release::NEWEST,
            flavour: Flavour::Upstream,
            interactive: None,
            entry: None,
            kernel: None,
            ramdisk: None,
            args: PyStr::default(),
            offset: None,
            default_args: PyStr::default(),
            extra_args: PyStr::default(),
            title_rules: RuleFiles::default(),
            image_limits: ImageLimits::default(),
            task: Task::Copy,
            debug: false,
            largest_copy: LARGEST_COPY,
            caller: Caller::default(),
        }
    }
}

impl Options {
    /// Which pygrub it is.
    pub fn build(&self) -> Build {
        Build { release: self.release, flavour: self.flavour }
    }

    /// Whether the menu is shown in the end.
    pub fn shows_menu(&self) -> bool {
        self.task != Task::ListEntries && self.interactive.unwrap_or(self.entry.is_none())
    }
}
