//! The rooms of `src/` and the direction of the arrows between them: a room imports only from rooms that stand before it. The test
//! reads the sources and names the offender.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

use crate::common::program::root;

/// The rooms in their order, lowest first. A room may import from every room before it.
const ROOMS: [&str; 28] = [
    "size",
    "python",
    "escape",
    "shell_text",
    "system_error",
    "json",
    "release",
    "flavour",
    "decompress",
    "config",
    "storage",
    "host",
    "boot",
    "grub",
    "initrd",
    "kernel",
    "xl",
    "explain",
    "toolstack",
    "target",
    "simulation",
    "compare",
    "lint",
    "generate",
    "report",
    "check",
    "cli",
    "main",
];

/// The rooms of the linter in their order. `registry` lists the rules, `mod` is the way in.
const LINTER: [&str; 8] = ["engine", "analysis", "rules", "registry", "selection", "mod", "explaining", "autofix"];

/// Type names that several drivers have, each in its own folder of `storage/`: one concept of the field, in several formats.
const IN_EVERY_DRIVER: [&str; 3] = ["Superblock", "Inode", "Extent"];

fn place(room: &str) -> Option<usize> {
    ROOMS.iter().position(|known| *known == room)
}

/// A source without its comments and unit tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// What follows each `crate::` of a source, as far as the first character that is not part of a name.
fn imported<'a>(code: &'a str, prefix: &str) -> BTreeSet<&'a str> {
    let names = code.split(prefix).skip(1);
    names.map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or_default()).collect()
}

fn sources(folder: &Path) -> impl Iterator<Item = walkdir::DirEntry> {
    let files = WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    files.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
}

#[test]
fn arrows_go_one_way() {
    let src = root().join("src");
    let mut offenders = Vec::new();
    for entry in sources(&src) {
        let relative = entry.path().strip_prefix(&src).unwrap();
        let room = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        if room == "lib" {
            continue;
        }
        let Some(here) = place(room) else {
            offenders.push(format!("src/{}: the room `{room}` has no place in ROOMS", relative.display()));
            continue;
        };
        let code = code(entry.path());
        for name in imported(&code, "crate::") {
            match place(name) {
                Some(there) if there > here => {
                    offenders.push(format!(
                        "src/{}: `{room}` imports from `{name}`, which stands above it",
                        relative.display()
                    ));
                }
                _ => {}
            }
        }
    }
    assert!(offenders.is_empty(), "{}", offenders.join("\n"));
}

#[test]
fn the_order_has_no_room_that_is_gone() {
    let src = root().join("src");
    let gone: Vec<_> =
        ROOMS.iter().filter(|room| !src.join(room).is_dir() && !src.join(format!("{room}.rs")).is_file()).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

/// The analysis of a target knows no rule, and no rule knows how findings are written.
#[test]
fn the_linter_keeps_its_rooms() {
    let lint = root().join("src/lint");
    let mut offenders = Vec::new();
    for entry in sources(&lint) {
        let relative = entry.path().strip_prefix(&lint).unwrap();
        let room = relative.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
        let here = LINTER.iter().position(|known| *known == room).unwrap();
        for name in imported(&code(entry.path()), "crate::lint::") {
            // What is no room is one of the names that the way in has.
            let there = LINTER
                .iter()
                .position(|known| *known == name)
                .or_else(|| LINTER.iter().position(|known| *known == "mod"));
            if there.unwrap() > here {
                offenders.push(format!("src/lint/{}: `{room}` imports from `{name}`", relative.display()));
            }
        }
    }
    assert!(offenders.is_empty(), "{}", offenders.join("\n"));
}

/// The name of the type that a line declares for other files than its own.
fn visible_type(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub")?;
    let rest = rest.strip_prefix('(').map_or(Some(rest), |scope| scope.split_once(')').map(|(_, rest)| rest))?;
    let (kind, rest) = rest.trim_start().split_once(' ')?;
    let name = rest.split(|c: char| !c.is_ascii_alphanumeric()).next()?;
    (["struct", "enum", "trait", "type", "union"].contains(&kind) && name.starts_with(char::is_uppercase))
        .then_some(name)
}

/// One name, one meaning: a type that other files see is declared once in the crate. What is private to a file is its own business.
#[test]
fn a_type_name_has_one_meaning() {
    let src = root().join("src");
    let mut declared: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in sources(&src) {
        let file = entry.path().strip_prefix(&src).unwrap().display().to_string();
        for name in code(entry.path()).lines().filter_map(visible_type) {
            declared.entry(name.to_owned()).or_default().push(file.clone());
        }
    }
    assert!(declared.len() > 500, "the declarations are found: {}", declared.len());
    let driver = |file: &String| {
        file.strip_prefix("storage/").and_then(|rest| rest.split_once('/')).map(|(name, _)| name.to_owned())
    };
    let is_fine = |name: &str, files: &[String]| {
        let drivers: BTreeSet<_> = files.iter().filter_map(driver).collect();
        files.len() == 1 || IN_EVERY_DRIVER.contains(&name) && drivers.len() == files.len()
    };
    let offenders: Vec<_> = declared
        .iter()
        .filter(|(name, files)| !is_fine(name, files))
        .map(|(name, files)| format!("`{name}` is declared in {}", files.join(", ")))
        .collect();
    assert!(offenders.is_empty(), "{}", offenders.join("\n"));
    let unused: Vec<_> =
        IN_EVERY_DRIVER.iter().filter(|name| declared.get(**name).is_none_or(|files| files.len() < 2)).collect();
    assert!(unused.is_empty(), "allowed without need: {unused:?}");
}

#[test]
fn declarations_are_found() {
    let lines = [
        ("pub struct Run {", Some("Run")),
        ("    pub(in crate::lint) enum Fix<'a> {", Some("Fix")),
        ("pub(crate) type Sink<'a> = dyn FnMut(&[u8]);", Some("Sink")),
        ("struct Private;", None),
        ("pub fn Name() {", None),
        ("pub use self::Run;", None),
    ];
    for (line, expected) in lines {
        assert_eq!(visible_type(line), expected, "{line}");
    }
}
