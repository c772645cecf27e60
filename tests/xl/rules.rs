//! The linter's rules on domains: the cases of `corpus/xl-rules`, a folder a rule, in it `found-*` and `near-miss-*`.
//!
//! `INSTA_UPDATE=always cargo test --test integration xl::rules` accepts changed snapshots, after reading them.

use std::fs;
use std::path::{Path, PathBuf};

use pregrub::boot::{Run, Verdict};
use pregrub::flavour::{Build, Flavour};
use pregrub::lint::{self, Finding, Levels, LintContext};
use pregrub::release::Release;
use pregrub::simulation::Simulation;
use pregrub::target::{Kind, OpenOptions, Target};
use tempfile::TempDir;

use crate::common::case_tests::assert_complete;
use crate::common::images::{Image, Tree, Volume};
use crate::common::oracle::Oracle;
use crate::common::program;
use crate::common::xl::Xl;

/// The line of the xl that snapshots are made for.
const RELEASE: &str = "4.17";

struct Case {
    folder: PathBuf,
    code: String,
    name: String,
    release: Option<String>,
    text: String,
}

impl Case {
    fn of(folder: PathBuf) -> Self {
        let text = fs::read_to_string(folder.join("guest.cfg")).expect("each has a guest.cfg");
        let last = |path: &Path| path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
        let release = text.lines().next().and_then(|line| line.strip_prefix("# release: ")).map(str::to_owned);
        let code = last(folder.parent().expect("a folder of its rule"));
        Self { name: last(&folder), code, release, text, folder }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in
        walkdir::WalkDir::new(program::root().join("corpus/xl-rules")).min_depth(2).max_depth(2).sort_by_file_name()
    {
        cases.push(Case::of(entry.expect("it can be read").into_path()));
    }
    assert!(cases.len() > 20, "only {} cases", cases.len());
    cases
}

/// The disks of the cases, and what stands for them.
struct Places {
    boot: Image,
    empty: Image,
    pygrub: String,
}

impl Places {
    fn new(pygrub: &str) -> Self {
        let config = "set timeout=3\nmenuentry 'Linux' {\n  linux /kernels/k ro\n  initrd /kernels/i\n}\n";
        let tree = Tree::new()
            .file("boot/grub/grub.cfg", config)
            .file("kernels/k", [b'K'; 700])
            .file("kernels/i", [b'I'; 300]);
        let (boot, empty) = (Image::whole(&Volume::ext4(tree)), Image::of_bytes(&[0; 4096]));
        Self { boot, empty, pygrub: pygrub.to_owned() }
    }

    fn pairs(&self) -> [(&'static str, String); 4] {
        [
            ("@BOOT", self.boot.argument()),
            ("@EMPTY", self.empty.argument()),
            ("@GONE", "/nonexistent/disk".to_owned()),
            ("@PYGRUB", self.pygrub.clone()),
        ]
    }

    fn put(&self, text: &str) -> String {
        self.pairs().iter().fold(text.to_owned(), |text, (name, place)| text.replace(name, place))
    }

    fn take_out(&self, text: &str) -> String {
        self.pairs().iter().fold(text.to_owned(), |text, (name, place)| text.replace(place, name))
    }
}

fn lint(text: &str, release: Release) -> (Run, Vec<Finding>) {
    let folder = TempDir::new().expect("a temporary directory can be made");
    let path = folder.path().join("guest.cfg");
    fs::write(&path, text).expect("a file can be made");
    let wanted = OpenOptions { kind: Some(Kind::Xl), ..OpenOptions::default() };
    let simulation = Simulation::new(Build { release, flavour: Flavour::Debian });
    let target = simulation.open(&path, wanted).expect("it can be read");
    let run = target.run().expect("it can be read").run;
    let Target::Xl(domain) = target.target() else { panic!("it is a domain") };
    let volumes = target.target().volumes();
    let mut subject = LintContext::new(&run, target.kind()).with_domain(domain);
    if let Some(volumes) = &volumes {
        subject = subject.with_volumes(volumes);
    }
    let findings = lint::lint(&subject, &Levels::default());
    drop(subject);
    (run, findings)
}

/// A finding for a reader: what its places cover instead of their columns, which depend on where the images lie.
fn told(finding: &Finding, text: &str) -> String {
    let place = |span: pregrub::config::Span| format!("{}: {}", span.line, &text[span.range()]);
    let mut lines = vec![
        format!(
            "{:?}{}: {}",
            finding.severity,
            if finding.stops_boot { ", stops the boot" } else { "" },
            finding.message
        ),
        format!("  line {} - {}", finding.span.map(place).unwrap_or_default(), finding.label),
    ];
    lines.extend(finding.related.iter().map(|related| format!("  line {} - {}", place(related.span), related.label)));
    lines.extend(finding.help.iter().map(|help| format!("  help: {help}")));
    lines.extend(finding.fix.iter().map(|fix| format!("  fix: {}: {:?}", fix.description, fix.edits[0].replacement)));
    lines.join("\n")
}

/// The rule finds what it must in its case, and no more.
fn is_as_reviewed(code: &str, name: &str) {
    // The rule on paths asks whether a pygrub is installed here.
    let oracle = oracle_or_skip!();
    let places = Places::new(oracle.pygrub.to_str().expect("UTF-8"));
    let case = Case::of(program::root().join("corpus/xl-rules").join(code).join(name));
    let release = case.release.as_deref().unwrap_or(RELEASE).parse().expect("a release");
    let text = places.put(&case.text);
    let (_, findings) = lint(&text, release);
    let own: Vec<_> = findings.iter().filter(|finding| finding.rule.code == case.code).collect();
    assert_eq!(!own.is_empty(), case.name.starts_with("found-"), "{} findings of the rule", own.len());
    if own.is_empty() {
        return;
    }
    let told = places.take_out(&own.into_iter().map(|finding| told(finding, &text)).collect::<Vec<_>>().join("\n"));
    insta::with_settings!({
        snapshot_path => &case.folder,
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("findings", told);
    });
}

mod reviewed {
    case_tests! { super::super::is_as_reviewed, PG212:
        found_label_of_no_disk = "found-label-of-no-disk",
        found_name_of_an_emulated_disk = "found-name-of-an-emulated-disk",
        found_nvme_disk = "found-nvme-disk",
        found_partition_of_a_disk_without = "found-partition-of-a-disk-without",
        found_placeholder = "found-placeholder",
        found_second_disk_missing = "found-second-disk-missing",
        found_virtio_disk = "found-virtio-disk",
        found_whole_disk_where_a_partition_is = "found-whole-disk-where-a-partition-is",
        near_miss_disk_not_here = "near-miss-disk-not-here",
        near_miss_partition_as_disk = "near-miss-partition-as-disk",
        near_miss_second_disk = "near-miss-second-disk",
        near_miss_uuid_on_an_unknown_disk = "near-miss-uuid-on-an-unknown-disk",
    }
    case_tests! { super::super::is_as_reviewed, PG501:
        found_disk_without_format = "found-disk-without-format",
        found_import = "found-import",
        found_neither_kernel_nor_bootloader = "found-neither-kernel-nor-bootloader",
        found_no_name = "found-no-name",
        found_python = "found-python",
        found_true = "found-true",
        found_unknown_action = "found-unknown-action",
        found_without_quotes = "found-without-quotes",
        near_miss_odd_but_taken = "near-miss-odd-but-taken",
    }
    case_tests! { super::super::is_as_reviewed, PG502:
        found_cdrom_first = "found-cdrom-first",
        found_empty_drive_first = "found-empty-drive-first",
        found_root_first = "found-root-first",
        near_miss_boot_first = "near-miss-boot-first",
        near_miss_cdrom_that_boots = "near-miss-cdrom-that-boots",
    }
    case_tests! { super::super::is_as_reviewed, PG503:
        found_path_of_another_release = "found-path-of-another-release",
        near_miss_path_that_is_there = "near-miss-path-that-is-there",
    }
    case_tests! { super::super::is_as_reviewed, PG504:
        found_firmware = "found-firmware",
        found_kernel_not_in_the_guest = "found-kernel-not-in-the-guest",
        found_kernel_of_the_guest = "found-kernel-of-the-guest",
        found_ramdisk_alone = "found-ramdisk-alone",
        near_miss_empty_kernel = "near-miss-empty-kernel",
    }
    case_tests! { super::super::is_as_reviewed, PG505:
        found_hvm = "found-hvm",
        near_miss_pvh = "near-miss-pvh",
    }
    case_tests! { super::super::is_as_reviewed, PG506:
        found_first_disk = "found-first-disk",
        found_second_disk = "found-second-disk",
        near_miss_no_medium = "near-miss-no-medium",
    }
    case_tests! { super::super::is_as_reviewed, PG507:
        found_menu = "found-menu",
        near_miss_entry = "near-miss-entry",
    }
    case_tests! { super::super::is_as_reviewed, PG508:
        found_list = "found-list",
        found_misspelt = "found-misspelt",
        found_one_word = "found-one-word",
        found_split_at_spaces = "found-split-at-spaces",
        near_miss_abbreviated = "near-miss-abbreviated",
    }
    case_tests! { super::super::is_as_reviewed, PG509:
        found_empty_drive_alone = "found-empty-drive-alone",
        found_empty_list = "found-empty-list",
        found_no_disk = "found-no-disk",
        found_no_list = "found-no-list",
        near_miss_a_disk = "near-miss-a-disk",
        near_miss_empty_drive_first = "near-miss-empty-drive-first",
    }
    case_tests! { super::super::is_as_reviewed, PG510:
        found_as_libvirt_writes_it = "found-as-libvirt-writes-it",
        found_beside_bootloader_args = "found-beside-bootloader-args",
        near_miss_bootloader_args = "near-miss-bootloader-args",
    }
    case_tests! { super::super::is_as_reviewed, PG602:
        found_by_environment = "found-by-environment",
        found_newest = "found-newest",
        near_miss_another_bootloader = "near-miss-another-bootloader",
        near_miss_release_without = "near-miss-release-without",
        near_miss_restricted = "near-miss-restricted",
    }
}

#[test]
fn each_case_has_a_test_of_its_name() {
    assert_complete(include_str!("rules.rs"), cases().into_iter().map(|case| (case.code, case.name)));
}

/// Whether a finding stops the boot is no matter of opinion: xl creates a domain with a kernel where none does.
#[test]
fn what_stops_the_boot_does() {
    let oracle: Oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let pygrub = oracle.pygrub.to_str().expect("UTF-8");
    let places = Places::new(pygrub);
    let release = super::syntax::release(&oracle);
    let mut wrong = Vec::new();
    for case in cases().iter().filter(|case| case.release.is_none()) {
        let text = places.put(&case.text);
        let (run, findings) = lint(&text, release);
        let created = xl.create_configured(pygrub, &text, "");
        let stopping: Vec<_> =
            findings.iter().filter(|finding| finding.stops_boot).map(|finding| finding.rule.code).collect();
        // Of a disk that is not here nothing is said for certain: it may be there. What an HVM guest boots is no matter of pygrub's.
        let gone = findings.iter().any(|finding| ["PG505", "PG506"].contains(&finding.rule.code));
        let boots = created.built.kernel.is_some();
        if !gone && (boots != stopping.is_empty() || boots != (run.verdict == Verdict::Boots)) {
            wrong.push(format!(
                "{}/{}: boots {boots}, verdict {:?}, what stops the boot is {stopping:?}\n{}",
                case.code, case.name, run.verdict, created.log
            ));
        }
        assert!(!gone || !boots, "{}/{}", case.code, case.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
