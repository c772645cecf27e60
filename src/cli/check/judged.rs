//! One target: the run, what Xen's builder makes of it, and all that is known of it.

use std::io;

use super::args::{CheckArgs, Until};
use crate::boot::{self, Run, Verdict};
use crate::cli::Error;
use crate::cli::effective_settings::EffectiveSettings;
use crate::cli::target_name::TargetName;
use crate::explain::Explanation;
use crate::flavour::Build;
use crate::kernel::{Built, Depth, GuestType, Looks, build};
use crate::lint::{self, Finding, LintContext, RootDisk, Source};
use crate::report::check::Hashes;
use crate::report::finding::Sources;
use crate::report::target_report::{Outcome, TargetReport};
use crate::simulation::OpenTarget;
use crate::storage::mount::{MountedOnce, Volumes};
use crate::target::{DiskAccess, Kind, Target};
use crate::xl::domain::Guest;

/// What is known of a target.
pub(in crate::cli) struct Judged {
    pub kind: Kind,
    pub run: Run,
    pub explanation: Option<Explanation>,
    pub built: Option<Built>,
    pub hashes: Hashes,
    pub findings: Vec<Finding>,
    /// How many findings comments suppress.
    pub suppressed: usize,
    /// The text of a domain's configuration.
    pub domain_text: Option<Vec<u8>>,
}

impl Judged {
    /// The path of the configuration that decides the run.
    pub(in crate::cli) fn configuration(&self) -> Option<String> {
        let found = self.run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
        found.map(|found| found.path.to_string())
    }

    /// The same, where standard input stands for a file.
    pub(in crate::cli) fn configuration_shown(&self, name: &TargetName, shown: &TargetName) -> Option<String> {
        if name != shown && self.kind == Kind::Config { Some(shown.to_string()) } else { self.configuration() }
    }

    /// What the texts are called that findings point into. `configuration` is that of [`configuration`](Self::configuration).
    pub(super) fn sources<'a>(&'a self, target: &'a str, configuration: Option<&'a str>) -> Sources<'a> {
        let domain = (self.kind == Kind::Xl).then_some(target);
        let file = match self.kind {
            Kind::Config => Some((Source::Configuration, target)),
            Kind::Xl => Some((Source::Domain, target)),
            _ => None,
        };
        Sources { configuration, domain, domain_text: self.domain_text.as_deref(), file }
    }

    /// The report with these of its findings. `pygrubs` are those that come to it, if several were asked.
    pub(in crate::cli) fn report<'a>(
        &'a self,
        target: &'a str,
        findings: &'a [Finding],
        configuration: Option<&'a str>,
        pygrubs: Option<&'a str>,
    ) -> TargetReport<'a> {
        let outcome = Outcome::Read {
            kind: self.kind,
            run: &self.run,
            explanation: self.explanation.as_ref(),
            judged: true,
            built: self.built.as_ref(),
            hashes: &self.hashes,
            findings,
            suppressed: self.suppressed,
            sources: self.sources(target, configuration),
            pygrubs,
        };
        TargetReport { target, outcome }
    }
}

/// The run alone, with what Xen's builder says of its kernel: no look at what is wrong.
pub(in crate::cli) fn run_target(
    args: &CheckArgs,
    (name, access): (&TargetName, DiskAccess),
    asked: &EffectiveSettings,
    looks: &Looks,
) -> Result<Run, Error> {
    let target = open_target(args, name, asked, &access)?;
    let volumes = target.target().volumes();
    Ok(perform(args, name, &target, volumes.as_ref(), looks)?.0)
}

fn perform(
    args: &CheckArgs,
    name: &TargetName,
    target: &OpenTarget,
    volumes: Option<&MountedOnce<'_>>,
    looks: &Looks,
) -> Result<(Run, Option<Built>), Error> {
    let mut run = target.run_on(volumes).map_err(|error| Error::Target(error.to_string()))?;
    let built = match volumes {
        Some(volumes) if args.until == Until::Builder => {
            let of_domain =
                target.target().guest().map(|guest| if guest == Guest::Pvh { GuestType::Pvh } else { GuestType::Pv });
            let guest = args.guest.map(GuestType::from).or(of_domain).unwrap_or_default();
            let depth = if args.hash { Depth::All } else { Depth::Notes };
            build(&mut run, volumes, guest, depth, looks)
                .map_err(|error| Error::Target(format!("cannot read `{name}`: {error}")))?
        }
        _ => None,
    };
    Ok((run, built))
}

fn open_target(
    args: &CheckArgs,
    name: &TargetName,
    asked: &EffectiveSettings,
    access: &DiskAccess,
) -> Result<OpenTarget, Error> {
    let options = &asked.options;
    let target = args.pygrub.open_standing_for(name, &args.stdin, options.clone(), access)?;
    let kind = target.kind();
    if kind == Kind::Config && (options.kernel.is_some() || options.offset.is_some()) {
        return Err(Error::Usage(format!("`{name}` is a configuration alone: --kernel and --offset need a disk")));
    }
    Ok(target)
}

/// Everything about a target, by its name and what it may have opened. `outcomes` are the verdicts by all pygrubs, where several are asked.
pub(in crate::cli) fn examine(
    args: &CheckArgs,
    (name, access): (&TargetName, DiskAccess),
    asked: &EffectiveSettings,
    root_disk: Option<&RootDisk>,
    outcomes: &[(Build, Verdict)],
    looks: &Looks,
) -> Result<Judged, Error> {
    let opened = open_target(args, name, asked, &access)?;
    let target = opened.target();
    let kind = target.kind();
    let volumes = target.volumes();
    let (run, built) = perform(args, name, &opened, volumes.as_ref(), looks)?;
    let hashes = match &volumes {
        Some(volumes) if args.hash => {
            hashes(volumes, &run).map_err(|error| Error::Target(format!("cannot read `{name}`: {error}")))?
        }
        _ => Hashes::default(),
    };
    let mut context = LintContext::new(&run, kind).with_outcomes(outcomes);
    if let Some(volumes) = &volumes {
        context = context.with_volumes(volumes);
    }
    if let Target::Xl(domain) = target {
        context = context.with_domain(domain);
    }
    if let Some(root_disk) = root_disk {
        context = context.with_root_disk(root_disk);
    }
    if args.hash {
        context = context.with_whole_initrd();
    }
    if let Some(guest) = args.guest.map(GuestType::from) {
        context = context.with_guest(if guest == GuestType::Pvh { Guest::Pvh } else { Guest::Pv });
    }
    if !asked.suppressions {
        context = context.without_guest_suppressions();
    }
    let lint::Findings { active: findings, suppressed } = lint::lint_all(&context, &asked.levels);
    let explanation = context.explanation().cloned();
    drop(context);
    let domain_text = match target {
        Target::Xl(domain) => Some(domain.text.clone()),
        _ => None,
    };
    Ok(Judged { kind, run, explanation, built, hashes, findings, suppressed: suppressed.len(), domain_text })
}

fn hashes(volumes: &dyn Volumes, run: &Run) -> io::Result<Hashes> {
    let Some(chosen) = run.handed_over() else { return Ok(Hashes::default()) };
    let offset = u64::try_from(run.attempts[chosen.attempt].offset).unwrap_or_default();
    Ok(Hashes {
        kernel: Some(boot::sha256(volumes, offset, &chosen.kernel)?),
        ramdisk: chosen.ramdisk.as_ref().map(|ramdisk| boot::sha256(volumes, offset, ramdisk)).transpose()?,
    })
}
