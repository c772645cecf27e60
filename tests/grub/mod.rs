//! GRUB 2's interpreter against the real GRUB: grub-emu and grub-script-check of Debian's 2.06.

mod answers;
mod booted;
mod commands;
mod corpus;
mod fedora;
mod generator;
mod handing_over;
mod kernel_files;
mod language;
mod limits;
mod loaded;
mod menus;
mod program;
mod syntax;

/// How many cases a test makes: `count` in CI, as many as the environment says at the desk.
fn cases(variable: &str, count: usize) -> usize {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(count)
}

/// The first case of a test, so that several runs at the desk try different ones.
fn seed() -> u64 {
    std::env::var("PREGRUB_GRUB_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}
