//! `pregrub host`: every guest of a host at a glance, today and after an upgrade.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::caller_file::refuse_links_of_commits;
use super::image_args;
use super::interrupt::while_writing;
use super::job_args::JobArgs;
use super::pool::{Panicked, Pool};
use super::release_args::{self, ReleaseArgs};
use super::settings::{Finder, SettingsArgs};
use super::{Error, Status};
use crate::boot::{Options, RuleFiles, Run, Verdict};
use crate::cli::output_args::Color;
use crate::cli::stdout::{Out, complain};
use crate::flavour::Build;
use crate::generate::output::{replaces_its_own, write_again};
use crate::host::{self, rooted::Rooted};
use crate::kernel::{KernelDepth, Looks, build};
use crate::release::Change as ReleaseChange;
use crate::report::host::{GuestBoot, GuestOutcome, GuestReport, GuestVerdict, Host, UpgradeChange};
use crate::report::openmetrics;
use crate::storage::beneath::NodeKind;
use crate::storage::opened;
use crate::target::{DiskAccess, Kind, OpenOptions, Target};
use crate::toolstack::host_domains::{self, HostDomain, HostDomains, Keeper, stem};
use crate::toolstack::xapi::VmRecord;
use crate::toolstack::xapi::database::{Vm, is_uuid};
use crate::xl::{shown, syntax};

const AFTER_HOST: &str = "\
Guests of xl are looked for in /etc/xen and in the directory of xendomains (/etc/xen/auto), which are started at boot; those of libvirt \
in /etc/libvirt/libxl; those of xapi in its database (/var/lib/xcp/state.db, or what /etc/xensource/db.conf says). Relative paths of disks start at the host's root directory.

Exit status: 0 every guest boots, or pygrub has no part in it; with --to: the upgrade changes nothing for the worse; 1 a guest does \
not boot; with --to: one would stop booting, or boot something else; 2 called wrongly, no Xen is installed, or an internal error; 3 \
pregrub cannot tell for a guest, or a file or the directory of --root could not be read (3 wins over 1).";

#[derive(Debug, Args)]
#[command(after_help = AFTER_HOST)]
pub(super) struct HostArgs {
    /// Look at the host whose root directory this is: a mounted disk, a backup, a chroot
    #[arg(long, value_name = "DIRECTORY")]
    root: Option<PathBuf>,
    /// Show what an upgrade to this release (4.20, debian-4.20, xcp-ng-8.3) changes
    #[arg(long, value_name = "RELEASE")]
    to: Option<String>,
    #[command(flatten)]
    xen: ReleaseArgs,
    /// Give every guest a row of its own, and name each file that was passed over
    #[arg(short, long)]
    verbose: bool,
    #[command(flatten)]
    jobs: JobArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t = HostFormat::Text)]
    format: HostFormat,
    /// Write to this file instead of standard output: in one step, so that no reader sees half of it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// The form of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum HostFormat {
    /// A table: what is wrong in full, and the names of the others
    Text,
    /// One object
    Json,
    /// Gauges for Prometheus: a file for node_exporter's textfile collector
    Openmetrics,
}

pub(super) fn run(args: &HostArgs) -> Result<Status, Error> {
    let named: Vec<&PathBuf> = args.root.iter().chain(&args.output).collect();
    refuse_links_of_commits(&named).map_err(Error::Usage)?;
    let root = match &args.root {
        Some(root) => root_of_host(root)?,
        None => host::rooted().root().to_owned(),
    };
    if let Some(path) = &args.output {
        replaces_its_own(path, is_report).map_err(|error| Error::Usage(error.to_string()))?;
        opened::remember();
    }
    let rooted = Rooted::new(root);
    host::look_on(rooted.clone());
    // What lies in another machine's root directory may be a guest's, even if that is the working directory.
    let trees = args.root.as_ref().map(|_| rooted.root());
    let finder = Finder::new(&args.settings, trees.as_slice()).map_err(Error::Usage)?;
    let settings = finder.in_force();
    if let Some(sentence) = trees.and_then(|root| finder.passed_over(root)) {
        complain(&sentence);
    }
    let (build, evidence) = if args.xen.is_open(&settings) {
        let installed = host::installed().map_err(|error| Error::Usage(error.to_string()))?;
        (installed.build, installed.evidence)
    } else {
        (args.xen.one(&settings).map_err(Error::Usage)?, Vec::new())
    };
    let to = args.to.as_deref().map(|word| upgraded(word, build)).transpose().map_err(Error::Usage)?;
    let found = HostDomains::find(&rooted, build.release);
    let judge = Judge::new(&rooted, build, to)?;
    let mut guests: Vec<Option<GuestReport>> = vec![None; found.domains.len()];
    let pool = Pool { ordered: false, ..args.jobs.pool(found.domains.len()) };
    let take = |index: usize, judged: Result<GuestReport, Panicked>| {
        let judged = judged.unwrap_or_else(|Panicked(why)| internal_error(&found.domains[index], &why, to.is_some()));
        if let Some(place) = guests.get_mut(index) {
            *place = Some(judged);
        }
        ControlFlow::Continue(())
    };
    let one = |(): &mut (), index: usize| judge.guest(&found.domains[index]);
    pool.run(found.domains.len(), (), || (), one, |_| 0, take);
    let guests: Vec<GuestReport> = guests.into_iter().flatten().collect();
    let host = Host { root: rooted.root(), build, evidence: &evidence, to, found: &found, guests: &guests };
    let mut out = Out::new(Color::Never);
    if let Some(path) = &args.output {
        let mut part = out.part();
        write(args, &host, &mut part)?;
        while_writing(|| write_again(path, &part.into_text(), is_report))
            .map_err(|error| Error::Usage(error.to_string()))?;
    } else {
        write(args, &host, &mut out)?;
        out.finish()?;
    }
    Ok(status(&guests, &found))
}

/// The directory of `--root`, if it can be read and is that of a host.
fn root_of_host(root: &Path) -> Result<PathBuf, Error> {
    let shown = crate::escape::shown_path(root);
    let cannot = |error: &io::Error| Error::Target(format!("cannot read `{shown}`, for --root: {}", super::why(error)));
    let there = root.canonicalize().map_err(|error| cannot(&error))?;
    if !there.is_dir() {
        return Err(Error::Target(format!("`{shown}`, for --root, is not a directory")));
    }
    std::fs::read_dir(&there).map_err(|error| cannot(&error))?;
    if !host_domains::is_host(&Rooted::new(there.clone())) {
        return Err(Error::Target(format!(
            "`{shown}`, for --root, is not the root directory of a host of Xen: there is no /etc/xen, no /etc/libvirt/libxl and no database \
             of xapi (/var/lib/xcp/state.db) below it"
        )));
    }
    Ok(there)
}

/// Whether a file begins as one of the forms of this output does.
fn is_report(head: &[u8]) -> bool {
    let mut lines = head.split(|&byte| byte == b'\n');
    let first = lines.next().unwrap_or_default();
    // The first line names the release, and may go on in the next one.
    let is_text = first.starts_with(b"pygrub of ") && memchr::memmem::find(head, b" started at boot\n").is_some();
    head == b"# EOF\n"
        || is_text
        || head.starts_with(b"{\"schema\":\"pregrub.host/")
        || head.starts_with(b"# HELP pregrub_")
}

fn write(args: &HostArgs, host: &Host<'_>, out: &mut Out) -> io::Result<()> {
    match args.format {
        HostFormat::Json => out.json(&host.document()),
        HostFormat::Text => host.write(out.look(args.verbose), &mut out.text()),
        HostFormat::Openmetrics => {
            let mut report = openmetrics::OpenMetricsReport::default();
            host.guests.iter().for_each(|guest| report.add_guest(guest));
            report.write(&mut out.metrics())
        }
    }
}

/// The pygrub after an upgrade: of the same distributor, unless the word says another one.
fn upgraded(word: &str, from: Build) -> Result<Build, String> {
    release_args::named(word, Some(from.flavour)).or_else(|_| release_args::named(word, None))
}

fn status(guests: &[GuestReport], found: &HostDomains) -> Status {
    let of = |guest: &GuestReport| match (guest.change, guest.now.verdict) {
        (Some(UpgradeChange::Stops | UpgradeChange::BootsOther), _) | (None, GuestVerdict::Fails) => Status::Fails,
        (Some(UpgradeChange::Unknown), _) | (None, GuestVerdict::Unknown) => Status::Unknown,
        _ => Status::Fine,
    };
    let unreadable = if found.unreadable.is_empty() { Status::Fine } else { Status::Unknown };
    Status::worst(guests.iter().map(of).chain([unreadable]))
}

fn internal_error(domain: &HostDomain, why: &str, upgrades: bool) -> GuestReport {
    let reason = format!("internal error: {why}; please report this");
    let now =
        GuestOutcome { verdict: GuestVerdict::Unknown, boot: None, cause: None, reason: Some(reason), help: None };
    GuestReport {
        name: domain.vm.as_ref().map_or_else(|| stem(&domain.path), shown_name),
        file: domain.path.to_string_lossy().into_owned(),
        toolstack: domain.keeper.name(),
        starts_at_boot: domain.starts_at_boot,
        notes: Vec::new(),
        after: upgrades.then(|| now.clone()),
        change: upgrades.then_some(UpgradeChange::Unknown),
        now,
    }
}

/// How every guest is judged.
struct Judge<'a> {
    host: &'a Rooted,
    now: Options,
    after: Option<Options>,
    /// Whether xl.conf has pygrub restricted, for domains that do not say it themselves.
    is_restricted: bool,
    looks: Looks,
}

impl<'a> Judge<'a> {
    fn new(host: &'a Rooted, build: Build, to: Option<Build>) -> Result<Self, Error> {
        let options = |build: Build| -> Result<Options, Error> {
            let title_rules: RuleFiles = release_args::title_rules_of_host(build)
                .map_err(|error| Error::Usage(format!("cannot read the rules on titles: {}", super::why(&error))))?;
            let Build { release, flavour } = build;
            Ok(Options { release, flavour, title_rules, ..Options::default() })
        };
        Ok(Self {
            host,
            now: options(build)?,
            after: to.map(options).transpose()?,
            is_restricted: is_restricted(host, build),
            looks: Looks::remembering(true),
        })
    }

    fn guest(&self, domain: &HostDomain) -> GuestReport {
        let (now, name) = self.outcome(domain, &self.now);
        let after = self.after.as_ref().map(|options| self.outcome(domain, options).0);
        let mut notes = Vec::new();
        if domain.is_started_copy {
            notes.push(format!(
                "`{}` looks like a backup copy, and xendomains starts every file of that directory: move it elsewhere",
                domain.path.display()
            ));
        }
        if let Some(state) = &domain.saved_state {
            notes.push(format!("xendomains restores the saved state `{}` instead of starting it", state.display()));
        }
        GuestReport {
            name: name.unwrap_or_else(|| stem(&domain.path)),
            file: domain.path.to_string_lossy().into_owned(),
            toolstack: domain.keeper.name(),
            starts_at_boot: domain.starts_at_boot,
            notes,
            change: after.as_ref().map(|after| UpgradeChange::between(&now, after)),
            now,
            after,
        }
    }

    /// The domain in a file.
    fn read(&self, domain: &HostDomain, options: &Options) -> Result<Target, String> {
        let kind = if domain.keeper == Keeper::Libvirt { Kind::Libvirt } else { Kind::Xl };
        let mut file = self
            .host
            .open(&domain.path)
            .map_err(|error| format!("its configuration cannot be opened: {}", super::why(&error)))?;
        let wanted = OpenOptions { kind: Some(kind), ..image_args::unsaid() };
        Target::read(&domain.path, &mut file, wanted, options.release, &DiskAccess::anywhere())
            .map_err(|error| error.to_string())
    }

    /// A VM of xapi with the paths at which its disks are now; or why its disk is out of reach, and what to do.
    fn record(&self, vm: &Vm) -> Result<VmRecord, (String, String)> {
        let mut record = vm.record.clone();
        let is_there = |path: &str| {
            let node = self.host.node(Path::new(path));
            node.is_ok_and(|node| matches!(node.kind, NodeKind::Regular | NodeKind::Special))
        };
        for (index, disk) in record.disks.iter_mut().enumerate() {
            if !is_there(&disk.path)
                && let Some(place) = vm.places(index).into_iter().find(|place| is_there(place))
            {
                disk.path = place;
            }
        }
        match record.disk() {
            Ok(path) if !is_there(path) => Err((
                format!("`{path}` is not attached, and no file or volume of that disk is on this host"),
                format!(
                    "run this where the storage repository is plugged in, activate the volume (lvchange -ay), or check a \
                     raw copy: xe vdi-export uuid={} format=raw",
                    path.rsplit('/').next().filter(|name| is_uuid(name)).unwrap_or("UUID")
                ),
            )),
            _ => Ok(record),
        }
    }

    /// What comes of a domain, and what its configuration calls it.
    fn outcome(&self, domain: &HostDomain, options: &Options) -> (GuestOutcome, Option<String>) {
        let unknown = |reason: String| GuestOutcome {
            verdict: GuestVerdict::Unknown,
            boot: None,
            cause: None,
            reason: Some(reason),
            help: None,
        };
        let (target, name) = match &domain.vm {
            Some(vm) => match self.record(vm) {
                Ok(record) => {
                    let limits = image_args::unsaid().limits;
                    (Target::of_record(record, limits, &DiskAccess::anywhere()), Some(shown_name(vm)))
                }
                Err((reason, help)) => {
                    return (GuestOutcome { help: Some(help), ..unknown(reason) }, Some(shown_name(vm)));
                }
            },
            None => match self.read(domain, options) {
                Ok(target) => {
                    let name = name(&target);
                    (target, name)
                }
                Err(reason) => return (unknown(reason), None),
            },
        };
        let mut options = options.clone();
        options.caller.restricted = self.is_restricted && says_nothing_of_restriction(&target);
        let volumes = target.volumes();
        let shown_path = domain.path.to_string_lossy();
        let mut run = match target.run_on(volumes.as_ref(), &shown_path, options) {
            Ok(run) => run,
            Err(error) => return (unknown(error.to_string()), name),
        };
        if let Some(volumes) = &volumes
            && let Err(error) = build(&mut run, volumes, target.guest_type(None), KernelDepth::Notes, &self.looks)
        {
            return (unknown(format!("its disk cannot be read: {}", super::why(&error))), name);
        }
        let explanation = target.explain(&run, volumes.as_ref());
        let verdict = match run.verdict {
            Verdict::Boots | Verdict::Selects => GuestVerdict::Boots,
            Verdict::Fails => GuestVerdict::Fails,
            Verdict::NotApplicable => GuestVerdict::NotAsked,
            Verdict::Unknown => GuestVerdict::Unknown,
        };
        let outcome = GuestOutcome {
            verdict,
            boot: booted(&run).filter(|_| verdict == GuestVerdict::Boots),
            cause: explanation.as_ref().map(|explanation| explanation.cause.kind.name()),
            reason: explanation.as_ref().map(|explanation| explanation.reason.clone()),
            help: explanation.and_then(|explanation| explanation.help),
        };
        (outcome, name)
    }
}

fn booted(run: &Run) -> Option<GuestBoot> {
    let chosen = run.handed_over()?;
    let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
    let title = chosen.entry.and_then(|index| Some(found?.config.entries.get(index)?.title.to_string()));
    Some(GuestBoot {
        title,
        kernel: chosen.kernel.path.to_string(),
        ramdisk: chosen.ramdisk.as_ref().map(|file| file.path.to_string()),
        args: chosen.args.as_ref().map(ToString::to_string).unwrap_or_default(),
    })
}

/// What the users of xapi call a VM.
fn shown_name(vm: &Vm) -> String {
    shown(&vm.name.as_str().into())
}

fn name(target: &Target) -> Option<String> {
    match target {
        Target::Libvirt(target) => target.domain.as_ref().ok()?.name.as_ref().map(|name| shown(&name.text)),
        target => target.domain()?.name.as_ref().map(|name| shown(&name.text)),
    }
}

/// Whether xl.conf restricts pygrub: a key that xl knows since 4.18.
fn is_restricted(host: &Rooted, build: Build) -> bool {
    use std::io::Read;
    if !build.release.has(ReleaseChange::BootloaderRestrict) {
        return false;
    }
    let mut text = Vec::new();
    let read = host.open(Path::new("/etc/xen/xl.conf")).and_then(|file| file.take(1 << 20).read_to_end(&mut text));
    read.is_ok()
        && syntax::parse(&text, build.release)
            .is_ok_and(|settings| settings.number("bootloader_restrict").is_some_and(|number| number != 0))
}

fn says_nothing_of_restriction(target: &Target) -> bool {
    target.domain().is_some_and(|domain| {
        domain.settings.get("bootloader_restrict").is_none() && domain.settings.get("bootloader_user").is_none()
    })
}
