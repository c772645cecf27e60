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

/// A standard output that cannot be written to is not one where everything is well.
#[test]
fn what_cannot_be_printed_is_an_error() {
    use std::process::Command;
    let disk = corpus("images/recipe.img");
    for redirected in ["1</dev/null", ">/dev/full"] {
        for command in [&["check"][..], &["check", "--format", "json"], &["entries"], &["rules"]] {
            let plain = crate::common::program::command(command);
            let mut shell = Command::new("/bin/sh");
            shell
                .args(["-c", &format!("exec \"$0\" \"$@\" {redirected}")])
                .arg(plain.get_program())
                .args(plain.get_args());
            if command[0] != "rules" {
                shell.arg(&disk);
            }
            let output = shell.env_clear().env("PATH", "/usr/bin:/bin").output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{command:?} {redirected}");
        }
    }
}

/// What is looked at and cannot be read gives 3, a file that says how to look gives 2, whichever command it is: all commands stand here.
#[test]
fn every_command_has_one_status_for_a_file_that_is_not_there() {
    const GONE: &str = "/nonexistent/x";
    let folder = Folder::new();
    folder.file("grub.cfg", "menuentry \"A\" {\n  linux /k\n}\n");
    folder.file("kernel.cfg", "x");
    let disk = corpus("images/recipe.img");
    let table: &[(&[&str], i32)] = &[
        (&["check", GONE], 3),
        (&["check", "--recursive", GONE], 3),
        (&["check", "--root-disk", GONE, &disk], 3),
        (&["check", "--config", GONE, &disk], 2),
        (&["check", "--baseline", GONE, &disk], 2),
        (&["check", "--targets-from", GONE], 2),
        (&["lint", GONE], 3),
        (&["lint", "--config", GONE, "grub.cfg"], 2),
        (&["trace", GONE], 3),
        (&["kernel", GONE], 3),
        (&["initrd", GONE], 3),
        (&["initrd", "--kernel", GONE, "grub.cfg"], 3),
        (&["initrd", "--kernel-config", GONE, "grub.cfg"], 3),
        (&["entries", GONE], 3),
        // Without a terminal it does not come to the file.
        (&["menu", GONE], 2),
        (&["grub", GONE], 3),
        (&["grub", "--config", GONE, &disk], 3),
        (&["cat", GONE], 3),
        (&["compare", GONE], 3),
        (&["compare", "--config", GONE, &disk], 2),
        (&["report", GONE, "-o", "page.html"], 3),
        (&["host", "--root", GONE], 3),
        (&["host", "--config", GONE, "--release", "4.17"], 2),
        (&["merge", GONE], 3),
        // These make something: what they make it of is a part of the call.
        (&["generate", "nixos", "-o", "/nonexistent/x"], 2),
        (&["init", "--kernel", GONE, "made.img"], 2),
        (&["init", "--initrd", GONE, "made.img"], 2),
        (&["schema", GONE], 2),
        (&["explain", GONE], 2),
        (&["rules", GONE], 2),
        (&["completions", GONE], 2),
        (&["man", GONE], 2),
        // As pygrub.
        (&["pygrub", GONE], 1),
        (&["help", GONE], 2),
    ];
    for (args, status) in table {
        let ended = folder.run(args);
        assert_eq!(ended.status, *status, "{args:?}: {}", ended.whole());
        assert!(!ended.stderr.trim().is_empty(), "{args:?} says nothing");
    }
    let help = folder.run(&["--help"]).stdout;
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in names.filter_map(|line| line.split_whitespace().next()) {
        assert!(table.iter().any(|(args, _)| args[0] == name), "{name} is not in the table");
    }
}

/// Of several targets the worst counts, in the same order for `check`, `merge` and `host`: 3 before 1.
#[test]
fn one_order_of_statuses() {
    let folder = Folder::new();
    let (boots, fails) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    folder.file("hvm.cfg", "name = 'hvm'\nmemory = 64\ntype = 'hvm'\n");
    for (targets, status) in [
        (&[boots.as_str()][..], 0),
        (&["hvm.cfg"], 0),
        (&["hvm.cfg", &boots], 0),
        (&[&boots, &fails], 1),
        (&["hvm.cfg", &fails], 1),
        (&["gone.img", &boots], 3),
        (&["gone.img", &fails], 3),
        (&[&fails, "gone.img", "hvm.cfg"], 3),
    ] {
        let ended = folder.run(&[&["check", "--format", "json"], targets].concat());
        assert_eq!(ended.status, status, "check {targets:?}");
        folder.file("report.jsonl", &ended.stdout);
        let merged = folder.run(&["merge", "report.jsonl"]);
        assert_eq!(merged.status, status, "merge {targets:?}: {}", merged.whole());
        assert!(status == 3 || !merged.stdout.contains("unknown"), "{}", merged.stdout);
        // The same guests on a host.
        let root = Folder::new();
        for (number, target) in targets.iter().enumerate() {
            let domain = match *target {
                "hvm.cfg" => folder.read("hvm.cfg"),
                disk => {
                    let disk = if disk == "gone.img" { "/srv/gone.img" } else { disk };
                    format!("name = 'g{number}'\nmemory = 64\nbootloader = 'pygrub'\ndisk = [ '{disk},raw,xvda,w' ]\n")
                }
            };
            if target.starts_with('/') {
                root.file(target.trim_start_matches('/'), std::fs::read(target).unwrap());
            }
            root.file(&format!("etc/xen/g{number}.cfg"), domain);
        }
        let host = root.run(&["host", "--root", ".", "--release", "4.17"]);
        assert_eq!(host.status, status, "host {targets:?}: {}", host.whole());
    }
}

/// A screen that says `boots` and ends with 1 says why.
#[test]
fn a_status_that_the_verdict_does_not_explain_is_explained() {
    let folder = Folder::new();
    folder.file("title.cfg", BY_TITLE);
    let last = |args: &[&str]| {
        let ended = folder.run(args);
        (ended.status, ended.stdout.lines().rfind(|line| line.contains("exit status")).unwrap_or_default().to_owned())
    };
    let title = |more: &[&str]| last(&[&["check", "--dialect", "grub2", "title.cfg"], more].concat());
    assert_eq!(title(&[]), (0, String::new()));
    let why = "exit status 1: it selects an entry, but 1 finding reaches the threshold (--threshold warning)";
    assert_eq!(title(&["--threshold", "warning"]), (1, why.to_owned()));
    assert_eq!(title(&["--threshold", "warning", "--failures-only"]), (1, why.to_owned()));
    assert_eq!(title(&["--threshold", "warning", "--exit-zero"]), (0, String::new()));
    assert_eq!(title(&["-D", "PG101", "--threshold", "never"]), (0, String::new()));
    let (status, line) = title(&["--threshold", "note"]);
    assert!(status == 1 && line.contains("findings reach the threshold (--threshold note)"), "{line}");
    // Where the verdict is bad, it needs no more words; and machines read none.
    let bad = corpus("images/nixos-default.img");
    assert_eq!(last(&["check", &bad]), (1, String::new()));
    assert_eq!(title(&["--threshold", "warning", "--format", "json"]), (1, String::new()));
}

/// What `--as` says and what the file is are both named.
#[test]
fn a_file_of_another_kind_than_is_said() {
    let folder = Folder::new();
    folder.file("prose", "This is a list\nof things\n");
    folder.file("empty", "");
    folder.file("domain.xml", "<domain type='xen'><name>g</name></domain>\n");
    folder.file("record", "uuid ( RO): 1\n  PV-bootloader ( RW): pygrub\n");
    folder.file("guest.cfg", "name = 'g'\nmemory = 64\nbootloader = 'pygrub'\ndisk = [ '/d,raw,xvda' ]\n");
    folder.file("menu", "set timeout=5\nmenuentry 'A' {\n  linux /k\n}\n");
    let disk = corpus("images/recipe.img");
    for (kind, file, why) in [
        ("xapi", "prose", "as a VM's record of xapi: it is a text of another kind"),
        ("xapi", "empty", "as a VM's record of xapi: it is empty"),
        ("xapi", "guest.cfg", "as a VM's record of xapi: it looks like a domain's configuration for xl"),
        ("xapi", "domain.xml", "as a VM's record of xapi: it is XML"),
        ("xapi", &disk, "as a VM's record of xapi: it has bytes that no text has, as a disk image does"),
        ("libvirt", "prose", "as a domain's XML for libvirt: it is a text of another kind"),
        ("libvirt", "record", "as a domain's XML for libvirt: it looks like a VM's record of xapi"),
        ("libvirt", "menu", "as a domain's XML for libvirt: it looks like a boot configuration"),
        ("libvirt", &disk, "as a domain's XML for libvirt: it has bytes that no text has"),
        ("xl", &disk, "as a domain's configuration for xl: it has bytes that no text has"),
        ("xl", "domain.xml", "as a domain's configuration for xl: it is XML"),
        ("xl", "menu", "as a domain's configuration for xl: it looks like a boot configuration"),
        ("xl", ".", "it is a directory, not a domain's configuration"),
        ("image", ".", "it is a directory, not an image"),
        ("directory", "prose", "it is a file, not a directory"),
        ("config", &disk, "not a"),
    ] {
        let ended = folder.run(&["check", "--as", kind, file]);
        assert!(ended.status == 3 && ended.stdout.is_empty(), "{kind} {file}: {}", ended.whole());
        assert!(ended.stderr.contains(why), "{kind} {file}: {}", ended.stderr);
    }
    // What xl rejects as a whole is a verdict.
    let ended = folder.run(&["check", "--as", "xl", "prose"]);
    assert!(ended.status == 1 && ended.stdout.contains("PG501"), "{}", ended.whole());
    // And what is that kind stays one.
    for (kind, file) in [("xapi", "record"), ("libvirt", "domain.xml"), ("xl", "guest.cfg"), ("config", "menu")] {
        let ended = folder.run(&["check", "--as", kind, file]);
        assert!(
            !ended.stdout.is_empty() && !ended.stderr.contains("cannot read `"),
            "{kind} {file}: {}",
            ended.whole()
        );
    }
}

/// English has the words of boot configurations as well.
#[test]
fn prose_is_not_a_boot_configuration() {
    let folder = Folder::new();
    for (number, text) in [
        "My book\ntitle The great one\nauthor me\n",
        "title Foo\n\nlabel things\nkernel of truth, which nobody wants\n",
        "label the boxes\nlinux is on the first\n",
        "set the table\nand the chairs\n",
        "submenu of the day\nmenuentry is a command\n",
        "linux is an operating system\n",
        "title page\n\nroot of all evil\nkernel panic and others\n",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("text{number}");
        folder.file(&name, text);
        for command in ["check", "entries", "trace", "lint", "compare", "cat", "grub"] {
            let ended = folder.run(&[command, &name]);
            assert!(ended.status == 3 && ended.stdout.is_empty(), "{command} {text}: {}", ended.whole());
            assert!(ended.stderr.contains(&format!("`{name}`")), "{command}: {}", ended.stderr);
        }
        // Who says what it is gets it.
        assert_ne!(folder.run(&["check", "--dialect", "legacy", &name]).status, 3);
        assert_eq!(folder.run(&["grub", "--as", "config", &name]).status, 1);
    }
    for (number, text) in [
        "timeout 5\ntitle Linux\n  root (hd0,0)\n  kernel /vmlinuz root=/dev/xvda1\n",
        "title Linux\n\tkernel vmlinuz\n",
        "title=Linux\nkernel=/vmlinuz\n",
        "DEFAULT l\nLABEL l\n  LINUX ../vmlinuz\n",
        "label l\nkernel vmlinuz-lts\n",
        "set default=0\n",
        "menuentry Linux {\nlinux /k\n}\n",
        "linux /vmlinuz ro\n",
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("menu{number}");
        folder.file(&name, text);
        assert!(folder.run(&["trace", &name]).stdout.contains(" reads "), "{text}");
    }
}
