use crate::config::Dialect;
use crate::explain::remedy::change_at_source;
use crate::lint::analysis::conditionals::ConditionalBlocks;
use crate::lint::analysis::default_value::{DefaultValue, Meaning, assignments, pygrub_number};
use crate::lint::analysis::entry_headers::{seen_entry_called, unseen_entries};
use crate::lint::analysis::grub_menu::GrubMenu;
use crate::lint::analysis::set_default;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, Fix, LintContext, Reporter, Severity};

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

/// More lines that set the default are not one program's.
const MOST_ALIKE: usize = 100;

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
    // Where GRUB has another default in the end, PG103 and PG115 say so.
    let is_known = configuration.grub().is_some_and(|grub| grub.is_known());
    if is_known && !value.refused && !menu.goes_by(&value.text) {
        return;
    }
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
    let is_booted = |line: u32| choice.named && choice.line == Some(line);
    let hidden = untried.iter().find(|entry| {
        let is_meant = if choice.known { is_booted(entry.span.line) } else { entry.is_called(&value.text) };
        wanted.is_none() && is_meant
    });
    let left_out = left_out(&configuration, &menu, &value.text).filter(|_| wanted.is_none() && choice.known);
    match wanted {
        None if hidden.is_some() => {
            let span = hidden.map_or(value.span, |entry| entry.span);
            let label =
                if choice.known { "what GRUB boots, and pygrub does not see" } else { "what pygrub does not see" };
            finding = finding.and(span, label).help(format!(
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
            // Where the number is another entry's for GRUB, PG105 or PG112 would find fault with it.
            if set_default::is_same_for_both(&configuration, index) {
                let description = format!("name the entry by its number, {index}");
                let is_safe = !value.refused && untried.is_empty();
                let fix = if is_safe { Fix::safe(description) } else { Fix::uncertain(description) };
                // In every line that says the same: otherwise the number would be one of two defaults (PG103).
                let all = assignments(&configuration).filter_map(|line| DefaultValue::read(&configuration, line));
                let same = all.filter(|other| other.text == value.text && other.span != value.span).take(MOST_ALIKE);
                let fix = fix.replace(value.span, number.clone());
                finding = finding.fix(same.fold(fix, |fix, other| fix.replace(other.span, number.clone())));
            }
        }
        None if left_out.is_some() => {
            let (index, line) = left_out.unwrap_or_default();
            let entry = &configuration.entries()[index];
            let source = change_at_source(configuration.writer());
            let way_out = match set_default::outside_of_condition(&configuration, index) {
                Some(number) => format!("take it out of the condition{source}, and {number}"),
                None if entry.kernel.is_none() => set_default::way_out(&configuration, index),
                None => set_default::in_front(&configuration, index),
            };
            finding = finding
                .and(entry.title_span, "what is meant, under a condition")
                .help(format!("GRUB finds that entry only where the condition in line {line} is met: {way_out}"));
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
    let is_selected = |entry: usize| configuration.boots_alike(entry, selected);
    let severity = if hidden.is_none() && left_out.is_none() && wanted.or(choice.entry).is_some_and(is_selected) {
        Severity::Note
    } else {
        Severity::Warning
    };
    report.add_as(severity, finding);
}

/// The entry that GRUB would find by this name, or by the end of this path, if its condition were met; with the line of the condition.
fn left_out(configuration: &Configuration<'_>, menu: &GrubMenu<'_>, value: &[u8]) -> Option<(usize, usize)> {
    let leaf = value.rsplit(|&byte| byte == b'>').next().unwrap_or(value);
    let index = seen_entry_called(configuration, leaf).filter(|_| menu.similar(value).is_none())?;
    let start = configuration.entries()[index].header.start;
    let block = ConditionalBlocks::until(configuration, start + 1).around(start)? as usize;
    Some((index, memchr::memchr_iter(b'\n', &configuration.text[..block]).count() + 1))
}
