//! `pregrub initrd`.

use insta::assert_snapshot;
use serde_json::Value;

use super::answers;
use crate::common::program::{corpus, root, run};

fn initrd(name: &str) -> String {
    corpus(&format!("initrd/files/{name}"))
}

/// Without the place of the project.
fn shown(args: &[&str]) -> String {
    run(args).whole().replace(&format!("{}/", root().display()), "")
}

#[test]
fn a_good_one() {
    assert_snapshot!(shown(&["initrd", &initrd("microcode-then-zstd")]));
}

#[test]
fn several_ways_to_fail() {
    let files: Vec<String> =
        ["cpio-cut-in-the-last-data", "xz-check-crc64", "lz4+gzip", "text", "pzstd", "no-init", "format-odc"]
            .into_iter()
            .map(initrd)
            .collect();
    let mut args = vec!["initrd"];
    args.extend(files.iter().map(String::as_str));
    assert_snapshot!(shown(&args));
}

#[test]
fn a_kernel_and_its_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let config = directory.path().join("config");
    std::fs::write(
        &config,
        "#\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\n# CONFIG_RD_ZSTD is not set\nCONFIG_XEN_BLKDEV_FRONTEND=m\n",
    )
    .unwrap();
    let config = config.display().to_string();
    let ended = run(&["initrd", &initrd("zstd"), &initrd("gzip"), "--kernel-config", &config]);
    assert_eq!(ended.status, 1);
    assert_snapshot!(
        shown(&["initrd", &initrd("zstd"), &initrd("gzip"), "--kernel-config", &config]).replace(&config, "CONFIG")
    );
}

#[test]
fn exit_statuses() {
    for (arguments, status) in [
        (vec![initrd("zstd")], 0),
        (vec![initrd("zstd"), initrd("text")], 1),
        (vec![initrd("zstd"), "/nonexistent".to_owned()], 3),
        (vec!["/".to_owned()], 3),
        (vec![initrd("zstd"), "--release".to_owned(), "9.9".to_owned()], 2),
        (vec![], 2),
    ] {
        let mut args = vec!["initrd"];
        args.extend(arguments.iter().map(String::as_str));
        assert_eq!(run(&args).status, status, "{arguments:?}");
    }
}

#[test]
fn json_keeps_its_schema() {
    let text = std::fs::read_to_string(root().join("docs/schema/pregrub.initrd-1.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let files: Vec<String> = answers().iter().map(|answer| initrd(&answer.initrd)).collect();
    for release in ["4.17", "4.22"] {
        let mut args = vec!["initrd", "--format", "json", "--release", release, "/nonexistent", "/dev/null"];
        args.extend(files.iter().map(String::as_str));
        let ended = run(&args);
        assert_eq!(ended.status, 3);
        assert_eq!(ended.stdout.lines().count(), files.len() + 2);
        for line in ended.stdout.lines() {
            let object: Value = serde_json::from_str(line).unwrap();
            let errors: Vec<String> = validator.iter_errors(&object).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?} in {line}");
        }
    }
}
