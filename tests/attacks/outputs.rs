//! What is written replaces nothing that was read, under whatever name, and nothing but an older output of the same kind.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::machine::listing;
use crate::common::nixos_store::{Spec, Store};
use crate::common::program::{corpus, run};
use crate::common::tools;

/// A host with a disk, a domain that boots from it, and a tree of images.
struct Host {
    directory: TempDir,
}

impl Host {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let host = Self { directory };
        for name in ["images/sub", "out"] {
            fs::create_dir_all(host.path(name)).unwrap();
        }
        // A raw disk begins as its guest likes: here as a report does.
        let page = host.path("page.html");
        assert_eq!(
            run(&["report", "--no-compare", &corpus("images/recipe.img"), "-o", page.to_str().unwrap()]).status,
            0
        );
        let mut disk = fs::read(corpus("images/recipe.img")).unwrap();
        disk[..1024].copy_from_slice(&fs::read(&page).unwrap()[..1024]);
        fs::write(host.path("images/sub/guest.img"), &disk).unwrap();
        let domain = "name = 'a'\nmemory = 512\nbootloader = 'pygrub'\n";
        let disk = host.path("images/sub/guest.img");
        fs::write(host.path("a.cfg"), format!("{domain}disk = [ '{},raw,xvda,w' ]\n", disk.display())).unwrap();
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join(name)
    }

    /// A hard link, a second name of a file.
    fn second_name(&self, file: &str, name: &str) -> String {
        let name = self.path(name);
        let _ = fs::remove_file(&name);
        fs::hard_link(self.path(file), &name).unwrap();
        name.to_str().unwrap().to_owned()
    }
}

#[test]
fn a_report_replaces_nothing_that_was_read() {
    let host = Host::new();
    let text = |name: &str| host.path(name).to_str().unwrap().to_owned();
    let disk = text("images/sub/guest.img");
    let second = host.second_name("images/sub/guest.img", "out/second.html");
    let domain = text("a.cfg");
    let images = text("images");
    let before = listing(&host.path("images"));
    // The disk itself, a domain's disk, an image that a search finds; by its name and by another.
    for target in [&[disk.as_str()][..], &[&domain], &["--recursive", &images]] {
        for output in [&disk, &second] {
            let ended = run(&[&["report", "--no-compare"][..], target, &["-o", output]].concat());
            assert_eq!(ended.status, 2, "{target:?} {output}: {}", ended.whole());
            assert!(ended.stderr.contains("is what is looked at"), "{target:?} {output}: {}", ended.whole());
            assert_eq!(listing(&host.path("images")), before, "{target:?} {output}");
        }
    }
    assert_eq!(fs::read_dir(host.path("out")).unwrap().count(), 1);
}

#[test]
fn nor_a_backing_file() {
    if tools::tool("qemu-img").is_none() {
        return tools::skipped("qemu-img");
    }
    let host = Host::new();
    let made = Command::new("qemu-img")
        .args(["create", "-q", "-f", "qcow2", "-F", "raw", "-b", "sub/guest.img", "top.qcow2"])
        .current_dir(host.path("images"))
        .status();
    assert!(made.unwrap().success());
    let before = listing(&host.path("images"));
    let second = host.second_name("images/sub/guest.img", "out/second.html");
    let before = listing(&host.path("images")).into_iter().filter(|(name, _)| before.contains_key(name));
    let before: std::collections::BTreeMap<_, _> = before.collect();
    let top = host.path("images/top.qcow2");
    let arguments = ["report", "--no-compare", "--image-format", "qcow2", top.to_str().unwrap(), "-o", &second];
    let ended = run(&arguments);
    assert!(ended.status == 2 && ended.stderr.contains("is what is looked at"), "{}", ended.whole());
    assert_eq!(listing(&host.path("images")), before);
}

/// A disk that begins as a report, which a guest can write, looked at through a loop device.
#[test]
fn nor_the_file_below_a_loop_device() {
    let host = Host::new();
    let place = host.path("out/disk.html");
    let output = place.to_str().unwrap();
    let made = run(&["report", "--no-compare", &corpus("images/recipe.img"), "-o", output]);
    assert!(place.exists(), "{}", made.whole());
    File::options().write(true).open(&place).unwrap().set_len(1 << 20).unwrap();
    let attached = Command::new("losetup").args(["--find", "--show", "--read-only"]).arg(&place).output();
    let Some(attached) = attached.ok().filter(|attached| attached.status.success()) else {
        return tools::skipped("losetup, and loop devices");
    };
    let device = String::from_utf8(attached.stdout).unwrap().trim().to_owned();
    let before = fs::read(&place).unwrap();
    let ended = run(&["report", "--no-compare", &device, "-o", output]);
    assert!(Command::new("losetup").args(["--detach", &device]).status().unwrap().success());
    assert!(ended.status == 2 && ended.stderr.contains("is what is looked at"), "{}", ended.whole());
    assert_eq!(fs::read(&place).unwrap(), before);
}

/// What begins as a page, a picture or a table of any other program is not one of pregrub's.
#[test]
fn nor_what_another_program_wrote() {
    let host = Host::new();
    let disk = corpus("images/recipe.img");
    let place = host.path("out/page");
    let output = place.to_str().unwrap();
    let foreign =
        ["<!DOCTYPE html>\n<html><body>mine</body></html>", "<?xml version=\"1.0\"?>\n<domain/>", "pygru", "{}"];
    for text in foreign {
        fs::write(&place, text).unwrap();
        for command in
            [&["report", "--no-compare", &disk, "-o", output][..], &["host", "--release", "4.17", "-o", output]]
        {
            let ended = run(command);
            assert_eq!(ended.status, 2, "{text}: {}", ended.whole());
            assert_eq!(fs::read_to_string(&place).unwrap(), text, "{command:?}");
        }
        fs::create_dir_all(host.path("out/man")).unwrap();
        fs::write(host.path("out/man/pregrub.1"), text).unwrap();
        let ended = run(&["man", "--directory", host.path("out/man").to_str().unwrap()]);
        assert_eq!(ended.status, 2, "{}", ended.whole());
        assert_eq!(fs::read_to_string(host.path("out/man/pregrub.1")).unwrap(), text);
    }
    fs::remove_dir_all(host.path("out/man")).unwrap();
    // What these commands wrote themselves is written again.
    let man = host.path("out/man");
    for _ in 0..2 {
        for (format, command) in [
            ("html", &["report", "--no-compare", &disk][..]),
            ("svg", &["report", "--no-compare", &disk]),
            ("text", &["host", "--release", "4.17"]),
            ("json", &["host", "--release", "4.17"]),
            ("openmetrics", &["host", "--release", "4.17"]),
        ] {
            let output = host.path(&format!("out/{format}-{}", command[0]));
            let arguments = [command, &["--format", format, "-o", output.to_str().unwrap()]].concat();
            let ended = run(&arguments);
            assert_ne!(ended.status, 2, "{arguments:?}: {}", ended.whole());
            assert!(fs::metadata(&output).unwrap().len() > 0);
        }
        assert_eq!(run(&["man", "--directory", man.to_str().unwrap()]).status, 0);
    }
}

#[test]
fn an_image_is_not_made_over_its_kernel() {
    if tools::tool("mke2fs").is_none() {
        return tools::skipped("mke2fs");
    }
    let host = Host::new();
    fs::write(host.path("kernel"), "kernel").unwrap();
    let kernel = host.path("kernel").to_str().unwrap().to_owned();
    let second = host.second_name("kernel", "second");
    for output in [&kernel, &second] {
        let ended = run(&["init", "--force", "--kernel", &kernel, output]);
        assert_eq!(ended.status, 2, "{}", ended.whole());
        assert_eq!(fs::read_to_string(&kernel).unwrap(), "kernel");
    }
}

/// In a directory that is looked at, a link is the guest's and not the caller's.
#[test]
fn lists_and_settings_in_a_target_are_no_links() {
    let host = Host::new();
    let guest = host.path("guest");
    fs::create_dir_all(guest.join("boot/grub")).unwrap();
    fs::create_dir(guest.join("real")).unwrap();
    fs::write(guest.join("boot/grub/grub.cfg"), "menuentry 'A' {\n linux /k\n}\n").unwrap();
    fs::write(host.path("secret"), "of-the-host\n").unwrap();
    fs::write(guest.join("real/list"), "/nonexistent/listed\n").unwrap();
    symlink(host.path("secret"), guest.join("link")).unwrap();
    symlink(host.path(""), guest.join("away")).unwrap();
    let named = guest.to_str().unwrap();
    let option = |option: &str, place: &Path| run(&["check", named, option, place.to_str().unwrap()]);
    for name in ["link", "away/secret"] {
        for list in ["--targets-from", "--config", "--baseline"] {
            let ended = option(list, &guest.join(name));
            assert_eq!(ended.status, 2, "{list} {name}: {}", ended.whole());
            assert!(!ended.whole().contains("of-the-host"), "{list} {name}: {}", ended.whole());
        }
    }
    let ended = option("--targets-from", &guest.join("real/list"));
    assert!(ended.whole().contains("/nonexistent/listed"), "{}", ended.whole());
    // Elsewhere a link is the caller's choice, as is a pipe.
    symlink(guest.join("real/list"), host.path("link")).unwrap();
    let ended = option("--targets-from", &host.path("link"));
    assert!(ended.whole().contains("/nonexistent/listed"), "{}", ended.whole());
}

/// No directory is made through a link, and a host's table is known by more than its first word.
#[test]
fn nothing_is_made_through_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("host")).unwrap();
    symlink(at("host"), at("link")).unwrap();
    for below in ["link/a", "link/a/b/c"] {
        let ended = run(&["man", "--directory", at(below).to_str().unwrap()]);
        assert_ne!(ended.status, 0, "{}", ended.whole());
    }
    assert_eq!(fs::read_dir(at("host")).unwrap().count(), 0);
    fs::create_dir(at("root")).unwrap();
    for text in ["pygrub of my notes\nimportant\n", "# EOF\nmine\n", "# HELP pregrub_\0"] {
        fs::write(at("mine"), text).unwrap();
        let root = at("root");
        let ended =
            run(&["host", "--root", root.to_str().unwrap(), "--release", "4.17", "-o", at("mine").to_str().unwrap()]);
        assert_ne!(ended.status, 0, "{}", ended.whole());
        assert_eq!(fs::read_to_string(at("mine")).unwrap(), text);
    }
}

/// There may be secrets in what is written: nobody may read it afterwards who could not before, and its owner can.
#[test]
fn what_is_replaced_keeps_mode_and_owner() {
    let host = Host::new();
    let text = |name: &str| host.path(name).to_str().unwrap().to_owned();
    fs::write(host.path("out/grub.cfg"), "menuentry \"B\" {\n  linux //k\n}\n").unwrap();
    let mut store = Store::of(&[Spec::new(1)]);
    let mut install = store.arguments();
    install.extend(["--install".to_owned(), "/nix/var/nix/profiles/system".to_owned()]);
    let install: Vec<&str> = install.iter().map(String::as_str).collect();
    let grub_cfg = store.boot().join("grub/grub.cfg");
    let (image, configuration) = (corpus("images/recipe.img"), text("out/grub.cfg"));
    let (report, table, baseline, man) = (text("out/r.html"), text("out/t"), text("out/b.json"), text("out/man"));
    let (module, recipe) = (text("out/web.nix"), text("out/recipe"));
    let disks = ["--iso", "/i.iso", "--boot-disk", "/dev/vg/boot", "--root-disk", "/dev/vg/root"];
    let recipe_files = [&["generate", "recipe", "--force", &recipe][..], &disks].concat();
    let writers: [(&[&str], PathBuf); 8] = [
        (&["report", "--no-compare", &image, "-o", &report], report.clone().into()),
        (&["host", "--release", "4.17", "-o", &table], table.clone().into()),
        (
            &["lint", "--no-config", "--update-baseline", "--baseline", &baseline, &configuration],
            baseline.clone().into(),
        ),
        (&["man", "--directory", &man], Path::new(&man).join("pregrub-check.1")),
        (&["generate", "nixos", "--force", "-o", &module], module.clone().into()),
        (&recipe_files, Path::new(&recipe).join("run.cfg")),
        (&install, grub_cfg),
        (&["lint", "--no-config", "--fix", &configuration], configuration.clone().into()),
    ];
    for (arguments, written) in &writers[..7] {
        assert_ne!(run(arguments).status, 2, "{arguments:?}");
        assert!(written.exists(), "{arguments:?}");
    }
    let toplevel = store.build(&Spec::new(2));
    store.link(None, 2, &toplevel);
    let owner = rustix::process::getuid().is_root().then_some(65534);
    for (arguments, written) in &writers {
        fs::set_permissions(written, fs::Permissions::from_mode(0o600)).unwrap();
        if owner.is_some() {
            chown(written, owner, owner).unwrap();
        }
        let before = fs::metadata(written).unwrap();
        let ended = run(arguments);
        let after = fs::metadata(written).unwrap();
        assert_ne!(after.ino(), before.ino(), "{arguments:?} replaces it: {}", ended.whole());
        let of = |metadata: &fs::Metadata| (metadata.mode() & 0o7777, metadata.uid(), metadata.gid());
        assert_eq!(of(&after), of(&before), "{arguments:?}");
    }
}
