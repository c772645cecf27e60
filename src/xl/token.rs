//! The tokens of one line, by `grammar/xl.pest`.

use pest::Parser;

/// The grammar. Its rules are documented in `grammar/xl.pest`.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/xl.pest"]
struct Grammar;

/// What a token is. The names are those of libxlutil's messages where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
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

impl Token {
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

/// The tokens of a line, its line feed included, each with the piece of the line that it is. After a stray one there is nothing.
pub(super) fn tokens(line: &str) -> impl Iterator<Item = (Token, &str)> {
    // One at a time: a line of a mebibyte may have as many tokens.
    let mut rest = line;
    std::iter::from_fn(move || {
        // Every line matches, so that an error cannot be; it would read as the end of the line.
        let pair = Grammar::parse(Rule::xl_token, rest).ok()?.next()?;
        let token = match pair.as_rule() {
            Rule::name => Token::Name,
            Rule::number => Token::Number,
            Rule::string => Token::String,
            Rule::append => Token::Append,
            Rule::comma => Token::Comma,
            Rule::open => Token::Open,
            Rule::close => Token::Close,
            Rule::assign => Token::Assign,
            Rule::semicolon => Token::Semicolon,
            Rule::newline => Token::Newline,
            _ => Token::Stray,
        };
        rest = match token {
            Token::Stray => "",
            _ => rest.get(pair.as_span().end()..).unwrap_or_default(),
        };
        Some((token, pair.as_str()))
    })
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
        assert_eq!(found, [Token::Name, Token::Assign, Token::Stray]);
        assert_eq!(tokens("").count(), 0);
    }
}
