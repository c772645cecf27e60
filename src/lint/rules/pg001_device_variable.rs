use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::device::{self, NamedDevice};
use crate::lint::rules::shared::exception;
use crate::lint::rules::{LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds paths that begin with a device in a variable: `($drive1)//kernels/k`, `($root)/vmlinuz`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub knows no variables. It drops two characters of what stands between the parentheses and expects a number of the
    /// rest; `$drive1` leaves `rive1`, so that it raises `ValueError: invalid literal for int() with base 10: 'rive1'` and rejects
    /// the whole file, whichever entry is selected. Its user sees `Unable to find partition containing kernel`.
    ///
    /// NixOS writes such paths unless `boot.loader.grub.fsIdentifier` is `"provided"` and `/boot` is mounted from a plain device
    /// node.
    ///
    /// ## Example
    ///
    /// ```text
    /// search --set=drive1 --fs-uuid 6eb1a2f6-0b0a-4a0c-8f0e-1c1d2f3a4b5c
    /// linux ($drive1)//kernels/k-bzImage init=/nix/store/s-nixos/init
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /kernels/k-bzImage init=/nix/store/s-nixos/init
    /// ```
    ///
    /// In NixOS: `boot.loader.grub.fsIdentifier = "provided"` and `fileSystems."/boot".device = "/dev/xvda"`.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17 and the recorded results of every release from 4.0 on (corpus/conformance).
    "PG001" "device-variable" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    exception::each(context, report, &device::raised(context, NamedDevice::Variable), |mut finding, _, raised| {
        finding.fix = device::without(&configuration, raised);
        finding
    });
}
