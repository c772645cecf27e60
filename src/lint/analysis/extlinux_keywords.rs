//! Entries of extlinux.conf in SYSLINUX's own words, of which pygrub knows three.

use crate::config::{Dialect, Entry};
use crate::lint::analysis::configuration::Configuration;

/// Whether the entry names its kernel by `LINUX`, which pygrub does not know.
pub(in crate::lint) fn has_linux_keyword(configuration: &Configuration<'_>, entry: &Entry) -> bool {
    configuration.dialect == Dialect::Extlinux
        && configuration.directives_of(entry, &["linux", "initrd"]).next().is_some()
}
