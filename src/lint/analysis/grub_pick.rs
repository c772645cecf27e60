//! What GRUB makes of the configuration that pygrub reads: run once, for all rules that compare the two.

use crate::boot::{Options, Run};
use crate::compare::{Difference, DifferenceKind, Environment, Pick, Readers, Row, compare, from_grub, pick_of};
use crate::config::Dialect;
use crate::explain::Explanation;
use crate::grub::outline::Dropped;
use crate::grub::{GrubRun, Platform, Version, discover};
use crate::lint::analysis::configuration::Configuration;
use crate::lint::analysis::context::LintContext;
use crate::lint::analysis::grub_reading::{GrubReading, LONGEST};
use crate::lint::engine::diagnostic::Diagnostic;
use crate::target::{Kind, Target};

/// The GRUB that rules ask: that of a guest of type hvm.
const HVM: Environment = Environment { version: Version::V2_06, platform: Platform::Pc };

/// What GRUB makes of it, and where pygrub parts from that.
pub(in crate::lint) struct GrubPick {
    /// What GRUB picks.
    pub row: Row<Environment, GrubRun>,
    /// Where pygrub boots something else.
    pub difference: Option<Difference>,
}

impl GrubPick {
    /// Follows GRUB from the configuration that it has read. `None` where GRUB starts with another one, or pregrub cannot tell what it
    /// does.
    pub(in crate::lint) fn of(
        run: &Run,
        kind: Kind,
        reading: &GrubReading<'_>,
        explanation: Option<&Explanation>,
    ) -> Option<Self> {
        let found = run.deciding_attempt()?.found.as_ref()?;
        if found.dialect != Dialect::Grub2 || found.directory || found.text.len() > LONGEST {
            return None;
        }
        let disk = reading.disk.as_deref();
        let starts_with_it = match disk {
            Some(disk) => discover::configurations(disk, HVM.platform).ok()?.first() == Some(&reading.place),
            None => kind == Kind::Config,
        };
        if !starts_with_it {
            return None;
        }
        let grub = reading.run();
        let pick = pick_of(&grub, (&reading.place, &found.text), disk);
        if !pick.is_known() {
            return None;
        }
        let row = Row { readers: vec![HVM], pick, run: grub };
        let difference = from_grub(run, &Pick::of_run(run, explanation), &row);
        Some(Self { row, difference })
    }
}

/// What GRUB's parser rejects.
pub(in crate::lint) fn rejected(context: &LintContext<'_>) -> Vec<Dropped> {
    let is_checked = |configuration: &Configuration<'_>| {
        configuration.dialect == Dialect::Grub2 && configuration.text.len() <= LONGEST
    };
    let configuration = context.configuration().filter(is_checked);
    configuration.map(|configuration| configuration.outline(u32::MAX).rejected.clone()).unwrap_or_default()
}

/// Whether GRUB's parser rejects a piece.
pub(in crate::lint) fn rejects(context: &LintContext<'_>) -> bool {
    !rejected(context).is_empty()
}

/// The finding with the change as its help, if both boot the same with it, as far as the text shows.
pub(in crate::lint) fn with_change(
    context: &LintContext<'_>,
    difference: &Difference,
    diagnostic: Diagnostic,
) -> Diagnostic {
    let Some(change) = &difference.change else { return diagnostic };
    let helps = difference.edited.as_ref().is_none_or(|text| {
        let target = Target::Config { dialect: Dialect::Grub2, text: text.clone() };
        let options = Options { offset: None, ..context.run.options.clone() };
        let readers = Readers { pygrubs: vec![options], environments: vec![HVM], guest: None };
        compare(&target, "grub.cfg", &readers).is_ok_and(|comparison| comparison.agrees())
    });
    if helps { diagnostic.help(change.clone()) } else { diagnostic }
}

/// The difference of this kind.
pub(in crate::lint) fn difference_of(pick: &GrubPick, kind: DifferenceKind) -> Option<&Difference> {
    pick.difference.as_ref().filter(|difference| difference.kind == kind)
}
