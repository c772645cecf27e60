//! Kernels that were looked into: a fleet of disks has few.

use std::collections::HashMap;
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::builder::Abilities;
use super::guest_type::GuestType;
use super::loader::look_and_count;
#[cfg(feature = "report")]
use super::memory::Memory;
use super::outcome::Look;
use super::question::{KernelDepth, Question};
use crate::decompress::ReadAt;
use crate::python::PyStr;

/// Kernels of one disk that are remembered.
const MOST: usize = 256;

/// Looks into kernels, and answers a second time from memory if the same bytes come again. Threads share what they know. Without the feature `report` it
/// remembers nothing.
#[derive(Default)]
pub struct Looks {
    /// Only if more than one kernel is expected: remembering costs a digest of each.
    #[cfg(feature = "report")]
    memory: Option<Memory>,
    /// On one disk: what was looked into, by its place.
    on_disk: Option<Mutex<HashMap<PlaceKey, Look>>>,
}

/// A kernel on one disk, and who asks: the offset of its filesystem, and its path.
type PlaceKey = (u64, PyStr, KernelDepth, Abilities, GuestType);

impl Looks {
    /// Remembers what it looked into only if `remembers`.
    #[cfg_attr(not(feature = "report"), allow(unused_variables))]
    pub fn remembering(remembers: bool) -> Self {
        Self {
            #[cfg(feature = "report")]
            memory: remembers.then(Memory::default),
            on_disk: None,
        }
    }

    /// For one disk that does not change meanwhile: a kernel of the same path is the same, and is looked into once for all builders
    /// that can do the same.
    pub fn on_one_disk() -> Self {
        Self { on_disk: Some(Mutex::default()), ..Self::default() }
    }

    /// As [`look`](Self::look), at a file whose place is known.
    pub(super) fn look_at(
        &self,
        (offset, path): (u64, &PyStr),
        file: &dyn ReadAt,
        size: u64,
        question: &Question,
        depth: KernelDepth,
    ) -> io::Result<Look> {
        let Some(on_disk) = &self.on_disk else { return self.look(file, size, question, depth) };
        let key = (offset, path.clone(), depth, question.builder().abilities(), question.guest);
        if let Some(look) = unpoisoned(on_disk).get(&key) {
            return Ok(look.clone());
        }
        let look = self.look(file, size, question, depth)?;
        let mut known = unpoisoned(on_disk);
        if known.len() < MOST {
            known.insert(key, look.clone());
        }
        Ok(look)
    }

    /// As [`look`](super::look).
    ///
    /// # Errors
    ///
    /// The file cannot be read.
    pub fn look(&self, file: &dyn ReadAt, size: u64, question: &Question, depth: KernelDepth) -> io::Result<Look> {
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

/// What a lock protects: a thread that panicked has left it in order.
fn unpoisoned<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
