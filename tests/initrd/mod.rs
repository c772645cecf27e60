//! Initrds as the guest's kernel sees them.

mod answers;
mod bounds;
mod libxenguest;
mod program;
mod tools;

use std::collections::BTreeMap;

use pregrub::initrd::{GuestKernel, InitrdDepth, InitrdLook, judge};
use pregrub::release::Release;
use serde::Deserialize;

use crate::common::program::root;

/// What a real Linux made of an initrd (tests/initrd/desk/under-linux).
#[derive(Debug, Deserialize)]
struct Answer {
    initrd: String,
    message: Option<String>,
    init: bool,
    files: BTreeMap<String, serde_json::Value>,
    panic: Option<String>,
}

fn answers() -> Vec<Answer> {
    let text = std::fs::read_to_string(root().join("corpus/initrd/answers.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(root().join("corpus/initrd/files").join(name)).unwrap()
}

fn whole(bytes: &[u8]) -> InitrdLook {
    judge(&bytes, bytes.len() as u64, &GuestKernel::default(), Release::NEWEST, InitrdDepth::Whole).unwrap()
}

fn message(report: &InitrdLook) -> Option<String> {
    report.walk.message.as_ref().map(|(message, _)| message.to_string())
}
