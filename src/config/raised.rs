//! What pygrub raises, as data.

use serde::Serialize;

use super::span::Span;

/// At which stage of a run an exception is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// While the host's rules on titles are read, before anything else; nothing catches it.
    Rules,
    /// While the partition offsets are computed; nothing catches it.
    Partitions,
    /// While a filesystem is opened.
    Open,
    /// While the configuration is looked for or read.
    Discover,
    /// While the configuration is parsed.
    Parse,
    /// In the interactive menu.
    Menu,
    /// While an entry is selected.
    Select,
    /// While kernel or initrd are copied; ends the program.
    Copy,
    /// Before pygrub is started, or instead: xl and libxl.
    Toolstack,
    /// After pygrub: Xen's domain builder, which loads the kernel.
    Builder,
}

impl Stage {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Partitions => "partitions",
            Self::Open => "open",
            Self::Discover => "discover",
            Self::Parse => "parse",
            Self::Menu => "menu",
            Self::Select => "select",
            Self::Copy => "copy",
            Self::Toolstack => "toolstack",
            Self::Builder => "builder",
        }
    }
}

/// What lies after an exception: what an explanation can be hung on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Cause {
    /// A device whose number pygrub cannot read: `($drive1)`, `(lvm/root)`, `hd`.
    Device,
    /// More than one comma in a device.
    DeviceCommas,
    /// A `(` without `)`.
    Parenthesis,
    /// `set` without exactly one name and one value.
    SetArity,
    /// A closing brace where no menu entry or submenu is open.
    ClosingBrace,
    /// A menu entry begins inside another.
    NestedEntry,
    /// The file ends inside a menu entry.
    OpenEntry,
    /// The default entry is not a number (releases up to 4.4.1).
    DefaultNotANumber,
    /// The default entry is less than zero.
    NegativeDefault,
    /// The file is not UTF-8.
    NotUtf8,
    /// extlinux `append`, which releases up to 4.1.2 cannot store.
    AppendUnsupported,
    /// extlinux: a kernel in quotes with spaces around it and no arguments.
    QuotedKernel,
    /// There is no entry at all.
    NoEntry,
    /// A title with a NUL, which cannot be logged.
    Title,
    /// A rule on titles, of the host, that is not a regular expression.
    TitleRule,
    /// The selected entry has no kernel.
    NoKernel,
    /// `--entry` does not work in this release.
    EntryOption,
    /// The timeout is not an integer, and the menu is shown.
    Timeout,
    /// The menu cannot be drawn.
    Drawing,
    /// There is no terminal that the menu could be drawn on.
    Terminal,
    /// Somebody pressed Ctrl-C.
    Interrupted,
    /// There is no configuration.
    NoConfiguration,
    /// No plugin accepts what is at this offset.
    NoFilesystem,
    /// The partition table ends too early.
    PartitionTable,
    /// A file cannot be opened.
    MissingFile,
    /// A file cannot be read.
    Read,
    /// A file is larger than the host allows.
    TooLarge,
    /// A name that cannot be handed to the filesystem.
    FileName,
    /// Nothing on the disk yielded a kernel.
    NothingFound,
    /// The result cannot be printed in the format that is asked for.
    Output,
}

/// An exception of Python that pygrub raises, whether it swallows it or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raised {
    /// Where in the run.
    pub stage: Stage,
    /// The name of the exception's type: `ValueError`.
    pub exception: &'static str,
    /// Its message, character by character.
    pub message: String,
    /// The piece of the configuration that raised it, where it is one.
    pub span: Option<Span>,
    /// What lies after it.
    pub cause: Cause,
}

impl Raised {
    pub(crate) fn new(stage: Stage, exception: &'static str, message: impl Into<String>, cause: Cause) -> Self {
        Self { stage, exception, message: message.into(), span: None, cause }
    }

    pub(crate) fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// [`at`](Self::at), where the place is known.
    pub(crate) fn at_known(self, span: Option<Span>) -> Self {
        match span {
            Some(span) => self.at(span),
            None => self,
        }
    }
}

/// As Python's traceback ends: `ValueError: invalid literal ...`.
impl std::fmt::Display for Raised {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.message.is_empty() {
            f.write_str(self.exception)
        } else {
            write!(f, "{}: {}", self.exception, self.message)
        }
    }
}
