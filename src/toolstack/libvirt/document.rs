//! A small document as a tree: elements, attributes, texts, and the line of each.

use std::collections::HashMap;
use std::fmt;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use crate::config::Span;
use crate::python::PyStr;
use crate::xl::Item;

/// More elements than a domain has.
const MOST_ELEMENTS: usize = 20_000;
/// More levels than a domain has.
const DEEPEST: usize = 64;

/// An element.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    attributes: HashMap<String, String>,
    /// Its own text, entities replaced, without that of its children.
    pub(super) text: String,
    children: Vec<Element>,
    /// Where it begins: an offset in bytes, and a line.
    start: usize,
    end: usize,
    line: u32,
}

impl Element {
    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The children of that name.
    pub(super) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    /// Its text, with its place.
    pub(super) fn item(&self) -> Item {
        let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (start, end) = (narrow(self.start), narrow(self.end));
        let span = Span { start, end, line: self.line, column: 1, length: end.saturating_sub(start) };
        Item { text: PyStr::from(self.text.as_str()), span }
    }
}

/// Why a text is not a domain's XML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlError {
    /// Why, in a clause.
    pub reason: String,
    /// The line, counted from 1.
    pub line: u32,
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (line {})", self.reason, self.line)
    }
}

impl std::error::Error for XmlError {}

pub(super) struct Document(Element);

impl Document {
    pub(super) fn root(&self) -> &Element {
        &self.0
    }

    pub(super) fn parse(text: &[u8]) -> Result<Self, XmlError> {
        let text = std::str::from_utf8(text).map_err(|error| {
            let line = line_at(text, error.valid_up_to());
            XmlError { reason: "the XML is not UTF-8".to_owned(), line }
        })?;
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut lines = Lines { text: text.as_bytes(), place: 0, line: 1 };
        // Below the elements that are open lies one that is never closed.
        let (mut open, mut count) = (vec![Element::default()], 0);
        loop {
            let before = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let line = lines.at(before);
            let fail = |reason: String| XmlError { reason, line };
            let event = reader.read_event().map_err(|error| fail(not_well_formed(&error)))?;
            let after = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let depth = open.len();
            let Some(top) = open.last_mut() else { return Err(fail("the XML is not well-formed".to_owned())) };
            match event {
                Event::Start(start) => {
                    count += 1;
                    if count > MOST_ELEMENTS || depth > DEEPEST {
                        return Err(fail("the XML has more elements than a domain has".to_owned()));
                    }
                    let attributes = attributes(&start).map_err(fail)?;
                    let name = start.name().as_ref().to_owned();
                    let element = Element { name, attributes, start: before, end: after, line, ..Element::default() };
                    open.push(element);
                }
                Event::End(_) => {
                    if let (Some(mut done), Some(parent)) = (open.pop(), open.last_mut()) {
                        done.end = after.max(done.start);
                        parent.children.push(done);
                    }
                }
                Event::Text(piece) => top.text.push_str(&piece.xml10_content()),
                Event::CData(piece) => top.text.push_str(&piece.xml10_content()),
                Event::GeneralRef(reference) => {
                    let name: &str = &reference;
                    let c = match (reference.resolve_char_ref(), name) {
                        (Ok(Some(c)), _) => c,
                        (_, "amp") => '&',
                        (_, "lt") => '<',
                        (_, "gt") => '>',
                        (_, "quot") => '"',
                        (_, "apos") => '\'',
                        _ => {
                            return Err(fail(format!(
                                "the XML has the entity `&{name};`, which pregrub does not know"
                            )));
                        }
                    };
                    top.text.push(c);
                }
                Event::Eof if depth == 1 => break,
                Event::Eof => return Err(fail(format!("the XML ends inside <{}>", top.name))),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            }
        }
        let elements = open.pop().map(|bottom| bottom.children).unwrap_or_default();
        match elements.into_iter().next() {
            Some(root) if root.name == "domain" => Ok(Self(root)),
            Some(root) => {
                Err(XmlError { reason: format!("the XML is of a <{}>, not of a <domain>", root.name), line: root.line })
            }
            None => Err(XmlError { reason: "the XML has no element".to_owned(), line: 1 }),
        }
    }
}

/// What the parser says, without its own place: `ill-formed document: ...`, `position 9: ...`.
fn not_well_formed(error: &dyn std::fmt::Display) -> String {
    let text = error.to_string();
    let is_place = |place: &str| place == "ill-formed document" || place.starts_with("position ");
    let why = text.split_once(": ").filter(|(place, _)| is_place(place)).map_or(text.as_str(), |(_, why)| why);
    format!("the XML is not well-formed: {why}")
}

fn attributes(start: &BytesStart<'_>) -> Result<HashMap<String, String>, String> {
    let mut all = HashMap::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| not_well_formed(&error))?;
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| not_well_formed(&error))?;
        all.insert(attribute.key.as_ref().to_owned(), value.into_owned());
    }
    Ok(all)
}

/// The name of the first element of a text, if it begins like XML.
pub(super) fn root(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with('<') {
        return None;
    }
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) | Event::Empty(start) => return Some(start.name().as_ref().to_owned()),
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The line of a place, asked in rising order.
struct Lines<'a> {
    text: &'a [u8],
    place: usize,
    line: u32,
}

impl Lines<'_> {
    fn at(&mut self, place: usize) -> u32 {
        let passed = self.text.get(self.place..place).unwrap_or_default();
        let count = memchr::memchr_iter(b'\n', passed).count();
        self.line = self.line.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        self.place = self.place.max(place);
        self.line
    }
}

fn line_at(text: &[u8], place: usize) -> u32 {
    Lines { text, place: 0, line: 1 }.at(place)
}
