//! The text of LVM's metadata: sections in braces, assignments, lists, comments.

/// A section: what stands between braces, or the whole text.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Section {
    /// In the order of the text.
    values: Vec<(String, Value)>,
    /// Their indices in the order of the names; of one name, in the order of the text.
    by_name: Vec<u32>,
}

#[derive(Debug, PartialEq, Eq)]
enum Value {
    Number(u64),
    Text(String),
    List(Vec<Value>),
    Section(Section),
}

/// Sections within sections: LVM has five.
const DEEPEST: usize = 12;

/// Assignments, items and sections of one text. LVM writes some twenty for a logical volume.
const MOST_VALUES: usize = 100_000;

impl Section {
    /// `None` if the text is not such a text.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text);
        let mut parser = Parser { rest: text.trim_end_matches(['\0', '\n']), depth: 0, values: 0 };
        let section = parser.section()?;
        parser.rest.is_empty().then_some(section)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        let named = |index: &u32| usize::try_from(*index).ok().and_then(|index| self.values.get(index));
        let first = self.by_name.partition_point(|index| named(index).is_some_and(|(known, _)| known.as_str() < name));
        let (known, value) = self.by_name.get(first).and_then(named)?;
        (known == name).then_some(value)
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        match self.value(name)? {
            Value::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn string(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn section(&self, name: &str) -> Option<&Self> {
        match self.value(name)? {
            Value::Section(section) => Some(section),
            _ => None,
        }
    }

    /// The sections in this one, with their names.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.values.iter().filter_map(|(name, value)| match value {
            Value::Section(section) => Some((name.as_str(), section)),
            _ => None,
        })
    }

    /// The texts of a list.
    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = &str> {
        let items = match self.value(name) {
            Some(Value::List(items)) => &items[..],
            _ => &[],
        };
        items.iter().filter_map(|item| match item {
            Value::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// `stripes` of a segment on one device: its name, and the first extent.
    pub(super) fn stripe(&self) -> Option<(&str, u64)> {
        match self.value("stripes")? {
            Value::List(items) => match &items[..] {
                [Value::Text(name), Value::Number(first)] => Some((name, *first)),
                _ => None,
            },
            _ => None,
        }
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
    values: usize,
}

impl Parser<'_> {
    /// `None` where there are too many values.
    fn count(&mut self) -> Option<()> {
        self.values = self.values.saturating_add(1);
        (self.values <= MOST_VALUES).then_some(())
    }

    /// Passes over white space and comments.
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let Some(comment) = self.rest.strip_prefix('#') else { return };
            self.rest = comment.find('\n').map_or("", |end| &comment[end..]);
        }
    }

    fn take(&mut self, sign: char) -> bool {
        self.skip();
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn word(&mut self) -> Option<String> {
        self.skip();
        let end = self.rest.find(|c: char| c.is_whitespace() || "={}[],\"#".contains(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        (!word.is_empty()).then(|| word.to_owned())
    }

    /// Everything up to a closing brace or the end.
    fn section(&mut self) -> Option<Section> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEEPEST {
            return None;
        }
        let mut section = Section::default();
        loop {
            self.skip();
            if self.rest.is_empty() || self.rest.starts_with('}') {
                self.depth = self.depth.saturating_sub(1);
                section.by_name = (0..u32::try_from(section.values.len()).ok()?).collect();
                let name = |index: &u32| usize::try_from(*index).ok().and_then(|index| section.values.get(index));
                section.by_name.sort_by(|a, b| name(a).map(|(name, _)| name).cmp(&name(b).map(|(name, _)| name)));
                return Some(section);
            }
            let name = self.word()?;
            self.count()?;
            let value = if self.take('{') {
                let inner = self.section()?;
                if !self.take('}') {
                    return None;
                }
                Value::Section(inner)
            } else if self.take('=') {
                self.value()?
            } else {
                return None;
            };
            section.values.push((name, value));
        }
    }

    fn value(&mut self) -> Option<Value> {
        if !self.take('[') {
            return self.scalar();
        }
        let mut items = Vec::new();
        while !self.take(']') {
            self.count()?;
            items.push(self.scalar()?);
            self.take(',');
        }
        Some(Value::List(items))
    }

    fn scalar(&mut self) -> Option<Value> {
        if self.take('"') {
            let mut text = String::new();
            let mut characters = self.rest.chars();
            while let Some(c) = characters.next() {
                match c {
                    '"' => {
                        self.rest = characters.as_str();
                        return Some(Value::Text(text));
                    }
                    '\\' => text.push(characters.next()?),
                    c => text.push(c),
                }
            }
            return None;
        }
        let word = self.word()?;
        // Numbers that matter here have no sign and no point.
        Some(word.parse().map_or_else(|_| Value::Text(word), Value::Number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_values_and_comments() {
        let text = "vg {\n\tid = \"a\\\"b\" # 1\n seqno=3\n status = [\"READ\", \"VISIBLE\"]\n flags = []\n\
                    \tpv0 {\n stripes = [\n\"pv0\", 7\n]\n}\n}\n# end\ncreation_host = \"x\"\n\0";
        let section = Section::parse(text.as_bytes()).unwrap();
        let group = section.section("vg").unwrap();
        assert_eq!((group.string("id"), group.number("seqno")), (Some("a\"b"), Some(3)));
        assert_eq!(group.list("status").collect::<Vec<_>>(), ["READ", "VISIBLE"]);
        assert_eq!(group.section("pv0").unwrap().stripe(), Some(("pv0", 7)));
        let section = Section::parse(b"b = 1\na = 2\nb = 3\nc {\n}\na {\n}\n").unwrap();
        assert_eq!((section.number("b"), section.number("a"), section.number("d")), (Some(1), Some(2), None));
        assert_eq!(section.sections().map(|(name, _)| name).collect::<Vec<_>>(), ["c", "a"]);
        assert!(section.section("c").is_some() && section.section("a").is_none());
        assert!(Section::parse("a{}".repeat(MOST_VALUES).as_bytes()).is_some());
        for text in ["a{}".repeat(MOST_VALUES + 1), format!("a = [ {} ]", "1,".repeat(MOST_VALUES))] {
            assert!(Section::parse(text.as_bytes()).is_none());
        }
        for text in ["a {", "a = ", "a = [", "a", "= 1", "a = \"", "}", &"a {".repeat(1000)] {
            assert!(Section::parse(text.as_bytes()).is_none(), "{text}");
        }
    }
}
