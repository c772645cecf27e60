//! Long names: records of thirteen characters each that stand before the short one, the last piece first.

/// Characters in a record.
const PIECE: usize = 13;
/// Where they are in a record. Each has two bytes, of which the plugin takes the lower one.
const PLACES: [usize; PIECE] = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
/// Marks the record that comes first, with the end of the name.
const FIRST: u8 = 0x40;
/// The rest of the byte: how many records there are.
const COUNT: u8 = 0x3f;
const CHECKSUM: usize = 13;

/// A long name while its records are read.
#[derive(Debug, Default)]
pub(crate) struct LongName {
    bytes: Vec<u8>,
    /// The number of the record that must come next and the checksum of the short name. Nothing outside of a name, or
    /// after a record that did not fit.
    expected: Option<(u8, u8)>,
}

impl LongName {
    /// Takes a record. Also one that is deleted: its first byte is read like that of any other.
    pub(crate) fn take(&mut self, record: &[u8; 32]) {
        let mut number = record[0];
        if number & FIRST != 0 {
            number &= COUNT;
            self.bytes.clear();
            self.bytes.resize(usize::from(number) * PIECE, 0);
            self.expected = Some((number, record[CHECKSUM]));
        }
        let fits = number != 0 && self.expected == Some((number, record[CHECKSUM]));
        let before = number.saturating_sub(1);
        self.expected = fits.then_some((before, record[CHECKSUM]));
        if fits {
            let start = usize::from(before) * PIECE;
            for (byte, place) in self.bytes.iter_mut().skip(start).zip(PLACES) {
                *byte = record[place];
            }
        }
    }

    /// Whether the name is complete, is that of this short name, and is `wanted`. A short name between the records
    /// changes nothing; one after them ends the name.
    pub(crate) fn is(&mut self, wanted: &[u8], short: &[u8; 11]) -> bool {
        self.text(short) == Some(wanted)
    }

    /// The name, if it is complete and that of this short name.
    pub(crate) fn complete(&mut self, short: &[u8; 11]) -> Option<Vec<u8>> {
        self.text(short).map(<[u8]>::to_vec)
    }

    fn text(&mut self, short: &[u8; 11]) -> Option<&[u8]> {
        let Some((0, expected)) = self.expected else { return None };
        self.expected = None;
        if expected != checksum(short) {
            return None;
        }
        self.bytes.split(|byte| *byte == 0).next()
    }
}

/// The checksum of a short name: rotated to the right and added up.
fn checksum(short: &[u8; 11]) -> u8 {
    short.iter().fold(0_u8, |sum, byte| sum.rotate_right(1).wrapping_add(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: &[u8; 11] = b"LONGNA~1TXT";

    fn record(number: u8, text: &[u8]) -> [u8; 32] {
        let mut record = [0; 32];
        record[0] = number;
        record[11] = 0x0f;
        record[CHECKSUM] = checksum(SHORT);
        for (place, byte) in PLACES.iter().zip(text) {
            record[*place] = *byte;
        }
        record
    }

    #[test]
    fn the_end_comes_first() {
        let mut name = LongName::default();
        name.take(&record(0x42, b"txt"));
        name.take(&record(1, b"a long name. "));
        assert!(name.is(b"a long name. txt", SHORT));
        assert!(!name.is(b"a long name. txt", SHORT));
    }

    #[test]
    fn a_record_that_does_not_fit_ends_the_name() {
        let mut name = LongName::default();
        name.take(&record(0x42, b"txt"));
        name.take(&record(2, b"txt"));
        name.take(&record(1, b"a long name. "));
        assert!(!name.is(b"a long name. txt", SHORT));
    }
}
