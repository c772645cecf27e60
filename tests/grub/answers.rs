//! The recorded answers of the real GRUB (`corpus/grub/answers.json`).

use std::collections::BTreeMap;
use std::fs;

use pregrub::grub::{self, ConfigPlace, GrubRun, GrubSettings, Platform, Version, disks::OneDisk};
use pregrub::storage::directory::DirectoryVolume;
use serde::Deserialize;

use super::menus;
use crate::common::{program, tools};

#[derive(Deserialize)]
struct Answer {
    id: String,
    text: String,
    args: Option<Vec<String>>,
    title: Option<String>,
    errors: Option<Vec<String>>,
    output: Option<String>,
    default: Option<String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
}

fn recorded() -> Vec<Answer> {
    serde_json::from_str(&fs::read_to_string(program::corpus("grub/answers.json")).unwrap()).unwrap()
}

/// A disk as a directory.
fn tree(answer: &Answer) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    menus::furnish(folder.path());
    std::os::unix::fs::symlink("/boot/gone", folder.path().join("vmlinuz")).unwrap();
    for (path, text) in &answer.files {
        fs::write(folder.path().join(path), text).unwrap();
    }
    fs::write(folder.path().join("grub/grub.cfg"), &answer.text).unwrap();
    folder
}

fn run(answer: &Answer) -> GrubRun {
    let folder = tree(answer);
    let volume = DirectoryVolume(folder.path());
    let disk = OneDisk::new(&volume, Version::V2_06, Platform::Pc).unwrap();
    let place = ConfigPlace { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
    grub::run(&disk, &place, answer.text.as_bytes(), &GrubSettings::default())
}

#[test]
fn are_given() {
    for answer in recorded() {
        let run = run(&answer);
        let id = &answer.id;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let chosen = run.chosen();
        if let Some(args) = &answer.args {
            let linux =
                chosen.and_then(|attempt| attempt.kernel()).unwrap_or_else(|| panic!("{id}: no kernel: {run:?}"));
            assert_eq!(&linux.args.iter().map(|word| text(word)).collect::<Vec<_>>(), args, "{id}");
        }
        if let Some(title) = &answer.title {
            assert_eq!(chosen.and_then(|attempt| attempt.title()).map(text).as_ref(), Some(title), "{id}");
        }
        if let Some(errors) = &answer.errors {
            let all = run.errors.iter().chain(chosen.into_iter().flat_map(|attempt| &attempt.errors));
            let commands = chosen.into_iter().flat_map(|attempt| &attempt.commands);
            let all = all.map(|error| error.text.clone()).chain(commands.filter_map(|command| command.error.clone()));
            assert_eq!(&all.collect::<Vec<_>>(), errors, "{id}");
        }
        if let Some(output) = &answer.output {
            assert_eq!(&text(&run.output), output, "{id}");
        }
        if let Some(default) = &answer.default {
            assert_eq!(run.shown.default.as_deref().map(text).as_ref(), Some(default), "{id}");
        }
        assert_eq!(run.unknown, [""; 0], "{id}");
    }
}

/// That they are still what grub-emu does, for those that boot something.
#[test]
fn are_those_of_grub_emu() {
    if tools::tool("grub-emu").is_none() || tools::tool("mke2fs").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Those that need no other files, and no fallback, which grub-emu's answer does not tell apart. A function in the place of
    // `linux` does not mind a path without a slash.
    let texts: Vec<String> = recorded()
        .into_iter()
        .filter(|answer| {
            answer.files.is_empty()
                && answer.args.is_some()
                && !answer.id.starts_with("10")
                && answer.id != "a path without a slash"
        })
        .map(|answer| answer.text)
        .collect();
    let image = menus::image(folder.path(), &texts);
    let cases: Vec<_> =
        texts.iter().enumerate().map(|(number, text)| (format!("/t/{number}.cfg"), text.clone())).collect();
    let wrong = menus::compare(&image, &cases);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
