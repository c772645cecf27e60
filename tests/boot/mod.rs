//! Whole runs, against the installed pygrub.

mod fat;
mod images;
mod menu;
mod robustness;
mod terminal;
