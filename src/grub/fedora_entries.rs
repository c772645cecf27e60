//! `blscfg` of Fedora's and Red Hat's GRUB: entries from the files of the Boot Loader Specification, by rules that are not upstream's.
//!
//! Behaviour is from reading the source of that patch (2.04 to 2.12); nothing here was measured.

use std::cmp::Ordering;
use std::rc::Rc;

use super::boot_loader_specification::compare;
use super::interpreter::{CommandOutcome, Interpreter};
use super::machine::{CommandFailure, FileLookup};
use super::memory;
use super::menu::MenuEntry;
use super::number;
use super::settings::Platform;
use super::text::ScriptText;

/// Where the files lie, unless `$blsdir` says otherwise.
const DIRECTORY: &[u8] = b"/loader/entries";
/// Where they are looked for if that directory does not exist.
const INSTEAD: &[u8] = b"/boot/loader/entries";
/// The most of one file that is read.
const MOST: usize = 1 << 20;

/// A file, with its lines.
struct Entry {
    /// Its name without `.conf`.
    id: Vec<u8>,
    fields: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Entry {
    /// Lines are read up to the first one that has no value; an empty line is one.
    fn read(id: &[u8], text: &[u8]) -> Self {
        let mut fields = Vec::new();
        for line in text.split(|byte| *byte == b'\n') {
            let start = line.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(line.len());
            let line = &line[start..];
            if line.starts_with(b"#") {
                continue;
            }
            let separator = memchr::memchr(b' ', line).or_else(|| memchr::memchr(b'\t', line));
            let Some(at) = separator.filter(|at| at + 1 < line.len()) else { break };
            let rest = &line[at..];
            let value = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t')).unwrap_or(rest.len());
            fields.push((line[..at].to_vec(), rest[value..].to_vec()));
        }
        Self { id: id.to_vec(), fields }
    }

    fn values(&self, key: &'static str) -> impl Iterator<Item = &[u8]> {
        self.fields.iter().filter(move |(name, _)| name == key.as_bytes()).map(|(_, value)| value.as_slice())
    }

    fn value(&self, key: &'static str) -> Option<&[u8]> {
        self.values(key).next()
    }

    fn is_default(&self, default: Option<&[u8]>, index: usize) -> bool {
        let Some(default) = default else { return false };
        default == self.id
            || self.value("title") == Some(default)
            || number::read_signed(default).is_ok_and(|(number, _)| usize::try_from(number) == Ok(index))
    }
}

/// Which entries are shown.
enum Wanted<'a> {
    All,
    Default,
    Others,
    One(&'a [u8]),
}

pub(super) fn blscfg(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    let wanted = match arguments {
        [word] if word == b"default" => Wanted::Default,
        [word] if word == b"non-default" => Wanted::Others,
        [word] if !word.starts_with(b"(") => Wanted::One(word),
        _ => Wanted::All,
    };
    let path = match arguments {
        [word] if word.starts_with(b"(") => Some(word.as_slice()),
        _ => None,
    };
    let entries = match read(grub, path) {
        Ok(entries) => entries,
        Err(outcome) => return outcome,
    };
    let default = grub.get(b"default").map(<[u8]>::to_vec);
    for (index, entry) in entries.iter().enumerate() {
        let is_default = entry.is_default(default.as_deref(), index);
        let shown = match wanted {
            Wanted::All => true,
            Wanted::Default => is_default,
            Wanted::Others => !is_default,
            Wanted::One(id) => entry.id == id,
        };
        // An entry that an earlier call made is not made again.
        if shown && !grub.made_entries.contains(&entry.id) {
            grub.made_entries.push(entry.id.clone());
            add(grub, entry);
        }
    }
    CommandOutcome::Status(0)
}

/// The entries, newest first.
fn read(grub: &mut Interpreter<'_>, path: Option<&[u8]>) -> Result<Vec<Entry>, CommandOutcome> {
    let (device, directory) = match path.map(|path| (path, memchr::memchr(b')', path))) {
        Some((path, Some(end))) => (path[1..end].to_vec(), Some(path[end + 1..].to_vec())),
        Some((_, None)) => return Err(CommandOutcome::Failed(CommandFailure::bad_argument("Filepath isn't correct"))),
        None => {
            let variable = if grub.settings.platform == Platform::Efi { "root" } else { "boot" };
            match grub.get(variable.as_bytes()).filter(|device| !device.is_empty()) {
                Some(device) => (device.to_vec(), None),
                None => {
                    let message = format!("variable `{variable}' isn't set");
                    return Err(CommandOutcome::Failed(CommandFailure::new(CommandFailure::FILE_NOT_FOUND, message)));
                }
            }
        }
    };
    if let Some(file) = directory.as_ref().filter(|path| path.ends_with(b".conf")) {
        let id = file.rsplit(|byte| *byte == b'/').next().unwrap_or(file);
        let name = [&b"("[..], &device[..], b")", file].concat();
        return match grub.read(&name, MOST) {
            Ok(text) => Ok(vec![Entry::read(&id[..id.len() - 5], &text)]),
            Err(found) => Err(super::commands::not_read(grub, &name, found)),
        };
    }
    let named = directory.is_some();
    let mut directory =
        directory.or_else(|| grub.get(b"blsdir").map(<[u8]>::to_vec)).unwrap_or_else(|| DIRECTORY.to_vec());
    let mut names = grub.machine.list(&device, &directory);
    if !named && matches!(names, Err(FileLookup::Missing(_) | FileLookup::File { .. })) {
        directory = INSTEAD.to_vec();
        names = grub.machine.list(&device, &directory);
    }
    let names = match names {
        Ok(names) => names,
        Err(FileLookup::Unknown(why)) => {
            let shown = String::from_utf8_lossy(&directory).into_owned();
            if grub.machine.is_imagined() {
                grub.note(format!("there is no disk to look at: pregrub assumes that `{shown}` has no entries"));
            } else {
                grub.cannot_tell(format!("which entries `blscfg` finds in `{shown}`: {why}"));
            }
            return Ok(Vec::new());
        }
        Err(_) => return Ok(Vec::new()),
    };
    let mut entries: Vec<Entry> = Vec::new();
    for name in names {
        if !grub.has_room() {
            break;
        }
        if name.len() <= 5 || name.starts_with(b".") || !name.ends_with(b".conf") {
            continue;
        }
        let file = [&b"("[..], &device[..], b")", &directory, b"/", &name].concat();
        let text = match grub.read(&file, MOST) {
            Ok(text) => text,
            Err(FileLookup::Unknown(why)) => {
                let name = String::from_utf8_lossy(&name).into_owned();
                grub.cannot_tell(format!("what the entry `{name}` says: {why}"));
                continue;
            }
            Err(_) => continue,
        };
        let entry = Entry::read(&name[..name.len() - 5], &text);
        // Of two that are the same version the first one stays.
        grub.keep(entry.fields.iter().map(|(name, value)| name.len() + value.len() + 2 * memory::EACH).sum());
        let place = entries.iter().position(|other| order(&entry.id, &other.id) != Ordering::Less);
        match place {
            Some(at) if order(&entry.id, &entries[at].id) == Ordering::Equal => {}
            Some(at) => entries.insert(at, entry),
            None => entries.push(entry),
        }
    }
    Ok(entries)
}

/// Name, version and release of an id, as of a package.
fn parts(id: &[u8]) -> [&[u8]; 3] {
    let dash = |text: &[u8]| text.iter().rposition(|byte| *byte == b'-');
    let Some(last) = dash(id) else { return [id, b"", b""] };
    let (rest, release) = (&id[..last], &id[last + 1..]);
    match dash(rest) {
        Some(at) => [&rest[..at], &rest[at + 1..], release],
        None => [rest, release, b""],
    }
}

fn order(a: &[u8], b: &[u8]) -> Ordering {
    let pairs = parts(a).into_iter().zip(parts(b));
    pairs.map(|(a, b)| compare(a, b)).find(|order| *order != Ordering::Equal).unwrap_or(Ordering::Equal)
}

/// A value with its variables. `None` where nothing comes of it, and where a part is too short to be copied: a single letter.
fn expanded(grub: &Interpreter<'_>, value: &[u8]) -> Option<Vec<u8>> {
    let append = |buffer: Option<Vec<u8>>, variable: bool, start: usize, end: usize| {
        let field = value.get(start..end.saturating_add(1)).unwrap_or_default();
        let field = if variable { grub.get(field) } else { Some(field) };
        match (buffer, field) {
            (buffer, None) => buffer,
            (buffer, Some(field)) => Some([buffer.unwrap_or_default(), field.to_vec()].concat()),
        }
    };
    let (mut buffer, mut start, mut end, mut variable) = (None, 0, 0, false);
    for (at, byte) in value.iter().enumerate() {
        if *byte == b'$' {
            if start != end {
                buffer = append(buffer, variable, start, end);
                buffer.as_ref()?;
            }
            (variable, start) = (true, at + 1);
        } else if variable && !byte.is_ascii_alphanumeric() && *byte != b'_' {
            buffer = append(buffer, variable, start, end);
            (variable, start) = (false, at);
        }
        end = at;
    }
    if start != end {
        buffer = append(buffer, variable, start, end);
    }
    buffer
}

fn add(grub: &mut Interpreter<'_>, entry: &Entry) {
    // Without a kernel it is not an entry.
    let Some(linux) = entry.value("linux") else { return };
    let options = entry.value("options").and_then(|value| expanded(grub, value)).or_else(|| {
        let default = grub.get(b"default_kernelopts")?.to_vec();
        expanded(grub, &default)
    });
    let mut source = [&b"load_video\nset gfxpayload=keep\ninsmod gzio\nlinux ($root)"[..], linux].concat();
    if let Some(options) = options {
        source.extend([&b" "[..], &options[..]].concat());
    }
    source.push(b'\n');
    let first = entry.value("initrd").unwrap_or(linux);
    let folder = &first[..first.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1)];
    let early = grub.get(b"early_initrd").map(<[u8]>::to_vec);
    let early = early.iter().flat_map(|list| list.split(|byte| *byte == b' ')).map(|name| [folder, name].concat());
    let initrds: Vec<Vec<u8>> = early.chain(entry.values("initrd").map(<[u8]>::to_vec)).collect();
    if !initrds.is_empty() {
        source.extend(b"initrd");
        for initrd in initrds {
            source.extend([&b" ($root)"[..], &initrd[..]].concat());
        }
        source.push(b'\n');
    }
    if let Some(tree) = entry.value("devicetree") {
        source.extend([&b"devicetree ($root)"[..], tree, b"\n"].concat());
    }
    let title = entry.value("title").unwrap_or(linux).to_vec();
    let users = entry.value("grub_users").and_then(|value| expanded(grub, value));
    let mut arguments = vec![title.clone()];
    arguments.extend(entry.values("grub_arg").map(<[u8]>::to_vec));
    let item = MenuEntry {
        id: entry.id.clone(),
        arguments,
        title,
        classes: entry.values("grub_class").map(<[u8]>::to_vec).collect(),
        restricted: users.is_some(),
        users,
        hotkey: entry.value("grub_hotkey").map(<[u8]>::to_vec),
        submenu: false,
        source: Rc::new(ScriptText::file(&String::from_utf8_lossy(&entry.id), &source)),
        file: Rc::clone(&grub.file),
        line: grub.line,
    };
    grub.spend(20);
    grub.add_entry(item);
}
