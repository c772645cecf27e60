//! Findings that somebody has decided to live with, in a file that can be read and kept under version control.
//!
//! A finding is recognised by its file, its rule, the text of its line and what is said of it without the numbers, so that it
//! stays the same when lines are added above it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::lint::engine::finding::Finding;

/// The name of the format, and its version.
const SCHEMA: &str = "pregrub.baseline/1";

/// How many characters of a line are kept.
const MOST: usize = 200;

/// What a finding is recognised by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// The target, relative to the baseline's directory.
    pub file: String,
    /// The text in a target that has several: the configuration's path in the guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// The code of the rule.
    pub code: String,
    /// The line that it is in, without the spaces around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
    /// What is wrong, each number as `#`.
    pub message: String,
}

impl Identity {
    /// That of a finding in `file`. `text` is what its span lies in.
    pub fn of(file: &str, within: Option<&str>, finding: &Finding, text: Option<&[u8]>) -> Self {
        let line = finding.span.zip(text).map(|(span, text)| line_of(text, span.range().start));
        Self {
            file: file.to_owned(),
            within: within.map(str::to_owned),
            code: finding.rule.code.to_owned(),
            line,
            message: without_numbers(&finding.message),
        }
    }
}

impl Identity {
    /// All that it consists of, for a hash.
    pub fn parts(&self) -> [&str; 5] {
        [
            &self.file,
            self.within.as_deref().unwrap_or_default(),
            &self.code,
            self.line.as_deref().unwrap_or_default(),
            &self.message,
        ]
    }
}

/// The line around the byte `at`, as much of it as is kept.
pub(in crate::lint) fn line_of(text: &[u8], at: usize) -> String {
    let at = at.min(text.len());
    let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |newline| newline + 1);
    let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |length| at + length);
    let line = text[start..end].trim_ascii();
    String::from_utf8_lossy(&line[..line.len().min(4 * MOST)]).chars().take(MOST).collect()
}

/// Each number as `#`.
pub(in crate::lint) fn without_numbers(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    for c in message.chars() {
        if !c.is_ascii_digit() {
            out.push(c);
        } else if !out.ends_with('#') {
            out.push('#');
        }
    }
    out
}

/// The findings of a baseline, and how many there are of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeMap<Identity, usize>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    findings: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    #[serde(flatten)]
    identity: Identity,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    count: usize,
}

fn one() -> usize {
    1
}

// serde requires a reference.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_one(count: &usize) -> bool {
    *count == 1
}

impl Baseline {
    /// Reads the file.
    ///
    /// # Errors
    ///
    /// It is not a baseline; the message is a clause that says what is wrong.
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        let document: Document = serde_json::from_slice(text)
            .map_err(|error| format!("it is not a baseline that pregrub wrote (line {})", error.line()))?;
        if document.schema != SCHEMA {
            return Err(format!("its schema is `{}`, and this pregrub reads `{SCHEMA}`", document.schema));
        }
        let mut known = BTreeMap::new();
        for Row { identity, count } in document.findings {
            let counted: &mut usize = known.entry(identity).or_default();
            *counted = counted.saturating_add(count);
        }
        Ok(Self { known })
    }

    /// Takes over what another one lists: of each finding as many as the one lists that has more of it.
    pub fn add(&mut self, other: Self) {
        for (identity, count) in other.known {
            let known = self.known.entry(identity).or_default();
            *known = count.max(*known);
        }
    }

    /// The text of the file: one member a line, in an order that does not depend on the run.
    pub fn to_json(&self) -> String {
        let findings = self.known.iter().map(|(identity, count)| Row { identity: identity.clone(), count: *count });
        let document = Document { schema: SCHEMA.to_owned(), findings: findings.collect() };
        let mut text = Vec::new();
        // A document of strings and numbers can always be written, and memory takes it.
        let _ = crate::json::write_pretty(&document, &mut text);
        text.push(b'\n');
        String::from_utf8(text).unwrap_or_default()
    }

    /// How many findings it lists.
    pub fn len(&self) -> usize {
        self.known.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Whether it lists none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// A comparison of what is found with a baseline.
#[derive(Clone, Debug, Default)]
pub struct BaselineComparison {
    baseline: Baseline,
    /// How often each was met.
    met: BTreeMap<Identity, usize>,
    files: BTreeSet<String>,
}

impl BaselineComparison {
    /// With this baseline.
    pub fn with(baseline: Baseline) -> Self {
        Self { baseline, ..Self::default() }
    }

    /// A file is looked at: what is not found in it any more is gone.
    pub fn look_at(&mut self, file: &str) {
        self.files.insert(file.to_owned());
    }

    /// Takes a finding in, and says whether the baseline lists it. Of several that are the same it lists so many.
    pub fn knows(&mut self, identity: Identity) -> bool {
        let listed = self.baseline.known.get(&identity).copied().unwrap_or_default();
        let met = self.met.entry(identity).or_default();
        *met += 1;
        *met <= listed
    }

    /// The baseline as its file is by now, which another run may have written.
    pub fn reread(&mut self, baseline: Baseline) {
        self.baseline = baseline;
    }

    /// The baseline as it is now: all that was found, and what it lists of files that were not looked at and `are_there`.
    pub fn renewed(&self, are_there: impl Fn(&str) -> bool) -> Baseline {
        let mut known = self.met.clone();
        let others = self.baseline.known.iter().filter(|(identity, _)| !self.files.contains(&identity.file));
        known.extend(
            others
                .filter(|(identity, _)| are_there(&identity.file))
                .map(|(identity, count)| (identity.clone(), *count)),
        );
        Baseline { known }
    }
}
