//! `pregrub lint`: text, exit statuses, levels.

use insta::assert_snapshot;

use crate::common::program::{corpus, run, run_with_input};

const TITLE: &[u8] =
    b"set default=\"B\"\nset timeout=5\nmenuentry \"A\" {\n linux /a\n}\nmenuentry \"B\" {\n linux /b\n}\n";

fn lint(options: &[&str]) -> crate::common::program::Ended {
    run_with_input(&[&["lint", "-", "-A", "all"], options].concat(), TITLE)
}

#[test]
fn findings_of_several_files() {
    let files = [corpus("lint/PG101/found-title/grub.cfg"), corpus("lint/PG001/found-nixos-drive1/grub.cfg")];
    let rules = ["-A", "all", "-W", "PG101", "-D", "PG001"];
    assert_snapshot!(run(&[&["lint", &files[0], &files[1]], rules.as_slice()].concat()).whole());
}

#[test]
fn no_findings() {
    let ended = run_with_input(&["lint", "-", "-A", "all"], b"menuentry \"A\" {\n linux /a\n}\n");
    assert_eq!((ended.stdout.as_str(), ended.status), ("no findings\n", 0));
    let ended = run(&["lint", "/nonexistent"]);
    assert_eq!((ended.stdout.as_str(), ended.status), ("", 3));
}

#[test]
fn the_threshold_makes_the_exit_status() {
    assert_eq!(lint(&["-W", "PG101"]).status, 0);
    assert_eq!(lint(&["-W", "PG101", "--threshold", "warning"]).status, 1);
    assert_eq!(lint(&["-W", "PG101", "--threshold", "note"]).status, 1);
    assert_eq!(lint(&["-D", "PG101"]).status, 1);
    assert_eq!(lint(&["-D", "PG101", "--threshold", "never"]).status, 0);
    assert_eq!(lint(&["-D", "PG101", "-A", "boots-something-else"]).status, 0);
    assert_eq!(lint(&["-D", "PG1"]).status, 1);
    assert_eq!(lint(&["-D", "PG999"]).status, 2);
}

#[test]
fn the_threshold_counts_for_check_too() {
    let check = |options: &[&str]| run_with_input(&[&["check", "-", "-A", "all"], options].concat(), TITLE).status;
    assert_eq!(check(&["-W", "PG101"]), 0);
    assert_eq!(check(&["-D", "default-by-title"]), 1);
    assert_eq!(check(&["-D", "default-by-title", "--threshold", "never"]), 0);
}

#[test]
fn a_menu_that_nobody_sees_stops_nothing() {
    let text = b"set timeout=1.5\nmenuentry \"A\" {\n linux /a\n}\n";
    let json = |options: &[&str]| {
        let ended = run_with_input(&[&["lint", "-", "--format", "json"], options].concat(), text);
        ended.stdout.contains("\"stops_boot\":true")
    };
    assert!(!json(&["--quiet"]));
}

#[test]
fn what_a_guest_wrote_is_escaped() {
    let text = b"menuentry \"\x1b[2J\" {\n linux ($\x1b[31m\x07)/k\n}\n";
    for format in ["text", "concise", "github", "junit"] {
        for command in ["lint", "check"] {
            let ended = run_with_input(&[command, "-", "--dialect", "grub2", "--format", format], text);
            let raw = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
            assert!(!ended.stdout.is_empty() && !raw(&ended.stdout), "{format}: {:?}", ended.stdout);
        }
    }
}

const SILENCED: &[u8] =
    b"# pregrub: allow-file(all) not mine\nset timeout=5\nmenuentry \"A\" {\n linux ($drive1)/a\n}\n";

/// A guest's own comments are no proof that nothing is wrong.
#[test]
fn what_comments_suppress_is_counted() {
    let told = |args: &[&str]| run_with_input(args, SILENCED);
    let ended = told(&["lint", "-"]);
    assert_eq!((ended.stdout.as_str(), ended.status), ("1 finding suppressed by comments\n", 0));
    assert!(told(&["lint", "-", "--format", "json"]).stdout.contains("\"findings\":[],\"suppressed\":1}"));
    let ended = told(&["check", "-"]);
    assert!(ended.stdout.ends_with("\n\n1 finding suppressed by comments\n"), "{}", ended.stdout);
    assert!(told(&["check", "-", "--format", "json"]).stdout.contains("\"findings\":[],\"suppressed\":1}"));
    for command in ["lint", "check"] {
        let ended = told(&[command, "-", "--no-suppressions"]);
        assert_eq!(ended.status, 1);
        assert!(ended.stdout.contains("error[PG001]") && !ended.stdout.contains("suppressed"), "{}", ended.stdout);
    }
}

/// It holds lines of a configuration, and is none.
#[test]
fn an_image_is_for_check() {
    for image in ["images/recipe.img", "images/nixos-default.img"] {
        let ended = run(&["lint", &corpus(image)]);
        assert_eq!(ended.status, 3, "{}", ended.whole());
        assert!(ended.stderr.contains("disks and domains are for `pregrub check`"), "{}", ended.whole());
    }
}
