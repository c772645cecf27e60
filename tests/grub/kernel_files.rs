//! What GRUB's `linux` takes for a kernel: on a PC its header counts, with EFI since 2.12 its EFI stub, too. Recorded from real GRUBs in QEMU
//! (`corpus/grub/kernel-files.jsonl`).

use std::fs;
use std::path::Path;

use pregrub::grub::{self, ConfigPlace, GrubSettings, Platform, Version, disks::OneDisk};
use pregrub::storage::directory::DirectoryVolume;
use serde::Deserialize;

use crate::common::{kernels, program};

/// What `linux /FILE` comes to in the GRUBs of one platform; nothing where it loads.
#[derive(Debug, Deserialize)]
struct Answer {
    platform: String,
    releases: Vec<String>,
    command: String,
    file: String,
    error: Option<String>,
}

/// A PE file as far as GRUB looks at it.
struct Pe {
    size: usize,
    /// Where its header begins.
    at: usize,
    machine: u16,
    /// 0x20b for 64 bits.
    magic: u16,
    /// The image version's first number.
    version: u16,
}

const PE: Pe = Pe { size: 8192, at: 0x40, machine: 0x8664, magic: 0x20b, version: 1 };

fn put(file: &mut [u8], at: usize, bytes: &[u8]) {
    file[at..at + bytes.len()].copy_from_slice(bytes);
}

fn pe(it: &Pe) -> Vec<u8> {
    let mut file = vec![0; it.size.max(2048)];
    put(&mut file, 0, b"MZ");
    put(&mut file, 0x3c, &(it.at as u32).to_le_bytes());
    put(&mut file, it.at, b"PE\0\0");
    put(&mut file, it.at + 4, &it.machine.to_le_bytes());
    put(&mut file, it.at + 24, &it.magic.to_le_bytes());
    put(&mut file, it.at + 68, &it.version.to_le_bytes());
    file.truncate(it.size);
    file
}

/// A bzImage without an EFI stub whose first half kilobyte is that of a PE file.
fn both(version: u16) -> Vec<u8> {
    let mut kernel = kernels::bzimage(&[0; 512]);
    put(&mut kernel, 0, &pe(&Pe { version, ..PE })[..0x1f0]);
    kernel
}

fn furnish(root: &Path) {
    let linux = kernels::bzimage(&[0; 512]);
    let mut other_mark = pe(&PE);
    put(&mut other_mark, 0, b"XX");
    let mut no_signature = pe(&PE);
    put(&mut no_signature, 0x40, b"XX");
    let mut four_sectors = linux.clone();
    four_sectors[0x1f1] = 4;
    let mut no_sectors = linux.clone();
    no_sectors[0x1f1] = 0;
    for (name, content) in [
        ("pe", pe(&PE)),
        ("pe-version-0", pe(&Pe { version: 0, ..PE })),
        ("pe-version-2", pe(&Pe { version: 2, ..PE })),
        ("pe-at-768", pe(&Pe { at: 768, ..PE })),
        ("pe-at-128", pe(&Pe { at: 128, ..PE })),
        ("pe-without-mz", other_mark),
        ("pe-without-signature", no_signature),
        ("pe-32-bit", pe(&Pe { machine: 0x14c, magic: 0x10b, ..PE })),
        ("pe-32-bit-header", pe(&Pe { magic: 0x10b, ..PE })),
        ("pe-386", pe(&Pe { machine: 0x14c, ..PE })),
        ("pe-arm64", pe(&Pe { machine: 0xaa64, ..PE })),
        ("pe-of-512", pe(&Pe { size: 512, ..PE })),
        ("pe-of-600", pe(&Pe { size: 600, ..PE })),
        ("linux", linux.clone()),
        ("linux-pe", both(1)),
        ("linux-pe-version-0", both(0)),
        ("linux-cut-in-its-setup", linux[..768].to_vec()),
        ("linux-with-4-setup-sectors", four_sectors),
        ("linux-with-0-setup-sectors", no_sectors),
        ("junk", b"junk ".repeat(4000)),
        ("empty", Vec::new()),
    ] {
        fs::write(root.join(name), content).unwrap();
    }
}

#[test]
fn are_taken_as_recorded() {
    let folder = tempfile::tempdir().unwrap();
    furnish(folder.path());
    let volume = DirectoryVolume(folder.path());
    let place = ConfigPlace { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
    let answers = fs::read_to_string(program::corpus("grub/kernel-files.jsonl")).unwrap();
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for line in answers.lines() {
        let answer: Answer = serde_json::from_str(line).expect(line);
        assert!(folder.path().join(&answer.file).exists(), "{line}");
        let platform: Platform = answer.platform.parse().unwrap();
        for release in &answer.releases {
            let version: Version = release.parse().unwrap();
            let disk = OneDisk::new(&volume, version, platform).unwrap();
            let config = format!("menuentry A {{\n{} /{}\n}}\n", answer.command, answer.file);
            let settings = GrubSettings { version, platform, ..GrubSettings::default() };
            let run = grub::run(&disk, &place, config.as_bytes(), &settings);
            let error = run.attempts.first().and_then(|attempt| attempt.commands.first()?.error.clone());
            if error != answer.error {
                wrong.push(format!("{line} with {release}: {error:?}"));
            }
            // What the firmware says to such a file was not asked.
            let odd = ["pe-without-signature", "pe-386", "pe-arm64"].contains(&answer.file.as_str());
            assert_eq!(!run.unknown.is_empty(), odd && error.is_none(), "{line} with {release}: {:?}", run.unknown);
            asked += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(asked > 80, "{asked}");
}
