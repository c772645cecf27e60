//! The recorded runs of every release: exit status, standard output, last line of standard error, the files that are copied
//! and every question to the filesystem.

use std::io::Read;
use std::path::Path;

use data_encoding::BASE64;
use pregrub::boot::{self, Options, OutputFormat, Run, Task, Values, Verdict, render};
use pregrub::flavour::Flavour;
use pregrub::python::PyStr;
use pregrub::release::{Change, Release};
use pregrub::storage::partitions::partition_table;
use serde_json::{Value, json};

use crate::common::side_by_side;
use crate::common::stub::{Files, Stub};

pub(super) const ZFS: &str = "the boot string of ZFS is out of scope";
pub(super) const COMMAND_LINE: &str = "the command line ends it: tests/cli/pygrub/recorded.rs runs the program";

/// Cases that are not run, and why.
const NOT_RUN: [(&str, &str); 9] = [
    ("offset-bad", COMMAND_LINE),
    ("no-image", COMMAND_LINE),
    ("h-eats-image", COMMAND_LINE),
    ("h-eats-image-2", COMMAND_LINE),
    ("isconfig", COMMAND_LINE),
    ("isconfig-args", COMMAND_LINE),
    ("zfs-bootstring", ZFS),
    ("zfs-bootstring-replace", ZFS),
    ("offset-neg", "the recorded run has a filesystem at -1, which the real library never finds one at"),
];

/// What of a command line does not concern the run: where the result goes, and in which format. A release may not know it.
pub(super) fn output_options(argv: &[&str]) -> (OutputFormat, bool, Option<Change>) {
    let (mut format, mut needs) = (OutputFormat::Sxp, None);
    for word in argv {
        match word.split_once('=').unwrap_or((word, "")) {
            ("--output-format", name) => {
                (format, needs) = (OutputFormat::from_name(name.as_bytes()).unwrap(), Some(Change::OutputOptions));
            }
            ("--output-directory", _) | ("-n", _) => needs = Some(Change::OutputOptions),
            ("-l", _) => needs = Some(Change::ListEntries),
            ("--runas", _) => needs = Some(Change::Runas),
            ("--offset", _) => needs = Some(Change::Offset),
            _ => {}
        }
    }
    // A directory that does not exist ends later releases at once.
    (format, argv.contains(&"--output-directory=/nonexistent/x"), needs)
}

/// What the run prints in the format that is asked for, with the names of the recorded data; or the exception that ends it
/// once the files are copied.
fn printed(run: &Run, format: OutputFormat) -> Result<String, String> {
    let Some(chosen) = run.chosen.as_ref().filter(|_| run.verdict == Verdict::Boots) else {
        return Ok(run.process.stdout.to_string());
    };
    let (mut kernel, mut ramdisk) = (Some("@TMP/boot_kernel.X0".to_owned()), "@TMP/boot_ramdisk.X1".to_owned());
    let mut has_ramdisk = chosen.ramdisk.is_some();
    if run.options.task == Task::DryRun {
        let up_front = run.options.build().has(Change::Runas);
        kernel = (!up_front).then(|| format!("<kernel:{}>", chosen.kernel.path));
        ramdisk = chosen.ramdisk.as_ref().map_or(ramdisk, |file| format!("<ramdisk:{}>", file.path));
        has_ramdisk &= !up_front;
    }
    let values = Values {
        kernel: kernel.as_deref().map(str::as_bytes),
        ramdisk: has_ramdisk.then_some(ramdisk.as_bytes()),
        args: chosen.args.as_ref().map(PyStr::as_bytes),
    };
    let rendered = render(format, run.options.release, values).map_err(|raised| raised.to_string())?;
    Ok(String::from_utf8(rendered).unwrap())
}

/// Where the data shows the stub that it was recorded with, and not the real library: the standard error of one release.
const STUB: [(&str, &str, &str); 1] = [
    // Python cannot hand an offset of 2^72 over. Later releases swallow either exception.
    ("gpt-huge-lba", "4.0", "OverflowError: long too big to convert"),
];

/// The releases of a key: lines at their latest point release, point releases, Debian's, those that were run under Python 2
/// though they need not be. Tips of branches are left out.
fn releases(key: &str) -> Vec<(Release, Flavour)> {
    let mut found = Vec::new();
    for item in key.split(',').filter(|item| !item.starts_with("stable-")) {
        if let Some(release) = item.strip_suffix("/py2") {
            found.push((format!("{release}+python2").parse().unwrap(), Flavour::Upstream));
            continue;
        }
        if let Some(release) = item.strip_prefix("debian-") {
            found.push((release.parse().unwrap(), Flavour::Debian));
            continue;
        }
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        let (stem, from) = first.rsplit_once('.').unwrap();
        let (_, to) = last.rsplit_once('.').unwrap();
        for number in from.parse::<u8>().unwrap()..=to.parse().unwrap() {
            found.push((format!("{stem}.{number}").parse().unwrap(), Flavour::Upstream));
        }
    }
    found
}

/// The filesystems of a case, by byte offset.
pub(super) fn stub(case: &Value) -> Stub {
    let files = |files: &Value| {
        files.as_object().unwrap().iter().map(|(path, content)| (path.clone(), bytes(content))).collect::<Files>()
    };
    let filesystems = case["fs"].as_object().unwrap().iter();
    Stub(filesystems.map(|(offset, content)| (offset.parse().unwrap(), files(content))).collect())
}

pub(super) fn bytes(value: &Value) -> Vec<u8> {
    match value["b64"].as_str() {
        Some(packed) => BASE64.decode(packed.as_bytes()).unwrap(),
        None => value.as_str().unwrap().as_bytes().to_vec(),
    }
}

pub(super) fn argv(case: &Value) -> Vec<&str> {
    case["argv"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
}

pub(super) fn image(case: &Value) -> Vec<u8> {
    let packed = BASE64.decode(case["image_gz_b64"].as_str().unwrap().as_bytes()).unwrap();
    let mut image = Vec::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut image).unwrap();
    image
}

/// The questions to the filesystem library, in the shape of the data. The mount option is left out.
pub(super) fn trace(run: &Run) -> Vec<Value> {
    let mut trace = Vec::new();
    for attempt in run.first_look.iter().chain(&run.attempts) {
        let offset: Value = serde_json::from_str(&attempt.offset.to_string()).unwrap();
        trace.push(json!(["open", offset, matches!(attempt.mounted, boot::Mounted::Yes(_))]));
        trace.extend(attempt.steps.iter().map(|step| {
            json!([if step.opens { "open_file" } else { "exists" }, offset, step.path, step.missing.is_none()])
        }));
    }
    trace
}

/// A recorded trace in the same shape: without the mount option, and without the question for ZFS' boot string.
pub(super) fn recorded_trace(expected: &Value) -> Vec<Value> {
    let calls = expected["trace"].as_array().unwrap().iter();
    calls
        .filter(|call| call[0] != "getbootstring")
        .map(|call| if call[0] == "open" { json!([call[0], call[1], call[3]]) } else { call.clone() })
        .collect()
}

pub(super) fn compare(
    stub: &Stub,
    run: &Run,
    format: OutputFormat,
    expected: &Value,
    context: &str,
    differences: &mut Vec<String>,
) {
    let mut same = |what: &str, ours: Value, theirs: Value| {
        if ours != theirs {
            differences.push(format!("{context}: {what}\n  pregrub {ours}\n  pygrub  {theirs}"));
        }
    };
    let (exit, stdout, last) = match printed(run, format) {
        Ok(stdout) => (run.process.exit, stdout, run.process.stderr_last_line.to_string()),
        Err(raised) => (1, String::new(), raised),
    };
    same("exit status", json!(exit), expected["rc"].clone());
    same("standard output", json!(stdout), expected["stdout"].clone());
    same("standard error", json!(last), expected["stderr_last"].clone());
    same("trace", json!(trace(run)), json!(recorded_trace(expected)));
    let verdict = match (run.options.task, &expected["rc"]) {
        (Task::ListEntries, rc) if *rc == 0 => Verdict::Selects,
        (_, rc) if *rc == 0 || exit != run.process.exit => Verdict::Boots,
        _ => Verdict::Fails,
    };
    same("verdict", json!(run.verdict), json!(verdict));
    if let Some(chosen) = run.chosen.as_ref().filter(|_| run.options.task == Task::Copy) {
        let files = &stub.0[&u64::try_from(run.attempts[chosen.attempt].offset).unwrap()];
        let content = |path: &str| String::from_utf8(files[path].clone()).unwrap();
        let mut copied = json!({"boot_kernel.X0": content(chosen.kernel.path.to_str().unwrap())});
        if let Some(ramdisk) = &chosen.ramdisk {
            copied["boot_ramdisk.X1"] = content(ramdisk.path.to_str().unwrap()).into();
        }
        same("files", copied, expected["files"].clone());
    }
}

#[test]
fn every_case_that_is_listed_exists() {
    let ids: Vec<String> = cases().iter().map(|case| case["id"].as_str().unwrap().to_owned()).collect();
    for (listed, _) in NOT_RUN {
        assert!(ids.iter().any(|id| id == listed), "{listed}");
    }
}

fn cases() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/conformance/runs.jsonl");
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn recorded_runs() {
    let (mut compared, mut not_applicable) = (0, 0);
    let mut differences = Vec::new();
    for case in cases() {
        let id = case["id"].as_str().unwrap();
        if NOT_RUN.iter().any(|(listed, _)| *listed == id) {
            continue;
        }
        let asked = side_by_side::options(&argv(&case));
        let (format, no_directory, needs) = output_options(&argv(&case));
        let (stub, image) = (stub(&case), image(&case));
        for key in ["expect", "expect_other"] {
            for (range, expected) in case[key].as_object().into_iter().flatten() {
                for (release, flavour) in releases(range) {
                    // A usage error there.
                    if needs.is_some_and(|change| !release.has(change))
                        || no_directory && release.has(Change::RunDirectory)
                    {
                        not_applicable += 1;
                        continue;
                    }
                    let options = Options { release, flavour, ..asked.clone() };
                    let table = match options.offset {
                        Some(_) => None,
                        None => Some(partition_table(&image, &boot::partition_rules(release)).unwrap()),
                    };
                    let run = boot::run_on(&stub, table, options).unwrap();
                    let context = format!("{id} with {release} ({})", flavour.name());
                    let mut expected = expected.clone();
                    let stubbed = STUB.iter().find(|(case, line, _)| *case == id && *line == release.to_string());
                    if let Some((_, _, last)) = stubbed {
                        expected["stderr_last"] = json!(last);
                    }
                    compare(&stub, &run, format, &expected, &context, &mut differences);
                    compared += 1;
                }
            }
        }
    }
    eprintln!("{compared} recorded runs compared, {not_applicable} not applicable");
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    assert!(compared > 1500, "{compared}");
}
