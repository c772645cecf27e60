//! Who the worker is: user, groups, capabilities, namespaces, and what others may do with it.

use std::io;

use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Gid, Signal, Uid, geteuid, getgroups, getuid};
use rustix::process::{set_dumpable_behavior, set_parent_process_death_signal};
use rustix::thread::{
    CapabilitySet, CapabilitySets, UnshareFlags, capabilities, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_no_new_privs, set_thread_groups, set_thread_res_gid,
    set_thread_res_uid,
};

use super::Missing;
use crate::system_error::why;

/// The namespaces that pygrub leaves under `--runas`, and only there: making them takes a millisecond. It needs CAP_SYS_ADMIN,
/// which is not what changing the user needs: a caller may have one without the other.
pub(super) fn leave_namespaces(missing: &mut Missing) {
    let all = [
        (UnshareFlags::NEWNS, "a namespace of mounts"),
        (UnshareFlags::NEWIPC, "a namespace of message queues"),
        (UnshareFlags::NEWNET, "a namespace of networks"),
    ];
    for (flag, what) in all {
        // Deprecated for CLONE_FILES, which is not among them.
        #[expect(deprecated)]
        match rustix::thread::unshare(flag) {
            // It is the caller that may not, whichever it is.
            Err(error @ Errno::PERM) => return missing.note("namespaces of its own", error),
            result => missing.note_failure(what, result),
        }
    }
}

/// Becomes `user` and the group of the same number, without other groups and for good.
pub(super) fn become_user(user: u32) -> io::Result<()> {
    let refused = |error: io::Error| {
        io::Error::new(error.kind(), format!("cannot become user {user} (--runas): {}", why(&error)))
    };
    // To setresuid the highest number means "no change".
    if user == u32::MAX {
        return Err(refused(Errno::INVAL.into()));
    }
    let (uid, gid) = (Uid::from_raw(user), Gid::from_raw(user));
    set_thread_groups(&[]).map_err(|error| refused(error.into()))?;
    set_thread_res_gid(gid, gid, gid).map_err(|error| refused(error.into()))?;
    set_thread_res_uid(uid, uid, uid).map_err(|error| refused(error.into()))?;

    let back = set_thread_res_uid(None, Uid::ROOT, None).is_ok() || set_thread_res_gid(None, Gid::ROOT, None).is_ok();
    if back || getuid() != uid || geteuid() != uid || !getgroups()?.is_empty() {
        return Err(refused(io::Error::other("it can be undone")));
    }
    Ok(())
}

/// Empties the bounding set: what no program that is started can get back. Without CAP_SETPCAP Linux refuses; then
/// PR_SET_NO_NEW_PRIVS alone keeps programs from gaining what the set allows.
pub(super) fn empty_bounding_set(missing: &mut Missing) {
    let may = capabilities(None).is_ok_and(|sets| sets.effective.contains(CapabilitySet::SETPCAP));
    for bit in 0..u64::BITS {
        match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << bit)) {
            Ok(()) => {}
            // The kernel counts no further.
            Err(Errno::INVAL) => break,
            Err(error) => {
                if may {
                    missing.note("the loss of the capability bounding set", error);
                }
                break;
            }
        }
    }
}

/// Empties the sets of capabilities that this process has: effective, permitted, inheritable and ambient.
pub(super) fn drop_capabilities(missing: &mut Missing) {
    // Linux before 4.3 has no such set.
    let _ = clear_ambient_capability_set();
    let none = CapabilitySet::empty();
    let none = CapabilitySets { effective: none, permitted: none, inheritable: none };
    missing.note_failure("the loss of capabilities", set_capabilities(None, none));
}

/// Nothing started may gain a privilege; nobody traces the worker or reads its memory; it dies with its supervisor, which the
/// toolstack may kill.
pub(super) fn be_nobodys_tool(missing: &mut Missing) {
    missing.note_failure("PR_SET_NO_NEW_PRIVS", set_no_new_privs(true));
    missing.note_failure("PR_SET_DUMPABLE", set_dumpable_behavior(DumpableBehavior::NotDumpable));
    missing.note_failure("PR_SET_PDEATHSIG", set_parent_process_death_signal(Some(Signal::KILL)));
}
