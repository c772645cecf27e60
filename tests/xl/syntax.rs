//! Texts to settings, as libxlutil reads them.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use pregrub::release::Release;
use pregrub::xl::syntax::{self, SyntaxError, SyntaxErrorKind};
use pregrub::xl::{Settings, Value};
use serde_json::json;

use super::generator;
use crate::common::oracle::Oracle;
use crate::common::setting::setting;

/// How many texts are compared, unless `PREGRUB_FUZZ_CASES` says otherwise.
const CASES: u64 = 20_000;

/// The oracle's own release.
pub fn release(oracle: &Oracle) -> Release {
    Release::line(u8::try_from(oracle.minor).expect("a small number")).expect("a release that is known")
}

fn told(value: &Value) -> serde_json::Value {
    match value {
        Value::Text(item) => BASE64.encode(item.text.as_bytes()).into(),
        Value::List { items, .. } => items.iter().map(told).collect(),
    }
}

/// What libxlutil says of it, as far as pregrub says the same.
fn message(error: &SyntaxError) -> String {
    match error.trouble {
        SyntaxErrorKind::Stray(_) => "lexical error".to_owned(),
        SyntaxErrorKind::Escape => "invalid character after backlash in quoted string".to_owned(),
        SyntaxErrorKind::NumericEscape => {
            "invalid digit after backslash numerical character escape in quoted string".to_owned()
        }
        SyntaxErrorKind::Unexpected(token, _) => format!("syntax error, unexpected {}", token.name()),
        SyntaxErrorKind::Mixed => "can't add [list] to \"string\" or vice versa".to_owned(),
        SyntaxErrorKind::TooDeep => "memory exhausted".to_owned(),
        other => format!("{other:?}"),
    }
}

fn answer(parsed: &Result<Settings, SyntaxError>, names: &[String]) -> serde_json::Value {
    let (mut values, mut numbers) = (BTreeMap::new(), BTreeMap::new());
    let error = match parsed {
        Ok(settings) => {
            for name in names {
                values.extend(settings.get(name).map(|setting| (name, told(&setting.value))));
                numbers.extend(settings.number(name).map(|number| (name, number)));
            }
            json!(null)
        }
        Err(error) => json!({ "line": error.reported_line, "message": message(error) }),
    };
    json!({ "error": error, "values": values, "numbers": numbers })
}

/// libxlutil's answer in the same words: what it expected is left out, and which base it could not read.
fn normalised(mut answer: serde_json::Value) -> serde_json::Value {
    if let Some(message) = answer["error"]["message"].as_str() {
        let message = message.split(", expecting").next().expect("a first piece").to_owned();
        answer["error"]["message"] =
            message.replace("hexnumerical", "numerical").replace("octalnumerical", "numerical").into();
    }
    answer
}

pub fn compare(oracle: &Oracle, cases: &[(Vec<u8>, Vec<String>)]) -> (Vec<String>, usize) {
    let lines = cases.iter().map(|(text, names)| json!({ "text": BASE64.encode(text), "names": names }));
    let answers: Vec<serde_json::Value> = oracle.ask("xl_oracle.py", lines);
    let mut differences = Vec::new();
    let mut accepted = 0;
    for ((text, names), want) in cases.iter().zip(answers) {
        let (got, want) = (answer(&syntax::parse(text, release(oracle)), names), normalised(want));
        accepted += usize::from(want["error"].is_null());
        if got != want {
            differences.push(format!("{}\n  libxlutil {want}\n  pregrub   {got}", text.escape_ascii()));
        }
    }
    (differences, accepted)
}

#[test]
fn generated_texts_as_libxlutil_reads_them() {
    let oracle = oracle_or_skip!();
    let (seed, count) = (setting("PREGRUB_FUZZ_SEED", 1), setting("PREGRUB_FUZZ_CASES", CASES));
    let (mut differences, mut accepted) = (Vec::new(), 0);
    for first in (0..count).step_by(5000) {
        let cases: Vec<_> =
            (first..(first + 5000).min(count)).map(|number| generator::configuration(seed, number)).collect();
        let (more, fine) = compare(&oracle, &cases);
        differences.extend(more);
        accepted += fine;
    }
    println!("{count} configurations of seed {seed}, {accepted} of them accepted");
    let shown = &differences[..differences.len().min(8)];
    assert!(shown.is_empty(), "{} differences, among them:\n{}", differences.len(), shown.join("\n\n"));
    assert!(accepted as u64 * 4 > count && (accepted as u64) < count, "{accepted} of {count} accepted");
}

/// Written by hand: what a random text does not meet.
#[test]
fn odd_texts_as_libxlutil_reads_them() {
    let oracle = oracle_or_skip!();
    let nested = |depth: usize, open: &str| format!("a={}1{}\n", open.repeat(depth), "]".repeat(depth));
    let cases = [
        "",
        "\n",
        "#",
        "# c\n",
        "a=1",
        "a=1 # c",
        "a='x\ny'\n",
        "a='x\\\ny'\n",
        "a=\\\n1\n",
        "\u{feff}a=1\n",
        "a=1\r\nb=2\r\n",
        "a+=[\n1\n]\n\n\na+=2\n",
        "a='x'\na+=[\n'y'\n]\n",
        "a=['x']\na='y'\na+='z'\n",
        "a+='1'\na+='2'\n",
        "a=[1,\n\n2\n\n",
        "a=[\n\n",
        "a.b=1\n",
        "a=1\n@",
        "a=1 #",
        "a=\n\n\nb",
        "b\n",
        "b # c\n",
        "import os\n",
        "a='''x'''\n",
        "a='x' 'y'\n",
        "a=[b]\n",
        "a = [ 'x' ] ; # foo\n",
        "a='x'b='y'\n",
        "a=[['1',['2',[]],3],'4']\na+=[['5']]\n",
        "#\0\na=1\n",
        "a\0=1\n",
        "a=1\0\n",
    ]
    .map(str::as_bytes);
    // Too deep for the oracle to tell their values.
    let mut deep = Vec::new();
    for (depth, open) in [(10, "["), (4996, "["), (4997, "["), (1998, "[1,"), (1999, "[1,"), (20_000, "[")] {
        deep.push((nested(depth, open).into_bytes(), Vec::new()));
    }
    let mut cases: Vec<_> = cases.map(|text| (text.into(), ["a", "b"].map(str::to_owned).to_vec())).into();
    cases.append(&mut deep);
    let (differences, _) = compare(&oracle, &cases);
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n\n"));
}
