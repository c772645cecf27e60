//! Taking the words that name initrds out of an extlinux `append`, as pygrub does: one after the other, each wherever it
//! stands, in other words too.
//!
//! Done literally, a megabyte of such words means a hundred thousand passes over a megabyte. But a word has no space in
//! it and its removal takes none away, so that each stretch between spaces can be looked at alone, and only for the words
//! that it has in it.
//!
//! A guest that means to can still make this slow, with long words that begin alike. Then it is done literally after all:
//! exact in any case, and never more passes than pygrub makes.

use std::borrow::Cow;
use std::cell::Cell;

/// Every word begins so, in any case.
const START: &[u8] = b"initrd=";

/// How many characters may be compared for each byte of the text. Words that do not begin alike need about one.
const PATIENCE: usize = 8;

/// `text` after `text.replace(word, "")` for every word in turn. The words have no spaces and begin with `initrd=` in any case.
pub(super) fn without_words<'a>(text: &'a str, words: &[&str]) -> Cow<'a, str> {
    if words.is_empty() {
        return Cow::Borrowed(text);
    }
    let stretch_by_stretch = if words.len() > 1 { by_stretches(text, words) } else { None };
    Cow::Owned(stretch_by_stretch.unwrap_or_else(|| to_the_letter(text, words)))
}

fn to_the_letter(text: &str, words: &[&str]) -> String {
    let mut rest = text.to_owned();
    for word in words {
        if memchr::memmem::find(rest.as_bytes(), word.as_bytes()).is_some() {
            rest = rest.replace(word, "");
        }
    }
    rest
}

/// Nothing where it would take too long.
fn by_stretches(text: &str, words: &[&str]) -> Option<String> {
    let sorted = Sorted::new(words, text.len().saturating_mul(PATIENCE))?;
    let mut rest = String::with_capacity(text.len());
    for (number, stretch) in text.split(' ').enumerate() {
        if number > 0 {
            rest.push(' ');
        }
        rest.push_str(&sorted.taken_out_of(stretch));
    }
    (sorted.patience.get() > 0).then_some(rest)
}

/// The words in alphabetical order, equal ones in the order of the text: those that begin a given text follow each other.
struct Sorted<'a> {
    words: &'a [&'a str],
    order: Vec<u32>,
    /// How many more characters may be compared. At 0, what is found counts for nothing.
    patience: Cell<usize>,
}

impl<'a> Sorted<'a> {
    fn new(words: &'a [&'a str], patience: usize) -> Option<Self> {
        let mut order: Vec<u32> = (0..u32::try_from(words.len()).ok()?).collect();
        // Stable, so that equal words stay in order.
        order.sort_by_key(|&number| words[number as usize]);
        Some(Self { words, order, patience: Cell::new(patience) })
    }

    fn word(&self, number: u32) -> &'a [u8] {
        self.words[number as usize].as_bytes()
    }

    fn taken_out_of<'s>(&self, stretch: &'s str) -> Cow<'s, str> {
        let mut left = Cow::Borrowed(stretch);
        let mut from = 0;
        while let Some(number) = self.first_in(left.as_bytes(), from) {
            left = Cow::Owned(left.replace(self.words[number as usize], ""));
            from = number + 1;
        }
        left
    }

    /// The first word, not before number `from`, that stands anywhere in `stretch`.
    fn first_in(&self, stretch: &[u8], from: u32) -> Option<u32> {
        memchr::memchr2_iter(START[0], START[0].to_ascii_uppercase(), stretch)
            .map(|at| &stretch[at..])
            .filter(|here| here.len() >= START.len() && here[..START.len()].eq_ignore_ascii_case(START))
            .filter_map(|here| self.first_at(here, from))
            .min()
    }

    /// The first word, not before number `from`, with which `here` begins.
    fn first_at(&self, here: &[u8], from: u32) -> Option<u32> {
        let mut range = &self.order[..];
        let mut first = None;
        for (depth, byte) in here.iter().enumerate() {
            // What is left agrees with `here` so far; shorter words come first.
            let next = |number: u32| self.word(number).get(depth).copied();
            let begin = range.partition_point(|&number| next(number) < Some(*byte));
            let end = range.partition_point(|&number| next(number) <= Some(*byte));
            range = &range[begin..end];
            let left = self.patience.get().saturating_sub(1);
            self.patience.set(left);
            if range.is_empty() || left == 0 {
                break;
            }
            let whole = range.partition_point(|&number| self.word(number).len() == depth + 1);
            let allowed = range[..whole].partition_point(|&number| number < from);
            let found = range[..whole].get(allowed).copied();
            first = [first, found].into_iter().flatten().min();
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_out_what_the_letter_says() {
        let pieces = [
            "initrd=",
            "Initrd=",
            "init",
            "rd=",
            "/i",
            "a",
            "2",
            " ",
            " ",
            "\t",
            "initrd=/i",
            "initrd=a ",
            "é",
            " initrd=initrd=",
        ];
        let mut state = 1_u64;
        for _ in 0..20_000 {
            let mut text = String::new();
            for _ in 0..14 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            }
            let words: Vec<&str> =
                text.trim().split(' ').filter(|word| word.to_ascii_lowercase().starts_with("initrd=")).collect();
            let letter = words.iter().fold(text.clone(), |rest, word| rest.replace(word, ""));
            assert_eq!(without_words(&text, &words), letter, "{text:?}");
            assert_eq!(to_the_letter(&text, &words), letter, "{text:?}");
        }
    }

    #[test]
    fn words_that_begin_alike_are_taken_out_too() {
        let long = "initrd=".repeat(3000);
        let text = format!("{long}a {long}b x{long}bc");
        let words: Vec<&str> = text.split(' ').take(2).collect();
        assert_eq!(by_stretches(&text, &words), None);
        assert_eq!(without_words(&text, &words), "  xc");
    }
}
