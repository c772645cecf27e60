//! The top level of the command line: the subcommands. The arguments of each stand beside its `run`.

#[cfg(target_os = "linux")]
use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use super::output_args::ReportFormat;
use super::{Error, Status};

/// Shows what Xen's pygrub will boot from a guest's disk before you start the guest, or exactly why nothing boots.
#[derive(Debug, Parser)]
#[command(name = "pregrub", version, about, after_help = AFTER_HELP, arg_required_else_help = true)]
pub(super) struct CommandLine {
    #[command(subcommand)]
    pub command: CliCommand,
}

const AFTER_HELP: &str = "\
A TARGET is a disk or filesystem image, a block device, the directory on which a boot filesystem is mounted, a boot \
configuration alone (grub.cfg, menu.lst, extlinux.conf), a domain's configuration for xl (its first disk is what pygrub gets), \
or `-` for a configuration on standard input. Nothing is ever \
written to it, nothing is mounted, and root is only needed where reading it takes root.

Exit status: 0 Xen would boot it (or the bare configuration selects an entry, or pygrub is not asked for this domain) and no \
finding reaches the threshold; 1 it would not, or a finding does; 2 usage or internal error; 3 the target could not be read, or the verdict is unknown.";

#[derive(Debug, Subcommand)]
// Only the subcommand that is called builds its table of options. A doc comment of a struct of arguments would become its description.
#[command(defer = true)]
pub(super) enum CliCommand {
    /// Show what boots: verdict, kernel, initrd and arguments, or why nothing boots
    Check(super::check::CheckArgs),
    /// Report what is wrong with configurations, whether or not they boot: every finding with its place and a fix
    Lint(super::lint::LintArgs),
    /// Show every step of the run, and the exceptions that pygrub swallows
    Trace(super::trace::TraceArgs),
    /// Show kernels as Xen's domain builder sees them: whether it loads them for a PV or a PVH guest, or exactly why not
    Kernel(super::kernel::KernelArgs),
    /// Show the menu: every entry as pygrub parsed it, the selected one marked
    Entries(super::entries::EntriesArgs),
    /// Show pygrub's menu in this terminal, with its keys; report what would have been booted
    #[cfg(target_os = "linux")]
    Menu(super::menu::MenuArgs),
    /// Show what GRUB 2 would boot: its menu, the chosen entry, and its commands word by word
    Grub(super::grub::GrubArgs),
    /// Write a file out of a disk as pygrub would read it: the configuration, or the one that is named
    Cat(super::cat::CatArgs),
    /// Compare what the pygrub of every Xen release and flavour and GRUB 2 boot: where they differ, why, and what to change
    Compare(super::compare::CompareArgs),
    /// Write one page to look at: the disk, the run, the menu, the texts with what is wrong, and the comparison; or a picture
    Report(super::report::ReportArgs),
    /// Show every guest of this host in one table: which would start, which not and why, today or after an upgrade
    Host(super::host::HostArgs),
    /// Show how initrds are made, what Xen and the guest's kernel do with them, and what is wrong
    Initrd(super::initrd::InitrdArgs),
    /// Write configurations that boot: the guest's NixOS module, the host's domain configurations, both with the steps, or grub.cfg
    Generate(super::generate::Generate),
    /// Make a small boot disk as an image, as NixOS would have written it, for trying things out
    Init(super::init::Init),
    /// Put what many runs have found into one report: JSON Lines of many machines, or baselines
    Merge(super::merge::MergeArgs),
    /// Print the JSON schema of an output, or list all schemas
    Schema(super::schema::SchemaArgs),
    /// Explain rules: what they find, why that is bad, and what to write instead
    Explain(super::explain::ExplainArgs),
    /// List all rules
    Rules(super::rules::RulesArgs),
    /// Write the script that completes this command line in a shell
    Completions(super::completions::CompletionsArgs),
    /// Print a manual page, or write all of them
    Man(super::man::ManArgs),
    /// Replace pygrub: copy kernel and initrd out and report them to the toolstack
    #[cfg(target_os = "linux")]
    #[command(disable_help_flag = true, after_help = AFTER_PYGRUB)]
    Pygrub {
        /// pygrub's own arguments: its options and the image
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
        args: Vec<OsString>,
    },
}

impl CliCommand {
    /// Does what the subcommand says.
    pub(super) fn run(&self) -> Result<Status, Error> {
        match self {
            Self::Check(args) => super::check::run(args),
            Self::Lint(args) => super::lint::run(args),
            Self::Trace(args) => super::trace::run(args),
            Self::Kernel(args) => super::kernel::run(args),
            Self::Entries(args) => super::entries::run(args),
            #[cfg(target_os = "linux")]
            Self::Menu(args) => super::menu::run(args),
            Self::Grub(args) => super::grub::run(args),
            Self::Cat(args) => super::cat::run(args),
            Self::Compare(args) => super::compare::run(args),
            Self::Report(args) => super::report::run(args),
            Self::Host(args) => super::host::run(args),
            Self::Initrd(args) => super::initrd::run(args),
            Self::Generate(args) => super::generate::run(args),
            Self::Init(args) => super::init::run(args),
            Self::Merge(args) => super::merge::run(args),
            Self::Schema(args) => super::schema::run(args),
            Self::Completions(args) => super::completions::run(args, CommandLine::command()),
            Self::Man(args) => super::man::run(args, CommandLine::command()),
            Self::Explain(args) => super::explain::run(args),
            Self::Rules(args) => super::rules::run(args),
            // Run by the supervisor, which has an exit status of its own.
            #[cfg(target_os = "linux")]
            Self::Pygrub { .. } => Ok(Status::Fine),
        }
    }

    /// Whether GitHub's runner is to read what is printed.
    pub(super) fn is_for_github(&self) -> bool {
        let format = match self {
            Self::Check(check) => check.output.format,
            Self::Lint(lint) => lint.output.format,
            Self::Compare(compare) => compare.format(),
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
