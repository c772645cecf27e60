//! Ways to write an assignment to `default` and `timeout`, through the installed pygrub and grub-emu: where the two do not take the same
//! from a line, and where neither takes what is written, a finding says so; where both do, none.

use std::fs;

use pregrub::boot::{self, Options};
use pregrub::config::Dialect;
use pregrub::lint::{self, Levels, LintContext};
use pregrub::target::Kind;

use crate::common::ext_images;
use crate::common::grub::{GrubCase, picks};
use crate::common::oracle::{ConfigCase, Dialect as OracleDialect, Scalar};
use crate::common::tools;

/// Lines, with `V` for the variable. All mean 1.
const LINES: &[&str] = &[
    "V 1",
    "V=1",
    "V = 1",
    "set V 1",
    "set V=1",
    "set V = 1",
    "set V= 1",
    "set V =1",
    "set  V=1",
    "set\tV=1",
    "set \"V=1\"",
    "set 'V=1'",
    "set \"V\"=1",
    "set V=\"1\"",
    "set V='1'",
    "set V=\" 1\"",
    "set V=\"1\"x",
    "set V=1;",
    "set V=1 ;",
    "set V=1 # x",
    "set V=1#x",
    "set V=1 2",
    "set V=\\1",
    "set V=+1",
    "set V=01",
    "true; set V=1",
    "set x=2; set V=1",
    "eval set V=1",
    "eval \"set V=1\"",
    "export V=1",
    "SET V=1",
    "set V:1",
    "set x=2\nset V=$x",
    "set V=1\nexport V",
];

/// Rules that are about the default, and about the timeout.
const ABOUT: [(&str, &[&str]); 2] = [
    ("default", &["PG005", "PG006", "PG012", "PG101", "PG104", "PG111", "PG113", "PG115", "PG701"]),
    ("timeout", &["PG005", "PG006", "PG015", "PG108", "PG115"]),
];

const MENU: &str = "menuentry \"A\" {\n  linux /k0\n}\nmenuentry \"B\" {\n  linux /k1\n}\n";

/// GRUB takes what a number begins with: `2s` is 2.
fn leading_digits(text: &str) -> Option<u64> {
    text[..text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())].parse().ok()
}

fn written(value: &Scalar) -> String {
    match value {
        Scalar::Int(digits) => digits.clone(),
        Scalar::Text(text) => String::from_utf8_lossy(text.as_bytes()).into_owned(),
    }
}

#[test]
fn are_taken_alike_or_found() {
    let oracle = oracle_or_skip!();
    if tools::tool("grub-emu").is_none() || tools::tool("mke2fs").is_none() {
        return;
    }
    let mut texts = Vec::new();
    for (variable, codes) in ABOUT {
        // Another timeout would be a finding of its own.
        let before = if variable == "default" { "set timeout=5\n" } else { "" };
        texts.extend(LINES.iter().map(|line| {
            let line = line.replace('V', variable);
            (variable, codes, line.clone(), format!("{before}{line}\n{MENU}"))
        }));
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    for file in ["k0", "k1"] {
        fs::write(root.join(file), file).unwrap();
    }
    for (number, (.., text)) in texts.iter().enumerate() {
        fs::write(root.join(format!("{number}.cfg")), text).unwrap();
    }
    let image = folder.path().join("image");
    ext_images::make(&image, &root, "16M", &["-t", "ext4", "-O", "^has_journal"]);
    let image = image.to_str().unwrap();
    let asked: Vec<GrubCase> =
        (0..texts.len()).map(|number| GrubCase::whole_disk(image.to_owned(), &format!("/{number}.cfg"))).collect();
    let grub = picks(&asked).unwrap();
    let cases: Vec<ConfigCase> = texts
        .iter()
        .enumerate()
        .map(|(number, (.., text))| ConfigCase {
            id: number.to_string(),
            dialect: OracleDialect::Grub2,
            text: text.clone().into_bytes(),
            entry: None,
            args: None,
        })
        .collect();
    let mut wrong = Vec::new();
    for (((variable, codes, line, text), theirs), ours) in texts.iter().zip(grub).zip(oracle.configs(&cases)) {
        let (pygrubs, grubs) = if *variable == "default" {
            let title = ours.boot.as_ref().map(|boot| if boot.kernel.as_bytes() == b"/k1" { "B" } else { "A" });
            (title.map(str::to_owned), theirs.title)
        } else {
            // As Python's int() has it, but for a missing one; below 0 pygrub has none.
            let strict = |text: String| text.trim().parse::<i64>().ok();
            let seconds = ours.timeout.as_ref().map(written).and_then(strict).and_then(|n| u64::try_from(n).ok());
            let grubs = theirs.timeout.and_then(|text| leading_digits(text.trim()));
            (ours.error.is_none().then(|| format!("{seconds:?}")), Some(format!("{grubs:?}")))
        };
        let meant = if *variable == "default" { "B" } else { "Some(1)" };
        let taken_alike = pygrubs == grubs && pygrubs.as_deref() == Some(meant);
        let run = boot::run_config("grub.cfg", Dialect::Grub2, text.clone().into_bytes(), Options::default());
        let findings = lint::lint(&LintContext::new(&run, Kind::Config), &Levels::default());
        let found: Vec<&str> =
            findings.iter().map(|finding| finding.rule.code).filter(|code| codes.contains(code)).collect();
        if taken_alike != found.is_empty() {
            wrong.push(format!("{line:?}: pygrub {pygrubs:?}, GRUB {grubs:?}, found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
}
