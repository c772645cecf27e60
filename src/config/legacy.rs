//! menu.lst and grub.conf, the way pygrub's GrubConfigFile reads them.

use super::Config;
use super::directive::{Directive, Effect};
use super::entry::Entry;
use super::grammar::legacy::{self as grammar, LegacyLine};
use super::lines::{Body, BodyLine, Buffer, lines};
use super::raised::Raised;
use super::span::LineText;
use super::warnings::Beginning;
use crate::python::PyStr;
use crate::python::py_str;
use crate::release::Release;

/// Commands outside entries that pygrub knows and ignores.
const IGNORED: [&str; 16] = [
    "bootp",
    "color",
    "device",
    "dhcp",
    "hide",
    "ifconfig",
    "pager",
    "partnew",
    "parttype",
    "rarp",
    "serial",
    "setkey",
    "terminal",
    "terminfo",
    "tftpserver",
    "unhide",
];

pub(super) fn parse(config: &mut Config, buffer: Buffer<'_>, release: Release) {
    let python = release.python();
    // The entry that the next title, or the end of the file, ends; and its lines.
    let mut open: Option<Entry> = None;
    let mut body = Body::new(buffer);
    for owned in lines(buffer) {
        let line = owned.get();
        match grammar::line(line.text) {
            LegacyLine::Comment => {}
            LegacyLine::Title(title) => {
                let title_span = line.span_of(title);
                let next = Entry::new(PyStr::from_line(py_str::strip(title), python), title_span, line.span());
                if let Some(entry) = open.replace(next) {
                    config.close(entry, &body, release, entry_line);
                    body.clear();
                }
            }
            LegacyLine::Directive(_) if open.is_some() => {
                body.push(&owned);
            }
            LegacyLine::Directive(parts) => {
                let result = top_level(config, line, parts.command, py_str::strip(parts.argument), release);
                config.catch(result);
            }
        }
    }
    // The last title counts only if lines follow it.
    if let Some(entry) = open.filter(|_| !body.is_empty()) {
        config.close(entry, &body, release, entry_line);
    }
}

fn top_level(
    config: &mut Config,
    line: LineText<'_>,
    command: &str,
    argument: &str,
    release: Release,
) -> Result<(), Raised> {
    let effect = match command {
        "default" => Effect::Default,
        "timeout" => Effect::Timeout,
        "fallback" | "hiddenmenu" => Effect::Stored,
        "splashimage" => return config.apply_splash(line, argument, release),
        "password" => Effect::Password,
        _ if IGNORED.contains(&command) => Effect::Ignored,
        _ => {
            config.warn_unknown(line, Beginning::Directive, command, release.python());
            Effect::Unknown
        }
    };
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
    let argument = py_str::strip(parts.argument);
    let effect = match parts.command {
        "root" | "rootnoverify" => Effect::Root,
        "kernel" => Effect::Kernel,
        "initrd" => Effect::Initrd,
        "chainloader" | "module" => Effect::Ignored,
        command => {
            config.warn_unknown(line, Beginning::ImageDirective, command, release.python());
            Effect::Unknown
        }
    };
    entry.lines.1 = line.number;
    if config.keeps(effect) {
        entry.directives.push(Directive { line: line.span(), argument: line.span_of(argument), effect });
    }
    entry.apply(line, argument, effect, release)
}
