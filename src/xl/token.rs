//! The tokens of one line, by `grammar/xl.pest`.

use pest::Parser;
use pest::iterators::Pair;

/// The grammar. Its rules are documented in `grammar/xl.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/xl.pest"]
struct Grammar;

/// What a token is. The names are those of libxlutil's messages where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum XlToken {
    /// A name: `memory`.
    Name,
    /// A number, or what begins like one.
    Number,
    /// A string in quotation marks.
    String,
    /// `+=`
    Append,
    /// `,`
    Comma,
    /// `[`
    Open,
    /// `]`
    Close,
    /// `=`
    Assign,
    /// `;`
    Semicolon,
    /// The end of a line, with the comment in front of it.
    Newline,
    /// The end of the file.
    End,
    /// What is not a token.
    Stray,
}

impl XlToken {
    /// What libxlutil calls it in `unexpected ...`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "IDENT",
            Self::Number => "NUMBER",
            Self::String => "STRING",
            Self::Append => "+=",
            Self::Comma => "','",
            Self::Open => "'['",
            Self::Close => "']'",
            Self::Assign => "'='",
            Self::Semicolon => "';'",
            Self::Newline => "NEWLINE",
            Self::End => "$end",
            Self::Stray => "$undefined",
        }
    }

    /// What it is, for people: with its article.
    pub fn described(self) -> &'static str {
        match self {
            Self::Name => "a name",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Append => "`+=`",
            Self::Comma => "a comma",
            Self::Open => "`[`",
            Self::Close => "`]`",
            Self::Assign => "`=`",
            Self::Semicolon => "`;`",
            Self::Newline => "the end of the line",
            Self::End => "the end of the file",
            Self::Stray => "a character that begins nothing",
        }
    }
}

/// A longer line is split token by token: one of a mebibyte may have as many, and pest keeps all that it finds.
const AT_ONCE: usize = 4096;

/// The tokens of a line, its line feed included, each with the piece of the line that it is. After a stray one there is nothing.
pub(super) fn tokens(line: &str) -> impl Iterator<Item = (XlToken, &str)> {
    // A file may have a million of them, and the grammar takes its time.
    let is_end = line == "\n";
    let ends = is_end.then_some((XlToken::Newline, line));
    let line = if is_end { "" } else { line };
    let (short, mut long) = if line.len() <= AT_ONCE { (line, "") } else { ("", line) };
    // Every line matches, so that an error cannot be; it would read as an empty line.
    let short = (!short.is_empty()).then(|| Grammar::parse(Rule::xl_line, short)).into_iter().flatten();
    let short = short.flatten().map(token_of);
    ends.into_iter().chain(short).chain(std::iter::from_fn(move || {
        if long.is_empty() {
            return None;
        }
        if let Some(token) = of_one_character(long) {
            let (piece, rest) = long.split_at(1);
            long = rest;
            return Some((token, piece));
        }
        let pair = Grammar::parse(Rule::xl_token, long).ok()?.next()?;
        let end = pair.as_span().end();
        let found = token_of(pair);
        long = if found.0 == XlToken::Stray { "" } else { long.get(end..).unwrap_or_default() };
        Some(found)
    }))
}

/// A token that its first character shows: what the grammar would say, without asking it a million times.
fn of_one_character(text: &str) -> Option<XlToken> {
    match text.as_bytes().first()? {
        b';' => Some(XlToken::Semicolon),
        b',' => Some(XlToken::Comma),
        b'[' => Some(XlToken::Open),
        b']' => Some(XlToken::Close),
        b'=' => Some(XlToken::Assign),
        _ => None,
    }
}

fn token_of(pair: Pair<'_, Rule>) -> (XlToken, &str) {
    let token = match pair.as_rule() {
        Rule::name => XlToken::Name,
        Rule::number => XlToken::Number,
        Rule::string => XlToken::String,
        Rule::append => XlToken::Append,
        Rule::comma => XlToken::Comma,
        Rule::open => XlToken::Open,
        Rule::close => XlToken::Close,
        Rule::assign => XlToken::Assign,
        Rule::semicolon => XlToken::Semicolon,
        Rule::newline => XlToken::Newline,
        _ => XlToken::Stray,
    };
    (token, pair.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(rule: Rule, text: &str) -> bool {
        Grammar::parse(rule, text)
            .ok()
            .and_then(|mut pairs| pairs.next())
            .is_some_and(|pair| pair.as_rule() == rule && pair.as_str() == text)
    }

    // Expected values: libxlutil 4.17.7.
    #[test]
    fn rules() {
        for (rule, yes, no) in [
            (Rule::name, &["a", "a_1", "vif.x"][..], &["A", "_a", "1", "a-b", "é"][..]),
            (Rule::number, &["0", "0x1f", "12ab", "00a"], &["0x1F", "-1", "1.5", "g"]),
            (
                Rule::string,
                &["''", "'a\"b'", "\"a'b\"", r"'a\'b'", r"'\\'", "'é'"],
                &["'", r"'\'", "'a\n'", "'a\"", "''''"],
            ),
            (Rule::newline, &["\n", "#\n", "# 'a' é \n"], &["#", "", "\r\n"]),
        ] {
            for text in yes {
                assert!(taken(rule, text), "{text:?} is not a {rule:?}");
            }
            for text in no {
                assert!(!taken(rule, text), "{text:?} is a {rule:?}");
            }
        }
    }

    #[test]
    fn a_line() {
        let found: Vec<_> = tokens("a+=[1,'x'] ;b=2g # c\n").map(|(token, text)| format!("{token:?} {text}")).collect();
        let expected = "Name a|Append +=|Open [|Number 1|Comma ,|String 'x'|Close ]|Semicolon ;|Name b|Assign =|Number 2|Name g|Newline # c\n";
        assert_eq!(found.join("|"), expected);
        let found: Vec<_> = tokens("a = -1\n").map(|(token, _)| token).collect();
        assert_eq!(found, [XlToken::Name, XlToken::Assign, XlToken::Stray]);
        assert_eq!(tokens("").count(), 0);
        let by_grammar = Grammar::parse(Rule::xl_line, "\n").unwrap().map(token_of);
        assert_eq!(tokens("\n").collect::<Vec<_>>(), by_grammar.collect::<Vec<_>>());
        // A long line as a short one.
        let piece = "a+=[1,'x'] ;b=2g ";
        let all =
            |count: usize| tokens(&format!("{}-x\n", piece.repeat(count))).map(|(token, _)| token).collect::<Vec<_>>();
        let (one, many) = (all(1), all(1000));
        assert_eq!(many.len(), (one.len() - 1) * 1000 + 1);
        assert_eq!((&many[..one.len() - 1], many.last()), (&one[..one.len() - 1], Some(&XlToken::Stray)));
    }
}
