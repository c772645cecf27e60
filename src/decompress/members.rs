//! How many members, streams or frames of one format may follow one another: each costs time of its own, also one that holds nothing.

use super::DecodeError;

/// As many as this in any case.
const FREE: u64 = 4096;
/// Beyond them one for as many bytes of output. The smallest pieces that are in use hold 64 KiB (BGZF).
const OUTPUT_OF_EACH: u64 = 8 << 10;

/// The members that have begun.
#[derive(Default)]
pub(crate) struct Members(u64);

impl Members {
    /// One more begins, after this many bytes of output.
    ///
    /// # Errors
    ///
    /// They are more than anybody needs for as much output.
    pub(crate) fn begin(&mut self, output: u64) -> Result<(), DecodeError> {
        self.0 = self.0.saturating_add(1);
        if self.0 > FREE.saturating_add(output / OUTPUT_OF_EACH) {
            return Err(DecodeError::Unsupported(format!(
                "it has more than {FREE} pieces, which hold less than {} KiB each: pack it again in one piece",
                OUTPUT_OF_EACH >> 10
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_beyond_the_first_ones_holds_something() {
        let count = |output: u64| {
            let mut members = Members::default();
            (0..20_000).take_while(|&before| members.begin(before * output).is_ok()).count()
        };
        assert_eq!(count(0), 4096);
        assert!((4097..10_000).contains(&count(OUTPUT_OF_EACH / 2)));
        assert_eq!(count(OUTPUT_OF_EACH), 20_000);
    }
}
