//! Every grub.cfg of the corpus, by grub-emu: the entry, the words of its commands, the files, errors, default and timeout.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::menus;
use crate::common::{ext_images, program, tools};

/// The configurations, by their folders.
fn configurations() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<PathBuf> = Vec::new();
    let rules = fs::read_dir(program::corpus("lint")).unwrap().map(|rule| rule.unwrap().path());
    let folders = rules.filter(|rule| rule.is_dir()).chain([PathBuf::from(program::corpus("cases"))]);
    for folder in folders {
        files.extend(fs::read_dir(folder).unwrap().map(|case| case.unwrap().path().join("grub.cfg")));
    }
    files.sort();
    let read = files.into_iter().filter_map(|file| Some((file.display().to_string(), fs::read(file).ok()?)));
    read.filter(|(_, text)| text.len() < 200_000).collect()
}

/// The paths that look like files of an entry. Some are left out, so that both answers occur.
fn named_files(text: &[u8], paths: &mut BTreeSet<String>) {
    const COMMANDS: [&str; 8] =
        ["linux", "linux16", "initrd", "initrd16", "multiboot", "multiboot2", "module", "module2"];
    for line in String::from_utf8_lossy(text).lines() {
        let mut words = line.split_whitespace();
        if !words.next().is_some_and(|command| COMMANDS.contains(&command)) {
            continue;
        }
        for word in words {
            let word = word.trim_matches(['"', '\'', ';']);
            let path = word.find('/').map_or("", |at| &word[at..]);
            let names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
            let plain = names.iter().all(|name| !matches!(*name, "." | "..") && !name.contains(['\0', '$', '=']));
            if plain && !names.is_empty() && path.len() < 200 && path.bytes().map(usize::from).sum::<usize>() % 8 > 0 {
                paths.insert(names.join("/"));
            }
        }
    }
}

/// What the terminal of grub-emu cannot show, by the ends of the folders' names: `$` and what is in the entry differ there.
const NOT_COMPARED: [&str; 6] = [
    // UTF-16 and bytes that are not UTF-8: shown as another number of question marks.
    "cases/utf-16",
    "cases/nul-bytes",
    "cases/latin-1",
    // Commands that grub-emu has and GRUB on a PC does not, or the other way round.
    "PG106/found-linuxefi",
    "PG216/found-unknown-command",
    // Its fallback works, and grub-emu, which loads nothing, goes on with the next one.
    "PG114/found-grub",
];

#[test]
fn boots_what_grub_boots() {
    if tools::tool("grub-emu").is_none() || tools::tool("mke2fs").is_none() {
        return;
    }
    let all = configurations();
    let compared: Vec<_> = all
        .into_iter()
        .filter(|(name, text)| {
            let folder = name.trim_end_matches("/grub.cfg");
            // `blscfg` is no command of Debian's 2.06.
            !NOT_COMPARED.iter().any(|end| folder.ends_with(end)) && memchr::memmem::find(text, b"blscfg").is_none()
        })
        .collect();
    assert!(compared.len() > 250, "{}", compared.len());
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    menus::furnish(&root);
    let mut paths = BTreeSet::new();
    for (number, (_, text)) in compared.iter().enumerate() {
        fs::write(root.join(format!("t/{number}.cfg")), text).unwrap();
        named_files(text, &mut paths);
    }
    for path in &paths {
        let path = root.join(path);
        // Some are files for one configuration and directories for another.
        if fs::create_dir_all(path.parent().unwrap()).is_ok() && !path.exists() {
            let _ = fs::write(path, "a file");
        }
    }
    let image = folder.path().join("image");
    ext_images::make(&image, &root, "24M", &["-t", "ext4", "-O", "^has_journal", "-U", menus::UUID, "-L", "BOOT"]);
    let cases: Vec<_> =
        compared.iter().enumerate().map(|(number, (name, _))| (format!("/t/{number}.cfg"), name.clone())).collect();
    let wrong = menus::compare(&image, &cases);
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
