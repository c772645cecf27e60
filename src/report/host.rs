//! The guests of a host: `pregrub.host/1` as JSON, and a table that fits on a screen.

use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;

use crate::flavour::Build;
use crate::report::one_line::one_line;
use crate::report::text::TextStyle;
use crate::toolstack::host_domains::{HostDomains, PassedOver};

/// What becomes of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum GuestVerdict {
    /// Xen does not start it.
    Fails,
    /// pregrub cannot know.
    Unknown,
    /// pygrub hands over a kernel, and Xen loads it.
    Boots,
    /// pygrub has no part in it: firmware, or a kernel of dom0.
    NotAsked,
}

impl GuestVerdict {
    /// The word in the table.
    fn word(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::Unknown => "unknown",
            Self::Boots => "boots",
            Self::NotAsked => "no pygrub",
        }
    }
}

/// What boots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuestBoot {
    /// The title of the menu entry.
    pub title: Option<String>,
    /// The path of the kernel on the guest's disk.
    pub kernel: String,
    /// The path of the initrd.
    pub ramdisk: Option<String>,
    /// The arguments.
    pub args: String,
}

/// What comes of a guest with one pygrub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GuestOutcome {
    /// The verdict.
    pub verdict: GuestVerdict,
    /// What boots.
    pub boot: Option<GuestBoot>,
    /// The name of the cause.
    pub cause: Option<&'static str>,
    /// The cause, as a sentence without a full stop.
    pub reason: Option<String>,
    /// The way out.
    pub help: Option<String>,
}

/// What an upgrade makes of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum UpgradeChange {
    /// It boots now, and does not afterwards.
    Stops,
    /// It boots something else.
    BootsOther,
    /// It boots now, and pregrub cannot know what comes afterwards; or the other way round.
    Unknown,
    /// It does not boot now, and does afterwards.
    Starts,
    /// None.
    Same,
}

impl UpgradeChange {
    /// Between two outcomes.
    pub fn between(now: &GuestOutcome, after: &GuestOutcome) -> Self {
        use GuestVerdict::{Boots, Fails, Unknown};
        match (now.verdict, after.verdict) {
            (Boots, Fails) => Self::Stops,
            (Boots, Boots) if now.boot != after.boot => Self::BootsOther,
            (Fails | Unknown, Boots) => Self::Starts,
            (before, Unknown) if before != Unknown => Self::Unknown,
            (Unknown, Fails) => Self::Unknown,
            _ => Self::Same,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Stops => "would stop booting",
            Self::BootsOther => "would boot something else",
            Self::Unknown => "may change",
            Self::Starts => "would boot again",
            Self::Same => "stays as it is",
        }
    }
}

/// A guest of the host.
#[derive(Clone, Debug, Serialize)]
pub struct GuestReport {
    /// What its configuration calls it, or else its file's name.
    pub name: String,
    /// The path of its configuration on the host.
    pub file: String,
    /// `xl` or `libvirt`.
    pub toolstack: &'static str,
    /// Whether the host starts it at boot.
    pub starts_at_boot: bool,
    /// What else is to be known of it: sentences without a full stop.
    pub notes: Vec<String>,
    /// What comes of it.
    #[serde(flatten)]
    pub now: GuestOutcome,
    /// What comes of it after the upgrade.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<GuestOutcome>,
    /// What the upgrade changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<UpgradeChange>,
}

/// Everything about a host.
pub struct Host<'a> {
    /// Its root directory.
    pub root: &'a Path,
    /// The pygrub that its guests are judged by.
    pub build: Build,
    /// What says that it is this one; empty where the user has said it.
    pub evidence: &'a [String],
    /// The pygrub after an upgrade.
    pub to: Option<Build>,
    /// What was found.
    pub found: &'a HostDomains,
    /// The guests, in the order of `found`.
    pub guests: &'a [GuestReport],
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    root: String,
    release: String,
    flavour: &'static str,
    evidence: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<After>,
    starts_domains: Option<bool>,
    has_xapi: bool,
    guests: &'a [GuestReport],
    passed_over: Vec<Passed>,
    unreadable: Vec<Unreadable<'a>>,
}

#[derive(Serialize)]
struct After {
    release: String,
    flavour: &'static str,
}

#[derive(Serialize)]
struct Passed {
    reason: &'static str,
    count: usize,
    files: Vec<String>,
}

#[derive(Serialize)]
struct Unreadable<'a> {
    file: String,
    error: &'a str,
}

/// A note for a host that starts nothing.
const STARTS_NOTHING: &str = "nothing is started at boot: the service xendomains is not enabled";

impl Host<'_> {
    /// As a value that serialises to `pregrub.host/1`.
    pub fn document(&self) -> impl Serialize {
        let shown = |path: &Path| path.to_string_lossy().into_owned();
        Document {
            schema: "pregrub.host/1",
            root: shown(self.root),
            release: self.build.release.to_string(),
            flavour: self.build.flavour.name(),
            evidence: self.evidence,
            to: self.to.map(|to| After { release: to.release.to_string(), flavour: to.flavour.name() }),
            starts_domains: self.found.starts_domains,
            has_xapi: self.found.has_xapi,
            guests: self.guests,
            passed_over: self
                .found
                .passed_over
                .iter()
                .map(|(reason, files)| Passed {
                    reason: reason.name(),
                    count: files.len(),
                    files: files.iter().map(|path| shown(path)).collect(),
                })
                .collect(),
            unreadable: self
                .found
                .unreadable
                .iter()
                .map(|(path, error)| Unreadable { file: shown(path), error })
                .collect(),
        }
    }

    /// Writes the table: in full what is wrong, and the names of the guests that boot.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn write(&self, look: TextStyle, out: &mut dyn Write) -> io::Result<()> {
        let mut heading = format!("pygrub of {}", self.build);
        if !self.evidence.is_empty() {
            heading.push_str(&format!(" ({})", self.evidence.join("; ")));
        }
        write_wrapped(&one_line(&heading), look.width, out)?;
        if let Some(to) = self.to {
            writeln!(out, "upgrade to {to}")?;
        }
        let started = self.guests.iter().filter(|guest| guest.starts_at_boot).count();
        let count = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        writeln!(out, "{}, {started} started at boot", count(self.guests.len(), "guest"))?;
        let rows: Vec<&GuestReport> = self.guests.iter().filter(|guest| look.verbose || self.is_shown(guest)).collect();
        let width =
            |title: &str, lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or_default().max(title.len());
        if !rows.is_empty() {
            writeln!(out)?;
            let names = width("GUEST", &mut rows.iter().map(|guest| guest.shown_name().chars().count())).min(32);
            let verdicts = width("VERDICT", &mut rows.iter().map(|guest| self.words(guest).len()));
            let indent = names + 2 + 7 + 2 + verdicts + 2;
            let heading =
                format!("{:names$}  {:7}  {:verdicts$}  CAUSE, AND THE WAY OUT", "GUEST", "STARTS", "VERDICT");
            writeln!(out, "{}", heading.trim_end())?;
            for guest in rows {
                let starts = if guest.starts_at_boot { "at boot" } else { "by hand" };
                let name = guest.shown_name();
                write!(out, "{name:names$}  {starts:7}  {:verdicts$}", self.words(guest))?;
                let room = look.width.saturating_sub(indent).max(30);
                let lines: Vec<String> = self.lines(guest).iter().flat_map(|line| wrapped(line, room)).collect();
                for (number, line) in lines.iter().enumerate() {
                    match number {
                        0 => write!(out, "  {line}")?,
                        _ => {
                            writeln!(out)?;
                            write!(out, "{:indent$}{line}", "")?;
                        }
                    }
                }
                writeln!(out)?;
            }
        }
        if !look.verbose {
            for (verdict, title) in [(GuestVerdict::Boots, "boots:"), (GuestVerdict::NotAsked, "no pygrub:")] {
                let others =
                    self.guests.iter().filter(|guest| !self.is_shown(guest) && self.last(guest).verdict == verdict);
                let names: Vec<String> = others.map(GuestReport::shown_name).collect();
                if !names.is_empty() {
                    writeln!(out)?;
                    write_wrapped(&format!("{title} {}", names.join(", ")), look.width, out)?;
                }
            }
        }
        self.write_notes(look, out)
    }

    fn write_notes(&self, look: TextStyle, out: &mut dyn Write) -> io::Result<()> {
        let mut notes = Vec::new();
        if self.found.starts_domains == Some(false) && self.guests.iter().any(|guest| guest.starts_at_boot) {
            notes.push(STARTS_NOTHING.to_owned());
        }
        for (path, error) in &self.found.unreadable {
            notes.push(format!("cannot read `{}`: {error}", path.display()));
        }
        let passed: Vec<String> = self.found.passed_over.iter().map(passed).collect();
        if look.verbose {
            for (reason, files) in &self.found.passed_over {
                notes
                    .extend(files.iter().map(|file| format!("passed over: `{}` ({})", file.display(), reason.noun(1))));
            }
        } else if !passed.is_empty() {
            notes.push(format!("passed over: {}", passed.join(", ")));
        }
        if !notes.is_empty() {
            writeln!(out)?;
        }
        for note in notes {
            write_wrapped(&format!("note: {}", one_line(&note)), look.width, out)?;
        }
        Ok(())
    }

    /// What is to be judged in the end.
    fn last<'g>(&self, guest: &'g GuestReport) -> &'g GuestOutcome {
        guest.after.as_ref().unwrap_or(&guest.now)
    }

    /// Whether a guest has a row of its own.
    fn is_shown(&self, guest: &GuestReport) -> bool {
        matches!(self.last(guest).verdict, GuestVerdict::Fails | GuestVerdict::Unknown)
            || guest.change.is_some_and(|change| change != UpgradeChange::Same)
            || !guest.notes.is_empty()
    }

    fn words(&self, guest: &GuestReport) -> &'static str {
        match guest.change {
            Some(change @ (UpgradeChange::Stops | UpgradeChange::BootsOther | UpgradeChange::Starts)) => change.words(),
            _ => self.last(guest).verdict.word(),
        }
    }

    fn lines(&self, guest: &GuestReport) -> Vec<String> {
        let last = self.last(guest);
        let mut lines = Vec::new();
        let booted = |booted: &GuestBoot| {
            let title = booted.title.as_ref().map(|title| format!(" ({title})")).unwrap_or_default();
            one_line(&format!("{}{title}", booted.kernel))
        };
        match (guest.change, &guest.now.boot, &last.boot) {
            (Some(UpgradeChange::BootsOther), Some(before), Some(after)) if before.kernel != after.kernel => {
                lines.push(format!("{} instead of {}", booted(after), booted(before)));
            }
            (Some(UpgradeChange::BootsOther), Some(before), Some(after)) => {
                lines.push(format!("{}, with other arguments or another initrd", booted(after)));
                lines.push(format!("before: {}", one_line(&before.args)));
                lines.push(format!("after: {}", one_line(&after.args)));
            }
            (_, _, Some(boot)) => lines.push(booted(boot)),
            _ => {}
        }
        lines.extend(last.reason.as_deref().map(one_line));
        lines.extend(last.help.as_deref().map(|help| format!("-> {}", one_line(help))));
        lines.extend(guest.notes.iter().map(|note| format!("note: {}", one_line(note))));
        lines
    }
}

impl GuestReport {
    fn shown_name(&self) -> String {
        one_line(&self.name)
    }
}

fn passed((reason, files): (&PassedOver, &Vec<std::path::PathBuf>)) -> String {
    format!("{} {}", files.len(), reason.noun(files.len()))
}

/// Writes a text in lines of at most `width` characters, all but the first indented: a word of a name that begins one does not
/// look like the start of another text.
fn write_wrapped(text: &str, width: usize, out: &mut dyn Write) -> io::Result<()> {
    for (number, line) in wrapped(text, width.saturating_sub(2)).iter().enumerate() {
        writeln!(out, "{}{line}", if number == 0 { "" } else { "  " })?;
    }
    Ok(())
}

/// A text in lines of at most `width` characters, broken between words where that is possible.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else { break };
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(verdict: GuestVerdict, kernel: &str) -> GuestOutcome {
        let boot = GuestBoot { title: None, kernel: kernel.to_owned(), ramdisk: None, args: String::new() };
        GuestOutcome { verdict, boot: (!kernel.is_empty()).then_some(boot), cause: None, reason: None, help: None }
    }

    #[test]
    fn what_an_upgrade_changes() {
        use GuestVerdict::{Boots, Fails, NotAsked, Unknown};
        let change = |now, after| UpgradeChange::between(&now, &after);
        let (boots, other) = (outcome(Boots, "/a"), outcome(Boots, "/b"));
        let (fails, unknown) = (outcome(Fails, ""), outcome(Unknown, ""));
        assert_eq!(change(boots.clone(), fails.clone()), UpgradeChange::Stops);
        assert_eq!(change(boots.clone(), other), UpgradeChange::BootsOther);
        assert_eq!(change(boots.clone(), unknown.clone()), UpgradeChange::Unknown);
        assert_eq!(change(fails.clone(), boots.clone()), UpgradeChange::Starts);
        assert_eq!(change(unknown.clone(), fails.clone()), UpgradeChange::Unknown);
        assert_eq!(change(fails.clone(), fails), UpgradeChange::Same);
        assert_eq!(change(unknown.clone(), unknown), UpgradeChange::Same);
        assert_eq!(change(boots.clone(), boots), UpgradeChange::Same);
        assert_eq!(change(outcome(NotAsked, ""), outcome(NotAsked, "")), UpgradeChange::Same);
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(wrapped("a bc def ghij", 5), ["a bc", "def", "ghij"]);
        assert_eq!(wrapped("abcdefgh i", 5), ["abcdefgh", "i"]);
    }
}
