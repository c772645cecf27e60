use crate::config::{Dialect, Directive, Effect};
use crate::lint::analysis::conditionals::ConditionalBlocks;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter, Severity};
use crate::python::Python;

rule! {
    /// ## What it does
    ///
    /// Finds passwords of the boot loader: `superusers`, `password` and `password_pbkdf2` in grub.cfg
    /// (`boot.loader.grub.users`), in menu.lst `lock` and `password` in an entry, and `password` before the entries where the menu is shown, `MENU PASSWD` in extlinux.conf.
    ///
    /// ## Why is this bad?
    ///
    /// They protect nothing under pygrub. In grub.cfg and extlinux.conf it does not know them: anyone who sees the guest's console can
    /// choose any entry. In menu.lst a password disables the keys for editing and nothing else; Enter and the timeout still boot
    /// every entry, with `lock` or a `password` of its own or not. From Xen 4.13 on that password is never accepted, not even the right one.
    ///
    /// ## Example
    ///
    /// ```text
    /// set superusers="root"
    /// password_pbkdf2 root grub.pbkdf2.sha512.10000.ABCD...
    /// ```
    ///
    /// ## Use instead
    ///
    /// No menu, in the domain's configuration on the host:
    ///
    /// ```text
    /// bootloader_args = ["-q"]
    /// ```
    ///
    /// and access to the host's console for those who may boot the guest.
    ///
    /// ## Source
    ///
    /// Measured on pseudo-terminals with xen-utils-4.17, and recorded for every release.
    "PG601" "password-ignored" Warning or Note, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    if only_if_asked_for(&configuration) {
        return;
    }
    let mut places = places(&configuration);
    let Some(first) = places.next() else {
        legacy_password(context, &configuration, report);
        return;
    };
    let quiet = !context.run.options.shows_menu();
    let message = if quiet {
        "pygrub knows no password here: every entry boots without one"
    } else {
        "pygrub knows no password here: anyone who sees the guest's console can boot every entry without one"
    };
    let mut finding =
        Diagnostic::new(message).at(first.line, "without effect under pygrub").help(help(&configuration, quiet));
    for directive in places.take(10) {
        finding = finding.and(directive.line, "so is this");
    }
    report.add(finding);
}

/// Whether all of it stands under conditions that GRUB does not find met, as in the block of grub-mkconfig's 01_users without a
/// user.cfg: then GRUB asks for no password either.
fn only_if_asked_for(configuration: &Configuration<'_>) -> bool {
    let Some(last) = places(configuration).last() else { return false };
    let blocks = ConditionalBlocks::until(configuration, last.line.end);
    places(configuration).all(|place| blocks.around(place.line.start).is_some())
        && configuration.grub().is_some_and(|grub| grub.is_known() && grub.variable("superusers").is_none())
}

/// What asks for a password and does not get one.
fn places<'a>(configuration: &Configuration<'a>) -> Box<dyn Iterator<Item = &'a Directive> + 'a> {
    let text = configuration.text;
    let config = configuration.config;
    match configuration.dialect {
        Dialect::Grub2 => Box::new(config.directives.iter().filter(move |directive| match directive.command(text) {
            b"password" | b"password_pbkdf2" => true,
            b"set" => {
                let line = text.get(directive.line.range()).unwrap_or_default();
                directive.effect == Effect::Variable
                    && line.get(3..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b"superusers="))
            }
            _ => false,
        })),
        Dialect::Legacy => Box::new(
            config
                .entries
                .iter()
                .flat_map(|entry| &entry.directives)
                .filter(move |directive| matches!(directive.command(text), b"lock" | b"password")),
        ),
        Dialect::Extlinux => {
            let all = config.directives.iter().chain(config.entries.iter().flat_map(|entry| &entry.directives));
            Box::new(all.filter(move |directive| {
                let line = text.get(directive.line.range()).unwrap_or_default().to_ascii_lowercase();
                let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
                words.next() == Some(b"menu") && matches!(words.next(), Some(b"passwd" | b"master"))
            }))
        }
    }
}

/// A password of menu.lst, which does disable editing.
fn legacy_password(context: &LintContext<'_>, configuration: &Configuration<'_>, report: &mut Reporter<'_>) {
    if configuration.dialect != Dialect::Legacy || !context.run.options.shows_menu() {
        return;
    }
    let Some(directive) =
        configuration.config.directives.iter().rev().find(|directive| directive.effect == Effect::Password)
    else {
        return;
    };
    let message = match context.release().python() {
        Python::Two => {
            "under pygrub this password protects editing alone: without it every entry can be chosen and boots"
        }
        Python::Three => {
            "under pygrub this password is never accepted, not even the right one, and without it every entry can be chosen and boots"
        }
    };
    report.add_as(
        Severity::Note,
        Diagnostic::new(message).at(directive.line, "disables the keys for editing").help(help(configuration, false)),
    );
}

fn help(configuration: &Configuration<'_>, quiet: bool) -> &'static str {
    if quiet {
        "do not rely on it: who may boot the guest is a matter of the host"
    } else if configuration.is_from_nixos() {
        "do not rely on boot.loader.grub.users: show no menu (bootloader_args = [\"-q\"] in the domain's configuration), and guard \
         the guest's console on the host"
    } else {
        "do not rely on it: show no menu (bootloader_args = [\"-q\"] in the domain's configuration), and guard the guest's console on \
         the host"
    }
}
