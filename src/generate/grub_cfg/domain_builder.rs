//! What Xen's domain builder and the guest's kernel make of the files that the entries name: the step after pygrub.
//!
//! The same judgement as `check` has: a kernel that does not load, an initrd that the kernel does not unpack, arguments that do not
//! reach it. Of the system that is installed such a thing is an error, of an older generation a warning.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::error::GrubCfgError;
use super::files::SourceFiles;
use super::menu::PlannedEntry;
use super::options::PlanOptions;
use crate::flavour::{Build, Flavour};
use crate::initrd::kernel_file::{self, BEGINNING};
use crate::initrd::{self, GuestKernel, Problem, Weight};
use crate::kernel::argument_limits::{LIBXL_TAKES, PV_KEEPS, PVH_STARTS_WITH};
use crate::kernel::{self, GuestType, KernelDepth, LoadOutcome, Question};
use crate::storage::source::{FileSource, Source};

/// What is wrong with a file.
#[derive(Clone)]
enum Judged {
    Fine,
    /// It works with what this says.
    Doubtful(String),
    /// It does not work, or nobody knows.
    Bad(String),
}

/// Judges kernels, initrds and arguments. What is to be known but keeps nothing from booting is returned, one sentence each.
///
/// # Errors
///
/// The system that is installed would not start, or a file cannot be read.
pub(super) fn judge(
    options: &PlanOptions,
    sources: &SourceFiles<'_>,
    entries: &[PlannedEntry],
    go_on: &dyn Fn() -> io::Result<()>,
) -> Result<Vec<String>, GrubCfgError> {
    let build = options.host.unwrap_or(Build::newest(Flavour::Upstream));
    let mut known: BTreeMap<(&Path, Option<&Path>), (Judged, bool)> = BTreeMap::new();
    let mut warnings = Vec::new();
    for entry in entries {
        go_on().map_err(|error| GrubCfgError::io("read", &entry.kernel, &error))?;
        let key = (entry.kernel.as_path(), entry.initrd.as_deref());
        let (judged, is_new) = match known.get(&key) {
            Some((judged, told)) => (judged.clone(), !told),
            None => (judge_files(options, build, sources, entry)?, true),
        };
        match &judged {
            Judged::Bad(why) if entry.wanted => {
                return Err(GrubCfgError::new(format!(
                    "the entry `{}` would not start under {build}: {why}",
                    entry.title
                )));
            }
            Judged::Bad(why) if is_new => warnings.push(format!("`{}` does not start: {why}", entry.title)),
            Judged::Doubtful(why) if is_new => warnings.push(format!("`{}`: {why}", entry.title)),
            Judged::Fine | Judged::Bad(_) | Judged::Doubtful(_) => {}
        }
        known.insert(key, (judged, true));
        let length = entry.args.len();
        let which = &entry.title;
        match options.guest {
            _ if length > LIBXL_TAKES => warnings.push(format!(
                "`{which}`: the kernel's command line has {length} bytes, and libxl drops one of more than {LIBXL_TAKES} altogether"
            )),
            Some(GuestType::Pvh) if length > PVH_STARTS_WITH && entry.wanted => {
                return Err(GrubCfgError::new(format!(
                    "the entry `{which}` would not start: its command line has {length} bytes, and a PVH guest ends at once with more than {PVH_STARTS_WITH}"
                )));
            }
            Some(GuestType::Pvh) if length > PVH_STARTS_WITH => warnings.push(format!(
                "`{which}` does not start: its command line has {length} bytes, and a PVH guest ends at once with more than {PVH_STARTS_WITH}"
            )),
            Some(GuestType::Pv) | None if length > PV_KEEPS => warnings.push(format!(
                "`{which}`: the kernel's command line has {length} bytes, of which Xen hands a PV guest the first {PV_KEEPS}"
            )),
            _ => {}
        }
    }
    Ok(warnings)
}

fn judge_files(
    options: &PlanOptions,
    build: Build,
    sources: &SourceFiles<'_>,
    entry: &PlannedEntry,
) -> Result<Judged, GrubCfgError> {
    let source = |path: &Path| {
        let unread = |error| GrubCfgError::io("read", path, &error);
        FileSource::new(sources.open(path)?).map_err(unread)
    };
    let file = source(&entry.kernel)?;
    let kernel =
        judge_kernel(options, build, &file).map_err(|error| GrubCfgError::io("read", &entry.kernel, &error))?;
    if matches!(kernel, Judged::Bad(_)) {
        return Ok(kernel);
    }
    if let Some(path) = &entry.initrd {
        let mut beginning = vec![0; BEGINNING];
        let count = Source::read_at(&file, 0, &mut beginning)
            .map_err(|error| GrubCfgError::io("read", &entry.kernel, &error))?;
        let guest = GuestKernel { release: kernel_file::release(&beginning[..count]), ..GuestKernel::default() };
        let initrd =
            judge_initrd(build, &source(path)?, &guest).map_err(|error| GrubCfgError::io("read", path, &error))?;
        if !matches!(initrd, Judged::Fine) {
            return Ok(initrd);
        }
    }
    Ok(kernel)
}

/// As every type of guest that it may be started as; the whole of it, since this is the moment at which damage is still cheap.
fn judge_kernel(options: &PlanOptions, build: Build, file: &FileSource) -> std::io::Result<Judged> {
    let Build { release, flavour } = build;
    let mut refusals = Vec::new();
    for guest in GuestType::ALL.into_iter().filter(|guest| options.guest.is_none_or(|only| only == *guest)) {
        let question = Question { release, flavour, guest };
        let look = kernel::look(file, file.len(), &question, KernelDepth::All)?;
        match look.outcome(guest) {
            Some(LoadOutcome::Loads(_)) => {
                return Ok(match refusals.pop() {
                    None => Judged::Fine,
                    Some(why) => Judged::Doubtful(format!("it starts as a {} guest only: {why}", guest.title())),
                });
            }
            Some(LoadOutcome::Refused { .. }) => {
                let explained = kernel::explain(&look, &question);
                refusals.extend(explained.map(|explained| format!("{}; {}", explained.reason, explained.help)));
            }
            Some(LoadOutcome::Unknown(why)) => {
                return Ok(Judged::Doubtful(format!("nobody knows whether Xen loads it: {why}")));
            }
            None => {}
        }
    }
    // As PV it is, unless somebody says otherwise.
    Ok(Judged::Bad(refusals.into_iter().next().unwrap_or_default()))
}

fn judge_initrd(build: Build, file: &FileSource, kernel: &GuestKernel) -> std::io::Result<Judged> {
    let report = initrd::judge(file, file.len(), kernel, build.release, initrd::InitrdDepth::Whole)?;
    // What stands in front of it on the boot disk keeps all members.
    let Some(problem) = report.problems.iter().find(|problem| !matches!(problem, Problem::LostMembers { .. })) else {
        return Ok(Judged::Fine);
    };
    let help = problem.help().map(|help| format!("; {help}")).unwrap_or_default();
    let sentence = format!("{}{help}", problem.sentence());
    Ok(match (problem.weight(), problem) {
        // The kernel unpacks it: what is missing may come from elsewhere.
        (Weight::Unusable, Problem::NoBlockDriver { .. }) => Judged::Doubtful(sentence),
        (Weight::Unusable, _) => Judged::Bad(sentence),
        (Weight::Doubtful | Weight::Unknown, _) => Judged::Doubtful(sentence),
    })
}
