//! Tables of finite state entropy.

use super::super::DecodeError;
use super::bits::Bits;
use crate::size::to_usize;

/// The largest table.
const LARGEST: usize = 512;

/// One state: what it stands for and where it goes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct State {
    pub symbol: u8,
    pub bits: u8,
    pub base: u16,
    /// What the symbol stands for where it is a code: a base and how many bits are added to it.
    pub code: (u32, u8),
}

/// A decoding table. Those that are not full end in states that stand for nothing.
#[derive(Clone, Debug)]
pub(super) struct DecodingTable {
    states: Box<[State; LARGEST]>,
    log: u32,
    is_set: bool,
}

impl Default for DecodingTable {
    fn default() -> Self {
        Self { states: Box::new([State::default(); LARGEST]), log: 0, is_set: false }
    }
}

impl DecodingTable {
    /// A table of one symbol that costs no bits.
    pub(super) fn of_one(symbol: u8) -> Self {
        let mut table = Self { is_set: true, ..Self::default() };
        table.states[0] = State { symbol, ..State::default() };
        table
    }

    /// Whether it was ever described.
    pub(super) fn is_set(&self) -> bool {
        self.is_set
    }

    /// Notes what the symbols stand for; `false` if one stands for nothing.
    pub(super) fn set_codes(&mut self, code: impl Fn(u8) -> Option<(u32, u8)>) -> bool {
        self.states[..1 << self.log].iter_mut().all(|state| match code(state.symbol) {
            Some(code) => {
                state.code = code;
                true
            }
            None => false,
        })
    }

    /// The table for these frequencies, of which the sum is 1 << `log`; -1 means less than one.
    pub(super) fn new(counts: &[i16], log: u32) -> Self {
        let size = 1_usize << log;
        let mut table = Self { log, is_set: true, ..Self::default() };
        let states = &mut table.states[..size];
        let mut next = vec![0_u32; counts.len()];
        let mut high = size;
        for ((symbol, &count), next) in (0..=u8::MAX).zip(counts).zip(&mut next) {
            if count == -1 {
                high = high.saturating_sub(1);
                states[high].symbol = symbol;
                *next = 1;
            } else {
                *next = u32::try_from(count).unwrap_or_default();
            }
        }
        let step = (size >> 1).saturating_add(size >> 3).saturating_add(3);
        let after = |at: usize| at.wrapping_add(step) & size.wrapping_sub(1);
        let mut at = 0;
        for (symbol, &count) in (0..=u8::MAX).zip(counts) {
            for _ in 0..count.max(0) {
                states[at].symbol = symbol;
                at = after(at);
                while at >= high && high > 0 {
                    at = after(at);
                }
            }
        }
        let first = 1_u32 << log;
        for state in states {
            let next = &mut next[usize::from(state.symbol)];
            let number = *next;
            *next = number.saturating_add(1);
            let bits = log.saturating_sub(number.max(1).ilog2());
            state.bits = u8::try_from(bits).unwrap_or(u8::MAX);
            state.base = u16::try_from((number << bits).saturating_sub(first)).unwrap_or(u16::MAX);
        }
        table
    }

    /// Reads a table's description and returns it with the number of bytes that it takes.
    pub(super) fn read(bytes: &[u8], most_symbols: usize, largest_log: u32) -> Result<(Self, usize), DecodeError> {
        let damaged = || DecodeError::damaged("a table of frequencies is damaged");
        let mut at = 0_usize;
        let peek = |at: usize| -> u32 {
            let mut word = [0; 4];
            for (byte, from) in word.iter_mut().zip(bytes.get(at / 8..).unwrap_or_default()) {
                *byte = *from;
            }
            u32::from_le_bytes(word) >> (at % 8)
        };
        let log = (peek(at) & 15).saturating_add(5);
        at = at.saturating_add(4);
        if log > largest_log {
            return Err(damaged());
        }
        let mut remaining = (1_i32 << log).saturating_add(1);
        let mut threshold = 1_i32 << log;
        let mut bits = log.saturating_add(1);
        let mut counts: Vec<i16> = Vec::new();
        while remaining > 1 {
            if counts.len() >= most_symbols {
                return Err(damaged());
            }
            let word = peek(at).cast_signed();
            // One bit more than of the numbers below the threshold.
            let longer = (threshold << 1).saturating_sub(1);
            let most = longer.saturating_sub(remaining);
            let mut value = word & threshold.saturating_sub(1);
            if value < most {
                at = at.saturating_add(to_usize(u64::from(bits.saturating_sub(1))));
            } else {
                value = word & longer;
                if value >= threshold {
                    value = value.saturating_sub(most);
                }
                at = at.saturating_add(to_usize(u64::from(bits)));
            }
            let count = value.saturating_sub(1);
            remaining = remaining.saturating_sub(count.abs());
            counts.push(i16::try_from(count).unwrap_or(i16::MAX));
            if count == 0 {
                loop {
                    let zeros = peek(at) & 3;
                    at = at.saturating_add(2);
                    counts.resize(counts.len().saturating_add(to_usize(u64::from(zeros))), 0);
                    if counts.len() > most_symbols {
                        return Err(damaged());
                    }
                    if zeros != 3 {
                        break;
                    }
                }
            }
            while remaining < threshold {
                bits = bits.saturating_sub(1);
                threshold >>= 1;
                if threshold == 0 {
                    return Err(damaged());
                }
            }
        }
        let used = at.div_ceil(8);
        if remaining != 1 || used > bytes.len() {
            return Err(damaged());
        }
        Ok((Self::new(&counts, log), used))
    }

    /// Reads the first state.
    #[inline(always)]
    pub(super) fn start(&self, bits: &mut Bits<'_>) -> usize {
        to_usize(bits.read(self.log))
    }

    /// The state with this number.
    #[inline(always)]
    pub(super) fn state(&self, number: usize) -> State {
        self.states[number % LARGEST]
    }
}

impl State {
    /// The state that follows, by bits of a word of which `taken` are used up.
    #[inline(always)]
    pub(super) fn next_in(self, word: u64, taken: &mut u32) -> usize {
        let count = u32::from(self.bits);
        let next = usize::from(self.base).wrapping_add(to_usize(Bits::of(word, *taken, count)));
        *taken = taken.wrapping_add(count);
        next
    }

    /// Reads the state that follows.
    #[inline(always)]
    pub(super) fn next(self, bits: &mut Bits<'_>) -> usize {
        usize::from(self.base).wrapping_add(to_usize(bits.read(u32::from(self.bits))))
    }
}
