//! A configuration that was read once, and what each value of `default` boots from it.

use std::rc::Rc;

use super::interpreter::{Interpreter, Stop};
use super::machine::Machine;
use super::outcome::{EntryAttempt, GrubRun, MenuItem};
use super::outline::Outline;
use super::{ConfigPlace, GrubSettings, begin, finish};

/// A configuration that GRUB has read: its variables and its menu.
pub struct Reading<'m> {
    grub: Interpreter<'m>,
    /// Its name for GRUB.
    config: String,
    /// Why it was not read to its end.
    stop: Option<Stop>,
}

/// What comes of an entry.
#[derive(Clone, Debug, Default)]
pub struct Booted {
    /// What GRUB tries, in order.
    pub attempts: Vec<EntryAttempt>,
    /// Why pregrub cannot tell; empty where it can. Clauses without a full stop.
    pub unknown: Vec<String>,
}

impl<'m> Reading<'m> {
    /// Reads the configuration `text` that lies at `place`.
    ///
    /// ```
    /// use std::rc::Rc;
    /// use pregrub::grub::{ConfigPlace, GrubSettings, Reading, disks::NoDisk};
    ///
    /// let text = b"set default=1\nmenuentry A {\n linux /a\n}\nmenuentry B {\n linux /b\n}\n";
    /// let place = ConfigPlace { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
    /// let reading = Reading::new(Rc::new(NoDisk), &place, text, GrubSettings::default());
    /// assert_eq!(reading.variable(b"default"), Some(&b"1"[..]));
    /// assert_eq!(reading.boot(None).attempts[0].title(), Some(&b"B"[..]));
    /// assert_eq!(reading.boot(Some(b"A")).attempts[0].title(), Some(&b"A"[..]));
    /// ```
    pub fn new(machine: Rc<dyn Machine + 'm>, place: &ConfigPlace, text: &[u8], settings: GrubSettings) -> Self {
        let mut grub = Interpreter::new(machine, Rc::new(settings.clone()));
        begin(&mut grub, place, &settings);
        grub.outlines = true;
        let stop = super::read(&mut grub, place, text).err();
        Self { grub, config: place.name(), stop }
    }

    /// The value of a variable after the configuration was read; `None` if it is not set or empty.
    pub fn variable(&self, name: &[u8]) -> Option<&[u8]> {
        self.grub.get(name).filter(|value| !value.is_empty())
    }

    /// Where `default` was set or unset last: file and line.
    pub fn default_at(&self) -> Option<(&str, u32)> {
        self.grub.default_at.as_ref().map(|(file, line)| (&**file, *line))
    }

    /// Why pregrub cannot tell what the configuration comes to; `None` if it can.
    pub fn unknown(&self) -> Option<&str> {
        match (&self.stop, self.grub.unknown.first()) {
            (None, None) => None,
            (_, Some(why)) => Some(why),
            (Some(_), None) => Some("the configuration is not read to its end"),
        }
    }

    /// What GRUB does with it: the same as [`run`](super::run) does, without reading the configuration again.
    pub fn run(&self) -> GrubRun {
        finish(self.grub.clone(), self.config.clone(), self.stop.clone())
    }

    /// The structure of the configuration, as far as GRUB has read it.
    pub(crate) fn outline(&self) -> Option<Rc<Outline>> {
        self.grub.outline.clone()
    }

    /// What GRUB boots without anybody pressing a key; with `entry` as if `set default=ENTRY` stood at the end.
    pub fn boot(&self, entry: Option<&[u8]>) -> Booted {
        let mut grub = self.grub.probe(self.grub.contexts.clone());
        let menu = grub.context().menu.clone();
        if let Some(entry) = entry {
            grub.set(b"default", entry);
            grub.context().unset(b"fallback");
        }
        let ended = grub.boot_default(&menu);
        let mut unknown = grub.unknown;
        if let Err(Stop::Limit(why)) = ended {
            unknown.push(why);
        }
        Booted { attempts: grub.attempts, unknown }
    }

    /// The menu, with what its submenus open.
    pub fn menu(&self) -> Vec<MenuItem> {
        let menu = self.grub.contexts.last().map(|context| context.menu.clone()).unwrap_or_default();
        self.grub.drawn(&menu, "", 0)
    }
}
