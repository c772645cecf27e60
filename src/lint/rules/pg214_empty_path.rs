use crate::boot::Purpose;
use crate::config::{Cause, Span};
use crate::explain::missing_path::empty_path;
use crate::explain::path_issue::PathIssue;
use crate::lint::analysis::named_file::{NamedFile, all};
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::unopenable_path;
use crate::lint::rules::{Answer, Diagnostic, LintContext, Reporter, Severity};
use crate::release::Change;

rule! {
    /// ## What it does
    ///
    /// Finds entries whose `linux`, `kernel` or `initrd` line names no file, or has an argument of the kernel where its path belongs.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub treats an empty kernel path as no kernel, goes on with the next partition, and says in the end that it found
    /// no partition with a kernel. An empty initrd path counts as no initrd: the guest boots without one and, as a rule,
    /// does not find its root disk. Of `linux ro quiet` pygrub treats `ro` as the kernel's path.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "Linux" {
    ///   linux
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "Linux" {
    ///   linux /vmlinuz root=/dev/xvda1
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17. Releases before 4.1 hand an empty kernel path to the filesystem, which opens its root
    /// directory for it on ext.
    "PG214" "empty-path" Error or Warning, stops: Sometimes, releases: all(), check
}

/// How many entries that are not selected are reported.
const MOST: usize = 50;

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let raised = context.raised(&[Cause::NothingFound]).pop();
    let missing = context.files().map(|files| matches!(files.look(b""), Answer::Missing(_)));
    let mut others = 0;
    let dialect = configuration.dialect;
    // Where NixOS has no kernel it has no initrd either: one finding says both.
    let has_none = |named: &NamedFile<'_>| {
        let kernel =
            named.entry.kernel.as_ref().filter(|_| named.purpose == Purpose::Ramdisk && configuration.is_from_nixos());
        kernel.is_some_and(|kernel| {
            PathIssue::of(kernel.path.as_bytes(), Purpose::Kernel, dialect) == Some(PathIssue::Argument)
        })
    };
    for named in all(&configuration).filter(|named| named.path().is_empty() && !has_none(named)) {
        others += usize::from(!named.selected);
        if !named.selected && others > MOST {
            continue;
        }
        let entry = named.of();
        let is_kernel = named.purpose == Purpose::Kernel;
        // Releases that try one partition open the empty path, if there is a disk.
        let fails = raised.is_some() || context.release().has(Change::EveryPartition) || missing == Some(true);
        let stops = named.selected && is_kernel && fails;
        let (message, help) = empty_path(named.purpose, &entry, configuration.writer());
        let mut finding = Diagnostic::new(message).at(line(&named), "no path").stops_boot(stops).help(help);
        finding.raised = raised.clone().filter(|_| stops);
        report.add_as(if stops { Severity::Error } else { Severity::Warning }, finding);
    }
    unopenable_path::check(context, report, PathIssue::Argument);
}

/// The line: nothing stands where the path should.
fn line(named: &NamedFile<'_>) -> Span {
    let lines = named.entry.directives.iter().map(|directive| directive.line);
    lines.rev().find(|line| line.line == named.file.span.line).unwrap_or(named.file.span)
}
