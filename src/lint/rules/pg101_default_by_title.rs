use crate::config::{Cause, Config, Dialect, Setting};
use crate::lint::rule::rule;
use crate::lint::{Configuration, Finding, Fix, Reporter, Subject};

rule! {
    /// ## What it does
    ///
    /// Finds a default entry that is given by its title, by its id, or by a path through submenus.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub of Xen 4.13 and later knows numbers only. It logs `Invalid value ..., setting default to 0`, which nobody sees,
    /// and boots the first entry of the file, while GRUB boots the one that is named.
    ///
    /// ## Example
    ///
    /// ```text
    /// set default="NixOS - Configuration 17"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set default=1
    /// ```
    ///
    /// The number counts the entries of the file from 0, those in submenus included: `pregrub entries` shows it.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release (corpus/conformance, g2-def-*).
    "PG101" "default-by-title" Warning, stops: Never, releases: "4.13 and later", check
}

fn check(subject: &Subject<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = subject.configuration() else { return };
    let config = configuration.config;
    let Some(span) = config.default_span.filter(|_| was_replaced(config)) else { return };
    let title = configuration.at(span);
    if title.is_empty() || title.contains(&b'$') || title[0].is_ascii_digit() || title[0] == b'-' {
        return;
    }
    let shown = configuration.shown(span);
    let mut finding =
        Finding::new(format!("the default is `{shown}`, and pygrub knows numbers only: it takes entry 0 instead"))
            .at(span, "no number");
    let wanted = configuration.entries().iter().position(|entry| entry.title.as_bytes() == title);
    finding = match wanted {
        Some(index) if index != 0 => {
            finding.and(configuration.entries()[index].title_span, "what GRUB boots").help(help(&configuration, index))
        }
        Some(_) => finding.help("write `set default=0`: it is the first entry that is meant"),
        None => finding
            .help("write the number of the entry, counted from 0 through all submenus: `pregrub entries` shows them"),
    };
    if let Some(index) = wanted.filter(|_| config.submenus.is_empty() && configuration.dialect == Dialect::Grub2) {
        finding =
            finding.fix(Fix::safe(format!("name the entry by its number, {index}")).replace(span, index.to_string()));
    }
    report.add(finding);
}

fn help(configuration: &Configuration<'_>, index: usize) -> String {
    if configuration.is_from_nixos() {
        format!("set boot.loader.grub.default = {index} in the guest's NixOS configuration, and run nixos-rebuild boot")
    } else {
        format!("write `set default={index}`")
    }
}

/// Whether pygrub put 0 in the place of what the last assignment says.
fn was_replaced(config: &Config) -> bool {
    let Some(span) = config.default_span else { return false };
    matches!(config.default, Setting::Number(_))
        && config.raised.as_ref().is_none_or(|raised| raised.cause != Cause::NegativeDefault)
        && config.warnings.iter().any(|warning| {
            warning.span.is_some_and(|of| of.line == span.line)
                && warning.message.as_bytes().starts_with(b"Invalid value")
        })
}
