//! The book is built where mdbook is installed.

use std::fs;
use std::process::Command;

use crate::common::program::root;

#[test]
fn mdbook_builds_it() {
    let folder = tempfile::tempdir().unwrap();
    let built = Command::new("mdbook").arg("build").arg("--dest-dir").arg(folder.path()).current_dir(root()).output();
    let Ok(built) = built else {
        eprintln!("SKIPPED: mdbook is not installed; `cargo install mdbook` builds it");
        return;
    };
    let said = String::from_utf8_lossy(&built.stderr);
    assert!(built.status.success() && !said.contains("WARN") && !said.contains("ERROR"), "{said}");
    for page in super::page::Page::all().iter().filter(|page| page.name != "docs/SUMMARY.md") {
        let html = page.name.strip_prefix("docs/").unwrap().replace(".md", ".html");
        let text = fs::read_to_string(folder.path().join(&html)).unwrap_or_else(|error| panic!("{html}: {error}"));
        for anchor in page.anchors() {
            assert!(text.contains(&format!("id=\"{anchor}\"")), "{html} has no #{anchor}");
        }
    }
}
