//! `pregrub grub`: what GRUB 2 does with a disk or a configuration. JSON: `pregrub.grub/1`.

use std::io::{self, Write};

use serde::Serialize;

use crate::grub::{
    EntryAttempt, ExecutedCommand, GrubMessage, GrubRun, GrubSettings, LoadCommand, MenuItem, ShownMenu, Stop,
    command_line, number,
};

/// The result of a run, ready to be reported.
pub struct GrubReport<'a> {
    run: &'a GrubRun,
    settings: &'a GrubSettings,
}

/// Bytes as text; what is not UTF-8 is replaced.
fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// `$chosen` when something was loaded; empty outside of entries.
fn path(attempt: &EntryAttempt) -> Option<String> {
    (!attempt.commands.is_empty()).then(|| attempt.path.as_deref().map(text).unwrap_or_default())
}

impl<'a> GrubReport<'a> {
    /// The report of a run with these settings.
    pub fn new(run: &'a GrubRun, settings: &'a GrubSettings) -> Self {
        Self { run, settings }
    }

    /// The title of the chosen entry, or its path where it has none.
    fn chosen(&self) -> Option<String> {
        let attempt = self.run.chosen()?;
        attempt.title().filter(|title| !title.is_empty()).map(text).or_else(|| path(attempt))
    }

    fn command_line(&self) -> Option<String> {
        let kernel = self.run.chosen().filter(|attempt| attempt.works())?.kernel()?;
        command_line(kernel, self.settings.platform).map(|line| text(&line))
    }

    /// The JSON object.
    pub fn json(&self) -> impl Serialize + use<> {
        let run = self.run;
        let empty = EntryAttempt::default();
        let chosen = run.chosen().unwrap_or(&empty);
        let errors = run.errors.iter().chain(&chosen.errors);
        Json {
            schema: "pregrub.grub/1",
            grub: self.settings.version.name(),
            platform: self.settings.platform.name(),
            config: run.config.clone(),
            menu_config: run.shown.config.clone(),
            default: run.shown.default.as_deref().map(text),
            timeout: run.shown.timeout.as_deref().map(text),
            timeout_style: run.shown.timeout_style.as_deref().map(text),
            fallback: run.shown.fallback.as_deref().map(text),
            superusers: run.shown.superusers.as_deref().map(text),
            chosen: self.chosen(),
            path: path(chosen),
            commands: chosen.commands.iter().map(CommandReport::from).collect(),
            command_line: self.command_line(),
            tried: run.tried().iter().map(AttemptReport::from).collect(),
            menu: run.shown.items.iter().map(ItemReport::from).collect(),
            errors: errors.clone().map(|message| message.text.clone()).collect(),
            places: errors.map(PlaceReport::from).collect(),
            boots: if !run.unknown.is_empty() { None } else { Some(run.boots()) },
            notes: run.notes.clone(),
            unknown: run.unknown.clone(),
            steps: run.steps,
            trace: self.settings.trace.then(|| run.trace.iter().map(StepReport::from).collect()),
        }
    }

    /// The report as text.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let run = self.run;
        writeln!(out, "GRUB {} on {}: {}", self.settings.version, self.settings.platform.name(), run.config)?;
        if self.settings.trace {
            writeln!(out)?;
            writeln!(out, "trace (step, line, command, status):")?;
            for step in &run.trace {
                let words: Vec<String> = step.words.iter().map(|word| shell_word(word)).collect();
                let status = if step.status == 0 { String::new() } else { format!("  -> {}", step.status) };
                writeln!(out, "{:>7} {:>5}  {}{status}", step.number, step.line, words.join(" "))?;
            }
        }
        writeln!(out)?;
        match &run.shown.config {
            Some(config) => writeln!(out, "menu of {config}:")?,
            None => writeln!(out, "menu:")?,
        }
        let path = run.chosen().and_then(|attempt| attempt.path.as_deref());
        if run.shown.items.is_empty() {
            writeln!(out, "  none: GRUB shows its prompt")?;
        }
        for item in &run.shown.items {
            self.write_item(item, &[], path, out)?;
        }
        writeln!(out)?;
        writeln!(out, "{}", self.verdict())?;
        for attempt in run.tried() {
            let title = attempt.title().map(text).unwrap_or_default();
            let fallback = if attempt.fallback { "as a fallback" } else { "first" };
            let error = attempt.kernel().and_then(|kernel| kernel.error.as_deref());
            let error = error.map(|error| format!(": GRUB prints `error: {error}`")).unwrap_or_default();
            writeln!(out, "  tried {fallback}: `{title}`, which loads no kernel{error}")?;
        }
        if let Some(attempt) = run.chosen() {
            for command in &attempt.commands {
                self.write_command(command, out)?;
            }
        }
        if let Some(line) = self.command_line() {
            writeln!(out, "  the kernel's command line: {line}")?;
        }
        let errors = run.errors.iter().chain(run.chosen().into_iter().flat_map(|attempt| &attempt.errors));
        for GrubMessage { text, file, line } in errors {
            writeln!(out, "GRUB prints `error: {text}` ({file}, line {line})")?;
        }
        for note in &run.notes {
            writeln!(out, "note: {note}")?;
        }
        for unknown in &run.unknown {
            writeln!(out, "unknown: {unknown}")?;
        }
        Ok(())
    }

    fn write_item(&self, item: &MenuItem, outer: &[u8], path: Option<&[u8]>, out: &mut dyn Write) -> io::Result<()> {
        let step: Vec<u8> = item.entry.id.iter().flat_map(|byte| vec![*byte; 1 + usize::from(*byte == b'>')]).collect();
        let here = if outer.is_empty() { step } else { [outer, b">", &step].concat() };
        let mark = if path == Some(&here) && !item.entry.submenu { '>' } else { ' ' };
        let kind = if item.entry.submenu { "  (submenu)" } else { "" };
        let hotkey = item.entry.hotkey.as_deref().map(|key| format!("  [{}]", text(key))).unwrap_or_default();
        writeln!(out, "{mark} {:<6} {}{kind}{hotkey}", item.index, text(&item.entry.title))?;
        for inner in &item.items {
            self.write_item(inner, &here, path, out)?;
        }
        Ok(())
    }

    fn write_command(&self, command: &LoadCommand, out: &mut dyn Write) -> io::Result<()> {
        let words: Vec<String> = command.args.iter().map(|word| shell_word(&text(word))).collect();
        writeln!(out, "  {:<10} {}", command.command, words.join(" "))?;
        if let Some(error) = &command.error {
            writeln!(out, "  {:<10} GRUB prints `error: {error}` ({}, line {})", "", command.file, command.line)?;
        }
        Ok(())
    }

    /// The outcome as a sentence.
    fn verdict(&self) -> String {
        let run = self.run;
        let wait = wait(&run.shown);
        let title = match self.chosen().filter(|title| !title.is_empty()) {
            Some(title) => format!("`{title}`"),
            None => "a command outside of entries".to_owned(),
        };
        match (run.chosen(), &run.stop) {
            (None, Some(Stop::Left(command))) => format!("boots nothing: `{command}` ends it"),
            (None, Some(Stop::Fatal(message))) => format!("boots nothing: GRUB gives up with `{message}`"),
            (None, Some(Stop::Limit(why))) => format!("unknown: {why}"),
            (None, _) if run.shown.items.is_empty() => "boots nothing: the menu has no entry".to_owned(),
            (None, _) => "boots nothing".to_owned(),
            (Some(attempt), _) if attempt.is_complete() => format!("boots {title}{wait}"),
            (Some(attempt), _) if attempt.works() => format!("boots {title}{wait}{}", but(attempt)),
            (Some(attempt), _) if attempt.kernel().is_none() => format!("does not boot: {title} loads no kernel"),
            (Some(_), _) => format!("does not boot: GRUB does not load the kernel of {title}"),
        }
    }
}

/// When GRUB boots by itself.
fn wait(shown: &ShownMenu) -> String {
    if shown.items.is_empty() {
        return String::new();
    }
    let Some(timeout) = &shown.timeout else {
        return " when somebody presses Enter (no timeout is set)".to_owned();
    };
    let seconds = match number::read_signed(timeout) {
        Ok((0, _)) => return " at once".to_owned(),
        Ok((seconds @ 1.., _)) => seconds,
        Ok(_) | Err(_) => return format!(" when somebody presses Enter (timeout={})", text(timeout)),
    };
    match shown.timeout_style.as_deref() {
        _ if seconds == 1 && shown.timeout_style.is_none() => " after 1 second".to_owned(),
        Some(b"hidden") => format!(" after {seconds} seconds without a menu (timeout_style=hidden: Esc shows it)"),
        Some(b"countdown") => {
            format!(" after {seconds} seconds that are counted down (timeout_style=countdown: Esc shows the menu)")
        }
        _ => format!(" after {seconds} seconds"),
    }
}

/// What is not as the entry says, although it boots.
fn but(attempt: &EntryAttempt) -> &'static str {
    let fails = |command: &&LoadCommand| !command.in_effect && command.error.is_some();
    let failing = || attempt.commands.iter().filter(fails);
    if failing().any(LoadCommand::is_kernel) {
        ", with the kernel that was loaded before another one fails"
    } else if failing().any(LoadCommand::is_ram_disk) && !attempt.beside_kernel().any(LoadCommand::is_ram_disk) {
        ", without the initrd"
    } else {
        ", without a file that is missing or empty"
    }
}

/// A word as a shell would show it.
fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%()".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { crate::shell_text::quoted(word) }
}

#[derive(Serialize)]
struct Json {
    schema: &'static str,
    grub: &'static str,
    platform: &'static str,
    config: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    menu_config: Option<String>,
    default: Option<String>,
    timeout: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout_style: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    superusers: Option<String>,
    chosen: Option<String>,
    path: Option<String>,
    commands: Vec<CommandReport>,
    command_line: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tried: Vec<AttemptReport>,
    menu: Vec<ItemReport>,
    errors: Vec<String>,
    places: Vec<PlaceReport>,
    boots: Option<bool>,
    notes: Vec<String>,
    unknown: Vec<String>,
    steps: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Vec<StepReport>>,
}

#[derive(Serialize)]
struct CommandReport {
    command: String,
    args: Vec<String>,
    files: Vec<FileReport>,
    root: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    loaded: bool,
    line: u32,
}

#[derive(Serialize)]
struct FileReport {
    path: String,
    exists: Option<bool>,
}

#[derive(Serialize)]
struct AttemptReport {
    title: Option<String>,
    path: Option<String>,
    commands: Vec<CommandReport>,
    errors: Vec<String>,
}

#[derive(Serialize)]
struct ItemReport {
    index: String,
    title: String,
    id: String,
    submenu: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    hotkey: Option<String>,
    line: u32,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    entries: Vec<ItemReport>,
}

#[derive(Serialize)]
struct PlaceReport {
    file: String,
    line: u32,
}

#[derive(Serialize)]
struct StepReport {
    step: u64,
    file: String,
    line: u32,
    words: Vec<String>,
    status: i32,
}

impl From<&LoadCommand> for CommandReport {
    fn from(command: &LoadCommand) -> Self {
        Self {
            command: command.command.clone(),
            args: command.args.iter().map(|word| text(word)).collect(),
            files: command
                .files
                .iter()
                .map(|file| FileReport { path: text(&file.path), exists: file.exists })
                .collect(),
            root: command.root.as_deref().map(text),
            error: command.error.clone(),
            loaded: command.in_effect,
            line: command.line,
        }
    }
}

impl From<&EntryAttempt> for AttemptReport {
    fn from(attempt: &EntryAttempt) -> Self {
        Self {
            title: attempt.title().map(text),
            path: path(attempt),
            commands: attempt.commands.iter().map(CommandReport::from).collect(),
            errors: attempt.errors.iter().map(|message| message.text.clone()).collect(),
        }
    }
}

impl From<&MenuItem> for ItemReport {
    fn from(item: &MenuItem) -> Self {
        Self {
            index: item.index.clone(),
            title: text(&item.entry.title),
            id: text(&item.entry.id),
            submenu: item.entry.submenu,
            hotkey: item.entry.hotkey.as_deref().map(text),
            line: item.entry.line,
            entries: item.items.iter().map(Self::from).collect(),
        }
    }
}

impl From<&GrubMessage> for PlaceReport {
    fn from(message: &GrubMessage) -> Self {
        Self { file: message.file.clone(), line: message.line }
    }
}

impl From<&ExecutedCommand> for StepReport {
    fn from(step: &ExecutedCommand) -> Self {
        Self {
            step: step.number,
            file: step.file.clone(),
            line: step.line,
            words: step.words.clone(),
            status: step.status,
        }
    }
}
