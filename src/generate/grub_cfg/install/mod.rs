//! The installation: the judgement first, copies then, grub.cfg last and in one step, what is no longer needed after that.
//!
//! Nothing is changed before the simulation boots what would come of it, and nothing is removed that a configuration names which
//! pygrub could choose, before or after: the old grub.cfg, the new one, any other ([`kept`]). So what the old grub.cfg alone names
//! goes with the next installation. Whenever it is cut short, the boot disk boots: pygrub finds the old grub.cfg with all it names, or the new one with all it
//! names. It takes more than the usual `fsync` and `rename`, since pygrub reads a filesystem as it lies on the disk and does not
//! replay its journal: what is in the journal only does not exist for it, or exists in part.
//!
//! - Before grub.cfg is replaced, and after, everything is brought to its own place (`syncfs`).
//! - The old grub.cfg keeps a second name until the new one is in its place: otherwise its inode could be cleared on the disk
//!   while the directory still leads to it.
//!
//! Everything in the boot directory is opened by its descriptor, beneath it, also by the judgement, and never through a symbolic link
//! ([`storage::beneath`](crate::storage::beneath)): a guest's link leads to the host's own files.

mod descendants;
mod disk;
mod kept;
mod kernels;
mod lock;

use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

pub use disk::{InstallDisk, LocalDisk};
use kept::{Kept, LONGEST};
use kernels::{Kernels, TEMPORARY, WithSecrets};
use lock::lock;

use super::boot_disk::{BootDisk, GRUB_CFG};
use super::error::GrubCfgError;
use super::files::{KERNELS, SourceFiles};
use super::judge::judge;
use super::menu::PlannedMenu;
use super::options::PlanOptions;
use super::plan::{draft, menu, text_entries};
use super::text::text;
use crate::shell_text;
use crate::storage::beneath::{HeldDirectory, NodeKind};
use crate::storage::directory::{PlannedFile, PlannedFiles};

/// Where grub.cfg is written before it becomes that, and where the old one stays until then: names that nobody else gives a file.
const NEW_CFG: &str = "grub/.pregrub-grub.cfg.new";
const OLD_CFG: &str = "grub/.pregrub-grub.cfg.old";

/// What an installation did.
#[derive(Clone, Debug)]
pub struct InstallReport {
    /// The entries; the first is the default.
    pub menu: PlannedMenu,
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
pub fn install(
    options: &PlanOptions,
    toplevel: &Path,
    disk: &mut dyn InstallDisk,
) -> Result<InstallReport, GrubCfgError> {
    let stop = disk.stop();
    let go_on = || if stop.load(Ordering::Relaxed) { Err(stopped()) } else { Ok(()) };
    let boot_disk = BootDisk::find(&options.root, &options.boot, options.prefix.as_deref(), &options.search)?;
    let boot = &boot_disk.directory;
    let _lock = lock(boot, &stop)?;
    let mut menu = menu(options, toplevel, &go_on)?;
    let unchanged = |error: &GrubCfgError| and(error, "nothing was changed");
    [KERNELS, "grub"].iter().try_for_each(|name| examine_directory(boot, name)).map_err(|error| unchanged(&error))?;
    let old = read(boot).map_err(|error| unchanged(&error))?;
    let mut sources = SourceFiles::new(&options.root, &go_on);
    let draft = draft(options, &boot_disk, &menu, &mut sources, &go_on).map_err(|error| unchanged(&error))?;
    menu.warnings.extend(draft.warnings);
    let kept = sources.nodes().and_then(|sources| {
        Kept::on(&boot_disk, sources, &go_on).map_err(|error| GrubCfgError::io("read", boot_disk.root.path(), &error))
    });
    let kept = kept.map_err(|error| unchanged(&error))?;
    expect_free(boot, &kept).map_err(|error| unchanged(&error))?;
    for directory in [KERNELS, "grub"] {
        make_directory(boot, directory, disk).map_err(|error| unchanged(&error))?;
    }
    let mut installation = Installation {
        kernels: Kernels::new(boot, disk, sources, &go_on, options.secrets_timeout),
        boot_disk: &boot_disk,
        menu,
        removed: 0,
    };
    match installation.perform(options, old.as_deref(), &kept, &go_on) {
        Ok(()) => {}
        Err(Failed::Before(error)) => {
            installation.take_back();
            let same = if old.is_some() { "grub.cfg is what it was" } else { "no grub.cfg was written" };
            return Err(and(&error, same));
        }
        // What the kernel says by now may come from its memory: nothing is removed that either of them names.
        Err(Failed::Unsure(error)) => {
            return Err(and(
                &error,
                "grub.cfg may be the old one or the new one, with all that both need: repair the disk, and install again",
            ));
        }
        Err(Failed::Unsynced(error)) => {
            return Err(and(&error, "the new grub.cfg is written, but may be lost until the disk is written to"));
        }
        Err(Failed::After(error)) => {
            installation.menu.warnings.push(format!("{error}; the new grub.cfg is in its place, with all it needs"));
        }
    }
    let unremovable: Vec<String> = installation.kernels.unremovable().map(|path| path.display().to_string()).collect();
    for path in unremovable {
        let sentence = format!("`{path}` is needed no longer and cannot be removed: it may be immutable (chattr -i)");
        installation.menu.warnings.push(sentence);
    }
    if let Some(unread) = kept.unread() {
        installation.menu.warnings.push(format!("{unread} and may name any kernel: none was removed"));
    }
    let Installation { kernels, menu, removed, .. } = installation;
    Ok(InstallReport { menu, grub_cfg: boot.path().join(GRUB_CFG), copied: kernels.added(), removed })
}

/// When it failed.
enum Failed {
    /// grub.cfg is the old one.
    Before(GrubCfgError),
    /// grub.cfg is the old one or the new one.
    Unsure(GrubCfgError),
    /// grub.cfg is the new one, and it is not known whether it is on the disk.
    Unsynced(GrubCfgError),
    /// The new one is there to stay.
    After(GrubCfgError),
}

impl From<GrubCfgError> for Failed {
    fn from(error: GrubCfgError) -> Self {
        Self::Before(error)
    }
}

struct Installation<'a> {
    kernels: Kernels<'a>,
    boot_disk: &'a BootDisk,
    menu: PlannedMenu,
    removed: usize,
}

impl Installation<'_> {
    fn perform(
        &mut self,
        options: &PlanOptions,
        old: Option<&[u8]>,
        kept: &Kept,
        go_on: &dyn Fn() -> io::Result<()>,
    ) -> Result<(), Failed> {
        let boot_disk = self.boot_disk;
        let boot = &boot_disk.directory;
        // From here on the disk has the configurations that are seen here, no matter who wrote them. What they do not name may go: a
        // run that was cut short has left it, and it may be what fills the disk.
        self.sync()?;
        self.removed = self.kernels.collect(kept)?;
        let named = self.copy(options)?;
        self.sync_directory(KERNELS)?;

        let entries = text_entries(boot_disk, &self.menu.entries, &named);
        let text = text(&entries, options.timeout, boot_disk.uuid.as_deref())?;
        let planned = PlannedFiles::from([(
            boot_disk.path(GRUB_CFG).trim_start_matches('/').into(),
            PlannedFile::Bytes(text.clone().into_bytes()),
        )]);
        judge(boot_disk, &planned, &entries, go_on)?;
        drop(entries);
        boot_disk.expect_in_place()?;

        if old != Some(text.as_bytes()) {
            self.write_new(&text, old.is_some())?;
            let (new_cfg, old_cfg, grub_cfg) = (Path::new(NEW_CFG), Path::new(OLD_CFG), Path::new(GRUB_CFG));
            if old.is_some() {
                self.kernels.remove_if_there(old_cfg)?;
                self.kernels.change(old_cfg, |disk| disk.link(boot, grub_cfg, old_cfg))?;
            }
            self.sync_directory("grub")?;
            self.sync()?;
            let mut is_begun = false;
            let renamed = self.kernels.change(grub_cfg, |disk| {
                is_begun = true;
                disk.rename(boot, new_cfg, grub_cfg).inspect_err(|error| is_begun = !is_of_before(error))
            });
            match renamed {
                Err(error) if is_begun => return Err(Failed::Unsure(error)),
                renamed => renamed?,
            }
            // There is no way back, and what follows takes a moment.
            self.kernels.finish();
            self.sync_directory("grub").map_err(Failed::Unsynced)?;
            self.sync().map_err(Failed::Unsynced)?;
        }
        self.kernels.finish();
        self.tidy(kept).map_err(Failed::After)
    }

    /// Copies what the entries need; of each entry the names of its kernel and initrd.
    fn copy(&mut self, options: &PlanOptions) -> Result<Vec<(String, Option<String>)>, GrubCfgError> {
        let mut named = Vec::new();
        for entry in &self.menu.entries {
            let kernel = self.kernels.copy_kernel(&entry.kernel)?;
            let initrd = match (&entry.initrd, &entry.initrd_secrets) {
                (None, _) => None,
                (Some(initrd), Some(program)) if options.run_secrets => {
                    let appended = match options.root.locate(program) {
                        Ok(program) => self.kernels.copy_with_secrets(initrd, &program)?,
                        Err(error) => WithSecrets::Failed(GrubCfgError::io("find", program, &error)),
                    };
                    match appended {
                        WithSecrets::Named(name) => Some(name),
                        WithSecrets::Failed(error) if entry.wanted => return Err(error),
                        // What an older generation needs may be gone by now, and it may still boot with somebody's help.
                        WithSecrets::Failed(error) => {
                            self.menu.warnings.push(format!("`{}` boots without its secrets: {error}", entry.title));
                            Some(self.kernels.copy_initrd(initrd)?)
                        }
                    }
                }
                (Some(initrd), _) => Some(self.kernels.copy_initrd(initrd)?),
            };
            named.push((kernel, initrd));
        }
        Ok(named)
    }

    fn write_new(&mut self, text: &str, replaces: bool) -> Result<(), GrubCfgError> {
        let (boot, path) = (&self.boot_disk.directory, Path::new(NEW_CFG));
        self.kernels.remove_if_there(path)?;
        // Somebody may have made the old one private: there may be secrets among the arguments.
        let mode = if replaces { 0o600 } else { 0o644 };
        self.kernels.change(path, |disk| disk.create(boot, path, mode))?;
        self.kernels.change(path, |disk| disk.append(boot, path, text.as_bytes()))?;
        if replaces {
            self.kernels.change(path, |disk| disk.keep_permissions(boot, path, Path::new(GRUB_CFG)))?;
        }
        self.kernels.change(path, |disk| disk.sync_file(boot, path))
    }

    /// Removes what nothing names any longer.
    fn tidy(&mut self, kept: &Kept) -> Result<(), GrubCfgError> {
        for path in [NEW_CFG, OLD_CFG] {
            self.kernels.remove_if_there(Path::new(path))?;
        }
        self.removed += self.kernels.collect(kept)?;
        for directory in [KERNELS, "grub"] {
            self.sync_directory(directory)?;
        }
        self.sync()
    }

    /// Undoes what can be undone.
    fn take_back(&mut self) {
        self.kernels.finish();
        self.kernels.take_back();
        for path in [NEW_CFG, OLD_CFG] {
            let _ = self.kernels.remove_if_there(Path::new(path));
        }
    }

    fn sync_directory(&mut self, name: &str) -> Result<(), GrubCfgError> {
        let (boot, path) = (&self.boot_disk.directory, Path::new(name));
        self.kernels.change(path, |disk| disk.sync_directory(boot, path))
    }

    fn sync(&mut self) -> Result<(), GrubCfgError> {
        let boot = &self.boot_disk.directory;
        self.kernels.change(Path::new(""), |disk| disk.sync_filesystem(boot))
    }
}

/// Whether a file that was to get another name has its old one for sure, by the error: one that is found before anything is changed. After
/// an error of the disk a filesystem may have changed the name all the same.
fn is_of_before(error: &io::Error) -> bool {
    use rustix::io::Errno;
    const BEFORE: [Errno; 9] = [
        Errno::ACCESS,
        Errno::PERM,
        Errno::NOENT,
        Errno::NOTDIR,
        Errno::ISDIR,
        Errno::NAMETOOLONG,
        Errno::XDEV,
        Errno::NOSPC,
        Errno::DQUOT,
    ];
    error.kind() == io::ErrorKind::StorageFull
        || error.raw_os_error().is_some_and(|number| BEFORE.iter().any(|known| known.raw_os_error() == number))
}

/// Whether a name in the boot directory is a directory that can be worked in, or not there yet.
fn examine_directory(boot: &HeldDirectory, name: &str) -> Result<(), GrubCfgError> {
    let path = boot.path().join(name);
    let directory = match boot.directory(Path::new(name)) {
        Ok(directory) => directory,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(GrubCfgError::io("open the directory", &path, &error)),
    };
    let number = |held: &HeldDirectory| held.mount().map(|mount| mount.number);
    if number(&directory) != number(boot) {
        return Err(GrubCfgError::new(format!(
            "`{}` is a mount point, and the disk boots what lies under it: unmount it ({})",
            path.display(),
            shell_text::command_on("umount", &path)
        )));
    }
    if directory.keeps_its_names() {
        return Err(GrubCfgError::new(format!(
            "nothing in `{}` can be renamed: it is append-only or immutable ({})",
            path.display(),
            shell_text::command_on("chattr -a -i", &path)
        )));
    }
    Ok(())
}

fn make_directory(boot: &HeldDirectory, name: &str, disk: &mut dyn InstallDisk) -> Result<(), GrubCfgError> {
    let path = Path::new(name);
    if boot.node(path).is_ok_and(|node| node.kind == NodeKind::Directory) {
        return Ok(());
    }
    disk.make_directory(boot, path)
        .and_then(|()| disk.sync_directory(boot, Path::new("")))
        .map_err(|error| GrubCfgError::io("make the directory", &boot.path().join(path), &error))
}

/// Refuses a disk on which a configuration leads, or may lead, to a name that the installation writes for a moment and removes again.
fn expect_free(boot: &HeldDirectory, kept: &Kept) -> Result<(), GrubCfgError> {
    let failed = |path: &Path, error: &io::Error| GrubCfgError::io("examine", &boot.path().join(path), error);
    let there = |path: &Path| match boot.node(path) {
        Ok(node) => Ok(Some(node)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, &error)),
    };
    let copies = match boot.names(Path::new(KERNELS)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        names => names.map_err(|error| failed(Path::new(KERNELS), &error))?,
    };
    let temporary = copies.into_iter().filter(|name| name.as_bytes().starts_with(TEMPORARY.as_bytes()));
    let paths = temporary.map(|name| Path::new(KERNELS).join(name)).chain([NEW_CFG, OLD_CFG].map(PathBuf::from));
    // A run that was cut short leaves the old grub.cfg under two names: one may go.
    let grub_cfg = there(Path::new(GRUB_CFG))?.map(|node| (node.device, node.inode));
    for path in paths {
        let node = there(&path)?.filter(|node| grub_cfg != Some((node.device, node.inode)));
        let Some(node) = node else { continue };
        let leads = match kept.unread() {
            _ if kept.holds(&node) => "a configuration of the boot disk leads".to_owned(),
            Some(unread) => format!("{unread} and may lead"),
            None => continue,
        };
        return Err(GrubCfgError::new(format!(
            "{leads} to `{}`, a name that the installation needs for a moment: give that file another name",
            boot.path().join(path).display()
        )));
    }
    Ok(())
}

/// The grub.cfg that is there.
fn read(boot: &HeldDirectory) -> Result<Option<Vec<u8>>, GrubCfgError> {
    let path = Path::new(GRUB_CFG);
    let mut text = Vec::new();
    match boot.open_file(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut text)) {
        Ok(_) if text.len() as u64 <= LONGEST => Ok(Some(text)),
        Ok(_) => Err(GrubCfgError::new(format!(
            "`{}` is larger than {} MiB: move it out of the way",
            boot.path().join(path).display(),
            LONGEST >> 20
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(GrubCfgError::io("read", &boot.path().join(path), &error)),
    }
}

/// What ends an installation from outside.
fn stopped() -> io::Error {
    io::Error::other("a signal ended the installation")
}

/// An error, and what follows from it.
fn and(error: &GrubCfgError, consequence: &str) -> GrubCfgError {
    GrubCfgError::new(format!("{error}; {consequence}"))
}
