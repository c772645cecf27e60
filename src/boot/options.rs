//! How pygrub is called.

use crate::release::{Flavour, Release};

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
    pub entry: Option<String>,
    /// `--kernel`: a path in the guest; no configuration is read then. Empty counts as absent.
    pub kernel: Option<String>,
    /// `--ramdisk`: counts only with `kernel`.
    pub ramdisk: Option<String>,
    /// `--args`: added to the arguments of the entry.
    pub args: String,
    /// `--offset`, in bytes: the partition table is not read then.
    pub offset: Option<i128>,
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
            args: String::new(),
            offset: None,
        }
    }
}

impl Options {
    /// Whether the menu is shown in the end.
    pub fn shows_menu(&self) -> bool {
        self.interactive.unwrap_or(self.entry.is_none())
    }
}
