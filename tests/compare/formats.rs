//! The formats for other programs, and what each has of a difference.

use serde_json::Value;

use crate::common::program::{corpus, run};

fn compare(format: &str) -> String {
    let ended = run(&["compare", "--releases", "4.17,4.22", "--format", format, &corpus("images/nixos-default.img")]);
    assert_eq!(ended.status, 1, "{}", ended.stderr);
    ended.stdout
}

#[test]
fn each_has_the_difference() {
    let concise = compare("concise");
    assert!(concise.contains("PG001") && concise.contains("/grub/grub.cfg:63"), "{concise}");
    let github = compare("github");
    assert!(github.lines().any(|line| line.starts_with("::error") && line.contains("PG001")), "{github}");
    let sarif: Value = serde_json::from_str(&compare("sarif")).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["ruleId"] == "PG001"), "{sarif}");
    let junit = compare("junit");
    assert!(junit.contains("<testsuite") && junit.contains("PG001"), "{junit}");
}

#[test]
fn what_changes_nothing_is_not_reported() {
    let image = corpus("images/recipe.img");
    let ended = run(&["compare", "--from", "4.17", "--to", "4.20", "--format", "concise", &image]);
    assert_eq!((ended.stdout.as_str(), ended.status), ("", 0));
    let ended = run(&["compare", "--from", "4.17", "--to", "4.0", "--format", "concise", &image]);
    assert_eq!(ended.status, 1);
    assert!(ended.stdout.contains("fails") && ended.stdout.contains("PG012"), "{}", ended.stdout);
}
