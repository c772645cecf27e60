//! The source lines that a finding is shown with: never wider than the terminal, the underline below its text, and no line that is
//! left out drawn as an empty one.

use std::path::Path;

use pregrub::boot::{self, Options};
use pregrub::config::Dialect;
use pregrub::lint::{self, Levels, LintContext};
use pregrub::report::finding::Sources;
use pregrub::report::text::{self, TextStyle};
use pregrub::target::Kind;

use super::places::configurations;

/// The number and the text of a source line as it is shown.
fn numbered(line: &str) -> Option<(usize, &str)> {
    let (number, text) = line.split_once('\u{2502}')?;
    Some((number.trim().parse().ok()?, text.strip_prefix(' ').unwrap_or(text)))
}

#[test]
fn source_lines_fit_the_terminal_and_gaps_are_not_drawn() {
    let mut lines = 0;
    for path in configurations() {
        let text = std::fs::read(&path).unwrap();
        let name = Path::new(&path).file_name().unwrap().to_str().unwrap();
        let dialect = Dialect::from_file_name(name).unwrap();
        let run = boot::run_config(name, dialect, text.clone(), Options::default());
        let findings = lint::lint(&LintContext::new(&run, Kind::Config), &Levels::default());
        let source: Vec<&[u8]> = text.split(|&byte| byte == b'\n').collect();
        for width in [60, 80, 120] {
            let look = TextStyle { color: false, width, verbose: true, links: false };
            let sources = Sources { configuration: Some(name), ..Sources::default() };
            let mut shown = Vec::new();
            text::write_findings(&findings, &run, None, sources, look, &mut shown).unwrap();
            let shown = String::from_utf8(shown).unwrap();
            let mut above = "";
            for line in shown.lines() {
                if let Some((number, text)) = numbered(line) {
                    lines += 1;
                    assert!(line.chars().count() <= width, "{path}, {width}: {line}");
                    let is_empty = source[number - 1].trim_ascii().is_empty();
                    assert_eq!(text.trim().is_empty(), is_empty, "{path}, {width}: line {number}\n{shown}");
                } else if above.is_ascii() || numbered(above).is_some() {
                    // An underline is below a character of its line, or just after the last one.
                    let underline = line.find('\u{252c}').map(|at| line[..at].chars().count());
                    let is_below = underline.is_none_or(|column| column <= above.replace('\t', "    ").chars().count());
                    assert!(is_below, "{path}, {width}:\n{above}\n{line}");
                }
                above = line;
            }
        }
    }
    assert!(lines > 1000, "only {lines} lines");
}
