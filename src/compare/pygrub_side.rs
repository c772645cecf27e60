//! What each pygrub picks.

use super::pick::{BootedFile, Pick, Picked};
use super::row::{self, Row};
use crate::boot::{ChosenFile, Options, Run};
use crate::flavour::Build;
use crate::kernel::{Depth, GuestType, Looks, build};
use crate::storage::mount::MountedOnce;
use crate::target::{Target, TargetError};
use crate::xl::domain::Guest;

/// A target that pygrubs read.
pub(super) struct PygrubSide<'a, 'v> {
    pub target: &'a Target,
    /// The filesystems of the target.
    pub volumes: Option<&'a MountedOnce<'v>>,
    pub name: &'a str,
    /// The type of the guest, where it is not left to the domain.
    pub guest: Option<GuestType>,
    pub looks: &'a Looks,
}

impl PygrubSide<'_, '_> {
    /// The rows of the pygrubs that pick the same.
    pub(super) fn rows(&self, pygrubs: &[Options]) -> Result<Vec<Row<Build, Run>>, TargetError> {
        let mut rows = Vec::new();
        for options in pygrubs {
            let (pick, run) = self.one(options)?;
            row::add(&mut rows, options.build(), pick, run);
        }
        Ok(rows)
    }

    fn one(&self, options: &Options) -> Result<(Pick, Run), TargetError> {
        match self.target.for_release(options.release) {
            None => self.run(self.target, self.volumes, options),
            Some(target) if target.shares_disk(self.target) => self.run(&target, self.volumes, options),
            Some(target) => self.run(&target, target.volumes().as_ref(), options),
        }
    }

    fn run(
        &self,
        target: &Target,
        volumes: Option<&MountedOnce<'_>>,
        options: &Options,
    ) -> Result<(Pick, Run), TargetError> {
        let mut run = target.run_on(volumes, self.name, options.clone())?;
        if let Some(volumes) = volumes {
            let of_domain =
                target.guest().map(|guest| if guest == Guest::Pvh { GuestType::Pvh } else { GuestType::Pv });
            let guest = self.guest.or(of_domain).unwrap_or_default();
            build(&mut run, volumes, guest, Depth::Notes, self.looks)
                .map_err(|error| TargetError::unreadable(self.name, &error))?;
        }
        let explanation = target.explain(&run, volumes);
        let line = explanation.as_ref().and_then(|explained| explained.evidence.as_ref()?.span).map(|span| span.line);
        let (reason, help, cause) = match explanation {
            Some(explained) => (Some(explained.reason), explained.help, Some(explained.cause)),
            None => (None, None, None),
        };
        let pick = Pick { verdict: run.verdict, picked: picked(&run), reason, line, help, cause };
        Ok((pick, run))
    }
}

fn picked(run: &Run) -> Option<Picked> {
    let chosen = run.handed_over()?;
    let attempt = run.attempts.get(chosen.attempt)?;
    let found = attempt.found.as_ref();
    let has_disk = chosen.kernel.size.is_some();
    let offset = u64::try_from(attempt.offset).ok().filter(|_| has_disk);
    let file = |file: &ChosenFile| BootedFile { path: file.path.to_string(), offset };
    Some(Picked {
        config: found.map(|found| found.path.to_string()),
        title: chosen.entry.and_then(|index| Some(found?.config.entries.get(index)?.title.to_string())),
        line: chosen.kernel.span.map(|span| span.line),
        kernel: file(&chosen.kernel),
        initrds: chosen.ramdisk.iter().map(file).collect(),
        args: chosen.args.as_ref().map(ToString::to_string).unwrap_or_default(),
        missing: Vec::new(),
    })
}
