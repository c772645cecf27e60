//! `pregrub compare` for people, on one screen: what boots as the user expects first, then who parts from it, where and why.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::compare::Upgrade;
use super::one_line::{Uncolored, one_line};
use super::text::TextStyle;
use crate::boot::Verdict;
use crate::compare::{Comparison, Difference, GuestChange, Pick, Picked, Side, folded_environments};
use crate::flavour::folded;

/// How far what stands under a headline is indented.
const INDENT: &str = "        ";
/// The most of a configuration's line that is shown.
const LONGEST_LINE: usize = 200;
/// The most of arguments and reasons.
const LONGEST: usize = 1000;

/// Writes the comparison of one target. `codes` are those of the linter's rules, one a difference.
///
/// # Errors
///
/// As `out` says.
pub fn write(
    comparison: &Comparison,
    target: &str,
    codes: &[Option<&str>],
    look: TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    /// The lines of a screen.
    const SCREEN: usize = 24;
    let blocks = blocks(comparison);
    // What does not fit on one screen is summarised, those first of which there are fewest.
    let mut text = Vec::new();
    for full in (1..=blocks.len().max(1)).rev() {
        text.clear();
        let mut page = Page { comparison, codes, look, out: &mut text };
        page.all(target, &blocks, full)?;
        if look.verbose || memchr::memchr_iter(b'\n', &text).count() <= SCREEN {
            break;
        }
    }
    out.write_all(&text)
}

/// Writes what becomes of one target between two pygrubs.
///
/// # Errors
///
/// As `out` says.
pub fn write_upgrade(
    comparison: &Comparison,
    target: &str,
    upgrade: Upgrade,
    codes: &[Option<&str>],
    look: TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page { comparison, codes, look, out };
    let color = match upgrade.change {
        GuestChange::Same | GuestChange::NotAsked | GuestChange::Never | GuestChange::Starts => AnsiColor::Green,
        GuestChange::Other | GuestChange::Unknown => AnsiColor::Yellow,
        GuestChange::Stops => AnsiColor::Red,
    };
    page.colored(color, upgrade.change.sentence())?;
    writeln!(Uncolored(page.out), ": {target}")?;
    let mut written: Option<&Pick> = None;
    for build in [upgrade.from, upgrade.to] {
        let Some(row) = comparison.of_build(build) else { continue };
        if written.is_some_and(|pick| std::ptr::eq(pick, &row.pick)) {
            continue;
        }
        let index = comparison.pygrub.iter().position(|other| std::ptr::eq(other, row)).unwrap_or_default();
        page.verdict(&row.pick)?;
        writeln!(Uncolored(page.out), "{build}")?;
        page.body(&row.pick, &[Side::Pygrub(index)], written)?;
        written = Some(&row.pick);
    }
    Ok(())
}

/// The counts after an upgrade of many targets: `12 targets from Xen 4.17 to Xen 4.20: 1 would stop booting; 11 stay as they are`.
pub fn summary(upgrade: (&str, &str), counts: &BTreeMap<GuestChange, usize>, unreadable: usize) -> String {
    let all: usize = counts.values().sum::<usize>() + unreadable;
    let of = |change: GuestChange| counts.get(&change).copied().unwrap_or_default();
    let mut parts = Vec::new();
    for change in [GuestChange::Stops, GuestChange::Other, GuestChange::Unknown, GuestChange::Starts] {
        if of(change) > 0 {
            parts.push(format!("{} {}", of(change), change.sentence()));
        }
    }
    if unreadable > 0 {
        parts.push(format!("{unreadable} cannot be read"));
    }
    let (same, never) = (of(GuestChange::Same), of(GuestChange::Never));
    if same > 0 {
        parts.push(format!("{same} boot{} the same", if same == 1 { "s" } else { "" }));
    }
    if never > 0 {
        parts.push(format!("{never} boot{} with neither", if never == 1 { "s" } else { "" }));
    }
    if of(GuestChange::NotAsked) > 0 {
        parts.push(format!("{} for which pygrub is not asked", of(GuestChange::NotAsked)));
    }
    let (from, to) = upgrade;
    format!("{all} target{} from {from} to {to}: {}", if all == 1 { "" } else { "s" }, parts.join(", "))
}

/// Rows that come to the same.
pub(crate) struct RowGroup<'a> {
    /// What they come to.
    pub pick: &'a Pick,
    /// The rows.
    pub sides: Vec<Side>,
}

impl RowGroup<'_> {
    /// Who comes to it, in few words: the pygrubs, and GRUB.
    pub(crate) fn readers(&self, comparison: &Comparison) -> Vec<String> {
        let mut builds = Vec::new();
        let mut environments = Vec::new();
        for side in &self.sides {
            match side {
                Side::Pygrub(index) => {
                    builds.extend(comparison.pygrub.get(*index).into_iter().flat_map(|row| &row.readers).copied());
                }
                Side::Grub(index) => {
                    environments.extend(comparison.grub.get(*index).into_iter().flat_map(|row| &row.readers).copied());
                }
            }
        }
        let mut who = Vec::new();
        if !builds.is_empty() {
            let everyone = builds.len() == comparison.builds.len() && builds.len() > 2;
            let name =
                if everyone { "every release and flavour".to_owned() } else { folded(&comparison.builds, &builds) };
            who.push(format!("pygrub of {name}"));
        }
        if !environments.is_empty() {
            who.push(format!("GRUB {}", folded_environments(&comparison.environments, &environments)));
        }
        who
    }
}

/// The rows in blocks, the norm first: what boots the same, or fails of the same.
pub(crate) fn blocks(comparison: &Comparison) -> Vec<RowGroup<'_>> {
    let sides = (0..comparison.pygrub.len()).map(Side::Pygrub).chain((0..comparison.grub.len()).map(Side::Grub));
    let mut blocks: Vec<RowGroup<'_>> = Vec::new();
    for side in sides {
        let Some(pick) = comparison.pick(side) else { continue };
        let same = |block: &&mut RowGroup<'_>| {
            pick.boots_same(block.pick) || !pick.boots() && !block.pick.boots() && pick.reason == block.pick.reason
        };
        match blocks.iter_mut().find(same) {
            Some(block) => block.sides.push(side),
            None => blocks.push(RowGroup { pick, sides: vec![side] }),
        }
    }
    // After the norm those of which there are most.
    let readers = |block: &RowGroup<'_>| -> usize {
        let of = |side: &Side| match side {
            Side::Pygrub(index) => comparison.pygrub.get(*index).map_or(0, |row| row.readers.len()),
            Side::Grub(index) => comparison.grub.get(*index).map_or(0, |row| row.readers.len()),
        };
        block.sides.iter().map(of).sum()
    };
    blocks.sort_by_key(|block| std::cmp::Reverse(readers(block)));
    if let Some(norm) = comparison.norm()
        && let Some(place) = blocks.iter().position(|block| block.sides.contains(&norm))
    {
        let mut block = blocks.remove(place);
        // Its title is the one that the menu shows.
        block.pick = comparison.pick(norm).unwrap_or(block.pick);
        blocks.insert(0, block);
    }
    blocks
}

struct Page<'a, 'o> {
    comparison: &'a Comparison,
    codes: &'a [Option<&'a str>],
    look: TextStyle,
    out: &'o mut dyn Write,
}

impl Page<'_, '_> {
    /// All blocks, the first `full` of them in full.
    fn all(&mut self, target: &str, blocks: &[RowGroup<'_>], full: usize) -> io::Result<()> {
        self.headline(target)?;
        let norm = blocks.first().map(|block| block.pick);
        for (number, block) in blocks.iter().enumerate() {
            self.who(block)?;
            if number < full {
                self.body(block.pick, &block.sides, norm.filter(|_| number > 0))?;
            } else {
                self.brief(block, norm)?;
            }
        }
        match &self.comparison.without_grub {
            Some(why) => self.line("GRUB", why),
            None => Ok(()),
        }
    }

    /// What a block boots, by its title, and why it parts from the first: in one sentence, or in one line below a title.
    fn brief(&mut self, block: &RowGroup<'_>, norm: Option<&Pick>) -> io::Result<()> {
        let norm = norm.filter(|norm| norm.boots()).and_then(|norm| norm.picked.as_ref());
        let other = block.pick.picked.as_ref().filter(|picked| {
            block.pick.boots()
                && norm.is_none_or(|norm| !norm.is_same_entry(picked) || !norm.kernel.is_same(&picked.kernel))
        });
        if let Some(picked) = other {
            match &picked.title {
                Some(title) => self.line("entry", &shown_title(title))?,
                None => self.line("kernel", &picked.kernel.path)?,
            }
        }
        let differences = &self.comparison.differences;
        let difference = differences.iter().zip(0..).find(|(difference, _)| block.sides.contains(&difference.side));
        let (word, text) = match (&block.pick.note, difference, &block.pick.reason) {
            (Some(note), ..) => ("note", note.clone()),
            (None, Some((difference, index)), _) => {
                let code = self.codes.get::<usize>(index).copied().flatten();
                let code = code.map(|code| format!("{code}: ")).unwrap_or_default();
                let line = difference.line.map(|line| format!(" (line {line})")).unwrap_or_default();
                ("why", format!("{code}{}{line}", difference.rule))
            }
            (None, None, Some(reason)) => ("why", reason.clone()),
            (None, None, None) => return Ok(()),
        };
        match other {
            Some(_) => self.line(word, &fitted(&one_line(&text), self.look.width.saturating_sub(INDENT.len() + 2))),
            None => self.line(word, &text),
        }
    }

    fn headline(&mut self, target: &str) -> io::Result<()> {
        let comparison = self.comparison;
        let (color, said) = if comparison.agrees() {
            (AnsiColor::Green, "all boot the same")
        } else if !comparison.picks().any(Pick::boots) && comparison.is_known() {
            (AnsiColor::Red, "nothing boots")
        } else if comparison.picks().filter(|pick| pick.is_known()).all(Pick::is_complete) && !comparison.is_known() {
            (AnsiColor::Yellow, "unknown in part")
        } else {
            (AnsiColor::Yellow, "not all boot the same")
        };
        self.colored(color, said)?;
        writeln!(Uncolored(self.out), ": {target}")
    }

    fn colored(&mut self, color: AnsiColor, text: &str) -> io::Result<()> {
        let style = if self.look.color { color.on_default().bold() } else { Style::new() };
        write!(self.out, "{style}{text}{style:#}")
    }

    /// `boots   `, in its colour.
    fn verdict(&mut self, pick: &Pick) -> io::Result<()> {
        let color = match pick.verdict {
            Verdict::Boots | Verdict::Selects => AnsiColor::Green,
            Verdict::Fails => AnsiColor::Red,
            Verdict::Unknown => AnsiColor::Yellow,
            Verdict::NotApplicable => AnsiColor::Cyan,
        };
        let name = pick.verdict.name();
        self.colored(color, name)?;
        write!(self.out, "{}", &INDENT[name.len().min(INDENT.len())..])
    }

    /// The headline of a block: the verdict, and who comes to it.
    fn who(&mut self, block: &RowGroup<'_>) -> io::Result<()> {
        let who = block.readers(self.comparison);
        self.verdict(block.pick)?;
        let wrapped = self.filled(&who.join("; "), INDENT.len(), INDENT.len());
        Uncolored(self.out).write_all(format!("{}\n", wrapped.trim_start()).as_bytes())
    }

    /// What boots, as far as it is not what `norm` boots; and why this side parts from the others.
    fn body(&mut self, pick: &Pick, sides: &[Side], norm: Option<&Pick>) -> io::Result<()> {
        let norm = norm.filter(|norm| norm.boots()).and_then(|norm| norm.picked.as_ref());
        if let Some(picked) = pick.picked.as_ref().filter(|_| pick.boots()) {
            self.picked(picked, norm)?;
        }
        if let Some(note) = &pick.note {
            self.line("note", note)?;
        }
        let comparison = self.comparison;
        let mine = comparison.differences.iter().enumerate().filter(|(_, one)| sides.contains(&one.side));
        let mut told = false;
        for (index, difference) in mine {
            self.difference(difference, self.codes.get(index).copied().flatten())?;
            told = true;
        }
        match &pick.reason {
            Some(reason) if !told => self.line("why", reason),
            _ => Ok(()),
        }
    }

    fn picked(&mut self, picked: &Picked, norm: Option<&Picked>) -> io::Result<()> {
        let same_entry = norm.is_some_and(|norm| norm.is_same_entry(picked));
        if let Some(title) = picked.title.as_ref().filter(|_| !same_entry) {
            let title = shown_title(title);
            let place = match (picked.line, &picked.config) {
                (Some(line), Some(config)) if config.contains('/') => format!("  (line {line} of {config})"),
                (Some(line), Some(config)) if picked.kernel.offset.is_none() => format!("  (line {line} of {config})"),
                // An entry of the Boot Loader Specification.
                (_, Some(config)) => format!("  ({config})"),
                _ => String::new(),
            };
            self.line("entry", &format!("{title}{place}"))?;
        }
        if norm.is_none_or(|norm| !norm.kernel.is_same(&picked.kernel)) {
            self.line("kernel", &picked.kernel.path)?;
        }
        if norm.is_none_or(|norm| !norm.has_same_files(picked)) {
            let initrds: Vec<&str> = picked.initrds.iter().map(|file| file.path.as_str()).collect();
            let initrds = if initrds.is_empty() { "none".to_owned() } else { initrds.join(" ") };
            self.line("initrd", &initrds)?;
        }
        if norm.is_none_or(|norm| !norm.has_same_args(picked)) {
            self.line("args", if picked.args.is_empty() { "none" } else { &picked.args })?;
        }
        for path in &picked.missing {
            self.line("missing", path)?;
        }
        Ok(())
    }

    fn difference(&mut self, difference: &Difference, code: Option<&str>) -> io::Result<()> {
        if let (Some(line), Some(text)) = (difference.line, &difference.text) {
            let text: String = one_line(text).chars().take(LONGEST_LINE).collect();
            let shown = fitted(&text, self.look.width.saturating_sub(INDENT.len() + 8));
            self.line("line", &format!("{line}: {shown}"))?;
        }
        let code = code.map(|code| format!("{code}: ")).unwrap_or_default();
        self.line("why", &format!("{code}{}", difference.rule))?;
        if let Some(change) = &difference.change {
            let tried = if difference.tried { " (tried: then both boot the same)" } else { "" };
            self.line("change", &format!("{change}{tried}"))?;
        }
        Ok(())
    }

    /// A word and what belongs to it, as `  kernel /k`, in as many lines as it takes.
    fn line(&mut self, word: &str, text: &str) -> io::Result<()> {
        let text: String = one_line(text).chars().take(LONGEST).collect();
        let indent = INDENT.len() + 2;
        let filled = self.filled(&text, indent, indent);
        let lines = format!("  {word:<width$}{}\n", filled.trim_start(), width = INDENT.len());
        Uncolored(self.out).write_all(lines.as_bytes())
    }

    /// `text` in lines of the terminal's width, all indented; the first as if it began with `used` characters.
    fn filled(&self, text: &str, used: usize, indent: usize) -> String {
        let (first, rest) = (" ".repeat(used), " ".repeat(indent));
        let options = textwrap::Options::new(self.look.width)
            .initial_indent(&first)
            .subsequent_indent(&rest)
            .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        textwrap::fill(text, options)
    }
}

/// A title, cut where it is long: of pygrub's titles some hold the whole line.
fn shown_title(title: &str) -> String {
    const LONGEST: usize = 60;
    match title.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &title[..end]),
        None => title.to_owned(),
    }
}

/// A text that fits into `room` characters of a line, or into 20 where there is less.
fn fitted(text: &str, room: usize) -> String {
    let room = room.max(20);
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let cut: String = text.chars().take(room - 3).collect();
    format!("{}...", cut.trim_end())
}
