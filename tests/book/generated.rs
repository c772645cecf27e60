//! Pages that are written from the program and its source: the command line, and what changed from release to release.

use std::fmt::Write as _;
use std::fs;

use super::writes;
use crate::common::program::{root, run};

pub(super) fn compare(name: &str, text: &str) {
    let path = root().join(name);
    if writes() {
        fs::write(&path, text).unwrap();
    }
    let is_fresh = fs::read_to_string(&path).is_ok_and(|page| page == text);
    assert!(is_fresh, "{name} is old: BOOK=write cargo test --all-features --test integration book::generated");
}

#[test]
fn the_command_line() {
    let ended = run(&["man", "--format", "markdown"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    compare("docs/command-line.md", &ended.stdout);
}

/// What a subcommand's own help says it does is what the list of subcommands says.
#[test]
fn each_command_is_described_as_in_the_list() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let list = run(&["--help"]).stdout;
    let (_, list) = list.split_once("Commands:\n").unwrap();
    let list = list.split("\n\n").next().unwrap().replace("\n   ", " ");
    let commands: Vec<_> = list.lines().filter_map(|line| line.trim().split_once(' ')).collect();
    assert!(commands.len() > 15, "{list}");
    // The drop-in answers as pygrub does.
    for (name, about) in commands.into_iter().filter(|(name, _)| !["help", "pygrub"].contains(name)) {
        let help = run(&[name, "--help"]).stdout;
        assert!(words(&help).starts_with(&words(about)), "{name}: {about}\n{help}");
    }
}

const RELEASES: &str = "# Releases

pregrub knows what changed from one Xen release to the next, from 4.0 to 4.22: in pygrub, in how libxl and xl call it, and in the domain \
builder that loads what it found. `--release 4.17` means the latest point release of 4.17, `--release 4.17.2` that one.

Each row says what is so *from* a release on. *Also in* names point releases of older lines that got the change as well. In parentheses \
are the commits in xen.git.

Written by a test (`tests/book/generated.rs`) from the table in `src/release.rs`, on which the program itself runs. The rows on pygrub were measured \
by running both sides. What distributors change is in [flavours](flavours.md).

| from | also in | what is so |
| --- | --- | --- |
";

/// A row of the table in `src/release.rs`: `Linux16 = 5 [2.5, 3.3, 4.1];` with the comment before it.
fn row(name: &str, comment: &str) -> ((u8, String), String) {
    let (_, numbers) = name.trim_end_matches(';').split_once(" = ").unwrap();
    let (first, backports) = numbers.split_once(" [").unwrap_or((numbers, ""));
    let backports: Vec<String> = backports
        .trim_end_matches(']')
        .split(", ")
        .filter(|one| !one.is_empty())
        .map(|one| format!("4.{one}"))
        .collect();
    let text = comment.replace('|', "\\|");
    let line = format!("| 4.{first} | {} | {text} |\n", backports.join(", "));
    ((first.parse().unwrap(), name.to_owned()), line)
}

#[test]
fn releases() {
    let source = fs::read_to_string(root().join("src/release.rs")).unwrap();
    let table = source.split_once("\nchanges! {\n").unwrap().1.split_once("\n}\n").unwrap().0;
    let mut rows = Vec::new();
    let mut comment = String::new();
    for line in table.lines().map(str::trim) {
        if let Some(more) = line.strip_prefix("/// ") {
            let _ = write!(comment, "{}{more}", if comment.is_empty() { "" } else { " " });
        } else {
            rows.push(row(line, &std::mem::take(&mut comment)));
        }
    }
    assert!(rows.len() > 40, "the table is found");
    // In the order of the releases; within one, that of the table.
    rows.sort_by_key(|((first, _), _)| *first);
    let lines: String = rows.into_iter().map(|(_, line)| line).collect();
    compare("docs/releases.md", &format!("{RELEASES}{lines}"));
}
