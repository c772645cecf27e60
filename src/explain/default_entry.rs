//! The default and the timeout, which pygrub reads as numbers.

use super::advice::Seen;
use super::remedy::Remedy;
use crate::config::{Dialect, Raised, Writer};

/// The number of the entry that a default names by its title.
pub(super) fn numeric_default(found: Option<Seen<'_>>, raised: &Raised) -> Remedy {
    let Some(found) = found else { return "write `set default=0`".into() };
    if found.writer == Writer::NixOs {
        return Remedy::nixos("set boot.loader.grub.default to a number");
    }
    let title = raised.span.and_then(|span| found.text.get(span.range())).unwrap_or_default();
    let index = found.config.entries.iter().position(|entry| entry.title.as_bytes() == title);
    format!("write `set default={}`", index.unwrap_or(0)).into()
}

/// A timeout as the dialect writes it.
pub(crate) fn plain_timeout(dialect: Option<Dialect>) -> &'static str {
    match dialect {
        Some(Dialect::Legacy | Dialect::Extlinux) => "timeout 5",
        Some(Dialect::Grub2) | None => "set timeout=5",
    }
}
