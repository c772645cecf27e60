//! Regular expressions of Python's `re`, as far as their meaning is beyond doubt: is there a match?
//!
//! A pattern is read by Python's rules and written down again for the crate `fancy-regex`, piece by piece. What Python refuses is
//! refused with Python's message. What is rare and reads differently from one Python to another (named groups, conditions,
//! octal escapes, flags other than `i`) is not answered at all.
//!
//! Under Python 2 pattern and text are bytes: each is handed over as the character of that number.
//! Compared with Python 2.7, 3.6 and 3.11 by `tests/python/regex.rs`.

use fancy_regex::{Regex as Engine, RegexBuilder};

use super::Python;

/// Groups in groups that are followed.
const DEEPEST: usize = 50;
/// The longest pattern that is answered.
const LONGEST: usize = 4096;
/// How often the engine may go back.
const BACKTRACKS: usize = 200_000;

/// A compiled pattern.
#[derive(Clone, Debug)]
pub struct Regex {
    anywhere: Engine,
    at_start: Engine,
    python: Python,
    /// It ignores case.
    ignores_case: bool,
    /// It has classes or boundaries that go by the properties of characters.
    has_classes: bool,
}

/// Why there is no compiled pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// Python raises `re.error` with this message.
    Invalid(String),
    /// pregrub does not know how Python reads it.
    Unsupported(&'static str),
}

/// Why there is no answer: pregrub does not know how Python matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer;

impl Regex {
    /// Compiles a pattern.
    ///
    /// # Errors
    ///
    /// See [`CompileError`].
    ///
    /// ```
    /// use pregrub::python::{Python, regex::{CompileError, Regex}};
    ///
    /// let pattern = Regex::new(r"recovery|rescue\b", Python::Three).unwrap();
    /// assert_eq!(pattern.is_found("Linux (recovery mode)"), Ok(true));
    /// let refusal = Regex::new("*x", Python::Three).unwrap_err();
    /// assert_eq!(refusal, CompileError::Invalid("nothing to repeat at position 0".to_owned()));
    /// ```
    pub fn new(pattern: &str, python: Python) -> Result<Self, CompileError> {
        if pattern.len() > LONGEST {
            return Err(CompileError::Unsupported("the pattern is very long"));
        }
        let mut reader = Reader::new(pattern, python);
        let read = reader.alternatives(0).and_then(|_| match reader.peek() {
            // Only a closing parenthesis ends alternatives early.
            Some(_) => Err(reader.invalid("unbalanced parenthesis", reader.at)),
            None => Ok(()),
        });
        read.map_err(|refusal| match refusal {
            // Python meets a backslash at the very end one piece early, and may raise for it before it raises for that piece.
            CompileError::Invalid(message) if ends_in_escape(pattern) && !message.contains("escape (end") => {
                CompileError::Unsupported("it ends in a backslash")
            }
            refusal => refusal,
        })?;
        if reader.varies {
            return Err(CompileError::Invalid("look-behind requires fixed-width pattern".to_owned()));
        }
        if reader.ignores_case && !pattern.is_ascii() {
            return Err(CompileError::Unsupported("it ignores the case of characters outside ASCII"));
        }
        let flags = if reader.ignores_case { "(?i)" } else { "" };
        let compile = |text: String| {
            let built = RegexBuilder::new(&text).backtrack_limit(BACKTRACKS).build();
            built.map_err(|_| CompileError::Unsupported("it combines repetitions and conditions in an unusual way"))
        };
        Ok(Self {
            anywhere: compile(format!("{flags}{}", reader.out))?,
            at_start: compile(format!(r"{flags}\A(?:{})", reader.out))?,
            python,
            ignores_case: reader.ignores_case || reader.ignores_case_somewhere,
            has_classes: reader.has_classes,
        })
    }

    /// `re.search`: whether it matches anywhere in `text`.
    ///
    /// # Errors
    ///
    /// The answer depends on properties of characters in which Python and the engine may differ, or takes too long.
    pub fn is_found(&self, text: &str) -> Result<bool, NoAnswer> {
        self.ask(&self.anywhere, text)
    }

    /// `re.match`: whether it matches at the start of `text`.
    ///
    /// # Errors
    ///
    /// As [`is_found`](Self::is_found).
    pub fn is_found_at_start(&self, text: &str) -> Result<bool, NoAnswer> {
        self.ask(&self.at_start, text)
    }

    fn ask(&self, engine: &Engine, text: &str) -> Result<bool, NoAnswer> {
        let strange = |c: char| {
            !c.is_ascii()
                && (self.ignores_case || self.has_classes && self.python == Python::Three && !is_plain_letter(c))
        };
        if text.contains(strange) {
            return Err(NoAnswer);
        }
        engine.is_match(text).map_err(|_| NoAnswer)
    }
}

/// Whether a backslash at the end escapes nothing.
fn ends_in_escape(pattern: &str) -> bool {
    (pattern.len() - pattern.trim_end_matches('\\').len()) % 2 == 1
}

/// A letter outside ASCII that every version of Unicode calls one.
fn is_plain_letter(c: char) -> bool {
    matches!(c, 'À'..='Ö' | 'Ø'..='ö' | 'ø'..='ɏ' | 'α'..='ω' | 'Α'..='Ρ' | 'Σ'..='Ω' | 'А'..='я' | '\u{4e00}'..='\u{9fa5}')
}

/// The least and the greatest number of characters that a piece matches; `None` if there is no greatest.
type Width = (usize, Option<usize>);

/// A piece that a repetition may follow.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// Nothing stands there.
    Nothing,
    /// `^`, `$`, `\b` and their like, which cannot be repeated.
    Place,
    /// Something that is repeated already.
    Repeated,
    /// Anything else.
    Any,
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    python: Python,
    out: String,
    /// Groups that have been opened, and whether they are closed.
    groups: Vec<bool>,
    ignores_case: bool,
    ignores_case_somewhere: bool,
    has_classes: bool,
    /// How many look-behinds are open.
    in_look_behind: usize,
    /// A look-behind matches texts of several lengths, which Python refuses once it has read all of the pattern.
    varies: bool,
}

const WORD: &str = "0-9A-Za-z_";

impl Reader {
    fn new(pattern: &str, python: Python) -> Self {
        Self {
            chars: pattern.chars().collect(),
            at: 0,
            python,
            out: String::new(),
            groups: Vec::new(),
            ignores_case: false,
            ignores_case_somewhere: false,
            has_classes: false,
            in_look_behind: 0,
            varies: false,
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += usize::from(next.is_some());
        next
    }

    fn takes(&mut self, wanted: char) -> bool {
        let there = self.peek() == Some(wanted);
        self.at += usize::from(there);
        there
    }

    /// Python 3 says where, Python 2 does not.
    fn invalid(&self, message: &str, position: usize) -> CompileError {
        CompileError::Invalid(match self.python {
            Python::Two => message.to_owned(),
            Python::Three => format!("{message} at position {position}"),
        })
    }

    /// One message for Python 2 and another for Python 3.
    fn either(&self, two: &str, three: &str, position: usize) -> CompileError {
        self.invalid(if self.python == Python::Two { two } else { three }, position)
    }

    /// Alternatives up to a closing parenthesis or the end.
    fn alternatives(&mut self, depth: usize) -> Result<Width, CompileError> {
        if depth > DEEPEST {
            return Err(CompileError::Unsupported("its groups are nested very deeply"));
        }
        let mut width = self.sequence(depth)?;
        while self.takes('|') {
            self.out.push('|');
            let (least, greatest) = self.sequence(depth)?;
            width = (width.0.min(least), width.1.zip(greatest).map(|(a, b)| a.max(b)));
        }
        Ok(width)
    }

    fn sequence(&mut self, depth: usize) -> Result<Width, CompileError> {
        let mut width: Width = (0, Some(0));
        let mut last = (Piece::Nothing, (0, Some(0)));
        let mut start = self.out.len();
        while let Some(c) = self.peek() {
            match c {
                '|' | ')' => break,
                '*' | '+' | '?' | '{' => {
                    let here = self.at;
                    self.at += 1;
                    let Some((least, greatest)) = self.bounds(c, here)? else {
                        // A brace that begins no bounds is itself.
                        width = add(width, last.1);
                        start = self.out.len();
                        self.literal('{');
                        last = (Piece::Any, (1, Some(1)));
                        continue;
                    };
                    match last.0 {
                        Piece::Nothing | Piece::Place => return Err(self.invalid("nothing to repeat", here)),
                        Piece::Repeated => return Err(self.invalid("multiple repeat", here)),
                        Piece::Any => {}
                    }
                    let lazy = if self.takes('?') { "?" } else { "" };
                    let piece = self.out.split_off(start);
                    let upper = greatest.map_or(String::new(), |greatest| greatest.to_string());
                    self.out.push_str(&format!("(?:{piece}){{{least},{upper}}}{lazy}"));
                    let (one_least, one_greatest) = last.1;
                    let most = greatest.zip(one_greatest).map(|(a, b)| a.saturating_mul(b));
                    let most = if one_greatest == Some(0) { Some(0) } else { most };
                    last = (Piece::Repeated, (one_least.saturating_mul(least), most));
                }
                _ => {
                    let begins = self.out.len();
                    let piece = self.atom(depth)?;
                    // Flags are not a piece: a repetition after them is of the piece before.
                    if piece.0 != Piece::Nothing {
                        width = add(width, last.1);
                        (start, last) = (begins, piece);
                    }
                }
            }
        }
        Ok(add(width, last.1))
    }

    /// How often the piece before is repeated; `None` if a brace begins no bounds.
    fn bounds(&mut self, sign: char, here: usize) -> Result<Option<(usize, Option<usize>)>, CompileError> {
        match sign {
            '*' => return Ok(Some((0, None))),
            '+' => return Ok(Some((1, None))),
            '?' => return Ok(Some((0, Some(1)))),
            _ => {}
        }
        let after = self.at;
        if self.peek() == Some('}') {
            return Ok(None);
        }
        let low = self.digits();
        let high = if self.takes(',') { self.digits() } else { low.clone() };
        if !self.takes('}') {
            self.at = after;
            return Ok(None);
        }
        let number = |digits: &str| match digits.parse::<usize>() {
            Ok(number) if number <= 1000 => Ok(Some(number)),
            _ if digits.is_empty() => Ok(None),
            _ => Err(CompileError::Unsupported("it repeats something very often")),
        };
        let (low, high) = (number(&low)?, number(&high)?);
        let least = low.unwrap_or(0);
        if high.is_some_and(|high| high < least) {
            return Err(self.either("bad repeat interval", "min repeat greater than max repeat", here + 1));
        }
        Ok(Some((least, high)))
    }

    fn digits(&mut self) -> String {
        let mut digits = String::new();
        while let Some(digit) = self.peek().filter(char::is_ascii_digit) {
            digits.push(digit);
            self.at += 1;
        }
        digits
    }

    /// One piece.
    fn atom(&mut self, depth: usize) -> Result<(Piece, Width), CompileError> {
        let one = (1, Some(1));
        let nothing = (0, Some(0));
        let here = self.at;
        Ok(match self.next() {
            Some('.') => {
                self.out.push_str(r"[^\n]");
                (Piece::Any, one)
            }
            Some('^') => {
                self.out.push_str(r"\A");
                (Piece::Place, nothing)
            }
            // At the end, or before a line feed that ends the text.
            Some('$') => {
                self.out.push_str(r"(?=\n?\z)");
                (Piece::Place, nothing)
            }
            Some('[') => {
                self.set(here)?;
                (Piece::Any, one)
            }
            Some('(') => self.group(here, depth)?.map_or((Piece::Nothing, nothing), |width| (Piece::Any, width)),
            Some('\\') => self.escape(here)?,
            Some(c) => {
                self.literal(c);
                (Piece::Any, one)
            }
            None => (Piece::Nothing, nothing),
        })
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
    }

    /// What follows an opening parenthesis, with the closing one. `None` if it only set flags.
    fn group(&mut self, here: usize, depth: usize) -> Result<Option<Width>, CompileError> {
        let mut number = None;
        let mut is_look = false;
        let mut looks_back = false;
        if self.takes('?') {
            match self.next() {
                Some(':') => self.out.push_str("(?:"),
                Some(sign @ ('=' | '!')) => {
                    is_look = true;
                    self.out.push_str("(?");
                    self.out.push(sign);
                }
                Some('<') => match self.next() {
                    Some(sign @ ('=' | '!')) => {
                        (is_look, looks_back) = (true, true);
                        self.out.push_str("(?<");
                        self.out.push(sign);
                    }
                    _ => return Err(CompileError::Unsupported("it has an unusual group")),
                },
                Some('i') if self.takes(')') => {
                    self.ignores_case = true;
                    return Ok(None);
                }
                Some('i') if self.peek() == Some(':') => {
                    if self.python == Python::Two {
                        return Err(self.invalid("unknown extension", here));
                    }
                    self.at += 1;
                    self.ignores_case_somewhere = true;
                    self.out.push_str("(?i:");
                }
                _ => return Err(CompileError::Unsupported("it has an unusual group")),
            }
        } else {
            number = Some(self.groups.len());
            self.groups.push(false);
            self.out.push('(');
        }
        self.in_look_behind += usize::from(looks_back);
        let width = self.alternatives(depth + 1)?;
        if !self.takes(')') {
            return Err(self.either("unbalanced parenthesis", "missing ), unterminated subpattern", here));
        }
        if looks_back {
            self.in_look_behind -= 1;
            self.varies |= width.1 != Some(width.0);
        }
        self.out.push(')');
        if let Some(closed) = number.and_then(|number| self.groups.get_mut(number)) {
            *closed = true;
        }
        Ok(Some(if is_look { (0, Some(0)) } else { width }))
    }

    fn escape(&mut self, here: usize) -> Result<(Piece, Width), CompileError> {
        let one = (1, Some(1));
        let Some(c) = self.next() else {
            return Err(self.either("bogus escape (end of line)", "bad escape (end of pattern)", here));
        };
        if let Some(class) = self.class(c) {
            self.out.push_str(&format!("[{class}]"));
            return Ok((Piece::Any, one));
        }
        let place = match (c, self.python) {
            ('A', _) => Some(r"\A".to_owned()),
            ('Z', _) => Some(r"\z".to_owned()),
            ('b', Python::Three) => Some(r"\b".to_owned()),
            ('B', Python::Three) => Some(r"(?!\A\z)\B".to_owned()),
            ('b', Python::Two) => Some(format!("(?:(?<=[{WORD}])(?![{WORD}])|(?<![{WORD}])(?=[{WORD}]))")),
            ('B', Python::Two) => Some(format!(r"(?!\A\z)(?:(?<=[{WORD}])(?=[{WORD}])|(?<![{WORD}])(?![{WORD}]))")),
            _ => None,
        };
        if let Some(place) = place {
            self.has_classes |= matches!(c, 'b' | 'B');
            self.out.push_str(&place);
            return Ok((Piece::Place, (0, Some(0))));
        }
        if let Some(digit) = c.to_digit(10) {
            let number = usize::try_from(digit).unwrap_or(0);
            let closed = number.checked_sub(1).and_then(|index| self.groups.get(index));
            if closed != Some(&true) || self.in_look_behind > 0 || self.peek().is_some_and(|c| c.is_ascii_digit()) {
                return Err(CompileError::Unsupported("it has an octal escape or an unusual reference"));
            }
            self.out.push_str(&format!("(?:\\{number})"));
            return Ok((Piece::Any, (0, None)));
        }
        let c = self.escaped(c, here)?;
        self.literal(c);
        Ok((Piece::Any, one))
    }

    /// The inside of a set for `\w` and its like.
    fn class(&mut self, c: char) -> Option<String> {
        let text = match (c.to_ascii_lowercase(), self.python) {
            ('w', Python::Two) => WORD,
            ('w', Python::Three) => r"\w",
            ('d', Python::Two) => "0-9",
            ('d', Python::Three) => r"\d",
            ('s', Python::Two) => r"\x20\t\n\r\x0c\x0b",
            ('s', Python::Three) => r"\s\x1c-\x1f",
            _ => return None,
        };
        self.has_classes = true;
        Some(if c.is_ascii_uppercase() { format!("[^{text}]") } else { text.to_owned() })
    }

    /// The character that an escape stands for.
    fn escaped(&mut self, c: char, here: usize) -> Result<char, CompileError> {
        Ok(match c {
            'a' => '\x07',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            'x' | 'u' | 'U' | 'N' | 'p' | 'P' => {
                return Err(CompileError::Unsupported("it has an escape by number or name"));
            }
            c if c.is_ascii_alphabetic() => match self.python {
                Python::Two => c,
                Python::Three => return Err(self.invalid(&format!("bad escape \\{c}"), here)),
            },
            c => c,
        })
    }

    /// A set, of which the opening bracket at `here` is read.
    fn set(&mut self, here: usize) -> Result<(), CompileError> {
        let unterminated =
            |reader: &Self| reader.either("unexpected end of regular expression", "unterminated character set", here);
        self.out.push('[');
        if self.takes('^') {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let at = self.at;
            let c = self.next().ok_or_else(|| unterminated(self))?;
            if c == ']' && !first {
                break;
            }
            first = false;
            let low = self.member(c, at)?;
            if self.peek() != Some('-') {
                self.push_member(&low);
                continue;
            }
            self.at += 1;
            let at_high = self.at;
            let c = self.next().ok_or_else(|| unterminated(self))?;
            if c == ']' {
                self.push_member(&low);
                self.push_member(&Member::One('-'));
                break;
            }
            let high = self.member(c, at_high)?;
            let bad = |reader: &Self| {
                let shown: String = reader.chars[at..reader.at].iter().collect();
                reader.either("bad character range", &format!("bad character range {shown}"), at)
            };
            match (&low, &high) {
                (Member::One(low), Member::One(high)) if low <= high => {
                    push_literal(&mut self.out, *low);
                    self.out.push('-');
                    push_literal(&mut self.out, *high);
                }
                _ => return Err(bad(self)),
            }
        }
        self.out.push(']');
        Ok(())
    }

    fn member(&mut self, c: char, at: usize) -> Result<Member, CompileError> {
        if c != '\\' {
            return Ok(Member::One(c));
        }
        let Some(c) = self.next() else {
            return Err(self.either("bogus escape (end of line)", "bad escape (end of pattern)", at));
        };
        if let Some(class) = self.class(c) {
            return Ok(Member::Class(class));
        }
        if c.is_ascii_digit() {
            return Err(CompileError::Unsupported("it has an octal escape"));
        }
        Ok(Member::One(if c == 'b' { '\x08' } else { self.escaped(c, at)? }))
    }

    fn push_member(&mut self, member: &Member) {
        match member {
            Member::One(c) => push_literal(&mut self.out, *c),
            Member::Class(class) => self.out.push_str(class),
        }
    }
}

/// A member of a set.
enum Member {
    One(char),
    Class(String),
}

/// The character as itself, in and outside of sets.
fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || c == '_' {
        out.push(c);
    } else {
        out.push_str(&format!("\\x{{{:x}}}", u32::from(c)));
    }
}

fn add(a: Width, b: Width) -> Width {
    (a.0.saturating_add(b.0), a.1.zip(b.1).map(|(a, b)| a.saturating_add(b)))
}
