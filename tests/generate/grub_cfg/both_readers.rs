//! The real pygrub and real GRUB on disks that were installed on: they boot the same bytes with the same arguments, and those
//! that the guest's closures have.
//!
//! `PREGRUB_GRUB_CFG_TREES=2000 PREGRUB_FUZZ_SEED=7 cargo test both_readers` for longer.

use std::collections::BTreeMap;
use std::path::Path;

use pregrub::generate::grub_cfg::{self, InstallReport, Search};

use crate::common::faulty_disk::FaultyDisk;
use crate::common::grub::{self, GrubAnswer, GrubCase};
use crate::common::images::{Filesystem, Image, Layout, Tree, Volume};
use crate::common::nixos_store::{self, Expected, Spec, Store};
use crate::common::oracle::{Oracle, RunAnswer, RunCase};
use crate::common::random::Random;
use crate::common::setting::setting;

/// Parameters that both read alike, though some look as if they were not.
const PLAIN: &[&str] = &[
    "quiet",
    "console=hvc0",
    "root=/dev/xvda2",
    "boot.shell_on_fail",
    "x=#1",
    "a#b",
    "a=b=c",
    "net.ifnames=0",
    "list=[a,b]*?",
    "time=12:30",
    "--",
    "!x",
    "~",
    "@a",
    "100%",
    "a,b",
    "k\u{e9}y=\u{96ea}",
    "two words",
    "x=(hd0)",
    "^",
    "linux",
    "initrd",
    "set",
    "if",
    "then",
    "fi",
    "menuentry",
    "function",
    "]",
];
/// Parameters that they read differently.
const HOSTILE: &[&str] =
    &["a;b", "#c", "$x", "a=\"b c\"", "d='e'", "f\\g", "h\ti", "}", "{", "a|b", "a&b", "a<b", "a>b"];
const LABELS: &[&str] = &[
    "NixOS Uakari 24.05 (Linux 6.6.1)",
    "it's \"quoted\" $HOME \\n `x`",
    "t\u{e9}st \u{96ea}\u{1f600}",
    "{ } ; # }",
    "a very long label that does not fit into the window that pygrub draws its menu in by any means",
    "",
];

struct Installation {
    name: String,
    store: Store,
    installed: InstallReport,
    default: String,
    image: Image,
    prefix: &'static str,
    partition: &'static str,
    searched: bool,
    text: String,
}

fn spec(random: &mut Random, number: u64, nested: bool) -> Spec {
    let params = (0..random.below(6)).map(|_| random.pick(PLAIN).to_owned()).collect();
    let kernel = if random.chance(40) { 1 } else { number };
    let initrd_number = if random.chance(40) { 1 } else { number };
    let secrets = match random.below(8) {
        0 => Some(String::new()),
        1 => Some(format!("secret {number}")),
        _ => None,
    };
    let mut spec = Spec {
        params,
        label: random.pick(LABELS).to_owned(),
        boot_json: random.chance(60),
        initrd: random.chance(92),
        secrets,
        kernel,
        initrd_number,
        ..Spec::new(number)
    };
    if nested && random.chance(30) {
        for name in 0..=random.below(2) {
            let name = format!("{}{name}", random.pick(&["light", "no vpn", "\u{e9}t\u{e9}", "a-b"]));
            let variant = number * 10 + 1000 + random.below(5);
            spec.specialisations.push((name, self::spec(random, variant, false)));
        }
        // Two of one number would be one path.
        spec.specialisations.dedup_by_key(|(_, variant)| variant.number);
    }
    spec
}

fn install(seed: u64) -> Installation {
    let mut random = Random::new(seed);
    let mut store = Store::new();
    let count = 1 + random.below(6);
    let mut toplevels = Vec::new();
    for number in 1..=count {
        let mut spec = spec(&mut random, number, true);
        // The last one is installed, so it must be fit for it.
        if number < count && random.chance(10) {
            spec.params.push(random.pick(HOSTILE).to_owned());
        }
        toplevels.push(store.build(&spec));
        store.link(None, number, &toplevels[toplevels.len() - 1]);
    }
    for profile in ["work", "two-words", "\u{e9}"] {
        if random.chance(15) {
            let number = 100 + random.below(3);
            let spec = spec(&mut random, number, true);
            let toplevel = store.build(&spec);
            store.link(Some(profile), 1 + random.below(20), &toplevel);
        }
    }
    let default = toplevels[toplevels.len() - 1].clone();

    let prefix = if random.chance(30) { "/boot" } else { "" };
    let uuid = format!("{:08x}-1234-4321-8765-{:012x}", random.next() >> 32, random.next() >> 16);
    let searched = random.chance(70);
    let options = grub_cfg::PlanOptions {
        prefix: Some(prefix.to_owned()),
        search: if searched { Search::Uuid(uuid.clone()) } else { Search::Never },
        limit: usize::try_from(1 + random.below(8)).unwrap(),
        timeout: u32::try_from(random.below(30)).unwrap(),
        ..store.options()
    };
    let installed = grub_cfg::install(&options, Path::new(&default), &mut FaultyDisk::new())
        .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let mut tree = Tree::new();
    for (path, content) in nixos_store::files(&store.boot()) {
        tree = tree.file(&format!("{prefix}/{path}"), content);
    }
    let volume = Volume::new(Filesystem::ext("ext4", &["-U", &uuid]), tree);
    let (layout, partition) = match random.below(3) {
        0 => (Layout::Whole, "hd0"),
        1 => (Layout::Mbr(vec![("83", false)]), "hd0,msdos1"),
        _ => (Layout::Gpt { entries: 128 }, "hd0,gpt1"),
    };
    let image = Image::new(&layout, &[volume]);
    let text = std::fs::read_to_string(&installed.grub_cfg).unwrap();
    let name = format!("seed {seed} on {partition}{prefix}");
    Installation { name, store, installed, default, image, prefix, partition, searched, text }
}

/// What each of the two boots.
type Booted = (Vec<u8>, Option<Vec<u8>>, String);

fn by_pygrub(answer: &RunAnswer) -> Result<Booted, String> {
    if answer.rc != Some(0) {
        return Err(format!("pygrub: {}", answer.last_line()));
    }
    let content = |name: &str| Some(answer.files.get(name)?.content.clone().expect("shorter than 4096 bytes"));
    let stdout = String::from_utf8_lossy(&answer.stdout);
    let args = stdout.lines().find_map(|line| line.strip_prefix("args ")).unwrap_or_default().to_owned();
    let kernel = content("boot_kernel.XXXXXXXX").ok_or("pygrub left no kernel")?;
    Ok((kernel, content("boot_ramdisk.XXXXXXXX"), args))
}

fn by_grub(installation: &Installation, answer: &GrubAnswer) -> Result<Booted, String> {
    if !answer.errors.is_empty() {
        return Err(format!("GRUB: {:?}", answer.errors));
    }
    let content = |index: usize| {
        let command = &answer.commands[index];
        let path = command.args[0].strip_prefix(installation.prefix)?.trim_start_matches('/');
        // GRUB has seen it on the image; what is in it, the image was made from.
        command.there[0].then(|| std::fs::read(installation.store.boot().join(path)).expect(path))
    };
    let names: Vec<&str> = answer.commands.iter().map(|command| command.command.as_str()).collect();
    match names.as_slice() {
        ["linux"] | ["linux", "initrd"] => {}
        other => return Err(format!("GRUB runs {other:?}")),
    }
    let kernel = content(0).ok_or("GRUB finds no kernel")?;
    let initrd = match answer.commands.get(1) {
        None => None,
        Some(command) if command.args.len() == 1 => Some(content(1).ok_or("GRUB finds no initrd")?),
        Some(command) => return Err(format!("GRUB loads {:?}", command.args)),
    };
    Ok((kernel, initrd, answer.commands[0].args[1..].join(" ")))
}

fn differences(
    installation: &Installation,
    entry: Option<usize>,
    pygrub: &RunAnswer,
    grub: Option<&GrubAnswer>,
) -> Vec<String> {
    let mut told = Vec::new();
    let menu_entry = &installation.installed.menu.entries[entry.unwrap_or(0)];
    let mut check = |booted: Result<Booted, String>| match booted {
        Err(error) => told.push(error),
        Ok((kernel, initrd, args)) => {
            let init = args.split(' ').next().unwrap_or_default().trim_start_matches("init=").to_owned();
            if args != menu_entry.args || entry.is_none() && init != format!("{}/init", installation.default) {
                told.push(format!("other arguments: {args}"));
            }
            let booted = Expected { kernel, initrd, args };
            if installation.store.systems.get(&init) != Some(&booted) {
                told.push(format!("not what the closure has: {}", booted.args));
            }
        }
    };
    check(by_pygrub(pygrub));
    if let Some(grub) = grub {
        check(by_grub(installation, grub));
        if grub.title.as_deref() != Some(menu_entry.title.as_str()) {
            told.push(format!("GRUB's title {:?}, not {:?}", grub.title, menu_entry.title));
        }
    }
    told.iter().map(|line| format!("{}, entry {entry:?}: {line}\n{}", installation.name, installation.text)).collect()
}

#[test]
fn both_readers_boot_what_the_closures_have() {
    let oracle = oracle_or_skip!();
    let (trees, seed) = (setting("PREGRUB_GRUB_CFG_TREES", 200), setting("PREGRUB_FUZZ_SEED", 1));
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    // Images of a hundred at a time are enough to keep.
    for first in (seed..seed + trees).step_by(100) {
        let last = (first + 100).min(seed + trees);
        compare(&oracle, install_all(first, last), &mut tally);
    }
    println!("{trees} trees from seed {seed}: {tally:?}");
}

/// Several at a time: sgdisk sleeps for a second.
fn install_all(first: u64, last: u64) -> Vec<Installation> {
    let seeds: Vec<u64> = (first..last).collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> = seeds
            .chunks(13)
            .map(|seeds| scope.spawn(|| seeds.iter().copied().map(install).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("installations do not panic")).collect()
    })
}

fn compare(oracle: &Oracle, installations: Vec<Installation>, tally: &mut BTreeMap<&'static str, usize>) {
    let directory = tempfile::tempdir().unwrap();
    let (mut runs, mut cases, mut asked) = (Vec::new(), Vec::new(), Vec::new());
    for (number, installation) in installations.iter().enumerate() {
        if let Some(checked) = grub::script_check(&installation.text, directory.path()) {
            assert_eq!(checked, Ok(()), "{}\n{}", installation.name, installation.text);
        }
        let entries = installation.installed.menu.entries.len();
        // The default, and of some one of the others.
        let other = (entries > 1 && number % 3 == 0).then_some(1 + number % (entries - 1).max(1));
        for entry in std::iter::once(None).chain(other.map(Some)) {
            let mut argv = vec!["-q".to_owned(), "--output-format=simple".into(), "--output-directory=@OUT".into()];
            argv.extend(entry.map(|entry| format!("--entry={entry}")));
            argv.push(installation.image.argument());
            runs.push(RunCase::new(installation.name.as_str(), argv));
            cases.push(GrubCase {
                image: installation.image.argument(),
                partition: installation.partition,
                // GRUB starts on its own partition. With a search line it may start anywhere.
                root: if installation.searched { "hd0" } else { installation.partition },
                config: format!("{}/grub/grub.cfg", installation.prefix),
                entry: entry.map(|entry| entry.to_string()),
            });
            asked.push((installation, entry));
        }
        *tally.entry("entries").or_default() += entries;
        *tally.entry("left out").or_default() +=
            installation.installed.menu.warnings.iter().filter(|warning| warning.contains("gets no entry")).count();
        *tally.entry(installation.partition).or_default() += 1;
    }
    let (by_grub, by_pygrub) = std::thread::scope(|scope| {
        let by_grub = scope.spawn(|| grub::picks(&cases));
        let by_pygrub = oracle.runs(&runs);
        (by_grub.join().expect("it does not panic"), by_pygrub)
    });
    let mut told = Vec::new();
    for (index, (installation, entry)) in asked.iter().enumerate() {
        let grub = by_grub.as_ref().map(|answers| &answers[index]);
        told.extend(differences(installation, *entry, &by_pygrub[index], grub));
        *tally.entry("boots compared").or_default() += 1;
    }
    assert!(told.is_empty(), "{} differences\n{}", told.len(), told[..told.len().min(5)].join("\n"));
}

/// Every character that a parameter may have, in every place where it could mean something to one of the two.
#[test]
fn every_word_that_is_accepted_is_read_alike() {
    let oracle = oracle_or_skip!();
    let (mut accepted, mut refused) = (Vec::new(), Vec::new());
    let others = "\u{1}\t\n\u{b}\u{1b}\u{7f}\u{80}\u{85}\u{a0}\u{e9}\u{2003}\u{2028}\u{200b}\u{feff}\u{1f600}";
    let mut store = Store::new();
    let toplevel = store.build(&Spec { boot_json: false, ..Spec::new(1) });
    let options = store.options();
    for c in (' '..='~').chain(others.chars()) {
        for word in [
            format!("{c}"),
            format!("{c}x"),
            format!("x{c}"),
            format!("x{c}y"),
            format!("k={c}"),
            format!("/{c}"),
            format!("/kernels/{c}"),
            format!("({c}"),
            format!("(hd0){c}x"),
            format!("{c}{c}"),
        ] {
            store.file(&format!("{toplevel}/kernel-params"), word.as_bytes());
            match grub_cfg::PlannedMenu::new(&options.root, Path::new(&toplevel), &[], 0) {
                Ok(menu) => accepted.push(menu.entries[0].args.split_once(' ').unwrap_or_default().1.to_owned()),
                // One form of each is enough to see whether it is refused for nothing.
                Err(_) if word.starts_with('x') => refused.push(word),
                Err(_) => {}
            }
        }
    }
    let reserved = "case do done elif else esac fi for function if in menuentry select then time until while ! submenu";
    accepted.extend(reserved.split(' ').map(str::to_owned));
    accepted.retain(|words| !words.is_empty());
    assert!(accepted.len() > 700 && refused.len() > 20, "{} {}", accepted.len(), refused.len());
    // The accepted ones share a few lines; each of the others has one of its own, which it may spoil.
    let lines: Vec<String> = accepted.chunks(100).map(|words| words.join(" ")).chain(refused.iter().cloned()).collect();
    let alike = read_alike(&oracle, &lines);
    let shared = lines.len() - refused.len();
    for (line, alike) in lines[..shared].iter().zip(&alike) {
        // Where grub-emu is not installed nothing is known.
        assert!(alike.unwrap_or(true), "accepted and read in two ways: one of {line}");
    }
    let needless: Vec<&String> =
        refused.iter().zip(&alike[shared..]).filter(|(_, alike)| **alike == Some(true)).map(|(word, _)| word).collect();
    println!("{} words accepted, {} refused, of which these need not be: {needless:?}", accepted.len(), refused.len());
}

/// Whether both readers hand the kernel what stands in each line.
fn read_alike(oracle: &Oracle, lines: &[String]) -> Vec<Option<bool>> {
    let images: Vec<Image> = lines
        .iter()
        .map(|line| {
            let text =
                format!("set default=0\nmenuentry \"x\" --class nixos {{\n  linux /kernels/k init=/i {line}\n}}\n");
            let tree = Tree::new().file("/grub/grub.cfg", text).file("/kernels/k", "k").file("/kernels/x", "x");
            Image::whole(&Volume::new(Filesystem::ext("ext2", &[]), tree).sized(1 << 20))
        })
        .collect();
    let runs: Vec<RunCase> = images
        .iter()
        .map(|image| {
            let image = image.argument();
            RunCase::new("word", ["-q", "--output-format=simple0", "--output-directory=@OUT", &image])
        })
        .collect();
    let cases: Vec<GrubCase> =
        images.iter().map(|image| GrubCase::whole_disk(image.argument(), "/grub/grub.cfg")).collect();
    let by_grub = grub::picks(&cases);
    let by_pygrub = oracle.runs(&runs);
    (0..lines.len())
        .map(|index| {
            let expected = format!("init=/i {}", lines[index]);
            let stdout = String::from_utf8_lossy(&by_pygrub[index].stdout).into_owned();
            let pygrub = stdout.split('\0').any(|item| item.strip_prefix("args ") == Some(&expected));
            let grub = by_grub.as_ref()?[index].commands.first();
            Some(pygrub && grub.is_some_and(|command| command.args[1..].join(" ") == expected))
        })
        .collect()
}
