//! `pregrub generate grub-cfg`, and `--install`: a boot loader's installer for NixOS.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};

use super::stop_signals::StopSignals;
use crate::cli::caller_file::refuse_links_of_commits;
use crate::cli::guest_arg::GuestArg;
use crate::cli::number::{number, number_u32};
use crate::cli::output_args::Color;
use crate::cli::release_args;
use crate::cli::stdout::{Out, complain};
use crate::cli::{Error, Status, why};
use crate::generate::grub_cfg::{self, InstallReport, LocalDisk, PlanOptions, RootDirectory, Search};

// What `generate grub-cfg` takes.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct GrubCfg {
    /// The system that boots by default, such as /run/current-system or /nix/store/...-nixos-system-...
    #[arg(value_name = "TOPLEVEL")]
    toplevel: PathBuf,
    /// Copy kernels and initrds to the boot directory and replace its grub/grub.cfg, instead of printing the text
    #[arg(long)]
    install: bool,
    /// The boot directory, on this machine, whatever --root says; a symbolic link on its path is refused, below --root or, elsewhere, from / on [default: /boot below --root]
    #[arg(long, value_name = "DIRECTORY")]
    boot: Option<PathBuf>,
    /// Where the boot directory lies on its filesystem: /boot where it is a directory of the root filesystem, / where a filesystem of its own is mounted on it [default: by /proc/self/mountinfo]
    #[arg(long, value_name = "PATH")]
    prefix: Option<String>,
    /// The directory of profiles: system-N-link, and system-profiles/NAME-N-link
    #[arg(long, value_name = "DIRECTORY", default_value = "/nix/var/nix/profiles")]
    profiles: PathBuf,
    /// How many generations of each profile get an entry, the newest first; TOPLEVEL always gets one
    #[arg(long, value_name = "N", default_value_t = 20, allow_negative_numbers = true, value_parser = number::<usize>(0..=u64::MAX))]
    limit: usize,
    /// Seconds that the menu waits (pygrub boots after one second even with 0)
    #[arg(long, value_name = "SECONDS", default_value_t = 5, allow_negative_numbers = true, value_parser = number_u32)]
    timeout: u32,
    /// UUID of the filesystem that holds the boot directory, by which GRUB finds it (pygrub needs none), or `none` for no `search` line [default: read from its device; no `search` line where it cannot be read, or where --prefix says that it will be another filesystem]
    #[arg(long, value_name = "UUID|none")]
    uuid: Option<String>,
    /// The guest's files lie below this directory: paths and symbolic links of the guest, TOPLEVEL and the profiles too, begin there, and so does /boot where --boot is not given
    #[arg(long, value_name = "DIRECTORY", default_value = "/")]
    root: PathBuf,
    /// Whether the guest's program that appends secrets to its initrd is run [default: run where the guest is this machine (--root /), else skip]
    #[arg(long, value_enum)]
    secrets: Option<Secrets>,
    /// Seconds after which such a program is killed, with all that it has started
    #[arg(long, value_name = "SECONDS", default_value_t = 300, allow_negative_numbers = true, value_parser = number_u32)]
    secrets_timeout: u32,
    /// The host's Xen, as --release of `pregrub check` takes it: what its domain builder cannot load is refused [default: the newest]
    #[arg(long, value_name = "RELEASE")]
    release: Option<String>,
    /// The guest's type on the host [default: an entry needs to start as one of them]
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    guest: Option<GuestArg>,
}

const AFTER_HELP: &str = "\
As boot.loader.external.installHook of a NixOS guest it is called with one argument, the system. Nothing is written to a \
boot sector, which pygrub does not read: NIXOS_INSTALL_BOOTLOADER makes no difference. Until grub.cfg is replaced, which \
happens last and in one step, the boot disk boots what it has booted before; it is replaced only by what pregrub's own \
simulation judges as booting, every entry of it, and if Xen's domain builder loads the kernel and the kernel unpacks the initrd of the \
system that is installed (an older generation for which they do not gets a warning). The judgement comes before the first change; no kernel or initrd is removed that the \
old grub.cfg, the new one or another configuration names that pygrub looks for. A symbolic link in the place of the boot directory, \
its grub or its kernels is refused: a guest's would lead to this machine's files. SIGTERM, SIGINT, SIGHUP and SIGQUIT end the \
installation with the boot disk as it was, or, after grub.cfg is replaced, not at all. Characters of a label that pygrub's menu cannot draw become `?` in its title.

Exit status: 0 done; 1 nothing was installed or printed, standard error says why; 2 usage error, standard output could not be \
written, or an internal error.";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Secrets {
    /// With the caller's rights
    Run,
    /// The initrd is copied as it is
    Skip,
}

impl GrubCfg {
    fn options(&self) -> Result<PlanOptions, String> {
        let root = RootDirectory::new(&self.root);
        let boot = self.boot.clone().unwrap_or_else(|| root.host(Path::new("/boot")));
        let run_secrets = self.secrets.map_or(root.is_here(), |secrets| secrets == Secrets::Run);
        let host = self.release.as_deref().map(|word| release_args::named(word, None)).transpose()?;
        Ok(PlanOptions {
            root,
            boot,
            prefix: self.prefix.clone(),
            search: match self.uuid.as_deref() {
                None => Search::Device,
                Some("none") => Search::Never,
                Some(uuid) => Search::Uuid(uuid.to_owned()),
            },
            profiles: self.profiles.clone(),
            limit: self.limit,
            timeout: self.timeout,
            run_secrets,
            secrets_timeout: Duration::from_secs(self.secrets_timeout.into()),
            host,
            guest: self.guest.map(Into::into),
        })
    }
}

pub(crate) fn run(args: &GrubCfg) -> Result<Status, Error> {
    let named: Vec<&PathBuf> = args.boot.iter().chain([&args.root]).collect();
    refuse_links_of_commits(&named).map_err(Error::Usage)?;
    let options = args.options().map_err(Error::Usage)?;
    if args.install { install(args, &options) } else { print(args, &options) }
}

/// Nothing is installed or printed.
fn refused(error: grub_cfg::GrubCfgError) -> Error {
    Error::Refused(error.to_string())
}

fn print(args: &GrubCfg, options: &PlanOptions) -> Result<Status, Error> {
    let plan = grub_cfg::plan(options, &args.toplevel).map_err(refused)?;
    plan.menu.warnings.iter().for_each(|warning| warn(warning));
    if !plan.missing.is_empty() {
        warn(&format!(
            "the text names files that are not in `{}` yet ({}): --install copies them",
            options.boot.display(),
            plan.missing.len()
        ));
    }
    let mut out = Out::new(Color::Never);
    out.generated().write_all(plan.text.as_bytes())?;
    out.finish()?;
    Ok(Status::Fine)
}

fn install(args: &GrubCfg, options: &PlanOptions) -> Result<Status, Error> {
    // Before anything is made, so that nothing is left.
    let signals = StopSignals::catch()?;
    let installed = match grub_cfg::install(options, &args.toplevel, &mut LocalDisk::until(signals.stop()).adopting()) {
        Ok(installed) => installed,
        Err(error) => {
            complain(&error.to_string());
            signals.die();
            return Ok(Status::Fails);
        }
    };
    installed.menu.warnings.iter().for_each(|warning| warn(warning));
    // It is done, whether anybody hears of it or not: NixOS would treat a failure as one of the installation.
    if let Err(error) = tell(&installed) {
        warn(&format!("it is installed, but standard output could not be written: {}", why(&error)));
    }
    Ok(Status::Fine)
}

fn tell(installed: &InstallReport) -> io::Result<()> {
    let mut out = Out::new(Color::Never);
    writeln!(
        out.text(),
        "installed: {} ({} entries, {} files copied, {} removed)",
        installed.grub_cfg.display(),
        installed.menu.entries.len(),
        installed.copied,
        installed.removed
    )?;
    if let Some(entry) = installed.menu.entries.first() {
        writeln!(out.text(), "  boots      {}", entry.title)?;
        writeln!(out.text(), "  arguments  {}", entry.args)?;
    }
    out.finish()
}

fn warn(sentence: &str) {
    complain(&format!("warning: {sentence}"));
}
