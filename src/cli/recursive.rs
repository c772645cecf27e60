//! `--recursive`: what pygrub could be pointed at in a tree of directories.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use globset::{Glob, GlobSet, GlobSetBuilder};
use walkdir::{DirEntry, WalkDir};

use super::checkouts;
use super::host_devices::HostDevices;
use super::settings::{FileSettings, Finder};
use super::skipped::{Reason, SkippedCounts};
use super::target_name::TargetName;
use crate::cli::stdout::complain;
use crate::config::Dialect;
use crate::escape::shown_path;
use crate::release::Release;
use crate::storage::beneath::is_of_repository;
use crate::storage::identify::{Format, identify};
use crate::storage::opening::open_without_waiting;
use crate::storage::source::{FileSource, Source, Volume};
use crate::target::{DiskAccess, may_be_domain};
use crate::xl::syntax;

#[derive(Debug, Args)]
pub(super) struct RecursiveArgs {
    /// Take from the directories that are named, and from all below them, each file that pygrub could be given: boot configurations; for check disk images and domains' configurations too, and below /dev, but not in what is mounted there (/dev/shm), block devices, each once; what lies in `.git` is left out
    #[arg(long, help_heading = "Directories")]
    pub recursive: bool,
    /// With --recursive, leave out what fits this pattern (`old`, `*.iso`, `guests/*/tmp`), relative to the directory that is named; may be repeated
    #[arg(long, value_name = "PATTERN", requires = "recursive", help_heading = "Directories")]
    exclude: Vec<String>,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sought {
    /// Boot configurations.
    Configurations,
    /// Disk images and domains' configurations as well.
    Everything,
}

/// The targets, with those in the trees.
#[derive(Debug, Default)]
pub(super) struct Targets {
    pub names: Vec<TargetName>,
    /// What those that were found in a tree may have opened, by their names.
    found: HashMap<PathBuf, DiskAccess>,
    /// With a list: the targets that do not come from it alone.
    named: Option<HashSet<PathBuf>>,
    /// What those may have opened that were named, where it is said. Otherwise it depends on their place.
    of_named: Option<DiskAccess>,
    /// Something could not be looked at. It has been complained about.
    pub incomplete: bool,
}

impl Targets {
    /// Treats all targets but these as those of a list, whose domains have no disk opened.
    pub(super) fn are_listed_but(&mut self, named: &[TargetName]) {
        self.named = Some(named.iter().map(|name| name.path().to_owned()).collect());
    }

    /// Has all domains trusted, also those that were found or listed, so that any disk that they name is opened.
    pub(super) fn trust(&mut self) {
        self.found = HashMap::new();
        self.named = None;
        self.of_named = Some(DiskAccess::anywhere());
    }

    /// Has no domain trusted, named ones neither: those have what `access` lets be opened.
    pub(super) fn distrust(&mut self, access: DiskAccess) {
        self.of_named = Some(access);
    }

    /// Which files a target may have opened: any if it was named, unless those are not trusted, or a commit may have written it; those of
    /// the tree if it was found there; none if it was listed.
    pub(super) fn access(&self, name: &TargetName) -> DiskAccess {
        match (self.found.get(name.path()), &self.named) {
            (Some(access), _) => access.clone(),
            (None, Some(named)) if !named.contains(name.path()) => DiskAccess::of_list(),
            _ => self.of_named.clone().unwrap_or_else(|| checkouts::access_by_place(name.path())),
        }
    }

    fn add(&mut self, path: &Path, tree: &DiskAccess) {
        self.names.push(path.into());
        self.found.insert(path.to_owned(), tree.clone());
    }
}

impl RecursiveArgs {
    /// Puts into the place of each directory what is found below it, in the order of the names. What is wrong with a pattern or
    /// with settings is one sentence.
    pub(super) fn targets(&self, names: Vec<TargetName>, sought: Sought, finder: &Finder) -> Result<Targets, String> {
        let mut targets = Targets::default();
        for name in names {
            if !self.recursive || !name.path().is_dir() {
                targets.names.push(name);
                continue;
            }
            let root = name.path();
            let settings = finder.in_force();
            if let Some(sentence) = finder.passed_over(root) {
                complain(&sentence);
            }
            let excluded = Excluded::new(&self.exclude, root, &settings)?;
            let before = targets.names.len();
            let skipped = match DiskAccess::beneath(root) {
                Ok(tree) => walk(root, sought, &excluded, &tree, &mut targets),
                Err(error) => {
                    complain(&super::cannot_read(name.as_str(), &error));
                    SkippedCounts::default()
                }
            };
            let nothing = targets.names.len() == before;
            if !nothing && skipped.is_notable() {
                complain(&format!("passed over in `{name}`: {skipped}"));
            }
            if nothing {
                let what = match sought {
                    Sought::Configurations => "boot configuration",
                    Sought::Everything => "boot configuration, disk image or domain's configuration",
                };
                let there = skipped.to_string();
                let there = if there.is_empty() { there } else { format!(" (passed over: {there})") };
                complain(&format!("there is no {what} in `{name}`{there}"));
                targets.incomplete = true;
            }
        }
        Ok(targets)
    }
}

fn walk(root: &Path, sought: Sought, excluded: &Excluded, tree: &DiskAccess, targets: &mut Targets) -> SkippedCounts {
    // A repository's own files are of nobody who is checked: branches have any names, and credentials lie there.
    let repositories = Cell::new(0_usize);
    let wanted = |entry: &DirEntry| {
        if entry.depth() == 0 {
            return true;
        }
        if excluded.covers(entry.path()) {
            return false;
        }
        let is_repository = is_of_repository(entry.file_name());
        repositories.set(repositories.get().saturating_add(usize::from(is_repository)));
        !is_repository
    };
    let mut skipped = SkippedCounts::default();
    let mut devices = Devices::new(root);
    // Links to directories are not followed: what they lead to is found where it is, and no loop is possible.
    for entry in WalkDir::new(root).sort_by_file_name().into_iter().filter_entry(wanted) {
        let entry = match entry {
            Ok(entry) => entry,
            // A directory may have become a link since it was listed. What lies at its end is not said.
            Err(error) if error.depth() > 0 && error.path().is_none_or(|path| !tree.has(path)) => continue,
            Err(error) => {
                let path = shown_path(error.path().unwrap_or(root));
                complain(&match error.io_error() {
                    Some(error) => super::cannot_read(&path, error),
                    None => format!("cannot read `{path}`: a link in it leads to a directory above it"),
                });
                targets.incomplete = true;
                continue;
            }
        };
        let kind = entry.file_type();
        let path = entry.path();
        if kind.is_dir() || !tree.has(path) {
            continue;
        }
        let fits = if kind.is_symlink() || kind.is_block_device() {
            match devices.look(path, kind.is_symlink(), sought) {
                Linked::PassedOver(reason) => {
                    skipped.count(reason);
                    continue;
                }
                Linked::NotCounted => continue,
                Linked::Judged(fits) => fits,
            }
        } else if !kind.is_file() {
            skipped.count(Reason::Special);
            continue;
        } else {
            match is_configuration(root, path) {
                true => Ok(true),
                false if sought == Sought::Configurations => Ok(false),
                false => is_domain(path, tree).and_then(|domain| if domain { Ok(true) } else { is_image(path, tree) }),
            }
        };
        match fits {
            Ok(false) => skipped.count(Reason::NothingKnown),
            // A device of the host is as good as named.
            Ok(true) if !kind.is_file() => targets.names.push(path.into()),
            Ok(true) => targets.add(path, tree),
            Err(error) => {
                complain(&super::cannot_read(&shown_path(path), &error));
                targets.incomplete = true;
            }
        }
    }
    skipped.count_several(Reason::Repository, repositories.get());
    skipped
}

/// What a link or a device in a tree is.
enum Linked {
    /// Something that is found by another name, or that nobody looks for.
    NotCounted,
    /// Not a target.
    PassedOver(Reason),
    /// Looked at: whether it is a target.
    Judged(io::Result<bool>),
}

/// Links and block devices in a tree. Each device is a target once, by the first of its names.
struct Devices<'a> {
    /// The tree as it is named, and without links in its path.
    named: &'a Path,
    real: Option<PathBuf>,
    of_host: HostDevices,
    known: HashSet<u64>,
}

impl<'a> Devices<'a> {
    fn new(root: &'a Path) -> Self {
        Self { named: root, real: root.canonicalize().ok(), of_host: HostDevices::new(), known: HashSet::new() }
    }

    /// What a link or a device is. Only the host's own names of devices are followed: elsewhere a link or a node may be a guest's, and
    /// nobody is to learn from what is said of it what lies at its end.
    fn look(&mut self, path: &Path, is_link: bool, sought: Sought) -> Linked {
        let Ok(inside) = path.strip_prefix(self.named) else { return Linked::PassedOver(Reason::Link) };
        let directory = inside.parent().and_then(|parent| Some(self.real.as_ref()?.join(parent)));
        if directory.is_some_and(|directory| self.of_host.have(&directory))
            && let Ok(metadata) = fs::metadata(path)
            && metadata.file_type().is_block_device()
        {
            if sought == Sought::Configurations || !self.known.insert(metadata.rdev()) {
                return Linked::NotCounted;
            }
            return match is_disk(path) {
                Ok(false) => Linked::PassedOver(Reason::Device),
                judged => Linked::Judged(judged),
            };
        }
        if !is_link && sought == Sought::Configurations {
            Linked::NotCounted
        } else if !is_link {
            Linked::PassedOver(Reason::Device)
        } else if fs::read_link(path).is_ok_and(|text| stays_inside(inside, &text)) {
            // What it leads to, if anything, is found where it is.
            Linked::NotCounted
        } else {
            Linked::PassedOver(Reason::Link)
        }
    }
}

/// Whether the text of a link names a place in the tree, by the text alone. `link` is where the link is in the tree.
fn stays_inside(link: &Path, text: &Path) -> bool {
    let mut depth = link.components().count().saturating_sub(1);
    text.components().all(|component| {
        match component {
            Component::Normal(_) => depth = depth.saturating_add(1),
            Component::CurDir => {}
            Component::ParentDir => match depth.checked_sub(1) {
                Some(above) => depth = above,
                None => return false,
            },
            Component::RootDir | Component::Prefix(_) => return false,
        }
        true
    })
}

/// Whether something is recognised at the start of a block device that may be a disk.
fn is_disk(path: &Path) -> io::Result<bool> {
    let source: Arc<dyn Source> = Arc::new(FileSource::new(open_without_waiting(path)?)?);
    Ok(identify(&Volume::new(source, 0))?.is_some_and(|found| !NO_DISKS.contains(&found.format)))
}

/// What is left out: patterns of the command line, relative to the directory that is named there, and those of the settings,
/// relative to their file.
struct Excluded(Vec<(std::path::PathBuf, GlobSet)>);

impl Excluded {
    fn new(given: &[String], root: &Path, settings: &FileSettings) -> Result<Self, String> {
        let mut sets = Vec::new();
        for (directory, patterns) in [(root, given), (settings.directory.as_path(), settings.exclude.as_slice())] {
            if patterns.is_empty() {
                continue;
            }
            let mut set = GlobSetBuilder::new();
            for pattern in patterns {
                let glob = Glob::new(pattern)
                    .map_err(|error| format!("`{pattern}` is not a value of --exclude: {}", error.kind()))?;
                set.add(glob);
            }
            // The settings' directory is a real path; the tree may be named by a link.
            let directory = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
            sets.push((directory, set.build().map_err(|error| error.to_string())?));
        }
        Ok(Self(sets))
    }

    /// A pattern without `/` fits a name anywhere, one with `/` the path.
    fn covers(&self, path: &Path) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let real = path.parent().and_then(|parent| Some(parent.canonicalize().ok()?.join(path.file_name()?)));
        let real = real.as_deref().unwrap_or(path);
        self.0.iter().any(|(directory, set)| {
            let relative = real.strip_prefix(directory).unwrap_or(real);
            set.is_match(relative) || path.file_name().is_some_and(|name| set.is_match(Path::new(name)))
        })
    }
}

/// Whether it has a name that pygrub looks for. What lies in a directory `EFI` it never reads: there GRUB's own stub is.
fn is_configuration(root: &Path, path: &Path) -> bool {
    let in_efi = || {
        let inside = path.strip_prefix(root).unwrap_or(path);
        inside.components().any(|part| part.as_os_str().eq_ignore_ascii_case("EFI"))
    };
    path.file_name().and_then(|name| Dialect::from_file_name(name.to_str()?)).is_some() && !in_efi()
}

/// Whether it is the configuration of a domain for xl, by its ending and its text: it names disks.
fn is_domain(path: &Path, tree: &DiskAccess) -> io::Result<bool> {
    const DOMAIN_ENDINGS: [&str; 5] = ["cfg", "conf", "xl", "pv", "hvm"];
    let ending = path.extension().and_then(|ending| ending.to_str());
    if !ending.is_some_and(|ending| DOMAIN_ENDINGS.contains(&ending)) {
        return Ok(false);
    }
    let mut text = Vec::new();
    tree.open_file(path)?.take(syntax::LIMIT as u64).read_to_end(&mut text)?;
    Ok(may_be_domain(path, &text)
        && syntax::parse(&text, Release::NEWEST).is_ok_and(|settings| settings.get("disk").is_some()))
}

/// The endings of images.
const ENDINGS: [&str; 12] =
    ["img", "raw", "image", "disk", "qcow", "qcow2", "qed", "vmdk", "vdi", "vhd", "vhdx", "iso"];

/// What is recognised at the start of a file and makes it no disk: kernels, initrds, archives, swap.
const NO_DISKS: [Format; 16] = [
    Format::BzImage,
    Format::Elf,
    Format::Pe,
    Format::Cpio,
    Format::Tar,
    Format::Zip,
    Format::Gzip,
    Format::Xz,
    Format::Zstd,
    Format::Bzip2,
    Format::Lz4,
    Format::Squashfs,
    Format::Cramfs,
    Format::Romfs,
    Format::Swap,
    Format::SwapSuspend,
];

/// The shortest disk: one of GRUB's images of boot code is no longer than this.
const SHORTEST: u64 = 64 << 10;

/// Whether it holds a disk or a filesystem: by its content, and where that is nothing that is known, by its name. An initrd is
/// called `*.img` too.
fn is_image(path: &Path, tree: &DiskAccess) -> io::Result<bool> {
    let mut file = tree.open_file(path)?;
    if file.metadata()?.len() < SHORTEST {
        return Ok(false);
    }
    let named = path.extension().and_then(|ending| ending.to_str());
    let named = named.is_some_and(|ending| ENDINGS.contains(&ending.to_ascii_lowercase().as_str()));
    // Nothing begins a disk without a NUL in its first sectors; that distinguishes most files.
    let mut head = Vec::new();
    (&mut file).take(4096).read_to_end(&mut head)?;
    if !named && !head.contains(&0) {
        return Ok(false);
    }
    let source: Arc<dyn Source> = Arc::new(FileSource::new(file)?);
    Ok(match identify(&Volume::new(source, 0))? {
        Some(found) => !NO_DISKS.contains(&found.format),
        None => named && !is_initrd(path),
    })
}

fn is_initrd(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    ["initr", "ramdisk"].iter().any(|word| name.contains(word))
}
