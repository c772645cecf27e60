//! JUnit's XML: what Jenkins takes, and what Python's parser reads in it.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::common::program::{corpus, root, run, run_with_input};
use crate::common::tools;

/// Fails where Jenkins would not take it.
fn assert_valid(xml: &str) {
    tools::assert_xml(xml, "--schema", "junit-10.xsd");
}

/// The elements as another parser reads them: `testcase name=...` lines with what they hold.
fn outline(xml: &str) -> String {
    const PROGRAM: &str = "\
import sys, xml.etree.ElementTree as tree
for suite in tree.fromstring(sys.stdin.buffer.read()):
    print('suite', suite.get('name'), suite.get('tests'), suite.get('failures'), suite.get('errors'))
    for case in suite:
        print(' case', case.get('name'), *[f'{inner.tag} {inner.get(\"type\")}' for inner in case])
";
    let mut child = Command::new("python3")
        .args(["-c", PROGRAM])
        .env("PYTHONIOENCODING", "utf-8:backslashreplace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    child.stdin.take().unwrap().write_all(xml.as_bytes()).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert!(ended.status.success(), "{xml}");
    String::from_utf8(ended.stdout).unwrap().replace(root().to_str().unwrap(), "@ROOT")
}

#[test]
fn a_suite_a_target() {
    let (good, bad) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    let ended = run(&["check", "--format", "junit", "-A", "all", "-D", "PG001", &good, &bad, "/nonexistent"]);
    assert_eq!(ended.status, 3);
    assert_valid(&ended.stdout);
    assert_eq!(
        outline(&ended.stdout),
        "suite @ROOT/corpus/images/recipe.img 1 0 0\n case verdict system-out None\n\
         suite @ROOT/corpus/images/nixos-default.img 2 2 0\n case verdict failure fails\n \
         case PG001 device-variable failure PG001\n\
         suite /nonexistent 1 0 1\n case read error unreadable\n"
    );
}

#[test]
fn what_fails_is_what_the_threshold_says() {
    let text = b"set default=\"B\"\nset timeout=5\nmenuentry \"A\" {\n linux /a\n}\nmenuentry \"B\" {\n linux /b\n}\n";
    let lint = |threshold: &str| {
        let args = ["lint", "-", "--format", "junit", "--threshold", threshold, "-A", "all", "-W", "PG101"];
        let ended = run_with_input(&args, text);
        assert_valid(&ended.stdout);
        (outline(&ended.stdout), ended.status)
    };
    assert_eq!(lint("error"), ("suite - 1 0 0\n case PG101 default-by-title system-out None\n".to_owned(), 0));
    assert_eq!(lint("warning"), ("suite - 1 1 0\n case PG101 default-by-title failure PG101\n".to_owned(), 1));
    let nothing = run_with_input(&["lint", "-", "--format", "junit", "-A", "all"], text);
    assert_eq!(outline(&nothing.stdout), "suite - 1 0 0\n case no findings\n");
}

#[test]
fn what_is_hostile_is_valid() {
    let texts: [&[u8]; 3] = [
        b"menuentry \"\x1b[2J\" {\n linux ($\x1b\x07\x7f\"<&>]]>)/k\n}\n",
        b"set default=\xff\xfe\x00\n}\nmenuentry \"\xff\" {\n linux (\xff)/\xe9\n}\n",
        "set timeout=\u{ffff}\u{9b}\nmenuentry 'x' {\n linux ($\u{ffff}\u{fffe})/k\n}\n".as_bytes(),
    ];
    for text in texts {
        for release in ["4.12", "4.22"] {
            let args = ["check", "-", "--dialect", "grub2", "--format", "junit", "--release", release];
            let ended = run_with_input(&args, text);
            assert_valid(&ended.stdout);
            outline(&ended.stdout);
        }
    }
}
