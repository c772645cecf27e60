//! Where the parser met what others ask for by place: blocks that may be left out or done several times, and some commands.

/// Places in a script, as offsets in its text.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    /// Conditions and loops, each from its first word to the end of its last one, and branches that are never taken.
    pub blocks: Vec<(u32, u32)>,
    /// Where a menu entry or a submenu is defined.
    pub entries: Vec<u32>,
    /// Where a variable may be assigned: `set`, or a word with a `=`.
    pub assignments: Vec<u32>,
    /// What is rejected.
    pub rejected: Vec<Dropped>,
    /// Whether a piece was not followed.
    pub incomplete: bool,
}

/// A piece that GRUB rejects and drops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    /// Where it begins.
    pub start: u32,
    /// Where GRUB goes on.
    pub end: u32,
    /// The line at which GRUB gives up.
    pub line: u32,
    /// Whether GRUB ends here: a word is longer than its buffer.
    pub fatal: bool,
}

fn narrow(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}

impl Marks {
    /// A command by its first word.
    pub(super) fn command(&mut self, word: &str, start: usize) {
        match word {
            "menuentry" | "hiddenentry" => self.entries.push(narrow(start)),
            "set" => self.assignments.push(narrow(start)),
            _ if word.contains('=') => self.assignments.push(narrow(start)),
            _ => {}
        }
    }

    /// A condition or a loop.
    pub(super) fn block(&mut self, start: usize, end: usize) {
        self.blocks.push((narrow(start), narrow(end)));
    }

    /// How many of each there are.
    pub(super) fn lengths(&self) -> [usize; 3] {
        [self.blocks.len(), self.entries.len(), self.assignments.len()]
    }

    /// Forgets what was met since then: GRUB rejects it.
    pub(super) fn reject(&mut self, before: [usize; 3], (start, end): (usize, usize), (line, fatal): (u32, bool)) {
        self.blocks.truncate(before[0]);
        self.entries.truncate(before[1]);
        self.assignments.truncate(before[2]);
        self.rejected.push(Dropped { start: narrow(start), end: narrow(end), line, fatal });
    }
}
