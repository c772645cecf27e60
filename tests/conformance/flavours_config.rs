//! Parsing and selection as the distributors' pygrubs do it: every input, every flavour.

use pregrub::boot::{Overrides, RuleError, RuleFiles};
use pregrub::config;
use pregrub::flavour::Build;
use serde_json::{Value, json};

use super::config::{dialect, input, is_met, read};
use crate::common::shape;

/// Inputs with integers of more than 4300 digits: recorded under Python 3.11, which refuses them. XCP-ng 8.3 runs Python 3.6.
const DIGITS: &str = "5000digits";

/// The files of the host's directory of rules.
fn rules(case: &Value) -> RuleFiles {
    let files = case["rules"].as_object().into_iter().flatten();
    RuleFiles::new(files.map(|(name, text)| (name.clone(), text.as_str().map(|text| text.as_bytes().to_vec()))))
}

/// What pregrub says, in the shape of the data.
fn answer(case: &Value, build: Build) -> Value {
    let rules = rules(case);
    match rules.check(build) {
        Ok(()) => {}
        Err(RuleError::Raised(raised)) => {
            // The data has the type without its module.
            let class = raised.exception.rsplit('.').next().unwrap();
            return json!({
                "error": {"stage": raised.stage, "type": class, "msg": raised.message}, "warnings": [],
            });
        }
        Err(RuleError::Unknown(why)) => return json!(why),
    }
    let parsed = config::parse(dialect(case).unwrap(), &input(case), build);
    let overrides = Overrides {
        entry: case["entry"].as_str().map(str::as_bytes),
        args: case["args"].as_str().unwrap_or_default().as_bytes(),
        rules: Some(&rules),
    };
    let mut answer = shape::answer(&parsed, overrides, build);
    if let Some(class) = answer.pointer_mut("/error/type") {
        *class = json!(class.as_str().unwrap().rsplit('.').next().unwrap());
    }
    answer
}

/// The data leaves out what is null where nothing was selected, and has it where nothing was chosen.
fn without_nulls(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        for key in ["sel", "index", "boot"] {
            if object.get(key) == Some(&Value::Null) {
                object.remove(key);
            }
        }
    }
    value
}

#[test]
fn parsing_and_selection_of_every_flavour() {
    let (mut compared, mut wrong) = (0, Vec::new());
    for case in read("flavours-config.jsonl") {
        let id = case["id"].as_str().unwrap();
        if !is_met(id) {
            continue;
        }
        for (name, recorded) in case["expect"].as_object().unwrap() {
            let build: Build = name.parse().unwrap();
            // XCP-ng 8.3 runs Python 3.6.
            let want = case["expect_python36"].get(name).unwrap_or(recorded);
            let got = answer(&case, build);
            compared += 1;
            if without_nulls(got.clone()) != without_nulls(want.clone())
                && !(id.contains(DIGITS) && name == "xcp-ng-8.3")
            {
                wrong.push(format!("{id} {name}\n want {want}\n  got {got}"));
            }
        }
        for (name, want) in case["expect_upstream"].as_object().into_iter().flatten() {
            let build: Build = name.replace("/py2", "+python2").parse().unwrap();
            let got = answer(&case, build);
            compared += 1;
            if without_nulls(got.clone()) != without_nulls(want.clone()) {
                wrong.push(format!("{id} {name}\n want {want}\n  got {got}"));
            }
        }
    }
    eprintln!("{compared} comparisons");
    let shown = wrong.len().min(20);
    assert!(wrong.is_empty(), "{} differences\n{}", wrong.len(), wrong[..shown].join("\n"));
    assert!(compared > 2_000, "{compared}");
}
