//! `pregrub schema`: what it prints is what lies in docs/schema, and what the commands print keeps it.

use std::fs;

use serde_json::Value;

use crate::common::program::{corpus, root, run};

/// The names that the list has.
fn listed() -> Vec<String> {
    let list = run(&["schema"]).stdout;
    list.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn every_schema_is_there_as_it_lies_in_the_documentation() {
    let mut files: Vec<String> = fs::read_dir(root().join("docs/schema"))
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap().replace(".json", "").replace('-', "/"))
        .collect();
    files.sort();
    assert_eq!(listed(), files);
    for name in listed() {
        let text = run(&["schema", &name]).stdout;
        let file = root().join("docs/schema").join(format!("{}.json", name.replace('/', "-")));
        assert_eq!(text, fs::read_to_string(file).unwrap());
        let schema: Value = serde_json::from_str(&text).unwrap();
        jsonschema::validator_for(&schema).unwrap();
        assert_eq!(run(&["schema", name.trim_start_matches("pregrub.").split('/').next().unwrap()]).stdout, text);
    }
    let none = run(&["schema", "nothing"]);
    assert_eq!((none.status, none.stdout.as_str()), (2, ""));
}

#[test]
fn real_output_keeps_the_schema_that_it_names() {
    let (disk, config) = (corpus("images/recipe.img"), corpus("lint/PG001/found-nixos-drive1/grub.cfg"));
    let kernel = corpus("kernels");
    let kernel = fs::read_dir(kernel).unwrap().map(|file| file.unwrap().path()).find(|path| path.is_file()).unwrap();
    let commands: [&[&str]; 9] = [
        &["check", &disk],
        &["compare", &disk],
        &["entries", &disk],
        &["grub", &disk],
        &["kernel", kernel.to_str().unwrap()],
        &["lint", &config],
        &["rules"],
        &["explain", "PG001", "storage"],
        &["trace", &disk],
    ];
    for command in commands {
        let ended = run(&[command, &["--format", "json"]].concat());
        let object: Value = serde_json::from_str(ended.stdout.lines().next().unwrap()).unwrap();
        let schema = run(&["schema", object["schema"].as_str().unwrap()]).stdout;
        let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        let errors: Vec<String> = validator.iter_errors(&object).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{command:?}: {errors:?}");
    }
}

#[test]
fn explain_answers_in_json() {
    let rules = |args: &[&str]| -> Vec<Value> {
        let ended = run(&[&["explain", "--format", "json"], args].concat());
        let object: Value = serde_json::from_str(&ended.stdout).unwrap();
        object["rules"].as_array().unwrap().clone()
    };
    let one = rules(&["PG101", "device-variable"]);
    assert_eq!((&one[0]["code"], &one[1]["code"]), (&"PG101".into(), &"PG001".into()));
    assert_eq!((&one[0]["status"], &one[0]["since"]), (&"stable".into(), &"0.1.0".into()));
    let group = rules(&["storage"]);
    assert!(group.len() > 3 && group.iter().all(|rule| rule["group"] == "storage"));
}
