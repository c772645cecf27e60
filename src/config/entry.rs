//! A menu entry as pygrub has it, and how its directives fill it.

use std::fmt;

use serde::{Serialize, Serializer};

use super::device::Device;
use super::directive::{Directive, Effect};
use super::raised::{Cause, Raised, Stage};
use super::span::{LineText, Span};
use crate::python::PyStr;
use crate::python::py_str;
use crate::release::Release;

/// A menu entry.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its title, stripped; extlinux: the label as it stands.
    pub title: PyStr,
    /// Where the title stands.
    pub title_span: Span,
    /// The root device. pygrub stores it and reads the kernel from where the configuration was found.
    pub root: Option<Root>,
    /// The kernel.
    pub kernel: Option<FilePath>,
    /// The kernel's arguments. extlinux starts with the empty string.
    pub args: Option<PyStr>,
    /// Where the arguments stand.
    pub args_span: Option<Span>,
    /// The initrd.
    pub initrd: Option<FilePath>,
    /// The line that begins the entry.
    pub header: Span,
    /// First and last line, counted from 1: from the header to the closing brace, or to the entry's last directive.
    pub lines: (u32, u32),
    /// How many submenus it is in.
    pub depth: usize,
    /// Whether its header is all of it for this pygrub: what stands between the braces of that line is not read.
    pub one_line: bool,
    /// What its lines did, in order.
    pub directives: Vec<Directive>,
}

impl Entry {
    pub(super) fn new(title: PyStr, title_span: Span, header: Span) -> Self {
        Self {
            title,
            title_span,
            root: None,
            kernel: None,
            args: None,
            args_span: None,
            initrd: None,
            header,
            lines: (header.line, header.line),
            depth: 0,
            one_line: false,
            directives: Vec::new(),
        }
    }

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
                let device = device.map_err(|raised| raised.at(line.span_of(argument)))?;
                self.root = Some(Root::Device(Box::new(device)));
            }
            Effect::Kernel => self.set_kernel(line, argument, PathRule::Device, release)?,
            Effect::Initrd => self.initrd = Some(FilePath::parse(line, argument, PathRule::Device, release)?),
            _ => {}
        }
        Ok(())
    }

    /// `kernel`, `linux`: the file and, if there is a space anywhere, the arguments after the first white space.
    pub(super) fn set_kernel(
        &mut self,
        line: LineText<'_>,
        argument: &str,
        paths: PathRule,
        release: Release,
    ) -> Result<(), Raised> {
        let (path, args) = split_kernel(argument).map_err(|words| {
            let message = super::unpack_too_few(words, release);
            Raised::new(Stage::Parse, "ValueError", message, Cause::QuotedKernel).at(line.span_of(argument))
        })?;
        self.kernel = Some(FilePath::parse(line, path, paths, release)?);
        self.args = args.map(|args| PyStr::from_line(args, release.python()));
        self.args_span = args.map(|args| line.span_of(args));
        Ok(())
    }
}

/// The kernel's path and arguments. A tab alone does not separate them; where there is a space, any white space does.
///
/// Fails, with the number of words found, where the only spaces are around it: in quotes, which extlinux drops.
fn split_kernel(argument: &str) -> Result<(&str, Option<&str>), usize> {
    if !argument.contains(' ') {
        return Ok((argument, None));
    }
    let words = argument.trim_start_matches(py_str::is_space);
    let Some(end) = words.find(py_str::is_space) else { return Err(usize::from(!words.is_empty())) };
    match words[end..].trim_start_matches(py_str::is_space) {
        "" => Err(1),
        args => Ok((&words[..end], Some(args))),
    }
}

/// The root device of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Root {
    /// `root (hd0,0)`, `set root=...` in an entry.
    Device(Box<Device>),
    /// extlinux: always the empty string.
    Empty,
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device(device) => device.fmt(f),
            Self::Empty => Ok(()),
        }
    }
}

impl Serialize for Root {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Device {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Whether a path may begin with a device in parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathRule {
    /// GRUB: `(hd0,1)/boot/k`.
    Device,
    /// extlinux: all of it is the path.
    Plain,
}

/// A kernel or initrd: where it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FilePath {
    /// The device in front of the path. pygrub never uses it.
    #[serde(rename = "disk")]
    pub device: Option<Box<Device>>,
    /// The path in the filesystem in which the configuration was found.
    pub path: PyStr,
    /// Where it stands, device included.
    #[serde(skip)]
    pub span: Span,
}

impl FilePath {
    pub(super) fn parse(line: LineText<'_>, text: &str, rule: PathRule, release: Release) -> Result<Self, Raised> {
        let (device, path) = match (rule, text.starts_with('(')) {
            (PathRule::Device, true) => {
                let Some(end) = text.find(')') else {
                    let raised =
                        Raised::new(Stage::Parse, "ValueError", "Unable to find matching ')'", Cause::Parenthesis);
                    return Err(raised.at(line.span_of(text)));
                };
                let device = Device::parse(&text[..end], release);
                let device = device.map_err(|raised| raised.at(line.span_of(&text[..end])))?;
                (Some(Box::new(device)), &text[end + 1..])
            }
            _ => (None, text),
        };
        Ok(Self { device, path: PyStr::from_line(path, release.python()), span: line.span_of(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_alone_does_not_end_the_kernel() {
        assert_eq!(split_kernel("/k\ta"), Ok(("/k\ta", None)));
        assert_eq!(split_kernel("/k\ta b"), Ok(("/k", Some("a b"))));
        assert_eq!(split_kernel("/k  a  b"), Ok(("/k", Some("a  b"))));
        assert_eq!(split_kernel(""), Ok(("", None)));
    }

    #[test]
    fn blanks_around_a_kernel_in_quotes_are_not_enough() {
        assert_eq!(split_kernel(" /k a "), Ok(("/k", Some("a "))));
        assert_eq!(split_kernel("/k "), Err(1));
        assert_eq!(split_kernel(" /k"), Err(1));
        assert_eq!(split_kernel(" \t"), Err(0));
    }
}
