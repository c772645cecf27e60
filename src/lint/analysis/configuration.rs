//! The configuration as rules see it.

use std::fmt;
use std::ops::Range;
use std::rc::Rc;

use crate::boot::{self, Found, Overrides, Run, select};
use crate::config::{Config, Dialect, Directive, Entry, FilePath, Raised, Span, Writer, narrow};
use crate::escape::beginning;
use crate::explain::advice::RaisingConfig;
use crate::grub::outline::Outline;
use crate::lint::analysis::grub_reading::GrubReading;
use crate::python::{PyStr, Python};

/// A configuration, read to its end.
#[derive(Clone, Copy, Debug)]
pub struct Configuration<'a> {
    /// Its path in the guest; for a configuration alone its name on this machine.
    pub path: &'a PyStr,
    /// The dialect that pygrub reads it as.
    pub dialect: Dialect,
    /// Its text, as far as pygrub reads it.
    pub text: &'a [u8],
    /// What pygrub makes of it, or would make of it if the lines that raise were not there.
    pub config: &'a Config,
    /// All that raises in it, in the order of the parsing.
    pub raised: &'a [Raised],
    run: &'a Run,
    writer: Writer,
    is_of_image: bool,
    grub: AsGrub<'a>,
}

/// How GRUB's reading is had, which is made when it is first asked for.
pub(in crate::lint) trait GrubSource {
    fn grub(&self) -> Option<&GrubReading<'_>>;

    /// The structure of `text`, at least as far as the byte `until`.
    fn outline(&self, text: &[u8], until: u32) -> Rc<Outline>;
}

#[derive(Clone, Copy)]
struct AsGrub<'a>(&'a dyn GrubSource);

impl fmt::Debug for AsGrub<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AsGrub")
    }
}

impl<'a> Configuration<'a> {
    pub(in crate::lint) fn new(
        found: &'a Found,
        config: &'a Config,
        raised: &'a [Raised],
        run: &'a Run,
        (writer, is_of_image): (Writer, bool),
        grub: &'a dyn GrubSource,
    ) -> Self {
        let (path, dialect, text) = (&found.path, found.dialect, found.text.as_slice());
        Self { path, dialect, text, config, raised, run, writer, is_of_image, grub: AsGrub(grub) }
    }

    /// What the same pygrub makes of another text.
    pub(in crate::lint) fn run_with(&self, text: Vec<u8>) -> Run {
        boot::run_config("configuration", self.dialect, text, self.run.options.clone())
    }

    /// As GRUB reads it. `None` for other dialects, and where pygrub's text is not the whole one.
    pub(in crate::lint) fn grub(&self) -> Option<&'a GrubReading<'a>> {
        self.grub.0.grub()
    }

    /// Its structure by GRUB's parser, at least as far as the byte `until`. Empty for other dialects.
    pub(in crate::lint) fn outline(&self, until: u32) -> Rc<Outline> {
        if self.dialect != Dialect::Grub2 {
            return Rc::default();
        }
        self.grub.0.outline(self.text, until)
    }

    /// As an explanation looks at it.
    pub(in crate::lint) fn seen(&self) -> RaisingConfig<'a> {
        RaisingConfig {
            path: self.path,
            dialect: self.dialect,
            text: self.text,
            directory: false,
            config: self.config,
            writer: self.writer,
            is_of_image: self.is_of_image,
        }
    }

    /// Which program wrote it.
    pub fn writer(&self) -> Writer {
        self.writer
    }

    /// Whether NixOS wrote it: then the help names the option, not the line.
    pub fn is_from_nixos(&self) -> bool {
        self.writer() == Writer::NixOs
    }

    /// The text at `span`.
    pub fn at(&self, span: Span) -> &'a [u8] {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// A part of `span`, by its bytes.
    pub fn part(&self, span: Span, bytes: Range<usize>) -> Span {
        let text = self.at(span);
        // Under Python 2 a character is a byte.
        let count = |piece: &[u8]| match self.run.options.release.python() {
            Python::Two => piece.len(),
            Python::Three => String::from_utf8_lossy(piece).chars().count(),
        };
        let start = bytes.start.min(text.len());
        let end = bytes.end.clamp(start, text.len());
        Span {
            start: span.start.saturating_add(narrow(start)),
            end: span.start.saturating_add(narrow(end)),
            line: span.line,
            column: span.column.saturating_add(narrow(count(&text[..start]))),
            length: narrow(count(&text[start..end])),
        }
    }

    /// The text at `span` for a message: on one line, and no longer than a message can bear.
    pub fn shown(&self, span: Span) -> String {
        crate::lint::analysis::configuration::shown(self.at(span))
    }

    /// The menu entries.
    pub fn entries(&self) -> &'a [Entry] {
        &self.config.entries
    }

    /// The title of the entry `index` for a message: in quotes, on one line, and no longer than a message can bear.
    pub fn title(&self, index: usize) -> String {
        let title = self.config.entries.get(index).map(|entry| entry.title.as_bytes()).unwrap_or_default();
        format!("\"{}\"", crate::lint::analysis::configuration::shown(title))
    }

    /// Whether the two are the same entry, or have the same kernel, initrd and arguments.
    pub(in crate::lint) fn boots_alike(&self, one: usize, other: usize) -> bool {
        let path = |file: &Option<FilePath>| file.as_ref().map(|file| file.path.clone());
        let loads = |index: usize| {
            let entry = self.entries().get(index)?;
            Some((path(&entry.kernel), path(&entry.initrd), entry.args.clone(), entry.root.clone()))
        };
        one == other || loads(one).is_some_and(|files| files.0.is_some() && loads(other) == Some(files))
    }

    /// The entry that is selected, or would be if the lines that raise were not there.
    pub fn selected(&self) -> Option<usize> {
        self.selected_in_run()
            .or_else(|| select(self.config, Overrides::of(&self.run.options), self.run.options.build()).index)
    }

    /// The entry that the default alone selects, without `--entry`.
    pub fn selected_by_default(&self) -> Option<usize> {
        self.selected_in_run()
            .filter(|_| self.run.options.entry.is_none())
            .or_else(|| select(self.config, Overrides::default(), self.run.options.build()).index)
    }

    /// The entry that the run came to, which with a menu is not always the one that it comes to without.
    fn selected_in_run(&self) -> Option<usize> {
        let selection = self.run.deciding_attempt()?.selection.as_ref().filter(|_| self.raised.is_empty())?;
        selection.index
    }

    /// The directive in line `line`, wherever it is.
    pub fn directive_in(&self, line: u32) -> Option<&'a Directive> {
        let among = |directives: &'a [Directive]| {
            let index = directives.binary_search_by_key(&line, |directive| directive.line.line).ok()?;
            directives.get(index)
        };
        let behind = self.config.entries.partition_point(|entry| entry.header.line <= line);
        let entry = behind.checked_sub(1).and_then(|index| self.config.entries.get(index));
        entry.and_then(|entry| among(&entry.directives)).or_else(|| among(&self.config.directives))
    }

    /// The directives outside entries whose command is one of these, in lower case.
    pub fn directives(&self, commands: &'a [&'a str]) -> impl Iterator<Item = &'a Directive> {
        let text = self.text;
        self.config.directives.iter().filter(move |directive| is_one_of(directive, text, commands))
    }

    /// The directives of an entry whose command is one of these, in lower case.
    pub fn directives_of(&self, entry: &'a Entry, commands: &'a [&'a str]) -> impl Iterator<Item = &'a Directive> {
        let text = self.text;
        entry.directives.iter().filter(move |directive| is_one_of(directive, text, commands))
    }
}

fn is_one_of(directive: &Directive, text: &[u8], commands: &[&str]) -> bool {
    let command = directive.command(text);
    commands.iter().any(|candidate| command.eq_ignore_ascii_case(candidate.as_bytes()))
}

/// Bytes of a guest for a message: control characters are [escaped](beginning), what is not UTF-8 is shown as U+FFFD, and of a long
/// text there is only the beginning.
pub(crate) fn shown(text: &[u8]) -> String {
    const MOST: usize = 80;
    // One character more than is shown, however long each is.
    let text = &text[..text.len().min(4 * MOST + 4)];
    beginning(&String::from_utf8_lossy(text), MOST)
}
