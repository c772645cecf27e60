//! What random menus boot, by grub-emu: 80 here, as many as `PREGRUB_GRUB_MENUS` says at the desk.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use pregrub::grub::{self, ConfigPlace, GrubRun, GrubSettings, Platform, Version, disks::OneDisk};
use pregrub::storage::mount::DiskVolumes;
use pregrub::storage::source::FileSource;

use super::generator::Generator;
use crate::common::grub::{GrubAnswer, GrubCase, picks};
use crate::common::{ext_images, kernels, tools};

pub const UUID: &str = "11111111-2222-3333-4444-555555555555";

/// Files of a boot disk: kernels, initrds, a link, and configurations that others read.
pub fn furnish(root: &Path) {
    for folder in ["boot", "t", "grub"] {
        fs::create_dir_all(root.join(folder)).unwrap();
    }
    for file in ["k0", "k1", "k2", "boot/k"] {
        fs::write(root.join(file), kernels::bzimage(file.as_bytes())).unwrap();
    }
    for file in ["i0", "i1"] {
        fs::write(root.join(file), file).unwrap();
    }
    std::os::unix::fs::symlink("k0", root.join("link")).unwrap();
    let block = format!("{:#<1024}", "# GRUB Environment Block\nsaved_entry=1\nx=from_env\n");
    fs::write(root.join("t/grubenv"), block).unwrap();
    fs::write(root.join("t/one.cfg"), "set y=sourced\nmenuentry \"From one\" --id one { linux /k2 $y; }\n").unwrap();
    fs::write(root.join("t/two.cfg"), "export y=1\nset z=/k1\n").unwrap();
}

/// GRUB's run on an image.
pub fn run(image: &Path, config: &str, entry: Option<&str>) -> GrubRun {
    let volumes = DiskVolumes::new(Arc::new(FileSource::new(fs::File::open(image).unwrap()).unwrap()));
    let disk = OneDisk::new(&volumes, Version::V2_06, Platform::Pc).unwrap();
    let place = ConfigPlace { device: "hd0".to_owned(), path: config.to_owned() };
    let text = pregrub::grub::machine::Machine::read(&disk, b"hd0", config.as_bytes(), 1 << 20).unwrap();
    let settings = GrubSettings { entry: entry.map(|entry| entry.as_bytes().to_vec()), ..GrubSettings::default() };
    grub::run(&disk, &place, &text, &settings)
}

/// A command, its words, whether the files that it names are there, and `$root`.
type Command = (String, Vec<String>, Vec<bool>, Option<String>);

/// The title, `$chosen` at the last command, the commands, and the errors.
type Result = (Option<String>, Option<String>, Vec<Command>, Vec<String>);

/// Errors of a device that is not there: grub-emu looks for a server then. And that of `save_env` on an image that cannot be written.
fn is_of_a_device(error: &str) -> bool {
    error.starts_with("disk `") || error.starts_with("no server") || error.starts_with("loopback write")
}

/// The outcome in a form that both sides have.
fn ours(run: &GrubRun) -> Result {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let title = run.attempts.last().and_then(|attempt| attempt.title()).map(text);
    let commands = run.attempts.iter().flat_map(|attempt| &attempt.commands).map(|command| {
        // One empty word is as good as none: see below.
        let empty = command.args == [&b""[..]];
        let files = command.files.iter().filter(|_| !empty);
        let words = command.args.iter().filter(|_| !empty);
        let there = files.map(|file| file.exists == Some(true)).collect();
        (command.command.clone(), words.map(|word| text(word)).collect(), there, command.root.as_deref().map(text))
    });
    let loading = run.attempts.iter().rev().find(|attempt| !attempt.commands.is_empty());
    let chosen = loading.map(|attempt| attempt.path.as_deref().map(text).unwrap_or_default());
    let errors = run.errors.iter().chain(run.attempts.iter().flat_map(|attempt| &attempt.errors));
    let errors = errors.map(|error| error.text.clone()).filter(|error| !is_of_a_device(error));
    (title, chosen, commands.collect(), errors.collect())
}

fn theirs(answer: &GrubAnswer) -> Result {
    let commands = answer.commands.iter().map(|command| {
        let mut args = command.args.clone();
        if args == [""] {
            // A function without arguments gets an empty one.
            args.clear();
        }
        let ram_disk = command.command.starts_with("initrd");
        let words = args.iter().zip(&command.there).filter(|(word, _)| !word.starts_with("--"));
        let there = words.map(|(_, there)| *there).take(if ram_disk { usize::MAX } else { 1 }).collect();
        (command.command.clone(), args, there, command.root.clone())
    });
    let errors = answer.errors.iter().filter(|error| !is_of_a_device(error)).cloned().collect();
    (answer.title.clone(), answer.chosen.clone(), commands.collect(), errors)
}

/// Compares the outcome of configurations, each a file of the image.
pub fn compare(image: &Path, cases: &[(String, String)]) -> Vec<String> {
    let asked: Vec<GrubCase> =
        cases.iter().map(|(config, _)| GrubCase::whole_disk(image.to_str().unwrap().to_owned(), config)).collect();
    let Some(answers) = picks(&asked) else { return Vec::new() };
    let mut wrong = Vec::new();
    for ((config, text), answer) in cases.iter().zip(&answers) {
        let run = run(image, config, None);
        let (want, got) = (plain(format!("{:?}", theirs(answer))), plain(format!("{:?}", ours(&run))));
        let variable =
            |value: &Option<Vec<u8>>| value.as_deref().map(|value| String::from_utf8_lossy(value).into_owned());
        let found = (variable(&run.shown.default), variable(&run.shown.timeout));
        let wanted = [&answer.default, &answer.timeout].map(|value| value.clone().filter(|value| !value.is_empty()));
        // A configuration that hands over to another one is never read to its end.
        let read = answer.default.is_some();
        if want != got || read && plain(format!("{found:?}")) != plain(format!("({:?}, {:?})", wanted[0], wanted[1])) {
            wrong.push(format!("{config}\n{text}\n  GRUB {want} {wanted:?}\n  ours {got} {found:?}"));
        }
    }
    wrong
}

/// As grub-emu's terminal shows it: what is not ASCII may come as `?`, and tabs as spaces.
fn plain(text: String) -> String {
    let text = text.replace("\\t", " ").replace(char::REPLACEMENT_CHARACTER, "?");
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        let character = if character.is_ascii() { character } else { '?' };
        if !(plain.ends_with(character) && matches!(character, ' ' | '?')) {
            plain.push(character);
        }
    }
    plain
}

/// An image with files and configurations in `/t`.
pub fn image(folder: &Path, configs: &[String]) -> std::path::PathBuf {
    let root = folder.join("root");
    furnish(&root);
    for (number, text) in configs.iter().enumerate() {
        fs::write(root.join(format!("t/{number}.cfg")), text).unwrap();
    }
    let image = folder.join("image");
    ext_images::make(&image, &root, "16M", &["-t", "ext4", "-O", "^has_journal", "-U", UUID, "-L", "BOOT"]);
    image
}

#[test]
fn boot_what_grub_boots() {
    if tools::tool("grub-emu").is_none() || tools::tool("mke2fs").is_none() {
        return;
    }
    let count = super::cases("PREGRUB_GRUB_MENUS", 80);
    let mut generator = Generator::new(super::seed());
    let texts: Vec<String> = (0..count).map(|_| generator.menu()).collect();
    let folder = tempfile::tempdir().unwrap();
    let image = image(folder.path(), &texts);
    let cases: Vec<_> =
        texts.iter().enumerate().map(|(number, text)| (format!("/t/{number}.cfg"), text.clone())).collect();
    let wrong = compare(&image, &cases);
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}
