//! The classes of Xen's security advisories on pygrub, each as a test that pregrub is not of that class (SECURITY.md).
//!
//! Damaged structures here are lengths and offsets out of range; they make no other program do anything but fail.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pregrub::simulation::Simulation;
use pregrub::storage::source::Source;
use pregrub::target::{OpenOptions, Target};

use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::memory;
use crate::common::program::command;
use crate::common::tools;
use crate::common::xfs_images::{self, Entry};

const CONFIG: &str = "menuentry \"a\" {\n linux /k root=/dev/xvda1\n initrd /i\n}\n";

/// A run, which ends soon, without a panic and with little memory; the verdict.
fn run(image: Vec<u8>) -> &'static str {
    let began = Instant::now();
    let source: Arc<dyn Source> = Arc::new(image);
    let (verdict, bytes) = memory::peak(|| {
        let run = Simulation::default().on("disk.img", Target::Image(source)).run().unwrap().run;
        run.verdict.name()
    });
    assert!(bytes < 64 << 20, "{} MiB", bytes >> 20);
    assert!(began.elapsed() < Duration::from_secs(30));
    verdict
}

/// XSA-25: what a guest names as kernel, initrd or configuration was read into memory whatever its size.
#[test]
fn xsa_25_size_is_not_memory() {
    if tools::tool("mke2fs").is_none() {
        return tools::skipped("mke2fs");
    }
    // The configuration: a thousand times what pygrub reads of it.
    let tree = Tree::new().sparse("/boot/grub/grub.cfg", 1 << 30, vec![(0, CONFIG.as_bytes().to_vec())]);
    let image = Image::whole(&Volume::ext4(tree.file("/k", "k").file("/i", "i")).sized(16 << 20));
    let target = Simulation::default().open(image.path(), OpenOptions::default()).unwrap();
    let (_, bytes) = memory::peak(|| target.run().unwrap());
    assert!(bytes < 64 << 20, "{} MiB", bytes >> 20);
    // The kernel: twice as large as the address space that the drop-in gets here.
    let kernel = vec![(0, vec![1; 4096])];
    let tree = Tree::new().file("/boot/grub/grub.cfg", CONFIG).sparse("/k", 512 << 20, kernel).file("/i", "i");
    let image = Image::whole(&Volume::ext4(tree).sized(768 << 20));
    let folder = tempfile::tempdir().unwrap();
    let output = std::process::Command::new("/bin/sh")
        .args(["-c", "ulimit -v 262144; exec \"$@\"", "sh"])
        .arg(crate::common::program::path())
        .args(["pygrub", "-q", &format!("--output-directory={}", folder.path().display())])
        .arg(image.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Releases without XSA-198's fix up to 4.7.1, the point releases that brought it, and later ones.
const RELEASES: [&str; 16] = [
    "4.1", "4.1.0", "4.2", "4.2.5", "4.3", "4.4", "4.5", "4.6.0", "4.6.4", "4.6.5", "4.7.0", "4.7.1", "4.7.2", "4.8",
    "4.17", "4.22",
];

/// XSA-198: delimiters of the result in what a guest wrote began records of their own, which named files of the host.
#[test]
fn xsa_198_a_guest_writes_no_record() {
    if tools::tool("mke2fs").is_none() {
        return tools::skipped("mke2fs");
    }
    let folder = tempfile::tempdir().unwrap();
    let theirs = folder.path().join("theirs");
    fs::write(&theirs, "a file of this test").unwrap();
    let theirs = theirs.display();
    let directory = format!("--output-directory={}", folder.path().display());
    // By format: what would end the arguments there and begin a record.
    for (format, injected) in [
        ("sxp", format!("a\")(kernel {theirs})(args \"b")),
        ("sxp", format!("a')(kernel '{theirs}')(args 'b")),
        ("simple", format!("a\rkernel {theirs}")),
        ("simple0", format!("a\0kernel {theirs}")),
    ] {
        let config = format!("menuentry \"a\" {{\n linux /k {injected}\n initrd /i\n}}\n");
        let tree = Tree::new().file("/boot/grub/grub.cfg", config).file("/k", "k").file("/i", "i");
        let image = Image::whole(&Volume::ext4(tree).sized(2 << 20)).argument();
        for release in RELEASES {
            let mut pygrub = command(&["pygrub", "-q", &format!("--output-format={format}"), &directory, &image]);
            let output = pygrub.env("PREGRUB_RELEASE", release).output().unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let named = match format {
                "sxp" => records(&text),
                "simple" => text.lines().map(str::to_owned).collect(),
                _ => text.split('\0').map(str::to_owned).collect(),
            };
            let own = |record: &String| !record.trim_start_matches('(').starts_with(&format!("kernel {theirs}"));
            let quoted = |record: &String| !record.trim_start_matches('(').starts_with(&format!("kernel '{theirs}"));
            assert!(named.iter().all(own) && named.iter().all(quoted), "{format} {release}: {named:?}");
            assert!(output.status.success() || text.is_empty(), "{format} {release}: {text:?}");
        }
    }
}

/// The records of an S-expression, with quotes and escapes read as xl reads them.
fn records(text: &str) -> Vec<String> {
    let (mut found, mut record, mut quote, mut escaped) = (Vec::new(), String::new(), None, false);
    for c in text.chars() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, '(') => record.clear(),
            (None, ')') => found.push(std::mem::take(&mut record)),
            _ => {}
        }
        record.push(c);
    }
    found
}

/// XSA-443: the XFS driver believed what the superblock says of sizes and shifts. Each field here is as small and as large as it goes.
#[test]
fn xsa_443_an_xfs_superblock_is_not_believed() {
    if !xfs_images::XFS.available(&["/usr/sbin/mkfs.xfs"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image");
    let grub = Entry::Directory(vec![("grub.cfg".to_owned(), Entry::File(CONFIG.as_bytes()))]);
    let boot = Entry::Directory(vec![("grub".to_owned(), grub)]);
    let content =
        vec![("boot".to_owned(), boot), ("k".to_owned(), Entry::File(b"k")), ("i".to_owned(), Entry::File(b"i"))];
    xfs_images::make(&path, 16, true, &[], content);
    let image = fs::read(&path).unwrap();
    assert_eq!(run(image.clone()), "boots");
    for at in 4..208 {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = image.clone();
            changed[at] = value;
            run(changed);
        }
    }
}

/// XSA-497: the ISO 9660 driver believed the lengths of directory records and of Rock Ridge's entries, and where a continuation is.
#[test]
fn xsa_497_lengths_of_an_iso_are_not_believed() {
    if tools::tool("xorriso").is_none() {
        return tools::skipped("xorriso");
    }
    let tree = Tree::new()
        .file("/boot/grub/grub.cfg", CONFIG)
        .file("/k", "k")
        .file("/i", "i")
        .file(&format!("/boot/{}", "n".repeat(240)), "a name that takes a continuation");
    let image = fs::read(Image::whole(&Volume::new(Filesystem::iso(), tree)).path()).unwrap();
    assert_eq!(run(image.clone()), "boots");
    let mut places = Vec::new();
    for (at, window) in image.windows(4).enumerate() {
        // Entries of the System Use area: their length, and the fields of a continuation.
        if matches!(&window[..2], b"NM" | b"CE" | b"SP" | b"RR" | b"PX" | b"SL" | b"ER")
            && window[3] == 1
            && window[2] >= 4
        {
            places.push(at + 2);
            if &window[..2] == b"CE" {
                places.extend((at + 4..at + 28).step_by(4));
            }
        }
    }
    assert!(places.len() > 20, "{}", places.len());
    // Directory records, which begin with their length: those of `.` and `..` and what follows in the sector.
    for sector in
        (0..image.len()).step_by(2048).filter(|at| image[*at..].starts_with(&[image[*at], 0]) && image[*at] >= 34)
    {
        let mut at = sector;
        while at < (sector + 2048).min(image.len()) && image[at] >= 33 {
            places.extend([at, at + 1, at + 2, at + 10, at + 32]);
            at += usize::from(image[at]);
        }
    }
    for at in places.into_iter().filter(|at| *at < image.len()) {
        for value in [0, 1, 3, 4, 5, 0x21, 0x7f, 0x80, 0xff] {
            let mut changed = image.clone();
            changed[at] = value;
            run(changed);
        }
    }
}
