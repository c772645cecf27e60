//! The pages in a real browser: Chromium opens them, and nothing of a guest runs or is loaded.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::page::HOSTILE;
use crate::common::images::{Image, Tree, Volume};
use crate::common::program::{corpus, run};
use crate::common::tools;

/// The document that Chromium makes of a file, once it is loaded.
fn opened(file: &Path) -> Option<String> {
    let chromium = tools::tool("chromium")?;
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new("timeout")
        .arg("60")
        .arg(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        // A name that is looked up anyway leads nowhere.
        .args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=2000", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn nothing_of_a_guest_runs() {
    let directory = tempfile::tempdir().unwrap();
    let tree = Tree::new().file("/boot/grub/grub.cfg", HOSTILE).file("/boot/vmlinuz", "x");
    let image = Image::whole(&Volume::ext4(tree).sized(4 << 20));
    let disk = image.argument();
    // Where a page has no policy and does not escape, the same words do run: the test would see it.
    let open = directory.path().join("open.html");
    fs::write(&open, format!("<!DOCTYPE html><title>still</title>{HOSTILE}")).unwrap();
    let Some(dom) = opened(&open) else { return };
    assert!(dom.contains("<title>1</title>") || dom.contains("<title>ran</title>"), "{dom}");
    for (name, targets) in [("one", vec![disk.clone()]), ("two", vec![disk, corpus("images/nixos-default.img")])] {
        let file = directory.path().join(format!("{name}.html"));
        let mut arguments = vec!["report", "-o", file.to_str().unwrap()];
        arguments.extend(targets.iter().map(String::as_str));
        let ended = run(&arguments);
        assert!(file.exists(), "{}", ended.stderr);
        let dom = opened(&file).unwrap();
        let title = dom.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
        assert!(title.ends_with("\u{2013} pregrub"), "{title}");
        for bad in ["<script", "<img", "onerror=\"", "onload=\"", "<h1>no</h1>"] {
            assert!(!dom.contains(bad), "{bad}\n{dom}");
        }
        assert!(dom.contains("&lt;script&gt;"), "{dom}");
        // The sheet is one that the policy lets in.
        assert!(dom.contains("<style>:root {"));
    }
}
