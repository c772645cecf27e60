//! What `pregrub check` does with one target, for other programs: the run, what Xen's domain builder makes of the kernel, what the linter
//! finds, in one result that is written as `pregrub.check/1`. The command line and the bindings for Python and C go through here.
//!
//! ```
//! use std::path::Path;
//!
//! use pregrub::check::{CheckOptions, check};
//!
//! let mut options = CheckOptions::default();
//! options.set("release", "debian-4.17")?;
//! let image = concat!(env!("CARGO_MANIFEST_DIR"), "/corpus/images/recipe.img");
//! let judged = check(Path::new(image), &options)?;
//! assert_eq!(judged.run.verdict.name(), "boots");
//! assert!(judged.to_json("recipe.img").starts_with(r#"{"schema":"pregrub.check/1""#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod caller;
mod compared;
mod judged;
mod linted;
mod named_build;
mod options;

use std::error::Error;
use std::fmt;
use std::path::Path;

#[cfg(feature = "cli")]
pub(crate) use self::caller::{caller, caller_mismatch, calls_quietly};
pub use self::compared::{Compared, ComparedReaders, compare};
#[cfg(feature = "cli")]
pub(crate) use self::compared::{compare_opened, upgrade_of};
#[cfg(feature = "cli")]
pub(crate) use self::judged::perform;
pub use self::judged::{JudgeOptions, Judged, Until, judge, judge_on};
pub use self::linted::{Linted, lint, lint_text};
pub use self::named_build::{NamedBuildError, named_build, title_rules_in, title_rules_of_host};
pub use self::options::{CheckOptions, OptionError};
use crate::boot::Options;
use crate::escape::shown_path;
use crate::json;
use crate::kernel::Looks;
use crate::lint::RootDisk;
use crate::report;
use crate::simulation::{OpenTarget, Simulation};
use crate::target::{OpenOptions, TargetError};

/// Why a target cannot be checked. Displayed, it is one sentence.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckError {
    /// An option does not go with the others or with the target.
    Option(OptionError),
    /// The target, or the root disk, cannot be opened or read.
    Target(TargetError),
}

impl fmt::Display for CheckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(error) => error.fmt(f),
            Self::Target(error) => error.fmt(f),
        }
    }
}

impl Error for CheckError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Option(error) => Some(error),
            Self::Target(error) => Some(error),
        }
    }
}

impl From<OptionError> for CheckError {
    fn from(error: OptionError) -> Self {
        Self::Option(error)
    }
}

impl From<TargetError> for CheckError {
    fn from(error: TargetError) -> Self {
        Self::Target(error)
    }
}

/// What a path is called in reports: bytes that are not UTF-8 become `\\xe9`.
pub fn shown_name(path: &Path) -> String {
    shown_path(path)
}

/// The path of a file. `-` is one of that name, and not standard input, which is the caller's.
fn named_file(path: &Path) -> &Path {
    if path == Path::new("-") { Path::new("./-") } else { path }
}

/// Checks a target: an image, a block device, a directory, a configuration of the boot or of a domain. No `pregrub.toml` is read, and
/// `-` is a file of that name.
///
/// # Errors
///
/// The target cannot be opened or read, or the options do not fit together or to it. That pygrub fails is a result.
pub fn check(target: &Path, options: &CheckOptions) -> Result<Judged, CheckError> {
    let how = options.pygrub()?;
    let opened = Simulation::from(how).open(named_file(target), options.open)?;
    examine(&opened, options)
}

/// Checks a text as if it were the content of a file of this name: a boot configuration, which selects and never boots, or a
/// domain's.
///
/// # Errors
///
/// As [`check`].
pub fn check_text(name: &Path, text: &[u8], options: &CheckOptions) -> Result<Judged, CheckError> {
    let how = options.pygrub()?;
    let opened = Simulation::from(how).open_text(name, text, options.open)?;
    examine(&opened, options)
}

/// The object of `pregrub.check/1` for a target that could not be read, as `pregrub check --format json` prints it. The verdict is
/// *unknown*, and `why` its reason.
///
/// # Errors
///
/// The options do not fit together.
pub fn unreadable_to_json(target: &str, options: &CheckOptions, why: &str) -> Result<String, OptionError> {
    Ok(json::line(&report::check::Check::of_unreadable(target, options.pygrub()?.release, why)))
}

fn examine(opened: &OpenTarget, options: &CheckOptions) -> Result<Judged, CheckError> {
    options.suits(opened.target().kind())?;
    let root_disk = options.root_disk.as_deref().map(|path| open_root_disk(path, opened.options())).transpose()?;
    let looks = Looks::default();
    let how = JudgeOptions {
        until: options.until,
        guest: options.guest,
        hash: options.hash,
        suppressions: options.suppressions,
        root_disk: root_disk.as_ref(),
        ..JudgeOptions::new(&options.levels, &looks)
    };
    Ok(judge(opened, &how)?)
}

fn open_root_disk(path: &Path, how: &Options) -> Result<RootDisk, CheckError> {
    let opened = Simulation::new(how.release).open(named_file(path), OpenOptions::default())?;
    RootDisk::open(opened.target()).map_err(|error| {
        let shown = shown_path(path);
        OptionError::new("root_disk", format!("cannot look for files on the root disk `{shown}`: {error}")).into()
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::{config, xl};

    /// One reading: neither a configuration nor a domain is parsed twice, above all not where it fails.
    #[test]
    fn a_text_is_parsed_once() {
        let folder = tempfile::tempdir().unwrap();
        let fails = "set a=b=c\nmenuentry \"A\" {\n  linux ($drive1)/k\n}\n}\n";
        let boots = "menuentry \"A\" {\n  linux /k\n  initrd /i\n}\n";
        let domain = "name = 'g'\nbootloader = 'pygrub'\ndisk = [ '/nowhere,raw,xvda,rw' ]\n";
        let broken = "name = 'g'\nbootloader = 'pygrub'\ndisk = [ '/nowhere,raw,xvda,rw'\n";
        fs::create_dir_all(folder.path().join("disk/boot/grub")).unwrap();
        let cases = [
            ("grub.cfg", fails, "grub.cfg", (1, 0)),
            ("grub.cfg", boots, "grub.cfg", (1, 0)),
            ("disk/boot/grub/grub.cfg", fails, "disk", (1, 0)),
            ("domain.cfg", domain, "domain.cfg", (0, 1)),
            ("domain.cfg", broken, "domain.cfg", (0, 1)),
        ];
        for (file, text, target, expected) in cases {
            fs::write(folder.path().join(file), text).unwrap();
            let before = (config::PARSED.get(), xl::syntax::PARSED.get());
            check(&folder.path().join(target), &CheckOptions::default()).unwrap();
            let after = (config::PARSED.get(), xl::syntax::PARSED.get());
            assert_eq!((after.0 - before.0, after.1 - before.1), expected, "{text}");
        }
    }
}
