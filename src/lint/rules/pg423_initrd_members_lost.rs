use crate::initrd::Problem;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::initrd_problem;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds an initrd of which Xen up to 4.19 hands over the first archive alone: it begins with one that is compressed with gzip, and
    /// the last four bytes of the file give a size that is large enough.
    ///
    /// ## Why is this bad?
    ///
    /// libxenguest up to 4.19 unpacks an initrd that begins as gzip: its first member only, into as many bytes as the end of the file
    /// says. What was appended (secrets, microcode, a configuration) is lost without a message, and whether it is depends on which of
    /// the two unpacks to more bytes.
    ///
    /// ## Example
    ///
    /// ```text
    /// cat initrd.gz secrets.cpio.gz > initrd      # secrets.cpio.gz unpacks to more than initrd.gz
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// cat secrets.cpio initrd.gz > initrd         # a plain archive in front: no Xen unpacks it
    /// ```
    ///
    /// ## Source
    ///
    /// Measured under Xen 4.17 with two archives, and with its libxenguest; Xen 4.20 no longer unpacks initrds (d17b7562d4).
    "PG423" "initrd-members-lost" Error, stops: Never, releases: until(InitrdUntouched), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    initrd_problem::report(context, report, |problem| matches!(problem, Problem::LostMembers { .. }));
}
