//! A script as a tree.

use std::rc::Rc;

use super::word::Word;

/// A statement.
#[derive(Clone, Debug)]
pub(crate) enum Statement {
    /// A command with its arguments.
    Command(Command),
    /// `if`, with the conditions of `elif` inside the other branch.
    If {
        /// What is executed for its status.
        condition: Rc<[Statement]>,
        /// Where that is 0.
        then: Rc<[Statement]>,
        /// Where it is not.
        otherwise: Rc<[Statement]>,
    },
    /// `for`.
    For {
        /// The variable.
        name: Vec<u8>,
        /// What it gets, one after the other.
        words: Vec<Word>,
        /// What is executed each time.
        body: Rc<[Statement]>,
        /// The line of the `for`.
        line: u32,
    },
    /// `while` and `until`.
    While {
        /// Whether it is `until`.
        until: bool,
        /// What is executed for its status.
        condition: Rc<[Statement]>,
        /// What is executed each time.
        body: Rc<[Statement]>,
        /// The line of the keyword.
        line: u32,
    },
    /// A function's definition. GRUB defines it as it reads it, wherever it stands.
    Function {
        /// Its name.
        name: Vec<u8>,
        /// What it does.
        body: Rc<[Statement]>,
    },
}

/// A command.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    /// The words: its name first.
    pub words: Vec<Word>,
    /// A block as the last argument, as a menu entry has one.
    pub block: Option<Block>,
    /// The line that it begins on.
    pub line: u32,
}

/// A block that is an argument.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The text with its braces, each byte a character.
    pub text: Rc<str>,
    /// The line of each line of it.
    pub lines: Rc<[u32]>,
}
