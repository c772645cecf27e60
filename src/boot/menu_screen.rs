//! The words of the menu's screen, and where they stand: what the drop-in draws, and what a report shows.

use crate::python::Int;

/// The first cell of the window with the entries.
pub(crate) const WINDOW_AT: (usize, usize) = (2, 1);
/// The first line of the screen, and where it stands.
pub(crate) const HEADLINE: ((usize, usize), &str) = ((1, 4), "pyGRUB  version 0.7");
/// The window with what the keys do: its size and its first cell.
pub(crate) const HELP_WINDOW: ((usize, usize), (usize, usize)) = ((10, 70), (12, 5));
/// Its first line; arrows are drawn over its `U` and its `D`.
pub(crate) const HELP_ARROWS: &str = "Use the U and D keys to select which entry is highlighted.";
/// Its other lines, where entries can be edited.
pub(crate) const HELP_UNLOCKED: [&str; 3] = [
    "Press enter to boot the selected OS, 'e' to edit the",
    "commands before booting, 'a' to modify the kernel arguments ",
    "before booting, or 'c' for a command line.",
];
/// Its other lines, until the password is given.
pub(crate) const HELP_LOCKED: [&str; 2] =
    ["Press enter to boot the selected OS or `p` to enter a", "password to unlock the next set of features."];
/// Where the clock stands.
pub(crate) const CLOCK: (usize, usize) = (20, 5);

/// What the clock says, while it runs.
pub(crate) fn clock(seconds: &Int) -> Option<String> {
    let runs = !seconds.is_negative() && seconds.to_i64() != Some(0);
    runs.then(|| format!("Will boot selected entry in {:>2} seconds", seconds.to_string()))
}
