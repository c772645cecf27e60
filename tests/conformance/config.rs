//! The conformance data on parsing, selection and listing: every input, every release that the data lists.
//!
//! `corpus/conformance/README.md` tells where the data comes from.

use std::collections::BTreeMap;
use std::path::Path;

use data_encoding::BASE64;
use pregrub::boot::Overrides;
use pregrub::config::{self, Dialect};
use pregrub::release::Release;
use serde_json::{Value, json};

use crate::common::shape;

/// Cases that pregrub does not answer, with the reason.
const NOT_MET: [(&str, &str); 1] = [("lilo-", "elilo.conf is read on ia64 only, up to Xen 4.4; x86 never reaches it")];

pub(super) fn read(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/conformance").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `4.0-4.2,4.13` as release lines.
fn lines(ranges: &str) -> Vec<Release> {
    let minor = |text: &str| text.trim_start_matches("4.").parse::<u8>().unwrap();
    let range = |range: &str| match range.split_once('-') {
        Some((from, to)) => minor(from)..=minor(to),
        None => minor(range)..=minor(range),
    };
    ranges.split(',').flat_map(range).map(|minor| Release::line(minor).unwrap()).collect()
}

/// `4.1.0-4.1.2,4.2.0` as point releases. Tips of stable branches, which were never released, are left out.
fn points(ranges: &str) -> Vec<Release> {
    let mut found = Vec::new();
    for range in ranges.split(',').filter(|range| !range.starts_with("stable")) {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let split =
            |text: &str| text.rsplit_once('.').map(|(line, point)| (line.to_owned(), point.parse::<u8>().unwrap()));
        let ((line, from), (_, to)) = (split(from).unwrap(), split(to).unwrap());
        found.extend((from..=to).map(|point| format!("{line}.{point}").parse::<Release>().unwrap()));
    }
    found
}

/// Point releases on either side of every change.
fn all_points() -> Vec<Release> {
    points(
        "4.0.0-4.0.4,4.1.0-4.1.6,4.2.0-4.2.5,4.3.0-4.3.4,4.4.0-4.4.4,4.5.0,4.6.0,4.7.0,4.8.0,4.12.0,4.13.0,4.14.0,\
         4.15.0-4.15.6,4.16.0-4.16.6,4.17.0-4.17.7,4.18.0,4.22.0",
    )
}

pub(super) fn input(case: &Value) -> Vec<u8> {
    let decode = |value: &Value| BASE64.decode(value.as_str().unwrap().as_bytes()).unwrap();
    match case.get("input_parts") {
        Some(parts) => parts
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|part| decode(&part[0]).repeat(part[1].as_u64().unwrap() as usize))
            .collect(),
        None => decode(&case["input_b64"]),
    }
}

pub(super) fn dialect(case: &Value) -> Option<Dialect> {
    match case["parser"].as_str().unwrap() {
        "grub2" => Some(Dialect::Grub2),
        "grub" => Some(Dialect::Legacy),
        "extlinux" => Some(Dialect::Extlinux),
        _ => None,
    }
}

struct Tally {
    compared: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn compare(&mut self, id: &str, release: Release, want: &Value, got: &Value) {
        self.compared += 1;
        if want != got && self.wrong.len() < 20 {
            self.wrong.push(format!("{id} {release}\n want {want}\n  got {got}"));
        }
    }

    fn finish(self, at_least: usize) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
        assert!(self.compared >= at_least, "only {} comparisons", self.compared);
        eprintln!("{} comparisons", self.compared);
    }
}

pub(super) fn is_met(id: &str) -> bool {
    !NOT_MET.iter().any(|(prefix, _)| id.starts_with(prefix))
}

#[test]
fn parsing_and_selection() {
    let mut exceptions: BTreeMap<String, Value> = read("config-point-releases.jsonl")
        .into_iter()
        .map(|case| (case["id"].to_string(), case["expect"].clone()))
        .collect();
    let mut tally = Tally { compared: 0, wrong: Vec::new() };
    for case in read("config.jsonl") {
        let id = case["id"].as_str().unwrap();
        let Some(dialect) = dialect(&case).filter(|_| is_met(id)) else {
            assert!(!is_met(id), "{id} is left out without a reason");
            continue;
        };
        let input = input(&case);
        let overrides = Overrides {
            entry: case["entry"].as_str().map(str::as_bytes),
            args: case["args"].as_str().unwrap_or_default().as_bytes(),
            rules: None,
        };
        let run = |release: Release| shape::answer(&config::parse(dialect, &input, release), overrides, release);
        let mut lines_of: BTreeMap<u8, Value> = BTreeMap::new();
        for (ranges, want) in case["expect"].as_object().unwrap() {
            for release in lines(ranges) {
                tally.compare(id, release, want, &run(release));
                lines_of.insert(release.minor(), want.clone());
            }
        }
        let exceptions = exceptions.remove(&case["id"].to_string()).unwrap_or(json!({}));
        let mut seen = Vec::new();
        for (ranges, want) in exceptions.as_object().unwrap() {
            for release in points(ranges) {
                tally.compare(id, release, want, &run(release));
                seen.push(release);
            }
        }
        // What is no exception is as the latest of its line.
        for release in all_points().into_iter().filter(|release| !seen.contains(release)) {
            if let Some(want) = lines_of.get(&release.minor()) {
                tally.compare(id, release, want, &run(release));
            }
        }
    }
    tally.finish(30_000);
}

/// Releases that run under Python 3, built for Python 2.
#[test]
fn under_python_2() {
    let mut differing: BTreeMap<String, Value> = read("config-python2.jsonl")
        .into_iter()
        .map(|case| (case["id"].as_str().unwrap().to_owned(), case["expect_py2"].clone()))
        .collect();
    let mut tally = Tally { compared: 0, wrong: Vec::new() };
    for case in read("config.jsonl") {
        let id = case["id"].as_str().unwrap();
        let Some(dialect) = dialect(&case).filter(|_| is_met(id)) else { continue };
        let overrides = Overrides {
            entry: case["entry"].as_str().map(str::as_bytes),
            args: case["args"].as_str().unwrap_or_default().as_bytes(),
            rules: None,
        };
        let input = input(&case);
        // The releases are one class under Python 2; under Python 3 those whose `--entry` fails are another.
        let same = || {
            case["expect"]
                .as_object()
                .into_iter()
                .flatten()
                .find(|(ranges, _)| lines(ranges).contains(&Release::NEWEST))
        };
        let want = match differing.remove(id) {
            Some(expect) => expect["4.13-4.22"].clone(),
            None => same().unwrap().1.clone(),
        };
        for release in ["4.13+python2", "4.17.2+python2", "4.22+python2"] {
            let release: Release = release.parse().unwrap();
            tally.compare(
                id,
                release,
                &want,
                &shape::answer(&config::parse(dialect, &input, release), overrides, release),
            );
        }
    }
    assert!(differing.keys().all(|id| !is_met(id)), "{differing:?}");
    tally.finish(1_900);
}

#[test]
fn listings() {
    let inputs: BTreeMap<String, Value> =
        read("config.jsonl").into_iter().map(|case| (case["id"].as_str().unwrap().to_owned(), case)).collect();
    let mut tally = Tally { compared: 0, wrong: Vec::new() };
    for case in read("list-entries.jsonl") {
        let id = case["id"].as_str().unwrap();
        let Some(dialect) = dialect(&inputs[id]).filter(|_| is_met(id)) else { continue };
        let input = input(&inputs[id]);
        for (ranges, want) in case["list"].as_object().unwrap() {
            for release in lines(ranges) {
                let config = config::parse(dialect, &input, release);
                tally.compare(id, release, want, &shape::listing(&config, release));
            }
        }
    }
    tally.finish(5_000);
}
