//! Baselines as the library has them.

use pregrub::boot::{self, Options};
use pregrub::config::Dialect;
use pregrub::lint::{self, Baseline, BaselineComparison, Finding, Identity, Levels, LintContext};
use pregrub::target::Kind;

fn findings(text: &str) -> Vec<Finding> {
    let run = boot::run_config("grub.cfg", Dialect::Grub2, text.as_bytes().to_vec(), Options::default());
    lint::lint(&LintContext::new(&run, Kind::Config), &Levels::default())
}

fn identities(text: &str) -> Vec<Identity> {
    let findings = findings(text);
    findings.iter().map(|finding| Identity::of("f", None, finding, Some(text.as_bytes()))).collect()
}

const ENTRY: &str = "menuentry \"A\" {\n  linux ($drive1)/a\n}\n";

#[test]
fn a_finding_is_known_wherever_its_line_is() {
    let plain = identities(ENTRY);
    assert!(!plain.is_empty());
    assert_eq!(identities(&format!("# one\n# two\n\n{}", ENTRY.replace("  linux", "\tlinux"))), plain);
    assert_ne!(identities(&ENTRY.replace("/a", "/b")), plain);
}

#[test]
fn of_several_that_are_the_same_so_many_are_known() {
    let one = identities(ENTRY).remove(0);
    let mut first = BaselineComparison::default();
    first.look_at("f");
    assert!(!first.knows(one.clone()) && !first.knows(one.clone()));
    let baseline = first.renewed(|_| true);
    assert_eq!(baseline.len(), 2);
    let read = Baseline::parse(baseline.to_json().as_bytes()).unwrap();
    assert_eq!(read, baseline);
    let mut second = BaselineComparison::with(read);
    assert!(second.knows(one.clone()) && second.knows(one.clone()) && !second.knows(one));
}

#[test]
fn what_another_run_has_written_meanwhile_stays() {
    let one = identities(ENTRY).remove(0);
    let of = |file: &str| {
        let mut comparison = BaselineComparison::default();
        comparison.look_at(file);
        comparison.knows(Identity { file: file.to_owned(), ..one.clone() });
        comparison
    };
    let (mine, theirs) = (of("mine"), of("theirs").renewed(|_| true));
    let mut together = mine.clone();
    together.reread(theirs.clone());
    let mut expected = mine.renewed(|_| true);
    expected.add(theirs);
    assert_eq!(together.renewed(|_| true), expected);
    assert_eq!(expected.len(), 2);
}

#[test]
fn a_hostile_line_is_shortened_and_kept_readable() {
    let text = format!("menuentry \"A\" {{\n  linux ($drive1)/a {}\u{7}\n}}\n", "x".repeat(10_000));
    let json = {
        let mut comparison = BaselineComparison::default();
        for identity in identities(&text) {
            comparison.knows(identity);
        }
        comparison.renewed(|_| true).to_json()
    };
    assert!(json.len() < 4000 && !json.contains('\u{7}'), "{json}");
}
