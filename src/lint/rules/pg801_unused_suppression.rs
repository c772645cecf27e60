use crate::lint::rules::Diagnostic;
use crate::lint::rules::declare::rule;

rule! {
    /// ## What it does
    ///
    /// Finds comments that suppress nothing: `# pregrub: allow(PG101)` where the rule finds nothing in what follows.
    ///
    /// ## Why is this bad?
    ///
    /// What it was written for is gone, or it stands in the wrong place. One day it will hide something that nobody meant to
    /// hide.
    ///
    /// ## Example
    ///
    /// ```text
    /// # pregrub: allow(default-by-title) GRUB reads the same
    /// set default=0
    /// ```
    ///
    /// ## Use instead
    ///
    /// Remove the comment. If only some releases of Xen need it, turn this rule off on the command line:
    /// `-A unused-suppression`.
    ///
    /// ## Source
    ///
    /// pregrub's own comments, which pygrub and GRUB skip.
    "PG801" "unused-suppression" Warning, stops: Never, releases: all()
}

/// The diagnostic for a rule or group that is named in vain.
pub(in crate::lint) fn diagnostic(name: &str) -> Diagnostic {
    Diagnostic::new(format!("`{name}` finds nothing here, so the comment suppresses nothing"))
        .help("remove it from the comment")
}
