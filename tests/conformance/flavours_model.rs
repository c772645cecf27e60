//! An independent model of what the patches change, written from their description: a step before upstream's parser, and a step
//! after upstream's selection. It agrees with every recorded result, and judges generated configurations.
//!
//! `PREGRUB_FLAVOUR_CASES=200000 PREGRUB_FUZZ_SEED=7 cargo test flavours_model` for longer.

use std::fmt::Write as _;

use pregrub::boot::{Overrides, RuleFiles};
use pregrub::config::{self, Dialect};
use pregrub::flavour::{Build, Flavour};
use pregrub::python::Python;
use serde_json::{Value, json};

use super::config::{dialect, input, is_met, read};
use crate::common::random::Random;
use crate::common::setting::setting;
use crate::common::shape;

/// White space as the flavour's Python strips it.
fn strip(line: &str, python: Python) -> &str {
    let blank = |c: char| match python {
        Python::Two => matches!(c, ' ' | '\t'..='\r'),
        Python::Three => {
            matches!(c, ' ' | '\t'..='\r' | '\x1c'..='\x1f' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}')
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
        }
    };
    line.trim_matches(blank)
}

/// XenServer: the text without what its parser leaves out. Lines stay in their places.
fn without_ifs(text: &str, python: Python) -> String {
    let (mut function, mut skips) = (false, false);
    let mut out = String::new();
    for whole in text.split('\n') {
        let line = strip(whole, python);
        let mut keep = true;
        if line.is_empty() || line.starts_with('#') {
            // Nothing in any case.
        } else if line.starts_with("function") {
            keep = false;
            function = true;
        } else if line.starts_with("if") {
            keep = false;
            if !line.split(';').any(|piece| strip(piece, python) == "fi") {
                skips = true;
            }
        } else if function || skips {
            keep = false;
            if line.starts_with('}') {
                function = false;
            } else if line.starts_with("fi") {
                skips = false;
            }
        }
        if keep {
            out.push_str(whole);
        }
        out.push('\n');
    }
    out.pop();
    out
}

/// Whether upstream's parser takes the line for the header of an entry.
fn is_header(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("menuentry ") else { return false };
    let is_quote = |c: char| c == '"' || c == '\'';
    let mut title = rest.char_indices();
    if !title.next().is_some_and(|(_, c)| is_quote(c)) {
        return false;
    }
    title.any(|(at, c)| is_quote(c) && rest[at + 1..].starts_with(' ') && rest[at + 1..].contains('{'))
}

/// SUSE: the text with a closing brace after every entry on one line.
fn with_closed_entries(text: &str, python: Python) -> String {
    let mut function = false;
    let mut out = String::new();
    for whole in text.split('\n') {
        let line = strip(whole, python);
        out.push_str(whole);
        if line.starts_with("function") {
            function = true;
        } else if function {
            function = !line.starts_with('}');
        } else if is_header(line) && line.ends_with('}') {
            out.push_str("\n}");
        }
        out.push('\n');
    }
    out.pop();
    out
}

/// The model's answer, in the shape of the data. `rejects` says which titles the host's rules reject.
fn model(
    dialect: Dialect,
    text: &[u8],
    entry: Option<&[u8]>,
    args: &[u8],
    build: Build,
    rejects: &dyn Fn(&str) -> bool,
) -> Value {
    let python = build.python();
    // The read limit counts before the step, which makes text longer or shorter.
    let text = &text[..text.len().min(1 << 20)];
    let latin: String = text.iter().map(|&byte| char::from(byte)).collect();
    let step = |text: &str| match (dialect, build.flavour) {
        (Dialect::Grub2, Flavour::XcpNg) => without_ifs(text, python),
        (Dialect::Grub2, Flavour::Suse) => with_closed_entries(text, python),
        _ => text.to_owned(),
    };
    let stepped: Vec<u8> = match python {
        Python::Two => step(&latin).chars().map(|c| c as u8).collect(),
        Python::Three => match std::str::from_utf8(text) {
            Ok(text) => step(text).into_bytes(),
            Err(_) => text.to_vec(),
        },
    };
    let parsed = config::parse(dialect, &stepped, build.release);
    let overrides = |entry| Overrides { entry, args, rules: None };
    let mut answer = shape::answer(&parsed, overrides(entry), build.release);
    let parse_failed = answer["error"]["stage"] == "parse";
    if build.flavour == Flavour::Suse {
        if dialect != Dialect::Extlinux
            && let Some(warnings) = answer["warnings"].as_array_mut()
        {
            warnings.retain(|warning| {
                warning.as_str().is_none_or(|text| {
                    !text.starts_with("Unknown directive") && !text.starts_with("Unknown image directive")
                })
            });
        }
        if !parse_failed {
            suse(&mut answer);
        }
    }
    if build.flavour == Flavour::XcpNg && !parse_failed && answer["error"]["type"] != "AttributeError" {
        let plain = shape::answer(&parsed, overrides(None), build.release);
        xen_server(&mut answer, &plain, &parsed, overrides(entry), build, rejects);
    }
    answer
}

fn error(answer: &mut Value, kind: &str, message: &str) {
    for key in ["index", "boot"] {
        answer.as_object_mut().unwrap().remove(key);
    }
    answer["error"] = json!({"stage": "select", "type": kind, "msg": message});
}

/// The first entry decides.
fn suse(answer: &mut Value) {
    let first = answer["images"].get(0).cloned();
    let looks = match &first {
        None => true,
        Some(image) => match image["kernel"][1].as_str() {
            None if image["kernel"].is_null() => {
                answer["warnings"] = json!(without_late(answer));
                error(answer, "TypeError", "'NoneType' object is not subscriptable");
                answer.as_object_mut().unwrap().remove("sel");
                return;
            }
            path => path.is_some_and(|path| path.contains("xen.gz") || path.contains("xen-pae.gz")),
        },
    };
    if looks {
        answer["warnings"] = json!(without_late(answer));
        for key in ["sel", "index", "boot", "error"] {
            answer.as_object_mut().unwrap().remove(key);
        }
    }
}

/// The warnings without the one of the selection, which is not reached.
fn without_late(answer: &Value) -> Vec<Value> {
    let warnings = answer["warnings"].as_array().unwrap();
    warnings.iter().filter(|warning| *warning != "Default image not found").cloned().collect()
}

/// Rules, the title, `--entry`.
fn xen_server(
    answer: &mut Value,
    plain: &Value,
    parsed: &config::Config,
    overrides: Overrides<'_>,
    build: Build,
    rejects: &dyn Fn(&str) -> bool,
) {
    let wanted = plain["sel"].as_u64();
    let count = parsed.entries.len();
    let Some(wanted) = wanted.map(|wanted| wanted as usize).filter(|&wanted| wanted < count) else {
        answer["sel"] = plain["sel"].clone();
        return error(answer, "IndexError", "list index out of range");
    };
    let title = |index: usize| parsed.entries[index].title.to_string_lossy().into_owned();
    let mut chosen = wanted;
    if rejects(&title(wanted))
        && let Some(other) = (0..count).find(|&index| index != wanted && !rejects(&title(index)))
    {
        chosen = other;
    }
    if build.python() == Python::Two && title(chosen).contains('\0') {
        answer["sel"] = plain["sel"].clone();
        return error(answer, "TypeError", "[priority,] message string");
    }
    if chosen == wanted {
        return;
    }
    // As if the default were that entry.
    let mut changed = parsed.clone();
    changed.default = pregrub::config::Setting::Number(pregrub::python::Int::Small(chosen as i64));
    let other = shape::answer(&changed, overrides, build.release);
    for key in ["sel", "index", "boot", "error"] {
        answer.as_object_mut().unwrap().remove(key);
        if let Some(value) = other.get(key) {
            answer[key] = value.clone();
        }
    }
}

fn ours(dialect: Dialect, text: &[u8], entry: Option<&[u8]>, args: &[u8], build: Build, rules: &RuleFiles) -> Value {
    let parsed = config::parse(dialect, text, build);
    shape::answer(&parsed, Overrides { entry, args, rules: Some(rules) }, build)
}

fn without_nulls(mut value: Value) -> Value {
    for key in ["sel", "index", "boot"] {
        if value.get(key) == Some(&Value::Null) {
            value.as_object_mut().unwrap().remove(key);
        }
    }
    value
}

const BUILDS: [&str; 6] = ["suse-4.18", "suse-4.20", "suse-4.21", "xcp-ng-7.6", "xcp-ng-8.2", "xcp-ng-8.3"];

/// The model is right where results are recorded. Those with rules on titles and with integers of thousands of digits are left to
/// the comparison of pregrub itself; rules here are `contains`.
#[test]
fn the_model_agrees_with_the_recorded_results() {
    let (mut compared, mut wrong) = (0, Vec::new());
    for case in read("flavours-config.jsonl") {
        let id = case["id"].as_str().unwrap();
        if !is_met(id) || case.get("rules").is_some() || id.contains("5000digits") {
            continue;
        }
        for (name, recorded) in case["expect"].as_object().unwrap() {
            let entry = case["entry"].as_str().map(str::as_bytes);
            let args = case["args"].as_str().unwrap_or_default().as_bytes();
            let build = name.parse().unwrap();
            let got = without_nulls(model(dialect(&case).unwrap(), &input(&case), entry, args, build, &|_| false));
            compared += 1;
            if got != without_nulls(recorded.clone()) {
                wrong.push(format!("{id} {name}\n want  {recorded}\n model {got}"));
            }
        }
    }
    let shown = wrong.len().min(12);
    assert!(wrong.is_empty(), "{} of {compared}\n{}", wrong.len(), wrong[..shown].join("\n"));
    assert!(compared > 1_500, "{compared}");
}

const LINES: [&str; 48] = [
    "if [ x = x ]; then",
    "if true",
    "if x; then y; fi",
    "if x; true && fi",
    "  if [ \"${platform}\" = \"efi\" ]; then",
    "iffy=1",
    "\u{a0}if x",
    "if y; then z; fi\u{a0}",
    "fi",
    "fi;",
    "  fi # end",
    "file",
    "FI",
    "else",
    "elif y; then",
    "then",
    "function f {",
    "functional=1",
    "}",
    "} # x",
    "};",
    "menuentry \"A\" {",
    "menuentry 'B' --class x {",
    "menuentry \"A\" { linux /one }",
    "menuentry \"one\" {}",
    "menuentry \"x\" { # ${y}",
    "menuentry \"x\" { } # z",
    "menuentry \"x\" {};",
    "menuentry x { }",
    "menuentry  \"x\" { }",
    "menuentry \"trail\" { } \t",
    "menuentry \"nb\" { }\u{a0}",
    "submenu \"S\" {",
    "submenu \"S\" { }",
    "linux /k a=b",
    "linux /boot/xen.gz placeholder",
    "linux /x/myxen-pae.gz.old",
    "  linux /kB",
    "initrd /i",
    "set default=0",
    "set default=1",
    "set default=\"2\"",
    "set timeout=5",
    "set root='hd0,1'",
    "set root=$odd",
    "bogus directive",
    "# if comment",
    "",
];

fn configuration(random: &mut Random) -> String {
    let mut text = String::new();
    // Whole entries and blocks, so that not everything ends in an error, and single lines between them.
    for _ in 0..1 + random.below(6) {
        match random.below(10) {
            0..=3 => {
                let name = random.pick(&["A", "B", "Xen", "recovery"]);
                let kernel = random.pick(&["/k", "/kB", "/boot/xen.gz", "/boot/xen-4.12.gz"]);
                let _ = writeln!(text, "menuentry \"{name}\" {{\n  linux {kernel} a\n  initrd /i\n}}");
            }
            4 => {
                let inner = random.pick(&LINES);
                let _ = writeln!(text, "if [ -s x ]; then\n  {inner}\nfi");
            }
            5 => {
                let (one, two) = (random.pick(&LINES), random.pick(&LINES));
                let _ = writeln!(text, "if a; then\n{one}\nif b; then\n{two}\nfi\n{one}\nfi");
            }
            6 => text.push_str("menuentry \"halt\" { halt }\n"),
            _ => {
                for _ in 0..random.below(3) {
                    text.push_str(random.pick(&LINES));
                    text.push('\n');
                }
            }
        }
    }
    text
}

#[test]
fn generated_configurations() {
    let count: usize = setting("PREGRUB_FLAVOUR_CASES", 20_000);
    let seed: u64 = setting("PREGRUB_FUZZ_SEED", 20_261_128);
    let mut random = Random::new(seed);
    let builds = BUILDS.map(|name| name.parse::<Build>().unwrap());
    let (mut boots, mut looks, mut raises) = (0, 0, 0);
    for number in 0..count {
        let text = configuration(&mut random);
        let build = random.pick(&builds);
        let entry = random.chance(25).then(|| random.pick(&["0", "1", "B", "recovery", "7", "no"]).as_bytes());
        let word = random.pick(&["A", "B", "halt", "o"]);
        let has_rules = random.chance(20);
        let rules = RuleFiles::new(
            has_rules.then(|| ("local".to_owned(), Some(format!("title blacklist {word}\n").into_bytes()))),
        );
        let rejects = |title: &str| has_rules && title.contains(word);
        let want = model(Dialect::Grub2, text.as_bytes(), entry, b"", build, &rejects);
        let got = ours(Dialect::Grub2, text.as_bytes(), entry, b"", build, &rules);
        assert_eq!(
            got,
            want,
            "case {number} of seed {seed}, {}, entry {entry:?}, rejects {has_rules} {word}\n{text}",
            build.name()
        );
        boots += usize::from(got.get("boot").is_some());
        raises += usize::from(got.get("error").is_some());
        looks += usize::from(got.get("boot").is_none() && got.get("error").is_none());
    }
    eprintln!("{count} configurations: {boots} select, {raises} raise, {looks} look for fixed kernels");
    assert!(boots > count / 10 && raises > count / 10 && looks > count / 100, "{boots} {raises} {looks}");
}
