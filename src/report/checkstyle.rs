//! Checkstyle's XML, which Jenkins, editors and review tools read: a file with its errors.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};

use super::issue::Issue;
use super::junit::can_be_held;
use super::one_line::one_line;
use crate::lint::Severity;

/// The files of all targets, in the order in which the first issue of each was found.
#[derive(Debug, Default)]
pub struct CheckstyleReport {
    files: Vec<(String, Vec<Issue>)>,
}

impl CheckstyleReport {
    /// Adds a target with its issues. The target is listed even if there are none.
    pub fn add(&mut self, target: &str, issues: Vec<Issue>) {
        if issues.is_empty() {
            // As the issues of a target name it.
            self.file(&one_line(target));
        }
        for issue in issues {
            let file = issue.file.clone();
            self.file(&file).push(issue);
        }
    }

    fn file(&mut self, name: &str) -> &mut Vec<Issue> {
        // The issues of a target are of few files, of which the last is the likeliest.
        let known = self.files.iter().rposition(|(known, _)| known == name);
        let at = known.unwrap_or_else(|| {
            self.files.push((name.to_owned(), Vec::new()));
            self.files.len() - 1
        });
        &mut self.files[at].1
    }

    /// Takes over the files of another report.
    pub fn append(&mut self, part: Self) {
        for (name, issues) in part.files {
            self.file(&name).extend(issues);
        }
    }

    /// Writes the document.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut xml = Writer::new_with_indent(out, b' ', 2);
        xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let mut start = BytesStart::new("checkstyle");
        // The version of Checkstyle whose form this is: readers look for one.
        start.push_attribute(("version", "10.0"));
        xml.write_event(Event::Start(start))?;
        for (name, issues) in &self.files {
            let mut file = BytesStart::new("file");
            file.push_attribute(("name", can_be_held(name).as_str()));
            if issues.is_empty() {
                xml.write_event(Event::Empty(file))?;
                continue;
            }
            xml.write_event(Event::Start(file))?;
            for issue in issues {
                xml.write_event(Event::Empty(error(issue)))?;
            }
            xml.write_event(Event::End(BytesEnd::new("file")))?;
        }
        xml.write_event(Event::End(BytesEnd::new("checkstyle")))?;
        xml.get_mut().write_all(b"\n")
    }
}

fn error(issue: &Issue) -> BytesStart<'static> {
    let mut error = BytesStart::new("error");
    if let Some(region) = issue.region {
        error.push_attribute(("line", region.line.to_string().as_str()));
        error.push_attribute(("column", region.column.to_string().as_str()));
    }
    let severity = match issue.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "info",
    };
    error.push_attribute(("severity", severity));
    error.push_attribute(("message", can_be_held(&issue.sentence()).as_str()));
    error.push_attribute(("source", can_be_held(&format!("pregrub.{}", issue.code)).as_str()));
    error
}
