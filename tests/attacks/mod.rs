//! What a guest might try against the host, one file a kind of attack. All inputs are harmless: they do nothing where they succeed.

mod advisories;
mod memory;
mod runner_commands;
