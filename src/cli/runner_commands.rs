//! Commands that a runner of continuous integration reads out of what a step prints, and how no guest gets one there.
//!
//! GitHub's runner (and those of Gitea and Forgejo, which follow it) obeys a line that begins with `::` after any space, and
//! `##[` anywhere in a line; the agent of Azure Pipelines obeys `##vso[` anywhere, TeamCity `##teamcity[`. GitLab folds its log at
//! `section_start:` where a carriage return and an escape sequence follow, Jenkins hides its notes after an escape sequence.
//! Sources: `ActionCommand.cs` of actions/runner, `Command.cs` of the Azure Pipelines agent, the documentation of the others.
//!
//! Everything that is printed goes through [`Disarmed`], which completes no such marker: of `##vso[` the bracket and of a `::` at
//! the start of a line the second colon are escaped, as the format of the output requires. Characters that are not ASCII count as
//! absent, since .NET's comparison of strings skips some of them.
//!
//! Standard output and standard error may be one pipe. Each is handed over in whole lines, so that neither continues a line of the
//! other; where a line is too long for that, what follows counts as the start of a line as well ([`Way::was_cut`]).

use std::env;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Each is set by a runner that obeys something, or by most of them.
const RUNNERS: [&str; 6] = ["GITHUB_ACTIONS", "TF_BUILD", "GITLAB_CI", "TEAMCITY_VERSION", "JENKINS_URL", "CI"];

/// What makes a `[` that follows it the start of a command, anywhere in a line.
const MARKERS: [&[u8]; 3] = [b"##", b"##vso", b"##teamcity"];

/// The output is made for a runner, whatever the environment says.
static EXPECTED: AtomicBool = AtomicBool::new(false);

/// From now on, a runner is taken to read what is printed.
pub(super) fn expect() {
    EXPECTED.store(true, Ordering::Relaxed);
}

/// Whether a runner reads what is printed, as far as that can be seen.
pub(super) fn are_obeyed() -> bool {
    EXPECTED.load(Ordering::Relaxed)
        || RUNNERS.iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "false"))
}

/// Whether a runner would find something to obey in `output`.
pub(super) fn stand_in(output: &[u8]) -> bool {
    let mut out = Disarmed::new(io::sink(), Form::Raw);
    // Nothing goes wrong on the way to nowhere.
    let _ = out.write_all(output);
    out.met
}

/// What the output is, and so how a character in it is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Nobody but a person or a file gets it: nothing is escaped.
    Unread,
    /// Text whose control characters are escaped already.
    Plain,
    /// Text with whatever a guest wrote in it: escape sequences are disarmed, too.
    Raw,
    /// Metrics: in the value of a label, a backslash is escaped itself.
    Labels,
    /// Lines that are commands of our own.
    Annotation,
    /// A JSON document.
    Json,
    /// An XML document.
    Xml,
}

impl Form {
    fn escaped(self, byte: u8) -> String {
        match self {
            Self::Json => format!("\\u{byte:04x}"),
            Self::Xml => format!("&#{byte};"),
            Self::Labels => format!("\\\\x{byte:02x}"),
            _ => format!("\\x{byte:02x}"),
        }
    }
}

/// Where what is disarmed goes.
pub(super) trait Way: Write {
    /// Whether what was written last was handed over in the middle of a line, so that another stream may go on there.
    fn was_cut(&mut self) -> bool {
        false
    }
}

impl Way for Vec<u8> {}
impl Way for &mut Vec<u8> {}
impl Way for io::Sink {}

/// A writer that hands everything on, but completes no command.
pub(super) struct Disarmed<W> {
    inner: W,
    form: Form,
    line: Line,
    /// Whether something was escaped.
    met: bool,
}

/// What was written of the line.
#[derive(Default)]
struct Line {
    /// Nothing but space, if there was anything, or one colon after that.
    start: Start,
    /// The last characters, in lower case.
    last: [u8; 10],
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Start {
    #[default]
    Here,
    Colon,
    Passed,
}

impl<W: Way> Disarmed<W> {
    pub(super) fn new(inner: W, form: Form) -> Self {
        Self { inner, form, line: Line::default(), met: false }
    }

    /// Where everything goes.
    pub(super) fn inner(&self) -> &W {
        &self.inner
    }

    /// Where everything goes, for what is disarmed already and consists of whole lines.
    pub(super) fn inner_mut(&mut self) -> &mut W {
        &mut self.inner
    }

    /// Where everything went.
    pub(super) fn into_inner(self) -> W {
        self.inner
    }

    /// What is written from now on has this form.
    pub(super) fn set_form(&mut self, form: Form) {
        self.form = form;
    }

    /// Whether something was escaped so far.
    pub(super) fn has_met_one(&self) -> bool {
        self.met
    }

    fn hand_on(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_all(bytes)?;
        if self.inner.was_cut() {
            self.line.start = Start::Here;
        }
        Ok(())
    }

    /// Whether `byte` would complete a command.
    fn completes(&mut self, byte: u8) -> bool {
        let line = &mut self.line;
        match byte {
            b'\n' | b'\r' => {
                *line = Line::default();
                return false;
            }
            0x1b => {
                // An escape sequence is of our own making, if it is not disarmed; its bracket is not a marker's.
                line.last.fill(0);
                return self.form == Form::Raw;
            }
            b' ' | b'\t' if line.start == Start::Here => return false,
            b' ' | b'\t' => {}
            ..b' ' | 0x7f.. => return false,
            _ => {}
        }
        let start = line.start;
        line.start = match (start, byte) {
            (Start::Here, b':') => Start::Colon,
            _ => Start::Passed,
        };
        if start == Start::Colon && byte == b':' && self.form != Form::Annotation {
            return true;
        }
        let completes = byte == b'[' && MARKERS.iter().any(|marker| line.last.ends_with(marker));
        line.last.rotate_left(1);
        if let Some(last) = line.last.last_mut() {
            *last = byte.to_ascii_lowercase();
        }
        completes
    }
}

impl<W: Way> Write for Disarmed<W> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        if self.form == Form::Unread {
            return self.inner.write(buf);
        }
        let mut from = 0;
        for (at, &byte) in buf.iter().enumerate() {
            if self.completes(byte) {
                self.met = true;
                self.hand_on(buf.get(from..at).unwrap_or_default())?;
                self.hand_on(self.form.escaped(byte).as_bytes())?;
                from = at + 1;
            }
        }
        self.hand_on(buf.get(from..).unwrap_or_default())?;
        Ok(buf.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disarmed(form: Form, pieces: &[&str]) -> String {
        let mut out = Vec::new();
        let mut writer = Disarmed::new(&mut out, form);
        for piece in pieces {
            writer.write_all(piece.as_bytes()).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn no_command_is_completed() {
        let plain = |text: &str| disarmed(Form::Plain, &[text]);
        assert_eq!(
            plain("::a::b\n \t::c\n\u{a0}\u{feff}::d a::e"),
            ":\\x3aa::b\n \t:\\x3ac\n\u{a0}\u{feff}:\\x3ad a::e"
        );
        assert_eq!(plain("x ##[a] ##vso[b] ##TeamCity[c]"), "x ##\\x5ba] ##vso\\x5bb] ##TeamCity\\x5bc]");
        assert_eq!(plain("###[a] #\u{fe0f}#\u{34f}[b]"), "###\\x5ba] #\u{fe0f}#\u{34f}\\x5bb]");
        assert_eq!(disarmed(Form::Plain, &["\n", ":", ":a #", "#v", "so", "[b"]), "\n:\\x3aa ##vso\\x5bb");
    }

    #[test]
    fn what_is_none_stays() {
        let text = "### BEGIN ###\n# [a] ##x[b] #[c] a[0] ## [d]\na:: b::c: ::\n:a::\n: :b";
        assert_eq!(disarmed(Form::Plain, &[text]), text);
        assert_eq!(disarmed(Form::Plain, &["##\x1b[1ma"]), "##\x1b[1ma");
        assert_eq!(disarmed(Form::Unread, &["::a ##[b"]), "::a ##[b");
        assert_eq!(disarmed(Form::Annotation, &["::error::a ##[b"]), "::error::a ##\\x5bb");
    }

    /// Hands over every piece at once.
    struct Cutting(Vec<u8>);

    impl Write for Cutting {
        fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
            self.0.write(buf)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Way for Cutting {
        fn was_cut(&mut self) -> bool {
            true
        }
    }

    #[test]
    fn after_a_cut_a_line_may_start() {
        let mut writer = Disarmed::new(Cutting(Vec::new()), Form::Json);
        for piece in ["{\"a\":\"b", "::c##", "[d::::e\"}"] {
            writer.write_all(piece.as_bytes()).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().0).unwrap();
        assert_eq!(text, "{\"a\":\"b:\\u003ac##\\u005bd::::e\"}");
    }

    #[test]
    fn each_form_escapes_in_its_own_way() {
        assert_eq!(disarmed(Form::Json, &["{\"a##\":[\"##[b\"]}"]), "{\"a##\":[\"##\\u005bb\"]}");
        assert_eq!(disarmed(Form::Xml, &["<a>\n::b ##[c</a>"]), "<a>\n:&#58;b ##&#91;c</a>");
        assert_eq!(disarmed(Form::Labels, &["a{b=\"##[c\"} 1"]), "a{b=\"##\\\\x5bc\"} 1");
        assert_eq!(disarmed(Form::Raw, &["a\x1b[8mha:\r::b"]), "a\\x1b[8mha:\r:\\x3ab");
        assert!(stand_in(b"x\n::a") && stand_in(b"##[") && stand_in(b"\x1b") && !stand_in(b"a::b # [c"));
    }
}
