//! Disk specifications, as `xlu_disk_parse` reads them.

use data_encoding::BASE64;
use pregrub::xl::disk::{self, Disk, DiskError};
use serde_json::{Value, json};

use super::generator;
use super::syntax::release;
use crate::common::setting::setting;

const CASES: u64 = 20_000;

/// A disk as `libxl_device_disk_to_json` tells it, as far as pregrub keeps it.
fn told(parsed: &Result<Disk, DiskError>) -> Value {
    let disk = match parsed {
        Ok(disk) => disk,
        Err(error) => return json!({ "error": error.message }),
    };
    let mut told = json!({ "format": disk.format.name() });
    let texts = [
        ("pdev_path", &disk.target),
        ("vdev", &disk.vdev),
        ("backend_domname", &disk.backend_domain),
        ("script", &disk.script),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            // Bytes as characters, as the oracle reads them.
            told[name] = text.as_bytes().iter().map(|&byte| char::from(byte)).collect::<String>().into();
        }
    }
    if let Some(backend) = disk.backend {
        told["backend"] = backend.name().into();
    }
    if disk.writable {
        told["readwrite"] = 1.into();
    }
    if disk.cdrom {
        told["is_cdrom"] = 1.into();
    }
    told
}

fn kept(mut answer: Value) -> Value {
    if answer["error"].is_string() {
        return json!({ "error": answer["error"] });
    }
    let disk = answer["disk"].as_object_mut().expect("a disk");
    let names = ["format", "pdev_path", "vdev", "backend_domname", "script", "backend", "readwrite", "is_cdrom"];
    disk.retain(|name, _| names.contains(&name.as_str()));
    answer["disk"].take()
}

#[test]
fn generated_specifications_as_libxlutil_reads_them() {
    let oracle = oracle_or_skip!();
    let (seed, count) = (setting("PREGRUB_FUZZ_SEED", 1), setting("PREGRUB_FUZZ_CASES", CASES));
    let (mut differences, mut accepted) = (Vec::new(), 0);
    for first in (0..count).step_by(5000) {
        let cases: Vec<_> = (first..(first + 5000).min(count)).map(|number| generator::disk(seed, number)).collect();
        let lines = cases.iter().map(|specification| json!({ "disk": BASE64.encode(specification) }));
        let answers: Vec<Value> = oracle.ask("xl_oracle.py", lines);
        for (specification, want) in cases.iter().zip(answers) {
            let (got, want) = (told(&disk::parse(specification, release(&oracle))), kept(want));
            accepted += u64::from(want.get("error").is_none());
            if got != want {
                differences.push(format!("{}\n  libxlutil {want}\n  pregrub   {got}", specification.escape_ascii()));
            }
        }
    }
    println!("{count} disk specifications of seed {seed}, {accepted} of them accepted");
    let shown = &differences[..differences.len().min(8)];
    assert!(shown.is_empty(), "{} differences, among them:\n{}", differences.len(), shown.join("\n\n"));
    assert!(accepted * 10 > count && accepted < count, "{accepted} of {count} accepted");
}
