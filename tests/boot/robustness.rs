//! No image makes the run panic, contradict itself or take long.

use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use pregrub::boot::{self, Mounted, Options, Run, Verdict};
use pregrub::explain::explain;
use pregrub::flavour::Flavour;
use pregrub::python::PyStr;
use pregrub::release::Release;

use crate::common::images::{Filesystem, Image, Layout, Tree, Volume};
use crate::common::nixos::Nixos;
use crate::common::side_by_side::{Allowed, Pairs};
use crate::common::tools;

/// Longer than any run here takes on a busy machine.
const LONGEST: Duration = Duration::from_secs(5);

fn examine(image: Vec<u8>, options: Options, context: &str) -> Run {
    let begin = Instant::now();
    let run = boot::run(Arc::new(image), options).expect("an image in memory can be read");
    assert!(begin.elapsed() < LONGEST, "{context}: {:?}", begin.elapsed());
    match run.verdict {
        Verdict::Boots => {
            let chosen = run.chosen.as_ref().expect(context);
            assert!(run.failure.is_none() && run.process.exit == 0, "{context}");
            let attempt = &run.attempts[chosen.attempt];
            assert!(
                matches!(attempt.mounted, Mounted::Yes(_)) && chosen.attempt + 1 == run.attempts.len(),
                "{context}"
            );
            assert_eq!(chosen.seconds.is_some(), attempt.menu.is_some(), "{context}");
        }
        Verdict::Fails => {
            let failure = run.failure.as_ref().expect(context);
            assert!(run.chosen.is_none() && run.process.exit == 1 && run.process.stdout.is_empty(), "{context}");
            assert!(failure.raised().is_some() && !run.process.stderr_last_line.is_empty(), "{context}");
        }
        Verdict::Unknown => {
            assert!(run.chosen.is_none() && !explain(&run).expect(context).reason.is_empty(), "{context}");
        }
        Verdict::Selects | Verdict::NotApplicable => panic!("{context}: a disk never ends so"),
    }
    run
}

fn options(random: &mut Rng) -> Options {
    let flavour = Flavour::ALL[random.usize(..Flavour::ALL.len())];
    let release = if random.bool() { Release::NEWEST } else { Release::line(random.u8(0..23)).expect("a line") };
    let given =
        |random: &mut Rng, texts: &[&str]| (random.u8(0..8) == 0).then(|| texts[random.usize(..texts.len())].into());
    Options {
        release,
        flavour,
        interactive: [None, Some(true), Some(false)][random.usize(..3)],
        entry: given(random, &["0", "1", "-1", "99999999999999999999", "NixOS - Default", ""]),
        kernel: given(random, &["/grub/grub.cfg", "/", "", "\0", "//", "/nothing"]),
        ramdisk: given(random, &["/grub", ""]),
        args: given(random, &["a", "root=/dev/sda ip=x", "\0\n'\""]).unwrap_or_default(),
        offset: given(random, &["0", "-1", "1048576", "9223372036854775807", "99999999999999999999999"])
            .map(|text: PyStr| text.to_string().parse().expect("a number")),
        default_args: given(random, &["d"]).unwrap_or_default(),
        extra_args: given(random, &["e"]).unwrap_or_default(),
        ..Options::default()
    }
}

/// A disk, and where its filesystem and its configuration begin.
type Disk = (Vec<u8>, usize, usize);

/// Disks with half a MiB of filesystem.
fn disks() -> Vec<Disk> {
    let recipe = Nixos { generations: vec![2, 1], ..Nixos::recipe() };
    let mut tree = Tree::new().file("/grub/grub.cfg", recipe.config()).symlink("/boot", ".");
    for files in recipe.files() {
        tree = tree.file(&files.kernel, vec![1; 9000]).file(&files.initrd, vec![2; 5000]);
    }
    let volume = |kind, options: &[&str]| Volume::new(Filesystem::ext(kind, options), tree.clone()).sized(512 << 10);
    let ext4 = volume("ext4", &["-b", "1024", "-O", "^has_journal"]);
    let ext2 = volume("ext2", &["-b", "1024"]);
    let images = [
        Image::whole(&ext4),
        Image::whole(&ext2),
        Image::whole(&volume("ext4", &["-b", "4096", "-O", "^has_journal,inline_data,^metadata_csum", "-I", "256"])),
        Image::new(&Layout::Mbr(vec![("82", false), ("83", true)]), &[ext2, ext4.clone()]),
        Image::new(&Layout::Gpt { entries: 128 }, &[ext4]),
    ];
    images
        .iter()
        .map(|image| {
            let bytes = fs::read(image.path()).expect("made above");
            let begin = usize::try_from(*image.offsets().last().expect("one volume")).expect("small");
            let config = memchr::memmem::find(&bytes, b"# Automatically generated").expect("the configuration");
            (bytes, begin, config)
        })
        .collect()
}

fn have_tools() -> bool {
    ["mke2fs", "sfdisk", "sgdisk"].iter().all(|name| tools::tool(name).is_some())
}

/// A disk with some bytes overwritten, or cut off.
fn mutated((bytes, begin, config): &Disk, random: &mut Rng) -> Vec<u8> {
    let mut image = bytes.clone();
    for _ in 0..random.usize(1..6) {
        // What is read first is hit most: tables, superblock and descriptors, inodes and directories, the configuration.
        let (from, length) = match random.u8(0..10) {
            0 => (440, 80),
            1 => (512, 1024),
            2..=3 => (begin + 1024, 264),
            4 => (begin + 2048, 256),
            5..=6 => (begin + 3072, 60 << 10),
            7..=8 => (*config, 3000),
            _ => (0, image.len()),
        };
        let at = from + random.usize(..length);
        let value = [0, 0xff, 1, 0x7f, 0x80, random.u8(..), random.u8(..)][random.usize(..7)];
        for at in at..at + [1, 1, 2, 4, 8, 64][random.usize(..6)] {
            if let Some(byte) = image.get_mut(at) {
                *byte = value;
            }
        }
    }
    if random.u8(0..10) == 0 {
        image.truncate(random.usize(..image.len()));
    }
    image
}

#[test]
fn mutated_disks() {
    if !have_tools() {
        return;
    }
    let disks = disks();
    let mut random = Rng::with_seed(0x7265_6772_7562);
    let mut counts = [0; 3];
    for number in 0..2500 {
        let image = mutated(&disks[random.usize(..disks.len())], &mut random);
        let run = examine(image, options(&mut random), &format!("number {number}"));
        counts[match run.verdict {
            Verdict::Boots => 0,
            Verdict::Fails => 1,
            _ => 2,
        }] += 1;
    }
    let garbage = (0..300).map(|number| {
        let mut image: Vec<u8> = (0..random.usize(..6000)).map(|_| random.u8(..)).collect();
        if let Some(end) = image.get_mut(510..512) {
            end.copy_from_slice(&[0x55, 0xaa]);
        }
        examine(image, options(&mut random), &format!("garbage {number}"))
    });
    assert!(garbage.filter(|run| run.verdict == Verdict::Boots).count() == 0);
    eprintln!("{} boot, {} fail, {} unknown", counts[0], counts[1], counts[2]);
    assert!(counts[..2].iter().all(|&count| count > 500), "{counts:?}");
}

/// The same disks for pygrub.
#[test]
fn mutated_disks_as_pygrub_sees_them() {
    let oracle = oracle_or_skip!();
    let disks = disks();
    let mut random = Rng::with_seed(0x6d75_7461_7465);
    let mut pairs = Pairs::default();
    for number in 0..80 {
        let image = Image::of_bytes(&mutated(&disks[random.usize(..disks.len())], &mut random));
        pairs.add_as(Allowed::Any, &format!("mutation {number}"), image, &[&["-q"]]);
    }
    let tally = pairs.compare(&oracle);
    tally.assert("mutated disks");
}

#[test]
fn disks_that_end_at_every_boundary() {
    if !have_tools() {
        return;
    }
    let (mut runs, mut boot) = (0, 0);
    for (number, (bytes, begin, _)) in disks().iter().enumerate() {
        // Fields of the tables and of the superblock, and blocks.
        let mut lengths: Vec<usize> = (0..40).map(|slot| 430 + slot * 4).collect();
        lengths.extend((0..40).map(|slot| 512 + slot * 16));
        lengths.extend((0..30).map(|entry| 1024 + entry * 64));
        lengths.extend((0..160).map(|field| begin + 1024 + field * 8));
        lengths.extend((0..bytes.len().min(begin + (512 << 10)) / 1024).map(|block| block * 1024));
        for length in lengths.into_iter().flat_map(|length| [length.saturating_sub(1), length, length + 1]) {
            if length > bytes.len() || (2048..*begin).contains(&length) {
                continue;
            }
            let run = examine(bytes[..length].to_vec(), Options::default(), &format!("disk {number} cut at {length}"));
            runs += 1;
            boot += usize::from(run.verdict == Verdict::Boots);
        }
    }
    eprintln!("{runs} disks cut off, {boot} of them boot");
    assert!(runs > 8000 && boot > 100, "{runs} {boot}");
}
