//! GRUB's variables: contexts that begin with what is exported, and hooks of a few names.

use std::collections::BTreeMap;

use super::memory;
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
    /// How many bytes the variables take.
    size: usize,
    /// The entries that were defined in it.
    pub menu: Vec<std::rc::Rc<MenuEntry>>,
}

/// The variables that other parts of GRUB watch: they can be emptied, not removed.
const WATCHED: [&[u8]; 3] = [b"root", b"color_normal", b"color_highlight"];

/// What a variable takes beside the bytes of its name and value.
const NAME: usize = 3 * memory::EACH;

impl Context {
    /// A context inside this one: with what is exported, or with everything.
    pub(super) fn inner(&self, everything: bool) -> Self {
        let mut size = 0_usize;
        let inherited = self.variables.iter().filter(|(_, variable)| everything || variable.exported);
        let variables = inherited
            .map(|(name, variable)| {
                size = size.saturating_add(NAME + name.len() + variable.value.len());
                (name.clone(), Variable { value: variable.value.clone(), exported: true })
            })
            .collect();
        Self { variables, size, menu: Vec::new() }
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
        // Most of what is set is there already.
        let variable = match self.variables.get_mut(name) {
            Some(variable) => variable,
            None => self.variable(name),
        };
        let before = variable.value.len();
        variable.value.clear();
        variable.value.extend_from_slice(value);
        self.size = self.size.saturating_add(value.len()).saturating_sub(before);
    }

    /// A variable, which is made if it does not exist.
    fn variable(&mut self, name: &[u8]) -> &mut Variable {
        self.variables.entry(name.to_vec()).or_insert_with(|| {
            self.size = self.size.saturating_add(NAME + name.len());
            Variable::default()
        })
    }

    /// How many bytes the variables take.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn unset(&mut self, name: &[u8]) {
        if WATCHED.contains(&name) {
            self.set(name, b"");
        } else {
            if let Some(removed) = self.variables.remove(name) {
                self.size = self.size.saturating_sub(NAME + name.len() + removed.value.len());
            }
        }
    }

    pub(super) fn export(&mut self, name: &[u8]) {
        self.variable(name).exported = true;
    }

    /// All names and values, in the order of the names.
    pub(super) fn all(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.variables.iter().map(|(name, variable)| (name.as_slice(), variable.value.as_slice()))
    }
}
