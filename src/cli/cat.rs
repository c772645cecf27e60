//! `pregrub cat`: a file out of a disk, as pygrub would read it.

use std::ffi::OsString;
use std::io::{self, Read, Seek, Write};

use clap::Args;

use super::image_args;
use super::output_args::Color;
use super::pygrub_args::parse_offset;
use super::release_args::ReleaseArgs;
use super::runner_commands;
use super::settings::SettingsArgs;
use super::stdout::{Out, complain, goes_to_a_file};
use super::target_args::KindArg;
use super::target_name::TargetName;
use super::trust_args::TrustArgs;
use super::{Error, Status};
use crate::boot::{LARGEST_COPY, Mounted, Options, Run, TooLarge};
use crate::config::READ_LIMIT;
use crate::escape::is_unsafe_char;
use crate::explain::partition_name;
use crate::release::Change;
use crate::simulation::{OpenTarget, Simulation};
use crate::storage::filesystem::{FileKind, OpenError, OpenFile, ReadError};
use crate::storage::mount::{Mounting, Volumes};
use crate::target::{OpenOptions, Target};

const AFTER_CAT: &str = "\
Without PATH it is the configuration that pygrub uses; else the path is looked up as pygrub does it, on the filesystem that holds the \
configuration, or on the first one that mounts. What pygrub cannot open is not found, and a journal is not replayed.

Exit status: 0 the file was written in full; 1 there is no such file, it is damaged, or the terminal is not to get it; 2 called wrongly; 3 \
the target could not be read, or pregrub cannot tell what pygrub reads.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_CAT)]
pub(super) struct CatArgs {
    /// Where to look: an image, a block device, a directory, a domain's configuration (its first disk), or a boot configuration
    #[arg(value_name = "TARGET")]
    target: TargetName,
    /// The file, by its path in the guest [default: the configuration that pygrub uses]
    #[arg(value_name = "PATH")]
    path: Option<OsString>,
    #[command(flatten)]
    xen: ReleaseArgs,
    /// Look only on the filesystem at this byte, as with pygrub's --offset
    #[arg(long, value_name = "BYTES", allow_hyphen_values = true, value_parser = parse_offset)]
    offset: Option<i128>,
    /// Treat the target as this kind instead of detecting it
    #[arg(long = "as", value_name = "KIND", value_enum)]
    kind: Option<KindArg>,
    /// Write to a terminal whatever is in the file
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    settings: SettingsArgs,
}

pub(super) fn run(args: &CatArgs) -> Result<Status, Error> {
    let settings = args.settings.of(&args.target).map_err(Error::Usage)?;
    let build = args.xen.one(&settings).map_err(Error::Usage)?;
    let unreadable = |error: &dyn std::fmt::Display| Error::Target(error.to_string());
    let open = OpenOptions { kind: args.kind.map(Into::into), ..image_args::unsaid() };
    let (release, flavour) = (build.release, build.flavour);
    let options = Options { release, flavour, offset: args.offset, interactive: Some(false), ..Options::default() };
    let access = args.trust.access(&args.target).map_err(Error::Usage)?;
    let target =
        Simulation::from(options).open_with(&args.target, open, &access).map_err(|error| unreadable(&error))?;
    let volumes = target.target().volumes();
    let run = target.run_on(volumes.as_ref()).map_err(|error| unreadable(&error))?;
    let Some(volumes) = &volumes else {
        if args.path.is_some() {
            return Err(Error::Usage(format!("`{}` has no disk to look for a file on: leave PATH out", args.target)));
        }
        return match run.deciding_attempt().and_then(|attempt| attempt.found.as_ref()) {
            Some(found) => write(args, &mut io::Cursor::new(&found.text), found.text.len() as u64),
            None => Err(nothing(&args.target, &target, &run, None)),
        };
    };
    let place = place(&args.target, &run);
    let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
    let path = match (&args.path, found) {
        (Some(path), _) => path.as_encoded_bytes().to_vec(),
        (None, Some(found)) => found.path.as_bytes().to_vec(),
        (None, None) => return Err(nothing(&args.target, &target, &run, Some(volumes))),
    };
    let Some((offset, name)) = place else { return Err(nothing(&args.target, &target, &run, Some(volumes))) };
    let shown = String::from_utf8_lossy(&path).into_owned();
    let mounting = volumes.mount(offset).map_err(|error| unreadable(&error))?;
    let Mounting::Mounted(filesystem) = mounting else {
        return Err(Error::Target(format!("pregrub cannot read `{shown}` {name} any more")));
    };
    let file = filesystem.open(&path).map_err(|error| match error {
        OpenError::NotFound(why) => Error::Refused(format!("pygrub does not find `{shown}` {name}: {why}")),
        OpenError::Unknown(why) => Error::Target(format!("pregrub cannot tell what `{shown}` {name} is: {why}")),
        OpenError::Io(error) => unreadable(&error),
    })?;
    let disk = match target.target() {
        Target::Image(disk) | Target::Inside { disk, .. } => Some(disk.len()),
        _ => None,
    };
    if let Some(large) = TooLarge::of(file.size(), disk, LARGEST_COPY) {
        return Err(Error::Refused(format!("`{shown}` {name} {large}")));
    }
    let mut copy = spooled(&*file, &format!("`{shown}` {name}"))?;
    let length = copy.stream_position().map_err(|error| unreadable(&error))?;
    copy.rewind().map_err(|error| unreadable(&error))?;
    if args.path.is_none() && length > READ_LIMIT as u64 && release.has(Change::ReadLimit) {
        complain(&format!("pygrub reads only the first {READ_LIMIT} of these {length} bytes"));
    }
    write(args, &mut copy, length)
}

/// The filesystem that decides the run, or the first one that mounts: its offset, and what to call it.
fn place(target: &TargetName, run: &Run) -> Option<(u64, String)> {
    let mounted = |attempt: &&crate::boot::Attempt| matches!(attempt.mounted, Mounted::Yes(_));
    let attempt = run.deciding_attempt().filter(mounted).or_else(|| run.attempts.iter().find(mounted))?;
    let Mounted::Yes(name) = &attempt.mounted else { return None };
    let place = match name.as_str() {
        "directory" => format!("in `{target}`"),
        name => {
            format!("on the {name} filesystem of `{target}` ({})", partition_name::describe(attempt.candidate.as_ref()))
        }
    };
    Some((u64::try_from(attempt.offset).ok()?, place))
}

/// Why there is no configuration.
fn nothing(
    name: &TargetName,
    target: &OpenTarget,
    run: &Run,
    volumes: Option<&crate::storage::mount::MountedOnce<'_>>,
) -> Error {
    let why = target.explain(run, volumes).map(|explanation| explanation.reason);
    let why = why.unwrap_or_else(|| "the kernel is found without a configuration; name the file".to_owned());
    let why = format!("`{name}`: {why}");
    match run.verdict {
        crate::boot::Verdict::Unknown => Error::Target(why),
        _ => Error::Refused(why),
    }
}

/// The whole file: in memory, or where it is large in a temporary one. Nothing of it is written before all of it was read.
fn spooled(file: &dyn OpenFile, what: &str) -> Result<tempfile::SpooledTempFile, Error> {
    /// How much stays in memory.
    const MEMORY: usize = 8 << 20;
    /// How much is read at a time, as pygrub does.
    const PIECE: usize = 1 << 20;
    if file.kind() == FileKind::Directory {
        return Err(Error::Refused(format!("{what} is a directory, not a file")));
    }
    let read = |error: ReadError| match error {
        ReadError::Io(error) => Error::Target(super::why(&error)),
        other => Error::Refused(format!("pygrub cannot read {what} in full: {other}")),
    };
    if let Some(damage) = file.verify().map_err(read)? {
        let bytes = damage.bytes;
        return Err(Error::Refused(format!(
            "{what} is damaged ({}): pygrub reads {bytes} bytes that are not the file",
            damage.reason
        )));
    }
    let mut copy = tempfile::spooled_tempfile(MEMORY);
    let mut piece = vec![0; PIECE];
    let mut offset = 0;
    loop {
        let count = file.read_at(offset, &mut piece).map_err(read)?;
        if count == 0 {
            return Ok(copy);
        }
        copy.write_all(&piece[..count])
            .map_err(|error| Error::Usage(format!("cannot make a copy of it: {}", super::why(&error))))?;
        offset += count as u64;
    }
}

/// Writes the file as it is; to a terminal only text, and to a runner nothing that it would obey.
fn write<F: Read + Seek>(args: &CatArgs, file: &mut F, length: u64) -> Result<Status, Error> {
    /// As much as somebody may want to see on a terminal.
    const MOST_SEEN: u64 = 4 << 20;
    let out = Out::new(Color::Never);
    let is_seen = out.is_seen();
    let is_obeyed = runner_commands::are_obeyed() && !goes_to_a_file();
    if is_seen && !args.force || is_obeyed {
        let mut text = Vec::new();
        file.by_ref().take(MOST_SEEN).read_to_end(&mut text)?;
        file.rewind()?;
        let is_text = std::str::from_utf8(&text)
            .is_ok_and(|text| !text.chars().any(|c| is_unsafe_char(c) && !matches!(c, '\n' | '\t')));
        if is_seen && !args.force && (length > MOST_SEEN || !is_text) {
            let why =
                "it has characters that control a terminal, or is not text; redirect it, or write it with --force";
            return Err(Error::Refused(why.to_owned()));
        }
        if is_obeyed && (length > MOST_SEEN || runner_commands::stand_in(&text)) {
            let why = "the runner that reads this output might obey a command in the file: redirect it to a file";
            return Err(Error::Refused(why.to_owned()));
        }
    }
    let mut stdout = io::stdout().lock();
    io::copy(file, &mut stdout)?;
    stdout.flush()?;
    drop(out);
    Ok(Status::Fine)
}
