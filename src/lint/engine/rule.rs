//! What is known of a rule without what it does.

use crate::lint::engine::group::Group;
use crate::lint::engine::releases::Releases;
use crate::lint::engine::severity::Severity;

/// Whether what a rule finds stops the boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootImpact {
    /// Always, whatever is selected.
    Always,
    /// It depends: on the entry that is selected, or on how pygrub is called. The finding says so.
    Sometimes,
    /// Never.
    Never,
}

impl BootImpact {
    /// The words for it in the reference.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Always => "stops the boot",
            Self::Sometimes => "may stop the boot",
            Self::Never => "does not stop the boot",
        }
    }
}

/// How settled a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleStatus {
    /// What it finds and how it is called changes only with an entry in the changelog.
    Stable,
    /// It is new: what it finds may still change from version to version.
    Preview,
}

impl RuleStatus {
    /// The word for it in the reference and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Preview => "preview",
        }
    }
}

/// A rule. Codes and names are never used again for something else.
#[derive(Debug)]
pub struct Rule {
    /// `PG001`.
    pub code: &'static str,
    /// In kebab case: `device-variable`.
    pub name: &'static str,
    /// How bad its findings are, as a rule: where they are about what boots.
    pub severity: Severity,
    /// How bad some of its findings are instead.
    pub other_severities: &'static [Severity],
    /// Whether its findings stop the boot.
    pub stops: BootImpact,
    /// The releases of Xen in which it can find something.
    pub releases: Releases,
    /// How settled it is.
    pub status: RuleStatus,
    /// The first version of pregrub that has it: `0.1.0`.
    pub since: &'static str,
    /// Its documentation in Markdown: the doc comment of the rule, with the headings of [`SECTIONS`](Self::SECTIONS).
    pub doc: &'static str,
}

impl Rule {
    /// The headings that the documentation of every rule has, in this order. They are of the second level.
    pub const SECTIONS: [&'static str; 5] = ["What it does", "Why is this bad?", "Example", "Use instead", "Source"];

    /// All severities that it reports, the usual one first.
    pub fn severities(&self) -> impl Iterator<Item = Severity> {
        std::iter::once(self.severity).chain(self.other_severities.iter().copied())
    }

    /// Whether its findings are attacks on the host, which a guest's comment cannot suppress.
    pub fn ignores_guest_comments(&self) -> bool {
        matches!(self.code, "PG604" | "PG605")
    }

    /// The group.
    pub fn group(&self) -> Group {
        let group = Group::ALL.into_iter().find(|group| self.code.starts_with(group.prefix()));
        // A test compares every code with the groups.
        group.unwrap_or(Group::Suppressions)
    }

    /// The documentation in Markdown, without the space that doc comments have in front of each line.
    pub fn documentation(&self) -> String {
        let lines: Vec<&str> = self.doc.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
        format!("{}\n", lines.join("\n").trim())
    }

    /// What it does, as the first paragraph of the documentation says, on one line of Markdown.
    pub fn summary(&self) -> String {
        let documentation = self.documentation();
        let lines = documentation.lines().skip_while(|line| line.starts_with('#') || line.is_empty());
        lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }
}
