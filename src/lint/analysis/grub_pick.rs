//! What GRUB makes of the configuration that pygrub reads: run once, for all rules that compare the two.

use crate::boot::{Options, Run};
use crate::compare::{Difference, Environment, Readers, Reading, Row, compare, from_grub, read_with_grub};
use crate::compare::{DifferenceKind, Pick};
use crate::config::Dialect;
use crate::explain::Explanation;
use crate::grub::{self, GrubRun, Platform, Rejected, Version};
use crate::lint::analysis::configuration::Configuration;
use crate::lint::analysis::context::LintContext;
use crate::lint::engine::diagnostic::Diagnostic;
use crate::storage::mount::Volumes;
use crate::target::{Kind, Target};

/// The GRUB that rules ask: that of a guest of type hvm.
const HVM: Environment = Environment { version: Version::V2_06, platform: Platform::Pc };

/// The longest configuration that is run: a menu of a few hundred entries.
const LONGEST: usize = 256 << 10;
/// How long GRUB may be busy with it. After that nothing is known of it.
const MOST_STEPS: u64 = 200_000;

/// What GRUB makes of it, and where pygrub parts from that.
pub(in crate::lint) struct GrubPick {
    /// What GRUB picks.
    pub row: Row<Environment, GrubRun>,
    /// Where pygrub boots something else.
    pub difference: Option<Difference>,
}

impl GrubPick {
    /// Runs GRUB. `None` where GRUB starts with another configuration, or pregrub cannot tell what it does.
    pub(in crate::lint) fn of(
        run: &Run,
        kind: Kind,
        volumes: Option<&dyn Volumes>,
        explanation: Option<&Explanation>,
    ) -> Option<Self> {
        let found = run.deciding_attempt()?.found.as_ref()?;
        if found.dialect != Dialect::Grub2 || found.directory || found.text.len() > LONGEST {
            return None;
        }
        let reading = match volumes {
            Some(volumes) => Reading::Disk(volumes),
            None if kind == Kind::Config => Reading::Text { dialect: found.dialect, text: &found.text },
            None => return None,
        };
        let row = read_with_grub(reading, &[HVM], MOST_STEPS).ok()?.rows.pop()?;
        let path = row.run.config.split_once(')').map_or("", |(_, path)| path);
        let same = kind == Kind::Config || path.as_bytes() == found.path.as_bytes();
        if !same || !row.pick.is_known() {
            return None;
        }
        let difference = from_grub(run, &Pick::of_run(run, explanation), &row);
        Some(Self { row, difference })
    }
}

/// What GRUB's parser rejects.
pub(in crate::lint) fn rejected(context: &LintContext<'_>) -> Vec<Rejected> {
    let is_checked = |configuration: &Configuration<'_>| {
        configuration.dialect == Dialect::Grub2 && configuration.text.len() <= LONGEST
    };
    let Some(configuration) = context.configuration().filter(is_checked) else { return Vec::new() };
    grub::check_syntax(configuration.text).rejected
}

/// Whether GRUB's parser rejects a piece.
pub(in crate::lint) fn rejects(context: &LintContext<'_>) -> bool {
    !rejected(context).is_empty()
}

/// The finding with the change as its help, if both boot the same with it, as far as the text tells.
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
