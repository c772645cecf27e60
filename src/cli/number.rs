//! Numbers on the command line: what is none gets a sentence that says which are.

use std::ops::RangeInclusive;

/// What reads a whole number in this range.
pub(super) fn number<T: TryFrom<u64>>(range: RangeInclusive<u64>) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let number = text.parse::<u64>().ok().filter(|number| range.contains(number));
        number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| match (range.start(), range.end()) {
            (least, &u64::MAX) => format!("give a whole number from {least} on"),
            (least, most) => format!("give a whole number from {least} to {most}"),
        })
    }
}

/// What reads any number of 32 bits.
pub(super) fn number_u32(text: &str) -> Result<u32, String> {
    number(0..=u32::MAX.into())(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_is_said_to_be_none() {
        let jobs = number::<usize>(1..=u64::MAX);
        assert_eq!(jobs("3"), Ok(3));
        for text in ["0", "-1", "x", "", "1.5", "99999999999999999999999"] {
            assert_eq!(jobs(text), Err("give a whole number from 1 on".to_owned()), "{text}");
        }
        assert_eq!(number_u32("4294967296"), Err("give a whole number from 0 to 4294967295".to_owned()));
    }
}
