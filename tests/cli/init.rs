//! `pregrub init`, as a program. What the images are worth is asked in tests/generate/init.rs.

use insta::assert_snapshot;

use crate::common::program::run;

#[test]
fn an_image_that_boots() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("boot.img");
    let name = path.to_str().unwrap();
    assert_snapshot!(run(&["init", name, "--table", "gpt"]).whole().replace(name, "IMAGE"));
    assert_snapshot!(run(&["check", name]).whole().replace(name, "IMAGE"));
    let again = run(&["init", name]);
    assert_eq!(again.status, 2);
    assert!(again.stderr.contains("already there"), "{}", again.stderr);
    assert_eq!(run(&["init", name, "--force", "--size", "8"]).status, 0);
}

#[test]
fn refusals() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("boot.img");
    let name = path.to_str().unwrap();
    let all: String = [
        &["init"][..],
        &["init", "/nonexistent/x"],
        &["init", name, "--boot-filesystem", "f2fs"],
        &["init", name, "--kernel", "/nonexistent"],
        &["init", name, "--kernel", "/dev"],
        &["init", name, "--generations", "0"],
        &["init", name, "--kernel-param", "/*"],
        &["init", name, "--boot-label", "LABEL-OF-ELEVEN", "--boot-filesystem", "vfat"],
    ]
    .iter()
    .map(|arguments| format!("$ pregrub {}\n{}\n", arguments.join(" "), run(arguments).whole()).replace(name, "IMAGE"))
    .collect();
    assert_snapshot!(all);
    assert!(!path.exists());
}
