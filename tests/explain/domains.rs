//! What is to be changed in a domain's configuration: one way out, which is followed and leads out.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::images::{Image, Tree, Volume};
use crate::common::program::run;
use crate::common::tools;
use crate::common::xl::Xl;

const MENU: &str = "set timeout=5\nmenuentry \"Guest's own\" {\n  linux /boot/vmlinuz root=/dev/xvda ro\n  initrd /boot/initrd.img\n}\n";

fn tree() -> Tree {
    Tree::new().file("/boot/vmlinuz", "kernel").file("/boot/initrd.img", "initrd")
}

/// A domain in a file, as `check` sees it until pygrub ends.
fn check(folder: &Path, text: &str) -> Value {
    let path = folder.join("guest.cfg");
    fs::write(&path, text).unwrap();
    let ended = run(&["check", "--until", "pygrub", "--format", "json", path.to_str().unwrap()]);
    serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.whole()))
}

/// The finding of a rule.
fn finding<'a>(report: &'a Value, code: &str) -> &'a Value {
    let findings = report["findings"].as_array().unwrap();
    let found: Vec<&Value> = findings.iter().filter(|finding| finding["code"] == code).collect();
    match found.as_slice() {
        [one] => one,
        _ => panic!("{} findings {code} in {report:#}", found.len()),
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// `kernel` beside pygrub: what is said depends on what comes without it, and saying it twice or the contrary is a circle.
#[test]
fn a_kernel_beside_the_bootloader() {
    let folder = TempDir::new().unwrap();
    let with_menu = Image::whole(&Volume::ext4(tree().file("/boot/grub/grub.cfg", MENU)));
    let without = Image::whole(&Volume::ext4(tree()));
    let domain = |disk: &Image, more: &str| {
        let disk = disk.argument();
        format!("name = 'g'\nmemory = 64\nbootloader = 'pygrub'\ndisk = [ '{disk},raw,xvda,w' ]\n{more}\n")
    };
    let own = "kernel = '/boot/vmlinuz'\nramdisk = '/boot/initrd.img'";
    let of_dom0 = "kernel = '/var/lib/guests/vmlinuz'";
    // The guest's own menu boots: the kernel is to go.
    let report = check(folder.path(), &domain(&with_menu, own));
    let said = finding(&report, "PG504");
    assert_eq!((text(&report, "verdict"), text(said, "severity")), ("boots", "warning"));
    let way_out = "remove `kernel` and `ramdisk`: a run without boots the guest's own entry, \"Guest's own\"";
    assert_eq!(text(said, "help"), way_out);
    // A kernel that is not in the guest: the same, once, with its place.
    let report = check(folder.path(), &domain(&with_menu, of_dom0));
    let said = finding(&report, "PG504");
    assert_eq!(
        (text(&report, "verdict"), text(said, "severity"), &said["span"]["line"]),
        ("fails", "error", &5.into())
    );
    assert_eq!(text(said, "help"), "remove `kernel`: a run without boots the guest's own entry, \"Guest's own\"");
    assert_eq!(said["is_cause"], true, "{said}");
    assert_eq!(text(&report["failure"], "help"), text(said, "help"));
    assert!(!report.to_string().contains("PG203"), "{report}");
    assert_eq!(text(&check(folder.path(), &domain(&with_menu, "")), "verdict"), "boots");
    // Without a menu `kernel` is what boots: PG313 says so, and PG504 does not say the contrary.
    let report = check(folder.path(), &domain(&without, ""));
    let said = finding(&report, "PG313");
    assert!(text(said, "help").contains("kernel = \"/boot/vmlinuz\", ramdisk = \"/boot/initrd.img\""), "{said}");
    let report = check(folder.path(), &domain(&without, own));
    let said = finding(&report, "PG504");
    assert_eq!((text(&report, "verdict"), text(said, "severity")), ("boots", "note"));
    assert!(text(said, "help").starts_with("keep it"), "{said}");
    let report = check(folder.path(), &domain(&without, of_dom0));
    let said = finding(&report, "PG504");
    assert!(text(said, "help").starts_with("remove the bootloader if this is a kernel of dom0"), "{said}");
    assert!(text(said, "help").contains("nothing boots either"), "{said}");
    // `firmware` is for a domain without a bootloader.
    let pvgrub = "firmware = 'pvgrub64'";
    for (disk, way_out) in
        [(&with_menu, "remove `firmware`: pygrub alone boots"), (&without, "remove `bootloader`, so that")]
    {
        let report = check(folder.path(), &domain(disk, pvgrub));
        let said = finding(&report, "PG504");
        assert_eq!((text(&report, "verdict"), text(said, "severity")), ("fails", "error"));
        assert!(text(said, "help").starts_with(way_out), "{said}");
        assert_eq!(text(&report["failure"], "help"), text(said, "help"));
    }
    // --kernel of the caller's is not the domain's.
    let path = folder.path().join("guest.cfg");
    fs::write(&path, domain(&with_menu, "")).unwrap();
    let ended = run(&["check", "--format", "json", "--kernel", "/none", path.to_str().unwrap()]);
    assert!(ended.stdout.contains("--offset names another one") && !ended.stdout.contains("remove `kernel`"));
}

/// The real libxl hands both to pygrub, which looks for the kernel in the guest; beside `firmware` it starts none.
#[test]
fn libxl_and_a_kernel_beside_the_bootloader() {
    let oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let disk = Image::whole(&Volume::ext4(tree().file("/boot/grub/grub.cfg", MENU)));
    let disk = disk.path().display();
    let pygrub = oracle.pygrub.to_str().unwrap();
    let create = |more: &str| {
        xl.create(pygrub, &format!("extra = 'own'\nbootloader_args = [ '-q' ]\ndisk = [ '{disk},raw,xvda,w' ]\n{more}"))
    };
    let in_guest = create("kernel = '/boot/vmlinuz'");
    assert!(in_guest.arguments.iter().any(|argument| argument == "--kernel=/boot/vmlinuz"), "{:?}", in_guest.arguments);
    assert_eq!(in_guest.built.kernel.as_deref(), Some(&b"kernel"[..]), "{}", in_guest.log);
    assert_eq!(in_guest.built.arguments.as_deref(), Some("own"), "the guest's own arguments are not read");
    assert_eq!(create("kernel = '/usr/bin/env'").built.kernel, None);
    let firmware = create("firmware = 'pvgrub64'");
    assert!(firmware.built.kernel.is_none() && firmware.built.paths.is_empty(), "{}", firmware.log);
}

/// The disk in an image of this format, made by qemu-img.
fn converted(folder: &Path, disk: &Image, format: &str) -> PathBuf {
    let path = folder.join(format!("disk.{format}"));
    let qemu_img = tools::tool("qemu-img").unwrap();
    let mut command = std::process::Command::new(qemu_img);
    command.args(["convert", "-O", format]).arg(disk.path()).arg(&path);
    assert!(command.status().unwrap().success());
    path
}

/// The word for the format of the first disk, in each syntax of a specification; with it, the guest boots.
#[test]
fn a_format_that_the_domain_does_not_say() {
    if tools::tool("qemu-img").is_none() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let disk = Image::whole(&Volume::ext4(tree().file("/boot/grub/grub.cfg", MENU)));
    let domain =
        |specification: &str| format!("name = 'g'\nmemory = 64\nbootloader = 'pygrub'\ndisk = [ '{specification}' ]\n");
    for (made, word) in [("qcow2", "qcow2"), ("vpc", "vhd"), ("qcow", "qcow")] {
        let image = converted(folder.path(), &disk, made);
        let image = image.to_str().unwrap();
        for (declared, edit, becomes) in [
            ("@,raw,xvda,w", "write `%` instead of `raw` in line 4", "@,%,xvda,w"),
            ("@,,xvda,w", "add the word `%` in line 4: `@,%,xvda,w`", "@,%,xvda,w"),
            (
                "format=raw,vdev=xvda,access=rw,target=@",
                "write `%` instead of `raw` in line 4",
                "format=%,vdev=xvda,access=rw,target=@",
            ),
            (
                "vdev=xvda,access=rw,target=@",
                "`format=%,vdev=xvda,access=rw,target=@`",
                "format=%,vdev=xvda,access=rw,target=@",
            ),
            ("file:@,xvda,w", "`@,%,xvda,w`", "@,%,xvda,w"),
            ("tap:aio:@,xvda,w", "`@,%,xvda,w`", "@,%,xvda,w"),
            ("raw:@,xvda,w", "write `%` instead of `raw` in line 4", "%:@,xvda,w"),
        ] {
            let filled = |text: &str| text.replace('@', image).replace('%', word);
            let report = check(folder.path(), &domain(&filled(declared)));
            let said = finding(&report, "PG311");
            assert!(text(said, "help").contains(&filled(edit)), "{declared}: {said}");
            assert!(text(said, "help").contains(": a run with that boots"), "{declared}: {said}");
            assert_eq!(said["span"]["line"], 4, "{said}");
            // A guest writes the first bytes of a raw disk: the word is never to be taken from them alone.
            assert!(text(said, "help").contains("if the image was made as"), "{said}");
            let report = check(folder.path(), &domain(&filled(becomes)));
            assert_eq!(text(&report, "verdict"), "boots", "{becomes}: {report:#}");
        }
    }
    // For these there is no word; and a word that is wrong the other way round.
    for format in ["vmdk", "vdi"] {
        let image = converted(folder.path(), &disk, format);
        let report = check(folder.path(), &domain(&format!("{},raw,xvda,w", image.display())));
        let said = text(finding(&report, "PG311"), "help").to_owned();
        assert!(said.starts_with("if the guest was given a raw disk, it wrote this header itself"), "{said}");
        assert!(said.contains("if the image was made in this format, "), "{said}");
        assert!(said.contains(&format!("qemu-img convert -f {format} -O raw")), "{said}");
        assert!(said.contains("in line 4: xl has no word"), "{said}");
    }
    let report = check(folder.path(), &domain(&format!("{},qcow2,xvda,w", disk.argument())));
    assert_eq!(text(&report, "verdict"), "unknown");
    assert_eq!(text(&report["failure"], "help"), "write `raw` instead of `qcow2` in line 4");
    // In an image that does not boot either, what remains is said.
    let empty = Image::whole(&Volume::ext4(Tree::new().file("/boot/grub/grub.cfg", "set timeout=5\n")));
    let image = converted(folder.path(), &empty, "qcow2");
    let report = check(folder.path(), &domain(&format!("{},raw,xvda,w", image.display())));
    let said = text(finding(&report, "PG311"), "help").to_owned();
    assert!(said.contains("then this remains: pygrub sees no menu entry"), "{said}");
    // Where no domain gives the disk, nothing is known of one.
    let ended = run(&["check", "--image-format", "raw", image.to_str().unwrap()]);
    assert!(
        ended.stdout.contains("if the guest was given a raw disk, it wrote this header itself")
            && !ended.stdout.contains("in line"),
        "{}",
        ended.stdout
    );
}

/// libvirt says it in another place.
#[test]
fn a_format_that_libvirts_domain_does_not_say() {
    if tools::tool("qemu-img").is_none() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let disk = Image::whole(&Volume::ext4(tree().file("/boot/grub/grub.cfg", MENU)));
    let image = converted(folder.path(), &disk, "qcow2");
    let domain = |driver: &str| {
        format!(
            "<domain type='xen'>\n<name>g</name><memory>65536</memory><bootloader>pygrub</bootloader>\n<os><type>linux</type></os>\n\
             <devices>\n<disk type='file'>{driver}<source file='{}'/><target dev='xvda'/></disk>\n</devices></domain>\n",
            image.display()
        )
    };
    let path = folder.path().join("guest.xml");
    let check = |driver: &str| -> Value {
        fs::write(&path, domain(driver)).unwrap();
        let ended = run(&["check", "--until", "pygrub", "--format", "json", path.to_str().unwrap()]);
        serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.whole()))
    };
    let report = check("<driver name='qemu' type='raw'/>");
    let help = text(&report["failure"], "help").to_owned();
    assert!(
        help.contains("write `<driver name='qemu' type='qcow2'/>` in the disk of line 5: a run with that boots"),
        "{help}"
    );
    assert_eq!(text(&check("<driver name='qemu' type='qcow2'/>"), "verdict"), "boots");
}
