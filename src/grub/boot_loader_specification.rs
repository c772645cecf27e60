//! `blscfg`: entries from the files of the Boot Loader Specification, as GRUB 2.14 reads them.

use std::cmp::Ordering;
use std::rc::Rc;

use super::interpreter::{CommandOutcome, Interpreter};
use super::machine::FileLookup;
use super::menu::MenuEntry;
use super::options::{self, Declined, OptionSpec, Style};
use super::text::ScriptText;

/// Where the files lie, on `$root`.
const DIRECTORY: &[u8] = b"/loader/entries";
/// The most of one file that is read.
const MOST: usize = 1 << 20;

pub(super) fn blscfg(grub: &mut Interpreter<'_>, arguments: &[Vec<u8>]) -> CommandOutcome {
    const KNOWN: &[OptionSpec] = &[
        OptionSpec::with_value("path", Some(b'p')),
        OptionSpec::flag("enable-fallback", Some(b'f')),
        OptionSpec::flag("show-default", Some(b'd')),
        OptionSpec::flag("show-non-default", Some(b'n')),
        OptionSpec::with_value("entry", Some(b'e')),
    ];
    let given = match options::parse(arguments, KNOWN, Style::Strict) {
        Ok(given) => given,
        Err(Declined::Help) => return CommandOutcome::Status(0),
        Err(Declined::Failed(failure)) => return CommandOutcome::Failed(failure),
    };
    let directory = given.value("path").unwrap_or(DIRECTORY).to_vec();
    let located = match grub.locate(&directory) {
        Ok(located) => located,
        Err(failure) => return CommandOutcome::Failed(failure),
    };
    let names = match grub.machine.list(&located.0, &located.1) {
        Ok(names) => names,
        Err(FileLookup::Unknown(why)) => {
            let shown = String::from_utf8_lossy(&directory).into_owned();
            if grub.machine.is_imagined() {
                grub.note(format!("there is no disk to look at: pregrub assumes that `{shown}` has no entries"));
            } else {
                grub.cannot_tell(format!("which entries `blscfg` finds in `{shown}`: {why}"));
            }
            return CommandOutcome::Status(0);
        }
        // No directory: no entries, and no message.
        Err(_) => return CommandOutcome::Status(0),
    };
    let mut names: Vec<Vec<u8>> = names.into_iter().filter(|name| name.ends_with(b".conf")).collect();
    names.sort_by(|a, b| newer_first(&a[..a.len() - 5], &b[..b.len() - 5]));
    if let Some(wanted) = given.value("entry") {
        let wanted = wanted.to_vec();
        names.retain(|name| name[..name.len() - 5] == wanted[..]);
    }
    for name in names {
        if !grub.has_room() {
            break;
        }
        let file = [&b"("[..], &located.0, b")", &located.1, b"/", &name].concat();
        match grub.read(&file, MOST) {
            Ok(text) => add(grub, &name[..name.len() - 5], &text),
            Err(FileLookup::Unknown(why)) => {
                let name = String::from_utf8_lossy(&name).into_owned();
                grub.cannot_tell(format!("what the entry `{name}` says: {why}"));
            }
            Err(_) => {}
        }
    }
    CommandOutcome::Status(0)
}

/// The fields of a file that count.
#[derive(Default)]
struct Fields {
    title: Option<Vec<u8>>,
    linux: Option<Vec<u8>>,
    options: Option<Vec<u8>>,
    initrds: Vec<Vec<u8>>,
    early: Vec<Vec<u8>>,
    devicetree: Option<Vec<u8>>,
    users: Option<Vec<u8>>,
    class: Option<Vec<u8>>,
    argument: Option<Vec<u8>>,
    hotkey: Option<Vec<u8>>,
}

impl Fields {
    fn of(text: &[u8]) -> Self {
        let mut fields = Self::default();
        for line in text.split(|byte| *byte == b'\n') {
            let line = line.trim_ascii();
            if line.starts_with(b"#") {
                continue;
            }
            let Some(end) = line.iter().position(|byte| matches!(byte, b' ' | b'\t')) else { continue };
            let value = line[end..].trim_ascii_start().to_vec();
            // The first one of a name counts.
            let field = match &line[..end] {
                b"title" => &mut fields.title,
                b"linux" => &mut fields.linux,
                b"options" => &mut fields.options,
                b"devicetree" => &mut fields.devicetree,
                b"grub_users" => &mut fields.users,
                b"grub_class" => &mut fields.class,
                b"grub_arg" => &mut fields.argument,
                b"grub_hotkey" => &mut fields.hotkey,
                b"initrd" => {
                    fields.initrds.push(value);
                    continue;
                }
                b"early_initrd" => {
                    fields.early.push(value);
                    continue;
                }
                _ => continue,
            };
            field.get_or_insert(value);
        }
        fields
    }
}

fn add(grub: &mut Interpreter<'_>, id: &[u8], text: &[u8]) {
    let fields = Fields::of(text);
    // Without a kernel it is not an entry.
    let Some(linux) = fields.linux else { return };
    let title = fields.title.unwrap_or_else(|| linux.clone());
    let mut source = [&b"linux "[..], &linux].concat();
    if let Some(options) = &fields.options {
        source.extend([&b" "[..], options].concat());
    }
    source.push(b'\n');
    let initrds: Vec<Vec<u8>> = fields.early.into_iter().chain(fields.initrds).collect();
    if !initrds.is_empty() {
        source.extend([&b"initrd "[..], &initrds.join(&b' '), b"\n"].concat());
    }
    if let Some(tree) = &fields.devicetree {
        source.extend([&b"devicetree "[..], tree, b"\n"].concat());
    }
    let entry = MenuEntry {
        id: id.to_vec(),
        arguments: vec![title.clone()],
        title,
        classes: fields.class.into_iter().collect(),
        restricted: fields.users.is_some(),
        users: fields.users,
        hotkey: fields.hotkey,
        submenu: false,
        source: Rc::new(ScriptText::file(&String::from_utf8_lossy(id), &source)),
        file: Rc::clone(&grub.file),
        line: grub.line,
    };
    let _ = fields.argument;
    grub.spend(20);
    grub.add_entry(entry);
}

/// The order of two names: the newer version first, by the rules of RPM.
fn newer_first(a: &[u8], b: &[u8]) -> Ordering {
    compare(b, a)
}

/// Compares two versions as RPM does: runs of digits by their value, runs of letters by their letters, digits above letters, `~`
/// below everything.
pub(super) fn compare(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a, b);
    let separator = |byte: &u8| !byte.is_ascii_alphanumeric() && *byte != b'~';
    loop {
        a = &a[a.iter().position(|byte| !separator(byte)).unwrap_or(a.len())..];
        b = &b[b.iter().position(|byte| !separator(byte)).unwrap_or(b.len())..];
        match (a.first(), b.first()) {
            (Some(b'~'), Some(b'~')) => {
                (a, b) = (&a[1..], &b[1..]);
                continue;
            }
            (Some(b'~'), _) => return Ordering::Less,
            (_, Some(b'~')) => return Ordering::Greater,
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(first), Some(second)) => {
                let digits = first.is_ascii_digit();
                if digits != second.is_ascii_digit() {
                    return if digits { Ordering::Greater } else { Ordering::Less };
                }
                let run = |text: &[u8]| {
                    let same = |byte: &u8| if digits { byte.is_ascii_digit() } else { byte.is_ascii_alphabetic() };
                    text.iter().position(|byte| !same(byte)).unwrap_or(text.len())
                };
                let (left, right) = (&a[..run(a)], &b[..run(b)]);
                (a, b) = (&a[left.len()..], &b[right.len()..]);
                let order = if digits {
                    let trim = |text: &'_ [u8]| text.iter().position(|byte| *byte != b'0').unwrap_or(text.len());
                    let (left, right) = (&left[trim(left)..], &right[trim(right)..]);
                    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
                } else {
                    left.cmp(right)
                };
                if order != Ordering::Equal {
                    return order;
                }
            }
        }
    }
}
