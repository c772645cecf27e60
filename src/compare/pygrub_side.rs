//! What each pygrub picks.

use std::cell::RefCell;

use super::pick::{BootedFile, Pick};
use super::row::{self, Row};
use crate::boot::{Options, Run};
use crate::decompress::Compression;
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
    /// What the kernels are packed with that a builder looked into.
    pub packed: RefCell<Vec<Packed>>,
}

/// What a kernel is packed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    pub kernel: BootedFile,
    pub with: Compression,
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
        let mut packing = None;
        if let Some(volumes) = volumes {
            let of_domain =
                target.guest().map(|guest| if guest == Guest::Pvh { GuestType::Pvh } else { GuestType::Pv });
            let guest = self.guest.or(of_domain).unwrap_or_default();
            let built = build(&mut run, volumes, guest, Depth::Notes, self.looks)
                .map_err(|error| TargetError::unreadable(self.name, error))?;
            packing = built.and_then(|built| built.look.compression);
        }
        let explanation = target.explain(&run, volumes);
        let pick = Pick::of_run(&run, explanation.as_ref());
        if let (Some(with), Some(picked)) = (packing, &pick.picked) {
            let packed = Packed { kernel: picked.kernel.clone(), with };
            let mut known = self.packed.borrow_mut();
            if !known.contains(&packed) {
                known.push(packed);
            }
        }
        Ok((pick, run))
    }
}
