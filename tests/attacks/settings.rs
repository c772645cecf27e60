//! A guest's `pregrub.toml`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use super::machine::{Host, TRICKS, within};
use crate::common::program::{self, Ended, command};

const CONFIGURATION: &str = "set default=\"B\"\nmenuentry \"A\" {\n  linux /a\n}\nmenuentry \"B\" {\n  linux /b\n}\n";

/// What the program says when it is called in a directory.
fn run(directory: &Path, arguments: &[&str]) -> Ended {
    let output = command(arguments).current_dir(directory).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { status: output.status.code().unwrap_or(-1), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

fn guest(settings: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("guest/boot/grub")).unwrap();
    fs::write(directory.path().join("guest/boot/grub/grub.cfg"), CONFIGURATION).unwrap();
    fs::write(directory.path().join("guest/pregrub.toml"), settings).unwrap();
    directory
}

#[test]
fn they_choose_no_place_to_write_to() {
    let host = Host::new();
    let place = host.path("etc/baseline.json");
    for baseline in [place.to_str().unwrap(), "../baseline.json", "a/../../baseline.json", "."] {
        let directory = guest(&format!("baseline = '{baseline}'\n"));
        let inside = directory.path().join("guest");
        for (at, target) in [(inside.as_path(), "boot/grub/grub.cfg"), (directory.path(), "guest")] {
            for command in ["lint", "check"] {
                let recursive: &[&str] = if target == "guest" { &["--recursive"] } else { &[] };
                let ended = run(at, &[&[command, "--update-baseline", target], recursive].concat());
                assert_eq!(ended.status, 2, "{baseline} {target}: {}{}", ended.stdout, ended.stderr);
            }
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "{baseline}");
    }
    host.assert_untouched("a baseline");
}

#[test]
fn a_link_on_the_way_to_their_baseline_is_not_followed() {
    let host = Host::new();
    for (link, target, baseline) in
        [("out", "etc", "out/new.json"), ("new.json", "etc/new.json", "new.json"), ("b.json", "etc/shadow", "b.json")]
    {
        let directory = guest(&format!("baseline = '{baseline}'\n"));
        symlink(host.path(target), directory.path().join("guest").join(link)).unwrap();
        let ended = run(&directory.path().join("guest"), &["lint", "--update-baseline", "boot/grub/grub.cfg"]);
        assert_eq!(ended.status, 2, "{link}: {}{}", ended.stdout, ended.stderr);
        // Nor where the command line names it.
        let named = format!("guest/{baseline}");
        let ended = run(
            directory.path(),
            &["lint", "--no-config", "--update-baseline", "--baseline", &named, "guest/boot/grub/grub.cfg"],
        );
        assert_eq!(ended.status, 2, "{link}: {}{}", ended.stdout, ended.stderr);
        host.assert_untouched(link);
    }
}

/// A baseline in a guest's tree, with anything in its place or in that of its directory.
#[test]
fn a_baseline_leads_nowhere_else() {
    for place in ["b", "b/known.json"] {
        for trick in TRICKS {
            for update in [false, true] {
                let what = format!("{trick:?} in the place of {place}, update: {update}");
                let host = Host::new();
                let directory = guest("");
                let root = directory.path().canonicalize().unwrap().join("guest");
                fs::create_dir(root.join("b")).unwrap();
                fs::write(root.join("b/known.json"), "{}").unwrap();
                trick.play(&root, place, &host, if place == "b" { "etc" } else { "etc/shadow" });
                let named = root.join("b/known.json").to_str().unwrap().to_owned();
                let target = root.join("boot/grub/grub.cfg").to_str().unwrap().to_owned();
                let ended = within(60, &what, move || {
                    let mut arguments = vec!["lint", "--no-config", "--baseline", &named, &target];
                    arguments.extend(update.then_some("--update-baseline"));
                    program::run(&arguments)
                });
                // In a directory that is not there, nothing is written either.
                assert_eq!(ended.status, 2, "{what}: {}", ended.whole());
                assert!(!ended.whole().contains(super::machine::HOST), "{what}: {}", ended.whole());
                host.assert_untouched(&what);
            }
        }
    }
}

/// They lie beside the target or above it, as in a tree that is mounted: the caller is elsewhere.
#[test]
fn those_beside_a_file_that_is_a_target_are_not_read() {
    for settings in ["allow = ['all']\nthreshold = 'never'\nrelease = '4.12'\n", "nonsense = 1\n"] {
        let directory = guest(settings);
        let beside = directory.path().join("guest/boot/grub/pregrub.toml");
        fs::copy(directory.path().join("guest/pregrub.toml"), &beside).unwrap();
        let target = "guest/boot/grub/grub.cfg";
        let absolute = directory.path().join(target);
        for target in [target, absolute.to_str().unwrap()] {
            for command in ["lint", "check"] {
                let plain = run(directory.path(), &[command, "--no-config", "--threshold", "warning", target]);
                assert_eq!(plain.stderr, "");
                let ended = run(directory.path(), &[command, "--threshold", "warning", target]);
                assert_eq!((ended.status, &ended.stdout), (1, &plain.stdout), "{command}: {}", ended.stderr);
                let said = "/pregrub.toml` is not read, because what lies in a target or beside it may be a guest's";
                assert!(ended.stderr.contains(said) && ended.stderr.lines().count() == 1, "{}", ended.stderr);
            }
        }
    }
}

/// Which file is in force is said where it is not the working directory's own.
#[test]
fn those_above_the_working_directory_are_named() {
    let directory = guest("allow = ['all']\n");
    let own = directory.path().join("guest");
    let ended = run(&own, &["lint", "boot/grub/grub.cfg"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
    let ended = run(&own.join("boot/grub"), &["lint", "grub.cfg"]);
    let expected = format!(
        "pregrub: the settings are those of `{}`\n",
        own.canonicalize().unwrap().join("pregrub.toml").display()
    );
    assert_eq!((ended.status, ended.stderr), (0, expected));
}

/// Nothing of them counts, wherever in the tree they are and wherever the program is called.
#[test]
fn those_in_a_directory_that_is_a_target_are_not_read() {
    let directory = guest("nonsense = 1\n");
    fs::write(directory.path().join("guest/boot/pregrub.toml"), "allow = ['all']\n").unwrap();
    for (from, target) in [("", "guest"), ("guest", "."), ("guest/boot", "../../guest"), ("guest/boot", "..")] {
        let at = directory.path().join(from);
        let ended = run(&at, &["check", target]);
        assert_eq!((ended.status, ended.stderr.as_str()), (1, ""), "{from} {target}: {}", ended.stdout);
        let ended = run(&at, &["lint", "--recursive", target, "--threshold", "warning"]);
        assert_eq!(ended.status, 1, "{from} {target}: {}{}", ended.stdout, ended.stderr);
        assert!(ended.stdout.contains("[PG101]"), "{}", ended.stdout);
        let passed_over = "pregrub.toml` is not read, because what lies in a target or beside it may be a guest's: if it is yours, add --config ";
        assert!(ended.stderr.contains(passed_over) && ended.stderr.lines().count() == 1, "{}", ended.stderr);
        // By a link to the tree as well.
        let link = directory.path().join("link");
        let _ = fs::remove_file(&link);
        symlink("guest", &link).unwrap();
        let ended = run(directory.path(), &["check", "link"]);
        assert_eq!((ended.status, ended.stderr.as_str()), (1, ""));
    }
    // Those above it are the host's.
    fs::write(directory.path().join("pregrub.toml"), "allow = ['PG101']\nthreshold = 'note'\n").unwrap();
    let ended = run(directory.path(), &["lint", "--recursive", "guest"]);
    assert!(!ended.stdout.contains("[PG101]"), "{}", ended.stdout);
}

/// Of a disk that lies in a directory which a guest can write, say: a message on the file would quote the host's.
#[test]
fn neither_they_nor_their_baseline_are_read_through_a_link() {
    let host = Host::new();
    for link in ["pregrub.toml", "b.json", "sub"] {
        let directory = guest("baseline = 'b.json'\n");
        let guest = directory.path().join("guest");
        if link == "sub" {
            fs::write(guest.join("pregrub.toml"), "baseline = 'sub/shadow'\n").unwrap();
            symlink(host.path("etc"), guest.join(link)).unwrap();
        } else {
            let _ = fs::remove_file(guest.join(link));
            symlink(host.path("etc/shadow"), guest.join(link)).unwrap();
        }
        for command in ["lint", "check", "trace"] {
            let ended = run(&guest, &[command, "boot/grub/grub.cfg"]);
            let said = format!("{link} {command}: {}{}", ended.stdout, ended.stderr);
            assert!(!said.contains(super::machine::HOST), "{said}");
            if command != "trace" || link == "pregrub.toml" {
                assert_eq!(ended.status, 2, "{said}");
                assert!(
                    ended.stderr.contains(&format!("`{}` is a symbolic link, which is not followed", link)),
                    "{said}"
                );
            }
        }
        host.assert_untouched(link);
    }
    // The caller's own may be one.
    let directory = guest("allow = ['all']\n");
    symlink("guest/pregrub.toml", directory.path().join("mine.toml")).unwrap();
    let ended = run(directory.path(), &["lint", "--config", "mine.toml", "guest/boot/grub/grub.cfg"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (0, "no findings\n"), "{}", ended.stderr);
}
