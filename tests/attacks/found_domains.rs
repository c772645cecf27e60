//! A domain's configuration that is found in a tree chooses nothing of the host that is read.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::handed_over::good_disk;
use super::machine::{fifo, within};
use crate::common::program::{self, Ended};
use crate::common::tools;

/// A tree, and beside it a disk of the host's.
struct Place {
    _folder: tempfile::TempDir,
    tree: PathBuf,
    disk: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().canonicalize().unwrap();
    let (tree, disk) = (real.join("tree"), real.join("host.img"));
    fs::create_dir_all(tree.join("sub")).unwrap();
    fs::copy(good_disk().path(), &disk).unwrap();
    Place { _folder: folder, tree, disk }
}

fn domains(disk: &Path, second: &Path) -> [(&'static str, String); 3] {
    let (disk, second) = (disk.display(), second.display());
    [
        ("a.cfg", format!("name = \"a\"\nbootloader = \"pygrub\"\ndisk = [ \"{disk},raw,xvda,w\" ]\n")),
        // The disk that is not the first is looked at, too.
        (
            "b.cfg",
            format!(
                "name = \"a\"\nbootloader = \"pygrub\"\ndisk = [ \"{second},raw,xvda,w\", \"{disk},raw,xvdb,w\" ]\n"
            ),
        ),
        (
            "c.cfg",
            format!(
                "name = \"a\"\nbootloader = \"{disk}\"\ndisk = [ \"{second},raw,xvda,w\" ]\nextra = \"root=/dev/xvda1\"\n"
            ),
        ),
    ]
}

fn check(tree: &Path, more: &[&str]) -> Ended {
    let mut arguments: Vec<String> =
        ["check", "--until", "pygrub", "--format", "json", "--recursive"].iter().map(|&word| word.to_owned()).collect();
    arguments.push(tree.to_str().unwrap().to_owned());
    arguments.extend(more.iter().map(|&word| word.to_owned()));
    within(60, "check", move || program::run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()))
}

const REFUSED: &str =
    "is not opened, because this domain was found in a tree and names a disk that is not a regular file in";

#[test]
fn it_has_nothing_opened_outside_of_the_tree() {
    let place = place();
    let second = place.tree.join("sub/blank");
    fs::write(&second, vec![0; 4096]).unwrap();
    for (name, text) in domains(&place.disk, &second) {
        let path = place.tree.join(name);
        fs::write(&path, &text).unwrap();
        let ended = check(&place.tree, &[]);
        // Nothing says whether the host's file is there, or what is on it.
        assert!(
            !ended.stdout.contains("an initrd") && !ended.stdout.contains("\"boots\""),
            "{name}: {}",
            ended.whole()
        );
        // A file that is not there is refused as one that is.
        fs::write(&path, text.replace("host.img", "gone.img")).unwrap();
        let missing = check(&place.tree, &[]);
        assert_eq!(
            missing.stdout.replace("gone.img", "host.img"),
            ended.stdout.replace("gone.img", "host.img"),
            "{name}"
        );
        fs::write(&path, &text).unwrap();
        if name != "b.cfg" && name != "c.cfg" {
            assert_eq!(ended.status, 3, "{name}: {}", ended.whole());
            assert!(
                ended.stdout.contains(REFUSED) && ended.stdout.contains("--trust-domains"),
                "{name}: {}",
                ended.whole()
            );
            // Who trusts the tree, or names the file, has the disk opened.
            for ended in [
                check(&place.tree, &["--trust-domains"]),
                program::run(&["check", "--as", "xl", path.to_str().unwrap()]),
            ] {
                assert!(ended.stdout.contains("boots") && !ended.stdout.contains(REFUSED), "{name}: {}", ended.whole());
            }
            // So has who compares the whole tree.
            let compare = |more: &[&str]| {
                let tree = place.tree.to_str().unwrap();
                program::run(&[&["compare", "--from", "4.17", "--to", "4.20", "--recursive", tree], more].concat())
            };
            assert_eq!(compare(&[]).status, 3, "{name}: {}", compare(&[]).whole());
            let trusting = compare(&["--trust-domains"]);
            assert!(trusting.status == 0 && !trusting.stdout.contains("unknown"), "{name}: {}", trusting.whole());
        }
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn nor_through_a_link_or_from_a_fifo_of_it() {
    let place = place();
    symlink(&place.disk, place.tree.join("link.img")).unwrap();
    symlink("..", place.tree.join("up")).unwrap();
    symlink("/dev", place.tree.join("dev")).unwrap();
    fifo(&place.tree.join("fifo"));
    for disk in ["link.img", "up/host.img", "../host.img", "sub/../../host.img", "dev/zero", "fifo", "sub"] {
        let text = format!(
            "name = \"a\"\nbootloader = \"pygrub\"\ndisk = [ \"{}/{disk},raw,xvda,w\" ]\n",
            place.tree.display()
        );
        fs::write(place.tree.join("a.cfg"), text).unwrap();
        let ended = check(&place.tree, &[]);
        assert!(ended.status == 3 && ended.stdout.contains(REFUSED), "{disk}: {}", ended.whole());
    }
    // What is in the tree is.
    fs::copy(&place.disk, place.tree.join("sub/disk.img")).unwrap();
    let text = format!(
        "name = \"a\"\nbootloader = \"pygrub\"\ndisk = [ \"{}/sub/disk.img,raw,xvda,w\" ]\n",
        place.tree.display()
    );
    fs::write(place.tree.join("a.cfg"), text).unwrap();
    let ended = check(&place.tree, &["--exclude", "*.img"]);
    assert!(ended.stdout.contains("\"boots\"") && !ended.stdout.contains(REFUSED), "{}", ended.whole());
}

/// A domain of a commit, which the command line names because the commit has it.
#[test]
fn a_named_one_that_is_not_trusted_has_disks_below_the_working_directory() {
    let place = place();
    fs::copy(&place.disk, place.tree.join("sub/disk.img")).unwrap();
    fs::create_dir(place.tree.join(".git")).unwrap();
    fs::copy(&place.disk, place.tree.join(".git/disk.img")).unwrap();
    symlink("../host.img", place.tree.join("link.img")).unwrap();
    let check = |command: &str, more: &[&str]| {
        let mut called = program::command(&[&[command, "--format", "json"], more].concat());
        let ended = called.current_dir(&place.tree).output().unwrap();
        (ended.status.code(), String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap())
    };
    let host = place.disk.to_str().unwrap();
    let refused = "this domain is not trusted (--no-trust-domains, or a commit may have written it) and names a disk that is not a regular file in";
    for (disk, is_inside) in [
        ("sub/disk.img", true),
        (place.tree.join("sub/disk.img").to_str().unwrap(), true),
        (host, false),
        ("../host.img", false),
        ("link.img", false),
        (".git/disk.img", false),
        ("/dev/null", false),
        ("/nonexistent/of-nobody", false),
    ] {
        let text = format!("name = \"a\"\nbootloader = \"pygrub\"\ndisk = [ \"{disk},raw,xvda,w\" ]\n");
        fs::write(place.tree.join("a.cfg"), text).unwrap();
        let plain = check("check", &["--until", "pygrub", "--as", "xl", "a.cfg"]);
        for more in [&["--no-trust-domains"][..], &["--trust-domains", "--no-trust-domains"]] {
            let (status, out, _) =
                check("check", &[&["--until", "pygrub", "--as", "xl"], more, &["--", "a.cfg"]].concat());
            assert_eq!(status == Some(3), !is_inside, "{disk}: {out}");
            assert_eq!(out.contains(refused) && out.contains("add --trust-domains"), !is_inside, "{disk}: {out}");
        }
        // The last one wins.
        let trusting = ["--until", "pygrub", "--as", "xl", "--no-trust-domains", "--trust-domains", "--", "a.cfg"];
        assert_eq!(check("check", &trusting), plain, "{disk}");
        let (status, out, _) = check("compare", &["--no-trust-domains", "--from", "4.17", "--to", "4.20", "a.cfg"]);
        assert_eq!(status == Some(3), !is_inside, "{disk}: {out}");
    }
    // What is not a domain is opened wherever it is.
    assert_eq!(check("check", &["--until", "pygrub", "--no-trust-domains", host]).0, Some(0));
}

/// In /dev/shm everybody may make a tree, with a link to any device of the host in it.
#[test]
fn a_tree_below_dev_names_no_device() {
    let Ok(folder) = tempfile::tempdir_in("/dev/shm") else { return tools::skipped("/dev/shm") };
    let place = place();
    let attached = Command::new("losetup").args(["--find", "--show", "--read-only"]).arg(&place.disk).output();
    let Some(attached) = attached.ok().filter(|attached| attached.status.success()) else {
        return tools::skipped("losetup, and loop devices");
    };
    let device = String::from_utf8(attached.stdout).unwrap().trim().to_owned();
    symlink(&device, folder.path().join("data")).unwrap();
    let tree = folder.path().to_str().unwrap();
    let ended = ["check", "report", "compare"].map(|command| program::run(&[command, "--recursive", tree]));
    let named = program::run(&["check", "--until", "pygrub", &device]);
    assert!(Command::new("losetup").args(["--detach", &device]).status().unwrap().success());
    for ended in ended {
        assert!(!ended.stdout.contains("root=") && !ended.stdout.contains("data"), "{}", ended.whole());
        assert!(ended.stderr.contains("(passed over: 1 link, which is not followed)"), "{}", ended.whole());
    }
    assert_eq!(named.status, 0, "{}", named.whole());
}

/// In continuous integration it need not be said: a domain of the checkout is a commit's, with every command.
#[test]
fn in_continuous_integration_one_of_the_checkout_is_not_trusted() {
    let place = place();
    fs::copy(&place.disk, place.tree.join("own.img")).unwrap();
    let domain = |disk: &str| format!("name = \"a\"\nbootloader = \"pygrub\"\ndisk = [ \"{disk},raw,xvda,w\" ]\n");
    let host = place.disk.to_str().unwrap();
    fs::write(place.tree.join("sub/a.cfg"), domain(host)).unwrap();
    fs::write(place.tree.join("own.cfg"), domain(place.tree.join("own.img").to_str().unwrap())).unwrap();
    let outside = place.tree.parent().unwrap().join("of-host.cfg");
    fs::write(&outside, domain(host)).unwrap();
    let outside = outside.to_str().unwrap();
    let run = |variable: (&str, &Path), here: &Path, arguments: &[&str]| {
        let mut called = program::command(arguments);
        called.current_dir(here).env(variable.0, variable.1).stdin(File::open(place.tree.join("sub/a.cfg")).unwrap());
        let ended = called.output().unwrap();
        let text = [ended.stdout, ended.stderr].concat();
        String::from_utf8_lossy(&text).into_owned()
    };
    let refused = "is not opened, because this domain is not trusted";
    // `grub` has its own words.
    let is_refused = |said: &str| said.contains(refused) || said.contains("has no disk that can be read");
    let (ci, desk) = (("CI", Path::new("true")), ("NOTHING", Path::new("")));
    let checkout = ("GITHUB_WORKSPACE", place.tree.as_path());
    for command in [
        &["check", "--until", "pygrub"][..],
        &["check", "--release", "4.17,4.20", "--until", "pygrub"],
        &["compare", "--from", "4.17", "--to", "4.20"],
        &["trace"],
        &["entries"],
        &["cat"],
        &["grub"],
    ] {
        fn words<'a>(command: &[&'a str], more: &[&'a str], target: &'a str) -> Vec<&'a str> {
            [command, &["--as", "xl"], more, &["--", target]].concat()
        }
        let with = |more, target| words(command, more, target);
        let said = run(ci, &place.tree, &with(&[], "sub/a.cfg"));
        assert!(is_refused(&said), "{command:?}: {said}");
        assert!(is_refused(&run(ci, &place.tree, &with(&[], "-"))), "{command:?}");
        // The checkout is elsewhere.
        let target = place.tree.join("sub/a.cfg");
        let said = run(checkout, Path::new("/"), &with(&[], target.to_str().unwrap()));
        assert!(!is_refused(&said), "no runner: {command:?}: {said}");
        for (variable, here, more, target) in [
            (desk, place.tree.as_path(), &[][..], "sub/a.cfg"),
            (ci, &place.tree, &["--trust-domains"], "sub/a.cfg"),
            (ci, &place.tree, &[], "own.cfg"),
            (ci, &place.tree, &["--no-trust-domains"], "own.cfg"),
            (ci, &place.tree, &[], outside),
        ] {
            let said = run(variable, here, &with(more, target));
            assert!(!is_refused(&said), "{command:?} {more:?} {target}: {said}");
        }
        assert!(is_refused(&run(ci, &place.tree, &with(&["--no-trust-domains"], outside))), "{command:?}");
    }
    // Of a pipe nobody knows who writes into it. `/` is where a container starts its programs.
    for (with, is_refused) in
        [(checkout, true), (desk, true), (("GITHUB_WORKSPACE", place.tree.parent().unwrap()), false)]
    {
        let mut called = program::command(&["check", "--until", "pygrub", "--as", "xl", "-"]);
        called.current_dir("/").env("CI", "true").env(with.0, with.1).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut asked = called.spawn().unwrap();
        asked.stdin.take().unwrap().write_all(domain(host).as_bytes()).unwrap();
        let ended = asked.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout).into_owned();
        assert_eq!(said.contains("is not opened, because this domain"), is_refused, "{with:?}: {said}");
    }
    // A repository around what the runner calls the checkout does not make that larger; without a name it is one.
    fs::create_dir(place.tree.parent().unwrap().join(".git")).unwrap();
    let said = run(("GITHUB_ACTIONS", Path::new("true")), &place.tree, &["check", "--until", "pygrub", "sub/a.cfg"]);
    assert!(!said.contains(refused), "{said}");
    let mut called = program::command(&["check", "--until", "pygrub", "sub/a.cfg"]);
    called.current_dir(&place.tree).env("GITHUB_ACTIONS", "true").env(checkout.0, checkout.1);
    assert!(String::from_utf8_lossy(&called.output().unwrap().stdout).contains(refused));
    let mut called = program::command(&["check", "--until", "pygrub", "--as", "xl", "--"]);
    called.arg(place.tree.join("sub/a.cfg")).current_dir("/").envs([("CI", Path::new("true")), checkout]);
    let ended = called.output().unwrap();
    assert_eq!(ended.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&ended.stdout).contains(refused));
}
