//! Places are the same in every format: the piece of the text that the finding is about.

use serde_json::Value;
use walkdir::WalkDir;

use crate::common::program::{root, run};

/// Every configuration of the linter's cases.
pub(super) fn configurations() -> Vec<String> {
    let folders = WalkDir::new(root().join("corpus/lint")).sort_by_file_name();
    let paths = folders.into_iter().map(|entry| entry.expect("a readable folder").into_path());
    let names = ["grub.cfg", "menu.lst", "grub.conf", "extlinux.conf"];
    paths
        .filter(|path| names.iter().any(|name| path.ends_with(name)))
        .map(|path| path.to_str().expect("UTF-8").to_owned())
        .collect()
}

/// What stands at a region of SARIF.
fn piece(text: &str, region: &Value) -> String {
    let number = |name: &str| usize::try_from(region[name].as_u64().unwrap()).unwrap();
    assert_eq!(number("startLine"), number("endLine"));
    let line = text.split('\n').nth(number("startLine") - 1).unwrap();
    line.chars().skip(number("startColumn") - 1).take(number("endColumn") - number("startColumn")).collect()
}

#[test]
fn places_are_the_same_in_every_format() {
    let mut places = 0;
    for path in configurations() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        let lint = |format: &str| run(&["lint", &path, "--format", format]).stdout;
        let object: Value = serde_json::from_str(&lint("json")).unwrap();
        let log: Value = serde_json::from_str(&lint("sarif")).unwrap();
        let (concise, github) = (lint("concise"), lint("github"));
        let findings = object["findings"].as_array().unwrap();
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!((findings.len(), concise.lines().count()), (results.len(), findings.len()), "{path}");
        // GitHub shows few annotations, so that findings of one cause share one.
        assert!(github.lines().count() <= findings.len(), "{path}");
        for ((finding, result), concise) in findings.iter().zip(results).zip(concise.lines()) {
            assert_eq!(finding["code"], result["ruleId"]);
            let (code, name) = (finding["code"].as_str().unwrap(), finding["name"].as_str().unwrap());
            assert!(concise.contains(&format!("[{code}] ")) && concise.ends_with(&format!(" ({name})")), "{concise}");
            let annotations: Vec<&str> =
                github.lines().filter(|line| line.contains(&format!("title={code} {name}::"))).collect();
            assert!(!annotations.is_empty(), "{path}: {code}: {github}");
            let region = &result["locations"][0]["physicalLocation"]["region"];
            let span = &finding["span"];
            assert_eq!(region.is_null(), span.is_null(), "{path}");
            if span.is_null() {
                continue;
            }
            places += 1;
            let (line, column) = (span["line"].as_u64().unwrap(), span["column"].as_u64().unwrap());
            let length = span["length"].as_u64().unwrap();
            assert_eq!((&region["startLine"], &region["startColumn"]), (&span["line"], &span["column"]), "{path}");
            let row = text.split('\n').nth(usize::try_from(line).unwrap() - 1).unwrap();
            let want: String =
                row.chars().skip(usize::try_from(column).unwrap() - 1).take(usize::try_from(length).unwrap()).collect();
            assert_eq!(piece(&text, region), want, "{path}");
            assert!(concise.contains(&format!(":{line}:{column}: ")), "{concise}");
            let place = format!(",line={line},endLine={line},col={column},");
            let alone = findings.iter().filter(|other| other["code"] == finding["code"]).count() == 1;
            assert!(!alone || annotations[0].contains(&place), "{github}");
        }
    }
    assert!(places > 2, "only {places} places");
}
