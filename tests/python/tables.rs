//! The generated tables of `src/python/tables.rs`.

use std::process::Command;

use crate::common::tools;

#[test]
fn the_tables_are_those_of_unicode_14() {
    let Some(interpreter) = tools::system_python() else { return };
    let run = |arguments: &[&str]| {
        let output = Command::new(&interpreter).args(arguments).output().expect("python3 runs");
        assert!(output.status.success(), "{arguments:?}: {}", output.status);
        String::from_utf8(output.stdout).expect("ASCII")
    };
    let version = run(&["-c", "import unicodedata; print(unicodedata.unidata_version)"]);
    if version.trim() != "14.0.0" {
        println!("SKIPPED: this Python has Unicode {}, not 14.0.0", version.trim());
        return;
    }
    let fresh = run(&[concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/unicode_tables.py")]);
    let kept = include_str!("../../src/python/tables.rs");
    // rustfmt has set the lines anew.
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(kept), words(&fresh), "run tests/oracle/unicode_tables.py and cargo fmt");
}
