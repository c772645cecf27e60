//! The rooms of `src/` and the direction of the arrows between them: a room imports only from rooms that stand before it. The test
//! reads the sources and names the offender.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use walkdir::WalkDir;

use crate::common::program::root;

/// The rooms in their order, lowest first. A room may import from every room before it.
const ROOMS: [&str; 24] = [
    "python",
    "escape",
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
    "cli",
    "main",
];

/// The rooms of the linter in their order. `registry` lists the rules, `mod` is the way in.
const LINTER: [&str; 8] = ["engine", "analysis", "rules", "registry", "selection", "mod", "explaining", "autofix"];

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
