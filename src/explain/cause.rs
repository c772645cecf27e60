//! The identity of a cause: what the verdict, a finding, the drop-in and JSON refer to.

use crate::config::{Cause, Raised};

/// What stops a boot, apart from the sentences about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CauseId {
    /// What it is.
    pub kind: CauseKind,
    /// The attempt that it belongs to.
    pub attempt: Option<usize>,
    /// Where it is in the configuration: bytes from its start.
    pub at: Option<u32>,
}

impl CauseId {
    /// What pygrub raises in an attempt.
    pub(crate) fn of_raised(attempt: Option<usize>, raised: &Raised) -> Self {
        Self { kind: CauseKind::Raised(raised.cause), attempt, at: raised.span.map(|span| span.start) }
    }

    pub(super) fn of(kind: CauseKind, attempt: Option<usize>) -> Self {
        Self { kind, attempt, at: None }
    }
}

/// The kinds of causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CauseKind {
    /// What lies after an exception.
    Raised(Cause),
    /// A filesystem with a configuration that pygrub never tries.
    Untried,
    /// The disk is not the one that the domain boots from; another one of its disks is.
    DiskOrder,
    /// Names in the filesystem's directories that pygrub's driver does not find.
    FileTypes,
    /// A file that is copied and damaged.
    Damaged,
    /// A file that is larger than pregrub hands over.
    TooLarge,
    /// pygrub's process dies.
    Crashed,
    /// pregrub does not know what pygrub does.
    Unknown,
    /// Xen's domain builder refuses the kernel that pygrub hands over.
    Refused,
    /// The kernel would load and the guest does not start: for its initrd or its arguments.
    NotBuilt,
    /// pygrub cannot write the copies.
    NotCopied,
    /// The toolstack cannot use what pygrub prints.
    Rejected,
    /// pygrub is not started.
    NotStarted,
}

impl CauseKind {
    /// Its name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Raised(cause) => name_of(cause),
            Self::Untried => "filesystem-not-tried",
            Self::DiskOrder => "disk-order",
            Self::FileTypes => "file-types-in-directories",
            Self::Damaged => "damaged-file",
            Self::TooLarge => "file-too-large",
            Self::Crashed => "crash",
            Self::Unknown => "unknown",
            Self::Refused => "kernel-refused",
            Self::NotBuilt => "domain-not-built",
            Self::NotCopied => "not-copied",
            Self::Rejected => "result-rejected",
            Self::NotStarted => "not-started",
        }
    }
}

fn name_of(cause: Cause) -> &'static str {
    match cause {
        Cause::Device | Cause::DeviceCommas => "device",
        Cause::Parenthesis => "parenthesis",
        Cause::SetArity => "set-arity",
        Cause::ClosingBrace => "closing-brace",
        Cause::NestedEntry => "nested-entry",
        Cause::OpenEntry => "open-entry",
        Cause::DefaultNotANumber => "default-not-a-number",
        Cause::NegativeDefault => "negative-default",
        Cause::NotUtf8 => "not-utf-8",
        Cause::AppendUnsupported => "append-unsupported",
        Cause::QuotedKernel => "quoted-kernel",
        Cause::NoEntry => "no-entry",
        Cause::NoKernel => "no-kernel",
        Cause::EntryOption => "entry-option",
        Cause::Timeout => "timeout",
        Cause::Drawing => "menu-drawing",
        Cause::Terminal => "terminal",
        Cause::Interrupted => "interrupted",
        Cause::NoConfiguration => "no-configuration",
        Cause::NoFilesystem => "no-filesystem",
        Cause::PartitionTable => "partition-table",
        Cause::MissingFile => "missing-file",
        Cause::Read => "unreadable-file",
        Cause::FileName => "file-name",
        Cause::NothingFound => "nothing-found",
        Cause::Output => "output",
        Cause::Title => "title",
        Cause::TitleRule => "title-rule",
        Cause::TooLarge => "too-large",
    }
}
