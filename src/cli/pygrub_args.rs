//! How pygrub is called: its release, its own options, and what it is called on.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::slice;

use clap::Args;

use super::Error;
use super::caller_args::CallerArgs;
use super::caller_file::refuse_links_of_commits;
use super::image_args::ImageArgs;
use super::release_args::{self, ReleaseArgs};
use super::settings::{FileSettings, SettingsArgs};
use super::stdin_filename::StdinArgs;
use super::target_args::{DialectArg, KindArg};
use super::target_name::TargetName;
use super::trust_args::TrustArgs;
use crate::boot::{Options, RuleFiles};
use crate::escape::shown_path;
use crate::flavour::{Build, ExtraOption, Flavour};
use crate::host;
use crate::host::rooted::Rooted;
use crate::python::{PyStr, Python, int};
use crate::release::Change;
use crate::simulation::{OpenTarget, Simulation};
use crate::target::{DiskAccess, OpenOptions};

// How pygrub is called.
#[derive(Debug, Args)]
pub(super) struct PygrubArgs {
    #[command(flatten)]
    xen: ReleaseArgs,
    /// pygrub's --entry: boot the entry with this number or title (no menu is shown then)
    #[arg(long, value_name = "N|TITLE", allow_hyphen_values = true)]
    entry: Option<OsString>,
    /// pygrub's --offset: try only the filesystem at this byte
    #[arg(long, value_name = "BYTES", allow_hyphen_values = true, value_parser = parse_offset)]
    offset: Option<i128>,
    /// pygrub's --kernel: boot this file of the guest, read no configuration
    #[arg(long, value_name = "PATH", allow_hyphen_values = true)]
    kernel: Option<OsString>,
    /// pygrub's --ramdisk: the initrd to go with --kernel
    #[arg(long, value_name = "PATH", allow_hyphen_values = true)]
    ramdisk: Option<OsString>,
    /// pygrub's --args: add these to the kernel's arguments
    #[arg(long, value_name = "ARGUMENTS", allow_hyphen_values = true)]
    args: Option<OsString>,
    /// --default_args of XCP-ng's pygrub: the arguments of /xenkernel, which boots without a configuration
    #[arg(long, value_name = "ARGUMENTS", allow_hyphen_values = true)]
    default_args: Option<OsString>,
    /// --extra_args of XCP-ng's pygrub: add these to the arguments of whatever boots
    #[arg(long, value_name = "ARGUMENTS", allow_hyphen_values = true)]
    extra_args: Option<OsString>,
    /// The host's /etc/pygrub/rules.d, or a copy: rules on titles, which XCP-ng's pygrub keeps where it shows no menu [default: with --release host the host's, else none]
    #[arg(long, value_name = "DIRECTORY")]
    title_rules: Option<PathBuf>,
    /// pygrub shows its menu, as the toolstack calls it (the default)
    #[arg(short, long, conflicts_with = "quiet")]
    interactive: bool,
    /// pygrub shows no menu, as with bootloader_args = ["-q"]
    #[arg(short, long)]
    quiet: bool,
    /// Treat the target as this kind instead of detecting it
    #[arg(long = "as", value_name = "KIND", value_enum)]
    kind: Option<KindArg>,
    /// The dialect of a configuration; overrides its name
    #[arg(long, value_enum)]
    dialect: Option<DialectArg>,
    #[command(flatten)]
    image: ImageArgs,
    #[command(flatten)]
    caller: CallerArgs,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// Reads an offset as pygrub does, with Python's `int()`: ` 0 ` and `1_0` are numbers, `0x0` is not.
pub(super) fn parse_offset(text: &str) -> Result<i128, String> {
    let number = int::parse(text, Python::Three).map_err(|_| "give a whole number of bytes".to_owned())?;
    let large = if number.is_negative() { i128::MIN } else { i128::MAX };
    Ok(number.to_string().parse().unwrap_or(large))
}

fn unreadable_rules(error: &std::io::Error) -> String {
    format!("cannot read the rules on titles: {}", super::why(error))
}

/// What is given to pygrub, byte for byte: names of files and arguments need not be UTF-8.
fn given(text: &OsString) -> PyStr {
    PyStr::from(text.as_bytes().to_vec())
}

impl PygrubArgs {
    /// The options of the run, where these settings are in force.
    pub(super) fn options(&self, settings: &FileSettings) -> Result<Options, String> {
        self.options_of(self.xen.one(settings)?, settings)
    }

    /// What to say of the pygrub that is installed here: which one it is and why, where it is asked; that there is another one, where
    /// nobody said which is meant.
    pub(super) fn hint(&self, settings: &FileSettings) -> Option<String> {
        if self.xen.is_host(settings) {
            return host::installed().ok().map(|installed| format!("note: {installed}"));
        }
        let installed = host::installed().ok().filter(|_| self.xen.is_open(settings))?;
        let asked = Build::newest(Flavour::Upstream);
        (installed.build != asked).then(|| {
            format!(
                "note: this is the pygrub of {asked}; --release host asks the one installed here ({})",
                installed.build
            )
        })
    }

    /// The options of the run of each pygrub that is asked for.
    pub(super) fn all_options(&self, settings: &FileSettings) -> Result<Vec<Options>, String> {
        self.xen.all(settings)?.into_iter().map(|build| self.options_of(build, settings)).collect()
    }

    /// The options of the run of every pygrub that is known, or of those that the command line asks for. A release that lacks an option
    /// is left out unless it is asked for.
    pub(super) fn every_options(&self, settings: &FileSettings) -> Result<Vec<Options>, String> {
        if self.xen.names_releases() {
            return self.all_options(settings);
        }
        let flavours = self.xen.flavours();
        let every = Build::all().into_iter().filter(|build| flavours.is_empty() || flavours.contains(&build.flavour));
        let every = every.map(|build| self.options_of(build, settings));
        let (fine, faulty): (Vec<_>, Vec<_>) = every.partition(Result::is_ok);
        let fine: Vec<Options> = fine.into_iter().flatten().collect();
        match faulty.into_iter().find_map(Result::err) {
            Some(error) if fine.is_empty() => Err(error),
            _ => Ok(fine),
        }
    }

    /// The options of the run of every pygrub that is known and has them, whichever is asked for.
    pub(super) fn options_of_every_build(&self, settings: &FileSettings) -> Vec<Options> {
        Build::all().into_iter().filter_map(|build| self.options_of(build, settings).ok()).collect()
    }

    /// The pygrub that a word means: `4.17`, `host`, `xcp-ng-8.3`.
    pub(super) fn build_named(word: &str) -> Result<Build, String> {
        release_args::named(word, None)
    }

    /// The options of the run of the pygrub that a word means. With `host` the rules on titles of this host count.
    pub(super) fn options_named(&self, word: &str, settings: &FileSettings) -> Result<Options, String> {
        let build = Self::build_named(word)?;
        let mut options = self.options_of(build, settings)?;
        if word == "host" && self.title_rules.is_none() {
            options.title_rules = release_args::title_rules_of_host(build).map_err(|error| unreadable_rules(&error))?;
        }
        Ok(options)
    }

    fn options_of(&self, build: Build, settings: &FileSettings) -> Result<Options, String> {
        let Build { release, flavour } = build;
        if self.offset.is_some() && !release.has(Change::Offset) {
            return Err(format!("pygrub of Xen {release} has no option --offset: it came with 4.4"));
        }
        let has = |option| flavour.options().contains(&option);
        for (given, option, name) in [
            (self.default_args.is_some(), ExtraOption::DefaultArgs, "--default-args"),
            (self.extra_args.is_some(), ExtraOption::ExtraArgs, "--extra-args"),
        ] {
            if given && !has(option) {
                return Err(format!("{name} is an option of XCP-ng's pygrub: call with --flavour xcp-ng"));
            }
        }
        let unreadable = |error: std::io::Error| unreadable_rules(&error);
        let title_rules = match &self.title_rules {
            Some(directory) => {
                // It is the caller's, and so are the links on it, unless they are a commit's.
                refuse_links_of_commits(slice::from_ref(directory))?;
                if !directory.is_dir() {
                    return Err(format!("cannot read `{}`: --title-rules needs a directory", shown_path(directory)));
                }
                let rules = directory.read_dir().map_err(unreadable)?.map(|rule| rule.map(|rule| rule.path()));
                let rules: Vec<PathBuf> = rules.collect::<Result<_, _>>().map_err(unreadable)?;
                refuse_links_of_commits(&rules)?;
                let path = std::path::absolute(directory).map_err(unreadable)?;
                release_args::title_rules_in(&Rooted::new("/"), &path).map_err(unreadable)?
            }
            None if self.xen.is_host(settings) => release_args::title_rules_of_host(build).map_err(unreadable)?,
            None => RuleFiles::default(),
        };
        Ok(Options {
            release,
            flavour,
            title_rules,
            default_args: self.default_args.as_ref().map(given).unwrap_or_default(),
            extra_args: self.extra_args.as_ref().map(given).unwrap_or_default(),
            interactive: if self.interactive {
                Some(true)
            } else if self.quiet || self.caller.is_quiet() || settings.quiet.unwrap_or_default() {
                Some(false)
            } else {
                None
            },
            entry: self.entry.as_ref().map(given),
            kernel: self.kernel.as_ref().map(given),
            ramdisk: self.ramdisk.as_ref().map(given),
            args: self.args.as_ref().map(given).unwrap_or_default(),
            offset: self.offset,
            caller: self.caller.caller(build),
            ..Options::default()
        })
    }

    /// Opens the target.
    ///
    /// # Errors
    ///
    /// It cannot be read, or these options do not go with it.
    pub(super) fn open(&self, name: &TargetName, options: Options) -> Result<OpenTarget, Error> {
        self.open_with(name, options, &self.trust.access(name).map_err(Error::Usage)?)
    }

    /// Opens the target as [`open`](Self::open) does, where it may have been found in a tree.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub(super) fn open_with(
        &self,
        name: &TargetName,
        options: Options,
        access: &DiskAccess,
    ) -> Result<OpenTarget, Error> {
        self.open_as(name, self.open_options(), options, access)
    }

    /// Opens the target as [`open_with`](Self::open_with) does, where standard input may stand for a file.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub(super) fn open_standing_for(
        &self,
        name: &TargetName,
        stdin: &StdinArgs,
        options: Options,
        access: &DiskAccess,
    ) -> Result<OpenTarget, Error> {
        let wanted = OpenOptions { dialect: stdin.dialect(name, self.dialect), ..self.open_options() };
        self.open_as(name, wanted, options, access)
    }

    fn open_as(
        &self,
        name: &TargetName,
        wanted: OpenOptions,
        options: Options,
        access: &DiskAccess,
    ) -> Result<OpenTarget, Error> {
        let target = Simulation::from(options)
            .open_with(name, wanted, access)
            .map_err(|error| Error::Target(error.to_string()))?;
        self.caller.suits(name.as_str(), target.kind()).map_err(Error::Usage)?;
        Ok(target)
    }

    /// How the target is opened.
    pub(super) fn open_options(&self) -> OpenOptions {
        OpenOptions { kind: self.kind.map(Into::into), dialect: self.dialect.map(Into::into), ..self.image.options() }
    }
}
