//! What the worker gives up before it looks at a guest's disk, which is hostile: afterwards it has the files that it holds, memory,
//! the clock and its terminal, and nothing else of the machine.
//!
//! Each layer stands alone, so that a kernel that lacks one still has the others:
//!
//! | layer | what it takes away |
//! |---|---|
//! | `identity` | with `--runas` the user, the groups and the namespaces; always all capabilities, core dumps, being traced, outliving the supervisor |
//! | `landlock` | opening, executing, connecting, signalling: nothing is named in the rules, so nothing is allowed |
//! | `limits` | new descriptors, new processes, memory, the size of files |
//! | `seccomp` | every system call but those of the work itself, and of these every other descriptor; standard input is read, standard output and error are written at their end |
//!
//! All of it takes 0.4 ms, most of it the kernel's translation of the filter; the namespaces of `--runas` take one more.

mod identity;
mod landlock;
mod limits;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod seccomp;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod seccomp {
    //! System calls have other names on other processors; Xen's dom0 runs on these two.

    pub(super) fn allow_only_work_on(_: &[std::os::fd::RawFd], _: bool, missing: &mut super::Missing) -> bool {
        missing.note("seccomp filters", "none is written for this processor");
        false
    }
}

use std::fmt::Display;
use std::io;
use std::os::fd::RawFd;

pub use limits::ResourceLimits;

use crate::system_error::in_a_sentence;

/// What is kept of the privileges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privileges {
    /// `--runas`: the user, and the group of the same number, to become. `None` and 0 keep both, as in pygrub.
    pub run_as: Option<u32>,
    /// How much may be used.
    pub limits: ResourceLimits,
    /// Whether a menu is drawn, for which the modes of the terminal change.
    pub draws: bool,
}

/// Gives everything up but the descriptors `files`, standard input, standard output and standard error. There is no way back.
///
/// Returns one sentence for each layer that this kernel does not have or does not allow; the others stand.
///
/// Called while there is one thread: Linux keeps user, groups and capabilities for each thread.
///
/// Afterwards a refused system call fails with `EPERM`. So do [`std::fs::File::metadata`] and [`std::fs::File::try_clone`], even of
/// `files`: what they tell must be asked before.
///
/// # Errors
///
/// Where `--runas` cannot be honoured. The caller must end: it may still have its privileges.
pub fn enter(privileges: &Privileges, files: &[RawFd]) -> io::Result<Vec<String>> {
    let mut missing = Missing(Vec::new());
    let user = privileges.run_as.filter(|&user| user != 0);
    if user.is_some() {
        identity::leave_namespaces(&mut missing);
    }
    // Before the user changes, which takes the right to do it.
    identity::empty_bounding_set(&mut missing);
    if let Some(user) = user {
        identity::become_user(user)?;
    }
    identity::drop_capabilities(&mut missing);
    // After the user has changed: Linux forgets these two then.
    identity::be_nobodys_tool(&mut missing);
    let covered = landlock::refuse_everything(&mut missing);
    // After Landlock, which needs a descriptor for a moment.
    limits::set(&privileges.limits, &mut missing);
    let filtered = seccomp::allow_only_work_on(files, privileges.draws, &mut missing);
    if covered == landlock::Covered::FilesOnly && !filtered {
        missing.note("the part of Landlock that refuses the network", "it is too old");
    }
    Ok(missing.0)
}

/// The sentences for what is not there.
struct Missing(Vec<String>);

impl Missing {
    fn note(&mut self, what: &str, why: impl Display) {
        let why = in_a_sentence(&why.to_string());
        self.0.push(format!("this kernel does not give {what} ({why}): the disk is read without it"));
    }

    fn note_failure<T, E: Display>(&mut self, what: &str, result: Result<T, E>) {
        if let Err(error) = result {
            self.note(what, error);
        }
    }
}
