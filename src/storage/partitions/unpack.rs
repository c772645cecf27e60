//! Python's `struct.unpack` on a slice of a buffer that may be too short for it.

use super::{PartitionsError, Python, Stop, TableSector};

/// The `N` bytes from `at` on, or the `struct.error` that Python raises where the buffer ends before.
pub(super) fn unpack<const N: usize>(
    buffer: &[u8],
    at: usize,
    place: TableSector,
    python: Python,
) -> Result<[u8; N], Stop> {
    at.checked_add(N)
        .and_then(|end| buffer.get(at..end))
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| too_short(N, place, python))
}

/// The `struct.error` for a buffer that has not the `wanted` bytes.
pub(super) fn too_short(wanted: usize, place: TableSector, python: Python) -> Stop {
    let message = match python {
        Python::Two => format!("unpack requires a string argument of length {wanted}"),
        Python::Three => format!("unpack requires a buffer of {wanted} bytes"),
    };
    Stop::Failure(PartitionsError::Raised { exception: "struct.error", message, place })
}
