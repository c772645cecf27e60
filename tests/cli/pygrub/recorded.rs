//! The recorded runs of every release that the command line ends at once, by the program itself.

use std::io::Read;

use data_encoding::BASE64;
use serde_json::Value;

use crate::common::program;

const CASES: [&str; 6] = ["offset-bad", "no-image", "h-eats-image", "h-eats-image-2", "isconfig", "isconfig-args"];

/// The releases of a key such as `4.15-4.22` or `4.2.0,4.2.3-4.2.4`: its ends.
fn releases(key: &str) -> Vec<&str> {
    key.split(',')
        .filter(|item| !item.starts_with("stable-") && !item.ends_with("/py2"))
        .map(|item| item.trim_start_matches("debian-"))
        .flat_map(|item| item.split('-'))
        .collect()
}

#[test]
fn command_lines_that_end_it() {
    let dir = tempfile::tempdir().unwrap();
    let disk = dir.path().join("disk");
    let data = std::fs::read_to_string(program::corpus("conformance/runs.jsonl")).unwrap();
    let mut compared = 0;
    for case in data.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let id = case["id"].as_str().unwrap();
        if !CASES.contains(&id) {
            continue;
        }
        let packed = BASE64.decode(case["image_gz_b64"].as_str().unwrap().as_bytes()).unwrap();
        let mut image = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut image).unwrap();
        std::fs::write(&disk, image).unwrap();
        let argv: Vec<String> = case["argv"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word.as_str().unwrap().replace("@DISK", disk.to_str().unwrap()))
            .collect();
        for key in ["expect", "expect_other"] {
            for (range, expected) in case[key].as_object().into_iter().flatten() {
                for release in releases(range) {
                    let output = program::command(&["pygrub"])
                        .args(&argv)
                        .env("PREGRUB_RELEASE", release)
                        .env("PREGRUB_FLAVOUR", if range.starts_with("debian") { "debian" } else { "upstream" })
                        .output()
                        .unwrap();
                    let context = format!("{id} with {release}");
                    let stderr = String::from_utf8(output.stderr).unwrap();
                    let last = stderr.lines().last().unwrap_or_default();
                    let last = last.replace(&format!("{} pygrub", program::path().display()), "@SRC/pygrub");
                    assert_eq!(output.status.code().map(i64::from), expected["rc"].as_i64(), "{context}");
                    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected["stdout"], "{context}");
                    assert_eq!(last, expected["stderr_last"].as_str().unwrap(), "{context}");
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 60, "{compared}");
}
