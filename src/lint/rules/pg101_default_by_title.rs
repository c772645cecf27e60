use crate::config::Dialect;
use crate::lint::analysis::default_value::{DefaultValue, Meaning, pygrub_number};
use crate::lint::analysis::entry_headers::unseen_entries;
use crate::lint::analysis::grub_menu::GrubMenu;
use crate::lint::analysis::set_default;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, Fix, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds a default entry that is given by its title, by its id, or by a path through submenus: `set default="B"`,
    /// `set default="1>2"`, `set default="Advanced options>Linux 6.1"`, `GRUB_DEFAULT=gnulinux-advanced-...`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub of Xen 4.13 and later knows numbers only. It logs `Invalid value ..., setting default to 0`, which nobody sees,
    /// and boots the first entry of the file, while GRUB boots the one that is named.
    ///
    /// pygrub of Xen 4.4.2 to 4.12 looks for an entry with that title, submenus or not, and takes what stands after the last `>`
    /// of a path. It knows no ids and no numbers in a path, and boots the first entry where it finds nothing. Older releases
    /// reject the file (PG012).
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
    /// The number counts the entries of the file from 0, those in submenus included: `pregrub entries` shows it. It changes with
    /// every new kernel, so the plainest way out is to let the wanted entry be the first, and the default 0.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release (corpus/conformance, g2-def-*). What GRUB boots: grub-emu 2.06.
    "PG101" "default-by-title" Warning or Note, stops: Never, releases: from(DefaultByTitle), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|configuration| configuration.dialect == Dialect::Grub2)
    else {
        return;
    };
    let Some(value) = DefaultValue::of(&configuration) else { return };
    if !matches!(value.meaning, Meaning::Name | Meaning::Path) || pygrub_number(&configuration).is_some() {
        return;
    }
    let Some(selected) = configuration.selected_by_default() else { return };
    let menu = GrubMenu::new(&configuration);
    let choice = menu.choose(&value.text);
    // What stands in the line where GRUB itself makes something else of it.
    let meant = if choice.named && !value.refused { choice } else { menu.choose(configuration.at(value.span)) };
    let wanted = meant.entry.filter(|_| meant.named);
    let boots = menu.boots();
    if context.finds_titles() && (wanted == Some(selected) || wanted.is_none() && choice.entry == Some(selected)) {
        return;
    }
    // Where pygrub does not see them all, the numbers of GRUB are others.
    let untried = unseen_entries(&configuration);
    let shown = configuration.shown(value.span);
    let title = configuration.title(selected);
    let reason = if context.finds_titles() {
        format!(
            "the default is `{shown}`, and pygrub of this release finds no entry by that: it takes entry {selected}, {title}"
        )
    } else {
        format!("the default is `{shown}`, and pygrub knows numbers only: it takes entry {selected}, {title}")
    };
    let mut finding =
        Diagnostic::new(reason).at(value.span, if value.refused { "GRUB refuses this line" } else { "no number" });
    let hidden = untried.iter().find(|entry| wanted.is_none() && entry.is_called(&value.text));
    match wanted {
        None if hidden.is_some() => {
            let span = hidden.map_or(value.span, |entry| entry.span);
            finding = finding.and(span, "what GRUB boots, and pygrub does not see").help(format!(
                "write that entry so that pygrub sees it (`menuentry \"title\" {{`, each command and the `}}` on lines of their own, \
                 line {}); then name it by its number",
                span.line
            ));
        }
        Some(index) => {
            if index != selected {
                let entry = &configuration.entries()[index];
                let label = if boots == Some(index) { "what GRUB boots" } else { "what is meant" };
                finding = finding.and(entry.title_span, label);
            }
            finding = finding.help(set_default::help(&configuration, index));
            let number = index.to_string();
            let description = format!("name the entry by its number, {index}");
            let same = menu.choose(number.as_bytes()).entry == Some(index) && !value.refused && untried.is_empty();
            let fix = if same { Fix::safe(description) } else { Fix::uncertain(description) };
            finding = finding.fix(fix.replace(value.span, number));
        }
        None => {
            // Where only the end of a path leads nowhere, it is the first of that submenu.
            let grubs = boots.filter(|_| choice.known).unwrap_or(selected);
            let reason = match boots {
                _ if !choice.known || !untried.is_empty() => {
                    "no entry that pygrub sees has that title, id or path".to_owned()
                }
                Some(first) if first == selected => {
                    "no entry has that title, id or path, so that GRUB boots its first as well".to_owned()
                }
                Some(first) => {
                    format!("no entry has that title, id or path, so that GRUB boots {}", configuration.title(first))
                }
                None => "no entry has that title, id or path".to_owned(),
            };
            finding = finding.help(match menu.similar(&value.text) {
                Some(index) => format!(
                    "{reason}; is {} meant? Then {}",
                    configuration.title(index),
                    set_default::help(&configuration, index)
                ),
                None => format!("{reason}: {}", set_default::help(&configuration, grubs)),
            });
        }
    }
    // Today it makes no difference.
    let severity =
        if hidden.is_none() && wanted.or(choice.entry) == Some(selected) { Severity::Note } else { Severity::Warning };
    report.add_as(severity, finding);
}
