//! The recorded behaviour of every release.

mod config;
mod flavours_config;
mod flavours_model;
mod flavours_runs;
mod runs;
