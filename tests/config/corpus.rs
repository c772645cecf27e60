//! The configurations of `corpus/cases`: one folder a case, with what pregrub makes of it under Xen 4.17 and 4.4 beside it.
//!
//! A snapshot alone would be pregrub's own word. What it says of 4.17 is therefore compared with the installed pygrub as
//! well; what is recorded of 4.4 in `corpus/conformance` judges the old releases.
//!
//! `cargo test reviewed::cases::arch` runs one; `INSTA_UPDATE=always cargo test --test integration reviewed::cases` accepts changed snapshots, and `PREGRUB_BLESS=1` writes the
//! configurations of NixOS anew.

use std::path::{Path, PathBuf};

use pregrub::boot::Overrides;
use pregrub::config;
use pregrub::release::Release;
use serde::Deserialize;
use serde_json::Value;
use walkdir::WalkDir;

use crate::common::case_tests::assert_complete;
use crate::common::nixos::{FsIdentifier, Nixos, User};
use crate::common::oracle::{ConfigAnswer, ConfigCase, Dialect};
use crate::common::program::root;
use crate::common::shape;

/// `case.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    dialect: Dialect,
    /// Where the guest has the file. Its text lies beside `case.json` under the last part of it.
    path: String,
    /// Where the case comes from and what it is about.
    source: String,
    /// `--entry`.
    entry: Option<String>,
    /// `--args`.
    args: Option<String>,
    /// Instead of one text: files of the folder and how often each is repeated.
    parts: Option<Vec<(String, usize)>>,
}

struct Case {
    folder: PathBuf,
    description: Description,
    text: Vec<u8>,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let description: Description = serde_json::from_slice(&read("case.json"))
            .unwrap_or_else(|error| panic!("{}/case.json: {error}", folder.display()));
        let name = description.path.rsplit('/').next().unwrap_or_default();
        let text = match &description.parts {
            None => read(name),
            Some(parts) => parts.iter().flat_map(|(file, times)| read(file).repeat(*times)).collect(),
        };
        assert!(!description.source.is_empty());
        Self { folder: folder.to_owned(), description, text }
    }

    fn name(&self) -> String {
        self.folder.file_name().expect("a folder has a name").to_string_lossy().into_owned()
    }

    fn overrides(&self) -> Overrides<'_> {
        let Description { entry, args, .. } = &self.description;
        Overrides {
            entry: entry.as_deref().map(str::as_bytes),
            args: args.as_deref().unwrap_or_default().as_bytes(),
            rules: None,
        }
    }

    /// As the oracle would say it, and where in the file the exception comes from.
    fn answer(&self, release: Release) -> Value {
        let parsed = config::parse(shape::dialect(self.description.dialect), &self.text, release);
        let mut answer = shape::answer(&parsed, self.overrides(), release);
        answer["list"] = shape::listing(&parsed, release);
        let span = parsed.raised.as_ref().and_then(|raised| raised.span);
        if let Some(span) = span {
            answer["error"]["at"] = serde_json::to_value(span).expect("a span is data");
        }
        answer
    }
}

fn cases() -> Vec<Case> {
    let entries = WalkDir::new(root().join("corpus/cases")).min_depth(1).max_depth(1).sort_by_file_name();
    let folders =
        entries.into_iter().map(|entry| entry.expect("a readable folder")).filter(|entry| entry.file_type().is_dir());
    folders.map(|entry| Case::read(entry.path())).collect()
}

/// What pregrub makes of a case under Xen 4.17 and 4.4 is what was reviewed.
fn is_as_reviewed(_: &str, name: &str) {
    let case = Case::read(&root().join("corpus/cases").join(name));
    for release in ["4.17", "4.4"] {
        let answer = case.answer(release.parse().expect("a release"));
        let text = serde_json::to_string_pretty(&answer).expect("it is JSON");
        insta::with_settings!({
            snapshot_path => &case.folder,
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!(format!("xen-{release}"), text);
        });
    }
}

mod reviewed {
    include!("by_case.rs");
}

#[test]
fn each_case_has_a_test_of_its_name() {
    assert_complete(include_str!("by_case.rs"), cases().iter().map(|case| ("cases".to_owned(), case.name())));
}

#[test]
fn pygrub_says_the_same_of_every_case() {
    let oracle = oracle_or_skip!();
    let release = Release::line(u8::try_from(oracle.minor).expect("a small number")).expect("a release that is known");
    let cases = cases();
    let asked: Vec<ConfigCase> = cases
        .iter()
        .map(|case| ConfigCase {
            id: case.name(),
            dialect: case.description.dialect,
            text: case.text.clone(),
            entry: case.description.entry.clone(),
            args: case.description.args.clone(),
        })
        .collect();
    for (case, mut want) in cases.iter().zip(oracle.configs(&asked)) {
        want.id = None;
        let got: ConfigAnswer = serde_json::from_value(case.answer(release)).expect("the shape of an answer");
        assert_eq!(got, want, "{}", case.name());
    }
}

#[test]
fn the_configurations_of_nixos_are_what_nixos_writes() {
    let copied = || Nixos { copy_kernels: true, ..Nixos::default() };
    let provided = Nixos::recipe;
    for (name, nixos) in [
        ("default", Nixos::default()),
        ("label", Nixos { fs_identifier: FsIdentifier::Label, ..copied() }),
        ("provided", provided()),
        ("secrets", Nixos { initrd_secrets: true, ..provided() }),
        (
            "specialisation",
            Nixos {
                specialisations: vec!["rescue".into(), "it's xen".into()],
                default: "\"NixOS - rescue\"".into(),
                ..provided()
            },
        ),
        (
            "extra-entries",
            Nixos {
                extra_entries: "menuentry \"Windows\" {\n  chainloader (hd0,1)+1\n}\n".into(),
                extra_entries_before: true,
                default: "1".into(),
                ..provided()
            },
        ),
        ("saved-default", Nixos { default: "saved".into(), timeout: None, ..provided() }),
        ("dom0", Nixos { xen: true, ..provided() }),
        (
            "users",
            Nixos {
                users: vec![
                    User::Hashed { name: "root".into(), hash: "grub.pbkdf2.sha512.10000.AB".into() },
                    User::Plain { name: "guest".into(), password: "a=b".into() },
                ],
                ..provided()
            },
        ),
        ("hundred-generations", Nixos { generations: (1..=100).rev().collect(), ..provided() }),
    ] {
        let path = format!("{}/corpus/cases/nixos-{name}/grub.cfg", env!("CARGO_MANIFEST_DIR"));
        let text = nixos.config();
        if std::env::var_os("PREGRUB_BLESS").is_some() {
            std::fs::write(&path, &text).expect("the corpus can be written");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("it is in the corpus"), text, "{name}");
    }
}
