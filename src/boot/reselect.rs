//! Another entry of a configuration that has been read and parsed.

use std::io;

use super::attempt::{Attempt, Mounted};
use super::copy::copy;
use super::look::{Next, in_place_of, pick};
use super::menu::Unattended;
use super::outcome::{Run, Verdict};
use super::run::run_on;
use crate::storage::mount::{Mounting, Volumes};

/// Performs the run again with `--entry`, on the same volumes, which have not changed: the configuration that `run` has found is
/// neither read nor parsed again where the entry boots. Where it does not, the run is one from the beginning.
///
/// # Errors
///
/// As [`run`](super::run()).
pub(crate) fn reselect(mut run: Run, volumes: &dyn Volumes, entry: usize) -> io::Result<Run> {
    let mut options = run.options;
    options.entry = Some(entry.to_string().as_str().into());
    let from_the_beginning = |options| run_on(volumes, None, options);
    let last = run.attempts.pop().filter(|_| run.attempts.is_empty() && run.table.is_none());
    let Some(Attempt { found: Some(found), offset, .. }) = last else { return from_the_beginning(options) };
    let Ok(Mounting::Mounted(filesystem)) = volumes.mount(u64::try_from(offset).unwrap_or_default()) else {
        return from_the_beginning(options);
    };
    let mut attempt = Attempt::new(None, offset, Mounted::Yes(filesystem.name().to_owned()));
    let picked = match in_place_of(&mut attempt, &found.config, &options) {
        Next::Configuration => pick(&mut attempt, &found.config, &found.text, &options, &mut Unattended),
        Next::FixedKernels | Next::Nothing => None,
    };
    attempt.found = Some(found);
    let mut run = Run::new(None, options);
    run.attempts.push(attempt);
    if let Some(picked) = picked.filter(|picked| !picked.kernel.is_empty()) {
        copy(&mut run, 0, &*filesystem, None, picked)?;
    }
    if run.verdict == Verdict::Boots { Ok(run) } else { from_the_beginning(run.options) }
}
