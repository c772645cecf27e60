use crate::config::{Dialect, Setting, Writer};
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds timeouts that pygrub's menu does not read as the boot loader does: none at all, 0 and less, and the tenths of a
    /// second of extlinux. Only where the menu is shown; with `-q` pygrub never looks at the timeout.
    ///
    /// ## Why is this bad?
    ///
    /// Without a timeout, and with one below 0, GRUB waits until somebody chooses. pygrub boots after about one second: nobody
    /// who opens the console after `xl create` comes in time. With 0, GRUB boots at once, and pygrub shows its menu for about a
    /// second all the same. `TIMEOUT 50` is five seconds for extlinux and fifty for pygrub.
    ///
    /// ## Example
    ///
    /// ```text
    /// set timeout=-1
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set timeout=10
    /// ```
    ///
    /// Or no menu: `bootloader_args = ["-q"]` in the domain's configuration.
    ///
    /// ## Source
    ///
    /// Measured on pseudo-terminals with xen-utils-4.17 and recorded for every release (pygrub-by-release, section 6).
    "PG108" "timeout-read-differently" Note, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    if !context.run.options.shows_menu() || configuration.entries().is_empty() {
        return;
    }
    let config = configuration.config;
    let Some(span) = config.timeout_span else {
        // GRUB may find one where pygrub sees none: PG115 says so.
        if configuration.grub().is_some_and(|grub| grub.variable("timeout").is_some()) {
            return;
        }
        // extlinux boots its only label at once, unless it is told to ask.
        if configuration.dialect != Dialect::Extlinux || configuration.entries().len() > 1 {
            report.add(
                Diagnostic::new("no timeout is set: pygrub boots after about one second, and the boot loader itself would wait for a key")
                    .in_configuration()
                    .help(help(&configuration)),
            );
        }
        return;
    };
    let Setting::Text(value) = &config.timeout else { return };
    let Some(seconds) = value.to_str().and_then(|value| value.parse::<i64>().ok()) else { return };
    let message = match (configuration.dialect, seconds) {
        (Dialect::Extlinux, 1..) => format!(
            "pygrub waits {seconds} seconds: extlinux means tenths of a second, and pygrub takes them for seconds"
        ),
        (Dialect::Extlinux, 0) | (_, ..0) => {
            format!(
                "the timeout is {seconds}: pygrub boots after about one second, and the boot loader itself would wait for a key"
            )
        }
        (_, 0) => "the timeout is 0: pygrub shows its menu for about one second all the same".to_owned(),
        _ => return,
    };
    report.add(Diagnostic::new(message).at(span, "not what it says").help(help(&configuration)));
}

fn help(configuration: &Configuration<'_>) -> &'static str {
    match (configuration.dialect, configuration.writer()) {
        (Dialect::Extlinux, _) => "to show no menu, set bootloader_args = [\"-q\"] in the domain's configuration",
        (Dialect::Legacy, _) => {
            "write `timeout 10`, or show no menu: bootloader_args = [\"-q\"] in the domain's configuration"
        }
        (_, Writer::NixOs) => {
            "set boot.loader.timeout = 10 in the guest's NixOS configuration, or show no menu: bootloader_args = [\"-q\"] in the \
             domain's configuration"
        }
        (_, Writer::Mkconfig) => {
            "set GRUB_TIMEOUT=10 in /etc/default/grub, or show no menu: bootloader_args = [\"-q\"] in the domain's configuration"
        }
        (_, Writer::Other) => {
            "write `set timeout=10`, or show no menu: bootloader_args = [\"-q\"] in the domain's configuration"
        }
    }
}
