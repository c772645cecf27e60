//! Single commands: what `$?` is after them and which errors GRUB prints, recorded from grub-emu (`corpus/grub/commands.jsonl`), and
//! asked again where it is installed.

use std::fs;
use std::path::Path;

use pregrub::grub::{self, Place, Platform, Settings, Version, disks::OneDisk};
use pregrub::storage::directory::DirectoryVolume;
use serde::Deserialize;

use crate::common::{ext_images, program, tools};

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Answer {
    command: String,
    status: String,
    errors: Vec<String>,
}

/// What this release does: from 2.12 on some commands end otherwise.
fn recorded(version: Version) -> Vec<Answer> {
    let read = |file: &str| -> Vec<Answer> {
        let text = fs::read_to_string(program::corpus(file)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let mut answers = read("grub/commands.jsonl");
    if version >= Version::V2_12 {
        for later in read("grub/commands-since-2.12.jsonl") {
            let place = answers.iter_mut().find(|answer| answer.command == later.command).unwrap();
            *place = later;
        }
    }
    answers
}

/// The files that the commands name.
fn furnish(root: &Path) {
    for folder in ["grub/fonts", "d"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for file in ["k0", "k1", "i0", "i.png"] {
        fs::write(root.join(file), format!("{file}\n")).unwrap();
    }
    fs::write(root.join("empty"), "").unwrap();
    let block = format!("{:#<1024}", "# GRUB Environment Block\nsaved_entry=1\n");
    fs::write(root.join("grub/grubenv"), block).unwrap();
}

#[test]
fn come_to_what_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    furnish(folder.path());
    let volume = DirectoryVolume(folder.path());
    let place = Place { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
    let mut wrong = Vec::new();
    let all = Version::ALL.into_iter().flat_map(|version| recorded(version).into_iter().map(move |it| (version, it)));
    for (version, answer) in all {
        let disk = OneDisk::new(&volume, version, Platform::Pc).unwrap();
        let text = format!("{}\necho \"@@end $?\"\n", answer.command);
        let run = grub::run(&disk, &place, text.as_bytes(), &Settings { version, ..Settings::default() });
        let output = String::from_utf8_lossy(&run.output).into_owned();
        let status = output.rsplit("@@end ").next().unwrap_or_default().trim_end().to_owned();
        let errors: Vec<String> = run.errors.iter().map(|error| error.text.clone()).collect();
        let ours = Answer { command: answer.command.clone(), status, errors };
        if ours != answer {
            wrong.push(format!("{version} {answer:?}\n  ours {ours:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn are_still_those_of_grub_emu() {
    if tools::tool("grub-emu").is_none() || tools::tool("mke2fs").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    furnish(&root);
    let image = folder.path().join("image");
    ext_images::make(&image, &root, "16M", &["-t", "ext4", "-O", "^has_journal"]);
    let recorded = recorded(Version::V2_06);
    let input: String = recorded.iter().map(|answer| answer.command.clone() + "\n").collect();
    let (output, status) = tools::python("grub_commands.py", &[image.to_str().unwrap()], &[], &input, 60);
    assert_eq!(status, Some(0), "grub_commands.py failed");
    let answers: Vec<Answer> = output.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(answers, recorded);
}
