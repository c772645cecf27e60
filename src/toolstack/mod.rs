//! How toolstacks call pygrub, and what they make of its end.
//!
//! [`xl`](crate::xl) has its own room. `libvirt` (a feature) hands libxl a domain as xl does, from its XML. [`xapi`] calls pygrub
//! itself, with other arguments and another form of result. `restriction` is what `--runas` changes, `room` the space that the copies
//! of kernel and initrd need.

#[cfg(feature = "libvirt")]
pub mod host_domains;
#[cfg(feature = "libvirt")]
pub mod libvirt;
pub(crate) mod restriction;
pub(crate) mod room;
pub mod xapi;

use crate::boot::{Run, Toolstack, ToolstackError, Verdict};

/// Completes a run with what its caller adds: the space for the copies, the limits of a restricted pygrub, and what the toolstack
/// makes of the end.
pub(crate) fn complete(run: &mut Run) {
    if run.handover.is_some() {
        room::apply(run);
    }
    restriction::apply(run);
    let note = room::note(run);
    let fails = run.verdict == Verdict::Fails;
    let toolstack = run.options.caller.toolstack;
    let Some(handover) = &mut run.handover else { return };
    handover.notes.extend(note);
    if toolstack == Some(Toolstack::Libvirt) && fails {
        let message = "internal error: libxenlight failed to create new domain".to_owned();
        handover.error.get_or_insert(ToolstackError { code: "", message });
    }
}
