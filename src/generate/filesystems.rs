//! The filesystems of `/boot` and `/`, and their labels: one of each where `/boot` is a directory of `/`.

use super::boot_filesystem::BootFilesystem;
use super::choices::Choices;
use super::devices::Devices;
use super::refusal::Refusal;
use crate::escape::escaped;

/// Where `/` may be, apart from `/boot`: what NixOS' installer mounts without more being said.
const ROOT_FILESYSTEMS: [&str; 6] = ["ext4", "ext3", "ext2", "xfs", "btrfs", "f2fs"];
const BOOT_LABEL: &str = "NIXBOOT";
const ROOT_LABEL: &str = "NIXROOT";

/// What is made on the devices. Where `/boot` is a directory of `/`, both are one filesystem, and what is said of one is said of
/// the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Filesystems {
    /// That with `/boot`.
    pub boot: BootFilesystem,
    /// That of `/`, as Linux spells it in `fsType`.
    pub root: &'static str,
    /// The label of that with `/boot`.
    pub boot_label: String,
    /// The label of that of `/`.
    pub root_label: String,
}

impl Filesystems {
    /// Fills in what is not chosen.
    ///
    /// # Errors
    ///
    /// pygrub does not read that of `/boot`, a label does not fit, or two different ones are chosen for one filesystem.
    pub(crate) fn new(choices: &Choices, devices: Devices) -> Result<Self, Refusal> {
        if devices.boot_is_directory() { Self::one(choices) } else { Self::two(choices) }
    }

    fn one(choices: &Choices) -> Result<Self, Refusal> {
        let kind = one_of("type", "--root-filesystem", &choices.boot_filesystem, &choices.root_filesystem)?;
        let boot = kind.map_or(Ok(BootFilesystem::default()), BootFilesystem::parse)?;
        if !boot.is_ext() {
            return Err(Refusal::new(
                format!("/boot is a directory of / here, and / cannot be {}", boot.name()),
                "make it ext4, or give /boot a device of its own",
            ));
        }
        let label = one_of("label", "--root-label", &choices.boot_label, &choices.root_label)?.unwrap_or(ROOT_LABEL);
        check_label(label, boot.longest_label(), boot.name())?;
        Ok(Self { boot, root: boot.name(), boot_label: label.to_owned(), root_label: label.to_owned() })
    }

    fn two(choices: &Choices) -> Result<Self, Refusal> {
        let boot = choices.boot_filesystem.as_deref().map_or(Ok(BootFilesystem::default()), BootFilesystem::parse)?;
        let wanted = choices.root_filesystem.as_deref().unwrap_or("ext4");
        let root = ROOT_FILESYSTEMS.into_iter().find(|name| *name == wanted).ok_or_else(|| {
            Refusal::new(
                format!("/ cannot be `{}` in what pregrub generates", escaped(wanted)),
                format!("use one of {}", ROOT_FILESYSTEMS.join(", ")),
            )
        })?;
        let boot_label = choices.boot_label.as_deref().unwrap_or(BOOT_LABEL);
        check_label(boot_label, boot.longest_label(), boot.name())?;
        let root_label = choices.root_label.as_deref().unwrap_or(ROOT_LABEL);
        check_label(root_label, if root == "xfs" { 12 } else { 16 }, root)?;
        Ok(Self { boot, root, boot_label: boot_label.to_owned(), root_label: root_label.to_owned() })
    }
}

/// What is chosen for the one filesystem: under the name of `/boot`, of `/`, or the same under both.
fn one_of<'a>(
    what: &str,
    option: &str,
    boot: &'a Option<String>,
    root: &'a Option<String>,
) -> Result<Option<&'a str>, Refusal> {
    match (boot.as_deref(), root.as_deref()) {
        (Some(boot), Some(root)) if boot != root => Err(Refusal::new(
            format!(
                "/boot is a directory of / here, and their one filesystem cannot have the {what} `{}` and the {what} `{}`",
                escaped(boot),
                escaped(root)
            ),
            format!("give {option} alone, or give /boot a device of its own"),
        )),
        (boot, root) => Ok(root.or(boot)),
    }
}

fn check_label(label: &str, longest: usize, filesystem: &str) -> Result<(), Refusal> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    if label.is_empty() || label.len() > longest || label.starts_with('-') || !label.chars().all(plain) {
        return Err(Refusal::new(
            format!("`{}` is not a label for a filesystem of the type {filesystem}", escaped(label)),
            format!("use up to {longest} letters, digits, `_`, `-` and `.`"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::devices::PartitionScheme;

    fn of(one_disk: bool, kinds: [Option<&str>; 2], labels: [Option<&str>; 2]) -> Result<[String; 4], Refusal> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let choices = Choices {
            boot_filesystem: own(kinds[0]),
            root_filesystem: own(kinds[1]),
            boot_label: own(labels[0]),
            root_label: own(labels[1]),
            ..Choices::default()
        };
        let found = Filesystems::new(&choices, Devices::new(None, None, one_disk, PartitionScheme::None)?)?;
        Ok([found.boot.name().into(), found.root.into(), found.boot_label, found.root_label])
    }

    #[test]
    fn one_filesystem_has_what_is_given_for_either() {
        let none = [None, None];
        assert_eq!(of(true, none, none).unwrap(), ["ext4", "ext4", "NIXROOT", "NIXROOT"]);
        for kinds in [[Some("ext3"), None], [None, Some("ext3")], [Some("ext3"), Some("ext3")]] {
            assert_eq!(of(true, kinds, none).unwrap()[..2], ["ext3", "ext3"]);
        }
        for labels in [[Some("a"), None], [None, Some("a")], [Some("a"), Some("a")]] {
            assert_eq!(of(true, none, labels).unwrap()[2..], ["a", "a"]);
        }
        assert!(
            of(true, [Some("ext4"), Some("ext3")], none).unwrap_err().reason.contains("`ext4` and the type `ext3`")
        );
        assert!(of(true, none, [Some("a"), Some("b")]).unwrap_err().instead.contains("--root-label"));
        for kind in ["btrfs", "vfat", "xfs"] {
            assert!(of(true, [None, Some(kind)], none).is_err() && of(true, [Some(kind), None], none).is_err());
        }
    }

    #[test]
    fn two_filesystems_are_apart() {
        let none = [None, None];
        assert_eq!(of(false, none, none).unwrap(), ["ext4", "ext4", "NIXBOOT", "NIXROOT"]);
        let mixed = of(false, [Some("vfat"), Some("xfs")], [None, Some("r")]).unwrap();
        assert_eq!(mixed, ["vfat", "xfs", "NIXBOOT", "r"]);
        assert!(of(false, [None, Some("xfs")], [None, Some("thirteen-long")]).is_err());
    }
}
