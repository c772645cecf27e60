//! The reiserfs driver against the real libfsimage.

use std::fs;

use serde_json::{Map, Value, json};

use super::damage::Damage;
use crate::common::random::Random;
use crate::common::reiserfs_images::{REISERFS, make};
use crate::common::setting::setting;
use crate::common::volumes::{Case, Tally};

/// Reads at the edges of blocks and of a file of 70,007 bytes, and behind it.
const READS: [(u64, u64); 7] =
    [(100, 0), (100, 69_950), (100, 70_007), (100, u64::MAX >> 1), (4097, 4095), (1, 1), (1 << 20, 511)];

fn available() -> bool {
    REISERFS.available(&["/usr/sbin/mkreiserfs"])
}

/// Files of all kinds. Leaves get no more than `items` items, so that the tree is as high as is wanted.
fn content(items: usize, names: usize) -> Value {
    let mut many = Map::new();
    for number in 0..names {
        many.insert(format!("a-file-with-a-long-name-{number}"), json!({"file": 1, "seed": number}));
    }
    let mut tree = json!({
        "kernels": {"dir": {
            "k": {"file": 70007}, "up": {"link": "../big"}, "here": {"link": "k"},
            "deep": {"dir": {"er": {"dir": {"k": {"file": 7}}}}},
        }},
        "big": {"file": 1_300_007, "seed": 2},
        "huge": {"file": 4_500_000, "seed": 3},
        "empty": {"file": 0},
        "one": {"file": 1},
        "tail": {"file": 5000},
        "block": {"file": 4096},
        "no-tail": {"file": 5000, "tail": false},
        "old": {"file": 9000, "old": true},
        "old-directory": {"dir": {"k": {"file": 20000, "old": true}}, "old": true},
        "sparse": {"file": 70000, "holes": [[0, 2], [5, 9]], "tail": false},
        "abs": {"link": "/kernels/k"}, "rel": {"link": "kernels/k"}, "dir": {"link": "kernels"},
        "above": {"link": "../kernels/k"}, "self": {"link": "self"}, "dangling": {"link": "nothing"},
        "slash": {"link": "kernels/k/"}, "double": {"link": "//kernels//k"}, "blank": {"link": "kernels/k quiet"},
        "slow": {"link": format!("{}kernels/k", "./".repeat(500))},
        "fifo": {"file": 0, "mode": 0o010_644},
        "gr\u{fc}\u{df}e": {"file": 3},
        "many": {"dir": many},
    });
    let entries = tree.as_object_mut().unwrap();
    entries.insert("n".repeat(255), json!({"file": 2}));
    let mut before = "kernels/k".to_owned();
    for depth in 1..=7 {
        entries.insert(format!("chain{depth}"), json!({"link": before}));
        before = format!("chain{depth}");
    }
    json!({"items": items, "tree": tree})
}

fn paths(names: usize) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/kernels/k",
        "kernels/k",
        "./kernels/k",
        "/./kernels/k",
        "../kernels/k",
        "/../kernels/k",
        "/kernels/./k",
        "/kernels/../kernels/k",
        "//kernels//k",
        "/kernels/k/",
        "/kernels/k/.",
        "/kernels/k/x",
        "",
        "/",
        ".",
        "/.",
        "..",
        "/kernels",
        "/kernels/",
        "/kernels/up",
        "/kernels/here",
        "/dir/here",
        "/dir/up",
        "/big",
        "/huge",
        "/empty",
        "/one",
        "/tail",
        "/block",
        "/no-tail",
        "/old",
        "/old-directory/k",
        "/old-directory/../old",
        "/sparse",
        "/abs",
        "/rel",
        "/dir/k",
        "/above",
        "/self",
        "/dangling",
        "/slash",
        "/double",
        "/blank",
        "/slow",
        "/slow/x",
        "/fifo",
        "/gr\u{fc}\u{df}e",
        "/gr\u{fc}sse",
        "/KERNELS/k",
        "/kernels/k quiet",
        "/kernels/k\tx",
        "/kernels/k\u{a0}x",
        " /kernels/k",
        "/ kernels",
        "/kernels/deep/er/k",
        "/kernels/deep/er/../../k",
        "/many/nothing",
        "/many/../kernels/k",
        "/nothing",
    ]
    .iter()
    .map(|path| (*path).to_owned())
    .collect();
    for length in [254, 255, 256] {
        paths.push(format!("/{}", "n".repeat(length)));
    }
    for depth in 1..=7 {
        paths.push(format!("/chain{depth}"));
    }
    for number in [0, 1, names / 2, names - 1, names] {
        paths.push(format!("/many/a-file-with-a-long-name-{number}"));
    }
    // The text of a link and the rest of the path together.
    for length in [1, 500, 1000, 1012, 1013, 1014, 1015, 1016, 1017, 1018, 1019, 1020, 1100] {
        paths.push(format!("/dir/{}k", "./".repeat(length / 2) + &"/".repeat(length % 2)));
    }
    paths
}

#[test]
fn paths_and_data_are_those_of_libfsimage() {
    if !available() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut cases = Vec::new();
    for (name, items, names, options) in [
        ("usual", 1000, 800, &[][..]),
        ("level-3", 6, 800, &[]),
        ("level-5", 3, 40, &[]),
        ("old", 1000, 100, &["--format", "3.5"]),
        ("tea", 1000, 100, &["-h", "tea"]),
        ("label", 1000, 100, &["-l", "boot"]),
    ] {
        let image = directory.path().join(name);
        make(&image, options, &content(items, names));
        let case = Case::new(&image, &paths(names)).reading(&READS);
        REISERFS.assert_reads_first(&case, 70_007);
        cases.push(case);
    }
    // A first block that is not empty shows in holes.
    let mut boot_sector = Case::new(&cases[0].image, &["/sparse", "/kernels/k"]);
    boot_sector.patches.push((0, vec![0x55; 700]));
    cases.push(boot_sector);
    let tally = REISERFS.assert_same(&cases);
    println!("{} comparisons", tally.agreed);
    assert!(tally.agreed > 400);
}

/// Where the structures are that decide.
fn structures(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut found = vec![(65536, 80), (65536 + 8, 16), (65536 + 44, 30)];
    let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let journal = u32::from_le_bytes(bytes[65536 + 12..65536 + 16].try_into().unwrap()) as usize;
    let size = u32::from_le_bytes(bytes[65536 + 20..65536 + 24].try_into().unwrap()) as usize;
    found.extend([((journal + size) * 4096, 12), (journal * 4096, 12)]);
    for at in (((journal + size + 1) * 4096)..bytes.len()).step_by(4096) {
        let (level, items) = (word(at), usize::from(word(at + 2)));
        // A block of the tree, as far as that shows.
        if (1..6).contains(&level) && (1..200).contains(&items) && bytes[at + 8..at + 24] == [0; 16] {
            found.extend([(at, 8), (at + 24, items * 24), (at + 24, items * 24), (at + 24, 4072)]);
        }
    }
    found
}

const DAMAGE: Damage = Damage {
    widths: [1, 1, 2, 2, 4],
    big_endian: false,
    values: |old, any| {
        vec![
            0,
            1,
            2,
            3,
            4,
            5,
            7,
            8,
            15,
            16,
            24,
            32,
            44,
            127,
            128,
            255,
            256,
            500,
            4095,
            4096,
            0xffff,
            u64::MAX,
            old ^ (1 << (any % 32)),
            old ^ (1 << (any % 16)),
            old.wrapping_add(1),
            old.wrapping_sub(1),
            old.wrapping_add(8),
            old << 1,
            old >> 1,
            any,
            any,
        ]
    },
    cut_percent: 15,
    cut_bytes: 100_000,
};

#[test]
fn damaged_structures_are_read_as_by_libfsimage() {
    if !available() {
        return;
    }
    let rounds = setting("PREGRUB_MUTATIONS", 150);
    let seed = setting("PREGRUB_SEED", 4);
    let directory = tempfile::tempdir().unwrap();
    let mut tally = Tally::default();
    for (name, items) in [("flat", 1000), ("high", 4)] {
        let image = directory.path().join(name);
        let mut all = content(items, 60);
        all["tree"].as_object_mut().unwrap().retain(|name, _| !["big", "huge", "slow"].contains(&name.as_str()));
        make(&image, &[], &all);
        let bytes = fs::read(&image).unwrap();
        let structures = structures(&bytes);
        let paths = [
            "/kernels/k",
            "/kernels/deep/er/k",
            "/old-directory/k",
            "/tail",
            "/sparse",
            "/rel",
            "/chain5",
            "/chain6",
            "/many/a-file-with-a-long-name-59",
            "/many/nothing",
            "/kernels/../old",
            "/one",
            "/empty",
        ]
        .map(str::to_owned);
        let mut random = Random::new(seed);
        let cases: Vec<Case> = (0..rounds)
            .map(|_| DAMAGE.at_random(&mut random, Case::new(&image, &paths), &bytes, &structures))
            .collect();
        tally.add(REISERFS.compare(&cases));
    }
    println!("{tally}");
    for crash in tally.crashes.iter().take(10) {
        println!("crash: {crash}");
    }
    tally.assert_agreement();
}
