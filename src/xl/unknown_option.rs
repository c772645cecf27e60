//! Options in `bootloader_args` that pygrub does not have, or does not see in a word, and what was meant by them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use super::shown;
use crate::boot::command_line;
use crate::flavour::Build;
use crate::python::PyStr;

/// What to write in place of the first option that pygrub does not know. `None` if it knows all of them.
pub(super) fn help(words: &[OsString], build: Build) -> Option<String> {
    if let Some(help) = words.iter().find_map(|word| in_one_word(word.as_bytes(), build)) {
        return Some(help);
    }
    let mut is_value = false;
    let (at, name) = words.iter().enumerate().find_map(|(at, word)| {
        let word = word.as_bytes();
        if std::mem::take(&mut is_value) {
            return None;
        }
        // One that is not split has its value after a space.
        let end = word.iter().position(|byte| matches!(byte, b'=' | b' ')).unwrap_or(word.len());
        let name = std::str::from_utf8(&word[..end]).ok()?;
        if !name.starts_with('-') || matches!(name, "-" | "--") {
            return None;
        }
        match command_line::takes_value(name, build) {
            Some(takes_value) => {
                is_value = takes_value && end == word.len();
                None
            }
            None => Some((at, name)),
        }
    })?;
    let word = words[at].as_bytes();
    let value = match word.get(name.len()) {
        Some(_) => Some(&word[name.len() + 1..]),
        // The last word is the disk.
        None => words.get(at + 1).filter(|_| at + 2 < words.len()).map(|next| next.as_bytes()),
    };
    let value = value.filter(|value| !value.starts_with(b"-")).map(|value| shown(&PyStr::from(value.to_vec())));
    let instead = meant(name.trim_start_matches('-'), value.as_deref());
    let known = command_line::option_names(build).join(" ");
    Some(match instead {
        Some(instead) => format!("pygrub has no option `{name}`: {instead}"),
        None => format!("pygrub has no option `{name}`; its options: {known}"),
    })
}

/// What to write in place of an option with its value after a space in the same word.
fn in_one_word(word: &[u8], build: Build) -> Option<String> {
    let end = word.iter().position(|byte| matches!(byte, b'=' | b' ')).filter(|end| word[*end] == b' ')?;
    let name = std::str::from_utf8(&word[..end]).ok()?;
    let takes_value = name.starts_with('-').then(|| command_line::takes_value(name, build))??;
    let text = |bytes: &[u8]| shown(&PyStr::from(bytes.to_vec()));
    let (whole, value) = (text(word), text(word[end..].trim_ascii()));
    let instead = match (takes_value, name.starts_with("--")) {
        (true, true) => format!("write `{name}={value}`"),
        _ => format!("write a list with each as one item, [ \"{name}\", \"{value}\" ]"),
    };
    Some(format!("`{whole}` is one word for pygrub, which sees no option in it: {instead}"))
}

/// What other boot loaders call what pygrub has.
fn meant(name: &str, value: Option<&str>) -> Option<String> {
    let or = |otherwise: &str| value.unwrap_or(otherwise).to_owned();
    Some(match name {
        "append" | "cmdline" | "command-line" | "commandline" | "extra" | "params" | "bootargs" | "boot-args"
        | "kernel-args" | "kernel_args" | "argument" | "arguments" | "options" => {
            let arguments = or("ARGUMENTS");
            format!(
                "write `extra = \"{arguments}\"` in the domain's configuration, or `--args={arguments}` in bootloader_args"
            )
        }
        "root" => format!(
            "write `root = \"{}\"` in the domain's configuration, and nothing in bootloader_args",
            or("/dev/xvda1")
        ),
        "initrd" | "initramfs" | "module" => format!("write `--ramdisk={}` beside `--kernel=PATH`", or("PATH")),
        "image" | "linux" | "vmlinuz" => format!("write `--kernel={}`", or("PATH")),
        "default" | "title" | "index" | "boot" | "menuentry" | "select" => format!("write `--entry={}`", or("0")),
        "batch" | "silent" | "noninteractive" | "non-interactive" | "no-menu" | "nomenu" | "timeout" => {
            "write `-q`, with which it shows no menu".to_owned()
        }
        "partition" | "part" | "device" | "disk" => {
            "write `--offset=BYTES`, the start of the partition (fdisk -l shows it in sectors of 512)".to_owned()
        }
        "config" | "config-file" | "menu" => {
            "it reads the first configuration that it finds: put it where pygrub looks".to_owned()
        }
        _ => return None,
    })
}
