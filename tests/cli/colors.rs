//! Which variable decides about colours, where the output is not a terminal.

use crate::common::program::{command, corpus};

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
