//! Features of a mounted boot filesystem that keep pygrub or GRUB from reading it.
//!
//!     PREGRUB_MOUNT=1 cargo test --test integration grub_cfg::features -- --nocapture

use super::mounted::{self, Mounted};
use crate::common::nixos_store::{Spec, Store};
use crate::common::oracle::RunCase;
use crate::common::program;

#[test]
fn a_boot_disk_that_pygrub_or_grub_cannot_read_is_refused() {
    if !mounted::is_asked_for() {
        return;
    }
    let oracle = oracle_or_skip!();
    let current = "/nix/var/nix/profiles/system";
    for (features, refused, boots) in [
        ("^has_journal", None, true),
        ("bigalloc", Some("the feature bigalloc is not supported"), false),
        ("inline_data", Some("the ext feature inline_data"), true),
    ] {
        let store = Store::of(&[Spec::new(1)]);
        let mounted = Mounted::new(&store, &["-O", features]);
        let root = store.root().to_str().unwrap();
        // As `/boot` of that guest: nothing says where it is.
        let arguments = ["generate", "grub-cfg", "--root", root, "--install", current];
        let output = program::command(&arguments).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        match refused {
            None => assert!(output.status.success() && told.is_empty(), "{features}: {told}"),
            Some(why) => assert!(output.status.code() == Some(1) && told.contains(why), "{features}: {told}"),
        }
        // The directory is judged as its device is.
        let point = mounted.point.to_str().unwrap();
        let check = |target: &str| {
            let output = program::command(&["check", "--until", "pygrub", target]).output().unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let directory = check(point);
        assert_eq!(directory.contains("the feature bigalloc is not supported"), !boots, "{features}: {directory}");
        if refused.is_none() {
            assert!(directory.starts_with("boots: "), "{directory}");
            let image = mounted.image.argument();
            let run = RunCase::new(features, ["-q", "--output-directory=@OUT", &image]);
            assert_eq!(oracle.runs(&[run])[0].rc, Some(0));
        }
    }
}
