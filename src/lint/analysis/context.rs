//! What rules look at.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use crate::boot::{Attempt, Found, Run, Verdict};
use crate::compare::{Difference, DifferenceKind, Environment, Row};
use crate::config::{Cause, Raised, Recovered, Writer, is_part_of_image};
use crate::explain::files::Files;
use crate::explain::mount_refusal::MountRefusal;
use crate::explain::untried_filesystems::Untried;
use crate::explain::{CauseId, CauseKind, Explanation, OtherDisks, explain_on};
use crate::flavour::{Build, Flavour};
use crate::grub::GrubRun;
use crate::grub::outline::Outline;
use crate::initrd::{self, KernelConfig};
use crate::lint::analysis::configuration::{Configuration, GrubSource};
use crate::lint::analysis::grub_pick::{self, GrubPick};
use crate::lint::analysis::grub_reading::{GrubReading, LONGEST};
use crate::lint::analysis::handed_initrd::{self, LOOK};
use crate::lint::analysis::named_file::PathIssues;
use crate::lint::analysis::root_disk::RootDisk;
use crate::lint::engine::diagnostic::SpanSource;
use crate::release::{Change, Release};
use crate::storage::mount::Volumes;
use crate::target::{DiskAccess, Kind, XlTarget};
use crate::xl::SyntaxError;
use crate::xl::domain::{Domain, GuestKind};

/// What rules look at: a run, with the configuration that decides it and the filesystem that this was found on.
pub struct LintContext<'a> {
    /// The run.
    pub run: &'a Run,
    /// What the run was performed on.
    pub kind: Kind,
    volumes: Option<&'a dyn Volumes>,
    domain: Option<&'a XlTarget>,
    root_disk: Option<&'a RootDisk>,
    outcomes: &'a [(Build, Verdict)],
    tells_all: bool,
    obeys_guest: bool,
    /// Who wrote the configuration, and whether it is a part of an image.
    writer: OnceCell<(Writer, bool)>,
    explanation: OnceCell<Option<Explanation>>,
    files: OnceCell<Option<Files>>,
    path_issues: OnceCell<PathIssues>,
    untried: OnceCell<Option<Untried>>,
    initrd: OnceCell<Option<initrd::InitrdLook>>,
    grub_pick: OnceCell<Option<Box<GrubPick>>>,
    grub: OnceCell<Option<GrubReading<'a>>>,
    /// The structure of the configuration, and how far.
    outline: RefCell<Option<(u32, Rc<Outline>)>>,
    initrd_depth: initrd::InitrdDepth,
    kernel_config: Option<&'a KernelConfig>,
    guest: Option<GuestKind>,
}

impl<'a> LintContext<'a> {
    /// A run on something of this kind.
    pub fn new(run: &'a Run, kind: Kind) -> Self {
        Self {
            run,
            kind,
            volumes: None,
            domain: None,
            root_disk: None,
            outcomes: &[],
            tells_all: false,
            obeys_guest: true,
            writer: OnceCell::new(),
            explanation: OnceCell::new(),
            files: OnceCell::new(),
            path_issues: OnceCell::new(),
            untried: OnceCell::new(),
            initrd: OnceCell::new(),
            grub_pick: OnceCell::new(),
            grub: OnceCell::new(),
            outline: RefCell::default(),
            initrd_depth: LOOK,
            kernel_config: None,
            guest: None,
        }
    }

    /// With the filesystems that the run was performed on, for rules that look for files.
    #[must_use]
    pub fn with_volumes(mut self, volumes: &'a dyn Volumes) -> Self {
        self.volumes = Some(volumes);
        self
    }

    /// For somebody who fixes what is found instead of reading it: rules do not stop after the first places.
    #[must_use]
    pub(in crate::lint) fn telling_all(mut self) -> Self {
        self.tells_all = true;
        self
    }

    /// How many places a rule reports one by one, that usually are `usual`.
    pub(in crate::lint) fn most(&self, usual: usize) -> usize {
        /// Memory is bounded: what is more comes when these are fixed.
        const ALL: usize = 25_000;
        if self.tells_all { ALL } else { usual }
    }

    /// The filesystems that the run was performed on.
    pub fn volumes(&self) -> Option<&'a dyn Volumes> {
        self.volumes
    }

    /// On a run that finds nothing to boot: a filesystem that is there and that pygrub never tries.
    pub fn untried(&self) -> Option<&Untried> {
        self.untried.get_or_init(|| Untried::find(self.run, self.volumes?)).as_ref()
    }

    /// Why the run does not boot, in words. `None` if nothing failed.
    pub fn explanation(&self) -> Option<&Explanation> {
        let others = self.domain.map(|domain| domain as &dyn OtherDisks);
        self.explanation.get_or_init(|| explain_on(self.run, self.volumes, others)).as_ref()
    }

    /// What GRUB 2 of a guest of type hvm picks from the same configuration. `None` where it does not start with that, where pregrub cannot
    /// tell, and for the fixer, which nothing of it concerns.
    pub fn picked_by_grub(&self) -> Option<&Row<Environment, GrubRun>> {
        self.grub_pick().map(|pick| &pick.row)
    }

    /// Where pygrub parts from GRUB, if it is in this.
    pub(in crate::lint) fn parts_from_grub(&self, kind: DifferenceKind) -> Option<&Difference> {
        grub_pick::difference_of(self.grub_pick()?, kind)
    }

    fn grub_pick(&self) -> Option<&GrubPick> {
        if self.tells_all {
            return None;
        }
        let longest = |found: &Found| found.text.len() <= LONGEST;
        let is_run = self.attempt().and_then(|attempt| attempt.found.as_ref()).is_some_and(longest);
        let pick = || {
            // A longer one is executed where a rule asks for that, and not here.
            let reading = if is_run { self.grub()? } else { return None };
            GrubPick::of(self.run, self.kind, reading, self.explanation()).map(Box::new)
        };
        self.grub_pick.get_or_init(pick).as_deref()
    }

    /// The explanation, if its cause is of this kind.
    pub(in crate::lint) fn explained(&self, kind: CauseKind) -> Option<&Explanation> {
        self.explanation().filter(|explanation| explanation.cause.kind == kind)
    }

    /// The explanation, if the cause is a partition that pygrub does not mount, with why it does not.
    pub(in crate::lint) fn refused(&self) -> Option<(&Explanation, MountRefusal<'a>)> {
        let explanation = self.explained(CauseKind::Raised(Cause::NoFilesystem))?;
        let attempt = explanation.cause.attempt.and_then(|index| self.run.attempts.get(index));
        // An offset that no disk has is nothing that is mounted or not.
        Some((explanation, attempt.and_then(MountRefusal::of).unwrap_or(MountRefusal::Other)))
    }

    /// Whether what boots may be on a disk of the domain that is not its first: one that cannot be opened here, or that boots.
    pub(in crate::lint) fn may_be_elsewhere(&self) -> bool {
        let tried = self.domain.map(|domain| domain.tried(self.run)).unwrap_or_default();
        tried.iter().any(|other| matches!(other.verdict, None | Some(Verdict::Boots | Verdict::Unknown)))
    }

    /// The identity of what pygrub raises here.
    pub(in crate::lint) fn cause_of(&self, raised: &Raised) -> CauseId {
        CauseId::of_raised(self.run.failure.as_ref().and_then(|failure| failure.attempt), raised)
    }

    /// What ended a run that did not boot.
    pub fn failed_by(&self) -> Option<&'a Raised> {
        self.run.failure.as_ref()?.raised()
    }

    /// With the domain whose first disk it is, for the rules of the toolstack.
    #[must_use]
    pub fn with_domain(mut self, domain: &'a XlTarget) -> Self {
        self.domain = Some(domain);
        self
    }

    /// The domain whose first disk it is, if xl can parse its configuration.
    pub fn domain(&self) -> Option<&'a Domain> {
        self.domain?.domain.as_ref().ok()
    }

    /// Which files the domain may have opened.
    pub fn disk_access(&self) -> DiskAccess {
        self.domain.map(|domain| domain.access().clone()).unwrap_or_default()
    }

    /// The text of the domain's configuration.
    pub(in crate::lint) fn domain_text(&self) -> Option<&'a [u8]> {
        self.domain.map(|domain| domain.text.as_slice())
    }

    /// Why xl cannot parse the domain's configuration.
    pub fn domain_error(&self) -> Option<SyntaxError> {
        self.domain?.domain.as_ref().err().copied()
    }

    /// Without regard to what the comments of the boot configuration say to the linter, since a guest may have written them.
    /// Those in the domain's configuration count: the host's administrator wrote them.
    #[must_use]
    pub fn without_guest_suppressions(mut self) -> Self {
        self.obeys_guest = false;
        self
    }

    /// Whether the comments of the boot configuration count.
    pub(in crate::lint) fn obeys_guest(&self) -> bool {
        self.obeys_guest
    }

    /// With the disk that the guest mounts as its root, for rules that look for its init.
    #[must_use]
    pub fn with_root_disk(mut self, root_disk: &'a RootDisk) -> Self {
        self.root_disk = Some(root_disk);
        self
    }

    /// Unpacks the initrd to its end, however long that takes.
    #[must_use]
    pub fn with_whole_initrd(mut self) -> Self {
        self.initrd_depth = initrd::InitrdDepth::Whole;
        self
    }

    /// With the configuration that the kernel carries.
    #[must_use]
    pub fn with_kernel_config(mut self, config: &'a KernelConfig) -> Self {
        self.kernel_config = Some(config);
        self
    }

    /// The configuration that the kernel carries, if all of it was unpacked.
    pub(in crate::lint) fn kernel_config(&self) -> Option<&'a KernelConfig> {
        self.kernel_config
    }

    /// With the type of the guest that is asked for, whatever the domain's configuration says.
    #[must_use]
    pub fn with_guest(mut self, guest: GuestKind) -> Self {
        self.guest = Some(guest);
        self
    }

    /// The type of the guest, as it is asked for or by the domain's configuration.
    pub fn guest(&self) -> Option<GuestKind> {
        self.guest.or_else(|| self.domain().map(|domain| domain.guest))
    }

    /// What the toolstack and the guest's kernel make of the initrd that pygrub hands over. `None` if there is none, or if the
    /// kernel beside it is not one.
    pub fn initrd(&self) -> Option<&initrd::InitrdLook> {
        self.initrd.get_or_init(|| handed_initrd::look(self, self.initrd_depth)).as_ref()
    }

    /// The disk that the guest mounts as its root, where it is given.
    pub fn root_disk(&self) -> Option<&'a RootDisk> {
        self.root_disk
    }

    /// With the verdicts on the same target by all pygrubs that are asked, this one included.
    #[must_use]
    pub fn with_outcomes(mut self, outcomes: &'a [(Build, Verdict)]) -> Self {
        self.outcomes = outcomes;
        self
    }

    /// The verdicts by all pygrubs that are asked; empty if it is only one.
    pub fn outcomes(&self) -> &'a [(Build, Verdict)] {
        self.outcomes
    }

    /// Who built the pygrub.
    pub fn flavour(&self) -> Flavour {
        self.run.options.flavour
    }

    /// The release that pygrub is of.
    pub fn release(&self) -> Release {
        self.run.options.release
    }

    /// Whether pygrub of this release looks for an entry by its title where the default is not a number.
    pub(in crate::lint) fn finds_titles(&self) -> bool {
        self.release().has(Change::DefaultByTitle) && !self.release().has(Change::Python3)
    }

    /// The attempt that decides the run.
    pub fn attempt(&self) -> Option<&'a Attempt> {
        self.run.deciding_attempt()
    }

    /// The configuration that decides the run, read to its end. Nothing where none was found, and for the raw blocks of a
    /// directory.
    pub fn configuration(&self) -> Option<Configuration<'_>> {
        let found = self.attempt()?.found.as_ref().filter(|found| !found.directory)?;
        // The whole text may have to be looked through for it.
        let writer = *self.writer.get_or_init(|| (Writer::of(&found.text), is_part_of_image(&found.text)));
        Some(match &found.recovered {
            Some(recovered) => Configuration::new(found, &recovered.config, &recovered.raised, self.run, writer, self),
            None => Configuration::new(found, &found.config, &[], self.run, writer, self),
        })
    }

    /// The filesystem on which the configuration was found, for looking whether files exist. Nothing for a configuration alone.
    pub fn files(&self) -> Option<&Files> {
        let files = self.files.get_or_init(|| {
            let offset = u64::try_from(self.attempt()?.offset).ok()?;
            Files::mount(self.volumes?, offset)
        });
        files.as_ref()
    }

    /// What is odd about the paths of the files that entries name. `configuration` is that of [`configuration`](Self::configuration).
    pub(in crate::lint) fn path_issues(&self, configuration: &Configuration<'_>) -> &PathIssues {
        self.path_issues.get_or_init(|| PathIssues::of(configuration, self.files().map(Files::filesystem)))
    }

    /// The text that findings of this source are in.
    pub(in crate::lint) fn text(&self, source: SpanSource) -> &[u8] {
        match source {
            SpanSource::Target => &[],
            SpanSource::Domain => self.domain.map(|domain| domain.text.as_slice()).unwrap_or_default(),
            SpanSource::Configuration => {
                self.configuration().map(|configuration| configuration.text).unwrap_or_default()
            }
        }
    }

    /// How often something raised beyond what the configuration's exceptions hold, of these causes.
    pub(in crate::lint) fn raised_beyond(&self, causes: &[Cause]) -> usize {
        self.recovered().map_or(0, |recovered| causes.iter().map(|cause| recovered.more_of(*cause)).sum())
    }

    /// How often anything raised.
    pub(in crate::lint) fn count_of_raised(&self) -> usize {
        self.recovered().map_or(0, Recovered::count)
    }

    /// What the parse of the configuration found beyond the first line that raises.
    fn recovered(&self) -> Option<&'a Recovered> {
        self.attempt()?.found.as_ref().filter(|found| !found.directory)?.recovered.as_ref()
    }

    /// Everything that pygrub raises or would raise, where the cause is one of these: what the parse of the configuration
    /// met, and what ended the run after the parser. Nothing of a directory that is treated as a configuration: that is a
    /// matter of its own.
    pub fn raised(&self, causes: &[Cause]) -> Vec<Raised> {
        if self.attempt().and_then(|attempt| attempt.found.as_ref()).is_some_and(|found| found.directory) {
            return Vec::new();
        }
        // There may be many of them, so that only those are copied that are asked for.
        let wanted = |raised: &&Raised| causes.contains(&raised.cause);
        let met = self.configuration().map(|configuration| configuration.raised).unwrap_or_default();
        let mut raised: Vec<Raised> = met.iter().filter(wanted).cloned().collect();
        // What parsing raised is the first of those already.
        if let Some(deciding) = self.failed_by().filter(wanted).filter(|deciding| !raised.contains(deciding)) {
            raised.push(deciding.clone());
        }
        raised
    }
}

impl GrubSource for LintContext<'_> {
    fn grub(&self) -> Option<&GrubReading<'_>> {
        // What it borrows outlives this reference.
        self.grub.get_or_init(|| GrubReading::new(self)).as_ref()
    }

    fn outline(&self, text: &[u8], until: u32) -> Rc<Outline> {
        if let Some((known, outline)) = &*self.outline.borrow()
            && *known >= until
        {
            return Rc::clone(outline);
        }
        // What is executed in any case is not parsed a second time.
        let read = if text.len() <= LONGEST { self.grub().and_then(GrubReading::outline) } else { None };
        let (until, outline) = match read {
            Some(outline) => (u32::MAX, outline),
            None => {
                // Rules ask from line to line: each time at least twice as far, so that the whole is parsed twice and no more.
                let known = self.outline.borrow().as_ref().map_or(0, |(known, _)| *known);
                let until = until.max(known.saturating_mul(2));
                (until, Rc::new(Outline::parse(text, until)))
            }
        };
        *self.outline.borrow_mut() = Some((until, Rc::clone(&outline)));
        outline
    }
}
