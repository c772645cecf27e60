//! Why readers boot different entries.

use super::Comparison;
use super::difference::{Difference, DifferenceKind, Side};
use crate::boot::{Found, Run, Verdict};
use crate::config::{Entry, Writer};
use crate::explain::Remedy;
use crate::grub::{GrubRun, LoadCommand, MenuItem};

/// The difference, if two rows boot different entries.
pub(super) fn of(comparison: &Comparison, side: Side, norm: Side) -> Option<Difference> {
    match (side, norm) {
        (Side::Pygrub(pygrub), Side::Grub(grub)) => {
            let (run, grub) = (&comparison.pygrub.get(pygrub)?.run, &comparison.grub.get(grub)?.run);
            pygrub_and_grub(run, grub, side, norm)
        }
        (Side::Grub(grub), Side::Pygrub(pygrub)) => {
            let (run, grub) = (&comparison.pygrub.get(pygrub)?.run, &comparison.grub.get(grub)?.run);
            pygrub_and_grub(run, grub, side, norm)
        }
        (Side::Pygrub(one), Side::Pygrub(other)) => {
            pygrubs(&comparison.pygrub.get(one)?.run, &comparison.pygrub.get(other)?.run, side, norm)
        }
        (Side::Grub(one), Side::Grub(other)) => {
            grubs(&comparison.grub.get(one)?.run, &comparison.grub.get(other)?.run, side, norm)
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn found(run: &Run) -> Option<&Found> {
    run.deciding_attempt()?.found.as_ref().filter(|found| !found.directory)
}

/// Whether GRUB's name of a file, `(hd0)/grub/grub.cfg`, is that of the configuration. A configuration alone is the only file there is,
/// whatever its name.
fn is_same_file(name: &str, run: &Run, found: &Found) -> bool {
    let path = name.split_once(')').map_or(name, |(_, path)| path);
    run.verdict == Verdict::Selects || path == found.path.to_string_lossy()
}

/// The entry of pygrub's menu that has this line.
fn entry_at(found: &Found, line: u32) -> Option<usize> {
    found.config.entries.iter().position(|entry| (entry.lines.0..=entry.lines.1).contains(&line))
}

fn named(entry: &Entry, index: usize) -> String {
    format!("entry {index}, `{}` (line {})", entry.title, entry.header.line)
}

pub(super) fn pygrub_and_grub(run: &Run, grub: &GrubRun, side: Side, norm: Side) -> Option<Difference> {
    let found = found(run)?;
    let config = &found.config;
    let mine = run.chosen.as_ref()?.entry?;
    let my_entry = config.entries.get(mine)?;
    let attempt = grub.chosen()?;
    let kernel = attempt.kernel()?;
    let title = attempt.title().map(text).unwrap_or_default();
    let difference = |rule: String| Difference::new(DifferenceKind::Entry, side, Some(norm), rule);
    if !is_same_file(&kernel.file, run, found) {
        let rule = format!("GRUB boots `{title}` from `{}`, which pygrub does not read", kernel.file);
        return Some(difference(rule).at(Some(my_entry.header)));
    }
    let theirs = entry_at(found, kernel.line);
    if theirs == Some(mine) {
        return None;
    }
    let default = config.default_span.and_then(|span| Some((span, text(found.text.get(span.range())?))));
    let value = grub.shown.default.as_deref().map(text).unwrap_or_default();
    let mine_is = named(my_entry, mine);
    let Some(index) = theirs else {
        let skipped = config
            .functions
            .iter()
            .any(|function| (function.header.line..=function.last_line.unwrap_or(u32::MAX)).contains(&kernel.line));
        let why = if skipped { "it stands in a function, which pygrub leaves out" } else { "pygrub has no such entry" };
        let rule = format!("GRUB boots `{title}` (line {}), and {why}: pygrub boots {mine_is}", kernel.line);
        return Some(difference(rule).at(Some(my_entry.header)).at_line(Some(kernel.line)));
    };
    let their_entry = config.entries.get(index)?;
    let theirs_is = format!("`{}` (line {})", their_entry.title, their_entry.header.line);
    let number = |literal: &str| literal.trim().parse::<u64>().ok();
    let place = default.as_ref().map(|(span, _)| *span);
    let rule = match &default {
        _ if attempt.fallback => format!(
            "GRUB's default entry does not boot, and GRUB goes on with its `fallback`, {theirs_is}; pygrub knows no fallback"
        ),
        _ if run.options.entry.is_some() => {
            format!("--entry makes pygrub boot {mine_is}; GRUB goes by the configuration and boots {theirs_is}")
        }
        Some((_, literal)) if literal.contains('$') => {
            let value = if value.is_empty() { "empty".to_owned() } else { format!("`{value}`") };
            format!(
                "pygrub does not expand `{literal}` and boots {mine_is}; for GRUB the default is {value}, and it boots {theirs_is}"
            )
        }
        Some((_, literal)) if number(literal).is_none() => format!(
            "pygrub expects a number for the default, does not look for `{literal}`, and boots {mine_is}; GRUB boots {theirs_is}"
        ),
        Some((_, literal)) if number(literal) != number(&value) => {
            let value = if value.is_empty() { "no default".to_owned() } else { format!("the default `{value}`") };
            format!(
                "pygrub goes by the last assignment in the file, whatever is around it, and boots {mine_is}; GRUB has {value} in the end, \
                 and boots {theirs_is}"
            )
        }
        _ if config.submenus.iter().any(|submenu| submenu.before <= mine.max(index)) => format!(
            "GRUB counts a submenu as one item and boots {theirs_is}; pygrub counts every entry, in submenus too, and boots {mine_is}"
        ),
        _ => format!("GRUB's menu is not pygrub's: GRUB boots {theirs_is}, and pygrub {mine_is}"),
    };
    let (change, edited) = change(found, grub, index);
    let mut difference = difference(rule).at(place.or(Some(my_entry.header))).change(change);
    difference.edited = edited;
    Some(difference)
}

/// What makes both boot the entry with this index in pygrub's menu, and the configuration with that done.
fn change(found: &Found, grub: &GrubRun, index: usize) -> (Option<String>, Option<Vec<u8>>) {
    let writer = Writer::of(&found.text);
    let line = found.config.entries.get(index).and_then(|entry| Some(entry.kernel.as_ref()?.span.line));
    let place = grub_index(&grub.shown.items, line);
    if place.is_some_and(|place| place == index.to_string()) {
        let how = match writer {
            Writer::NixOs => Remedy::NixosOption(format!("set boot.loader.grub.default = {index}")),
            Writer::Mkconfig => Remedy::MkconfigVariable(format!("set GRUB_DEFAULT={index}")),
            Writer::Other => {
                Remedy::Other(format!("write `set default={index}` as the last assignment, without a condition"))
            }
        };
        let mut edited = found.text.clone();
        edited.extend_from_slice(format!("\nset default={index}\n").as_bytes());
        return (Some(how.to_string()), Some(edited));
    }
    if found.config.submenus.is_empty() {
        // An entry that GRUB complains of is not in its menu, and the numbers shift.
        let how = grub.errors.iter().find(|error| error.line > 0).map(|error| {
            let text = &error.text;
            format!("correct line {}, for which GRUB prints `{text}`: without that entry the numbers shift", error.line)
        });
        return (how, None);
    }
    let how = match writer {
        Writer::Mkconfig => Remedy::MkconfigVariable(
            "set GRUB_DISABLE_SUBMENU=y, and GRUB_DEFAULT to the number that the entry has then".to_owned(),
        ),
        Writer::NixOs => Remedy::NixosOption("set boot.loader.grub.default = 0".to_owned()),
        Writer::Other => Remedy::Other(
            "put the entry in front of the first submenu: the number of an entry in a submenu never means the same to both".to_owned(),
        ),
    };
    (Some(how.to_string()), None)
}

/// The value of `default` that means the entry with this line for GRUB: `1>0`.
fn grub_index(menu: &[MenuItem], line: Option<u32>) -> Option<&str> {
    let line = line?;
    let mut best: Option<&MenuItem> = None;
    let mut stack: Vec<&MenuItem> = menu.iter().collect();
    while let Some(item) = stack.pop() {
        stack.extend(&item.items);
        let closer = best.is_none_or(|best| best.entry.line < item.entry.line);
        if !item.entry.submenu && item.entry.line <= line && closer {
            best = Some(item);
        }
    }
    best.map(|item| item.index.as_str())
}

fn pygrubs(run: &Run, norm_run: &Run, side: Side, norm: Side) -> Option<Difference> {
    let (mine, theirs) = (run.chosen.as_ref()?, norm_run.chosen.as_ref()?);
    let (my_found, their_found) = (found(run)?, found(norm_run)?);
    let difference = |rule: String| Difference::new(DifferenceKind::Entry, side, Some(norm), rule);
    if my_found.path != their_found.path {
        let rule = format!("one reads `{}`, the other one `{}`", my_found.path, their_found.path);
        return Some(difference(rule));
    }
    let (Some(my_index), Some(their_index)) = (mine.entry, theirs.entry) else {
        return Some(difference("one boots a kernel by its path, the other one by an entry of the menu".to_owned()));
    };
    let (my_entry, their_entry) =
        (my_found.config.entries.get(my_index)?, their_found.config.entries.get(their_index)?);
    if my_entry.header.start == their_entry.header.start {
        return None;
    }
    let rule = format!(
        "{} boots {}, {} boots {}",
        run.options.build(),
        named(my_entry, my_index),
        norm_run.options.build(),
        named(their_entry, their_index)
    );
    Some(difference(rule).at(my_found.config.default_span.or(Some(my_entry.header))))
}

fn grubs(run: &GrubRun, norm_run: &GrubRun, side: Side, norm: Side) -> Option<Difference> {
    let (mine, theirs) = (run.chosen()?, norm_run.chosen()?);
    let (my_kernel, their_kernel) = (mine.kernel()?, theirs.kernel()?);
    let path = |name: &str| name.split_once(')').map_or(name, |(_, path)| path).to_owned();
    if (path(&my_kernel.file), my_kernel.line) == (path(&their_kernel.file), their_kernel.line) {
        return None;
    }
    let name = |titles: Option<&[u8]>, kernel: &LoadCommand, config: &str| {
        let title = titles.map(text).unwrap_or_default();
        if kernel.file == config {
            format!("`{title}` (line {})", kernel.line)
        } else {
            format!("`{title}` ({})", path(&kernel.file))
        }
    };
    let rule = format!(
        "after this line GRUB goes another way here: it boots {}, elsewhere {}",
        name(mine.title(), my_kernel, &run.config),
        name(theirs.title(), their_kernel, &norm_run.config)
    );
    let line = Some(my_kernel.line).filter(|_| my_kernel.file == run.config);
    Some(Difference::new(DifferenceKind::Entry, side, Some(norm), rule).at_line(line))
}
