//! Hostile configurations: an answer comes soon, and what is not known is said.

use std::time::{Duration, Instant};

use pregrub::grub::{self, GrubRun, Place, Settings, disks::NoDisk};

fn run(text: &[u8]) -> GrubRun {
    let place = Place { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
    let start = Instant::now();
    let run = grub::run(&NoDisk, &place, text, &Settings::default());
    let took = start.elapsed();
    assert!(took < Duration::from_secs(20), "{took:?}");
    run
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
    ] {
        let run = run(text);
        assert!(!run.unknown.is_empty(), "{}", String::from_utf8_lossy(text));
    }
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
