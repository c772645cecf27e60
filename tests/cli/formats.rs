//! The formats for other programs, as the command line writes them. What these programs take is in tests/report.

use std::io::Read;
use std::process::Stdio;

use insta::assert_snapshot;

use super::folder::Folder;
use crate::common::program::{command, corpus, run, run_with_input};

/// Only these rules, whichever there are beside them.
const RULES: [&str; 6] = ["-A", "all", "-D", "PG001", "-W", "PG101"];

fn targets() -> [String; 3] {
    ["images/recipe.img", "images/nixos-default.img", "lint/PG101/found-title/grub.cfg"].map(corpus)
}

fn check(format: &str) -> String {
    let targets = targets();
    let mut args = vec!["check", "--format", format];
    args.extend(RULES);
    args.extend(targets.iter().map(String::as_str));
    args.push("/nonexistent");
    run(&args).whole()
}

#[test]
fn concise() {
    assert_snapshot!(check("concise"));
}

#[test]
fn github() {
    assert_snapshot!(check("github"));
}

#[test]
fn junit() {
    assert_snapshot!(check("junit"));
}

/// A file under a mounted directory is a file of this machine, with lines.
#[test]
fn a_directory_holds_files_of_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("boot/grub")).unwrap();
    std::fs::write(folder.path().join("boot/grub/grub.cfg"), "menuentry \"A\" {\n linux ($a)/k\n}\n").unwrap();
    let path = folder.path().to_str().unwrap();
    let concise = run(&["check", "--format", "concise", path]).stdout;
    assert!(concise.contains(&format!("\n{path}/boot/grub/grub.cfg:2:8: error[PG001] ")), "{concise}");
    let github = run(&["check", "--format", "github", path]).stdout;
    assert!(github.contains(&format!("file={path}/boot/grub/grub.cfg,line=2,endLine=2,col=8,endColumn=")), "{github}");
}

/// A line of GitHub's that a guest or a file name writes would be obeyed.
#[test]
fn no_command_but_our_own() {
    let text = b"menuentry \"A\" {\n linux ($a\r::error::x)/k\n}\nmenuentry \"::error::x\" {\n linux ($b\x0b::error::%0A::stop-commands::x)/k\n}\n";
    let ended = run_with_input(&["check", "-", "--dialect", "grub2", "--format", "github"], text);
    let title = |line: &str| line.starts_with("::") && line.contains(" file=-") && line.contains(",title=");
    assert!(ended.stdout.lines().all(title), "{}", ended.stdout);
    assert!(!ended.stdout.contains("x)%0A::"), "{}", ended.stdout);
}

#[test]
fn the_verdict_is_an_annotation_of_its_own() {
    let bad = corpus("images/nixos-default.img");
    let github = run(&["check", "--format", "github", "-A", "all", &bad]).stdout;
    assert!(
        github.starts_with("::error file=@ROOT/corpus/images/nixos-default.img,title=fails::fails: @ROOT/corpus/"),
        "{github}"
    );
    assert!(github.contains(": pygrub parses") && github.lines().count() == 1, "{github}");
}

#[test]
fn only_reports_of_findings_have_these_formats() {
    for command in ["trace", "entries"] {
        let ended = run(&[command, &corpus("images/recipe.img"), "--format", "sarif"]);
        assert_eq!(ended.status, 2, "{}", ended.whole());
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let many = vec![corpus("images/nixos-default.img"); 300];
    for format in ["concise", "sarif", "github", "junit"] {
        let args = ["check", "--format", format].into_iter().chain(many.iter().map(String::as_str));
        let args: Vec<&str> = args.collect();
        let mut child = command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((stderr.as_str(), child.wait().unwrap().code()), ("", Some(0)), "{format}");
    }
}

/// One report for each outcome; a finding says which of the pygrubs it is of, where it is not of all.
#[test]
fn several_releases_in_every_format() {
    let folder = Folder::new();
    folder.file("grub.cfg", "set timeout=5\nset default=-1\nmenuentry \"A\" {\n  linux /a\n}\n");
    let check = |format: &str| {
        let ended = folder.run(&["check", "-q", "--release", "4.8,4.16,4.17", "--format", format, "grub.cfg"]);
        assert_eq!(ended.status, 1, "{}", ended.whole());
        ended.stdout
    };
    let concise = check("concise");
    let starts = |start: &str| concise.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!(starts("selects: grub.cfg (upstream 4.8)"), 1, "{concise}");
    assert_eq!(starts("fails: grub.cfg (upstream 4.16, 4.17): "), 1, "{concise}");
    let of_rule: Vec<&str> = concise.lines().filter(|line| line.contains("[PG011]")).collect();
    assert!(of_rule.len() == 1 && of_rule[0].contains(" (upstream 4.16, 4.17) (negative-default)"), "{concise}");
    assert_eq!(concise.lines().filter(|line| line.contains("[PG120]")).count(), 1, "{concise}");
    assert_eq!(check("github").lines().filter(|line| line.contains("title=PG011 ")).count(), 1);
    let junit = check("junit");
    assert!(junit.contains("<testsuite name=\"grub.cfg (upstream 4.16, 4.17)\" "), "{junit}");
    assert_eq!(junit.matches("<testsuite ").count(), 2);
    let log: serde_json::Value = serde_json::from_str(&check("sarif")).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.iter().filter(|result| result["ruleId"] == "PG011").count(), 1);
    assert_eq!(log["runs"][0]["artifacts"].as_array().unwrap().len(), 1);
}
