//! What a guest might try against the host, one file a kind of attack. All inputs are harmless: what a link leads to lies in a
//! folder of the test's own, and nothing does anything where it succeeds.

mod advisories;
mod another_host;
mod chosen_kinds;
mod delimiters;
mod forged_lines;
mod found_domains;
mod handed_over;
mod installer_links;
mod installer_losses;
mod installer_races;
mod installer_signals;
mod lying_worker;
mod machine;
mod memory;
mod oversized;
mod read_links;
mod runner_commands;
mod sandbox_required;
mod secrets_programs;
mod settings;
mod signals;
mod writer_links;
mod xapi_database;
