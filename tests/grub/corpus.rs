//! Every configuration of the corpus on a disk, by grub-emu: the entry that boots, and every word.

use std::fs;

use super::menus;
use crate::common::{program, tools};

/// Configurations of which grub-emu's answer says nothing of GRUB.
const LEFT_OUT: [&str; 0] = [];

#[test]
fn boots_as_grub_boots_it() {
    if tools::tool("grub-emu").is_none() || tools::tool("mke2fs").is_none() {
        return;
    }
    let mut texts = Vec::new();
    for folder in ["cases"] {
        let mut folders: Vec<_> =
            fs::read_dir(program::corpus(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        for folder in folders {
            let name = folder.file_name().unwrap().to_string_lossy().into_owned();
            let file = if folder.is_dir() { folder.join("grub.cfg") } else { folder };
            let Ok(text) = fs::read(&file) else { continue };
            // grub-emu's terminal shows only what is UTF-8.
            if let (Ok(text), false) = (String::from_utf8(text), LEFT_OUT.contains(&name.as_str())) {
                texts.push(text);
            }
        }
    }
    assert!(texts.len() > 20, "only {}", texts.len());
    let folder = tempfile::tempdir().unwrap();
    let image = menus::image(folder.path(), &texts);
    let cases: Vec<_> =
        texts.iter().enumerate().map(|(number, text)| (format!("/t/{number}.cfg"), text.clone())).collect();
    let wrong = menus::compare(&image, &cases);
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
}
