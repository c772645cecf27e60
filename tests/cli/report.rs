//! `pregrub report` as a command: where it writes, what it refuses, how it ends.

use std::fs;
use std::os::unix::fs::symlink;

use crate::common::program::{corpus, run, run_with_input};

#[test]
fn the_exit_status_is_that_of_check() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.html");
    let file = file.to_str().unwrap();
    let (good, bad) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    for (targets, status) in [
        ([good.as_str()].as_slice(), 0),
        (&[&bad], 1),
        (&[&good, &bad], 1),
        (&[&good, "/nonexistent"], 3),
        (&["/nonexistent"], 3),
    ] {
        let ended = run(&[&["report", "--no-compare", "-o", file], targets].concat());
        assert_eq!((ended.status, ended.stdout.as_str()), (status, ""), "{targets:?}: {}", ended.stderr);
        assert!(fs::read_to_string(file).unwrap().starts_with("<!DOCTYPE html>"));
    }
    let piped = run(&["report", "--no-compare", &bad]);
    assert_eq!(piped.status, 1);
    let dash = run(&["report", "--no-compare", &bad, "-o", "-"]);
    assert_eq!(piped.stdout, dash.stdout);
    let text = fs::read(corpus("cases/nixos-default/grub.cfg")).unwrap();
    let ended = run_with_input(&["report", "--stdin-filename", "grub.cfg", "-"], &text);
    assert!(ended.status == 1 && ended.stdout.contains("<h1>grub.cfg</h1>"), "{}", ended.stderr);
}

#[test]
fn what_is_looked_at_is_not_written_to() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (disk, link, other) = (at("disk.img"), at("link.html"), at("notes.html"));
    fs::copy(corpus("images/recipe.img"), &disk).unwrap();
    let before = fs::read(&disk).unwrap();
    symlink(&disk, &link).unwrap();
    fs::write(&other, "my notes").unwrap();
    fs::create_dir_all(at("tree/boot/grub")).unwrap();
    fs::write(at("tree/boot/grub/grub.cfg"), "menuentry \"a\" {\n linux /k\n}\n").unwrap();
    let (inside, json) = (at("tree/boot/report.html"), at("report.json"));
    for (target, output, why) in [
        (&disk, &disk, "is what is looked at"),
        (&disk, &link, "is what is looked at"),
        (&at("tree"), &inside, "is what is looked at"),
        (&disk, &other, "is there and is not a report"),
        (&disk, &json, "check --format json"),
        (&disk, &at("missing/report.html"), "cannot write"),
        (&disk, &at("tree"), "is a directory"),
    ] {
        let ended = run(&["report", "--no-compare", target, "-o", output]);
        let is_refused = ended.status == 2 && (ended.stderr.contains(why) || why == "is a directory");
        assert!(is_refused, "{output}: {} {}", ended.status, ended.stderr);
    }
    assert_eq!(fs::read(&disk).unwrap(), before);
    assert_eq!(fs::read_to_string(&other).unwrap(), "my notes");
    let mut names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["disk.img", "link.html", "notes.html", "tree"]);
    // A report replaces a report.
    let report = at("report.html");
    for _ in 0..2 {
        assert_eq!(run(&["report", "--no-compare", &disk, "-o", &report]).status, 0);
    }
}

#[test]
fn a_picture_is_of_one_target() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("disk.svg");
    let file = file.to_str().unwrap();
    let (good, bad) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    assert_eq!(run(&["report", &good, "-o", file]).status, 0);
    let picture = fs::read_to_string(file).unwrap();
    let piped = run(&["report", "--format", "svg", &good]).stdout;
    assert_eq!(piped, picture.replace(crate::common::program::root().to_str().unwrap(), "@ROOT"));
    let ended = run(&["report", &good, &bad, "-o", file]);
    assert!(ended.status == 2 && ended.stderr.contains("a picture is of one target"), "{}", ended.stderr);
    assert_eq!(fs::read_to_string(file).unwrap(), picture);
    let ended = run(&["report", "/nonexistent", "-o", file]);
    assert_eq!(ended.status, 3, "{}", ended.stderr);
    assert_eq!(fs::read_to_string(file).unwrap(), picture, "what cannot be read leaves the picture as it is");
}
