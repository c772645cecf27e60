//! Random trees and configurations on several filesystems: what stops the boot by the rules about files is what stops pygrub,
//! and stands in the line that names the missing file.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use pregrub::boot::{self, Options, Run, Verdict};
use pregrub::flavour::Flavour;
use pregrub::lint::{self, Finding, Levels, LintContext, Severity};
use pregrub::storage::mount::DiskVolumes;
use pregrub::storage::source::{FileSource, Source};
use pregrub::target::Kind;

use crate::common::images::{Filesystem, Image, Layout, Tree, Volume};
use crate::common::oracle::RunCase;
use crate::common::random::Random;
use crate::common::side_by_side;

const CASES: usize = 1000;

/// The files that a tree may have.
const FILES: [&str; 8] = [
    "/vmlinuz",
    "/boot/vmlinuz",
    "/kernels/vmlinuz-6.1",
    "/kernels/vmlinuz-6.2",
    "/initrd",
    "/boot/initrd",
    "/kernels/initrd-6.1",
    "/boot/ucode.img",
];

fn lint_disk(disk: &Path, options: Options) -> (Run, Vec<Finding>) {
    let source: Arc<dyn Source> = Arc::new(FileSource::new(File::open(disk).expect("the disk")).expect("a file"));
    let run = boot::run(Arc::clone(&source), options).expect("the disk can be read");
    let volumes = DiskVolumes::new(source);
    let findings = lint::lint(&LintContext::new(&run, Kind::Image).with_volumes(&volumes), &Levels::default());
    (run, findings)
}

fn quiet() -> Options {
    Options { interactive: Some(false), ..Options::default() }
}

/// A path as somebody may write it.
fn path(random: &mut Random, initrd: bool) -> String {
    let file = random.pick(&FILES);
    let name = file.rsplit('/').next().unwrap_or_default();
    if !random.chance(55) {
        match random.below(if initrd { 20 } else { 15 }) {
            0 => format!("/{file}"),
            1 => format!("(hd0,1){file}"),
            2 => format!("\"{file}\""),
            3 => format!("'{file}'"),
            4 => format!("{file};"),
            5 => format!("$prefix{file}"),
            6 => file.replace('/', "//"),
            7 => format!("/boot{file}"),
            8 => format!("/{name}"),
            9 => file.trim_start_matches('/').to_owned(),
            10 => format!("/../.{file}"),
            11 => format!("{file}/"),
            12 => String::new(),
            13 => file.to_uppercase(),
            14 => random.pick(&["/boot", "/", "(hd0)", "/kernels/gone"]).to_owned(),
            15 => format!("{file} {}", random.pick(&FILES)),
            16 => format!("{file} # as before"),
            17 => format!("{file}\t{}", random.pick(&FILES)),
            18 => format!("{file} $tuned_initrd"),
            _ => format!("{file} \\"),
        }
    } else {
        file.to_owned()
    }
}

fn configuration(random: &mut Random) -> String {
    let entries = 1 + random.below(4);
    let mut text = format!("set default={}\n", random.below(entries + 1));
    for entry in 0..entries {
        text.push_str(&format!("menuentry \"Entry {entry}\" {{\n"));
        let kernel = path(random, false);
        let between = if random.chance(8) { "\t" } else { " " };
        let args = random.pick(&["", "ro", "root=/dev/xvda1\tro", "a='b' $c"]);
        let args = if args.is_empty() { String::new() } else { format!("{between}{args}") };
        text.push_str(&format!("  linux {kernel}{args}\n"));
        if random.chance(75) {
            text.push_str(&format!("  initrd {}\n", path(random, true)));
        }
        text.push_str("}\n");
    }
    text
}

fn volume(random: &mut Random, text: String) -> Volume {
    let mut tree = Tree::new().file("/boot/grub/grub.cfg", text);
    for file in FILES {
        if random.chance(60) {
            tree = tree.file(file, if random.chance(3) { "" } else { file });
        }
    }
    match random.below(10) {
        0..=4 => Volume::ext4(tree).sized(2 << 20),
        5 => Volume::new(Filesystem::ext("ext2", &[]), tree).sized(2 << 20),
        6 | 7 => Volume::new(Filesystem::fat(12), tree).sized(2 << 20),
        _ => Volume::new(Filesystem::iso(), tree),
    }
}

/// The path in `Error opening PATH in guest`.
fn unopened(last_line: &str) -> Option<&str> {
    last_line.strip_prefix("Error opening ")?.strip_suffix(" in guest")
}

#[test]
fn what_stops_the_boot_is_in_the_line_of_the_missing_file() {
    let oracle = oracle_or_skip!();
    let mut random = Random::new(20_201);
    let (mut failed, mut booted, mut unknown) = (0, 0, 0);
    let mut wrong = Vec::new();
    for chunk in 0..CASES / 100 {
        let texts: Vec<String> = (0..100).map(|_| configuration(&mut random)).collect();
        let disks: Vec<Image> = texts.iter().map(|text| Image::whole(&volume(&mut random, text.clone()))).collect();
        let runs: Vec<RunCase> = disks
            .iter()
            .enumerate()
            .map(|(number, disk)| RunCase::new(format!("{chunk}/{number}"), vec!["-q".to_owned(), disk.argument()]))
            .collect();
        let answers = oracle.runs(&runs);
        for ((text, disk), answer) in texts.iter().zip(&disks).zip(answers) {
            let (run, findings) = lint_disk(disk.path(), side_by_side::installed(quiet(), oracle.minor));
            if run.verdict == Verdict::Unknown {
                unknown += 1;
                continue;
            }
            let stopping: Vec<&Finding> = findings.iter().filter(|finding| finding.stops_boot).collect();
            let boots = answer.rc == Some(0);
            if boots {
                booted += 1
            } else {
                failed += 1
            }
            let shown: Vec<_> = stopping
                .iter()
                .map(|finding| (finding.rule.code, finding.span.map(|span| span.line), finding.message.as_str()))
                .collect();
            let last = answer.last_line();
            if boots != stopping.is_empty() {
                wrong.push(format!("{last}: {shown:#?}\n{text}"));
                continue;
            }
            let told: Vec<&&Finding> = stopping.iter().filter(|finding| finding.raised.is_some()).collect();
            if boots {
                continue;
            }
            let line = told.first().and_then(|finding| text.lines().nth(finding.span?.line as usize - 1));
            let in_line = match (unopened(&last), line) {
                (Some(path), Some(line)) => line.contains(path),
                // An empty path: the line has the command alone, or a device.
                (None, Some(line)) => {
                    last.ends_with("Unable to find partition containing kernel") && !line.contains("/")
                }
                (_, None) => false,
            };
            if told.len() != 1 || !in_line {
                wrong.push(format!("{last}: told {} times, in {line:?}: {shown:#?}\n{text}", told.len()));
            }
        }
    }
    eprintln!("files: {booted} boot, {failed} fail, {unknown} unknown");
    assert!(wrong.is_empty(), "{} wrong, the first: {}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    assert!(booted > CASES / 5 && failed > CASES / 5 && unknown < CASES / 10, "{booted} {failed} {unknown}");
}

/// The codes of the findings, with whether each stops the boot and how bad it is.
fn codes(image: &Image, options: Options) -> Vec<(&'static str, bool, Severity)> {
    let (_, findings) = lint_disk(image.path(), options);
    findings.iter().map(|finding| (finding.rule.code, finding.stops_boot, finding.severity)).collect()
}

fn fat(text: &str) -> Image {
    let tree = Tree::new()
        .file("/boot/grub/grub.cfg", text)
        .file("/vmlinuz", "a kernel")
        .file("/initrd", "an initrd")
        .file("/ucode.img", "microcode");
    Image::whole(&Volume::new(Filesystem::fat(12), tree).sized(2 << 20))
}

/// The drivers other than that of ext end a path at its first blank, and take two slashes for one.
#[test]
fn fat_opens_what_ext_does_not() {
    let odd = |kernel: &str, initrd: &str| fat(&format!("menuentry \"A\" {{\n linux {kernel}\n initrd {initrd}\n}}\n"));
    for (kernel, initrd, want) in [
        ("//vmlinuz root=/dev/xvda1", "//initrd", vec![]),
        ("/vmlinuz root=/dev/xvda1", "/initrd # as before", vec![]),
        ("/vmlinuz root=/dev/xvda1", "/ucode.img /initrd", vec![("PG201", false, Severity::Error)]),
        ("/vmlinuz\troot=/dev/xvda1", "/initrd", vec![("PG206", false, Severity::Error)]),
        ("/vmlinuz root=/dev/xvda1", "/gone /initrd", vec![("PG203", true, Severity::Error)]),
        ("//gone root=/dev/xvda1", "/initrd", vec![("PG203", true, Severity::Error)]),
        ("\"/vmlinuz\" root=/dev/xvda1", "/initrd", vec![("PG204", true, Severity::Error)]),
    ] {
        assert_eq!(codes(&odd(kernel, initrd), quiet()), want, "{kernel} {initrd}");
    }
}

#[test]
fn a_table_without_partitions() {
    let mut table = vec![0; 1 << 16];
    table[510..512].copy_from_slice(&[0x55, 0xaa]);
    let image = Image::of_bytes(&table);
    for (release, found) in [("4.2.5", true), ("4.1.0", true), ("4.6.1", true), ("4.17", false)] {
        let options = Options { release: release.parse().expect("a release"), flavour: Flavour::Upstream, ..quiet() };
        let found_here = codes(&image, options).contains(&("PG318", true, Severity::Error));
        assert_eq!(found_here, found, "{release}");
    }
}

/// A file that is read from another one is no menu where nothing in it makes an entry, such as a theme's.
#[test]
fn files_without_entries() {
    let disk = |included: &str| {
        let text = "source /boot/grub/config.cfg\nmenuentry \"A\" {\n linux /vmlinuz ro\n}\n";
        let tree = Tree::new()
            .file("/boot/grub/grub.cfg", text)
            .file("/boot/grub/config.cfg", included)
            .file("/vmlinuz", "a kernel");
        Image::whole(&Volume::ext4(tree))
    };
    let has = |included: &str| codes(&disk(included), quiet()).iter().any(|(code, ..)| *code == "PG107");
    assert!(!has("insmod png\nset color_normal=white/black\nif loadfont unicode; then\n  set gfxmode=auto\nfi\n"));
    for entries in
        ["menuentry 'B' {\n linux /vmlinuz\n}\n", "submenu 'S' {\n}\n", "source /boot/grub/more.cfg\n", ". /x.cfg\n"]
    {
        assert!(has(entries), "{entries}");
    }
}

/// A file that an option names is told as well.
#[test]
fn files_of_options() {
    let image = Image::new(&Layout::Whole, &[Volume::ext4(Tree::bootable())]);
    let with = |kernel: &str| Options { kernel: Some(kernel.into()), ..quiet() };
    assert_eq!(codes(&image, with("/gone")), [("PG203", true, Severity::Error)]);
    assert_eq!(codes(&image, with("//boot/vmlinuz")), [("PG203", true, Severity::Error)]);
    assert_eq!(codes(&image, with("/boot")), [("PG213", false, Severity::Error)]);
    assert_eq!(codes(&image, with("/boot/vmlinuz")), []);
}
