//! The steps of a run, as stations on a line: from the disk to what Xen gets, or to where it ends.

use crate::boot::{Attempt, Found, InPlaceOf, Mounted, Purpose, Run, Step, Verdict};
use crate::escape::beginning;
use crate::explain::Explanation;
use crate::explain::partition_name;
use crate::kernel::{Built, LoadOutcome};
use crate::report::builder::stage;
use crate::report::trace::{layout_words, skipped_because};
use crate::target::Kind;

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It led on.
    Good,
    /// It led nowhere, or ended the run.
    Bad,
    /// pregrub cannot tell how it goes on.
    Unclear,
    /// It is neither.
    Neutral,
}

impl Tone {
    /// The class of what is drawn, and the word for those who do not see it.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Unclear => "unclear",
            Self::Neutral => "neutral",
        }
    }
}

/// A step of a run.
pub(crate) struct Station {
    /// How it went.
    pub tone: Tone,
    /// What pygrub does, as a clause without a full stop.
    pub what: String,
    /// More about it, each a clause.
    pub details: Vec<String>,
}

/// The most attempts that are shown besides the deciding one.
const MOST_ATTEMPTS: usize = 8;
/// The most paths that one station lists.
const MOST_PATHS: usize = 6;
/// The most of a title or a path, in characters.
const LONGEST: usize = 200;

/// All stations of a run.
pub(crate) fn stations(
    run: &Run,
    explanation: Option<&Explanation>,
    built: Option<&Built>,
    kind: Kind,
) -> Vec<Station> {
    let mut path = Path { stations: Vec::new() };
    if let Some(disk) = &run.disk {
        let line = disk.line.map(|line| format!(" (line {line})")).unwrap_or_default();
        path.add(
            Tone::Neutral,
            format!("the toolstack gives pygrub the disk {}{line}", short(&disk.path.to_string_lossy())),
        );
    }
    if let Some(table) = &run.table {
        path.add(Tone::Neutral, layout_words(table.layout).to_owned());
        for skipped in table.skipped.iter().filter(|skipped| skipped.sectors > 0) {
            if let Some(why) = skipped_because(skipped.reason) {
                path.detail(format!("slot {}, type 0x{:02x}: skipped, it {why}", skipped.slot, skipped.partition_type));
            }
        }
    }
    if let Some(first) = &run.first_look {
        path.add(Tone::Neutral, "first of all the first filesystem, for a kernel by its path".to_owned());
        path.looked(&first.steps.iter().collect::<Vec<_>>());
    }
    let deciding = run.deciding_attempt();
    let mut left_out = 0;
    for (index, attempt) in run.attempts.iter().enumerate() {
        let decides = deciding.is_some_and(|other| std::ptr::eq(other, attempt));
        if index >= MOST_ATTEMPTS && !decides {
            left_out += 1;
            continue;
        }
        path.attempt(run, attempt, kind, decides);
    }
    if left_out > 0 {
        path.add(Tone::Neutral, format!("{left_out} more offsets; `pregrub trace` shows every step"));
    }
    if let Some(built) = built {
        let tone = match built.look.outcome(built.question.guest) {
            Some(LoadOutcome::Loads(_)) => Tone::Good,
            Some(LoadOutcome::Refused { .. }) => Tone::Bad,
            Some(LoadOutcome::Unknown(_)) | None => Tone::Unclear,
        };
        path.add(tone, format!("Xen's domain builder: {}", stage(built)));
    }
    path.end(run, explanation);
    path.stations
}

struct Path {
    stations: Vec<Station>,
}

fn short(text: &str) -> String {
    beginning(text, LONGEST)
}

impl Path {
    fn add(&mut self, tone: Tone, what: String) {
        self.stations.push(Station { tone, what, details: Vec::new() });
    }

    fn detail(&mut self, detail: String) {
        if let Some(last) = self.stations.last_mut() {
            last.details.push(detail);
        }
    }

    fn attempt(&mut self, run: &Run, attempt: &Attempt, kind: Kind, decides: bool) {
        let place = if kind.is_disk() {
            format!("offset {} ({})", attempt.offset, partition_name::describe(attempt.candidate.as_ref()))
        } else {
            "this directory".to_owned()
        };
        match &attempt.mounted {
            Mounted::Yes(name) if name == "directory" => self.add(Tone::Good, "reads this directory".to_owned()),
            Mounted::Yes(name) => {
                let tone =
                    if decides && run.chosen.is_some() || attempt.found.is_some() { Tone::Good } else { Tone::Neutral };
                self.add(tone, format!("mounts {name} at {place}"));
            }
            Mounted::No { why, .. } => {
                self.add(Tone::Bad, format!("does not mount {place}"));
                self.detail(why.clone());
            }
            Mounted::Unknown { why, .. } => {
                self.add(Tone::Unclear, format!("pregrub cannot tell about {place}"));
                self.detail(why.clone());
            }
            Mounted::NotAsked => {}
        }
        for note in &attempt.notes {
            self.detail(note.text.clone());
        }
        let (before, after): (Vec<&Step>, Vec<&Step>) =
            attempt.steps.iter().partition(|step| !matches!(step.purpose, Purpose::Kernel | Purpose::Ramdisk));
        self.looked(&before);
        if let Some(found) = &attempt.found {
            self.found(found);
        }
        if let Some(why) = attempt.in_place_of {
            let why = match why {
                InPlaceOf::NoConfiguration => "there is no configuration",
                InPlaceOf::NoEntry => "there is no entry",
                InPlaceOf::Hypervisor => "the kernel of the first entry is Xen itself",
            };
            self.add(Tone::Neutral, format!("{why}: looks for kernels by their paths instead of selecting an entry"));
        }
        if let Some(menu) = &attempt.menu {
            match menu.seconds {
                Some(seconds) => {
                    let unit = if seconds == 1 { "second" } else { "seconds" };
                    self.add(Tone::Good, format!("shows the menu for {seconds} {unit}"));
                }
                None => self.add(Tone::Bad, "cannot show the menu".to_owned()),
            }
        }
        if let (Some(selection), Some(found)) = (&attempt.selection, &attempt.found) {
            let wanted = selection.wanted.as_ref().map(ToString::to_string).unwrap_or_default();
            match selection.index.and_then(|index| Some((index, found.config.entries.get(index)?))) {
                Some((index, entry)) => {
                    self.add(Tone::Good, format!("selects entry {index}: {}", short(&entry.title.to_string_lossy())));
                    if wanted != index.to_string() && !wanted.is_empty() {
                        self.detail(format!("asked for {}", short(&wanted)));
                    }
                }
                None => self.add(Tone::Bad, format!("selects nothing (asked for {})", short(&wanted))),
            }
            if let Some(rejected) = selection.rejected {
                self.detail(format!("a rule on titles, of the host, rejects entry {rejected}, the default"));
            }
        }
        for step in after {
            let name = if step.purpose == Purpose::Kernel { "kernel" } else { "initrd" };
            let path = short(&step.path.to_string_lossy());
            match &step.missing {
                None if step.opens => self.add(Tone::Good, format!("opens the {name} {path}")),
                None => self.add(Tone::Good, format!("finds the {name} {path}")),
                Some(why) => {
                    self.add(Tone::Bad, format!("does not find the {name} {path}"));
                    self.detail(why.clone());
                }
            }
        }
        if let Some(raised) = &attempt.raised {
            let place =
                raised.span.map(|span| format!(" (line {}, column {})", span.line, span.column)).unwrap_or_default();
            self.add(Tone::Bad, format!("{}{place}", short(&raised.to_string())));
        }
        if let Some(why) = &attempt.unknown {
            self.add(Tone::Unclear, format!("pregrub cannot tell how it goes on: {why}"));
        }
    }

    /// The paths that were looked for, in a few words.
    fn looked(&mut self, steps: &[&Step]) {
        let is_foreign =
            |step: &Step| matches!(step.purpose, Purpose::Solaris | Purpose::NetWare) && step.missing.is_some();
        let (found, missing): (Vec<&Step>, Vec<&Step>) =
            steps.iter().filter(|step| !is_foreign(step)).partition(|step| step.missing.is_none());
        let listed = |steps: &[&Step]| {
            // One that is there is looked for, and then opened.
            let mut paths: Vec<String> = steps.iter().map(|step| short(&step.path.to_string_lossy())).collect();
            paths.dedup();
            let more = paths.len().saturating_sub(MOST_PATHS);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            paths.truncate(MOST_PATHS);
            format!("{}{more}", paths.join(", "))
        };
        if steps.iter().any(|step| is_foreign(step)) {
            self.detail("looks for kernels of Solaris and NetWare: not there".to_owned());
        }
        if !missing.is_empty() {
            self.detail(format!("looks for {}: not there", listed(&missing)));
        }
        if !found.is_empty() {
            self.detail(format!("finds {}", listed(&found)));
        }
    }

    fn found(&mut self, found: &Found) {
        let config = &found.config;
        let count = config.entries.len();
        let entries = if count == 1 { "entry" } else { "entries" };
        let tone = if config.raised.is_some() { Tone::Bad } else { Tone::Good };
        let what = format!(
            "reads {} as {}: {count} {entries}, default {}, timeout {}",
            short(&found.path.to_string_lossy()),
            found.dialect.name(),
            short(&config.default.to_string()),
            short(&config.timeout.to_string())
        );
        self.add(tone, what);
        if config.truncated {
            self.detail("the file is longer than pygrub reads".to_owned());
        }
        let warnings = config.warnings.iter().count();
        if warnings > 0 {
            self.detail(format!("logs {warnings} warning{}", if warnings == 1 { "" } else { "s" }));
        }
    }

    fn end(&mut self, run: &Run, explanation: Option<&Explanation>) {
        let tone = match run.verdict {
            Verdict::Boots | Verdict::Selects => Tone::Good,
            Verdict::Fails => Tone::Bad,
            Verdict::Unknown => Tone::Unclear,
            Verdict::NotApplicable => Tone::Neutral,
        };
        let what = match (run.verdict, explanation) {
            (Verdict::Boots, _) => "the guest boots".to_owned(),
            (Verdict::Selects, _) => {
                "the entry is selected; a configuration alone does not show whether its files exist".to_owned()
            }
            (verdict, Some(explanation)) => format!("{}: {}", verdict.words(), explanation.reason),
            (verdict, None) => verdict.words().to_owned(),
        };
        self.add(tone, what);
    }
}
