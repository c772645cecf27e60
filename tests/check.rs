//! `check::check` and its like: what the bindings for other languages go through. `bindings/run` compares those themselves with the program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pregrub::check::{
    CheckError, CheckOptions, ComparedReaders, check, check_text, compare, lint, shown_name, unreadable_to_json,
};
use pregrub::target::TargetError;

use crate::common::program::{corpus, root, run};

fn options(given: &[(&str, &str)]) -> CheckOptions {
    let mut options = CheckOptions::default();
    for (name, value) in given {
        options.set(name, value).unwrap();
    }
    options
}

/// What the program prints, of which the root of the project was cut out.
fn line(text: &str) -> String {
    format!("{}\n", text.replace(root().to_str().unwrap(), "@ROOT"))
}

#[test]
fn the_program_prints_the_same() {
    let image = corpus("images/recipe.img");
    let judged = check(Path::new(&image), &options(&[("release", "debian-4.17"), ("hash", "true")])).unwrap();
    let printed = run(&["check", "--format", "json", "--release", "debian-4.17", "--hash", &image]);
    assert_eq!(line(&judged.to_json(&image)), printed.stdout);

    let file = corpus("images/nixos-default.grub.cfg");
    let given = options(&[("allow", "all"), ("deny", "PG001")]);
    let printed = run(&["lint", "--format", "json", "-A", "all", "-D", "PG001", "--dialect", "grub2", &file]).stdout;
    let mut given_dialect = given.clone();
    given_dialect.set("dialect", "grub2").unwrap();
    assert_eq!(line(&lint(Path::new(&file), &given_dialect).unwrap().to_json(&file)), printed);

    let readers = ComparedReaders::Upgrade { from: "4.4", to: "xcp-ng-8.3" };
    let compared = compare(Path::new(&image), readers, &CheckOptions::default()).unwrap();
    let printed = run(&["compare", "--format", "json", "--from", "4.4", "--to", "xcp-ng-8.3", &image]);
    assert_eq!(line(&compared.to_json(&image)), printed.stdout);
}

#[test]
fn a_target_that_cannot_be_read_is_reported_as_the_program_does() {
    let missing = corpus("nothing.img");
    let options = options(&[("release", "4.17")]);
    let Err(CheckError::Target(error)) = check(Path::new(&missing), &options) else { panic!("there is none") };
    assert!(matches!(error, TargetError::Missing { .. }));
    let object = unreadable_to_json(&missing, &options, &error.to_string()).unwrap();
    assert_eq!(line(&object), run(&["check", "--format", "json", "--release", "4.17", &missing]).stdout);
}

#[test]
fn a_text_has_the_dialect_of_its_name() {
    let text = b"default=0\ntitle T\nkernel /k\n";
    let judged = check_text(Path::new("menu.lst"), text, &CheckOptions::default()).unwrap();
    assert_eq!(judged.run.verdict.name(), "selects");
    let judged = check_text(Path::new("grub.cfg"), text, &CheckOptions::default()).unwrap();
    assert_eq!(judged.run.verdict.name(), "fails");
}

#[test]
fn options_are_named_by_what_is_wrong() {
    let image = corpus("images/recipe.img");
    let fault = |given: &[(&str, &str)]| match check(Path::new(&image), &options(given)) {
        Err(CheckError::Option(error)) => (error.option().to_owned(), error.to_string()),
        Err(error) => panic!("{error}"),
        Ok(judged) => panic!("{}", judged.run.verdict.name()),
    };
    assert_eq!(fault(&[("release", "host5")]).0, "release");
    assert_eq!(
        fault(&[("release", "4.3"), ("offset", "1_0")]),
        ("offset".into(), "option offset: pygrub of Xen 4.3 has no option --offset: it came with 4.4".into())
    );
    let mut options = CheckOptions::default();
    assert!(options.set("offset", "0x0").is_err());
    assert!(options.set("hash", "yes").unwrap_err().to_string().contains("use one of true, false"));
    let unknown = options.set("colour", "red").unwrap_err().to_string();
    assert!(CheckOptions::NAMES.iter().all(|name| unknown.contains(name)), "{unknown}");
}

/// Every option has a line in the documentation and a value that it takes.
#[test]
fn every_option_is_documented() {
    let documents = [fs::read_to_string(root().join("docs/c.md")).unwrap(), {
        let source = fs::read_to_string(root().join("src/check/options.rs")).unwrap();
        source.lines().filter(|line| line.starts_with("///")).collect::<Vec<_>>().join("\n")
    }];
    for name in CheckOptions::NAMES {
        for document in &documents {
            let rows = document.lines().filter(|line| line.trim_start_matches("/// ").starts_with("| `"));
            assert!(rows.clone().any(|row| row.split('|').nth(1).unwrap().contains(&format!("`{name}`"))), "{name}");
        }
        let values = ["true", "4.17", "debian", "image", "grub2", "raw", "xl", "pv", "pygrub", "PG001", "1"];
        assert!(values.iter().any(|value| CheckOptions::default().set(name, value).is_ok()), "{name}");
    }
}

#[test]
fn names_of_any_bytes_are_shown() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    assert_eq!(shown_name(Path::new(OsStr::from_bytes(b"caf\xe9"))), "caf\\xe9");
}

#[test]
fn the_scripts_of_the_bindings_can_be_started() {
    for script in ["bindings/run", "bindings/c/install"] {
        assert_eq!(fs::metadata(root().join(script)).unwrap().permissions().mode() & 0o111, 0o111, "{script}");
    }
}

/// Unsafe code is in the bindings for C alone, and each use of it says why it is sound. The Python module has none of its own.
#[test]
fn unsafe_code_is_explained() {
    let source = fs::read_to_string(root().join("bindings/c/src/lib.rs")).unwrap();
    let lines: Vec<&str> = source.lines().collect();
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("unsafe {")) {
        let before = lines[at.saturating_sub(5)..at].iter().any(|line| line.trim_start().starts_with("// SAFETY:"));
        assert!(before, "bindings/c/src/lib.rs:{}: {line}", at + 1);
    }
    let python = fs::read_to_string(root().join("bindings/python/src/lib.rs")).unwrap();
    assert!(python.contains("#![deny(unsafe_code)]"));
}
