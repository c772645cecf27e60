//! The reference page of all commands in Markdown, from the table of options that parses the command line.

use std::fmt::{self, Write};

use clap::builder::PossibleValue;
use clap::{Arg, Command};

/// The beginning of the page of all commands.
const HEAD: &str = "# The command line

Written by `pregrub man --format markdown > docs/command-line.md` from the table that parses the command line. `pregrub COMMAND --help` \
prints the same, and so do the manual pages (`pregrub man COMMAND`).

";

/// The page of `command`, a built one, and of all below it.
pub(super) fn page(command: &Command) -> Result<String, fmt::Error> {
    let mut text = HEAD.to_owned();
    let name = |command: &Command| command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let commands = visible(command);
    writeln!(text, "| command | what it does |\n| --- | --- |")?;
    for one in &commands {
        let about = one.get_about().map(ToString::to_string).unwrap_or_default();
        let anchor = name(one).replace(' ', "-");
        writeln!(text, "| [`{}`](#{anchor}) | {} |", name(one), escaped(&about).replace('|', "\\|"))?;
    }
    for one in commands {
        writeln!(text, "\n## {}\n", name(one))?;
        section(&mut text, one)?;
    }
    Ok(text)
}

/// The commands below this one, each followed by those below it.
fn visible(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|one| !one.is_hide_set() && one.get_name() != "help");
    below.flat_map(|one| std::iter::once(one).chain(visible(one))).collect()
}

fn section(text: &mut String, command: &Command) -> fmt::Result {
    if let Some(about) = command.get_long_about().or(command.get_about()) {
        writeln!(text, "{}.\n", escaped(&about.to_string()))?;
    }
    let usage = command.clone().render_usage().to_string();
    writeln!(text, "```text\n{}\n```", usage.trim_start_matches("Usage: ").trim_end())?;
    let shown: Vec<&Arg> = command.get_arguments().filter(|arg| !arg.is_hide_set() && arg.get_id() != "help").collect();
    let mut headings: Vec<&str> = Vec::new();
    for arg in &shown {
        if !headings.contains(&heading(arg)) {
            headings.push(heading(arg));
        }
    }
    // Arguments come first, then the options without a heading of their own.
    headings.sort_by_key(|heading| match *heading {
        "Arguments" => 0,
        "Options" => 1,
        _ => 2,
    });
    for title in headings {
        writeln!(text, "\n**{title}**\n")?;
        for arg in shown.iter().filter(|arg| heading(arg) == title) {
            argument(text, arg)?;
        }
    }
    if let Some(after) = command.get_after_long_help().or(command.get_after_help()) {
        writeln!(text, "\n{}", escaped(&after.to_string()))?;
    }
    Ok(())
}

fn heading(arg: &Arg) -> &str {
    arg.get_help_heading().unwrap_or(if arg.is_positional() { "Arguments" } else { "Options" })
}

fn argument(text: &mut String, arg: &Arg) -> fmt::Result {
    let value = || {
        let names = arg.get_value_names().unwrap_or_default();
        names.iter().map(|name| format!("<{name}>")).collect::<Vec<_>>().join(" ")
    };
    let takes_value = arg.get_num_args().is_some_and(|range| range.takes_values());
    let mut names: Vec<String> = Vec::new();
    names.extend(arg.get_short().map(|short| format!("-{short}")));
    names.extend(arg.get_long().map(|long| format!("--{long}")));
    names.extend(arg.get_visible_aliases().unwrap_or_default().iter().map(|alias| format!("--{alias}")));
    let last = names.pop().unwrap_or_default();
    let called = match (last.is_empty(), takes_value) {
        (true, _) => value(),
        (false, true) => format!("{last} {}", value()),
        (false, false) => last,
    };
    names.push(called);
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    write!(text, "- {}: {}", names.join(", "), escaped(help.trim_end()).replace('\n', "\n  "))?;
    let defaults: Vec<String> =
        arg.get_default_values().iter().map(|value| value.to_string_lossy().into_owned()).collect();
    if takes_value && !defaults.is_empty() && !arg.is_hide_default_value_set() {
        write!(text, " [default: `{}`]", defaults.join(" "))?;
    }
    text.push('\n');
    let values: Vec<PossibleValue> = if takes_value { arg.get_possible_values() } else { Vec::new() };
    for value in values.iter().filter(|value| !value.is_hide_set()) {
        let help = value.get_help().map(|help| format!(": {}", escaped(&help.to_string()))).unwrap_or_default();
        writeln!(text, "  - `{}`{help}", value.get_name())?;
    }
    Ok(())
}

/// The text with what Markdown would read as markup escaped, but for code between backticks.
fn escaped(text: &str) -> String {
    let mut is_code = false;
    let mut escaped = String::new();
    for character in text.chars() {
        is_code ^= character == '`';
        if !is_code && matches!(character, '<' | '*' | '_' | '[' | ']' | '\\') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
