//! What the command line takes.

#[cfg(target_os = "linux")]
use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::baselines::BaselineArgs;
use super::caller_args::CallerArgs;
use super::exit_status::{ExitArgs, ExitZeroArgs};
use super::fix::FixArgs;
use super::levels::LevelArgs;
use super::recursive::RecursiveArgs;
use super::release_args::{self, ReleaseArgs};
use super::settings::{Settings, SettingsArgs};
use crate::boot::{Options, RuleFiles};
use crate::config::Dialect;
use crate::flavour::{Build, ExtraOption, Flavour};
use crate::host;
use crate::kernel::{GuestType, Question};
use crate::python::{PyStr, Python, int};
use crate::release::{Change, Release};
use crate::target::{Kind, OpenOptions};

/// Tells what Xen's pygrub will boot from a guest's disk, or exactly why nothing boots.
#[derive(Debug, Parser)]
#[command(name = "pregrub", version, about, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(super) struct CommandLine {
    #[command(subcommand)]
    pub command: Command,
}

const AFTER_HELP: &str = "\
A TARGET is a disk or filesystem image, a block device, the directory on which a boot filesystem is mounted, a boot \
configuration alone (grub.cfg, menu.lst, extlinux.conf), a domain's configuration for xl (its first disk is what pygrub gets), \
or `-` for a configuration on standard input. Nothing is ever \
written to it, nothing is mounted, and root is only needed where reading it takes root.

Exit status: 0 Xen would boot it (or the bare configuration selects an entry, or pygrub is not asked for this domain) and no \
finding reaches the threshold; 1 it would not, or a finding does; 2 usage or internal error; 3 the target could not be read, or the \
verdict is unknown.";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say what boots: the verdict, kernel, initrd and arguments, or why nothing does
    Check(Check),
    /// Say what is wrong with configurations, whatever boots: each finding with its place and the way out
    Lint(Lint),
    /// Show every step of the run, and the exceptions that pygrub swallows
    Trace(Trace),
    /// Show kernels as Xen's domain builder sees them: whether it loads them for a PV or a PVH guest, or exactly why not
    Kernel(Kernel),
    /// Show the menu: every entry as pygrub parsed it, the selected one marked
    Entries(Entries),
    /// Show what GRUB 2 would boot: its menu, the chosen entry, and its commands word by word
    Grub(Grub),
    /// Show how initrds are made, what Xen and the guest's kernel do with them, and what is wrong
    Initrd(Initrd),
    /// Write configurations that boot: the guest's NixOS module, the host's domain configurations, both with the steps, or grub.cfg
    Generate(super::generate::Generate),
    /// Make a small boot disk as an image, as NixOS would have written it, for trying things out
    Init(super::init::Init),
    /// Explain rules: what they find, why that is bad, and what to write instead
    Explain(Explain),
    /// List all rules
    Rules(Rules),
    /// Do what pygrub does, in its place: copy kernel and initrd out and tell the toolstack
    #[cfg(target_os = "linux")]
    #[command(disable_help_flag = true, after_help = AFTER_PYGRUB)]
    Pygrub {
        /// pygrub's own arguments: its options and the image
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
        args: Vec<OsString>,
    },
}

impl Command {
    /// Whether GitHub's runner is to read what is printed.
    pub(super) fn is_for_github(&self) -> bool {
        let format = match self {
            Self::Check(check) => check.answer.format,
            Self::Lint(lint) => lint.answer.format,
            _ => return false,
        };
        format == ReportFormat::Github
    }
}

#[cfg(target_os = "linux")]
const AFTER_PYGRUB: &str = "\
The same happens when the program is called by the name `pygrub` (ln -s pregrub pygrub). Options, output, messages and exit \
status are pygrub's; `pregrub pygrub -h x` prints its usage line. The release is chosen by the environment variable \
PREGRUB_RELEASE (4.0 to 4.22, xcp-ng-8.3, suse-4.21, ..., or newest; without it the pygrub that is installed on the host, else 4.22), the \
flavour by PREGRUB_FLAVOUR (upstream, debian, suse or xcp-ng).";

const AFTER_CHECK: &str = "\
Exit status: 0 Xen would boot it (or the bare configuration selects an entry, or pygrub is not asked for this domain) and no \
finding reaches the threshold; 1 it would not, or a finding does; 2 called wrongly, a broken pregrub.toml, or an internal error; 3 \
a target could not be read, or a verdict is unknown (with several targets this wins over 1); 4 with --exit-not-applicable, pygrub is \
not asked, and nothing else is wrong.";

const AFTER_LINT: &str = "\
Exit status: 0 no finding reaches the threshold (without --threshold: no error), with --diff nothing would change; 1 a finding \
does, or --diff shows something; 2 called wrongly, a broken pregrub.toml, or an internal error; 3 a file could not be read or \
mended.";

const AFTER_LOOK: &str = "\
Exit status: 0 Xen would boot it (or the bare configuration selects an entry, or pygrub is not asked for this domain); 1 it would \
not; 2 called wrongly, a broken pregrub.toml, or an internal error; 3 the target could not be read, or the verdict is unknown.";

const AFTER_KERNEL: &str = "\
Each kernel is unpacked in full. Exit status: 0 all load; 1 one does not, or its guest cannot start; 2 called wrongly, a broken \
pregrub.toml, or an internal error; 3 a file could not be read, or a verdict is unknown.";

const AFTER_GRUB: &str = "\
Exit status: 0 GRUB boots the entry and every file that it names is there (of a configuration alone: it names a kernel); 1 not so; \
2 called wrongly; 3 the target has no configuration that can be read, or pregrub cannot tell.";

const AFTER_ENTRIES: &str = "\
Exit status: 0 there is a menu; 1 pygrub raises before it has one, or there is none; 2 called wrongly, a broken pregrub.toml, or \
an internal error; 3 the target could not be read.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_CHECK)]
pub(super) struct Check {
    /// What to check: an image, a block device, a directory, a configuration (of the boot, or of a domain), or `-`
    #[arg(required = true, value_name = "TARGET")]
    pub targets: Vec<String>,
    #[command(flatten)]
    pub how: How,
    #[command(flatten)]
    pub answer: ReportAnswer,
    /// Judge at most N targets at the same time; this version judges one after the other, and reports them in the order of the
    /// command line
    #[arg(long, value_name = "N", default_value_t = std::num::NonZeroUsize::MIN, hide_default_value = true)]
    // A limit that one at a time always keeps.
    #[allow(dead_code)]
    pub jobs: std::num::NonZeroUsize,
    /// Read kernel and initrd whole and tell their SHA-256
    #[arg(long)]
    pub hash: bool,
    /// The type of the guest that the kernel is loaded for [default: what the domain's configuration says, else pv]
    #[arg(long = "type", value_enum)]
    pub guest: Option<GuestArg>,
    /// Where to stop: after pygrub, or after Xen's domain builder, which has to load the kernel
    #[arg(long, value_enum, default_value_t = Until::Builder)]
    pub until: Until,
    /// The guest's root disk, an image or a directory: to look there for what `init=` names
    #[arg(long, value_name = "TARGET")]
    pub root_disk: Option<String>,
    /// Tell more: what pygrub warns of, and each finding at its place, also where several say the same
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    pub levels: LevelArgs,
    #[command(flatten)]
    pub exit: ExitArgs,
    #[command(flatten)]
    pub baseline: BaselineArgs,
    #[command(flatten)]
    pub recursive: RecursiveArgs,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_LINT)]
pub(super) struct Lint {
    /// The configurations: grub.cfg, menu.lst, extlinux.conf, or `-`; with --recursive directories too
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    #[command(flatten)]
    xen: ReleaseArgs,
    /// pygrub shows no menu, as with bootloader_args = ["-q"]
    #[arg(short, long)]
    quiet: bool,
    /// The dialect of the files, whatever their names are
    #[arg(long, value_enum)]
    pub dialect: Option<DialectArg>,
    #[command(flatten)]
    pub answer: ReportAnswer,
    /// Show each finding at its place, also where several say the same
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    pub levels: LevelArgs,
    #[command(flatten)]
    pub exit: ExitZeroArgs,
    #[command(flatten)]
    pub fix: FixArgs,
    #[command(flatten)]
    pub baseline: BaselineArgs,
    #[command(flatten)]
    pub recursive: RecursiveArgs,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

impl Lint {
    /// The options of the run, where these settings are in force.
    pub(super) fn options(&self, settings: &Settings) -> Result<Options, String> {
        let Build { release, flavour } = self.xen.one(settings)?;
        let quiet = self.quiet || settings.quiet.unwrap_or_default();
        Ok(Options { release, flavour, interactive: quiet.then_some(false), ..Options::default() })
    }
}

/// How the answer is given.
#[derive(Debug, Args)]
pub(super) struct Answer {
    /// How to answer
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Colours: as the terminal (and NO_COLOR) wants, or not
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

/// How the answer of a command is given that reports findings.
#[derive(Debug, Args)]
pub(super) struct ReportAnswer {
    /// How to answer
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// Colours: as the terminal (and NO_COLOR) wants, or not
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The rules, by code or name: PG001, device-variable; of a group (storage, PG3) its list
    #[arg(required = true, value_name = "RULE")]
    pub rules: Vec<String>,
    /// Colours: as the terminal (and NO_COLOR) wants, or not
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

#[derive(Debug, Args)]
pub(super) struct Rules {
    /// How to list them; markdown is the reference page, docs/rules.md
    #[arg(long, value_enum, default_value_t = RulesFormat::Text)]
    pub format: RulesFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RulesFormat {
    Text,
    Json,
    Markdown,
}

const AFTER_INITRD: &str = "\
Exit status: 0 the guest's kernel gets usable initrds; 1 it does not get one of them; 2 called wrongly, or an internal error; 3 a file \
could not be read, or it cannot be told.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_INITRD)]
pub(super) struct Initrd {
    /// The initrds
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    #[command(flatten)]
    release: ReleaseArgs,
    /// The guest's kernel: its version decides what it unpacks, and config-VERSION beside it is read if it is there
    #[arg(long, value_name = "FILE")]
    pub kernel: Option<String>,
    /// The configuration that the guest's kernel was built with, as /boot/config-VERSION
    #[arg(long, value_name = "FILE")]
    pub kernel_config: Option<String>,
    #[command(flatten)]
    pub answer: Answer,
    #[command(flatten)]
    settings: SettingsArgs,
}

impl Initrd {
    /// The release of Xen that hands the initrds over, by the settings of the working directory. Up to 4.19 it unpacks one that begins
    /// as gzip.
    pub(super) fn release(&self) -> Result<Release, String> {
        let settings = self.settings.of("-")?;
        Ok(self.release.one(&settings)?.release)
    }
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_LOOK)]
pub(super) struct Trace {
    /// What to trace: an image, a block device, a directory, a configuration (of the boot, or of a domain), or `-`
    #[arg(value_name = "TARGET")]
    pub target: String,
    #[command(flatten)]
    pub how: How,
    #[command(flatten)]
    pub answer: Answer,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_KERNEL)]
pub(super) struct Kernel {
    /// The kernels: vmlinuz, bzImage, an ELF file
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// The type of the guest
    #[arg(long = "type", value_enum, default_value_t = GuestArg::Pv)]
    guest: GuestArg,
    #[command(flatten)]
    release: ReleaseArgs,
    #[command(flatten)]
    pub answer: Answer,
    #[command(flatten)]
    settings: SettingsArgs,
}

impl Kernel {
    /// Who is to load the kernels, by the settings of the working directory.
    pub(super) fn question(&self) -> Result<Question, String> {
        let settings = self.settings.of("-")?;
        let Build { release, flavour } = self.release.one(&settings)?;
        Ok(Question { release, flavour, guest: self.guest.into() })
    }
}

/// How far a guest's way is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Until {
    /// pygrub hands over kernel and initrd, whatever they are
    Pygrub,
    /// Xen's domain builder loads the kernel
    Builder,
}

/// A type of guest whose kernel the domain builder loads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum GuestArg {
    /// Paravirtualised, xl's default
    Pv,
    /// type = "pvh", from Xen 4.10 on
    Pvh,
}

impl From<GuestArg> for GuestType {
    fn from(guest: GuestArg) -> Self {
        match guest {
            GuestArg::Pv => Self::Pv,
            GuestArg::Pvh => Self::Pvh,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_ENTRIES)]
pub(super) struct Entries {
    /// Whose menu to show: a configuration, an image, a block device, a directory, or `-`
    #[arg(value_name = "TARGET")]
    pub target: String,
    #[command(flatten)]
    pub how: How,
    #[command(flatten)]
    pub answer: Answer,
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_GRUB)]
pub(super) struct Grub {
    /// What GRUB starts from: an image, a block device, a directory, a grub.cfg alone, a domain's configuration, or `-`
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// Which GRUB: 2.06, 2.12 or 2.14
    #[arg(long, value_name = "RELEASE", default_value = "2.06")]
    grub: String,
    /// What it runs on: pc (BIOS), efi, or xen (pvgrub2)
    #[arg(long, value_name = "PLATFORM", default_value = "pc")]
    platform: String,
    /// Boot this entry instead of the default, by the rules of `set default=`: a number, a title, an id, 1>2
    #[arg(long, value_name = "WHICH", allow_hyphen_values = true)]
    entry: Option<String>,
    /// Set (and export) a variable before the configuration is read
    #[arg(long = "env", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// The configuration: a path, or with its device, (hd0,gpt2)/grub/grub.cfg [default: the first where distributions put it]
    #[arg(long, value_name = "FILE")]
    pub config: Option<String>,
    /// Show every command that is executed
    #[arg(long)]
    trace: bool,
    /// Treat the target as this, whatever it looks like
    #[arg(long = "as", value_name = "KIND", value_enum)]
    pub kind: Option<KindArg>,
    #[command(flatten)]
    pub answer: Answer,
}

impl Grub {
    /// How GRUB is run.
    pub(super) fn settings(&self) -> Result<crate::grub::Settings, String> {
        let variables = self.variables.iter().map(|variable| match variable.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.as_bytes().to_vec(), value.as_bytes().to_vec())),
            _ => Err(format!("--env {variable}: write NAME=VALUE")),
        });
        Ok(crate::grub::Settings {
            version: self.grub.parse().map_err(|error: crate::grub::UnknownName| error.to_string())?,
            platform: self.platform.parse().map_err(|error: crate::grub::UnknownName| error.to_string())?,
            entry: self.entry.as_ref().map(|entry| entry.as_bytes().to_vec()),
            variables: variables.collect::<Result<_, _>>()?,
            trace: self.trace,
            ..crate::grub::Settings::default()
        })
    }
}

/// How pygrub is called.
#[derive(Debug, Args)]
pub(super) struct How {
    #[command(flatten)]
    xen: ReleaseArgs,
    /// pygrub's --entry: boot the entry with this number or title (no menu is shown then)
    #[arg(long, value_name = "N|TITLE", allow_hyphen_values = true)]
    entry: Option<String>,
    /// pygrub's --offset: try only the filesystem at this byte
    #[arg(long, value_name = "BYTES", allow_hyphen_values = true, value_parser = parse_offset)]
    offset: Option<i128>,
    /// pygrub's --kernel: boot this file of the guest, read no configuration
    #[arg(long, value_name = "PATH", allow_hyphen_values = true)]
    kernel: Option<String>,
    /// pygrub's --ramdisk: the initrd to go with --kernel
    #[arg(long, value_name = "PATH", allow_hyphen_values = true)]
    ramdisk: Option<String>,
    /// pygrub's --args: add these to the kernel's arguments
    #[arg(long, value_name = "ARGUMENTS", allow_hyphen_values = true)]
    args: Option<String>,
    /// --default_args of XCP-ng's pygrub: the arguments of /xenkernel, which boots without a configuration
    #[arg(long, value_name = "ARGUMENTS", allow_hyphen_values = true)]
    default_args: Option<String>,
    /// --extra_args of XCP-ng's pygrub: add these to the arguments of whatever boots
    #[arg(long, value_name = "ARGUMENTS", allow_hyphen_values = true)]
    extra_args: Option<String>,
    /// The host's /etc/pygrub/rules.d, or a copy: rules on titles, which XCP-ng's pygrub keeps where it shows no menu [default: with --release host the host's, else none]
    #[arg(long, value_name = "DIRECTORY")]
    title_rules: Option<PathBuf>,
    /// pygrub shows its menu, as the toolstack calls it (the default)
    #[arg(short, long, conflicts_with = "quiet")]
    interactive: bool,
    /// pygrub shows no menu, as with bootloader_args = ["-q"]
    #[arg(short, long)]
    quiet: bool,
    /// Take the target for this, whatever it looks like
    #[arg(long = "as", value_name = "KIND", value_enum)]
    kind: Option<KindArg>,
    /// The file is a configuration in this dialect, whatever its name is
    #[arg(long, value_enum)]
    dialect: Option<DialectArg>,
    #[command(flatten)]
    caller: CallerArgs,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum KindArg {
    Image,
    Directory,
    Config,
    /// The configuration of a domain for xl
    Xl,
    /// The XML of a domain for libvirt
    Libvirt,
    /// A VM of xapi: JSON with the API's names, or lines as `xe vm-param-list` prints them
    Xapi,
}

impl From<KindArg> for Kind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Image => Self::Image,
            KindArg::Directory => Self::Directory,
            KindArg::Config => Self::Config,
            KindArg::Xl => Self::Xl,
            KindArg::Libvirt => Self::Libvirt,
            KindArg::Xapi => Self::Xapi,
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum DialectArg {
    Grub2,
    Legacy,
    Extlinux,
}

impl From<DialectArg> for Dialect {
    fn from(dialect: DialectArg) -> Self {
        match dialect {
            DialectArg::Grub2 => Self::Grub2,
            DialectArg::Legacy => Self::Legacy,
            DialectArg::Extlinux => Self::Extlinux,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

/// The formats of a command that reports findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people, with the lines in question
    Text,
    /// One line a finding, as compilers write them
    Concise,
    /// One object a target, each on one line
    Json,
    /// SARIF 2.1.0, for code scanning: one log for all targets
    Sarif,
    /// Annotations for GitHub Actions
    Github,
    /// JUnit's XML: a test suite a target
    Junit,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

/// As pygrub takes it: `int()` of Python, so that ` 0 ` and `1_0` are numbers and `0x0` is none.
fn parse_offset(text: &str) -> Result<i128, String> {
    let number = int::parse(text, Python::Three).map_err(|_| "the offset must be an integer, in bytes".to_owned())?;
    let large = if number.is_negative() { i128::MIN } else { i128::MAX };
    Ok(number.to_string().parse().unwrap_or(large))
}

impl How {
    /// The options of the run, where these settings are in force.
    pub(super) fn options(&self, settings: &Settings) -> Result<Options, String> {
        self.options_of(self.xen.one(settings)?, settings)
    }

    /// What to say of the pygrub that is installed here: which one it is and why, where it is asked; that there is another one, where
    /// nobody said which is meant.
    pub(super) fn hint(&self, settings: &Settings) -> Option<String> {
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
    pub(super) fn all_options(&self, settings: &Settings) -> Result<Vec<Options>, String> {
        self.xen.all(settings)?.into_iter().map(|build| self.options_of(build, settings)).collect()
    }

    fn options_of(&self, build: Build, settings: &Settings) -> Result<Options, String> {
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
        let unreadable = |error: std::io::Error| format!("the rules on titles cannot be read: {error}");
        let title_rules = match &self.title_rules {
            Some(directory) if !directory.is_dir() => {
                return Err(format!("`{}`, for the rules on titles, is not a directory", directory.display()));
            }
            Some(directory) => RuleFiles::of_directory(directory).map_err(unreadable)?,
            None if self.xen.is_host(settings) => release_args::title_rules_of_host(build).map_err(unreadable)?,
            None => RuleFiles::default(),
        };
        Ok(Options {
            release,
            flavour,
            title_rules,
            default_args: self.default_args.as_deref().unwrap_or_default().into(),
            extra_args: self.extra_args.as_deref().unwrap_or_default().into(),
            interactive: if self.interactive {
                Some(true)
            } else if self.quiet || self.caller.is_quiet() || settings.quiet.unwrap_or_default() {
                Some(false)
            } else {
                None
            },
            entry: self.entry.as_deref().map(PyStr::from),
            kernel: self.kernel.as_deref().map(PyStr::from),
            ramdisk: self.ramdisk.as_deref().map(PyStr::from),
            args: self.args.as_deref().unwrap_or_default().into(),
            offset: self.offset,
            caller: self.caller.caller(build),
            ..Options::default()
        })
    }

    /// What the target is to be taken for.
    pub(super) fn wanted(&self) -> OpenOptions {
        OpenOptions { kind: self.kind.map(Into::into), dialect: self.dialect.map(Into::into) }
    }
}
