//! Where a finding is, for somebody who sees this machine's files.

use std::fmt;

use super::region::Region;

/// A place in a file of this machine, or in a file inside an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// The file of this machine.
    pub file: String,
    /// The path in the guest, where the file is an image.
    pub inside: Option<&'a str>,
    /// The lines: of the path inside where there is one.
    pub region: Option<Region>,
}

impl Location<'_> {
    /// A file as a whole.
    pub(super) fn whole(file: &str) -> Self {
        Self { file: file.to_owned(), inside: None, region: None }
    }

    /// The lines of the file itself; an image has none.
    pub fn lines(&self) -> Option<Region> {
        self.region.filter(|_| self.inside.is_none())
    }

    /// Where it is in the guest, with its line: `/grub/grub.cfg:63:9`.
    pub fn in_guest(&self) -> Option<String> {
        let inside = self.inside?;
        Some(match self.region {
            Some(Region { line, column, .. }) => format!("{inside}:{line}:{column}"),
            None => inside.to_owned(),
        })
    }
}

/// `grub.cfg:63:9`, `disk.img:/grub/grub.cfg:63:9`.
impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(inside) = self.inside {
            write!(f, ":{inside}")?;
        }
        match self.region {
            Some(Region { line, column, .. }) => write!(f, ":{line}:{column}"),
            None => Ok(()),
        }
    }
}
