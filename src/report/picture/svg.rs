//! The picture as SVG: the disk to scale, and below it the steps of the run. It scales by percentages, so that letters keep their size.

use maud::{Markup, PreEscaped, html};

use super::{DiskMap, Station, Tone, size};
use crate::boot::Verdict;
use crate::report::guest_text::plain;

/// The colours and letters of a picture on its own; a page has them in its own sheet.
const STYLE: &str = include_str!("picture.css");

/// The height of the drawing of the disk.
pub(crate) const BAR_HEIGHT: u32 = 96;
/// Where the disk lies in it.
const DISK_TOP: u32 = 8;
const DISK_HEIGHT: u32 = 52;
/// Where the numbers stand.
const NUMBERS: u32 = 82;
/// How far apart numbers are at least where there is room for that, in thousandths of a percent of the width.
const APART: u64 = 7_000;

/// A place on the disk as a share of it, in thousandths of a percent.
fn share(at: u64, of: u64) -> u64 {
    let thousandths = u128::from(at.min(of)) * 100_000 / u128::from(of.max(1));
    u64::try_from(thousandths).unwrap_or(100_000)
}

fn percent(share: u64) -> String {
    format!("{}.{:03}%", share / 1000, share % 1000)
}

/// Where the numbers of the pieces stand, in thousandths of a percent: at the middle of each, or as near as there is room.
fn places(map: &DiskMap) -> Vec<u64> {
    let apart = APART.min(100_000 / (map.pieces.len() as u64).max(1));
    let half = apart / 2;
    let mut places: Vec<u64> = Vec::new();
    for piece in &map.pieces {
        let middle = share(piece.start.saturating_add(piece.length / 2), map.length);
        let first = places.last().map_or(half, |last| last + apart);
        places.push(middle.max(first));
    }
    let mut last = 100_000 + half;
    for place in places.iter_mut().rev() {
        *place = (*place).min(last.saturating_sub(apart));
        last = *place;
    }
    places
}

/// What the drawing of the disk shows, in one sentence.
pub(crate) fn described(map: &DiskMap) -> String {
    let pieces = map.pieces.iter().zip(1..).map(|(piece, number)| {
        let content = piece.content.as_ref().map(|content| format!(", {content}")).unwrap_or_default();
        format!("{number}: {}{content}, {} at {}", piece.title, size(piece.length), size(piece.start))
    });
    let pieces: Vec<String> = pieces.collect();
    format!("A disk of {}. {}", size(map.length), pieces.join("; "))
}

/// The disk, for an element that is [`BAR_HEIGHT`] high.
pub(crate) fn bar(map: &DiskMap) -> Markup {
    html! {
        rect class="disk" x="0" y=(DISK_TOP) width="100%" height=(DISK_HEIGHT) rx="6" {}
        @for (piece, place) in map.pieces.iter().zip(places(map)) {
            @let start = share(piece.start, map.length);
            @let width = share(piece.start.saturating_add(piece.length), map.length).saturating_sub(start);
            @let inset = 4 + 7 * piece.depth.min(3);
            @let middle = start + width / 2;
            line class={ "lead " (piece.state.class()) } x1=(percent(middle)) y1=(DISK_TOP + DISK_HEIGHT - inset) x2=(percent(place)) y2=(NUMBERS - 11) {}
            rect class={ "piece " (piece.state.class()) } x=(percent(start)) y=(DISK_TOP + inset) width=(percent(width)) height=(DISK_HEIGHT - 2 * inset) rx="3" {
                title { (plain(&piece.title)) ": " (plain(&piece.done)) }
            }
        }
        @for ((piece, place), number) in map.pieces.iter().zip(places(map)).zip(1_u32..) {
            circle class={ "number " (piece.state.class()) } cx=(percent(place)) cy=(NUMBERS) r="11" {}
            text class="number" x=(percent(place)) y=(NUMBERS + 4) text-anchor="middle" { (number) }
        }
    }
}

/// What stands at the head of a picture on its own.
pub(crate) struct Caption<'a> {
    /// The target as the user names it.
    pub target: &'a str,
    /// The pygrub, as `Xen 4.22`.
    pub build: String,
    /// What came of it.
    pub verdict: Verdict,
}

/// The width of a picture on its own, and what stays free at its sides.
const WIDTH: u32 = 880;
const MARGIN: u32 = 28;
/// The characters that fit into a line.
const LINE: usize = 112;

fn line(text: &str) -> Markup {
    let text = plain(text);
    html! {
        @match text.char_indices().nth(LINE) {
            Some((end, _)) => { title { (text) } (&text[..end]) "\u{2026}" },
            None => { (text) },
        }
    }
}

fn mark(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "\u{2713}",
        Tone::Bad => "\u{2717}",
        Tone::Unclear => "?",
        Tone::Neutral => "\u{2022}",
    }
}

/// The class for a verdict.
pub(crate) fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Boots | Verdict::Selects => "good",
        Verdict::Fails => "bad",
        Verdict::Unknown => "unclear",
        Verdict::NotApplicable => "neutral",
    }
}

/// A whole document: the disk, if there is one, and the run.
pub(crate) fn document(caption: &Caption<'_>, map: Option<&DiskMap>, stations: &[Station]) -> String {
    let mut y = MARGIN + 20;
    let verdict = caption.verdict.words();
    let inner = WIDTH - 2 * MARGIN;
    let described = map.map(described).unwrap_or_default();
    let body = html! {
        text class={ "verdict " (verdict_class(caption.verdict)) } x=(MARGIN) y=(y) { (verdict) }
        ({ y += 24; "" })
        text class="target" x=(MARGIN) y=(y) { (line(&format!("{} as pygrub of {} reads it", caption.target, caption.build))) }
        ({ y += 16; "" })
        @if let Some(map) = map {
            svg x=(MARGIN) y=(y) width=(inner) height=(BAR_HEIGHT) { (bar(map)) }
            ({ y += BAR_HEIGHT + 20; "" })
            @for (piece, number) in map.pieces.iter().zip(1_u32..) {
                @let content = piece.content.as_ref().map(|content| format!(" \u{b7} {content}")).unwrap_or_default();
                text class="what" x=(MARGIN) y=(y) { (line(&format!("{number}  {}{content} \u{b7} {} from {}", piece.title, size(piece.length), size(piece.start)))) }
                ({ y += 18; "" })
                text class="detail" x=(MARGIN + 18) y=(y) { (line(&piece.done)) }
                ({ y += 24; "" })
            }
            @if map.left_out > 0 {
                text class="detail" x=(MARGIN) y=(y) { (map.left_out) " more are not drawn" }
                ({ y += 24; "" })
            }
        }
        ({ y += 10; "" })
        @for (index, station) in stations.iter().enumerate() {
            @let rows = u32::try_from(station.details.len()).unwrap_or(0);
            @if index + 1 < stations.len() {
                line class="track" x1=(MARGIN + 9) x2=(MARGIN + 9) y1=(y + 6) y2=(y + 22 + 18 * rows) {}
            }
            circle class={ "stop " (station.tone.class()) } cx=(MARGIN + 9) cy=(y - 4) r="9" {}
            text class="stop" x=(MARGIN + 9) y=(y) text-anchor="middle" { (mark(station.tone)) }
            text class="what" x=(MARGIN + 30) y=(y) { (line(&station.what)) }
            @for detail in &station.details {
                ({ y += 18; "" })
                text class="detail" x=(MARGIN + 30) y=(y) { (line(detail)) }
            }
            ({ y += 28; "" })
        }
    };
    let height = y + MARGIN - 10;
    let document = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        svg xmlns="http://www.w3.org/2000/svg" width=(WIDTH) height=(height) viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-labelledby="title" aria-describedby="description" {
            title id="title" { (plain(caption.target)) ": " (verdict) }
            desc id="description" {
                (plain(&described)) " The run: "
                @for (index, station) in stations.iter().enumerate() {
                    @if index > 0 { "; " }
                    (plain(&station.what))
                }
            }
            style { (PreEscaped(STYLE)) }
            rect class="page" width="100%" height="100%" {}
            (body)
        }
        "\n"
    };
    crate::report::guest_text::kept_in_place(document.into_string())
}

/// Whether a file begins as these pictures do.
pub(crate) fn begins(head: &[u8]) -> bool {
    let start = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"";
    head.starts_with(start) && memchr::memmem::find(head, b" role=\"img\" aria-labelledby=\"title\"").is_some()
}

#[cfg(test)]
mod tests {
    use super::super::disk_map::MapPiece;
    use super::super::disk_map::PieceState;
    use super::*;

    fn map(length: u64, pieces: &[(u64, u64)]) -> DiskMap {
        let piece = |&(start, length): &(u64, u64)| MapPiece {
            start,
            length,
            depth: 0,
            title: String::new(),
            content: None,
            done: String::new(),
            state: PieceState::Untried,
        };
        DiskMap { length, pieces: pieces.iter().map(piece).collect(), left_out: 0 }
    }

    #[test]
    fn numbers_keep_apart_and_inside() {
        let crowd: Vec<(u64, u64)> = (0..20).map(|n| (n, 1)).collect();
        for map in [map(1 << 40, &crowd), map(20, &crowd), map(u64::MAX, &[(u64::MAX - 1, 1)]), map(0, &[(0, 0)])] {
            let places = places(&map);
            let apart = APART.min(100_000 / map.pieces.len() as u64);
            assert!(places.iter().all(|place| (apart / 2..=100_000 - apart / 2).contains(place)), "{places:?}");
            assert!(places.windows(2).all(|two| two[1] - two[0] >= apart), "{places:?}");
        }
    }

    #[test]
    fn a_share_is_of_the_disk() {
        assert_eq!(percent(share(1, 3)), "33.333%");
        assert_eq!(percent(share(7, 7)), "100.000%");
        assert_eq!(percent(share(9, 0)), "0.000%");
    }
}
