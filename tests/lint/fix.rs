//! Fixes: what is mended safely boots by the real pygrub, and the real GRUB boots what it did before.

use pregrub::boot::Options;
use pregrub::config::Dialect;
use pregrub::lint::{Levels, Mended, Mending};

use super::fixture::{Case, cases};
use crate::common::grub::{self, GrubAnswer, GrubCase};
use crate::common::oracle::RunCase;

fn mend(dialect: Dialect, text: &[u8], options: Options, unsafe_too: bool) -> Mended {
    let levels = Levels::default();
    Mending { name: "grub.cfg", dialect, options, levels: &levels, unsafe_too }.mend(text.to_vec())
}

/// The cases that a safe fix changes, as they are and mended.
fn mended_cases() -> Vec<(Case, Case, Mended)> {
    let both = cases().into_iter().zip(cases());
    both.filter_map(|(before, mut after)| {
        let mended = mend(before.dialect(), &before.text, before.options(super::cases::MINOR), false);
        after.text.clone_from(&mended.text);
        (before.text != after.text).then_some((before, after, mended))
    })
    .collect()
}

#[test]
fn what_is_mended_stays_mended() {
    let mended = mended_cases();
    assert!(!mended.is_empty());
    for (before, after, made) in mended {
        assert!(!made.made.is_empty(), "{}", before.name());
        let again = mend(after.dialect(), &after.text, after.options(super::cases::MINOR), false);
        assert!(again.made.is_empty() && again.text == after.text, "{}: {:?}", before.name(), again.made);
    }
}

/// The simulation that a fix is tried in is right: pygrub boots where nothing is left that stops the boot, and where it booted
/// before.
#[test]
fn pygrub_boots_what_is_mended() {
    let oracle = oracle_or_skip!();
    let mended: Vec<_> =
        mended_cases().into_iter().filter(|(before, ..)| before.description.release.is_none()).collect();
    let disks: Vec<_> = mended.iter().flat_map(|(before, after, _)| [before.disk(), after.disk()]).collect();
    let names = mended.iter().flat_map(|(before, ..)| [before.name(), format!("{} mended", before.name())]);
    let runs: Vec<RunCase> =
        names.zip(&disks).map(|(name, disk)| RunCase::new(name, vec!["-q".to_owned(), disk.argument()])).collect();
    let answers = oracle.runs(&runs);
    for (((before, after, _), disks), answers) in mended.iter().zip(disks.chunks(2)).zip(answers.chunks(2)) {
        let boots: Vec<bool> = answers.iter().map(|answer| answer.rc == Some(0)).collect();
        let left = after.lint(disks[1].path(), oracle.minor).findings;
        let stopped = left.iter().any(|finding| finding.stops_boot);
        assert_eq!(boots[1], !stopped, "{}: {:?}", before.name(), answers[1].rc);
        assert!(boots[1] || !boots[0], "{}: it booted before", before.name());
    }
}

/// What GRUB loads, with paths as GRUB takes them: it walks over empty parts, and a device that it was started from goes
/// without saying.
fn loads(answer: &GrubAnswer) -> (Option<String>, Vec<Vec<String>>) {
    let plain = |word: &String| {
        let path = word.split_once(')').filter(|_| word.starts_with('(')).map_or(word.as_str(), |(_, path)| path);
        let mut plain = String::new();
        for c in path.chars().filter(|c| *c != '"') {
            if c != '/' || !plain.ends_with('/') {
                plain.push(c);
            }
        }
        plain
    };
    let commands = answer.commands.iter();
    let commands = commands.map(|command| {
        std::iter::once(command.command.clone()).chain(command.args.iter().map(plain)).collect::<Vec<String>>()
    });
    (answer.title.clone(), commands.collect())
}

#[test]
fn grub_boots_what_it_did_before() {
    let mended: Vec<_> = mended_cases().into_iter().filter(|(before, ..)| before.dialect() == Dialect::Grub2).collect();
    let disks: Vec<_> = mended.iter().flat_map(|(before, after, _)| [before.disk(), after.disk()]).collect();
    let asked = mended.iter().flat_map(|(before, after, _)| [before, after]).zip(&disks).map(|(case, disk)| GrubCase {
        image: disk.argument(),
        partition: "hd0",
        root: "hd0",
        config: case.description.path.clone(),
        entry: None,
    });
    let Some(answers) = grub::picks(&asked.collect::<Vec<_>>()) else { return };
    for ((before, ..), answers) in mended.iter().zip(answers.chunks(2)) {
        assert_eq!(loads(&answers[0]), loads(&answers[1]), "{}", before.name());
    }
}

/// Texts of the generator are mended without an end or a panic, and a second time nothing is left to do.
#[test]
fn any_text_is_mended_once() {
    let words = [
        "set default=\"B\"\n",
        "set default=1\n",
        "menuentry \"A\" {\n",
        "menuentry \"B\" {\n",
        "}\n",
        "  linux /a\n",
        "  linux ($drive1)//a x\n",
        "  initrd /i /j\n",
        "submenu \"S\" {\n",
        "set x\n",
        "set a=b=c\n",
        "\u{e9}\n",
        "# c\n",
    ];
    let mut random = crate::common::random::Random::new(11);
    for _ in 0..300 {
        let text: String = (0..random.below(14)).map(|_| words[random.below(words.len() as u64) as usize]).collect();
        for unsafe_too in [false, true] {
            let once = mend(Dialect::Grub2, text.as_bytes(), Options::default(), unsafe_too);
            let twice = mend(Dialect::Grub2, &once.text, Options::default(), unsafe_too);
            assert_eq!(twice.text, once.text, "{text}");
        }
    }
}
