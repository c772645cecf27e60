//! `--format` and `--color`.

use clap::{Args, ValueEnum};

/// The form of the output.
#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// When to use colours; auto respects the terminal and NO_COLOR
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

/// The form of the output of a command that reports findings.
#[derive(Debug, Args)]
pub(super) struct ReportOutputArgs {
    /// Output format
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// When to use colours; auto respects the terminal and NO_COLOR
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
}

/// The formats of a command whose output is one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
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
}

/// When output has colours.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}
