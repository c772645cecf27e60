use crate::explain::CauseKind;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds kernels that pygrub hands over and Xen's domain builder does not load for the guest's type, or loads into a guest
    /// that cannot start.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub looks for a file and not into it: it reports success, and `xl create` fails a moment later with a message such as
    /// `xc_dom_find_loader: no loader found`, which does not say why. The usual reasons: the kernel is packed in a way that this
    /// release or build of Xen cannot unpack (zstd before 4.15, bzip2 and lzo in Debian's builds, xz with a large dictionary), it
    /// has no entry for PV guests or none for PVH, it is cut off, or it is not a kernel at all (a unified kernel image, a script).
    ///
    /// ## Example
    ///
    /// ```text
    /// pregrub check --release 4.14 nixos.img      # a kernel that is packed with zstd
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// boot.kernelPatches = [ { name = "gzip"; patch = null; extraConfig = "KERNEL_GZIP y"; } ];
    /// ```
    ///
    /// ## Source
    ///
    /// tools/libs/guest and xen/common/libelf in xen.git; each rule compared with libxenguest 4.17.7.
    "PG401" "domain-builder-refuses-kernel" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(explanation) = context.explained(CauseKind::Refused) else { return };
    let run = context.run;
    let mut finding = Diagnostic::of_explanation(explanation);
    let span = run.chosen.as_ref().and_then(|chosen| chosen.kernel.span);
    if let Some(span) = span {
        finding = finding.at(span, "this kernel");
    }
    report.add(finding);
}
