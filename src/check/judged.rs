//! One target: the run, what Xen's builder makes of it, and all that is known of it.

use std::io;

use crate::boot::{self, Run, Verdict};
use crate::explain::Explanation;
use crate::flavour::Build;
use crate::json;
use crate::kernel::{Built, GuestType, KernelDepth, Looks, build};
use crate::lint::{self, Finding, Levels, LintContext, RootDisk, SpanSource};
use crate::report::check::{Check, Hashes};
use crate::report::finding::Sources;
use crate::report::target_report::{ReportOutcome, TargetReport};
use crate::simulation::OpenTarget;
use crate::storage::mount::{MountedOnce, Volumes};
use crate::target::{Kind, Target, TargetError};
use crate::xl::domain::GuestKind;

/// How far a guest's way is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Until {
    /// pygrub hands over kernel and initrd, whatever they are.
    Pygrub,
    /// Xen's domain builder loads the kernel.
    #[default]
    Builder,
}

/// What is looked at, and how closely.
#[derive(Clone, Copy)]
pub struct JudgeOptions<'a> {
    /// Where to stop.
    pub until: Until,
    /// The type of the guest that the kernel is loaded for; without it what the domain's configuration says, else PV.
    pub guest: Option<GuestType>,
    /// Whether kernel and initrd are read in full, for their digests.
    pub hash: bool,
    /// Which rules of the linter speak.
    pub levels: &'a Levels,
    /// Whether comments in the guest's configuration suppress findings.
    pub suppressions: bool,
    /// The disk that the guest mounts as its root.
    pub root_disk: Option<&'a RootDisk>,
    /// The verdicts by several pygrubs, where several are asked.
    pub outcomes: &'a [(Build, Verdict)],
    /// The kernels that were looked into before.
    pub looks: &'a Looks,
}

impl<'a> JudgeOptions<'a> {
    /// As `pregrub check` without options.
    pub fn new(levels: &'a Levels, looks: &'a Looks) -> Self {
        Self {
            until: Until::default(),
            guest: None,
            hash: false,
            levels,
            suppressions: true,
            root_disk: None,
            outcomes: &[],
            looks,
        }
    }
}

/// What is known of a target.
pub struct Judged {
    /// What the target is.
    pub kind: Kind,
    /// The run, with every step.
    pub run: Run,
    /// Why it does not boot. `None` if nothing failed.
    pub explanation: Option<Explanation>,
    /// What the domain builder makes of the kernel, if it was asked.
    pub built: Option<Built>,
    /// Digests of what is booted, if they were asked for.
    pub hashes: Hashes,
    /// What the linter finds, the cause of the verdict first.
    pub findings: Vec<Finding>,
    /// How many findings comments suppress.
    pub suppressed: usize,
    /// The text of a domain's configuration for xl.
    pub domain_text: Option<Vec<u8>>,
}

impl Judged {
    /// The path of the configuration that decides the run.
    pub fn configuration(&self) -> Option<String> {
        let found = self.run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
        found.map(|found| found.path.to_string())
    }

    /// What the texts are called that findings point into. `configuration` is that of [`configuration`](Self::configuration).
    pub fn sources<'a>(&'a self, target: &'a str, configuration: Option<&'a str>) -> Sources<'a> {
        let domain = (self.kind == Kind::Xl).then_some(target);
        let file = match self.kind {
            Kind::Config => Some((SpanSource::Configuration, target)),
            Kind::Xl => Some((SpanSource::Domain, target)),
            _ => None,
        };
        Sources { configuration, domain, domain_text: self.domain_text.as_deref(), file }
    }

    /// The report with these of its findings. `pygrubs` are those that come to it, if several were asked.
    pub fn report<'a>(
        &'a self,
        target: &'a str,
        findings: &'a [Finding],
        configuration: Option<&'a str>,
        pygrubs: Option<&'a str>,
    ) -> TargetReport<'a> {
        let outcome = ReportOutcome::Read {
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

    /// The object of `pregrub.check/1` in one line without a line end, as `pregrub check --format json` prints it. `target` is what the
    /// target is called in it.
    pub fn to_json(&self, target: &str) -> String {
        let configuration = self.configuration();
        let sources = self.sources(target, configuration.as_deref());
        let (explanation, hashes) = (self.explanation.as_ref(), self.hashes.clone());
        let check = Check::of_run(target, self.kind, &self.run, explanation, hashes, &self.findings, sources);
        json::line(&check.with_builder(self.built.as_ref()).with_suppressed(self.suppressed))
    }
}

/// The run, with what Xen's builder says of its kernel: no look at what is wrong.
pub(crate) fn perform(
    opened: &OpenTarget,
    volumes: Option<&MountedOnce<'_>>,
    how: &JudgeOptions<'_>,
) -> Result<(Run, Option<Built>), TargetError> {
    let mut run = opened.run_on(volumes)?;
    let built = match volumes {
        Some(volumes) if how.until == Until::Builder => {
            let guest = opened.target().guest_type(how.guest);
            let depth = if how.hash { KernelDepth::All } else { KernelDepth::Notes };
            build(&mut run, volumes, guest, depth, how.looks)
                .map_err(|error| TargetError::unreadable(opened.name(), error))?
        }
        _ => None,
    };
    Ok((run, built))
}

/// Everything about a target.
///
/// # Errors
///
/// It cannot be read.
pub fn judge(opened: &OpenTarget, how: &JudgeOptions<'_>) -> Result<Judged, TargetError> {
    let volumes = opened.target().volumes();
    judge_on(opened, volumes.as_ref(), how)
}

/// The same on [the volumes](Target::volumes) of the target, which others look at as well.
///
/// # Errors
///
/// It cannot be read.
pub fn judge_on(
    opened: &OpenTarget,
    volumes: Option<&MountedOnce<'_>>,
    how: &JudgeOptions<'_>,
) -> Result<Judged, TargetError> {
    let target = opened.target();
    let kind = target.kind();
    let (run, built) = perform(opened, volumes, how)?;
    let hashes = match volumes {
        Some(volumes) if how.hash => {
            hashes(volumes, &run).map_err(|error| TargetError::unreadable(opened.name(), error))?
        }
        _ => Hashes::default(),
    };
    let mut context = LintContext::new(&run, kind).with_outcomes(how.outcomes);
    if let Some(volumes) = volumes {
        context = context.with_volumes(volumes);
    }
    if let Target::Xl(domain) = target {
        context = context.with_domain(domain);
    }
    if let Some(config) = built.as_ref().and_then(|built| built.look.config.as_ref()) {
        context = context.with_kernel_config(config);
    }
    if let Some(root_disk) = how.root_disk {
        context = context.with_root_disk(root_disk);
    }
    if how.hash {
        context = context.with_whole_initrd();
    }
    if let Some(guest) = how.guest {
        context = context.with_guest(if guest == GuestType::Pvh { GuestKind::Pvh } else { GuestKind::Pv });
    }
    if !how.suppressions {
        context = context.without_guest_suppressions();
    }
    let lint::Findings { active: findings, suppressed } = lint::lint_all(&context, how.levels);
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
    let Some(attempt) = run.attempts.get(chosen.attempt) else { return Ok(Hashes::default()) };
    let offset = u64::try_from(attempt.offset).unwrap_or_default();
    Ok(Hashes {
        kernel: Some(boot::sha256(volumes, offset, &chosen.kernel)?),
        ramdisk: chosen.ramdisk.as_ref().map(|ramdisk| boot::sha256(volumes, offset, ramdisk)).transpose()?,
    })
}
