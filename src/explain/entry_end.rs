//! Where a menu entry ends for GRUB while pygrub goes on reading it.

use crate::config::{Config, Entry, Span};

/// The end of an entry that pygrub does not see.
#[derive(Clone, Copy, Debug)]
pub(crate) enum EntryEnd {
    /// The entry is on one line; from the brace in this column on.
    OneLine(usize),
    /// The brace is at the end of this command.
    AfterCommand(Span),
    /// This line is a function for pygrub, and the next brace its end.
    Function(Span),
}

impl EntryEnd {
    /// The end of `entry`, which pygrub read on after it.
    pub(crate) fn of(config: &Config, text: &[u8], entry: &Entry) -> Option<Self> {
        let at = |span: Span| text.get(span.range()).unwrap_or_default();
        if let Some(brace) = one_line(at(entry.header), entry) {
            return Some(Self::OneLine(brace));
        }
        let is_end = |text: &[u8]| {
            let count = |byte| memchr::memchr_iter(byte, text).count();
            text.ends_with(b"}") && count(b'}') > count(b'{')
        };
        let mut lines = entry.directives.iter().map(|directive| directive.line);
        if let Some(line) = lines.find(|line| is_end(at(*line))) {
            return Some(Self::AfterCommand(line));
        }
        let (first, last) = entry.lines;
        let function = config.functions.iter().find(|function| (first..=last).contains(&function.header.line))?;
        Some(Self::Function(function.header))
    }

    /// What stands beside it.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::OneLine(_) => "pygrub does not look at this",
            Self::AfterCommand(_) => "pygrub does not see this brace",
            Self::Function(_) => "a function for pygrub, and the next `}` its end",
        }
    }

    /// The way out.
    pub(crate) fn help(self) -> &'static str {
        match self {
            Self::OneLine(_) => "write each command of an entry, and its `}`, on a line of its own",
            Self::AfterCommand(_) => "write the `}` of the entry on a line of its own",
            Self::Function(_) => "write the line so that it does not begin with `function`",
        }
    }
}

/// `menuentry "A" { linux /k; }`: where the brace is.
fn one_line(header: &[u8], entry: &Entry) -> Option<usize> {
    let after_title = (entry.title_span.end.checked_sub(entry.header.start)?) as usize;
    let brace = after_title + memchr::memchr(b'{', header.get(after_title..)?)?;
    header.get(brace + 1..)?.trim_ascii().ends_with(b"}").then_some(brace)
}
