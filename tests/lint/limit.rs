//! Of a rule that finds very much only the beginning is told.

use pregrub::config::Dialect;
use pregrub::lint::{Finding, Levels, LintContext, lint};
use pregrub::simulation::Simulation;
use pregrub::target::{Kind, Target};

fn found(code: &str, text: &str) -> Vec<Finding> {
    let target = Target::Config { dialect: Dialect::Grub2, text: text.as_bytes().to_vec() };
    let run = Simulation::default().on("grub.cfg", target).run_on(None).unwrap();
    let findings = lint(&LintContext::new(&run, Kind::Config), &Levels::default());
    findings.into_iter().filter(|finding| finding.rule.code == code).collect()
}

#[test]
fn what_is_too_much_is_counted() {
    for (comments, told) in [(250, 250), (251, 251), (10_000, 251)] {
        let findings = found("PG801", &"# pregrub: allow(PG101)\n".repeat(comments));
        assert_eq!(findings.len(), told, "{comments}");
        let more: Vec<&str> =
            findings.iter().filter(|finding| finding.span.is_none()).map(|finding| finding.message.as_str()).collect();
        match comments {
            250 => assert!(more.is_empty(), "{more:?}"),
            251 => assert_eq!(more, ["1 more finding of this rule in other places"]),
            _ => assert_eq!(more, ["9750 more findings of this rule in other places"]),
        }
    }
}
