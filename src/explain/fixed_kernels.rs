//! SUSE's kernels at fixed paths, which are looked for in place of a configuration.

use super::advice::{Advice, advice};
use crate::boot::{Attempt, InPlaceOf};

/// Where SUSE's kernels were looked for, and are not there.
pub(super) fn in_place_of(attempt: &Attempt) -> Advice {
    let why = match attempt.in_place_of {
        Some(InPlaceOf::Hypervisor) => "the first entry boots Xen itself, by the name of its kernel",
        Some(InPlaceOf::NoEntry) => "pygrub sees no menu entry",
        _ => "there is no configuration",
    };
    advice(
        format!("{why}, and SUSE's pygrub then boots /boot/vmlinuz-xen with /boot/initrd-xen, which are not there"),
        "",
        match attempt.in_place_of {
            Some(InPlaceOf::Hypervisor) => "put an entry that boots Linux first",
            _ => "write a configuration with a menu entry, or put kernel and initrd in these places",
        },
    )
}
