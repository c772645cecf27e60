//! Domain configurations as targets. That xl does what is said here is compared in tests/xl.

use insta::assert_snapshot;

use super::folder::Folder;
use crate::common::program::{command, corpus, run, run_with_input};

/// A domain on images of the corpus, changed: each pair is what is replaced, and by what.
fn domain(changes: &[(&str, &str)]) -> String {
    let mut text = "# A guest\n\
        name = \"guest\"\n\
        type = \"pv\"\n\
        memory = 512\n\
        bootloader = \"pygrub\"\n\
        bootloader_args = [ \"-q\" ]\n\
        extra = \"quiet\"\n\
        disk = [ \"format=raw,vdev=xvda,access=rw,target=corpus/images/recipe.img\", \"/dev/vg/root,raw,xvdb\" ]\n"
        .to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

fn check(changes: &[(&str, &str)]) -> String {
    run_with_input(&["check", "--as", "xl", "-"], domain(changes).as_bytes()).whole()
}

/// A domain is started by the toolstack whose format it has.
#[test]
fn another_toolstack_is_refused() {
    let folder = Folder::new();
    folder.file("web.cfg", "name = 'web'\nmemory = 64\nbootloader = 'pygrub'\ndisk = ['none.img,raw,xvda,rw']\n");
    for command in ["check", "trace", "entries"] {
        let ended = folder.run(&[command, "web.cfg", "--toolstack", "libvirt"]);
        let why = "pregrub: `web.cfg` is a domain of xl: --toolstack can only be xl for it, or name its disk instead\n";
        assert_eq!((ended.status, ended.stderr.as_str()), (2, why), "{command}");
        assert_ne!(folder.run(&[command, "web.cfg", "--toolstack", "xl"]).status, 2);
    }
}

#[test]
fn its_first_disk_boots() {
    assert_snapshot!(check(&[]));
}

#[test]
fn its_first_disk_fails() {
    assert_snapshot!(check(&[("recipe.img", "nixos-default.img"), ("[ \"-q\" ]", "\"-q\"")]));
}

#[test]
fn options_of_the_configuration() {
    let kernel = "kernel = \"/kernels/none\"\nextra";
    assert_snapshot!(check(&[("extra", kernel)]));
    let shown = check(&[("\"-q\"", "\"--entry=1\", \"-i\"")]);
    assert!(
        shown.contains("menu       boots after 5 seconds without a key") && shown.contains("entry      1 "),
        "{shown}"
    );
}

#[test]
fn options_given_here_win() {
    let ended = run_with_input(
        &["check", "--interactive", "--entry", "1", "--args", "mine", "--as", "xl", "-"],
        domain(&[("\"-q\"", "\"-q\", \"--entry=2\"")]).as_bytes(),
    );
    assert_eq!(ended.status, 0, "{}", ended.whole());
    assert!(ended.stdout.contains("  entry      1 ") && ended.stdout.contains("  menu  "), "{}", ended.stdout);
    assert!(ended.stdout.contains(" mine\n") && !ended.stdout.contains("loglevel=4 quiet"), "{}", ended.stdout);
    let quiet = run_with_input(&["check", "--quiet", "--as", "xl", "-"], domain(&[("[ \"-q\" ]", "[]")]).as_bytes());
    assert!(!quiet.stdout.contains("  menu  "), "{}", quiet.stdout);
}

#[test]
fn what_is_not_for_pygrub() {
    for (changes, status, told) in [
        (
            &[("\"pv\"", "\"hvm\"")][..],
            0,
            "this is an HVM guest, which boots from its own firmware: Xen runs no bootloader for it (line 3)",
        ),
        (&[("\"pygrub\"", "\"/opt/boot\"")], 0, "the bootloader is `/opt/boot`, and not pygrub (line 5)"),
        (
            &[("bootloader = \"pygrub\"", "kernel = \"/boot/vmlinuz\"")],
            0,
            "there is no bootloader: Xen starts the kernel `/boot/vmlinuz` of dom0, and does not look into the disk (line 5)",
        ),
        (
            &[("format=raw", "format=qcow2")],
            3,
            "the disk in the image `corpus/images/recipe.img` cannot be read: it is not a qcow2 disk image; it is the first disk of the domain (line 8)",
        ),
        (
            &[("format=raw", "format=qed")],
            3,
            "what pygrub reads of the first disk `format=qed,vdev=xvda,access=rw,target=corpus/images/recipe.img` is unknown: it is \
             qed, which QEMU turns into a device for it (line 8)",
        ),
        (&[("disk =", "#")], 1, "the domain has no disk: libxl runs no bootloader without a disk"),
        (&[("bootloader =", "#")], 1, "the domain has neither a kernel nor a bootloader"),
        (
            &[("format=raw", "format=\\n\\b")],
            1,
            "xl cannot read the disk `format=\\x0a\\x08,vdev=xvda,access=rw,target=corpus/images/recipe.img`: \
             unknown value for format near `\\x0a\\x08` (line 8)",
        ),
        (
            &[("\"-q\"", "\"--bogus\"")],
            1,
            "pygrub refuses its command line and prints its usage: there is an option that it does not know, or one without its \
             value (line 6)",
        ),
        (
            &[("\"-q\"", "\"--offset=x\"")],
            1,
            "pygrub refuses its command line: offset value must be an integer (line 6)",
        ),
        (
            &[("\"-q\"", "\"-q\", \"-l\"")],
            1,
            "bootloader_args make pygrub list its menu, so that libxl gets no kernel from it (line 6)",
        ),
        (
            &[("512", "1.5")],
            1,
            "xl cannot parse the configuration: no name, number, string or mark begins like this; it looks like \
             Python, which xl does not take (line 4, column 11)",
        ),
        (
            &[("512\n", "\n")],
            1,
            "xl cannot parse the configuration: the end of the line stands where a string, a number or a list \
             must be (line 4, column 10)",
        ),
    ] {
        let ended = run_with_input(&["check", "--as", "xl", "-"], domain(changes).as_bytes());
        let verdict = ["not applicable", "fails", "", "unknown"][usize::try_from(status).unwrap()];
        let first = ended.stdout.lines().next().unwrap_or_default();
        assert_eq!(
            (ended.status, first),
            (status, format!("{verdict}: - (Xen 4.22): {told}").as_str()),
            "{}",
            ended.stderr
        );
        let entries = run_with_input(&["entries", "--as", "xl", "-"], domain(changes).as_bytes());
        assert_eq!((entries.status, entries.stderr), (3, format!("pregrub: `-`: {told}\n")));
    }
}

#[test]
fn a_disk_that_is_not_here() {
    let first = |changes: &[(&str, &str)]| {
        let ended = run_with_input(&["check", "--as", "xl", "-"], domain(changes).as_bytes());
        assert_eq!((ended.status, ended.stderr.as_str()), (3, ""));
        ended.stdout.lines().next().unwrap_or_default().to_owned()
    };
    assert_eq!(
        first(&[("recipe.img", "none.img")]),
        "unknown: - (Xen 4.22): cannot read `corpus/images/none.img`: there is no such file; it is the first disk of the domain (line 8)"
    );
    assert_eq!(
        first(&[("images/recipe.img", "images")]),
        "unknown: - (Xen 4.22): `corpus/images` is neither a file nor a block device; it is the first disk of the domain (line 8)"
    );
}

#[test]
fn entries_and_trace() {
    let text = domain(&[]);
    assert_snapshot!(run_with_input(&["entries", "--as", "xl", "-"], text.as_bytes()).whole());
    let trace = run_with_input(&["trace", "--as", "xl", "-"], text.as_bytes());
    let start =
        "-: xl as pygrub of Xen 4.22 reads it\nthe first disk: corpus/images/recipe.img (line 8)\npartitions: no MBR";
    assert!(trace.status == 0 && trace.stdout.starts_with(start), "{}", trace.whole());
    let trace = run_with_input(&["trace", "--as", "xl", "-"], domain(&[("\"pv\"", "\"hvm\"")]).as_bytes());
    assert_snapshot!(trace.whole());
}

#[test]
fn json() {
    let ended = run_with_input(&["check", "--as", "xl", "-", "--format", "json"], domain(&[]).as_bytes());
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&told["kind"], &told["verdict"]), (&"xl".into(), &"boots".into()));
    assert_eq!(told["disk"], serde_json::json!({ "path": "corpus/images/recipe.img", "line": 8 }));
    let ended = run_with_input(
        &["check", "--as", "xl", "-", "--format", "json"],
        domain(&[("\"-q\"", "\"--bogus\"")]).as_bytes(),
    );
    let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!((&told["pygrub"], &told["failure"]["stage"]), (&serde_json::Value::Null, &"toolstack".into()));
}

/// By looks, by name, or because it is said.
#[test]
fn how_one_is_told() {
    let folder = Folder::new();
    let kind = |args: &[&str], text: &str| {
        folder.file("guest", text);
        let ended = folder.run(&[&["check", "--format", "json", "guest"], args].concat());
        let told: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        told["kind"].as_str().unwrap_or("none").to_owned()
    };
    assert_eq!(kind(&[], &domain(&[])), "xl");
    assert_eq!(kind(&[], "name = 'x'\n"), "none");
    assert_eq!(kind(&["--as", "xl"], "name = 'x'\n"), "xl");
    assert_eq!(kind(&["--dialect", "grub2"], &domain(&[])), "config");
    assert_eq!(kind(&[], "default=0\ntimeout=5\ntitle x\n kernel /k\n"), "config");
    assert_eq!(kind(&[], "memory = 512\nfoo bar\n"), "xl");
    assert_eq!(kind(&["--as", "config"], "memory = 512\n"), "none");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guest.cfg");
    std::fs::write(&path, domain(&[])).unwrap();
    assert_eq!(run(&["check", path.to_str().unwrap()]).status, 0);
    // Relative to where the program is started.
    let elsewhere = command(&["check", path.to_str().unwrap()]).current_dir(folder.path()).output().unwrap();
    assert_eq!(elsewhere.status.code(), Some(3));
    let hashes = run_with_input(&["check", "--hash", "--as", "xl", "-"], domain(&[]).as_bytes());
    let image = run(&["check", "--hash", &corpus("images/recipe.img")]);
    let of = |text: &str| text.lines().filter(|line| line.contains("sha256")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(of(&hashes.stdout), of(&image.stdout));
    assert_eq!(of(&hashes.stdout).len(), 2);
}
