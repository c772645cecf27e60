//! What each line did: what a linter and a trace look at.

use super::raised::Raised;
use super::span::Span;

/// What pygrub made of a directive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// Set the default.
    Default,
    /// Set the timeout.
    Timeout,
    /// Set the root device: of an entry, where it is taken apart, or of the file, where it is only stored.
    Root,
    /// Set the kernel (and with it the arguments).
    Kernel,
    /// Set the initrd.
    Initrd,
    /// Set the arguments (extlinux `append`).
    Args,
    /// Set the title (extlinux `label`).
    Title,
    /// Set the password (menu.lst).
    Password,
    /// Stored, and never looked at again: `fallback`, `hiddenmenu`, `splashimage`.
    Stored,
    /// Known and ignored: `insmod`, `search`, `if`, ...
    Ignored,
    /// `set` of a variable that pygrub does not know: ignored without a word.
    Variable,
    /// Not known: a warning.
    Unknown,
    /// It raised.
    Raised,
}

/// One line that pygrub took for a directive.
#[derive(Clone, Copy, Debug)]
pub struct Directive {
    /// The whole line, stripped.
    pub line: Span,
    /// The argument, unquoted and stripped as far as pygrub does that.
    pub argument: Span,
    /// What pygrub made of it.
    pub effect: Effect,
}

impl Directive {
    /// The command: what stands in front of the first space, tab or `=` of the line. `text` is that of the configuration.
    pub fn command<'a>(&self, text: &'a [u8]) -> &'a [u8] {
        let line = text.get(self.line.range()).unwrap_or_default();
        line.split(|byte| matches!(byte, b' ' | b'\t' | b'=')).next().unwrap_or_default()
    }

    /// Where the command stands.
    pub fn command_span(&self, text: &[u8]) -> Span {
        let command = self.command(text);
        let length = super::span::narrow(String::from_utf8_lossy(command).chars().count());
        Span { end: self.line.start + super::span::narrow(command.len()), length, ..self.line }
    }
}

/// Marks the last directive as the one that raised, where it did.
pub(super) fn mark(directives: &mut [Directive], result: &Result<(), Raised>) {
    if result.is_err()
        && let Some(last) = directives.last_mut()
    {
        last.effect = Effect::Raised;
    }
}
