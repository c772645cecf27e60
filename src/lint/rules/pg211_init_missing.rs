use crate::explain::remedy::Remedy;
use crate::explain::wording::shown;
use crate::lint::analysis::kernel_argument::last_value;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds entries whose `init=` is not on the guest's root disk. It needs that disk: `pregrub check --root-disk TARGET
    /// BOOT-DISK`.
    ///
    /// ## Why is this bad?
    ///
    /// Kernel and initrd are found, the guest starts, mounts its root and stops with `Failed to execute
    /// /nix/store/.../init` or a kernel panic. This happens where the configuration on the boot disk is newer or older than
    /// the system on the root disk: a generation that was collected as garbage, a root disk restored from a backup, a copy
    /// of the wrong disk.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /kernels/k-bzImage init=/nix/store/gone-nixos-system/init
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /kernels/k-bzImage init=/nix/store/here-nixos-system/init
    /// ```
    ///
    /// In NixOS: `nixos-rebuild boot` in the guest regenerates the menu, with the generations that are there.
    ///
    /// ## Source
    ///
    /// The kernel's init/main.c and NixOS's stage 1 run what `init=` says in the root filesystem. Looked up here with
    /// pregrub's drivers.
    "PG211" "init-missing" Error or Warning, stops: Never, releases: all(), check
}

/// How many entries that are not selected are reported.
const MOST: usize = 50;

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let (Some(configuration), Some(root)) = (context.configuration(), context.root_disk()) else { return };
    let selected = configuration.selected();
    let mut others = 0;
    for (index, entry) in configuration.entries().iter().enumerate() {
        let Some(span) = entry.args_span else { continue };
        let args = configuration.at(span);
        let init = last_value(args, b"init=").filter(|range| args[range.clone()].starts_with(b"/"));
        let Some(range) = init else { continue };
        let place = configuration.part(span, range);
        let path = configuration.at(place);
        let Some(why) = root.why_missing(path) else { continue };
        let is_selected = selected == Some(index);
        if !is_selected {
            others += 1;
            if others > MOST {
                continue;
            }
        }
        let which = if is_selected { "the selected entry " } else { "" };
        let (title, path) = (shown(&entry.title), configuration.shown(place));
        let message = format!("the init `{path}` of {which}\"{title}\" is not on the root disk: {why}");
        let finding = Diagnostic::new(message).at(place, "not on the root disk").help(help(&configuration));
        report.add_as(if is_selected { Severity::Error } else { Severity::Warning }, finding);
    }
    if others > MOST {
        let message = format!("the init of {} more entries is not on the root disk", others - MOST);
        report.add_as(Severity::Warning, Diagnostic::new(message).in_configuration());
    }
}

fn help(configuration: &Configuration<'_>) -> String {
    if configuration.is_from_nixos() {
        let regenerate = Remedy::NixosRebuild("which regenerates the menu".to_owned());
        format!("{regenerate}, or boot an entry whose system is still there")
    } else {
        "name a program that is there, or check that this is the guest's root disk".to_owned()
    }
}
