//! A small boot disk of the recipe's shape, for trying things out: what NixOS would have written, as an image.

mod mkfs;
mod partition_table;
mod placeholder;

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::mkfs::NewFilesystem;
use super::nixos_grub_cfg::{EntryFiles, NixosGrubCfg};
use super::output::{OutputError, Staged};
use super::plan::Plan;
use crate::boot::{self, Options, Run, Verdict};
use crate::escape::escaped;
use crate::explain::explain;
use crate::storage::source::FileSource;

/// An image to be made.
#[derive(Clone, Debug)]
pub struct BootImage {
    /// The guest whose boot disk it is. Of the partitions of the disk it gets that with `/boot` alone.
    pub plan: Plan,
    /// How many generations the menu lists.
    pub generations: u32,
    /// The size of the image in MiB.
    pub size: u32,
    /// The file that every kernel is a copy of; without one it is a tiny one that writes its arguments on the
    /// console and powers off.
    pub kernel: Option<PathBuf>,
    /// The file that every initrd is a copy of; without one it is an empty archive.
    pub initrd: Option<PathBuf>,
}

/// The smallest image: the filesystems cannot be much smaller, and a GPT takes 2 MiB around them.
pub(crate) const SMALLEST: u32 = 4;
/// The largest, which is far more than a boot disk needs.
pub(crate) const LARGEST: u32 = 1 << 20;

impl BootImage {
    /// Makes the image as `path`, and returns what pregrub's simulation boots from it. The file is there in full or not at all.
    ///
    /// # Errors
    ///
    /// It is there already and is not to be replaced, a program is missing, or the content does not fit.
    pub fn make(&self, path: &Path, replace: bool) -> Result<Run, OutputError> {
        if self.generations == 0 || self.generations > 1000 || !(SMALLEST..=LARGEST).contains(&self.size) {
            return Err(OutputError::new(
                "the image cannot be made",
                format!("it takes from 1 to 1000 generations and from {SMALLEST} to {LARGEST} MiB"),
            ));
        }
        let installed = self.plan.installed(self.generations);
        self.refuse_to_replace_what_it_reads(path)?;
        let staged = Staged::new(path, replace)?;
        let image = &staged.path_for_others();
        let cannot = |error: &io::Error| OutputError::of("write", path, error);
        let tree = tempfile::tempdir().map_err(|error| OutputError::of("write in", &std::env::temp_dir(), &error))?;
        self.fill(tree.path(), &installed)?;
        let devices = self.plan.devices;
        let bytes = u64::from(self.size) << 20;
        let file = staged.file();
        file.set_len(bytes).map_err(|error| cannot(&error))?;
        let number = devices.boot.partition().unwrap_or(1);
        for (offset, piece) in partition_table::pieces(devices.table, number, bytes, &self.plan.name) {
            file.write_all_at(&piece, offset).map_err(|error| cannot(&error))?;
        }
        let (offset, length) = partition_table::place(devices.table, bytes);
        let filesystem = NewFilesystem {
            kind: self.plan.boot,
            label: &self.plan.boot_label,
            uuid: self.plan.boot_uuid.as_deref(),
            features: &self.plan.boot_features,
            image,
            offset,
            length,
            tree: tree.path(),
        };
        filesystem.make()?;
        let run = self.judge(file, &installed).map_err(|error| match error {
            Judged::Unreadable(error) => cannot(&error),
            Judged::Otherwise(why) => {
                OutputError::new(format!("`{}` is not made", escaped(&path.display().to_string())), why)
            }
        })?;
        staged.publish()?;
        Ok(run)
    }

    /// Refuses a path that is one of the files which the image is made of, or another name of it.
    fn refuse_to_replace_what_it_reads(&self, path: &Path) -> Result<(), OutputError> {
        let number = |path: &Path| fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
        let Some(there) = number(path) else { return Ok(()) };
        match [&self.kernel, &self.initrd].into_iter().flatten().find(|given| number(given) == Some(there)) {
            None => Ok(()),
            Some(given) => Err(OutputError::new(
                format!("`{}` is what is looked at, where nothing is written", escaped(&path.display().to_string())),
                format!(
                    "it is `{}`, which the image is to hold: name another place",
                    escaped(&given.display().to_string())
                ),
            )),
        }
    }

    /// Writes the files of the filesystem with `/boot` below `tree`.
    fn fill(&self, tree: &Path, installed: &NixosGrubCfg) -> Result<(), OutputError> {
        write(tree, installed.path(), installed.text().as_bytes())?;
        // A file that is given is copied once; the other generations are links to it.
        let given = |file: &Option<PathBuf>| file.as_deref().map(read).transpose();
        let (kernel, initrd) = (given(&self.kernel)?, given(&self.initrd)?);
        let (mut first_kernel, mut first_initrd) = (None, None);
        for number in 1..=self.generations {
            let EntryFiles { kernel: kernel_path, initrd: initrd_path, .. } = installed.booted(number);
            match &kernel {
                Some(bytes) => link_or_write(tree, &kernel_path, bytes, &mut first_kernel)?,
                None => write(tree, &kernel_path, &placeholder::kernel(&format!("6.6.{number}")))?,
            }
            match &initrd {
                Some(bytes) => link_or_write(tree, &initrd_path, bytes, &mut first_initrd)?,
                None => write(tree, &initrd_path, &placeholder::initrd())?,
            }
        }
        Ok(())
    }

    /// Runs the finished image, which must boot the newest generation.
    fn judge(&self, image: &fs::File, installed: &NixosGrubCfg) -> Result<Run, Judged> {
        let source = image.try_clone().and_then(FileSource::new).map_err(Judged::Unreadable)?;
        let options = Options { release: self.plan.release, ..Options::default() };
        let run = boot::run(Arc::new(source), options).map_err(Judged::Unreadable)?;
        let expected = installed.default_boots();
        let kernel = run.chosen.as_ref().map(|chosen| chosen.kernel.path.to_string_lossy().into_owned());
        if run.verdict == Verdict::Boots && kernel.as_deref() == Some(expected.kernel.as_str()) {
            return Ok(run);
        }
        let failure =
            explain(&run).map_or_else(|| "it boots another kernel".to_owned(), |explanation| explanation.reason);
        Err(Judged::Otherwise(format!(
            "pregrub's own simulation of Xen {} does not boot it: {failure}",
            self.plan.release
        )))
    }
}

/// Why an image is not handed out.
enum Judged {
    Unreadable(io::Error),
    Otherwise(String),
}

/// The largest kernel or initrd that is taken: more than any is, and far less than memory.
const LONGEST: u64 = 1 << 30;

fn read(path: &Path) -> Result<Vec<u8>, OutputError> {
    let what = format!("cannot read `{}`", escaped(&path.display().to_string()));
    match content(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OutputError::new(what, "there is no such file")),
        Err(error) => Err(OutputError::of("read", path, &error)),
        Ok(None) => Err(OutputError::new(what, "it is not a regular file")),
        Ok(Some(bytes)) if bytes.len() as u64 > LONGEST => Err(OutputError::new(what, "it is larger than 1 GiB")),
        Ok(Some(bytes)) => Ok(bytes),
    }
}

/// What is in a regular file. Opening anything else might wait for ever.
fn content(path: &Path) -> io::Result<Option<Vec<u8>>> {
    if !fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let file = fs::File::open(path)?;
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn below(tree: &Path, path: &str) -> Result<PathBuf, OutputError> {
    let place = tree.join(path.trim_start_matches('/'));
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent).map_err(|error| OutputError::of("make the directory", parent, &error))?;
    }
    Ok(place)
}

fn write(tree: &Path, path: &str, bytes: &[u8]) -> Result<(), OutputError> {
    let place = below(tree, path)?;
    let written = fs::File::create(&place).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| OutputError::of("write", &place, &error))
}

fn link_or_write(tree: &Path, path: &str, bytes: &[u8], first: &mut Option<PathBuf>) -> Result<(), OutputError> {
    let place = below(tree, path)?;
    if let Some(first) = first {
        return fs::hard_link(first, &place).map_err(|error| OutputError::of("write", &place, &error));
    }
    write(tree, path, bytes)?;
    *first = Some(place);
    Ok(())
}
