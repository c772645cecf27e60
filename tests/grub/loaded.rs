//! What is in memory after an entry whose commands fail, recorded from a real GRUB on a BIOS in QEMU (`corpus/grub/loaded.jsonl`).

use std::fs;
use std::path::Path;

use pregrub::grub::{self, ConfigPlace, GrubSettings, Platform, Version, disks::OneDisk};
use pregrub::storage::directory::DirectoryVolume;
use serde::Deserialize;

use crate::common::{kernels, program};

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Answer {
    entry: String,
    errors: Vec<String>,
    /// The kernel that boots; nothing where GRUB comes back to its menu.
    kernel: Option<String>,
    /// Nothing where it is not what the entry says.
    command_line: Option<String>,
    #[serde(default)]
    initrd: Vec<String>,
}

fn furnish(root: &Path) {
    let kernel = kernels::bzimage(&[0; 512]);
    let with = |at: usize, value: u8| {
        let mut kernel = kernel.clone();
        kernel[at] = value;
        kernel
    };
    for (name, content) in [
        ("k1", kernel.clone()),
        ("k2", kernel.clone()),
        ("i", b"initrd-one".to_vec()),
        ("i2", b"initrd-two".to_vec()),
        ("empty", Vec::new()),
        ("junk", b"junk ".repeat(300)),
        ("short", b"junk".to_vec()),
        ("cut", kernel[..600].to_vec()),
        ("old", with(0x206, 2)),
        ("setups", with(0x1f1, 200)),
        ("zimage", with(0x211, 0)),
    ] {
        fs::write(root.join(name), content).unwrap();
    }
    fs::create_dir(root.join("d")).unwrap();
}

#[test]
fn is_what_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    furnish(folder.path());
    let volume = DirectoryVolume(folder.path());
    let disk = OneDisk::new(&volume, Version::V2_06, Platform::Pc).unwrap();
    let place = ConfigPlace { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let answers = fs::read_to_string(program::corpus("grub/loaded.jsonl")).unwrap();
    let mut wrong = Vec::new();
    for line in answers.lines() {
        let answer: Answer = serde_json::from_str(line).expect(line);
        let config = format!("menuentry A {{\n{}\n}}\n", answer.entry);
        let run = grub::run(&disk, &place, config.as_bytes(), &GrubSettings::default());
        let attempt = run.chosen().unwrap();
        let kernel = attempt.kernel().filter(|_| attempt.works());
        // An empty file adds nothing that could be seen.
        let initrd =
            attempt.beside_kernel().flat_map(|command| &command.files).filter(|file| file.exists == Some(true));
        let ours = Answer {
            entry: answer.entry.clone(),
            errors: attempt.commands.iter().filter_map(|command| command.error.clone()).collect(),
            kernel: kernel.map(|kernel| text(&kernel.files[0].path)),
            command_line: kernel
                .filter(|_| run.unknown.is_empty())
                .and_then(|kernel| grub::command_line(kernel, Platform::Pc))
                .map(|line| text(&line)),
            initrd: initrd.map(|file| text(&file.path)).collect(),
        };
        if ours != answer {
            wrong.push(format!("{answer:?}\n  ours {ours:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
