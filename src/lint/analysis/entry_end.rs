//! Where a menu entry ends for GRUB while pygrub goes on reading it, and the change that makes both see the same.

use crate::config::{Entry, Span};
use crate::explain::entry_end::EntryEnd;
use crate::lint::analysis::configuration::Configuration;
use crate::lint::engine::fix::Fix;

/// The end of an entry that pygrub does not see.
pub(in crate::lint) struct UnseenEnd {
    pub span: Span,
    pub label: &'static str,
    pub fix: Option<Fix>,
}

/// The end of `entry`, which pygrub read on after it.
pub(in crate::lint) fn unseen_end(configuration: &Configuration<'_>, entry: &Entry) -> Option<UnseenEnd> {
    let end = EntryEnd::of(configuration.config, configuration.text, entry)?;
    let (span, fix) = match end {
        EntryEnd::OneLine(brace) => one_line(configuration, entry, brace),
        EntryEnd::AfterCommand(line) => after_command(configuration, line),
        EntryEnd::Function(header) => (header, None),
    };
    Some(UnseenEnd { span, label: end.label(), fix })
}

/// `menuentry "A" { linux /k; }`.
fn one_line(configuration: &Configuration<'_>, entry: &Entry, brace: usize) -> (Span, Option<Fix>) {
    let header = configuration.at(entry.header);
    let body = header.get(brace + 1..).unwrap_or_default().trim_ascii();
    let inner = body.strip_suffix(b"}").unwrap_or_default();
    let commands: Option<Vec<&str>> = std::str::from_utf8(inner)
        .ok()
        .filter(|inner| is_simple(inner))
        .map(|inner| inner.split(';').map(str::trim).filter(|command| !command.is_empty()).collect());
    let fix = commands.filter(|commands| !commands.is_empty()).map(|commands| {
        let lines: String = commands.iter().map(|command| format!("\n  {command}")).collect();
        let span = configuration.part(entry.header, brace + 1..header.len());
        Fix::safe("write each command of the entry on a line of its own").replace(span, format!("{lines}\n}}"))
    });
    (configuration.part(entry.header, brace..header.len()), fix)
}

/// `linux /k a=0 }`.
fn after_command(configuration: &Configuration<'_>, line: Span) -> (Span, Option<Fix>) {
    let text = configuration.at(line);
    let length = text.len().saturating_sub(1);
    let command = text.get(..length).unwrap_or_default().trim_ascii_end();
    let simple = std::str::from_utf8(command).is_ok_and(is_simple);
    let fix = simple.then(|| {
        let span = configuration.part(line, command.len()..text.len());
        Fix::safe("write the `}` on a line of its own").replace(span, "\n}")
    });
    (configuration.part(line, length..text.len()), fix)
}

/// Whether a line means the same wherever its commands stand. A carriage return in it ends a line for its author.
fn is_simple(text: &str) -> bool {
    !text.contains(['"', '\'', '{', '}', '#', '\\', '|', '&', '<', '>', '\r'])
}
