//! What a guest could do to the host through its own disk, tried. Everything that a link leads to lies in a folder of the test's
//! own, which is compared before and after.

mod installer_links;
mod installer_losses;
mod installer_signals;
mod machine;
mod read_links;
mod secrets_programs;
mod settings;
mod writer_links;
