//! Groups of rules, by the hundreds of their codes.

/// A group of rules: those whose codes have the same hundreds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// PG0xx: pygrub raises, and nothing boots.
    StopsTheRun,
    /// PG1xx: another entry boots than the one that is meant, or at another time.
    BootsSomethingElse,
    /// PG2xx: kernel, initrd and arguments.
    KernelInitrdArguments,
    /// PG3xx: disks, partitions and filesystems.
    Storage,
    /// PG4xx: Xen's domain builder, which loads what pygrub hands over.
    DomainBuilder,
    /// PG5xx: the domain's configuration for xl.
    Toolstack,
    /// PG6xx: who can boot what, and what pygrub may do.
    Security,
    /// PG7xx: what GRUB does otherwise with the same configuration.
    GrubDisagrees,
    /// PG8xx: the linter's own comments.
    Suppressions,
}

impl Group {
    /// All groups, in the order of their codes.
    pub const ALL: [Self; 9] = [
        Self::StopsTheRun,
        Self::BootsSomethingElse,
        Self::KernelInitrdArguments,
        Self::Storage,
        Self::DomainBuilder,
        Self::Toolstack,
        Self::Security,
        Self::GrubDisagrees,
        Self::Suppressions,
    ];

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::StopsTheRun => "stops-the-run",
            Self::BootsSomethingElse => "boots-something-else",
            Self::KernelInitrdArguments => "kernel-initrd-arguments",
            Self::Storage => "storage",
            Self::DomainBuilder => "domain-builder",
            Self::Toolstack => "toolstack",
            Self::Security => "security",
            Self::GrubDisagrees => "grub-disagrees",
            Self::Suppressions => "suppressions",
        }
    }

    /// What all codes of the group begin with: `PG0`.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::StopsTheRun => "PG0",
            Self::BootsSomethingElse => "PG1",
            Self::KernelInitrdArguments => "PG2",
            Self::Storage => "PG3",
            Self::DomainBuilder => "PG4",
            Self::Toolstack => "PG5",
            Self::Security => "PG6",
            Self::GrubDisagrees => "PG7",
            Self::Suppressions => "PG8",
        }
    }

    /// What the group is about, as a heading.
    pub fn title(self) -> &'static str {
        match self {
            Self::StopsTheRun => "Stops the run",
            Self::BootsSomethingElse => "Boots something else",
            Self::KernelInitrdArguments => "Kernel, initrd, arguments",
            Self::Storage => "Storage",
            Self::DomainBuilder => "Domain builder",
            Self::Toolstack => "Toolstack",
            Self::Security => "Security",
            Self::GrubDisagrees => "GRUB and pygrub disagree",
            Self::Suppressions => "Suppressions",
        }
    }
}
