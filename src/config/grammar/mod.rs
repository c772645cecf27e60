//! The pest grammars (`grammar/*.pest`) and what they say of one line. No `Pair` leaves these modules.
//!
//! Every entry rule matches every line, so that a failure to match cannot happen; it would read as an unknown directive.

pub(super) mod extlinux;
pub(super) mod grub2;
pub(super) mod legacy;

/// A line split in two, as pygrub's parsers begin with: pieces of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Split<'a> {
    /// What stands before the first `=` or white space.
    pub command: &'a str,
    /// What stands behind it; empty where there is nothing. Not stripped.
    pub argument: &'a str,
}

impl<'a> Split<'a> {
    /// A line that is one word.
    fn word(line: &'a str) -> Self {
        Self { command: line, argument: &line[line.len()..] }
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
                $(assert!(takes(Rule::$name, $yes), "{:?} is no {}", $yes, stringify!($name));)*
                $(assert!(!takes(Rule::$name, $no), "{:?} is a {}", $no, stringify!($name));)*
            })+
        }
    };
}
#[cfg(test)]
use rule_tests;
