//! The recorded behaviour of every release.

mod config;
mod runs;
