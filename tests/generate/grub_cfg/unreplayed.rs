//! A real ext4 filesystem of Linux, whose disk is copied after every change of an installation: what pygrub, which replays no
//! journal, finds after a power cut. It takes root and a loop device, so it runs on request only:
//!
//!     PREGRUB_MOUNT=1 cargo test --test integration unreplayed -- --nocapture

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::Duration;

use pregrub::generate::grub_cfg::{self, InstallDisk, LocalDisk, PlanOptions};
use pregrub::storage::beneath::HeldDirectory;

use super::mounted::{self, Mounted, run};
use crate::common::nixos_store::{Expected, Spec, Store};
use crate::common::oracle::{Oracle, RunCase};

/// Copies the disk, without what the kernel has not written to it yet, after every change.
struct Copying<'a> {
    image: &'a Path,
    directory: &'a Path,
    copies: Vec<PathBuf>,
    /// Does no `syncfs` and gives the old grub.cfg no second name: as an installer for a loader that replays the journal.
    careless: bool,
}

impl Copying<'_> {
    fn copy(&mut self, result: io::Result<()>) -> io::Result<()> {
        let copy = self.directory.join(format!("{}.img", self.copies.len()));
        run(Command::new("cp").arg("--sparse=always").arg(self.image).arg(&copy));
        self.copies.push(copy);
        result
    }
}

impl InstallDisk for Copying<'_> {
    fn make_directory(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        let result = LocalDisk::default().make_directory(boot, path);
        self.copy(result)
    }

    fn create(&mut self, boot: &HeldDirectory, path: &Path, mode: u32) -> io::Result<()> {
        let result = LocalDisk::default().create(boot, path, mode);
        self.copy(result)
    }

    fn append(&mut self, boot: &HeldDirectory, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let result = LocalDisk::default().append(boot, path, bytes);
        self.copy(result)
    }

    fn keep_permissions(&mut self, boot: &HeldDirectory, path: &Path, like: &Path) -> io::Result<()> {
        let result = LocalDisk::default().keep_permissions(boot, path, like);
        self.copy(result)
    }

    fn run(&mut self, program: &Path, boot: &HeldDirectory, path: &Path, limit: Duration) -> io::Result<ExitStatus> {
        LocalDisk::default().run(program, boot, path, limit)
    }

    fn sync_file(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        let result = LocalDisk::default().sync_file(boot, path);
        self.copy(result)
    }

    fn sync_directory(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        let result = LocalDisk::default().sync_directory(boot, path);
        self.copy(result)
    }

    fn sync_filesystem(&mut self, boot: &HeldDirectory) -> io::Result<()> {
        let result = if self.careless { Ok(()) } else { LocalDisk::default().sync_filesystem(boot) };
        self.copy(result)
    }

    fn rename(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        let result = LocalDisk::default().rename(boot, from, to);
        self.copy(result)
    }

    fn rename_to_new(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        let result = LocalDisk::default().rename_to_new(boot, from, to);
        self.copy(result)
    }

    fn link(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        let result = if self.careless { Ok(()) } else { LocalDisk::default().link(boot, from, to) };
        self.copy(result)
    }

    fn remove(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        let result = LocalDisk::default().remove(boot, path);
        self.copy(result)
    }
}

/// What the real pygrub makes of each copy: the loglevel of the system that it boots, or its last words.
fn by_pygrub(oracle: &Oracle, copies: &[PathBuf], systems: &[&Expected]) -> Vec<Result<usize, String>> {
    let runs: Vec<RunCase> = copies
        .iter()
        .map(|copy| {
            let image = copy.to_str().expect("UTF-8");
            RunCase::new("copy", ["-q", "--output-format=simple", "--output-directory=@OUT", image])
        })
        .collect();
    oracle
        .runs(&runs)
        .iter()
        .map(|answer| {
            let stdout = String::from_utf8_lossy(&answer.stdout);
            let content = |name: &str| answer.files.get(name).and_then(|file| file.content.clone());
            let booted = systems.iter().position(|system| {
                content("boot_kernel.XXXXXXXX").as_ref() == Some(&system.kernel)
                    && content("boot_ramdisk.XXXXXXXX") == system.initrd
                    && stdout.contains(&format!("args {}\n", system.args))
            });
            booted.filter(|_| answer.rc == Some(0)).ok_or_else(|| format!("{stdout}{}", answer.last_line()))
        })
        .collect()
}

/// Installs generation after generation, and copies the disk at every change of the later ones.
fn install_and_copy(oracle: &Oracle, careless: bool) -> Vec<Result<usize, String>> {
    let specs: Vec<Spec> =
        (1..=6).map(|number| Spec { secrets: Some(format!("s{number}")), ..Spec::new(number) }).collect();
    let store = Store::of(&specs);
    let mounted = Mounted::new(&store, &[]);
    let options = PlanOptions { limit: 1, ..store.options() };
    let toplevel = |number: u64| PathBuf::from(format!("/nix/var/nix/profiles/system-{number}-link"));
    let directory = tempfile::tempdir().unwrap();
    let mut disk = Copying { image: mounted.image.path(), directory: directory.path(), copies: Vec::new(), careless };
    grub_cfg::install(&options, &toplevel(1), &mut LocalDisk::default()).unwrap();
    for number in 2..=5 {
        grub_cfg::install(&options, &toplevel(number), &mut disk).unwrap();
    }
    let systems: Vec<&Expected> = store.systems.values().collect();
    by_pygrub(oracle, &disk.copies, &systems)
}

#[test]
fn a_disk_that_loses_its_power_boots_though_its_journal_is_not_replayed() {
    if !mounted::is_asked_for() {
        return;
    }
    let oracle = oracle_or_skip!();
    let answers = install_and_copy(&oracle, false);
    let failed: Vec<&String> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
    println!("{} copies of the disk: {} do not boot", answers.len(), failed.len());
    assert!(failed.is_empty(), "{failed:?}");
    assert!(answers.windows(2).all(|pair| pair[0].as_ref().unwrap() <= pair[1].as_ref().unwrap()), "{answers:?}");
    assert_eq!(answers.last(), Some(&Ok(4)), "the last one is there");

    let answers = install_and_copy(&oracle, true);
    let behind = answers.last() != Some(&Ok(4));
    let failed = answers.iter().filter(|answer| answer.is_err()).count();
    println!("without syncfs: {} copies, {failed} do not boot; the end of it is seen: {}", answers.len(), !behind);
    assert!(behind || failed > 0, "then nothing of this is needed");
}
