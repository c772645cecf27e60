//! What each pygrub picks.

use super::pick::Pick;
use super::row::{self, Row};
use crate::boot::{Options, Run};
use crate::flavour::Build;
use crate::kernel::{GuestType, KernelDepth, Looks, build};
use crate::storage::mount::MountedOnce;
use crate::target::{Target, TargetError};

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
            build(&mut run, volumes, target.guest_type(self.guest), KernelDepth::Notes, self.looks)
                .map_err(|error| TargetError::unreadable(self.name, error))?;
        }
        let explanation = target.explain(&run, volumes);
        Ok((Pick::of_run(&run, explanation.as_ref()), run))
    }
}
