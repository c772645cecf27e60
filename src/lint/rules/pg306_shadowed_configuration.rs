use crate::boot::candidates;
use crate::config::READ_LIMIT;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, Files, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds configurations that pygrub does not read because another one on the same filesystem comes first. One with the same
    /// content, such as a link, is not a finding.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads the first of thirteen paths that is there: grub.cfg in /boot/grub, /grub, /boot/grub2, /grub2, then
    /// isolinux.cfg and extlinux.conf, then menu.lst and grub.conf. An old /boot/grub/grub.cfg, left by a package that was
    /// removed, hides the menu.lst or extlinux.conf that the guest keeps up to date: an old kernel boots, or nothing.
    ///
    /// ## Example
    ///
    /// ```text
    /// /boot/grub/grub.cfg        # of 2019
    /// /boot/grub/menu.lst        # of today
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// /boot/grub/menu.lst
    /// ```
    ///
    /// ## Source
    ///
    /// The order was measured with xen-utils-4.17 by deleting one path at a time. Xen 4.0 and 4.1 look for menu.lst and grub.conf
    /// first.
    "PG306" "shadowed-configuration" Warning or Note, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let (Some(configuration), Some(files)) = (context.configuration(), context.files()) else { return };
    let read = configuration.path;
    let hidden: Vec<&str> = candidates(context.release())
        .map(|(path, _)| path)
        .skip_while(|path| path.as_bytes() != read.as_bytes())
        .skip(1)
        .filter(|path| files.exists(path.as_bytes()) && !is_same(files, path, configuration.text))
        .collect();
    let Some((last, others)) = hidden.split_last() else { return };
    let named = match others {
        [] => format!("`{last}` is"),
        _ => format!("`{}` and `{last}` are", others.join("`, `")),
    };
    let that = if others.is_empty() { "it is" } else { "they are" };
    let finding =
        Diagnostic::new(format!("{named} never read: pygrub takes `{read}`, which comes first, and {that} different"))
            .in_configuration()
            .help("remove the one that is not kept up to date");
    // The image of an installer has one for each boot loader.
    let severity = if files.filesystem() == "iso9660" { Severity::Note } else { Severity::Warning };
    report.add_as(severity, finding);
}

fn is_same(files: &Files, path: &str, text: &[u8]) -> bool {
    // One byte more shows that there is more.
    files.read(path.as_bytes(), READ_LIMIT + 1).is_some_and(|other| {
        other == text || other.len() > READ_LIMIT && text.len() == READ_LIMIT && other.starts_with(text)
    })
}
