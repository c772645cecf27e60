//! Delimiters of every output format, in whatever a guest or a caller can put into a value, for every release (XSA-198).

use pregrub::boot::OutputFormat;

use super::handed_over::{Host, disk, drop_in, stderr};
use crate::common::images::Image;
use crate::common::program;

/// Releases before XSA-198, and point releases just before it.
const UNQUOTED: [&str; 12] =
    ["4.0", "4.1", "4.1.0", "4.2", "4.3", "4.4", "4.5", "4.6.0", "4.6.4", "4.7.0", "4.7.1", "4.2.0"];
const QUOTED: [&str; 6] = ["4.6.5", "4.7.2", "4.8", "4.12", "4.17", "4.22"];

/// Arguments that end a record and begin another, which names a file of no host.
const AFTER_NUL: &[u8] = b"ro\0kernel harmless";
const AFTER_QUOTE: &[u8] = b"ro\")(kernel harmless)(args \"";

/// The arguments in each dialect.
fn disks(args: &[u8]) -> Vec<Image> {
    let grub2 = [b"menuentry 'A' {\n linux /k ", args, b"\n initrd /i\n}\n"].concat();
    let legacy = [b"title A\nkernel /k ", args, b"\ninitrd /i\n"].concat();
    let extlinux = [b"label A\nkernel /k\nappend initrd=/i ", args, b"\n"].concat();
    vec![disk("/boot/grub/grub.cfg", grub2), disk("/boot/grub/menu.lst", legacy), disk("/boot/extlinux.conf", extlinux)]
}

/// Those of the disks that the release reads: before 4.1.3 `append` raises.
fn read_by<'a>(release: &str, disks: &'a [Image]) -> &'a [Image] {
    &disks[..if ["4.0", "4.1.0"].contains(&release) { 2 } else { 3 }]
}

fn run(release: &str, format: OutputFormat, image: &Image, more: &[&str]) -> (Host, Option<i32>, String) {
    let host = Host::new();
    let mut command = drop_in(release, more);
    // 4.0 knows one format and one directory; it is not asked for another.
    let options = host.options();
    let output = if release == "4.0" {
        command.arg(&options[0]).arg(image.path()).output().unwrap()
    } else {
        command.args(options).arg(format!("--output-format={}", format.name())).arg(image.path()).output().unwrap()
    };
    (host, output.status.code(), stderr(&output))
}

#[track_caller]
fn assert_refused(release: &str, format: OutputFormat, image: &Image, more: &[&str], names: &str) {
    let (host, status, stderr) = run(release, format, image, more);
    let context = format!("{release} {} {more:?}: {stderr}", format.name());
    assert_eq!(status, Some(1), "{context}");
    host.assert_nothing(&context);
    assert!(stderr.contains(names) && stderr.ends_with("pregrub: nothing is handed over\n"), "{context}");
}

#[test]
fn no_release_hands_over_a_record_of_the_guest() {
    let (nul, quote) = (disks(AFTER_NUL), disks(AFTER_QUOTE));
    let harmless = disk("/boot/grub/grub.cfg", "menuentry 'A' {\n linux /k ro\n initrd /i\n}\n");
    for release in UNQUOTED.into_iter().filter(|&release| release != "4.0") {
        for image in read_by(release, &nul) {
            assert_refused(release, OutputFormat::Simple0, image, &[], "the arguments contain a NUL");
        }
        for image in read_by(release, &quote) {
            assert_refused(release, OutputFormat::Sxp, image, &[], "the arguments contain `\"`");
        }
        // A guest's line has no line feed; a caller's may.
        let line = "--args=ro\nkernel harmless";
        assert_refused(release, OutputFormat::Simple, &harmless, &[line], "the arguments contain a line feed");
        let (host, status, stderr) = run(release, OutputFormat::Simple0, &harmless, &[]);
        assert_eq!((status, host.left().len()), (Some(0), 2), "{release}: {stderr}");
        // What is no delimiter in this format passes, as it does in pygrub.
        let (host, status, _) = run(release, OutputFormat::Simple0, &harmless, &[line]);
        assert_eq!(status, Some(0));
        assert!(host.written().ends_with("ro\nkernel harmless\0\0"), "{release}: {:?}", host.written());
    }
}

/// With `-n` older releases print the guest's own path.
#[test]
fn nor_a_path_of_the_guest() {
    let image = disk("/boot/grub/grub.cfg", "menuentry 'A' {\n linux /k ro\n}\n");
    for (release, format, path, names) in [
        // Before 4.1.4 nobody asks whether the file is there.
        ("4.1.0", OutputFormat::Simple, "--kernel=/k>\nargs harmless", "the path of the kernel contains a line feed"),
        ("4.1.0", OutputFormat::Sxp, "--kernel=/k>)(args harmless", "the path of the kernel contains `)`"),
    ] {
        assert_refused(release, format, &image, &["-n", path], names);
    }
    let (host, status, stderr) = run("4.2.0", OutputFormat::Simple, &image, &["-n"]);
    assert_eq!((status, host.written().as_str()), (Some(0), "kernel <kernel:/k>\nargs ro \n\n"), "{stderr}");
}

/// From XSA-198 on pygrub itself refuses, or quotes.
#[test]
fn later_releases_do_as_pygrub_does() {
    let (nul, quote) = (disks(AFTER_NUL), disks(AFTER_QUOTE));
    for release in QUOTED {
        for image in &nul {
            let (host, status, stderr) = run(release, OutputFormat::Simple0, image, &[]);
            assert_eq!(status, Some(1));
            host.assert_nothing(release);
            let line = "RuntimeError: simple format cannot represent delimiter-containing value\n";
            assert!(stderr.ends_with(line), "{release}: {stderr}");
            let (host, status, _) = run(release, OutputFormat::Sxp, image, &[]);
            assert_eq!((status, host.written().contains("ro\\x00kernel harmless")), (Some(0), true), "{release}");
        }
        for image in &quote {
            let (host, status, _) = run(release, OutputFormat::Sxp, image, &[]);
            let quoted = "(args 'ro\")(kernel harmless)(args \"')";
            assert_eq!((status, host.written().ends_with(quoted)), (Some(0), true), "{release}: {}", host.written());
        }
    }
}

/// `check` says what the disk is made for, and the verdict is what pygrub of the release does with it.
#[test]
fn check_says_that_the_disk_attacks_the_host() {
    for (args, releases) in [(AFTER_NUL, &UNQUOTED[..]), (AFTER_NUL, &QUOTED), (AFTER_QUOTE, &["4.6.0", "4.22"])] {
        let disks = disks(args);
        for release in releases {
            for image in read_by(release, &disks) {
                let argument = image.argument();
                let ended = program::run(&[
                    "check",
                    "-q",
                    "--until",
                    "pygrub",
                    "--release",
                    release,
                    "--format",
                    "json",
                    &argument,
                ]);
                let json: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
                let codes: Vec<_> =
                    json["findings"].as_array().unwrap().iter().map(|one| one["code"].clone()).collect();
                assert!(codes.contains(&"PG604".into()), "{release}: {codes:?}");
                assert_eq!((ended.status, &json["verdict"]), (1, &"boots".into()), "{release}");
            }
        }
    }
}
