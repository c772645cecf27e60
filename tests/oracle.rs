//! The judge itself is judged: the oracle programs agree with what was recorded of the real pygrub, and the generator
//! asks what is worth asking. Nothing here looks at pregrub.

mod common;

use std::collections::BTreeMap;

use common::generator;
use common::oracle::{covers, oracle_or_skip, recorded_cases, recorded_listings};

#[test]
fn reproduces_the_recorded_configurations() {
    let oracle = oracle_or_skip!();
    let recorded = recorded_cases();
    let asked: Vec<_> = recorded.iter().map(|recorded| recorded.case.clone()).collect();
    let listings = recorded_listings();
    let (mut compared, mut listed) = (0, 0);
    for (recorded, mut answer) in recorded.iter().zip(oracle.configs(&asked)) {
        let id = &recorded.case.id;
        let list = answer.list.take();
        let by_release = listings.get(id).and_then(|by| by.iter().find(|(range, _)| covers(range, oracle.minor)));
        if let Some((_, expected)) = by_release {
            assert_eq!(list.as_ref(), Some(expected), "-l of {id}");
            listed += 1;
        }
        if let Some(expected) = recorded.expected(oracle.minor) {
            answer.id = None;
            assert_eq!(&answer, expected, "{id}");
            compared += 1;
        }
    }
    assert!(compared > 600 && listed > 500, "only {compared} configurations and {listed} listings compared");
}

#[test]
fn generated_configurations_end_in_many_ways() {
    let oracle = oracle_or_skip!();
    let cases = generator::cases(1, 6000);
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for answer in oracle.configs(&cases) {
        *outcomes.entry(answer.outcome()).or_default() += 1;
    }
    let mut by_count: Vec<_> = outcomes.iter().map(|(outcome, count)| (*count, outcome)).collect();
    by_count.sort_by(|a, b| b.cmp(a));
    for (count, outcome) in &by_count {
        println!("{count:6} {outcome}");
    }
    let boots = outcomes.get("boots").copied().unwrap_or(0) * 100 / cases.len();
    assert!((40..=60).contains(&boots), "{boots} % boot");
    assert!(outcomes.len() >= 20, "only {} kinds of outcome", outcomes.len());
}

#[test]
fn a_case_depends_on_its_seed_and_number_alone() {
    assert_eq!(generator::case(3, 17), generator::cases(3, 20)[17]);
    assert_ne!(generator::case(3, 17).text, generator::case(4, 17).text);
}
