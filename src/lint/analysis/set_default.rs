//! How a default is set: by the option of the program that writes the file, or in the file.

use crate::config::{Dialect, Entry, Writer};
use crate::explain::Remedy;
use crate::explain::remedy::{MKCONFIG, NIXOS_REBUILD};
use crate::lint::analysis::conditionals::ConditionalBlocks;
use crate::lint::analysis::configuration::Configuration;
use crate::lint::analysis::context::LintContext;
use crate::lint::analysis::default_value::{DefaultValue, Meaning, assignments};
use crate::lint::analysis::entry_headers::unseen_entries;
use crate::lint::analysis::grub_menu::GrubMenu;
use crate::target::Kind;

/// How to let pygrub boot the entry `index`, and GRUB as well; where its number is not the same for both, with the reason.
pub(in crate::lint) fn help(configuration: &Configuration<'_>, index: usize) -> String {
    if let Some(none) = without_kernel(configuration, index) {
        return none;
    }
    match NumberShift::of(configuration, index) {
        None => by_number(configuration, index),
        Some(shift) => format!(
            "{}; no number means this entry to both now, since {}",
            shift.way_out(configuration, index),
            shift.reason
        ),
    }
}

/// The same without the reason.
pub(in crate::lint) fn way_out(configuration: &Configuration<'_>, index: usize) -> String {
    if let Some(none) = without_kernel(configuration, index) {
        return none;
    }
    match NumberShift::of(configuration, index) {
        None => by_number(configuration, index),
        Some(shift) => shift.way_out(configuration, index),
    }
}

/// What to say of an entry that pygrub cannot boot, whatever the default is.
fn without_kernel(configuration: &Configuration<'_>, index: usize) -> Option<String> {
    let entry = configuration.entries().get(index).filter(|entry| entry.kernel.is_none())?;
    Some(format!(
        "give the entry in line {} a kernel first (PG106), or name another one: pygrub boots none without",
        entry.header.line
    ))
}

/// The same for an entry that stands under a condition and is to stand outside of it: by its number, if that is then the same for both.
pub(in crate::lint) fn outside_of_condition(configuration: &Configuration<'_>, index: usize) -> Option<String> {
    if without_kernel(configuration, index).is_some() {
        return None;
    }
    let shift = NumberShift::before(configuration, index);
    let alone = shift.conditional == usize::from(shift.under_condition);
    // GRUB drops an entry with an empty body.
    let entries = &configuration.entries()[..=index];
    let is_counted = entries.iter().all(|entry| entry.kernel.is_some()) && entries[index].depth == 0;
    let is_same = alone && is_counted && !shift.submenu && !shift.own_default && !shift.unseen;
    is_same.then(|| by_number(configuration, index))
}

/// Whether the entry has the same number for both, whatever the conditions of the menu are; not where pregrub cannot
/// tell.
pub(in crate::lint) fn is_same_for_both(configuration: &Configuration<'_>, index: usize) -> bool {
    let choice = GrubMenu::new(configuration).choose(index.to_string().as_bytes());
    choice.known && choice.entry == Some(index) && NumberShift::of(configuration, index).is_none()
}

/// The same where the number is not to stay, though GRUB may boot this entry by it today.
pub(in crate::lint) fn in_front(configuration: &Configuration<'_>, index: usize) -> String {
    NumberShift::before(configuration, index).way_out(configuration, index)
}

/// The entry by the number that it has for pygrub.
pub(in crate::lint) fn by_number(configuration: &Configuration<'_>, index: usize) -> String {
    match (configuration.dialect, configuration.writer()) {
        (Dialect::Extlinux, _) => {
            format!(
                "write `DEFAULT {}`, the label as it stands",
                crate::lint::analysis::configuration::shown(configuration.entries()[index].title.as_bytes())
            )
        }
        (Dialect::Legacy, _) => format!("write `default {index}`"),
        (_, Writer::NixOs) => Remedy::nixos(format!("set boot.loader.grub.default = {index}")).to_string(),
        (_, Writer::Mkconfig) => Remedy::MkconfigVariable(format!("set GRUB_DEFAULT={index}")).to_string(),
        (_, Writer::Other) => format!("write `set default={index}`"),
    }
}

/// Why an entry has another number for GRUB than for pygrub.
struct NumberShift {
    /// As a clause.
    reason: String,
    /// Whether there is a submenu before the entry or around it.
    submenu: bool,
    /// Whether it is in a submenu, and one sets a default of its own.
    own_default: bool,
    /// How many entries up to this one stand under a condition.
    conditional: usize,
    /// Whether it stands under one itself.
    under_condition: bool,
    /// Whether there is an entry before it that pygrub does not see.
    unseen: bool,
}

impl NumberShift {
    /// Nothing where the number is the same for both, or pregrub cannot tell.
    fn of(configuration: &Configuration<'_>, index: usize) -> Option<Self> {
        if configuration.dialect != Dialect::Grub2 || index >= configuration.entries().len() {
            return None;
        }
        let choice = GrubMenu::new(configuration).choose(index.to_string().as_bytes());
        if !choice.known {
            return None;
        }
        let shift = Self::before(configuration, index);
        // What is the same today may not be tomorrow, or with another default in front.
        (choice.entry != Some(index) || shift.conditional > 0 || shift.own_default).then_some(shift)
    }

    fn before(configuration: &Configuration<'_>, index: usize) -> Self {
        let entries = &configuration.entries()[..=index];
        let blocks = ConditionalBlocks::until(configuration, entries[index].header.end);
        let is_conditional = |entry: &Entry| blocks.around(entry.header.start).is_some();
        let under_condition = is_conditional(&entries[index]);
        let conditional = entries.iter().filter(|entry| is_conditional(entry)).count();
        let submenu = configuration.config.submenus.iter().any(|submenu| submenu.before < index);
        let first_submenu = configuration.config.submenus.first().map_or(u32::MAX, |submenu| submenu.header.line);
        let own_default =
            entries[index].depth > 0 && assignments(configuration).any(|directive| directive.line.line > first_submenu);
        let line = entries[index].header.line;
        let unseen = unseen_entries(configuration).into_iter().find(|unseen| unseen.span.line < line);
        let has_unseen = unseen.is_some();
        let reason = if submenu {
            "GRUB counts a submenu as one item".to_owned()
        } else if let Some(first) = entries.iter().find(|entry| is_conditional(entry)) {
            let line = first.header.line;
            format!("GRUB has the entry in line {line} only where a condition is met, and pygrub counts it always")
        } else if own_default {
            "a submenu sets a default of its own".to_owned()
        } else if let Some(unseen) = unseen {
            format!("pygrub does not see the entry in line {}", unseen.span.line)
        } else {
            "GRUB has other entries before it".to_owned()
        };
        Self { reason, submenu, own_default, conditional, under_condition, unseen: has_unseen }
    }

    fn way_out(&self, configuration: &Configuration<'_>, index: usize) -> String {
        let entry = &configuration.entries()[index];
        match configuration.writer() {
            Writer::NixOs if self.submenu => format!(
                "{}; to go back to an older generation, {NIXOS_REBUILD} --rollback, which makes it the first entry",
                Remedy::nixos("set boot.loader.grub.default = 0")
            ),
            Writer::NixOs => Remedy::nixos(
                "write that entry first in boot.loader.grub.extraEntries, without a condition, and set \
                 boot.loader.grub.extraEntriesBeforeNixOS = true and boot.loader.grub.default = 0",
            )
            .to_string(),
            Writer::Mkconfig if self.submenu && self.conditional == 0 => Remedy::MkconfigVariable(format!(
                "set GRUB_DISABLE_SUBMENU=y and GRUB_DEFAULT={}",
                without_submenus(configuration, index)
            ))
            .to_string(),
            Writer::Mkconfig => {
                let script = script_in_front(configuration, entry);
                format!("{script}, set GRUB_DEFAULT=0 in /etc/default/grub, and {MKCONFIG}")
            }
            Writer::Other => {
                let outside = if self.under_condition { ", outside of any condition," } else { "" };
                format!(
                    "move that entry (line {}) in front of all others{outside} and write `set default=0`",
                    entry.header.line
                )
            }
        }
    }
}

/// The number of an entry in what grub-mkconfig writes with GRUB_DISABLE_SUBMENU=y: the entry in front of each submenu, which is its first
/// once more, is not written.
fn without_submenus(configuration: &Configuration<'_>, index: usize) -> usize {
    let is_simple =
        |entry: &&Entry| memchr::memmem::find(configuration.at(entry.header), b"gnulinux-simple-").is_some();
    index - configuration.entries()[..index].iter().filter(is_simple).count()
}

/// How an entry of what grub-mkconfig writes comes to stand in front of all others: the script of its own for it, with the commands, tried.
fn script_in_front(configuration: &Configuration<'_>, entry: &Entry) -> String {
    let line = entry.header.line;
    let is_taken = |name: &str| {
        let begins = format!("### BEGIN /etc/grub.d/{name} ###");
        memchr::memmem::find(configuration.text, begins.as_bytes()).is_some()
    };
    // After 00_header, and before 10_linux and a script of the guest's own in that place.
    let name = if is_taken("06_custom") { "01_custom" } else { "06_custom" };
    if is_taken("01_custom") || !is_booted_in_front(configuration, entry) {
        return format!(
            "write that entry (line {line}) without a condition into a script of /etc/grub.d that comes first ({name})"
        );
    }
    let (first, last) = entry.lines;
    let grub2 = memchr::memmem::find(configuration.path.as_bytes(), b"/grub2/").is_some();
    let directory = if grub2 { "grub2" } else { "grub" };
    format!(
        "write that entry (line {line}) without a condition into a script of /etc/grub.d that comes first, in the guest as root: `(printf \
         '#!/bin/sh\\nexec tail -n +3 \"$0\"\\n'; sed -n {first},{last}p /boot/{directory}/grub.cfg) >/etc/grub.d/{name}; chmod +x \
         /etc/grub.d/{name}`"
    )
}

/// Whether both boot the entry where a script in front of all others writes it, and the default is 0.
fn is_booted_in_front(configuration: &Configuration<'_>, entry: &Entry) -> bool {
    const BEGINS: &[u8] = b"### BEGIN /etc/grub.d/";
    let config = configuration.config;
    let submenus = config.submenus.iter().map(|submenu| submenu.header.start);
    let Some(first) = configuration.entries().iter().map(|entry| entry.header.start).chain(submenus).min() else {
        return false;
    };
    let Some(script) = memchr::memmem::rfind(&configuration.text[..first as usize], BEGINS) else { return false };
    let lines: Vec<&[u8]> = configuration.text.split_inclusive(|byte| *byte == b'\n').collect();
    let Some(written) = lines.get(entry.lines.0 as usize - 1..entry.lines.1 as usize) else { return false };
    let mut text = configuration.text.to_vec();
    let kept = |value: &DefaultValue| matches!(value.meaning, Meaning::Saved | Meaning::Next);
    let values = assignments(configuration).filter_map(|directive| DefaultValue::read(configuration, directive));
    let spans: Vec<_> = values.filter(|value| !kept(value)).map(|value| value.span.range()).collect();
    if spans.iter().any(|span| span.end > script) {
        return false;
    }
    for span in spans.into_iter().rev() {
        text.splice(span, *b"0");
    }
    // What was replaced stands before: by how much that made the text shorter is known from its length.
    let script = (script + text.len()).saturating_sub(configuration.text.len());
    text.splice(script..script, written.concat());
    let run = configuration.run_with(text);
    let context = LintContext::new(&run, Kind::Config);
    let Some(moved) = context.configuration() else { return false };
    let kernel = |entry: &Entry| entry.kernel.as_ref().map(|kernel| kernel.path.clone());
    let is_same = moved.entries().first().is_some_and(|first| first.kernel.is_some() && kernel(first) == kernel(entry));
    is_same && moved.selected() == Some(0) && GrubMenu::new(&moved).boots() == Some(0)
}
