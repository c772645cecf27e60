//! `pregrub grub`.

use clap::Args;

use super::caller_file::refuse_links_of_commits;
use super::image_args::ImageArgs;
use super::output_args::{ObjectFormat, OutputArgs};
use super::stdout::Out;
use super::target_args::KindArg;
use super::target_name::TargetName;
use super::trust_args::TrustArgs;
use super::{Error, Status};
use crate::config::Dialect;
use crate::grub::discover::{self, NoStart, Start};
use crate::grub::disks::{NoDisk, OneDisk};
use crate::grub::machine::{FileLookup, Machine};
use crate::grub::{self, ConfigPlace, EntryAttempt, GrubRun, GrubSettings, Version};
use crate::kernel::{GrubBinary, GrubOutcome, Looks, look_for_pvgrub2};
use crate::report::grub::GrubReport;
use crate::simulation::Simulation;
use crate::storage::mount::Volumes;
use crate::target::{DiskAccess, Kind, OpenOptions, Target};

const AFTER_GRUB: &str = "\
Exit status: 0 GRUB boots the entry and every file that it names is there (of a configuration alone: it names a kernel); 1 not so; \
2 usage error; 3 the target has no configuration that can be read, or pregrub cannot tell.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_GRUB)]
pub(super) struct GrubArgs {
    /// What GRUB starts from: an image, a block device, a directory, a grub.cfg alone, a domain's configuration, or `-`
    #[arg(value_name = "TARGET")]
    pub target: TargetName,
    /// Which GRUB: 2.06, 2.12 or 2.14, or Fedora's and Red Hat's, 2.06-fedora or 2.12-fedora
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
    /// Treat the target as this kind instead of detecting it
    #[arg(long = "as", value_name = "KIND", value_enum)]
    pub kind: Option<KindArg>,
    #[command(flatten)]
    pub image: ImageArgs,
    #[command(flatten)]
    pub trust: TrustArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

impl GrubArgs {
    /// How GRUB is run.
    pub(super) fn settings(&self) -> Result<crate::grub::GrubSettings, String> {
        let variables = self.variables.iter().map(|variable| match variable.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.as_bytes().to_vec(), value.as_bytes().to_vec())),
            _ => Err(format!("`{variable}` is not a value of --env: write NAME=VALUE")),
        });
        Ok(crate::grub::GrubSettings {
            version: self.grub.parse().map_err(|error: crate::grub::UnknownName| error.to_string())?,
            platform: self.platform.parse().map_err(|error: crate::grub::UnknownName| error.to_string())?,
            entry: self.entry.as_ref().map(|entry| entry.as_bytes().to_vec()),
            variables: variables.collect::<Result<_, _>>()?,
            trace: self.trace,
            ..crate::grub::GrubSettings::default()
        })
    }
}

pub(super) fn run(args: &GrubArgs) -> Result<Status, Error> {
    let settings = args.settings().map_err(Error::Usage)?;
    refuse_links_of_commits(&[&args.target]).map_err(Error::Usage)?;
    let access = args.trust.access(&args.target).map_err(Error::Usage)?;
    let run = examine(args, &settings, &access).map_err(Error::Target)?;
    let report = GrubReport::new(&run, &settings);
    let mut out = Out::new(args.output.color);
    match args.output.format {
        ObjectFormat::Json => out.json(&report.json())?,
        ObjectFormat::Text => report.write_text(&mut out.text())?,
    }
    out.finish()?;
    Ok(if !run.unknown.is_empty() {
        Status::Unknown
    } else if run.boots() {
        Status::Fine
    } else {
        Status::Fails
    })
}

/// Runs GRUB on the target.
fn examine(args: &GrubArgs, settings: &GrubSettings, access: &DiskAccess) -> Result<GrubRun, String> {
    let wanted = OpenOptions { kind: args.kind(), ..args.image.options() };
    // A text is GRUB's here, whatever its name is, if it has a command of GRUB's; or if somebody says so.
    let name = args.target.path();
    let simulation = Simulation::default();
    let mut is_guessed = false;
    let target = match simulation.open_with(name, wanted, access) {
        Err(_) if matches!(wanted.kind, None | Some(Kind::Config)) && !name.is_dir() => {
            is_guessed = wanted.kind.is_none();
            simulation.open_with(name, OpenOptions { dialect: Some(Dialect::Grub2), ..wanted }, access)
        }
        other => other,
    };
    let target = target.map_err(|error| error.to_string())?;
    let target = target.target();
    if let Target::Config { dialect, text } = target {
        if is_guessed && !grub::script_detection::is_script(text) {
            return Err(format!(
                "`{}` is not a configuration of GRUB 2 that pregrub recognises: no line of it begins with a command that such a file has \
                 (--as config insists)",
                args.target
            ));
        }
        if *dialect != Dialect::Grub2 && wanted.kind.is_none() {
            return Err(format!(
                "`{}` is not a configuration of GRUB 2: only those are programs that can be run (--as config insists)",
                args.target
            ));
        }
        let place = place_of_text(args.config.as_deref(), settings);
        return Ok(grub::run(&NoDisk, &place, text, settings));
    }
    let volumes = target.volumes().ok_or_else(|| {
        format!(
            "the domain in `{0}` has no disk that can be read: `pregrub check {1}` says why",
            args.target,
            args.target.shell_word()
        )
    })?;
    let disk = OneDisk::new(&volumes, settings.version, settings.platform)
        .map_err(|error| super::cannot_read(args.target.as_str(), &error))?;
    let start = match &args.config {
        Some(config) => {
            let place = place_of(config, &disk)?;
            discover::read(&disk, &place).map(|text| Start { place, text, others: Vec::new() })
        }
        None => discover::start(&disk, settings.platform).map_err(|none| match none {
            NoStart::Missing(why) => format!("{why}: name it with --config if it lies elsewhere"),
            NoStart::Unknown(why) => why,
        }),
    };
    let Start { place, text, others } = start.map_err(|why| format!("`{}`: {why}", args.target))?;
    let mut run = grub::run(&disk, &place, &text, settings);
    if settings.platform == grub::Platform::Xen {
        ask_pvgrub2(&mut run, &disk, &volumes, settings.version)
            .map_err(|error| super::cannot_read(args.target.as_str(), &error))?;
    }
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(ConfigPlace::name).collect();
        run.notes.push(format!(
            "there are other configurations, which GRUB reads instead if it was installed with them: {} (--config names one)",
            others.join(", ")
        ));
    }
    Ok(run)
}

/// Takes the kernel from the run if pvgrub2 does not load it, or says that pregrub cannot tell.
fn ask_pvgrub2(run: &mut GrubRun, disk: &OneDisk<'_>, volumes: &dyn Volumes, version: Version) -> std::io::Result<()> {
    let kernel = run.chosen().filter(|attempt| attempt.works()).and_then(EntryAttempt::kernel);
    let Some((device, path)) = kernel.and_then(|kernel| Some(kernel.place_of(kernel.files.first()?))) else {
        return Ok(());
    };
    let Some(offset) = disk.offset(&device) else { return Ok(()) };
    let look = look_for_pvgrub2(volumes, (offset, &path), &Looks::default())?;
    let path = String::from_utf8_lossy(&path).into_owned();
    let (outcome, packed) = match &look {
        Some(look) => (look.grub(GrubBinary::Pv, version), look.compression),
        None => (GrubOutcome::Unknown("pregrub cannot look into it"), None),
    };
    match outcome {
        GrubOutcome::Loads => {}
        GrubOutcome::Unknown(why) => run.unknown.push(format!("whether pvgrub2 loads `{path}`: {why}")),
        // What it prints is known of kernels that it cannot unpack.
        GrubOutcome::Fails(why) if packed.is_some() => {
            run.refuse_kernel("not xen image", format!("pvgrub2 does not load `{path}`: {why}"));
        }
        GrubOutcome::Fails(why) => run.unknown.push(format!("what comes after pvgrub2 does not load `{path}`: {why}")),
    }
    Ok(())
}

/// Where a configuration that has no disk is taken to lie.
fn place_of_text(config: Option<&str>, settings: &GrubSettings) -> ConfigPlace {
    let device = if settings.platform == grub::Platform::Xen { "xen/xvda" } else { "hd0" };
    let (device, path) = split(config.unwrap_or("/boot/grub/grub.cfg"), device);
    ConfigPlace { device, path }
}

fn split(config: &str, device: &str) -> (String, String) {
    match config.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        Some((device, path)) => (device.to_owned(), path.to_owned()),
        None => (device.to_owned(), config.to_owned()),
    }
}

/// The place that `--config` names: `(hd0,gpt2)/grub/grub.cfg`, or a path on the first device that has it.
fn place_of(config: &str, disk: &OneDisk<'_>) -> Result<ConfigPlace, String> {
    let names = disk.names();
    if config.starts_with('(') {
        let (device, path) = split(config, "");
        return match disk.device(device.as_bytes()) {
            Ok(device) => Ok(ConfigPlace { device: device.name, path }),
            Err(_) => Err(format!("there is no device `{device}` for --config: use {}", names.join(", "))),
        };
    }
    let found =
        names.iter().find(|name| matches!(disk.find(name.as_bytes(), config.as_bytes()), FileLookup::File { .. }));
    match found {
        Some(device) => Ok(ConfigPlace { device: device.clone(), path: config.to_owned() }),
        None => Err(format!("there is no file `{config}` for --config on {}", names.join(", "))),
    }
}

impl GrubArgs {
    fn kind(&self) -> Option<Kind> {
        self.kind.map(Into::into)
    }
}
