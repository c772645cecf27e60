//! GRUB 2: what it would boot from a disk, or from a configuration alone.
//!
//! A configuration of GRUB is a program. [`run`] executes it as GRUB does, on the files of the disk, and follows the default entry to
//! the words that the kernel gets. Behaviour was measured with grub-emu and grub-script-check of 2.06, and is tested against them
//! (`tests/grub`). What cannot be known is said ([`GrubRun::unknown`]), never guessed.
//!
//! The rooms, from the letters up: `number`, `word`, [`text`], `usual_word`, `lexer` (with `grammar/script.pest`), `words`, `syntax`, `marks`, `test_expression`, `constant_condition`, `parser`,
//! `outline`; then `variables`, `memory`, `expansion`, `interpreter` and `commands`; then [`menu`] and `boot`. A script sees the world through
//! [`machine::Machine`]; [`disks`] makes one of a disk.

mod blocks;
mod boot;
mod boot_loader_specification;
mod command_line;
mod commands;
mod constant_condition;
pub(crate) mod discover;
pub mod disks;
mod expansion;
mod fedora_entries;
mod identity;
mod interpreter;
mod kernel_file;
mod lexer;
mod loaded;
pub mod machine;
mod marks;
mod memory;
pub mod menu;
pub(crate) mod number;
mod options;
mod outcome;
pub(crate) mod outline;
mod parser;
mod partition_map;
mod pattern;
mod reading;
mod regular_expression;
pub(crate) mod script_detection;
mod settings;
mod syntax;
mod test_expression;
pub mod text;
mod usual_word;
mod variables;
mod word;
pub(crate) mod words;

pub use self::command_line::command_line;
pub use self::commands::environment_block;
pub use self::interpreter::Stop;
pub use self::menu::MenuEntry;
pub use self::outcome::{
    CommandFile, EntryAttempt, ExecutedCommand, GrubMessage, GrubRun, LoadCommand, MenuItem, ShownMenu,
};
pub use self::parser::Rejected;
pub use self::reading::{Booted, Reading};
pub use self::settings::{GrubSettings, Platform, UnknownName, Version};

use std::rc::Rc;

use self::interpreter::Interpreter;
use self::machine::Machine;
use self::parser::{Parser, Unit};
use self::text::ScriptText;

/// Features that a configuration can ask for, as every GRUB since 2.02 has them.
const FEATURES: [&str; 10] = [
    "feature_200_final",
    "feature_all_video_module",
    "feature_chainloader_bpb",
    "feature_default_font_path",
    "feature_menuentry_id",
    "feature_menuentry_options",
    "feature_nativedisk_cmd",
    "feature_ntldr",
    "feature_platform_search_hint",
    "feature_timeout_style",
];

/// Variables that GRUB's modules make, empty, and export.
const EMPTY: [&str; 4] = ["lang", "locale_dir", "pager", "secondary_locale_dir"];

/// Where a configuration lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigPlace {
    /// The device: `hd0`, `hd0,msdos1`, `xen/xvda`. It is `$root` when the configuration is read.
    pub device: String,
    /// The path on it: `/grub/grub.cfg`.
    pub path: String,
}

impl ConfigPlace {
    /// As GRUB names it: `(hd0)/grub/grub.cfg`.
    pub fn name(&self) -> String {
        format!("({}){}", self.device, self.path)
    }

    fn directory(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(directory, _)| directory)
    }
}

/// Does what GRUB does with the configuration `text` that lies at `place` of `machine`: reads it, takes the default entry (or the
/// one that the settings name), and follows it to what is loaded.
///
/// ```
/// use pregrub::grub::{self, ConfigPlace, GrubSettings, disks::NoDisk};
///
/// let text = b"p=/vmlinuz\nexport p\nset default=1\nmenuentry A { linux /a }\nmenuentry B { linux $p quiet }\n";
/// let place = ConfigPlace { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
/// let run = grub::run(&NoDisk, &place, text, &GrubSettings::default());
/// let chosen = run.chosen().unwrap();
/// assert_eq!(chosen.title(), Some(&b"B"[..]));
/// assert_eq!(chosen.commands[0].args, [&b"/vmlinuz"[..], b"quiet"]);
/// ```
pub fn run(machine: &dyn Machine, place: &ConfigPlace, text: &[u8], settings: &GrubSettings) -> GrubRun {
    let mut grub = Interpreter::new(Rc::new(machine), Rc::new(settings.clone()));
    begin(&mut grub, place, settings);
    let stop = read(&mut grub, place, text).err();
    finish(grub, place.name(), stop)
}

/// What GRUB does after it has read its configuration: shows the menu and boots from it.
fn finish(mut grub: Interpreter<'_>, config: String, mut stop: Option<Stop>) -> GrubRun {
    let mut result = GrubRun { config, ..GrubRun::default() };
    let menu = grub.context().menu.clone();
    // A configuration that boots something itself is never read to its end, and another's menu is the one that is shown.
    result.shown = match grub.shown.take().filter(|_| stop.is_some()) {
        Some(shown) => shown,
        None if stop.is_none() => grub.shown_menu(None, &menu),
        None => ShownMenu { items: grub.drawn(&menu, "", 0), ..ShownMenu::default() },
    };
    grub.note_of_drawing();
    if stop.is_none() && !menu.is_empty() {
        let settings = Rc::clone(&grub.settings);
        if let Some(entry) = &settings.entry {
            grub.set(b"default", entry);
            grub.context().unset(b"fallback");
        }
        stop = grub.boot_default(&menu).err();
    }
    if let Some(Stop::Limit(why)) = &stop {
        grub.cannot_tell(why.clone());
    }
    result.picked = grub.attempts.iter().position(EntryAttempt::works).or((!grub.attempts.is_empty()).then_some(0));
    result.attempts = grub.attempts;
    result.errors = grub.errors;
    result.notes = grub.notes;
    result.unknown = grub.unknown;
    result.trace = grub.trace;
    result.steps = grub.steps;
    result.output = grub.output;
    result.stop = stop;
    result
}

/// What GRUB has in its variables when it reads its configuration.
fn begin(grub: &mut Interpreter<'_>, place: &ConfigPlace, settings: &GrubSettings) {
    let context = grub.context();
    let mut export = |name: &str, value: &str| {
        context.set(name.as_bytes(), value.as_bytes());
        context.export(name.as_bytes());
    };
    for name in FEATURES {
        export(name, "y");
    }
    for name in EMPTY {
        export(name, "");
    }
    export("?", "0");
    export("check_signatures", "no");
    export("color_normal", "light-gray/black");
    export("color_highlight", "black/light-gray");
    export("grub_platform", settings.platform.name());
    export("grub_cpu", settings.platform.cpu());
    export("root", &place.device);
    let prefix = match settings.platform {
        Platform::Xen => "(memdisk)/boot/grub".to_owned(),
        Platform::Pc | Platform::Efi => format!("({}){}", place.device, place.directory()),
    };
    export("prefix", &prefix);
    for (name, value) in &settings.variables {
        context.set(name, value);
        context.export(name);
    }
}

/// Reads and executes the configuration. It can ask for its own place; its entries cannot, which run after it was read.
fn read(grub: &mut Interpreter<'_>, place: &ConfigPlace, text: &[u8]) -> Result<i32, Stop> {
    let name = place.name();
    let directory = format!("({}){}", place.device, place.directory());
    commands::at_place(grub, name.as_bytes(), directory.as_bytes(), |grub| grub.run_file(name.as_bytes(), text))
}

/// What GRUB's parser says of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Syntax {
    /// Whether there is a command to execute.
    pub has_commands: bool,
    /// The pieces that are rejected; GRUB executes the others.
    pub rejected: Vec<Rejected>,
    /// Whether blocks are nested deeper than pregrub follows.
    pub too_deep: bool,
}

/// Checks the syntax of a script as grub-script-check does, but to its end.
///
/// ```
/// let syntax = pregrub::grub::check_syntax(b"menuentry 'A' {\n}\n");
/// assert_eq!(syntax.rejected[0].line, 2);
/// ```
pub fn check_syntax(text: &[u8]) -> Syntax {
    let script = ScriptText::verbatim("", text);
    let mut parser = Parser::new(&script);
    let mut syntax = Syntax::default();
    while let Some(unit) = parser.unit() {
        match unit {
            Unit::Statements(statements) => syntax.has_commands |= !statements.is_empty(),
            Unit::Rejected(rejected) => syntax.rejected.push(rejected),
            Unit::TooDeep { .. } | Unit::TooLarge => syntax.too_deep = true,
        }
    }
    syntax
}
