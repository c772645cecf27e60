//! `pregrub.toml`.

use serde_json::Value;

use super::folder::{BY_TITLE, Folder};
use crate::common::program::root;

/// Documents, and whether they are accepted.
const DOCUMENTS: [(&str, bool); 26] = [
    ("", true),
    ("# nothing\n", true),
    ("release = '4.17'\nflavour = 'debian'\nquiet = true\nthreshold = 'note'\nexclude = ['a/**', '*.iso']\n", true),
    ("release = '4.4.1'\n", true),
    ("release = '4.13+python2'\n", true),
    ("allow = ['PG101', 'storage', 'all']\nwarn = ['device-variable']\ndeny = ['PG3']\n", true),
    ("threshold = 'never'\nbaseline = 'b.json'\n", true),
    ("allow = []\nwarn = []\ndeny = []\nexclude = []\n", true),
    ("release = 4.17\n", false),
    ("release = 'latest'\n", false),
    ("release = '3.4'\n", false),
    ("flavour = 'gentoo'\n", false),
    ("flavour = true\n", false),
    ("quiet = 1\n", false),
    ("quiet = 'yes'\n", false),
    ("allow = 'PG101'\n", false),
    ("warn = [1]\n", false),
    ("threshold = 'Error'\n", false),
    ("threshold = 'high'\n", false),
    ("baseline = 1\n", false),
    ("exclude = 'x'\n", false),
    ("relase = '4.17'\n", false),
    ("[lint]\nallow = []\n", false),
    ("suppressions = false\n", true),
    ("suppressions = 'no'\n", false),
    ("Quiet = true\n", false),
];

#[test]
fn the_schema_says_what_the_reader_accepts() {
    let text = std::fs::read_to_string(root().join("docs/schema/pregrub.toml-1.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let folder = Folder::new();
    folder.file("grub.cfg", "menuentry \"A\" {\n  linux /a\n}\n");
    folder.file("b.json", "{\"schema\":\"pregrub.baseline/1\",\"findings\":[]}");
    for (text, accepted) in DOCUMENTS {
        folder.file("pregrub.toml", text);
        let ended = folder.run(&["lint", "--threshold", "never", "grub.cfg"]);
        assert_eq!(ended.status, if accepted { 0 } else { 2 }, "{text}: {}", ended.whole());
        let value: Value = toml::from_str(text).unwrap();
        assert_eq!(validator.is_valid(&value), accepted, "{text}");
    }
}

#[test]
fn faults_are_told_with_their_place() {
    let folder = Folder::new();
    folder.file("grub.cfg", BY_TITLE);
    let mut told = String::new();
    for text in ["quiet = true\nrelase = '4.17'\n", "allow = ['PG999']\n", "release = '3.4'\n", "quiet = \n", "\u{0}"] {
        folder.file("pregrub.toml", text);
        for command in ["check", "lint"] {
            let ended = folder.run(&[command, "grub.cfg"]);
            assert_eq!((ended.status, ended.stdout.as_str()), (2, ""), "{}", ended.whole());
            if command == "lint" {
                told.push_str(&ended.stderr);
            }
        }
    }
    folder.file("pregrub.toml", b"\xff");
    told.push_str(&folder.run(&["lint", "grub.cfg"]).whole());
    told.push_str(&folder.run(&["lint", "--config", "none.toml", "grub.cfg"]).whole());
    insta::assert_snapshot!(told);
}

#[test]
fn the_nearest_file_to_the_working_directory_counts_and_the_command_line_wins() {
    let folder = Folder::new();
    let deep = "guests/a/grub/grub.cfg";
    folder.file(deep, BY_TITLE);
    let status = |args: &[&str]| folder.run(&[&["lint", deep], args].concat()).status;
    assert_eq!(status(&[]), 0, "a warning is below the threshold");
    folder.file("pregrub.toml", "threshold = 'warning'\n");
    assert_eq!(status(&[]), 1);
    assert_eq!(status(&["--threshold", "error"]), 0);
    assert_eq!(status(&["--no-config"]), 0);
    assert_eq!(folder.run_in("guests/a", &["lint", "grub/grub.cfg"]).status, 1, "above the working directory");
    folder.file("guests/pregrub.toml", "allow = ['PG101']\n");
    assert_eq!(status(&[]), 1, "where the target lies says nothing");
    assert_eq!(status(&["--config", "guests/pregrub.toml"]), 0);
    assert_eq!(folder.run_in("guests/a", &["lint", "grub/grub.cfg"]).status, 0, "the nearest alone counts");
    assert_eq!(folder.run_in("guests/a/grub", &["lint", "../grub/grub.cfg"]).status, 0);
    assert_eq!(folder.run_in("guests", &["lint", "-D", "PG101", "a/grub/grub.cfg"]).status, 1, "the command line wins");
}

#[test]
fn the_release_of_the_settings_is_that_of_every_command() {
    let folder = Folder::new();
    folder.file("grub.cfg", BY_TITLE);
    folder.file("pregrub.toml", "release = '4.12'\nquiet = true\n");
    // Under Python 2 pygrub knows titles.
    let kernel = |args: &[&str]| folder.run(args).stdout;
    assert!(kernel(&["check", "grub.cfg"]).contains("kernel     /b"), "{}", kernel(&["check", "grub.cfg"]));
    assert!(kernel(&["check", "--release", "4.17", "grub.cfg"]).contains("kernel     /a"));
    assert!(kernel(&["trace", "grub.cfg"]).contains("4.12"));
    assert!(kernel(&["entries", "grub.cfg", "--format", "json"]).contains("\"release\":\"4.12"));
}

#[test]
fn a_directory_of_the_name_is_not_passed_over() {
    let folder = Folder::new();
    folder.file("grub.cfg", BY_TITLE);
    folder.file("pregrub.toml/inner", "");
    let ended = folder.run(&["lint", "grub.cfg"]);
    let said = ended
        .stderr
        .ends_with("pregrub.toml` is a directory, and settings are in a file: rename it, or call with --no-config\n");
    assert!(said && ended.status == 2, "{}", ended.whole());
    assert_eq!(folder.run(&["lint", "--no-config", "grub.cfg"]).status, 0);
}

#[test]
fn comments_of_guests_count_unless_the_settings_say_no() {
    let folder = Folder::new();
    folder.file("grub.cfg", "# pregrub: allow-file(all) x\nmenuentry \"A\" {\n linux ($drive1)/a\n}\n");
    assert_eq!(folder.run(&["lint", "grub.cfg"]).status, 0);
    folder.file("pregrub.toml", "suppressions = false\n");
    assert_eq!(folder.run(&["lint", "grub.cfg"]).status, 1);
}

/// What lies in a guest's filesystem is the guest's.
#[test]
fn a_directory_that_is_checked_gives_no_settings() {
    let folder = Folder::new();
    folder.file("mounted/grub/grub.cfg", BY_TITLE);
    folder.file("mounted/pregrub.toml", "nonsense = 1\n");
    let ended = folder.run(&["check", "mounted"]);
    assert!(ended.stderr.is_empty() && ended.status == 1, "{}", ended.whole());
}
