//! Commands that take menu entries from other files, which pygrub never opens.

use crate::config::{Dialect, Directive};
use crate::lint::analysis::conditionals::Blocks;
use crate::lint::analysis::configuration::Configuration;
use crate::lint::analysis::context::LintContext;

/// Those outside entries and functions, in order. The `custom.cfg` and `user.cfg` that grub-mkconfig asks for in every file are among
/// them only where they are known to be there.
pub(in crate::lint) fn entries_elsewhere<'a>(context: &'a LintContext<'_>) -> Vec<&'a Directive> {
    let Some(configuration) = context.configuration() else { return Vec::new() };
    let blocks = Blocks::of(&configuration.config.directives, configuration.text);
    let is_seen = |directive: &&Directive| match is_there(context, &configuration, directive) {
        Some(there) => there,
        None => {
            let file = named(configuration.at(directive.argument));
            let optional = file.ends_with(b"/custom.cfg") || file.ends_with(b"/user.cfg");
            !(optional && blocks.around(directive.line.line).is_some())
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

/// The argument without what ends the command, and without quotes.
fn named(argument: &[u8]) -> &[u8] {
    let argument = argument.trim_ascii();
    let argument = argument.strip_suffix(b";").map_or(argument, <[u8]>::trim_ascii_end);
    argument.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(argument)
}

/// Whether the file that a `source` or `configfile` names is on the disk; nothing where that is unknown.
fn is_there(context: &LintContext<'_>, configuration: &Configuration<'_>, directive: &Directive) -> Option<bool> {
    let files = context.files()?;
    let argument = named(configuration.at(directive.argument));
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
    plain.then(|| files.exists(&path))
}
