//! Mending a configuration: the fixes of its findings, each tried in a simulation before it counts.

use std::collections::{BTreeMap, HashSet};

use super::baseline::{line_of, without_numbers};
use super::finding::{Finding, Source};
use super::fix::{Edit, Safety};
use super::group::Group;
use super::levels::Levels;
use super::lint;
use super::subject::Subject;
use crate::boot::{self, Options, Run};
use crate::config::Dialect;
use crate::python::Text;
use crate::target::Kind;

/// How a configuration is to be mended.
#[derive(Clone, Debug)]
pub struct Mending<'a> {
    /// What the file is called.
    pub name: &'a str,
    /// Its dialect.
    pub dialect: Dialect,
    /// How pygrub is called.
    pub options: Options,
    /// Rules that are silent mend nothing.
    pub levels: &'a Levels,
    /// Whether fixes are made that somebody must look at.
    pub unsafe_too: bool,
}

/// A fix that was made or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mend {
    /// The code of the rule.
    pub code: &'static str,
    /// The line, at the time.
    pub line: u32,
    /// What the fix does.
    pub description: String,
    /// Why it was refused; empty where it was made. A clause without a full stop.
    pub why: &'static str,
}

/// A configuration that was mended as far as can be.
#[derive(Clone, Debug, Default)]
pub struct Mended {
    /// Its text.
    pub text: Vec<u8>,
    /// What was made, in order.
    pub made: Vec<Mend>,
    /// What was refused, since the simulation showed that it does no good.
    pub refused: Vec<Mend>,
}

/// So often a text is looked at: rules whose fixes undo each other must come to an end, and so must a hostile text.
const LOOKS: usize = 500;

/// So many fixes are made at once at most.
const AT_ONCE: usize = 1000;

/// What a fix is known by in a text that changes.
type Known = (&'static str, String, String);

impl Mending<'_> {
    /// Mends a text: makes all fixes that are allowed and do not overlap, looks again, and goes on until there are none.
    ///
    /// Each change is performed in a simulation first. It counts only if the finding is gone and nothing new stops the boot;
    /// and where the configuration booted before, it must boot the same entry with the same files and arguments, but for what
    /// the finding is about: the entry for rules of the group "boots something else", the entry's files and arguments for those
    /// of "kernel, initrd, arguments".
    pub fn mend(&self, text: Vec<u8>) -> Mended {
        let mut mended = Mended { text, ..Mended::default() };
        let mut refused: HashSet<Known> = HashSet::new();
        let mut now = self.look(&mended.text);
        // An uncertain fix is never worked out from what another one made of the text.
        let uncertain: HashSet<&str> = now.findings.iter().map(|finding| finding.rule.code).collect();
        let mut looks = 0;
        while looks < LOOKS {
            let mut batch = self.batch(&now, &mended.text, &refused, &uncertain);
            if batch.is_empty() {
                break;
            }
            while looks < LOOKS {
                looks += 1;
                let changed = apply(&mended.text, &batch);
                let then = self.look(&changed);
                let outcome = compare(&now, &then, &batch);
                let of = |finding: &Finding, why| Mend {
                    code: finding.rule.code,
                    line: finding.span.map_or(1, |span| span.line),
                    description: finding.fix.as_ref().map(|fix| fix.description.clone()).unwrap_or_default(),
                    why,
                };
                match outcome {
                    Ok(()) => {
                        mended.made.extend(batch.iter().map(|finding| of(finding, "")));
                        mended.text = changed;
                        now = then;
                        break;
                    }
                    Err(why) if batch.len() == 1 => {
                        mended.refused.push(of(&batch[0], why));
                        refused.insert(known(&batch[0], &mended.text));
                        break;
                    }
                    Err(_) => batch.truncate(batch.len() / 2),
                }
            }
        }
        mended
    }

    /// Fixes of one group that can be made at once.
    fn batch(&self, now: &Seen, text: &[u8], refused: &HashSet<Known>, uncertain: &HashSet<&str>) -> Vec<Finding> {
        let allowed = |finding: &&Finding| {
            finding.source == Source::Configuration
                && finding.fix.as_ref().is_some_and(|fix| {
                    let may = fix.safety == Safety::Safe || self.unsafe_too && uncertain.contains(finding.rule.code);
                    may && is_sound(&fix.edits, text.len())
                })
                && !refused.contains(&known(finding, text))
        };
        let mut batch: Vec<Finding> = Vec::new();
        let mut taken: Vec<&Edit> = Vec::new();
        for finding in now.findings.iter().filter(allowed) {
            if batch.first().is_some_and(|first| first.rule.group() != finding.rule.group()) {
                continue;
            }
            if batch.len() == AT_ONCE {
                break;
            }
            let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
            if !edits.clone().any(|edit| taken.iter().any(|other| overlap(edit, other))) {
                taken.extend(edits);
                batch.push(finding.clone());
            }
        }
        batch
    }

    fn look(&self, text: &[u8]) -> Seen {
        let run = boot::run_config(self.name, self.dialect, text.to_vec(), self.options.clone());
        let subject = Subject::new(&run, Kind::Config);
        let findings = lint(&subject, self.levels);
        // Rules that are silent count here all the same.
        let all = lint(&subject, &Levels::default());
        let raised = subject.configuration().map_or(0, |configuration| configuration.raised.len());
        let mut stopping = BTreeMap::new();
        for finding in all.iter().filter(|finding| finding.stops_boot) {
            *stopping.entry((finding.rule.code, without_numbers(&finding.message))).or_default() += 1;
        }
        let raised = raised + usize::from(run.failure.is_some());
        Seen { boots: Boots::of(&run), findings, raised, stopping }
    }
}

fn known(finding: &Finding, text: &[u8]) -> Known {
    let line = finding.span.map(|span| line_of(text, span.range().start)).unwrap_or_default();
    (finding.rule.code, line, finding.message.clone())
}

/// Whether the edits of a fix lie in the text and apart from each other.
fn is_sound(edits: &[Edit], length: usize) -> bool {
    let inside = |edit: &Edit| edit.span.start <= edit.span.end && edit.span.range().end <= length;
    let apart = |(index, edit): (usize, &Edit)| !edits[..index].iter().any(|other| overlap(edit, other));
    !edits.is_empty() && edits.iter().all(inside) && edits.iter().enumerate().all(apart)
}

/// Whether two edits touch the same bytes, or insert at the same place.
fn overlap(one: &Edit, other: &Edit) -> bool {
    let (one, other) = (one.span, other.span);
    one.start < other.end && other.start < one.end
        || one.start == other.start
        || (one.start == one.end || other.start == other.end) && one.start <= other.end && other.start <= one.end
}

/// The text with all edits of these fixes made.
fn apply(text: &[u8], batch: &[Finding]) -> Vec<u8> {
    let mut edits: Vec<&Edit> =
        batch.iter().filter_map(|finding| finding.fix.as_ref()).flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| edit.span.start);
    let (mut changed, mut done) = (Vec::with_capacity(text.len()), 0);
    for edit in edits {
        changed.extend_from_slice(&text[done..edit.span.range().start]);
        changed.extend_from_slice(edit.replacement.as_bytes());
        done = edit.span.range().end;
    }
    changed.extend_from_slice(&text[done..]);
    changed
}

/// What the simulation shows of a text.
struct Seen {
    boots: Option<Boots>,
    findings: Vec<Finding>,
    /// How much pygrub raises, or would raise.
    raised: usize,
    stopping: BTreeMap<(&'static str, String), usize>,
}

/// What boots.
#[derive(PartialEq, Eq)]
struct Boots {
    title: Option<Text>,
    entry: Option<usize>,
    kernel: Text,
    ramdisk: Option<Text>,
    args: Option<Text>,
}

impl Boots {
    fn of(run: &Run) -> Option<Self> {
        let chosen = run.chosen.as_ref().filter(|_| run.failure.is_none())?;
        let found = run.attempts.get(chosen.attempt).and_then(|attempt| attempt.found.as_ref());
        let entry = found.zip(chosen.entry).and_then(|(found, index)| found.config.entries.get(index));
        Some(Self {
            title: entry.map(|entry| entry.title.clone()),
            entry: chosen.entry,
            kernel: chosen.kernel.path.clone(),
            ramdisk: chosen.ramdisk.as_ref().map(|ramdisk| ramdisk.path.clone()),
            args: chosen.args.clone(),
        })
    }
}

/// Whether these fixes, all of one group, did what they are for and nothing else.
fn compare(before: &Seen, after: &Seen, batch: &[Finding]) -> Result<(), &'static str> {
    let of = |seen: &Seen, code: &str| seen.findings.iter().filter(|finding| finding.rule.code == code).count();
    for finding in batch {
        let code = finding.rule.code;
        let mended = batch.iter().filter(|other| other.rule.code == code).count();
        if of(after, code) + mended > of(before, code) {
            return Err("the finding would still be there");
        }
    }
    if after.stopping.iter().any(|(what, count)| before.stopping.get(what).is_none_or(|before| count > before)) {
        return Err("something else would stop the boot");
    }
    if after.raised > before.raised {
        return Err("pygrub would raise more than before");
    }
    let Some(was) = &before.boots else { return Ok(()) };
    let Some(is) = &after.boots else { return Err("nothing would boot any more") };
    let group = batch.first().map(|finding| finding.rule.group());
    let same_entry = (&was.title, was.entry) == (&is.title, is.entry);
    match group {
        Some(Group::BootsSomethingElse) => Ok(()),
        Some(Group::KernelInitrdArguments) if same_entry => Ok(()),
        _ if was == is => Ok(()),
        _ => Err("something else would boot"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Span;

    fn edit(start: u32, end: u32, replacement: &str) -> Edit {
        let span = Span { start, end, line: 1, column: start + 1, length: end - start };
        Edit { span, replacement: replacement.to_owned() }
    }

    #[test]
    fn edits_that_overlap() {
        let overlap = |a: (u32, u32), b: (u32, u32)| super::overlap(&edit(a.0, a.1, ""), &edit(b.0, b.1, ""));
        assert!(overlap((0, 3), (2, 4)) && overlap((2, 4), (0, 3)) && overlap((0, 9), (3, 4)));
        assert!(
            overlap((3, 3), (3, 3)) && overlap((3, 3), (1, 5)) && overlap((3, 3), (3, 5)) && overlap((3, 3), (1, 3))
        );
        assert!(!overlap((0, 3), (3, 5)) && !overlap((3, 3), (4, 5)));
    }

    #[test]
    fn a_fix_outside_of_the_text_is_not_made() {
        assert!(is_sound(&[edit(0, 2, "a"), edit(2, 4, "b")], 4));
        assert!(!is_sound(&[edit(0, 5, "a")], 4));
        assert!(!is_sound(&[edit(0, 3, "a"), edit(2, 4, "b")], 4));
        assert!(!is_sound(&[], 4));
    }

    #[test]
    fn edits_are_made_in_order() {
        let fix = super::super::Fix::safe("x");
        let fix = super::super::Fix { edits: vec![edit(4, 5, "X"), edit(0, 1, ""), edit(2, 2, "--")], ..fix };
        assert_eq!(apply(b"abcdef", &[Finding::new("m").fix(fix)]), b"b--cdXf");
    }
}
