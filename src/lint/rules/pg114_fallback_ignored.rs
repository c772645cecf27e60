use crate::config::{Dialect, Directive};
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a fallback: another entry that is to be booted when the default one fails (`set fallback=1`, `fallback 1`,
    /// `ONERROR`).
    ///
    /// ## Why is this bad?
    ///
    /// pygrub never looks at it. If the kernel of the selected entry is missing, it ends with an error, and nothing boots.
    ///
    /// ## Example
    ///
    /// ```text
    /// set default=0
    /// set fallback=1
    /// ```
    ///
    /// ## Use instead
    ///
    /// A check before the guest is started (`pregrub check`), and the entry by hand when it is needed:
    ///
    /// ```text
    /// bootloader_args = ["--entry=1"]
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17; a real GRUB 2.06 in QEMU falls back after ten seconds.
    "PG114" "fallback-ignored" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let Some(directive) = last(&configuration) else { return };
    // A `fallback` that GRUB ends up without is none: under a condition that is not met, or unset again.
    let grub = configuration.grub().filter(|grub| configuration.dialect == Dialect::Grub2 && grub.is_known());
    if grub.is_some_and(|grub| grub.variable("fallback").is_none()) {
        return;
    }
    report.add(
        Diagnostic::new("pygrub knows no fallback: if the selected entry does not boot, nothing does")
            .at(directive.line, "never looked at")
            .help(
                "do not rely on it: run `pregrub check` before the guest is started, and where another entry is needed, name it in \
                 the domain's configuration: bootloader_args = [\"--entry=1\"]",
            ),
    );
}

fn last<'a>(configuration: &Configuration<'a>) -> Option<&'a Directive> {
    match configuration.dialect {
        Dialect::Grub2 => {
            configuration.directives(&["set", "fallback"]).filter(|directive| is_set(configuration, directive)).last()
        }
        Dialect::Legacy => configuration.directives(&["fallback"]).last(),
        Dialect::Extlinux => configuration.directives(&["onerror"]).last(),
    }
}

/// Whether it gives `fallback` a value.
fn is_set(configuration: &Configuration<'_>, directive: &Directive) -> bool {
    let line = configuration.at(directive.line);
    let assignment = line.strip_prefix(b"set").map_or(line, <[u8]>::trim_ascii_start);
    assignment.strip_prefix(b"fallback=").is_some_and(|value| !matches!(value, b"" | b"\"\"" | b"''"))
}
