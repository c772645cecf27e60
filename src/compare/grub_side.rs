//! What GRUB 2 picks where it runs.

use std::io;

use super::environment::Environment;
use super::pick::{BootedFile, Pick, Picked};
use super::row::{self, Row};
use crate::boot::Verdict;
use crate::config::Dialect;
use crate::decompress::Compression;
use crate::grub::discover::{self, NoStart, Start};
use crate::grub::disks::{NoDisk, OneDisk};
use crate::grub::machine::{FileLookup, Machine};
use crate::grub::{
    self, ConfigPlace, EntryAttempt, GrubMessage, GrubRun, GrubSettings, LoadCommand, Platform, Stop, Version,
};
use crate::kernel::{GrubBinary, GrubOutcome, Look, Looks, look_for_pvgrub2};
use crate::storage::mount::Volumes;

/// What GRUB reads.
#[derive(Clone, Copy)]
pub enum GrubInput<'a> {
    /// A disk.
    Disk(&'a dyn Volumes),
    /// A configuration alone.
    Text {
        /// Its dialect.
        dialect: Dialect,
        /// Its text.
        text: &'a [u8],
    },
}

/// What GRUB picks in each environment.
#[derive(Debug, Default)]
pub struct GrubSide {
    /// The environments in which it picks the same.
    pub rows: Vec<Row<Environment, GrubRun>>,
    /// Why there is nothing for GRUB to start with, as a clause without a full stop.
    pub absent: Option<String>,
}

/// What is said where the command is missing that reads the entries of the Boot Loader Specification.
const NO_BLSCFG: &str = "upstream's GRUB has `blscfg` since 2.14; that of Fedora and Red Hat has always had one, and needs the variable `boot` on pc";
/// Commands that name what a multiboot kernel gets.
const MODULES: [&str; 3] = ["module", "module2", "xen_module"];

/// The most bytes that all runs may take after each was looked at.
const MOST_KEPT: usize = 8 << 20;

/// The run, or its outline where the runs before it have left no room for all of it.
fn outlined(run: GrubRun, kept: &mut usize) -> GrubRun {
    let size = run.size();
    if kept.saturating_add(size) > MOST_KEPT {
        return run.outline();
    }
    *kept += size;
    run
}

/// What the runs in all environments may take together: a text that keeps one GRUB busy does not keep a dozen busy.
struct Shared {
    /// Steps that are left: at first as many as one run may take. Of a usual configuration there may be hundreds of runs.
    left: u64,
    /// The steps of the run before, and what it came to.
    last: Option<(u64, Pick)>,
}

impl Shared {
    fn of(most_steps: u64) -> Self {
        Self { left: most_steps, last: None }
    }

    fn spend(&mut self, steps: u64, pick: &Pick) {
        self.left = self.left.saturating_sub(steps);
        self.last = Some((steps, pick.clone()));
    }

    /// What is said of a run for which nothing is left, if one like the last would take more than that.
    fn exhausted(&self) -> Option<Pick> {
        let (_, pick) = self.last.as_ref().filter(|(steps, _)| *steps > self.left)?;
        if pick.verdict == Verdict::Unknown {
            return Some(pick.clone());
        }
        let why = "the configuration keeps GRUB too busy for a run in each environment: `pregrub grub` runs one";
        Some(failing(Verdict::Unknown, why.to_owned(), None))
    }
}

/// Runs GRUB in each of the environments, for at most `most_steps` in all of them.
///
/// # Errors
///
/// The disk cannot be read.
pub fn read_with_grub(reading: GrubInput<'_>, environments: &[Environment], most_steps: u64) -> io::Result<GrubSide> {
    let mut side = GrubSide::default();
    let mut kept = 0;
    let mut budget = Shared::of(most_steps);
    for &environment in environments {
        let Environment { version, platform } = environment;
        if let Some(pick) = budget.exhausted() {
            row::add(&mut side.rows, environment, pick, GrubRun::default());
            continue;
        }
        let settings = GrubSettings { version, platform, most_steps, ..GrubSettings::default() };
        match reading {
            GrubInput::Text { dialect: Dialect::Grub2, text } => {
                let run = grub::run(&NoDisk, &place_of_text(platform), text, &settings);
                let pick = pick_of(&run, (&place_of_text(platform), text), None);
                budget.spend(run.steps, &pick);
                row::add(&mut side.rows, environment, pick, outlined(run, &mut kept));
            }
            GrubInput::Text { .. } => {
                side.absent = Some("GRUB 2 does not read this kind of configuration".to_owned());
            }
            GrubInput::Disk(volumes) => {
                let disk = OneDisk::new(volumes, version, platform)?;
                match discover::start(&disk, platform) {
                    Ok(Start { place, text, .. }) => {
                        let run = grub::run(&disk, &place, &text, &settings);
                        let pick = pick_of(&run, (&place, &text), Some(&disk));
                        budget.spend(run.steps, &pick);
                        row::add(&mut side.rows, environment, pick, outlined(run, &mut kept));
                    }
                    Err(NoStart::Missing(why)) => side.absent = Some(why),
                    Err(NoStart::Unknown(why)) => {
                        let pick = failing(Verdict::Unknown, why, None);
                        row::add(&mut side.rows, environment, pick, GrubRun::default());
                    }
                }
            }
        }
    }
    Ok(side)
}

/// What a run of GRUB comes to that was on this disk, or on none; `text` is the configuration at `place` that it starts with.
pub(crate) fn pick_of(run: &GrubRun, (place, text): (&ConfigPlace, &[u8]), disk: Option<&OneDisk<'_>>) -> Pick {
    let Some(disk) = disk else { return pick(run, |_| None) };
    let pick = pick(run, |command| disk.offset(command.root.as_deref().unwrap_or(place.device.as_bytes())));
    misled(with_devices(pick, disk), run, place, text, disk)
}

/// The line after whose command GRUB goes on elsewhere in the one environment than in the other.
pub(super) fn parting_line(reading: GrubInput<'_>, one: Environment, other: Environment) -> io::Result<Option<u32>> {
    let trace = |Environment { version, platform }| -> io::Result<Vec<(String, u32)>> {
        let settings = GrubSettings { version, platform, trace: true, ..GrubSettings::default() };
        let run = match reading {
            GrubInput::Text { text, .. } => grub::run(&NoDisk, &place_of_text(platform), text, &settings),
            GrubInput::Disk(volumes) => {
                let disk = OneDisk::new(volumes, version, platform)?;
                let Ok(Start { place, text, .. }) = discover::start(&disk, platform) else { return Ok(Vec::new()) };
                grub::run(&disk, &place, &text, &settings)
            }
        };
        // The device is called otherwise under Xen.
        let path = |file: &str| file.split_once(')').map_or(file, |(_, path)| path).to_owned();
        Ok(run.trace.iter().map(|step| (path(&step.file), step.line)).collect())
    };
    let (one, other) = (trace(one)?, trace(other)?);
    let common = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let last = one.get(..common).and_then(<[_]>::last);
    Ok(last.filter(|_| common < one.len().max(other.len())).map(|(_, line)| *line))
}

/// Where a configuration that has no disk is taken to lie.
pub(crate) fn place_of_text(platform: Platform) -> ConfigPlace {
    let device = if platform == Platform::Xen { "xen/xvda" } else { "hd0" };
    ConfigPlace { device: device.to_owned(), path: "/boot/grub/grub.cfg".to_owned() }
}

/// Takes kernels from pvgrub2 that it does not load: it has gzip and xz, and from 2.14 on zstd, with which the initrd arrives damaged.
/// Measured with grub-file and, for zstd, under a real Xen; GRUB for PVH guests has the kernel unpack itself.
///
/// # Errors
///
/// The disk cannot be read.
pub(super) fn judge_pvgrub2(
    rows: &mut Vec<Row<Environment, GrubRun>>,
    volumes: &dyn Volumes,
    looks: &Looks,
) -> io::Result<()> {
    for row in std::mem::take(rows) {
        let picked = row.pick.picked.as_ref().filter(|_| row.pick.verdict == Verdict::Boots);
        for environment in row.readers {
            let picked = picked.filter(|_| environment.platform == Platform::Xen);
            let judged = match picked.and_then(|picked| Some((picked, picked.kernel.offset?))) {
                Some((picked, offset)) => {
                    let look = look_for_pvgrub2(volumes, (offset, &picked.kernel.plain()), looks)?;
                    refused(picked, look.as_ref(), environment.version)
                }
                None => None,
            };
            row::add(rows, environment, judged.unwrap_or_else(|| row.pick.clone()), row.run.clone());
        }
    }
    Ok(())
}

/// What becomes of a pick whose kernel pvgrub2 does not load, or not for sure. `None` if it does.
fn refused(picked: &Picked, look: Option<&Look>, version: Version) -> Option<Pick> {
    let path = &picked.kernel.path;
    let packed = look.and_then(|look| look.compression);
    let outcome =
        look.map_or(GrubOutcome::Unknown("pregrub cannot look into it"), |look| look.grub(GrubBinary::Pv, version));
    let (verdict, reason) = match (outcome, packed) {
        (GrubOutcome::Loads, _) => return None,
        (GrubOutcome::Unknown(_), Some(Compression::Zstd)) if version >= Version::V2_14 => {
            if picked.initrds.is_empty() {
                return None;
            }
            (Verdict::Fails, format!("`{path}` is packed with zstd: pvgrub2 loads it, and its initrd arrives damaged"))
        }
        (GrubOutcome::Fails(_), Some(with)) if !matches!(with, Compression::Gzip | Compression::Xz) => {
            let with = with.name();
            (Verdict::Fails, format!("`{path}` is packed with {with}, which pvgrub2 cannot unpack (`not xen image`)"))
        }
        (GrubOutcome::Fails(why), _) => (Verdict::Fails, format!("pvgrub2 does not load `{path}`: {why}")),
        (GrubOutcome::Unknown(why), _) => (Verdict::Unknown, format!("whether pvgrub2 loads `{path}`: {why}")),
    };
    let help = "boot the guest with pygrub, or as type = \"pvh\" with GRUB for PVH guests";
    Some(Pick {
        picked: Some(picked.clone()),
        help: (packed == Some(Compression::Zstd)).then(|| help.to_owned()),
        ..failing(verdict, reason, picked.line)
    })
}

/// A file that is named with its device lies there, not on `$root`.
fn with_devices(mut pick: Pick, disk: &OneDisk<'_>) -> Pick {
    if let Some(picked) = &mut pick.picked {
        for file in std::iter::once(&mut picked.kernel).chain(&mut picked.initrds) {
            let device = file.path.strip_prefix('(').and_then(|rest| rest.split_once(')'));
            if let Some((device, _)) = device.filter(|(device, _)| !device.is_empty()) {
                file.offset = disk.offset(device.as_bytes());
            }
        }
    }
    pick
}

/// Says what keeps GRUB from a kernel that lies beside its configuration: `$root`.
fn misled(mut pick: Pick, run: &GrubRun, place: &ConfigPlace, script: &[u8], disk: &OneDisk<'_>) -> Pick {
    let kernel = run.chosen().and_then(EntryAttempt::kernel).filter(|_| pick.verdict == Verdict::Fails);
    let (Some(kernel), Some(path)) = (kernel, kernel.and_then(|kernel| kernel.files.first())) else { return pick };
    let Some(root) = kernel.root.as_deref().filter(|_| path.path.starts_with(b"/")) else { return pick };
    let before = || script.split(|&byte| byte == b'\n').zip(1_u32..).take_while(|(_, line)| *line < kernel.line);
    // Another disk of the guest, which is not seen here, may have what is meant.
    let elsewhere = !root.starts_with(b"hd0") && !root.starts_with(b"xen/xvda");
    if elsewhere || before().any(|(line, _)| line.trim_ascii().starts_with(b"search")) {
        return pick;
    }
    if disk.offset(root) == disk.offset(place.device.as_bytes())
        || !matches!(disk.find(place.device.as_bytes(), &path.path), FileLookup::File { .. })
    {
        return pick;
    }
    let (path, root) = (text(&path.path), text(root));
    let assignment = before().filter(|(line, _)| sets_root(line.trim_ascii())).last();
    pick.reason = Some(format!(
        "for GRUB `$root` is {root}, where `{path}` is not: it lies on {}, beside the configuration; pygrub does not look at `root`",
        place.device
    ));
    pick.line = assignment.map(|(_, line)| line).or(pick.line);
    pick.help = Some(format!("remove the assignment of `root`, or write `set root={}`", place.device));
    pick.misled = true;
    pick
}

/// Whether a line assigns `root`.
fn sets_root(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"set").map_or(line, <[u8]>::trim_ascii_start);
    line.starts_with(b"root=")
}

fn failing(verdict: Verdict, reason: String, line: Option<u32>) -> Pick {
    Pick { verdict, picked: None, reason: Some(reason), line, help: None, cause: None, note: None, misled: false }
}

/// What a run comes to.
fn pick(run: &GrubRun, offset: impl Fn(&LoadCommand) -> Option<u64>) -> Pick {
    let picked = run.chosen().filter(|attempt| attempt.works()).and_then(|attempt| picked(attempt, &offset));
    if let Some(why) = run.unknown.first() {
        return Pick { picked, ..failing(Verdict::Unknown, why.clone(), None) };
    }
    let Some(picked) = picked else {
        let (reason, line) = why_not(run);
        return failing(Verdict::Fails, reason, line);
    };
    let known = run.chosen().and_then(EntryAttempt::kernel).and_then(|kernel| kernel.files.first()?.exists).is_some();
    let verdict = if known { Verdict::Boots } else { Verdict::Selects };
    let note = run.errors.iter().any(|error| error.text.contains("command `blscfg'")).then(|| NO_BLSCFG.to_owned());
    Pick { verdict, picked: Some(picked), reason: None, line: None, help: None, cause: None, note, misled: false }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn picked(attempt: &EntryAttempt, offset: &dyn Fn(&LoadCommand) -> Option<u64>) -> Option<Picked> {
    let kernel = attempt.kernel()?;
    let file = |command: &LoadCommand, path: &[u8]| BootedFile { path: text(path), offset: offset(command) };
    let args = match grub::command_line(kernel, Platform::Xen) {
        Some(line) => text(&line),
        None => kernel.args.iter().skip(1).map(|word| text(word)).collect::<Vec<_>>().join(" "),
    };
    let is_initrd = |command: &&LoadCommand| command.is_ram_disk() || MODULES.contains(&command.command.as_str());
    let initrds = attempt.beside_kernel().filter(is_initrd);
    let initrds = initrds.flat_map(|command| command.files.iter().map(|one| file(command, &one.path)));
    // What a command replaces that succeeds is not missed.
    let fails = |command: &&LoadCommand| command.in_effect || command.error.is_some();
    let missing = attempt.commands.iter().filter(fails).flat_map(|command| &command.files);
    let missing = missing.filter(|file| file.exists == Some(false));
    let mut missing: Vec<String> = missing.map(|file| text(&file.path)).collect();
    if missing.is_empty() && !attempt.is_complete() {
        // GRUB does not load it for another reason.
        let failing = attempt.commands.iter().rev().find(|command| command.error.is_some());
        missing.extend(failing.map(|command| command.args.first().map_or(command.command.clone(), |word| text(word))));
    }
    Some(Picked {
        config: Some(kernel.file.clone()),
        title: attempt.title().filter(|title| !title.is_empty()).map(text),
        line: Some(kernel.line).filter(|line| *line > 0),
        kernel: kernel.files.first().map(|first| file(kernel, &first.path))?,
        initrds: initrds.collect(),
        args,
        missing,
    })
}

/// Why GRUB boots nothing, and the line that it is about.
fn why_not(run: &GrubRun) -> (String, Option<u32>) {
    let in_config = |message: &&GrubMessage| message.file == run.config && message.line > 0;
    let attempt = run.chosen();
    let of_attempt = attempt.into_iter().flat_map(|attempt| &attempt.errors);
    let error = of_attempt.chain(&run.errors).find(in_config);
    let title = attempt.and_then(EntryAttempt::title).map(text).unwrap_or_default();
    let own = attempt.and_then(EntryAttempt::kernel).and_then(|kernel| kernel.error.as_deref());
    let said = own.or(error.map(|message| message.text.as_str()));
    let said = said.map(|text| format!(": GRUB prints `error: {text}`")).unwrap_or_default();
    let line = error.map(|message| message.line);
    match (attempt, &run.stop) {
        (None, Some(Stop::Left(command))) => (format!("`{command}` ends it before anything boots"), line),
        (None, Some(Stop::Fatal(message))) => (format!("GRUB gives up with `{message}`"), line),
        (None, Some(Stop::Limit(why))) => (why.clone(), line),
        (None, _) if run.shown.items.is_empty() => (format!("GRUB's menu has no entry{said}"), line),
        (None, _) => (format!("GRUB boots nothing{said}"), line),
        (Some(attempt), _) => match attempt.kernel() {
            None => (format!("the entry `{title}` loads no kernel{said}"), line),
            Some(kernel) => {
                let path = kernel.files.first().map(|file| text(&file.path)).unwrap_or_default();
                let line = Some(kernel.line).filter(|_| kernel.file == run.config);
                let cannot = if kernel.files.first().is_some_and(|file| file.exists == Some(true)) {
                    "does not load"
                } else {
                    "cannot open"
                };
                (format!("GRUB {cannot} the kernel `{path}` of `{title}`{said}"), line)
            }
        },
    }
}
