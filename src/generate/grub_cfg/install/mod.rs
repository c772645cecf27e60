//! The installation: copies first, grub.cfg last and in one step, what is no longer needed after that.
//!
//! Whenever it is cut short, the boot disk boots: pygrub finds the old grub.cfg with all it names, or the new one with all it
//! names. It takes more than the usual `fsync` and `rename`, since pygrub reads a filesystem as it lies on the disk and does not
//! replay its journal: what is in the journal only does not exist for it, or exists in part.
//!
//! - Before grub.cfg is replaced, and after, everything is brought to its own place (`syncfs`).
//! - The old grub.cfg keeps a second name until the new one is in its place: otherwise its inode could be cleared on the disk
//!   while the directory still leads to it.
//! - What the old grub.cfg names is removed only when no state of the disk has it as grub.cfg.

mod disk;
mod kernels;
mod lock;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub use disk::{Disk, HostDisk};
use kernels::{Kernels, WithSecrets};
use lock::Lock;

use super::boot_disk::BootDisk;
use super::error::Error;
use super::files::{KERNELS, SourceFiles};
use super::judge::judge;
use super::menu::Menu;
use super::plan::{GRUB_CFG, Options, menu, text_entries};
use super::text::text;
use crate::storage::directory::{PlannedFile, PlannedFiles};

/// Where grub.cfg is written before it becomes that, and where the old one stays until then.
const NEW_CFG: &str = "grub/.grub.cfg.new";
const OLD_CFG: &str = "grub/.grub.cfg.old";

/// What an installation did.
#[derive(Clone, Debug)]
pub struct Installed {
    /// The entries; the first is the default.
    pub menu: Menu,
    /// The grub.cfg that is there now.
    pub grub_cfg: PathBuf,
    /// How many kernels and initrds were copied.
    pub copied: usize,
    /// How many that nothing names any longer were removed.
    pub removed: usize,
}

/// Copies the kernels and initrds of the guest's generations to the boot disk and replaces grub.cfg, so that `toplevel` is what
/// boots by default.
///
/// # Errors
///
/// The system cannot be booted, pygrub would not boot what comes of it, or the boot disk cannot be written. Then it boots what
/// it has booted before, and its grub.cfg is the same.
pub fn install(options: &Options, toplevel: &Path, disk: &mut dyn Disk) -> Result<Installed, Error> {
    let boot_disk = BootDisk::find(&options.boot, options.prefix.as_deref(), &options.search)?;
    let _lock = Lock::take(&boot_disk.boot)?;
    let menu = menu(options, toplevel)?;
    let grub_cfg = boot_disk.boot.join(GRUB_CFG);
    let old = read(&grub_cfg)?;
    for directory in [KERNELS, "grub"] {
        make_directory(&boot_disk.boot, directory, disk)?;
    }
    let mut installation = Installation {
        kernels: Kernels::new(boot_disk.boot.join(KERNELS), disk, SourceFiles::new(&options.root)),
        boot_disk: &boot_disk,
        menu,
        removed: 0,
    };
    match installation.perform(options, old.as_deref()) {
        Ok(()) => {}
        Err(Failed::Before(error)) => {
            installation.take_back();
            let kept = if old.is_some() { "grub.cfg is what it was" } else { "no grub.cfg was written" };
            return Err(and(&error, kept));
        }
        Err(Failed::Unsynced(error)) => {
            return Err(and(&error, "the new grub.cfg is written, but may be lost until the disk is written to"));
        }
        Err(Failed::After(error)) => {
            installation.menu.warnings.push(format!("{error}; the new grub.cfg is in its place, with all it needs"));
        }
    }
    let Installation { kernels, menu, removed, .. } = installation;
    Ok(Installed { menu, grub_cfg, copied: kernels.added(), removed })
}

/// When it failed.
enum Failed {
    /// grub.cfg is the old one.
    Before(Error),
    /// grub.cfg is the new one, and it is not known whether it is on the disk.
    Unsynced(Error),
    /// The new one is there to stay.
    After(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Before(error)
    }
}

struct Installation<'a> {
    kernels: Kernels<'a>,
    boot_disk: &'a BootDisk,
    menu: Menu,
    removed: usize,
}

impl Installation<'_> {
    fn perform(&mut self, options: &Options, old: Option<&[u8]>) -> Result<(), Failed> {
        let boot_disk = self.boot_disk;
        let at = |path: &str| boot_disk.boot.join(path);
        // From here on the disk has the grub.cfg that is seen here, whoever wrote it. What it does not name may go: a run that
        // was cut short has left it, and it may be what fills the disk.
        self.sync(&boot_disk.boot)?;
        self.removed = self.kernels.collect(old.unwrap_or_default())?;
        let named = self.copy(options)?;
        self.change(&at(KERNELS), |disk| disk.sync_directory(&at(KERNELS)))?;

        let entries = text_entries(boot_disk, &self.menu.entries, &named);
        let text = text(&entries, options.timeout, boot_disk.uuid.as_deref())?;
        let planned = PlannedFiles::from([(
            boot_disk.path(GRUB_CFG).trim_start_matches('/').into(),
            PlannedFile::Bytes(text.clone().into_bytes()),
        )]);
        judge(boot_disk, &planned, &entries)?;
        drop(entries);

        if old != Some(text.as_bytes()) {
            self.write_new(&text)?;
            if old.is_some() {
                self.remove_if_there(&at(OLD_CFG))?;
                self.change(&at(OLD_CFG), |disk| disk.link(&at(GRUB_CFG), &at(OLD_CFG)))?;
            }
            self.change(&at("grub"), |disk| disk.sync_directory(&at("grub")))?;
            self.sync(&boot_disk.boot)?;
            self.change(&at(GRUB_CFG), |disk| disk.rename(&at(NEW_CFG), &at(GRUB_CFG)))?;
            self.change(&at("grub"), |disk| disk.sync_directory(&at("grub"))).map_err(Failed::Unsynced)?;
            self.sync(&boot_disk.boot).map_err(Failed::Unsynced)?;
        }
        self.tidy().map_err(Failed::After)
    }

    /// Copies what the entries need; of each entry the names of its kernel and initrd.
    fn copy(&mut self, options: &Options) -> Result<Vec<(String, Option<String>)>, Error> {
        let mut named = Vec::new();
        for entry in &self.menu.entries {
            let kernel = self.kernels.copy(&entry.kernel)?;
            let initrd = match (&entry.initrd, &entry.initrd_secrets) {
                (None, _) => None,
                (Some(initrd), Some(program)) if options.run_secrets => {
                    let program = options.root.host(program);
                    match self.kernels.copy_with_secrets(initrd, &program)? {
                        WithSecrets::Named(name) => Some(name),
                        WithSecrets::Failed(error) if entry.wanted => return Err(error),
                        // What an older generation wants may be gone by now, and it may still boot with somebody's help.
                        WithSecrets::Failed(error) => {
                            self.menu.warnings.push(format!("`{}` boots without its secrets: {error}", entry.title));
                            Some(self.kernels.copy(initrd)?)
                        }
                    }
                }
                (Some(initrd), _) => Some(self.kernels.copy(initrd)?),
            };
            named.push((kernel, initrd));
        }
        Ok(named)
    }

    fn write_new(&mut self, text: &str) -> Result<(), Error> {
        let path = self.boot_disk.boot.join(NEW_CFG);
        self.remove_if_there(&path)?;
        self.change(&path, |disk| disk.create(&path, 0o644))?;
        self.change(&path, |disk| disk.append(&path, text.as_bytes()))?;
        self.change(&path, |disk| disk.sync_file(&path))
    }

    /// Removes what nothing names any longer.
    fn tidy(&mut self) -> Result<(), Error> {
        for path in [NEW_CFG, OLD_CFG] {
            self.remove_if_there(&self.boot_disk.boot.join(path))?;
        }
        self.removed += self.kernels.collect(&[])?;
        for directory in [KERNELS, "grub"] {
            let path = self.boot_disk.boot.join(directory);
            self.change(&path, |disk| disk.sync_directory(&path))?;
        }
        self.sync(&self.boot_disk.boot)
    }

    /// Undoes what can be undone.
    fn take_back(&mut self) {
        self.kernels.take_back();
        for path in [NEW_CFG, OLD_CFG] {
            let _ = self.remove_if_there(&self.boot_disk.boot.join(path));
        }
    }

    fn remove_if_there(&mut self, path: &Path) -> Result<(), Error> {
        if path.symlink_metadata().is_err() {
            return Ok(());
        }
        self.change(path, |disk| disk.remove(path))
    }

    fn sync(&mut self, boot: &Path) -> Result<(), Error> {
        self.change(boot, |disk| disk.sync_filesystem(boot))
    }

    fn change(&mut self, path: &Path, change: impl FnOnce(&mut dyn Disk) -> io::Result<()>) -> Result<(), Error> {
        change(self.kernels.disk()).map_err(|error| Error::io("write", path, &error))
    }
}

fn make_directory(boot: &Path, name: &str, disk: &mut dyn Disk) -> Result<(), Error> {
    let path = boot.join(name);
    if path.is_dir() {
        return Ok(());
    }
    disk.make_directory(&path)
        .and_then(|()| disk.sync_directory(boot))
        .map_err(|error| and(&Error::io("make the directory", &path, &error), "nothing was changed"))
}

/// The grub.cfg that is there.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(and(&Error::io("read", path, &error), "nothing was changed")),
    }
}

/// An error, and what follows from it.
fn and(error: &Error, consequence: &str) -> Error {
    Error::new(format!("{error}; {consequence}"))
}
