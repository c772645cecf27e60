//! The installed pygrub as the judge of tests, through the Python programs of `tests/oracle/`.
//!
//! Without one, a test says so and passes, so that `cargo test` works anywhere; with `CI` or `PREGRUB_REQUIRE_ORACLE`
//! set, it fails, so that nobody believes a comparison that never happened.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// The oracle, or the end of the test that calls this: visibly skipped, or failed where the oracle is required.
macro_rules! oracle_or_skip {
    () => {{
        fn here() {}
        match $crate::common::oracle::Oracle::for_test(std::any::type_name_of_val(&here)) {
            Some(oracle) => oracle,
            None => return,
        }
    }};
}

/// The real pygrub, and the Python that runs it.
#[derive(Debug, Clone)]
pub struct Oracle {
    pub pygrub: PathBuf,
    pub python: PathBuf,
    /// The minor release: 17 of 4.17.
    pub minor: u32,
}

/// A parser of pygrub's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    Grub2,
    Legacy,
    Extlinux,
}

impl Dialect {
    pub const ALL: [Dialect; 3] = [Dialect::Grub2, Dialect::Legacy, Dialect::Extlinux];

    pub fn name(self) -> &'static str {
        match self {
            Dialect::Grub2 => "grub2",
            Dialect::Legacy => "legacy",
            Dialect::Extlinux => "extlinux",
        }
    }
}

/// A configuration to ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigCase {
    pub id: String,
    pub dialect: Dialect,
    pub text: Vec<u8>,
    pub entry: Option<String>,
    pub args: Option<String>,
}

/// A string of pygrub's: Unicode, or bytes that are not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Text {
    Unicode(String),
    Bytes(Vec<u8>),
}

impl Text {
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Text::Unicode(text) => text.as_bytes(),
            Text::Bytes(bytes) => bytes,
        }
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Text::Unicode(text.to_owned())
    }
}

// By way of Value, here and below: with serde_json's arbitrary_precision an untagged enum cannot hold a number.
impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Text::Unicode(text)),
            other => other
                .get("b64")
                .and_then(Value::as_str)
                .and_then(|text| BASE64.decode(text.as_bytes()).ok())
                .map(Text::Bytes)
                .ok_or_else(|| serde::de::Error::custom(format!("not a text: {other}"))),
        }
    }
}

/// A value as pygrub stores it: an integer of any size, in decimal digits, or a string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    Int(String),
    Text(Text),
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        match (&value, value.get("int").and_then(Value::as_str)) {
            (Value::Number(number), _) => Ok(Scalar::Int(number.to_string())),
            (_, Some(digits)) => Ok(Scalar::Int(digits.to_owned())),
            _ => Text::deserialize(value).map(Scalar::Text).map_err(serde::de::Error::custom),
        }
    }
}

/// An entry as pygrub parsed it. A device is its repr (`d0p1`); the extlinux parser keeps `""` for the root.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Image {
    pub title: Text,
    pub root: Option<String>,
    pub kernel: Option<(Option<String>, Text)>,
    pub args: Option<Text>,
    pub initrd: Option<(Option<String>, Text)>,
}

/// What a run without a menu would ask the file system for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Boot {
    pub kernel: Text,
    pub ramdisk: Option<Text>,
    /// `None` in releases up to 4.2 only, where an entry without arguments had none.
    pub args: Option<Text>,
}

/// Where an exception ends a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    Parse,
    Select,
}

/// A Python exception. In a listing it has no stage.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Raised {
    pub stage: Option<Stage>,
    #[serde(rename = "type")]
    pub kind: String,
    pub msg: Text,
}

/// What `-l` prints of a configuration, and what ends it early.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Listing {
    pub out: Text,
    pub error: Option<Raised>,
}

/// What pygrub makes of a configuration: the shape of `expect` in `corpus/conformance/config.jsonl`. After an
/// exception in parsing only `error` and `warnings` (and `list`) are there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ConfigAnswer {
    #[serde(default)]
    pub id: Option<String>,
    pub images: Option<Vec<Image>>,
    pub default: Option<Scalar>,
    pub timeout: Option<Scalar>,
    pub password: Option<bool>,
    /// After `--entry`, before the fall back to the first entry.
    pub sel: Option<Scalar>,
    /// The entry that boots.
    pub index: Option<usize>,
    pub boot: Option<Boot>,
    pub error: Option<Raised>,
    pub warnings: Vec<Text>,
    /// Not in `config.jsonl`.
    pub list: Option<Listing>,
}

impl ConfigAnswer {
    /// In one line, with what differs from input to input taken out: to count how inputs end.
    pub fn outcome(&self) -> String {
        match (&self.error, &self.boot) {
            (Some(raised), _) => {
                let stage = if raised.stage == Some(Stage::Select) { "select" } else { "parse" };
                format!("{stage} {}: {}", raised.kind, normalised(&raised.msg.to_string()))
            }
            (None, Some(boot)) if boot.kernel.as_bytes().is_empty() => "empty kernel path".to_owned(),
            (None, _) => "boots".to_owned(),
        }
    }
}

fn normalised(message: &str) -> String {
    if message.starts_with("'utf-8'") {
        let reason = message.rsplit_once(": ").map_or("", |(_, reason)| reason);
        return format!("'utf-8' codec can't decode …: {reason}");
    }
    // What was found stands from here on; Python quotes it either way.
    let ends: &[char] = if message.starts_with("syntax error") {
        &['(']
    } else if message.starts_with("invalid literal") {
        &['\'', '"']
    } else {
        &[]
    };
    let told = message.find(ends).map_or(message, |end| &message[..end]);
    told.chars().filter(|character| !character.is_ascii_digit()).collect::<String>().trim_end().to_owned()
}

/// A whole run to start. In `argv` and `program`, `@OUT` is a fresh output directory and `@FILE` an empty file.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RunCase {
    pub id: String,
    pub argv: Vec<String>,
    /// Seconds until it is killed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<f64>,
    /// Instead of pygrub: a program that wants to be like it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub program: Option<Vec<String>>,
    /// Changes to the environment; `None` takes a variable out.
    pub env: BTreeMap<String, Option<String>>,
    /// On a terminal: what is typed, and after how many seconds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<(f64, String)>,
    /// On a terminal: rows and columns of its window, which has none otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<(u16, u16)>,
}

impl RunCase {
    pub fn new<A: Into<String>>(id: impl Into<String>, argv: impl IntoIterator<Item = A>) -> Self {
        Self { id: id.into(), argv: argv.into_iter().map(Into::into).collect(), ..Self::default() }
    }

    #[must_use]
    pub fn with_keys(mut self, keys: &[(f64, &str)]) -> Self {
        self.keys = keys.iter().map(|(seconds, text)| (*seconds, (*text).to_owned())).collect();
        self
    }
}

/// A file that a run left.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LeftFile {
    pub sha256: String,
    pub size: u64,
    pub mode: u32,
    /// Where it is shorter than 4096 bytes.
    #[serde(rename = "content_b64", default, deserialize_with = "base64_option")]
    pub content: Option<Vec<u8>>,
}

/// How a run ended. The output directory stands as `@OUT` in all of it, and random parts of names as `XXXXXXXX`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct RunAnswer {
    pub id: Option<String>,
    /// `None` where a signal ended it.
    pub rc: Option<i32>,
    pub signal: Option<i32>,
    #[serde(default)]
    pub timed_out: bool,
    pub seconds: f64,
    #[serde(rename = "stdout_b64", default, deserialize_with = "base64_bytes")]
    pub stdout: Vec<u8>,
    #[serde(rename = "stderr_b64", default, deserialize_with = "base64_bytes")]
    pub stderr: Vec<u8>,
    /// What is in `@FILE`.
    #[serde(rename = "output_b64", default, deserialize_with = "base64_bytes")]
    pub output: Vec<u8>,
    /// Everything written to the terminal.
    #[serde(rename = "screen_b64", default, deserialize_with = "base64_bytes")]
    pub screen: Vec<u8>,
    /// How many bytes of it came before each key.
    #[serde(default)]
    pub before_key: Vec<usize>,
    pub files: BTreeMap<String, LeftFile>,
}

impl RunAnswer {
    /// The output file split at NUL, as libxl does it.
    pub fn items(&self) -> Vec<String> {
        if self.output.is_empty() {
            return Vec::new();
        }
        self.output.split(|byte| *byte == 0).map(|item| String::from_utf8_lossy(item).into_owned()).collect()
    }

    /// The last line of standard error: the exception, where a traceback ends the run.
    pub fn last_line(&self) -> String {
        String::from_utf8_lossy(&self.stderr).lines().last().unwrap_or_default().to_owned()
    }
}

fn base64_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    BASE64.decode(String::deserialize(deserializer)?.as_bytes()).map_err(serde::de::Error::custom)
}

fn base64_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    base64_bytes(deserializer).map(Some)
}

/// A menu to draw.
#[derive(Debug, Clone, Serialize)]
pub struct Menu {
    pub titles: Vec<String>,
    pub selected: usize,
}

fn set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

impl Oracle {
    /// The newest pygrub installed; `PREGRUB_ORACLE_PYGRUB` names another one.
    pub fn find() -> Option<Oracle> {
        let pygrub = match std::env::var_os("PREGRUB_ORACLE_PYGRUB").filter(|path| !path.is_empty()) {
            Some(path) => PathBuf::from(path),
            None => newest()?,
        };
        // The script's own interpreter: its modules are built for that one, not for whatever python3 comes first in PATH.
        let script = std::fs::read(&pygrub).ok()?;
        let first = String::from_utf8_lossy(script.split(|byte| *byte == b'\n').next()?).into_owned();
        let python = PathBuf::from(first.strip_prefix("#!")?.split_whitespace().next()?);
        let minor =
            pygrub.to_string_lossy().split("xen-4.").nth(1).and_then(|rest| rest.split('/').next()?.parse().ok());
        python.exists().then_some(Oracle { pygrub, python, minor: minor.unwrap_or(17) })
    }

    /// For `oracle_or_skip!`, with the path of a function inside the test.
    pub fn for_test(inside: &str) -> Option<Oracle> {
        let found = Self::find();
        if found.is_none() {
            let test = inside.trim_end_matches("::here");
            let line = format!("SKIPPED (no pygrub: install xen-utils-4.17): {test}\n");
            assert!(!set("CI") && !set("PREGRUB_REQUIRE_ORACLE"), "{line}");
            // Not eprintln!, which the test harness keeps to itself when a test passes.
            let _ = std::io::stderr().write_all(line.as_bytes());
        }
        found
    }

    /// What pygrub makes of each configuration, in the order of the cases.
    pub fn configs(&self, cases: &[ConfigCase]) -> Vec<ConfigAnswer> {
        let lines = cases.iter().map(|case| {
            json!({"id": case.id, "dialect": case.dialect.name(), "text_b64": BASE64.encode(case.text.as_ref()),
                   "entry": case.entry, "args": case.args})
        });
        let answers: Vec<ConfigAnswer> = self.ask("config_oracle.py", lines);
        assert_eq!(answers.len(), cases.len(), "the oracle answered some cases only");
        answers
    }

    /// Whole runs without a terminal, in the order of the cases.
    pub fn runs(&self, cases: &[RunCase]) -> Vec<RunAnswer> {
        self.processes("run_oracle.py", cases)
    }

    /// Whole runs on a pseudo-terminal, started as libxl starts pygrub. They mostly wait, so many run at a time.
    pub fn terminal_runs(&self, cases: &[RunCase]) -> Vec<RunAnswer> {
        self.processes("pty_run.py", cases)
    }

    /// Whether pygrub's menu can draw each: `None`, or the message of the exception that ends it.
    pub fn menus(&self, menus: &[Menu]) -> Vec<Option<String>> {
        let answers: Vec<Value> = self.ask("menu_oracle.py", menus.iter().map(|menu| json!(menu)));
        assert_eq!(answers.len(), menus.len(), "the menu oracle answered some menus only");
        answers.iter().map(|answer| answer["error"]["msg"].as_str().map(str::to_owned)).collect()
    }

    fn processes(&self, program: &str, cases: &[RunCase]) -> Vec<RunAnswer> {
        let answers: Vec<RunAnswer> = self.ask(program, cases.iter().map(|case| json!(case)));
        assert_eq!(answers.len(), cases.len(), "{program} answered some cases only");
        answers
    }

    /// The answers of a program of `tests/oracle/`, one to each line.
    pub fn ask<A: for<'de> Deserialize<'de>>(&self, program: &str, lines: impl Iterator<Item = Value>) -> Vec<A> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle").join(program);
        let mut child = Command::new(&self.python)
            .arg(&path)
            .env("PREGRUB_ORACLE_PYGRUB", &self.pygrub)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONIOENCODING", "utf-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.python.display()));
        let questions: String = lines.map(|line| format!("{line}\n")).collect();
        let mut stdin = child.stdin.take().expect("piped above");
        // Both ends at once: a pipe that nobody empties stops the other side. Where the child dies, its status tells.
        let writer = std::thread::spawn(move || drop(stdin.write_all(questions.as_bytes())));
        let answers = BufReader::new(child.stdout.take().expect("piped above"))
            .lines()
            .map(|line| {
                let line = line.expect("the oracle writes UTF-8");
                serde_json::from_str(&line).unwrap_or_else(|error| panic!("{program}: {error}: {line}"))
            })
            .collect();
        writer.join().expect("the writer does not panic");
        let status = child.wait().expect("the child was started here");
        assert!(status.success(), "{program}: {status}");
        answers
    }
}

fn newest() -> Option<PathBuf> {
    let mut found: Vec<(Vec<u32>, PathBuf)> = std::fs::read_dir("/usr/lib")
        .ok()?
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let release = name.strip_prefix("xen-")?.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
            Some((release, entry.path().join("bin/pygrub")))
        })
        .filter(|(_, path)| path.is_file())
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path)
}

/// A recorded case of `corpus/conformance/config.jsonl`.
#[derive(Debug, Clone)]
pub struct RecordedCase {
    pub case: ConfigCase,
    /// By range of minor releases, as written.
    pub expect: BTreeMap<String, ConfigAnswer>,
}

impl RecordedCase {
    /// What the last point release of 4.`minor` makes of it.
    pub fn expected(&self, minor: u32) -> Option<&ConfigAnswer> {
        self.expect.iter().find(|(range, _)| covers(range, minor)).map(|(_, answer)| answer)
    }
}

/// Whether ranges like `4.0,4.2-4.3` contain a minor release.
pub fn covers(ranges: &str, minor: u32) -> bool {
    ranges.split(',').any(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let minor_of = |release: &str| release.strip_prefix("4.").and_then(|minor| minor.parse::<u32>().ok());
        minor_of(first).is_some_and(|first| first <= minor) && minor_of(last).is_some_and(|last| minor <= last)
    })
}

/// The recorded configurations, without the elilo ones that pygrub cannot reach on x86.
pub fn recorded_cases() -> Vec<RecordedCase> {
    conformance("config.jsonl")
        .into_iter()
        .filter_map(|line| {
            let dialect = match line["parser"].as_str()? {
                "grub2" => Dialect::Grub2,
                "grub" => Dialect::Legacy,
                "extlinux" => Dialect::Extlinux,
                _ => return None,
            };
            let text = match (line["input_b64"].as_str(), line["input_parts"].as_array()) {
                (Some(text), _) => decoded(text),
                (None, parts) => parts
                    .expect("an input in one piece or in parts")
                    .iter()
                    .flat_map(|part| {
                        decoded(text_of(&part[0])).repeat(usize::try_from(part[1].as_u64().unwrap_or(0)).unwrap())
                    })
                    .collect(),
            };
            Some(RecordedCase {
                case: ConfigCase {
                    id: text_of(&line["id"]).to_owned(),
                    dialect,
                    text,
                    entry: line["entry"].as_str().map(str::to_owned),
                    args: line["args"].as_str().map(str::to_owned),
                },
                expect: BTreeMap::deserialize(&line["expect"]).expect("the shape in corpus/conformance/README.md"),
            })
        })
        .collect()
}

/// What `-l` prints, by id and range of releases.
pub fn recorded_listings() -> BTreeMap<String, BTreeMap<String, Listing>> {
    conformance("list-entries.jsonl")
        .into_iter()
        .map(|line| {
            let by_release = BTreeMap::deserialize(&line["list"]).expect("the shape in corpus/conformance/README.md");
            (text_of(&line["id"]).to_owned(), by_release)
        })
        .collect()
}

fn conformance(name: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/conformance").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON Lines")).collect()
}

fn text_of(value: &Value) -> &str {
    value.as_str().expect("a string")
}

fn decoded(text: &str) -> Vec<u8> {
    BASE64.decode(text.as_bytes()).expect("base64")
}
