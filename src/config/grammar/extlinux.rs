//! One line of extlinux.conf, by `grammar/extlinux.pest`.

use pest::Parser;

use super::{Split, define_read_split};

/// The grammar. Its rules are documented in `grammar/extlinux.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/common.pest"]
#[grammar = "../grammar/extlinux.pest"]
struct Grammar;

define_read_split!();

/// How pygrub classifies a line of extlinux.conf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ExtlinuxLine<'a> {
    Comment,
    Label(Split<'a>),
    Directive(Split<'a>),
}

/// Classifies a stripped line that is not empty.
pub(crate) fn line(line: &str) -> ExtlinuxLine<'_> {
    if line.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("label")) {
        return Split::plain(line).map_or_else(|| line_by_grammar(line), ExtlinuxLine::Label);
    }
    Split::plain(line).map_or_else(|| line_by_grammar(line), ExtlinuxLine::Directive)
}

pub(super) fn line_by_grammar(line: &str) -> ExtlinuxLine<'_> {
    let Ok(mut pairs) = Grammar::parse(Rule::extlinux_line, line) else {
        return ExtlinuxLine::Directive(Split::word(line));
    };
    match pairs.peek().map(|pair| (pair.as_rule(), pair)) {
        Some((Rule::comment, _)) => ExtlinuxLine::Comment,
        Some((Rule::label, label)) => ExtlinuxLine::Label(read_split(line, label.into_inner())),
        _ => ExtlinuxLine::Directive(read_split(line, &mut pairs)),
    }
}

/// Those words of an `append`, split at spaces only (a tab does not separate), that begin with `initrd=` in any case.
pub(crate) fn initrd_words(argument: &str) -> impl Iterator<Item = &str> {
    let may_be = |word: &&str| word.starts_with(['i', 'I']);
    argument.split(' ').filter(may_be).filter(|word| Grammar::parse(Rule::initrd_word, word).is_ok())
}

/// The modules of `mboot.c32`, split at `---`. Where there are more than three, more than three of them.
pub(crate) fn modules(argument: &str) -> Vec<&str> {
    Grammar::parse(Rule::modules, argument)
        .map_or_else(|_| vec![argument], |pairs| pairs.map(|pair| pair.as_str()).collect())
}

/// A value without the double quotes around it.
pub(crate) fn unquoted(value: &str) -> &str {
    match Grammar::parse(Rule::unquoted, value).map(|mut pairs| pairs.next()) {
        Ok(Some(pair)) => pair.as_str(),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    super::super::rule_tests! {
        comment: takes ["#x"] not ["label"]
        label: takes ["label T", "LABEL=T", "labels"] not ["xlabel", "lab"]
        extlinux_line: takes ["a", "#", "label"] not []
        initrd_word: takes ["initrd=", "INITRD=/i,\t/j"] not ["initrd=/i ", "xinitrd=/i"]
        modules: takes ["a --- b", ""] not []
        too_many_modules: takes ["---"] not ["--"]
        module: takes ["a -- b"] not ["a --- b"]
        unquoted: takes ["a", "\""] not []
        inner: takes ["a", "\"a"] not ["", "a\""]
        bare: takes ["", "a b"] not []
    }

    #[test]
    fn splits_and_unquotes() {
        assert_eq!(line("Label  x y"), ExtlinuxLine::Label(Split { command: "Label", argument: "x y" }));
        assert_eq!(
            initrd_words("a  initrd=/i\tc Initrd= xinitrd=/j i").collect::<Vec<_>>(),
            ["initrd=/i\tc", "Initrd="]
        );
        assert_eq!(modules("xen --- k a --- i"), ["xen ", " k a ", " i"]);
        assert_eq!(modules("a ---- b"), ["a ", "- b"]);
        assert!(modules(&"---".repeat(9)).len() > 3);
        assert_eq!((unquoted("\"a b\""), unquoted("\"\""), unquoted("\"\"\""), unquoted("\"a")), {
            ("a b", "\"\"", "\"", "\"a")
        });
    }
}
