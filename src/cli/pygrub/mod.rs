//! `pregrub pygrub`: a drop-in for pygrub, in two processes. The supervisor has the privileges and opens the files; the [`worker`]
//! has neither, and is the only one that looks at the guest's disk.
//!
//! No part of the library's interface: it is public for the tests, which prove the [`sandbox`] from the inside.

pub mod sandbox;
pub mod worker;
