//! What GRUB does with a disk or a configuration.

use std::rc::Rc;

use super::interpreter::Stop;
use super::machine::FileName;
use super::memory;
use super::menu::MenuEntry;

/// An error that GRUB prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrubMessage {
    /// What stands after `error: `.
    pub text: String,
    /// The file that it comes from, as GRUB names it.
    pub file: String,
    /// The line in it, from 1; 0 where no line is executed.
    pub line: u32,
}

/// A command that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutedCommand {
    /// How much had been done before it.
    pub number: u64,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The command and its arguments after expansion.
    pub words: Vec<String>,
    /// What it returned: 0, or the number of an error.
    pub status: i32,
}

/// A command that loads something: what GRUB boots, word by word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadCommand {
    /// `linux`, `initrd`, `chainloader`, ...
    pub command: String,
    /// Every word, the file first.
    pub args: Vec<Vec<u8>>,
    /// The files among them.
    pub files: Vec<CommandFile>,
    /// What `$root` was.
    pub root: Option<Vec<u8>>,
    /// What GRUB prints after `error: ` when it cannot do it.
    pub error: Option<String>,
    /// Whether what it loads is in memory when GRUB boots: it succeeds, and no later command takes its place.
    pub in_effect: bool,
    /// Where it stands: file and line.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// A file that a command names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandFile {
    /// As it is written, after expansion.
    pub path: Vec<u8>,
    /// Whether GRUB can open it and it is not empty; `None` if nothing is known of the disk.
    pub exists: Option<bool>,
}

/// An entry that GRUB boots, or tries to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryAttempt {
    /// Its title, and those of the submenus around it before it. Empty for commands outside of entries.
    pub titles: Vec<Vec<u8>>,
    /// `$chosen`: ids or titles, joined by `>`.
    pub path: Option<Vec<u8>>,
    /// What it loads.
    pub commands: Vec<LoadCommand>,
    /// What GRUB complains of meanwhile, but for the commands' own errors ([`LoadCommand::error`]).
    pub errors: Vec<GrubMessage>,
    /// Whether it is tried because another one failed.
    pub fallback: bool,
    /// Where the entry is defined: file and line. `None` for commands outside of entries.
    pub origin: Option<(Rc<str>, u32)>,
    /// Whether the default names it. Otherwise GRUB took the first entry of a menu that has no such one.
    pub named: bool,
}

/// The commands that name a kernel or another program to boot.
const KERNELS: [&str; 9] =
    ["linux", "linux16", "linuxefi", "multiboot", "multiboot2", "xen_hypervisor", "chainloader", "ntldr", "freedos"];

/// Commands that name initial RAM disks: every word is a file.
pub(super) const RAM_DISKS: [&str; 3] = ["initrd", "initrd16", "initrdefi"];

/// Whether a command names what is booted.
pub(super) fn is_kernel(command: &str) -> bool {
    KERNELS.contains(&command)
}

impl LoadCommand {
    /// Whether it names what is booted, not what goes with it.
    pub fn is_kernel(&self) -> bool {
        is_kernel(&self.command)
    }

    /// Where GRUB looks for a file that the command names: the device, `$root` if the name has none, and the path, several slashes
    /// as one.
    pub fn place_of(&self, file: &CommandFile) -> (Vec<u8>, Vec<u8>) {
        let parts = FileName::of(&file.path).unwrap_or(FileName { device: None, path: &file.path });
        let device = parts.device.or(self.root.as_deref()).unwrap_or_default().to_vec();
        let names = parts.path.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
        (device, names.flat_map(|name| [b"/", name].concat()).collect())
    }

    /// Whether it names initial RAM disks.
    pub fn is_ram_disk(&self) -> bool {
        RAM_DISKS.contains(&self.command.as_str())
    }
}

impl MenuItem {
    fn size(&self) -> usize {
        memory::of_entry(&self.entry) + self.items.iter().map(Self::size).sum::<usize>()
    }
}

impl EntryAttempt {
    fn size(&self) -> usize {
        let commands = self.commands.iter().map(|command| {
            let files: usize = command.files.iter().map(|file| file.path.len() + memory::EACH).sum();
            4 * memory::EACH + files + memory::of_words(&command.args) + command.error.as_ref().map_or(0, String::len)
        });
        let errors = self.errors.iter().map(|error| error.text.len() + error.file.len() + 2 * memory::EACH);
        memory::of_words(&self.titles) + commands.chain(errors).sum::<usize>()
    }

    /// What it boots, without the words.
    fn outline(mut self) -> Self {
        let kernel = self.kernel().map(|kernel| LoadCommand { args: Vec::new(), ..kernel.clone() });
        self.titles.drain(..self.titles.len().saturating_sub(1));
        Self { commands: kernel.into_iter().collect(), errors: Vec::new(), path: None, ..self }
    }

    /// The title of the entry.
    pub fn title(&self) -> Option<&[u8]> {
        self.titles.last().map(Vec::as_slice)
    }

    /// The command whose kernel GRUB boots; without one the last command that names a kernel.
    pub fn kernel(&self) -> Option<&LoadCommand> {
        let kernels = || self.commands.iter().rev().filter(|command| command.is_kernel());
        kernels().find(|command| command.in_effect).or_else(|| kernels().next())
    }

    /// What GRUB boots beside the kernel: the commands for initrds and modules that are in effect.
    pub fn beside_kernel(&self) -> impl Iterator<Item = &LoadCommand> {
        self.commands.iter().filter(|command| command.in_effect && !command.is_kernel())
    }

    /// Whether GRUB has a kernel to boot at its end, as far as pregrub knows.
    pub fn works(&self) -> bool {
        self.kernel().is_some_and(|kernel| kernel.in_effect)
    }

    /// Whether it works, every file that it names is there, and no command fails.
    pub fn is_complete(&self) -> bool {
        let missing = |command: &LoadCommand| command.files.iter().any(|file| file.exists == Some(false));
        self.works() && !self.commands.iter().any(|command| command.error.is_some() || missing(command))
    }
}

/// An item of the menu as it is shown.
#[derive(Clone, Debug)]
pub struct MenuItem {
    /// The entry.
    pub entry: Rc<MenuEntry>,
    /// `0`, `1>2`: as a value of `default`.
    pub index: String,
    /// What a submenu opens; empty for an entry.
    pub items: Vec<MenuItem>,
}

/// The menu that GRUB shows, and what its variables are then.
#[derive(Clone, Debug, Default)]
pub struct ShownMenu {
    /// The configuration that it belongs to, if the one that GRUB starts with hands over to another by `configfile`.
    pub config: Option<String>,
    /// `$default` after the configuration was read.
    pub default: Option<Vec<u8>>,
    /// `$timeout` then.
    pub timeout: Option<Vec<u8>>,
    /// `$timeout_style` then.
    pub timeout_style: Option<Vec<u8>>,
    /// `$fallback` then.
    pub fallback: Option<Vec<u8>>,
    /// `$superusers` then: entries ask for a password unless they are unrestricted.
    pub superusers: Option<Vec<u8>>,
    /// The items.
    pub items: Vec<MenuItem>,
}

/// What GRUB does: the result of [`run`](super::run).
#[derive(Clone, Debug, Default)]
pub struct GrubRun {
    /// The file that is executed, as GRUB names it: `(hd0)/grub/grub.cfg`.
    pub config: String,
    /// The menu, and the variables that decide what it does.
    pub shown: ShownMenu,
    /// What GRUB tries to boot, in order.
    pub attempts: Vec<EntryAttempt>,
    /// The one that it ends with: the first that works, else the first.
    pub picked: Option<usize>,
    /// Errors while the configuration is read.
    pub errors: Vec<GrubMessage>,
    /// What is worth knowing of the outcome: sentences without a full stop.
    pub notes: Vec<String>,
    /// What pregrub cannot tell and the outcome may rest on: clauses without a full stop.
    pub unknown: Vec<String>,
    /// Every command, where a trace was asked for.
    pub trace: Vec<ExecutedCommand>,
    /// How much was done.
    pub steps: u64,
    /// What the configuration printed, at most as much as the settings allow.
    pub output: Vec<u8>,
    /// Why it ended, unless it waits at the menu or the prompt.
    pub stop: Option<Stop>,
}

impl GrubRun {
    /// The attempt that GRUB ends with.
    pub fn chosen(&self) -> Option<&EntryAttempt> {
        self.attempts.get(self.picked?)
    }

    /// The attempts before it, which fail.
    pub fn tried(&self) -> &[EntryAttempt] {
        match self.picked {
            Some(picked) if self.chosen().is_some_and(EntryAttempt::works) => &self.attempts[..picked],
            Some(_) => self.attempts.get(1..).unwrap_or_default(),
            None => &[],
        }
    }

    /// How many bytes it takes, about.
    pub(crate) fn size(&self) -> usize {
        let items: usize = self.shown.items.iter().map(MenuItem::size).sum();
        let attempts: usize = self.attempts.iter().map(EntryAttempt::size).sum();
        let messages = self.errors.iter().map(|error| error.text.len() + error.file.len() + 2 * memory::EACH);
        let sentences = self.notes.iter().chain(&self.unknown).map(|text| text.len() + memory::EACH);
        items + attempts + self.output.len() + messages.chain(sentences).sum::<usize>()
    }

    /// GRUB does not load the kernel of the attempt that it ends with after all: it prints `error`, because of `why`, a sentence without a
    /// full stop.
    pub(crate) fn refuse_kernel(&mut self, error: &str, why: String) {
        let Some(attempt) = self.picked.and_then(|picked| self.attempts.get_mut(picked)) else { return };
        if attempt.commands.iter().filter(|command| command.is_kernel()).count() > 1 {
            self.unknown.push(format!("what is in memory after {why}"));
        } else if self.shown.fallback.is_some() {
            self.unknown.push(format!("which entry of `fallback` boots after {why}"));
        }
        for command in &mut attempt.commands {
            command.in_effect = false;
            let own = if command.is_kernel() { error } else { "you need to load the kernel first" };
            command.error.get_or_insert_with(|| format!("{own}."));
        }
        self.notes.push(why);
    }

    /// The same without what only its report needs, in as little memory as possible: which line of which entry is booted, and why it
    /// ended.
    pub(crate) fn outline(mut self) -> Self {
        let picked = self.picked.and_then(|picked| self.attempts.into_iter().nth(picked));
        let attempts: Vec<EntryAttempt> = picked.map(EntryAttempt::outline).into_iter().collect();
        self.errors.truncate(1);
        Self {
            config: self.config,
            shown: ShownMenu { config: self.shown.config, default: self.shown.default, ..ShownMenu::default() },
            picked: (!attempts.is_empty()).then_some(0),
            attempts,
            errors: self.errors,
            steps: self.steps,
            stop: self.stop,
            ..Self::default()
        }
    }

    /// Whether GRUB boots the chosen entry and every file that it names is there.
    pub fn boots(&self) -> bool {
        self.chosen().is_some_and(EntryAttempt::is_complete)
    }
}
