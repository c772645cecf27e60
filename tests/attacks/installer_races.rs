//! Somebody who renames directories while the installer is at work, and a guest with very many systems.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use pregrub::generate::grub_cfg::{self, InstallDisk, LocalDisk, PlanOptions};
use pregrub::storage::beneath::HeldDirectory;
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Map, Value};

use super::machine::{listing, within};
use crate::common::faulty_disk::FaultyDisk;
use crate::common::memory;
use crate::common::nixos_store::{self, Spec, Store};

const CURRENT: &str = "/nix/var/nix/profiles/system";

/// A change to the boot disk, as far as somebody waits for it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    MakeDirectory,
    SyncFilesystem,
    RenameToNew,
    Other,
}

/// A disk on which somebody else is at work: asked before each change, with what it is for.
struct Meddled<M> {
    disk: FaultyDisk,
    meddle: M,
}

impl<M: FnMut(Change, &HeldDirectory, &Path) -> io::Result<()>> InstallDisk for Meddled<M> {
    fn make_directory(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        (self.meddle)(Change::MakeDirectory, boot, path)?;
        self.disk.make_directory(boot, path)
    }

    fn create(&mut self, boot: &HeldDirectory, path: &Path, mode: u32) -> io::Result<()> {
        (self.meddle)(Change::Other, boot, path)?;
        self.disk.create(boot, path, mode)
    }

    fn append(&mut self, boot: &HeldDirectory, path: &Path, bytes: &[u8]) -> io::Result<()> {
        (self.meddle)(Change::Other, boot, path)?;
        self.disk.append(boot, path, bytes)
    }

    fn keep_permissions(&mut self, boot: &HeldDirectory, path: &Path, like: &Path) -> io::Result<()> {
        (self.meddle)(Change::Other, boot, path)?;
        self.disk.keep_permissions(boot, path, like)
    }

    fn run(&mut self, program: &Path, boot: &HeldDirectory, path: &Path, limit: Duration) -> io::Result<ExitStatus> {
        (self.meddle)(Change::Other, boot, path)?;
        self.disk.run(program, boot, path, limit)
    }

    fn sync_file(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        (self.meddle)(Change::Other, boot, path)?;
        self.disk.sync_file(boot, path)
    }

    fn sync_directory(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        (self.meddle)(Change::Other, boot, path)?;
        self.disk.sync_directory(boot, path)
    }

    fn sync_filesystem(&mut self, boot: &HeldDirectory) -> io::Result<()> {
        (self.meddle)(Change::SyncFilesystem, boot, Path::new(""))?;
        self.disk.sync_filesystem(boot)
    }

    fn rename(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        (self.meddle)(Change::Other, boot, to)?;
        self.disk.rename(boot, from, to)
    }

    fn rename_to_new(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        (self.meddle)(Change::RenameToNew, boot, to)?;
        self.disk.rename_to_new(boot, from, to)
    }

    fn link(&mut self, boot: &HeldDirectory, from: &Path, to: &Path) -> io::Result<()> {
        (self.meddle)(Change::Other, boot, to)?;
        self.disk.link(boot, from, to)
    }

    fn remove(&mut self, boot: &HeldDirectory, path: &Path) -> io::Result<()> {
        (self.meddle)(Change::Other, boot, path)?;
        self.disk.remove(boot, path)
    }
}

/// Where a boot directory is, where another one that takes its place, and where the first one goes then.
struct Exchange {
    boot: PathBuf,
    other: PathBuf,
    aside: PathBuf,
}

impl Exchange {
    fn of(store: &Store) -> Self {
        let (other, aside) = (store.root().join("other"), store.root().join("aside"));
        // pygrub would choose another configuration there, and find none of the kernels.
        fs::create_dir_all(other.join("kernels")).unwrap();
        fs::create_dir_all(other.join("grub")).unwrap();
        fs::write(other.join("grub/menu.lst"), "title another\nkernel /another\n").unwrap();
        Self { boot: store.boot(), other, aside }
    }

    /// A disk on which that happens before the first change.
    fn disk(&self) -> impl InstallDisk {
        let mut done = false;
        Meddled {
            disk: FaultyDisk::new(),
            meddle: move |change, _: &HeldDirectory, _: &Path| {
                if matches!(change, Change::MakeDirectory | Change::SyncFilesystem)
                    && !std::mem::replace(&mut done, true)
                {
                    fs::rename(&self.boot, &self.aside).unwrap();
                    fs::rename(&self.other, &self.boot).unwrap();
                }
                Ok(())
            },
        }
    }
}

/// The mount of the boot directory is what is held: what has its path meanwhile is neither read nor written.
#[test]
fn a_boot_directory_that_is_exchanged_is_judged_and_written_all_the_same() {
    let store = Store::of(&[Spec { secrets: Some("s".into()), ..Spec::new(1) }]);
    let exchange = Exchange::of(&store);
    let before = listing(&exchange.other);
    grub_cfg::install(&store.options(), Path::new(CURRENT), &mut exchange.disk()).unwrap();
    assert_eq!(listing(&store.boot()), before);
    assert!(exchange.aside.join("grub/grub.cfg").exists());
    let kernels = nixos_store::files(&exchange.aside.join("kernels"));
    assert!(kernels.keys().any(|name| name.contains("-secrets-1-")), "{:?}", kernels.keys());
}

/// Where it is a directory of its filesystem, pygrub would come to the other one.
#[test]
fn a_directory_that_was_moved_on_its_filesystem_gets_no_configuration() {
    let store = Store::of(&[Spec::new(1)]);
    let exchange = Exchange::of(&store);
    let options = PlanOptions { prefix: Some("/boot".into()), ..store.options() };
    let before = listing(&exchange.other);
    let error = grub_cfg::install(&options, Path::new(CURRENT), &mut exchange.disk()).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "boot` was moved while pregrub was at work, or another directory has its name; no grub.cfg was written"
        ),
        "{error}"
    );
    assert_eq!(listing(&store.boot()), before);
    assert!(nixos_store::files(&exchange.aside).is_empty());
}

/// It is neither replaced nor taken back with the copies.
#[test]
fn a_file_that_has_a_copys_name_at_the_last_moment_stays() {
    for fails in [false, true] {
        let store = Store::of(&[Spec::new(1)]);
        // Somebody makes a file under the copy's name at the last moment; the operating system reports an error as well, or not.
        let mut made = None;
        let meddle = |change, boot: &HeldDirectory, to: &Path| {
            if change != Change::RenameToNew {
                return Ok(());
            }
            let place = boot.path().join(to);
            fs::write(&place, "somebody's").unwrap();
            made = Some(place);
            if fails { Err(io::Error::from_raw_os_error(5)) } else { Ok(()) }
        };
        let mut disk = Meddled { disk: FaultyDisk::new(), meddle };
        let error = grub_cfg::install(&store.options(), Path::new(CURRENT), &mut disk).unwrap_err().to_string();
        assert!(error.ends_with("no grub.cfg was written"), "{error}");
        let place = made.unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"somebody's", "{fails}");
        let left: Vec<_> = nixos_store::files(&store.boot()).into_keys().collect();
        assert_eq!(left, [format!("kernels/{}", place.file_name().unwrap().to_str().unwrap())], "{fails}");
    }
}

/// Names like those that the installer writes for a moment are somebody else's where they are not its own.
#[test]
fn files_with_names_like_the_installers_stay() {
    let store = Store::of(&[Spec::new(1)]);
    let kernel = format!("kernels/.new-{}-linux", "7".repeat(32));
    let names = ["grub/.grub.cfg.old", "grub/.grub.cfg.new", "grub/grub.cfg.pregrub", &kernel];
    for name in names {
        store.file(&format!("/boot/{name}"), b"mine");
    }
    grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
    for name in names {
        assert_eq!(fs::read(store.boot().join(name)).unwrap(), b"mine", "{name}");
    }
}

/// The program that appends secrets does it itself: they do not come into somebody else's file.
#[test]
fn secrets_go_into_the_file_that_is_held() {
    let mut store = Store::new();
    let toplevel = store.build(&Spec { secrets: Some("s".into()), ..Spec::new(1) });
    store.link(None, 1, &toplevel);
    let root = store.root().canonicalize().unwrap();
    let program = format!(
        "#!/bin/sh\ncd {}\nmv boot aside\nmkdir -p boot/kernels\n: > \"boot/kernels/$(basename \"$1\")\"\nprintf secret >> \"$1\"\n",
        root.display()
    );
    store.program(&format!("{toplevel}/append-initrd-secrets"), &program);
    grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).unwrap();
    assert!(nixos_store::files(&root.join("boot")).values().all(Vec::is_empty));
    let kernels = nixos_store::files(&root.join("aside/kernels"));
    assert!(kernels.values().any(|content| content.ends_with(b"secret")), "{:?}", kernels.keys());
}

/// A guest with so many variants of its system, which differ by their names alone.
fn variants(count: usize) -> Store {
    let mut store = Store::new();
    let toplevel = store.build(&Spec::new(1));
    store.link(None, 1, &toplevel);
    let path = format!("{toplevel}/boot.json");
    let mut document: Map<String, Value> = serde_json::from_slice(&fs::read(store.host(&path)).unwrap()).unwrap();
    let variant = Value::Object(document.clone());
    let variants = (0..count).map(|number| (format!("v{number}"), variant.clone())).collect();
    document.insert("org.nixos.specialisation.v1".to_owned(), Value::Object(variants));
    store.file(&path, &serde_json::to_vec(&document).unwrap());
    store
}

/// The seconds of the processor that the plan takes.
fn costs(store: &Store) -> f64 {
    let now = || {
        let time = clock_gettime(ClockId::ThreadCPUTime);
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    };
    let begun = now();
    grub_cfg::plan(&store.options(), Path::new(CURRENT)).unwrap();
    now() - begun
}

#[test]
fn the_judgement_does_not_grow_faster_than_the_menu() {
    let (few, many) = (variants(120), variants(960));
    costs(&few);
    let (few, many) = (costs(&few), costs(&many));
    println!("{few} s of 121 entries, {many} s of 961");
    // Eight times as many; 64 times where each entry had all of them parsed.
    assert!(many < 20.0 * few, "{few} {many}");
}

#[test]
fn a_menu_has_an_end() {
    let store = variants(1000);
    let error = grub_cfg::plan(&store.options(), Path::new(CURRENT)).unwrap_err().to_string();
    let expected = "the menu would have more than 1000 entries: choose a lower --limit, or build fewer specialisations";
    assert_eq!(error, expected);
    let store = variants(1001);
    let error = grub_cfg::plan(&store.options(), Path::new(CURRENT)).unwrap_err().to_string();
    assert!(error.ends_with("has more than 1000 specialisations: build fewer"), "{error}");
    assert!(grub_cfg::plan(&variants(999).options(), Path::new(CURRENT)).is_ok());
}

/// A signal is heard between two runs of the judgement, and not only when it is done.
#[test]
fn a_signal_ends_the_judgement() {
    // On a fast machine the judgement may be over when the signal comes.
    for milliseconds in [100, 30, 5] {
        let store = variants(960);
        let stop = Arc::new(AtomicBool::default());
        let (theirs, boot) = (Arc::clone(&stop), store.boot());
        let (error, _store) = within(60, "a signal", move || {
            std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(milliseconds));
                theirs.store(true, Ordering::Relaxed);
            });
            let options = store.options();
            let error = grub_cfg::install(&options, Path::new(CURRENT), &mut LocalDisk::until(stop)).unwrap_err();
            (error.to_string(), store)
        });
        assert!(error.contains("a signal ended the installation; "), "{error}");
        if error.ends_with("; nothing was changed") {
            assert_eq!(fs::read_dir(boot).unwrap().count(), 0);
            return;
        }
        assert!(error.ends_with("; no grub.cfg was written"), "{error}");
    }
    panic!("the judgement was always over");
}

/// Every configuration that pygrub of some release looks for, each as long as it is looked through, or longer.
#[test]
fn other_configurations_take_64_mib() {
    let digits = |number: usize| format!("title a\nkernel /{number:032x}-a\ninitrd /{:032x}-b\n", number + (1 << 40));
    let names: Vec<String> = (0..20_000).map(digits).collect();
    for (piece, length) in [
        (names.concat().into_bytes(), (1 << 20) - 1),
        (names.concat().into_bytes(), 2 << 20),
        (b"title a\nkernel /a\n".repeat(70_000), (1 << 20) - 1),
        (b"label a\n".repeat(140_000), (1 << 20) - 1),
        (b"menuentry \"a\" {\n linux /a\n}\n".repeat(70_000), (1 << 20) - 1),
        (b"}\n".repeat(1 << 20), (1 << 20) - 1),
    ] {
        let store = Store::of(&[Spec::new(1)]);
        let mut text = piece;
        text.truncate(length);
        for path in [
            "grub/menu.lst",
            "grub/grub.conf",
            "grub2/grub.cfg",
            "extlinux/extlinux.conf",
            "extlinux.conf",
            "isolinux.cfg",
        ] {
            let path = store.boot().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &text).unwrap();
        }
        let (_, peak) = within(120, "many names", move || {
            memory::peak(|| grub_cfg::install(&store.options(), Path::new(CURRENT), &mut FaultyDisk::new()).map(drop))
        });
        println!("{} MiB", peak >> 20);
        assert!(peak <= 64 << 20, "{} MiB of {:?}", peak >> 20, String::from_utf8_lossy(&text[..20]));
    }
}
