//! VMs of xapi. Expected values: xenopsd's code as read, and its parser as a model (`Parsed`).

use std::path::Path;
use std::process::Command;

use pregrub::boot::{Caller, Options, Run, Toolstack, Verdict};
use pregrub::simulation::Simulation;
use pregrub::target::{Kind, OpenOptions};
use pregrub::toolstack::xapi::VmRecord;

use crate::common::images::{Image, Tree, Volume};
use crate::common::program;

fn image(config: &str) -> Image {
    Image::whole(&Volume::ext4(Tree::new().file("boot/grub/grub.cfg", config).file("k", [b'K'; 5000])))
}

fn bootable() -> Image {
    image(
        "menuentry 'One' {\n  linux /k ro quiet\n}\nmenuentry 'Two' {\n  linux /k two\n}\n\
         menuentry 'Three' {\n  linux /k ro quiet\n}\n",
    )
}

/// Runs pygrub for a VM with these lines and this disk.
fn run(image: &Image, lines: &str, toolstack: Toolstack) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vm");
    std::fs::write(&path, format!("domain-type=pv\nPV-bootloader=pygrub\n{lines}\ndisk={}\n", image.argument()))
        .unwrap();
    let release = "4.17.7".parse().unwrap();
    let caller = Caller { toolstack: Some(toolstack), ..Caller::default() };
    let simulation = Simulation::from(Options { release, caller, ..Options::default() });
    let target = simulation.open(&path, OpenOptions::default()).unwrap();
    assert_eq!(target.kind(), Kind::Xapi);
    target.run().unwrap().run
}

fn vector(run: &Run) -> Vec<String> {
    let mut words: Vec<_> = run.handover.as_ref().unwrap().arguments.iter().map(ToString::to_string).collect();
    words.pop();
    words
}

fn args(run: &Run) -> String {
    assert_eq!(run.verdict, Verdict::Boots);
    run.chosen.as_ref().unwrap().args.as_ref().unwrap().to_string()
}

fn error(run: &Run) -> (&'static str, String) {
    assert_eq!(run.verdict, Verdict::Fails);
    let error = run.handover.as_ref().unwrap().error.clone().unwrap();
    (error.code, error.message)
}

const NOTHING: &str = "xenopsd internal error: VM = UUID; domid = N; Bootloader.Bad_error No kernel found in ";

#[test]
fn vectors_and_command_lines() {
    let image = bootable();
    let plain = run(&image, "", Toolstack::Xapi);
    assert_eq!(vector(&plain), ["--output-format=simple", "-q", "--runas=65537"]);
    assert_eq!(args(&plain), "ro quiet  ");
    let before = run(&image, "", Toolstack::XapiUnrestricted);
    assert_eq!(vector(&before), ["--output-format=simple", "-q"]);
    let lines = "PV-bootloader-args=--entry=2 --args=single\nPV-legacy-args=L\nPV-args=console=hvc0";
    let third = run(&image, lines, Toolstack::Xapi);
    assert_eq!(vector(&third)[3..], ["--entry=2", "--args=single"]);
    assert_eq!(args(&third), "ro quiet single L console=hvc0");
    let kernel = run(&image, "PV-kernel=/boot/k\nPV-args=x", Toolstack::Xapi);
    assert!(!vector(&kernel).iter().any(|word| word.starts_with("--kernel")));
    assert_eq!(args(&kernel), "ro quiet  x");
}

#[test]
fn an_empty_argument_is_the_disk() {
    let image = bootable();
    for lines in ["--entry=2 ", " -q", "-q  --entry=1"] {
        let run = run(&image, &format!("PV-bootloader-args={lines}"), Toolstack::Xapi);
        assert!(vector(&run).contains(&String::new()), "{lines}");
        assert_eq!(error(&run), ("INTERNAL_ERROR", NOTHING.to_owned()), "{lines}");
    }
    let quoted = run(&image, "PV-bootloader-args=--args=\"a b\"", Toolstack::Xapi);
    assert_eq!(error(&quoted).0, "INTERNAL_ERROR");
}

#[test]
fn options_that_xenopsd_cannot_use() {
    let image = bootable();
    for words in [
        "-n",
        "-l",
        "--output-format=sxp",
        "--output-format=simple0",
        "--output=/dev/null",
        "--output-directory=/tmp",
        "--vm=X",
    ] {
        let run = run(&image, &format!("PV-bootloader-args={words}"), Toolstack::XapiUnrestricted);
        assert_eq!(error(&run).0, "INTERNAL_ERROR", "{words}");
    }
    let menu = run(&image, "PV-bootloader-args=-i", Toolstack::XapiUnrestricted);
    assert_eq!(error(&menu), ("BOOTLOADER_FAILED", "Unable to find partition containing kernel\n".to_owned()));
    for words in ["--entry=1", "--entry 1", "--offset=0", "--", "--args="] {
        assert_eq!(
            run(&image, &format!("PV-bootloader-args={words}"), Toolstack::Xapi).verdict,
            Verdict::Boots,
            "{words}"
        );
    }
}

#[test]
fn other_bootloaders_and_types() {
    let of = |lines: &str| VmRecord::parse(format!("disk=/d\n{lines}").as_bytes()).unwrap().disk().map(str::to_owned);
    let path = of("PV-bootloader=/usr/bin/pygrub").unwrap_err();
    assert!(
        path.verdict == Verdict::Fails
            && path.error.unwrap().message.ends_with("Bootloader.Unknown_bootloader /usr/bin/pygrub")
    );
    assert_eq!(of("PV-bootloader=eliloader").unwrap_err().verdict, Verdict::Unknown);
    assert_eq!(of("PV-bootloader=pygrub\ndomain-type=hvm").unwrap_err().verdict, Verdict::NotApplicable);
    assert_eq!(of("PV-bootloader=pygrub\nHVM-boot-policy=BIOS order").unwrap_err().verdict, Verdict::NotApplicable);
    assert_eq!(of("PV-bootloader=pygrub").unwrap(), "/d");
    assert_eq!(of("PV-bootloader=").unwrap_err().verdict, Verdict::Fails);
    let first = VmRecord::parse(b"PV-bootloader=pygrub\ndisk-not-bootable=/a\ndisk=/b\ndisk=/c\n").unwrap();
    assert_eq!(first.disk().unwrap(), "/b");
    assert!(
        VmRecord::parse(b"PV-bootloader=pygrub\ndisk-not-bootable=/a\n").unwrap().disk().unwrap_err().verdict
            == Verdict::Fails
    );
}

#[test]
fn forms_of_a_record() {
    let printed =
        b"uuid ( RO)                : 1-2\n        PV-bootloader ( RW): pygrub\n   PV-bootloader-args ( RW): -q \n\
        domain-type ( RW): pv\ndisk=/d\n";
    let json =
        b"{\"uuid\": \"1-2\", \"PV_bootloader\": \"pygrub\", \"PV_bootloader_args\": \"-q \", \"domain_type\": \"pv\",\
        \"VBDs\": [{\"bootable\": true, \"empty\": true}, {\"bootable\": true, \"path\": \"/d\"}]}";
    assert_eq!(VmRecord::parse(printed).unwrap(), VmRecord::parse(json).unwrap());
    assert!(VmRecord::parse(b"{").is_err() && VmRecord::parse(b"{\"VBDs\": [{}]}").is_err());
}

#[test]
fn what_the_user_reads() {
    let nothing = Image::of_bytes(&[0; 4096]);
    let missing = image("menuentry 'One' {\n  linux /gone\n}\n");
    let found = run(&nothing, "", Toolstack::XapiUnrestricted);
    assert_eq!(error(&found), ("BOOTLOADER_FAILED", "Unable to find partition containing kernel\n".to_owned()));
    assert_eq!(error(&run(&missing, "", Toolstack::XapiUnrestricted)).0, "INTERNAL_ERROR");
    for image in [nothing, missing] {
        let run = run(&image, "", Toolstack::Xapi);
        assert_eq!(error(&run), ("INTERNAL_ERROR", NOTHING.to_owned()));
        assert_eq!(run.process.exit, 0);
    }
}

/// What xenopsd reads of a bootloader: lines of key, space and value. The first reason that it rejects them for.
fn parsed(status: i32, stdout: &str, stderr: &str) -> Result<Vec<(String, String)>, String> {
    if status != 0 {
        return Err(match stderr.split_once("RuntimeError: ") {
            Some((_, reason)) => format!("BOOTLOADER_FAILED {reason}"),
            None => format!("INTERNAL_ERROR {stderr}"),
        });
    }
    let mut found: Vec<(String, String)> = Vec::new();
    for (key, value) in stdout.split('\n').filter_map(|line| line.split_once(' ')).filter(|(key, _)| !key.is_empty()) {
        if !["kernel", "ramdisk", "args"].contains(&key) || found.iter().any(|(before, _)| before == key) {
            return Err(format!("INTERNAL_ERROR {key}"));
        }
        if key != "args" {
            let parent = Path::new(value).parent().and_then(Path::to_str);
            if !["/var/run/xen/pygrub", "/var/run/xend/boot"].map(Some).contains(&parent) {
                return Err(format!("INTERNAL_ERROR {value}"));
            }
        }
        found.push((key.to_owned(), value.to_owned()));
    }
    match found.iter().any(|(key, _)| key == "kernel") {
        true => Ok(found),
        false => Err("INTERNAL_ERROR No kernel found in ".to_owned()),
    }
}

#[test]
fn the_model_of_xenopsd() {
    let kernel = "kernel /var/run/xen/pygrub/k\n";
    assert!(
        parsed(0, &format!("{kernel}args a  b\n\n"), "").unwrap().contains(&("args".to_owned(), "a  b".to_owned()))
    );
    for text in ["", "junk x\n", "args a\nargs b\n", "kernel /tmp/k\n", "kernel\n"] {
        assert!(parsed(0, text, "").is_err(), "{text}");
    }
    assert!(parsed(0, &format!("{kernel}junk x\n"), "").is_err());
}

/// The drop-in in pygrub's place ends a failure with 1, and its reason comes through.
#[test]
fn the_drop_in_lets_the_reason_through() {
    let nothing = Image::of_bytes(&[0; 4096]);
    let folder = tempfile::tempdir().unwrap();
    let directory = format!("--output-directory={}", folder.path().display());
    let words = ["pygrub", "--output-format=simple", "-q", &directory, &nothing.argument()].map(str::to_owned);
    let output = Command::new(program::path()).args(&words).env_clear().output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let read = parsed(output.status.code().unwrap(), &String::from_utf8_lossy(&output.stdout), &stderr).unwrap_err();
    assert_ne!(read, "INTERNAL_ERROR No kernel found in ", "{stderr}");
    assert!(read.contains("Unable to find partition containing kernel"), "{read}");
}
