//! A `set` that does not have one name and one value.

use super::advice::{Advice, RaisingConfig, advice};
use super::boot_entries::WITHOUT_BLS;
use super::hidden_command::on_one_line;
use super::no_entry::IMAGE;
use super::remedy::Remedy;
use crate::config::{Raised, Writer};

pub(super) fn set_arity(found: Option<RaisingConfig<'_>>, raised: &Raised) -> Advice {
    let label = "not one name and one value";
    if !raised.message.starts_with("too many") {
        return advice(
            "pygrub expects a name and a value after `set`, and rejects the whole file where one is missing",
            label,
            "write `set name=value`, or remove the line",
        );
    }
    let text = raised.span.and_then(|span| found?.text.get(span.range())).unwrap_or_default();
    let reason = "pygrub expects one name, one `=` and one value after `set`, even in quotes, and rejects the whole file \
                  otherwise";
    let (name, value) = match memchr::memchr(b'=', text) {
        Some(equals) => (text[..equals].trim_ascii_end(), text[equals + 1..].trim_ascii_start()),
        None => (text, &b""[..]),
    };
    if found.is_some_and(|found| found.is_of_image) {
        return advice(reason, "a second `=`", IMAGE);
    }
    if name == b"kernelopts" {
        return advice(
            reason,
            "a second `=`",
            format!("{WITHOUT_BLS}: this line belongs to entries that pygrub does not read either"),
        );
    }
    let writer = found.map_or(Writer::Other, |found| found.writer);
    let edit = |edit: &str| Remedy::LineEdit { edit: edit.to_owned(), writer };
    if !on_one_line(text).is_empty() && !matches!(value.first(), Some(b'"' | b'\'')) {
        let split = "write `linux`, `initrd` and every other command on a line of its own";
        return advice(reason, "several commands on one line", edit(split));
    }
    if memchr::memchr(b';', text).is_some() && !matches!(value.first(), Some(b'"' | b'\'')) {
        return advice(reason, "two commands on one line", edit("write each command on a line of its own"));
    }
    if matches!(text.get(name.len()), Some(b' ' | b'\t')) && memchr::memchr(b'=', text).is_some() {
        return advice(reason, "a space before `=`", edit("write it without spaces around `=`"));
    }
    if memchr::memchr(b'=', value).is_some() {
        return advice(
            reason,
            "a second `=`",
            edit(
                "leave the word `set` out (GRUB does the same without it, and pygrub ignores the line), or remove the line",
            ),
        );
    }
    advice(reason, label, edit("write `set name=value`, or remove the line"))
}
