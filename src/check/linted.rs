//! A boot configuration alone, as `pregrub lint` looks at it.

use std::path::Path;

use super::{CheckError, CheckOptions};
use crate::boot::Run;
use crate::json;
use crate::lint::{self, Finding, LintContext, SpanSource};
use crate::report::finding::Sources;
use crate::report::lint::Lint;
use crate::simulation::{OpenTarget, Simulation};
use crate::target::{Kind, OpenOptions};

/// What the linter finds in a boot configuration.
pub struct Linted {
    /// The run on the configuration alone.
    pub run: Run,
    /// What was found, by place.
    pub findings: Vec<Finding>,
    /// How many findings comments suppress.
    pub suppressed: usize,
}

impl Linted {
    /// The object of `pregrub.lint/1` in one line without a line end, as `pregrub lint --format json` prints it. `file` is what the
    /// configuration is called in it.
    pub fn to_json(&self, file: &str) -> String {
        let sources =
            Sources { configuration: Some(file), file: Some((SpanSource::Configuration, file)), ..Sources::default() };
        let report = Lint::new(file, self.run.options.build(), &self.findings, sources);
        json::line(&report.with_suppressed(self.suppressed))
    }
}

/// Lints a file: a grub.cfg, a menu.lst, an extlinux.conf. No `pregrub.toml` is read.
///
/// # Errors
///
/// The file cannot be read, or it is not a boot configuration; the options do not fit together.
pub fn lint(file: &Path, options: &CheckOptions) -> Result<Linted, CheckError> {
    let opened = Simulation::from(options.pygrub()?).open(super::named_file(file), how(options))?;
    examine(&opened, options)
}

/// Lints a text as if it were the content of a file of this name, which says the dialect unless the options do.
///
/// # Errors
///
/// As [`lint()`].
pub fn lint_text(name: &Path, text: &[u8], options: &CheckOptions) -> Result<Linted, CheckError> {
    let opened = Simulation::from(options.pygrub()?).open_text(name, text, how(options))?;
    examine(&opened, options)
}

fn how(options: &CheckOptions) -> OpenOptions {
    OpenOptions { kind: Some(Kind::Config), ..options.open }
}

fn examine(opened: &OpenTarget, options: &CheckOptions) -> Result<Linted, CheckError> {
    options.suits(Kind::Config)?;
    let run = opened.run_on(None)?;
    let mut context = LintContext::new(&run, Kind::Config);
    if !options.suppressions {
        context = context.without_guest_suppressions();
    }
    let lint::Findings { active: findings, suppressed } = lint::lint_all(&context, &options.levels);
    drop(context);
    Ok(Linted { run, findings, suppressed: suppressed.len() })
}
