//! The pest grammars (`grammar/*.pest`) and what they say of one line. No `Pair` leaves these modules.
//!
//! Every entry rule matches every line, so that a failure to match cannot happen; it would read as an unknown directive.

use crate::python::py_str;

pub(super) mod extlinux;
pub(super) mod grub2;
pub(super) mod legacy;

/// A line split in two, as pygrub's parsers begin with: pieces of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split<'a> {
    /// What stands before the first `=` or white space.
    pub command: &'a str,
    /// What stands after it; empty where there is nothing. Not stripped.
    pub argument: &'a str,
}

impl<'a> Split<'a> {
    /// A line that is one word.
    fn word(line: &'a str) -> Self {
        Self { command: line, argument: &line[line.len()..] }
    }

    /// A line as nearly all are, split without asking the grammar, which would say the same: a command of visible characters of
    /// ASCII, and one of `=`, space and tab after it, if anything. Says nothing of others, nor of comments.
    ///
    /// A parse by pest costs a microsecond, most of it before the first character is looked at.
    fn plain(line: &'a str) -> Option<Self> {
        let end = line.bytes().position(|byte| !byte.is_ascii_graphic() || byte == b'=').unwrap_or(line.len());
        let (command, behind) = line.split_at(end);
        let argument = match behind.bytes().next() {
            _ if end == 0 || command.starts_with('#') => return None,
            None => behind,
            Some(b'=') => &behind[1..],
            Some(b' ' | b'\t') => behind.trim_start_matches(py_str::is_space),
            Some(_) => return None,
        };
        Some(Self { command, argument })
    }
}

/// Defines `read_split`, which turns the pairs of the rule `directive` of one grammar into a [`Split`].
macro_rules! define_read_split {
    () => {
        /// Reads the pairs of a `directive`.
        fn read_split<'a>(
            line: &'a str,
            pairs: impl Iterator<Item = pest::iterators::Pair<'a, Rule>>,
        ) -> super::Split<'a> {
            let mut split = super::Split::word(&line[line.len()..]);
            for pair in pairs {
                match pair.as_rule() {
                    Rule::key | Rule::word => split.command = pair.as_str(),
                    Rule::rest => split.argument = pair.as_str(),
                    _ => {}
                }
            }
            split
        }
    };
}
use define_read_split;

/// Asserts of one rule of a grammar: which texts it takes, and which not. A rule that makes a token must take the whole text; a
/// silent rule leaves no trace of where it ended, so that it must match at the start.
#[cfg(test)]
macro_rules! rule_tests {
    ($($name:ident: takes [$($yes:expr),* $(,)?] not [$($no:expr),* $(,)?])+) => {
        mod rules {
            use pest::Parser;
            use super::super::{Grammar, Rule};

            fn takes(rule: Rule, text: &str) -> bool {
                match Grammar::parse(rule, text).map(|mut pairs| pairs.next()) {
                    Ok(Some(pair)) if pair.as_rule() == rule => pair.as_str() == text,
                    Ok(_) => true,
                    Err(_) => false,
                }
            }

            $(#[test]
            fn $name() {
                $(assert!(takes(Rule::$name, $yes), "{:?} is not a {}", $yes, stringify!($name));)*
                $(assert!(!takes(Rule::$name, $no), "{:?} is a {}", $no, stringify!($name));)*
            })+
        }
    };
}
#[cfg(test)]
use rule_tests;

#[cfg(test)]
mod tests {
    use super::*;

    /// Every line that is split without the grammar is split as the grammar says.
    #[test]
    fn the_short_cut_leads_to_the_same_place() {
        let pieces = [
            "a",
            "menuentry",
            "function",
            "submenu",
            "title",
            "label",
            "LABEL",
            "'",
            "$",
            "\\",
            "-",
            "set",
            "linux16",
            "=",
            " ",
            "\t",
            "\u{b}",
            "\u{1c}",
            "\u{a0}",
            "\u{2003}",
            "{",
            "}",
            "\"",
            "#",
            "_",
            "é",
            "0",
            "\0",
        ];
        let mut plain = 0;
        for code in 0..pieces.len().pow(4) {
            let digit = |place: u32| pieces[code / pieces.len().pow(place) % pieces.len()];
            let line = py_str::strip(&[digit(0), digit(1), digit(2), digit(3)].concat()).to_owned();
            if line.is_empty() {
                continue;
            }
            assert_eq!(grub2::split(&line), grub2::split_by_grammar(&line), "{line:?}");
            for rule in grub2::LineRule::ALL {
                assert_eq!(grub2::line(rule, &line), grub2::line_by_grammar(rule, &line), "{line:?}");
            }
            assert_eq!(legacy::line(&line), legacy::line_by_grammar(&line), "{line:?}");
            assert_eq!(extlinux::line(&line), extlinux::line_by_grammar(&line), "{line:?}");
            plain += usize::from(Split::plain(&line).is_some());
        }
        assert!(plain > 10_000, "only {plain} lines took it");
    }

    #[test]
    fn the_short_cut_of_headers_leads_to_the_same_place() {
        let pieces = ["menuentry ", "menuentry", "\"", "'", "\" ", "' ", "{", " {", "}", "é", "\t"];
        let mut headers = 0;
        for code in 0..pieces.len().pow(4) {
            let digit = |place: u32| pieces[code / pieces.len().pow(place) % pieces.len()];
            let line = ["menuentry", " ", digit(0), digit(1), digit(2), digit(3), "{"].concat();
            let line = py_str::strip(&line[if code % 7 == 0 { 9 } else { 0 }..]);
            for rule in grub2::LineRule::ALL.into_iter().filter(|_| !line.is_empty()) {
                let found = grub2::line(rule, line);
                assert_eq!(found, grub2::line_by_grammar(rule, line), "{line:?}");
                headers += usize::from(matches!(found, grub2::Grub2Line::Header { .. }));
            }
        }
        assert!(headers > 1000, "only {headers} headers");
    }
}
