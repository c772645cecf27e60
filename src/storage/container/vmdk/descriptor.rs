//! The text that describes a VMDK: its extents, and the disk that it is based on.

use super::super::error::{ContainerError, damaged, unsupported};

/// What a descriptor says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct VmdkDescriptor {
    /// In the order in which they make up the disk. Empty for one that is embedded in its only extent.
    pub extents: Vec<ExtentDescription>,
    /// The file that it is based on.
    pub parent: Option<Vec<u8>>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct ExtentDescription {
    pub sectors: u64,
    pub kind: ExtentKind,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum ExtentKind {
    /// The data as it is, from a sector of a file on.
    Flat { name: Vec<u8>, offset: u64 },
    /// A sparse file.
    Sparse { name: Vec<u8> },
    /// Zeros.
    Zero,
}

/// More extents than a disk of 2 GB pieces has.
const EXTENTS_AT_MOST: usize = 4096;

impl VmdkDescriptor {
    pub(super) fn parse(text: &[u8]) -> Result<Self, ContainerError> {
        let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
        let mut extents = Vec::new();
        let (mut based, mut hint) = (false, None);
        for line in text[..end].split(|&byte| byte == b'\n') {
            let line = line.trim_ascii();
            if let Some(value) = value(line, b"parentCID") {
                based = !value.eq_ignore_ascii_case(b"ffffffff");
            } else if let Some(value) = value(line, b"parentFileNameHint") {
                hint = Some(value.to_vec());
            } else if let Some(rest) = access(line) {
                if extents.len() == EXTENTS_AT_MOST {
                    return Err(damaged("its descriptor names thousands of extents"));
                }
                extents.push(ExtentDescription::parse(rest)?);
            }
        }
        let parent = if based {
            Some(hint.ok_or_else(|| damaged("it is based on another disk, which it does not name"))?)
        } else {
            None
        };
        Ok(Self { extents, parent })
    }
}

/// The value of `NAME=value` or `NAME="value"`.
fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(name)?.trim_ascii_start().strip_prefix(b"=")?.trim_ascii();
    Some(rest.strip_prefix(b"\"").map_or(rest, |rest| rest.strip_suffix(b"\"").unwrap_or(rest)))
}

/// What follows the access of an extent's line.
fn access(line: &[u8]) -> Option<&[u8]> {
    [&b"RW "[..], b"RDONLY "].iter().find_map(|word| line.strip_prefix(*word))
}

impl ExtentDescription {
    fn parse(line: &[u8]) -> Result<Self, ContainerError> {
        let invalid = || damaged("a line of its descriptor is not an extent");
        let mut words = line.splitn(3, u8::is_ascii_whitespace);
        let number = |word: &[u8]| std::str::from_utf8(word).ok()?.parse::<u64>().ok();
        let sectors = words.next().and_then(number).ok_or_else(invalid)?;
        let kind = words.next().ok_or_else(invalid)?;
        if kind == b"ZERO" {
            return Ok(Self { sectors, kind: ExtentKind::Zero });
        }
        let rest = words.next().ok_or_else(invalid)?.trim_ascii();
        let quoted = rest.strip_prefix(b"\"").ok_or_else(invalid)?;
        let mut parts = quoted.splitn(2, |&byte| byte == b'"');
        let (name, rest) = parts.next().zip(parts.next()).ok_or_else(invalid)?;
        let (name, rest) = (name.to_vec(), rest.trim_ascii());
        let kind = match kind {
            b"FLAT" | b"VMFS" => {
                let offset = if rest.is_empty() { Some(0) } else { number(rest) };
                ExtentKind::Flat { name, offset: offset.ok_or_else(invalid)? }
            }
            b"SPARSE" => ExtentKind::Sparse { name },
            other => {
                let other = String::from_utf8_lossy(other);
                return Err(unsupported(format!("an extent of it has the type {other}, which pregrub does not read")));
            }
        };
        Ok(Self { sectors, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extents_and_parent() {
        let text = b"# Disk DescriptorFile\nCID=1\nparentCID=0000abcd\nparentFileNameHint=\"base.vmdk\"\n\
                     RW 100 FLAT \"a b.vmdk\" 8\nRW 7 ZERO\nRDONLY 3 SPARSE \"s.vmdk\"\nddb.x = \"1\"\n\0junk";
        let descriptor = VmdkDescriptor::parse(text).unwrap();
        assert_eq!(descriptor.parent.as_deref(), Some(&b"base.vmdk"[..]));
        let kinds: Vec<_> = descriptor.extents.into_iter().map(|extent| (extent.sectors, extent.kind)).collect();
        assert_eq!(
            kinds,
            [
                (100, ExtentKind::Flat { name: b"a b.vmdk".to_vec(), offset: 8 }),
                (7, ExtentKind::Zero),
                (3, ExtentKind::Sparse { name: b"s.vmdk".to_vec() }),
            ]
        );
        assert!(
            VmdkDescriptor::parse(b"RW x FLAT \"a\" 0").is_err()
                && VmdkDescriptor::parse(b"RW 1 SESPARSE \"a\"").is_err()
        );
        assert_eq!(VmdkDescriptor::parse(b"parentCID=ffffffff\n").unwrap().parent, None);
    }
}
