//! The judge itself is judged: the oracle programs agree with what was recorded of the real pygrub, and the generator
//! asks what is worth asking. Nothing here looks at pregrub.

use std::collections::BTreeMap;

use crate::common::generator;
use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::nixos::{FsIdentifier, Nixos};
use crate::common::oracle::{Dialect, Menu, RunAnswer, RunCase, covers, recorded_cases, recorded_listings};

#[test]
fn reproduces_the_recorded_configurations() {
    let oracle = oracle_or_skip!();
    let recorded = recorded_cases();
    let asked: Vec<_> = recorded.iter().map(|recorded| recorded.case.clone()).collect();
    let listings = recorded_listings();
    let (mut compared, mut listed) = (0, 0);
    for (recorded, mut answer) in recorded.iter().zip(oracle.configs(&asked)) {
        let id = &recorded.case.id;
        let list = answer.list.take();
        let by_release = listings.get(id).and_then(|by| by.iter().find(|(range, _)| covers(range, oracle.minor)));
        if let Some((_, expected)) = by_release {
            assert_eq!(list.as_ref(), Some(expected), "-l of {id}");
            listed += 1;
        }
        if let Some(expected) = recorded.expected(oracle.minor) {
            answer.id = None;
            assert_eq!(&answer, expected, "{id}");
            compared += 1;
        }
    }
    assert!(compared > 600 && listed > 500, "only {compared} configurations and {listed} listings compared");
}

#[test]
fn generated_configurations_end_in_many_ways() {
    let oracle = oracle_or_skip!();
    let cases = generator::cases(1, 6000);
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for answer in oracle.configs(&cases) {
        *outcomes.entry(answer.outcome()).or_default() += 1;
    }
    let mut by_count: Vec<_> = outcomes.iter().map(|(outcome, count)| (*count, outcome)).collect();
    by_count.sort_by(|a, b| b.cmp(a));
    for (count, outcome) in &by_count {
        println!("{count:6} {outcome}");
    }
    let boots = outcomes.get("boots").copied().unwrap_or(0) * 100 / cases.len();
    assert!((40..=60).contains(&boots), "{boots} % boot");
    // Every way to fail that is known. A rare one that got lost means that the generator asks less than it did.
    for way in [
        "parse IndexError: string index out of range",
        "parse RuntimeError: syntax error: cannot nest menuentry",
        "parse RuntimeError: syntax error: closing brace without menuentry",
        "parse RuntimeError: syntax error: end of file with open menuentry",
        "parse UnicodeDecodeError: 'utf-8' codec can't decode …: invalid continuation byte",
        "parse UnicodeDecodeError: 'utf-8' codec can't decode …: invalid start byte",
        "parse UnicodeDecodeError: 'utf-8' codec can't decode …: unexpected end of data",
        "parse ValueError: Exceeds the limit",
        "parse ValueError: Unable to find matching ')'",
        "parse ValueError: default must be non-negative number",
        "parse ValueError: invalid literal for int() with base :",
        "parse ValueError: not enough values to unpack",
        "parse ValueError: too many values to unpack",
        "select IndexError: list index out of range",
        "select TypeError: 'NoneType' object is not subscriptable",
        "empty kernel path",
    ] {
        assert!(outcomes.keys().any(|outcome| outcome.starts_with(way)), "none ends in: {way}");
    }
}

#[test]
fn a_case_depends_on_its_seed_and_number_alone() {
    assert_eq!(generator::case(3, 17), generator::cases(3, 20)[17]);
    assert_ne!(generator::case(3, 17).text, generator::case(4, 17).text);
}

#[test]
fn the_real_pygrub_boots_built_images() {
    let oracle = oracle_or_skip!();
    let volume = |filesystem| Volume::new(filesystem, Tree::bootable());
    let images = [
        ("ext4", Image::whole(&volume(Filesystem::ext4()))),
        ("ext2, 1 KiB blocks", Image::whole(&volume(Filesystem::ext("ext2", &["-b", "1024"])))),
        ("FAT 12", Image::whole(&volume(Filesystem::fat(12)))),
        ("FAT 32", Image::whole(&volume(Filesystem::fat(32)))),
        ("ISO 9660", Image::whole(&volume(Filesystem::iso()))),
        ("XFS 4", Image::whole(&volume(Filesystem::xfs4()))),
        ("second of an MBR", Image::mbr(&[Volume::ext4(Tree::new()), volume(Filesystem::ext4())])),
        ("second of a GPT", Image::gpt(&[volume(Filesystem::Raw(vec![0; 4096])), volume(Filesystem::ext4())])),
    ];
    let cases: Vec<_> = images
        .iter()
        .map(|(name, image)| RunCase::new(*name, ["-q", "--output-directory=@OUT", &image.argument()]))
        .collect();
    for answer in oracle.runs(&cases) {
        let name = answer.id.clone().unwrap_or_default();
        assert_eq!(answer.rc, Some(0), "{name}: {}", answer.last_line());
        let content = |file: &str| answer.files.get(file).and_then(|file| file.content.clone()).unwrap_or_default();
        assert_eq!(content("boot_kernel.XXXXXXXX"), b"the kernel", "{name}");
        assert_eq!(content("boot_ramdisk.XXXXXXXX"), b"the initrd", "{name}");
    }
}

#[test]
fn the_real_pygrub_boots_on_a_terminal() {
    let oracle = oracle_or_skip!();
    let config = "set timeout=1\nmenuentry \"a\" {\nlinux /a one\n}\nmenuentry \"b\" {\nlinux /b two\n}\n";
    let tree = Tree::new().file("/grub/grub.cfg", config).file("/a", "A").file("/b", "B");
    let image = Image::whole(&Volume::ext4(tree));
    let case = |id: &str| RunCase::new(id, [image.argument()]);
    let answers = oracle.terminal_runs(&[case("waits"), case("down").with_keys(&[(0.3, "\x1bOB"), (0.4, "\r")])]);
    let items: Vec<_> = answers.iter().map(RunAnswer::items).collect();
    assert_eq!(items[0], ["kernel @OUT/boot_kernel.XXXXXXXX", "args one", "", ""]);
    assert_eq!(items[1], ["kernel @OUT/boot_kernel.XXXXXXXX", "args two", "", ""]);
    assert!(answers[0].seconds >= 1.0, "the menu waits");
}

#[test]
fn the_images_of_the_corpus_are_what_they_say() {
    let oracle = oracle_or_skip!();
    let image = |name: &str| format!("{}/corpus/images/{name}", env!("CARGO_MANIFEST_DIR"));
    let case = |name: &str| RunCase::new(name, ["-q", "--output-directory=@OUT", &image(name)]);
    let [recipe, default] = &oracle.runs(&[case("recipe.img"), case("nixos-default.img")])[..] else {
        unreachable!("one answer a case")
    };
    assert_eq!(recipe.rc, Some(0), "{}", recipe.last_line());
    assert!(String::from_utf8_lossy(&recipe.stdout).contains("init=/nix/store/"));
    assert_eq!(recipe.files.len(), 2);
    assert_eq!(default.rc, Some(1));
    assert_eq!(default.last_line(), "RuntimeError: Unable to find partition containing kernel");
}

#[test]
fn the_configurations_of_the_images_are_what_nixos_writes() {
    let check = |name: &str, config: &str| {
        let path = format!("{}/corpus/images/{name}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("PREGRUB_BLESS").is_some() {
            std::fs::write(&path, config).expect("the corpus can be written");
        }
        assert_eq!(std::fs::read_to_string(&path).expect("it is in the corpus"), config, "{name}");
    };
    let recipe = Nixos::recipe();
    check("recipe.grub.cfg", &recipe.config());
    check("nixos-default.grub.cfg", &Nixos { fs_identifier: FsIdentifier::Uuid, ..recipe }.config());
}

/// The parser oracle stands in for the program: on a disk that holds the configuration and nothing else, the program
/// asks for exactly the kernel that the oracle named, and does not find it.
#[test]
fn the_parser_oracle_agrees_with_whole_runs() {
    let oracle = oracle_or_skip!();
    let cases = generator::cases(11, 80);
    let images: Vec<_> = cases
        .iter()
        .map(|case| {
            let path = match case.dialect {
                Dialect::Grub2 => "/grub/grub.cfg",
                Dialect::Legacy => "/grub/menu.lst",
                Dialect::Extlinux => "/extlinux.conf",
            };
            Image::whole(&Volume::ext4(Tree::new().file(path, case.text.clone())).sized(1 << 20))
        })
        .collect();
    let runs: Vec<_> = cases
        .iter()
        .zip(&images)
        .map(|(case, image)| {
            let mut argv = vec!["-q".to_owned(), "--output-directory=@OUT".to_owned()];
            argv.extend(case.entry.iter().map(|entry| format!("--entry={entry}")));
            argv.extend(case.args.iter().map(|args| format!("--args={args}")));
            argv.push(image.argument());
            RunCase::new(case.id.as_str(), argv)
        })
        .collect();
    let mut named = 0;
    for (answer, run) in oracle.configs(&cases).iter().zip(oracle.runs(&runs)) {
        let kernel = answer.boot.as_ref().map(|boot| boot.kernel.to_string()).unwrap_or_default();
        // The root directory is there, and "opens"; the rest of the output would be compared line by line.
        if kernel == "/" || kernel.contains(['\n', '\0']) {
            continue;
        }
        let expected = if kernel.is_empty() {
            "RuntimeError: Unable to find partition containing kernel".to_owned()
        } else {
            named += 1;
            format!("Error opening {kernel} in guest")
        };
        assert_eq!(run.last_line(), expected, "{:?}", run.id);
    }
    assert!(named > 20, "only {named} kernels compared");
}

#[test]
fn the_real_menu_has_an_end() {
    let oracle = oracle_or_skip!();
    // Row 8 begins in the third column of the last row but one of a window of 74 columns.
    let last_row =
        |length: usize| Menu { titles: [vec!["x".into(); 7], vec!["L".repeat(length)]].concat(), selected: 0 };
    let drawn = oracle.menus(&[last_row(145), last_row(146), Menu { titles: vec!["a\0".into()], selected: 1 }]);
    assert_eq!(drawn, [None, Some("addwstr() returned ERR".into()), Some("embedded null character".into())]);
}
