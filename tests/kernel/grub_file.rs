//! pvgrub2, asked by `grub-file`, which has its loader and its decompressors.

use std::fs;
use std::process::Command;

use pregrub::grub::Version;
use pregrub::kernel::{GrubBinary, GrubOutcome, GuestType, KernelDepth, Question, look};
use tempfile::TempDir;

use super::repacked::kernels;
use crate::common::tools;

/// The release of the installed GRUB, if it is one that pregrub knows.
fn installed() -> Option<Version> {
    let program = tools::tool("grub-mkrescue").or_else(|| tools::tool("grub-script-check"))?;
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Version::ALL.into_iter().find(|version| text.contains(&format!(") {}", version.name())))
}

#[test]
fn every_packing_loads_as_grub_file_says() {
    let (Some(version), Some(program)) = (installed(), tools::tool("grub-file")) else {
        tools::skipped("grub-file as the judge of kernels for pvgrub2");
        return;
    };
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("k");
    let (mut loaded, mut refused) = (0, 0);
    for (name, kernel) in kernels() {
        fs::write(&path, &kernel).unwrap();
        let file: &[u8] = &kernel;
        let question = Question { guest: GuestType::Pv, ..Question::default() };
        let look = look(&file, kernel.len() as u64, &question, KernelDepth::All).unwrap();
        let ours = look.grub(GrubBinary::Pv, version);
        let status = Command::new(&program).arg("--is-x86_64-xen-domu").arg(&path).status().unwrap();
        match (ours, status.code()) {
            (GrubOutcome::Loads, Some(0)) => loaded += 1,
            (GrubOutcome::Fails(_), Some(1)) => refused += 1,
            // It does not look for the entry.
            (GrubOutcome::Fails("the kernel has no entry for PV guests"), Some(0)) | (GrubOutcome::Unknown(_), _) => {}
            _ => panic!("{name}: {status}, and pregrub says {ours:?}"),
        }
    }
    assert!(loaded > 15 && refused > 15, "{loaded} load, {refused} do not");
}
