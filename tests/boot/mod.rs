//! Whole runs, against the installed pygrub.

mod images;
