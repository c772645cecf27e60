//! The menu on a pseudo-terminal: the same keys for the installed pygrub and for the drop-in, and after each of them the same
//! screen.

use crate::common::drop_in;
use crate::common::images::{Image, Tree, Volume};
use crate::common::oracle::{Oracle, RunAnswer, RunCase};

const UP: &str = "\x1bOA";
const DOWN: &str = "\x1bOB";
const LEFT: &str = "\x1bOD";
const RIGHT: &str = "\x1bOC";
const ENTER: &str = "\r";

/// What is typed, and for which configuration.
pub struct Typed {
    name: String,
    pub image: Image,
    keys: Vec<String>,
    size: Option<(u16, u16)>,
    env: Vec<(&'static str, Option<&'static str>)>,
}

pub fn typed(name: &str, config: &str, keys: &[&str]) -> Typed {
    let path = match config {
        config if config.contains("menuentry") => "/boot/grub/grub.cfg",
        config if config.contains("label") => "/boot/extlinux.conf",
        _ => "/boot/grub/menu.lst",
    };
    let mut tree = Tree::new().file(path, config);
    for n in 0..4 {
        tree = tree.file(&format!("/k{n}"), format!("kernel {n}")).file(&format!("/i{n}"), format!("initrd {n}"));
    }
    Typed {
        name: name.to_owned(),
        image: Image::whole(&Volume::ext4(tree).sized(4 << 20)),
        keys: keys.iter().map(|&key| key.to_owned()).collect(),
        size: None,
        env: Vec::new(),
    }
}

const TWO: &str = "timeout 50\ntitle Linux one\nroot (hd0,0)\nkernel /k0 a b\n# comment\ninitrd /i0\n\n\
    title two\n kernel /k1 x\n";

const GRUB2: &str = "set timeout=50\nmenuentry 'one' --class x {\n\tinsmod ext2\n  set root='hd0,1'\n  # comment\n\n\
    linux /k0 a  b\n\tinitrd /i0\n}\nmenuentry \"two\" {\n linux /k1\n initrd /i1\n}\n";

const LABELS: &str = "timeout 50\ndefault b\nlabel a\nkernel /k0\nappend x y initrd=/i0\nlabel b\n menu label Foo\n \
    kernel /k1\n append initrd=/i1 y\n";

fn entries(titles: impl IntoIterator<Item = String>) -> String {
    let entries = titles.into_iter().enumerate();
    let entries: String =
        entries.map(|(n, title)| format!("title {title}\nkernel /k{} {n}\ninitrd /i{}\n", n % 4, n % 4)).collect();
    format!("timeout 50\n{entries}")
}

fn numbered(count: usize) -> String {
    entries((0..count).map(|n| format!("Linux {n}")))
}

fn cases() -> Vec<Typed> {
    let mut cases = Vec::new();
    // The list.
    cases.push(typed("one entry", &numbered(1), &[UP, DOWN, "q", ENTER]));
    cases.push(typed("eight entries", &numbered(8), &[&[DOWN; 8][..], &[UP; 8], &[ENTER]].concat()));
    cases.push(typed("a hundred entries", &numbered(100), &[&[DOWN; 10][..], &[UP; 4], &[ENTER]].concat()));
    for default in [7, 8, 15, 19, 20, 21] {
        let config = format!("default {default}\n{}", numbered(20));
        cases.push(typed(&format!("default {default}"), &config, &["j", DOWN, DOWN, UP, UP, UP, "e", "q", ENTER]));
    }
    let titles = [
        "Gr\u{fc}\u{df}e",
        "\u{96ea}\u{96ea} \u{3042}",
        "\u{1f427} x",
        "e\u{301}x",
        "a\u{1}b\u{7f}c\u{1b}d",
        "a\tb\tc",
        "",
        "Z",
    ];
    let config = entries(titles.map(str::to_owned));
    cases.push(typed("Unicode and controls", &config, &[DOWN, DOWN, "e", "q"]));
    let long = ["x".repeat(70), "x".repeat(71), "x".repeat(100), "\u{96ea}".repeat(40), "a".to_owned()];
    cases.push(typed("long titles", &entries(long), &[DOWN, DOWN, DOWN, DOWN, "e", "q"]));
    cases.push(typed("keys that mean nothing", TWO, &["q", "j", " ", "\0", LEFT, RIGHT, "\x1bOP", "\x1b[A", "p", "b"]));
    cases.push(typed("Enter on the keypad", TWO, &[DOWN, "\x1bOM"]));
    cases.push(typed("Ctrl-C", TWO, &["\x03"]));
    cases.push(typed("Ctrl-\\", TWO, &["\x1c"]));
    // An entry.
    cases.push(typed("booted as it is", TWO, &["e", DOWN, "x", ENTER, "b"]));
    cases.push(typed("left, and as it was", TWO, &["e", DOWN, DOWN, "d", "d", "q", "e", "q", ENTER]));
    cases.push(typed("without initrd", TWO, &["e", DOWN, DOWN, "d", "b"]));
    cases.push(typed("without kernel", TWO, &["e", DOWN, "d", "b"]));
    cases.push(typed("without lines", TWO, &["e", "d", "d", "d", "o", "d", "O", "q"]));
    let lines: String = (0..12).map(|n| format!("module {n}\n")).collect();
    let config = format!("timeout 50\ntitle a\n{lines}kernel /k0 x\ninitrd /i0\n");
    let keys =
        [&["e", DOWN, "o", "O", "d"][..], &[DOWN; 6], &["o", "o", "d", "O", "o"], &[UP; 9], &["O", "b"]].concat();
    cases.push(typed("scrolling lines", &config, &keys));
    let long = format!("timeout 50\ntitle a\nmodule {}\nmodule {}\nkernel /k0\n", "x".repeat(63), "y".repeat(64));
    cases.push(typed("long lines", &long, &["e", DOWN, DOWN]));
    cases.push(typed("an entry of grub.cfg", GRUB2, &["e", DOWN, DOWN, "e", "Z", ENTER, "b"]));
    cases.push(typed("an entry of extlinux.conf", LABELS, &["e", DOWN, DOWN, "q", UP, "e", "q"]));
    // The line editor.
    let keys = [
        "e", DOWN, "e", "Z", "Y", LEFT, LEFT, "M", "\x08", "\x01", "S", "\x08", "z", "\x08", "\x05", "\x04", "\x02",
        "\x02", "\x04",
    ];
    cases.push(typed("editing", TWO, &[&keys[..], &["\x06", "\t", UP, "\0", "\x0b", " ", "q", ENTER, "b"]].concat()));
    cases.push(typed("an emptied line", TWO, &["e", "e", "\x01", "\x0b", ENTER, "b"]));
    cases.push(typed("Ctrl-G", TWO, &["e", DOWN, DOWN, "e", "x", "\x08", "\x07", "b"]));
    cases.push(typed("a line taken out", TWO, &["e", DOWN, DOWN, "e", "\x01", "module ", ENTER, "b"]));
    cases.push(typed("a bad line", TWO, &["e", "e", "\x01", "\x0b", "kernel (x)/k", ENTER]));
    cases.push(typed("a new line", TWO, &["e", DOWN, DOWN, "o", "e", "initrd /i3", ENTER, "b"]));
    cases.push(typed("arguments", TWO, &["a", " ", "x", ENTER]));
    cases.push(typed("arguments of grub.cfg", GRUB2, &[DOWN, "a", " x", ENTER]));
    cases.push(typed("no line with a kernel", "timeout 50\ntitle x\ninitrd /i0\n", &["a", "z", "e", "q"]));
    let line: String = ('a'..='z').chain('A'..='Z').chain('0'..='9').cycle().take(189).collect();
    let config = format!("timeout 50\ntitle x\nkernel /k0 {line}\ninitrd /i0\n");
    let keys = [&["a"][..], &[LEFT; 21], &["X", "\x08", "\x04", "\x01"], &[RIGHT; 72], &["q", "\x02", "\x02", "\x0b"]]
        .concat();
    cases.push(typed("pages of a line", &config, &keys));
    let keys = ["c", "kernel /k1 foo", ENTER, "initrd /i2", ENTER, "nonsense", ENTER, "boot ", ENTER, "boot", ENTER];
    cases.push(typed("commands", TWO, &keys));
    cases.push(typed(
        "commands of grub.cfg",
        GRUB2,
        &["e", "c", "linux /k1 z", ENTER, "initrd /i1", ENTER, "boot", ENTER],
    ));
    let keys = ["c", "kernel /k1 z", ENTER, "append foo initrd=/i2", ENTER, "boot", ENTER];
    cases.push(typed("commands of extlinux.conf", LABELS, &keys));
    cases.push(typed("boot without commands", TWO, &["c", "boot", ENTER]));
    cases.push(typed("an empty command", TWO, &["e", "c", "x", ENTER, ENTER, "c", ENTER, "q", "c", ENTER, ENTER]));
    // The password, which the installed pygrub never takes.
    let config = format!("password secret\n{TWO}");
    cases.push(typed(
        "a wrong password",
        &config,
        &["a", "e", "c", "p", "no", "\x7f", ENTER, "p", "x", ENTER, "e", ENTER],
    ));
    // Terminals.
    for size in [(21, 80), (22, 80), (24, 60), (25, 40), (50, 132)] {
        let name = format!("{} rows, {} columns", size.0, size.1);
        cases.push(Typed { size: Some(size), ..typed(&name, TWO, &[DOWN, "e", "e", "q"]) });
    }
    for variables in [&[("LC_ALL", Some("C"))][..], &[("LC_ALL", None), ("LANG", Some("C"))], &[("LINES", Some("30"))]]
    {
        // What is not ASCII comes as single bytes in the locale C, which the emulator takes for broken UTF-8.
        let config = if variables[0].1 == Some("C") { TWO.to_owned() } else { entries(titles.map(str::to_owned)) };
        let mut case = typed(&format!("{variables:?}"), &config, &[DOWN, "e", "q"]);
        case.env = variables.to_vec();
        if variables[0].0 == "LINES" {
            case.size = Some((30, 80));
        }
        cases.push(case);
    }
    cases
}

impl Typed {
    /// The keys, each with when it is typed.
    pub fn timed(&self, pace: Pace) -> Vec<(f64, String)> {
        let keys = self.keys.iter().enumerate();
        keys.map(|(n, key)| (pace.first + pace.between * n as f64, key.clone())).collect()
    }
}

/// Seconds until the first key, and between keys. A busy machine needs more.
#[derive(Clone, Copy)]
pub struct Pace {
    pub first: f64,
    pub between: f64,
}

pub fn runs(oracle: &Oracle, cases: &[&Typed], pace: Pace) -> Vec<[RunAnswer; 2]> {
    let shim = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/string_join");
    let asked: Vec<RunCase> = cases
        .iter()
        .map(|case| {
            let mut run = RunCase::new(case.name.as_str(), [case.image.argument()]);
            run.keys = case.timed(pace);
            run.timeout = Some(pace.first + pace.between * (case.keys.len() + 3) as f64);
            run.size = case.size;
            run.env = [("LC_ALL", Some("C.UTF-8")), ("PYTHONPATH", Some(shim)), ("LINES", None), ("COLUMNS", None)]
                .into_iter()
                .chain(case.env.iter().copied())
                .map(|(name, value)| (name.to_owned(), value.map(str::to_owned)))
                .collect();
            run
        })
        .collect();
    let theirs = oracle.terminal_runs(&asked);
    let ours = oracle.terminal_runs(&asked.iter().map(|case| drop_in::case(case, oracle)).collect::<Vec<_>>());
    ours.into_iter().zip(theirs).map(|(ours, theirs)| [ours, theirs]).collect()
}

/// Lines from the terminal's own set as Unicode, which the emulator knows.
fn with_lines(bytes: &[u8]) -> Vec<u8> {
    let (mut out, mut lines, mut sequence) = (Vec::new(), false, false);
    for &byte in bytes {
        match byte {
            0x0e | 0x0f if !sequence => lines = byte == 0x0e,
            0x1b => sequence = true,
            b'(' | b')' | b'[' | b'0'..=b'9' | b';' | b'?' if sequence => {}
            _ if sequence => sequence = false,
            _ if lines => {
                let line = match byte {
                    b'l' => '\u{250c}',
                    b'k' => '\u{2510}',
                    b'm' => '\u{2514}',
                    b'j' => '\u{2518}',
                    b'q' => '\u{2500}',
                    b'x' => '\u{2502}',
                    other => panic!("{other:#x} in the set with the lines"),
                };
                out.extend(line.to_string().into_bytes());
                continue;
            }
            _ => {}
        }
        out.push(byte);
    }
    out
}

/// The screen before each key, and the last one where the program still runs: text, what is highlighted, and the cursor.
pub fn screens(case: &Typed, answer: &RunAnswer) -> Vec<String> {
    let (rows, columns) = case.size.unwrap_or((24, 80));
    let side = |side| std::num::NonZero::new(side).expect("a window");
    let mut emulator = vt100::Parser::new(side(rows), side(columns), 0);
    let mut shown = Vec::new();
    let mut from = 0;
    let end = answer.timed_out.then_some(answer.screen.len());
    for to in answer.before_key.iter().copied().chain(end) {
        emulator.process(&with_lines(&answer.screen[from..to]));
        from = to;
        let screen = emulator.screen();
        // The clock is not as far with the one that took longer to start.
        let clock = screen.contents().lines().position(|line| line.contains("Will boot selected entry in"));
        let mut text = String::new();
        for row in 0..rows {
            for column in 0..columns {
                let cell = screen.cell(row, column).expect("a cell in the window");
                if clock == Some(usize::from(row)) && cell.contents().bytes().all(|byte| byte.is_ascii_digit()) {
                    continue;
                }
                text.push_str(match (cell.has_contents(), cell.is_wide_continuation()) {
                    (false, false) => " ",
                    _ => cell.contents(),
                });
                if cell.inverse() || cell.bold() {
                    text.push('\u{332}');
                }
            }
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
        text.push_str(&format!("{:?}", screen.cursor_position()));
        shown.push(text);
    }
    shown
}

fn differences(case: &Typed, [ours, theirs]: &[RunAnswer; 2]) -> Vec<String> {
    let mut found = Vec::new();
    let (our_screens, their_screens) = (screens(case, ours), screens(case, theirs));
    for (n, (ours, theirs)) in our_screens.iter().zip(&their_screens).enumerate() {
        if ours != theirs {
            let keys = &case.keys[..n.min(case.keys.len())];
            found.push(format!("{} after {keys:?}\n-- pregrub\n{ours}\n-- pygrub\n{theirs}", case.name));
            return found;
        }
    }
    let outcome = |answer: &RunAnswer| {
        let copied =
            |name: &str| answer.files.get(name).filter(|_| answer.rc == Some(0)).and_then(|f| f.content.clone());
        let ended = (answer.timed_out, answer.rc, answer.signal);
        let files = ["boot_kernel.XXXXXXXX", "boot_ramdisk.XXXXXXXX"].map(copied);
        format!("{:?}", (ended, answer.items(), files, answer.before_key.len()))
    };
    if outcome(ours) != outcome(theirs) {
        found.push(format!("{}\n  pregrub {}\n  pygrub  {}", case.name, outcome(ours), outcome(theirs)));
    }
    found
}

#[test]
fn every_screen_is_the_same() {
    let oracle = oracle_or_skip!();
    let cases = cases();
    let mut differing: Vec<&Typed> = cases.iter().collect();
    let mut screens_compared = 0;
    let mut found = Vec::new();
    // What differs on a busy machine may be a program that had no time to answer: it is run again, more slowly.
    for pace in
        [Pace { first: 1.6, between: 0.25 }, Pace { first: 3.0, between: 0.6 }, Pace { first: 5.0, between: 1.2 }]
    {
        found.clear();
        let mut again = Vec::new();
        for (&case, answers) in differing.iter().zip(&runs(&oracle, &differing, pace)) {
            let differences = differences(case, answers);
            if differences.is_empty() {
                screens_compared += answers[0].before_key.len() + usize::from(answers[0].timed_out);
            } else {
                found.extend(differences);
                again.push(case);
            }
        }
        differing = again;
        if differing.is_empty() {
            break;
        }
    }
    eprintln!("{} runs with keys, {screens_compared} screens", cases.len());
    assert!(found.is_empty(), "{} differences\n{}", found.len(), found.join("\n"));
    assert!(screens_compared > 400, "{screens_compared}");
}

/// What the drop-in boots after these keys, by `items`.
fn boots(oracle: &Oracle, config: &str, keys: &[&str], release: Option<&str>) -> (Option<i32>, Vec<String>) {
    let case = typed("", config, keys);
    let mut run = RunCase::new("", [case.image.argument()]);
    run.keys = case.keys.iter().enumerate().map(|(n, key)| (0.8 + 0.15 * n as f64, key.clone())).collect();
    run.timeout = Some(30.0);
    let mut run = drop_in::case(&run, oracle);
    if let Some(release) = release {
        run.env.insert("PREGRUB_RELEASE".to_owned(), Some(release.to_owned()));
    }
    let answer = &oracle.terminal_runs(&[run])[0];
    (answer.rc, answer.items().into_iter().filter(|item| item.starts_with("args")).collect())
}

/// Where the drop-in is deliberately better than the installed pygrub, which fails, hangs, or boots something else.
#[test]
fn better_than_pygrub() {
    let oracle = oracle_or_skip!();
    let secret = format!("password secret\n{TWO}");
    let hashed = format!("password --md5 $1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1\n{TWO}");
    let alone = "timeout 50\ntitle x\nkernel /k0 a\n";
    let cases: [(&str, &str, &[&str], &str); 9] = [
        ("Python 3 has lost editing", TWO, &["a", " c", ENTER], "args a b c"),
        ("and the password", &secret, &["a", "p", "secret", ENTER, "a", " c", ENTER], "args a b c"),
        ("hashed, too", &hashed, &["p", "nope", ENTER, "p", "secret", ENTER, "a", " c", ENTER], "args a b c"),
        ("the key Backspace sends Delete", TWO, &["a", "\x7f", "c", ENTER], "args a c"),
        ("an entry without initrd", alone, &["a", " c", ENTER], "args a c"),
        ("extlinux: `append` is kept", LABELS, &["a", ENTER], "args y"),
        ("extlinux: an entry can be edited", LABELS, &["e", DOWN, DOWN, DOWN, "e", " z", ENTER, "b"], "args y z"),
        ("a line without end", TWO, &["e", "d", "d", "d", "d", "e", "q", ENTER], "args a b"),
        (
            "more commands than rows",
            TWO,
            &[&["c"][..], &["x", ENTER].repeat(20), &["kernel /k1 w", ENTER, "boot", ENTER]].concat(),
            "args w",
        ),
    ];
    for (name, config, keys, args) in cases {
        assert_eq!(boots(&oracle, config, keys, None), (Some(0), vec![args.to_owned()]), "{name}");
    }
}

/// Up to 4.1 `a` finds no `linux`: the keys mean nothing then, and the last one boots. Source:
/// `corpus/conformance/interactive.json`.
#[test]
fn arguments_by_release() {
    let oracle = oracle_or_skip!();
    for (release, args) in
        [("4.1", "args a  b"), ("4.2", "args a  b x"), ("4.12", "args a  b x"), ("4.22", "args a  b x")]
    {
        let answer = boots(&oracle, GRUB2, &["a", " ", "x", ENTER], Some(release));
        assert_eq!(answer, (Some(0), vec![args.to_owned()]), "{release}");
    }
}
