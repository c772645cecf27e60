//! From the text of a boot configuration to what pygrub makes of it: entries, default, timeout, and what it raises.
//!
//! One file a dialect ([`grub2`](Dialect::Grub2), [`legacy`](Dialect::Legacy), [`extlinux`](Dialect::Extlinux)). Each is a small
//! state machine over lines, which the pest grammars classify and split. pygrub reads line by line and knows no variables,
//! no `if`, no quoting beyond a few fixed places; neither does this.
//!
//! ```
//! use pregrub::config::{self, Dialect};
//! use pregrub::release::Release;
//!
//! let text = b"menuentry \"NixOS\" {\n  linux ($drive1)//kernels/k init=/x\n}\n";
//! let config = config::parse(Dialect::Grub2, text, Release::NEWEST);
//! let raised = config.raised.unwrap();
//! assert_eq!(raised.message, "invalid literal for int() with base 10: 'rive1'");
//! assert_eq!(raised.span.map(|span| (span.line, span.column, span.length)), Some((2, 9, 8)));
//! ```

mod blocks;
mod device;
mod dialect;
mod directive;
mod edit;
mod entry;
mod entry_body;
mod extlinux;
mod generator;
mod grammar;
mod grub2;
mod if_block;
mod legacy;
mod lines;
mod raised;
mod recover;
mod remove_initrd_words;
pub(crate) mod span;
mod top_level;
mod value;
mod warnings;

pub use blocks::{Function, Submenu};
pub use device::Device;
pub use dialect::Dialect;
pub use directive::{Directive, Effect};
pub use entry::{Entry, FilePath, Root};
pub use generator::Writer;
pub(crate) use generator::{extlinux_writer, is_part_of_image};
pub use if_block::IfBlock;
pub use raised::{Cause, Raised, Stage};
pub(crate) use recover::parse_and_recover;
pub use recover::{Recovered, recover};
pub use span::Span;
pub(crate) use span::narrow;
pub use value::Setting;
pub use warnings::{Warning, Warnings};

use self::lines::Buffer;
use crate::flavour::Build;
use crate::python::{PyStr, Python, utf8};
use crate::release::{Change, Release};

/// How many bytes of a configuration pygrub reads, from 4.1.4 and 4.2.0 on.
pub const READ_LIMIT: usize = 1 << 20;

/// A configuration as pygrub has it after parsing.
#[derive(Clone, Debug)]
pub struct Config {
    /// The dialect that it was read as.
    pub dialect: Dialect,
    /// The menu entries in the order of the file, submenus flattened. Where parsing raised, those that were complete by then.
    pub entries: Vec<Entry>,
    /// The default as pygrub stores it: a number, or text in the releases that look for a title.
    pub default: Setting,
    /// Where the default was set last.
    pub default_span: Option<Span>,
    /// The timeout in seconds as pygrub stores it: the number -1 where none is set, else text.
    pub timeout: Setting,
    /// Where the timeout was set last.
    pub timeout_span: Option<Span>,
    /// Whether a password is set (menu.lst only), which disables editing but not booting.
    pub has_password: bool,
    /// What the last `password` says: `secret`, `--md5 $1$...`.
    pub password: Option<PyStr>,
    /// The directives outside entries, in the order of the file. Here and in entries together, those that pygrub does not know are
    /// the first 65,536.
    pub directives: Vec<Directive>,
    /// The functions of a grub.cfg, whose lines pygrub leaves out, in order.
    pub functions: Vec<Function>,
    /// The submenus of a grub.cfg, whose entries pygrub treats as entries of the one menu, in order.
    pub submenus: Vec<Submenu>,
    /// The `if` blocks of a grub.cfg whose lines this pygrub leaves out, in order. Only some flavours do that.
    pub if_blocks: Vec<IfBlock>,
    /// What pygrub logs as warnings, in order.
    pub warnings: Warnings,
    /// What it logs with `--debug` only, where a flavour has lowered upstream's warnings to that.
    pub debug_messages: Warnings,
    /// The exception that ended parsing.
    pub raised: Option<Raised>,
    /// Whether the file is longer than pygrub reads, so that its end is not in here.
    pub truncated: bool,
    /// How many directives pygrub does not know.
    unknown: usize,
    /// Whether a directive that is not known is worth a warning.
    warns_of_unknown: bool,
    /// What raised, while it is parsed.
    caught: recover::Caught,
}

impl Config {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            entries: Vec::new(),
            default: Setting::Number(crate::python::Int::Small(0)),
            default_span: None,
            timeout: Setting::Number(crate::python::Int::Small(-1)),
            timeout_span: None,
            has_password: false,
            password: None,
            directives: Vec::new(),
            functions: Vec::new(),
            submenus: Vec::new(),
            if_blocks: Vec::new(),
            warnings: Warnings::default(),
            debug_messages: Warnings::default(),
            raised: None,
            truncated: false,
            unknown: 0,
            warns_of_unknown: true,
            caught: recover::Caught::default(),
        }
    }

    /// Keeps what raised, so that parsing goes on after it.
    fn catch(&mut self, result: Result<(), Raised>) {
        if let Err(raised) = result {
            let mut caught = std::mem::take(&mut self.caught);
            caught.push(raised, self);
            self.caught = caught;
        }
    }

    /// Whether a directive of this effect is kept: a file of a mebibyte can have half a million that pygrub does not know.
    fn keeps(&mut self, effect: Effect) -> bool {
        const MOST_UNKNOWN: usize = 1 << 16;
        self.unknown += usize::from(effect == Effect::Unknown);
        effect != Effect::Unknown || self.unknown <= MOST_UNKNOWN
    }
}

/// Parses `text` as that pygrub does. A release stands for upstream's.
///
/// Never fails: what pygrub raises is [`Config::raised`].
pub fn parse(dialect: Dialect, text: &[u8], build: impl Into<Build>) -> Config {
    parse_and_recover(dialect, text, build).0
}

#[cfg(test)]
thread_local! {
    /// How many texts this thread has parsed.
    pub(crate) static PARSED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

fn read(config: &mut Config, text: &[u8], build: Build) {
    #[cfg(test)]
    PARSED.set(PARSED.get() + 1);
    let release = build.release;
    config.warns_of_unknown = config.dialect == Dialect::Extlinux || build.flavour.warns_of_unknown_directives();
    let limit = if release.has(Change::ReadLimit) { READ_LIMIT } else { usize::MAX };
    let read = &text[..text.len().min(limit)];
    config.truncated = read.len() < text.len();
    let replaced;
    let buffer = match release.python() {
        Python::Two => Buffer::Bytes(read),
        Python::Three => match utf8::decode(read) {
            Ok(text) => Buffer::Decoded(text),
            Err(error) => {
                let span = lines::byte_span(read, error.start, error.end);
                let raised = Raised::new(Stage::Parse, "UnicodeDecodeError", error.message, Cause::NotUtf8);
                config.catch(Err(raised.at(span)));
                replaced = recover::readable(read);
                Buffer::Decoded(&replaced)
            }
        },
    };
    match config.dialect {
        Dialect::Grub2 => grub2::parse(config, buffer, build),
        Dialect::Legacy => legacy::parse(config, buffer, release),
        Dialect::Extlinux => extlinux::parse(config, buffer, release),
    }
}

/// The message of the `ValueError` for an unpacking with more than the two values wanted.
fn unpack_too_many(release: Release) -> &'static str {
    match release.python() {
        Python::Two => "too many values to unpack",
        Python::Three => "too many values to unpack (expected 2)",
    }
}

/// The message of the `ValueError` for an unpacking with `got` of the two values wanted.
fn unpack_too_few(got: usize, release: Release) -> String {
    match release.python() {
        Python::Two => format!("need more than {got} value{} to unpack", if got == 1 { "" } else { "s" }),
        Python::Three => format!("not enough values to unpack (expected 2, got {got})"),
    }
}
