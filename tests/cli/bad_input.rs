//! Bad input gets one clear sentence, in bounded memory.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::program::{path, run};
use crate::common::random::Random;

/// Peak resident memory in KiB, by Python's `resource`.
fn peak(args: &[&str]) -> Option<u64> {
    let script = "import resource, subprocess, sys\n\
                  subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n\
                  print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
    let output = Command::new("python3").args(["-c", script]).arg(path()).args(args).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

struct Bad {
    dir: tempfile::TempDir,
}

impl Bad {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, content: &[u8]) -> String {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

fn garbage(length: usize) -> Vec<u8> {
    let mut random = Random::new(7);
    (0..length).map(|_| random.below(256) as u8).collect()
}

#[test]
fn one_sentence_each_and_little_memory() {
    let bad = Bad::new();
    let image = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/images/recipe.img")).unwrap();
    let cases = [
        (bad.file("empty", b""), 1, "the disk is empty"),
        (bad.file("garbage", &garbage(1 << 20)), 1, "no filesystem is recognised here"),
        (bad.file("zeros", &vec![0; 1 << 20]), 1, "only zeros are where a filesystem begins"),
        (bad.file("truncated", &image[..20_000]), 1, "fails"),
        (bad.file("superblock", &image[..1500]), 1, "the checksum of the superblock is wrong"),
        (bad.file("line.txt", &vec![b'x'; 10_000_000]), 3, "not a boot configuration that pregrub recognises"),
        (bad.file("grub.cfg", &vec![b'"'; 10_000_000]), 1, "there is no menu entry in that"),
        (bad.file("menu.lst", &b"title a\n".repeat(1_000_000)), 1, "has no kernel"),
        (bad.dir.path().join("none").to_str().unwrap().to_owned(), 3, "there is no such file"),
        ("/dev/null".to_owned(), 3, "neither a file nor a block device nor a directory"),
    ];
    let empty = bad.dir.path().join("directory");
    fs::create_dir(&empty).unwrap();
    let more = [(empty.to_str().unwrap().to_owned(), 1, "none of the configurations that pygrub looks for")];
    for (target, status, sentence) in cases.iter().chain(&more) {
        for release in ["4.22", "4.0"] {
            let ended = run(&["check", "--release", release, target]);
            assert!(!ended.whole().contains("panicked"), "{target}: {}", ended.whole());
            if release == "4.22" {
                assert_eq!(ended.status, *status, "{target}: {}", ended.whole());
                assert!(ended.whole().contains(sentence), "{target}: {}", ended.whole());
            }
        }
        if let Some(peak) = peak(&["check", target]) {
            // 130,000 entries take their room; everything else stays below 32 MiB.
            let limit = if target.ends_with("menu.lst") { 96 } else { 32 };
            assert!(peak < limit << 10, "{target}: {peak} KiB");
        }
    }
}
