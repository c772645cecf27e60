use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a `root` that keeps GRUB from the kernel, on a disk from which pygrub boots.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub reads kernel and initrd from the filesystem with the configuration, whatever `root` is. GRUB looks on `$root`. A
    /// `set root=(hd0)` that is right on an unpartitioned disk leads to the disk as a whole on one with partitions, and GRUB finds no
    /// filesystem there. Such a disk boots under pygrub, and in no guest of type hvm and under no pvgrub2.
    ///
    /// ## Example
    ///
    /// On a disk with one partition:
    ///
    /// ```text
    /// set root=(hd0)
    /// ```
    ///
    /// ## Use instead
    ///
    /// Nothing: GRUB begins with the filesystem that its configuration lies on. Or:
    ///
    /// ```text
    /// set root=(hd0,msdos1)
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with grub-emu 2.06 and xen-utils-4.17 on the same images.
    "PG704" "root-misleads-grub" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(grub) = context.picked_by_grub().filter(|grub| grub.pick.misled) else { return };
    let Some(reason) = grub.pick.reason.clone().filter(|_| context.run.handed_over().is_some()) else { return };
    let finding = Diagnostic::new(reason);
    let span = grub.pick.line.and_then(|line| Some(context.configuration()?.directive_in(line)?.line));
    let finding = match span {
        Some(span) => finding.at(span, "GRUB alone looks at it"),
        None => finding.in_configuration(),
    };
    report.add(match &grub.pick.help {
        Some(help) => finding.help(help.clone()),
        None => finding,
    });
}
