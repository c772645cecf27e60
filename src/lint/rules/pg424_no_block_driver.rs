use crate::initrd::Problem;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::initrd_problem;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a guest without a driver for its disks: xen-blkfront is a module by the kernel's configuration, or by the initrd's
    /// modules.builtin not built in, and the initrd does not have it.
    ///
    /// ## Why is this bad?
    ///
    /// The guest starts, finds none of its disks, and waits for its root (`ALERT! /dev/xvda1 does not exist. Dropping to a shell!`).
    /// This happens where an initrd was built on another machine with only the drivers of that one.
    ///
    /// ## Example
    ///
    /// ```text
    /// MODULES=dep                     # /etc/initramfs-tools/initramfs.conf, in a chroot on a host with other disks
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// MODULES=most
    /// # or xen-blkfront in /etc/initramfs-tools/modules, boot.initrd.availableKernelModules = [ "xen_blkfront" ]
    /// ```
    ///
    /// ## Source
    ///
    /// Linux: drivers/block/xen-blkfront.c, CONFIG_XEN_BLKDEV_FRONTEND. Where neither the configuration nor modules.builtin is there, the
    /// rule is silent.
    "PG424" "no-block-driver" Error, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    initrd_problem::report(context, report, |problem| matches!(problem, Problem::NoBlockDriver { .. }));
}
