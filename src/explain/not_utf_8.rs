//! A byte that is not UTF-8: where the text that holds it comes from.

use super::advice::RaisingConfig;
use super::remedy::{MKCONFIG, Remedy};
use crate::config::{Raised, Writer};

/// What to change. NixOS writes its file as Latin-1 as long as no character in it is above U+00FF: the text of the option must do with
/// ASCII.
pub(super) fn help(found: Option<RaisingConfig<'_>>, raised: &Raised) -> Remedy {
    match found.map_or(Writer::Other, |found| found.writer) {
        Writer::NixOs => {
            let start = raised.span.map(|span| span.range().start).unwrap_or_default();
            let option = found.map_or("the options that it comes from", |found| option(found.text, start));
            Remedy::nixos(format!("NixOS writes text beyond ASCII as Latin-1: keep {option} in ASCII"))
        }
        Writer::Mkconfig => {
            format!("convert /etc/default/grub and the scripts in /etc/grub.d of the guest to UTF-8, and {MKCONFIG}")
                .into()
        }
        Writer::Other => "convert the file to UTF-8, comments and titles included".into(),
    }
}

/// The option of NixOS that a line of its grub.cfg comes from, by the line and what stands above it.
fn option(text: &[u8], at: usize) -> &'static str {
    let (above, below) = text.split_at(at.min(text.len()));
    let start = memchr::memrchr(b'\n', above).map_or(0, |end| end + 1);
    let end = memchr::memchr(b'\n', below).map_or(text.len(), |end| at + end);
    let line = text.get(start..end).unwrap_or_default().trim_ascii();
    let has = |part: &[u8]| memchr::memmem::find(line, part).is_some();
    let begins = |words: &[&[u8]]| words.iter().any(|word| line.starts_with(word));
    if begins(&[b"menuentry", b"submenu"]) {
        return match has(b"NixOS - ") {
            true => "boot.loader.grub.configurationName, system.nixos.label and the names of specialisations",
            false => "boot.loader.grub.extraEntries",
        };
    }
    if begins(&[b"linux", b"multiboot", b"module"]) && has(b"init=/nix/store/") {
        return "boot.kernelParams";
    }
    if begins(&[b"set default="]) {
        return "boot.loader.grub.default";
    }
    match memchr::memmem::find(above, b"menuentry ").is_some() {
        true => "boot.loader.grub.extraEntries and extraPerEntryConfig",
        false => "boot.loader.grub.extraConfig",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_nixos_come_from_options() {
        let text = b"# \xe9\nset default=\"\xe9\"\nmenuentry \"NixOS - \xe9\" {\n  # \xe9\n  linux /k init=/nix/store/x-y/init a=\xe9\n}\n\
                     menuentry \"\xe9\" {\n}\n";
        let places = memchr::memchr_iter(0xe9, text).map(|at| option(text, at));
        let options = [
            "boot.loader.grub.extraConfig",
            "boot.loader.grub.default",
            "boot.loader.grub.configurationName, system.nixos.label and the names of specialisations",
            "boot.loader.grub.extraEntries and extraPerEntryConfig",
            "boot.kernelParams",
            "boot.loader.grub.extraEntries",
        ];
        assert!(places.eq(options));
        assert_eq!(option(b"", 5), "boot.loader.grub.extraConfig");
    }
}
