//! Image files: the disk inside of a qcow2, a VHD and others is judged as the raw disk is, by a bare path and in a domain.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::common::program::{self, corpus};
use crate::common::tools;

/// The recipe's disk in a format of qemu-img.
fn image(folder: &Path, name: &str, format: &str, options: &str) -> Option<PathBuf> {
    let qemu_img = tools::tool("qemu-img")?;
    let path = folder.join(name);
    let mut command = Command::new(qemu_img);
    command.args(["convert", "-f", "raw", "-O", format]);
    if !options.is_empty() {
        command.args(["-o", options]);
    }
    let status = command.arg(corpus("images/recipe.img")).arg(&path).status().unwrap();
    assert!(status.success(), "{name}");
    Some(path)
}

fn check(arguments: &[&str]) -> (Value, i32) {
    let ended = program::run(&[&["check", "--format", "json"], arguments].concat());
    let value = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.whole()));
    (value, ended.status)
}

/// Without what differs between two names of one disk.
fn without_names(mut report: Value) -> Value {
    let report_map = report.as_object_mut().unwrap();
    report_map.remove("target");
    report_map.remove("image_format");
    report
}

const FORMATS: [(&str, &str, &str); 9] = [
    ("recipe.qcow2", "qcow2", ""),
    ("zstd.qcow2", "qcow2", "compression_type=zstd"),
    ("subclusters.qcow2", "qcow2", "extended_l2=on"),
    ("recipe.vhd", "vpc", "force_size=on"),
    ("recipe.vhdx", "vhdx", ""),
    ("recipe.vmdk", "vmdk", ""),
    ("stream.vmdk", "vmdk", "subformat=streamOptimized"),
    ("flat.vmdk", "vmdk", "subformat=monolithicFlat"),
    ("recipe.vdi", "vdi", ""),
];

#[test]
fn the_disk_inside_is_judged_as_the_raw_one() {
    let folder = tempfile::tempdir().unwrap();
    let raw = corpus("images/recipe.img");
    let (expected, _) = check(&[&raw]);
    assert_eq!(expected["verdict"], "boots");
    for (name, format, options) in FORMATS {
        let Some(path) = image(folder.path(), name, format, options) else { return };
        let path = path.to_str().unwrap();
        // Its extent is another file, which is read only if somebody says that it is a VMDK.
        let named = if name == "flat.vmdk" { &["--image-format", "vmdk"][..] } else { &[] };
        let (report, status) = check(&[named, &[path]].concat());
        assert_eq!((status, report["image_format"].as_str()), (0, Some(format)), "{name}");
        assert_eq!(without_names(report), without_names(expected.clone()), "{name}");
        let text = program::run(&[&["check", path], named].concat()).whole();
        assert!(text.contains("give pygrub its raw view"), "{text}");
        // What pygrub makes of the file itself.
        if options != "subformat=monolithicFlat" {
            let (report, status) = check(&["--image-format", "raw", path]);
            assert_eq!((report["verdict"].as_str(), status), (Some("fails"), 1), "{name}");
            let codes: Vec<_> = report["findings"].as_array().unwrap().iter().map(|it| &it["code"]).collect();
            assert!(codes.iter().any(|code| **code == "PG311"), "{name}: {codes:?}");
        }
        for command in ["trace", "entries", "grub"] {
            let ended = program::run(&[&[command, path], named].concat());
            assert_eq!(ended.status, program::run(&[command, &raw]).status, "{command} {name}: {}", ended.whole());
        }
    }
}

#[test]
fn compressed_images() {
    let folder = tempfile::tempdir().unwrap();
    let (expected, _) = check(&[&corpus("images/recipe.img")]);
    for (program, name) in [("gzip", "gzip"), ("xz", "xz"), ("zstd", "zstd"), ("bzip2", "bzip2")] {
        let Some(tool) = tools::tool(program) else { continue };
        let output = Command::new(tool).arg("-c").arg(corpus("images/recipe.img")).output().unwrap();
        let path = folder.path().join(format!("recipe.img.{program}"));
        fs::write(&path, output.stdout).unwrap();
        let path = path.to_str().unwrap();
        let (report, status) = check(&[path]);
        assert_eq!((status, report["image_format"].as_str()), (0, Some(name)));
        assert_eq!(without_names(report), without_names(expected.clone()), "{name}");
        let ended = program::run(&["check", "--unpack-limit", "0", path]);
        assert_eq!(ended.status, 3, "{}", ended.whole());
        assert!(ended.stderr.contains("--unpack-limit"), "{}", ended.stderr);
    }
}

/// libxl attaches such a disk to dom0 before it calls pygrub, which gets the device.
#[test]
fn a_disk_of_a_domain() {
    let folder = tempfile::tempdir().unwrap();
    for (name, format, options, word) in [
        ("recipe.qcow2", "qcow2", "", "qcow2"),
        ("recipe.vhd", "vpc", "force_size=on", "vhd"),
        ("fixed.vhd", "vpc", "subformat=fixed,force_size=on", "vhd"),
        ("recipe.qcow", "qcow", "", "qcow"),
    ] {
        let Some(path) = image(folder.path(), name, format, options) else { return };
        let domain = folder.path().join("guest.cfg");
        let write = |disk: &str| {
            let text = format!("name = \"guest\"\nmemory = 512\nbootloader = \"pygrub\"\ndisk = [ \"{disk}\" ]\n");
            fs::write(&domain, text).unwrap();
        };
        let target = domain.to_str().unwrap().to_owned();
        let path = path.to_str().unwrap();
        write(&format!("format={word},vdev=xvda,access=rw,target={path}"));
        let (report, status) = check(&["-A", "all", &target]);
        assert_eq!((report["verdict"].as_str(), status), (Some("boots"), 0), "{name}: {report}");
        assert_eq!(report["image_format"], format, "{name}");
        let arguments = report["toolstack"]["arguments"].as_array().unwrap();
        assert_eq!(arguments.last().unwrap(), "/dev/xvda");
        // The image where the domain says raw: pygrub gets the file itself. A fixed VHD is one with a footer.
        write(&format!("format=raw,vdev=xvda,access=rw,target={path}"));
        let (report, _) = check(&["-A", "all", &target]);
        let expected = if name == "fixed.vhd" { "boots" } else { "fails" };
        assert_eq!(report["verdict"], expected, "{name}");
        // Another format than the domain says.
        let other = if word == "qcow2" { "vhd" } else { "qcow2" };
        write(&format!("format={other},vdev=xvda,access=rw,target={path}"));
        let (report, status) = check(&["-A", "all", &target]);
        assert_eq!((report["verdict"].as_str(), status), (Some("unknown"), 3), "{name}");
    }
}

#[test]
fn a_chain_stays_below_its_directory() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return };
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("images");
    fs::create_dir(&inside).unwrap();
    fs::copy(corpus("images/recipe.img"), folder.path().join("base.img")).unwrap();
    let overlay = inside.join("guest.qcow2");
    let arguments = ["create", "-q", "-f", "qcow2", "-F", "raw", "-b", "../base.img"];
    assert!(Command::new(qemu_img).args(arguments).arg(&overlay).status().unwrap().success());
    let path = overlay.to_str().unwrap();
    for options in [&["check", path][..], &["check", "--image-format", "qcow2", path]] {
        let ended = program::run(options);
        assert_eq!(ended.status, 3, "{}", ended.whole());
        assert!(ended.stderr.contains("--follow-backing-files"), "{}", ended.stderr);
    }
    assert_eq!(check(&["--follow-backing-files", path]).0["verdict"], "boots");
    fs::copy(folder.path().join("base.img"), inside.join("base.img")).unwrap();
}
