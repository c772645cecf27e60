//! A disk of the guest as the host has it.

use super::refusal::Refusal;
use crate::escape::escaped;
use crate::storage::identify::{self, Format};

/// How the names of images end that are not the disk as the guest sees it, and the format that these have.
const FORMATS: [(&str, &str, Format); 6] = [
    ("qcow2", "QEMU", Format::Qcow2),
    ("qcow", "QEMU", Format::Qcow),
    ("vhd", "Virtual PC", Format::Vhd),
    ("vhdx", "Hyper-V", Format::Vhdx),
    ("vmdk", "VMware", Format::Vmdk),
    ("vdi", "VirtualBox", Format::Vdi),
];

/// Where the bytes of a guest's disk are, on the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum HostDisk {
    /// A block device, such as a logical volume.
    Device(String),
    /// A file: a raw image.
    File(String),
}

impl HostDisk {
    /// Takes `phy:/dev/vg/x`, `file:/srv/x.img`, or the path alone: below /dev it is a device.
    ///
    /// # Errors
    ///
    /// The path is not absolute, cannot stand in a domain configuration, or says that the file is not a raw image.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let (device, path) = match (text.strip_prefix("phy:"), text.strip_prefix("file:")) {
            (Some(path), _) => (true, path),
            (_, Some(path)) => (false, path),
            _ => (text.starts_with("/dev/"), text),
        };
        check_path(path, "a disk")?;
        if device {
            return Ok(Self::Device(path.to_owned()));
        }
        check_format(path)?;
        Ok(Self::File(path.to_owned()))
    }

    /// The path.
    pub(crate) fn path(&self) -> &str {
        match self {
            Self::Device(path) | Self::File(path) => path,
        }
    }
}

/// The name alone: the file need not be there yet.
fn check_format(path: &str) -> Result<(), Refusal> {
    let ending = path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map_or("", |(_, ending)| ending);
    let known = FORMATS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(ending));
    let Some(&(_, program, format)) = known else { return Ok(()) };
    let convert = identify::conversion(format).unwrap_or("convert it");
    Err(Refusal::new(
        format!(
            "`{}` is by its name an image in a format of {program}, and pygrub finds no filesystem in it: it reads the file as it is",
            escaped(path)
        ),
        format!("use a raw image, or a block device; if you made the image yourself, {convert}"),
    ))
}

/// Checks a path of the host that is to stand in a domain configuration.
pub(crate) fn check_path(path: &str, what: &str) -> Result<(), Refusal> {
    let shown = escaped(path);
    if !path.starts_with('/') {
        return Err(Refusal::new(
            format!("`{shown}` is not an absolute path, and xl takes any other from where it is started"),
            format!("name {what} by its path from `/` on"),
        ));
    }
    // xl takes spaces off the ends of what it splits.
    if path.chars().any(char::is_control) || path.ends_with(char::is_whitespace) {
        return Err(Refusal::new(
            format!("`{shown}` has a control character or a space at its end, which xl does not keep"),
            "give it another name",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let parse = |text| HostDisk::parse(text).unwrap();
        assert_eq!(parse("/dev/vg/boot"), HostDisk::Device("/dev/vg/boot".into()));
        assert_eq!(parse("phy:/srv/link"), HostDisk::Device("/srv/link".into()));
        assert_eq!(parse("/srv/a,b.img"), HostDisk::File("/srv/a,b.img".into()));
        assert_eq!(parse("file:/dev/shm/x"), HostDisk::File("/dev/shm/x".into()));
        for text in ["", "boot.img", "phy:vg/boot", "/srv/x ", "/srv/a\nb", "tap:/x"] {
            assert!(HostDisk::parse(text).is_err(), "{text:?}");
        }
        for text in ["/srv/x.qcow2", "file:/srv/x.VHD", "/srv/a.b/x.vmdk", "/srv/x.vdi", "/srv/x.vhdx", "/srv/x.qcow"] {
            assert!(HostDisk::parse(text).unwrap_err().reason.contains("format"), "{text}");
        }
        for text in ["/dev/vg/web.qcow2", "/srv/qcow2", "/srv/x.qcow2/disk", "/srv/x.img", "/srv/x.raw"] {
            HostDisk::parse(text).unwrap();
        }
    }
}
