//! Whole runs, against the installed pygrub.

mod bounded;
mod containers;
mod fat;
mod images;
mod iso9660;
mod menu;
mod mutated;
mod reads;
mod reiserfs;
mod robustness;
mod terminal;
mod ufs;
mod xfs;
