//! Whether the guest's kernel finds a driver for its root disk.

use super::guest_kernel::{GuestKernel, KernelConfig, OptionState};
use super::inventory::Inventory;

/// Where the driver for Xen's disks, xen-blkfront, is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlockDriver {
    /// A module in the initrd: its path.
    Module(String),
    /// Built into the kernel, as this says.
    BuiltIn(String),
    /// Nowhere: why that is known, as a clause.
    Missing(String),
    /// That is unknown: why, as a clause.
    Unknown(String),
}

impl BlockDriver {
    /// By what was found in an initrd, and by what is known of the kernel. `whole` says whether all of the initrd was looked at.
    pub fn find(inventory: &Inventory, kernel: &GuestKernel, whole: bool) -> Self {
        let config = kernel.config.as_ref().map(|(config, source)| (config.block_frontend(), source));
        let option = KernelConfig::BLOCK_FRONTEND;
        match (&inventory.driver, config, &kernel.built_in) {
            (_, Some((OptionState::BuiltIn, source)), _) => Self::BuiltIn(format!("{source} has {option}=y")),
            (_, Some((OptionState::Off, source)), _) => Self::Missing(format!("{source} has no {option}")),
            (Some(path), ..) => Self::Module(path.clone()),
            _ if inventory.built_in == Some(true) => Self::BuiltIn("modules.builtin of the initrd lists it".to_owned()),
            (None, None, Some((true, source))) => Self::BuiltIn(format!("{source} lists it")),
            _ if !whole => Self::Unknown("not all of the initrd was looked at".to_owned()),
            (None, Some((OptionState::Module, source)), _) => {
                Self::Missing(format!("{source} has {option}=m, and the initrd has no xen-blkfront.ko"))
            }
            (None, None, Some((false, source))) => {
                Self::Missing(format!("the initrd has no xen-blkfront.ko, and {source} does not list the driver"))
            }
            (None, None, None) if inventory.built_in == Some(false) => Self::Missing(
                "the initrd has no xen-blkfront.ko, and its modules.builtin does not list the driver".to_owned(),
            ),
            (None, None, None) => Self::Unknown(
                "the initrd has no xen-blkfront.ko, and nothing says whether the kernel has the driver built in"
                    .to_owned(),
            ),
        }
    }
}
