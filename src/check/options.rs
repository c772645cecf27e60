//! The options of `pregrub check` by their names, each with a text as its value.

use std::error::Error;
use std::ffi::OsStr;
use std::fmt;
use std::path::PathBuf;

use super::Until;
use super::caller::{caller, caller_mismatch, calls_quietly};
use super::named_build::{named_build, title_rules_in, title_rules_of_host};
use crate::boot::{Options, Toolstack};
use crate::config::Dialect;
use crate::flavour::{Build, ExtraOption, Flavour};
use crate::host::rooted::Rooted;
use crate::kernel::GuestType;
use crate::lint::{Levels, Selector};
use crate::python::{PyStr, Python, int};
use crate::release::Change;
use crate::storage::container::{ChainPolicy, ImageFormat};
use crate::storage::identify::Format;
use crate::system_error::why;
use crate::target::{Kind, OpenOptions};

/// How a target is checked.
///
/// Options go by the names that they have on the command line, with `_` for `-`: what can be said there of one target and one pygrub
/// can be said here.
///
/// | name | value |
/// | --- | --- |
/// | `release` | `newest` (default), `host`, `4.17`, `debian-4.17`, `xcp-ng-8.3` |
/// | `flavour` | `upstream`, `debian`, `suse`, `xcp-ng` |
/// | `entry`, `kernel`, `ramdisk`, `args`, `offset` | pygrub's own options; the offset in bytes |
/// | `default_args`, `extra_args` | options of XCP-ng's pygrub |
/// | `title_rules` | a directory: the host's `/etc/pygrub/rules.d`, or a copy |
/// | `interactive` | `true`: the menu is shown; `false`: it is not (`-q`) |
/// | `as` | `image`, `directory`, `config`, `xl`, `libvirt`, `xapi`: what the target is |
/// | `dialect` | `grub2`, `legacy`, `extlinux` |
/// | `image_format` | `auto`, `raw`, `qcow2`, `qcow`, `vhd`, `vhdx`, `vmdk`, `vdi`, `gzip`, `bzip2`, `xz`, `zstd` |
/// | `follow_backing_files` | `true`: files that an image names are opened anywhere |
/// | `unpack_limit` | how many MiB the compressed images that are open at once may take when they are unpacked, without zeros; by default 2048, and at most half of the space in the temporary directory |
/// | `toolstack` | `xl`, `libvirt`, `xapi`, `xapi-unrestricted` |
/// | `restricted` | `true`: pygrub is called with `--runas` |
/// | `max_file_size_mb` | `PYGRUB_MAX_FILE_SIZE_MB` in pygrub's environment; the environment of this process does not count |
/// | `type` | `pv`, `pvh` |
/// | `until` | `pygrub`, `builder` |
/// | `hash` | `true`: kernel and initrd are read in full, for their SHA-256 |
/// | `root_disk` | the guest's root disk, an image or a directory |
/// | `allow`, `warn`, `deny` | a rule (`PG101` or its name), a group, or `all`; may be set again and again, the last one for a rule counts |
/// | `suppressions` | `false`: comments in the guest's configuration suppress nothing |
#[derive(Clone, Debug)]
pub struct CheckOptions {
    release: String,
    flavour: Option<Flavour>,
    run: Options,
    title_rules: Option<PathBuf>,
    has_default_args: bool,
    has_extra_args: bool,
    toolstack: Option<Toolstack>,
    restricted: bool,
    max_file_size: Option<PyStr>,
    pub(super) open: OpenOptions,
    pub(super) until: Until,
    pub(super) guest: Option<GuestType>,
    pub(super) hash: bool,
    pub(super) root_disk: Option<PathBuf>,
    pub(super) levels: Levels,
    pub(super) suppressions: bool,
}

/// An option that cannot be set so. Displayed, it is one sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionError {
    name: String,
    message: String,
}

impl OptionError {
    pub(super) fn new(name: &str, message: impl Into<String>) -> Self {
        Self { name: name.to_owned(), message: message.into() }
    }

    /// The option.
    pub fn option(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "option {}: {}", self.name, self.message)
    }
}

impl Error for OptionError {}

impl Default for CheckOptions {
    /// As `pregrub check` without options.
    fn default() -> Self {
        Self {
            release: "newest".to_owned(),
            flavour: None,
            run: Options::default(),
            title_rules: None,
            has_default_args: false,
            has_extra_args: false,
            toolstack: None,
            restricted: false,
            max_file_size: None,
            open: OpenOptions::default(),
            until: Until::default(),
            guest: None,
            hash: false,
            root_disk: None,
            levels: Levels::default(),
            suppressions: true,
        }
    }
}

const KINDS: [Kind; 6] = [Kind::Image, Kind::Directory, Kind::Config, Kind::Xl, Kind::Libvirt, Kind::Xapi];
const FORMATS: [(&str, ImageFormat); 12] = [
    ("auto", ImageFormat::Detect),
    ("raw", ImageFormat::Raw),
    ("qcow2", ImageFormat::Inside(Format::Qcow2)),
    ("qcow", ImageFormat::Inside(Format::Qcow)),
    ("vhd", ImageFormat::Inside(Format::Vhd)),
    ("vhdx", ImageFormat::Inside(Format::Vhdx)),
    ("vmdk", ImageFormat::Inside(Format::Vmdk)),
    ("vdi", ImageFormat::Inside(Format::Vdi)),
    ("gzip", ImageFormat::Inside(Format::Gzip)),
    ("bzip2", ImageFormat::Inside(Format::Bzip2)),
    ("xz", ImageFormat::Inside(Format::Xz)),
    ("zstd", ImageFormat::Inside(Format::Zstd)),
];
const TOOLSTACKS: [(&str, Toolstack); 4] = [
    ("xl", Toolstack::Xl),
    ("libvirt", Toolstack::Libvirt),
    ("xapi", Toolstack::Xapi),
    ("xapi-unrestricted", Toolstack::XapiUnrestricted),
];

/// The value of that name.
fn one_of<T: Copy>(name: &str, text: &str, values: &[(&str, T)]) -> Result<T, OptionError> {
    values.iter().find(|(known, _)| *known == text).map(|(_, value)| *value).ok_or_else(|| {
        let known: Vec<&str> = values.iter().map(|(known, _)| *known).collect();
        OptionError::new(name, format!("`{text}` is unknown: use one of {}", known.join(", ")))
    })
}

fn boolean(name: &str, text: &str) -> Result<bool, OptionError> {
    one_of(name, text, &[("true", true), ("false", false)])
}

impl CheckOptions {
    /// The names of all options.
    pub const NAMES: [&str; 27] = [
        "release",
        "flavour",
        "entry",
        "offset",
        "kernel",
        "ramdisk",
        "args",
        "default_args",
        "extra_args",
        "title_rules",
        "interactive",
        "as",
        "dialect",
        "image_format",
        "follow_backing_files",
        "unpack_limit",
        "toolstack",
        "restricted",
        "max_file_size_mb",
        "type",
        "until",
        "hash",
        "root_disk",
        "allow",
        "warn",
        "deny",
        "suppressions",
    ];

    /// Sets an option by its name. Paths and what pygrub gets are of any bytes; every other value is UTF-8.
    ///
    /// # Errors
    ///
    /// There is no such option, or it has no such value.
    pub fn set(&mut self, name: &str, value: impl AsRef<OsStr>) -> Result<(), OptionError> {
        let value = value.as_ref();
        match name {
            "title_rules" => self.title_rules = Some(PathBuf::from(value)),
            "root_disk" => self.root_disk = Some(PathBuf::from(value)),
            "entry" => self.run.entry = Some(bytes(value)),
            "kernel" => self.run.kernel = Some(bytes(value)),
            "ramdisk" => self.run.ramdisk = Some(bytes(value)),
            "args" => self.run.args = bytes(value),
            "default_args" => (self.run.default_args, self.has_default_args) = (bytes(value), true),
            "extra_args" => (self.run.extra_args, self.has_extra_args) = (bytes(value), true),
            "max_file_size_mb" => self.max_file_size = Some(bytes(value)),
            _ => return self.set_text(name, value),
        }
        Ok(())
    }

    fn set_text(&mut self, name: &str, value: &OsStr) -> Result<(), OptionError> {
        let text = value.to_str().ok_or_else(|| OptionError::new(name, "its value is not UTF-8"))?;
        let fault = |error: &dyn fmt::Display| OptionError::new(name, error.to_string());
        match name {
            "release" => text.clone_into(&mut self.release),
            "flavour" => {
                let known = Flavour::ALL.map(Flavour::name).join(", ");
                let unknown = || OptionError::new(name, format!("`{text}` is unknown: use one of {known}"));
                self.flavour = Some(Flavour::from_name(text).ok_or_else(unknown)?);
            }
            "offset" => {
                self.run.offset = Some(offset(text).ok_or_else(|| fault(&"an offset is an integer, in bytes"))?)
            }
            "interactive" => self.run.interactive = Some(boolean(name, text)?),
            "as" => self.open.kind = Some(one_of(name, text, &KINDS.map(|kind| (kind.name(), kind)))?),
            "dialect" => {
                self.open.dialect = Some(one_of(name, text, &Dialect::ALL.map(|dialect| (dialect.name(), dialect)))?);
            }
            "image_format" => self.open.image = one_of(name, text, &FORMATS)?,
            "follow_backing_files" => {
                let anywhere = boolean(name, text)?;
                self.open.limits.chain = if anywhere { ChainPolicy::Anywhere } else { ChainPolicy::Beneath };
            }
            "unpack_limit" => {
                let mib: u64 = text.parse().map_err(|_| fault(&"a limit is a number of MiB"))?;
                self.open.limits.unpacked = Some(mib.saturating_mul(1 << 20));
            }
            "toolstack" => self.toolstack = Some(one_of(name, text, &TOOLSTACKS)?),
            "restricted" => self.restricted = boolean(name, text)?,
            "type" => {
                self.guest = Some(one_of(name, text, &GuestType::ALL.map(|guest| (guest.name(), guest)))?);
            }
            "until" => self.until = one_of(name, text, &[("pygrub", Until::Pygrub), ("builder", Until::Builder)])?,
            "hash" => self.hash = boolean(name, text)?,
            "allow" | "warn" | "deny" => {
                let selector: Selector = text.parse().map_err(|error| fault(&error))?;
                match name {
                    "allow" => self.levels.allow(selector),
                    "warn" => self.levels.warn(selector),
                    _ => self.levels.deny(selector),
                }
            }
            "suppressions" => self.suppressions = boolean(name, text)?,
            _ => return Err(OptionError::new(name, format!("there is none: use one of {}", Self::NAMES.join(", ")))),
        }
        Ok(())
    }

    /// The pygrub that is asked for, and how it is called.
    ///
    /// # Errors
    ///
    /// There is no such pygrub, it lacks an option, or rules on titles cannot be read.
    pub(super) fn pygrub(&self) -> Result<Options, OptionError> {
        let build =
            named_build(&self.release, self.flavour).map_err(|error| OptionError::new("release", error.to_string()))?;
        self.pygrub_of(build, self.release == "host")
    }

    /// The pygrub that a word means, called as these options say.
    pub(super) fn pygrub_named(&self, word: &str) -> Result<Options, OptionError> {
        let build = named_build(word, None).map_err(|error| OptionError::new("release", error.to_string()))?;
        self.pygrub_of(build, word == "host")
    }

    /// Every pygrub that is known, of the flavour if one is set. One that lacks an option is left out, unless all do.
    pub(super) fn every_pygrub(&self) -> Result<Vec<Options>, OptionError> {
        let all = Build::all().into_iter();
        let all = all.filter(|build| self.flavour.is_none_or(|flavour| flavour == build.flavour));
        let (fine, faulty): (Vec<_>, Vec<_>) = all.map(|build| self.pygrub_of(build, false)).partition(Result::is_ok);
        match faulty.into_iter().find_map(Result::err) {
            Some(error) if fine.is_empty() => Err(error),
            _ => Ok(fine.into_iter().flatten().collect()),
        }
    }

    fn pygrub_of(&self, build: Build, is_host: bool) -> Result<Options, OptionError> {
        let Build { release, flavour } = build;
        if self.run.offset.is_some() && !release.has(Change::Offset) {
            let why = format!("pygrub of Xen {release} has no option --offset: it came with 4.4");
            return Err(OptionError::new("offset", why));
        }
        for (given, option, name) in [
            (self.has_default_args, ExtraOption::DefaultArgs, "default_args"),
            (self.has_extra_args, ExtraOption::ExtraArgs, "extra_args"),
        ] {
            if given && !flavour.options().contains(&option) {
                return Err(OptionError::new(name, "it is an option of XCP-ng's pygrub: set the flavour to xcp-ng"));
            }
        }
        let unreadable = |error: std::io::Error| {
            OptionError::new("title_rules", format!("the rules on titles cannot be read: {}", why(&error)))
        };
        let title_rules = match &self.title_rules {
            Some(directory) if !directory.is_dir() => {
                let why = format!("`{}` is not a directory", crate::escape::shown_path(directory));
                return Err(OptionError::new("title_rules", why));
            }
            Some(directory) => {
                // It is the caller's, and so are the links on it.
                let path = std::path::absolute(directory).map_err(unreadable)?;
                title_rules_in(&Rooted::new("/"), &path).map_err(unreadable)?
            }
            None if is_host => title_rules_of_host(build).map_err(unreadable)?,
            None => self.run.title_rules.clone(),
        };
        let quiet = calls_quietly(self.toolstack, self.restricted);
        Ok(Options {
            release,
            flavour,
            title_rules,
            interactive: self.run.interactive.or(quiet.then_some(false)),
            caller: caller(self.toolstack, self.restricted, self.max_file_size.clone(), build),
            ..self.run.clone()
        })
    }

    /// Whether the options go with a target of this kind.
    pub(super) fn suits(&self, kind: Kind) -> Result<(), OptionError> {
        if let Some((of, only)) = caller_mismatch(self.toolstack, kind) {
            let why =
                format!("the target is a domain of {of}: it can only be {only}; or name the domain's disk instead");
            return Err(OptionError::new("toolstack", why));
        }
        let needs_disk = [("kernel", self.run.kernel.is_some()), ("offset", self.run.offset.is_some())];
        match needs_disk.into_iter().find(|(_, given)| *given && kind == Kind::Config) {
            Some((name, _)) => Err(OptionError::new(name, "the target is a configuration alone: this needs a disk")),
            None => Ok(()),
        }
    }
}

/// What is given to pygrub, byte for byte.
fn bytes(value: &OsStr) -> PyStr {
    PyStr::from(value.as_encoded_bytes().to_vec())
}

/// An offset as pygrub reads it, with Python's `int()`: ` 0 ` and `1_0` are numbers, `0x0` is not. What is too large is as far away as
/// can be.
fn offset(text: &str) -> Option<i128> {
    let number = int::parse(text, Python::Three).ok()?;
    let large = if number.is_negative() { i128::MIN } else { i128::MAX };
    Some(number.to_string().parse().unwrap_or(large))
}
