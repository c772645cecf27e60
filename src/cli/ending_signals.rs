//! The signals that end or stop a process, and dying of one after tidying up.

use std::fs;
use std::process;

use signal_hook::consts::{
    SIGABRT, SIGALRM, SIGBUS, SIGHUP, SIGINT, SIGIO, SIGPROF, SIGQUIT, SIGSYS, SIGTERM, SIGTRAP, SIGUSR1, SIGUSR2,
    SIGVTALRM, SIGXCPU, SIGXFSZ,
};
use signal_hook::low_level::emulate_default_handler;

/// Those that are named, that end a process which does not catch them, and that it can catch without harm: not SIGKILL, and not
/// SIGILL, SIGFPE and SIGSEGV, which a fault of the process itself raises again and again. SIGPIPE is ignored from the start on.
const NAMED: [i32; 18] = [
    SIGTERM,
    SIGHUP,
    SIGINT,
    SIGQUIT,
    SIGALRM,
    SIGPROF,
    SIGUSR1,
    SIGUSR2,
    SIGVTALRM,
    SIGXCPU,
    SIGXFSZ,
    SIGABRT,
    SIGBUS,
    SIGTRAP,
    SIGSYS,
    SIGIO,
    libc::SIGPWR,
    libc::SIGSTKFLT,
];

/// All of them that this process does not ignore: what its caller ignores, as `nohup` has SIGHUP ignored, stays ignored.
pub(super) fn ending() -> Vec<i32> {
    let ignored = ignored();
    let is_ignored = |signal: i32| ignored & bit(signal) != 0;
    let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
    NAMED.into_iter().chain(real_time).filter(|&signal| !is_ignored(signal)).collect()
}

/// Ends this process as `signal` does. Those of which `signal_hook` does not know that they end a process, such as SIGPWR and the
/// real-time ones, end it with the exit status that a shell shows for them. Comes back if it is not one that ends a process.
pub(super) fn die_of(signal: i32) {
    if is_emulated(signal) {
        // What fails here ends with the exit status instead.
        let _ = emulate_default_handler(signal);
    }
    if NAMED.contains(&signal) || (libc::SIGRTMIN()..=libc::SIGRTMAX()).contains(&signal) {
        process::exit(status(signal));
    }
}

/// Whether `signal_hook` can have the default of this signal.
pub(super) fn is_emulated(signal: i32) -> bool {
    ![SIGIO, libc::SIGPWR, libc::SIGSTKFLT].contains(&signal) && NAMED.contains(&signal)
}

/// The exit status that stands for the death by a signal.
pub(super) fn status(signal: i32) -> i32 {
    signal.saturating_add(128)
}

/// What the kernel lists of a process. Numbers are 0 for processes of which this one's PID namespace does not know: those outside of
/// the container that it runs in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Stat {
    /// `S` while it sleeps, `T` while it is stopped.
    pub(super) state: char,
    pub(super) parent: u32,
    group: u32,
    session: u32,
}

impl Stat {
    /// That of a process. None if it is gone, or the kernel does not list it.
    pub(super) fn of(process: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
    }

    fn parse(stat: &str) -> Option<Self> {
        // After the name, which may have any character.
        let mut after = stat.rsplit(')').next()?.split_whitespace();
        let state = after.next()?.chars().next()?;
        let mut number = || after.next()?.parse().ok();
        Some(Self { state, parent: number()?, group: number()?, session: number()? })
    }
}

/// Whether a shell started this process group and can have it go on after it was stopped: somebody of its session is the parent of
/// one of its processes.
pub(super) fn is_a_job() -> bool {
    Stat::of(process::id()).is_some_and(|this| has_shell(this, Stat::of))
}

/// How far up it is looked for.
const MOST_PARENTS: u32 = 100;

/// Whether that holds for this process of the group, going by what is listed of others.
fn has_shell(this: Stat, listed: impl Fn(u32) -> Option<Stat>) -> bool {
    let mut parent = this.parent;
    // A worker's parent is of the same group, and so are the scripts that started it.
    for _ in 0..MOST_PARENTS {
        let Some(above) = listed(parent) else { return false };
        if above.group != this.group {
            // Of a process outside of the container nothing is known.
            return this.session != 0 && above.session == this.session;
        }
        parent = above.parent;
    }
    false
}

/// The signals that this process ignores, as the kernel lists them: a bit each, the lowest for number 1. None if that is not known.
pub(super) fn ignored() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default()
}

/// The bit of a signal in such a list.
pub(super) fn bit(signal: i32) -> u64 {
    u32::try_from(signal.saturating_sub(1)).ok().and_then(|shift| 1_u64.checked_shl(shift)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(text: &str) -> Stat {
        Stat::parse(text).unwrap()
    }

    #[test]
    fn what_the_kernel_lists() {
        let listed = stat("12 (a) b (c) T 7 6 5 34816 12 4194304 1\n");
        assert_eq!(listed, Stat { state: 'T', parent: 7, group: 6, session: 5 });
        assert_eq!(Stat::parse("12 (a"), None);
        assert!(Stat::of(process::id()).is_some());
    }

    /// In a container the parent, its group and its session may be outside of it: 0 then (Linux 6.1, `unshare --pid --fork`).
    #[test]
    fn who_can_have_it_go_on() {
        let cases = [
            // By a shell with jobs, alone and as the worker of such a process.
            ("1 (x) S 7 6 5", &[(7, "7 (bash) S 1 7 5")][..], true),
            ("1 (x) S 7 6 5", &[(7, "7 (x) S 8 6 5"), (8, "8 (bash) S 1 8 5")], true),
            // By a script of a script.
            ("1 (x) S 7 6 5", &[(7, "7 (x) S 8 6 5"), (8, "8 (make) S 9 6 5"), (9, "9 (bash) S 1 9 5")], true),
            // By somebody of another session, by nobody, by one that is its own parent.
            ("1 (x) S 7 6 5", &[(7, "7 (sshd) S 1 7 7")], false),
            ("1 (x) S 7 6 5", &[(7, "7 (x) S 7 6 5")], false),
            ("1 (x) S 0 6 5", &[], false),
            // From outside of the container: the first process, its child, a session of its own.
            ("1 (x) S 0 0 0", &[], false),
            ("2 (x) S 1 0 0", &[(1, "1 (sh) S 0 0 0")], false),
            ("2 (x) S 1 2 0", &[(1, "1 (sh) S 0 0 0")], false),
            ("2 (x) S 1 2 2", &[(1, "1 (sh) S 0 0 0")], false),
        ];
        for (this, others, expected) in cases {
            let listed = |process: u32| Some(stat(others.iter().find(|(number, _)| *number == process)?.1));
            assert_eq!(has_shell(stat(this), listed), expected, "{this}");
        }
    }
}
