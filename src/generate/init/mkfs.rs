//! The programs that make a filesystem with files in it, without root and without mounting anything.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::escape::escaped;
use crate::generate::boot_filesystem::BootFilesystem;
use crate::generate::output::OutputError;

/// A filesystem to be made inside an image.
pub(super) struct NewFilesystem<'a> {
    pub kind: BootFilesystem,
    pub label: &'a str,
    pub uuid: Option<&'a str>,
    pub features: &'a [String],
    /// The image, as long as it is to be.
    pub image: &'a Path,
    /// Where in it the filesystem begins, in bytes.
    pub offset: u64,
    /// Its length in bytes.
    pub length: u64,
    /// The directory whose content it gets.
    pub tree: &'a Path,
}

impl NewFilesystem<'_> {
    /// Makes it.
    pub(super) fn make(&self) -> Result<(), OutputError> {
        if self.kind.is_ext() { self.ext() } else { self.fat() }
    }

    fn ext(&self) -> Result<(), OutputError> {
        let mut command = tool("mke2fs", "e2fsprogs")?;
        command.args(["-q", "-F", "-t", self.kind.name(), "-m", "0", "-L", self.label]);
        if let Some(uuid) = self.uuid {
            command.args(["-U", uuid]);
        }
        if !self.features.is_empty() {
            command.args(["-O", &self.features.join(",")]);
        }
        command.arg("-E").arg(format!("offset={},root_owner=0:0,lazy_itable_init=0", self.offset));
        command.arg("-d").arg(self.tree).arg(self.image).arg(format!("{}k", self.length / 1024));
        run(command, self.kind.name())
    }

    fn fat(&self) -> Result<(), OutputError> {
        let mut command = tool("mkfs.fat", "dosfstools")?;
        command.args(["-n", self.label, "--offset", &(self.offset / 512).to_string()]);
        if let Some(uuid) = self.uuid {
            command.args(["-i", &uuid.replace('-', "")]);
        }
        command.arg(self.image).arg((self.length / 1024).to_string());
        run(command, self.kind.name())?;
        let mut command = tool("mcopy", "mtools")?;
        let mut image = self.image.as_os_str().to_owned();
        image.push(format!("@@{}", self.offset));
        let listed = std::fs::read_dir(self.tree).and_then(|entries| {
            entries.map(|entry| Ok(entry?.path().into_os_string())).collect::<std::io::Result<Vec<OsString>>>()
        });
        let top = listed.map_err(|error| OutputError::of("read", self.tree, &error))?;
        command.env("MTOOLS_SKIP_CHECK", "1").args(["-s", "-i"]).arg(image).args(top).arg("::");
        run(command, self.kind.name())
    }
}

/// A program, in the path or where an administrator's programs are.
fn tool(name: &str, package: &str) -> Result<Command, OutputError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    match places.find(|directory| directory.join(name).is_file()) {
        Some(directory) => Ok(Command::new(directory.join(name))),
        None => Err(OutputError::new(
            format!("{name} is not installed, which makes the filesystem"),
            format!("install the package that has it (Debian: {package})"),
        )),
    }
}

fn run(mut command: Command, kind: &str) -> Result<(), OutputError> {
    let program = PathBuf::from(command.get_program());
    let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output = command
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| OutputError::of("start", &program, &error))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said);
    let why = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it does not say why").trim();
    let what = format!("{name} could not make the {kind} filesystem");
    let full =
        ["Could not allocate", "Disk full", "too small", "Not enough", "too few"].iter().any(|word| why.contains(word));
    let why = escaped(why);
    Err(OutputError::new(what, if full { format!("{why}; make the image larger with --size") } else { why }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_is_one_sentence() {
        let error = tool("mkfs.of-nobody", "nothing").unwrap_err().to_string();
        let wanted = "mkfs.of-nobody is not installed, which makes the filesystem: install the package that has it (Debian: nothing)";
        assert_eq!(error, wanted);
    }
}
