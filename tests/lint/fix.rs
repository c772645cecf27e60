//! Fixes: what is mended safely boots by the real pygrub, and the real GRUB boots what it did before.

use pregrub::boot::Options;
use pregrub::config::Dialect;
use pregrub::lint::{FixResult, Fixer, Levels};

use super::fixture::{Case, cases};
use crate::common::grub::{self, GrubAnswer, GrubCase};
use crate::common::images::{Image, Tree, Volume};
use crate::common::oracle::RunCase;

fn mend(dialect: Dialect, text: &[u8], options: Options, unsafe_too: bool) -> FixResult {
    let levels = Levels::default();
    Fixer { name: "grub.cfg", dialect, options, levels: &levels, unsafe_too }.fix(text.to_vec())
}

/// The cases that a safe fix changes, as they are and mended.
fn mended_cases() -> Vec<(Case, Case, FixResult)> {
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
    let asked = mended
        .iter()
        .flat_map(|(before, after, _)| [before, after])
        .zip(&disks)
        .map(|(case, disk)| GrubCase::whole_disk(disk.argument(), &case.description.path));
    let Some(answers) = grub::picks(&asked.collect::<Vec<_>>()) else { return };
    for ((before, ..), answers) in mended.iter().zip(answers.chunks(2)) {
        assert_eq!(loads(&answers[0]), loads(&answers[1]), "{}", before.name());
    }
}

/// A change that pygrub accepts is refused where GRUB would boot another entry with it: the default is compared before it is set again.
#[test]
fn what_grub_boots_otherwise_is_refused() {
    let text = "set default=-1\nif [ \"$default\" = -1 ]; then set default=1; fi\nmenuentry \"A\" {\n linux /a\n}\nmenuentry \"B\" {\n linux /b\n}\n";
    let plain = text.replace("if [ \"$default\" = -1 ]; then set default=1; fi\n", "");
    let mended = mend(Dialect::Grub2, plain.as_bytes(), Options::default(), false);
    assert!(mended.text.starts_with(b"set default=0\n") && mended.refused.is_empty(), "{:?}", mended.refused);
    let kept = mend(Dialect::Grub2, text.as_bytes(), Options::default(), false);
    assert_eq!(String::from_utf8_lossy(&kept.text), text);
    assert_eq!(kept.refused.len(), 1, "{:?}", kept.refused);
    // GRUB does boot another entry with it.
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    std::fs::create_dir(&root).unwrap();
    std::fs::write(root.join("before.cfg"), text).unwrap();
    std::fs::write(root.join("after.cfg"), text.replacen("-1", "0", 1)).unwrap();
    let image = folder.path().join("image");
    if crate::common::tools::tool("mke2fs").is_none() {
        return;
    }
    crate::common::ext_images::make(&image, &root, "4M", &["-t", "ext4", "-O", "^has_journal"]);
    let image = image.to_str().unwrap();
    let asked = ["/before.cfg", "/after.cfg"].map(|config| GrubCase::whole_disk(image.to_owned(), config));
    let Some(answers) = grub::picks(&asked) else { return };
    assert_eq!(answers[0].title.as_deref(), Some("B"));
    assert_eq!(answers[1].title.as_deref(), Some("A"));
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

/// A grub.cfg, and what it is to become: what is named here boots with GRUB as before.
struct Mendable {
    name: &'static str,
    before: String,
    after: String,
}

/// What goes wrong where findings are many, where they hide each other, and where a line goes on over several lines.
fn mendable() -> Vec<Mendable> {
    const ENTRIES: usize = 300;
    let many = |entry: &dyn Fn(usize) -> String| {
        format!("set default=0\nset timeout=3\n{}", (0..ENTRIES).map(entry).collect::<String>())
    };
    let plain = |number: usize| format!("menuentry \"E{number}\" {{\n linux /k0 n={number}\n initrd /i0\n}}\n");
    let case = |name, before: String, after: String| Mendable { name, before, after };
    let one = |body: &str| format!("set default=0\nmenuentry \"A\" {{\n{body}}}\n");
    vec![
        case(
            "two slashes in many entries",
            many(&|number| plain(number).replace("/k0", "//k0").replace("/i0", "//i0")),
            many(&plain),
        ),
        case("many titles without quotes", many(&|number| plain(number).replace('"', "")), many(&plain)),
        case(
            "many entries on one line",
            many(&|number| format!("menuentry \"E{number}\" {{ linux /k0 n={number}; initrd /i0; }}\n")),
            many(&|number| format!("menuentry \"E{number}\" {{\n  linux /k0 n={number}\n  initrd /i0\n}}\n")),
        ),
        case(
            "many assignments",
            many(&|number| format!("set v{number}=b=c\n")) + &plain(0),
            many(&|number| format!("v{number}=b=c\n")) + &plain(0),
        ),
        case(
            "a title without quotes, and an assignment that only then is seen",
            "set default=0\nmenuentry A {\n set x=b=c\n linux //k0 n=1\n initrd /i0\n}\n".to_owned(),
            "set default=0\nmenuentry \"A\" {\n x=b=c\n linux /k0 n=1\n initrd /i0\n}\n".to_owned(),
        ),
        case("three lines", one(" linux /k0 a \\\n  b \\\n c\n"), one(" linux /k0 a b c\n")),
        case("three lines without blanks", one(" linux /k0 a\\\nb\\\n\tc\n"), one(" linux /k0 ab c\n")),
        case("quotes over lines", one(" linux /k0 \"a \\\n  b\" c\n"), one(" linux /k0 \"a   b\" c\n")),
        case(
            "the path in the next line",
            one(" linux \\\n /k0 a\n initrd \\\n  /i0\n"),
            one(" linux /k0 a\n initrd /i0\n"),
        ),
    ]
}

#[test]
fn many_and_coupled_findings_are_mended_at_once() {
    for Mendable { name, before, after } in mendable() {
        let mended = mend(Dialect::Grub2, before.as_bytes(), Options::default(), false);
        assert_eq!(String::from_utf8_lossy(&mended.text), after, "{name}: {:?}", mended.refused);
        assert!(mended.refused.is_empty() && mended.untried == 0, "{name}: {:?}", mended.refused);
    }
}

fn disk(text: &str) -> Image {
    let files = ["/k0", "/i0"].into_iter().fold(Tree::new(), |tree, path| tree.file(path, path));
    Image::whole(&Volume::ext4(files.file("/grub/grub.cfg", text)))
}

#[test]
fn pygrub_boots_what_was_many_or_coupled() {
    let oracle = oracle_or_skip!();
    let all = mendable();
    let disks: Vec<Image> = all.iter().map(|case| disk(&case.after)).collect();
    let runs =
        all.iter().zip(&disks).map(|(case, disk)| RunCase::new(case.name, vec!["-q".to_owned(), disk.argument()]));
    for (case, answer) in all.iter().zip(oracle.runs(&runs.collect::<Vec<_>>())) {
        assert_eq!(answer.rc, Some(0), "{}", case.name);
    }
}

#[test]
fn grub_boots_what_was_many_or_coupled_as_before() {
    let all = mendable();
    let disks: Vec<Image> = all.iter().flat_map(|case| [disk(&case.before), disk(&case.after)]).collect();
    let asked = disks.iter().map(|disk| GrubCase::whole_disk(disk.argument(), "/grub/grub.cfg"));
    let Some(answers) = grub::picks(&asked.collect::<Vec<_>>()) else { return };
    for (case, answers) in all.iter().zip(answers.chunks(2)) {
        assert_eq!(loads(&answers[0]), loads(&answers[1]), "{}", case.name);
        assert!(!answers[0].commands.is_empty(), "{}: GRUB loads a kernel", case.name);
    }
}

/// What a safe fix uncovers, and what only an uncertain one would mend, is named; with --unsafe both are one change.
#[test]
fn what_a_fix_uncovers_is_mended_with_it_or_named() {
    let text = "set default=0\nmenuentry \"A\" {\n linux /k0\n}\nmenuentry B {\n linux /k1\n initrd ($root)/i1\n}\n";
    let safe = mend(Dialect::Grub2, text.as_bytes(), Options::default(), false);
    assert_eq!(String::from_utf8_lossy(&safe.text), text);
    let refused: Vec<_> = safe.refused.iter().map(|mend| (mend.code, mend.line, mend.why.as_str())).collect();
    assert_eq!(refused, [("PG007", 8, "PG001 in line 7 would stop the boot instead")]);
    let mended = mend(Dialect::Grub2, text.as_bytes(), Options::default(), true);
    assert_eq!(
        String::from_utf8_lossy(&mended.text),
        text.replace("menuentry B", "menuentry \"B\"").replace("($root)", "")
    );
    assert!(mended.refused.is_empty());
    assert_eq!(mended.made.iter().map(|mend| mend.code).collect::<Vec<_>>(), ["PG007", "PG001"]);
}

/// Mended, the text would be longer than what pygrub reads, so that not every fix holds: it is not tried for ever.
#[test]
fn what_is_not_tried_is_counted() {
    let text = "menuentry \"A\" { linux /k0; initrd /i0; }\n".repeat(25_000);
    let mended = mend(Dialect::Grub2, text.as_bytes(), Options::default(), false);
    let counts = (mended.made.len(), mended.refused.len(), mended.untried);
    assert!(counts.2 > 0 && counts.0 + counts.1 + counts.2 == 25_000, "{counts:?}");
}
