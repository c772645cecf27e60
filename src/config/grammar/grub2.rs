//! One line of grub.cfg, by `grammar/grub2.pest`.

use pest::Parser;

use super::{Split, define_read_split};
use crate::release::{Change, Release};

/// The grammar. Its rules are documented in `grammar/grub2.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/common.pest"]
#[grammar = "../grammar/grub2.pest"]
struct Grammar;

define_read_split!();

/// Splits a line in command and argument, whatever it would be classified as.
pub(crate) fn split(line: &str) -> Split<'_> {
    Split::plain(line).unwrap_or_else(|| split_by_grammar(line))
}

pub(super) fn split_by_grammar(line: &str) -> Split<'_> {
    Grammar::parse(Rule::directive, line).map_or_else(|_| Split::word(line), |pairs| read_split(line, pairs))
}

/// How pygrub classifies a line of grub.cfg. Pieces are pieces of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grub2Line<'a> {
    Comment,
    Function,
    Header { title: &'a str },
    Submenu,
    Brace,
    Directive(Split<'a>),
}

/// Which of the three header rules a release has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LineRule(Rule);

impl LineRule {
    #[cfg(test)]
    pub(super) const ALL: [Self; 3] = [Self(Rule::line), Self(Rule::line_last_quote), Self(Rule::line_double_quote)];

    pub(crate) fn of(release: Release) -> Self {
        Self(if release.has(Change::Linux16) {
            Rule::line
        } else if release.has(Change::SingleQuotedTitle) {
            Rule::line_last_quote
        } else {
            Rule::line_double_quote
        })
    }
}

/// Classifies a stripped line that is not empty.
pub(crate) fn line(rule: LineRule, line: &str) -> Grub2Line<'_> {
    // What the grammar knows beside directives begins so.
    match line.as_bytes() {
        [b'#', ..] => Some(Grub2Line::Comment),
        [b'}', ..] => Some(Grub2Line::Brace),
        [b'f', b'u', ..] if line.starts_with("function") => Some(Grub2Line::Function),
        [b's', b'u', ..] if line.starts_with("submenu") => Some(Grub2Line::Submenu),
        _ if may_be_header(line) => header(line).filter(|_| rule.0 == Rule::line),
        _ => Split::plain(line).map(Grub2Line::Directive),
    }
    .unwrap_or_else(|| line_by_grammar(rule, line))
}

/// Whether a line begins as headers do. Of a text that is made to keep pregrub busy every line begins nearly so.
fn may_be_header(line: &str) -> bool {
    line.strip_prefix("menuentry ").is_some_and(|rest| rest.starts_with(['"', '\'']))
}

/// A header as nearly all are, without asking the grammar, which would say the same. Says nothing of other lines.
fn header(line: &str) -> Option<Grub2Line<'_>> {
    let text = line.strip_prefix("menuentry ")?.strip_prefix(['"', '\''])?;
    let bytes = text.as_bytes();
    let is_end = |at: &usize| bytes.get(at + 1) == Some(&b' ');
    let end = memchr::memchr2_iter(b'"', b'\'', bytes).find(is_end)?;
    memchr::memchr(b'{', bytes.get(end + 2..)?)?;
    Some(Grub2Line::Header { title: text.get(..end)? })
}

pub(super) fn line_by_grammar(rule: LineRule, line: &str) -> Grub2Line<'_> {
    let Ok(mut pairs) = Grammar::parse(rule.0, line) else { return Grub2Line::Directive(Split::word(line)) };
    match pairs.peek().map(|pair| (pair.as_rule(), pair)) {
        Some((Rule::comment, _)) => Grub2Line::Comment,
        Some((Rule::function, _)) => Grub2Line::Function,
        Some((Rule::submenu, _)) => Grub2Line::Submenu,
        Some((Rule::brace, _)) => Grub2Line::Brace,
        Some((Rule::title | Rule::title_last_quote | Rule::title_double_quote, title)) => {
            Grub2Line::Header { title: title.as_str() }
        }
        _ => Grub2Line::Directive(read_split(line, &mut pairs)),
    }
}

/// What follows `set`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SetArgument<'a> {
    /// One name and one value, which is unquoted but not stripped.
    Pair { name: &'a str, value: &'a str },
    /// Less than two parts: how many.
    TooFew(usize),
    /// More than two parts.
    TooMany,
}

/// Splits the argument of `set`.
pub(crate) fn set_argument(argument: &str) -> SetArgument<'_> {
    let Ok(pairs) = Grammar::parse(Rule::set_argument, argument) else { return SetArgument::TooMany };
    let (mut name, mut value) = (None, None);
    for pair in pairs {
        match pair.as_rule() {
            Rule::key | Rule::word => name = Some(pair.as_str()),
            Rule::text_in_double | Rule::text_in_single | Rule::bare => value = Some(pair.as_str()),
            Rule::too_many_equals | Rule::too_many_words => return SetArgument::TooMany,
            _ => {}
        }
    }
    match (name, value) {
        (Some(name), Some(value)) => SetArgument::Pair { name, value },
        (name, _) => SetArgument::TooFew(usize::from(name.is_some())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    super::super::rule_tests! {
        space: takes [" ", "\t", "\x0b", "\x1c", "\u{85}", "\u{a0}", "\u{2003}", "\u{3000}"] not ["a", "\u{200b}", "\u{feff}", "\x1b"]
        word_char: takes ["a", "é", "\0", "~"] not [" ", "\u{a0}"]
        rest: takes ["", "a b", "\u{a0}"] not ["a\n"]
        key: takes ["", "default", "a\u{a0}b"] not ["a=", "a b", "a\tb"]
        word: takes ["a", "a=b", "é\"'{"] not ["", "a b", "a\u{2003}b"]
        words: takes ["a", "a b c", "a\u{a0}b"] not []
        assignment: takes ["=", "a=", "a=b=c", "a=b c"] not ["a b=c", "a\tb=c", "a"]
        directive: takes ["a", "a=b", "a b", ""] not []
        comment: takes ["#", "# a"] not ["a # b", ""]
        function: takes ["function", "functional=1", "function f {"] not ["Function", " function"]
        submenu: takes ["submenu", "submenus", "submenu 'S' {"] not ["sub menu"]
        brace: takes ["}", "} # x", "}{"] not ["{", " }"]
        header: takes ["menuentry \"T\" {", "menuentry 'T\" --id x { y", "menuentry \"\" {"]
            not ["menuentry \"T\"{", "menuentry  \"T\" {", "menuentry\t\"T\" {", "menuentry T {", "menuentry \"T\" ", "menuentry \" {"]
        title: takes ["", "a", "a\"b", "it's"] not ["a\" ", "a' b"]
        quote: takes ["\"", "'"] not ["`"]
        header_last_quote: takes ["menuentry \"a\" --id 'b' {", "menuentry \"a\" {"] not ["menuentry \"a\"{", "menuentry \"a\" b"]
        last_quote: takes ["\" {", "' x {", "\" { \" x"] not ["\" \" {", "\" { \" {", "\"{"]
        title_last_quote: takes ["a\" --id 'b"] not ["a\" {"]
        header_double_quote: takes ["menuentry \"a\" {"] not ["menuentry 'a' {", "menuentry \"a' {"]
        last_double_quote: takes ["\" {"] not ["' {"]
        title_double_quote: takes ["a' {"] not ["a\" {"]
        line: takes ["a", "#", "}"] not []
        line_last_quote: takes ["a", "#", "}"] not []
        line_double_quote: takes ["a", "#", "}"] not []
        set_argument: takes ["a=b", "a b", "a", ""] not []
        set_assignment: takes ["a=b"] not ["a b"]
        too_many_equals: takes ["b=c", "=", "b=c=d"] not ["b", ""]
        set_words: takes ["a", "a b"] not []
        too_many_words: takes ["b c", "b \u{a0} c d"] not ["b", "b "]
        value: takes ["b", "", "\"b", "\"b'"] not []
        double_quoted: takes ["\"b\"", "\"a\"b\" c"] not ["\"b", "'b'"]
        text_in_double: takes ["b", "b c"] not ["b\"", "a\"b"]
        single_quoted: takes ["'b'"] not ["'b", "\"b\""]
        text_in_single: takes ["b", ""] not ["b'"]
        bare: takes ["", "a b"] not ["\n"]
        to_brace: takes ["", "--class x "] not ["a {"]
        rest_unseen: takes ["", "a b"] not []
    }

    fn classify<'a>(release: &str, text: &'a str) -> Grub2Line<'a> {
        line(LineRule::of(release.parse().unwrap()), text)
    }

    #[test]
    fn classifies_in_the_order_of_pygrub() {
        assert_eq!(classify("4.17", "functionmenuentry \"T\" {"), Grub2Line::Function);
        assert_eq!(classify("4.17", "menuentry \"T\" --id 'x' {"), Grub2Line::Header { title: "T" });
        assert_eq!(classify("4.4.0", "menuentry \"T\" --id 'x' {"), Grub2Line::Header { title: "T\" --id 'x" });
        assert_eq!(classify("4.0.0", "menuentry \"T\" --id 'x' {"), Grub2Line::Header { title: "T" });
        assert_eq!(
            classify("4.17", "linux\u{a0}/k  a=b"),
            Grub2Line::Directive(Split { command: "linux", argument: "/k  a=b" })
        );
        assert_eq!(classify("4.17", "linux=/k a"), Grub2Line::Directive(Split { command: "linux", argument: "/k a" }));
        assert_eq!(classify("4.17", "fi"), Grub2Line::Directive(Split { command: "fi", argument: "" }));
    }

    #[test]
    fn splits_what_follows_set() {
        use SetArgument::{Pair, TooFew, TooMany};
        assert_eq!(set_argument("default=\"1\""), Pair { name: "default", value: "1" });
        assert_eq!(set_argument("default='a \"b\" c' d"), Pair { name: "default", value: "a \"b\" c" });
        assert_eq!(set_argument("default= \"1\""), Pair { name: "default", value: " \"1\"" });
        assert_eq!(set_argument("a b=c"), Pair { name: "a", value: "b=c" });
        assert_eq!(set_argument("x="), Pair { name: "x", value: "" });
        assert_eq!(set_argument(""), TooFew(0));
        assert_eq!(set_argument(" foo"), TooFew(1));
        assert_eq!(set_argument("a=b=c"), TooMany);
        assert_eq!(set_argument("a = b"), TooMany);
        assert_eq!(set_argument("x=\"a=b\""), TooMany);
    }
}
