//! `pregrub merge`.

use std::fs;

use super::folder::{BY_TITLE, Folder};
use super::host;
use crate::common::program::{corpus, root};
use crate::common::{openmetrics, tools};

/// Reports of two machines and of a linter, in files.
fn reports() -> Folder {
    let folder = Folder::new();
    let (boots, fails) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    folder.file("a.cfg", BY_TITLE);
    let write = |name: &str, args: &[&str]| {
        let ended = folder.run(args);
        fs::write(folder.path().join(name), ended.stdout).unwrap();
    };
    write("host1.jsonl", &["check", "--format", "json", &boots, "gone.img"]);
    write("host2.jsonl", &["check", "--format", "json", &boots, &fails]);
    write("lint.jsonl", &["lint", "--format", "json", "a.cfg", "gone.cfg"]);
    folder
}

#[test]
fn one_report_of_many_machines() {
    let folder = reports();
    let merged = |format: &str| folder.run(&["merge", "--format", format, "host1.jsonl", "host2.jsonl", "lint.jsonl"]);
    let text = merged("text");
    assert_eq!(text.status, 3);
    let lines: Vec<&str> = text.stdout.lines().collect();
    assert_eq!(lines[..2], ["unknown: host1:gone.img", "  cannot read `gone.img`: there is no such file"]);
    assert!(lines[2].starts_with("fails: host2:") && lines[2].ends_with("/nixos-default.img"), "{}", text.stdout);
    assert!(lines[4].starts_with("  help: "), "{}", text.stdout);
    let sum = "\n\n6 targets: 3 fine, 1 failing, 2 unknown; 8 errors, 1 warning, 1 note\n";
    assert!(text.stdout.ends_with(sum), "{}", text.stdout);
    let concise = merged("concise").stdout.replace(root().to_str().unwrap(), "@ROOT");
    assert!(concise.contains("boots: host2:@ROOT/corpus/images/recipe.img (Xen 4.22)\n"), "{concise}");
    assert!(concise.contains("nixos-default.img:/grub/grub.cfg:63:9: error[PG001] "), "{concise}");
    assert!(concise.contains("lint:a.cfg:1:14: warning[PG101] "), "{concise}");
    assert!(concise.contains("unknown: lint:gone.cfg: cannot read"), "{concise}");
    let json = merged("json");
    let targets: Vec<String> = json
        .stdout
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["target"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(targets.len(), 6);
    assert!(targets[0].starts_with("host1:/") && targets[5] == "lint:gone.cfg", "{targets:?}");
    openmetrics::check(&merged("openmetrics").stdout);
}

#[test]
fn formats_of_others_hold() {
    let folder = reports();
    let merged = |format: &str| folder.run(&["merge", "--format", format, "host1.jsonl", "host2.jsonl", "lint.jsonl"]);
    let sarif: serde_json::Value = serde_json::from_str(&merged("sarif").stdout).unwrap();
    let schema = fs::read_to_string(root().join("tests/schemas/sarif-schema-2.1.0.json")).unwrap();
    // As in tests/report/sarif.rs: a bracket that stands alone is written out.
    let schema = schema.replace("{2}]?$", "{2}\\\\]?$");
    let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let faults: Vec<String> = validator.iter_errors(&sarif).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}");
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    assert!(results.iter().any(|result| result["ruleId"] == "PG001"));
    let fingerprints: std::collections::BTreeSet<&str> =
        results.iter().map(|result| result["partialFingerprints"]["pregrub/v2"].as_str().unwrap()).collect();
    assert_eq!(fingerprints.len(), results.len(), "each is given once");
    assert_eq!(run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap().len(), 2, "two are not there");
    let junit = merged("junit").stdout;
    assert_eq!(junit.matches("<testsuite ").count(), 6, "{junit}");
    assert!(junit.contains("type=\"unreadable\"") && junit.contains("type=\"PG001\""), "{junit}");
    tools::assert_xml(&junit, "--schema", "junit-10.xsd");
}

#[test]
fn hosts_are_merged_by_their_guests() {
    let folder = host::dom0();
    for name in ["north.json", "south.json"] {
        folder.file(name, host::host(&folder, &["--format", "json"]).stdout);
    }
    let ended = folder.run(&["merge", "north.json", "south.json"]);
    assert_eq!(ended.status, 3, "{}", ended.whole());
    assert!(
        ended.stdout.contains("fails: north:db\n") && ended.stdout.contains("fails: south:db\n"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.ends_with("16 targets: 10 fine, 4 failing, 2 unknown\n"), "{}", ended.stdout);
}

#[test]
fn shards_are_merged_to_the_whole() {
    let folder = Folder::new();
    let names: Vec<String> = (0..12).map(|number| format!("{number}.cfg")).collect();
    names.iter().for_each(|name| drop(folder.file(name, BY_TITLE)));
    let run = |options: &[&str]| {
        folder.run(&options.iter().copied().chain(names.iter().map(String::as_str)).collect::<Vec<_>>())
    };
    // The members of an object may come in another order.
    let sorted = |text: &str| {
        let objects = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap().to_string());
        let mut objects: Vec<String> = objects.collect();
        objects.sort_unstable();
        objects
    };
    let whole = run(&["lint", "--format", "json"]);
    for part in ["1", "2", "3"] {
        folder
            .file(&format!("{part}.jsonl"), run(&["lint", "--format", "json", "--shard", &format!("{part}/3")]).stdout);
        run(&[
            "lint",
            "--shard",
            &format!("{part}/3"),
            "--baseline",
            &format!("base-{part}.json"),
            "--update-baseline",
        ]);
    }
    let merged = folder.run(&["merge", "--format", "json", "--names", "shared", "1.jsonl", "2.jsonl", "3.jsonl"]);
    assert_eq!(sorted(&merged.stdout), sorted(&whole.stdout));
    run(&["lint", "--baseline", "whole.json", "--update-baseline"]);
    let merged = folder.run(&["merge", "base-1.json", "base-2.json", "base-3.json"]);
    assert_eq!(merged.stdout, fs::read_to_string(folder.path().join("whole.json")).unwrap());
    let mixed = folder.run(&["merge", "base-1.json", "1.jsonl"]);
    assert!(mixed.status == 2 && mixed.stdout.is_empty(), "{}", mixed.whole());
}

#[test]
fn what_is_something_else_is_refused() {
    let folder = Folder::new();
    folder.file("text", "hello\n");
    folder.file("schema.json", "{\"schema\": \"pregrub.kernel/1\"}\n");
    folder.file("none.json", "{}\n");
    folder
        .file("finding.json", "{\"schema\": \"pregrub.check/1\", \"target\": \"a\", \"findings\": [{\"code\": 1}]}\n");
    for name in ["text", "schema.json", "none.json", "finding.json", "gone"] {
        let ended = folder.run(&["merge", name]);
        assert_eq!((ended.status, ended.stderr.lines().count()), (3, 1), "{}", ended.whole());
        assert!(ended.stderr.contains(name), "{}", ended.stderr);
    }
}

/// A file without a report is not a fleet where all is well.
#[test]
fn a_file_without_a_report() {
    let folder = reports();
    for (name, content, why) in [
        ("empty.jsonl", "", "`empty.jsonl` holds no report: did the run"),
        ("blank.jsonl", "\n  \n", "`blank.jsonl` holds no report: did the run"),
        ("object.json", "{}\n", "object.json:1: it has no schema"),
        ("list.json", "[]\n", "list.json:1: "),
        ("text.txt", "boots: a.img\n", "text.txt:1: "),
        ("host.json", "{\"schema\":\"pregrub.host/1\"}\n", "does not list the guests"),
        ("other.json", "{\"schema\":\"pregrub.entries/1\"}\n", "its schema is `pregrub.entries/1`"),
    ] {
        folder.file(name, content);
        for args in [&["merge", name][..], &["merge", "host2.jsonl", name], &["merge", "--names", "shared", name]] {
            let ended = folder.run(args);
            assert_eq!(ended.status, 3, "{args:?}: {}", ended.whole());
            assert!(ended.stderr.contains(why), "{args:?}: {}", ended.stderr);
        }
    }
    // A host that has no guests is a report.
    folder.file("none.json", "{\"schema\":\"pregrub.host/1\",\"release\":\"4.17\",\"guests\":[]}\n");
    let ended = folder.run(&["merge", "none.json"]);
    assert_eq!((ended.status, ended.stdout.as_str()), (0, "0 targets\n"));
}
