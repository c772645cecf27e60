//! A wrong call in one sentence: what the parser of the command line objects to, in the form of every other error.

use std::env;
use std::error::Error as _;
use std::path::Path;

use clap::Command;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::target_name::TargetName;

/// Options that are required where another one is given.
const NEEDED_BY: [(&str, &str); 4] =
    [("--recursive", "--exclude"), ("--to", "--from"), ("--output", "--force"), ("--template", "--format template")];

/// What is wrong with the call, and what to do.
pub(super) fn sentence(error: &clap::Error, table: &Command) -> String {
    let command = command(table, env::args().skip(1));
    let help = format!("`{command} --help`");
    let option = one(error, ContextKind::InvalidArg).map(|arg| named(&arg));
    let option = option.unwrap_or_else(|| "an argument".to_owned());
    let value = one(error, ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::InvalidSubcommand => unknown_command(error, &command),
        ErrorKind::UnknownArgument => unknown_argument(error, &command),
        ErrorKind::InvalidValue if value.is_empty() => format!("{option} needs a value: {help} shows which"),
        ErrorKind::InvalidValue => {
            let values = all(error, ContextKind::ValidValue);
            format!("`{value}` is not a value of {option}: use {}", listed(&values, "or"))
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            // Some name the value themselves.
            match why.contains(&format!("`{value}`")) {
                true => format!("{option}: {why}"),
                false => format!("`{value}` is not a value of {option}: {why}"),
            }
        }
        ErrorKind::MissingRequiredArgument => missing(error, &command),
        ErrorKind::ArgumentConflict => {
            let others: Vec<String> = all(error, ContextKind::PriorArg).iter().map(|arg| named(arg)).collect();
            match others.contains(&option) {
                true => format!("{option} is given more than once: give it once"),
                false => format!("{option} and {} exclude each other: leave one out", listed(&others, "and")),
            }
        }
        ErrorKind::TooManyValues if one(error, ContextKind::InvalidArg).is_some_and(|arg| arg.starts_with('-')) => {
            format!("{option} takes no value: leave `{value}` out")
        }
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8: only names of files may be anything else".to_owned(),
        // No option of this program ends here.
        _ => {
            let text = error.render().to_string();
            let first = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
            format!("{first}: {help} shows how it is called")
        }
    }
}

/// The command that is called, with its subcommands.
fn command(table: &Command, arguments: impl Iterator<Item = String>) -> String {
    let (mut words, mut table) = (vec!["pregrub".to_owned()], Some(table));
    for argument in arguments {
        table = table.and_then(|table| table.find_subcommand(&argument));
        if table.is_none() {
            break;
        }
        words.push(argument);
    }
    words.join(" ")
}

fn unknown_command(error: &clap::Error, command: &str) -> String {
    let word = one(error, ContextKind::InvalidSubcommand).unwrap_or_default();
    if Path::new(&word).exists() {
        let target = TargetName::from(word.as_str()).shell_word();
        return format!("`{word}` is a target, not a command: pregrub check {target}");
    }
    let list = format!("`{command} --help` lists the commands");
    // The closest comes last.
    match all(error, ContextKind::SuggestedSubcommand).last() {
        Some(closest) => format!("there is no command `{word}`; the closest is `{closest}`, and {list}"),
        None => format!("there is no command `{word}`: {list}"),
    }
}

fn unknown_argument(error: &clap::Error, command: &str) -> String {
    let word = one(error, ContextKind::InvalidArg).unwrap_or_default();
    let help = format!("`{command} --help`");
    if !word.starts_with('-') {
        return format!("`{command}` takes no argument `{word}`: {help} shows how it is called");
    }
    let what = format!("`{command}` has no option `{word}`");
    match one(error, ContextKind::SuggestedArg) {
        _ if Path::new(&word).exists() => format!("{what}: write `./{word}` for the file of this name"),
        Some(closest) => format!("{what}; the closest is {closest}, and {help} lists them"),
        None => format!("{what}: {help} lists them"),
    }
}

fn missing(error: &clap::Error, command: &str) -> String {
    let missing: Vec<String> = all(error, ContextKind::InvalidArg).iter().map(|arg| named(arg)).collect();
    let needed_by = missing.first().and_then(|missing| {
        let (_, by) = NEEDED_BY.into_iter().find(|(option, _)| option == missing)?;
        // The first word of it is on the command line, unless the option is one that the command always needs.
        let option = by.split(' ').next().unwrap_or(by);
        env::args().any(|argument| argument.split('=').next() == Some(option)).then_some(by)
    });
    match needed_by {
        Some(by) => format!("{by} needs {}: `{command} --help` shows how it is called", listed(&missing, "and")),
        None => format!("`{command}` needs {}: `{command} --help` shows how it is called", listed(&missing, "and")),
    }
}

/// An option or argument without its value: `--jobs` of `--jobs <N>`, `TARGET` of `[TARGET]...`.
fn named(arg: &str) -> String {
    let first = arg.split([' ', '=']).next().unwrap_or(arg);
    first.trim_end_matches("...").trim_matches(['<', '>', '[', ']']).to_owned()
}

fn one(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => texts.first().cloned(),
        _ => None,
    }
}

fn all(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

/// `a, b or c`.
fn listed(words: &[String], last: &str) -> String {
    match words.split_last() {
        Some((end, others)) if !others.is_empty() => format!("{} {last} {end}", others.join(", ")),
        _ => words.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_named_without_their_values() {
        assert_eq!(named("--jobs <N>"), "--jobs");
        assert_eq!(named("[TARGET]..."), "TARGET");
        assert_eq!(named("<TEXT|@FILE>"), "TEXT|@FILE");
        assert_eq!(listed(&["a".to_owned(), "b".to_owned(), "c".to_owned()], "or"), "a, b or c");
        assert_eq!(listed(&["a".to_owned()], "or"), "a");
    }

    #[test]
    fn the_command_has_its_subcommands() {
        let table = Command::new("pregrub").subcommand(Command::new("generate").subcommand(Command::new("xl")));
        let of = |words: &[&str]| command(&table, words.iter().map(|word| (*word).to_owned()));
        assert_eq!(of(&["generate", "xl", "--phase"]), "pregrub generate xl");
        assert_eq!(of(&["x", "generate"]), "pregrub");
    }
}
