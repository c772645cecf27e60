use crate::config::{Dialect, Setting, Span, Writer};
use crate::explain::remedy::MKCONFIG;
use crate::grub::words::words;
use crate::lint::analysis::extlinux_keywords;
use crate::lint::analysis::grub_menu::number;
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
    /// `set timeout 3`, `set timeout= 3` and `set timeout=+3` are a number for pygrub alone.
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
    /// Measured on pseudo-terminals with xen-utils-4.17 and recorded for every release.
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
        let legacy = configuration.directives(&["timeout"]).last().filter(|_| configuration.dialect == Dialect::Grub2);
        if let Some(directive) = legacy {
            report.add(
                Diagnostic::new("`timeout` is a command of GRUB Legacy: in grub.cfg neither pygrub nor GRUB 2 knows it, and no timeout is set")
                    .at(directive.line, "not known in grub.cfg")
                    .help(format!("write `set timeout={}`", configuration.shown(directive.argument))),
            );
        } else if configuration.dialect != Dialect::Extlinux || extlinux_keywords::waits(&configuration) {
            report.add(
                Diagnostic::new("no timeout is set: pygrub boots after about one second, and the boot loader itself would wait for a key")
                    .in_configuration()
                    .help(help(&configuration)),
            );
        }
        return;
    };
    if let Some(finding) = not_assigned(&configuration, span) {
        return report.add(finding);
    }
    let Setting::Text(value) = &config.timeout else { return };
    let Some(seconds) = value.to_str().and_then(|value| value.parse::<i64>().ok()) else { return };
    if seconds == 0
        && let Some(waits) = waits_in_grub(&configuration)
    {
        let message = format!(
            "pygrub takes the last `set timeout`, 0, and shows its menu for about one second; GRUB waits {waits} seconds"
        );
        return report.add(Diagnostic::new(message).at(span, "what pygrub takes").help(waiting_help(&configuration)));
    }
    let message = match (configuration.dialect, seconds) {
        (Dialect::Extlinux, 1..) => format!(
            "pygrub waits {seconds} seconds: extlinux means tenths of a second, and pygrub counts them as seconds"
        ),
        (Dialect::Extlinux, 0) if !extlinux_keywords::waits(&configuration) => return,
        (Dialect::Extlinux, 0) | (_, ..0) => {
            format!(
                "the timeout is {seconds}: pygrub boots after about one second, and the boot loader itself would wait for a key"
            )
        }
        (_, 0) => "the timeout is 0: pygrub shows its menu for about one second all the same".to_owned(),
        _ => return,
    };
    let help = if seconds == 0 { QUIET } else { help(&configuration) };
    report.add(Diagnostic::new(message).at(span, "not what it says").help(help));
}

/// What pygrub takes for an assignment and GRUB does not: `set timeout 3`, `set timeout= 3`.
fn not_assigned(configuration: &Configuration<'_>, span: Span) -> Option<Diagnostic> {
    if configuration.dialect != Dialect::Grub2 {
        return None;
    }
    let directive = configuration.config.directives.iter().rev().find(|directive| directive.argument == span)?;
    let is_assignment = |word: &[u8]| word.strip_prefix(b"timeout=").is_some_and(|value| number(value).is_some());
    let words = words(configuration.at(directive.line));
    let value = String::from_utf8_lossy(configuration.at(span)).trim().parse::<u32>().ok()?;
    (!words.iter().any(|word| is_assignment(&word.as_written()))).then(|| {
        Diagnostic::new(format!("GRUB finds no number here and waits for a key, and pygrub takes {value} seconds"))
            .at(directive.line, "no number for GRUB")
            .help(format!("write `set timeout={value}`, with nothing between the `=` and the digits"))
    })
}

/// How long GRUB waits, where it waits.
fn waits_in_grub(configuration: &Configuration<'_>) -> Option<u32> {
    let timeout = configuration.grub()?.variable("timeout")?;
    std::str::from_utf8(timeout).ok()?.parse().ok().filter(|seconds| *seconds > 0)
}

fn waiting_help(configuration: &Configuration<'_>) -> String {
    match configuration.writer() {
        Writer::Mkconfig => format!("set GRUB_TIMEOUT_STYLE=menu in /etc/default/grub, and {MKCONFIG}"),
        Writer::NixOs | Writer::Other => "let the last `set timeout` of the file be the one that counts".to_owned(),
    }
}

const QUIET: &str = "to show no menu, set bootloader_args = [\"-q\"] in the domain's configuration";

fn help(configuration: &Configuration<'_>) -> &'static str {
    match (configuration.dialect, configuration.writer()) {
        (Dialect::Extlinux, _) => QUIET,
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
