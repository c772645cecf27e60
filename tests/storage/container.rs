//! Disks inside of images: the contents as qemu-img shows them, for every format and option; chains; damaged images.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use crate::common::random::{Random, noise};
use crate::common::setting::setting;
use crate::common::tools;
use pregrub::storage::container::{self, ChainPolicy, ContainerError, ContainerLimits};
use pregrub::storage::identify::Format;
use pregrub::storage::source::{FileSource, Source};

/// What qemu-img makes: the format, its options, and whether clusters are compressed.
const FORMATS: [(&str, &str, bool); 35] = [
    ("qcow2", "", false),
    ("qcow2", "compat=0.10", false),
    ("qcow2", "compat=0.10,cluster_size=512", false),
    ("qcow2", "compat=1.1,lazy_refcounts=on", false),
    ("qcow2", "cluster_size=512", false),
    ("qcow2", "cluster_size=4096", false),
    ("qcow2", "cluster_size=2M", false),
    ("qcow2", "preallocation=metadata", false),
    ("qcow2", "preallocation=full", false),
    ("qcow2", "refcount_bits=64", false),
    ("qcow2", "extended_l2=on", false),
    ("qcow2", "extended_l2=on,cluster_size=16k", false),
    ("qcow2", "extended_l2=on,cluster_size=2M", false),
    ("qcow2", "", true),
    ("qcow2", "compat=0.10,cluster_size=512", true),
    ("qcow2", "cluster_size=2M", true),
    ("qcow2", "compression_type=zstd", true),
    ("qcow2", "compression_type=zstd,cluster_size=512", true),
    ("qcow2", "compression_type=zstd,extended_l2=on,cluster_size=2M", true),
    ("qcow", "", false),
    ("qcow", "", true),
    ("vpc", "", false),
    ("vpc", "subformat=dynamic,force_size=on", false),
    ("vpc", "subformat=fixed", false),
    ("vpc", "subformat=fixed,force_size=on", false),
    ("vhdx", "", false),
    ("vhdx", "subformat=fixed", false),
    ("vhdx", "block_size=1M,log_size=1M", false),
    ("vmdk", "", false),
    ("vmdk", "subformat=monolithicFlat", false),
    ("vmdk", "subformat=twoGbMaxExtentSparse", false),
    ("vmdk", "subformat=twoGbMaxExtentFlat", false),
    ("vmdk", "subformat=streamOptimized", true),
    ("vdi", "", false),
    ("vdi", "static=on", false),
];

/// Runs a program of QEMU.
fn run(program: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().unwrap();
    let error = || format!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    if output.status.success() { Ok(()) } else { Err(error()) }
}

/// qemu-img 7.2 ends with status 1 and without a message where it compresses into qcow; the image is whole.
fn made(result: Result<(), String>, format: &str, compressed: bool) {
    if format != "qcow" || !compressed {
        result.unwrap();
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn named(format: &str) -> Format {
    match format {
        "qcow2" => Format::Qcow2,
        "qcow" => Format::Qcow,
        "vpc" => Format::Vhd,
        "vhdx" => Format::Vhdx,
        "vmdk" => Format::Vmdk,
        "vdi" => Format::Vdi,
        _ => unreachable!(),
    }
}

fn file(path: &Path) -> Arc<dyn Source> {
    Arc::new(FileSource::new(File::open(path).unwrap()).unwrap())
}

fn open(path: &Path, format: Format) -> Result<Arc<dyn Source>, ContainerError> {
    container::open(file(path), format, Some(path), ContainerLimits::default())
}

fn contents(disk: &dyn Source) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(disk.len()).unwrap()];
    let count = disk.read_at(0, &mut bytes)?;
    assert_eq!(count, bytes.len());
    Ok(bytes)
}

/// Disks of several kinds: with holes, without, of an odd size, and the recipe's.
fn disks(directory: &Path) -> Vec<PathBuf> {
    let mut striped = vec![0; (3 << 20) + 512];
    for stripe in 0..20 {
        let at = stripe * 157_184;
        striped[at..at + 20_000].copy_from_slice(&noise(20_000, stripe as u64));
    }
    let words: Vec<u8> = (0..1 << 20).map(|at: usize| b"pygrub reads raw disks "[at % 23] ^ (at >> 12) as u8).collect();
    let recipe = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/images/recipe.img")).unwrap();
    [("striped", striped), ("words", words), ("recipe", recipe), ("empty", vec![0; 1 << 20])]
        .map(|(name, bytes)| {
            let path = directory.join(name);
            fs::write(&path, bytes).unwrap();
            path
        })
        .into()
}

#[test]
fn every_format_and_option_of_qemu_img() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut random = Random::new(7);
    for disk in disks(directory.path()) {
        for (number, (format, options, compressed)) in FORMATS.into_iter().enumerate() {
            let name = format!("{} in {format} {options} {compressed}", disk.file_name().unwrap().to_str().unwrap());
            let folder = directory.path().join(format!("{}-{number}", disk.file_name().unwrap().to_str().unwrap()));
            fs::create_dir(&folder).unwrap();
            let image = folder.join("image");
            let mut arguments = vec!["convert", "-f", "raw", "-O", format];
            if compressed {
                arguments.push("-c");
            }
            if !options.is_empty() {
                arguments.extend(["-o", options]);
            }
            arguments.extend([text(&disk), text(&image)]);
            // A stream-optimised VMDK is compressed by itself.
            if options.contains("streamOptimized") {
                arguments.retain(|argument| *argument != "-c");
            }
            made(run(&qemu_img, &arguments), format, compressed);
            let raw = folder.join("raw");
            run(&qemu_img, &["convert", "-f", format, "-O", "raw", text(&image), text(&raw)]).unwrap();
            let expected = fs::read(&raw).unwrap();
            let fixed = options.contains("subformat=fixed") && format == "vpc";
            let recognised = container::format_of(&*file(&image)).unwrap();
            assert_eq!(recognised, (!fixed).then(|| named(format)), "{name}");
            let opened = open(&image, named(format)).unwrap_or_else(|error| panic!("{name}: {error}"));
            let found = contents(&*opened).unwrap();
            assert_eq!(found.len(), expected.len(), "{name}: the size");
            assert!(found == expected, "{name}: the contents");
            for _ in 0..50 {
                let at = random.index(expected.len() + 1000);
                let mut piece = vec![1; random.index(70_000)];
                let count = opened.read_at(at as u64, &mut piece).unwrap();
                let end = expected.len().min(at + piece.len());
                assert_eq!(&piece[..count], expected.get(at..end).unwrap_or_default(), "{name} at {at}");
            }
            fs::remove_dir_all(&folder).unwrap();
        }
    }
}

#[test]
fn an_external_data_file() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return };
    let directory = tempfile::tempdir().unwrap();
    let disk = disks(directory.path()).remove(0);
    for options in ["data_file=DATA", "data_file=DATA,data_file_raw=on", "data_file=DATA,extended_l2=on"] {
        let (image, data) = (directory.path().join("image"), directory.path().join("data"));
        let options = options.replace("DATA", text(&data));
        run(&qemu_img, &["convert", "-f", "raw", "-O", "qcow2", "-o", &options, text(&disk), text(&image)]).unwrap();
        let found = contents(&*open(&image, Format::Qcow2).unwrap()).unwrap();
        assert!(found == fs::read(&disk).unwrap(), "{options}");
        fs::remove_file(data).unwrap();
        assert!(matches!(open(&image, Format::Qcow2), Err(ContainerError::Chain(_))), "{options}");
        fs::remove_file(image).unwrap();
    }
}

#[test]
fn chains_written_at_random() {
    let (Some(qemu_img), Some(qemu_io)) = (tools::tool("qemu-img"), tools::tool("qemu-io")) else { return };
    let directory = tempfile::tempdir().unwrap();
    let disk = disks(directory.path()).remove(0);
    let mut random = Random::new(11);
    for (format, options) in [
        ("qcow2", "compat=0.10,cluster_size=4096"),
        ("qcow2", "compat=1.1"),
        ("qcow2", "extended_l2=on"),
        ("qcow", ""),
        ("vmdk", ""),
        ("vmdk", "subformat=twoGbMaxExtentSparse"),
    ] {
        let folder = directory.path().join(format!("{format}-{options}"));
        fs::create_dir_all(folder.join("below")).unwrap();
        let mut below = folder.join("below/base");
        let mut below_format = "raw";
        if format == "vmdk" {
            // A VMDK stands on VMDKs only.
            run(&qemu_img, &["convert", "-f", "raw", "-O", "vmdk", text(&disk), text(&below)]).unwrap();
            below_format = "vmdk";
        } else {
            fs::copy(&disk, &below).unwrap();
        }
        for level in 0..4 {
            let image = folder.join(format!("level{level}"));
            // Names are read from the image's own directory; an absolute one that leads there is as good.
            let name = if level % 2 == 0 {
                text(below.strip_prefix(&folder).unwrap()).to_owned()
            } else {
                text(&below).to_owned()
            };
            let mut arguments = vec!["create", "-q", "-f", format, "-b", &name, "-F", below_format];
            if !options.is_empty() {
                arguments.extend(["-o", options]);
            }
            // The overlay of a VMDK has the size of what is below it; that of a qcow2 may be larger.
            let larger = if format == "qcow2" { format!("{}", (3 << 20) + 4096 * (level + 2)) } else { String::new() };
            arguments.push(text(&image));
            if !larger.is_empty() {
                arguments.push(&larger);
            }
            run(&qemu_img, &arguments).unwrap();
            let mut commands = Vec::new();
            for _ in 0..6 {
                let (at, length) = (random.below(6000) * 512, (random.below(200) + 1) * 512);
                let length = length.min(((3 << 20) + 512_u64).saturating_sub(at)).max(512);
                let write = match random.below(3) {
                    0 if format == "qcow2" => format!("write -z {at} {length}"),
                    1 if format == "qcow2" && !options.contains("0.10") => format!("discard {at} {length}"),
                    _ => format!("write -P {} {at} {length}", random.below(255) + 1),
                };
                commands.push(write);
            }
            let mut arguments = vec!["-f", format];
            for command in &commands {
                arguments.extend(["-c", command]);
            }
            arguments.push(text(&image));
            run(&qemu_io, &arguments).unwrap();
            let raw = folder.join("raw");
            run(&qemu_img, &["convert", "-f", format, "-O", "raw", text(&image), text(&raw)]).unwrap();
            // A qcow does not say the format of what it stands on: further files are opened only where all are.
            let chain = if format == "qcow" { ChainPolicy::Anywhere } else { ChainPolicy::Beneath };
            let limits = ContainerLimits { chain, ..ContainerLimits::default() };
            let found = container::open(file(&image), named(format), Some(&image), limits).unwrap();
            let found = contents(&*found).unwrap();
            if format == "qcow" {
                assert_eq!(open(&image, named(format)).is_ok(), level == 0, "level {level}");
            }
            let expected = fs::read(&raw).unwrap();
            assert!(found == expected, "{format} {options}, level {level}: {commands:?}");
            (below, below_format) = (image, format);
        }
    }
}

#[test]
fn what_a_chain_may_not_name() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return };
    let directory = tempfile::tempdir().unwrap();
    let inside = directory.path().join("images");
    fs::create_dir(&inside).unwrap();
    let outside = directory.path().join("outside");
    fs::write(&outside, vec![7; 1 << 20]).unwrap();
    symlink(&outside, inside.join("link")).unwrap();
    symlink(directory.path(), inside.join("up")).unwrap();
    let image = inside.join("image");
    let create = |name: &str, format: &str| {
        let arguments = ["create", "-q", "-u", "-f", "qcow2", "-b", name, "-F", format, text(&image), "1M"];
        run(&qemu_img, &arguments).unwrap();
    };
    for name in ["../outside", text(&outside), "link", "up/outside", "none", "nbd://localhost:1/x", "/dev/null"] {
        create(name, "raw");
        let error = open(&image, Format::Qcow2).err().unwrap_or_else(|| panic!("{name} is read"));
        assert!(matches!(error, ContainerError::Chain(_) | ContainerError::Unsupported(_)), "{name}: {error}");
    }
    create("../outside", "raw");
    let limits = ContainerLimits { chain: ChainPolicy::Anywhere, ..ContainerLimits::default() };
    let opened = container::open(file(&image), Format::Qcow2, Some(&image), limits).unwrap();
    assert!(contents(&*opened).unwrap().iter().all(|&byte| byte == 7));
    // A circle.
    create("image", "qcow2");
    let error = open(&image, Format::Qcow2).err().unwrap();
    assert!(error.to_string().contains("circle"), "{error}");
}

/// A differencing VHD by its specification: nothing that Debian has writes one.
#[test]
fn a_differencing_vhd() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return };
    let directory = tempfile::tempdir().unwrap();
    let disk = disks(directory.path()).remove(0);
    let base = directory.path().join("base.vhd");
    let options = ["convert", "-f", "raw", "-O", "vpc", "-o", "force_size=on", text(&disk), text(&base)];
    run(&qemu_img, &options).unwrap();
    let bytes = fs::read(&base).unwrap();
    let (mut footer, mut header) = (bytes[..512].to_vec(), bytes[512..1536].to_vec());
    footer[60..64].copy_from_slice(&4_u32.to_be_bytes());
    seal(&mut footer, 64);
    // The table, a locator's text, and one block with its bitmap: the sectors 3 and 9 of it are its own.
    let entries = u32::from_be_bytes(header[28..32].try_into().unwrap()) as usize;
    header[16..24].copy_from_slice(&2048_u64.to_be_bytes());
    let name = b"file://./base%2Evhd";
    header[576..580].copy_from_slice(b"MacX");
    header[584..588].copy_from_slice(&(name.len() as u32).to_be_bytes());
    header[592..600].copy_from_slice(&1536_u64.to_be_bytes());
    // The identifier of the image below it.
    header[40..56].copy_from_slice(&bytes[68..84]);
    seal(&mut header, 36);
    let mut table = vec![0xff; (entries * 4).next_multiple_of(512)];
    let block_at = (2048 + table.len()) as u32 / 512;
    table[..4].copy_from_slice(&block_at.to_be_bytes());
    let mut block = vec![0; 512 + (2 << 20)];
    block[0] = 0b0001_0000;
    block[1] = 0b0100_0000;
    block[512..].fill(0x55);
    let mut locator = name.to_vec();
    locator.resize(512, 0);
    let image: Vec<u8> = [&footer[..], &header, &locator, &table, &block, &footer].concat();
    let path = directory.path().join("difference.vhd");
    fs::write(&path, image).unwrap();
    let mut expected = fs::read(&disk).unwrap();
    for sector in [3, 9] {
        expected[sector * 512..(sector + 1) * 512].fill(0x55);
    }
    assert!(contents(&*open(&path, Format::Vhd).unwrap()).unwrap() == expected);
    // Another file in its place is refused; without an identifier the file below is a raw disk, although it is a VHD.
    let with = |identifier: [u8; 16]| {
        let mut image = fs::read(&path).unwrap();
        image[512 + 40..512 + 56].copy_from_slice(&identifier);
        seal(&mut image[512..1536], 36);
        let path = directory.path().join("other.vhd");
        fs::write(&path, image).unwrap();
        open(&path, Format::Vhd)
    };
    let error = with([7; 16]).err().unwrap().to_string();
    assert!(error.contains("is another one"), "{error}");
    let raw = contents(&*with([0; 16]).unwrap()).unwrap();
    assert!(raw.starts_with(&bytes[..512]) && raw.get(4096..8192) != Some(&expected[4096..8192]));
}

/// Writes the checksum of a structure of a VHD.
fn seal(bytes: &mut [u8], at: usize) {
    bytes[at..at + 4].fill(0);
    let sum = bytes.iter().fold(0_u32, |sum, &byte| sum + u32::from(byte));
    bytes[at..at + 4].copy_from_slice(&(!sum).to_be_bytes());
}

#[test]
fn compressed_raw_images() {
    let directory = tempfile::tempdir().unwrap();
    for disk in disks(directory.path()) {
        let expected = fs::read(&disk).unwrap();
        for (program, format) in
            [("gzip", Format::Gzip), ("bzip2", Format::Bzip2), ("xz", Format::Xz), ("zstd", Format::Zstd)]
        {
            let Some(program) = tools::tool(program) else { continue };
            let pack = |bytes: &[u8]| {
                let input = directory.path().join("input");
                fs::write(&input, bytes).unwrap();
                let output = Command::new(&program).arg("-c").arg(&input).output().unwrap();
                assert!(output.status.success());
                output.stdout
            };
            let image = directory.path().join("image");
            fs::write(&image, pack(&expected)).unwrap();
            assert_eq!(container::format_of(&*file(&image)).unwrap(), Some(format));
            assert!(contents(&*open(&image, format).unwrap()).unwrap() == expected, "{program:?}");
            let (first, second) = expected.split_at(300_000);
            fs::write(&image, [pack(first), pack(second)].concat()).unwrap();
            assert!(contents(&*open(&image, format).unwrap()).unwrap() == expected, "{program:?}, two of them");
            let limits = ContainerLimits { unpacked: Some(60_000), ..ContainerLimits::default() };
            let error = container::open(file(&image), format, Some(&image), limits).err().unwrap();
            assert!(matches!(error, ContainerError::TooLarge(_)), "{error}");
            let packed = fs::read(&image).unwrap();
            fs::write(&image, &packed[..packed.len() * 3 / 4]).unwrap();
            let error = open(&image, format).err();
            assert!(matches!(error, Some(ContainerError::Damaged(_))), "{program:?}: {error:?}");
        }
    }
}

/// qemu-img lets the product of sector and size wrap around, and reads what it finds there.
#[test]
fn a_directory_of_grains_beyond_any_file_is_damage() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return };
    let directory = tempfile::tempdir().unwrap();
    let (disk, image) = (directory.path().join("disk"), directory.path().join("image"));
    fs::write(&disk, noise(64 << 10, 1)).unwrap();
    run(&qemu_img, &["convert", "-f", "raw", "-O", "vmdk", text(&disk), text(&image)]).unwrap();
    assert!(contents(&*open(&image, Format::Vmdk).unwrap()).unwrap() == fs::read(&disk).unwrap());
    for highest in [1, 0x7f, 0x80] {
        let mut bytes = fs::read(&image).unwrap();
        bytes[63] = highest;
        fs::write(directory.path().join("mutant"), &bytes).unwrap();
        let error = open(&directory.path().join("mutant"), Format::Vmdk).err();
        assert!(matches!(error, Some(ContainerError::Damaged(_))), "{highest}: {error:?}");
    }
}

/// Damaged images: what qemu-img and pregrub both read is the same, and nothing panics or takes long.
/// `PREGRUB_CONTAINER_MUTATIONS=5000` for the desk.
#[test]
fn mutated_images() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return };
    let directory = tempfile::tempdir().unwrap();
    let disk = directory.path().join("disk");
    let mut bytes = vec![0; 256 << 10];
    for at in [0, 70_000, 200_000] {
        bytes[at..at + 9000].copy_from_slice(&noise(9000, at as u64));
    }
    fs::write(&disk, &bytes).unwrap();
    let count = setting("PREGRUB_CONTAINER_MUTATIONS", 400);
    let mut random = Random::new(setting("PREGRUB_SEED", 20_261_128));
    let images: Vec<(&str, Vec<u8>)> = [
        ("qcow2", "cluster_size=4096", false),
        ("qcow2", "extended_l2=on,cluster_size=16k", false),
        ("qcow2", "cluster_size=4096,compression_type=zstd", true),
        ("qcow2", "cluster_size=512", true),
        ("qcow", "", true),
        ("vpc", "force_size=on", false),
        ("vhdx", "block_size=1M,log_size=1M", false),
        ("vmdk", "", false),
        ("vmdk", "subformat=streamOptimized", false),
        ("vdi", "", false),
    ]
    .into_iter()
    .map(|(format, options, compressed)| {
        let image = directory.path().join("image");
        let mut arguments = vec!["convert", "-f", "raw", "-O", format];
        if compressed {
            arguments.push("-c");
        }
        if !options.is_empty() {
            arguments.extend(["-o", options]);
        }
        arguments.extend([text(&disk), text(&image)]);
        made(run(&qemu_img, &arguments), format, compressed);
        (format, fs::read(&image).unwrap())
    })
    .collect();
    let (mut same, mut refused) = (0, 0);
    for number in 0..count {
        let (format, original) = &images[random.index(images.len())];
        let mut bytes = original.clone();
        // Most of the tables lie at the start; some damage in the header, some anywhere.
        let area = if random.chance(50) { 200 } else { bytes.len() };
        for _ in 0..=random.index(3) {
            let at = random.index(area);
            bytes[at] = random.pick(&[0, 1, 0x7f, 0x80, 0xff, bytes[at] ^ 1, bytes[at].wrapping_add(1)]);
        }
        if random.chance(10) {
            bytes.truncate(random.index(bytes.len()));
        }
        let image = directory.path().join("mutant");
        fs::write(&image, &bytes).unwrap();
        // A size of terabytes that is all holes is nothing for a whole read.
        let opened = open(&image, named(format)).map_err(|error| error.to_string());
        let ours = opened.and_then(|disk| {
            let length = usize::try_from(disk.len()).unwrap_or(usize::MAX);
            let mut bytes = vec![0; length.min(4 << 20)];
            disk.read_at(0, &mut bytes).map_err(|error| error.to_string())?;
            Ok((disk.len(), bytes))
        });
        let Ok((length, ours)) = ours else {
            refused += 1;
            continue;
        };
        if length > 64 << 20 {
            continue;
        }
        let raw = directory.path().join("raw");
        let convert = ["20", text(&qemu_img), "convert", "-f", format, "-O", "raw", text(&image), text(&raw)];
        if run(Path::new("/usr/bin/timeout"), &convert).is_err() {
            continue;
        }
        let theirs = fs::read(&raw).unwrap();
        let common = ours.len().min(theirs.len());
        assert!(ours[..common] == theirs[..common], "{format}, mutant {number}");
        same += 1;
    }
    println!("{count} mutants: {same} read as qemu-img reads them, {refused} refused");
    assert!(same > count / 4);
}
