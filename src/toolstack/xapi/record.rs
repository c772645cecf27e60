//! The fields of a VM that decide about its boot: as JSON with the API's names, or as lines that `xe vm-param-list` prints.

use std::fmt;

use serde_json::Value;

/// A VM's fields. What is not given is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VmRecord {
    /// `uuid`.
    pub uuid: String,
    /// `domain-type`.
    pub domain_type: String,
    /// `HVM-boot-policy`, which counts where the type is unspecified.
    pub hvm_boot_policy: String,
    /// `PV-bootloader`.
    pub bootloader: String,
    /// `PV-bootloader-args`.
    pub bootloader_args: String,
    /// `PV-kernel`.
    pub kernel: String,
    /// `PV-args`.
    pub args: String,
    /// `PV-legacy-args`.
    pub legacy_args: String,
    /// The disks, in the order of the VM's VBDs.
    pub disks: Vec<VmDisk>,
}

/// A disk of a VM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VmDisk {
    /// What pygrub opens: a raw image or a block device, such as `/dev/sm/backend/SR/VDI`.
    pub path: String,
    /// The VBD's `bootable`, unless the drive is empty.
    pub bootable: bool,
}

/// A record has some tens of KiB.
const LONGEST: usize = 256 << 10;

/// Why a text is not a VM's record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordError(String);

impl fmt::Display for RecordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecordError {}

/// Whether a text is a VM's record as a whole: a JSON object, or lines of which each is a field, and the bootloader is among them.
///
/// ```
/// use pregrub::toolstack::xapi::is_record;
///
/// assert!(is_record(b"uuid ( RO): 1\n  PV-bootloader ( RW): pygrub\n"));
/// assert!(!is_record(b"set timeout=5\nPV-bootloader=pygrub\ndisk=/dev/d\n"));
/// ```
pub fn is_record(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    if text.trim_start().starts_with('{') {
        let object = serde_json::from_str::<serde_json::Map<String, Value>>(text);
        return object.is_ok_and(|object| object.contains_key("PV_bootloader"));
    }
    let mut names_bootloader = false;
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        let Some((name, _)) = pair(line).filter(|(name, _)| is_field(name, line)) else { return false };
        names_bootloader |= name == "PV-bootloader";
    }
    names_bootloader
}

/// Whether a text has something of a record: it names the bootloader as xapi does.
pub(crate) fn resembles_record(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    match text.trim_start().starts_with('{') {
        true => text.contains("\"PV_bootloader\""),
        false => text.lines().filter_map(pair).any(|(name, _)| name == "PV-bootloader"),
    }
}

/// Whether a text has a single field of a record, so that it may be one.
pub(crate) fn has_fields(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    match text.trim_start().starts_with('{') {
        true => serde_json::from_str::<serde_json::Map<String, Value>>(text).is_ok(),
        false => text.lines().any(|line| pair(line).is_some_and(|(name, _)| is_field(name, line))),
    }
}

/// Whether a line has the form of a field: any name with its access, as `xe` prints it, and before `=` one that decides about the boot.
fn is_field(name: &str, line: &str) -> bool {
    const NAMES: [&str; 6] = ["uuid", "name-label", "domain-type", "HVM-boot-policy", "disk", "disk-not-bootable"];
    let assigns = line.trim_start().as_bytes().get(name.len()) == Some(&b'=');
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    is_word && (!assigns || NAMES.contains(&name) || name.starts_with("PV-"))
}

/// The name and the value of `  PV-bootloader ( RW): pygrub` or `PV-bootloader=pygrub`.
fn pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    if line.starts_with('#') {
        return None;
    }
    let end = line.find([' ', '='])?;
    let (name, rest) = line.split_at(end);
    if let Some(value) = rest.strip_prefix('=') {
        return Some((name, value));
    }
    let (_, value) = rest.trim_start().strip_prefix('(')?.split_once(')')?;
    let value = value.trim_start().strip_prefix(':')?;
    Some((name, value.strip_prefix(' ').unwrap_or(value)))
}

impl VmRecord {
    /// Reads a record.
    ///
    /// # Errors
    ///
    /// It is not UTF-8, not JSON although it begins as such, or larger than a record is.
    ///
    /// ```
    /// use pregrub::toolstack::xapi::VmRecord;
    ///
    /// let record = VmRecord::parse(b"domain-type=pv\nPV-bootloader=pygrub\nPV-bootloader-args=-q  x\ndisk=/dev/d\n").unwrap();
    /// let words: Vec<String> = record.arguments(false).iter().map(|word| word.to_string()).collect();
    /// assert_eq!(words, ["--output-format=simple", "-q", "-q", "", "x"]);
    /// ```
    pub fn parse(text: &[u8]) -> Result<Self, RecordError> {
        if text.len() > LONGEST {
            return Err(RecordError(format!("the record is larger than {} KiB", LONGEST >> 10)));
        }
        let text = std::str::from_utf8(text).map_err(|_| RecordError("the record is not UTF-8".to_owned()))?;
        if text.trim_start().starts_with('{') {
            let value = serde_json::from_str(text).map_err(|error| {
                let (line, column) = (error.line(), error.column());
                RecordError(format!("the record is not JSON (line {line}, column {column})"))
            })?;
            return Self::of_json(&value);
        }
        let mut record = Self::default();
        for (name, value) in text.lines().filter_map(pair) {
            match name {
                "disk" | "disk-not-bootable" => {
                    record.disks.push(VmDisk { path: value.to_owned(), bootable: name == "disk" });
                }
                name => record.set(name, value),
            }
        }
        Ok(record)
    }

    fn of_json(value: &Value) -> Result<Self, RecordError> {
        let mut record = Self::default();
        for (name, value) in value.as_object().into_iter().flatten() {
            if let Some(text) = value.as_str() {
                record.set(&name.replace('_', "-"), text);
            }
        }
        for disk in value.get("VBDs").and_then(Value::as_array).into_iter().flatten() {
            let flag = |name: &str| disk.get(name).and_then(Value::as_bool).unwrap_or_default();
            let path = disk.get("path").and_then(Value::as_str);
            if flag("empty") {
                continue;
            }
            let Some(path) = path else {
                return Err(RecordError("a disk in `VBDs` has no `path`: name what xapi attaches for it".to_owned()));
            };
            record.disks.push(VmDisk { path: path.to_owned(), bootable: flag("bootable") });
        }
        Ok(record)
    }

    fn set(&mut self, name: &str, value: &str) {
        let field = match name {
            "uuid" => &mut self.uuid,
            "domain-type" => &mut self.domain_type,
            "HVM-boot-policy" => &mut self.hvm_boot_policy,
            "PV-bootloader" => &mut self.bootloader,
            "PV-bootloader-args" => &mut self.bootloader_args,
            "PV-kernel" => &mut self.kernel,
            "PV-args" => &mut self.args,
            "PV-legacy-args" => &mut self.legacy_args,
            _ => return,
        };
        value.clone_into(field);
    }
}
