//! `int()`, `repr()`, `strip()` and strict decoding, on generated strings, by an installed Python.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use data_encoding::HEXLOWER;
use pregrub::python::{Python, bytes, int, py_str, repr, utf8};
use serde_json::Value;

use crate::common::random::Random;
use crate::common::tools;

const COUNT: usize = 100_000;

/// Pieces that mean something to one of the functions under test.
const PIECES: [&[u8]; 44] = [
    b"0",
    b"1",
    b"7",
    b"42",
    b"007",
    b"9223372036854775807",
    b"9223372036854775808",
    b"_",
    b"__",
    b"+",
    b"-",
    b".",
    b"e1",
    b"0x",
    b" ",
    b"\t",
    b"\n",
    b"\r",
    b"\x0b",
    b"\x0c",
    b"\x1c",
    b"\x1f",
    b"\x85",
    b"\xc2\x85",
    b"\xc2\xa0",
    b"\xe2\x80\x83",
    b"\xe3\x80\x80",
    b"\xe2\x80\x8b",
    b"\xef\xbb\xbf",
    b"'",
    b"\"",
    b"\\",
    b"\0",
    b"\x7f",
    b"\x1b",
    b"rive1",
    b"hd0",
    "é".as_bytes(),
    "漢".as_bytes(),
    "\u{661}".as_bytes(),
    "３".as_bytes(),
    "\u{1d7d9}".as_bytes(),
    "\u{1f600}".as_bytes(),
    "²".as_bytes(),
];

/// Starts of sequences that do not go on, and bytes that start none.
const BROKEN: [&[u8]; 14] = [
    b"\x80",
    b"\xbf",
    b"\xc0",
    b"\xc3",
    b"\xe0\x80",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xf0\x80",
    b"\xf0\x9f\x98",
    b"\xf4\x90",
    b"\xf5",
    b"\xff",
    b"\xe9 ",
    b"\xf0\x9f ",
];

fn string(random: &mut Random) -> Vec<u8> {
    let mut made = Vec::new();
    // Now and then around the 4300 digits of int(), and around the 200 characters of its messages.
    if random.chance(1) {
        let length = random.pick(&[195, 199, 200, 201, 4299, 4300, 4301]);
        made.resize(length, random.pick(b"1x_0'\xc3"));
    }
    let broken = random.chance(8);
    for _ in 0..random.below(6) {
        match random.below(10) {
            0 => {
                let c = char::from_u32(u32::try_from(random.below(0x11_0000)).expect("a code")).unwrap_or('\u{fffd}');
                made.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            1 if broken => made.extend_from_slice(random.pick(&BROKEN)),
            2 if broken => made.push(u8::try_from(random.below(256)).expect("a byte")),
            _ => made.extend_from_slice(random.pick(&PIECES)),
        }
    }
    made
}

/// What an interpreter answers, line by line.
fn ask(interpreter: &Path, strings: &[Vec<u8>]) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/python_strings.py");
    let mut child = Command::new(interpreter)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", interpreter.display()));
    let questions: String = strings.iter().map(|string| HEXLOWER.encode(string) + "\n").collect();
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || drop(stdin.write_all(questions.as_bytes())));
    let output = child.wait_with_output().expect("python ends");
    writer.join().expect("the writer ends");
    assert!(output.status.success(), "{}", output.status);
    let answers = String::from_utf8(output.stdout).expect("ASCII");
    answers.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn text_of(value: &Value) -> Option<Vec<u8>> {
    value.as_str().map(|text| HEXLOWER.decode(text.as_bytes()).expect("hexadecimal"))
}

fn compare(string: &[u8], held: &str, python: Python, answer: &Value) {
    let shown = string.escape_ascii();
    let bytes_of = |text: &str| match python {
        Python::Three => text.as_bytes().to_vec(),
        Python::Two => bytes::unwrap(text),
    };
    // Under Python 2 the repr is ASCII already.
    assert_eq!(text_of(&answer["repr"]), Some(repr::repr(held, python).into_bytes()), "repr of {shown}");
    assert_eq!(text_of(&answer["strip"]), Some(bytes_of(py_str::strip(held))), "{shown} stripped");
    match int::parse(held, python) {
        Ok(number) => assert_eq!(answer["int"].as_str(), Some(&*number.to_string()), "int of {shown}"),
        Err(message) => assert_eq!(text_of(&answer["error"]), Some(message.into_bytes()), "int of {shown}"),
    }
}

fn strings(seed: u64) -> Vec<Vec<u8>> {
    let mut random = Random::new(seed);
    (0..COUNT).map(|_| string(&mut random)).collect()
}

#[test]
fn python_3_agrees() {
    let Some(interpreter) = tools::system_python() else { return };
    let strings = strings(1);
    let (mut decoded, mut numbers) = (0, 0);
    for (string, answer) in strings.iter().zip(ask(&interpreter, &strings)) {
        match utf8::decode(string) {
            Ok(held) => {
                compare(string, held, Python::Three, &answer);
                decoded += 1;
                numbers += usize::from(answer["int"].is_string());
            }
            Err(error) => {
                let shown = string.escape_ascii();
                assert_eq!(text_of(&answer["decode"]), Some(error.message.into_bytes()), "{shown}");
                assert_eq!((answer["start"].as_u64(), answer["end"].as_u64()), {
                    (Some(error.start as u64), Some(error.end as u64))
                });
            }
        }
    }
    assert!(
        decoded > COUNT * 8 / 10 && decoded < COUNT && numbers > COUNT / 50,
        "{decoded} decoded, {numbers} numbers"
    );
}

/// Only where a Python 2.7 is installed, which no continuous integration has.
#[test]
fn python_2_agrees() {
    let Some(interpreter) = python_2() else {
        println!("SKIPPED: no python2.7");
        return;
    };
    let strings = strings(2);
    for (string, answer) in strings.iter().zip(ask(&interpreter, &strings)) {
        compare(string, &bytes::wrap(string), Python::Two, &answer);
    }
}

fn python_2() -> Option<std::path::PathBuf> {
    let pyenv = std::env::var_os("HOME").map(|home| Path::new(&home).join(".pyenv/versions/2.7.18/bin/python2.7"));
    pyenv.into_iter().chain(["/usr/bin/python2.7".into()]).find(|path| path.exists())
}
