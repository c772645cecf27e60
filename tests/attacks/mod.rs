//! What a guest might try against the host, one file a kind of attack. All inputs are harmless: what a link leads to lies in a
//! folder of the test's own, and nothing does anything where it succeeds.

mod advisories;
mod another_host;
mod beside_kernels;
mod busy_images;
mod chosen_kinds;
mod delimiters;
mod filled_directories;
mod forged_lines;
mod found_domains;
mod handed_over;
mod hidden_by_mounts;
mod installer_links;
mod installer_losses;
mod installer_races;
mod installer_signals;
mod lying_worker;
mod machine;
mod memory;
mod menu_signals;
mod named_by_images;
mod outputs;
mod oversized;
mod packed_images;
mod read_links;
mod runner_commands;
mod sandbox_required;
mod secrets_programs;
mod settings;
mod shown_menus;
mod signals;
mod writer_attributes;
mod writer_links;
mod writer_races;
mod writer_signals;
mod xapi_database;
