//! Exit statuses of targets that pygrub is not asked for, of files that are no targets, and the options that change them.

use super::folder::{BY_TITLE, Folder};
use crate::common::program::{corpus, root, run};

/// A host with a guest of each kind.
fn host() -> Folder {
    let folder = Folder::new();
    let disk = corpus("images/recipe.img");
    let domain = |lines: &str| format!("name = 'g'\nmemory = 512\n{lines}\ndisk = [ '{disk},raw,xvda,w' ]\n");
    folder.file("xen/pv.cfg", domain("bootloader = 'pygrub'"));
    folder.file("xen/hvm.cfg", domain("type = 'hvm'"));
    folder.file("xen/builder.cfg", domain("builder = 'hvm'"));
    folder.file("xen/direct.cfg", domain("kernel = '/boot/vmlinuz'\nramdisk = '/boot/initrd.img'"));
    folder.file("xen/pvgrub.cfg", domain("type = 'pvh'\nkernel = '/usr/lib/grub-xen/grub-i386-xen_pvh.bin'"));
    folder.file("xen/other.cfg", domain("bootloader = '/opt/own-loader'"));
    folder.file("xen/guest.xml", "<domain type='xen'><name>g</name><os><type>hvm</type></os><devices/></domain>\n");
    folder.file("xen/kvm.xml", "<domain type='kvm'><name>g</name><os><type>hvm</type></os><devices/></domain>\n");
    folder
}

const NOT_ASKED: [&str; 7] = [
    "xen/hvm.cfg",
    "xen/builder.cfg",
    "xen/direct.cfg",
    "xen/pvgrub.cfg",
    "xen/other.cfg",
    "xen/guest.xml",
    "xen/kvm.xml",
];

#[test]
fn a_host_with_guests_that_pygrub_is_not_asked_for_is_green() {
    let folder = host();
    for name in NOT_ASKED {
        let ended = folder.run(&["check", name]);
        assert!(ended.status == 0 && ended.stdout.starts_with("not applicable: xen/"), "{}", ended.whole());
        let ended = folder.run(&["check", "--exit-not-applicable", name]);
        assert_eq!(ended.status, 4, "{}", ended.whole());
        let ended = folder.run(&["check", "--format", "json", name]);
        let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!((ended.status, &told["verdict"]), (0, &"not-applicable".into()), "{}", ended.whole());
        assert!(told["failure"]["reason"].is_string() && told["pygrub"].is_null() && told["boot"].is_null());
        assert_eq!(folder.run(&["trace", name]).status, 0);
    }
    let ended = folder.run(&["check", "--recursive", "--trust-domains", "xen"]);
    let last = ended.stdout.lines().last().unwrap_or_default();
    assert_eq!((ended.status, last), (0, "6 targets: 1 would boot, 5 do not ask pygrub"), "{}", ended.whole());
    assert_eq!(folder.run(&["check", "--exit-not-applicable", "--recursive", "--trust-domains", "xen"]).status, 4);
    // Anything that is wrong counts for more.
    let bad = corpus("images/nixos-default.img");
    assert_eq!(folder.run(&["check", "--exit-not-applicable", "xen/hvm.cfg", &bad]).status, 1);
    let first = |args: &[&str]| folder.run(args).stdout.lines().next().unwrap_or_default().to_owned();
    assert_eq!(
        first(&["check", "xen/hvm.cfg"]),
        "not applicable: xen/hvm.cfg (Xen 4.22): this is an HVM guest, which boots from its own firmware: Xen runs no bootloader for it \
         (line 3)"
    );
    assert_eq!(
        first(&["check", "--format", "github", "xen/direct.cfg"]),
        "::notice file=xen/direct.cfg,title=not applicable::not applicable: xen/direct.cfg (Xen 4.22): there is no bootloader: Xen starts \
         the kernel `/boot/vmlinuz` of dom0, and does not look into the disk (line 3)"
    );
    assert_eq!(
        first(&["check", "--format", "concise", "xen/kvm.xml"]),
        "not applicable: xen/kvm.xml (Xen 4.22): this is not a domain of Xen: pygrub boots guests of Xen only (line 1)"
    );
    let junit = folder.run(&["check", "--format", "junit", "xen/other.cfg"]).stdout;
    assert!(junit.contains("<skipped message=\"the bootloader is `/opt/own-loader`"), "{junit}");
    let sarif: serde_json::Value =
        serde_json::from_str(&folder.run(&["check", "--format", "sarif", "xen/other.cfg"]).stdout).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["level"], "note");
}

#[test]
fn the_examples_of_the_installed_xen() {
    let path = "/etc/xen/xlexample.hvm";
    if !std::path::Path::new(path).is_file() {
        assert!(std::env::var_os("PREGRUB_REQUIRE_ORACLE").is_none(), "{path} is not here");
        eprintln!("skipped: {path} is not here (package xen-utils-common)");
        return;
    }
    let ended = run(&["check", path]);
    assert!(ended.status == 0 && ended.stdout.starts_with("not applicable: "), "{}", ended.whole());
}

#[test]
fn a_file_that_is_no_target() {
    let folder = Folder::new();
    let prose =
        "This guest needs memory.\nCopy the lines below\nto /etc/xen/guest.cfg:\n\nmemory = 512\ndisk = [ 'x' ]\n";
    folder.file("notes", prose);
    folder.file("page", "<!DOCTYPE html>\n<pre>\nset default=0\n</pre>\n");
    folder.file("HOWTO.md", "# How\n\nset default=0\nmenuentry is a command\n");
    let readme = root().join("README.md");
    for name in ["notes", "page", "HOWTO.md", readme.to_str().unwrap()] {
        let ended = folder.run(&["check", name]);
        assert!(ended.status == 3 && ended.stdout.is_empty(), "{}", ended.whole());
    }
    // What somebody says it is counts; and a configuration may be long.
    assert_eq!(folder.run(&["check", "--as", "xl", "notes"]).status, 1);
    folder.file("broken.cfg", "name = 'g'\nmemory = 512\nbootloader = 'pygrub\ndisk = [ 'x,raw,xvda' ]\n");
    assert_eq!(folder.run(&["check", "broken.cfg"]).status, 1);
}

#[test]
fn exit_zero() {
    let folder = Folder::new();
    folder.file("grub.cfg", "menuentry \"A\" {\n  linux ($x)/k\n}\n");
    folder.file("title.cfg", BY_TITLE);
    folder.file("qcow2.cfg", "name = 'g'\nbootloader = 'pygrub'\ndisk = [ '/x,qcow2,xvda' ]\n");
    for (command, file, status) in
        [("check", "grub.cfg", 1), ("lint", "grub.cfg", 1), ("check", "qcow2.cfg", 3), ("check", "title.cfg", 0)]
    {
        assert_eq!(folder.run(&[command, file]).status, status, "{command} {file}");
        assert_eq!(folder.run(&[command, "--exit-zero", file]).status, 0, "{command} {file}");
    }
    assert_eq!(
        folder.run(&["lint", "--diff", "--exit-zero", "--release", "4.17", "title.cfg", "--dialect", "grub2"]).status,
        0
    );
    for command in ["check", "lint"] {
        assert_eq!(folder.run(&[command, "--exit-zero", "nothing"]).status, 3);
        assert_eq!(folder.run(&[command, "--exit-zero", "--nonsense"]).status, 2);
    }
    assert_eq!(folder.run(&["check", "--exit-zero", "--exit-not-applicable", "grub.cfg"]).status, 2);
}
