//! What is wrong with a disk or a configuration that pygrub is to boot: named, located, explained, and mended where that is safe.
//!
//! A [`Rule`] looks at a [`Subject`], which is a [`Run`](crate::boot::Run) with its configuration and its filesystem, and
//! reports [`Finding`]s. Rules parse nothing: what they need stands in the run, and in the survey of the configuration, which
//! goes on where pygrub gives up. One file a rule under `rules/`; [`RULES`] lists them.
//!
//! ```
//! use pregrub::boot::{self, Options};
//! use pregrub::config::Dialect;
//! use pregrub::lint::{self, Levels, Subject};
//! use pregrub::target::Kind;
//!
//! let text = b"menuentry \"NixOS\" {\n  linux ($drive1)//kernels/k\n}\n".to_vec();
//! let run = boot::run_config("grub.cfg", Dialect::Grub2, text, Options::default());
//! let findings = lint::lint(&Subject::new(&run, Kind::Config), &Levels::default());
//! let first = &findings[0];
//! assert_eq!((first.rule.code, first.rule.name, first.stops_boot), ("PG001", "device-variable", true));
//! assert_eq!(first.span.unwrap().line, 2);
//! ```

mod configuration;
mod files;
mod finding;
mod fix;
mod group;
mod levels;
mod registry;
mod reporter;
mod rule;
mod rules;
mod severity;
mod subject;

pub use configuration::Configuration;
pub use files::{Answer, Files};
pub use finding::{Finding, Related, Source};
pub use fix::{Edit, Fix, Safety};
pub use group::Group;
pub use levels::{Level, Levels, Selector, UnknownSelector};
pub use registry::{RULES, find};
pub use reporter::Reporter;
pub use rule::{Rule, Stops};
pub use severity::Severity;
pub use subject::Subject;

/// Looks at `subject` with every rule that `levels` allow. The findings come in the order of their places, those without a
/// place first.
pub fn lint(subject: &Subject<'_>, levels: &Levels) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rule in RULES {
        let Some(level) = levels.of(rule) else { continue };
        let mut reporter = Reporter::new(rule, level, &mut findings);
        (rule.check)(subject, &mut reporter);
    }
    findings.sort_by(|a, b| a.order().cmp(&b.order()));
    findings
}
