//! What GRUB does with a disk or a configuration.

use std::rc::Rc;

use super::interpreter::Stop;
use super::menu::MenuEntry;

/// An error that GRUB prints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What stands after `error: `.
    pub text: String,
    /// The file that it comes from, as GRUB names it.
    pub file: String,
    /// The line in it, from 1; 0 where no line is executed.
    pub line: u32,
}

/// A command that was executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
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
    pub files: Vec<NamedFile>,
    /// What `$root` was.
    pub root: Option<Vec<u8>>,
    /// What GRUB prints after `error: ` when it cannot do it.
    pub error: Option<String>,
    /// Where it stands: file and line.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// A file that a command names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// As it is written, after expansion.
    pub path: Vec<u8>,
    /// Whether GRUB can open it and it is not empty; `None` for a list of blocks and where nothing is known of the disk.
    pub exists: Option<bool>,
}

/// An entry that GRUB boots, or tries to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempt {
    /// Its title, and those of the submenus around it before it. Empty for commands outside of entries.
    pub titles: Vec<Vec<u8>>,
    /// `$chosen`: ids or titles, joined by `>`.
    pub path: Option<Vec<u8>>,
    /// What it loads.
    pub commands: Vec<LoadCommand>,
    /// What GRUB complains of meanwhile, but for the commands' own errors ([`LoadCommand::error`]).
    pub errors: Vec<Message>,
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

/// Whether a command names what is booted.
pub(super) fn is_kernel(command: &str) -> bool {
    KERNELS.contains(&command)
}

impl Attempt {
    /// The title of the entry.
    pub fn title(&self) -> Option<&[u8]> {
        self.titles.last().map(Vec::as_slice)
    }

    /// The last command that names a kernel: the one that counts.
    pub fn kernel(&self) -> Option<&LoadCommand> {
        self.commands.iter().rev().find(|command| is_kernel(&command.command))
    }

    /// Whether it names a kernel that is there, as far as anybody knows.
    pub fn works(&self) -> bool {
        self.kernel().is_some_and(|kernel| kernel.files.first().is_some_and(|file| file.exists != Some(false)))
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

/// What GRUB does: the result of [`run`](super::run).
#[derive(Clone, Debug, Default)]
pub struct GrubRun {
    /// The file that is executed, as GRUB names it: `(hd0)/grub/grub.cfg`.
    pub config: String,
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
    /// The menu.
    pub menu: Vec<MenuItem>,
    /// What GRUB tries to boot, in order.
    pub attempts: Vec<Attempt>,
    /// The one that it ends with: the first that works, else the first.
    pub picked: Option<usize>,
    /// Errors while the configuration is read.
    pub errors: Vec<Message>,
    /// What is worth knowing of the outcome: sentences without a full stop.
    pub notes: Vec<String>,
    /// What pregrub cannot tell and the outcome may rest on: clauses without a full stop.
    pub unknown: Vec<String>,
    /// Every command, where a trace was asked for.
    pub trace: Vec<Step>,
    /// How much was done.
    pub steps: u64,
    /// What the configuration printed, at most as much as the settings allow.
    pub output: Vec<u8>,
    /// Why it ended, unless it waits at the menu or the prompt.
    pub stop: Option<Stop>,
}

impl GrubRun {
    /// The attempt that GRUB ends with.
    pub fn chosen(&self) -> Option<&Attempt> {
        self.attempts.get(self.picked?)
    }

    /// The attempts before it, which fail.
    pub fn tried(&self) -> &[Attempt] {
        match self.picked {
            Some(picked) if self.chosen().is_some_and(Attempt::works) => &self.attempts[..picked],
            Some(_) => self.attempts.get(1..).unwrap_or_default(),
            None => &[],
        }
    }

    /// Whether GRUB boots the chosen entry and every file that it names is there.
    pub fn boots(&self) -> bool {
        self.chosen().is_some_and(Attempt::is_complete)
    }
}
