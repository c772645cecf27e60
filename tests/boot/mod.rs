//! Whole runs, against the installed pygrub.

mod images;
mod menu;
mod robustness;
mod terminal;
