//! A file without a name, for what is gone with the process.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::system_error::why;

/// Makes one in the folder for temporary files. Nobody else can open it.
pub(super) fn unnamed_file() -> io::Result<File> {
    let folder = std::env::temp_dir();
    let named = |error: io::Error| {
        io::Error::new(
            error.kind(),
            format!("no temporary file can be made in `{}`: {}", folder.display(), why(&error)),
        )
    };
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{Mode, OFlags};
        let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
        if let Ok(descriptor) = rustix::fs::open(&folder, flags, Mode::RUSR | Mode::WUSR) {
            return Ok(descriptor.into());
        }
    }
    in_folder(&folder).map_err(named)
}

/// Where the filesystem knows no files without a name: one whose name is removed at once.
fn in_folder(folder: &Path) -> io::Result<File> {
    let mut last = None;
    for attempt in 0..16_u32 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map(|time| time.as_nanos()).unwrap_or_default();
        let path = folder.join(format!(".pregrub-{}-{now}-{attempt}", std::process::id()));
        match File::options().read(true).write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => {
                fs::remove_file(&path)?;
                return Ok(file);
            }
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::AlreadyExists.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;

    #[test]
    fn both_ways_hold_data_and_leave_no_name() {
        let folder = tempfile::tempdir().unwrap();
        for file in [unnamed_file().unwrap(), in_folder(folder.path()).unwrap()] {
            file.write_all_at(b"data", 4096).unwrap();
            let mut bytes = [0; 4];
            file.read_exact_at(&mut bytes, 4096).unwrap();
            assert_eq!(&bytes, b"data");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
