//! Whether to use colours and links: what the command line says, then the environment, then the terminal.

use std::env;
use std::ffi::OsStr;
use std::io::{self, IsTerminal};

use crate::cli::output_args::Color;
use crate::cli::runner_commands;

/// What the environment asks for, whatever the terminal is: `None` if nothing.
///
/// `NO_COLOR` wins over what forces colours, as <https://no-color.org> has it for what a user sets once; `FORCE_COLOR` and
/// `CLICOLOR_FORCE` count unless they are empty, `0` or `false`.
fn from_environment(get: impl Fn(&str) -> Option<std::ffi::OsString>) -> Option<bool> {
    let is_set = |name: &str| get(name).filter(|value| !value.is_empty());
    let says_no = |value: &OsStr| value == "0" || value == "false";
    if is_set("NO_COLOR").is_some() {
        return Some(false);
    }
    let forced = ["FORCE_COLOR", "CLICOLOR_FORCE"].into_iter().filter_map(is_set).collect::<Vec<_>>();
    if forced.iter().any(|value| !says_no(value)) {
        return Some(true);
    }
    let refused = is_set("FORCE_COLOR").is_some() || is_set("CLICOLOR").is_some_and(|value| says_no(&value));
    refused.then_some(false)
}

/// Whether standard output gets colours.
pub(super) fn is_colored(color: Color) -> bool {
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => from_environment(|name| env::var_os(name))
            .unwrap_or_else(|| io::stdout().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb")),
    }
}

/// Whether standard output gets links to files: only a terminal that shows them does (`FORCE_HYPERLINK` overrides what is known of it),
/// and no runner whose log only looks like one.
pub(super) fn has_links(color: Color) -> bool {
    !matches!(color, Color::Never)
        && io::stdout().is_terminal()
        && !runner_commands::are_obeyed()
        && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout)
}

/// How clap colours help and errors: it sees the terminal by itself.
pub(super) fn for_clap() -> clap::ColorChoice {
    match from_environment(|name| env::var_os(name)) {
        Some(true) => clap::ColorChoice::Always,
        Some(false) => clap::ColorChoice::Never,
        None => clap::ColorChoice::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_has_an_order() {
        let of = |set: &[(&str, &str)]| {
            from_environment(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into()))
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1"), ("CLICOLOR_FORCE", "1")]), Some(false));
        assert_eq!(of(&[("NO_COLOR", ""), ("FORCE_COLOR", "1")]), Some(true));
        assert_eq!(of(&[("FORCE_COLOR", "3")]), Some(true));
        assert_eq!(of(&[("FORCE_COLOR", "0")]), Some(false));
        assert_eq!(of(&[("CLICOLOR_FORCE", "1"), ("CLICOLOR", "0")]), Some(true));
        assert_eq!(of(&[("CLICOLOR_FORCE", "0")]), None);
        assert_eq!(of(&[("CLICOLOR", "0")]), Some(false));
        assert_eq!(of(&[("CLICOLOR", "1")]), None);
    }
}
