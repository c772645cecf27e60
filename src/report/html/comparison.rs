//! What the pygrub of every release and flavour and GRUB 2 make of the target: a table of letters, and what each letter stands for.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::overview::RowOutcome;
use super::section::OtherReaders;
use crate::boot::Verdict;
use crate::compare::{Comparison, Pick, Picked, Side};
use crate::flavour::{Build, Flavour};
use crate::report::compare_text::{RowGroup, blocks};
use crate::report::guest_text::{plain, short};

/// The most of a title, a path or arguments, in characters.
const LONGEST: usize = 300;

/// The tables.
pub(super) fn table(compared: OtherReaders<'_>) -> Markup {
    let OtherReaders { comparison, codes } = compared;
    let blocks = blocks(comparison);
    let norm = blocks.first().map(|block| block.pick);
    html! {
        p class="note" { (headline(comparison)) }
        (matrix(comparison, &blocks))
        div class="wide" role="group" aria-label="What each of them boots" tabindex="0" {
            table class="blocks" {
                thead { tr { th scope="col" { "Group" } th scope="col" { "Verdict" } th scope="col" { "Who" } th scope="col" { "What boots" } th scope="col" { "Where they part" } } }
                tbody {
                    @for (index, block) in blocks.iter().enumerate() {
                        tr {
                            th scope="row" { (letter(index)) }
                            td { (verdict(block.pick)) }
                            td { @for who in block.readers(comparison) { p { (plain(&who)) } } }
                            td { (boots(block.pick, norm.filter(|_| index > 0))) }
                            td { (parts(comparison, codes, block)) }
                        }
                    }
                }
            }
        }
        @if let Some(why) = &comparison.without_grub { p class="note" { "GRUB was not asked: " (plain(why)) } }
    }
}

fn headline(comparison: &Comparison) -> &'static str {
    if comparison.agrees() {
        "All boot the same."
    } else if !comparison.picks().any(Pick::boots) && comparison.is_known() {
        "With none of them anything boots."
    } else {
        "Not all boot the same."
    }
}

fn verdict(pick: &Pick) -> Markup {
    super::overview::badge(RowOutcome::Judged(pick.verdict))
}

/// `A`, `B`, ...; after `Z` numbers.
fn letter(index: usize) -> String {
    match u8::try_from(index).ok().filter(|index| *index < 26) {
        Some(index) => char::from(b'A' + index).to_string(),
        None => (index + 1).to_string(),
    }
}

/// Flavours down, lines of releases across, in each cell the letter of the group.
fn matrix(comparison: &Comparison, blocks: &[RowGroup<'_>]) -> Markup {
    let lines: BTreeSet<u8> = comparison.builds.iter().map(|build| build.release.minor()).collect();
    let of = |flavour: Flavour, line: u8| {
        comparison.builds.iter().filter(move |build| build.flavour == flavour && build.release.minor() == line)
    };
    let group = |build: Build| {
        let row = comparison.of_build(build)?;
        let place = comparison.pygrub.iter().position(|other| std::ptr::eq(other, row))?;
        let index = blocks.iter().position(|block| block.sides.contains(&Side::Pygrub(place)))?;
        Some((index, row.pick.verdict))
    };
    let flavours = Flavour::ALL.into_iter().filter(|flavour| lines.iter().any(|line| of(*flavour, *line).count() > 0));
    html! {
        div class="wide" role="group" aria-label="Releases and flavours" tabindex="0" {
            table class="matrix" {
                thead { tr { th scope="col" { "pygrub of" } @for line in &lines { th scope="col" { "4." (line) } } } }
                tbody {
                    @for flavour in flavours {
                        tr {
                            th scope="row" { (flavour.name()) }
                            @for line in &lines {
                                @let groups: Vec<_> = of(flavour, *line).filter_map(|build| Some((build, group(*build)?))).collect();
                                td class=[groups.last().map(|(_, (_, verdict))| format!("cell {}", verdict.name()))] {
                                    @for (build, (index, verdict)) in &groups {
                                        (letter(*index)) (sign(*verdict))
                                        @if let Some(own) = build.own_name() { span class="own" { (own) } }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn sign(verdict: Verdict) -> Markup {
    html! { span class="hidden" { " " (verdict.words()) } span aria-hidden="true" { (RowOutcome::Judged(verdict).sign()) } }
}

/// What boots, as far as it is not what the first group boots.
fn boots(pick: &Pick, norm: Option<&Pick>) -> Markup {
    let Some(picked) = pick.picked.as_ref().filter(|_| pick.boots()) else {
        return html! { @if pick.is_known() { "nothing" } @else { "unknown" } };
    };
    let norm: Option<&Picked> = norm.filter(|norm| norm.boots()).and_then(|norm| norm.picked.as_ref());
    let initrds: Vec<&str> = picked.initrds.iter().map(|file| file.path.as_str()).collect();
    html! {
        dl {
            @if let Some(title) = picked.title.as_ref().filter(|_| norm.is_none_or(|norm| !norm.is_same_entry(picked))) {
                dt { "entry" } dd { (short(title, LONGEST)) }
            }
            @if norm.is_none_or(|norm| !norm.kernel.is_same(&picked.kernel)) {
                dt { "kernel" } dd { code { (short(&picked.kernel.path, LONGEST)) } }
            }
            @if norm.is_none_or(|norm| !norm.has_same_files(picked)) {
                dt { "initrd" } dd { @if initrds.is_empty() { "none" } @else { code { (short(&initrds.join(" "), LONGEST)) } } }
            }
            @if norm.is_none_or(|norm| !norm.has_same_args(picked)) {
                dt { "args" } dd { @if picked.args.is_empty() { "none" } @else { code { (short(&picked.args, LONGEST)) } } }
            }
            @for path in &picked.missing { dt { "missing" } dd { code { (short(path, LONGEST)) } } }
        }
        @if let Some(note) = &pick.note { p { (plain(note)) } }
    }
}

/// Where a group parts from the first, why, and what to change.
fn parts(comparison: &Comparison, codes: &[Option<&str>], block: &RowGroup<'_>) -> Markup {
    let mine = comparison.differences.iter().enumerate().filter(|(_, one)| block.sides.contains(&one.side));
    let mine: Vec<_> = mine.collect();
    html! {
        @for (index, difference) in &mine {
            @if let (Some(line), Some(text)) = (difference.line, &difference.text) {
                p { "line " (line) ": " code { (short(text, LONGEST)) } }
            }
            p {
                @if let Some(code) = codes.get(*index).copied().flatten() { code { (code) } " " }
                (short(&difference.rule, LONGEST))
            }
            @if let Some(change) = &difference.change {
                p class="help" { strong { "What to change: " } (short(change, LONGEST)) @if difference.tried { " (tried: then both boot the same)" } }
            }
        }
        @if let Some(reason) = block.pick.reason.as_ref().filter(|_| mine.is_empty()) { p { (short(reason, LONGEST)) } }
    }
}
