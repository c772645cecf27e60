//! Which menus can be drawn: pregrub against pygrub's own drawing code on real curses.

use std::collections::BTreeMap;

use pregrub::boot::{self, Options, Run, Verdict};

use crate::common::oracle::Menu;
use crate::common::random::Random;
use crate::common::side_by_side::installed;
use crate::common::stub::{Files, Stub};

/// Lengths at which a title in each row runs off the window, rows 8 to 1, and the width of what it is padded to.
const LIMITS: [u64; 9] = [146, 220, 294, 368, 442, 516, 590, 664, 70];

fn title(random: &mut Random) -> String {
    let length = match random.below(10) {
        0 => random.below(40),
        1..=7 => (random.pick(&LIMITS) + random.below(7)).saturating_sub(3),
        _ => random.below(900),
    };
    let kind = random.below(20);
    let mut title = String::new();
    for _ in 0..length {
        let control = kind == 0 || kind < 8 && random.chance(3);
        let foreign = kind == 19 || kind == 18 && random.chance(3);
        title.push(if control {
            match random.below(12) {
                0 => '\t',
                1 => '\r',
                2 => '\u{8}',
                3 => '\u{7f}',
                4 => '\u{1b}',
                _ => char::from(random.below(31) as u8 + 1),
            }
        } else if foreign {
            random.pick(&[
                '\u{e9}',
                '\u{96ea}',
                '\u{1f427}',
                '\u{301}',
                '\u{200b}',
                '\u{85}',
                '\u{9b}',
                '\u{ad}',
                '\u{3042}',
            ])
        } else if random.chance(10) {
            ' '
        } else {
            char::from(random.below(94) as u8 + 33)
        });
    }
    // A line feed would begin a new line of the configuration.
    title.replace('\n', "")
}

/// A run with the menu on, of a configuration with these titles.
fn run(titles: &[String], selected: usize, minor: u32) -> Run {
    let mut config = format!("default {selected}\ntimeout 0\n");
    for title in titles {
        config.push_str(&format!("title {title}\nkernel /k\n"));
    }
    let files =
        Files::from([("/boot/grub/menu.lst".to_owned(), config.into_bytes()), ("/k".to_owned(), b"k".to_vec())]);
    let options = installed(Options { offset: Some(0), ..Options::default() }, minor);
    boot::run_on(&Stub(BTreeMap::from([(0, files)])), None, options).unwrap()
}

#[test]
fn what_can_be_drawn() {
    let oracle = oracle_or_skip!();
    let mut random = Random::new(0x6d65_6e75);
    let mut runs = Vec::new();
    let mut menus = Vec::new();
    for _ in 0..6000 {
        let count = random.pick(&[1, 1, 2, 5, 6, 7, 8, 9, 12]);
        // Mostly one title that is worth a look, among others that fit.
        let special = random.below(count);
        let titles: Vec<String> = (0..count)
            .map(|n| if n == special || random.chance(5) { title(&mut random) } else { "x".to_owned() })
            .collect();
        let selected = usize::try_from(random.below(count + 1)).unwrap();
        let run = run(&titles, selected, oracle.minor);
        let entries = &run.attempts[0].found.as_ref().unwrap().config.entries;
        // As pygrub parsed them: without white space at the ends.
        menus.push(Menu { titles: entries.iter().map(|entry| entry.title.to_string()).collect(), selected });
        runs.push(run);
    }
    let answers = oracle.menus(&menus);
    let (mut drawn, mut failed, mut unknown) = (0, 0, 0);
    let mut differences = Vec::new();
    for ((run, menu), answer) in runs.iter().zip(&menus).zip(answers) {
        let raised = run.attempts[0].raised.as_ref().map(|raised| raised.message.clone());
        match run.verdict {
            Verdict::Unknown => unknown += 1,
            Verdict::Boots if answer.is_none() => drawn += 1,
            Verdict::Fails if answer.is_some() && answer == raised => failed += 1,
            verdict => differences.push(format!("pregrub {verdict:?} {raised:?}, curses {answer:?}: {menu:?}")),
        }
    }
    eprintln!("{drawn} menus drawn, {failed} not, {unknown} unknown");
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences[..differences.len().min(6)].join("\n")
    );
    assert!(drawn > 1500 && failed > 1200, "{drawn} {failed}");
    assert!(unknown * 10 < runs.len(), "{unknown}");
}
