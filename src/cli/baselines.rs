//! `--baseline` and `--update-baseline`.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use clap::Args;

use super::settings::FileSettings;
use super::target_name::TargetName;
use crate::boot::Run;
use crate::cli::bounded_read;
use crate::cli::caller_file::TargetTrees;
use crate::cli::interrupt::while_writing;
use crate::cli::{cannot_read, path_from_here};
use crate::escape::shown_path;
use crate::generate::output::{OutputError, write_file};
use crate::lint::{Baseline, BaselineComparison, Finding, Identity, SpanSource};
use crate::report::finding::Sources;
use crate::storage::beneath::{HeldDirectory, directory_of};
use crate::storage::directory_lock::{DirectoryLock, LockError, PATIENCE};
use crate::storage::opened;

#[derive(Debug, Args)]
pub(super) struct BaselineArgs {
    /// Do not report the findings that this file lists, and do not count them for --threshold
    #[arg(long, value_name = "FILE", help_heading = "Baseline")]
    baseline: Option<PathBuf>,
    /// Write the baseline again: what is found now, without what is gone; entries of files that are not looked at stay
    #[arg(long, help_heading = "Baseline")]
    update_baseline: bool,
}

/// The baselines that are in force. Threads share them.
pub(super) struct Baselines<'a> {
    args: &'a BaselineArgs,
    /// The directories among the targets of the command line.
    trees: &'a TargetTrees,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: BTreeMap<PathBuf, BaselineComparison>,
    left_out: usize,
}

impl<'a> Baselines<'a> {
    pub(super) fn new(args: &'a BaselineArgs, trees: &'a TargetTrees) -> Self {
        if args.update_baseline {
            opened::remember();
        }
        Self { args, trees, state: Mutex::default() }
    }

    /// Leaves out of `findings` in `target` what the baseline lists.
    pub(super) fn filter(
        &self,
        settings: &FileSettings,
        target: &TargetName,
        run: &Run,
        sources: Sources<'_>,
        findings: Vec<Finding>,
    ) -> Result<Vec<Finding>, String> {
        let Some(path) = self.args.baseline.as_ref().or(settings.baseline.as_ref()) else {
            return match self.args.update_baseline {
                true => {
                    Err("there is no baseline to update: name it with --baseline FILE or in pregrub.toml".to_owned())
                }
                false => Ok(findings),
            };
        };
        let file = relative(target, path);
        let mut state = self.locked();
        if !state.open.contains_key(path) {
            // Of the caller's own path links are followed, but not in a target, and of one that a file names none below that file.
            let text = match (&self.args.baseline, path.strip_prefix(&settings.directory)) {
                (None, Ok(beneath)) => HeldDirectory::open(&settings.directory)
                    .and_then(|held| bounded_read::read_beneath(&held, beneath, LARGEST)),
                (None, Err(_)) => Err(io::Error::other("it is outside of the directory of the settings")),
                (Some(_), _) => self.trees.read(path, LARGEST),
            };
            state.open.insert(path.clone(), read(path, text, self.args.update_baseline)?);
        }
        let Some(comparison) = state.open.get_mut(path) else { return Ok(findings) };
        comparison.look_at(&file);
        let found = run.deciding_attempt().and_then(|attempt| attempt.found.as_ref());
        let (mut told, mut left_out) = (Vec::new(), 0);
        for finding in findings {
            let text = found.filter(|_| finding.source == SpanSource::Configuration).map(|found| found.text.as_slice());
            let within = sources.of(&finding).filter(|name| *name != target.as_str());
            let known = comparison.knows(Identity::of(&file, within, &finding, text));
            if known || self.args.update_baseline {
                left_out += 1;
            } else {
                told.push(finding);
            }
        }
        state.left_out += left_out;
        Ok(told)
    }

    /// Writes what is to be written, and says in lines what was left out or written.
    pub(super) fn finish(&self) -> Result<Vec<String>, String> {
        let mut state = self.locked();
        let findings = |count: usize| format!("{count} finding{}", if count == 1 { "" } else { "s" });
        if !self.args.update_baseline {
            let said = format!("{} of the baseline not shown", findings(state.left_out));
            return Ok((state.left_out > 0).then_some(said).into_iter().collect());
        }
        let mut written = Vec::new();
        for (path, comparison) in &mut state.open {
            let baseline = write_again(path, comparison)?;
            written.push(format!("wrote {} to the baseline `{}`", findings(baseline.len()), path_from_here(path)));
        }
        Ok(written)
    }
}

impl Baselines<'_> {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// More than that is not a baseline.
const LARGEST: u64 = 64 << 20;

/// One baseline of several: of each finding as many as the baseline has that lists it most often.
///
/// # Errors
///
/// One cannot be read, or is not a baseline.
pub(super) fn merged_baseline(paths: &[&TargetName]) -> Result<String, String> {
    let mut merged = Baseline::default();
    for path in paths {
        let text = bounded_read::read(path.path(), LARGEST).map_err(|error| cannot_read(path.as_str(), &error))?;
        merged.add(Baseline::parse(&text).map_err(|why| format!("cannot read `{path}`: {why}"))?);
    }
    Ok(merged.to_json())
}

/// Writes a baseline again. Another run may have written it since it was read, and what that one found stays.
fn write_again(path: &Path, comparison: &mut BaselineComparison) -> Result<Baseline, String> {
    let failed = |error: &io::Error| OutputError::of("write", path, error).to_string();
    let directory = HeldDirectory::open_without_links(directory_of(path)).map_err(|error| failed(&error))?;
    let _lock = DirectoryLock::take_if_it_can_be(&directory, PATIENCE).map_err(|error| match error {
        LockError::Busy => format!(
            "cannot write `{}`: another program has been at work on its directory for {} s, and the baseline is what it was",
            path_from_here(path),
            PATIENCE.as_secs()
        ),
        LockError::Io(error) => failed(&error),
    })?;
    while_writing(|| {
        let name = path.file_name().map(Path::new).unwrap_or(path);
        match bounded_read::read_beneath(&directory, name, LARGEST) {
            Ok(text) => comparison.reread(parse(path, &text)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => comparison.reread(Baseline::default()),
            Err(error) => return Err(failed(&error)),
        }
        let baseline = comparison
            // A name that is not UTF-8 stands there escaped: nobody knows whether that file is gone. Nor where the system does not say it.
            .renewed(|file| file == "-" || file.contains("\\x") || !is_gone(directory_of(path), file));
        write_file(path, &baseline.to_json(), true).map_err(|error| error.to_string())?;
        Ok(baseline)
    })
}

/// Whether it is certain that a file of a baseline in `directory` is gone. Only below that directory and the working directory, through no
/// symbolic link: a baseline may be a commit's, and what of the machine exists is not to be learnt from what stays in it.
fn is_gone(directory: &Path, file: &str) -> bool {
    let Ok(real) = directory.canonicalize() else { return false };
    let mut place = PathBuf::new();
    for component in real.join(file).components() {
        match component {
            Component::ParentDir => drop(place.pop()),
            component => place.push(component),
        }
    }
    let here = Path::new(".").canonicalize().ok().filter(|here| here != Path::new("/"));
    let tree = [Some(real), here].into_iter().flatten().find(|tree| place.starts_with(tree));
    let node = tree.and_then(|tree| Some(HeldDirectory::open(&tree).ok()?.node(place.strip_prefix(&tree).ok()?)));
    node.is_some_and(|node| node.is_err_and(|error| error.kind() == io::ErrorKind::NotFound))
}

fn parse(path: &Path, text: &[u8]) -> Result<Baseline, String> {
    Baseline::parse(text).map_err(|why| format!("cannot read `{}`: {why}", path_from_here(path)))
}

fn read(path: &Path, text: io::Result<Vec<u8>>, may_be_missing: bool) -> Result<BaselineComparison, String> {
    let shown = path_from_here(path);
    let text = match text {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && may_be_missing => {
            return Ok(BaselineComparison::default());
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(format!("{}; --update-baseline writes one", cannot_read(&shown, &error)));
        }
        Err(error) => return Err(cannot_read(&shown, &error)),
    };
    Ok(BaselineComparison::with(parse(path, &text)?))
}

/// The target as the baseline names it, wherever the program is called from: relative to the baseline's directory.
fn relative(target: &TargetName, baseline: &Path) -> String {
    let real = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path));
    let (Ok(target_path), Ok(from), true) = (real(target.path()), real(directory_of(baseline)), !target.is_stdin())
    else {
        return target.to_string();
    };
    let (target_parts, from_parts): (Vec<_>, Vec<_>) =
        (target_path.components().collect(), from.components().collect());
    let common = target_parts.iter().zip(&from_parts).take_while(|(a, b)| a == b).count();
    let up = from_parts[common..].iter().map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(target_parts[common..].iter().copied()).collect();
    shown_path(&path)
}
