//! Compressed images that unpack to more than anybody wants, and disks that only look compressed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use pregrub::storage::container::{self, ContainerError, ContainerLimits, ImageFormat};
use pregrub::storage::identify::Format;
use pregrub::storage::source::{FileSource, Source};

use crate::common::program::{Ended, command, corpus, run};
use crate::common::tools;

const PACKERS: [(&str, &str, &str); 4] =
    [("gzip", "gz", "gzip"), ("bzip2", "bz2", "bzip2"), ("xz", "xz", "xz"), ("zstd", "zst", "zstd")];

fn packed(program: &Path, bytes: &[u8], to: &Path) {
    let raw = to.with_extension("raw-of-the-test");
    fs::write(&raw, bytes).unwrap();
    let output = Command::new(program).arg("-c").arg(&raw).output().unwrap();
    assert!(output.status.success());
    fs::write(to, output.stdout).unwrap();
    fs::remove_file(raw).unwrap();
}

/// Bytes that do not repeat.
fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(5);
    (0..length).map(|_| random.u8(1..)).collect()
}

/// A guest writes its disk from the first byte on. What only begins as a packed file is what pygrub takes it for.
#[test]
fn only_a_name_or_the_caller_makes_an_image_packed() {
    let folder = tempfile::tempdir().unwrap();
    let disk = fs::read(corpus("images/recipe.img")).unwrap();
    for (program, ending, format) in PACKERS {
        let Some(program) = tools::tool(program) else { continue };
        let image = folder.path().join("guest.img");
        packed(&program, &disk, &image);
        let path = image.to_str().unwrap();
        let ended = run(&["check", path]);
        assert!(ended.status == 1 && ended.stdout.contains("PG311"), "{}", ended.whole());
        assert!(ended.stdout.contains("--image-format"), "{}", ended.whole());
        let ended = run(&["check", "--image-format", format, path]);
        assert!(ended.status == 0 && ended.stdout.contains("boots: "), "{}", ended.whole());
        let other = if format == "xz" { "gzip" } else { "xz" };
        let ended = run(&["check", "--image-format", other, path]);
        assert!(ended.status == 3 && ended.stderr.contains("it is not a"), "{}", ended.whole());
        let named = folder.path().join(format!("guest.img.{ending}"));
        fs::rename(&image, &named).unwrap();
        assert_eq!(run(&["check", named.to_str().unwrap()]).status, 0);
        // A device, a link, another ending: the name that is given counts.
        let link = folder.path().join("link.img");
        std::os::unix::fs::symlink(&named, &link).unwrap();
        assert_eq!(run(&["check", link.to_str().unwrap()]).status, 1);
        fs::remove_file(link).unwrap();
    }
}

/// Looks at images with a folder for temporary files of its own, in which nothing may be left.
fn check(arguments: &[&str], images: &[PathBuf]) -> Ended {
    let temporary = tempfile::tempdir().unwrap();
    let mut check = command(&["check"]);
    check.args(arguments).args(images).env("TMPDIR", temporary.path());
    let output = check.output().unwrap();
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0);
    Ended {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_limit_is_one_of_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    for (program, ending, _) in PACKERS {
        let Some(program) = tools::tool(program) else { continue };
        let image = folder.path().join(format!("noise.img.{ending}"));
        packed(&program, &noise(3 << 20), &image);
        let images = [image];
        let ended = check(&["--unpack-limit", "2"], &images);
        assert_eq!(ended.status, 3, "{}", ended.whole());
        let words = "it takes more than 2 MiB in `";
        assert!(ended.stderr.contains(words) && ended.stderr.contains("--unpack-limit"), "{}", ended.whole());
        assert_eq!(check(&["--unpack-limit", "4"], &images).status, 1);
        assert_eq!(check(&[], &images).status, 1);
        // Zeros take no space, but time.
        let image = folder.path().join(format!("zeros.img.{ending}"));
        packed(&program, &vec![0; 9 << 20], &image);
        let images = [image];
        let ended = check(&["--unpack-limit", "1"], &images);
        assert!(
            ended.status == 3 && ended.stderr.contains("it unpacks to more than 8 MiB, zeros"),
            "{}",
            ended.whole()
        );
        assert_eq!(check(&["--unpack-limit", "2"], &images).status, 1);
    }
}

/// The limit is one of the process, whatever is looked at at once.
#[test]
fn all_images_share_one_limit() {
    let Some(program) = tools::tool("zstd") else { return tools::skipped("zstd") };
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("noise.img.zst");
    packed(&program, &noise(40 << 20), &image);
    let limits = ContainerLimits { unpacked: Some(64 << 20), ..ContainerLimits::default() };
    let open = || {
        let file: Arc<dyn Source> = Arc::new(FileSource::new(fs::File::open(&image).unwrap()).unwrap());
        container::open_as(&file, ImageFormat::Inside(Format::Zstd), Some(&image), limits).map(Option::unwrap)
    };
    let first = open().unwrap();
    assert_eq!(first.0.len(), 40 << 20);
    for _ in 0..3 {
        let error = open().err().unwrap();
        assert!(matches!(error, ContainerError::TooLarge(_)), "{error}");
    }
    drop(first);
    assert!(open().is_ok());
}

/// Pieces without content cost time and nothing else; what holds something may come in as many as it likes.
#[test]
fn empty_pieces_are_not_unpacked_without_end() {
    let folder = tempfile::tempdir().unwrap();
    for (program, ending, _) in PACKERS {
        let Some(program) = tools::tool(program) else { continue };
        let image = folder.path().join(format!("disk.img.{ending}"));
        let piece = |bytes: &[u8]| {
            packed(&program, bytes, &image);
            fs::read(&image).unwrap()
        };
        for content in [&b""[..], b"x"] {
            fs::write(&image, piece(content).repeat(5000)).unwrap();
            let ended = check(&[], std::slice::from_ref(&image));
            assert_eq!(ended.status, 3, "{ending}: {}", ended.whole());
            assert!(ended.stderr.contains("it has more than 4096 pieces"), "{ending}: {}", ended.whole());
        }
        fs::write(&image, piece(&[0; 16 << 10]).repeat(5000)).unwrap();
        let ended = check(&[], std::slice::from_ref(&image));
        assert_eq!(ended.status, 1, "{ending}: {}", ended.whole());
        // The disk, after which somebody has put some of them.
        let disk = piece(&fs::read(corpus("images/recipe.img")).unwrap());
        fs::write(&image, [disk, piece(b"").repeat(100)].concat()).unwrap();
        assert_eq!(check(&[], std::slice::from_ref(&image)).status, 0, "{ending}");
    }
}

/// Empty blocks of one stream: a decoder hands nothing out between them.
#[test]
fn empty_blocks_are_not_unpacked_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let image = folder.path().join("disk.img.gz");
    // A header of gzip, and blocks that are stored and empty.
    let block = [0, 0, 0, 0xff, 0xff];
    fs::write(&image, [b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(), block.repeat(2 << 20)].concat()).unwrap();
    let ended = check(&[], &[image]);
    assert_eq!(ended.status, 3, "{}", ended.whole());
    assert!(ended.stderr.contains("4 MiB of it hold less than half as much of a disk"), "{}", ended.whole());
}
