//! extlinux.conf and isolinux.cfg, the way pygrub's ExtLinuxConfigFile reads them.

use std::borrow::Cow;

use super::directive::{Directive, Effect};
use super::entry::{Entry, FilePath, PathRule, Root};
use super::grammar::Split;
use super::grammar::extlinux::{self as grammar, ExtlinuxLine};
use super::lines::{Body, BodyLine, Buffer, lines};
use super::raised::{Cause, Raised, Stage};
use super::span::{LineText, Span};
use super::warnings::Beginning;
use super::{Config, Setting};
use crate::config::remove_initrd_words::without_words;
use crate::python::py_str;
use crate::python::{Int, PyStr};
use crate::release::{Change, Release};

pub(super) fn parse(config: &mut Config, buffer: Buffer<'_>, release: Release) {
    let python = release.python();
    let mut open = Body::new(buffer);
    let mut default = None;
    for owned in lines(buffer) {
        let line = owned.get();
        match grammar::line(line.text) {
            ExtlinuxLine::Comment => {}
            ExtlinuxLine::Label(_) => {
                close(config, &open, release);
                open.clear();
                open.push(&owned);
            }
            ExtlinuxLine::Directive(_) if !open.is_empty() => {
                open.push(&owned);
            }
            ExtlinuxLine::Directive(parts) => match top_level(config, line, parts, release) {
                Ok(Some(value)) => {
                    config.default_span = Some(line.span_of(value));
                    default = Some(PyStr::from_line(value, python));
                }
                Ok(None) => {}
                Err(raised) => config.catch(Err(raised)),
            },
        }
    }
    close(config, &open, release);
    config.default = default_of(config, default.as_ref());
    if let Some(pygrubs) = config.caught.pygrubs_mut() {
        pygrubs.default = default_of(pygrubs, default.as_ref());
    }
}

/// pygrub works the number out whenever it asks for it: the first entry with that very title, else 0.
fn default_of(config: &Config, title: Option<&PyStr>) -> Setting {
    let index = title.and_then(|title| config.entries.iter().position(|entry| entry.title == *title)).unwrap_or(0);
    Setting::Number(Int::Small(i64::try_from(index).unwrap_or(i64::MAX)))
}

/// A command in lower case, where it can be compared with pygrub's keywords: U+212A counts as `k` there.
fn lower(command: &str) -> String {
    command.chars().map(|c| if c == '\u{212a}' { 'k' } else { c.to_ascii_lowercase() }).collect()
}

/// Returns the value of a `default`.
fn top_level<'a>(
    config: &mut Config,
    line: LineText<'a>,
    parts: Split<'a>,
    release: Release,
) -> Result<Option<&'a str>, Raised> {
    let argument = py_str::strip(parts.argument);
    let effect = match lower(parts.command).as_str() {
        "default" => {
            config.note(line, argument, Effect::Default);
            return Ok(Some(argument));
        }
        "timeout" => Effect::Timeout,
        "serial" | "prompt" | "display" | "f1" | "f2" => Effect::Ignored,
        _ => {
            config.warn_unknown(line, Beginning::Directive, &python_lower(parts.command, release), release.python());
            Effect::Unknown
        }
    };
    config.apply(line, argument, effect, release)?;
    Ok(None)
}

/// `str.lower()` for a message: Unicode under Python 3, ASCII under Python 2 (where text outside ASCII is wrapped bytes).
fn python_lower(command: &str, release: Release) -> String {
    match release.python() {
        crate::python::Python::Three => command.to_lowercase(),
        crate::python::Python::Two => command.to_ascii_lowercase(),
    }
}

/// An entry before its first line.
pub(super) fn blank(title: PyStr, header: Span) -> Entry {
    let mut entry = Entry::new(title, header, header);
    entry.root = Some(Root::Empty);
    entry.args = Some(PyStr::default());
    entry
}

/// Reads the lines of an entry, its label first.
fn close(config: &mut Config, body: &Body<'_>, release: Release) {
    let Some(header) = body.first().map(|line| line.get().span()) else { return };
    config.close(blank(PyStr::default(), header), body, release, entry_line);
}

/// Reads one line of an entry.
pub(super) fn entry_line(
    config: &mut Config,
    entry: &mut Entry,
    owned: &BodyLine<'_>,
    release: Release,
) -> Result<(), Raised> {
    let line = owned.get();
    entry.lines.1 = line.number;
    let parts = owned.split();
    let argument = py_str::strip(parts.argument);
    let effect = match lower(parts.command).as_str() {
        "label" => Effect::Title,
        "kernel" => Effect::Kernel,
        "append" => Effect::Args,
        _ => {
            let command = python_lower(parts.command, release);
            config.warn_unknown(line, Beginning::ImageDirective, &command, release.python());
            Effect::Unknown
        }
    };
    if config.keeps(effect) {
        entry.directives.push(Directive { line: line.span(), argument: line.span_of(argument), effect });
    }
    match effect {
        Effect::Title => {
            entry.title = PyStr::from_line(grammar::unquoted(argument), release.python());
            entry.title_span = line.span_of(argument);
        }
        Effect::Kernel => entry.set_kernel(line, grammar::unquoted(argument), PathRule::Plain, release)?,
        Effect::Args => append(entry, line, parts.argument, release)?,
        _ => {}
    }
    Ok(())
}

/// An `append`: arguments, the modules of `mboot.c32`, and an `initrd=` among them.
fn append(entry: &mut Entry, line: LineText<'_>, argument: &str, release: Release) -> Result<(), Raised> {
    let kernel = entry.kernel.as_ref().map(|kernel| kernel.path.as_bytes());
    if kernel.is_some_and(|path| path.ends_with(b"mboot.c32")) {
        return append_modules(entry, line, argument, release);
    }
    let mut rest = Cow::Borrowed(argument);
    let looks_for_initrd = if release.has(Change::ExtlinuxInitrdAnywhere) {
        argument.contains("initrd=")
    } else {
        // The position was treated as a truth value: 0 is false, and -1 for "nowhere" is true.
        !argument.starts_with("initrd=")
    };
    if kernel.is_some() && looks_for_initrd && release.has(Change::ExtlinuxAppend) {
        let words: Vec<&str> = grammar::initrd_words(py_str::strip(argument)).collect();
        if let Some(last) = words.last() {
            entry.initrd = Some(FilePath {
                device: None,
                path: PyStr::from_line(&last.replace("initrd=", ""), release.python()),
                span: line.span_of(last),
            });
        }
        rest = without_words(argument, &words);
    }
    if !release.has(Change::ExtlinuxAppend) {
        let raised = Raised::new(Stage::Parse, "AttributeError", "can't set attribute", Cause::AppendUnsupported);
        return Err(raised.at(line.span()));
    }
    let args = grammar::unquoted(py_str::strip(&rest));
    entry.args = Some(PyStr::from_line(args, release.python()));
    entry.args_span = Some(line.span_of(argument));
    Ok(())
}

/// `append xen --- kernel args --- initrd`, or without Xen in front. Any other number of modules is ignored.
fn append_modules(entry: &mut Entry, line: LineText<'_>, argument: &str, release: Release) -> Result<(), Raised> {
    let (kernel, initrd) = match grammar::modules(argument).as_slice() {
        [_, kernel, initrd] | [kernel, initrd] => (*kernel, *initrd),
        _ => return Ok(()),
    };
    if !kernel.is_empty() {
        entry.set_kernel(line, py_str::strip(kernel), PathRule::Plain, release)?;
    }
    if !initrd.is_empty() {
        entry.initrd = Some(FilePath::parse(line, py_str::strip(initrd), PathRule::Plain, release)?);
    }
    Ok(())
}
