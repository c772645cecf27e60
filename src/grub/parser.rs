//! From tokens to statements, unit by unit as GRUB does it: a line, and as many more as its blocks and quotes need. A unit is
//! accepted or rejected as one, and what follows a rejected one on its last line is lost.
//!
//! What is accepted and which messages come was measured with grub-script-check 2.06 on generated and mutated texts
//! (tests/grub/syntax.rs).

use std::rc::Rc;

use super::constant_condition;
use super::lexer::{Keyword, Lexer, OUT_OF_LINES, TOO_LARGE, Token, TokenKind};
use super::marks::Marks;
use super::syntax::{Block, Command, Statement};
use super::text::ScriptText;
use super::word::Word;

/// How deep blocks and conditions may be nested. GRUB's own limit is its memory.
const DEEPEST: u32 = 200;

/// What a statement takes in the tree beside its words.
const STATEMENT: usize = 256;
/// What a word takes beside its bytes; with several pieces, each of them.
const WORD: usize = 112;

/// What GRUB makes of one unit.
#[derive(Debug)]
pub(super) enum Unit {
    /// It is executed. Empty for an empty line.
    Statements(Vec<Statement>),
    /// It is rejected.
    Rejected(Rejected),
    /// pregrub does not follow it.
    TooDeep {
        /// The line of the block that is one too many.
        line: u32,
    },
    /// Its tree would take more memory than there is room for.
    TooLarge,
}

/// Why a unit is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The line at which GRUB gives up.
    pub line: u32,
    /// What GRUB prints, one error a line, without `error: `.
    pub messages: Vec<String>,
    /// Whether GRUB ends here: a word is longer than its buffer.
    pub fatal: bool,
}

/// Reads units.
pub(super) struct Parser<'t> {
    text: &'t ScriptText,
    lexer: Lexer<'t>,
    token: Token,
    /// Whether `token` was used and another one must be read.
    used: bool,
    depth: u32,
    /// Functions that the unit defines: GRUB defines them even where it then rejects the unit.
    functions: Vec<Statement>,
    words: usize,
    /// How many bytes the tree of the unit takes.
    size: usize,
    /// How many it may take.
    room: usize,
    /// How many blocks are open whose commands are looked at only: what they do is parsed again when it is executed.
    unkept: u32,
    /// Whether the last commands were followed by delimiters, which are used.
    ended: bool,
    /// Where things stand, if that is asked for.
    marks: Option<Marks>,
    /// Whether the trees are kept.
    keeps: bool,
}

/// Why a statement could not be read.
enum Stop {
    /// The token does not fit.
    Unexpected,
    /// It is nested too deep.
    TooDeep(u32),
    /// There is no room for it.
    TooLarge,
}

type Parsed<T> = Result<T, Stop>;

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t ScriptText) -> Self {
        let token = Token { kind: TokenKind::Newline, start: 0, end: 0, line: 0 };
        Self {
            text,
            lexer: Lexer::new(text),
            token,
            used: true,
            depth: 0,
            functions: Vec::new(),
            words: 0,
            size: 0,
            room: usize::MAX,
            unkept: 0,
            ended: false,
            marks: None,
            keeps: true,
        }
    }

    /// The same, and what it reads is marked.
    pub(super) fn marking(text: &'t ScriptText) -> Self {
        Self { marks: Some(Marks::default()), ..Self::new(text) }
    }

    /// The byte that is read next.
    pub(super) fn place(&self) -> usize {
        self.lexer.place()
    }

    /// The same, and nothing else is kept of it: every unit is empty.
    pub(super) fn only_marking(text: &'t ScriptText) -> Self {
        Self { keeps: false, ..Self::marking(text) }
    }

    /// What was marked.
    pub(super) fn take_marks(&mut self) -> Option<Marks> {
        self.marks.take()
    }

    /// The functions that were defined since this was asked last.
    pub(super) fn take_functions(&mut self) -> Vec<Statement> {
        std::mem::take(&mut self.functions)
    }

    /// How many words have been read so far: what parsing costs.
    pub(super) fn words(&self) -> usize {
        self.words
    }

    /// How many bytes the tree of the last unit takes, with its functions.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The trees of the units that follow may each take `room` bytes.
    pub(super) fn limit(&mut self, room: usize) {
        self.room = room;
    }

    /// Counts what is added to the tree.
    fn keep(&mut self, bytes: usize) -> Parsed<()> {
        self.size = self.size.saturating_add(bytes);
        if self.size > self.room { Err(Stop::TooLarge) } else { Ok(()) }
    }

    /// The next unit; nothing at the end of the text.
    pub(super) fn unit(&mut self) -> Option<Unit> {
        let before = self.marks.as_ref().map(Marks::lengths);
        let start = self.lexer.place();
        let unit = self.next_unit();
        if let (Some(marks), Some(before)) = (&mut self.marks, before) {
            match &unit {
                Some(Unit::Rejected(rejected)) => {
                    marks.reject(before, (start, self.lexer.place()), (rejected.line, rejected.fatal));
                }
                Some(Unit::TooDeep { .. } | Unit::TooLarge) => marks.incomplete = true,
                Some(Unit::Statements(_)) | None => {}
            }
        }
        unit
    }

    fn next_unit(&mut self) -> Option<Unit> {
        self.used = true;
        self.depth = 0;
        self.unkept = u32::from(!self.keeps);
        self.size = 0;
        let mut statements = Vec::new();
        let mut first = true;
        loop {
            match &self.peek().kind {
                TokenKind::End if first => return None,
                TokenKind::End => return Some(Unit::Statements(statements)),
                TokenKind::Newline => {
                    self.used = true;
                    return Some(Unit::Statements(statements));
                }
                _ => {}
            }
            let begins = starts_statement(&self.token.kind);
            let parsed = if begins { self.statement() } else { Err(Stop::Unexpected) };
            match parsed {
                Ok(statement) => statements.extend(statement.filter(|_| self.keeps)),
                Err(Stop::TooDeep(line)) => {
                    self.lexer.skip_line();
                    return Some(Unit::TooDeep { line });
                }
                Err(Stop::TooLarge) => {
                    self.lexer.skip_line();
                    return Some(Unit::TooLarge);
                }
                Err(Stop::Unexpected) => return Some(Unit::Rejected(self.rejected(!first && !begins))),
            }
            match &self.peek().kind {
                TokenKind::Semicolon => self.used = true,
                TokenKind::Newline | TokenKind::End => {}
                _ => return Some(Unit::Rejected(self.rejected(false))),
            }
            first = false;
        }
    }

    /// What is said of the current token. `between` where whole statements lie before it, and it begins none.
    fn rejected(&mut self, between: bool) -> Rejected {
        let token = &self.token;
        let mut messages = Vec::new();
        let mut fatal = false;
        match &token.kind {
            TokenKind::Bad { complaint: Some(complaint) } => {
                fatal = complaint == TOO_LARGE;
                messages.push(complaint.clone());
            }
            TokenKind::End => messages.push(OUT_OF_LINES.to_owned()),
            _ => {}
        }
        let (syntax, incorrect) = ("syntax error.", "Incorrect command.");
        let again: &[&str] = if between {
            &[syntax]
        } else if starts_statement(&token.kind) {
            &[syntax, incorrect, syntax, incorrect, syntax]
        } else {
            &[syntax, incorrect, syntax]
        };
        if !fatal {
            messages.extend(again.iter().map(|message| (*message).to_owned()));
        }
        let last = match token.kind {
            TokenKind::Bad { .. } | TokenKind::End => {
                self.text.line(usize::MAX).min(self.text.line(self.last_line(token)))
            }
            _ => self.text.line(self.last_line(token)),
        };
        self.lexer.skip_line();
        Rejected { line: last, messages, fatal }
    }

    /// The index of the line on which a token ends.
    fn last_line(&self, token: &Token) -> usize {
        let raw = &self.text.as_str()[token.start..token.end];
        let feeds = memchr::memchr_iter(b'\n', raw.as_bytes()).count();
        let whole = if token.kind == TokenKind::Newline { 0 } else { feeds };
        (token.line + whole).saturating_sub(usize::from(token.kind == TokenKind::End))
    }

    fn peek(&mut self) -> &Token {
        if self.used {
            self.token = self.lexer.next();
            self.used = false;
            self.words += 1;
        }
        &self.token
    }

    fn take(&mut self) -> Token {
        self.peek();
        self.used = true;
        std::mem::replace(&mut self.token, Token { kind: TokenKind::End, start: 0, end: 0, line: 0 })
    }

    fn is_keyword(&mut self, keyword: Keyword) -> bool {
        self.peek().kind == TokenKind::Keyword(keyword)
    }

    fn keyword(&mut self, keyword: Keyword) -> Parsed<()> {
        if self.is_keyword(keyword) {
            self.used = true;
            return Ok(());
        }
        Err(Stop::Unexpected)
    }

    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > DEEPEST { Err(Stop::TooDeep(self.text.line(self.token.line))) } else { Ok(()) }
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// A statement where functions may be defined; nothing for such a definition, which is kept apart.
    fn statement(&mut self) -> Parsed<Option<Statement>> {
        if !self.is_keyword(Keyword::Function) {
            return self.command().map(Some);
        }
        self.used = true;
        let TokenKind::Word(word, true) = &self.peek().kind else { return Err(Stop::Unexpected) };
        let name = word.literal().unwrap_or_default();
        self.used = true;
        self.enter()?;
        self.newlines();
        if self.peek().kind != TokenKind::Open {
            return Err(Stop::Unexpected);
        }
        self.used = true;
        let body = self.commands()?;
        self.delimiters(true)?;
        if self.peek().kind != TokenKind::Close {
            return Err(Stop::Unexpected);
        }
        self.used = true;
        self.leave();
        self.functions.push(Statement::Function { name, body: body.into() });
        Ok(None)
    }

    /// Any statement but the definition of a function.
    fn command(&mut self) -> Parsed<Statement> {
        if self.unkept == 0 {
            self.keep(STATEMENT)?;
        }
        let line = self.text.line(self.peek().line);
        let start = self.token.start;
        match self.token.kind {
            TokenKind::Word(..) => {
                if let Some(marks) = &mut self.marks {
                    marks.command(&self.text.as_str()[start..self.token.end], start);
                }
                self.simple(line)
            }
            TokenKind::Keyword(Keyword::If) => {
                self.used = true;
                self.enter()?;
                let statement = self.branch(start)?;
                self.leave();
                Ok(statement)
            }
            TokenKind::Keyword(Keyword::For) => {
                self.used = true;
                self.enter()?;
                let TokenKind::Word(word, true) = &self.peek().kind else { return Err(Stop::Unexpected) };
                let name = word.literal().unwrap_or_default();
                self.used = true;
                self.keyword(Keyword::In)?;
                let words = self.arguments()?;
                self.delimiters(true)?;
                let body = self.body()?;
                self.leave();
                self.mark_block(start, self.token.end);
                Ok(Statement::For { name, words, body: body.into(), line })
            }
            TokenKind::Keyword(keyword @ (Keyword::While | Keyword::Until)) => {
                self.used = true;
                self.enter()?;
                let condition = self.commands()?;
                self.delimiters(true)?;
                let body = self.body()?;
                self.leave();
                self.mark_block(start, self.token.end);
                let until = keyword == Keyword::Until;
                Ok(Statement::While { until, condition: condition.into(), body: body.into(), line })
            }
            _ => Err(Stop::Unexpected),
        }
    }

    fn mark_block(&mut self, start: usize, end: usize) {
        if let Some(marks) = &mut self.marks {
            marks.block(start, end);
        }
    }

    /// What follows an `if` or `elif` that begins at `start`, to the `fi`. What is left out in some runs is marked, and what is left out
    /// in all.
    fn branch(&mut self, start: usize) -> Parsed<Statement> {
        // `elif` nests in the tree.
        self.enter()?;
        let asked = self.peek().start;
        let condition = self.commands()?;
        self.delimiters(true)?;
        self.keyword(Keyword::Then)?;
        let asked = self.text.as_str()[asked..self.token.start].trim_matches([' ', '\t', '\r', '\n', ';']);
        let met = self.marks.as_ref().and_then(|_| constant_condition::outcome(asked));
        let then = self.commands()?;
        self.delimiters(true)?;
        let other = self.peek().start;
        let alone = self.is_keyword(Keyword::Fi);
        let otherwise = if self.is_keyword(Keyword::Elif) {
            self.used = true;
            vec![self.branch(other)?]
        } else {
            let mut otherwise = Vec::new();
            if self.is_keyword(Keyword::Else) {
                self.used = true;
                otherwise = self.commands()?;
                self.delimiters(true)?;
            }
            self.keyword(Keyword::Fi)?;
            otherwise
        };
        self.leave();
        let end = self.token.end;
        match met {
            None => self.mark_block(start, end),
            Some(true) if alone => {}
            Some(true) => self.mark_block(other, end),
            Some(false) => self.mark_block(start, other),
        }
        Ok(Statement::If { condition: condition.into(), then: then.into(), otherwise: otherwise.into() })
    }

    /// `do`, commands, `done`.
    fn body(&mut self) -> Parsed<Vec<Statement>> {
        self.keyword(Keyword::Do)?;
        let body = self.commands()?;
        self.delimiters(true)?;
        self.keyword(Keyword::Done)?;
        Ok(body)
    }

    /// Words up to something else.
    fn arguments(&mut self) -> Parsed<Vec<Word>> {
        let mut words = Vec::new();
        loop {
            self.peek();
            if self.unkept > 0 {
                if !matches!(self.token.kind, TokenKind::Word(..) | TokenKind::Keyword(_)) {
                    return Ok(words);
                }
                self.used = true;
                continue;
            }
            match &mut self.token.kind {
                TokenKind::Word(word, _) => {
                    let word = std::mem::take(word);
                    self.keep(self.token.end - self.token.start + word.parts.len().max(1).saturating_mul(WORD))?;
                    words.push(word);
                }
                TokenKind::Keyword(_) => {
                    let mut word = Word::default();
                    word.push_bare(&self.text.as_str().as_bytes()[self.token.start..self.token.end]);
                    self.keep(WORD)?;
                    words.push(word);
                }
                _ => return Ok(words),
            }
            self.used = true;
        }
    }

    fn simple(&mut self, line: u32) -> Parsed<Statement> {
        let words = self.arguments()?;
        let mut block = None;
        if self.peek().kind == TokenKind::Open {
            let open = self.take();
            self.enter()?;
            self.unkept += 1;
            self.commands()?;
            self.delimiters(false)?;
            self.unkept -= 1;
            if self.peek().kind != TokenKind::Close {
                return Err(Stop::Unexpected);
            }
            self.used = true;
            self.leave();
            if self.unkept == 0 {
                let text = &self.text.as_str()[open.start..self.token.end];
                self.keep(text.len() + (self.token.line - open.line).saturating_mul(4))?;
                let lines = (open.line..=self.token.line).map(|index| self.text.line(index)).collect();
                block = Some(Block { text: Rc::from(text), lines });
            }
        }
        Ok(Statement::Command(Command { words, block, line }))
    }

    /// One command or more, with what separates them. Delimiters after the last one are left where another rule expects them, which
    /// is where a token follows that begins no command.
    fn commands(&mut self) -> Parsed<Vec<Statement>> {
        self.newlines();
        let mut commands = Vec::new();
        let first = self.command()?;
        if self.unkept == 0 {
            commands.push(first);
        }
        self.ended = false;
        while matches!(self.peek().kind, TokenKind::Newline | TokenKind::Semicolon) {
            self.used = true;
            self.newlines();
            self.peek();
            if !starts_statement(&self.token.kind) || self.token.kind == TokenKind::Keyword(Keyword::Function) {
                self.ended = true;
                break;
            }
            let command = self.command()?;
            if self.unkept == 0 {
                commands.push(command);
            }
            self.ended = false;
        }
        Ok(commands)
    }

    /// Delimiters: those that [`Self::commands`] has passed over count.
    fn delimiters(&mut self, required: bool) -> Parsed<()> {
        let mut seen = std::mem::take(&mut self.ended);
        while !seen && matches!(self.peek().kind, TokenKind::Newline | TokenKind::Semicolon) {
            self.used = true;
            self.newlines();
            seen = true;
        }
        if seen || !required { Ok(()) } else { Err(Stop::Unexpected) }
    }

    fn newlines(&mut self) {
        while self.peek().kind == TokenKind::Newline {
            self.used = true;
        }
    }
}

fn starts_statement(kind: &TokenKind) -> bool {
    matches!(
        kind,
        TokenKind::Word(..)
            | TokenKind::Keyword(Keyword::If | Keyword::For | Keyword::While | Keyword::Until | Keyword::Function)
    )
}
