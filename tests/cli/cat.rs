//! `pregrub cat`: the bytes are those that the installed pygrub copies out of the same disk.

use std::fs;

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::oracle::RunCase;
use crate::common::program::{command, corpus, run};
use crate::common::terminal::on_terminal;

fn cat(args: &[&str]) -> (i32, Vec<u8>, String) {
    let output = command(&[&["cat"], args].concat()).output().expect("it runs");
    (output.status.code().unwrap_or(-1), output.stdout, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A file with every byte, longer than one piece.
fn binary() -> Vec<u8> {
    (0..3_000_000_u32).map(|number| number.to_le_bytes()[(number % 3) as usize]).collect()
}

#[test]
fn as_pygrub_reads_it() {
    let oracle = oracle_or_skip!();
    let tree = || Tree::bootable().file("/boot/bytes", binary()).file("/boot/small", "tiny");
    let inline = Volume::new(Filesystem::ext("ext4", &["-O", "inline_data", "-I", "256"]), tree());
    let fat = Volume::new(Filesystem::fat(16), tree()).sized(20 << 20);
    let images = [
        ("whole", Image::whole(&Volume::ext4(tree()))),
        ("in a partition", Image::gpt(&[Volume::ext4(Tree::new().file("/x", "")), Volume::ext4(tree())])),
        ("inline data", Image::whole(&inline)),
        ("FAT", Image::mbr(&[fat])),
    ];
    let mut cases = Vec::new();
    let mut ours = Vec::new();
    for (name, image) in &images {
        for path in ["/boot/grub/grub.cfg", "/boot/bytes", "/boot/small", "boot//bytes", "/boot/none"] {
            // pygrub is told the filesystem, since it looks for a kernel by its path on the first one that mounts.
            let offset = image.offsets().last().copied().unwrap_or_default();
            let argv = ["-q".to_owned(), format!("--offset={offset}"), format!("--kernel={path}")];
            let end = ["--output-directory=@OUT".to_owned(), image.argument()];
            let argv: Vec<String> = argv.into_iter().chain(end).collect();
            cases.push(RunCase::new(format!("{name} {path}"), argv));
            ours.push((format!("{name} {path}"), cat(&[&image.argument(), path])));
        }
    }
    for (theirs, (name, (status, bytes, error))) in oracle.runs(&cases).iter().zip(ours) {
        let copied = theirs.files.values().next().filter(|_| theirs.rc == Some(0));
        match copied {
            Some(file) => {
                use sha2::Digest;
                let hash = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(&bytes));
                assert_eq!((status, bytes.len() as u64, &hash), (0, file.size, &file.sha256), "{name}: {error}");
            }
            None => {
                assert!(status == 1 && bytes.is_empty() && error.contains("pygrub does not find"), "{name}: {error}")
            }
        }
    }
}

#[test]
fn the_configuration() {
    let image = Image::gpt(&[Volume::ext4(Tree::new()), Volume::ext4(Tree::bootable())]);
    let (status, bytes, _) = cat(&[&image.argument()]);
    assert_eq!((status, bytes.starts_with(b"menuentry \"one\" {")), (0, true));
    // Of a domain its first disk, of a configuration itself; of a directory what is there.
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let domain = folder.path().join("g.cfg");
    let text = format!("name='g'\nbootloader='pygrub'\nmemory=64\ndisk=['{},raw,xvda']\n", image.argument());
    fs::write(&domain, text).expect("a file can be made");
    assert_eq!(cat(&[domain.to_str().expect("UTF-8")]).1, bytes);
    let config = corpus("lint/PG001/found-nixos-drive1/grub.cfg");
    assert_eq!(cat(&[&config]).1, fs::read(&config).expect("it is there"));
    let tree = folder.path().join("tree");
    Tree::bootable().write(&tree);
    assert_eq!(cat(&[tree.to_str().expect("UTF-8"), "/boot/vmlinuz"]).1, b"the kernel");
}

#[test]
fn what_is_not_written() {
    let image = Image::whole(&Volume::ext4(Tree::new().file("/etc/fstab", "")));
    for (args, status, told) in [
        (vec![image.argument()], 1, "none of the configurations"),
        (vec![image.argument(), "/etc".to_owned()], 1, "is a directory"),
        (vec![image.argument(), "/none".to_owned()], 1, "pygrub does not find `/none` on the ext4 filesystem of `"),
        (vec!["/nonexistent".to_owned()], 3, "there is no such file"),
        (vec![corpus("lint/PG001/found-nixos-drive1/grub.cfg"), "/k".to_owned()], 2, "has no disk"),
    ] {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let (ended, bytes, error) = cat(&args);
        assert!(ended == status && bytes.is_empty() && error.contains(told), "{args:?}: {ended} {error}");
    }
    // A file whose data lies after the end of the image.
    let cut = Image::whole(&Volume::ext4(Tree::new().file("/boot/bytes", binary())));
    let bytes = fs::read(cut.path()).expect("made above");
    let cut = Image::of_bytes(&bytes[..bytes.len() / 3]);
    let (status, bytes, error) = cat(&[&cut.argument(), "/boot/bytes"]);
    assert!(status == 1 && bytes.is_empty(), "{error}");
    assert_eq!(run(&["cat"]).status, 2);
}

/// A terminal gets text alone, and a runner no commands.
#[test]
fn terminals_and_runners() {
    let tree = Tree::bootable().file("/esc", "a\x1b[2Jb\n").file("/command", "::stop-commands::x\n");
    let image = Image::whole(&Volume::ext4(tree));
    let in_terminal = |path: &str, more: &[&str]| {
        let (status, bytes) = on_terminal(&mut command(&[&["cat", &image.argument(), path], more].concat()));
        (status.code(), bytes)
    };
    let (status, bytes) = in_terminal("/esc", &[]);
    assert!(status == Some(1) && !bytes.contains(&0x1b), "{}", String::from_utf8_lossy(&bytes));
    assert_eq!(in_terminal("/esc", &["--force"]), (Some(0), b"a\x1b[2Jb\r\n".to_vec()));
    assert_eq!(in_terminal("/boot/grub/grub.cfg", &[]).0, Some(0));
    let of_runner = |path: &str| {
        let mut command = command(&["cat", &image.argument(), path]);
        command.env("GITHUB_ACTIONS", "true").output().expect("it runs")
    };
    let output = of_runner("/command");
    assert!(output.status.code() == Some(1) && output.stdout.is_empty());
    assert_eq!(of_runner("/boot/grub/grub.cfg").status.code(), Some(0));
    // Nobody but a file or another program gets it: as it is.
    assert_eq!(cat(&[&image.argument(), "/esc"]).1, b"a\x1b[2Jb\n");
}
