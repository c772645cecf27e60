//! Entries of extlinux.conf in SYSLINUX's own words, of which pygrub knows three.

use crate::config::{Dialect, Directive, Entry, Span};
use crate::lint::analysis::configuration::Configuration;

/// Whether the entry names its kernel by `LINUX`, which pygrub does not know.
pub(in crate::lint) fn has_linux_keyword(configuration: &Configuration<'_>, entry: &Entry) -> bool {
    configuration.dialect == Dialect::Extlinux
        && configuration.directives_of(entry, &["linux", "initrd"]).next().is_some()
}

/// The lines between `MENU BEGIN` and `MENU END`: a `MENU DEFAULT` there counts in that submenu alone.
pub(in crate::lint) struct Submenus {
    /// Where the depth changes, and what it is from there on.
    depths: Vec<(u32, i32)>,
}

impl Submenus {
    /// All of a configuration.
    pub(in crate::lint) fn of(configuration: &Configuration<'_>) -> Self {
        let below = configuration.entries().iter().flat_map(|entry| &entry.directives);
        let change = |directive: &Directive| {
            if !directive.command(configuration.text).eq_ignore_ascii_case(b"menu") {
                return None;
            }
            let first = configuration.at(directive.argument).split(u8::is_ascii_whitespace).next()?;
            let step = i32::from(first.eq_ignore_ascii_case(b"begin")) - i32::from(first.eq_ignore_ascii_case(b"end"));
            (step != 0).then_some((directive.line.start, step))
        };
        let mut depths: Vec<(u32, i32)> =
            configuration.config.directives.iter().chain(below).filter_map(change).collect();
        depths.sort_unstable();
        let mut depth = 0_i32;
        for (_, step) in &mut depths {
            depth = depth.saturating_add(*step);
            *step = depth;
        }
        Self { depths }
    }

    /// Whether a line stands in one.
    pub(in crate::lint) fn have(&self, line: Span) -> bool {
        let before = self.depths.partition_point(|(start, _)| *start < line.start);
        before.checked_sub(1).and_then(|last| self.depths.get(last)).is_some_and(|(_, depth)| *depth > 0)
    }
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
