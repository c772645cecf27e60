use crate::lint::rules::Diagnostic;
use crate::lint::rules::declare::rule;

rule! {
    /// ## What it does
    ///
    /// Finds comments for pregrub that it does not understand: an unknown rule, a missing parenthesis, another word than `allow`
    /// and `allow-file`.
    ///
    /// ## Why is this bad?
    ///
    /// The comment does nothing, and who wrote it thinks otherwise.
    ///
    /// ## Example
    ///
    /// ```text
    /// # pregrub: ignore PG101
    /// set default="NixOS"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// # pregrub: allow(PG101) GRUB alone boots this guest
    /// set default="NixOS"
    /// ```
    ///
    /// The comment stands on a line of its own and covers the next line, and all of the menu entry that begins there.
    /// `allow-file(PG101)` covers the file. Rules are named by code or name, groups too (`storage`, `PG3`).
    ///
    /// ## Source
    ///
    /// pregrub's own comments, which pygrub and GRUB skip.
    "PG802" "malformed-suppression" Warning, stops: Never, releases: all()
}

/// The diagnostic for a comment that is wrong in this way.
pub(in crate::lint) fn diagnostic(message: &str) -> Diagnostic {
    Diagnostic::new(message).help("write `# pregrub: allow(RULE, ...) reason`, or allow-file for the whole file")
}
