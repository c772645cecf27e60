//! The installer is stopped at every change in turn: whatever the disk holds then, pygrub boots the old system or the new one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use pregrub::boot::{self, Options, Verdict};
use pregrub::generate::grub_cfg::{self, InstallDisk};
use pregrub::storage::beneath::HeldDirectory;
use pregrub::storage::directory::{DirectoryVolume, PlannedFile, PlannedFiles, PlannedVolume};
use pregrub::storage::mount::{Mounting, Volumes};

use crate::common::faulty_disk::{Change, DriverError, FaultyDisk};
use crate::common::images::{Image, Tree, Volume};
use crate::common::nixos_store::{self, Expected, Spec, Store};
use crate::common::oracle::RunCase;
use crate::common::random::Random;

/// A guest whose system is about to be replaced.
struct Guest {
    store: Store,
    old: String,
    new: String,
}

/// Three generations are installed; a fourth comes, the first goes, and the secrets of the second are other ones by now.
fn guest() -> Guest {
    let spec = |number: u64| Spec {
        boot_json: number.is_multiple_of(2),
        kernel: number.min(3),
        secrets: (number.is_multiple_of(2)).then(|| format!("secret {number}")),
        ..Spec::new(number)
    };
    let mut store = Store::of(&[spec(1), spec(2), spec(3)]);
    let mut variant = spec(50);
    variant.initrd = false;
    let new = Spec { specialisations: vec![("light".into(), variant)], ..spec(4) };
    let old = fs::read_link(store.host("/nix/var/nix/profiles/system-3-link")).unwrap().to_str().unwrap().to_owned();
    install(&store, &old, &mut FaultyDisk::new()).unwrap();
    let second = fs::read_link(store.host("/nix/var/nix/profiles/system-2-link")).unwrap().to_str().unwrap().to_owned();
    store.program(&format!("{second}/append-initrd-secrets"), "#!/bin/sh\nprintf rotated >> \"$1\"\n");
    let new = store.build(&new);
    store.link(None, 4, &new);
    Guest { store, old, new }
}

fn install(
    store: &Store,
    toplevel: &str,
    disk: &mut dyn InstallDisk,
) -> Result<grub_cfg::InstallReport, grub_cfg::GrubCfgError> {
    grub_cfg::install(&grub_cfg::PlanOptions { limit: 3, ..store.options() }, Path::new(toplevel), disk)
}

impl Guest {
    fn expected(&self, toplevel: &str) -> &Expected {
        &self.store.systems[&format!("{toplevel}/init")]
    }

    /// Whether what boots is the old system or the new one, whole.
    fn judge(&self, volumes: &dyn Volumes) -> Result<&str, String> {
        let run = boot::run_on(volumes, None, Options::default()).map_err(|error| error.to_string())?;
        let (Verdict::Boots, Some(chosen)) = (run.verdict, &run.chosen) else {
            return Err(pregrub::explain::explain(&run).map_or_else(String::new, |explanation| explanation.reason));
        };
        let Ok(Mounting::Mounted(filesystem)) = volumes.mount(0) else { return Err("not mounted".into()) };
        let read = |file: &boot::ChosenFile| {
            let mut content = vec![0; 1 << 16];
            let count = filesystem.open(file.path.as_bytes()).unwrap().read_at(0, &mut content).unwrap();
            content.truncate(count);
            content
        };
        let booted = Expected {
            kernel: read(&chosen.kernel),
            initrd: chosen.ramdisk.as_ref().map(read),
            args: chosen.args.as_ref().unwrap().to_string(),
        };
        [&self.old, &self.new]
            .into_iter()
            .find(|toplevel| *self.expected(toplevel) == booted)
            .map(String::as_str)
            .ok_or_else(|| format!("neither the old nor the new system: {}", booted.args))
    }
}

#[test]
fn cut_at_every_change_the_disk_boots_and_the_next_run_finishes() {
    let reference = guest();
    let mut disk = FaultyDisk::new();
    install(&reference.store, &reference.new, &mut disk).unwrap();
    let changes = disk.log.len();
    // What the old grub.cfg alone names goes with the next installation.
    install(&reference.store, &reference.new, &mut FaultyDisk::new()).unwrap();
    let whole = nixos_store::files(&reference.store.boot());
    assert!(changes > 20, "{changes}");
    let mut seen = BTreeSet::new();
    for number in 0..=changes {
        let guest = guest();
        let mut disk = FaultyDisk::failing(number, DriverError::Cut);
        let result = install(&guest.store, &guest.new, &mut disk);
        assert_eq!(disk.failed(), number < changes, "{number}");
        let booted = guest.judge(&DirectoryVolume(&guest.store.boot())).unwrap_or_else(|why| panic!("{number}: {why}"));
        seen.insert(booted.to_owned());
        if booted == guest.old {
            assert!(result.is_err(), "{number}");
        }
        // Whatever is lying about is used or collected.
        for _ in 0..2 {
            install(&guest.store, &guest.new, &mut FaultyDisk::new())
                .unwrap_or_else(|error| panic!("{number}: {error}"));
        }
        let left = nixos_store::files(&guest.store.boot());
        assert_eq!(left.keys().collect::<Vec<_>>(), whole.keys().collect::<Vec<_>>(), "{number}");
        assert_eq!(left, whole, "{number}");
    }
    assert_eq!(seen.len(), 2);
    println!("{changes} changes");
}

/// What of an unfinished filesystem reaches the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    /// It replays the journal: what `fsync` returned from is there.
    Replaying,
    /// pygrub: what is in the journal only may be there, or not, or in part. Only `syncfs` makes it certain.
    Unreplayed,
}

/// A filesystem as hostile as its promises allow.
struct Model {
    reader: Reader,
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    on_disk: BTreeMap<PathBuf, usize>,
    pending: Vec<Pending>,
}

struct Inode {
    content: Vec<u8>,
    /// Whether the content is certain to be on the disk.
    certain: bool,
    links: usize,
}

/// A change of names that may be lost. All of it is in one directory.
struct Pending {
    names: Vec<(PathBuf, Option<usize>)>,
    /// The inode that lost its last name by it, and may be cleared on the disk before the name is gone.
    freed: Option<usize>,
}

impl Model {
    fn new(reader: Reader, files: &BTreeMap<String, Vec<u8>>) -> Self {
        let mut model =
            Self { reader, inodes: Vec::new(), names: BTreeMap::new(), on_disk: BTreeMap::new(), pending: Vec::new() };
        for (path, content) in files {
            model.names.insert(path.into(), model.inodes.len());
            model.inodes.push(Inode { content: content.clone(), certain: true, links: 1 });
        }
        model.on_disk = model.names.clone();
        model
    }

    fn name(&mut self, names: Vec<(PathBuf, Option<usize>)>) {
        let mut freed = None;
        for (path, inode) in &names {
            let before = match inode {
                Some(inode) => {
                    self.inodes[*inode].links += 1;
                    self.names.insert(path.clone(), *inode)
                }
                None => self.names.remove(path),
            };
            if let Some(before) = before {
                self.inodes[before].links -= 1;
            }
        }
        for (path, _) in &names {
            // Renaming over a name takes it from an inode that nothing else may lead to.
            if let Some(&before) = self.on_disk.get(path)
                && self.inodes[before].links == 0
            {
                freed = Some(before);
            }
        }
        self.pending.push(Pending { names, freed });
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::MakeDirectory(_) | Change::KeepPermissions(_) => {}
            Change::Create(path) => {
                self.inodes.push(Inode { content: Vec::new(), certain: false, links: 0 });
                self.name(vec![(path.clone(), Some(self.inodes.len() - 1))]);
            }
            Change::Append(path, bytes) => {
                let inode = &mut self.inodes[self.names[path]];
                inode.content.extend_from_slice(bytes);
                inode.certain = false;
            }
            Change::Run(path, content) => {
                let inode = &mut self.inodes[self.names[path]];
                inode.content.clone_from(content);
                inode.certain = false;
            }
            Change::SyncFile(path) => {
                if self.reader == Reader::Replaying {
                    let inode = self.names[path];
                    self.inodes[inode].certain = true;
                }
            }
            Change::SyncDirectory(path) => {
                if self.reader == Reader::Replaying {
                    let (here, elsewhere) = std::mem::take(&mut self.pending)
                        .into_iter()
                        .partition(|change| change.names[0].0.parent() == Some(path));
                    self.pending = elsewhere;
                    for change in here {
                        perform(&mut self.on_disk, &change);
                    }
                }
            }
            Change::SyncFilesystem => {
                for change in std::mem::take(&mut self.pending) {
                    perform(&mut self.on_disk, &change);
                }
                self.inodes.iter_mut().for_each(|inode| inode.certain = true);
            }
            Change::Rename(from, to) => {
                let inode = self.names[from];
                self.name(vec![(to.clone(), Some(inode)), (from.clone(), None)]);
            }
            Change::Link(from, to) => {
                let inode = self.names[from];
                self.name(vec![(to.clone(), Some(inode))]);
            }
            Change::Remove(path) => self.name(vec![(path.clone(), None)]),
        }
    }

    /// What may be found after the power was cut here.
    fn found(&self, random: &mut Random) -> BTreeMap<String, Vec<u8>> {
        let mut names = self.on_disk.clone();
        let chance = random.pick(&[0, 20, 50, 80, 100]);
        let mut cleared = BTreeSet::new();
        for change in &self.pending {
            if random.chance(chance) {
                perform(&mut names, change);
            }
            // Without a journal that is replayed the two halves of it are apart.
            if self.reader == Reader::Unreplayed && random.chance(50) {
                cleared.extend(change.freed);
            }
        }
        names
            .iter()
            .map(|(path, inode)| {
                let Inode { content, certain, .. } = &self.inodes[*inode];
                let length = if cleared.contains(inode) {
                    0
                } else if *certain {
                    content.len()
                } else {
                    random.pick(&[0, content.len() / 2, content.len()])
                };
                (path.to_str().unwrap().to_owned(), content[..length].to_vec())
            })
            .collect()
    }
}

fn perform(names: &mut BTreeMap<PathBuf, usize>, change: &Pending) {
    for (path, inode) in &change.names {
        match inode {
            Some(inode) => names.insert(path.clone(), *inode),
            None => names.remove(path),
        };
    }
}

/// Tries what may be found after each change of a log; the first that does not boot is an error.
fn try_all(
    guest: &Guest,
    before: &BTreeMap<String, Vec<u8>>,
    log: &[Change],
    reader: Reader,
    mut found: impl FnMut(usize, &BTreeMap<String, Vec<u8>>),
) -> Result<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    let empty = HeldDirectory::open(folder.path()).unwrap();
    let mut random = Random::new(5);
    let mut model = Model::new(reader, before);
    let mut tried = 0;
    for number in 0..=log.len() {
        for _ in 0..25 {
            let files = model.found(&mut random);
            let planned: PlannedFiles =
                files.iter().map(|(path, content)| (path.into(), PlannedFile::Bytes(content.clone()))).collect();
            guest
                .judge(&PlannedVolume { root: &empty, part: (Path::new(""), &empty), files: &planned })
                .map_err(|why| format!("{reader:?}, after {number} changes: {why}"))?;
            found(number, &files);
            tried += 1;
        }
        if let Some(change) = log.get(number) {
            model.apply(change);
        }
    }
    Ok(tried)
}

#[test]
fn whatever_of_the_writes_is_lost_the_disk_boots() {
    let guest = guest();
    let before = nixos_store::files(&guest.store.boot());
    let mut disk = FaultyDisk::new();
    install(&guest.store, &guest.new, &mut disk).unwrap();
    let mut samples: Vec<Sample> = Vec::new();
    for reader in [Reader::Replaying, Reader::Unreplayed] {
        let tried = try_all(&guest, &before, &disk.log, reader, |number, files| {
            if number % 5 == 0 && samples.last().is_none_or(|(last, _)| *last != (reader, number)) {
                samples.push(((reader, number), files.clone()));
            }
        });
        println!("{reader:?}: {} states", tried.unwrap_or_else(|why| panic!("{why}")));
    }

    // The model is no better than what it finds: without any one of these precautions it must find a disk that does not boot.
    let is_sync = |change: &Change| *change == Change::SyncFilesystem;
    let without = |left_out: &dyn Fn(&Change) -> bool| -> Vec<Change> {
        disk.log.iter().filter(|change| !left_out(change)).cloned().collect()
    };
    let is_old = |path: &PathBuf| path.ends_with(".pregrub-grub.cfg.old");
    let careless: [(&str, Reader, Vec<Change>); 3] = [
        ("syncfs", Reader::Unreplayed, without(&is_sync)),
        (
            "the second name of the old grub.cfg",
            Reader::Unreplayed,
            without(&|change| matches!(change, Change::Link(_, to) | Change::Remove(to) if is_old(to))),
        ),
        (
            "fsync",
            Reader::Replaying,
            without(&|change| is_sync(change) || matches!(change, Change::SyncFile(_) | Change::SyncDirectory(_))),
        ),
    ];
    for (what, reader, log) in careless {
        assert!(log.len() < disk.log.len());
        let result = try_all(&guest, &before, &log, reader, |_, _| {});
        println!("without {what}: {}", result.as_ref().expect_err(what));
    }
    boots_by_pygrub(&guest, &samples);
}

/// After how many changes, as seen by whom, and what was found.
type Sample = ((Reader, usize), BTreeMap<String, Vec<u8>>);

/// Some of these states as disks of the real pygrub.
fn boots_by_pygrub(guest: &Guest, samples: &[Sample]) {
    let oracle = oracle_or_skip!();
    assert!(samples.len() > 10, "{}", samples.len());
    let images: Vec<Image> = samples
        .iter()
        .map(|(_, files)| {
            let tree = files.iter().fold(Tree::new(), |tree, (path, content)| tree.file(path, content.clone()));
            Image::whole(&Volume::ext4(tree))
        })
        .collect();
    let runs: Vec<RunCase> = images
        .iter()
        .map(|image| {
            let image = image.argument();
            RunCase::new("cut", ["-q", "--output-format=simple", "--output-directory=@OUT", &image])
        })
        .collect();
    let expected = [guest.expected(&guest.old), guest.expected(&guest.new)];
    let mut seen = BTreeSet::new();
    for ((name, _), answer) in samples.iter().zip(oracle.runs(&runs)) {
        assert_eq!(answer.rc, Some(0), "{name:?}: {}", answer.last_line());
        let content = |name: &str| answer.files.get(name).and_then(|file| file.content.clone());
        let stdout = String::from_utf8_lossy(&answer.stdout);
        let booted = expected.iter().find(|expected| {
            content("boot_kernel.XXXXXXXX").as_ref() == Some(&expected.kernel)
                && content("boot_ramdisk.XXXXXXXX") == expected.initrd
                && stdout.contains(&format!("args {}\n", expected.args))
        });
        seen.insert(booted.unwrap_or_else(|| panic!("{name:?}: {stdout}")).args.clone());
    }
    assert_eq!(seen.len(), 2);
    println!("{} of them by the real pygrub", samples.len());
}
