//! The drop-in `pregrub pygrub` held against the installed pygrub: the same arguments, the same environment.

use std::collections::BTreeMap;

use super::oracle::{Oracle, RunAnswer, RunCase};
use super::program;

/// The case for the drop-in, which is told to be the installed release.
pub fn case(case: &RunCase, oracle: &Oracle) -> RunCase {
    let mut ours = RunCase::new(case.id.clone(), case.argv.clone());
    ours.program = Some(vec![program::path().to_str().expect("UTF-8").to_owned(), "pygrub".to_owned()]);
    ours.keys.clone_from(&case.keys);
    ours.timeout = case.timeout;
    ours.size = case.size;
    ours.env.clone_from(&case.env);
    ours.env.extend(environment(oracle));
    ours
}

/// What the drop-in is told of the installed release.
pub fn environment(oracle: &Oracle) -> BTreeMap<String, Option<String>> {
    let release = format!("4.{}", oracle.minor);
    [("PREGRUB_RELEASE", release.as_str()), ("PREGRUB_FLAVOUR", "debian")]
        .map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
        .into()
}

/// Where the drop-in differs from pygrub, and should not.
///
/// Not compared: what is left of a run that failed (the drop-in leaves nothing), and of its standard error all but the last
/// line (pygrub prints a traceback there, the drop-in an explanation).
pub fn differences(name: &str, ours: &RunAnswer, theirs: &RunAnswer) -> Vec<String> {
    let mut found = Vec::new();
    let mut same = |what: &str, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
        let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
        if ours != theirs {
            found.push(format!("drop-in, {name}: {what}\n  pregrub {ours}\n  pygrub  {theirs}"));
        }
    };
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    same("exit status", &(ours.rc, ours.signal), &(theirs.rc, theirs.signal));
    same("standard output", &text(&ours.stdout), &text(&theirs.stdout));
    same("output file", &text(&ours.output), &text(&theirs.output));
    same("last line of standard error", &usage_apart(&ours.last_line()), &usage_apart(&theirs.last_line()));
    if theirs.rc == Some(0) {
        same("standard error", &usage_apart(&text(&ours.stderr)), &usage_apart(&text(&theirs.stderr)));
        let files = |answer: &RunAnswer| {
            let of_one = |(name, file): (&String, &super::oracle::LeftFile)| {
                (name.clone(), file.sha256.clone(), file.size, file.mode)
            };
            answer.files.iter().map(of_one).collect::<Vec<_>>()
        };
        // pygrub leaves the empty files of a run that copies nothing (-l, --isconfig).
        let copies = theirs.files.values().any(|file| file.size > 0) || !ours.files.is_empty();
        if copies {
            same("files", &files(ours), &files(theirs));
        }
    } else {
        same("files left", &ours.files.keys().collect::<Vec<_>>(), &Vec::<String>::new());
    }
    found
}

/// The usage line without the name that the program was called by.
fn usage_apart(text: &str) -> String {
    match text.strip_prefix("Usage: ") {
        Some(rest) => format!("Usage: {}", rest.find(" [").map_or(rest, |at| &rest[at..])),
        None => text.to_owned(),
    }
}
