//! `PREGRUB_SANDBOX=require`: without every layer of the sandbox nothing is read.

use std::process::{Command, Output};

use super::handed_over::{Host, drop_in, good_disk, stderr};
use crate::common::{program, tools};

/// Runs the drop-in under a program that takes something from it.
fn under(wrapper: &[&str], required: bool, more: &[&str]) -> (Host, Output) {
    let (host, image) = (Host::new(), good_disk());
    let plain = drop_in("4.17", more);
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).arg(plain.get_program()).args(plain.get_args());
    command.args(host.options()).arg("--output-format=simple0").arg(image.path());
    command.env_clear().env("PREGRUB_RELEASE", "4.17");
    if required {
        command.env("PREGRUB_SANDBOX", "require");
    }
    let output = command.output().unwrap();
    (host, output)
}

/// strace, where it is there and allowed to do its work.
pub fn strace() -> Option<String> {
    let strace = tools::tool("strace")?.to_str()?.to_owned();
    let works = Command::new(&strace).args(["-f", "-o", "/dev/null", "true"]).status().unwrap().success();
    if !works {
        tools::skipped("strace may not trace here");
    }
    works.then_some(strace)
}

#[test]
fn a_layer_that_the_kernel_lacks() {
    let Some(strace) = strace() else { return };
    for call in ["landlock_create_ruleset", "landlock_restrict_self", "seccomp", "capset"] {
        let injected = format!("inject={call}:error=ENOSYS");
        let wrapper = [&strace, "-f", "-qq", "-o", "/dev/null", "-e", &injected];
        let (host, output) = under(&wrapper, true, &[]);
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{call}: {told}");
        host.assert_nothing(call);
        let last = "pregrub: PREGRUB_SANDBOX=require: nothing is read without the whole sandbox\n";
        assert!(told.starts_with("pregrub: this kernel does not give ") && told.ends_with(last), "{call}: {told}");
        // No configuration was found, as none was looked for.
        assert!(!told.contains("Using "), "{call}: {told}");
        let (host, output) = under(&wrapper, false, &[]);
        assert_eq!(output.status.code(), Some(0), "{call}: {}", stderr(&output));
        assert!(host.assert_all_or_nothing(call));
    }
}

#[test]
fn nothing_is_refused_where_all_is_there() {
    let (host, output) = under(&["/usr/bin/env"], true, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(host.assert_all_or_nothing("require"));
}

/// A caller that may change the user, but make no namespace.
#[test]
fn runas_without_namespaces() {
    if !rustix::process::getuid().is_root() {
        eprintln!("SKIPPED: --runas takes root");
        return;
    }
    let Some(setpriv) = tools::tool("setpriv") else { return };
    let wrapper = [setpriv.to_str().unwrap(), "--bounding-set=-sys_admin"];
    let (host, output) = under(&wrapper, true, &["--runas=65534"]);
    let told = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    host.assert_nothing(&told);
    assert!(told.contains("this kernel does not give namespaces of its own (operation not permitted"), "{told}");
    let (host, output) = under(&wrapper, false, &["--runas=65534"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(host.assert_all_or_nothing("runas"));
}

#[test]
fn the_word_is_checked() {
    let output = program::command(&["pygrub", "-q", "x"]).env("PREGRUB_SANDBOX", "requier").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stderr(&output), "pregrub: `requier` is not a value of PREGRUB_SANDBOX: use require, or leave it out\n");
}
