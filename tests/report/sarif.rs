//! SARIF 2.1.0: the official schema, and the fixes carried out as another program would.

use serde_json::Value;

use crate::common::program::{corpus, root, run, run_with_input};

fn validator() -> jsonschema::Validator {
    let text = std::fs::read_to_string(root().join("tests/schemas/sarif-schema-2.1.0.json")).unwrap();
    // In two patterns of the schema a bracket stands alone; what it stands for is written out, and nothing else is changed.
    let schema = text.replace("{2}]?$", "{2}\\\\]?$");
    jsonschema::options().should_validate_formats(true).build(&serde_json::from_str(&schema).unwrap()).unwrap()
}

/// The run of a valid log.
fn valid(text: &str) -> Value {
    let log: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> =
        validator().iter_errors(&log).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    assert_eq!(log["runs"].as_array().unwrap().len(), 1);
    log["runs"][0].clone()
}

fn results(run: &Value) -> &Vec<Value> {
    run["results"].as_array().unwrap()
}

#[test]
fn several_targets_are_one_valid_log() {
    let (good, bad) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    let file = corpus("lint/PG101/found-title/grub.cfg");
    let ended = run(&["check", "--format", "sarif", &good, &bad, &file, "/nonexistent/a b.img"]);
    assert_eq!(ended.status, 3);
    let run = valid(&ended.stdout);
    assert_eq!(run["invocations"][0]["exitCode"], 3);
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    let notification = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(
        notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "file:///nonexistent/a%20b.img"
    );
    assert_eq!(run["artifacts"].as_array().unwrap().len(), 4);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    for result in results(&run) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
    }
    // In an image there are no lines of the image.
    let first = results(&run).iter().find(|result| result["ruleId"] == "PG001").expect("a device variable");
    assert!(first["locations"][0]["physicalLocation"]["region"].is_null());
    assert_eq!(first["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], "/grub/grub.cfg:63:9");
    assert_eq!(first["properties"]["guestRegion"]["startLine"], 63);
    assert!(first["fixes"].is_null());
}

#[test]
fn every_result_has_a_fingerprint_of_its_own_that_stays() {
    let log = |text: &str| valid(&run_with_input(&["lint", "-", "--format", "sarif"], text.as_bytes()).stdout);
    let prints = |run: &Value| -> Vec<String> {
        results(run)
            .iter()
            .filter(|result| result["ruleId"] == "PG001")
            .map(|result| result["partialFingerprints"]["pregrub/v2"].as_str().unwrap().to_owned())
            .collect()
    };
    let entry = "menuentry \"A\" {\n linux ($a)/k\n}\n";
    let twice = prints(&log(&entry.repeat(2)));
    assert_eq!(twice.len(), 2);
    assert_ne!(twice[0], twice[1]);
    // Further down it is the same finding.
    assert_eq!(prints(&log(&format!("# a\n# b\n\n{entry}"))), twice[..1]);
}

#[test]
fn a_fix_can_be_carried_out() {
    let text = "# é\nset default=\"Bär\"\nmenuentry \"A\" {\n linux /a\n}\nmenuentry \"Bär\" {\n linux /b\n}\n";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grub.cfg");
    std::fs::write(&path, text).unwrap();
    let run = valid(&run(&["lint", path.to_str().unwrap(), "--format", "sarif"]).stdout);
    let result = results(&run).iter().find(|result| result["ruleId"] == "PG101").expect("a default that is a title");
    let change = &result["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"], result["locations"][0]["physicalLocation"]["artifactLocation"]);
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for replacement in change["replacements"].as_array().unwrap() {
        let number = |name: &str| usize::try_from(replacement["deletedRegion"][name].as_u64().unwrap()).unwrap();
        assert_eq!(number("startLine"), number("endLine"));
        let line = &mut lines[number("startLine") - 1];
        let start: String = line.chars().take(number("startColumn") - 1).collect();
        let end: String = line.chars().skip(number("endColumn") - 1).collect();
        *line = format!("{start}{}{end}", replacement["insertedContent"]["text"].as_str().unwrap());
    }
    let fixed = lines.join("\n");
    let ended = run_with_input(&["check", "-"], fixed.as_bytes());
    assert!(ended.stdout.contains("kernel     /b"), "{fixed}\n{}", ended.whole());
}

#[test]
fn standard_input_is_no_file_to_fix() {
    let text = b"set default=\"B\"\nmenuentry \"A\" {\n linux /a\n}\nmenuentry \"B\" {\n linux /b\n}\n";
    let run = valid(&run_with_input(&["check", "-", "--format", "sarif"], text).stdout);
    let result = &results(&run)[0];
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "stdin");
    assert!(result["fixes"].is_null());
}

#[test]
fn a_verdict_that_no_finding_tells_is_a_result() {
    let bad = corpus("images/nixos-default.img");
    let run = valid(&run(&["check", "--format", "sarif", "-A", "all", &bad]).stdout);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(results(&run).len(), 1);
    let result = &results(&run)[0];
    assert_eq!((&result["ruleId"], &result["level"]), (&"verdict".into(), &"error".into()));
    assert_eq!(rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()]["id"], "verdict");
    assert!(result["message"]["text"].as_str().unwrap().starts_with("fails: pygrub parses `($drive1)`"));
}

#[test]
fn what_is_hostile_is_valid() {
    let texts: [&[u8]; 4] = [
        b"menuentry \"\x1b[2J[x](https://example.org)\" {\n linux ($\x1b\x07\x7f\"<&>]]>)/k\n}\n",
        b"set default=\xff\xfe\x00\n}\nmenuentry \"\xff\" {\n linux (\xff)/\xe9\n}\n",
        "set timeout=\u{ffff}\u{9b}\nset default=\u{202e}\nmenuentry 'x' {\n linux ($\u{ffff})/k\n}\n".as_bytes(),
        b"menuentry {\n::error::\n linux ($a)/b\n",
    ];
    for text in texts {
        for release in ["4.12", "4.22"] {
            let args = ["check", "-", "--dialect", "grub2", "--format", "sarif", "--release", release];
            valid(&run_with_input(&args, text).stdout);
        }
    }
}
