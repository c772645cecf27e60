//! Two writers at once, and errors in the middle: nobody's work is lost without a word, and of several files all are replaced or none.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::sandbox_required::strace;
use crate::common::nixos_store;
use crate::common::program::{command, run};

const MENU: &str = "menuentry \"B\" {\n  linux //k\n  initrd /i\n}\n";
const OURS: &str = "menuentry \"B\" {\n  linux /k\n  initrd /i\n}\n";
const THEIRS: &str = "menuentry \"new\" {\n  linux /new\n}\n";
const LONG: Duration = Duration::from_secs(60);

/// The program under strace, which does what `options` say.
fn traced(strace: &str, options: &[&str], arguments: &[&str]) -> Command {
    let plain = command(arguments);
    let mut traced = Command::new(strace);
    traced.args(["-f", "-qq", "-o", "/dev/null"]).args(options);
    traced.arg(plain.get_program()).args(plain.get_args()).env_clear().env("PATH", "/usr/bin:/bin");
    traced.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    traced
}

/// Waits for a file that a writer makes first.
fn wait_for_temporary(directory: &Path) {
    let begun = Instant::now();
    let is_there = || {
        let names = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name());
        names.into_iter().any(|name| name.to_string_lossy().starts_with(".pregrub-"))
    };
    while !is_there() {
        assert!(begun.elapsed() < LONG, "nothing is written in {}", directory.display());
        thread::sleep(Duration::from_millis(5));
    }
}

fn said(output: &Output) -> String {
    let [out, error] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    format!("{out}{error}{}", output.status)
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// A boot directory with a menu that has a fix.
struct Boot {
    directory: tempfile::TempDir,
}

impl Boot {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir_all(directory.path().join("boot/grub")).unwrap();
        let boot = Self { directory };
        boot.reset();
        boot
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().canonicalize().unwrap().join("boot").join(name)
    }

    fn reset(&self) {
        for entry in fs::read_dir(self.path("grub")).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        fs::write(self.path("grub/grub.cfg"), MENU).unwrap();
    }

    fn menu(&self) -> String {
        text(&self.path("grub/grub.cfg"))
    }

    /// Nothing lies beside the menu.
    fn assert_alone(&self, what: &str) {
        let names: Vec<_> = nixos_store::files(&self.path("grub")).into_keys().collect();
        assert_eq!(names, ["grub.cfg"], "{what}");
    }

    fn fix(&self, strace: &str, options: &[&str]) -> Child {
        let file = self.path("grub/grub.cfg");
        traced(strace, options, &["lint", "--no-config", "--fix", file.to_str().unwrap()]).spawn().unwrap()
    }

    fn fixed(&self, strace: &str, options: &[&str]) -> Output {
        self.fix(strace, options).wait_with_output().unwrap()
    }
}

#[test]
fn what_an_editor_saves_during_a_fix_stays() {
    let Some(strace) = strace() else { return };
    let boot = Boot::new();
    // In the moment before the exchange.
    let child = boot.fix(&strace, &["-e", "inject=renameat2:delay_enter=2s:when=1"]);
    wait_for_temporary(&boot.path("grub"));
    thread::sleep(Duration::from_secs(1));
    fs::write(boot.path("saved"), THEIRS).unwrap();
    fs::rename(boot.path("saved"), boot.path("grub/grub.cfg")).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = said(&output);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("it has changed in the meantime"), "{said}");
    assert_eq!(boot.menu(), THEIRS, "{said}");
    boot.assert_alone(&said);
}

/// The installer locks the boot directory; so does a fix.
#[test]
fn a_fix_and_an_installation_wait_for_each_other() {
    let Some(strace) = strace() else { return };
    let boot = Boot::new();
    for name in ["", "grub"] {
        boot.reset();
        let locked = File::open(boot.path(name)).unwrap();
        let lock = |operation| flock(&locked, operation);
        // While a fix is at work.
        let child = boot.fix(&strace, &["-e", "inject=renameat2:delay_enter=1s:when=1"]);
        wait_for_temporary(&boot.path("grub"));
        assert!(lock(FlockOperation::NonBlockingLockExclusive).is_err(), "{name}");
        let output = child.wait_with_output().unwrap();
        assert_eq!(boot.menu(), OURS, "{}", said(&output));
        boot.reset();
        // While an installation is at work, which writes another menu.
        lock(FlockOperation::LockExclusive).unwrap();
        let child = boot.fix(&strace, &[]);
        thread::sleep(Duration::from_secs(1));
        boot.assert_alone(name);
        fs::write(boot.path("grub/grub.cfg"), THEIRS).unwrap();
        lock(FlockOperation::Unlock).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(said(&output).contains("it has changed in the meantime"), "{}", said(&output));
        assert_eq!(boot.menu(), THEIRS);
        boot.assert_alone(name);
    }
}

/// pygrub does not replay the journal: everything is brought to its place before and after the renaming, and the old text has a name as long.
#[test]
fn a_fix_flushes_the_filesystem_before_and_after() {
    let Some(strace) = strace() else { return };
    let boot = Boot::new();
    let log = tempfile::NamedTempFile::new().unwrap();
    for (more, renaming) in [(&[][..], "RENAME_EXCHANGE"), (&["-e", "inject=renameat2:error=EINVAL"], "renameat(")] {
        boot.reset();
        let options = ["-o", log.path().to_str().unwrap(), "-e", "trace=syncfs,renameat,renameat2,linkat,unlinkat"];
        let output = boot.fixed(&strace, &[&options, more].concat());
        assert_eq!(boot.menu(), OURS, "{}", said(&output));
        boot.assert_alone(renaming);
        let calls = text(log.path());
        let at = |call: &str, from: usize| {
            calls[from..].find(call).map(|at| at + from).unwrap_or_else(|| panic!("{call}: {calls}"))
        };
        let before = at("syncfs(", 0);
        let renamed = at(renaming, before);
        let after = at("syncfs(", renamed);
        assert!(at("unlinkat(", 0) > after, "{calls}");
        assert!(renaming != "renameat(" || at("linkat(", before) < renamed, "{calls}");
    }
    for (number, expected, menu) in [
        (1, "input/output error", MENU),
        (2, "the new text is written, but may be lost until the disk is written to", OURS),
    ] {
        boot.reset();
        let output = boot.fixed(&strace, &["-e", &format!("inject=syncfs:error=EIO:when={number}")]);
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
        assert!(said(&output).contains(expected), "{}", said(&output));
        assert_eq!(boot.menu(), menu);
        boot.assert_alone(expected);
    }
}

#[test]
fn two_runs_that_update_a_baseline_lose_nothing() {
    let Some(strace) = strace() else { return };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().canonicalize().unwrap();
    for name in ["a.cfg", "b.cfg"] {
        fs::write(path.join(name), MENU).unwrap();
    }
    let baseline = path.join("base.json");
    for is_there in [false, true] {
        if is_there {
            fs::write(&baseline, "{\"schema\": \"pregrub.baseline/1\", \"findings\": []}\n").unwrap();
        }
        let update = |options: &[&str], name: &str| {
            let (file, baseline) = (path.join(name), baseline.to_str().unwrap());
            let update = ["lint", "--no-config", "--baseline", baseline, "--update-baseline", file.to_str().unwrap()];
            traced(&strace, options, &update).spawn().unwrap()
        };
        let first = update(&["-e", "inject=renameat,renameat2:delay_enter=2s"], "a.cfg");
        wait_for_temporary(&path);
        let second = update(&[], "b.cfg").wait_with_output().unwrap();
        let first = first.wait_with_output().unwrap();
        let found = text(&baseline);
        for name in ["a.cfg", "b.cfg"] {
            assert!(found.contains(name), "{name}: {found}\n{}\n{}", said(&first), said(&second));
        }
        fs::remove_file(&baseline).unwrap();
    }
}

/// One of the files cannot be replaced, as an immutable one.
#[test]
fn a_recipe_is_replaced_as_a_whole_or_not_at_all() {
    let Some(strace) = strace() else { return };
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().canonicalize().unwrap();
    let place = path.join("web");
    let recipe = |name: &'static str| {
        let place = place.to_str().unwrap().to_owned();
        let words = ["generate", "recipe", &place, "--force", "--name", name, "--iso", "/srv/nixos.iso"];
        let disks = ["--boot-disk", "/dev/vg/boot", "--root-disk", "/dev/vg/root"];
        words.into_iter().chain(disks).map(str::to_owned).collect::<Vec<_>>()
    };
    let run_with = |options: &[&str], name: &'static str| {
        let words = recipe(name);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        traced(&strace, options, &words).output().unwrap()
    };
    let files = || -> BTreeMap<String, Vec<u8>> { nixos_store::files(&place) };
    assert!(run_with(&[], "old").status.success());
    let before = files();
    assert_eq!(before.len(), 4);
    let no_exchange = "inject=renameat2:error=EINVAL";
    for number in 1..=4 {
        let refused = format!("inject=renameat2:error=EPERM:when={number}");
        let renamed = format!("inject=renameat:error=EPERM:when={number}");
        for options in [&["-e", &refused][..], &["-e", no_exchange, "-e", &renamed]] {
            let output = run_with(options, "new");
            assert_eq!(output.status.code(), Some(2), "{options:?}: {}", said(&output));
            assert!(said(&output).contains("operation not permitted"), "{}", said(&output));
            assert!(files() == before, "{options:?}: {:?}", files().keys());
        }
    }
    for options in [&[][..], &["-e", no_exchange]] {
        let output = run_with(options, "new");
        assert!(output.status.success(), "{}", said(&output));
        let after = files();
        assert!(after.keys().eq(before.keys()) && after["run.cfg"] != before["run.cfg"], "{:?}", after.keys());
        assert!(run_with(&[], "old").status.success());
    }
    // The same for the manual pages.
    let man = path.join("man");
    let man = man.to_str().unwrap();
    assert_eq!(run(&["man", "--directory", man]).status, 0);
    fs::write(Path::new(man).join("pregrub.1"), "").unwrap();
    let output =
        traced(&strace, &["-e", "inject=renameat2:error=EPERM:when=3"], &["man", "--directory", man]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert_eq!(text(&Path::new(man).join("pregrub.1")), "");
}

/// What had the name before is still there where it cannot be removed. Nothing of it is lost, and the name is not left without a word.
#[test]
fn an_old_file_that_cannot_be_removed_is_named() {
    let Some(strace) = strace() else { return };
    let failing = ["-e", "inject=unlinkat,unlink:error=EPERM"];
    for exchange in [&[][..], &["-e", "inject=renameat2:error=EINVAL"]] {
        let options = [&failing[..], exchange].concat();
        let boot = Boot::new();
        let output = boot.fixed(&strace, &options);
        let said = said(&output);
        assert_eq!((output.status.code(), boot.menu().as_str()), (Some(3), OURS), "{said}");
        let old: Vec<_> =
            nixos_store::files(&boot.path("grub")).into_keys().filter(|name| name != "grub.cfg").collect();
        assert!(
            old.len() == 1 && said.contains(&old[0]) && said.contains("the old one is still there"),
            "{old:?}: {said}"
        );
        assert_eq!(text(&boot.path("grub").join(&old[0])), MENU);
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("a.cfg");
        let place = file.to_str().unwrap();
        let arguments = [
            "generate",
            "xl",
            "--phase",
            "run",
            "--boot-disk",
            "phy:/dev/vg/b",
            "--root-disk",
            "phy:/dev/vg/r",
            "-o",
            place,
        ];
        assert_eq!(run(&arguments).status, 0, "{}", run(&arguments).whole());
        fs::write(&file, "old").unwrap();
        let output = traced(&strace, &options, &[&arguments[..], &["--force"]].concat()).output().unwrap();
        let said = self::said(&output);
        assert!(text(&file).contains("bootloader"), "{said}");
        let old: Vec<_> = nixos_store::files(directory.path()).into_keys().filter(|name| name != "a.cfg").collect();
        assert!(old.len() == 1 && said.contains(&old[0]) && said.contains("is still there as"), "{old:?}: {said}");
        assert!(!output.status.success(), "{said}");
        assert_eq!(text(&directory.path().join(&old[0])), "old");
    }
}

/// A list that was read and cannot be set again grants less than the mode without it may.
#[test]
fn a_list_that_cannot_be_set_is_not_dropped() {
    let Some(strace) = strace() else { return };
    let boot = Boot::new();
    let file = File::open(boot.path("grub/grub.cfg")).unwrap();
    // Owner, a user, group, mask, others.
    let entries = [(1_u16, 6_u16, u32::MAX), (2, 4, 1000), (4, 0, u32::MAX), (16, 6, u32::MAX), (32, 0, u32::MAX)];
    let mut list = 2_u32.to_le_bytes().to_vec();
    for (tag, permissions, identifier) in entries {
        list.extend(tag.to_le_bytes());
        list.extend(permissions.to_le_bytes());
        list.extend(identifier.to_le_bytes());
    }
    let flags = rustix::fs::XattrFlags::empty();
    if rustix::fs::fsetxattr(&file, "system.posix_acl_access", &list, flags).is_err() {
        return crate::common::tools::skipped("this filesystem has no access control lists");
    }
    for error in ["EOPNOTSUPP", "ENOSYS", "EPERM", "ENOSPC"] {
        let output = boot.fixed(&strace, &["-e", &format!("inject=fsetxattr:error={error}")]);
        let said = said(&output);
        assert!(said.contains("its access control list cannot be kept") && boot.menu() == MENU, "{error}: {said}");
        boot.assert_alone(&said);
    }
    let output = boot.fixed(&strace, &[]);
    assert_eq!(boot.menu(), OURS, "{}", said(&output));
}
