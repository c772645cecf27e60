//! What is wrong with a disk or a configuration that pygrub is to boot: named, located, explained, and fixed where that is safe.
//!
//! A [`Rule`] looks at a [`LintContext`], which is a [`Run`](crate::boot::Run) with its configuration and its filesystem, and
//! reports [`Diagnostic`]s, of which the engine makes [`Finding`]s. Rules parse nothing: what they need stands in the run, and in its error-recovering parse, which
//! goes on where pygrub stops. One file a rule under `rules/`; [`RULES`] lists them.
//!
//! ```
//! use pregrub::boot::{self, Options};
//! use pregrub::config::Dialect;
//! use pregrub::lint::{self, Levels, LintContext};
//! use pregrub::target::Kind;
//!
//! let text = b"set timeout=5\nmenuentry \"NixOS\" {\n  linux ($drive1)//kernels/k\n}\n".to_vec();
//! let run = boot::run_config("grub.cfg", Dialect::Grub2, text, Options::default());
//! let findings = lint::lint(&LintContext::new(&run, Kind::Config), &Levels::default());
//! let first = &findings[0];
//! assert_eq!((first.rule.code, first.rule.name, first.stops_boot), ("PG001", "device-variable", true));
//! assert_eq!(first.span.unwrap().line, 3);
//! ```

mod analysis;
mod autofix;
mod engine;
mod explaining;
mod registry;
mod rules;
mod selection;

pub use crate::explain::files::{Answer, Files};
pub use crate::explain::untried_filesystems::{Untried, Where};
pub use analysis::configuration::Configuration;
pub(crate) use analysis::configuration::shown as shown_text;
pub use analysis::context::LintContext;
pub use analysis::root_disk::{NoRoot, RootDisk};
pub use autofix::{FixAttempt, FixResult, Fixer};
pub use engine::baseline::{Baseline, BaselineComparison, Identity};
pub use engine::diagnostic::{Diagnostic, Related, SpanSource};
pub use engine::finding::Finding;
pub use engine::fix::{Edit, Fix, Safety};
pub use engine::group::Group;
pub use engine::level::Level;
pub use engine::releases::Releases;
pub use engine::reporter::Reporter;
pub use engine::rule::{BootImpact, Rule, RuleStatus};
pub use engine::severity::Severity;
pub use explaining::{explaining_findings, findings_of_differences};
pub use registry::{RULES, closest, find};
pub use selection::rule_levels::{Levels, Selector, UnknownSelector};

use crate::explain::CauseId;
use engine::limit;
use engine::reporter::Sink;
use registry::CHECKS;
use rules::{pg801_unused_suppression, pg802_malformed_suppression};
use selection::suppression::Suppressions;
use selection::suppression_index::SuppressionIndex;

/// What the rules found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// What is reported, what stops the boot first, and then in the order of the places.
    pub active: Vec<Finding>,
    /// What a comment suppresses, in the same order, with the reason that the comment gives.
    pub suppressed: Vec<(Finding, String)>,
}

/// Looks at a run with every rule that `levels` allow, and leaves out what comments suppress. What
/// stops the boot comes first, and then the findings come in the order of their places.
pub fn lint(context: &LintContext<'_>, levels: &Levels) -> Vec<Finding> {
    lint_all(context, levels).active
}

/// Does what [`lint`] does, and keeps what comments suppress.
pub fn lint_all(context: &LintContext<'_>, levels: &Levels) -> Findings {
    let mut findings = Vec::new();
    let suppressions = Suppressions::of(context);
    check_all(context, levels, &suppressions, &mut findings);
    let mut sorted = Findings::default();
    let mut covering = index(&suppressions);
    let cause = context.explanation().map(|explanation| explanation.cause);
    // What ends a run without an exception is one thing: what a rule says of it stops the boot.
    let not_raised = context.explanation().filter(|explanation| explanation.evidence.is_none()).and(cause);
    // Collected in place: a guest can have a hundred thousand findings, and two lists of them are too much.
    let active = findings.into_iter().filter_map(|mut finding| {
        finding.cause = finding.cause.or_else(|| finding.raised.as_ref().map(|raised| context.cause_of(raised)));
        finding.cause = finding.cause.or(not_raised.filter(|_| finding.stops_boot));
        let reason = if finding.rule.ignores_guest_comments() { None } else { covering.silences(&finding) };
        match reason {
            Some(reason) => {
                sorted.suppressed.push((finding, reason));
                None
            }
            None => Some(finding),
        }
    });
    sorted.active = active.collect();
    check_unused(context, levels, &covering, &mut sorted.active);
    sorted.active.sort_by(|a, b| a.order(cause).cmp(&b.order(cause)));
    limit::apply(&mut sorted.active, |rule| levels.of(rule));
    sorted.active.sort_by(|a, b| a.order(cause).cmp(&b.order(cause)));
    sorted.suppressed.sort_by(|(a, _), (b, _)| a.order(cause).cmp(&b.order(cause)));
    sorted
}

/// What the fixer keeps of findings, of which there may be very many: each is handed over when it is found.
trait Keeper {
    /// Takes a finding in.
    fn keep(&mut self, finding: Finding, is_cause: bool, is_suppressed: bool);
    /// Whether one of those that were kept is of such a rule, in such a line.
    fn has_kept(&self, like: &dyn Fn(&'static Rule, Option<u32>) -> bool) -> bool;
}

/// Does what [`lint_all`] does for the fixer: there is no limit, and nothing is sorted or kept here.
fn lint_each(context: &LintContext<'_>, levels: &Levels, keeper: &mut dyn Keeper) {
    let suppressions = Suppressions::of(context);
    let explanation = context.explanation();
    let cause = explanation.map(|explanation| explanation.cause);
    let not_raised = explanation.filter(|explanation| explanation.evidence.is_none()).and(cause);
    let mut screen = Screen { covering: index(&suppressions), cause, not_raised, keeper };
    check_all(context, levels, &suppressions, &mut screen);
    let Screen { covering, keeper, .. } = screen;
    let none = index(&[]);
    check_unused(context, levels, &covering, &mut Screen { covering: none, cause, not_raised, keeper });
}

/// Finds out whether a comment suppresses a finding, and hands it on.
struct Screen<'a> {
    covering: SuppressionIndex<'a>,
    cause: Option<CauseId>,
    /// The cause, where it is not an exception.
    not_raised: Option<CauseId>,
    keeper: &'a mut dyn Keeper,
}

impl Sink for Screen<'_> {
    fn take(&mut self, finding: Finding, _: usize) {
        let cause = finding.cause.or(self.not_raised.filter(|_| finding.stops_boot));
        let is_suppressed = !finding.rule.ignores_guest_comments() && self.covering.silences(&finding).is_some();
        self.keeper.keep(finding, cause.is_some() && cause == self.cause, is_suppressed);
    }

    fn has_taken(&self, like: &dyn Fn(&'static Rule, Option<u32>) -> bool) -> bool {
        self.keeper.has_kept(like)
    }
}

/// Asks every rule but the one about comments that suppress nothing.
fn check_all(
    context: &LintContext<'_>,
    levels: &Levels,
    suppressions: &[(SpanSource, Suppressions)],
    sink: &mut dyn Sink,
) {
    for check in CHECKS {
        let Some(level) = levels.of(check.rule) else { continue };
        (check.check)(context, &mut Reporter::new(check.rule, level, sink));
    }
    let malformed = &pg802_malformed_suppression::RULE;
    let Some(level) = levels.of(malformed) else { return };
    let mut reporter = Reporter::new(malformed, level, sink);
    for (source, suppressions) in suppressions {
        for comment in &suppressions.malformed {
            let diagnostic = pg802_malformed_suppression::diagnostic(&comment.message);
            reporter.add(diagnostic.within(*source, comment.span, "here"));
        }
    }
}

/// Reports the comments that suppress nothing.
fn check_unused(context: &LintContext<'_>, levels: &Levels, covering: &SuppressionIndex<'_>, sink: &mut dyn Sink) {
    let unused = &pg801_unused_suppression::RULE;
    let Some(level) = levels.of(unused) else { return };
    let mut reporter = Reporter::new(unused, level, sink);
    // Of a rule that is silent anyway nobody knows.
    let speaking: Vec<&Rule> = RULES.iter().copied().filter(|rule| levels.of(rule).is_some()).collect();
    for (source, one) in covering.unused() {
        if !speaking.iter().any(|rule| one.selector.covers(rule)) {
            continue;
        }
        let name = shown_text(context.text(source).get(one.span.range()).unwrap_or_default());
        let diagnostic = pg801_unused_suppression::diagnostic(&name);
        reporter.add(diagnostic.within(source, one.span, "named in vain"));
    }
}

fn index(suppressions: &[(SpanSource, Suppressions)]) -> SuppressionIndex<'_> {
    let comments = suppressions.iter().flat_map(|(source, read)| read.list.iter().map(|one| (*source, one)));
    SuppressionIndex::new(comments.collect())
}
