//! Why readers boot other files or arguments of one entry.

use super::arguments;
use super::difference::{Difference, DifferenceKind, Side};
use super::pick::{Pick, Picked};
use crate::boot::{Found, Run};
use crate::config::{Span, Writer};
use crate::explain::Remedy;

/// The difference between two picks of the same entry, of which `run` is the one that a pygrub makes.
pub(super) fn of((side, pick): (Side, &Pick), (norm, wanted): (Side, &Pick), run: Option<&Run>) -> Option<Difference> {
    let (mine, theirs) = (pick.picked.as_ref()?, wanted.picked.as_ref()?);
    let entry = run.and_then(Entry::of);
    // The block is headed by who it is about: of two pygrubs the other one is that of the other releases.
    let names = match (side, norm) {
        (Side::Pygrub(_), Side::Pygrub(_)) => ["this pygrub", "the others"],
        (Side::Grub(_), Side::Grub(_)) => ["this GRUB", "the others"],
        (Side::Pygrub(_), Side::Grub(_)) => ["pygrub", "GRUB"],
        (Side::Grub(_), Side::Pygrub(_)) => ["GRUB", "pygrub"],
    };
    let [verb_boots, verb_loads, verb_has] =
        if names[1] == "the others" { ["boot ", "load ", "have "] } else { ["", "", "has "] };
    if !mine.kernel.is_same(&theirs.kernel) {
        let rule =
            format!("{} boots `{}`, {} {verb_boots}`{}`", names[0], mine.kernel.path, names[1], theirs.kernel.path);
        let span = entry.as_ref().and_then(|entry| entry.kernel);
        return Some(Difference::new(DifferenceKind::Kernel, side, Some(norm), rule).at_line(mine.line).at(span));
    }
    if !mine.has_same_files(theirs) {
        let rule = format!("{} loads {}, {} {verb_loads}{}", names[0], initrds(mine), names[1], initrds(theirs));
        let several = mine.initrds.len() > 1 || theirs.initrds.len() > 1;
        let change = several.then(|| "write one initrd: pygrub hands over one file".to_owned());
        let span = entry.as_ref().and_then(|entry| entry.initrd.or(entry.kernel));
        let difference = Difference::new(DifferenceKind::Initrds, side, Some(norm), rule).at_line(mine.line).at(span);
        return Some(difference.change(change));
    }
    let (my_word, their_word) = arguments::first_difference(&mine.args, &theirs.args)?;
    let shown = |word: &Option<String>| word.as_ref().map_or("no more".to_owned(), |word| format!("`{word}`"));
    let odd = [&my_word, &their_word].into_iter().flatten().find(|word| word.contains(['$', '\\', '\'']));
    let rule = match odd {
        Some(word) if word.contains('$') => format!(
            "pygrub hands `{word}` over as it stands; GRUB expands it ({} has {}, {} {})",
            names[0],
            shown(&my_word),
            names[1],
            shown(&their_word)
        ),
        Some(word) => format!("pygrub hands `{word}` over as it stands; GRUB removes quotes and backslashes"),
        None => format!("{} has {} where {} {verb_has}{}", names[0], shown(&my_word), names[1], shown(&their_word)),
    };
    let span = entry.as_ref().and_then(|entry| entry.args.or(entry.kernel));
    let difference = Difference::new(DifferenceKind::Arguments, side, Some(norm), rule).at_line(mine.line).at(span);
    let of_grub = [(side, mine), (norm, theirs)].into_iter().find(|(side, _)| matches!(side, Side::Grub(_)));
    Some(match (of_grub, &entry) {
        (Some((_, picked)), Some(entry)) => literal(difference, &picked.args, entry),
        _ => difference,
    })
}

fn initrds(picked: &Picked) -> String {
    let paths: Vec<String> = picked.initrds.iter().map(|file| format!("`{}`", file.path)).collect();
    if paths.is_empty() { "no initrd".to_owned() } else { paths.join(" and ") }
}

/// The entry that a pygrub boots, as it stands in the configuration.
struct Entry<'a> {
    found: &'a Found,
    kernel: Option<Span>,
    initrd: Option<Span>,
    args: Option<Span>,
}

impl<'a> Entry<'a> {
    fn of(run: &'a Run) -> Option<Self> {
        let found = run.deciding_attempt()?.found.as_ref().filter(|found| !found.directory)?;
        let entry = found.config.entries.get(run.chosen.as_ref()?.entry?)?;
        let span = |file: &Option<crate::config::FilePath>| file.as_ref().map(|file| file.span);
        Some(Self { found, kernel: span(&entry.kernel), initrd: span(&entry.initrd), args: entry.args_span })
    }
}

/// The way out that both read alike: the arguments as GRUB expands them.
fn literal(difference: Difference, args: &str, entry: &Entry<'_>) -> Difference {
    // What GRUB would take apart again cannot be written so.
    let plain = args.chars().all(|c| c.is_ascii_graphic() && !"$\\'\"`#;&|<>{}()*?[]~!".contains(c) || c == ' ');
    let Some(span) = entry.args.filter(|_| plain) else { return difference };
    let mut edited = entry.found.text.clone();
    if edited.get(span.range()).is_none() {
        return difference;
    }
    edited.splice(span.range(), args.bytes());
    let edit = format!("write the arguments out: `{args}`");
    let change = Remedy::LineEdit { edit, writer: Writer::of(&entry.found.text) }.to_string();
    let mut difference = difference.change(Some(change));
    difference.edited = Some(edited);
    difference
}
