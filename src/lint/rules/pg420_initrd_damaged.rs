use crate::initrd::Problem;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::initrd_problem;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds an initrd that the guest's kernel does not unpack to its end: it is cut off, damaged, or made of parts that the kernel
    /// does not put together.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub copies the file whatever is in it, and Xen hands it over. The kernel prints one line among hundreds (`Initramfs
    /// unpacking failed: ...`), keeps what it has unpacked so far, and goes on: modules or secrets are missing and the guest stops in its
    /// initrd, if it comes to that. Of an uncompressed archive that is cut off, the kernel does not say a word.
    ///
    /// ## Example
    ///
    /// ```text
    /// cat microcode.cpio initrd.lz4 secrets.cpio.gz > initrd    # lz4 treats what follows as its own
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// cat microcode.cpio initrd.zst secrets.cpio.gz > initrd
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with Linux 6.1 in QEMU on the initrds of corpus/initrd.
    "PG420" "initrd-damaged" Error or Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    initrd_problem::report(context, report, |problem| {
        matches!(
            problem,
            Problem::Refused { .. } | Problem::Cut { .. } | Problem::WithoutTrailer | Problem::LeftOut { .. }
        )
    });
}
