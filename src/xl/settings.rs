//! What the names of a configuration stand for in the end.

use crate::escape::push_escaped;
use std::collections::HashMap;

use crate::config::Span;
use crate::python::PyStr;

/// One thing in a list, or the value of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A string or a number; libxlutil keeps both as text.
    Text(Item),
    /// A list.
    List {
        /// What is in it.
        items: Vec<Value>,
        /// Where it opens.
        span: Span,
    },
}

/// A string or a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its text, escapes replaced.
    pub text: PyStr,
    /// Where it stands, with its quotation marks. Of a text that `+=` put together: the last piece.
    pub span: Span,
}

/// A text in a message: on one line, and no longer than is bearable.
pub(crate) fn shown(text: &PyStr) -> String {
    const MOST: usize = 200;
    let mut shown = String::new();
    text.to_string_lossy().chars().take(MOST).for_each(|c| push_escaped(&mut shown, c));
    shown
}

impl Value {
    /// Where it stands: a list where it opens.
    pub fn span(&self) -> Span {
        match self {
            Self::Text(item) => item.span,
            Self::List { span, .. } => *span,
        }
    }

    /// The text, where it is not a list.
    pub fn as_text(&self) -> Option<&Item> {
        match self {
            Self::Text(item) => Some(item),
            Self::List { .. } => None,
        }
    }
}

/// A name and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name.
    pub name: Box<str>,
    /// Where it is assigned to: of several assignments the last.
    pub span: Span,
    /// What it stands for.
    pub value: Value,
    /// Whether the last assignment was `+=`: then it is not a number for libxlutil.
    pub appended: bool,
    /// The assignments that it overwrote, in their order, by `=`. libxlutil says nothing of them.
    pub overwritten: Vec<Span>,
}

/// The settings of a configuration: of several assignments to one name the last counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    list: Vec<Assignment>,
    places: HashMap<Box<str>, usize>,
    /// Texts that `+=` is putting together, by the place of their setting: one buffer each, or a long file would take for ever.
    growing: HashMap<usize, Vec<u8>>,
}

/// `+=` of a list to a text, or of a text to a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mixed;

impl Settings {
    /// The settings, in the order in which their names are met first.
    pub fn all(&self) -> &[Assignment] {
        &self.list
    }

    /// The setting of that name.
    pub fn get(&self, name: &str) -> Option<&Assignment> {
        self.places.get(name).and_then(|&place| self.list.get(place))
    }

    /// The text of a setting that is not a list: `xlu_cfg_get_string`.
    pub fn text(&self, name: &str) -> Option<&Item> {
        self.get(name)?.value.as_text()
    }

    /// What is in a setting that is a list: `xlu_cfg_get_list`.
    pub fn list(&self, name: &str) -> Option<&[Value]> {
        match &self.get(name)?.value {
            Value::List { items, .. } => Some(items),
            Value::Text(_) => None,
        }
    }

    /// The texts in a list, up to the first thing in it that is none: how xl goes through its lists.
    pub fn texts(&self, name: &str) -> Vec<&Item> {
        self.list(name).unwrap_or_default().iter().map_while(Value::as_text).collect()
    }

    /// A setting as a number: `xlu_cfg_get_long`, which takes what `strtol` takes in any base. Nothing where it is absent or none.
    pub fn number(&self, name: &str) -> Option<i64> {
        let setting = self.get(name).filter(|setting| !setting.appended)?;
        number(setting.value.as_text()?.text.as_bytes())
    }

    pub(super) fn assign(&mut self, name: &str, span: Span, value: Value) {
        let place = self.places.get(name).copied();
        match place.and_then(|place| self.list.get_mut(place)) {
            Some(setting) => {
                place.and_then(|place| self.growing.remove(&place));
                setting.overwritten.push(setting.span);
                (setting.span, setting.value, setting.appended) = (span, value, false);
            }
            None => self.add(name, span, value, false),
        }
    }

    pub(super) fn append(&mut self, name: &str, span: Span, value: Value) -> Result<(), Mixed> {
        let Some(&place) = self.places.get(name) else {
            self.add(name, span, value, true);
            return Ok(());
        };
        let Some(setting) = self.list.get_mut(place) else { return Ok(()) };
        match (&mut setting.value, value) {
            (Value::Text(before), Value::Text(more)) => {
                let whole = self.growing.entry(place).or_insert_with(|| before.text.as_bytes().to_vec());
                whole.extend_from_slice(more.text.as_bytes());
                before.span = more.span;
            }
            (Value::List { items, span }, Value::List { items: mut more, span: place }) => {
                items.append(&mut more);
                *span = place;
            }
            _ => return Err(Mixed),
        }
        (setting.span, setting.appended) = (span, true);
        Ok(())
    }

    /// The settings when all is read.
    pub(super) fn finished(mut self) -> Self {
        for (place, whole) in std::mem::take(&mut self.growing) {
            if let Some(Assignment { value: Value::Text(item), .. }) = self.list.get_mut(place) {
                item.text = whole.into();
            }
        }
        self
    }

    fn add(&mut self, name: &str, span: Span, value: Value, appended: bool) {
        self.places.insert(name.into(), self.list.len());
        self.list.push(Assignment { name: name.into(), span, value, appended, overwritten: Vec::new() });
    }
}

/// `strtol(text, &end, 0)` that takes the whole text and does not overflow.
fn number(text: &[u8]) -> Option<i64> {
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t'..=b'\r')).count();
    let text = std::str::from_utf8(&text[blanks..]).ok()?;
    let (negative, digits) = match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let (digits, base) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&digits[2..], 16),
        [b'0', _, ..] => (&digits[1..], 8),
        _ => (digits, 10),
    };
    // from_str_radix takes a sign of its own.
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let number = i128::from_str_radix(digits, base).ok()?;
    i64::try_from(if negative { -number } else { number }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values: xlu_cfg_get_long of libxlutil 4.17.7.
    #[test]
    fn numbers() {
        for (text, want) in [
            ("512", Some(512)),
            ("0x1f", Some(31)),
            ("0X1F", Some(31)),
            ("010", Some(8)),
            ("0", Some(0)),
            (" -7", Some(-7)),
            ("+7", Some(7)),
            ("-0x8000000000000000", Some(i64::MIN)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("", None),
            ("12ab", None),
            ("09", None),
            ("0x", None),
            ("7 ", None),
            ("--7", None),
            ("0x-1", None),
            ("é", None),
        ] {
            assert_eq!(number(text.as_bytes()), want, "{text:?}");
        }
    }
}
