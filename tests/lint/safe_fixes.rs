//! What is called safe: after the change the finding is gone, and nothing else stops the boot instead.

use pregrub::boot;
use pregrub::lint::{self, Finding, Fix, Levels, LintContext, Safety};
use pregrub::target::Kind;

use super::fixture::{Case, cases};

fn applied(text: &[u8], fixes: &[&Fix]) -> Vec<u8> {
    let mut edits: Vec<_> = fixes.iter().flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = text.to_vec();
    for edit in edits {
        text.splice(edit.span.range(), edit.replacement.bytes());
    }
    text
}

fn findings(case: &Case, text: Vec<u8>) -> Vec<Finding> {
    let run = boot::run_config(&case.description.path, case.dialect(), text, case.options(17));
    lint::lint(&LintContext::new(&run, Kind::Config), &Levels::default())
}

#[test]
fn a_safe_fix_takes_its_finding_away() {
    let mut seen = 0;
    for case in cases().into_iter().filter(|case| case.code().starts_with("PG0")) {
        let before = findings(&case, case.text.clone());
        let own = |finding: &&Finding| finding.rule.code == case.code();
        let safe: Vec<&Fix> = before
            .iter()
            .filter(own)
            .filter_map(|finding| finding.fix.as_ref())
            .filter(|fix| fix.safety == Safety::Safe)
            .collect();
        if safe.is_empty() {
            continue;
        }
        seen += 1;
        let text = applied(&case.text, &safe);
        let after = findings(&case, text.clone());
        let count = |findings: &[Finding]| findings.iter().filter(|finding| finding.rule.code == case.code()).count();
        let stopping = |findings: &[Finding]| findings.iter().filter(|finding| finding.stops_boot).count();
        assert_eq!(count(&after), count(&before) - safe.len(), "{}: {}", case.name(), text.escape_ascii());
        // What was hidden behind it may come out: an entry that GRUB boots and pygrub cannot.
        assert!(stopping(&after) <= stopping(&before), "{}", case.name());
    }
    assert!(seen >= 10, "{seen} cases with a safe fix");
}
