//! Where a menu entry ends for GRUB while pygrub goes on reading it.

use crate::config::{Entry, Span};
use crate::lint::analysis::configuration::Configuration;
use crate::lint::engine::fix::Fix;

/// The end of an entry that pygrub does not see.
pub(in crate::lint) struct UnseenEnd {
    /// Where it is.
    pub span: Span,
    /// What to say beside it.
    pub label: &'static str,
    /// What to do.
    pub help: &'static str,
    /// The change that makes pygrub see it.
    pub fix: Option<Fix>,
}

/// The end of `entry`, which pygrub read on behind it.
pub(in crate::lint) fn unseen_end(configuration: &Configuration<'_>, entry: &Entry) -> Option<UnseenEnd> {
    one_line(configuration, entry).or_else(|| behind_command(configuration, entry)).or_else(|| {
        let (first, last) = entry.lines;
        let functions = &configuration.config.functions;
        let function = functions.iter().find(|function| (first..=last).contains(&function.header.line))?;
        Some(UnseenEnd {
            span: function.header,
            label: "a function for pygrub, and the next `}` its end",
            help: "write the line so that it does not begin with `function`",
            fix: None,
        })
    })
}

/// `menuentry "A" { linux /k; }`.
fn one_line(configuration: &Configuration<'_>, entry: &Entry) -> Option<UnseenEnd> {
    let header = configuration.at(entry.header);
    let behind_title = (entry.title_span.end.checked_sub(entry.header.start)?) as usize;
    let brace = behind_title + memchr::memchr(b'{', header.get(behind_title..)?)?;
    let body = header.get(brace + 1..)?.trim_ascii();
    let inner = body.strip_suffix(b"}")?;
    let commands: Option<Vec<&str>> = std::str::from_utf8(inner)
        .ok()
        .filter(|inner| is_simple(inner))
        .map(|inner| inner.split(';').map(str::trim).filter(|command| !command.is_empty()).collect());
    let fix = commands.filter(|commands| !commands.is_empty()).map(|commands| {
        let lines: String = commands.iter().map(|command| format!("\n  {command}")).collect();
        let span = configuration.part(entry.header, brace + 1..header.len());
        Fix::safe("write each command of the entry on a line of its own").replace(span, format!("{lines}\n}}"))
    });
    Some(UnseenEnd {
        span: configuration.part(entry.header, brace..header.len()),
        label: "pygrub does not look at this",
        help: "write each command of an entry, and its `}`, on a line of its own",
        fix,
    })
}

/// `linux /k a=0 }`.
fn behind_command(configuration: &Configuration<'_>, entry: &Entry) -> Option<UnseenEnd> {
    let is_end = |text: &[u8]| {
        let count = |byte| memchr::memchr_iter(byte, text).count();
        text.ends_with(b"}") && count(b'}') > count(b'{')
    };
    let line = entry.directives.iter().map(|directive| directive.line).find(|line| is_end(configuration.at(*line)))?;
    let text = configuration.at(line);
    let command = text[..text.len() - 1].trim_ascii_end();
    let simple = std::str::from_utf8(command).is_ok_and(is_simple);
    let fix = simple.then(|| {
        let span = configuration.part(line, command.len()..text.len());
        Fix::safe("write the `}` on a line of its own").replace(span, "\n}")
    });
    Some(UnseenEnd {
        span: configuration.part(line, text.len() - 1..text.len()),
        label: "pygrub does not see this brace",
        help: "write the `}` of the entry on a line of its own",
        fix,
    })
}

/// Whether a line means the same wherever its commands stand. A carriage return in it ends a line for whoever wrote it.
fn is_simple(text: &str) -> bool {
    !text.contains(['"', '\'', '{', '}', '#', '\\', '|', '&', '<', '>', '\r'])
}
