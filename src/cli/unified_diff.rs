//! Two texts as `diff -u` shows them, in little memory: a guest's file may have a million lines.

use std::collections::VecDeque;
use std::time::Instant;

use similar::{Algorithm, DiffTag, capture_diff_slices_deadline};

/// How many lines of each text are compared at a time: more than any real configuration has.
const WINDOW: usize = 16 << 10;

/// How many lines that are the same are shown around a change.
const CONTEXT: usize = 3;

/// The differences of two texts, both called `name`. Empty if there are none. After the deadline they are longer than need be.
pub(super) fn unified_diff(name: &str, old: &[u8], new: &[u8], deadline: Instant) -> Vec<u8> {
    let mut out = Hunks { text: Vec::new(), name, hunk: None, context: VecDeque::new(), old: 0, new: 0 };
    compare(old, new, WINDOW, deadline, &mut out);
    out.close();
    out.text
}

/// Hands over each line in order: the same in both, gone, or new.
fn compare<'a>(mut old: &'a [u8], mut new: &'a [u8], window: usize, deadline: Instant, out: &mut Hunks<'a>) {
    while !old.is_empty() || !new.is_empty() {
        let (ours, theirs) = (lines(old, window), lines(new, window));
        let length = |lines: &[&[u8]]| lines.iter().map(|line| line.len()).sum::<usize>();
        let is_last = length(&ours) == old.len() && length(&theirs) == new.len();
        let mut changes = capture_diff_slices_deadline(Algorithm::Myers, &ours, &theirs, Some(deadline));
        // What follows the last lines that are the same may be the same as what comes in the next window.
        if !is_last && let Some(last) = changes.iter().rposition(|change| change.tag() == DiffTag::Equal) {
            changes.truncate(last + 1);
        }
        let (mut done_old, mut done_new) = (0, 0);
        for change in changes {
            let (gone, come) = (&ours[change.old_range()], &theirs[change.new_range()]);
            done_old += length(gone);
            done_new += length(come);
            if change.tag() == DiffTag::Equal {
                gone.iter().for_each(|line| out.same(line));
            } else {
                gone.iter().for_each(|line| out.changed(b'-', line));
                come.iter().for_each(|line| out.changed(b'+', line));
            }
        }
        (old, new) = (&old[done_old..], &new[done_new..]);
    }
}

/// The first lines of a text, with their line feeds.
fn lines(text: &[u8], most: usize) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').take(most).collect()
}

/// Writes what differs, with the lines around it.
struct Hunks<'a> {
    text: Vec<u8>,
    name: &'a str,
    hunk: Option<Hunk>,
    /// The last lines that were the same and do not stand in a hunk yet.
    context: VecDeque<&'a [u8]>,
    /// How many lines of each text there were.
    old: usize,
    new: usize,
}

/// Changes that are close to each other.
struct Hunk {
    body: Vec<u8>,
    /// The lines before it in each text.
    starts: (usize, usize),
    /// How many lines of each text are in it.
    counts: (usize, usize),
}

impl<'a> Hunks<'a> {
    fn same(&mut self, line: &'a [u8]) {
        self.context.push_back(line);
        (self.old, self.new) = (self.old + 1, self.new + 1);
        if self.hunk.is_some() {
            // As many follow one change as precede another.
            if self.context.len() > 2 * CONTEXT {
                self.close();
            }
        } else if self.context.len() > CONTEXT {
            self.context.pop_front();
        }
    }

    fn changed(&mut self, sign: u8, line: &[u8]) {
        let before = self.context.len();
        let (old, new) = (self.old - before, self.new - before);
        let hunk = self.hunk.get_or_insert_with(|| Hunk { body: Vec::new(), starts: (old, new), counts: (0, 0) });
        for line in self.context.drain(..) {
            hunk.push(b' ', line);
        }
        hunk.push(sign, line);
        match sign {
            b'-' => self.old += 1,
            _ => self.new += 1,
        }
    }

    /// Ends a hunk with the lines after it; those that are too far from it precede the next one.
    fn close(&mut self) {
        let Some(mut hunk) = self.hunk.take() else { return };
        let after = self.context.len().min(CONTEXT);
        for line in self.context.drain(..after) {
            hunk.push(b' ', line);
        }
        while self.context.len() > CONTEXT {
            self.context.pop_front();
        }
        if self.text.is_empty() {
            self.text.extend_from_slice(format!("--- {0}\n+++ {0}\n", in_header(self.name)).as_bytes());
        }
        let range = |start: usize, count: usize| match count {
            1 => (start + 1).to_string(),
            // An empty range is after the line of this number.
            0 => format!("{start},0"),
            _ => format!("{},{count}", start + 1),
        };
        let (old, new) = (range(hunk.starts.0, hunk.counts.0), range(hunk.starts.1, hunk.counts.1));
        self.text.extend_from_slice(format!("@@ -{old} +{new} @@\n").as_bytes());
        self.text.append(&mut hunk.body);
    }
}

/// A name as the header of a patch holds it: in quotes where it could end the line or begin another header, as git and GNU diff
/// write it.
fn in_header(name: &str) -> String {
    if name.chars().any(|c| c.is_control() || matches!(c, '"' | '\\')) {
        let quoted = name.bytes().map(|byte| match byte {
            b'"' | b'\\' => format!("\\{}", char::from(byte)),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\{byte:03o}"),
        });
        return format!("\"{}\"", quoted.collect::<String>());
    }
    // After a name with a space, a tab says where it ends.
    format!("{name}{}", if name.contains(' ') { "\t" } else { "" })
}

impl Hunk {
    fn push(&mut self, sign: u8, line: &[u8]) {
        self.body.push(sign);
        self.body.extend_from_slice(line);
        if line.last() != Some(&b'\n') {
            self.body.extend_from_slice(b"\n\\ No newline at end of file\n");
        }
        self.counts.0 += usize::from(sign != b'+');
        self.counts.1 += usize::from(sign != b'-');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_name_stays_in_its_header() {
        for (name, header) in [
            ("guests/a/grub.cfg", "guests/a/grub.cfg"),
            ("a b", "a b\t"),
            ("z\n--- a\n", "\"z\\012--- a\\012\""),
            ("\"q\\", "\"\\\"q\\\\\""),
            ("\u{e9}", "\u{e9}"),
            ("\u{e9}\t", "\"\\303\\251\\011\""),
        ] {
            assert_eq!(in_header(name), header);
        }
    }

    fn in_windows(old: &[u8], new: &[u8], window: usize) -> Vec<u8> {
        let mut out = Hunks { text: Vec::new(), name: "a", hunk: None, context: VecDeque::new(), old: 0, new: 0 };
        compare(old, new, window, Instant::now() + Duration::from_secs(60), &mut out);
        out.close();
        out.text
    }

    /// The old text with the differences applied, as `patch` does it.
    fn patched(old: &[u8], diff: &[u8]) -> Vec<u8> {
        let old = lines(old, usize::MAX);
        let (mut new, mut at, mut last) = (Vec::new(), 0, "");
        let diff = String::from_utf8(diff.to_vec()).unwrap();
        for line in diff.lines().skip(2) {
            let (sign, rest) = line.split_at(1);
            match sign {
                "@" => {
                    let range = rest.split(['-', ' ']).nth(2).unwrap();
                    let (start, count) = range.split_once(',').unwrap_or((range, "1"));
                    let start: usize = start.parse().unwrap();
                    let start = if count == "0" { start } else { start - 1 };
                    old[at..start].iter().for_each(|line| new.extend_from_slice(line));
                    at = start;
                }
                // Of a line that is gone, nothing is to be taken away.
                "\\" if last == "-" => {}
                "\\" => drop(new.pop()),
                "+" => new.extend([rest.as_bytes(), b"\n"].concat()),
                sign => {
                    assert_eq!(old[at].trim_ascii_end(), rest.trim_end().as_bytes());
                    at += 1;
                    if sign == " " {
                        new.extend([rest.as_bytes(), b"\n"].concat());
                    }
                }
            }
            last = sign;
        }
        old[at..].iter().for_each(|line| new.extend_from_slice(line));
        new
    }

    /// Texts of few different lines, by a simple generator of numbers.
    fn texts() -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        let mut state = 7_u32;
        let mut next = move |most: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % most
        };
        (0..400).map(move |_| {
            let mut text = |most: u32| {
                let count = next(most);
                let mut text: Vec<u8> =
                    (0..count).flat_map(|_| [b'a' + u8::try_from(next(4)).unwrap(), b'\n']).collect();
                if next(3) == 0 {
                    text.pop();
                }
                text
            };
            let old = text(60);
            let mut new = if text(4).len() > 2 { old.clone() } else { text(60) };
            let at = new.len() / 4 * 2;
            new.splice(at..at, text(5));
            (old, new)
        })
    }

    #[test]
    fn in_one_window_it_is_what_the_crate_writes() {
        for (old, new) in texts() {
            let diff = similar::TextDiff::configure().diff_lines(old.as_slice(), new.as_slice());
            let mut expected = Vec::new();
            diff.unified_diff().context_radius(3).header("a", "a").to_writer(&mut expected).unwrap();
            let expected = if old == new { Vec::new() } else { expected };
            let ours = in_windows(&old, &new, 1000);
            assert_eq!(String::from_utf8_lossy(&ours), String::from_utf8_lossy(&expected));
        }
    }

    #[test]
    fn in_many_windows_it_makes_the_new_text() {
        for (old, new) in texts() {
            for window in [1, 2, 7, 20] {
                let diff = in_windows(&old, &new, window);
                // A line without a line feed at the end of the old text is not distinguished here.
                let made = if diff.is_empty() { old.clone() } else { patched(&old, &diff) };
                let end = |text: &[u8]| String::from_utf8_lossy(text.trim_ascii_end()).into_owned();
                assert_eq!(end(&made), end(&new), "{window}: {}", String::from_utf8_lossy(&diff));
            }
        }
    }
}
