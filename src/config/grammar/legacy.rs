//! One line of menu.lst, by `grammar/legacy.pest`.

use pest::Parser;

use super::{Split, define_read_split};

/// The grammar. Its rules are documented in `grammar/legacy.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/common.pest"]
#[grammar = "../grammar/legacy.pest"]
struct Grammar;

define_read_split!();

/// How pygrub classifies a line of menu.lst outside an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LegacyLine<'a> {
    Comment,
    Title(&'a str),
    Directive(Split<'a>),
}

/// Classifies a stripped line that is not empty.
pub(crate) fn line(line: &str) -> LegacyLine<'_> {
    if let Some(rest) = line.strip_prefix("title") {
        // Whatever comes between.
        let mut title = rest.chars();
        title.next();
        return LegacyLine::Title(title.as_str());
    }
    Split::plain(line).map_or_else(|| line_by_grammar(line), LegacyLine::Directive)
}

pub(super) fn line_by_grammar(line: &str) -> LegacyLine<'_> {
    let Ok(mut pairs) = Grammar::parse(Rule::legacy_line, line) else {
        return LegacyLine::Directive(Split::word(line));
    };
    match pairs.peek().map(|pair| (pair.as_rule(), pair)) {
        Some((Rule::comment, _)) => LegacyLine::Comment,
        Some((Rule::legacy_title, title)) => LegacyLine::Title(title.as_str()),
        _ => LegacyLine::Directive(read_split(line, &mut pairs)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    super::super::rule_tests! {
        comment: takes ["#", "#title"] not ["title #"]
        title_line: takes ["title", "titlexT", "title T"] not ["Title T", "tit"]
        legacy_title: takes ["", "T", " T "] not []
        legacy_line: takes ["a", "#"] not []
        directive: takes ["default=0", "default 0", "hiddenmenu"] not []
    }

    #[test]
    fn a_title_begins_behind_the_sixth_character() {
        assert_eq!(line("title  T"), LegacyLine::Title(" T"));
        assert_eq!(line("titleéT"), LegacyLine::Title("T"));
        assert_eq!(line("title"), LegacyLine::Title(""));
        assert_eq!(line("default=1"), LegacyLine::Directive(Split { command: "default", argument: "1" }));
    }
}
