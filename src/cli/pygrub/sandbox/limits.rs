//! Resource limits: pygrub's own under `--runas` (Xen 4.19 and later), of which only the size of files is another without it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::Missing;
use crate::boot::LARGEST_COPY;
use crate::python::{Python, int};

const MIB: u64 = 1 << 20;

/// How much the worker may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourceLimits {
    /// Address space in bytes.
    pub memory: u64,
    /// The size of a file that is written, in bytes. A write beyond fails with `EFBIG`.
    pub file_size: Option<u64>,
}

impl Default for ResourceLimits {
    /// 256 MiB of memory, and files as large as may be copied.
    fn default() -> Self {
        Self { memory: 256 * MIB, file_size: Some(LARGEST_COPY) }
    }
}

impl ResourceLimits {
    /// The limits without `--runas`: 256 MiB of memory, and files of [`largest_copy`](Self::largest_copy).
    ///
    /// # Errors
    ///
    /// As [`largest_copy`](Self::largest_copy).
    pub fn usual(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        Ok(Self { file_size: Some(Self::largest_copy(variable)?), ..Self::default() })
    }

    /// Most bytes of a kernel or an initrd that is copied: 1 GiB, unless `variable`, asked for the environment variable
    /// `PREGRUB_MAX_FILE_SIZE_MB` and then for pygrub's own, `PYGRUB_MAX_FILE_SIZE_MB`, gives another size.
    ///
    /// # Errors
    ///
    /// One sentence, if the variable is not a number of MiB.
    pub fn largest_copy(variable: impl Fn(&str) -> Option<String>) -> Result<u64, String> {
        let names = ["PREGRUB_MAX_FILE_SIZE_MB", "PYGRUB_MAX_FILE_SIZE_MB"];
        let given = names.into_iter().find_map(|name| Some((name, variable(name)?)));
        given.map_or(Ok(LARGEST_COPY), |(name, text)| mebibytes(name, &text))
    }

    /// The limits under `--runas`: 256 MiB of memory and 128 MiB a file, unless `variable`, asked for the environment variables
    /// `PYGRUB_MAX_RAM_USAGE_MB` and `PYGRUB_MAX_FILE_SIZE_MB`, says otherwise. They are read as Python reads an `int`.
    ///
    /// # Errors
    ///
    /// One sentence, where a variable is not a number of MiB.
    pub fn restricted(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let bytes = |name: &str, default: u64| variable(name).map_or(Ok(default), |text| mebibytes(name, &text));
        Ok(Self {
            memory: bytes("PYGRUB_MAX_RAM_USAGE_MB", 256 * MIB)?,
            file_size: Some(bytes("PYGRUB_MAX_FILE_SIZE_MB", 128 * MIB)?),
        })
    }
}

/// A number of MiB in bytes.
fn mebibytes(name: &str, text: &str) -> Result<u64, String> {
    let number = int::parse(text, Python::Three).map_err(|message| format!("{name}: {message}"))?;
    let mib = number.to_i64().and_then(|number| u64::try_from(number).ok());
    mib.and_then(|mib| mib.checked_mul(MIB)).ok_or_else(|| format!("{name}: {text} is not a number of MiB"))
}

/// Three are held open at any time, so that no fourth can be opened; `poll` takes no more than this many at once.
const DESCRIPTORS: u64 = 3;

pub(super) fn set(limits: &ResourceLimits, missing: &mut Missing) {
    // A handled signal does not kill: the write fails with EFBIG, as in Python, which ignores the signal.
    let handled = signal_hook::flag::register(libc::SIGXFSZ, Arc::new(AtomicBool::new(false)));
    missing.note_failure("a handler for SIGXFSZ", handled);

    let all = [
        (Resource::Nproc, "RLIMIT_NPROC", 0),
        (Resource::Core, "RLIMIT_CORE", 0),
        (Resource::Memlock, "RLIMIT_MEMLOCK", 0),
        (Resource::Msgqueue, "RLIMIT_MSGQUEUE", 0),
        (Resource::Nofile, "RLIMIT_NOFILE", DESCRIPTORS),
        (Resource::As, "RLIMIT_AS", limits.memory),
    ];
    let file_size = limits.file_size.map(|size| (Resource::Fsize, "RLIMIT_FSIZE", size));
    for (resource, name, value) in all.into_iter().chain(file_size) {
        // What is lower already stays.
        let value = getrlimit(resource).maximum.map_or(value, |maximum| maximum.min(value));
        let both = Rlimit { current: Some(value), maximum: Some(value) };
        missing.note_failure(name, setrlimit(resource, both));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn restricted(ram: Option<&str>, file: Option<&str>) -> Result<ResourceLimits, String> {
        ResourceLimits::restricted(|name| {
            let text = if name == "PYGRUB_MAX_RAM_USAGE_MB" { ram } else { file };
            text.map(str::to_owned)
        })
    }

    #[test]
    fn without_runas_either_variable_counts() {
        let usual = |given: &[(&str, &str)]| {
            let text = |name: &str| given.iter().find(|(one, _)| *one == name).map(|(_, text)| (*text).to_owned());
            ResourceLimits::largest_copy(text).map(|bytes| bytes / MIB)
        };
        let (ours, theirs) = ("PREGRUB_MAX_FILE_SIZE_MB", "PYGRUB_MAX_FILE_SIZE_MB");
        assert_eq!(usual(&[]), Ok(1024));
        assert_eq!(usual(&[(theirs, "64")]), Ok(64));
        assert_eq!(usual(&[(theirs, "64"), (ours, "4096")]), Ok(4096));
        assert_eq!(usual(&[(ours, "-1")]), Err("PREGRUB_MAX_FILE_SIZE_MB: -1 is not a number of MiB".to_owned()));
    }

    #[test]
    fn the_environment_moves_the_limits() {
        let limits = |memory, file| Ok(ResourceLimits { memory: memory * MIB, file_size: Some(file * MIB) });
        assert_eq!(restricted(None, None), limits(256, 128));
        assert_eq!(restricted(Some(" 5_0 "), Some("1")), limits(50, 1));
        assert_eq!(
            restricted(None, Some("x")),
            Err("PYGRUB_MAX_FILE_SIZE_MB: invalid literal for int() with base 10: 'x'".to_owned())
        );
        for text in ["-1", "99999999999999999999", "9223372036854775807"] {
            assert_eq!(
                restricted(Some(text), None),
                Err(format!("PYGRUB_MAX_RAM_USAGE_MB: {text} is not a number of MiB"))
            );
        }
    }
}
