//! A guest's configuration or disk does not make itself a domain, which would have another disk of the host opened.

use std::fs;
use std::path::PathBuf;

use super::handed_over::good_disk;
use crate::common::program::{Ended, run, run_with_input};

/// A directory with a disk of the host's that boots.
struct Place {
    folder: tempfile::TempDir,
    disk: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let disk = folder.path().canonicalize().unwrap().join("host.img");
    fs::copy(good_disk().path(), &disk).unwrap();
    Place { folder, disk }
}

impl Place {
    /// What a guest writes, and the kind that it would be.
    fn texts(&self) -> Vec<(&'static str, String)> {
        let disk = self.disk.display();
        vec![
            ("xapi", format!("domain-type=pv\nPV-bootloader=pygrub\ndisk={disk}\n")),
            ("xapi", format!("domain-type ( RW): pv\nPV-bootloader ( RW): pygrub\ndisk={disk}\n")),
            (
                "xapi",
                format!(
                    "{{\"domain_type\": \"pv\", \"PV_bootloader\": \"pygrub\", \
                     \"VBDs\": [{{\"path\": \"{disk}\", \"bootable\": true}}]}}\n"
                ),
            ),
            (
                "libvirt",
                format!(
                    "<domain type='xen'><name>a</name><bootloader>pygrub</bootloader><os><type>linux</type></os><devices>\
                     <disk type='file' device='disk'><source file='{disk}'/><target dev='xvda' bus='xen'/></disk></devices></domain>\n"
                ),
            ),
            ("xl", format!("name = \"a\"\nbootloader = \"pygrub\"\ndisk = [ \"{disk},raw,xvda,w\" ]\n")),
        ]
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// The host's disk is not looked into.
    fn is_left_alone(&self, what: &str, ended: &Ended) {
        let whole = ended.whole();
        let reads = ["/k ", "/k\"", "root=/dev/xvda1"].iter().find(|word| whole.contains(**word));
        assert!(reads.is_none() && ended.status != 101, "{what}: {reads:?}: {whole}");
    }
}

const COMMANDS: [&[&str]; 7] = [
    &["check"],
    &["check", "--format", "json"],
    &["trace"],
    &["cat"],
    &["compare", "--from", "4.17", "--to", "4.20"],
    &["grub"],
    &["entries"],
];

#[test]
fn a_boot_configuration_is_not_a_domain() {
    let place = place();
    for name in
        ["grub.cfg", "menu.lst", "grub.conf", "extlinux.conf", "isolinux.cfg", "syslinux.cfg", "grub/custom.cfg"]
    {
        for (kind, text) in place.texts() {
            let path = place.file(name, &text);
            for command in COMMANDS {
                let ended = run(&[command, &[&path]].concat());
                let shown = ended.whole().replace(&place.disk.display().to_string(), "");
                // `cat` prints the configuration itself.
                if command != ["cat"] {
                    place.is_left_alone(&format!("{command:?} {name} {kind}"), &ended);
                } else {
                    assert!(!shown.contains("menuentry"), "{name} {kind}: {shown}");
                }
            }
            // Who says what it is has its disk opened.
            let named = run(&["check", "--until", "pygrub", "--as", kind, &path]);
            assert!(named.stdout.starts_with("boots") && named.stdout.contains("host.img"), "{}", named.whole());
        }
    }
}

#[test]
fn nor_is_an_image() {
    let place = place();
    for name in ["a.img", "a.raw", "a.qcow2", "a.iso", "a.img.bak", "a.raw.gz", "plain"] {
        for (kind, text) in place.texts() {
            // Its start is a text: spaces are one in each of the forms.
            for length in [if name == "plain" { 80_000 } else { text.len() }, 2 << 20] {
                let mut content = text.clone().into_bytes();
                content.resize(length.max(content.len()), b'\n');
                content.extend(vec![0; if length == 2 << 20 { 1 << 20 } else { 0 }]);
                let path = place.file(name, &content);
                for command in [COMMANDS[0], COMMANDS[2], COMMANDS[3], COMMANDS[5]] {
                    let ended = run(&[command, &[&path]].concat());
                    place.is_left_alone(&format!("{command:?} {name} {kind} {length}"), &ended);
                }
            }
        }
    }
}

#[test]
fn nor_is_a_text_with_commands_of_a_boot_configuration() {
    let place = place();
    for (kind, text) in place.texts() {
        let menus = ["menuentry 'A' {\n linux /guest\n}\n", "submenu 'A' {\n}\n"];
        let more = ["title A\n kernel /guest\n", "DEFAULT a\nLABEL a\n LINUX /guest\n"];
        for menu in menus.iter().chain(more.iter().filter(|_| kind != "libvirt")) {
            for text in [format!("{text}{menu}"), format!("{menu}{text}")] {
                let path = place.file("a.cfg", &text);
                for command in COMMANDS {
                    let ended = run(&[command, &[&path]].concat());
                    if command != ["cat"] {
                        place.is_left_alone(&format!("{command:?} {kind} {text}"), &ended);
                    }
                    if command != ["compare", "--from", "4.17", "--to", "4.20"] && command != ["cat"] {
                        let ended = run_with_input(&[command, &["-"]].concat(), text.as_bytes());
                        place.is_left_alone(&format!("{command:?} - {kind} {text}"), &ended);
                    }
                }
            }
        }
    }
}

#[test]
fn a_domain_on_standard_input_is_named_as_one() {
    let place = place();
    let short = ("xapi", format!("PV-bootloader=pygrub\ndisk={}\n", place.disk.display()));
    for (kind, text) in place.texts().iter().chain([&short]) {
        for command in COMMANDS.iter().filter(|command| !command.contains(&"--from") && **command != ["cat"]) {
            let ended = run_with_input(&[command, &["-"][..]].concat(), text.as_bytes());
            place.is_left_alone(&format!("{command:?} - {kind}"), &ended);
        }
        let ended = run_with_input(&["check", "-"], text.as_bytes());
        let help = format!("add --as {kind} if no guest wrote it");
        assert!(ended.status == 3 && ended.stderr.contains(&help), "{kind} {}", ended.whole());
        let named = run_with_input(&["check", "--until", "pygrub", "--as", kind, "-"], text.as_bytes());
        assert!(named.stdout.starts_with("boots") && named.stdout.contains("host.img"), "{kind} {}", named.whole());
        let config = run_with_input(&["check", "--as", "config", "-"], text.as_bytes());
        place.is_left_alone("check --as config -", &config);
    }
}

#[test]
fn a_record_names_the_disk_that_was_opened() {
    let place = place();
    let path = place.file("vm", &place.texts()[0].1);
    let line = format!("  disk       {}, the first bootable one of the VM\n", place.disk.display());
    let check = run(&["check", "--until", "pygrub", &path]);
    assert!(check.stdout.starts_with("boots") && check.stdout.contains(&line), "{}", check.whole());
    let trace = run(&["trace", &path]);
    let line = format!("the first bootable disk: {}\n", place.disk.display());
    assert!(trace.stdout.contains(&line), "{}", trace.whole());
    // One line that is not a field: not a record.
    let path = place.file("vm", format!("{}timeout=5\n", place.texts()[0].1));
    place.is_left_alone("check vm", &run(&["check", &path]));
}

#[test]
fn a_domain_of_a_list_has_no_disk_opened() {
    let place = place();
    for (kind, text) in place.texts() {
        let path = place.file("vm.cfg", &text);
        let list = place.file("list", format!("{path}\n"));
        let check = |more: &[&str]| run(&[&["check", "--until", "pygrub", "--targets-from", &list], more].concat());
        let ended = check(&[]);
        assert_eq!(ended.status, 3, "{kind}: {}", ended.whole());
        let said = ["is not opened, because this domain comes from a list of targets", "--trust-domains"];
        assert!(said.iter().all(|said| ended.stdout.contains(said)), "{kind}: {}", ended.whole());
        assert!(!ended.stdout.contains("/k "), "{kind}: {}", ended.whole());
        for trusted in [check(&["--trust-domains"]), check(&[path.as_str()])] {
            assert!(trusted.stdout.starts_with("boots"), "{kind}: {}", trusted.whole());
        }
    }
    // A disk of a list is a disk.
    let list = place.file("list", format!("{}\n", place.disk.display()));
    assert_eq!(run(&["check", "--until", "pygrub", "--targets-from", &list]).status, 0);
    assert_eq!(run(&["check", "--trust-domains", "--until", "pygrub", place.disk.to_str().unwrap()]).status, 0);
}
