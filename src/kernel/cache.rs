//! Kernels that were looked into: a fleet of disks has few.

use std::io;

use super::loader::{Depth, Question, look_and_count};
#[cfg(feature = "report")]
use super::memory::Memory;
use super::outcome::Look;
use crate::decompress::ReadAt;

/// Looks into kernels, and answers a second time from memory if the same bytes come again. Threads share what they know. Without the feature `report` it
/// remembers nothing.
#[derive(Default)]
pub struct Looks {
    /// Only if more than one kernel is expected: remembering costs a digest of each.
    #[cfg(feature = "report")]
    memory: Option<Memory>,
}

impl Looks {
    /// Remembers what it looked into only if `remembers`.
    #[cfg_attr(not(feature = "report"), allow(unused_variables))]
    pub fn remembering(remembers: bool) -> Self {
        Self {
            #[cfg(feature = "report")]
            memory: remembers.then(Memory::default),
        }
    }

    /// As [`look`](super::look).
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn look(&self, file: &dyn ReadAt, size: u64, question: &Question, depth: Depth) -> io::Result<Look> {
        #[cfg(feature = "report")]
        if let Some(memory) = &self.memory {
            return memory.look(file, size, question, depth);
        }
        look_and_count(file, size, question, depth).map(|(look, _)| look)
    }

    /// How many kernels were really looked into and are remembered.
    pub fn len(&self) -> usize {
        #[cfg(feature = "report")]
        if let Some(memory) = &self.memory {
            return memory.len();
        }
        0
    }

    /// Whether none was.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
