//! Many targets: `--jobs`, `--unordered`, `--targets-from`, `--shard`, and an end by a signal.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::Stdio;

use super::folder::{BY_TITLE, Folder};
use crate::common::ext_images;
use crate::common::program::{command, root, run_with_input};
use crate::common::terminal::Terminal;

/// Disks of which some boot, some do not, and some are not there, in an order that mixes them.
fn fleet() -> (Folder, Vec<String>) {
    let folder = Folder::new();
    let image = fs::read(root().join("corpus/images/recipe.img")).unwrap();
    let mut names = Vec::new();
    for number in 0..40 {
        let name = format!("{number:02}.{}", ["img", "cfg", "img", "gone"][number % 4]);
        match number % 4 {
            0 => drop(folder.file(&name, &image)),
            1 => {
                drop(folder.file(&name, format!("set timeout=5\nmenuentry 'e{number}' {{\n linux ($drive1)//k\n}}\n")))
            }
            2 => drop(folder.file(&name, [0; 4096])),
            _ => {}
        }
        names.push(name);
    }
    (folder, names)
}

fn with<'a>(options: &[&'a str], names: &'a [String]) -> Vec<&'a str> {
    options.iter().copied().chain(names.iter().map(String::as_str)).collect()
}

#[test]
fn jobs_change_nothing_but_the_time() {
    let (folder, names) = fleet();
    folder.file("base.json", "{\"schema\": \"pregrub.baseline/1\", \"findings\": []}");
    for format in ["text", "concise", "json", "sarif", "github", "junit", "openmetrics"] {
        for command in ["check", "lint"] {
            let one =
                folder.run(&with(&[command, "--format", format, "--jobs", "1", "--baseline", "base.json"], &names));
            let four =
                folder.run(&with(&[command, "--format", format, "--jobs", "4", "--baseline", "base.json"], &names));
            assert!(one.stdout.len() > 1000, "{}", one.stdout);
            assert_eq!(one.status, 3);
            assert!(one.whole() == four.whole(), "{command} {format}:\n{}\n{}", one.whole(), four.whole());
        }
    }
    let several =
        |jobs| folder.run(&with(&["check", "--release", "4.4,4.17", "--format", "json", "--jobs", jobs], &names));
    assert_eq!(several("1").whole(), several("3").whole());
}

#[test]
fn results_come_in_any_order_where_that_is_enough() {
    let (folder, names) = fleet();
    let sorted = |options: &[&str]| {
        let ended = folder.run(&with(options, &names));
        let mut lines: Vec<String> = ended.stdout.lines().map(str::to_owned).collect();
        lines.sort_unstable();
        (lines, ended.status)
    };
    let ordered = sorted(&["check", "--format", "json", "--jobs", "2"]);
    assert_eq!(ordered, sorted(&["check", "--format", "json", "--jobs", "2", "--unordered"]));
    assert_eq!(ordered.0.len(), 40);
}

#[test]
fn baselines_are_updated_by_all_threads() {
    let (folder, names) = fleet();
    let mut written = Vec::new();
    for jobs in ["1", "4"] {
        let ended =
            folder.run(&with(&["check", "--jobs", jobs, "--baseline", "base.json", "--update-baseline"], &names));
        assert!(ended.stdout.contains("to the baseline `base.json`"), "{}", ended.whole());
        written.push(fs::read_to_string(folder.path().join("base.json")).unwrap());
        fs::remove_file(folder.path().join("base.json")).unwrap();
    }
    assert_eq!(written[0], written[1]);
    assert!(written[0].contains("01.cfg"));
}

#[test]
fn one_bad_target_never_stops_the_rest() {
    let folder = Folder::new();
    folder.file("a.cfg", BY_TITLE);
    folder.file("z.cfg", BY_TITLE);
    let names = ["gone", "a.cfg", "z.cfg"].map(str::to_owned);
    let ended = folder.run(&with(&["lint", "--format", "json"], &names));
    let errors: Vec<bool> = ended
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["error"].is_string())
        .collect();
    assert_eq!(errors, [true, false, false], "{}", ended.whole());
    assert_eq!(ended.status, 3, "{}", ended.whole());
    let offset = folder.run(&["check", "--offset", "0", "a.cfg", "z.cfg"]);
    assert_eq!((offset.status, offset.stderr.lines().count()), (2, 2), "{}", offset.whole());
    // A baseline that is missing is wrong for all.
    let baseline = folder.run(&["check", "--baseline", "none.json", "a.cfg", "z.cfg"]);
    assert_eq!((baseline.status, baseline.stdout.as_str(), baseline.stderr.lines().count()), (2, "", 1));
}

/// A disk that eats all the work that one may make, FIFOs where a disk, a configuration and a kernel are read, and one that is not there.
#[test]
fn a_hostile_target_stops_no_other_one() {
    if !ext_images::available() {
        return;
    }
    let folder = Folder::new();
    let image = fs::read(root().join("corpus/images/recipe.img")).unwrap();
    for name in ["0.img", "6.img"] {
        folder.file(name, &image);
    }
    let maze = folder.path().join("maze");
    fs::create_dir_all(maze.join("boot/grub")).unwrap();
    symlink(".", maze.join("s0")).unwrap();
    for level in 1..8 {
        symlink(format!("s{}/", level - 1).repeat(200), maze.join(format!("s{level}"))).unwrap();
    }
    folder.file("maze/boot/grub/grub.cfg", "set timeout=5\nmenuentry 'm' {\n linux /s7\n}\n");
    ext_images::make(&folder.path().join("1.img"), &maze, "4M", &["-t", "ext4", "-b", "4096", "-O", "^has_journal"]);
    folder.file("3/boot/grub/grub.cfg", "set timeout=5\nmenuentry 'k' {\n linux /k\n}\n");
    fs::create_dir_all(folder.path().join("4/boot/grub")).unwrap();
    for fifo in ["2.img", "3/k", "4/boot/grub/grub.cfg"] {
        rustix::fs::mkfifoat(rustix::fs::CWD, folder.path().join(fifo), rustix::fs::Mode::RWXU).unwrap();
    }
    let names = ["0.img", "1.img", "2.img", "3", "4", "5.img", "6.img"].map(str::to_owned);
    for jobs in ["1", "3"] {
        let ended = folder.run(&with(&["check", "--format", "json", "--jobs", jobs], &names));
        let lines = ended.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let verdicts: Vec<(String, String)> = lines
            .map(|line| (line["target"].as_str().unwrap().to_owned(), line["verdict"].as_str().unwrap().to_owned()))
            .collect();
        let want = ["boots", "unknown", "unknown", "fails", "fails", "unknown", "boots"];
        let want: Vec<(String, String)> = names.iter().cloned().zip(want.map(str::to_owned)).collect();
        assert_eq!(verdicts, want, "{}", ended.whole());
        assert_eq!(ended.status, 3);
        assert!(ended.stdout.contains("takes more work than pregrub puts into a disk"), "{}", ended.stdout);
    }
}

#[test]
fn targets_come_from_a_list() {
    let folder = Folder::new();
    folder.file("a.cfg", BY_TITLE);
    folder.file("b c.cfg", BY_TITLE);
    folder.file("lines", "a.cfg\n\nb c.cfg\n");
    folder.file("nul", "a.cfg\0b c.cfg\0");
    folder.file("empty", "");
    let named = |ended: &crate::common::program::Ended| -> Vec<String> {
        let objects = ended.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        objects.map(|object| object["target"].as_str().unwrap().to_owned()).collect()
    };
    for list in ["lines", "nul"] {
        let ended = folder.run(&["lint", "--format", "json", "--targets-from", list]);
        assert_eq!(named(&ended), ["a.cfg", "b c.cfg"], "{}", ended.whole());
    }
    let ended = folder.run(&["lint", "--format", "json", "b c.cfg", "--targets-from", "lines"]);
    assert_eq!(named(&ended), ["b c.cfg", "a.cfg", "b c.cfg"]);
    let ended = folder.run(&["lint", "--targets-from", "empty"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (3, "pregrub: `empty` lists no target\n"));
    let ended = folder.run(&["lint", "--targets-from", "none"]);
    assert_eq!(ended.status, 2, "{}", ended.whole());
    assert_eq!(ended.stderr, "pregrub: cannot read `none`: there is no such file\n");
    assert_eq!(folder.run(&["lint", "-", "--targets-from", "-"]).status, 2);
    let path = folder.path().join("a.cfg").to_str().unwrap().to_owned();
    let ended = run_with_input(&["lint", "--format", "json", "--targets-from", "-"], format!("{path}\n").as_bytes());
    assert_eq!(named(&ended), [path]);
}

#[test]
fn shards_are_parts_of_the_targets() {
    let (folder, names) = fleet();
    let lines = |options: &[&str]| -> Vec<String> {
        folder.run(&with(options, &names)).stdout.lines().map(str::to_owned).collect()
    };
    let mut all = Vec::new();
    for part in ["1/3", "2/3", "3/3"] {
        let some = lines(&["check", "--format", "json", "--shard", part]);
        assert!(!some.is_empty());
        all.extend(some);
    }
    all.sort_unstable();
    let mut whole = lines(&["check", "--format", "json"]);
    whole.sort_unstable();
    assert_eq!(all, whole);
    let wrong = folder.run(&["check", "--shard", "0/3", "00.img"]);
    assert!(wrong.status == 2 && wrong.stderr.contains("counted from 1"), "{}", wrong.whole());
    let alone = folder.run(&["check", "--shard", "1/2", "00.img"]);
    let other = folder.run(&["check", "--shard", "2/2", "00.img"]);
    assert_eq!((alone.status.min(other.status), alone.stdout.is_empty()), (0, !other.stdout.is_empty()));
}

/// Results are written as they are known, and what is known when a signal comes is summed up.
#[test]
fn a_signal_ends_it_with_what_is_known() {
    use rustix::process::{Pid, Signal, kill_process};

    let folder = Folder::new();
    folder.file("a.cfg", BY_TITLE);
    // More than any machine does at once.
    folder.file("list", "a.cfg\n".repeat(2_000_000));
    for (signal, status) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut child = command(&["check", "--format", "json", "--jobs", "2", "--targets-from", "list"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.ends_with("}\n"), "flushed as soon as it is known: {line}");
        kill_process(Pid::from_child(&child), signal).unwrap();
        let mut lines = 1;
        for line in stdout.lines() {
            let _: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
            lines += 1;
        }
        let ended = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(status), "{stderr}");
        assert_eq!(stderr, format!("pregrub: stopped by a signal: {lines} of 2000000 targets were looked at\n"));
    }
}

#[test]
fn metrics_keep_the_rules_of_their_format() {
    let (folder, mut names) = fleet();
    // Two samples of one target would be refused.
    names.push(names[0].clone());
    let odd = "a\"b\\c.cfg".to_owned();
    folder.file(&odd, BY_TITLE);
    names.push(odd);
    let check = folder.run(&with(&["check", "--format", "openmetrics"], &names)).stdout;
    crate::common::openmetrics::check(&check);
    assert!(check.contains("pregrub_target_boots{target=\"a\\\"b\\\\c.cfg\"} 1\n"), "{check}");
    assert!(check.contains("pregrub_target_boots{target=\"03.gone\"} NaN\n"), "{check}");
    let lint = folder.run(&with(&["lint", "--format", "openmetrics"], &names)).stdout;
    crate::common::openmetrics::check(&lint);
    assert!(!lint.contains("pregrub_target_boots{target=\"01.cfg\"}"), "{lint}");
}

/// What a user at a terminal sees while the results go into a pipe.
#[test]
fn a_terminal_shows_how_far_it_is() {
    use std::io::Read;

    let terminal = Terminal::open();
    let folder = Folder::new();
    folder.file("a.cfg", "menuentry 'a' {\n linux ($drive1)/k\n}\n");
    folder.file("list", "a.cfg\n".repeat(2_000_000));
    let mut child = command(&["check", "--format", "json", "--targets-from", "list"])
        .current_dir(folder.path())
        .env("TERM", "xterm")
        .stdout(Stdio::null())
        .stderr(terminal.program())
        .spawn()
        .unwrap();
    let mut seen = Vec::new();
    let mut terminal = terminal.into_user();
    let mut piece = [0; 4096];
    while !String::from_utf8_lossy(&seen).contains(" failing, ") && seen.len() < 1 << 20 {
        let count = terminal.read(&mut piece).unwrap();
        seen.extend_from_slice(&piece[..count]);
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::KILL).unwrap();
    child.wait().unwrap();
    let seen = String::from_utf8_lossy(&seen).into_owned();
    assert!(seen.contains(" of 2000000, ") && seen.contains(" failing, "), "{seen}");
}
