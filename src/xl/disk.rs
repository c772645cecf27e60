//! One disk specification: `phy:/dev/vg/boot,xvda,w`, `format=raw,vdev=xvda,access=rw,target=/dev/vg/boot`.

use std::fmt;

use super::settings::shown;
use crate::python::PyStr;
use crate::release::{Change, Release};

/// How a disk is stored, as far as the specification says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFormat {
    /// As it is: a block device or an image. Also where nothing is said.
    Raw,
    /// qcow
    Qcow,
    /// qcow2
    Qcow2,
    /// VHD
    Vhd,
    /// QED
    Qed,
    /// No medium in a CD-ROM drive.
    Empty,
}

impl DiskFormat {
    const ALL: [(&'static str, Self); 6] = [
        ("raw", Self::Raw),
        ("qcow", Self::Qcow),
        ("qcow2", Self::Qcow2),
        ("vhd", Self::Vhd),
        ("empty", Self::Empty),
        ("qed", Self::Qed),
    ];

    /// The word for it in a specification.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, format)| *format == self).map_or("raw", |(name, _)| name)
    }
}

/// Who serves a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The kernel.
    Phy,
    /// blktap, which Xen 4.17 no longer has.
    Tap,
    /// QEMU.
    Qdisk,
    /// A program of its own.
    Standalone,
}

impl Backend {
    const ALL: [(&'static str, Self); 4] =
        [("phy", Self::Phy), ("tap", Self::Tap), ("qdisk", Self::Qdisk), ("standalone", Self::Standalone)];

    /// The word for it in a specification.
    pub fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, backend)| *backend == self).map_or("phy", |(name, _)| name)
    }
}

/// A disk, as `xlu_disk_parse` reads its specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// The file or device; a CD-ROM drive may be without.
    pub target: Option<PyStr>,
    /// The name of the device in the guest. Nothing asks whether there is such a device.
    pub vdev: Option<PyStr>,
    /// How it is stored.
    pub format: DiskFormat,
    /// Who serves it, where that is said.
    pub backend: Option<Backend>,
    /// The domain that serves it, where it is not dom0.
    pub backend_domain: Option<PyStr>,
    /// The script that attaches it; `block-nbd` for `nbd:` and its like.
    pub script: Option<PyStr>,
    /// Whether the guest may write to it.
    pub writable: bool,
    /// Whether it is a CD-ROM drive.
    pub cdrom: bool,
}

/// Why `xlu_disk_parse` refuses a specification: its first message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiskError {
    /// What is wrong, in libxlutil's words.
    pub message: String,
    /// Near what; the end of the specification where there is nothing.
    pub near: Option<PyStr>,
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.near {
            Some(near) => write!(f, " near `{}`", shown(near)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for DiskError {}

/// Reads a specification.
///
/// # Errors
///
/// libxlutil refuses it.
///
/// ```
/// use pregrub::release::Release;
/// use pregrub::xl::disk;
///
/// let disk = disk::parse(b"tap:aio:/srv/boot.img,xvda,w", Release::NEWEST).unwrap();
/// assert_eq!(disk.target.unwrap(), "/srv/boot.img");
/// assert!(disk::parse(b"/srv/boot.img", Release::NEWEST).is_err());
/// ```
pub fn parse(specification: &[u8], release: Release) -> Result<Disk, DiskError> {
    let mut reader = Reader::new(release);
    let mut rest = specification;
    while !rest.is_empty() {
        let taken = match reader.take(rest) {
            Some(taken) => taken.max(1),
            None => break,
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    reader.finish()
}

/// What a specification must say for its disk to have another format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FormatEdit {
    /// A word in the place of another one: `qcow2` in that of `raw`.
    Replaced(&'static str, &'static str),
    /// All of it, with the word that was missing.
    Added(String),
}

/// How a specification comes to say another format, tried: the disk that is read then differs in nothing else.
pub(crate) fn with_format(specification: &[u8], format: DiskFormat, release: Release) -> Option<FormatEdit> {
    let now = parse(specification, release).ok()?;
    let wanted = Disk { format, ..now.clone() };
    let leads_there = |text: &str| parse(text.as_bytes(), release).as_ref() == Ok(&wanted);
    let text = std::str::from_utf8(specification).ok()?;
    let (old, new) = (now.format.name(), format.name());
    let with_word = |at: usize| format!("{}{new}{}", &text[..at], &text[at + old.len()..]);
    if text.match_indices(old).any(|(at, _)| leads_there(&with_word(at))) {
        return Some(FormatEdit::Replaced(old, new));
    }
    // Prefixes that stand for nothing give way: after one, the format has no place.
    let mut plain = text;
    while let Some(rest) = PLAIN_PREFIXES.iter().find_map(|prefix| plain.strip_prefix(prefix)) {
        plain = rest;
    }
    let after_target = |text: &str| text.split_once(',').map(|(target, rest)| format!("{target},{new},{rest}"));
    let without_gap = text.replacen(",,", &format!(",{new},"), 1);
    let offered = [Some(without_gap), after_target(text), after_target(plain), Some(format!("format={new},{text}"))];
    offered.into_iter().flatten().find(|text| leads_there(text)).map(FormatEdit::Added)
}

/// A word that begins an assignment, and what is done with the value.
#[derive(Clone, Copy)]
enum Key {
    Format,
    DeviceType,
    Access,
    Backend,
    BackendType,
    Specification,
    Vdev,
    Script,
    ColoPort,
    /// Kept, and of no interest here; its place distinguishes it.
    Kept(usize),
}

const KEYS: [(&str, Key); 13] = [
    ("format=", Key::Format),
    ("devtype=", Key::DeviceType),
    ("access=", Key::Access),
    ("backend=", Key::Backend),
    ("backendtype=", Key::BackendType),
    ("specification=", Key::Specification),
    ("vdev=", Key::Vdev),
    ("script=", Key::Script),
    ("colo-host=", Key::Kept(0)),
    ("colo-port=", Key::ColoPort),
    ("colo-export=", Key::Kept(1)),
    ("active-disk=", Key::Kept(2)),
    ("hidden-disk=", Key::Kept(3)),
];
const KEPT: [&str; 4] = ["colo-host", "colo-export", "active-disk", "hidden-disk"];

/// Words that say something by themselves. All but the first are of no interest here.
const FLAGS: [&str; 6] = ["cdrom", "direct-io-safe", "discard", "no-discard", "colo", "no-colo"];
const NEW_FLAGS: [&str; 4] = ["trusted", "untrusted", "grant_usage=1", "grant_usage=0"];

/// Prefixes that stand for nothing any more.
const PLAIN_PREFIXES: [&str; 7] = ["tapdisk:", "tap:", "tap2:", "aio:", "ioemu:", "file:", "phy:"];
const FORMAT_PREFIXES: [&str; 4] = ["raw:", "qcow:", "qcow2:", "vhd:"];
const SCRIPT_PREFIXES: [&str; 4] = ["iscsi:", "nbd:", "enbd:", "drbd:"];

/// What libxlutil's scanner may find at a place. Of several that match, the one that covers the longest text counts, what
/// stands after a prefix included; of equally long ones the first.
#[derive(Clone, Copy)]
enum Rule {
    Blank,
    Assignment(Key),
    Flag(&'static str),
    Target,
    UnknownAssignment,
    FormatPrefix,
    ScriptPrefix,
    PlainPrefix,
    UnknownPrefix,
    Positional,
}

/// A rule that matches: the text that it covers, and how much of that is taken.
struct Match {
    rule: Rule,
    covers: usize,
    takes: usize,
}

struct Reader {
    disk: Disk,
    format: Option<DiskFormat>,
    specification: Option<&'static str>,
    kept: [bool; KEPT.len()],
    had_prefix: bool,
    had_access: bool,
    error: Option<DiskError>,
    new_parameters: bool,
}

impl Reader {
    fn new(release: Release) -> Self {
        let disk = Disk {
            target: None,
            vdev: None,
            format: DiskFormat::Raw,
            backend: None,
            backend_domain: None,
            script: None,
            writable: true,
            cdrom: false,
        };
        Self {
            disk,
            format: None,
            specification: None,
            kept: [false; KEPT.len()],
            had_prefix: false,
            had_access: false,
            error: None,
            new_parameters: release.has(Change::NewDiskParameters),
        }
    }

    /// The longest match at the start of `rest`.
    fn longest(&self, rest: &[u8]) -> Option<Match> {
        // The scanner's `.` ends at a line feed.
        let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let comma = memchr::memchr(b',', rest);
        let to_comma = comma.map_or(rest.len(), |comma| comma + 1);
        let mut best: Option<Match> = None;
        let mut offer = |rule, covers: usize, takes| {
            if covers > best.as_ref().map_or(0, |best| best.covers) {
                best = Some(Match { rule, covers, takes });
            }
        };
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n')).count();
        if blanks > 0 {
            // What stands after the white space on the same line counts for the length.
            let behind = memchr::memchr(b'\n', &rest[blanks..]).unwrap_or(rest.len() - blanks);
            offer(Rule::Blank, blanks + behind, blanks);
        }
        for (word, key) in KEYS {
            if rest.starts_with(word.as_bytes()) {
                offer(Rule::Assignment(key), to_comma, to_comma);
            }
        }
        let new = NEW_FLAGS.iter().filter(|_| self.new_parameters);
        for word in FLAGS.iter().chain(new) {
            if rest.starts_with(word.as_bytes()) {
                let covers = word.len() + usize::from(rest.get(word.len()) == Some(&b','));
                offer(Rule::Flag(word), covers, covers);
            }
        }
        if rest.starts_with(b"target=") {
            offer(Rule::Target, line, line);
        }
        let word = word_length(rest, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if word > 0 && rest.get(word) == Some(&b'=') && rest.get(word + 1).is_some_and(|&byte| byte != b',') {
            let covers = word + 2 + usize::from(rest.get(word + 2) == Some(&b','));
            offer(Rule::UnknownAssignment, covers, covers);
        }
        let prefixes: [(Rule, &[&str]); 3] = [
            (Rule::FormatPrefix, &FORMAT_PREFIXES),
            (Rule::ScriptPrefix, &SCRIPT_PREFIXES),
            (Rule::PlainPrefix, &PLAIN_PREFIXES),
        ];
        for (rule, words) in prefixes {
            if let Some(word) = words.iter().find(|word| rest.starts_with(word.as_bytes())) {
                offer(rule, line, word.len());
            }
        }
        let word = word_length(rest, |byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if word > 0 && rest.get(word) == Some(&b':') {
            let takes = word + 1;
            let covers = match rest.get(takes) {
                Some(byte) if !byte.is_ascii_lowercase() && !byte.is_ascii_digit() => {
                    // One character of any kind, and the rest of its line.
                    let behind = &rest[takes + 1..];
                    takes + 1 + memchr::memchr(b'\n', behind).unwrap_or(behind.len())
                }
                _ => takes,
            };
            offer(Rule::UnknownPrefix, covers, takes);
        }
        let plain = rest.iter().take_while(|byte| !matches!(byte, b',' | b'=')).count();
        let covers = plain + usize::from(rest.get(plain) == Some(&b','));
        offer(Rule::Positional, covers, covers);
        best
    }

    /// Reads what stands at the start of `rest`, and says how long it is; nothing where libxlutil stops.
    fn take(&mut self, rest: &[u8]) -> Option<usize> {
        let Some(Match { rule, takes, .. }) = self.longest(rest) else {
            // Only `=` begins nothing. At the very end it is forgiven.
            if rest.len() == 1 {
                return None;
            }
            let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.fail(&rest[..line], "bad disk syntax");
            return None;
        };
        let whole = &rest[..takes];
        let text = whole.strip_suffix(b",").unwrap_or(whole);
        let value = memchr::memchr(b'=', text).map_or(&b""[..], |equals| &text[equals + 1..]);
        match rule {
            Rule::Blank => {}
            Rule::Assignment(key) => self.assign(key, value, whole),
            Rule::Flag("cdrom") => self.disk.cdrom = true,
            Rule::Flag(_) => {}
            Rule::Target => self.set(|disk| &mut disk.target, value, "target respecified"),
            Rule::UnknownAssignment => self.fail(whole, "unknown parameter"),
            Rule::FormatPrefix => {
                self.had_prefix = true;
                self.set_format(&whole[..takes - 1]);
            }
            Rule::ScriptPrefix => {
                self.had_prefix = true;
                let script = [b"block-", &whole[..takes - 1]].concat();
                self.set(|disk| &mut disk.script, &script, "script respecified");
            }
            Rule::PlainPrefix => self.had_prefix = true,
            Rule::UnknownPrefix => {
                self.fail(whole, "unknown deprecated disk prefix");
                return None;
            }
            Rule::Positional => return self.positional(text).then_some(takes),
        }
        Some(takes)
    }

    fn assign(&mut self, key: Key, value: &[u8], whole: &[u8]) {
        match key {
            Key::Format => self.set_format(value),
            Key::DeviceType => match value {
                b"cdrom" => self.disk.cdrom = true,
                b"disk" => self.disk.cdrom = false,
                _ => self.fail(whole, "unknown value for type"),
            },
            Key::Access => self.set_access(value),
            Key::Backend => self.set(|disk| &mut disk.backend_domain, value, "backend respecified"),
            Key::BackendType => {
                let known = Backend::ALL.into_iter().find(|(name, _)| name.as_bytes() == value);
                match known.filter(|(_, backend)| *backend != Backend::Standalone || self.new_parameters) {
                    None => self.fail(value, "unknown value for backendtype"),
                    Some((_, backend)) if self.disk.backend.is_some_and(|before| before != backend) => {
                        self.fail(value, "backend respecified");
                    }
                    Some((_, backend)) => self.disk.backend = Some(backend),
                }
            }
            Key::Specification => match ["xen", "virtio"].into_iter().find(|name| name.as_bytes() == value) {
                None => self.fail(value, "unknown value for specification"),
                found if self.specification.is_some() && self.specification != found => {
                    self.fail(value, "specification respecified");
                }
                found => self.specification = found,
            },
            Key::Vdev => self.set(|disk| &mut disk.vdev, value, "vdev respecified"),
            Key::Script => self.set(|disk| &mut disk.script, value, "script respecified"),
            Key::ColoPort => {
                if !leading_number(value) {
                    self.fail(value, "unknown value for colo_port");
                }
            }
            Key::Kept(place) => {
                if self.kept[place] {
                    self.fail(value, &format!("{} respecified", KEPT[place]));
                }
                self.kept[place] |= !value.is_empty();
            }
        }
    }

    /// A value without a name: target, format (unless there was a prefix), device, access. False where libxlutil stops.
    fn positional(&mut self, text: &[u8]) -> bool {
        if self.error.is_some() {
            // What comes of an error is not reported.
        } else if self.disk.target.is_none() {
            self.set(|disk| &mut disk.target, text, "target respecified");
        } else if !self.had_prefix && self.format.is_none() {
            if self.disk.target.as_ref().is_some_and(PyStr::is_empty) && self.device_and_type(text) {
                self.format = Some(DiskFormat::Empty);
            } else {
                self.set_format(text);
            }
        } else if self.disk.vdev.is_none() {
            if !self.device_and_type(text) {
                self.set(|disk| &mut disk.vdev, text, "vdev respecified");
            }
        } else if !self.had_access {
            self.had_access = true;
            self.set_access(text);
        } else {
            self.fail(text, "too many positional parameters");
            return false;
        }
        true
    }

    /// `hdc:cdrom`; false where there is no colon.
    fn device_and_type(&mut self, text: &[u8]) -> bool {
        let Some(colon) = memchr::memrchr(b':', text) else { return false };
        self.set(|disk| &mut disk.vdev, &text[..colon], "vdev respecified");
        match &text[colon + 1..] {
            b"cdrom" => self.disk.cdrom = true,
            b"disk" => self.disk.cdrom = false,
            other => self.fail(other, "unknown deprecated type"),
        }
        true
    }

    fn set_format(&mut self, text: &[u8]) {
        let known = DiskFormat::ALL.into_iter().find(|(name, _)| name.as_bytes() == text);
        let raw = text.is_empty().then_some(("", DiskFormat::Raw));
        match known.or(raw) {
            None => self.fail(text, "unknown value for format"),
            Some((_, format)) if self.format.is_some_and(|before| before != format) => {
                self.fail(text, "format respecified");
            }
            Some((_, format)) => self.format = Some(format),
        }
    }

    fn set_access(&mut self, text: &[u8]) {
        match text {
            b"r" | b"ro" => self.disk.writable = false,
            b"rw" | b"w" | b"" => self.disk.writable = true,
            _ => self.fail(text, "unknown value for access"),
        }
    }

    /// An empty text may be overwritten.
    fn set(&mut self, place: impl Fn(&mut Disk) -> &mut Option<PyStr>, value: &[u8], message: &str) {
        let place = place(&mut self.disk);
        if place.as_ref().is_some_and(|before| !before.is_empty()) {
            self.fail(value, message);
        } else {
            *place = Some(value.to_vec().into());
        }
    }

    fn fail(&mut self, near: &[u8], message: &str) {
        self.error.get_or_insert_with(|| DiskError { message: message.to_owned(), near: Some(near.to_vec().into()) });
    }

    fn finish(self) -> Result<Disk, DiskError> {
        let Self { mut disk, format, error, .. } = self;
        if let Some(error) = error {
            return Err(error);
        }
        disk.format = format.unwrap_or(DiskFormat::Raw);
        let without = |message: &str| Err(DiskError { message: message.to_owned(), near: None });
        if disk.cdrom {
            disk.writable = false;
            if disk.target.as_ref().is_none_or(PyStr::is_empty) {
                disk.format = DiskFormat::Empty;
            }
        }
        if disk.vdev.is_none() {
            return without("no vdev specified");
        }
        if disk.target.is_none() && !disk.cdrom {
            return without("no target specified (and device not removable)");
        }
        Ok(disk)
    }
}

/// How long the word at the start is: a lower-case letter, then what `more` takes.
fn word_length(text: &[u8], more: impl Fn(u8) -> bool) -> usize {
    match text.first() {
        Some(byte) if byte.is_ascii_lowercase() => text.iter().take_while(|&&byte| more(byte)).count(),
        _ => 0,
    }
}

/// Whether `atoi` makes a number other than 0 of it.
fn leading_number(text: &[u8]) -> bool {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    let text = &text[blanks..];
    let text = text.strip_prefix(b"-").or_else(|| text.strip_prefix(b"+")).unwrap_or(text);
    text.iter().take_while(|byte| byte.is_ascii_digit()).any(|&byte| byte != b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The syntaxes of xl-disk-configuration(5); libxlutil reads what is written in their place as it should (tests/xl/disk.rs).
    #[test]
    fn another_format() {
        let edit = |text: &str, format| with_format(text.as_bytes(), format, Release::NEWEST);
        let replaced = Some(FormatEdit::Replaced("raw", "qcow2"));
        for text in [
            "/srv/raw.img,raw,xvda,w",
            "/srv/g.img, raw, xvda, w",
            "format=raw,vdev=xvda,access=rw,target=/srv/g.img",
            "vdev=xvda,format=raw,target=/srv/raw,format=raw",
            "raw:/srv/g.img,xvda,w",
            "/srv/g.img,raw,hdc,cdrom",
        ] {
            assert_eq!(edit(text, DiskFormat::Qcow2), replaced, "{text}");
        }
        for (text, want) in [
            ("/srv/g.img,,xvda,w", "/srv/g.img,qcow2,xvda,w"),
            ("/srv/g.img,vdev=xvda", "/srv/g.img,qcow2,vdev=xvda"),
            ("vdev=xvda,access=rw,target=/srv/g.img", "format=qcow2,vdev=xvda,access=rw,target=/srv/g.img"),
            ("file:/srv/g.img,xvda,w", "/srv/g.img,qcow2,xvda,w"),
            ("tap:aio:/srv/g.img,xvda,r", "/srv/g.img,qcow2,xvda,r"),
            ("phy:/dev/vg/g,xvda,w", "/dev/vg/g,qcow2,xvda,w"),
        ] {
            assert_eq!(edit(text, DiskFormat::Qcow2), Some(FormatEdit::Added(want.to_owned())), "{text}");
        }
        assert_eq!(edit("tap:qcow2:/srv/g.img,xvda,w", DiskFormat::Raw), Some(FormatEdit::Replaced("qcow2", "raw")));
        assert_eq!(edit("/srv/g.img", DiskFormat::Qcow2), None);
    }
}
