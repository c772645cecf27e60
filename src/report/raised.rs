//! An exception of pygrub as JSON, the same in every report.

use serde::Serialize;

use crate::config::Raised;

/// An exception of pygrub.
#[derive(Debug, Serialize)]
pub(crate) struct RaisedReport<'a> {
    stage: &'static str,
    #[serde(rename = "type")]
    exception: &'a str,
    message: &'a str,
    line: Option<u32>,
    column: Option<u32>,
}

impl<'a> From<&'a Raised> for RaisedReport<'a> {
    fn from(raised: &'a Raised) -> Self {
        Self {
            stage: raised.stage.name(),
            // A class of one of Python's private modules, which its releases name differently.
            exception: raised.exception.trim_start_matches("sre_constants."),
            message: &raised.message,
            line: raised.span.map(|span| span.line),
            column: raised.span.map(|span| span.column),
        }
    }
}
