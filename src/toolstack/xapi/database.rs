//! xapi's own database (`/var/lib/xcp/state.db` of an XCP-ng or XenServer host): the VMs of the pool, and where their disks may be.
//!
//! It is one XML document: a `<table>` for each class, a `<row>` for each object, a field an attribute; the part before a `__` is the
//! group of a field (`PV__bootloader`). White space and `%` are written with a `%` in front. Sets and maps are nested lists in
//! parentheses, with strings in single quotes. Read in the sources of xapi (`ocaml/database`); which fields decide about a boot
//! is in [`VmRecord`]. Where storage managers keep disks: their sources, and what Apache CloudStack and OpenStack's agents open on such
//! hosts.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, BufRead, Read};

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::record::{VmDisk, VmRecord};

/// More objects of a class than the largest pool has.
const MOST: usize = 200_000;
/// What is kept of all of them has at most this many bytes: some hundred a VM.
const MOST_BYTES: usize = 32 << 20;
/// A VM has at most 255 disks.
const MOST_DISKS: usize = 256;
/// No row has more text, with its notes, its history and its keys.
const LONGEST_ROW: u64 = 4 << 20;
/// A database has three levels.
const DEEPEST: usize = 16;
/// The fields that are kept.
const FIELDS: [&str; 22] = [
    "ref",
    "uuid",
    "name__label",
    "domain_type",
    "HVM__boot_policy",
    "PV__bootloader",
    "PV__bootloader_args",
    "PV__kernel",
    "PV__args",
    "PV__legacy_args",
    "VBDs",
    "other_config",
    "is_a_template",
    "is_a_snapshot",
    "is_control_domain",
    "VM",
    "VDI",
    "empty",
    "bootable",
    "SR",
    "location",
    "name",
];

/// A VM of the pool. Templates, snapshots and the control domains are not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vm {
    /// What its users call it: `name-label`, which several may share.
    pub name: String,
    /// What decides about its boot. The path of a disk is the one that xapi attaches it at while it runs pygrub.
    pub record: VmRecord,
    /// The names of the files of its disks, in the order of those in `record`, where the database says one: images of CDs.
    locations: Vec<String>,
    /// Whether the host starts it at boot: `auto_poweron` in its `other-config`.
    pub starts_at_boot: bool,
}

impl Vm {
    /// Where a disk of `record` may be while it is not attached: a file in the directory of a storage repository, or a logical volume.
    /// The first that is there is the disk. Nothing for a disk that the VM does not have.
    pub fn places(&self, disk: usize) -> Vec<String> {
        let of_path = self.record.disks.get(disk).and_then(|disk| disk.path.strip_prefix(ATTACHED)?.split_once('/'));
        of_path.map_or_else(Vec::new, |(repository, image)| {
            places_of(repository, image, self.locations.get(disk).map_or("", String::as_str))
        })
    }
}

/// Below it xapi attaches disks.
const ATTACHED: &str = "/dev/sm/backend/";

/// Why a database cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseError(String);

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DatabaseError {}

type Row = HashMap<String, String>;

/// The classes that are read.
const CLASSES: [&str; 4] = ["VM", "VBD", "VDI", "SR"];

/// The rows of the classes, in the order of the file.
#[derive(Default)]
struct Tables {
    rows: [Vec<Row>; CLASSES.len()],
    by_reference: HashMap<String, (usize, usize)>,
    /// How many bytes are kept.
    bytes: usize,
}

impl Tables {
    fn add(&mut self, class: usize, row: Row) -> Result<(), DatabaseError> {
        let rows = &mut self.rows[class];
        if rows.len() >= MOST {
            return Err(DatabaseError(format!("the database has more than {MOST} objects of one class")));
        }
        // An object without a reference can be named by nothing; of two with the same one the first counts.
        let Some(reference) = row.get("ref").filter(|reference| !reference.is_empty()) else { return Ok(()) };
        if self.by_reference.contains_key(reference) {
            return Ok(());
        }
        // A string and its place in a map cost some 80 bytes besides.
        let length: usize = row.values().map(|value| value.len().saturating_add(80)).sum();
        self.bytes = self.bytes.saturating_add(length);
        if self.bytes > MOST_BYTES {
            return Err(too_much());
        }
        self.by_reference.insert(reference.clone(), (class, rows.len()));
        rows.push(row);
        Ok(())
    }

    fn of_class(&self, class: &str) -> &[Row] {
        CLASSES.iter().position(|known| *known == class).map_or(&[], |index| &self.rows[index])
    }

    fn at(&self, reference: Option<&str>) -> Option<&Row> {
        let (class, index) = self.by_reference.get(reference?)?;
        self.rows.get(*class)?.get(*index)
    }
}

fn text<'a>(row: &'a Row, field: &str) -> &'a str {
    row.get(field).map_or("", String::as_str)
}

/// Reads the VMs of a database, in its order.
///
/// # Errors
///
/// It is not such a database, or damaged.
///
/// ```
/// use pregrub::toolstack::xapi::database;
///
/// let text = br#"<database><table name="VM"><row ref="OpaqueRef:1" name__label="web%.1" uuid="u" domain_type="pv"
///     PV__bootloader="pygrub" is_a_template="false"/></table></database>"#;
/// let vms = database::read(&text[..]).unwrap();
/// assert_eq!((vms[0].name.as_str(), vms[0].record.bootloader.as_str()), ("web 1", "pygrub"));
/// ```
pub fn read(input: impl BufRead) -> Result<Vec<Vm>, DatabaseError> {
    let tables = tables(input)?;
    // A disk is of the VM that it names, and of no other, whatever lists of VMs say.
    let mut disks_of: HashMap<&str, Vec<&Row>> = HashMap::new();
    for disk in tables.of_class("VBD") {
        let disks = disks_of.entry(text(disk, "VM")).or_default();
        if disks.len() < MOST_DISKS {
            disks.push(disk);
        }
    }
    let vms = tables.of_class("VM").iter().filter(|row| {
        ["is_a_template", "is_a_snapshot", "is_control_domain"].iter().all(|field| text(row, field) != "true")
    });
    let (mut all, mut bytes) = (Vec::new(), 0_usize);
    for row in vms {
        let vm = vm(row, &tables, &disks_of);
        // Many VMs and disks may share one image, so that what comes of the rows has no bound in their size.
        let disks = vm.record.disks.iter().map(|disk| disk.path.len().saturating_add(80));
        bytes = bytes.saturating_add(disks.chain(vm.locations.iter().map(String::len)).sum());
        if bytes > MOST_BYTES {
            return Err(too_much());
        }
        all.push(vm);
    }
    Ok(all)
}

fn too_much() -> DatabaseError {
    DatabaseError(format!("what is needed of the database has more than {} MiB", MOST_BYTES >> 20))
}

fn vm(row: &Row, tables: &Tables, disks_of: &HashMap<&str, Vec<&Row>>) -> Vm {
    let field = |name: &str| text(row, name).to_owned();
    let mut record = VmRecord {
        uuid: field("uuid"),
        domain_type: field("domain_type"),
        hvm_boot_policy: field("HVM__boot_policy"),
        bootloader: field("PV__bootloader"),
        bootloader_args: field("PV__bootloader_args"),
        kernel: field("PV__kernel"),
        args: field("PV__args"),
        legacy_args: field("PV__legacy_args"),
        disks: Vec::new(),
    };
    let mut locations = Vec::new();
    // The VM's own list has the order that counts.
    let listed = strings(text(row, "VBDs"));
    let mut disks = disks_of.get(text(row, "ref")).cloned().unwrap_or_default();
    let places: HashMap<&str, usize> =
        listed.iter().enumerate().rev().map(|(place, name)| (name.as_str(), place)).collect();
    disks.sort_by_key(|disk| places.get(text(disk, "ref")).copied().unwrap_or(usize::MAX));
    for disk in disks.iter().filter(|disk| text(disk, "empty") != "true") {
        let Some(image) = tables.at(disk.get("VDI").map(String::as_str)) else { continue };
        let repository =
            tables.at(image.get("SR").map(String::as_str)).map(|row| text(row, "uuid")).unwrap_or_default();
        let uuid = text(image, "uuid");
        if !is_uuid(repository) || !is_uuid(uuid) {
            continue;
        }
        record.disks.push(VmDisk {
            path: format!("{ATTACHED}{repository}/{uuid}"),
            bootable: text(disk, "bootable") == "true",
        });
        locations.push(file_name(text(image, "location"), uuid));
    }
    let name = field("name__label");
    let options = strings(text(row, "other_config"));
    Vm {
        name: if name.is_empty() { record.uuid.clone() } else { name },
        starts_at_boot: options.chunks(2).any(|pair| pair == ["auto_poweron", "true"]),
        record,
        locations,
    }
}

/// Whether a text has the form of a UUID. Nothing else becomes part of a path, or of a command that is shown.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// A location that is the name of a file, and says more than the disk's own name.
fn file_name(location: &str, disk: &str) -> String {
    /// No filesystem has longer names.
    const LONGEST: usize = 255;
    let is_name = !location.contains('/') && ![".", "..", disk].contains(&location) && location.len() <= LONGEST;
    if is_name { location.to_owned() } else { String::new() }
}

fn places_of(repository: &str, disk: &str, location: &str) -> Vec<String> {
    let mut places: Vec<String> =
        ["vhd", "qcow2", "raw"].iter().map(|ending| format!("/run/sr-mount/{repository}/{disk}.{ending}")).collect();
    places.extend(["VHD", "QCOW2", "LV"].iter().map(|kind| format!("/dev/VG_XenStorage-{repository}/{kind}-{disk}")));
    // An image of a CD has the name of its file.
    if !location.is_empty() {
        places.push(format!("/run/sr-mount/{repository}/{location}"));
    }
    places
}

fn tables(input: impl BufRead) -> Result<Tables, DatabaseError> {
    let mut reader = Reader::from_reader(OneRow { input, left: LONGEST_ROW });
    reader.config_mut().check_end_names = true;
    let mut tables = Tables::default();
    let (mut buffer, mut class, mut depth, mut is_one) = (Vec::new(), None, 0_usize, false);
    let damaged = |why: &dyn fmt::Display| DatabaseError(format!("the database is not well-formed XML: {why}"));
    loop {
        buffer.clear();
        reader.get_mut().left = LONGEST_ROW;
        let event = reader.read_event_into(&mut buffer).map_err(|error| damaged(&error))?;
        let (element, is_open) = match &event {
            Event::Start(element) => (element, true),
            Event::Empty(element) => (element, false),
            Event::End(_) => {
                depth = depth.saturating_sub(1);
                continue;
            }
            Event::Eof if depth == 0 && is_one => return Ok(tables),
            Event::Eof if is_one => return Err(DatabaseError("the database is cut".to_owned())),
            Event::Eof => return Err(DatabaseError("this is not a database of xapi".to_owned())),
            _ => continue,
        };
        let name = element.name();
        let name = name.as_ref();
        match (depth, name) {
            (0, "database") => is_one = true,
            (0, _) => return Err(DatabaseError("this is not a database of xapi".to_owned())),
            (1, "table") => {
                let name = attributes(element).map_err(|why| damaged(&why))?.remove("name").unwrap_or_default();
                class = CLASSES.iter().position(|known| *known == name);
            }
            (2, "row") => {
                if let Some(class) = class {
                    tables.add(class, attributes(element).map_err(|why| damaged(&why))?)?;
                }
            }
            _ => {}
        }
        depth += usize::from(is_open);
        if depth > DEEPEST {
            return Err(DatabaseError("this is not a database of xapi: its elements lie too deep".to_owned()));
        }
    }
}

/// The input up to the end of one element, which is bounded.
struct OneRow<R> {
    input: R,
    left: u64,
}

impl<R: BufRead> Read for OneRow<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(buffer.len());
        buffer[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

impl<R: BufRead> BufRead for OneRow<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "an element of it has more than 4 MiB"));
        }
        let available = self.input.fill_buf()?;
        let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(available.len());
        Ok(&available[..count])
    }

    fn consume(&mut self, count: usize) {
        self.left = self.left.saturating_sub(count as u64);
        self.input.consume(count);
    }
}

fn attributes(element: &BytesStart<'_>) -> Result<Row, String> {
    let mut row = Row::new();
    for attribute in element.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        let key: &str = attribute.key.as_ref();
        if !FIELDS.contains(&key) {
            continue;
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| error.to_string())?;
        // Of a field that is there twice the first counts, as a `ref` does.
        row.entry(key.to_owned()).or_insert_with(|| unprotected(&value));
    }
    Ok(row)
}

/// White space and `%` as they were before they were written.
fn unprotected(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let meant = match (character, characters.peek()) {
            ('%', Some('.')) => " ",
            ('%', Some('_')) => "  ",
            ('%', Some('t')) => "\t",
            ('%', Some('n')) => "\n",
            ('%', Some('r')) => "\r",
            ('%', Some('%')) => "%",
            _ => {
                plain.push(character);
                continue;
            }
        };
        characters.next();
        plain.push_str(meant);
    }
    plain
}

/// The strings of a set, or the keys and values of a map in turns: `('a' 'b')`, `(('key' 'value'))`.
fn strings(list: &str) -> Vec<String> {
    let (mut all, mut open) = (Vec::new(), None::<String>);
    let mut characters = list.chars();
    while let Some(character) = characters.next() {
        match (&mut open, character) {
            (None, '\'') => open = Some(String::new()),
            (Some(_), '\'') => all.extend(open.take()),
            (Some(string), '\\') => string.extend(characters.next()),
            (Some(string), other) => string.push(other),
            (None, _) => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_and_lists() {
        assert_eq!(unprotected("a%.b%%.%nc%x%"), "a b%.\nc%x%");
        assert_eq!(strings("()"), [""; 0]);
        assert_eq!(strings(r"(('auto_poweron' 'true') ('a\'b' 'c\\'))"), ["auto_poweron", "true", "a'b", r"c\"]);
    }

    #[test]
    fn what_is_not_a_database() {
        for (text, why) in [
            ("", "not a database"),
            ("<domain/>", "not a database"),
            ("<database><table name='VM'>", "cut"),
            ("<database></table>", "not well-formed"),
            ("<database><table name='VM'><row a='1' a='2'/></table></database>", "not well-formed"),
        ] {
            let error = read(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
