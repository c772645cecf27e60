//! Whole runs of the distributors' pygrubs: from the command line to the copied files, with every question to the filesystem.

use std::ffi::OsString;
use std::path::Path;

use data_encoding::BASE64;
use pregrub::boot::command_line::{self, CopyDirectory};
use pregrub::boot::{self, ImageLimits, Options, RuleError, RuleFiles, Run, Task};
use pregrub::flavour::Build;
use pregrub::storage::partitions::partition_table;
use serde_json::{Value, json};

use super::config::read;
use super::runs::{argv, compare, image, stub};

/// Cases that are not run, and why.
const NOT_RUN: [(&str, &str); 5] = [
    ("xs-xenkernel-zfs", ZFS),
    ("xs-extra-args-zfs", ZFS),
    ("zfs-bootstring", ZFS),
    ("zfs-bootstring-replace", ZFS),
    ("xs-runas-1000-root-image", "whether another user may read the image is not of the run"),
];
const ZFS: &str = "the boot string of ZFS is out of scope";
/// Where the data shows the stub that it was recorded with: offsets below 0, and of 2^72, which Python cannot hand to the library.
const STUB: [&str; 2] = ["offset-neg", "gpt-huge-lba"];

fn rules(case: &Value) -> RuleFiles {
    let content = |value: &Value| match value["b64"].as_str() {
        Some(packed) => Some(BASE64.decode(packed.as_bytes()).unwrap()),
        None => value.as_str().map(|text| text.as_bytes().to_vec()),
    };
    let files = case["rules"].as_object().into_iter().flatten();
    RuleFiles::new(files.map(|(name, value)| (name.clone(), content(value))))
}

fn limits(case: &Value) -> ImageLimits {
    let number = |name: &str, without: u64| {
        case["xenstore"][format!("/mh/limits/{name}")].as_str().and_then(|text| text.parse().ok()).unwrap_or(without)
    };
    let without = ImageLimits::default();
    ImageLimits {
        kernel: number("pv-kernel-max-size", without.kernel),
        ramdisk: number("pv-ramdisk-max-size", without.ramdisk),
    }
}

/// One run; the differences are added.
fn one(case: &Value, build: Build, recorded: &Value, context: &str, differences: &mut Vec<String>) {
    let mut same = |what: &str, ours: Value, theirs: &Value| {
        if ours != *theirs {
            differences.push(format!("{context}: {what}\n  pregrub {ours}\n  pygrub  {theirs}"));
        }
    };
    let rules = rules(case);
    // The rules are read before the options.
    if let Err(error) = rules.check(build) {
        let RuleError::Raised(raised) = error else { return same("rules", json!(format!("{error:?}")), &json!(null)) };
        let shown = raised.to_string().replace("/etc/pygrub/rules.d", "@RULES");
        same("exit status", json!(1), &recorded["rc"]);
        return same("standard error", json!(shown), &recorded["stderr_last"]);
    }
    let words: Vec<OsString> = argv(case).into_iter().map(OsString::from).collect();
    let is_directory = |path: &Path| path == Path::new("@TMP");
    let call = match command_line::parse(&words, "@SRC/pygrub", build, false, &is_directory) {
        Ok(call) => call,
        Err(ended) => {
            let mut stdout = String::from_utf8(ended.stdout.unwrap_or_default()).unwrap();
            if !stdout.is_empty() {
                stdout.push('\n');
            }
            same("exit status", json!(ended.exit), &recorded["rc"]);
            // On a terminal both were not recorded.
            if case["tty"] == true {
                return;
            }
            same("standard output", json!(stdout), &recorded["stdout"]);
            return same("standard error", json!(ended.stderr.unwrap_or_default()), &recorded["stderr_last"]);
        }
    };
    // tests/cli/pygrub/recorded_flavours.rs runs these as the program.
    if call.is_config {
        return;
    }
    if let CopyDirectory::Default(directory) = call.directory
        && let Some(theirs) = recorded["directory"].as_str()
    {
        same("directory", json!(directory), &json!(theirs.trim_end_matches('/')));
    }
    let options = Options { title_rules: rules, image_limits: limits(case), ..call.options };
    let (stub, image) = (stub(case), image(case));
    let table = match options.offset {
        Some(_) => None,
        None => Some(partition_table(&image, &boot::partition_rules(build.release)).unwrap()),
    };
    let run: Run = boot::run_on(&stub, table, options).unwrap();
    let mut recorded = recorded.clone();
    if case["tty"] == true {
        // Standard error is the terminal, on which the menu is drawn; the result is in a file.
        recorded["stderr_last"] = json!(run.process.stderr_last_line);
        recorded["stdout"] = recorded["result"].clone();
    }
    if run.options.task == Task::ListEntries && recorded["files"].is_object() {
        recorded["files"] = json!({});
    }
    compare(&stub, &run, call.format, &recorded, context, differences);
}

#[test]
fn whole_runs_of_every_flavour() {
    let (mut compared, mut differences) = (0, Vec::new());
    for case in read("flavours-runs.jsonl") {
        let id = case["id"].as_str().unwrap();
        if NOT_RUN.iter().any(|(listed, _)| *listed == id) || STUB.contains(&id) {
            continue;
        }
        for (name, recorded) in case["expect"].as_object().unwrap() {
            // XCP-ng 8.3 runs Python 3.6.
            let recorded = case["expect_python36"].get(name).unwrap_or(recorded);
            one(&case, name.parse().unwrap(), recorded, &format!("{id} with {name}"), &mut differences);
            compared += 1;
        }
        for (name, recorded) in case["expect_upstream"].as_object().into_iter().flatten() {
            let build = name.replace("/py2", "+python2").parse().unwrap();
            one(&case, build, recorded, &format!("{id} with {name}"), &mut differences);
            compared += 1;
        }
    }
    eprintln!("{compared} recorded runs compared");
    let shown = differences.len().min(25);
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences[..shown].join("\n"));
    assert!(compared > 1_200, "{compared}");
}
