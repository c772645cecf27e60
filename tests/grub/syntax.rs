//! What GRUB's parser accepts and rejects, by grub-script-check: 2,000 texts here, as many as `PREGRUB_GRUB_SYNTAX` says at the desk.

use std::process::Command;

use pregrub::grub;

use super::generator::Generator;
use crate::common::{program, tools};

/// The configurations of the corpus that GRUB reads.
pub fn real() -> Vec<Vec<u8>> {
    let folders = std::fs::read_dir(program::corpus("cases")).unwrap();
    let mut files: Vec<_> =
        folders.map(|folder| folder.unwrap().path().join("grub.cfg")).filter(|file| file.exists()).collect();
    files.sort();
    files.into_iter().map(|file| std::fs::read(file).unwrap()).filter(|text| text.len() < 20_000).collect()
}

/// What grub-script-check says, as a line: `ok`, `nothing`, or the place and the errors.
fn checked(program: &std::path::Path, file: &std::path::Path) -> String {
    let output = Command::new(program).arg(file).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return "ok".to_owned();
    }
    let place = text.lines().find_map(|line| line.strip_prefix("Syntax error at line "));
    let Some(place) = place else { return "nothing".to_owned() };
    let errors: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("error: ")).collect();
    format!("{place}: {}", errors.join("|"))
}

fn ours(text: &[u8]) -> String {
    let syntax = grub::check_syntax(text);
    match syntax.rejected.first() {
        Some(rejected) => format!("{}: {}", rejected.line, rejected.messages.join("|")),
        None if syntax.has_commands => "ok".to_owned(),
        None => "nothing".to_owned(),
    }
}

#[test]
fn is_that_of_grub_script_check() {
    let Some(program) = tools::tool("grub-script-check") else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text");
    let real = real();
    let mut wrong = Vec::new();
    let mut rejected = 0;
    let count = super::cases("PREGRUB_GRUB_SYNTAX", 2000);
    let mut generator = Generator::new(super::seed());
    for number in 0..count + real.len() {
        let text = match number.checked_sub(count) {
            Some(index) => real[index].clone(),
            None => generator.syntax(&real),
        };
        std::fs::write(&file, &text).unwrap();
        let want = checked(&program, &file);
        let got = ours(&text);
        rejected += usize::from(want != "ok");
        if want != got {
            wrong.push(format!("{:?}\n  GRUB {want}\n  ours {got}", String::from_utf8_lossy(&text)));
        }
    }
    assert!(rejected > count / 5 && rejected < count, "{rejected} of {count} are rejected");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}
