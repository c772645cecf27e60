//! Entries of extlinux.conf in SYSLINUX's own words, of which pygrub knows three.

use crate::config::{Dialect, Entry, Span};
use crate::lint::analysis::configuration::Configuration;

/// Whether the entry names its kernel by `LINUX`, which pygrub does not know.
pub(in crate::lint) fn has_linux_keyword(configuration: &Configuration<'_>, entry: &Entry) -> bool {
    configuration.dialect == Dialect::Extlinux
        && configuration.directives_of(entry, &["linux", "initrd"]).next().is_some()
}

/// Whether a line stands between `MENU BEGIN` and `MENU END`: a `MENU DEFAULT` there counts in that submenu alone.
pub(in crate::lint) fn is_in_submenu(configuration: &Configuration<'_>, line: Span) -> bool {
    let below = configuration.entries().iter().flat_map(|entry| &entry.directives);
    let before = configuration.config.directives.iter().chain(below).filter(|other| other.line.start < line.start);
    let depth = before.fold(0_i32, |depth, directive| {
        let argument = configuration.at(directive.argument);
        let is = |word: &[u8]| {
            directive.command(configuration.text).eq_ignore_ascii_case(b"menu")
                && argument.split(u8::is_ascii_whitespace).next().is_some_and(|first| first.eq_ignore_ascii_case(word))
        };
        depth.saturating_add(i32::from(is(b"begin"))).saturating_sub(i32::from(is(b"end")))
    });
    depth > 0
}

/// Whether SYSLINUX asks before it boots: by a menu (`UI`, or a `DEFAULT` that is a menu program), by `PROMPT 1`, or because it has
/// no DEFAULT. Without these it boots the default at once.
pub(in crate::lint) fn waits(configuration: &Configuration<'_>) -> bool {
    let mut has_default = false;
    let below = configuration.entries().iter().flat_map(|entry| &entry.directives);
    for directive in configuration.config.directives.iter().chain(below) {
        let command = directive.command(configuration.text).to_ascii_lowercase();
        let argument = configuration.at(directive.argument).to_ascii_lowercase();
        let first_word = argument.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        match command.as_slice() {
            b"ui" => return true,
            b"prompt" if first_word != b"0" => return true,
            b"default" if first_word.ends_with(b".c32") => return true,
            b"default" => has_default = true,
            _ => {}
        }
    }
    !has_default
}
