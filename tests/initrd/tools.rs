//! Initrds made by this machine's programs, and what cpio and lsinitramfs list.

use std::path::Path;
use std::process::{Command, Stdio};

use super::{Answer, answers, file, message, whole};
use crate::common::program::root;
use crate::common::tools::tool;

const PROGRAMS: [&str; 9] = ["cpio", "gcc", "gzip", "bzip2", "xz", "lzop", "lz4", "zstd", "pzstd"];

/// What depends on how long the compressed data is, which differs between versions of the programs.
fn depends_on_length(name: &str) -> bool {
    // Whether a plain archive begins at a multiple of four.
    let unaligned = name.ends_with("+cpio") && !name.contains("+pad+");
    unaligned
        || ["cut", "less", "flipped", "dictionary", "window", "comment", "bzip2"].iter().any(|word| name.contains(word))
}

#[test]
fn programs_of_this_machine_make_the_same() {
    if PROGRAMS.iter().any(|program| tool(program).is_none()) {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let make =
        Command::new("python3").arg(root().join("tests/initrd/desk/make")).arg(directory.path()).output().unwrap();
    assert!(make.status.success(), "{}", String::from_utf8_lossy(&make.stderr));
    let mut compared = 0;
    for Answer { initrd: name, message: said, .. } in answers() {
        if depends_on_length(&name) {
            continue;
        }
        let report = whole(&std::fs::read(directory.path().join(&name)).unwrap());
        assert_eq!(message(&report), said, "{name}");
        compared += 1;
    }
    assert!(compared > 150, "{compared}");
}

#[test]
fn cpio_lists_as_many_entries() {
    let Some(cpio) = tool("cpio") else { return };
    for name in
        ["cpio", "crc", "two-trailers", "dot-slash-init", "mode-0", "microcode-alone", "no-init", "cpio-zeros-after"]
    {
        let bytes = file(name);
        let listed = listed(Command::new(&cpio).arg("-it").arg("--quiet"), Some(&bytes));
        let report = whole(&bytes);
        // cpio reads the first archive only.
        let ours = report.walk.members.first().unwrap().entries;
        assert_eq!(listed, ours, "{name}");
    }
}

#[test]
fn lsinitramfs_lists_as_many_entries() {
    let Some(lsinitramfs) = tool("lsinitramfs") else { return };
    for name in ["gzip", "bzip2", "xz", "lzma", "lzo", "lz4", "zstd", "microcode-then-zstd"] {
        let path = root().join("corpus/initrd/files").join(name);
        let listed = listed(Command::new(&lsinitramfs).arg(&path), None);
        assert_eq!(listed, whole(&file(name)).walk.inventory.entries, "{name}");
    }
}

fn listed(command: &mut Command, input: Option<&[u8]>) -> u64 {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("input");
    std::fs::write(&path, input.unwrap_or_default()).unwrap();
    let stdin = std::fs::File::open(Path::new(&path)).unwrap();
    let ended = command.stdin(stdin).stderr(Stdio::inherit()).output().unwrap();
    assert!(ended.status.success(), "{command:?}");
    ended.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count() as u64
}
