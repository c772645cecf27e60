//! Commands that take menu entries from other files, which pygrub never opens.

use std::cell::{Cell, OnceCell};

use crate::config::{Dialect, Directive};
use crate::explain::no_entry::{file_of, is_optional_menu};
use crate::lint::analysis::conditionals::ConditionalBlocks;
use crate::lint::analysis::configuration::Configuration;
use crate::lint::analysis::context::LintContext;

/// How many files are looked into.
const MOST_LOOKS: u32 = 32;

/// Those outside entries and functions, in order, but for files that are there and hold no entries, such as a theme's. The `custom.cfg` and `user.cfg` that grub-mkconfig asks for in every file are among
/// them only where they are known to be there.
pub(in crate::lint) fn entries_elsewhere<'a>(context: &'a LintContext<'_>) -> Vec<&'a Directive> {
    let Some(configuration) = context.configuration() else { return Vec::new() };
    let last = || commands(&configuration).last().map_or(0, |directive| directive.line.end);
    let blocks = OnceCell::new();
    let blocks = || blocks.get_or_init(|| ConditionalBlocks::until(&configuration, last()));
    let looks = Cell::new(0_u32);
    let is_seen = |directive: &&Directive| match is_there(context, &configuration, directive) {
        Some(there) => {
            looks.set(looks.get().saturating_add(1));
            there && (looks.get() > MOST_LOOKS || may_hold_entries(context, &configuration, directive))
        }
        None => {
            let optional = is_optional_menu(configuration.at(directive.argument));
            !(optional && blocks().around(directive.line.start).is_some())
        }
    };
    commands(&configuration).filter(is_seen).collect()
}

/// Those whose file is known not to be there, in order.
pub(in crate::lint) fn missing_elsewhere<'a>(context: &'a LintContext<'_>) -> Vec<&'a Directive> {
    let Some(configuration) = context.configuration() else { return Vec::new() };
    commands(&configuration).filter(|directive| is_there(context, &configuration, directive) == Some(false)).collect()
}

fn commands<'a>(configuration: &Configuration<'a>) -> impl Iterator<Item = &'a Directive> {
    let text = configuration.text;
    let dialect = configuration.dialect;
    configuration.config.directives.iter().filter(move |directive| {
        let command = directive.command(text);
        match dialect {
            Dialect::Grub2 => {
                matches!(
                    command,
                    b"source" | b"." | b"configfile" | b"blscfg" | b"legacy_configfile" | b"syslinux_configfile"
                )
            }
            Dialect::Legacy => command == b"configfile",
            Dialect::Extlinux => {
                let argument = text.get(directive.argument.range()).unwrap_or_default();
                command.eq_ignore_ascii_case(b"include")
                    || command.eq_ignore_ascii_case(b"config")
                    || command.eq_ignore_ascii_case(b"menu")
                        && argument.get(..8).is_some_and(|word| word.eq_ignore_ascii_case(b"include "))
            }
        }
    })
}

/// Whether the file that a `source` or `configfile` names is on the disk; nothing where that is unknown.
fn is_there(context: &LintContext<'_>, configuration: &Configuration<'_>, directive: &Directive) -> Option<bool> {
    Some(context.files()?.exists(&path_of(configuration, directive)?))
}

/// Whether a file that is there has a word that makes entries, or takes them from further files.
fn may_hold_entries(context: &LintContext<'_>, configuration: &Configuration<'_>, directive: &Directive) -> bool {
    /// More than a theme or a few settings take.
    const MOST: usize = 64 << 10;
    const WORDS: [&str; 7] = ["menuentry", "submenu", "source", "configfile", "blscfg", "title", "label"];
    let text = context.files().zip(path_of(configuration, directive));
    let text = text.and_then(|(files, path)| files.beginning(&path, MOST));
    let Some(text) = text.filter(|text| text.len() < MOST) else { return true };
    let text = text.to_ascii_lowercase();
    WORDS.iter().any(|word| memchr::memmem::find(&text, word.as_bytes()).is_some())
        || text.split(|byte| *byte == b'\n').any(|line| line.trim_ascii().starts_with(b". "))
}

/// The path of the file that a `source` or `configfile` names, where it is plain.
fn path_of(configuration: &Configuration<'_>, directive: &Directive) -> Option<Vec<u8>> {
    let argument = file_of(configuration.at(directive.argument));
    let directory = configuration.path.as_bytes();
    let directory = &directory[..directory.iter().rposition(|byte| *byte == b'/')?];
    let below = [&b"$prefix/"[..], b"${prefix}/", b"${config_directory}/", b"$config_directory/"]
        .iter()
        .find_map(|variable| argument.strip_prefix(*variable));
    let path = match below {
        Some(rest) => [directory, b"/", rest].concat(),
        None => argument.to_vec(),
    };
    let plain =
        path.starts_with(b"/") && !path.iter().any(|byte| matches!(byte, b'$' | b'(' | b' ' | b'"' | b'\'' | b'\\'));
    plain.then_some(path)
}
