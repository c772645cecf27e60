//! The white space in front of a line.

use crate::config::Span;
use crate::lint::rules::Configuration;

/// What stands in front of `line`, where that is spaces and tabs alone.
pub(in crate::lint) fn indent(configuration: &Configuration<'_>, line: Span) -> String {
    let before = &configuration.text[..line.range().start.min(configuration.text.len())];
    let start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let indent = &before[start..];
    let is_white = indent.iter().all(|byte| matches!(byte, b' ' | b'\t'));
    if is_white { String::from_utf8_lossy(indent).into_owned() } else { String::new() }
}
