//! Standard output and standard error: colours by the terminal and the user's choice, no panic on a closed pipe, and nothing that
//! steers a terminal or commands a runner of continuous integration.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, IsTerminal, Seek, Write};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use tempfile::SpooledTempFile;

use crate::cli::color_choice::{has_links, is_colored};
use crate::cli::escaping_writer::{EscapingWriter, on_one_line};
use crate::cli::output_args::Color;
use crate::cli::runner_commands::{self, Disarmed, Form, Way};
use crate::json;
use crate::report::text::TextStyle;

/// Standard output, buffered; or a part of it that is kept in memory until its turn comes.
pub(super) struct Out {
    stdout: Disarmed<Sink>,
    color: bool,
    links: bool,
}

/// Where the bytes go.
enum Sink {
    Stdout(Lines<Output>),
    Memory(Vec<u8>),
    Spool(SpooledTempFile),
}

/// Standard output as it is: the standard library's hides the error of a descriptor that cannot be written to.
struct Output;

impl Write for Output {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        // Nothing of standard error comes in between.
        let _turn = io::stdout().lock();
        Ok(rustix::io::write(rustix::stdio::stdout(), buf)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hands over whole lines, and one that is too long to be kept in pieces.
struct Lines<W: Write> {
    inner: W,
    kept: Vec<u8>,
    /// How much of what is kept is whole lines. To look for their end again with each write would take a long line in quadratic time.
    whole: usize,
    /// Whether the last write handed over a piece of a line.
    was_cut: bool,
}

/// What is handed over at once, if it ends in a line, in bytes.
const FULL: usize = 8 << 10;

/// At most this much of a line is kept, in bytes.
const LONGEST_KEPT: usize = 256 << 10;

impl<W: Write> Lines<W> {
    fn new(inner: W) -> Self {
        Self { inner, kept: Vec::new(), whole: 0, was_cut: false }
    }

    fn hand_over(&mut self, length: usize) -> io::Result<()> {
        let handed_over = self.inner.write_all(self.kept.get(..length).unwrap_or_default());
        // After an error nothing of it is written a second time.
        self.kept.drain(..length.min(self.kept.len()));
        self.whole = self.whole.saturating_sub(length);
        handed_over
    }
}

impl<W: Write> Write for Lines<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.was_cut = false;
        if let Some(at) = memchr::memrchr(b'\n', buf) {
            self.whole = self.kept.len() + at + 1;
        }
        self.kept.extend_from_slice(buf);
        if self.kept.len() >= FULL {
            self.hand_over(self.whole)?;
            if self.kept.len() >= LONGEST_KEPT {
                self.hand_over(self.kept.len())?;
                self.was_cut = true;
            }
        }
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_over(self.kept.len())?;
        self.inner.flush()
    }
}

impl<W: Write> Drop for Lines<W> {
    fn drop(&mut self) {
        // What failed is of no interest any more.
        let _ = self.flush();
    }
}

impl Way for Sink {
    fn was_cut(&mut self) -> bool {
        match self {
            Self::Stdout(stdout) => std::mem::take(&mut stdout.was_cut),
            Self::Memory(_) | Self::Spool(_) => false,
        }
    }
}

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout(stdout) => stdout.write(buf),
            Self::Memory(bytes) => bytes.write(buf),
            Self::Spool(spool) => spool.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stdout(stdout) => stdout.flush(),
            Self::Memory(_) => Ok(()),
            Self::Spool(spool) => spool.flush(),
        }
    }
}

impl Out {
    pub(super) fn new(color: Color) -> Self {
        let (color, links) = (is_colored(color), has_links(color));
        Self { stdout: Disarmed::new(Sink::Stdout(Lines::new(Output)), Form::Unread), color, links }
    }

    /// Nothing is shown: what is written is kept, outside of memory where it is much, until [`into_spool`](Self::into_spool).
    pub(super) fn spooled() -> Self {
        /// How much stays in memory.
        const MEMORY: usize = 4 << 20;
        let spool = Sink::Spool(tempfile::spooled_tempfile(MEMORY));
        Self { stdout: Disarmed::new(spool, Form::Unread), color: false, links: false }
    }

    /// What was kept, to be read from its start. `None` if it was shown.
    pub(super) fn into_spool(self) -> io::Result<Option<SpooledTempFile>> {
        match self.stdout.into_inner() {
            Sink::Spool(mut spool) => spool.rewind().map(|()| Some(spool)),
            Sink::Stdout(_) | Sink::Memory(_) => Ok(None),
        }
    }

    /// A part of this output, whole lines of it, which [`append`](Self::append) puts into its place.
    pub(super) fn part(&self) -> Self {
        Self { stdout: Disarmed::new(Sink::Memory(Vec::new()), Form::Unread), color: self.color, links: self.links }
    }

    /// Takes a part over.
    pub(super) fn append(&mut self, part: Self) -> io::Result<()> {
        match part.stdout.into_inner() {
            // Its commands are disarmed already.
            Sink::Memory(bytes) => self.stdout.inner_mut().write_all(&bytes),
            Sink::Stdout(mut other) => other.flush(),
            Sink::Spool(_) => Ok(()),
        }
    }

    /// What a part keeps in memory, as text: what is written is UTF-8.
    pub(super) fn into_text(self) -> String {
        match self.stdout.into_inner() {
            Sink::Memory(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Sink::Stdout(_) | Sink::Spool(_) => String::new(),
        }
    }

    /// How many bytes a part keeps in memory.
    pub(super) fn kept(&self) -> usize {
        match self.stdout.inner() {
            Sink::Memory(bytes) => bytes.len(),
            Sink::Stdout(_) | Sink::Spool(_) => 0,
        }
    }

    /// How text is to look.
    pub(super) fn look(&self, verbose: bool) -> TextStyle {
        let width = terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0).clamp(40, 160));
        TextStyle { color: self.color, width, verbose, links: self.links }
    }

    /// Whether it goes to a terminal.
    pub(super) fn is_seen(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Where text goes that has colours, and where what a guest wrote is escaped before they are added.
    pub(super) fn colored(&mut self) -> EscapingWriter<&mut dyn Write> {
        let (color, links) = (self.color, self.links);
        EscapingWriter::new(self.plain_form(), color).with_links(links)
    }

    /// Where text without colours goes.
    pub(super) fn text(&mut self) -> EscapingWriter<&mut dyn Write> {
        EscapingWriter::new(self.plain_form(), false)
    }

    /// Where a text goes that a program reads: its lines stay as long as they are.
    pub(super) fn generated(&mut self) -> EscapingWriter<&mut dyn Write> {
        self.text().in_full()
    }

    /// Where metrics go, whose labels are escaped already.
    pub(super) fn metrics(&mut self) -> EscapingWriter<&mut dyn Write> {
        self.stdout.set_form(if runner_commands::are_obeyed() { Form::Labels } else { Form::Unread });
        let out: &mut dyn Write = &mut self.stdout;
        EscapingWriter::new(out, false).in_full()
    }

    fn plain_form(&mut self) -> &mut dyn Write {
        self.stdout.set_form(if runner_commands::are_obeyed() { Form::Plain } else { Form::Unread });
        &mut self.stdout
    }

    /// Where lines go that are commands of GitHub's runner.
    pub(super) fn annotations(&mut self) -> EscapingWriter<&mut dyn Write> {
        self.stdout.set_form(Form::Annotation);
        EscapingWriter::new(&mut self.stdout, false)
    }

    /// Where a text goes that is a part of pregrub, without a word of a guest: as it is, for a shell or a parser.
    pub(super) fn own(&mut self) -> &mut dyn Write {
        self.stdout.set_form(Form::Unread);
        &mut self.stdout
    }

    /// Where data goes as it is, such as a patch. A runner does not read the files that a step writes; of what it reads, commands
    /// are disarmed all the same, and [`has_disarmed`](Self::has_disarmed) says so.
    pub(super) fn data(&mut self) -> &mut dyn Write {
        self.stdout.set_form(if runner_commands::are_obeyed() && !goes_to_a_file() { Form::Raw } else { Form::Unread });
        &mut self.stdout
    }

    /// Whether something that was written would have been a command.
    pub(super) fn has_disarmed(&self) -> bool {
        self.stdout.has_met_one()
    }

    /// Where a JSON document goes that is written through [`json`].
    pub(super) fn json_document(&mut self) -> &mut dyn Write {
        self.stdout.set_form(Form::Json);
        &mut self.stdout
    }

    /// Where an XML document goes.
    pub(super) fn xml_document(&mut self) -> &mut dyn Write {
        self.stdout.set_form(Form::Xml);
        &mut self.stdout
    }

    /// Writes one JSON object on a line of its own.
    pub(super) fn json(&mut self, value: &impl Serialize) -> io::Result<()> {
        let out = self.json_document();
        json::write(value, out)?;
        out.write_all(b"\n")
    }

    /// Hands over what there is so far.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.stdout.flush()
    }

    /// Hands everything over.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.stdout.flush()
    }
}

/// Whether standard output is a regular file.
pub(super) fn goes_to_a_file() -> bool {
    use std::os::fd::AsFd;
    let file = io::stdout().as_fd().try_clone_to_owned().map(std::fs::File::from);
    file.and_then(|file| file.metadata()).is_ok_and(|metadata| metadata.is_file())
}

/// Prints whole lines on standard error, for people, and disarmed where a runner reads it. Nobody is left to hear that this failed.
pub(super) fn say(lines: &str) {
    let form = if runner_commands::are_obeyed() { Form::Plain } else { Form::Unread };
    let mut text = Vec::with_capacity(lines.len());
    let escaped = EscapingWriter::new(Disarmed::new(&mut text, form), false).write_all(lines.as_bytes());
    // Nothing of standard output comes in between.
    let _turn = io::stdout().lock();
    let _ = escaped.and_then(|()| io::stderr().write_all(&text));
}

thread_local! {
    /// What this thread has to say on standard error, while it is kept back.
    static KEPT_BACK: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Does `work`, and returns what it complained about instead of printing it: its turn comes later.
pub(super) fn keeping_back<R>(work: impl FnOnce() -> R) -> (R, Vec<String>) {
    /// Where `work` panics, nothing is kept back after it.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            KEPT_BACK.set(None);
        }
    }
    KEPT_BACK.set(Some(Vec::new()));
    let _end = End;
    let done = work();
    (done, KEPT_BACK.take().unwrap_or_default())
}

/// Whether a sentence was not said before: of several targets one often has the same fault as another.
fn is_new(sentence: &str) -> bool {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    /// How many are remembered: later ones are said as often as they come.
    const MOST: usize = 1000;
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.len() >= MOST { !said.contains(sentence) } else { said.insert(sentence.to_owned()) }
}

/// One sentence on standard error, once, on one line whatever names are in it. Nobody is left to hear that this failed.
pub(super) fn complain(sentence: &str) {
    let kept = KEPT_BACK.with_borrow_mut(|kept| kept.as_mut().map(|kept| kept.push(sentence.to_owned())).is_some());
    if kept || !is_new(sentence) {
        return;
    }
    say(&format!("pregrub: {}\n", on_one_line(sentence)));
}
