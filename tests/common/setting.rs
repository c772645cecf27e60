//! What the environment sets, for longer runs at a desk.

use std::fmt::Display;
use std::str::FromStr;

/// A number: how many rounds, which seed.
pub fn setting<N: FromStr<Err: Display>>(name: &str, otherwise: N) -> N {
    match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|error| panic!("{name}={text}: {error}")),
        Err(_) => otherwise,
    }
}
