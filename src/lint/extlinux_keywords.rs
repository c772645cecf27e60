//! Entries of extlinux.conf in SYSLINUX's own words, of which pygrub knows three.

use super::configuration::Configuration;
use crate::config::{Dialect, Entry};

/// Whether the entry names its kernel by `LINUX`, which pygrub does not know.
pub(super) fn has_linux_keyword(configuration: &Configuration<'_>, entry: &Entry) -> bool {
    configuration.dialect == Dialect::Extlinux
        && configuration.directives_of(entry, &["linux", "initrd"]).next().is_some()
}
