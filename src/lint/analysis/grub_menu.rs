//! The menu as GRUB has it: submenus are items of their own, and entries have ids.
//!
//! Entries inside `if` count, since nobody knows what the condition is when GRUB reads it.

use std::cell::OnceCell;

use crate::config::Span;
use crate::lint::analysis::configuration::Configuration;
use crate::lint::analysis::grub_words::words;

/// An item of the menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    /// The entry with this index in the configuration.
    Entry(usize),
    /// The submenu with this index.
    Submenu(usize),
}

/// The menu.
pub(in crate::lint) struct GrubMenu<'a> {
    configuration: &'a Configuration<'a>,
    /// All items in the order of the file, each with the number of submenus around it.
    items: Vec<(usize, Item)>,
    /// Whether the file says that `$menuentry_id_option` is `--id`, as grub-mkconfig's does. Elsewhere it is nothing.
    has_id_option: OnceCell<bool>,
}

/// Which entry GRUB boots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) struct Choice {
    /// The entry, as an index in the configuration; nothing where there is none.
    pub entry: Option<usize>,
    /// Whether the value names it. Otherwise GRUB takes the first item of the menu that it looks in.
    pub named: bool,
}

impl<'a> GrubMenu<'a> {
    /// Puts entries and submenus in one order.
    pub(in crate::lint) fn new(configuration: &'a Configuration<'a>) -> Self {
        let config = configuration.config;
        let mut items = Vec::with_capacity(config.entries.len() + config.submenus.len());
        let mut submenus = config.submenus.iter().enumerate().peekable();
        for (index, entry) in config.entries.iter().enumerate() {
            while let Some((number, submenu)) = submenus.next_if(|(_, submenu)| submenu.before <= index) {
                items.push((submenu.depth, Item::Submenu(number)));
            }
            items.push((entry.depth, Item::Entry(index)));
        }
        items.extend(submenus.map(|(number, submenu)| (submenu.depth, Item::Submenu(number))));
        Self { configuration, items, has_id_option: OnceCell::new() }
    }

    /// Which entry GRUB boots where `default` has this value.
    pub(in crate::lint) fn choose(&self, value: &[u8]) -> Choice {
        let mut level = 0..self.items.len();
        let mut depth = 0;
        let mut value = value;
        let mut named = true;
        loop {
            let (spec, rest) = split_path(value);
            let places: Vec<usize> = level.clone().filter(|&place| self.items[place].0 == depth).collect();
            let wanted = match number(value) {
                // GRUB keeps 32 bits of it.
                Some(number) => usize::try_from(number as u32 as i32).ok().filter(|number| *number < places.len()),
                None => {
                    let spec = unescaped(spec);
                    places.iter().position(|&place| self.is_called(self.items[place].1, &spec))
                }
            };
            named &= wanted.is_some();
            let Some(&place) = places.get(wanted.unwrap_or(0)) else { return Choice { entry: None, named: false } };
            if let Item::Entry(entry) = self.items[place].1 {
                return Choice { entry: Some(entry), named };
            }
            // What is in the submenu: all that follows and lies deeper. Without a path its first item is meant.
            let end = (place + 1..level.end).find(|&next| self.items[next].0 <= depth).unwrap_or(level.end);
            level = place + 1..end;
            depth += 1;
            value = if rest.is_empty() { b"0" } else { rest };
        }
    }

    /// The entry with this title or id, in whatever submenu, in upper or lower case: what may be meant.
    pub(in crate::lint) fn similar(&self, value: &[u8]) -> Option<usize> {
        let leaf = value.rsplit(|&byte| byte == b'>').next().unwrap_or(value).trim_ascii();
        let mut entries = self.items.iter().filter_map(|(_, item)| match item {
            Item::Entry(entry) => Some(*entry),
            Item::Submenu(_) => None,
        });
        entries.find(|&entry| {
            let (title, id) = self.names(Item::Entry(entry));
            title.eq_ignore_ascii_case(leaf) || id.is_some_and(|id| id.eq_ignore_ascii_case(leaf))
        })
    }

    fn is_called(&self, item: Item, name: &[u8]) -> bool {
        let (title, id) = self.names(item);
        title == name || id.is_some_and(|id| id == name)
    }

    fn has_id_option(&self) -> bool {
        *self
            .has_id_option
            .get_or_init(|| memchr::memmem::find(self.configuration.text, b"menuentry_id_option=\"--id\"").is_some())
    }

    /// Title and id of an item.
    fn names(&self, item: Item) -> (Vec<u8>, Option<Vec<u8>>) {
        let config = self.configuration.config;
        let header: Span = match item {
            Item::Entry(index) => config.entries[index].header,
            Item::Submenu(index) => config.submenus[index].header,
        };
        let mut title = None;
        let mut id = None;
        let mut words = words(self.configuration.at(header)).into_iter().map(|word| word.text).skip(1);
        while let Some(word) = words.next() {
            match word.as_slice() {
                b"--id" => id = words.next(),
                b"$menuentry_id_option" | b"${menuentry_id_option}" => {
                    id = if self.has_id_option() { words.next() } else { id };
                }
                b"--class" | b"--users" | b"--hotkey" | b"--source" => drop(words.next()),
                option if option.starts_with(b"--id=") => id = Some(option[5..].to_vec()),
                option if option.starts_with(b"--") => {}
                _ => title = title.or(Some(word)),
            }
        }
        (title.unwrap_or_default(), id)
    }
}

/// The number that GRUB reads at the start of a value, whatever follows it: decimal, `0x1`, octal `010`, but `08` is 8. Nothing where there is
/// none.
pub(in crate::lint) fn number(value: &[u8]) -> Option<u64> {
    crate::grub::number::read(value).ok().map(|(number, _)| number)
}

/// Whether a value is a path through submenus.
pub(in crate::lint) fn is_path(value: &[u8]) -> bool {
    split_path(value).0.len() < value.len()
}

/// What stands before the first `>` and what after it; `>>` stands for the character itself.
fn split_path(value: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while at < value.len() {
        if value[at] == b'>' {
            if value.get(at + 1) != Some(&b'>') {
                return (&value[..at], &value[at + 1..]);
            }
            at += 1;
        }
        at += 1;
    }
    (value, &[])
}

fn unescaped(spec: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(spec.len());
    let mut bytes = spec.iter().peekable();
    while let Some(&byte) = bytes.next() {
        plain.push(byte);
        if byte == b'>' {
            bytes.next_if(|next| **next == b'>');
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::{self, Options};
    use crate::config::Dialect;
    use crate::lint::analysis::context::LintContext;
    use crate::target::Kind;

    const MENU: &str = "menuentry \"A\" --id ida {\nlinux /a\n}\nsubmenu 'S>T' --id 'ids' {\n\
        menuentry 'B' {\nlinux /b\n}\nsubmenu \"U\" {\nmenuentry \"C\" --id=idc {\nlinux /c\n}\n}\n}\n\
        menuentry \"D\" {\nlinux /d\n}\n";

    fn chosen(text: &str, value: &str) -> Option<(usize, bool)> {
        let run = boot::run_config("grub.cfg", Dialect::Grub2, text.as_bytes().to_vec(), Options::default());
        let context = LintContext::new(&run, Kind::Config);
        let configuration = context.configuration().unwrap();
        let choice = GrubMenu::new(&configuration).choose(value.as_bytes());
        choice.entry.map(|entry| (entry, choice.named))
    }

    // Expected values: grub-emu 2.06, the entry that it says it boots (`set default=VALUE`).
    #[test]
    fn chooses_as_grub_does() {
        for (value, want) in [
            ("0", (0, true)),
            ("1", (1, true)),
            ("2", (3, true)),
            ("3", (0, false)),
            ("1>1", (2, true)),
            ("1>0", (1, true)),
            ("A", (0, true)),
            ("ida", (0, true)),
            ("D", (3, true)),
            ("B", (0, false)),
            ("S>>T", (1, true)),
            ("S>>T>B", (1, true)),
            ("ids>U>idc", (2, true)),
            ("2nd", (3, true)),
            ("0x2", (3, true)),
            ("+2", (0, false)),
        ] {
            assert_eq!(chosen(MENU, value), Some(want), "{value}");
        }
        assert_eq!(chosen("submenu 'S' {\n}\n", "0"), None);
        assert_eq!(chosen("", "0"), None);
    }
}
