//! Tables of finite state entropy.

use super::super::DecodeError;
use super::bits::Bits;

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
pub(super) struct Table {
    states: Box<[State; LARGEST]>,
    log: u32,
    is_set: bool,
}

impl Default for Table {
    fn default() -> Self {
        Self { states: Box::new([State::default(); LARGEST]), log: 0, is_set: false }
    }
}

impl Table {
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
        for (symbol, &count) in counts.iter().enumerate() {
            if count == -1 {
                high -= 1;
                states[high].symbol = symbol as u8;
                next[symbol] = 1;
            } else {
                next[symbol] = count as u32;
            }
        }
        let step = (size >> 1) + (size >> 3) + 3;
        let mut at = 0;
        for (symbol, &count) in counts.iter().enumerate() {
            for _ in 0..count.max(0) {
                states[at].symbol = symbol as u8;
                at = (at + step) & (size - 1);
                while at >= high && high > 0 {
                    at = (at + step) & (size - 1);
                }
            }
        }
        for state in states {
            let number = next[usize::from(state.symbol)];
            next[usize::from(state.symbol)] += 1;
            let bits = log - (31 - number.max(1).leading_zeros());
            state.bits = bits as u8;
            state.base = ((number << bits) as usize - size) as u16;
        }
        table
    }

    /// Reads a table's description and returns it with the number of bytes that it takes.
    pub(super) fn read(bytes: &[u8], most_symbols: usize, largest_log: u32) -> Result<(Self, usize), DecodeError> {
        let damaged = || DecodeError::damaged("a table of frequencies is damaged");
        let mut at = 0_usize;
        let peek = |at: usize| -> u32 {
            let first = at / 8;
            let mut word = [0; 4];
            for (i, byte) in word.iter_mut().enumerate() {
                *byte = bytes.get(first + i).copied().unwrap_or_default();
            }
            u32::from_le_bytes(word) >> (at % 8)
        };
        let log = (peek(at) & 15) + 5;
        at += 4;
        if log > largest_log {
            return Err(damaged());
        }
        let mut remaining = (1_i32 << log) + 1;
        let mut threshold = 1_i32 << log;
        let mut bits = log + 1;
        let mut counts: Vec<i16> = Vec::new();
        while remaining > 1 {
            if counts.len() >= most_symbols {
                return Err(damaged());
            }
            let word = peek(at) as i32;
            let most = 2 * threshold - 1 - remaining;
            let mut value = word & (threshold - 1);
            if value < most {
                at += bits as usize - 1;
            } else {
                value = word & (2 * threshold - 1);
                if value >= threshold {
                    value -= most;
                }
                at += bits as usize;
            }
            let count = value - 1;
            remaining -= count.abs();
            counts.push(count as i16);
            if count == 0 {
                loop {
                    let zeros = peek(at) & 3;
                    at += 2;
                    counts.resize(counts.len() + zeros as usize, 0);
                    if counts.len() > most_symbols {
                        return Err(damaged());
                    }
                    if zeros != 3 {
                        break;
                    }
                }
            }
            while remaining < threshold {
                bits -= 1;
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
        bits.read(self.log) as usize
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
        let next = usize::from(self.base) + Bits::of(word, *taken, count) as usize;
        *taken += count;
        next
    }

    /// Reads the state that follows.
    #[inline(always)]
    pub(super) fn next(self, bits: &mut Bits<'_>) -> usize {
        usize::from(self.base) + bits.read(u32::from(self.bits)) as usize
    }
}
