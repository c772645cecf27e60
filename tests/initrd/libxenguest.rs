//! What Xen up to 4.19 does with an initrd, beside the real libxenguest.

use std::path::PathBuf;
use std::process::Command;

use pregrub::initrd::{GuestKernel, Handed, InitrdDepth, Problem, judge};
use pregrub::release::Release;

use super::answers;
use crate::common::program::root;
use crate::common::tools::skipped;

fn handed(bytes: &[u8], release: &str) -> Handed {
    judge(&bytes, bytes.len() as u64, &GuestKernel::default(), release.parse().unwrap(), InitrdDepth::Whole)
        .unwrap()
        .handed
}

#[test]
fn the_real_library_does_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let mut paths: Vec<PathBuf> =
        answers().iter().map(|answer| root().join("corpus/initrd/files").join(&answer.initrd)).collect();
    // A second member that unpacks to more than the first, to as much, and to 16 and 17 bytes less.
    let packed = |count: usize| {
        let file = directory.path().join("plain");
        std::fs::write(&file, vec![b'0'; count]).unwrap();
        let ended = Command::new("gzip").arg("-cn").arg(&file).output().unwrap();
        assert!(ended.status.success());
        ended.stdout
    };
    for (name, second) in [("more", 3000), ("same", 2000), ("less-16", 1984), ("less-17", 1983)] {
        let path = directory.path().join(name);
        std::fs::write(&path, [packed(2000), packed(second)].concat()).unwrap();
        paths.push(path);
    }
    paths.retain(|path| path.metadata().unwrap().len() > 0);
    let ended =
        Command::new("python3").arg(root().join("tests/oracle/libxenguest_gunzip.py")).args(&paths).output().unwrap();
    if ended.status.code() == Some(2) {
        return skipped("libxenguest 4.10 to 4.19 is not installed");
    }
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    let lines: Vec<serde_json::Value> =
        String::from_utf8(ended.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), paths.len());
    let mut gzip = 0;
    for (path, line) in paths.iter().zip(lines) {
        let bytes = std::fs::read(path).unwrap();
        let ours = handed(&bytes, "4.17");
        let theirs = (line["size"].as_u64().unwrap() > 0, line["unpacks"].as_bool().unwrap());
        let expected = match ours {
            Handed::Untouched => (false, false),
            Handed::FailsToUnpack => (true, false),
            Handed::Unpacked | Handed::FirstMemberOnly => (true, true),
            // A header that Linux does not read.
            Handed::Unknown if bytes[3] & 0x16 != 0 => continue,
            other => panic!("{}: {other:?}", path.display()),
        };
        assert_eq!(expected, theirs, "{}: {ours:?} {line}", path.display());
        gzip += u32::from(theirs.0);
    }
    assert!(gzip > 20, "{gzip}");
}

#[test]
fn a_larger_second_member_is_lost_up_to_4_19() {
    let name = |name: &str| root().join("corpus/initrd/files").join(name);
    let (small, large) = (std::fs::read(name("no-init")).unwrap(), std::fs::read(name("cpio")).unwrap());
    let gzip = |bytes: &[u8]| {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        Command::new("gzip").arg("-cn").arg(file.path()).output().unwrap().stdout
    };
    let both = [gzip(&small), gzip(&large)].concat();
    for (release, lost) in [("4.4", true), ("4.19", true), ("4.20", false), ("4.22", false)] {
        let release: Release = release.parse().unwrap();
        let report =
            judge(&&both[..], both.len() as u64, &GuestKernel::default(), release, InitrdDepth::Whole).unwrap();
        let said = report.problems.iter().any(|problem| matches!(problem, Problem::LostMembers { .. }));
        assert_eq!(said, lost, "{release}: {:?}", report.problems);
    }
}
