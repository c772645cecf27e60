//! What scripts print, by grub-emu: 2,000 here, as many as `PREGRUB_GRUB_SCRIPTS` says at the desk. One run of grub-emu executes many
//! of them, each in a context of its own.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use pregrub::grub::{self, ConfigPlace, GrubSettings, disks::NoDisk};

use super::generator::Generator;
use crate::common::tools;

/// How many scripts one run of grub-emu gets.
const BATCH: usize = 250;

/// What GRUB prints for each script, errors apart.
type Answers = BTreeMap<usize, (String, Vec<String>)>;

fn ask(grub_emu: &std::path::Path, scripts: &[String]) -> Answers {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let mut driver = "terminfo -u -g 65535x24 console dumb\n".to_owned();
    for (number, script) in scripts.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.cfg")), script).unwrap();
        driver += "unset x; unset y; unset z; unset _a; unset n1; set root=hd0; true\n";
        driver += &format!(
            "echo \"@@begin {number}\"; configfile (host){path}/{number}.cfg\necho; echo \"@@end {number}\"\n"
        );
    }
    std::fs::write(folder.path().join("grub.cfg"), driver + "halt\n").unwrap();
    let mut child = Command::new("timeout")
        .arg("60")
        .arg(grub_emu)
        .args(["-m", "/dev/null", "-d", path, "-r", "host"])
        .env("TERM", "dumb")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // Should it come to the prompt, it ends there.
    child.stdin.take().unwrap().write_all(b"cccc\nhalt\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "grub-emu ended with {:?}", output.status);
    let text = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    let mut answers = Answers::new();
    let mut current: Option<usize> = None;
    for line in text.lines() {
        if let Some(number) = line.split("@@begin ").nth(1) {
            current = number.parse().ok();
            answers.entry(current.unwrap()).or_default();
        } else if let Some((before, _)) = line.split_once("@@end ") {
            if let Some(answer) = current.take().and_then(|number| answers.get_mut(&number)) {
                answer.0 += before;
            }
        } else if let Some(answer) = current.and_then(|number| answers.get_mut(&number)) {
            match line.split_once("error: ") {
                // grub-emu looks for a server where a disk is missing.
                Some((before, error)) => {
                    answer.0 += before;
                    if !error.contains("no server") {
                        answer.1.push(error.to_owned());
                    }
                }
                None => answer.0 += &format!("{line}\n"),
            }
        }
    }
    answers
}

/// Without what grub-emu's terminal changes: tabs, and empty lines at an error.
fn plain(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.replace('\t', " ").split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect()
}

#[test]
fn is_grubs() {
    let Some(grub_emu) = tools::tool("grub-emu") else { return };
    let count = super::cases("PREGRUB_GRUB_SCRIPTS", 2000);
    let mut generator = Generator::new(super::seed());
    let place = ConfigPlace { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
    let mut wrong = Vec::new();
    for start in (0..count).step_by(BATCH) {
        let scripts: Vec<String> = (start..count.min(start + BATCH)).map(|number| generator.script(number)).collect();
        let answers = ask(&grub_emu, &scripts);
        assert_eq!(answers.len(), scripts.len(), "grub-emu did not get to its end");
        for (number, script) in scripts.iter().enumerate() {
            let run = grub::run(&NoDisk, &place, script.as_bytes(), &GrubSettings::default());
            let errors: Vec<String> = run.errors.iter().map(|error| error.text.clone()).collect();
            let output = String::from_utf8_lossy(&run.output).into_owned();
            let want = &answers[&number];
            if plain(&want.0) != plain(&output) || want.1 != errors {
                wrong.push(format!("{script}\n  GRUB {want:?}\n  ours {:?}", (output, errors)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}
