//! Every command of the book is run, but for those that need root, a dom0 or the like.
//!
//! A block `console` has commands (`$`, continued by `>`) with what they print: `? 1` is the exit status, `...` stands for lines, `[..]`
//! for a part of a line. Each page has a directory of its own, in which the files of the repository lie, and its blocks run one after
//! the other. A block `sh` has commands whose output nobody compares. They run beside files of the names that they mention, and must
//! be valid: neither a usage error nor a program that is not there. It is trycmd's notation; trycmd itself runs no shell, and half of
//! these commands have pipes, redirections or here-documents.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use snapbox::{Assert, Data};

use super::page::{Block, Page};
use super::writes;
use crate::common::program::{self, root};
use crate::common::tools::tool;

/// One command of a block `console`.
#[derive(Debug, Default, PartialEq, Eq)]
struct Example {
    command: String,
    status: i32,
    output: String,
}

/// A directory in which the files of the repository lie.
fn clone() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(root()).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if name != "target" && !name.to_string_lossy().starts_with('.') {
            symlink(entry.path(), folder.path().join(name)).unwrap();
        }
    }
    folder
}

/// The files that the commands in blocks `sh` mention.
fn add_files(folder: &Path) {
    let corpus = root().join("corpus");
    for name in ["guest.img", "web.img", "boot.img"] {
        fs::copy(corpus.join("images/recipe.img"), folder.join(name)).unwrap();
    }
    fs::create_dir_all(folder.join("boot/grub")).unwrap();
    for name in ["grub.cfg", "buffer", "boot/grub/grub.cfg"] {
        fs::copy(corpus.join("images/nixos-default.grub.cfg"), folder.join(name)).unwrap();
    }
    let commands = "for name in host1 host2 shard-1; do pregrub check --format json guest.img > $name.jsonl; done
        for name in base-1 base-2; do pregrub lint --baseline $name.json --update-baseline grub.cfg; done";
    assert_eq!(run(commands, folder).0, 0);
}

/// Exit status and output, what is on standard error with it, without spaces at the ends of lines.
fn run(command: &str, folder: &Path) -> (i32, String) {
    let program = program::path();
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", program.parent().unwrap().display());
    let output = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(folder)
        .env_clear()
        .envs([("PATH", path.as_str()), ("LC_ALL", "C.UTF-8")])
        .env("HOME", folder)
        // Whatever is installed on this machine.
        .env("PREGRUB_HOST_ROOT", root().join("corpus/no-host"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output.status.code().unwrap_or(-1), trimmed(&String::from_utf8_lossy(&output.stdout)))
}

/// Without spaces at the ends of lines and lines without anything at the end.
fn trimmed(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_end_matches('\n').to_owned()
}

/// Whether the shell waits for another line of this command.
fn is_incomplete(command: &str) -> bool {
    let checked = Command::new("bash").args(["-n", "-c", command]).output().unwrap();
    command.ends_with('\\') || !checked.status.success() || !checked.stderr.is_empty()
}

fn examples(block: &Block) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut is_command = false;
    for line in block.body.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            found.push(Example { command: command.to_owned(), ..Example::default() });
            is_command = true;
            continue;
        }
        let last = found.last_mut().expect("a block `console` begins with a command");
        match (line.strip_prefix("> "), line.strip_prefix("? ")) {
            (Some(more), _) if is_command && is_incomplete(&last.command) => {
                last.command.push('\n');
                last.command.push_str(more);
            }
            (_, Some(status)) if is_command => {
                last.status = status.parse().unwrap();
                is_command = false;
            }
            _ => {
                last.output.push_str(line);
                last.output.push('\n');
                is_command = false;
            }
        }
    }
    found
}

/// The block's body, with what the commands print now where they print something else than it says.
fn fresh(block: &Block, folder: &Path, at: &str, faults: &mut Vec<String>) -> String {
    let mut body = String::new();
    let examples = examples(block);
    for (number, example) in examples.iter().enumerate() {
        let (status, output) = run(&example.command, folder);
        let expected = trimmed(&example.output);
        // Backslashes are not those of paths here.
        let compare = Assert::new().normalize_paths(false);
        let compared =
            compare.try_eq(Some(&example.command), Data::text(output.as_str()), Data::text(expected.as_str()));
        let _ = writeln!(body, "$ {}", example.command.replace('\n', "\n> "));
        if status != 0 {
            let _ = writeln!(body, "? {status}");
        }
        let shown = if compared.is_ok() { &expected } else { &output };
        if !shown.is_empty() {
            let _ = writeln!(body, "{shown}");
        }
        if number + 1 < examples.len() && example.output.ends_with("\n\n") {
            body.push('\n');
        }
        if status != example.status {
            faults.push(format!("{at}: `{}` ends with {status}, not {}\n{output}", example.command, example.status));
        } else if let Err(error) = compared {
            faults.push(format!("{at}: {error}"));
        }
    }
    body
}

/// Runs the commands of a block `sh`, each by itself; the number of them.
fn try_commands(block: &Block, folder: &Path, at: &str, faults: &mut Vec<String>) -> usize {
    let mut count = 0;
    let mut command = String::new();
    for line in block.body.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        command.push_str(line);
        if is_incomplete(&command) {
            command.push('\n');
            continue;
        }
        let (status, output) = run(&command, folder);
        if matches!(status, 2 | 126 | 127) {
            faults.push(format!("{at}: `{command}` ends with {status}:\n{output}"));
        }
        count += 1;
        command.clear();
    }
    count
}

#[test]
fn every_command_does_what_the_page_says() {
    // `pregrub init` and an example make filesystems.
    if tool("mke2fs").is_none() {
        return;
    }
    let (mut compared, mut tried, mut faults) = (0, 0, Vec::new());
    let mut not_run: BTreeMap<String, usize> = BTreeMap::new();
    for mut page in Page::all().into_iter().chain([Page::read("README.md")]) {
        let blocks = page.blocks();
        let (run_here, beside_files) = (clone(), clone());
        if blocks.iter().any(|block| block.language.as_deref() == Some("sh")) {
            add_files(beside_files.path());
        }
        let mut changes = Vec::new();
        for block in blocks {
            let at = format!("{}:{}", page.name, block.line);
            match (block.language.as_deref(), block.needs()) {
                (Some("console" | "sh"), Some(needs)) => {
                    let commands = block.body.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
                    *not_run.entry(needs.to_owned()).or_default() += commands;
                }
                (Some("console"), None) => {
                    compared += examples(&block).len();
                    let body = fresh(&block, run_here.path(), &at, &mut faults);
                    changes.push((block, body));
                }
                (Some("sh"), None) => tried += try_commands(&block, beside_files.path(), &at, &mut faults),
                _ => {}
            }
        }
        let mut is_changed = false;
        for (block, body) in changes.into_iter().rev() {
            is_changed |= body != block.body;
            assert_eq!(
                page.text[block.range.clone()],
                block.body,
                "{}:{}: write it without a margin",
                page.name,
                block.line
            );
            page.text.replace_range(block.range, &body);
        }
        // Other tests write the generated pages.
        if writes() && is_changed {
            fs::write(root().join(&page.name), &page.text).unwrap();
        }
    }
    let lines: usize = not_run.values().sum();
    eprintln!("{compared} commands compared, {tried} tried, {lines} lines not run: {not_run:?}");
    assert!(writes() || faults.is_empty(), "{}\n\nBOOK=write writes what is printed now", faults.join("\n\n"));
    assert!(lines * 2 < compared + tried, "too many commands are not run: {not_run:?}");
}

/// Commands in running text may leave out what they are run on. Their subcommands and options must exist.
#[test]
fn options_in_the_text_exist() {
    let is_command =
        |code: &String| code.starts_with("pregrub ") && !["|", "...", "COMMAND"].iter().any(|part| code.contains(part));
    let folder = clone();
    add_files(folder.path());
    let pages = Page::all().into_iter().chain([Page::read("README.md")]);
    let commands: BTreeSet<String> = pages.flat_map(|page| page.codes()).filter(|code| is_command(code)).collect();
    assert!(commands.len() > 50, "{commands:?}");
    for command in commands {
        let (_, output) = run(&command, folder.path());
        for fault in [" has no option ", " takes no argument ", "there is no command ", " is not a value of "] {
            assert!(!output.contains(fault), "`{command}`: {output}");
        }
    }
}

#[test]
fn a_block_is_read() {
    let body = "$ cat <<'END'\n> x\n> END\nx\n$ false\n? 1\n> 0\n$ true\n".to_owned();
    let block = Block { line: 1, language: None, range: 0..0, body };
    let example =
        |command: &str, status, output: &str| Example { command: command.into(), status, output: output.into() };
    assert_eq!(
        examples(&block),
        [example("cat <<'END'\nx\nEND", 0, "x\n"), example("false", 1, "> 0\n"), example("true", 0, "")]
    );
    let mut faults = Vec::new();
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(fresh(&block, folder.path(), "", &mut faults), "$ cat <<'END'\n> x\n> END\nx\n$ false\n? 1\n$ true\n");
    assert_eq!(faults.len(), 1, "{faults:?}");
}
