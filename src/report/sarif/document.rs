//! The parts of a SARIF 2.1.0 log that pregrub writes, by the names of the standard. They borrow what serde-sarif 0.8 would own, and need
//! neither its builders by macro (typed-builder, strum) nor the rest of the standard.

use std::borrow::Cow;

use serde::Serialize;

/// `sarifLog`.
#[derive(Debug, Serialize)]
pub(super) struct SarifLog<'a> {
    #[serde(rename = "$schema")]
    pub schema: &'static str,
    pub runs: [LogRun<'a>; 1],
    pub version: &'static str,
}

/// `run`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogRun<'a> {
    pub artifacts: Vec<&'a Artifact>,
    pub column_kind: &'static str,
    pub invocations: [Invocation<'a>; 1],
    pub properties: RunProperties,
    pub results: Vec<LogResult>,
    pub tool: Tool,
}

/// The properties of pregrub's run.
#[derive(Debug, Serialize)]
pub(super) struct RunProperties {
    pub release: String,
}

/// `artifact`: a target.
#[derive(Debug, Serialize)]
pub(super) struct Artifact {
    pub location: ArtifactLocation,
    pub roles: [&'static str; 1],
}

/// `artifactLocation`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct ArtifactLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<SarifMessage>,
    pub uri: String,
}

/// `message`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct SarifMessage {
    pub text: String,
}

/// `multiformatMessageString`.
#[derive(Debug, Serialize)]
pub(super) struct Help {
    pub markdown: String,
    pub text: String,
}

/// `invocation`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Invocation<'a> {
    pub execution_successful: bool,
    pub exit_code: u8,
    pub tool_execution_notifications: &'a [Notification],
}

/// `notification`: a target that cannot be read.
#[derive(Debug, Serialize)]
pub(super) struct Notification {
    pub level: &'static str,
    pub locations: [LogLocation; 1],
    pub message: SarifMessage,
}

/// `result`: a finding, or a verdict that no finding explains.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogResult {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fixes: Vec<LogFix>,
    pub level: &'static str,
    pub locations: [LogLocation; 1],
    pub message: SarifMessage,
    /// Given when the log is complete, since it counts results that are the same.
    pub partial_fingerprints: Fingerprints,
    pub properties: ResultProperties,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub related_locations: Vec<LogLocation>,
    pub rule_id: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule_index: Option<usize>,
}

/// The fingerprints of a result. The name changes with what they are made of.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Fingerprints {
    #[serde(rename = "pregrub/v2")]
    pub current: String,
}

/// The properties of pregrub's results.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResultProperties {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest_region: Option<LogRegion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raised: Option<String>,
    pub stops_boot: bool,
}

/// `location`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogLocation {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub logical_locations: Vec<LogicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<SarifMessage>,
    pub physical_location: PhysicalLocation,
}

/// `logicalLocation`: a place in the guest.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogicalLocation {
    pub fully_qualified_name: String,
    pub kind: &'static str,
    pub name: String,
}

/// `physicalLocation`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PhysicalLocation {
    pub artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<LogRegion>,
}

/// `region`: lines and columns count from 1, and the end is after the last character.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogRegion {
    pub end_column: u32,
    pub end_line: u32,
    pub start_column: u32,
    pub start_line: u32,
}

/// `fix`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogFix {
    pub artifact_changes: [ArtifactChange; 1],
    pub description: SarifMessage,
    pub properties: FixProperties,
}

/// The properties of pregrub's fixes.
#[derive(Clone, Debug, Serialize)]
pub(super) struct FixProperties {
    pub safety: &'static str,
}

/// `artifactChange`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ArtifactChange {
    pub artifact_location: ArtifactLocation,
    pub replacements: Vec<SarifReplacement>,
}

/// `replacement`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SarifReplacement {
    pub deleted_region: LogRegion,
    pub inserted_content: SarifMessage,
}

/// `tool`.
#[derive(Debug, Serialize)]
pub(super) struct Tool {
    pub driver: ToolComponent,
}

/// `toolComponent`: pregrub.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ToolComponent {
    pub name: &'static str,
    pub rules: Vec<ReportingDescriptor>,
    pub semantic_version: &'static str,
    pub short_description: SarifMessage,
    pub version: &'static str,
}

/// `reportingDescriptor`: a rule.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReportingDescriptor {
    pub default_configuration: ReportingConfiguration,
    pub full_description: SarifMessage,
    pub help: Help,
    pub id: &'static str,
    pub name: &'static str,
    pub properties: RuleProperties,
    pub short_description: SarifMessage,
}

/// `reportingConfiguration`.
#[derive(Debug, Serialize)]
pub(super) struct ReportingConfiguration {
    pub level: &'static str,
}

/// The properties of pregrub's rules; the first two are GitHub's.
#[derive(Debug, Serialize)]
pub(super) struct RuleProperties {
    pub precision: &'static str,
    #[serde(rename = "problem.severity")]
    pub severity: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub releases: Option<String>,
    pub tags: Vec<&'static str>,
}
