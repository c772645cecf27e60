//! Regular expressions: what Python refuses and with which message, and what is found where, by installed Pythons.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pregrub::python::Python;
use pregrub::python::regex::{CompileError, Regex};
use serde_json::Value;

use crate::common::random::Random;
use crate::common::tools;

/// Answers lines of JSON `[pattern, text]` by `[message]`, or by whether it is found anywhere and at the start.
const SCRIPT: &str = r#"
import json, re, sys, warnings
warnings.simplefilter("ignore")
two = sys.version_info[0] == 2
for line in sys.stdin:
    pattern, text = json.loads(line)
    if two:
        pattern, text = pattern.encode("latin-1"), text.encode("latin-1")
    try:
        compiled = re.compile(pattern)
        answer = [bool(compiled.search(text)), bool(compiled.match(text))]
    except Exception as error:
        answer = [str(error)]
    print(json.dumps(answer))
"#;

const PIECES: [&str; 58] = [
    "a", "b", "c", "GNU", " ", "-", "_", "0", "é", ".", "^", "$", "|", "(", ")", "(?:", "(?=", "(?!", "(?<=", "(?<!",
    "[", "]", "[^", "[a-c]", "[^a]", "[]a]", "[a-", "-z]", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{,2}",
    "{2,}", "{", "}", "{2", "{3,1}", "\\w", "\\W", "\\d", "\\D", "\\s", "\\S", "\\b", "\\B", "\\A", "\\Z", "\\.",
    "\\q", "\\1", "(?i)", "(?i:", "\\",
];
const TEXTS: [&str; 12] =
    ["", "a", "abc", "GNU/Linux", "a b-c", "aa_0", "caf\u{e9} b", "GNU\n", "\n", "cab GNU 00", "b\u{e9}", "(a]"];

fn ask(interpreter: &Path, questions: &[(String, &str)]) -> Vec<Value> {
    let mut child = Command::new(interpreter)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let input: String =
        questions.iter().map(|(pattern, text)| serde_json::to_string(&(pattern, text)).unwrap() + "\n").collect();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn compare(interpreter: &Path, python: Python, flags_anywhere: bool) {
    let mut random = Random::new(20_261_128);
    let questions: Vec<(String, &str)> = (0..20_000)
        .map(|_| {
            let count = 1 + random.below(6);
            let pattern = (0..count).map(|_| random.pick(&PIECES)).collect::<String>();
            (pattern, random.pick(&TEXTS))
        })
        .collect();
    let (mut answered, mut wrong) = (0, Vec::new());
    for ((pattern, text), answer) in questions.iter().zip(ask(interpreter, &questions)) {
        // A flag that does not stand first is an error since 3.11, and possessive repetitions are new there.
        let moved = pattern.rfind("(?i)").is_some_and(|at| at > 0);
        let new = ["*+", "++", "?+", "}+"].iter().any(|sign| pattern.contains(sign));
        if !flags_anywhere && (moved || new) {
            continue;
        }
        let ours = match Regex::new(pattern, python) {
            Err(CompileError::Unsupported(_)) => continue,
            Err(CompileError::Invalid(message)) => serde_json::json!([message]),
            Ok(regex) => match (regex.is_found(text), regex.is_found_at_start(text)) {
                (Ok(found), Ok(at_start)) => serde_json::json!([found, at_start]),
                _ => continue,
            },
        };
        answered += 1;
        if ours != answer {
            wrong.push(format!("{pattern:?} in {text:?}: pregrub {ours}, Python {answer}"));
        }
    }
    let shown = wrong.len().min(40);
    assert!(wrong.is_empty(), "{} of {answered}\n{}", wrong.len(), wrong[..shown].join("\n"));
    assert!(answered > 8_000, "{answered}");
}

fn of_pyenv(version: &str) -> Option<PathBuf> {
    let (short, _) = version.rsplit_once('.')?;
    let path = Path::new(&std::env::var_os("HOME")?).join(format!(".pyenv/versions/{version}/bin/python{short}"));
    if !path.exists() {
        println!("SKIPPED: no python{short}");
    }
    path.exists().then_some(path)
}

#[test]
fn the_installed_python_agrees() {
    if let Some(interpreter) = tools::system_python() {
        compare(&interpreter, Python::Three, false);
    }
}

/// The Pythons of XCP-ng, where they are installed, which no continuous integration has.
#[test]
fn pythons_of_xcp_ng_agree() {
    if let Some(interpreter) = of_pyenv("2.7.18") {
        compare(&interpreter, Python::Two, true);
    }
    if let Some(interpreter) = of_pyenv("3.6.15") {
        compare(&interpreter, Python::Three, true);
    }
}
