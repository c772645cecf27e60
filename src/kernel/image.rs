//! The unpacked bytes of a kernel, as far as they were needed.

use std::collections::BTreeMap;

use crate::size::{to_u64, to_usize};

/// Bytes of the image are captured in pages of this size.
pub(super) const PAGE: u64 = 64 << 10;
/// At most this many pages are kept.
pub(super) const MOST_PAGES: usize = 128;

/// A page that must be captured before the question can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need(pub u64);

/// An answer, or what it takes to give one.
pub(super) type ImageResult<T> = Result<T, Need>;

/// An image of which some pages are known.
#[derive(Debug, Default)]
pub(super) struct Image {
    size: u64,
    pages: BTreeMap<u64, Box<[u8]>>,
}

impl Image {
    pub(super) fn new(size: u64) -> Self {
        Self { size, pages: BTreeMap::new() }
    }

    /// Its length in bytes.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Adds a page; it begins at `number` times [`PAGE`] and is shorter only at the end.
    pub(super) fn add(&mut self, number: u64, bytes: Box<[u8]>) {
        self.pages.insert(number, bytes);
    }

    /// Pages that are known.
    pub(super) fn pages(&self) -> usize {
        self.pages.len()
    }

    /// The bytes of the page with this number that the image has.
    pub(super) fn page_length(&self, number: u64) -> usize {
        let start = number.saturating_mul(PAGE);
        usize::try_from(self.size.saturating_sub(start).min(PAGE)).unwrap_or_default()
    }

    /// What is known from `offset` on to the end of its page; not empty inside of the image.
    pub(super) fn rest_of_page(&self, offset: u64) -> ImageResult<&[u8]> {
        let number = offset / PAGE;
        let page = self.pages.get(&number).ok_or(Need(number))?;
        Ok(page.get(to_usize(offset % PAGE)..).unwrap_or_default())
    }

    /// Copies the bytes from `offset` on; those after the end of the image are zeros.
    pub(super) fn read<const N: usize>(&self, offset: u64) -> ImageResult<[u8; N]> {
        let mut bytes = [0; N];
        let mut done = 0;
        while done < N {
            let at = offset.saturating_add(to_u64(done));
            if at >= self.size {
                break;
            }
            let rest = self.rest_of_page(at)?;
            let left = &mut bytes[done..];
            let count = rest.len().min(left.len());
            if count == 0 {
                break;
            }
            left[..count].copy_from_slice(&rest[..count]);
            done = done.saturating_add(count);
        }
        Ok(bytes)
    }
}
