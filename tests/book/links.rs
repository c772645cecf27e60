//! The table of contents, links, and the languages of code blocks.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::page::Page;
use crate::common::program::root;

/// What code blocks are written in. `console` and `sh` are run.
const LANGUAGES: &[&str] =
    &["c", "console", "html", "ini", "json", "make", "nix", "python", "rust", "sh", "text", "toml", "xml", "yaml"];

/// Pages beside the book whose links are looked at as well.
const BESIDE: &[&str] = &["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];

/// `docs/how-to/../ci.md` as `docs/ci.md`.
fn normalised(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut path, component| {
        match component {
            Component::ParentDir => drop(path.pop()),
            other => path.push(other),
        }
        path
    })
}

#[test]
fn links_lead_somewhere() {
    let mut faults = Vec::new();
    for page in Page::all().into_iter().chain(BESIDE.iter().map(|name| Page::read(name))) {
        for (line, link) in page.links() {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) =
                link.split_once('#').map_or((link.as_str(), None), |(file, anchor)| (file, Some(anchor)));
            let path = if file.is_empty() {
                PathBuf::from(&page.name)
            } else {
                normalised(&Path::new(&page.name).parent().unwrap().join(file))
            };
            let name = path.to_str().unwrap();
            let at = format!("{}:{line}: `{link}`", page.name);
            if !root().join(&path).exists() {
                faults.push(format!("{at} does not exist"));
            } else if page.name.starts_with("docs/") && !name.starts_with("docs/") {
                faults.push(format!("{at} leaves the book: its pages are not beside what it names"));
            } else if page.name.starts_with("docs/") && !root().join(&path).is_file() {
                faults.push(format!("{at} is a directory, which the book has no page for"));
            } else if let Some(anchor) = anchor
                && !Page::read(name).anchors().iter().any(|one| one == anchor)
            {
                faults.push(format!("{at}: there is no heading `#{anchor}`"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_page_is_in_the_summary() {
    // A heading has no page.
    let links: Vec<_> =
        Page::read("docs/SUMMARY.md").links().into_iter().filter(|(_, link)| !link.is_empty()).collect();
    let listed: BTreeSet<String> = links.iter().map(|(_, link)| format!("docs/{link}")).collect();
    assert_eq!(listed.len(), links.len(), "a page is listed twice");
    let there: BTreeSet<String> =
        Page::all().into_iter().map(|page| page.name).filter(|name| name != "docs/SUMMARY.md").collect();
    assert_eq!(there, listed);
}

#[test]
fn every_code_block_has_a_language() {
    let mut faults = Vec::new();
    for page in Page::all() {
        for block in page.blocks() {
            match &block.language {
                None => faults
                    .push(format!("{}:{}: an indented block: write a fence with a language", page.name, block.line)),
                Some(language) if !LANGUAGES.contains(&language.as_str()) => {
                    faults.push(format!("{}:{}: the language is `{language}`", page.name, block.line));
                }
                Some(_) => {}
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
