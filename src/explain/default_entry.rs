//! The default and the timeout, which pygrub reads as numbers.

use super::advice::RaisingConfig;
use super::remedy::{MKCONFIG, Remedy};
use crate::boot::candidates;
use crate::config::{Dialect, Raised, Writer};
use crate::release::Release;

/// The number of the entry that a default names by its title; or what to do about the line with a variable that grub-mkconfig and NixOS write
/// into every file, whatever the settings are.
pub(super) fn numeric_default(found: Option<RaisingConfig<'_>>, raised: &Raised, release: Release) -> Remedy {
    let Some(found) = found else { return "write `set default=0`".into() };
    let value = raised.span.and_then(|span| found.text.get(span.range())).unwrap_or_default();
    let is_generated = found.writer != Writer::Other;
    if is_generated && is_variable(value, "next_entry") {
        return beside_the_generated(release);
    }
    let index = found.config.entries.iter().position(|entry| entry.title.as_bytes() == value).unwrap_or(0);
    match found.writer {
        Writer::NixOs => Remedy::nixos(format!("set boot.loader.grub.default = {index}")),
        Writer::Mkconfig => Remedy::MkconfigVariable(format!("set GRUB_DEFAULT={index}")),
        Writer::Other => format!("write `set default={index}`").into(),
    }
}

/// `${next_entry}`, with or without quotes.
fn is_variable(value: &[u8], name: &str) -> bool {
    let value = value.trim_ascii();
    let value = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
    value == format!("${{{name}}}").as_bytes()
}

/// What to do where every grub.cfg that is generated ends pygrub: a menu of another kind, if this release looks for that first.
fn beside_the_generated(release: Release) -> Remedy {
    let (first, dialect) = candidates(release).next().unwrap_or(("/boot/grub/grub.cfg", Dialect::Grub2));
    let newer = "use Xen 4.1.6, or 4.2.3 and later, whose pygrub reads this line";
    if dialect != Dialect::Legacy {
        return format!("every grub.cfg that is generated has this line: {newer}").into();
    }
    format!(
        "every grub.cfg that is generated has this line, and pygrub of Xen {release} looks for `{first}` before it: write the entry there \
         (`title Linux`, `kernel /path arguments`, `initrd /path`, a line each; `/grub/menu.lst` where /boot is a filesystem \
         of its own), or {newer}"
    )
    .into()
}

/// How to have a timeout that is a number, as an imperative.
pub(crate) fn plain_timeout(dialect: Option<Dialect>, writer: Writer) -> String {
    match (dialect, writer) {
        (_, Writer::NixOs) => "set boot.loader.timeout = 5 in the guest's NixOS configuration".to_owned(),
        (_, Writer::Mkconfig) => format!("set GRUB_TIMEOUT=5 in /etc/default/grub, and {MKCONFIG}"),
        (Some(Dialect::Legacy | Dialect::Extlinux), Writer::Other) => "write `timeout 5`".to_owned(),
        (Some(Dialect::Grub2) | None, Writer::Other) => "write `set timeout=5`".to_owned(),
    }
}
