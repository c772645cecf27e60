//! Attacks: a guest, or a worker that it has taken over, against the host.

mod delimiters;
mod handed_over;
mod lying_worker;
mod oversized;
mod sandbox_required;
mod signals;
