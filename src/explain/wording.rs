//! Words and names of messages, which all explanations share.

use crate::boot::Purpose;
use crate::escape::beginning;
use crate::python::PyStr;

/// The word for what is copied.
pub(crate) fn word(purpose: Purpose) -> &'static str {
    if purpose == Purpose::Ramdisk { "initrd" } else { "kernel" }
}

/// A name for a message: no longer than a message can bear, and with control characters escaped.
pub(crate) fn shown(text: &PyStr) -> String {
    beginning(&text.to_string_lossy(), 200)
}
