use crate::initrd::Problem;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::initrd_problem;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds an initrd whose modules are all for other kernels than the one that boots.
    ///
    /// ## Why is this bad?
    ///
    /// The kernel loads no module that was built for another one (`version magic ... should be ...`): no driver for the disk, no
    /// filesystem.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /vmlinuz-6.1.0-56-amd64 root=/dev/xvda1
    /// initrd /initrd.img-6.1.0-50-amd64
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /vmlinuz-6.1.0-56-amd64 root=/dev/xvda1
    /// initrd /initrd.img-6.1.0-56-amd64
    /// ```
    ///
    /// ## Source
    ///
    /// The directory below lib/modules is named as `uname -r` prints it; the kernel's release stands in the header of a bzImage.
    "PG426" "modules-of-another-kernel" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    initrd_problem::report(context, report, |problem| matches!(problem, Problem::OtherKernel { .. }));
}
