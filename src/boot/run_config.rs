//! The run on a configuration alone: it selects, and no file is looked at.

use super::attempt::{Attempt, Found, Mounted, Purpose};
use super::copy::named_at;
use super::finish::{finish_raised, finish_unknown, nothing_found, rules_end};
use super::log::{log, parse_log};
use super::look::{Next, in_place_of, pick};
use super::menu::{Console, Unattended};
use super::options::Options;
use super::outcome::{BootFiles, ChosenFile, Run, Verdict};
use crate::config::{self, Dialect};
use crate::python::PyStr;

/// Performs what can be done with a configuration alone: it selects, and no file is looked at.
pub fn run_config(path: &str, dialect: Dialect, text: Vec<u8>, options: Options) -> Run {
    run_config_with(path, dialect, text, options, &mut Unattended)
}

/// Does what [`run_config`] does, with somebody at the console.
pub fn run_config_with(
    path: &str,
    dialect: Dialect,
    text: Vec<u8>,
    options: Options,
    console: &mut dyn Console,
) -> Run {
    let mut run = Run::new(None, options);
    if rules_end(&mut run) {
        return run;
    }
    let options = run.options.clone();
    let mut attempt = Attempt::new(None, 0, Mounted::NotAsked);
    let (config, recovered) = config::parse_and_recover(dialect, &text, options.build());
    attempt.say(console, parse_log(dialect, path));
    log(&mut attempt, &config, &text, &options, console);
    let picked = match in_place_of(&mut attempt, &config, &options) {
        Next::Configuration => pick(&mut attempt, &config, &text, &options, console),
        Next::FixedKernels => {
            attempt.unknown = Some(
                "SUSE's pygrub looks for /boot/vmlinuz-xen and /boot/initrd-xen on the disk then, and boots these instead".to_owned(),
            );
            None
        }
        Next::Nothing => None,
    };
    attempt.found = Some(Found { path: path.into(), dialect, text, directory: false, config, recovered });
    run.log.extend(attempt.log.drain(..).map(|logged| (0, logged)));
    let (raised, unknown) = (attempt.raised.clone(), attempt.unknown.clone());
    run.attempts.push(attempt);
    let file = |path: PyStr, purpose| ChosenFile {
        path,
        size: None,
        span: named_at(&run.attempts[0], purpose),
        directory: false,
        damage: None,
        too_large: None,
    };
    if let Some(why) = unknown {
        finish_unknown(&mut run, Some(0), why);
    } else if let Some(picked) = picked.filter(|picked| !picked.kernel.is_empty()) {
        let chosen = BootFiles {
            attempt: 0,
            entry: picked.entry,
            kernel: file(picked.kernel, Purpose::Kernel),
            ramdisk: picked.ramdisk.filter(|path| !path.is_empty()).map(|path| file(path, Purpose::Ramdisk)),
            args: picked.args.filter(|args| !args.is_empty()),
            seconds: picked.seconds,
        };
        run.verdict = Verdict::Selects;
        run.chosen = Some(chosen);
    } else {
        let raised = raised.unwrap_or_else(nothing_found);
        finish_raised(&mut run, Some(0), raised);
    }
    run
}
