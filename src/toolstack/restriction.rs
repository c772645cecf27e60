//! What `--runas` changes: a limit on the files that pygrub writes, and an exit status that hides every failure.
//!
//! Measured with pygrub 4.17.7 as root: an initrd of 128 MiB is copied, one of 129 MiB ends with `[Errno 27] File too large`, exit
//! status 0 and nothing on standard output. `PYGRUB_MAX_FILE_SIZE_MB` ends it with a `TypeError` in every release before 4.19.

use crate::boot::{BootFiles, Failure, FailureKind, Run, Verdict};
use crate::config::Stage;
use crate::python::{PyStr, Python, int};
use crate::release::Change;

/// The largest file that a restricted pygrub writes where its environment says nothing else, in MiB.
const LIMIT_MIB: u64 = 128;
const MIB: u64 = 1 << 20;

/// Why a restricted pygrub fails.
struct Reason {
    reason: String,
    help: String,
    /// The last line on its standard error.
    last_line: String,
}

/// Applies the restriction of the run's caller to its outcome: a file above the limit makes it fail, and a failure shows as exit
/// status 0 without output.
pub(crate) fn apply(run: &mut Run) {
    if !run.options.caller.restricted || !run.options.build().has(Change::Runas) || !run.started() {
        return;
    }
    let found = run.handed_over().and_then(|chosen| refuses(run, chosen));
    if let Some(Reason { reason, help, last_line }) = found {
        let attempt = run.chosen.as_ref().map(|chosen| chosen.attempt);
        let kind = FailureKind::NotCopied { reason, help: Some(help) };
        run.failure = Some(Failure { stage: Stage::Copy, attempt, kind });
        run.verdict = Verdict::Fails;
        run.process.stderr_last_line = last_line.as_str().into();
    }
    let by_pygrub = |failure: &Failure| failure.stage != Stage::Builder;
    if run.verdict == Verdict::Fails && run.failure.as_ref().is_some_and(by_pygrub) {
        // The parent exits with the wait status of its child, of which the system keeps the low byte: 256 becomes 0, a signal its number.
        run.process.exit = match run.failure.as_ref().map(|failure| &failure.kind) {
            Some(FailureKind::Crashed { .. }) => SIGSEGV,
            Some(FailureKind::Damaged | FailureKind::TooLarge) => run.process.exit,
            _ => 0,
        };
        if run.process.exit != 0 || !matches!(&run.failure, Some(failure) if hands_over(&failure.kind)) {
            run.process.stdout = PyStr::default();
        }
    }
}

const SIGSEGV: i32 = 11;

/// Whether pygrub reports success, and hands files over.
fn hands_over(kind: &FailureKind) -> bool {
    matches!(kind, FailureKind::Damaged | FailureKind::TooLarge)
}

fn refuses(run: &Run, chosen: &BootFiles) -> Option<Reason> {
    let mut limit = LIMIT_MIB.saturating_mul(MIB);
    let variable = run.options.caller.max_file_size.as_ref();
    if let Some(text) = variable {
        let shown = text.to_string_lossy();
        let fails = |why: &str, last_line: String| {
            Some(Reason {
                reason: format!("PYGRUB_MAX_FILE_SIZE_MB is set, {why}"),
                help: "take PYGRUB_MAX_FILE_SIZE_MB out of the toolstack's environment".to_owned(),
                last_line,
            })
        };
        if !run.options.release.has(Change::FileSizeVariable) {
            let why = "which the restricted pygrub of this release cannot read: it was repaired in 4.19";
            return fails(why, "TypeError: unsupported operand type(s) for <<: 'str' and 'int'".to_owned());
        }
        match int::parse(&shown, Python::Three) {
            Err(message) => return fails(&format!("and `{shown}` is not a number"), format!("ValueError: {message}")),
            Ok(number) => match number.to_i64() {
                // -1 MiB and less are not limits that the system accepts, and neither are those that no 64 bits hold.
                Some(mib) if (0..1 << 43).contains(&mib) => limit = u64::try_from(mib).unwrap_or_default() << 20,
                _ => return fails(&format!("and `{shown}` is out of range"), String::new()),
            },
        }
    }
    let files = [("kernel", Some(&chosen.kernel)), ("ramdisk", chosen.ramdisk.as_ref())];
    let (what, file, size) = files.into_iter().find_map(|(what, file)| {
        let (file, size) = (file?, file?.size?);
        (size > limit).then_some((what, file, size))
    })?;
    let called = if what == "ramdisk" { "initrd" } else { what };
    let reason = format!(
        "the {called} `{}` has {size} bytes, and a restricted pygrub writes at most {limit}: File too large; it then ends \
         with exit status 0 and no result",
        file.path
    );
    let help = if run.options.caller.is_xapi() {
        format!("make the {called} smaller: xapi has no setting for the limit")
    } else if run.options.release.has(Change::FileSizeVariable) {
        let needed = size.div_ceil(MIB);
        format!(
            "make the {called} smaller, or start the toolstack with PYGRUB_MAX_FILE_SIZE_MB={needed} in its environment"
        )
    } else {
        format!("make the {called} smaller, or do without the restriction (bootloader_restrict = 0)")
    };
    Some(Reason { reason, help, last_line: format!("Error writing temporary copy of {what}") })
}
