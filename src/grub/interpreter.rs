//! Executes scripts: statements, functions, contexts, and what it costs.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use super::blocks;
use super::commands;
use super::loaded::Loaded;
use super::machine::{CommandFailure, FileLookup, FileName, Machine};
use super::marks::Marks;
use super::memory;
use super::menu::MenuEntry;
use super::outcome::{EntryAttempt, ExecutedCommand, GrubMessage, ShownMenu};
use super::outline::Outline;
use super::parser::{Parser, Unit};
use super::settings::GrubSettings;
use super::syntax::{Block, Command, Statement};
use super::text::{ScriptText, bytes};
use super::variables::Context;

/// Why execution ends for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A kernel or another loader was started.
    Booted,
    /// `halt`, `reboot` or `exit`, by its name.
    Left(String),
    /// GRUB gives up: its message.
    Fatal(String),
    /// pregrub does not follow it further: a clause without a full stop.
    Limit(String),
}

/// What executing something comes to: the status, which is 0 or the number of an error.
pub(super) type Executed = Result<i32, Stop>;

/// The positional parameters of a function or a menu entry.
#[derive(Clone, Debug)]
struct Scope {
    parameters: Vec<Vec<u8>>,
    /// How many parameters `shift` has taken away.
    shifted: usize,
    function: bool,
}

/// GRUB, with what it has in memory.
#[derive(Clone)]
pub(super) struct Interpreter<'m> {
    pub machine: Rc<dyn Machine + 'm>,
    pub settings: Rc<GrubSettings>,
    pub contexts: Vec<Context>,
    functions: Rc<HashMap<Vec<u8>, Rc<[Statement]>>>,
    scope: Option<Scope>,
    loops: usize,
    breaks: usize,
    continues: bool,
    returns: bool,
    /// How deep scripts, functions and menus are nested.
    depth: u32,
    /// What has been done, in steps.
    pub steps: u64,
    /// How many there may be.
    pub most_steps: u64,
    /// What is kept, in bytes, but for the variables: see `memory`.
    pub kept: Cell<usize>,
    /// The steps that drawing the menu took: submenus are executed for it.
    pub drawing: Cell<u64>,
    /// How many bytes the trace has.
    traced: usize,
    /// What `echo` and other commands have printed.
    pub output: Vec<u8>,
    /// Errors before the first attempt.
    pub errors: Vec<GrubMessage>,
    pub attempts: Vec<EntryAttempt>,
    /// The menu of the last configuration that the first one handed over to.
    pub shown: Option<ShownMenu>,
    /// The titles of the submenus that are open.
    pub titles: Vec<Vec<u8>>,
    pub trace: Vec<ExecutedCommand>,
    /// What is assumed where there is no disk, and other things worth knowing: sentences without a full stop.
    pub notes: Vec<String>,
    /// What pregrub cannot tell, as clauses without a full stop.
    pub unknown: Vec<String>,
    /// What was loaded and is in memory.
    pub loaded: Option<Loaded>,
    /// Whether each menu has the entry that the default names.
    pub named: bool,
    /// Where `default` was set or removed last.
    pub default_at: Option<(Rc<str>, u32)>,
    /// Whether `gfxterm` is among the terminals, so that there are images and colours.
    pub graphics: bool,
    /// Devices made by `loopback`, and what they stand for: a device and a path.
    pub loops_back: Vec<(Vec<u8>, Vec<u8>, Vec<u8>)>,
    /// The ids of the entries that Fedora's `blscfg` has made.
    pub made_entries: Vec<Vec<u8>>,
    /// Where execution is.
    pub file: Rc<str>,
    pub line: u32,
    pub printed_errors: u64,
    /// Whether the script that is read next is outlined.
    pub outlines: bool,
    /// What was marked in it.
    marks: Option<Marks>,
    /// Its outline.
    pub outline: Option<Rc<Outline>>,
}

/// How deep scripts, functions and menus may be nested. GRUB has a stack of its own that is not much deeper.
const DEEPEST: u32 = 60;
/// Why nothing is known of a file on a loop device.
const INSIDE_AN_IMAGE: &str = "pregrub does not look into disk images that `loopback` opens";
/// The longest list of errors, notes and steps of the trace.
const MOST_LINES: usize = 1000;

impl<'m> Interpreter<'m> {
    pub(super) fn new(machine: Rc<dyn Machine + 'm>, settings: Rc<GrubSettings>) -> Self {
        let most_steps = settings.most_steps;
        Self {
            machine,
            settings,
            contexts: vec![Context::default()],
            functions: Rc::default(),
            scope: None,
            loops: 0,
            breaks: 0,
            continues: false,
            returns: false,
            depth: 0,
            steps: 0,
            most_steps,
            kept: Cell::new(0),
            drawing: Cell::new(0),
            traced: 0,
            output: Vec::new(),
            errors: Vec::new(),
            attempts: Vec::new(),
            shown: None,
            titles: Vec::new(),
            trace: Vec::new(),
            notes: Vec::new(),
            unknown: Vec::new(),
            loaded: None,
            named: true,
            default_at: None,
            graphics: false,
            loops_back: Vec::new(),
            made_entries: Vec::new(),
            file: "".into(),
            line: 0,
            printed_errors: 0,
            outlines: false,
            marks: None,
            outline: None,
        }
    }

    /// A copy with these contexts that tries something out: it keeps what is in memory and forgets what was reported.
    pub(super) fn probe(&self, contexts: Vec<Context>) -> Self {
        Self {
            contexts,
            // What it keeps comes on top of what is kept already.
            kept: Cell::new(self.memory()),
            functions: Rc::clone(&self.functions),
            scope: self.scope.clone(),
            depth: self.depth,
            steps: self.steps,
            most_steps: self.most_steps,
            titles: self.titles.clone(),
            graphics: self.graphics,
            loops_back: self.loops_back.clone(),
            made_entries: self.made_entries.clone(),
            file: Rc::clone(&self.file),
            ..Self::new(Rc::clone(&self.machine), Rc::clone(&self.settings))
        }
    }

    // Variables.

    pub(super) fn context(&mut self) -> &mut Context {
        if self.contexts.is_empty() {
            self.contexts.push(Context::default());
        }
        let last = self.contexts.len() - 1;
        &mut self.contexts[last]
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.contexts.last()?.get(name)
    }

    pub(super) fn set(&mut self, name: &[u8], value: &[u8]) {
        // What is kept costs more, the larger it is: the sum of all values stays small.
        self.spend((value.len() / 64).saturating_add(value.len().saturating_sub(4096) / 4) as u64);
        self.context().set(name, value);
        self.mark_default(name);
    }

    pub(super) fn unset(&mut self, name: &[u8]) {
        self.context().unset(name);
        self.mark_default(name);
    }

    /// Keeps where the default comes from.
    fn mark_default(&mut self, name: &[u8]) {
        if name == b"default" && self.attempts.is_empty() {
            self.default_at = Some((Rc::clone(&self.file), self.line));
        }
    }

    /// The positional parameters; `None` outside of functions and menu entries.
    pub(super) fn parameters(&self) -> Option<&[Vec<u8>]> {
        self.scope.as_ref().map(|scope| &scope.parameters[scope.shifted.min(scope.parameters.len())..])
    }

    pub(super) fn set_parameters(&mut self, parameters: Vec<Vec<u8>>) -> Result<(), CommandFailure> {
        match &mut self.scope {
            Some(scope) => {
                scope.parameters = parameters;
                scope.shifted = 0;
                Ok(())
            }
            None => Err(CommandFailure::new(17, "")),
        }
    }

    // What it costs, and what is reported.

    /// Counts work; [`Self::afford`] says when it is too much.
    pub(super) fn spend(&mut self, steps: u64) {
        self.steps = self.steps.saturating_add(steps);
    }

    /// Nothing more is executed.
    pub(super) fn give_up(&mut self) {
        self.steps = self.steps.max(self.most_steps.saturating_add(1));
    }

    pub(super) fn afford(&mut self) -> Result<(), Stop> {
        self.spend(1);
        if self.steps > self.most_steps {
            let why = format!("the configuration is still busy after {} steps: it may loop for ever", self.most_steps);
            return Err(Stop::Limit(why));
        }
        self.afford_memory()
    }

    /// Counts memory that is kept; [`Self::afford`] says when it is too much.
    pub(super) fn keep(&self, bytes: usize) {
        self.kept.set(self.kept.get().saturating_add(bytes));
    }

    /// Takes back what was counted.
    fn release(&self, bytes: usize) {
        self.kept.set(self.kept.get().saturating_sub(bytes));
    }

    /// How many bytes are kept.
    fn memory(&self) -> usize {
        self.contexts.iter().map(Context::size).fold(self.kept.get(), usize::saturating_add)
    }

    fn afford_memory(&self) -> Result<(), Stop> {
        if self.memory() > memory::MOST {
            // What is left out for that is not made up for by what is taken back.
            self.kept.set(usize::MAX);
            return Err(memory::exceeded());
        }
        Ok(())
    }

    /// Whether what is kept is within the limit.
    pub(super) fn has_room(&self) -> bool {
        self.afford_memory().is_ok()
    }

    /// Adds an entry to the menu.
    pub(super) fn add_entry(&mut self, entry: MenuEntry) {
        /// The most entries of a menu.
        const MOST: usize = 100_000;
        if self.has_room() && self.context().menu.len() < MOST {
            self.keep(memory::of_entry(&entry));
            self.context().menu.push(Rc::new(entry));
        }
    }

    /// Prints an error as GRUB does, unless it is a condition that is not met.
    pub(super) fn report(&mut self, failure: &CommandFailure) {
        if failure.number == CommandFailure::TEST || failure.number == 0 || failure.message.is_empty() {
            return;
        }
        self.complain(format!("{}.", failure.message));
    }

    /// Prints an error.
    pub(super) fn complain(&mut self, text: String) {
        self.printed_errors += 1;
        let list = match self.attempts.last_mut() {
            Some(attempt) => &mut attempt.errors,
            None => &mut self.errors,
        };
        if list.len() < MOST_LINES {
            let message = GrubMessage { text, file: self.file.to_string(), line: self.line };
            let size = 2 * memory::EACH + message.text.len() + message.file.len();
            list.push(message);
            self.keep(size);
        }
    }

    pub(super) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        if self.notes.len() < MOST_LINES && !self.notes.contains(&note) {
            self.keep(memory::EACH + note.len());
            self.notes.push(note);
        }
    }

    /// pregrub cannot tell something on which the outcome may rest.
    pub(super) fn cannot_tell(&mut self, why: String) {
        if self.unknown.len() < MOST_LINES && !self.unknown.contains(&why) {
            self.keep(memory::EACH + why.len());
            self.unknown.push(why);
        }
    }

    pub(super) fn print(&mut self, text: &[u8]) {
        let room = self.settings.most_output.saturating_sub(self.output.len());
        self.output.extend_from_slice(&text[..text.len().min(room)]);
        self.spend(text.len() as u64 / 16);
    }

    fn step(&mut self, words: &[Vec<u8>]) {
        let size = 2 * memory::EACH + self.file.len() + memory::of_words(words);
        let fits = self.traced.saturating_add(size) <= memory::MOST_TRACE;
        if self.settings.trace && fits && self.trace.len() < self.settings.most_trace {
            self.traced += size;
            let words = words.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect();
            self.trace.push(ExecutedCommand {
                number: self.steps,
                file: self.file.to_string(),
                line: self.line,
                words,
                status: 0,
            });
        }
    }

    // Files.

    /// Device and path of a file's name; GRUB's complaint if it has neither.
    pub(super) fn locate(&self, name: &[u8]) -> Result<(Vec<u8>, Vec<u8>), CommandFailure> {
        let (device, path) = self.place(name)?;
        if path.first() == Some(&b'/') { Ok((device, path)) } else { Err(blocks::invalid(&path)) }
    }

    /// Device of a name, and what follows it: a path, or a list of blocks.
    fn place(&self, name: &[u8]) -> Result<(Vec<u8>, Vec<u8>), CommandFailure> {
        let parts = FileName::of(name)
            .ok_or_else(|| CommandFailure::new(CommandFailure::BAD_FILENAME, "missing `)' symbol"))?;
        let root = || {
            let root = self.get(b"root").filter(|root| !root.is_empty());
            root.map(<[u8]>::to_vec).ok_or_else(|| CommandFailure::bad_argument("variable `root' isn't set"))
        };
        let device = match parts.device {
            None => root()?,
            // `($nothing)/path`: parentheses without a name in them are not the root.
            Some(b"") => return Err(CommandFailure::new(CommandFailure::UNKNOWN_DEVICE, "disk `' not found")),
            Some(device) => device.to_vec(),
        };
        Ok((device, parts.path.to_vec()))
    }

    pub(super) fn find(&mut self, name: &[u8]) -> FileLookup {
        self.spend(20);
        match self.place(name) {
            Ok((device, path)) => self.find_on(&device, &path),
            Err(failure) => FileLookup::Missing(failure),
        }
    }

    /// Looks for a path, or a list of blocks, on a device.
    pub(super) fn find_on(&self, device: &[u8], path: &[u8]) -> FileLookup {
        match path.first() {
            _ if self.is_loop_device(device) => FileLookup::Unknown(INSIDE_AN_IMAGE.to_owned()),
            Some(b'/') => self.machine.find(device, path),
            _ => blocks::find(&*self.machine, self.settings.version, device, path),
        }
    }

    /// Whether `loopback` made a device, or the disk that it is a partition of.
    fn is_loop_device(&self, device: &[u8]) -> bool {
        let disk = device.split(|byte| *byte == b',').next().unwrap_or_default();
        self.loops_back.iter().any(|(made, ..)| made == disk)
    }

    pub(super) fn read(&mut self, name: &[u8], limit: usize) -> Result<Vec<u8>, FileLookup> {
        self.spend(20);
        let (device, path) = self.place(name).map_err(FileLookup::Missing)?;
        let text = match path.first() {
            _ if self.is_loop_device(&device) => return Err(FileLookup::Unknown(INSIDE_AN_IMAGE.to_owned())),
            Some(b'/') => self.machine.read(&device, &path, limit)?,
            _ => blocks::read(&*self.machine, self.settings.version, &device, &path, limit)?,
        };
        self.spend(text.len() as u64 / 256);
        Ok(text)
    }

    /// The files that a pattern matches; none where there are none.
    pub(super) fn matching_files(&mut self, pattern: &[(u8, bool)]) -> Vec<Vec<u8>> {
        super::pattern::matching(self, pattern)
    }

    // Execution.

    /// Executes a file as `source` does: in the present context.
    pub(super) fn run_file(&mut self, name: &[u8], text: &[u8]) -> Executed {
        let size = text.len();
        self.keep(size.saturating_mul(2));
        self.afford_memory()?;
        self.release(size);
        let script = ScriptText::file(&String::from_utf8_lossy(name), text);
        let before = (Rc::clone(&self.file), self.line);
        let status = self.run_text(&script);
        if let Some(marks) = self.marks.take() {
            let mut outline = Outline::of(marks, &script, text);
            outline.complete &= status.is_ok();
            self.outline = Some(Rc::new(outline));
        }
        (self.file, self.line) = before;
        self.release(size);
        status
    }

    /// Executes a text, unit by unit.
    pub(super) fn run_text(&mut self, script: &ScriptText) -> Executed {
        if self.depth >= DEEPEST {
            return Err(Stop::Limit(format!("scripts, functions and menus are nested deeper than {DEEPEST}")));
        }
        self.depth += 1;
        self.file = Rc::clone(&script.origin);
        self.keep(script.size());
        let status = self.run_units(script);
        self.release(script.size());
        self.depth -= 1;
        status
    }

    fn run_units(&mut self, script: &ScriptText) -> Executed {
        if !std::mem::take(&mut self.outlines) {
            return self.run_parsed(&mut Parser::new(script), script);
        }
        let mut parser = Parser::marking(script);
        let status = self.run_parsed(&mut parser, script);
        self.marks = parser.take_marks();
        status
    }

    fn run_parsed(&mut self, parser: &mut Parser<'_>, script: &ScriptText) -> Executed {
        let mut status = 0;
        let mut words = 0;
        loop {
            parser.limit(memory::MOST.saturating_sub(self.memory()));
            let Some(unit) = parser.unit() else { return Ok(status) };
            let size = parser.size();
            self.keep(size);
            self.spend((parser.words() - words) as u64 / 8);
            words = parser.words();
            self.afford()?;
            let functions = parser.take_functions();
            if !functions.is_empty() {
                self.keep(size);
            }
            for function in functions {
                if let Statement::Function { name, body } = function {
                    self.keep(name.len() + 2 * memory::EACH);
                    Rc::make_mut(&mut self.functions).insert(name, body);
                }
            }
            self.file = Rc::clone(&script.origin);
            match unit {
                Unit::Statements(statements) => {
                    if !statements.is_empty() {
                        status = self.statements(&statements)?;
                    }
                }
                Unit::Rejected(rejected) => {
                    self.line = rejected.line;
                    for message in &rejected.messages {
                        self.complain(message.clone());
                    }
                    if rejected.fatal {
                        return Err(Stop::Fatal(rejected.messages.concat()));
                    }
                }
                Unit::TooDeep { line } => {
                    return Err(Stop::Limit(format!("line {line} nests blocks deeper than pregrub follows")));
                }
                Unit::TooLarge => return Err(memory::exceeded()),
            }
            self.release(size);
        }
    }

    fn statements(&mut self, statements: &[Statement]) -> Executed {
        let mut status = 0;
        for statement in statements {
            status = self.statement(statement)?;
            if self.breaks > 0 || self.returns {
                break;
            }
        }
        Ok(status)
    }

    /// Executes a statement and keeps its status as `$?`.
    fn statement(&mut self, statement: &Statement) -> Executed {
        self.afford()?;
        let status = self.execute(statement)?;
        Ok(self.done(status))
    }

    fn execute(&mut self, statement: &Statement) -> Executed {
        match statement {
            Statement::Command(command) => self.command(command),
            Statement::If { condition, then, otherwise } => {
                let status = self.statements(condition)?;
                if self.returns || self.breaks > 0 {
                    return Ok(status);
                }
                self.statements(if status == 0 { then } else { otherwise })
            }
            Statement::For { name, words, body, line } => {
                self.line = *line;
                let values = self.expand(words);
                let size = memory::of_words(&values);
                self.keep(size);
                let mut status = 0;
                self.loops += 1;
                for value in values {
                    self.end_continue();
                    if self.breaks > 0 {
                        break;
                    }
                    self.set(name, &value);
                    status = self.statements(body)?;
                    if self.returns {
                        break;
                    }
                }
                self.leave_loop();
                self.release(size);
                Ok(status)
            }
            Statement::While { until, condition, body, line } => {
                self.line = *line;
                let mut status;
                self.loops += 1;
                loop {
                    status = self.statements(condition)?;
                    if self.returns || self.breaks > 0 || (status == 0) == *until {
                        break;
                    }
                    status = self.statements(body)?;
                    if self.returns {
                        break;
                    }
                    self.end_continue();
                    if self.breaks > 0 {
                        break;
                    }
                    self.afford()?;
                }
                self.leave_loop();
                Ok(status)
            }
            Statement::Function { name, body } => {
                Rc::make_mut(&mut self.functions).insert(name.clone(), Rc::clone(body));
                Ok(0)
            }
        }
    }

    fn end_continue(&mut self) {
        if self.continues && self.breaks == 1 {
            self.breaks = 0;
        }
    }

    fn leave_loop(&mut self) {
        self.breaks = self.breaks.saturating_sub(1);
        self.loops = self.loops.saturating_sub(1);
    }

    fn command(&mut self, command: &Command) -> Executed {
        self.line = command.line;
        let words = self.expand(&command.words);
        let size = memory::of_words(&words);
        self.keep(size);
        let status = self.execute_words(words, command.block.as_ref())?;
        self.release(size);
        Ok(status)
    }

    /// Executes a command by its words.
    fn execute_words(&mut self, mut words: Vec<Vec<u8>>, block: Option<&Block>) -> Executed {
        let mut invert = false;
        if words.first().is_some_and(|word| word == b"!") {
            if words.len() < 2 {
                return Ok(self.done(CommandFailure::BAD_ARGUMENT));
            }
            invert = true;
            words.remove(0);
        }
        if words.is_empty() {
            // Every word vanished.
            return Ok(0);
        }
        self.step(&words);
        let name = words.remove(0);
        let result = if commands::is_known(&name, &self.settings) {
            if let Some(block) = block {
                words.push(bytes(&block.text));
            }
            let before = (Rc::clone(&self.file), self.line);
            let result = commands::execute(self, &name, words, block)?;
            (self.file, self.line) = before;
            result
        } else if let Some(body) = self.functions.get(&name).cloned() {
            if let Some(block) = block {
                words.push(bytes(&block.text));
            }
            CommandOutcome::Status(self.call(&body, words)?)
        } else {
            return Ok(self.unknown_command(&name));
        };
        let status = match result {
            CommandOutcome::Status(status) => status,
            CommandOutcome::Complaining(failure) => {
                if !invert {
                    self.report(&failure);
                }
                0
            }
            CommandOutcome::Failed(failure) => {
                self.report(&failure);
                failure.number
            }
        };
        let status = match (invert, status) {
            (false, status) => status,
            (true, 0) => CommandFailure::TEST,
            (true, _) => 0,
        };
        Ok(self.done(status))
    }

    /// Keeps a status as `$?`.
    fn done(&mut self, status: i32) -> i32 {
        let digits;
        let text: &[u8] = match status {
            0 => b"0",
            1 => b"1",
            _ => {
                digits = status.to_string();
                digits.as_bytes()
            }
        };
        if self.get(b"?") != Some(text) {
            self.context().set(b"?", text);
        }
        status
    }

    /// An assignment without `set`, or a mistake.
    fn unknown_command(&mut self, name: &[u8]) -> i32 {
        if let Some(at) = name.iter().position(|byte| *byte == b'=') {
            let (variable, value) = (name[..at].to_vec(), name[at + 1..].to_vec());
            self.set(&variable, &value);
            return self.done(0);
        }
        let shown = String::from_utf8_lossy(name).into_owned();
        if name == b"blscfg" {
            self.note(
                "`blscfg` is a command of Fedora's and Red Hat's GRUB (--grub 2.06-fedora or 2.12-fedora) and of 2.14",
            );
        }
        self.complain(format!("can't find command `{shown}'."));
        self.done(0)
    }

    /// Calls a function.
    fn call(&mut self, body: &Rc<[Statement]>, parameters: Vec<Vec<u8>>) -> Executed {
        if self.depth >= DEEPEST {
            return Err(Stop::Limit(format!("scripts, functions and menus are nested deeper than {DEEPEST}")));
        }
        self.depth += 1;
        let outer = self.scope.replace(Scope { parameters, shifted: 0, function: true });
        let loops = std::mem::take(&mut self.loops);
        let before = (Rc::clone(&self.file), self.line);
        let status = self.statements(body);
        (self.file, self.line) = before;
        self.loops = loops;
        self.returns = false;
        self.scope = outer;
        self.depth -= 1;
        status
    }

    /// Executes a text with parameters of its own, as a menu entry is.
    pub(super) fn run_scoped(&mut self, script: &ScriptText, parameters: Vec<Vec<u8>>) -> Executed {
        let size = memory::of_words(&parameters);
        self.keep(size);
        let outer = self.scope.replace(Scope { parameters, shifted: 0, function: false });
        let before = (Rc::clone(&self.file), self.line);
        let status = self.run_text(script);
        (self.file, self.line) = before;
        self.scope = outer;
        self.release(size);
        status
    }

    pub(super) fn break_out(&mut self, count: usize, continues: bool) {
        self.continues = continues;
        self.breaks = self.loops.min(count);
    }

    pub(super) fn shift(&mut self, count: usize) -> Result<(), CommandFailure> {
        let Some(scope) = &mut self.scope else { return Ok(()) };
        if count > scope.parameters.len() - scope.shifted.min(scope.parameters.len()) {
            return Err(CommandFailure::bad_argument(""));
        }
        scope.shifted += count;
        Ok(())
    }

    /// Ends the function; whether there is one.
    pub(super) fn return_from(&mut self) -> bool {
        let inside = self.scope.as_ref().is_some_and(|scope| scope.function);
        self.returns = inside;
        inside
    }
}

/// What a command comes to.
#[derive(Debug)]
pub(super) enum CommandOutcome {
    /// It is done, with this status.
    Status(i32),
    /// It is done, with status 0, and something is complained of.
    Complaining(CommandFailure),
    /// It fails.
    Failed(CommandFailure),
}

impl From<Result<(), CommandFailure>> for CommandOutcome {
    fn from(result: Result<(), CommandFailure>) -> Self {
        match result {
            Ok(()) => Self::Status(0),
            Err(failure) => Self::Failed(failure),
        }
    }
}
