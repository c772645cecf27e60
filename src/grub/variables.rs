//! GRUB's variables: contexts that begin with what is exported, and hooks of a few names.

use std::collections::BTreeMap;

use super::menu::MenuEntry;

/// A value, and whether new contexts get it.
#[derive(Clone, Debug, Default)]
struct Variable {
    value: Vec<u8>,
    exported: bool,
}

/// What a submenu, `configfile` or the main configuration has for itself: variables and a menu.
#[derive(Clone, Debug, Default)]
pub(super) struct Context {
    variables: BTreeMap<Vec<u8>, Variable>,
    /// The entries that were defined in it.
    pub menu: Vec<std::rc::Rc<MenuEntry>>,
}

/// The variables that other parts of GRUB watch: they can be emptied, not removed.
const WATCHED: [&[u8]; 3] = [b"root", b"color_normal", b"color_highlight"];

impl Context {
    /// A context inside this one: with what is exported, or with everything.
    pub(super) fn inner(&self, everything: bool) -> Self {
        let inherited = self.variables.iter().filter(|(_, variable)| everything || variable.exported);
        let variables = inherited
            .map(|(name, variable)| (name.clone(), Variable { value: variable.value.clone(), exported: true }))
            .collect();
        Self { variables, menu: Vec::new() }
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.variables.get(name).map(|variable| variable.value.as_slice())
    }

    pub(super) fn set(&mut self, name: &[u8], value: &[u8]) {
        let value = match (name, value) {
            // `(hd0,1)` is `hd0,1`.
            (b"root", [b'(', inner @ .., b')']) => inner,
            _ => value,
        };
        self.variables.entry(name.to_vec()).or_default().value = value.to_vec();
    }

    pub(super) fn unset(&mut self, name: &[u8]) {
        if WATCHED.contains(&name) {
            self.set(name, b"");
        } else {
            self.variables.remove(name);
        }
    }

    pub(super) fn export(&mut self, name: &[u8]) {
        self.variables.entry(name.to_vec()).or_default().exported = true;
    }

    /// All names and values, in the order of the names.
    pub(super) fn all(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.variables.iter().map(|(name, variable)| (name.as_slice(), variable.value.as_slice()))
    }
}
