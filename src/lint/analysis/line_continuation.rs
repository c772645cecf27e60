//! Commands that go on in the next line, for GRUB.

use crate::config::{Dialect, Span, narrow};
use crate::lint::analysis::configuration::Configuration;
use crate::lint::engine::fix::Fix;

/// Whether GRUB reads on after this line: the backslash must be the last byte, and none that another one takes the meaning of.
pub(in crate::lint) fn goes_on(configuration: &Configuration<'_>, line: Span) -> bool {
    let behind = configuration.text.get(line.range().end..).unwrap_or_default();
    // GRUB Legacy reads on after any; a carriage return it passes over.
    if configuration.dialect == Dialect::Legacy && configuration.at(line).ends_with(b"\\") {
        return matches!(behind, [b'\n', ..] | [b'\r', b'\n', ..]);
    }
    reads_on(configuration.at(line)) && behind.starts_with(b"\n")
}

fn reads_on(line: &[u8]) -> bool {
    line.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// How many lines are joined with one, and no command has more. A guest can have half a million.
const MOST_JOINED: usize = 50;

/// The line and all that belong to it as one, in grub.cfg. GRUB takes backslash and newline away, and not the spaces of the next line; outside of
/// quotes one of them is enough. In single quotes it takes nothing away.
/// `None` where there are too many of them.
pub(in crate::lint) fn joined(configuration: &Configuration<'_>, line: Span) -> Option<Fix> {
    if configuration.dialect != Dialect::Grub2 {
        return None;
    }
    let text = configuration.text;
    let mut quoted = configuration.at(line).contains(&b'"');
    if configuration.at(line).contains(&b'\'') {
        return None;
    }
    let mut fix = Fix::safe("join the line with the next one");
    let mut left = MOST_JOINED;
    let mut backslash = line.range().end.checked_sub(1)?;
    let mut number = line.line;
    let mut column = (line.column + line.length).saturating_sub(1);
    let mut blank_before = text[..backslash].ends_with(b" ");
    loop {
        let next = backslash + 2;
        let rest = text.get(next..)?;
        let indent = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let indent = if quoted { 0 } else { indent };
        let between = if indent > 0 && !blank_before { " " } else { "" };
        let span = Span { start: narrow(backslash), end: narrow(next + indent), line: number, column, length: 1 };
        fix = fix.replace(span, between);
        let body = &rest[indent.min(length)..length];
        if !reads_on(body) || next + length == text.len() {
            break;
        }
        left = left.checked_sub(1)?;
        if body.contains(&b'\'') {
            return None;
        }
        quoted |= body.contains(&b'"');
        fix.description = "join the line with those that belong to it".to_owned();
        backslash = next + length - 1;
        number += 1;
        column = narrow(String::from_utf8_lossy(&rest[..length]).chars().count());
        blank_before = body[..body.len() - 1].ends_with(b" ") || body.len() == 1 && (blank_before || indent > 0);
    }
    Some(fix)
}
