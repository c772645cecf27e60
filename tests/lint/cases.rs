//! The cases of `corpus/lint`: a folder a rule, in it `found-*` and `near-miss-*`.
//!
//! `INSTA_UPDATE=always cargo test --test integration lint::PG` accepts changed snapshots, after reading them.

use std::collections::BTreeSet;

use pregrub::lint::{RULES, find};

use super::fixture::{Case, cases};
use crate::common::oracle::RunCase;

/// The line of the pygrub that snapshots are made for.
pub const MINOR: u32 = 17;

/// The rule finds what it must in its case, and no more.
pub fn is_as_reviewed(code: &str, folder: &str) {
    let case = Case::of(code, folder);
    let disk = case.disk();
    let linted = case.lint(disk.path(), MINOR);
    let own = linted.of(&case.code());
    assert_eq!(!own.is_empty(), case.is_to_be_found(), "{}: {} findings of the rule", case.name(), own.len());
    if own.is_empty() {
        return;
    }
    insta::with_settings!({
        snapshot_path => &case.folder,
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("findings", linted.shown(&own));
    });
}

#[test]
fn each_case_has_a_test_of_its_name() {
    let tests = include_str!("by_case.rs");
    let missing: Vec<String> = cases()
        .iter()
        .map(Case::name)
        .filter(|name| {
            let (code, folder) = name.split_once('/').expect("a rule and a case");
            let line = tests.lines().find(|line| line.starts_with(&format!("cases! {{ {code}: ")));
            !line.is_some_and(|line| line.contains(&format!(" = \"{folder}\"")))
        })
        .collect();
    assert!(missing.is_empty(), "not in tests/lint/by_case.rs: {missing:#?}");
}

/// Whether a finding stops the boot is no matter of opinion.
#[test]
fn what_stops_the_boot_does() {
    let oracle = oracle_or_skip!();
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.description.release.is_none()).collect();
    let disks: Vec<_> = cases.iter().map(Case::disk).collect();
    let run_case = |case: &Case, disk: &str| {
        let mut argv = case.arguments();
        argv.push(disk.to_owned());
        RunCase::new(case.name(), argv)
    };
    let is_quiet =
        |case: &Case| case.arguments().iter().any(|argument| argument == "-q" || argument.starts_with("--entry"));
    let mut wrong = Vec::new();
    for quiet in [true, false] {
        let chosen: Vec<(&Case, RunCase)> = cases
            .iter()
            .zip(&disks)
            .filter(|(case, _)| is_quiet(case) == quiet)
            .map(|(case, disk)| (case, run_case(case, &disk.argument())))
            .collect();
        let asked: Vec<RunCase> = chosen.iter().map(|(_, run)| run.clone()).collect();
        let answers = if quiet { oracle.runs(&asked) } else { oracle.terminal_runs(&asked) };
        for ((case, run), answer) in chosen.iter().zip(answers) {
            let disk = std::path::Path::new(run.argv.last().expect("the disk"));
            let linted = case.lint(disk, oracle.minor);
            let boots = answer.rc == Some(0);
            let stopping: Vec<&str> =
                linted.findings.iter().filter(|finding| finding.stops_boot).map(|finding| finding.rule.code).collect();
            if boots != stopping.is_empty() {
                wrong.push(format!(
                    "{}: pygrub ends with {:?}, and what stops the boot is {stopping:?}",
                    case.name(),
                    answer.rc
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_rule_has_a_case_and_a_near_miss() {
    let named: BTreeSet<(String, bool)> = cases().iter().map(|case| (case.code(), case.is_to_be_found())).collect();
    let elsewhere = super::fixture::PROVEN_ELSEWHERE;
    let missing: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.code)
        .filter(|code| !elsewhere.contains(code))
        .filter(|code| ![true, false].iter().all(|found| named.contains(&((*code).to_owned(), *found))))
        .collect();
    assert!(missing.is_empty(), "without a case or a near miss: {missing:?}");
}

/// A rule finds something only in releases that it says it concerns.
#[test]
fn rules_concern_the_releases_of_their_cases() {
    for case in cases().iter().filter(|case| case.is_to_be_found()) {
        let rule = find(&case.code()).expect("a rule");
        let release = case.options(MINOR).release;
        assert!(rule.releases.include(release), "{}: {release} is not among {}", case.name(), rule.releases);
    }
}
