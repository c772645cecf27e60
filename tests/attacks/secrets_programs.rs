//! The guest's program that appends secrets to its initrd, where it does something else. It runs with the caller's rights and could
//! do that by itself; the installer must not do it for it, nor wait for it for ever.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use pregrub::generate::grub_cfg::{self, LocalDisk, PlanOptions};

use super::machine::{HOST, Host, within};
use crate::common::nixos_store::{self, Spec, Store};

const CURRENT: &str = "/nix/var/nix/profiles/system";

/// Installs a guest with this program, which may take a second, and says why it was refused. The boot directory is empty then.
fn refused(program: &str) -> String {
    let mut store = Store::new();
    let toplevel = store.build(&Spec { secrets: Some("s".into()), ..Spec::new(1) });
    store.link(None, 1, &toplevel);
    store.program(&format!("{toplevel}/append-initrd-secrets"), &format!("#!/bin/sh\n{program}\n"));
    let what = program.to_owned();
    within(60, &what, move || {
        let options = PlanOptions { secrets_timeout: Duration::from_secs(1), ..store.options() };
        let error = grub_cfg::install(&options, Path::new(CURRENT), &mut LocalDisk::default()).unwrap_err();
        assert!(nixos_store::files(&store.boot()).is_empty(), "{error}");
        assert_eq!(fs::read_dir(store.boot().join("kernels")).unwrap().count(), 0, "{error}");
        // The lock is free.
        let without = PlanOptions { run_secrets: false, ..store.options() };
        grub_cfg::install(&without, Path::new(CURRENT), &mut LocalDisk::default()).unwrap();
        error.to_string()
    })
}

#[test]
fn one_that_never_ends_is_killed_with_all_that_it_has_started() {
    let begun = Instant::now();
    let directory = tempfile::tempdir().unwrap();
    let late = directory.path().join("late");
    let error = refused(&format!("(sleep 4; echo x > {}) & sleep 600", late.display()));
    assert!(error.contains("it had not ended after 1 s and was killed; no grub.cfg was written"), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(30));
    std::thread::sleep(Duration::from_secs(5));
    assert!(!late.exists(), "nothing of it runs on");
}

#[test]
fn what_it_leaves_in_the_place_of_the_initrd_is_not_followed() {
    let host = Host::new();
    let shadow = host.path("etc/shadow");
    for program in [
        format!("rm \"$1\"; ln -s {} \"$1\"", shadow.display()),
        format!("rm \"$1\"; ln -s {} \"$1\"", host.path("fifo").display()),
        "rm \"$1\"; mkfifo \"$1\"".to_owned(),
        "rm \"$1\"".to_owned(),
    ] {
        let error = refused(&program);
        assert!(error.ends_with("no grub.cfg was written") && !error.contains(HOST), "{program}: {error}");
        host.assert_untouched(&program);
    }
}

/// A second name of a file of the host's is no link: its content would be on the boot disk, and its permissions others.
#[test]
fn a_second_name_of_another_file_is_refused() {
    let error = refused(
        "rm \"$1\"; echo x > \"$1.other\"; ln \"$1.other\" \"$1\"; mv \"$1.other\" \"$1/../../../elsewhere\" 2>/dev/null || mv \"$1.other\" \"$(dirname \"$1\")/../../elsewhere\"",
    );
    assert!(error.contains("has another name somewhere else (a hard link)"), "{error}");
}

/// Whoever edits in place makes another file; that is fine.
#[test]
fn a_file_of_its_own_in_the_place_is_taken() {
    let mut store = Store::new();
    let toplevel = store.build(&Spec { secrets: Some("s".into()), ..Spec::new(1) });
    store.link(None, 1, &toplevel);
    let program =
        "#!/bin/sh\ncp \"$1\" \"$1.x\" && echo more >> \"$1.x\" && chmod 644 \"$1.x\" && mv \"$1.x\" \"$1\"\n";
    store.program(&format!("{toplevel}/append-initrd-secrets"), program);
    grub_cfg::install(&store.options(), Path::new(CURRENT), &mut LocalDisk::default()).unwrap();
    let entries = fs::read_dir(store.boot().join("kernels")).unwrap().map(Result::unwrap);
    let secret = entries.filter(|entry| entry.file_name().to_str().unwrap().contains("-secrets-1-"));
    use std::os::unix::fs::PermissionsExt;
    let modes: Vec<u32> = secret.map(|entry| entry.metadata().unwrap().permissions().mode() & 0o777).collect();
    assert_eq!(modes, [0o600]);
}

/// The program is that of the guest's root, whatever its links say.
#[test]
fn a_program_that_is_a_link_is_looked_for_below_the_root() {
    let host = Host::new();
    fs::set_permissions(host.path("etc/shadow"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut store = Store::new();
    let toplevel = store.build(&Spec { secrets: Some("s".into()), ..Spec::new(1) });
    store.link(None, 1, &toplevel);
    store.symlink(&format!("{toplevel}/append-initrd-secrets"), host.path("etc/shadow").to_str().unwrap());
    let error =
        grub_cfg::install(&store.options(), Path::new(CURRENT), &mut LocalDisk::default()).unwrap_err().to_string();
    assert!(
        error.contains("cannot find `") && error.contains("append-initrd-secrets`: there is no such file"),
        "{error}"
    );
}

/// One that sets itself apart with a session of its own, and a daemon that one leaves which has done its work: the program kills them.
#[test]
fn a_session_of_its_own_escapes_nothing() {
    for (script, status) in [
        ("setsid sh -c 'sleep 4; echo x > LATE' & sleep 600", 1),
        ("(setsid sh -c '(sleep 4; echo x > LATE) & sleep 600' &) ; sleep 600", 1),
        ("(setsid sh -c '(sleep 4; echo x > LATE) & exit' > /dev/null 2>&1 &) ; printf s >> \"$1\"", 0),
    ] {
        let mut store = Store::new();
        let toplevel = store.build(&Spec { secrets: Some("s".into()), ..Spec::new(1) });
        store.link(None, 1, &toplevel);
        let late = store.root().join("late");
        let script = script.replace("LATE", late.to_str().unwrap());
        store.program(&format!("{toplevel}/append-initrd-secrets"), &format!("#!/bin/sh\n{script}\n"));
        let begun = Instant::now();
        let arguments = store.arguments();
        let more = ["--secrets-timeout", "1", "--install", CURRENT];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(more).collect();
        let ended = crate::common::program::run(&arguments);
        assert_eq!(ended.status, status, "{script}: {}", ended.whole());
        assert!(begun.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_secs(6));
        assert!(!late.exists(), "{script}");
    }
}
