//! A case of `corpus/lint`: a configuration, the disk around it, and what is to be looked at.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pregrub::boot::{self, Options, Run};
use pregrub::config::{self, Dialect};
use pregrub::flavour::Flavour;
use pregrub::lint::{self, Finding, Levels, LintContext, RootDisk};
use pregrub::release::Release;
use pregrub::report::finding::Sources;
use pregrub::report::text::{self, TextStyle};
use pregrub::storage::mount::DiskVolumes;
use pregrub::storage::source::{FileSource, Source};
use pregrub::target::{Kind, Target};
use serde::Deserialize;
use tempfile::TempDir;
use walkdir::WalkDir;

use crate::common::images::{Image, Tree, Volume};
use crate::common::kernels;
use crate::common::side_by_side;

/// Rules whose cases are disks that other tests of this folder make.
pub const PROVEN_ELSEWHERE: &[&str] = &[
    "PG212", "PG301", "PG302", "PG303", "PG304", "PG305", "PG307", "PG308", "PG309", "PG310", "PG311", "PG313",
    "PG120", "PG314", "PG315", "PG316", "PG317", "PG318", "PG401", "PG420", "PG421", "PG422", "PG423", "PG424",
    "PG425", "PG426", "PG501", "PG502", "PG503", "PG504", "PG505", "PG506", "PG507", "PG508", "PG509", "PG510",
    "PG602", "PG605", "PG704",
];

/// `case.json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// What it is about, and where it comes from.
    pub source: String,
    /// Where the guest has the configuration. Its text lies beside `case.json` under the last part of the path.
    pub path: String,
    /// Instead of one text: files of the folder and how often each is repeated.
    pub parts: Option<Vec<(String, usize)>>,
    /// The files beside the configuration: their paths and lengths in bytes. Where this is missing, every file that an entry
    /// names is there.
    pub files: Option<BTreeMap<String, usize>>,
    /// The files of the guest's root disk, where that is given to the rules.
    pub root_files: Option<Vec<String>>,
    /// The release; without it that of the installed pygrub, with which the case is then compared.
    pub release: Option<String>,
    /// How pygrub is called; `-q` where this is missing.
    pub arguments: Option<Vec<String>>,
}

/// A case.
pub struct Case {
    pub folder: PathBuf,
    pub description: Description,
    pub text: Vec<u8>,
}

impl Case {
    fn read(folder: &Path) -> Self {
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        };
        let description: Description = serde_json::from_slice(&read("case.json"))
            .unwrap_or_else(|error| panic!("{}/case.json: {error}", folder.display()));
        assert!(!description.source.is_empty());
        let text = match &description.parts {
            None => read(description.path.rsplit('/').next().unwrap_or_default()),
            Some(parts) => parts.iter().flat_map(|(file, times)| read(file).repeat(*times)).collect(),
        };
        Self { folder: folder.to_owned(), description, text }
    }

    /// The case in this folder of a rule.
    pub fn of(code: &str, folder: &str) -> Self {
        Self::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/lint").join(code).join(folder))
    }

    /// `PG101/found-title`.
    pub fn name(&self) -> String {
        let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
        format!("{}/{}", name(self.folder.parent().expect("a folder")), name(&self.folder))
    }

    /// The code of the rule that it is about.
    pub fn code(&self) -> String {
        self.name()[..5].to_owned()
    }

    /// Whether the rule must find something.
    pub fn is_to_be_found(&self) -> bool {
        let name = self.name();
        let found = name.contains("/found-");
        assert!(found || name.contains("/near-miss-"), "{name}: begin the name with found- or near-miss-");
        found
    }

    pub fn dialect(&self) -> Dialect {
        let name = self.description.path.rsplit('/').next().unwrap_or_default();
        Dialect::from_file_name(name).expect("the name of a configuration")
    }

    /// The arguments of pygrub, without the disk.
    pub fn arguments(&self) -> Vec<String> {
        self.description.arguments.clone().unwrap_or_else(|| vec!["-q".to_owned()])
    }

    pub fn options(&self, minor: u32) -> Options {
        let options = side_by_side::options(&self.arguments());
        match &self.description.release {
            Some(release) => {
                let release: Release = release.parse().unwrap_or_else(|error| panic!("{}: {error}", self.name()));
                Options { release, flavour: Flavour::Upstream, ..options }
            }
            None => side_by_side::installed(options, minor),
        }
    }

    /// The disk: ext4 without partitions.
    pub fn disk(&self) -> Image {
        let mut tree = Tree::new().file(&self.description.path, self.text.clone());
        // The rules that ask GRUB need a kernel that it loads.
        let asks_grub = self.folder.to_string_lossy().contains("/PG7");
        match &self.description.files {
            Some(files) => {
                for (path, length) in files {
                    let content = if asks_grub {
                        loadable(*length)
                    } else if path.ends_with(".cfg") {
                        // A menu, as far as that fits.
                        b"menuentry ".iter().copied().cycle().take(*length).collect()
                    } else {
                        vec![b'k'; *length]
                    };
                    tree = tree.file(path, content);
                }
            }
            None => {
                let recovered = config::recover(self.dialect(), &self.text, Release::NEWEST);
                let kernel = if asks_grub { loadable(1536) } else { b"a kernel or an initrd".to_vec() };
                let files = recovered.config.entries.iter().flat_map(|entry| {
                    [(&entry.kernel, kernel.clone()), (&entry.initrd, b"a kernel or an initrd".to_vec())]
                });
                for (file, content) in files {
                    let path = file.as_ref().and_then(|file| file.path.to_str());
                    if let Some(path) = path.filter(|path| can_be_made(path) && *path != self.description.path) {
                        tree = tree.file(path, content);
                    }
                }
            }
        }
        Image::whole(&Volume::ext4(tree))
    }

    /// The guest's root disk: a directory.
    fn root_disk(&self) -> Option<(RootDisk, TempDir)> {
        let files = self.description.root_files.as_ref()?;
        let directory = TempDir::new().expect("a temporary directory can be made");
        files.iter().fold(Tree::new(), |tree, path| tree.file(path, "a program")).write(directory.path());
        let root = RootDisk::open(&Target::Directory(directory.path().to_owned())).expect("a directory");
        Some((root, directory))
    }

    /// The run on the disk, and all that is found.
    pub fn lint(&self, disk: &Path, minor: u32) -> Linted {
        let root = self.root_disk();
        lint_disk(disk, self.options(minor), root.as_ref().map(|(root, _)| root))
    }
}

/// A run on a disk, and all that is found.
pub fn lint_disk(disk: &Path, options: Options, root_disk: Option<&RootDisk>) -> Linted {
    let source: Arc<dyn Source> = Arc::new(FileSource::new(File::open(disk).expect("the disk")).expect("a file"));
    let run = boot::run(Arc::clone(&source), options).expect("the disk can be read");
    let volumes = DiskVolumes::new(source);
    let mut context = LintContext::new(&run, Kind::Image).with_volumes(&volumes);
    if let Some(root_disk) = root_disk {
        context = context.with_root_disk(root_disk);
    }
    let findings = lint::lint(&context, &Levels::default());
    drop(context);
    Linted { run, findings }
}

/// A file of this length that GRUB takes for a kernel, if it is long enough.
fn loadable(length: usize) -> Vec<u8> {
    let mut file = kernels::bzimage(b"a kernel or an initrd");
    file.resize(length, b'k');
    file
}

/// A plain path that can stand in an ext4 filesystem as a file.
fn can_be_made(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.".contains(c);
    path.len() > 1
        && path.starts_with('/')
        && !path.ends_with('/')
        && path.chars().all(plain)
        && path[1..].split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

/// What came of a case.
pub struct Linted {
    pub run: Run,
    pub findings: Vec<Finding>,
}

impl Linted {
    /// The findings of one rule.
    pub fn of(&self, code: &str) -> Vec<Finding> {
        self.findings.iter().filter(|finding| finding.rule.code == code).cloned().collect()
    }

    /// Findings as people see them.
    pub fn shown(&self, findings: &[Finding]) -> String {
        let path =
            self.run.deciding_attempt().and_then(|attempt| attempt.found.as_ref()).map(|found| found.path.to_string());
        let sources = Sources { configuration: path.as_deref(), ..Sources::default() };
        let look = TextStyle { color: false, width: 100, verbose: true, links: false };
        let mut shown = Vec::new();
        text::write_findings(findings, &self.run, None, sources, look, &mut shown).expect("memory");
        String::from_utf8(shown).expect("UTF-8")
    }
}

/// All cases.
pub fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/lint");
    let entries = WalkDir::new(root).min_depth(2).max_depth(2).sort_by_file_name();
    let folders =
        entries.into_iter().map(|entry| entry.expect("a readable folder")).filter(|entry| entry.file_type().is_dir());
    folders.map(|entry| Case::read(entry.path())).collect()
}
