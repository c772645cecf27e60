//! What a real GRUB on a BIOS booted from whole configurations, recorded in QEMU (`corpus/grub/booted.jsonl`).

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::menus::run;
use crate::common::{ext_images, kernels, program, tools};
use pregrub::grub::{self, EntryAttempt, Platform};

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Answer {
    /// Below `corpus/`.
    config: String,
    /// Where it lies on the disk.
    place: String,
    errors: Vec<String>,
    /// The kernel that boots; nothing where GRUB comes back to its menu.
    kernel: Option<String>,
    command_line: Option<String>,
    initrd: Vec<String>,
}

/// A file's path without its device, and with single slashes.
fn plain(path: &str) -> String {
    let path = path.split_once(')').map_or(path, |(_, path)| path);
    format!("/{}", path.split('/').filter(|name| !name.is_empty()).collect::<Vec<_>>().join("/"))
}

/// Makes each file that a command of the configuration names.
fn furnish(root: &Path, config: &str) {
    for line in config.lines() {
        let mut words = line.split_whitespace();
        let command = words.next().unwrap_or_default();
        let most = match command {
            "linux" | "linux16" => 1,
            "initrd" | "initrd16" => usize::MAX,
            _ => continue,
        };
        for word in words.take(most).map(|word| word.trim_matches(['"', '\''])).filter(|word| !word.contains("$root")) {
            let path = root.join(&plain(word)[1..]);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, kernels::bzimage(word.as_bytes())).unwrap();
        }
    }
}

fn uuid(config: &str) -> &str {
    let is_uuid = |word: &&str| word.len() == 36 && word.matches('-').count() == 4;
    config.split_whitespace().find(is_uuid).unwrap_or("11111111-2222-3333-4444-555555555555")
}

#[test]
fn is_what_was_recorded() {
    if tools::tool("mke2fs").is_none() {
        return;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let answers = fs::read_to_string(program::corpus("grub/booted.jsonl")).unwrap();
    let mut wrong = Vec::new();
    for line in answers.lines() {
        let answer: Answer = serde_json::from_str(line).expect(line);
        let config = text(&fs::read(program::corpus(&answer.config)).unwrap());
        let folder = tempfile::tempdir().unwrap();
        let (root, image) = (folder.path().join("root"), folder.path().join("image"));
        let place = root.join(&answer.place[1..]);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, &config).unwrap();
        furnish(&root, &config);
        ext_images::make(&image, &root, "16M", &["-t", "ext4", "-O", "^has_journal", "-U", uuid(&config)]);
        let run = run(&image, &answer.place, None);
        let nothing = EntryAttempt::default();
        let attempt = run.chosen().unwrap_or(&nothing);
        let loaded = Some(attempt).filter(|attempt| attempt.works());
        let kernel = loaded.and_then(|attempt| attempt.kernel());
        let errors = run.errors.iter().chain(&attempt.errors).map(|error| error.text.clone());
        let files = loaded.into_iter().flat_map(|attempt| attempt.beside_kernel()).flat_map(|command| &command.files);
        let ours = Answer {
            config: answer.config.clone(),
            place: answer.place.clone(),
            errors: errors.chain(attempt.commands.iter().filter_map(|command| command.error.clone())).collect(),
            kernel: kernel.map(|kernel| plain(&text(&kernel.files[0].path))),
            command_line: kernel.and_then(|kernel| grub::command_line(kernel, Platform::Pc)).map(|line| text(&line)),
            initrd: files.map(|file| plain(&text(&file.path))).collect(),
        };
        if ours != answer {
            wrong.push(format!("{answer:?}\n  ours {ours:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
