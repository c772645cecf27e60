//! The program as `boot.loader.external.installHook` calls it.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use crate::common::images::{Image, Tree, Volume};
use crate::common::nixos_store::{self, Spec, Store};
use crate::common::oracle::RunCase;
use crate::common::{program, tools};

const CURRENT: &str = "/nix/var/nix/profiles/system";

fn store() -> Store {
    let spec = |number: u64| Spec { secrets: Some(format!("secret {number}")), ..Spec::new(number) };
    Store::of(&[spec(1), Spec { boot_json: false, ..spec(2) }, Spec { secrets: Some(String::new()), ..spec(3) }])
}

fn command(store: &Store, more: &[&str]) -> Command {
    let arguments = store.arguments();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
    let mut command = program::command(&arguments);
    // What is said of the guest's paths must not depend on where the test runs.
    command.current_dir(store.root());
    command
}

/// Standard output, standard error and the exit status.
fn told(store: &Store, output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(store.root().to_str().unwrap(), "@ROOT");
    let status = output.status.code().map_or("none".to_owned(), |status| status.to_string());
    format!("{}{}exit status {status}\n", text(&output.stdout), text(&output.stderr))
}

#[test]
fn prints_and_installs() {
    let store = store();
    let run = |more: &[&str]| told(&store, &command(&store, more).output().unwrap());
    let mut all = String::new();
    for more in
        [&[CURRENT][..], &["--install", CURRENT], &["--install", CURRENT], &["--limit", "1", "--timeout", "0", CURRENT]]
    {
        all.push_str(&format!("$ {}\n{}\n", more.join(" "), run(more)));
    }
    let names = nixos_store::files(&store.boot());
    let mode = |name: &str| fs::metadata(store.boot().join(name)).unwrap().permissions().mode() & 0o777;
    for name in names.keys() {
        all.push_str(&format!("{name} {:o}\n", mode(name)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn what_is_installed_boots_by_the_real_pygrub() {
    let oracle = oracle_or_skip!();
    let store = store();
    let output = command(&store, &["--install", CURRENT]).env("NIXOS_INSTALL_BOOTLOADER", "1").output().unwrap();
    assert!(output.status.success(), "{}", told(&store, &output));
    let tree = nixos_store::files(&store.boot())
        .into_iter()
        .fold(Tree::new(), |tree, (path, content)| tree.file(&format!("/{path}"), content));
    let image = Image::whole(&Volume::ext4(tree));
    let runs: Vec<RunCase> = (0..3)
        .map(|entry| {
            let entry = format!("--entry={entry}");
            let image = image.argument();
            RunCase::new(entry.clone(), ["-q", "--output-format=simple", "--output-directory=@OUT", &entry, &image])
        })
        .collect();
    let mut seen = 0;
    for answer in oracle.runs(&runs) {
        assert_eq!(answer.rc, Some(0), "{}", answer.last_line());
        let stdout = String::from_utf8_lossy(&answer.stdout).into_owned();
        let expected = store.systems.values().find(|system| stdout.contains(&format!("args {}\n", system.args)));
        let expected = expected.expect(&stdout);
        assert_eq!(answer.files["boot_kernel.XXXXXXXX"].content.as_ref(), Some(&expected.kernel));
        assert_eq!(answer.files["boot_ramdisk.XXXXXXXX"].content, expected.initrd);
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn wrong_calls_are_told_in_a_sentence() {
    let store = store();
    let mut all = String::new();
    let mut tell = |arguments: &[&str]| {
        let mut command = program::command(arguments);
        let output = command.current_dir(store.root()).output().unwrap();
        all.push_str(&format!("$ {}\n{}\n", arguments.join(" "), told(&store, &output)));
    };
    let grub_cfg = ["generate", "grub-cfg", "--root", ".", "--uuid", "none"];
    let with = |more: &[&'static str]| [&grub_cfg[..], more].concat();
    tell(&["generate", "grub-cfg"]);
    tell(&with(&["--boot", "nowhere", CURRENT]));
    tell(&with(&["--boot", "boot", "--prefix", "/boot/efi", CURRENT]));
    tell(&with(&["--boot", "boot", "--prefix", "/b t", CURRENT]));
    tell(&["generate", "grub-cfg", "--root", ".", "--boot", "boot", "--prefix", "/", "--uuid", "x y", CURRENT]);
    tell(&with(&["--boot", "boot", "--prefix", "/", "--limit", "many", CURRENT]));
    tell(&with(&["--boot", "boot", "--prefix", "/", "/nowhere"]));
    tell(&with(&["--boot", "boot/../nix/var/nix/profiles/system-1-link", "--prefix", "/", CURRENT]));
    insta::assert_snapshot!(all);
}

/// Of a guest's tree that is mounted elsewhere it is the tree's `/boot`, not this machine's.
#[test]
fn the_boot_directory_lies_below_the_root() {
    let store = store();
    let root = store.root().to_str().unwrap();
    let arguments = ["generate", "grub-cfg", "--root", root, "--prefix", "/", "--uuid", "none", "--install", CURRENT];
    let output = program::command(&arguments).output().unwrap();
    let told = told(&store, &output);
    assert!(told.starts_with("installed: @ROOT/boot/grub/grub.cfg (3 entries, "), "{told}");
    fs::remove_dir_all(store.boot()).unwrap();
    let output = program::command(&arguments).output().unwrap();
    assert_eq!(
        self::told(&store, &output),
        "pregrub: cannot find the boot directory `@ROOT/boot`: there is no such file\nexit status 1\n"
    );
}

/// A failure would be taken for one of the installation.
#[test]
fn what_is_done_is_done_though_nobody_hears_of_it() {
    let store = store();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = command(&store, &["--install", CURRENT]).stdout(full()).output().unwrap();
    let told = told(&store, &output);
    assert!(
        told.starts_with("pregrub: warning: it is installed, but standard output could not be written: "),
        "{told}"
    );
    assert!(told.ends_with("exit status 0\n") && store.boot().join("grub/grub.cfg").exists(), "{told}");
}

#[test]
fn a_directory_that_cannot_be_written_stays_what_it_is() {
    let store = store();
    // /proc takes no files, whoever asks.
    let root = store.root().to_str().unwrap();
    let arguments =
        ["generate", "grub-cfg", "--install", "--root", root, "--boot", "/proc/sys", "--prefix", "/", CURRENT];
    let output = program::command(&arguments).output().unwrap();
    let told = told(&store, &output);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("cannot make the directory `/proc/") && told.contains("nothing was changed"), "{told}");
}

#[test]
fn a_second_installer_waits_for_the_first() {
    let store = store();
    let boot = File::open(store.boot()).unwrap();
    flock(&boot, FlockOperation::LockExclusive).unwrap();
    let mut child =
        command(&store, &["--install", CURRENT]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(500));
    assert_eq!(child.try_wait().unwrap(), None, "it waits");
    assert_eq!(fs::read_dir(store.boot()).unwrap().count(), 0, "and touches nothing");
    flock(&boot, FlockOperation::Unlock).unwrap();
    assert!(child.wait().unwrap().success());

    // Many at once: one after the other, and all of them end well.
    let begun = Instant::now();
    let children: Vec<_> = (1..=6)
        .map(|number| {
            let generation = format!("{CURRENT}-{}-link", 1 + number % 3);
            let mut command = command(&store, &["--install", "--limit", "0", &generation]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", told(&store, &output));
    }
    let files = nixos_store::files(&store.boot());
    // One system's kernel and initrd and those of the one before, which the grub.cfg before names.
    assert!(files.len() <= 5, "{:?}", files.keys());
    println!("six installers in {:?}", begun.elapsed());
}

/// The operating system refuses what the program asks of it.
#[test]
fn a_full_disk_is_told_in_a_sentence() {
    let Some(strace) = working_strace() else { return };
    let store = store();
    let output = command(&store, &["--install", "--limit", "1", &format!("{CURRENT}-1-link")]).output().unwrap();
    assert!(output.status.success(), "{}", told(&store, &output));
    let before = nixos_store::files(&store.boot());
    for (call, number) in [("fsync", 1), ("fsync", 3), ("syncfs", 1), ("syncfs", 2), ("renameat", 1), ("write", 1)] {
        let plain = command(&store, &["--install", "--limit", "1", CURRENT]);
        let output = Command::new(&strace)
            .args(["-qq", "-o", "/dev/null", "-e", &format!("inject={call}:error=ENOSPC:when={number}")])
            .arg(plain.get_program())
            .args(plain.get_args())
            .output()
            .unwrap();
        let told = told(&store, &output);
        assert_eq!(output.status.code(), Some(1), "{call} {number}: {told}");
        assert!(told.contains(": the filesystem is full; grub.cfg is what it was\n"), "{call} {number}: {told}");
        assert_eq!(nixos_store::files(&store.boot()), before, "{call} {number}");
    }
}

/// strace, where it is there and allowed to do its work.
fn working_strace() -> Option<std::path::PathBuf> {
    let strace = tools::tool("strace")?;
    let works = Command::new(&strace).args(["-f", "-o", "/dev/null", "true"]).output().unwrap();
    if !works.status.success() {
        tools::skipped("strace may not trace here");
        return None;
    }
    Some(strace)
}

/// The whole program, killed at each of its system calls that change something.
#[test]
fn killed_at_any_system_call_it_leaves_a_disk_that_boots() {
    let Some(strace) = working_strace() else { return };
    let calls = "openat,write,fsync,syncfs,rename,renameat,renameat2,link,linkat,unlink,unlinkat,mkdir,mkdirat,sendfile,copy_file_range";
    let store = store();
    let output = command(&store, &["--install", "--limit", "1", &format!("{CURRENT}-1-link")]).output().unwrap();
    assert!(output.status.success(), "{}", told(&store, &output));
    let before = nixos_store::files(&store.boot());
    let (mut killed, mut booted) = (0, std::collections::BTreeSet::new());
    // Every third is enough: the changes themselves are all tried elsewhere.
    for number in (1..).step_by(3) {
        fs::remove_dir_all(store.boot()).unwrap();
        fs::create_dir(store.boot()).unwrap();
        nixos_store::write_files(&store.boot(), &before);
        let plain = command(&store, &["--install", "--limit", "1", CURRENT]);
        let output = Command::new(&strace)
            .args(["-qq", "-o", "/dev/null", "-e", &format!("trace={calls}")])
            .args(["-e", &format!("inject={calls}:signal=SIGKILL:when={number}")])
            .arg(plain.get_program())
            .args(plain.get_args())
            .current_dir(store.root())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let check = program::run(&["check", "-A", "all", store.boot().to_str().unwrap()]);
        assert_eq!(check.status, 0, "killed at call {number}:\n{}", check.whole());
        booted.insert(check.stdout.lines().find(|line| line.contains("arguments")).unwrap().to_owned());
        if output.status.success() {
            break;
        }
        killed += 1;
    }
    println!("killed {killed} times");
    assert!(killed > 10 && booted.len() == 2, "{killed} {booted:?}");
}
