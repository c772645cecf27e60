//! Hostile configurations: an answer comes soon, and what is not known is said.

use std::time::Duration;

use pregrub::grub::{self, ConfigPlace, GrubRun, GrubSettings, disks::NoDisk};

use crate::common::memory;
use crate::common::program::command;

/// The most memory that any input may take.
const MOST: usize = 64 << 20;

fn run(text: &[u8]) -> GrubRun {
    let place = ConfigPlace { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
    let start = busy();
    let run = grub::run(&NoDisk, &place, text, &GrubSettings::default());
    let took = busy().saturating_sub(start);
    assert!(took < Duration::from_secs(15), "{took:?}");
    run
}

/// How long this thread has had a processor: other work on the machine does not count.
fn busy() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(text.split_whitespace().next().unwrap().parse().unwrap())
}

#[test]
fn what_never_ends_is_ended() {
    for text in [
        &b"while true; do x=1; done\n"[..],
        b"function f { f; }\nf\n",
        b"set a=aaaaaaaaaaaaaaaa\nwhile true; do set a=\"$a$a\"; done\n",
        b"while true; do menuentry x { linux /k; }; done\n",
        b"while true; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done\n",
        b"set a='x x x x x x x x x x'\nwhile true; do for i in $a $a $a; do for j in $a $a $a; do nosuch; done; done; done\n",
        b"submenu a {\n while true; do true; done\n}\n",
        b"set e='eval \"$e\"'\neval \"$e\"\n",
        b"set x='a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a'\nset x=\"$x $x $x $x $x $x $x\"\nwhile true; do menuentry $x { linux /k; }; done\n",
        b"set x='a a a a a a a a a a a a a a a a'\nfunction f {\n f $@ $@ $@\n}\nf $x\n",
        b"set n=a\nwhile true; do set n=\"a$n\"; eval \"v$n=$n\"; done\n",
        b"while true; do nosuchcommand; eval \"function a$n { true; }\"; set n=\"a$n\"; done\n",
    ] {
        let run = run(text);
        assert!(!run.unknown.is_empty(), "{}", String::from_utf8_lossy(text));
    }
}

/// Where no word begins the grammar takes nothing, and reports nothing: a report would look at the rest of the text each time.
#[test]
fn bytes_that_begin_no_word_are_passed() {
    for token in ["&&\n", "$ \n", "> a\n", "$ &&\n", "\\initrd $=\u{e9};\n", ">if \n", "|", "<", "$=a\n", "$;"] {
        run(token.repeat((1 << 20) / token.len()).as_bytes());
    }
}

/// Each search has a limit, and all of a run have one together.
#[test]
fn many_expressions_that_take_long() {
    let one = format!("if regexp \"(a*)*b\" \"{}\"; then true; fi\n", "a".repeat(100));
    let run = run(one.repeat(5800).as_bytes());
    assert!(run.unknown.iter().any(|why| why.contains("busy")), "{:?}", run.unknown);
    assert!(run.steps < 2_200_000, "{}", run.steps);
}

#[test]
fn deep_and_long_texts_are_read() {
    let deep = [b"a {".repeat(100_000), b"}".repeat(100_000), b"\n".to_vec()].concat();
    run(&deep);
    run(&b"if ".repeat(300_000));
    run(&b"\"".repeat(300_001));
    run(&b"$x".repeat(200_000));
    run(&b"(".repeat(300_000));
    run(&b"menuentry a { linux /k\n".repeat(50_000));
    let parentheses = [b"[ ".to_vec(), b"\\( ".repeat(20_000), b"]\n".to_vec()].concat();
    run(&parentheses);
    let regular =
        [b"regexp '".to_vec(), b"(a*)*".repeat(200), b"b' ".to_vec(), vec![b'a'; 500], b"\n".to_vec()].concat();
    run(&regular);
}

/// As much as `length` of a text that is repeated.
fn repeated(beginning: &str, piece: &str, length: usize, end: &str) -> String {
    let count = (length - beginning.len() - end.len()) / piece.len();
    [beginning, &piece.repeat(count), end].concat()
}

/// Texts that make much of little, and whether pregrub stops at them.
fn large() -> Vec<(&'static str, String, bool)> {
    let words = format!("set x=\"{}\"\n", "a ".repeat(4000));
    let entry = "menuentry $x {\nlinux b\n}\n";
    let mebibyte = 1 << 20;
    let numbered = (0..2500).map(|number| {
        format!("menuentry 'NixOS - Configuration {number}' --class nixos --unrestricted {{\nsearch --set=drive1 --fs-uuid 1234-5678\n  linux ($drive1)/nix/store/{0}-linux-6.6/bzImage init=/nix/store/{0}-nixos-system/init loglevel=4 {0}\n  initrd ($drive1)/nix/store/{0}-initrd/initrd\n}}\n", "a".repeat(40))
    });
    vec![
        ("entries of many words, 64 KiB", repeated(&words, entry, 64 << 10, ""), true),
        ("entries of many words, 1 MiB", repeated(&words, entry, mebibyte, ""), true),
        ("a kernel of many words", repeated("menuentry a {\nlinux /k ", "a ", mebibyte, "\n}\n"), true),
        ("commands in one line", repeated("", "a;", mebibyte, "\n"), true),
        ("a loop over many words", repeated("for i in ", "a ", mebibyte, "; do true; done\n"), true),
        ("loops in loops", repeated("", "for i in a; do for j in b; do x=1; done; done\n", mebibyte, ""), false),
        ("many conditions", repeated("", "if true; then a; fi\n", mebibyte, ""), false),
        ("one large condition", repeated("if true; then ", "a;", mebibyte, " fi\n"), true),
        ("one large function", repeated("function f {\n", "a\n", mebibyte, "}\n"), true),
        ("submenus", repeated("", "submenu a {\nmenuentry b {\nlinux /k\n}\n}\n", 256 << 10, ""), false),
        ("small entries", repeated("", "menuentry a --class b {\nlinux /k\n}\n", mebibyte, ""), false),
        ("what NixOS writes", numbered.collect(), false),
    ]
}

/// What a configuration of a mebibyte makes takes at most 64 MiB, and what a real one needs is not refused.
#[test]
fn much_of_little_is_bounded() {
    for (name, text, stops) in large() {
        let (run, bytes) = memory::peak(|| run(text.as_bytes()));
        println!("{name}: {} MiB", bytes >> 20);
        assert!(bytes <= MOST, "{name}: {} MiB", bytes >> 20);
        assert_eq!(run.unknown.iter().any(|why| why.starts_with("pregrub stops")), stops, "{name}: {:?}", run.unknown);
        assert!(stops || run.unknown.is_empty(), "{name}: {:?}", run.unknown);
    }
}

#[test]
fn many_words_of_a_command_are_not_made() {
    let words = repeated("set x=\"", "a ", 8000, "\"\n");
    let run = run(format!("{words}menuentry a {{\nlinux /k {}\n}}\n", "$x ".repeat(20)).as_bytes());
    let told = ["pregrub stops at a command of more than 65536 words (line 3)"];
    assert_eq!(run.unknown[..1], told, "{:?}", run.unknown);
}

/// The programs, with their reports: each row of a comparison keeps a run.
#[test]
fn the_programs_take_no_more() {
    /// What the program holds without any input.
    const EMPTY: usize = 4 << 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grub.cfg").to_str().unwrap().to_owned();
    for (name, text, _) in large() {
        std::fs::write(&path, text).unwrap();
        let all = [&["grub"][..], &["compare"], &["grub", "--trace"], &["grub", "--format", "json"]];
        let most = match name {
            "entries of many words, 64 KiB" => 4,
            "a kernel of many words" | "commands in one line" => 2,
            _ => 1,
        };
        for args in &all[..most] {
            let output = memory::limited(&command(&[*args, &[&path]].concat()), MOST + EMPTY).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr[..output.stderr.len().min(500)]);
            assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{args:?} {name}: {} {said}", output.status);
        }
    }
}

/// Bytes without a pattern, and pieces of configurations, never end the program.
#[test]
fn nothing_panics() {
    let real = super::syntax::real();
    let mut generator = super::generator::Generator::new(super::seed() + 7);
    for number in 0..300 {
        run(&crate::common::random::noise(number * 7, number as u64));
        run(&generator.syntax(&real));
    }
}
