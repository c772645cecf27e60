//! `pregrub explain` and `pregrub rules`.

use insta::assert_snapshot;
use pregrub::lint::RULES;

use crate::common::program::{root, run};

#[test]
fn a_rule() {
    assert_snapshot!(run(&["explain", "PG001"]).whole());
}

#[test]
fn by_name_and_several() {
    let ended = run(&["explain", "Device-Variable", "pg101"]);
    assert_eq!(ended.status, 0);
    assert!(ended.stdout.starts_with("PG001 device-variable\n"), "{}", ended.stdout);
    assert!(ended.stdout.contains("\n\n\nPG101 default-by-title\n"), "{}", ended.stdout);
    assert!(run(&["explain", "PG001", "--color", "always"]).stdout.starts_with("\x1b[1mPG001"));
}

/// Whatever Markdown a rule is documented in: lines fit, and nothing of it is lost.
#[test]
fn every_rule() {
    for rule in RULES {
        let ended = run(&["explain", rule.code]);
        assert_eq!(ended.status, 0);
        let words = |text: &str| -> Vec<String> {
            let plain = |line: &str| line.trim_start_matches(['#', '-', ' ', '*']).replace(['`', '*', '\\'], "");
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("```")).map(plain);
            // A line may break in front of `--root-disk`, which looks like the mark of a list then.
            let word = |word: &str| word.trim_start_matches('-').to_owned();
            let words = lines.flat_map(|line| line.split_whitespace().map(word).collect::<Vec<_>>());
            words.filter(|word| !word.is_empty()).collect()
        };
        let said = words(&ended.stdout);
        let missing: Vec<String> =
            words(rule.doc).into_iter().filter(|word| !said.contains(word) && !word.contains("](")).collect();
        assert!(missing.is_empty(), "{}: {missing:?} is lost in\n{}", rule.code, ended.stdout);
        for line in ended.stdout.lines().filter(|line| !line.starts_with("      ")) {
            assert!(line.chars().count() <= 100 || line.split_whitespace().count() <= 2, "{}: {line}", rule.code);
        }
    }
}

#[test]
fn a_group() {
    let ended = run(&["explain", "security"]);
    assert_eq!(ended.stdout, run(&["explain", "PG6xx"]).stdout);
    assert_snapshot!(ended.whole());
    assert_eq!(run(&["explain", "all"]).status, 2);
}

#[test]
fn an_unknown_rule() {
    let said = |name: &str| run(&["explain", name]);
    let ended = said("device-variabel");
    assert_eq!(
        (ended.stderr.as_str(), ended.status),
        (
            "pregrub: there is no rule `device-variabel`; the closest is PG001 (device-variable), and `pregrub rules` lists them\n",
            2
        )
    );
    assert_eq!(said("\x1b[2J").stderr, "pregrub: there is no rule `\\x1b[2J`: `pregrub rules` lists them\n");
    assert_eq!(said("foo").stderr, "pregrub: there is no rule `foo`: `pregrub rules` lists them\n");
    assert!(said("journal").stderr.contains("the closest is PG303 (unreplayed-journal)"));
    assert_eq!(said("").status, 2);
    assert_eq!(run(&["explain", "PG001", "nonsense"]).stdout, "");
}

#[test]
fn all_rules_are_listed() {
    let text = run(&["rules"]).stdout;
    for rule in RULES {
        assert!(text.contains(&format!("\n  {}  {} ", rule.code, rule.name)), "{}", rule.code);
    }
}

#[test]
fn the_reference_page_is_fresh() {
    let page = std::fs::read_to_string(root().join("docs/rules.md")).unwrap_or_default();
    let fresh = run(&["rules", "--format", "markdown"]).stdout == page;
    assert!(fresh, "docs/rules.md is not what the rules say: cargo run -- rules --format markdown > docs/rules.md");
}
