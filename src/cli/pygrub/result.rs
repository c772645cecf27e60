//! The result, as the supervisor writes it: from the names of its own files, and from what the worker handed over.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use super::console::{self, complain};
use super::copies::Copy;
use super::handover::WorkerResult;
use super::signals::Watch;
use super::{explain, is_same, python_error};
use crate::boot::command_line::ParsedCommandLine;
use crate::boot::{Values, render, unrepresentable};
use crate::cli::runner_commands;
use crate::python::Python;

/// The result in the format that was asked for. The error is the last line on standard error.
///
/// A value with a character that ends a value in this format is refused in every release: pygrub before XSA-198 writes it as it is,
/// and the toolstack reads another result than pygrub found.
pub(super) fn rendered(
    call: &ParsedCommandLine,
    found: &WorkerResult,
    kernel: Option<&Copy>,
    ramdisk: Option<&Copy>,
) -> Result<Vec<u8>, String> {
    let path = |copy: Option<&Copy>| copy.map(|copy| copy.path.as_os_str().as_bytes().to_vec());
    let instead = |what: &str, name: &Option<Vec<u8>>| {
        name.as_ref().map(|name| [b"<", what.as_bytes(), b":", name, b">"].concat())
    };
    let kernel = path(kernel).or_else(|| instead("kernel", &found.kernel_name));
    let ramdisk = path(ramdisk).or_else(|| instead("ramdisk", &found.ramdisk_name));
    let values = Values { kernel: kernel.as_deref(), ramdisk: ramdisk.as_deref(), args: found.args.as_deref() };
    let result = render(call.format, call.options.release, values).map_err(|raised| raised.to_string())?;
    if let Some(delimiter) = unrepresentable(call.format, call.options.release, values) {
        complain(format!("pregrub: {delimiter}").as_bytes());
        return Err(explain::NOTHING.to_owned());
    }
    Ok(result)
}

/// Bytes that a pipe that takes any takes at once.
const LAST: usize = 512;

/// Writes the result. A signal before it is whole ends the process, however long the reader waits; one after it comes too late.
pub(super) fn write(output: &mut File, result: &[u8], watch: &Watch) -> io::Result<()> {
    let (first, last) = result.split_at(result.len().saturating_sub(LAST));
    output.write_all(first)?;
    let mut ready = [PollFd::new(&*output, PollFlags::OUT)];
    while let Err(error) = poll(&mut ready, None) {
        if error != Errno::INTR {
            return Err(error.into());
        }
    }
    watch.finish(|| output.write_all(last))
}

/// Refuses a result that holds a command for a runner of continuous integration, where one reads it, or for a terminal. The error is the
/// last line on standard error.
pub(super) fn refuse_commands(call: &ParsedCommandLine, output: &File, result: &[u8]) -> Result<(), String> {
    if output.is_terminal() && console::steers_a_terminal(result) {
        return Err(
            "pregrub: the result holds control characters, which this terminal would obey: use --output".to_owned()
        );
    }
    // `--output=/dev/stdout` is standard output as well.
    let is_shown = call.output.is_none()
        || output.is_terminal()
        || is_same(&io::stdout(), output).unwrap_or(true)
        || is_same(&io::stderr(), output).unwrap_or(true);
    let is_obeyed =
        is_shown && runner_commands::are_obeyed() && !output.metadata().is_ok_and(|metadata| metadata.is_file());
    if is_obeyed && runner_commands::stand_in(result) {
        // Escaped, it would be another result.
        return Err(
            "pregrub: the result holds a command for a runner of continuous integration, which reads standard output: \
                    use --output"
                .to_owned(),
        );
    }
    Ok(())
}

/// What pygrub prints on standard output besides the result. The error is the last line on standard error.
pub(super) fn print(text: &[u8], python: Python) -> Result<(), String> {
    console::print(text).map_err(|error| python_error::last_line(&error, None, python))
}
