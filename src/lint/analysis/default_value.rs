//! What the default of a configuration says to GRUB.

use crate::config::{Dialect, Directive, Effect, Setting, Span};
use crate::grub::menu::is_path;
use crate::grub::words::words;
use crate::lint::analysis::configuration::Configuration;
use crate::lint::analysis::grub_menu::number;

/// What kind of value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum Meaning {
    /// The entry that was saved last: `${saved_entry}`, or `saved` in menu.lst.
    Saved,
    /// The entry for one boot: `${next_entry}`.
    Next,
    /// Another variable.
    Variable,
    /// A number, whatever follows it.
    Number(u64),
    /// A path through submenus: `1>2`, `Advanced>Linux`.
    Path,
    /// A title or an id.
    Name,
}

/// The value of an assignment to the default.
#[derive(Clone, Debug)]
pub(in crate::lint) struct DefaultValue {
    /// Where it stands, as pygrub reads it.
    pub span: Span,
    /// As GRUB reads it: without quotes, trailing commands and comments; a variable stands in it as `$name`. Where GRUB refuses the line,
    /// it is what pygrub reads.
    pub text: Vec<u8>,
    /// What it is to GRUB.
    pub meaning: Meaning,
    /// Whether GRUB's parser rejects the statement that the line is in: a `>` stands outside quotes.
    pub refused: bool,
}

impl DefaultValue {
    /// The last one outside entries, which is the one that counts for pygrub, unless it raises. Nothing for extlinux, whose default is a label.
    pub(in crate::lint) fn of(configuration: &Configuration<'_>) -> Option<Self> {
        let span = configuration.config.default_span?;
        let last = configuration.config.directives.iter().rev().find(|directive| directive.argument == span)?;
        // What raises is another rule's.
        Self::read(configuration, last).filter(|_| last.effect == Effect::Default)
    }

    /// That of one assignment.
    pub(in crate::lint) fn read(configuration: &Configuration<'_>, directive: &Directive) -> Option<Self> {
        let span = directive.argument;
        let mut refused = false;
        let mut variable = false;
        let text = match configuration.dialect {
            Dialect::Extlinux => return None,
            Dialect::Legacy => configuration.at(span).to_vec(),
            Dialect::Grub2 => {
                refused = configuration.outline(directive.line.end).rejects(directive.line.start);
                let words = words(configuration.at(directive.line)).into_iter();
                let assignment = words.map(|word| (word.as_written(), word.has_variable()));
                match assignment.filter(|_| !refused).find(|(text, _)| text.starts_with(b"default=")) {
                    Some((mut text, has_variable)) => {
                        variable = has_variable;
                        text.split_off(b"default=".len())
                    }
                    None if refused => configuration.at(span).to_vec(),
                    // `set default 1`, which GRUB does not take for an assignment.
                    None => Vec::new(),
                }
            }
        };
        let has = |needle: &[u8]| memchr::memmem::find(&text, needle).is_some();
        let meaning = if variable && has(b"saved_entry") || text == b"saved" {
            Meaning::Saved
        } else if variable && has(b"next_entry") {
            Meaning::Next
        } else if variable {
            Meaning::Variable
        } else if is_path(&text) {
            Meaning::Path
        } else {
            number(&text).map_or(Meaning::Name, Meaning::Number)
        };
        Some(Self { span, text, meaning, refused })
    }
}

/// Every assignment to the default outside entries that pygrub sees, in order.
pub(in crate::lint) fn assignments<'a>(configuration: &Configuration<'a>) -> impl Iterator<Item = &'a Directive> {
    configuration.config.directives.iter().filter(|directive| directive.effect == Effect::Default)
}

/// The number that pygrub reads in the last default, before it compares it with the entries. Nothing where it reads none and
/// takes 0 instead, or looks for a title.
pub(in crate::lint) fn pygrub_number(configuration: &Configuration<'_>) -> Option<crate::python::Int> {
    let config = configuration.config;
    let span = config.default_span?;
    match &config.default {
        Setting::Text(text) => {
            let digits = text.to_str()?;
            let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            all.then(|| crate::python::int::parse(digits, crate::python::Python::Two).ok()).flatten()
        }
        Setting::Number(number) => {
            let refused = config
                .warnings
                .iter()
                .any(|warning| warning.line == span.line && warning.message.as_bytes().starts_with(b"Invalid value"));
            (!refused).then(|| number.clone())
        }
    }
}
