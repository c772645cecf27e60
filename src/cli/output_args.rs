//! `--format`, `--template` and `--color`.

use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::caller_file::TargetTrees;
use crate::report::template::Template;

// The form of the output.
#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = ObjectFormat::Text)]
    pub format: ObjectFormat,
    /// When to use colours; auto respects the terminal and NO_COLOR
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

// The form of the output of a command that reports findings.
#[derive(Debug, Args)]
pub(super) struct ReportOutputArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// For --format template: a Jinja template, or the file that it is in (`@FILE`). It gets the JSON object of each target
    #[arg(long, value_name = "TEXT|@FILE", required_if_eq("format", "template"))]
    pub template: Option<String>,
    /// When to use colours; auto respects the terminal and NO_COLOR
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

/// The formats of a command whose output is one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ObjectFormat {
    Text,
    Json,
}

/// The formats of a command that reports findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ReportFormat {
    /// For people, with the lines in question
    Text,
    /// One line a finding, as compilers write them
    Concise,
    /// One object a target, each on one line
    Json,
    /// SARIF 2.1.0, for code scanning: one log for all targets
    Sarif,
    /// Annotations for GitHub Actions
    Github,
    /// JUnit's XML: a test suite a target
    Junit,
    /// Gauges for Prometheus: a file for node_exporter's textfile collector
    Openmetrics,
    /// GitLab's code quality report: one array for all targets
    Gitlab,
    /// Checkstyle's XML, for Jenkins and editors
    Checkstyle,
    /// reviewdog's rdjson, with suggestions
    Rdjson,
    /// Your own form: see --template
    Template,
}

/// A format, with what it needs.
#[derive(Clone, Debug)]
pub(super) struct OutputForm {
    pub format: ReportFormat,
    /// Of the format `template`.
    pub template: Option<Arc<Template>>,
}

/// A longer one is not a template.
const LONGEST_TEMPLATE: u64 = 1 << 20;

impl ReportOutputArgs {
    /// The format that is asked for, with its template read and parsed. `trees` are the directories among the targets.
    pub(super) fn form(&self, trees: &TargetTrees) -> Result<OutputForm, String> {
        let format = self.format;
        let template = match (&self.template, format) {
            (None, _) => None,
            (Some(text), ReportFormat::Template) => Some(Arc::new(template(text, trees)?)),
            (Some(_), _) => return Err("--template needs --format template".to_owned()),
        };
        Ok(OutputForm { format, template })
    }
}

fn template(given: &str, trees: &TargetTrees) -> Result<Template, String> {
    let Some(file) = given.strip_prefix('@') else {
        return Template::new("--template", given.to_owned());
    };
    let text = trees.read(Path::new(file), LONGEST_TEMPLATE).map_err(|error| super::cannot_read(file, &error))?;
    let text = String::from_utf8(text).map_err(|_| format!("cannot read `{file}`: it is not UTF-8"))?;
    Template::new(file, text)
}

/// When output has colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}
