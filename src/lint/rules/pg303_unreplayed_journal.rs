use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};
use crate::storage::filesystem::Topic;

rule! {
    /// ## What it does
    ///
    /// Finds ext3 and ext4 filesystems whose journal holds changes that were not written to their place yet: the guest is
    /// running, or it was stopped without unmounting.
    ///
    /// ## Why is this bad?
    ///
    /// Linux and GRUB replay the journal, pygrub does not. It reads the filesystem as it was some seconds or minutes before the
    /// guest stopped: a kernel or a grub.cfg that was installed last may be missing or old, and one that was deleted may still
    /// be found.
    ///
    /// ## Example
    ///
    /// ```text
    /// xl destroy guest        # just after nixos-rebuild boot
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// xl shutdown -w guest
    /// ```
    ///
    /// Where it has happened: let the guest start and shut down cleanly, or run `e2fsck -p DEVICE` on the disk while the guest does not
    /// run. Do not mount the disk on the host for it: the host's kernel would work on what the guest wrote. `e2fsck` works on it as
    /// well, but as a program, which another user than root can run on an image; for a guest that you do not trust, run it in a virtual machine
    /// (`guestfish --format=raw -a DISK run : e2fsck /dev/sda1 correct:true`).
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 and libext2fs 1.47.0: a file that was in the journal only was not seen, one renamed away there
    /// still was.
    "PG303" "unreplayed-journal" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(attempt) = context.attempt() else { return };
    if attempt.notes.iter().any(|note| note.topic == Topic::Journal) {
        report.add(
            Diagnostic::new(
                "the journal holds changes that were never written to their place: Linux and GRUB would see them, and \
                 pygrub does not",
            )
            .help(
                "let the guest shut down cleanly, which writes it; or, while the guest does not run, replay the journal with \
                 e2fsck -p (do not mount the disk on the host, whose kernel would work on what the guest wrote)",
            ),
        );
    }
}
