//! grub.cfg: functions, menu entries, submenus and unbalanced braces, the way pygrub's Grub2ConfigFile reads them.

use super::Config;
use super::directive::{Directive, Effect};
use super::entry::Entry;
use super::grammar::grub2::{self as grammar, Grub2Line, LineRule, SetArgument};
use super::grammar::{Split, grub2::split};
use super::if_block::{IfBlock, ends_on_its_line};
use super::lines::{Body, BodyLine, Buffer, lines};
use super::raised::{Cause, Raised, Stage};
use super::span::LineText;
use super::warnings::Beginning;
use crate::config::blocks::{Function, Submenu};
use crate::flavour::{Build, IfBlocks};
use crate::python::py_str;
use crate::python::{PyStr, Python, repr};
use crate::release::{Change, Release};

pub(super) fn parse(config: &mut Config, buffer: Buffer<'_>, build: Build) {
    let Build { release, flavour } = build;
    let python = release.python();
    let skips_ifs = flavour.if_blocks() == IfBlocks::Skipped;
    // The `if` block whose `fi` has not come yet, where such blocks are left out.
    let mut block: Option<IfBlock> = None;
    let rule = LineRule::of(release);
    let knows_submenus = release.has(Change::Submenu);
    // The function whose closing brace has not come yet.
    let mut function: Option<Function> = None;
    // The menu entry whose closing brace has not come yet, and its lines, which are read when it comes.
    let mut open: Option<Entry> = None;
    let mut body = Body::new(buffer);
    let mut submenus = 0_usize;
    let mut last = 0;
    for owned in lines(buffer) {
        let line = owned.get();
        last = line.number;
        let class = grammar::line(rule, line.text);
        match class {
            Grub2Line::Comment => continue,
            Grub2Line::Function => {
                // Inside a function it changes nothing.
                function.get_or_insert_with(|| Function::new(line.span()));
                continue;
            }
            _ if skips_ifs && line.text.starts_with("if") => {
                match &mut block {
                    _ if ends_on_its_line(line.text) => {
                        config.if_blocks.push(IfBlock::new(line.span()).to(line.number))
                    }
                    Some(block) => block.see(class, line),
                    None => block = Some(IfBlock::new(line.span())),
                }
                continue;
            }
            _ if block.is_some() => {
                if class == Grub2Line::Brace {
                    config.functions.extend(function.take().map(|function| function.to(line.number)));
                } else if line.text.starts_with("fi") {
                    config.if_blocks.extend(block.take().map(|block| block.to(line.number)));
                    continue;
                }
                if let Some(block) = &mut block {
                    block.see(class, line);
                }
                continue;
            }
            _ if function.is_some() => {
                match class {
                    Grub2Line::Brace => {
                        let ended = function.take().map(|function| function.to(line.number));
                        config.functions.extend(ended);
                    }
                    Grub2Line::Header { .. } | Grub2Line::Submenu => {
                        function = function.map(|function| function.with_entry(line.span()));
                    }
                    _ => {}
                }
                if line.text.ends_with('{') {
                    function = function.map(|function| function.with_nested(line.span()));
                }
                continue;
            }
            Grub2Line::Header { title } => {
                if open.is_some() {
                    let message = with_body("syntax error: cannot nest menuentry ", &body, python);
                    let raised = Raised::new(Stage::Parse, "RuntimeError", message, Cause::NestedEntry);
                    config.catch(Err(raised.at(line.span())));
                    end(config, open.take(), &mut body, line.number - 1, release);
                }
                let title_span = line.span_of(title);
                let mut entry = Entry::new(PyStr::from_line(py_str::strip(title), python), title_span, line.span());
                entry.depth = submenus;
                if flavour.has_one_line_entries() && line.text.ends_with('}') {
                    entry.one_line = true;
                    end(config, Some(entry), &mut body, line.number, release);
                } else {
                    open = Some(entry);
                }
                continue;
            }
            Grub2Line::Submenu if knows_submenus => {
                config.submenus.push(Submenu {
                    header: line.span(),
                    before: config.entries.len() + usize::from(open.is_some()),
                    depth: submenus,
                });
                submenus += 1;
                continue;
            }
            Grub2Line::Brace => {
                match open.take() {
                    Some(entry) => end(config, Some(entry), &mut body, line.number, release),
                    None if submenus > 0 => submenus -= 1,
                    None => {
                        let message = "syntax error: closing brace without menuentry";
                        let raised = Raised::new(Stage::Parse, "RuntimeError", message, Cause::ClosingBrace);
                        config.catch(Err(raised.at(line.span())));
                    }
                }
                continue;
            }
            Grub2Line::Submenu | Grub2Line::Directive(_) => {}
        }
        let parts = match class {
            Grub2Line::Directive(parts) => parts,
            _ => split(line.text),
        };
        if open.is_some() {
            body.push(&owned);
        } else {
            let result = top_level(config, line, parts, release);
            config.catch(result);
        }
    }
    config.functions.extend(function);
    config.if_blocks.extend(block);
    if let Some(entry) = &open {
        let message = with_body("syntax error: end of file with open menuentry", &body, python);
        let raised = Raised::new(Stage::Parse, "RuntimeError", message, Cause::OpenEntry).at(entry.header);
        config.catch(Err(raised));
    }
    end(config, open, &mut body, last, release);
}

/// Reads the lines of an entry that ends at the line `last`, where one is open.
fn end(config: &mut Config, entry: Option<Entry>, body: &mut Body<'_>, last: u32, release: Release) {
    let Some(mut entry) = entry else { return };
    entry.lines.1 = last;
    config.close(entry, body, release, entry_line);
    body.clear();
}

/// A message with the lines of the open entry after it. They may be the whole file, so nothing is copied twice.
fn with_body(message: &str, body: &Body<'_>, python: Python) -> String {
    let mut message = format!("{message}({} ", body.len());
    repr::push_repr_list(&mut message, body.unsplit(), python);
    message.push(')');
    message
}

/// A command, after `set` has been resolved.
struct Command<'a> {
    /// The command, or the variable of a `set`.
    name: &'a str,
    /// Whether it is a variable. pygrub writes `set:name`, and treats that form in the file as the same.
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
            SetArgument::Pair { name, value } => Ok(Command { name, is_set: true, argument: py_str::strip(value) }),
            SetArgument::TooFew(got) => Err(failed(super::unpack_too_few(got, release))),
            SetArgument::TooMany => Err(failed(super::unpack_too_many(release).to_owned())),
        };
    }
    let argument = py_str::strip(parts.argument);
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
            config.warn_unknown(line, Beginning::Directive, command.name, release.python());
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
            let message = "grub2's saved_entry/next_entry not supported";
            config.warnings.push(Beginning::Nothing, message, release.python(), line.number);
        }
        // From the release that warns until Python 3 came, pygrub forgot to use the 0.
        if !by_title || release.has(Change::Python3) {
            argument = "0";
        }
    }
    config.apply(line, argument, effect, release)
}

/// Reads one line of an entry.
pub(super) fn entry_line(
    config: &mut Config,
    entry: &mut Entry,
    owned: &BodyLine<'_>,
    release: Release,
) -> Result<(), Raised> {
    let line = owned.get();
    let parts = owned.split();
    let command = match command(line, parts, release) {
        Ok(command) => command,
        Err(raised) => {
            let argument = line.span_of(parts.argument);
            entry.directives.push(Directive { line: line.span(), argument, effect: Effect::Raised });
            return Err(raised);
        }
    };
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
            config.warn_unknown(line, Beginning::ImageDirective, command.name, release.python());
            Effect::Unknown
        }
    };
    if config.keeps(effect) {
        entry.directives.push(Directive { line: line.span(), argument: line.span_of(command.argument), effect });
    }
    entry.apply(line, command.argument, effect, release)
}
