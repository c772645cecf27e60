//! Generated configurations through the installed pygrub and through pregrub, compared whole: entries, default, timeout,
//! password, selection, what is booted, warnings, exceptions, and what `-l` prints.
//!
//! `PREGRUB_FUZZ_CASES` (20,000 unless set) and `PREGRUB_FUZZ_SEED` (1) are for longer runs at a desk:
//!
//! ```sh
//! PREGRUB_FUZZ_CASES=500000 PREGRUB_FUZZ_SEED=7 cargo test --test integration differential -- --nocapture
//! ```
//!
//! A difference that is found becomes a case of `corpus/cases` once it is understood.

use std::collections::BTreeMap;

use pregrub::boot::Overrides;
use pregrub::config;
use pregrub::release::Release;

use crate::common::generator;
use crate::common::oracle::{ConfigAnswer, ConfigCase, Oracle};
use crate::common::setting::setting;
use crate::common::shape;

/// Cases a child process of Python answers: enough to forget its start, few enough to keep in memory.
const BATCH: u64 = 2500;

/// Differences that are shown.
const SHOWN: usize = 5;

#[derive(Default)]
struct Tally {
    compared: u64,
    outcomes: BTreeMap<String, u64>,
    differences: Vec<String>,
}

impl Tally {
    fn compare(&mut self, cases: &[ConfigCase], oracle: &Oracle, release: Release) {
        for (case, mut want) in cases.iter().zip(oracle.configs(cases)) {
            want.id = None;
            let got = pregrub_answer(case, release);
            self.compared += 1;
            *self.outcomes.entry(want.outcome()).or_default() += 1;
            if got != want {
                self.differences.push(format!(
                    "{} ({} bytes, entry {:?}, args {:?})\n{}\n  pygrub {want:?}\n pregrub {got:?}",
                    case.id,
                    case.text.len(),
                    case.entry,
                    case.args,
                    case.text.escape_ascii(),
                ));
            }
        }
    }
}

/// What pregrub says, as if the oracle had said it.
fn pregrub_answer(case: &ConfigCase, release: Release) -> ConfigAnswer {
    let parsed = config::parse(shape::dialect(case.dialect), &case.text, release);
    let overrides = Overrides {
        entry: case.entry.as_deref().map(str::as_bytes),
        args: case.args.as_deref().unwrap_or_default().as_bytes(),
        rules: None,
    };
    let mut answer = shape::answer(&parsed, overrides, release);
    answer["list"] = shape::listing(&parsed, release);
    serde_json::from_value(answer).expect("the shape of an answer")
}

#[test]
fn pregrub_answers_as_pygrub_does() {
    let oracle = oracle_or_skip!();
    let release = Release::line(u8::try_from(oracle.minor).expect("a small number")).expect("a release that is known");
    let (seed, count) = (setting("PREGRUB_FUZZ_SEED", 1), setting("PREGRUB_FUZZ_CASES", 20_000));
    let mut tally = Tally::default();
    let mut first = 0;
    while first < count {
        let end = (first + BATCH).min(count);
        // One half a core; each waits for its own Python.
        let middle = first.midpoint(end);
        let parts: Vec<Tally> = std::thread::scope(|scope| {
            let part = |range: std::ops::Range<u64>| {
                let oracle = &oracle;
                scope.spawn(move || {
                    let cases: Vec<ConfigCase> = range.map(|number| generator::case(seed, number)).collect();
                    let mut tally = Tally::default();
                    tally.compare(&cases, oracle, release);
                    tally
                })
            };
            let parts = [part(first..middle), part(middle..end)];
            parts.into_iter().map(|part| part.join().expect("the comparison does not panic")).collect()
        });
        for part in parts {
            tally.compared += part.compared;
            tally.differences.extend(part.differences);
            for (outcome, times) in part.outcomes {
                *tally.outcomes.entry(outcome).or_default() += times;
            }
        }
        first = end;
    }
    println!("{} cases of seed {seed} compared with the pygrub of 4.{}:", tally.compared, oracle.minor);
    let mut by_count: Vec<_> = tally.outcomes.iter().map(|(outcome, times)| (*times, outcome)).collect();
    by_count.sort_by(|a, b| b.cmp(a));
    for (times, outcome) in by_count {
        println!("{:7.3} % {outcome}", times as f64 * 100.0 / tally.compared as f64);
    }
    let shown = &tally.differences[..tally.differences.len().min(SHOWN)];
    assert!(shown.is_empty(), "{} differences, among them:\n{}", tally.differences.len(), shown.join("\n\n"));
    assert_eq!(tally.compared, count);
}
