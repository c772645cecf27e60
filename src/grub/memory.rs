//! How much memory a run may take: what it keeps is counted, about as much as the allocator hands out for it.

use super::interpreter::Stop;
use super::menu::MenuEntry;

/// The most bytes that a run keeps at a time: entries, variables, words, functions, what is loaded and what is reported.
pub(super) const MOST: usize = 24 << 20;
/// The most words of one command. The longest command line that a kernel takes has some thousand.
pub(super) const MOST_WORDS: usize = 1 << 16;
/// The most bytes that are kept of a trace.
pub(super) const MOST_TRACE: usize = 8 << 20;

/// What anything that is kept costs beside its bytes: its own fields, and what the allocator needs.
pub(super) const EACH: usize = 56;
/// What an entry of the menu costs beside its words and its text, with the item that is shown.
const ENTRY: usize = 512;

/// What words cost.
pub(super) fn of_words(words: &[Vec<u8>]) -> usize {
    words.iter().map(|word| word.len().saturating_add(EACH)).sum()
}

/// What an entry costs.
pub(super) fn of_entry(entry: &MenuEntry) -> usize {
    let words = of_words(&entry.classes) + of_words(&entry.arguments);
    let options = [entry.users.as_ref(), entry.hotkey.as_ref(), Some(&entry.title), Some(&entry.id)];
    let options: usize = options.into_iter().flatten().map(Vec::len).sum();
    ENTRY + words + options + entry.source.size()
}

/// Why a run ends that would keep more.
pub(super) fn exceeded() -> Stop {
    Stop::Limit(format!(
        "pregrub stops after {} MiB of what the configuration makes: entries, variables, words and messages",
        MOST >> 20
    ))
}
