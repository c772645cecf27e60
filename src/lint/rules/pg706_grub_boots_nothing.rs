use crate::boot::Purpose;
use crate::config::Dialect;
use crate::explain::path_issue::PathIssue;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds the path of a kernel without a slash in front: pygrub takes it from the root of the filesystem, GRUB finds no file by it
    /// at all.
    ///
    /// ## Why is this bad?
    ///
    /// The guest boots with pygrub alone. A guest of type hvm stops in GRUB's menu, and so does one that is moved to another
    /// virtualization.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "A" {
    ///   linux vmlinuz root=/dev/xvda1
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "A" {
    ///   linux /vmlinuz root=/dev/xvda1
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 against grub-emu 2.06 and a real GRUB 2.06 in QEMU. `pregrub compare` shows other kernels that GRUB
    /// does not load.
    "PG706" "grub-boots-nothing" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    if context.run.handed_over().is_none() && context.run.chosen.is_none() {
        return;
    }
    let Some(grub) = context.picked_by_grub().filter(|grub| !grub.pick.misled) else { return };
    let Some(attempt) = grub.run.chosen().filter(|attempt| !attempt.works()) else { return };
    let Some((kernel, error)) = attempt.kernel().and_then(|kernel| Some((kernel, kernel.error.as_deref()?))) else {
        return;
    };
    // Where a file is missing, another disk may have it, and what is in it other rules judge.
    if !error.starts_with("invalid file name") || kernel.file != grub.run.config {
        return;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let path = kernel.files.first().map(|file| text(&file.path)).unwrap_or_default();
    // An argument where the path belongs is PG214's, where no file of that name is known to be there.
    if context.files().is_none()
        && PathIssue::of(path.as_bytes(), Purpose::Kernel, Dialect::Grub2) == Some(PathIssue::Argument)
    {
        return;
    }
    let title = attempt.title().map(text).unwrap_or_default();
    let finding =
        Diagnostic::new(format!("GRUB boots nothing: it prints `error: {error}` for the kernel of `{title}`"));
    let span = context.configuration().and_then(|configuration| Some(configuration.directive_in(kernel.line)?.line));
    let finding = match span {
        Some(span) => finding.at(span, "GRUB does not load it"),
        None => finding.in_configuration(),
    };
    let otherwise =
        if is_like_a_file(&path) { "" } else { ", or if that is an argument, the kernel's path in front of it" };
    report.add(finding.help(format!("write the path from the root of the filesystem: `/{path}`{otherwise}")));
}

/// Whether a word looks like the name of a kernel: with a digit or a `.` in it, or as distributions call theirs.
fn is_like_a_file(word: &str) -> bool {
    let names = ["linu", "kern", "image", "/"];
    word.contains(|c: char| c.is_ascii_digit() || c == '.')
        || names.iter().any(|name| word.to_lowercase().contains(name))
}
