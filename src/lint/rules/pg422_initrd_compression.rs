use crate::initrd::Problem;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::initrd_problem;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds an initrd whose compression the guest's kernel does not have: by the kernel's version, and by `config-VERSION` beside it.
    ///
    /// ## Why is this bad?
    ///
    /// The kernel prints `Initramfs unpacking failed: compression method ... not configured` (an older one `junk in compressed
    /// archive`) and boots without an initrd.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /vmlinuz-5.4.0-99-generic root=/dev/xvda1
    /// initrd /initrd.img-5.4.0-99-generic      # zstd, which Linux has from 5.9 on
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /vmlinuz-5.4.0-99-generic root=/dev/xvda1
    /// initrd /initrd.img-5.4.0-99-generic      # built with COMPRESS=gzip in /etc/initramfs-tools/initramfs.conf
    /// ```
    ///
    /// ## Source
    ///
    /// Linux: CONFIG_RD_GZIP and its like; zstd from 5.9 on, lz4 from 3.11, xz from 2.6.38, LZO from 2.6.33, bzip2 and LZMA from 2.6.30.
    "PG422" "initrd-compression-unsupported" Error, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    initrd_problem::report(context, report, |problem| matches!(problem, Problem::UnsupportedCompression { .. }));
}
