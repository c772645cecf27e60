//! A rule, and how one is written down.

use crate::lint::analysis::context::LintContext;
use crate::lint::engine::group::Group;
use crate::lint::engine::reporter::Reporter;
use crate::lint::engine::severity::Severity;

/// Whether what a rule finds stops the boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BootImpact {
    /// Always, whatever is selected.
    Always,
    /// It depends: on the entry that is selected, or on how pygrub is called. The finding tells.
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

/// A rule. Codes and names are never used again for something else.
#[derive(Debug)]
pub struct Rule {
    /// `PG001`.
    pub code: &'static str,
    /// In kebab case: `device-variable`.
    pub name: &'static str,
    /// How bad its findings are, unless one says otherwise.
    pub severity: Severity,
    /// Whether its findings stop the boot.
    pub stops: BootImpact,
    /// The releases of Xen that it concerns: `all`, `4.13 and later`.
    pub releases: &'static str,
    /// Its documentation in Markdown: the doc comment of the rule, with the headings of [`SECTIONS`](Self::SECTIONS).
    pub doc: &'static str,
    /// Looks at a subject and reports.
    pub check: fn(&LintContext<'_>, &mut Reporter<'_>),
}

impl Rule {
    /// The headings that the documentation of every rule has, in this order. They are of the second level.
    pub const SECTIONS: [&'static str; 5] = ["What it does", "Why is this bad?", "Example", "Use instead", "Source"];

    /// Whether its findings are attacks on the host, about which a comment of the guest says nothing.
    pub fn ignores_guest_comments(&self) -> bool {
        matches!(self.code, "PG604" | "PG605")
    }

    /// The group.
    pub fn group(&self) -> Group {
        let group = Group::ALL.into_iter().find(|group| self.code.starts_with(group.prefix()));
        // A test holds every code against the groups.
        group.unwrap_or(Group::Suppressions)
    }

    /// The documentation in Markdown, without the blank that doc comments have in front of each line.
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

/// Writes a rule down. Its doc comment is the documentation: the only source of `pregrub explain`, `pregrub rules` and
/// docs/rules.md.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        $code:literal $name:literal $severity:ident, stops: $stops:ident, releases: $releases:literal, $check:path
    ) => {
        $(#[doc = $doc])+
        pub(in crate::lint) static RULE: $crate::lint::Rule = $crate::lint::Rule {
            code: $code,
            name: $name,
            severity: $crate::lint::Severity::$severity,
            stops: $crate::lint::BootImpact::$stops,
            releases: $releases,
            doc: concat!($($doc, "\n"),+),
            check: $check,
        };
    };
}

pub(in crate::lint) use rule;
