//! The drop-in and `check` name the same cause and the same way out, and the finding of `check` that is the cause says it too.

use std::collections::BTreeSet;
use std::io::Read;

use data_encoding::BASE64;
use serde_json::Value;

use crate::common::images::{Image, Tree, Volume};
use crate::common::program;

fn images() -> Vec<(String, Vec<u8>)> {
    let data = std::fs::read_to_string(program::corpus("conformance/runs.jsonl")).expect("it is in the corpus");
    let mut seen = BTreeSet::new();
    let mut images = Vec::new();
    for case in data.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")) {
        let packed = case["image_gz_b64"].as_str().expect("an image");
        if seen.insert(packed.to_owned()) {
            let mut image = Vec::new();
            let packed = BASE64.decode(packed.as_bytes()).expect("base64");
            flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut image).expect("gzip");
            images.push((case["id"].as_str().expect("a name").to_owned(), image));
        }
    }
    for case in std::fs::read_dir(program::corpus("cases")).expect("it is in the corpus") {
        let folder = case.expect("a folder").path();
        let Ok(description) = std::fs::read(folder.join("case.json")) else { continue };
        let description: Value = serde_json::from_slice(&description).expect("JSON");
        let path = description["path"].as_str().expect("a path");
        // A configuration of many parts is as well looked at once.
        let Ok(text) = std::fs::read(folder.join(path.rsplit('/').next().expect("a name"))) else { continue };
        let image = Image::whole(&Volume::ext4(Tree::new().file(path, text)));
        images.push((folder.display().to_string(), std::fs::read(image.path()).expect("made above")));
    }
    for name in ["nixos-default.img", "recipe.img"] {
        images.push((name.to_owned(), std::fs::read(program::corpus(&format!("images/{name}"))).expect("an image")));
    }
    images
}

#[test]
fn the_drop_in_says_what_check_says() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let disk = folder.path().join("disk");
    let name = disk.to_str().expect("UTF-8");
    let (mut failing, mut differing) = (0, Vec::new());
    for (id, image) in images() {
        std::fs::write(&disk, image).expect("a file can be made");
        let checked = program::run(&["check", "--as", "image", "--quiet", "--format", "json", name]);
        let report: Value =
            serde_json::from_str(&checked.stdout).unwrap_or_else(|_| panic!("{id}: {}", checked.stderr));
        if report["verdict"] != "fails" {
            continue;
        }
        failing += 1;
        let reason = report["failure"]["reason"].as_str().expect("a reason");
        let help = report["failure"]["help"].as_str();
        let told = program::run(&["pygrub", "-q", name]).stderr;
        let says = |wanted: &str| told.lines().any(|line| line.starts_with("pregrub: ") && line.ends_with(wanted));
        if !says(reason) || !help.is_none_or(says) {
            differing.push(format!("{id}: check: {reason}: {help:?}\n  the drop-in: {told}"));
        }
        let causes: Vec<&Value> =
            report["findings"].as_array().into_iter().flatten().filter(|it| it["is_cause"] == true).collect();
        match causes.first() {
            None => differing.push(format!("{id}: no finding is the cause: {report}")),
            Some(first) => {
                if first["message"] != *reason || first["help"].as_str() != help {
                    let (message, other) = (&first["message"], &first["help"]);
                    differing.push(format!(
                        "{id}: {}: {message}: {other}\n  the verdict: {reason}: {help:?}",
                        first["code"]
                    ));
                }
                if report["findings"][0]["is_cause"] != true {
                    differing.push(format!("{id}: the cause is not the first finding"));
                }
            }
        }
    }
    assert!(failing > 20, "{failing}");
    assert!(differing.is_empty(), "{} of {failing}:\n{}", differing.len(), differing.join("\n"));
}
