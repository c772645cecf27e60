//! `pregrub rules`: the list of all rules, as text, as JSON (`pregrub.rules/1`) and as the reference page docs/rules.md.

use std::io::{self, Write};

use serde::Serialize;

use crate::lint::{BootImpact, Group, RULES, Rule, RuleStatus, Severity};

/// Groups that have rules, with them.
fn by_group() -> impl Iterator<Item = (Group, Vec<&'static Rule>)> {
    Group::ALL
        .into_iter()
        .map(|group| (group, RULES.iter().copied().filter(|rule| rule.group() == group).collect::<Vec<_>>()))
        .filter(|(_, rules)| !rules.is_empty())
}

/// The list as text: a line a rule.
///
/// # Errors
///
/// As `out` says.
pub fn write_text(out: &mut dyn Write) -> io::Result<()> {
    let width = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    for (number, (group, rules)) in by_group().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{} ({}, {}xx)", group.title(), group.name(), group.prefix())?;
        for rule in rules {
            let releases = if rule.releases.are_all() { String::new() } else { format!("; {}", rule.releases) };
            let (code, name, severity) = (rule.code, rule.name, severities(rule));
            let status = if rule.status == RuleStatus::Stable { "" } else { "; preview" };
            let (since, stops) = (rule.since, rule.stops.phrase());
            writeln!(out, "  {code}  {name:width$}  {severity:14}  since {since}  {stops}{releases}{status}")?;
        }
    }
    out.write_all(
        b"\nWhere a rule has two severities, the first is that of a finding about what boots, the second that of one about entries that are \
         not selected, about what may be there, or about what neither GRUB nor the guest minds.\n",
    )?;
    Ok(())
}

/// The reference page: Markdown.
///
/// # Errors
///
/// As `out` says.
pub fn write_markdown(out: &mut dyn Write) -> io::Result<()> {
    out.write_all(
        b"# The rules of pregrub\n\n\
         Written by `pregrub rules --format markdown > docs/rules.md` from the documentation of the rules in `src/lint/rules/`; \
         `pregrub explain CODE` shows the same.\n\n\
         A finding that *stops the boot* keeps pygrub from handing over a kernel, whatever else is fixed. Whether or not it does, an \
         *error* keeps something from booting as it is meant to; a *warning* says that something else boots than it seems, or that what works today may not \
         tomorrow; a *note* is worth knowing. Where a rule has two severities, the first is that of a finding about what boots, the second that of one about entries that are not selected, \
         about files that may be there, or about what neither GRUB nor the guest minds. Codes and names are never used again for something else.\n",
    )?;
    for (group, rules) in by_group() {
        writeln!(out)?;
        writeln!(out, "**{}** (`{}`, {}xx)", group.title(), group.name(), group.prefix())?;
        writeln!(out)?;
        writeln!(out, "| code | name | severity | boot | Xen | since |")?;
        writeln!(out, "| --- | --- | --- | --- | --- | --- |")?;
        for rule in rules {
            let (code, name, severity) = (rule.code, rule.name, severities(rule));
            let (stops, releases, since) = (rule.stops.phrase(), rule.releases, standing(rule));
            writeln!(out, "| [{code}](#{}) | {name} | {severity} | {stops} | {releases} | {since} |", anchor(rule))?;
        }
    }
    for rule in RULES {
        let (severity, stops) = (severities(rule), rule.stops.phrase());
        writeln!(out)?;
        writeln!(out, "## {} {}", rule.code, rule.name)?;
        writeln!(out)?;
        writeln!(out, "{severity}, {stops}; Xen: {}", rule.releases)?;
        writeln!(out)?;
        let mut fenced = false;
        for line in rule.documentation().lines() {
            fenced ^= line.trim_start().starts_with("```");
            // Its headings are below the one of the rule.
            let deeper = if !fenced && line.starts_with("##") { "#" } else { "" };
            writeln!(out, "{deeper}{line}")?;
        }
    }
    Ok(())
}

/// Since when there is the rule: `0.1.0`, or `0.2.0 (preview)`.
pub(super) fn standing(rule: &Rule) -> String {
    match rule.status {
        RuleStatus::Stable => rule.since.to_owned(),
        status => format!("{} ({})", rule.since, status.name()),
    }
}

/// `error, warning`: the severities that a rule reports, the usual one first.
fn severities(rule: &Rule) -> String {
    rule.severities().map(Severity::name).collect::<Vec<_>>().join(", ")
}

/// What GitHub and others make of the heading of a rule.
fn anchor(rule: &Rule) -> String {
    format!("{}-{}", rule.code.to_lowercase(), rule.name)
}

/// The list as data.
#[derive(Debug, Serialize)]
pub struct Rules {
    schema: &'static str,
    rules: Vec<RuleReport>,
}

#[derive(Debug, Serialize)]
struct RuleReport {
    code: &'static str,
    name: &'static str,
    group: &'static str,
    severity: Severity,
    severities: Vec<Severity>,
    stops_boot: &'static str,
    releases: String,
    status: &'static str,
    since: &'static str,
    summary: String,
    documentation: String,
}

impl Rules {
    /// All rules.
    pub fn all() -> Self {
        Self::of(RULES)
    }

    /// These rules, in this order.
    pub fn of(rules: &[&'static Rule]) -> Self {
        let report = |rule: &&'static Rule| RuleReport {
            code: rule.code,
            name: rule.name,
            group: rule.group().name(),
            severity: rule.severity,
            severities: rule.severities().collect(),
            stops_boot: match rule.stops {
                BootImpact::Always => "always",
                BootImpact::Sometimes => "sometimes",
                BootImpact::Never => "never",
            },
            releases: rule.releases.to_string(),
            status: rule.status.name(),
            since: rule.since,
            summary: rule.summary(),
            documentation: rule.documentation(),
        };
        Self { schema: "pregrub.rules/1", rules: rules.iter().map(report).collect() }
    }
}
