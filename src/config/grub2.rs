//! grub.cfg: functions, menu entries, submenus and unbalanced braces, the way pygrub's Grub2ConfigFile reads them.

use super::directive::{Directive, Effect};
use super::entry::{Entry, FilePath, PathRule, Root};
use super::grammar::grub2::{self as grammar, Line, LineRule, SetArgument};
use super::grammar::{Split, grub2::split};
use super::lines::{BodyLine, Ranges, lines};
use super::raised::{Cause, Raised, Stage};
use super::span::{LineText, Span};
use super::{Config, Device};
use crate::python::{Python, Text, repr, text};
use crate::release::{Change, Release};

/// A menu entry whose closing brace has not come yet. Its lines are read when it comes.
struct OpenEntry<'a> {
    title: Text,
    title_span: Span,
    header: Span,
    body: Vec<BodyLine<'a>>,
}

pub(super) fn parse(config: &mut Config, buffer: &[u8], release: Release) -> Result<(), Raised> {
    let python = release.python();
    let rule = LineRule::of(release);
    let knows_submenus = release.has(Change::Submenu);
    let mut in_function = false;
    let mut open: Option<OpenEntry<'_>> = None;
    let mut submenus = 0_usize;
    for owned in lines(buffer, python) {
        let line = owned.get();
        let class = grammar::line(rule, line.text);
        match class {
            Line::Comment => continue,
            Line::Function => {
                in_function = true;
                continue;
            }
            _ if in_function => {
                in_function = class != Line::Brace;
                continue;
            }
            Line::Header { title } => {
                if let Some(outer) = &open {
                    return Err(nested(outer, line, python));
                }
                open = Some(OpenEntry {
                    title: Text::from_line(text::strip(title), python),
                    title_span: line.span_of(title),
                    header: line.span(),
                    body: Vec::new(),
                });
                continue;
            }
            Line::Submenu if knows_submenus => {
                submenus += 1;
                continue;
            }
            Line::Brace => {
                match open.take() {
                    Some(entry) => {
                        let entry = close(config, &entry, line.number, release)?;
                        config.entries.push(entry);
                    }
                    None if submenus > 0 => submenus -= 1,
                    None => {
                        let message = "syntax error: closing brace without menuentry";
                        let raised = Raised::new(Stage::Parse, "RuntimeError", message, Cause::ClosingBrace);
                        return Err(raised.at(line.span()));
                    }
                }
                continue;
            }
            Line::Submenu | Line::Directive(_) => {}
        }
        let parts = match class {
            Line::Directive(parts) => parts,
            _ => split(line.text),
        };
        match &mut open {
            Some(entry) => {
                let ranges = Ranges::of(line.text, parts);
                entry.body.push(BodyLine::new(owned, ranges));
            }
            None => top_level(config, line, parts, release)?,
        }
    }
    match open {
        None => Ok(()),
        Some(entry) => {
            let message = with_body("syntax error: end of file with open menuentry", &entry, python);
            Err(Raised::new(Stage::Parse, "RuntimeError", message, Cause::OpenEntry).at(entry.header))
        }
    }
}

fn nested(outer: &OpenEntry<'_>, line: LineText<'_>, python: Python) -> Raised {
    let message = with_body("syntax error: cannot nest menuentry ", outer, python);
    Raised::new(Stage::Parse, "RuntimeError", message, Cause::NestedEntry).at(line.span())
}

/// A message with the lines of the open entry behind it. They may be the whole file, so nothing is copied twice.
fn with_body(message: &str, entry: &OpenEntry<'_>, python: Python) -> String {
    let mut message = format!("{message}({} ", entry.body.len());
    repr::push_repr_list(&mut message, entry.body.iter().map(|line| line.get().text), python);
    message.push(')');
    message
}

/// A command, after `set` has been resolved.
struct Command<'a> {
    /// The command, or the variable of a `set`.
    name: &'a str,
    /// Whether it is a variable. pygrub writes `set:name`, and takes that form in the file for the same.
    is_set: bool,
    argument: &'a str,
}

fn command<'a>(line: LineText<'a>, parts: Split<'a>, release: Release) -> Result<Command<'a>, Raised> {
    if parts.command == "set" {
        let failed = |message: String| {
            let span = if parts.argument.is_empty() { line.span() } else { line.span_of(parts.argument) };
            Raised::new(Stage::Parse, "ValueError", message, Cause::SetArity).at(span)
        };
        return match grammar::set_argument(parts.argument) {
            SetArgument::Pair { name, value } => Ok(Command { name, is_set: true, argument: text::strip(value) }),
            SetArgument::TooFew(got) => Err(failed(super::unpack_too_few(got, release))),
            SetArgument::TooMany => Err(failed(super::unpack_too_many(release).to_owned())),
        };
    }
    let argument = text::strip(parts.argument);
    Ok(match parts.command.strip_prefix("set:") {
        Some(name) => Command { name, is_set: true, argument },
        None => Command { name: parts.command, is_set: false, argument },
    })
}

fn top_level(config: &mut Config, line: LineText<'_>, parts: Split<'_>, release: Release) -> Result<(), Raised> {
    let command = match command(line, parts, release) {
        Ok(command) => command,
        Err(raised) => {
            config.note(line, parts.argument, Effect::Raised);
            return Err(raised);
        }
    };
    let effect = match (command.name, command.is_set) {
        ("default", true) => Effect::Default,
        ("timeout", true) => Effect::Timeout,
        ("root", true) => Effect::Root,
        (_, true) => Effect::Variable,
        ("terminal" | "insmod" | "load_env" | "save_env" | "search" | "if" | "fi", false) => Effect::Ignored,
        (_, false) => {
            config.warn_unknown(line, "Unknown directive ", command.name, release.python());
            Effect::Unknown
        }
    };
    let mut argument = command.argument;
    if matches!(effect, Effect::Default | Effect::Timeout | Effect::Root)
        && (argument == "${saved_entry}" && release.has(Change::SavedEntry)
            || argument == "${next_entry}" && release.has(Change::NextEntry))
    {
        let by_title = release.has(Change::DefaultByTitle);
        if by_title {
            config.warn("grub2's saved_entry/next_entry not supported", Some(line.span()));
        }
        // From the release that warns until Python 3 came, pygrub forgot to use the 0.
        if !by_title || release.python() == Python::Three {
            argument = "0";
        }
    }
    config.apply(line, argument, effect, release)
}

/// Reads the body of an entry whose closing brace has come.
fn close(config: &mut Config, open: &OpenEntry<'_>, last_line: u32, release: Release) -> Result<Entry, Raised> {
    let mut entry = Entry::new(open.title.clone(), open.title_span, open.header);
    entry.lines.1 = last_line;
    entry.directives.reserve_exact(open.body.len());
    for owned in &open.body {
        entry_line(config, &mut entry, owned, release)?;
    }
    Ok(entry)
}

fn entry_line(config: &mut Config, entry: &mut Entry, owned: &BodyLine<'_>, release: Release) -> Result<(), Raised> {
    let line = owned.get();
    let command = command(line, owned.split(), release)?;
    let sixteen = release.has(Change::Linux16);
    let effect = match (command.name, command.is_set) {
        ("root", true) => Effect::Root,
        (_, true) => Effect::Variable,
        ("linux", false) => Effect::Kernel,
        ("linux16", false) if sixteen => Effect::Kernel,
        ("initrd", false) => Effect::Initrd,
        ("initrd16", false) if sixteen => Effect::Initrd,
        ("echo" | "insmod" | "search", false) => Effect::Ignored,
        (_, false) => {
            config.warn_unknown(line, "Unknown image directive ", command.name, release.python());
            Effect::Unknown
        }
    };
    entry.directives.push(Directive { line: line.span(), argument: line.span_of(command.argument), effect });
    entry.apply(line, command.argument, effect, release)
}

impl Entry {
    /// Does what a directive in an entry of GRUB's dialects does. `argument` is stripped.
    pub(super) fn apply(
        &mut self,
        line: LineText<'_>,
        argument: &str,
        effect: Effect,
        release: Release,
    ) -> Result<(), Raised> {
        match effect {
            Effect::Root => {
                let device = Device::parse(argument, release);
                self.root = Some(Root::Device(device.map_err(|raised| raised.at(line.span_of(argument)))?));
            }
            Effect::Kernel => self.set_kernel(line, argument, PathRule::Device, release)?,
            Effect::Initrd => self.initrd = Some(FilePath::parse(line, argument, PathRule::Device, release)?),
            _ => {}
        }
        Ok(())
    }
}
