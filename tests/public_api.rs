//! The public surface of the library is what a caller needs, and nothing comes or goes unseen: `docs/public-api.txt` lists it, read
//! from the sources as rustfmt writes them. Modules with `#[doc(hidden)]` are not part of it.
//!
//! `PUBLIC_API=write cargo test --all-features --test integration public_api` writes the file anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::program::root;

const LIST: &str = "docs/public-api.txt";

/// A source without comments and unit tests.
fn lines(path: &Path) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    text.lines().filter(is_code).map(str::to_owned).collect()
}

/// The file of the module `name` below the module whose file is `parent`.
fn file_of(parent: &Path, name: &str) -> PathBuf {
    let folder = match parent.file_stem().unwrap().to_str().unwrap() {
        "lib" | "mod" => parent.parent().unwrap().to_owned(),
        stem => parent.with_file_name(stem),
    };
    let file = folder.join(format!("{name}.rs"));
    if file.exists() { file } else { folder.join(name).join("mod.rs") }
}

/// The file of the module that the module of a file is in.
fn parent_of(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap();
    let folder = if file.ends_with("mod.rs") { folder.parent().unwrap() } else { folder };
    let sibling = folder.with_extension("rs");
    [folder.join("mod.rs"), sibling].into_iter().find(|file| file.exists()).unwrap_or_else(|| folder.join("lib.rs"))
}

/// The file that a path of modules leads to from a file.
fn follow(file: &Path, modules: &[String]) -> PathBuf {
    modules.iter().fold(file.to_owned(), |file, module| match module.as_str() {
        "crate" => root().join("src/lib.rs"),
        "self" => file,
        "super" => parent_of(&file),
        name => file_of(&file, name),
    })
}

/// From line `at` on as far as the end of a signature, on one line.
fn signature(lines: &[String], at: usize) -> String {
    let mut text = String::new();
    for line in &lines[at..] {
        text.push_str(line.trim());
        if line.ends_with(['{', ';', '}', ',']) && !line.ends_with("(,") && balanced(&text) {
            break;
        }
        text.push(' ');
    }
    let text = text.trim_end_matches([' ', '{', ';', ',']);
    text.split(" = ")
        .next()
        .unwrap_or_default()
        .split(" { ")
        .next()
        .unwrap_or_default()
        .replace("( ", "(")
        .replace(", )", ")")
}

fn balanced(text: &str) -> bool {
    let count = |wanted: char| text.chars().filter(|found| *found == wanted).count();
    count('(') == count(')') && count('[') == count(']')
}

/// The word after `keyword` in a line that declares something.
fn declared(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("pub ")?;
    let rest = rest.strip_prefix("const fn ").map_or(rest, |_| &rest["const ".len()..]);
    let (keyword, rest) = rest.split_once(' ')?;
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
    Some((keyword, &rest[..end]))
}

/// The names that a `pub use` makes public: the path of modules, the name there and the name here.
fn reexported(text: &str) -> Vec<(Vec<String>, String, String)> {
    let text = text.trim_start_matches("pub use ").trim_end_matches(';').replace(' ', "");
    let (path, names) = match text.split_once('{') {
        Some((path, names)) => (path.trim_end_matches("::").to_owned(), names.trim_end_matches('}').to_owned()),
        None => match text.rsplit_once("::") {
            Some((path, name)) => (path.to_owned(), name.to_owned()),
            None => return Vec::new(),
        },
    };
    let path: Vec<String> = path.split("::").filter(|part| *part != "self").map(str::to_owned).collect();
    names
        .split(',')
        .filter(|name| !name.is_empty())
        .map(|name| (path.clone(), name.to_owned(), name.to_owned()))
        .collect()
}

struct Surface {
    listed: BTreeSet<String>,
    /// The sources of the room that is being read, for the methods of its types.
    room: Vec<PathBuf>,
}

impl Surface {
    fn module(&mut self, file: &Path, path: &str) {
        let lines = lines(file);
        let mut at = 0;
        while at < lines.len() {
            let hidden = at > 0 && lines[at - 1].contains("doc(hidden)")
                || at > 1 && lines[at - 1].starts_with("#[") && lines[at - 2].contains("doc(hidden)");
            if lines[at].starts_with("pub use ") {
                let mut text = String::new();
                while at < lines.len() {
                    text.push_str(&lines[at]);
                    if lines[at].ends_with(';') {
                        break;
                    }
                    at += 1;
                }
                for (modules, name, here) in reexported(&text).into_iter().filter(|_| !hidden) {
                    self.item(&follow(file, &modules), &name, path, &here);
                }
            } else if let Some((keyword, name)) = declared(&lines[at]) {
                if hidden {
                } else if keyword == "mod" {
                    let inner = file_of(file, name);
                    let inner_path = format!("{path}::{name}");
                    if path == "pregrub" {
                        self.room = sources(&inner);
                    }
                    self.listed.insert(format!("mod {inner_path}"));
                    self.module(&inner, &inner_path);
                } else {
                    let name = name.to_owned();
                    self.item(file, &name, path, &name);
                }
            }
            at += 1;
        }
    }

    /// What is declared as `name` in a file, or handed on there.
    fn item(&mut self, file: &Path, name: &str, path: &str, here: &str) {
        let lines = lines(file);
        for (at, line) in lines.iter().enumerate() {
            if line.starts_with("pub use ")
                || line.starts_with("pub(crate) use ")
                || line.starts_with("pub(super) use ")
            {
                let end = lines[at..].iter().position(|line| line.ends_with(';')).map_or(at, |end| at + end);
                let text = lines[at..=end].concat();
                let text = text.split_once("use ").map(|(_, rest)| format!("pub use {rest}")).unwrap_or_default();
                if let Some((modules, ..)) = reexported(&text).into_iter().find(|(_, found, _)| found == name) {
                    return self.item(&follow(file, &modules), name, path, here);
                }
            }
            let Some((keyword, found)) = declared(line).filter(|(keyword, _)| *keyword != "mod") else { continue };
            if found != name {
                continue;
            }
            let signature = signature(&lines, at).replacen("pub ", "", 1);
            let shown = signature.replacen(&format!("{keyword} {name}"), &format!("{keyword} {path}::{here}"), 1);
            self.listed.insert(shown);
            let place = format!("{path}::{here}");
            if !lines[at].ends_with(['}', ';']) {
                self.members(&lines[at + 1..], keyword, &place);
            }
            if matches!(keyword, "struct" | "enum" | "type") {
                self.methods(name, &place);
            }
            return;
        }
    }

    /// Fields, variants, the methods of a trait.
    fn members(&mut self, lines: &[String], keyword: &str, place: &str) {
        for (at, line) in lines.iter().enumerate().take_while(|(_, line)| *line != "}") {
            let Some(text) = line.strip_prefix("    ").filter(|text| !text.starts_with([' ', '#', '}', ')'])) else {
                continue;
            };
            match keyword {
                "struct" => {
                    if let Some(field) = text.strip_prefix("pub ") {
                        self.listed.insert(format!("field {place}::{}", field.trim_end_matches(',')));
                    }
                }
                "enum" => {
                    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    self.listed.insert(format!("variant {place}::{name}"));
                }
                "trait" if text.starts_with("fn ") => {
                    let signature = signature(lines, at);
                    self.listed.insert(signature.replacen("fn ", &format!("fn {place}::"), 1));
                }
                _ => {}
            }
        }
    }

    /// The methods of a type: in any file of its room.
    fn methods(&mut self, name: &str, place: &str) {
        for file in self.room.clone() {
            let lines = lines(&file);
            let mut inside = false;
            for (at, line) in lines.iter().enumerate() {
                if line.starts_with("impl") {
                    let head = signature(&lines, at);
                    let of = head.trim_start_matches("impl").trim_start();
                    let of = if of.starts_with('<') { of.split_once("> ").map_or("", |(_, rest)| rest) } else { of };
                    let of = of.split(['<', ' ']).next().unwrap_or_default();
                    inside = !head.contains(" for ") && of == name;
                } else if line == "}" {
                    inside = false;
                } else if inside && line.starts_with("    pub ") {
                    let signature = signature(&lines, at).replacen("pub ", "", 1).replace("const fn", "fn");
                    let named = signature.replacen("fn ", &format!("fn {place}::"), 1);
                    self.listed.insert(named.replacen("const ", &format!("const {place}::"), 1));
                }
            }
        }
    }
}

/// All sources of a room.
fn sources(file: &Path) -> Vec<PathBuf> {
    let folder = if file.ends_with("mod.rs") { file.parent().unwrap().to_owned() } else { file.with_extension("") };
    let below = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().filter_map(Result::ok);
    let below =
        below.map(|entry| entry.path().to_owned()).filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let mut all: Vec<PathBuf> = below.collect();
    if !file.ends_with("mod.rs") {
        all.push(file.to_owned());
    }
    all
}

#[test]
fn the_public_surface_is_the_listed_one() {
    let mut surface = Surface { listed: BTreeSet::new(), room: Vec::new() };
    surface.module(&root().join("src/lib.rs"), "pregrub");
    let mut fresh = String::from(
        "# What the library gives its callers (without what derives and traits add).\n# tests/public_api.rs says how to write this file anew.\n",
    );
    for line in &surface.listed {
        fresh.push_str(line);
        fresh.push('\n');
    }
    let path = root().join(LIST);
    if std::env::var_os("PUBLIC_API").is_some_and(|value| value == "write") {
        fs::write(&path, &fresh).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let (kept, fresh): (BTreeSet<&str>, BTreeSet<&str>) = (kept.lines().collect(), fresh.lines().collect());
    let changes = kept.difference(&fresh).map(|line| format!("- {line}"));
    let changes: Vec<String> = changes.chain(fresh.difference(&kept).map(|line| format!("+ {line}"))).collect();
    assert!(changes.is_empty(), "{LIST} is not what the sources say (tests/public_api.rs):\n{}", changes.join("\n"));
}
