//! Single commands: what `$?` is after them and which errors GRUB prints, recorded from grub-emu (`corpus/grub/commands.jsonl`), and
//! asked again where it is installed.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pregrub::grub::{self, ConfigPlace, GrubSettings, Platform, Version, disks::OneDisk};
use pregrub::storage::directory::DirectoryVolume;
use pregrub::storage::mount::DiskVolumes;
use pregrub::storage::source::FileSource;
use serde::Deserialize;

use crate::common::{ext_images, program, tools};

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Answer {
    command: String,
    status: String,
    errors: Vec<String>,
}

fn read(file: &str) -> Vec<Answer> {
    let text = fs::read_to_string(program::corpus(file)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What this release does with the commands of `grub/NAME.jsonl`: from 2.12 on some end otherwise.
fn recorded(name: &str, version: Version) -> Vec<Answer> {
    let mut answers = read(&format!("grub/{name}.jsonl"));
    if version >= Version::V2_12 {
        for later in read(&format!("grub/{name}-since-2.12.jsonl")) {
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
    let place = ConfigPlace { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
    let mut wrong = Vec::new();
    for version in Version::ALL {
        let disk = OneDisk::new(&volume, version, Platform::Pc).unwrap();
        wrong.extend(differing(&disk, &place, version, recorded("commands", version)));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Lists of blocks, on a disk of 16 MiB on which nothing is (`corpus/grub/blocks.jsonl`).
#[test]
fn lists_of_blocks_are_what_was_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let image = empty_disk(folder.path());
    let volumes = DiskVolumes::new(Arc::new(FileSource::new(fs::File::open(&image).unwrap()).unwrap()));
    let place = ConfigPlace { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
    for version in Version::ALL {
        let disk = OneDisk::new(&volumes, version, Platform::Pc).unwrap();
        let wrong = differing(&disk, &place, version, recorded("blocks", version));
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

fn empty_disk(folder: &Path) -> PathBuf {
    let image = folder.join("image");
    fs::File::create(&image).unwrap().set_len(16 << 20).unwrap();
    image
}

/// Where pregrub comes to something else than an answer.
fn differing(disk: &OneDisk<'_>, place: &ConfigPlace, version: Version, answers: Vec<Answer>) -> Vec<String> {
    let mut wrong = Vec::new();
    for answer in answers {
        let text = format!("{}\necho \"@@end $?\"\n", answer.command);
        let run = grub::run(disk, place, text.as_bytes(), &GrubSettings { version, ..GrubSettings::default() });
        let output = String::from_utf8_lossy(&run.output).into_owned();
        let status = output.rsplit("@@end ").next().unwrap_or_default().trim_end().to_owned();
        let errors: Vec<String> = run.errors.iter().map(|error| error.text.clone()).collect();
        let ours = Answer { command: answer.command.clone(), status, errors };
        if ours != answer {
            wrong.push(format!("{version} {answer:?}\n  ours {ours:?}"));
        }
    }
    wrong
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
    let commands = recorded("commands", Version::V2_06);
    assert_eq!(ask(&image, &commands), commands);
    let blocks = recorded("blocks", Version::V2_06);
    assert_eq!(ask(&empty_disk(folder.path()), &blocks), blocks);
}

/// What grub-emu comes to.
fn ask(image: &Path, recorded: &[Answer]) -> Vec<Answer> {
    let input: String = recorded.iter().map(|answer| answer.command.clone() + "\n").collect();
    let (output, status) = tools::python("grub_commands.py", &[image.to_str().unwrap()], &[], &input, 60);
    assert_eq!(status, Some(0), "grub_commands.py failed");
    output.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
}
