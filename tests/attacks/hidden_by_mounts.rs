//! A piece of the same filesystem that is mounted over a part of the boot disk (`mount --bind`): pygrub reads what lies under it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::machine::listing;
use crate::common::nixos_store::{Spec, Store};
use crate::common::program;
use crate::common::tools;

const CURRENT: &str = "/nix/var/nix/profiles/system";

/// What the program says where `mounts` is done before, in a namespace of its own. `None`, and a line that says so, where that cannot be.
fn run(mounts: &str, arguments: &[&str]) -> Option<(i32, String)> {
    let unshare = tools::tool("unshare")?;
    let mut command = Command::new(unshare);
    command.args(["-m", "sh", "-c", &format!("{{ {mounts}; }} || exit 99; \"$@\""), "sh"]).arg(program::path());
    command.args(arguments).env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    let output = command.env("PREGRUB_HOST_ROOT", program::root().join("corpus/no-host")).output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    if output.status.code() == Some(99) || said.starts_with("unshare:") {
        tools::skipped(&format!("mounts take root: {said}"));
        return None;
    }
    Some((output.status.code().unwrap_or(-1), said))
}

fn bind(from: &Path, to: &Path) -> String {
    format!("mount --bind '{}' '{}'", from.display(), to.display())
}

/// A guest whose first generation is installed, with a second one to install.
fn guest() -> Store {
    let mut store = Store::of(&[Spec::new(1)]);
    let arguments = install(&store);
    let ended = program::run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(ended.status, 0, "{}", ended.whole());
    let second = store.build(&Spec::new(2));
    store.link(None, 2, &second);
    for directory in ["grub", "kernels"] {
        fs::create_dir_all(store.root().join("elsewhere").join(directory)).unwrap();
    }
    store
}

fn install(store: &Store) -> Vec<String> {
    let last = ["--limit", "0", "--install", CURRENT].map(str::to_owned);
    store.arguments().into_iter().chain(last).collect()
}

#[test]
fn the_installer_works_on_no_other_piece_of_the_filesystem() {
    for directory in ["grub", "kernels"] {
        let store = guest();
        let before = listing(&store.boot());
        let mount = bind(&store.root().join("elsewhere").join(directory), &store.boot().join(directory));
        let arguments = install(&store);
        let Some((status, said)) = run(&mount, &arguments.iter().map(String::as_str).collect::<Vec<_>>()) else {
            return;
        };
        assert_eq!(status, 1, "{said}");
        let expected = format!("boot/{directory}` is a mount point, and the disk boots what lies under it: unmount it");
        assert!(said.contains(&expected) && said.contains("nothing was changed"), "{said}");
        assert_eq!(listing(&store.boot()), before, "{directory}");
    }
}

/// What this machine's kernel shows is mounted in a tree that somebody has entered (`arch-chroot`, `nixos-enter`).
#[test]
fn the_installer_copies_nothing_from_this_machines_memory() {
    for (file, mount, target) in [("initrd", "tmpfs", "run/key"), ("nixos-version", "proc", "proc/self/cmdline")] {
        let store = guest();
        let place = store.root().join(target.split('/').next().unwrap());
        fs::create_dir_all(&place).unwrap();
        let before = listing(&store.boot());
        let leads = |path: &str| fs::read_link(store.host(path)).unwrap().to_str().unwrap().to_owned();
        let system = leads("/nix/var/nix/profiles/system-2-link");
        store.symlink(&format!("{system}/{file}"), &format!("/{target}"));
        let _ = fs::remove_file(store.host(&format!("{system}/boot.json")));
        let mounts = format!(
            "mount -t {mount} {mount} '{0}' && {{ [ {mount} = proc ] || echo of-the-host >'{0}/key'; }}",
            place.display()
        );
        let arguments = install(&store);
        let Some((status, said)) = run(&mounts, &arguments.iter().map(String::as_str).collect::<Vec<_>>()) else {
            return;
        };
        assert!(said.contains("a filesystem of this machine that is mounted there"), "{status} {said}");
        let menu = fs::read_to_string(store.boot().join("grub/grub.cfg")).unwrap();
        assert!(!menu.contains("--install"), "{menu}");
        assert!(file != "initrd" || status == 1 && listing(&store.boot()) == before, "{status} {said}");
    }
}

/// A configuration that nobody sees may name any kernel.
#[test]
fn nothing_is_removed_where_a_configuration_is_hidden() {
    let store = guest();
    let stale = format!("kernels/{}-linux", "a".repeat(32));
    store.file(&format!("/boot/{stale}"), b"a kernel");
    store.file("/boot/extlinux/extlinux.conf", format!("LABEL a\n  KERNEL /{stale}\n").as_bytes());
    store.file("/elsewhere/nothing", b"");
    let mount = bind(&store.root().join("elsewhere/nothing"), &store.boot().join("extlinux/extlinux.conf"));
    let arguments = install(&store);
    let Some((status, said)) = run(&mount, &arguments.iter().map(String::as_str).collect::<Vec<_>>()) else { return };
    assert_eq!(status, 0, "{said}");
    assert!(
        said.contains("`/extlinux/extlinux.conf` of the boot disk cannot be read and may name any kernel"),
        "{said}"
    );
    assert!(store.boot().join(stale).exists());
}

/// A link under a mount may lead to any kernel, whichever configuration names it.
#[test]
fn nothing_is_removed_where_a_path_comes_to_a_mount() {
    for configuration in ["grub/grub.cfg", "extlinux/extlinux.conf"] {
        let store = guest();
        let stale = format!("kernels/{}-linux", "a".repeat(32));
        store.file(&format!("/boot/{stale}"), b"a kernel");
        fs::create_dir_all(store.boot().join("alt")).unwrap();
        symlink(format!("../{stale}"), store.boot().join("alt/vmlinuz")).unwrap();
        let text = match configuration {
            "grub/grub.cfg" => "menuentry 'a' {\n  linux /alt/vmlinuz\n}\n",
            _ => "LABEL a\n  KERNEL /alt/vmlinuz\n",
        };
        store.file(&format!("/boot/{configuration}"), text.as_bytes());
        let mount = bind(&store.root().join("elsewhere/grub"), &store.boot().join("alt"));
        let arguments = install(&store);
        let Some((status, said)) = run(&mount, &arguments.iter().map(String::as_str).collect::<Vec<_>>()) else {
            return;
        };
        assert_eq!(status, 0, "{said}");
        let told =
            "of the boot disk names a path that cannot be followed here and may name any kernel: none was removed";
        assert!(said.contains(&format!("`/{configuration}` {told}")), "{said}");
        assert!(store.boot().join(stale).exists(), "{configuration}");
    }
}

#[test]
fn a_directory_does_not_boot_through_another_piece_of_its_filesystem() {
    let directory = tempfile::tempdir().unwrap();
    let disk = directory.path().join("disk");
    for (place, kernel) in [("disk/boot", "under"), ("elsewhere", "over")] {
        let place = directory.path().join(place);
        fs::create_dir_all(place.join("grub")).unwrap();
        fs::write(place.join("k"), kernel).unwrap();
        fs::write(place.join("grub/grub.cfg"), format!("menuentry '{kernel}' {{\n linux /boot/k {kernel}\n}}\n"))
            .unwrap();
    }
    fs::write(directory.path().join("file"), "a kernel").unwrap();
    let target = disk.to_str().unwrap();
    let check = |mounts: &str| run(mounts, &["check", "--until", "pygrub", target]);
    let Some((status, said)) = check("true") else { return };
    assert_eq!(status, 0, "{said}");
    for (from, to) in [("elsewhere", "disk/boot"), ("elsewhere/grub", "disk/boot/grub"), ("file", "disk/boot/k")] {
        let Some((status, said)) = check(&bind(&directory.path().join(from), &directory.path().join(to))) else {
            return;
        };
        assert_eq!(status, 1, "{to}: {said}");
        assert!(!said.contains("over"), "{to}: {said}");
    }
    // What is mounted on itself, as NixOS mounts its store, hides nothing.
    let boot = disk.join("boot");
    let Some((status, said)) = check(&bind(&boot, &boot)) else { return };
    assert_eq!(status, 0, "{said}");
    // Nor does what the disk itself is mounted from.
    let Some((status, said)) = check(&bind(&directory.path().join("elsewhere"), &disk)) else { return };
    assert_eq!(status, 1, "{said}");
}
