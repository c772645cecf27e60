//! The book in `docs/`: its examples run and print what the pages say, its links lead somewhere, what is generated is fresh.
//!
//! `BOOK=write cargo test --all-features --test integration book` writes outputs and generated pages anew.

mod examples;
mod generated;
mod html;
mod links;
mod page;
mod schema_page;

/// Whether pages are to be written instead of compared.
fn writes() -> bool {
    std::env::var_os("BOOK").is_some_and(|value| value == "write")
}
