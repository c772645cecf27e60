//! What pygrub writes to standard error about a configuration.

use super::attempt::Attempt;
use super::menu::Console;
use super::options::Options;
use super::outcome::Logged;
use crate::config::{Config, Dialect, Directive, Effect};
use crate::python::PyStr;

/// What pygrub writes to standard error when it has found a configuration.
pub(super) fn parse_log(dialect: Dialect, path: &str) -> PyStr {
    PyStr::from(&*format!("Using <class '{}'> to parse {path}", dialect.python_class()))
}

/// A warning as Python's logging writes it.
pub(super) fn warning_log(message: &[u8]) -> PyStr {
    [b"WARNING:root:", message].concat().into()
}

/// What parsing logs: warnings, and with `--debug` the directives that are known and ignored, line by line.
pub(super) fn log(attempt: &mut Attempt, config: &Config, text: &[u8], options: &Options, console: &mut dyn Console) {
    if !options.debug {
        for warning in config.warnings.iter() {
            console.say(&warning_log(warning.message.as_bytes()));
        }
        attempt.log.push(Logged::Warnings);
        return;
    }
    let mut ignored = ignored(config);
    ignored.reverse();
    let mut ignored_before = |attempt: &mut Attempt, console: &mut dyn Console, end: u32| {
        while let Some((what, directive)) = ignored.pop_if(|(_, directive)| directive.line.line < end) {
            let line: [&[u8]; 4] = [b"INFO:root:Ignored ", what.as_bytes(), b" ", directive.command(text)];
            attempt.say(console, line.concat().into());
        }
    };
    let warnings = config.warnings.iter().map(|warning| (warning.line, warning_log(warning.message.as_bytes())));
    let lowered = config.debug_messages.iter();
    let lowered = lowered.map(|message| (message.line, [b"DEBUG:root:", message.message.as_bytes()].concat().into()));
    let mut logged: Vec<(u32, PyStr)> = warnings.chain(lowered).collect();
    logged.sort_by_key(|(line, _)| *line);
    // There may be half a million of them: no more than they need, and never twice.
    attempt.log.reserve_exact(logged.len());
    for (number, line) in logged {
        ignored_before(attempt, console, number);
        attempt.say(console, line);
    }
    ignored_before(attempt, console, u32::MAX);
}

/// The directives that pygrub logs with `--debug`, in the order of their lines, and what it calls them.
fn ignored(config: &Config) -> Vec<(&'static str, &Directive)> {
    let of_file = config.directives.iter().map(|directive| ("directive", directive));
    let of_entries = config.entries.iter().flat_map(|entry| &entry.directives);
    let of_entries = of_entries.map(|directive| ("image directive", directive));
    let mut ignored: Vec<_> =
        of_file.chain(of_entries).filter(|(_, directive)| directive.effect == Effect::Ignored).collect();
    ignored.sort_by_key(|(_, directive)| directive.line.start);
    ignored
}
