//! The text of grub.cfg, in the few forms that pygrub and GRUB read alike.

use std::fmt::Write as _;

use super::error::GrubCfgError;
use crate::config::READ_LIMIT;

/// An entry whose files have names on the boot disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct TextEntry<'a> {
    pub title: &'a str,
    /// The path of the kernel from the root of the boot disk.
    pub kernel: String,
    pub initrd: Option<String>,
    pub args: &'a str,
}

/// The text. Only assignments of numbers stand at its top level; every entry has one space where GRUB takes any, one initrd,
/// and no variable.
pub(super) fn text(entries: &[TextEntry], timeout: u32, uuid: Option<&str>) -> Result<String, GrubCfgError> {
    let mut text = String::from("# Written by `pregrub generate grub-cfg` at each installation of the boot loader.\n");
    let _ = writeln!(text, "set default=0\nset timeout={timeout}");
    if let Some(uuid) = uuid {
        let _ = writeln!(text, "search --no-floppy --fs-uuid --set=root {uuid}");
    }
    for TextEntry { title, kernel, initrd, args } in entries {
        let _ = writeln!(text, "menuentry \"{title}\" --class nixos --unrestricted {{\n  linux {kernel} {args}");
        if let Some(initrd) = initrd {
            let _ = writeln!(text, "  initrd {initrd}");
        }
        text.push_str("}\n");
    }
    expect_room(text.len())?;
    Ok(text)
}

/// Refuses a grub.cfg that has this many bytes, or more, where pygrub would not read all of it.
pub(super) fn expect_room(length: usize) -> Result<(), GrubCfgError> {
    if length < READ_LIMIT {
        return Ok(());
    }
    Err(GrubCfgError::new(format!(
        "grub.cfg would have more than the {READ_LIMIT} bytes that pygrub reads: choose a lower --limit"
    )))
}
