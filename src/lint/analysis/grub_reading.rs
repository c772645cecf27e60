//! What GRUB makes of the configuration, by pregrub's interpreter of it: which entry a default boots there, and which variables are set.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use crate::compare::place_of_text;
use crate::config::{Config, Dialect};
use crate::grub::disks::{NoDisk, OneDisk};
use crate::grub::machine::Machine;
use crate::grub::outline::Outline;
use crate::grub::{ConfigPlace, EntryAttempt, GrubRun, GrubSettings, MenuItem, Platform, Reading, Version};
use crate::lint::analysis::context::LintContext;

/// Which entry GRUB boots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) struct Choice {
    /// The entry, as an index in what pygrub sees; nothing where there is none, and where pygrub does not see it.
    pub entry: Option<usize>,
    /// Whether the value names it. Otherwise GRUB takes the first item of the menu that it looks in.
    pub named: bool,
    /// Whether pregrub knows. Otherwise nothing is to be said of it.
    pub known: bool,
    /// The line of the configuration that the entry begins on, whether pygrub sees it or not.
    pub line: Option<u32>,
}

impl Choice {
    const UNKNOWN: Self = Self { entry: None, named: false, known: false, line: None };
}

/// A file: where GRUB looks for it.
type FilePlace = (Vec<u8>, Vec<u8>);

/// What GRUB boots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::lint) struct GrubBoots {
    /// The titles of the entry, those of submenus first; empty if it boots nothing.
    pub titles: Vec<Vec<u8>>,
    /// The kernel, the words after it and the initrds; `None` if the entry loads no kernel.
    pub loaded: Option<(FilePlace, Vec<Vec<u8>>, Vec<FilePlace>)>,
}

impl GrubBoots {
    fn of(attempt: &EntryAttempt) -> Self {
        let loaded = attempt.kernel().filter(|_| attempt.works()).and_then(|kernel| {
            let place = kernel.place_of(kernel.files.first()?);
            let args = kernel.args.iter().skip(1).cloned().collect();
            let beside = attempt.beside_kernel();
            Some((place, args, beside.flat_map(|it| it.files.iter().map(|file| it.place_of(file))).collect()))
        });
        Self { titles: attempt.titles.clone(), loaded }
    }

    /// Whether GRUB boots this entry and all that it loads with `other`, too.
    pub(crate) fn is_kept_by(&self, other: &Self) -> bool {
        self.titles == other.titles && (self.loaded.is_none() || self.loaded == other.loaded)
    }
}

/// A configuration as GRUB has read it.
pub(in crate::lint) struct GrubReading<'a> {
    reading: Reading<'a>,
    /// Where it lies.
    pub place: ConfigPlace,
    /// The disk that it lies on; nothing for a configuration alone.
    pub disk: Option<Rc<OneDisk<'a>>>,
    /// Its name for GRUB.
    file: String,
    choices: RefCell<BTreeMap<Option<Vec<u8>>, Choice>>,
}

impl fmt::Debug for GrubReading<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrubReading").field("file", &self.file).finish_non_exhaustive()
    }
}

/// Whether a text has more commands or words than a menu of a thousand entries: each takes some hundred bytes once it is parsed.
fn has_too_many_words(text: &[u8]) -> bool {
    const MOST_COMMANDS: usize = 100_000;
    const MOST_WORDS: usize = 300_000;
    let count = |signs: &[u8]| text.iter().filter(|byte| signs.contains(byte)).count();
    count(b"\n;|&{}") > MOST_COMMANDS || count(b" \t$\"'") > MOST_WORDS
}

/// The longest configuration that is executed in any case, not only where a rule asks for it: a menu of a few hundred entries.
pub(in crate::lint) const LONGEST: usize = 256 << 10;
/// How long GRUB may be busy with one of those. After that nothing is known of it.
const MOST_STEPS: u64 = 200_000;

impl<'a> GrubReading<'a> {
    /// GRUB on the disk of the run, or on none for a configuration alone. `None` for other dialects, and where pygrub's text is not
    /// the whole one or a very long one.
    pub(in crate::lint) fn new(context: &LintContext<'a>) -> Option<Self> {
        let attempt = context.attempt()?;
        let found = attempt.found.as_ref().filter(|found| found.dialect == Dialect::Grub2 && !found.directory)?;
        if found.config.truncated || has_too_many_words(&found.text) {
            return None;
        }
        let mut settings = GrubSettings::default();
        if found.text.len() <= LONGEST {
            settings.most_steps = MOST_STEPS;
        }
        let disk =
            context.volumes().and_then(|volumes| OneDisk::new(volumes, Version::V2_06, Platform::Pc).ok()).map(Rc::new);
        let device = u64::try_from(attempt.offset).ok().and_then(|offset| disk.as_ref()?.name_at(offset));
        let disk = disk.filter(|_| device.is_some());
        let (machine, place): (Rc<dyn Machine + 'a>, ConfigPlace) = match (&disk, device) {
            (Some(disk), Some(device)) => {
                let path = String::from_utf8_lossy(found.path.as_bytes()).into_owned();
                (Rc::clone(disk) as Rc<dyn Machine + 'a>, ConfigPlace { device, path })
            }
            _ => (Rc::new(NoDisk), place_of_text(Platform::Pc)),
        };
        let reading = Reading::new(machine, &place, &found.text, settings);
        Some(Self { reading, file: place.name(), place, disk, choices: RefCell::default() })
    }

    /// The entry that GRUB boots: by the default that it ends up with, or by this one.
    pub(in crate::lint) fn choose(&self, config: &Config, value: Option<&[u8]>) -> Choice {
        if self.reading.unknown().is_some() {
            return Choice::UNKNOWN;
        }
        let key = value.map(<[u8]>::to_vec);
        if let Some(choice) = self.choices.borrow().get(&key) {
            return *choice;
        }
        let booted = self.reading.boot(value);
        let choice = match booted.attempts.first() {
            _ if !booted.unknown.is_empty() => Choice::UNKNOWN,
            None => Choice { entry: None, named: false, known: true, line: None },
            Some(attempt) => {
                let line = attempt.origin.as_ref().filter(|(file, _)| **file == *self.file).map(|(_, line)| *line);
                let entry = line.and_then(|line| entry_at(config, line));
                Choice { entry, named: attempt.named, known: true, line }
            }
        };
        self.choices.borrow_mut().insert(key, choice);
        choice
    }

    /// What GRUB boots by default. `None` if pregrub cannot tell.
    pub(in crate::lint) fn boots(&self) -> Option<GrubBoots> {
        if !self.is_known() {
            return None;
        }
        let booted = self.reading.boot(None);
        let boots = booted.attempts.first().map(GrubBoots::of).unwrap_or_default();
        booted.unknown.is_empty().then_some(boots)
    }

    /// A variable after the configuration was read; `None` if it is not set, is empty, or if that is not known.
    pub(in crate::lint) fn variable(&self, name: &str) -> Option<&[u8]> {
        self.reading.variable(name.as_bytes()).filter(|_| self.is_known())
    }

    /// What GRUB does with it.
    pub(in crate::lint) fn run(&self) -> GrubRun {
        self.reading.run()
    }

    /// The structure of the configuration. `None` if GRUB does not read it to its end.
    pub(in crate::lint) fn outline(&self) -> Option<Rc<Outline>> {
        self.reading.outline().filter(|outline| outline.complete)
    }

    /// Whether pregrub knows what the configuration comes to.
    pub(in crate::lint) fn is_known(&self) -> bool {
        self.reading.unknown().is_none()
    }

    /// The line of the configuration that set or unset the default last.
    pub(in crate::lint) fn default_line(&self) -> Option<u32> {
        self.reading.default_at().filter(|(file, _)| *file == self.file).map(|(_, line)| line)
    }

    /// The first entry with this title or id, in whatever submenu, in upper or lower case.
    pub(in crate::lint) fn similar(&self, config: &Config, name: &[u8]) -> Option<usize> {
        fn find<'m>(items: &'m [MenuItem], name: &[u8]) -> Option<&'m MenuItem> {
            items.iter().find_map(|item| {
                let entry = &item.entry;
                let is = entry.title.eq_ignore_ascii_case(name) || entry.id.eq_ignore_ascii_case(name);
                if is && !entry.submenu { Some(item) } else { find(&item.items, name) }
            })
        }
        let menu = self.reading.menu();
        let item = find(&menu, name)?;
        (*item.entry.file == *self.file).then(|| entry_at(config, item.entry.line)).flatten()
    }
}

/// pygrub's entry that begins in a line.
fn entry_at(config: &Config, line: u32) -> Option<usize> {
    config.entries.binary_search_by_key(&line, |entry| entry.header.line).ok()
}
