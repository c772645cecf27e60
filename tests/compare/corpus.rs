//! Each row is what `pregrub check --release R` and `pregrub grub` say of the same input, on the whole corpus.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pregrub::flavour::Build;
use serde_json::Value;

use super::guests;
use crate::common::program::{corpus, root, run};

fn objects(args: &[&str]) -> (Vec<Value>, i32) {
    let ended = run(args);
    let objects = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (objects, ended.status)
}

/// The configurations of the corpus, and the disks.
fn targets() -> Vec<String> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(root().join("corpus/cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut targets = Vec::new();
    for folder in folders.iter().filter(|folder| folder.is_dir()) {
        let about: Value = serde_json::from_slice(&std::fs::read(folder.join("case.json")).unwrap()).unwrap();
        let name = about["path"].as_str().unwrap().rsplit('/').next().unwrap();
        if folder.join(name).is_file() {
            targets.push(folder.join(name).to_str().unwrap().to_owned());
        }
    }
    assert!(targets.len() > 50, "{}", targets.len());
    targets.extend([corpus("images/recipe.img"), corpus("images/nixos-default.img")]);
    targets
}

/// What is not UTF-8 as people see it.
fn shown(value: &Value) -> Value {
    match value["b64"].as_str() {
        Some(encoded) => {
            let bytes = data_encoding::BASE64.decode(encoded.as_bytes()).unwrap();
            String::from_utf8_lossy(&bytes).into_owned().into()
        }
        None => value.clone(),
    }
}

/// Verdict, title, kernel, initrd and arguments; or verdict and reason.
fn of_check(object: &Value) -> Value {
    let boot = &object["boot"];
    let initrds: Vec<Value> = boot.get("ramdisk").into_iter().filter_map(|file| file.get("path")).map(shown).collect();
    serde_json::json!({
        "verdict": object["verdict"],
        "title": shown(&boot["title"]),
        "kernel": shown(&boot["kernel"]["path"]),
        "initrds": initrds,
        "args": shown(&boot["args"]),
        "reason": object["failure"]["reason"],
        "help": object["failure"]["help"],
        "cause": object["failure"]["cause"],
    })
}

fn of_row(row: &Value) -> Value {
    let boot = &row["boot"];
    let initrds = boot["initrds"].as_array().into_iter().flatten();
    serde_json::json!({
        "verdict": row["verdict"],
        "title": boot["title"],
        "kernel": boot["kernel"]["path"],
        "initrds": initrds.map(|file| &file["path"]).collect::<Vec<_>>(),
        "args": boot["args"],
        "reason": row["failure"]["reason"],
        "help": row["failure"]["help"],
        "cause": row["failure"]["cause"],
    })
}

#[test]
fn each_pygrub_is_what_check_says() {
    let builds = Build::all();
    let mut compared = 0;
    for target in targets() {
        let (rows, _) = objects(&["compare", "--no-grub", "--format", "json", &target]);
        let mut of_build = BTreeMap::new();
        for row in rows[0]["pygrub"].as_array().unwrap() {
            for build in row["builds"].as_array().unwrap() {
                of_build.insert(build.as_str().unwrap().to_owned(), of_row(row));
            }
        }
        let (checked, _) = objects(&["check", "--release", "all", "--format", "json", &target]);
        assert_eq!((checked.len(), of_build.len()), (builds.len(), builds.len()), "{target}");
        for (build, object) in builds.iter().zip(&checked) {
            assert_eq!(of_build[&build.name()], of_check(object), "{target}: {build}");
            compared += 1;
        }
    }
    assert!(compared > 2000, "{compared}");
}

#[test]
fn each_grub_is_what_grub_says() {
    let mut compared = 0;
    for target in targets().into_iter().chain(guests::all().iter().map(|guest| guest.argument())) {
        let (rows, _) = objects(&["compare", "--releases", "4.17", "--format", "json", &target]);
        let rows = rows[0]["grub"].as_array().unwrap().clone();
        for row in &rows {
            for environment in row["environments"].as_array().unwrap() {
                let (version, platform) =
                    (environment["grub"].as_str().unwrap(), environment["platform"].as_str().unwrap());
                let args = ["grub", "--grub", version, "--platform", platform, "--format", "json", &target];
                let (objects, _) = objects(&args);
                let Some(object) = objects.first() else {
                    assert_eq!(row["verdict"], "unknown", "{target}: {environment}");
                    continue;
                };
                same(row, object, &format!("{target}: {environment}"));
                compared += 1;
            }
        }
    }
    assert!(compared > 400, "{compared}");
}

/// The row says what the object of `pregrub grub` does.
fn same(row: &Value, object: &Value, name: &str) {
    let boot = &row["boot"];
    let boots = match row["verdict"].as_str().unwrap() {
        "unknown" => Value::Null,
        "fails" => Value::Bool(false),
        _ => Value::Bool(boot["missing"].as_array().unwrap().is_empty()),
    };
    assert_eq!(boots, object["boots"], "{name}");
    if boot.is_null() {
        return;
    }
    if boot["title"].is_string() {
        assert_eq!(boot["title"], object["chosen"], "{name}");
    }
    let commands = object["commands"].as_array().unwrap();
    let of = |names: &[&str]| commands.iter().rev().find(|one| names.contains(&one["command"].as_str().unwrap()));
    if let Some(kernel) = of(&["linux", "linux16", "linuxefi"]) {
        assert_eq!(boot["kernel"]["path"], kernel["files"][0]["path"], "{name}");
        let line = object["command_line"].as_str().unwrap();
        let line = match line.strip_prefix("BOOT_IMAGE=") {
            Some(rest) => rest.split_once(' ').map_or("", |(_, args)| args),
            None => line,
        };
        assert_eq!(boot["args"], line, "{name}");
        let initrds: Vec<&Value> = of(&["initrd", "initrd16", "initrdefi"])
            .and_then(|initrd| initrd["files"].as_array())
            .into_iter()
            .flatten()
            .map(|file| &file["path"])
            .collect();
        let loaded: Vec<&Value> = boot["initrds"].as_array().unwrap().iter().map(|file| &file["path"]).collect();
        if boot["missing"].as_array().unwrap().is_empty() {
            assert_eq!(loaded, initrds, "{name}");
        }
    }
}

#[test]
fn keeps_its_schema() {
    let text = std::fs::read_to_string(root().join("docs/schema/pregrub.compare-1.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let mut targets = targets();
    targets.push("/nonexistent".to_owned());
    let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
    for options in [&["--releases", "4.0,4.17,debian-4.20,xcp-ng-8.3"][..], &["--from", "4.4", "--to", "4.22"]] {
        let args = [&["compare", "--format", "json"], options, &targets].concat();
        let (objects, status) = objects(&args);
        assert_eq!((objects.len(), status), (targets.len(), 3));
        for object in &objects {
            let errors: Vec<String> =
                validator.iter_errors(object).map(|e| format!("{e} at {}", e.instance_path())).collect();
            assert!(errors.is_empty(), "{errors:?} in {object}");
        }
    }
}
