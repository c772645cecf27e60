//! The rules that speak of SYSLINUX, held to what SYSLINUX 6.04 booted (`corpus/syslinux`).

use std::fs;

use serde_json::Value;

use crate::common::program::{corpus, run_with_input};

/// The rules that say that pygrub and SYSLINUX part.
const PARTING: [&str; 4] = ["PG111", "PG121", "PG201", "PG312"];

/// What is booted: kernel, initrds, arguments.
type Booted = (String, Vec<String>, String);

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn no_sentence_about_syslinux_is_wrong() {
    let answers = fs::read_to_string(corpus("syslinux/answers.jsonl")).expect("it is in the corpus");
    let (mut same, mut other, mut waiting) = (0, 0, 0);
    for line in answers.lines() {
        let answer: Value = serde_json::from_str(line).expect("JSON");
        let configuration = text(&answer["text"]);
        let theirs: Option<Booted> = answer["boots"].as_object().map(|boots| {
            let initrds = boots["initrds"].as_array().expect("a list").iter().map(text).collect();
            (text(&boots["kernel"]), initrds, text(&boots["args"]))
        });
        let arguments = ["check", "-", "--dialect", "extlinux", "--format", "json"];
        let ended = run_with_input(&arguments, configuration.as_bytes());
        let report: Value = serde_json::from_str(&ended.stdout).unwrap_or_else(|_| panic!("{}", ended.stderr));
        let boot = &report["boot"];
        let ours: Option<Booted> = (report["verdict"] == "selects").then(|| {
            let initrd = boot["ramdisk"]["path"].as_str().map(str::to_owned);
            (text(&boot["kernel"]["path"]), initrd.into_iter().collect(), text(&boot["args"]))
        });
        let findings = report["findings"].as_array().expect("findings");
        let messages = |code: &str| -> Vec<String> {
            findings.iter().filter(|finding| finding["code"] == code).map(|finding| text(&finding["message"])).collect()
        };
        let parts = PARTING.iter().any(|code| !messages(code).is_empty());
        let Some(theirs) = theirs else {
            waiting += 1;
            continue;
        };
        if ours.as_ref() == Some(&theirs) {
            same += 1;
            assert_eq!(messages("PG111"), [""; 0], "{configuration}");
        } else {
            other += 1;
            assert!(parts, "SYSLINUX boots {theirs:?}, pygrub {ours:?}, and nothing is found in\n{configuration}");
        }
        let waits = messages("PG108").into_iter().find(|message| message.contains("would wait"));
        assert_eq!(waits, None, "{configuration}");
        for message in messages("PG111") {
            let Some(label) = message.strip_prefix("this line makes \"").and_then(|rest| rest.split('"').next()) else {
                continue;
            };
            let mut labels = configuration.lines().filter_map(|line| line.strip_prefix("LABEL "));
            let index = labels.position(|known| known == label).expect("a label");
            assert_eq!(theirs.0, format!("/k{index}"), "{message}: {configuration}");
        }
    }
    assert!(same > 5 && other > 10 && waiting > 10, "{same} {other} {waiting}");
}
