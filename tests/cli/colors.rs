//! Which variable decides about colours, where the output is not a terminal.

use std::process::{Command, Stdio};

use crate::common::program::{command, corpus, path};
use crate::common::tools;

fn is_colored(args: &[&str], environment: &[(&str, &str)]) -> bool {
    let bad = corpus("images/nixos-default.img");
    let mut program = command(&[&["check", bad.as_str()], args].concat());
    let output = program.envs(environment.iter().copied()).output().unwrap();
    output.stdout.contains(&0x1b)
}

#[test]
fn the_option_wins_then_no_color_then_what_forces() {
    assert!(!is_colored(&[], &[]));
    assert!(is_colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(is_colored(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!is_colored(&[], &[("CLICOLOR_FORCE", "0")]));
    assert!(!is_colored(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(is_colored(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "")]));
    assert!(is_colored(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(!is_colored(&["--color", "never"], &[("FORCE_COLOR", "1")]));
}

/// Help and usage errors go by the same variables.
#[test]
fn help_has_the_same_colours() {
    let help = |environment: &[(&str, &str)]| {
        let output = command(&["--help"]).envs(environment.iter().copied()).output().unwrap();
        output.stdout.contains(&0x1b)
    };
    assert!(!help(&[]) && help(&[("FORCE_COLOR", "1")]) && !help(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
}

/// What a terminal gets, by `script` of util-linux.
fn on_a_terminal(file: &str, environment: &[(&str, &str)]) -> Option<String> {
    let script = tools::tool("script")?;
    let program = format!("'{}' lint -A all -D PG001 '{file}'", path().display());
    let mut command = Command::new(script);
    command.args(["--quiet", "--return", "--command", &program, "/dev/null"]);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("TERM", "xterm-256color").envs(environment.iter().copied());
    Some(String::from_utf8(command.stdin(Stdio::null()).output().unwrap().stdout).unwrap())
}

/// The name of a file is a link where the terminal has links; what a guest writes never is one.
#[test]
fn names_of_files_are_links() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a b.cfg");
    let link = "\x1b]8;;file:///etc/passwd\x1b\\";
    std::fs::write(&file, format!("menuentry \"A\" {{\n linux ($a{link}x)/k\n}}\n")).unwrap();
    let name = file.to_str().unwrap();
    let Some(with) = on_a_terminal(name, &[("FORCE_HYPERLINK", "1")]) else { return };
    let address = file.canonicalize().unwrap().to_str().unwrap().replace(' ', "%20");
    assert!(with.contains(&format!("\x1b]8;;file://{address}\x1b\\{name}\x1b]8;;\x1b\\:2:8")), "{with:?}");
    assert_eq!(with.matches("\x1b]8;;file").count(), 1, "{with:?}");
    for none in [[("FORCE_HYPERLINK", "0")], [("CI", "true")]] {
        let text = on_a_terminal(name, &none).unwrap();
        assert!(text.contains("error[PG001]") || text.contains("PG001"), "{text:?}");
        assert!(!text.contains("\x1b]8"), "{text:?}");
    }
}
