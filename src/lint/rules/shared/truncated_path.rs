//! Findings about paths that open although they should not: all of pygrub's drivers but the one for ext end a path at its first
//! space or tab.

use crate::boot::Purpose;
use crate::explain::missing_path::{MissingPath, ends_at_a_blank};
use crate::explain::path_issue::{PathIssue, words};
use crate::explain::wording::shown;
use crate::lint::analysis::named_file::{Lookup, NamedFile, all};
use crate::lint::rules::{Diagnostic, LintContext, Reporter, Severity};
use crate::python::PyStr;

/// How many entries are reported.
const MOST: usize = 50;

/// Reports files of which more than spaces is lost: other initrds, or the kernel's arguments.
pub(in crate::lint) fn check(context: &LintContext<'_>, report: &mut Reporter<'_>, issue: PathIssue) {
    let Some(lookup) = Lookup::new(context) else { return };
    let Some(files) = lookup.files().filter(|files| ends_at_a_blank(files.filesystem())) else { return };
    let dialect = lookup.configuration().dialect;
    let cut = all(lookup.configuration())
        .filter(|named| PathIssue::of(named.path(), named.purpose, dialect) == Some(issue))
        .filter(|named| words(named.path()).nth(1).is_some() && files.exists(named.path()));
    for named in cut.take(MOST) {
        let severity = if named.selected { Severity::Error } else { Severity::Warning };
        report.add_as(severity, finding(&lookup, &named, files.filesystem()));
    }
}

fn finding(lookup: &Lookup<'_>, named: &NamedFile<'_>, filesystem: &str) -> Diagnostic {
    let first = words(named.path()).next().unwrap_or_default().to_vec();
    let (first, entry) = (shown(&PyStr::from(first)), named.of());
    let (message, label) = if named.purpose == Purpose::Kernel {
        let lost = "the arguments after the tab are lost";
        (
            format!(
                "pygrub's {filesystem} driver ends the kernel's path at the tab: {entry} boots `{first}`, and {lost}"
            ),
            "a tab",
        )
    } else {
        let lost = "what follows is lost";
        (
            format!(
                "pygrub's {filesystem} driver ends a path at its first space: {entry} gets the initrd `{first}`, and {lost}"
            ),
            "only the first file counts",
        )
    };
    // Without a filesystem the advice is that of ext, where the same has to be changed.
    let advice = MissingPath { filesystem: None, ..lookup.missing(named, None) }.advice();
    let mut finding = Diagnostic::new(message).at(named.file.span, label);
    finding.help = advice.help;
    finding
}
