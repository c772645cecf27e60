//! The menu at work: which entry is booted, what comes when it fails, and what a submenu opens.

use std::rc::Rc;

use super::interpreter::{Interpreter, Stop};
use super::memory;
use super::menu::{MenuEntry, as_step, behind_first_step, first_fallback, resolve};
use super::number;
use super::outcome::{EntryAttempt, MenuItem, ShownMenu};

/// How deep submenus may be nested in the menu that is shown.
const DEEPEST: usize = 20;
/// The part of the steps of a run that all submenus together may take before the menu is shown.
const DRAWINGS: u64 = 2;
/// The part of them that one submenu may take.
const DRAWING: u64 = 10;
/// What an attempt costs beside its words.
const ATTEMPT: usize = 256;

impl Interpreter<'_> {
    /// Boots the default entry of a menu as if nobody pressed a key, with its fallbacks.
    pub(super) fn boot_default(&mut self, menu: &[Rc<MenuEntry>]) -> Result<(), Stop> {
        let Some(first) = self.default_entry(menu) else { return Ok(()) };
        self.boot_entry(&first, true, false)?;
        // Each is tried once at most.
        let mut left = menu.len().saturating_mul(2).max(16);
        while let Some((index, rest)) =
            self.get(b"fallback").and_then(first_fallback).map(|(i, rest)| (i, rest.to_vec()))
        {
            self.set(b"fallback", &rest);
            let Some(entry) = menu.get(index).cloned() else {
                // Seen with grub-emu 2.06: it ends by a signal.
                self.cannot_tell(format!(
                    "`fallback` names entry {index}, which the menu does not have: GRUB reads foreign memory"
                ));
                return Ok(());
            };
            left = left.saturating_sub(1);
            if left == 0 {
                return Ok(());
            }
            self.boot_entry(&entry, true, true)?;
        }
        Ok(())
    }

    fn default_entry(&mut self, menu: &[Rc<MenuEntry>]) -> Option<Rc<MenuEntry>> {
        let value = self.get(b"default");
        let found = resolve(menu, value);
        let asked = value.is_some_and(|value| !value.is_empty());
        self.named &= !asked || found.is_some();
        menu.get(found.unwrap_or(0)).cloned()
    }

    /// A menu as it is shown now.
    pub(super) fn shown_menu(&self, config: Option<String>, menu: &[Rc<MenuEntry>]) -> ShownMenu {
        let value = |name: &[u8]| self.get(name).filter(|value| !value.is_empty()).map(<[u8]>::to_vec);
        ShownMenu {
            config,
            default: value(b"default"),
            timeout: value(b"timeout"),
            timeout_style: value(b"timeout_style"),
            fallback: value(b"fallback"),
            superusers: value(b"superusers"),
            items: self.drawn(menu, "", 0),
        }
    }

    /// Shows the menu of a configuration that another one handed over to.
    pub(super) fn show_configuration(&mut self, file: &str, menu: &[Rc<MenuEntry>]) -> Result<(), Stop> {
        if self.attempts.is_empty() && self.titles.is_empty() {
            self.shown = Some(self.shown_menu(Some(file.to_owned()), menu));
        }
        self.show_nested(file, menu)
    }

    fn show_nested(&mut self, file: &str, menu: &[Rc<MenuEntry>]) -> Result<(), Stop> {
        let timeout = self.get(b"timeout").map(number::read_signed);
        if let Some(Ok((seconds, _))) = timeout
            && seconds >= 0
        {
            return self.boot_default(menu);
        }
        self.note(format!("the menu of {file} has no timeout: GRUB waits there until somebody presses Enter"));
        match self.default_entry(menu) {
            Some(entry) => self.boot_entry(&entry, false, false),
            None => Ok(()),
        }
    }

    /// Boots an entry: its commands, then what was loaded, then the menu that it opens.
    fn boot_entry(&mut self, entry: &Rc<MenuEntry>, auto: bool, fallback: bool) -> Result<(), Stop> {
        self.afford()?;
        let chosen = self.get(b"chosen").map(<[u8]>::to_vec);
        let default = self.get(b"default").map(<[u8]>::to_vec);
        let mut titles = self.titles.clone();
        titles.push(entry.title.clone());
        if !entry.submenu {
            if self.attempts.len() >= 1000 {
                return Err(Stop::Limit("more than 1000 entries were tried".to_owned()));
            }
            self.keep(memory::of_words(&titles) + memory::of_words(std::slice::from_ref(&entry.id)) + ATTEMPT);
            self.attempts.push(EntryAttempt {
                titles: titles.clone(),
                fallback,
                origin: Some((Rc::clone(&entry.file), entry.line)),
                named: self.named,
                ..EntryAttempt::default()
            });
        }
        if entry.submenu {
            let inner = self.context().inner(false);
            self.contexts.push(inner);
            if auto {
                self.set(b"timeout", b"0");
            }
        }
        let step = as_step(&entry.id);
        let path = match &chosen {
            Some(outer) => [&outer[..], b">", &step].concat(),
            None => step,
        };
        self.set(b"chosen", &path);
        self.context().export(b"chosen");
        match default.as_deref().and_then(behind_first_step) {
            Some(rest) => {
                let rest = rest.to_vec();
                self.set(b"default", &rest);
            }
            None => self.context().unset(b"default"),
        }
        if let Some(attempt) = self.attempts.last_mut().filter(|_| !entry.submenu) {
            attempt.path = Some(path);
        }
        if entry.restricted && self.get(b"superusers").is_some_and(|users| !users.is_empty()) {
            let title = String::from_utf8_lossy(&entry.title).into_owned();
            self.note(format!("GRUB asks for a user name and a password before it boots `{title}`"));
        }
        let errors = self.printed_errors;
        self.run_scoped(&entry.source, entry.arguments.clone())?;
        if self.printed_errors > errors {
            let title = String::from_utf8_lossy(&entry.title).into_owned();
            self.note(format!("after the error in `{title}` GRUB waits for a key, for at most 10 seconds"));
        }
        if self.loaded.is_some() {
            self.keep_what_is_loaded();
            return Err(Stop::Booted);
        }
        if entry.submenu {
            let menu = self.context().menu.clone();
            if !menu.is_empty() {
                self.titles.push(entry.title.clone());
                let done = if auto { self.boot_default(&menu) } else { self.show_nested(&entry.file, &menu) };
                self.titles.pop();
                done?;
            }
            self.contexts.pop();
        }
        for (name, value) in [(&b"chosen"[..], chosen), (b"default", default)] {
            match value {
                Some(value) => self.set(name, &value),
                None => self.context().unset(name),
            }
        }
        self.context().unset(b"timeout");
        Ok(())
    }

    /// Adds to the entry that boots what was loaded before it, outside of entries or by a submenu.
    fn keep_what_is_loaded(&mut self) {
        let Some((last, before)) = self.attempts.split_last_mut() else { return };
        if !last.works() {
            let loaded = before.iter().flat_map(|attempt| &attempt.commands).filter(|command| command.in_effect);
            last.commands.splice(0..0, loaded.cloned().collect::<Vec<_>>());
        }
    }

    /// Says that not all submenus could be executed for the menu that is shown.
    pub(super) fn note_of_drawing(&mut self) {
        let most = self.settings.most_steps / DRAWINGS;
        if self.drawing.get() > most {
            self.note(format!("what the submenus open is not shown in full: that takes more than {most} steps"));
        }
    }

    /// The menu as it would be shown, with what its submenus open: they are executed on a copy.
    pub(super) fn drawn(&self, menu: &[Rc<MenuEntry>], prefix: &str, depth: usize) -> Vec<MenuItem> {
        let mut items = Vec::with_capacity(menu.len());
        for (position, entry) in menu.iter().enumerate() {
            let index = format!("{prefix}{position}");
            let mut inner = Vec::new();
            if entry.submenu && depth < DEEPEST {
                let most = self.settings.most_steps / DRAWINGS;
                if self.drawing.get() > most || !self.has_room() {
                    items.push(MenuItem { entry: Rc::clone(entry), index, items: inner });
                    continue;
                }
                let Some(context) = self.contexts.last().map(|context| context.inner(false)) else { continue };
                let size = context.size();
                let mut probe = self.probe(vec![context]);
                probe.drawing.set(self.drawing.get());
                probe.most_steps = probe.most_steps.min(probe.steps.saturating_add(self.settings.most_steps / DRAWING));
                let before = (probe.kept.get(), probe.steps);
                // What ends a run here ends it at boot, too: the menu shows what there is before that.
                let ended = probe.run_scoped(&entry.source, entry.arguments.clone());
                if matches!(ended, Err(Stop::Limit(_))) {
                    probe.drawing.set(most.saturating_add(1));
                }
                let opened = probe.context().menu.clone();
                inner = probe.drawn(&opened, &format!("{index}>"), depth + 1);
                self.keep(probe.kept.get().saturating_sub(before.0));
                let steps = probe.steps.saturating_sub(before.1).saturating_add(size as u64 / 1024);
                self.drawing.set(probe.drawing.get().saturating_add(steps));
            }
            items.push(MenuItem { entry: Rc::clone(entry), index, items: inner });
        }
        items
    }
}
