//! What a guest might try against the host, one file a kind of attack. All inputs are harmless: what a link leads to lies in a
//! folder of the test's own, and nothing does anything where it succeeds.

mod advisories;
mod installer_links;
mod installer_losses;
mod installer_signals;
mod machine;
mod memory;
mod read_links;
mod runner_commands;
mod secrets_programs;
mod settings;
mod writer_links;
