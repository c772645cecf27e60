//! What to write in place of what libxlutil cannot parse.

use super::syntax::{SyntaxError, SyntaxErrorKind};
use super::token::XlToken;

const PYTHON: &str = "xm read Python, and left with Xen 4.5: write each value literally (disk = [ 'phy:/dev/vg0/guest,xvda,w' ]), or generate \
                      the file with a script; xl create accepts `name=\"value\"` on its command line where guests differ";
const FORM: &str = "write `name = value`, one setting a line, with texts in quotes and lists in brackets";

/// Words with which a line of Python begins, and a setting does not.
const PYTHON_WORDS: [&[u8]; 14] = [
    b"import", b"from", b"def", b"if", b"elif", b"else", b"for", b"while", b"class", b"try", b"except", b"print",
    b"return", b"with",
];

impl SyntaxError {
    /// The way out of what is wrong in `text`, as an imperative.
    pub fn help(&self, text: &[u8]) -> String {
        let start = self.span.range().start.min(text.len());
        let line = memchr::memrchr(b'\n', &text[..start]).map_or(0, |newline| newline + 1);
        let first = text[line..].trim_ascii_start();
        let word = first.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let assigns = first[word..].trim_ascii_start().starts_with(b"=");
        if self.looks_like_python || !assigns && PYTHON_WORDS.contains(&&first[..word]) {
            return PYTHON.to_owned();
        }
        let here = &text[start..];
        let begins = |words: &[&[u8]]| words.iter().any(|word| here.starts_with(word));
        let triple = text[..start].ends_with(b"\"\"") || text[..start].ends_with(b"''");
        match self.trouble {
            SyntaxErrorKind::Unexpected(XlToken::String, _) | SyntaxErrorKind::Stray(b'\'' | b'"') if triple => {
                "write one pair of quotes, on one line: xl knows no triple ones".to_owned()
            }
            SyntaxErrorKind::Stray(b'\'' | b'"') => "write the text and its quotes on one line".to_owned(),
            SyntaxErrorKind::Stray(b'#') => "end the last line with a line feed".to_owned(),
            SyntaxErrorKind::Stray(b'\r') => "write the file with line feeds alone (dos2unix)".to_owned(),
            SyntaxErrorKind::Stray(_) if begins(&[b"True"]) => "write 1".to_owned(),
            SyntaxErrorKind::Stray(_) if begins(&[b"False"]) => "write 0".to_owned(),
            SyntaxErrorKind::Stray(_) if begins(&[b"None"]) => "remove the setting".to_owned(),
            SyntaxErrorKind::Stray(b'%' | b'*' | b'{' | b'}' | b'|' | b'/' | b'<' | b'>') => PYTHON.to_owned(),
            SyntaxErrorKind::Stray(_) => FORM.to_owned(),
            SyntaxErrorKind::Escape => "write the backslash twice".to_owned(),
            SyntaxErrorKind::NumericEscape => "write the character itself".to_owned(),
            SyntaxErrorKind::Nul => "remove the NUL: is the file damaged?".to_owned(),
            SyntaxErrorKind::Unexpected(XlToken::End, wanted) if wanted.contains("`]`") => {
                "close the list with `]`".to_owned()
            }
            SyntaxErrorKind::Unexpected(XlToken::Name, wanted) if wanted.contains("`]`") => {
                "close the list above this line with `]`, or write the text in quotes".to_owned()
            }
            SyntaxErrorKind::Unexpected(XlToken::String | XlToken::Number, wanted) if wanted.contains("`]`") => {
                "write a comma between the items of the list".to_owned()
            }
            SyntaxErrorKind::Unexpected(XlToken::Name, wanted) if wanted.starts_with("a string") => {
                "write the text in quotes".to_owned()
            }
            SyntaxErrorKind::Unexpected(XlToken::Newline | XlToken::End, wanted) if wanted.starts_with("a string") => {
                "give the setting a value, or remove the line".to_owned()
            }
            SyntaxErrorKind::Unexpected(..) => FORM.to_owned(),
            SyntaxErrorKind::Mixed => "write both as lists".to_owned(),
            SyntaxErrorKind::TooDeep => "write the list with fewer levels".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::release::Release;
    use crate::xl::syntax;

    #[test]
    fn ways_out() {
        for (text, want) in [
            ("import os\n", "xm read Python"),
            ("if True:\n  a=1\n", "xm read Python"),
            ("def f():\n", "xm read Python"),
            ("a=[\"phy:%s\" % x]\n", "xm read Python"),
            ("a='x'+b\n", "xm read Python"),
            ("a=256*2\n", "xm read Python"),
            ("a={'b':1}\n", "xm read Python"),
            ("a=True\n", "write 1"),
            ("a=False\n", "write 0"),
            ("a=None\n", "remove the setting"),
            ("a=\"\"\"x\"\"\"\n", "one pair of quotes"),
            ("a='''x'''\n", "one pair of quotes"),
            ("a=x\n", "in quotes"),
            ("a=['x'\nb=1\n", "close the list above"),
            ("a=['x'", "close the list"),
            ("a=['x' 'y']\n", "a comma"),
            ("a=\n", "give the setting a value"),
            ("a=1\r\n", "line feeds alone"),
            ("a='x\n", "on one line"),
            ("a=1 b=2\n", "one setting a line"),
        ] {
            let error = syntax::parse(text.as_bytes(), Release::NEWEST).unwrap_err();
            let help = error.help(text.as_bytes());
            assert!(help.contains(want), "{text}: {help}");
        }
    }
}
