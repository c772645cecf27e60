//! The system calls of the work itself, as a filter in the kernel.
//!
//! What is not listed fails with `EPERM` instead of ending the process: the standard library tries fast ways (`copy_file_range`,
//! `statx`) and has slow ones for where the fast are refused; a filter that kills would make a guest's boot depend on such
//! details of a libc. A call by another convention (32-bit programs on a 64-bit kernel) ends the process; x32 calls have numbers
//! of their own and so are refused.
//!
//! `statx` and its kin are not listed, even for open files: they take a path too, which a filter cannot look at, and Landlock
//! does not refuse a look at a file's attributes.

use std::collections::BTreeMap;
use std::os::fd::RawFd;
use std::process;

use seccompiler::SeccompCmpArgLen::{Dword, Qword};
use seccompiler::SeccompCmpOp::{Eq, Ge, Le, MaskedEq};
use seccompiler::{
    BackendError, BpfProgram, Error, SeccompAction, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
    apply_filter_all_threads,
};

use super::Missing;

/// Installs the filter; whether it is in force.
pub(super) fn allow_only_work_on(files: &[RawFd], draws: bool, missing: &mut Missing) -> bool {
    let result = match TargetArch::try_from(std::env::consts::ARCH) {
        Ok(arch) => {
            program(arch, files, draws).map_err(Error::from).and_then(|program| apply_filter_all_threads(&program))
        }
        Err(error) => Err(error.into()),
    };
    match &result {
        Ok(()) => {}
        Err(Error::Seccomp(error)) => missing.note("seccomp filters", error),
        Err(error) => missing.note("seccomp filters", error),
    }
    result.is_ok()
}

/// Numbers of descriptors from the first to the second.
type Run = (u64, u64);

/// These standard descriptors and `files`, as few runs of numbers.
fn runs(standard: &[u64], files: &[RawFd]) -> Vec<Run> {
    let mut numbers = standard.to_vec();
    numbers.extend(files.iter().filter_map(|&file| u64::try_from(file).ok()));
    numbers.sort_unstable();
    let mut runs: Vec<Run> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if number <= *last + 1 => *last = number,
            _ => runs.push((number, number)),
        }
    }
    runs
}

/// Those without an argument that matters.
const FREE: &[libc::c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_getrandom,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    libc::SYS_madvise,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    // They tell what is ready, of the descriptors that are there.
    #[cfg(target_arch = "x86_64")]
    libc::SYS_poll,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_select,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_yield,
    libc::SYS_sigaltstack,
];

/// Those on an open file, which is their first argument, by the standard descriptors that they may be made on as well: the log that
/// standard error may be grows at its end, and what is in it stays.
const ON_A_FILE: &[(&[u64], &[libc::c_long])] = &[
    (&[0, 1, 2], &[libc::SYS_fstat]),
    (&[0], &[libc::SYS_read, libc::SYS_readv]),
    (&[1, 2], &[libc::SYS_write, libc::SYS_writev]),
    (
        &[],
        &[
            libc::SYS_fadvise64,
            libc::SYS_ftruncate,
            libc::SYS_lseek,
            libc::SYS_pread64,
            libc::SYS_preadv,
            libc::SYS_pwrite64,
            libc::SYS_pwritev,
        ],
    ),
];

/// `BLKGETSIZE64`, the length of a block device.
const BLKGETSIZE64: u64 = 0x8008_1272;
/// As `TCGETS`, with any speed.
const TCGETS2: u64 = 0x802c_542a;
/// `TCSETS2`, `TCSETSW2`, `TCSETSF2`: the same as without the 2, with any speed.
const SET_TERMIOS2: [u64; 3] = [0x402c_542b, 0x402c_542c, 0x402c_542d];

/// What may be asked of a terminal. `TIOCSTI`, which types into the terminal of others, is not among it.
fn of_a_terminal(draws: bool) -> Vec<u64> {
    let modes = [libc::TCSETS, libc::TCSETSW, libc::TCSETSF].into_iter().map(number).chain(SET_TERMIOS2);
    let asked = [libc::TCGETS, libc::TIOCGWINSZ].into_iter().map(number).chain([TCGETS2]);
    asked.chain(modes.filter(|_| draws)).collect()
}

fn number(request: libc::Ioctl) -> u64 {
    u64::from(request as u32)
}

type Conditions = Vec<SeccompCondition>;

fn within(argument: u8, (first, last): Run) -> Result<Conditions, BackendError> {
    let mut conditions = vec![SeccompCondition::new(argument, Dword, Le, last)?];
    // Unsigned: nothing is below 0. A filter costs time by its length, when it is installed and at every call.
    if first > 0 {
        conditions.push(SeccompCondition::new(argument, Dword, Ge, first)?);
    }
    Ok(conditions)
}

fn equal(argument: u8, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, Dword, Eq, value)
}

fn program(arch: TargetArch, files: &[RawFd], draws: bool) -> Result<BpfProgram, BackendError> {
    let standard: &[u64] = &[0, 1, 2];
    let of_the_message = runs(&[], files);
    // No conditions at all: any arguments.
    let mut rules: BTreeMap<i64, Vec<Conditions>> = FREE.iter().map(|&call| (call, Vec::new())).collect();
    for &(standard, calls) in ON_A_FILE {
        let runs = runs(standard, files);
        for &call in calls {
            let on_these = runs.iter().map(|&run| within(0, run)).collect::<Result<Vec<_>, _>>()?;
            // Without a condition a call is allowed on every file.
            if !on_these.is_empty() {
                rules.insert(call, on_these);
            }
        }
    }
    // From a file to a file: the numbers of the two arguments.
    for (call, one, other) in [(libc::SYS_copy_file_range, 0, 2), (libc::SYS_sendfile, 0, 1)] {
        let pairs = of_the_message.iter().flat_map(|&a| of_the_message.iter().map(move |&b| (a, b)));
        let pairs = pairs.map(|(a, b)| Ok([within(one, a)?, within(other, b)?].concat()));
        let pairs = pairs.collect::<Result<Vec<_>, BackendError>>()?;
        if !pairs.is_empty() {
            rules.insert(call, pairs);
        }
    }
    let and_one_of = |runs: &[Run], values: &[u64]| {
        let all = runs.iter().flat_map(|&run| values.iter().map(move |&value| (run, value)));
        all.map(|(run, value)| Ok([within(0, run)?, vec![equal(1, value)?]].concat()))
            .collect::<Result<Vec<_>, BackendError>>()
    };
    let terminal = and_one_of(&runs(standard, &[]), &of_a_terminal(draws))?;
    let length = and_one_of(&of_the_message, &[BLKGETSIZE64])?;
    rules.insert(libc::SYS_ioctl, [terminal, length].concat());
    // In debug builds the standard library asks before it closes.
    let flags = [libc::F_GETFD as u64, libc::F_GETFL as u64];
    rules.insert(libc::SYS_fcntl, and_one_of(&runs(standard, files), &flags)?);

    let no_code = SeccompCondition::new(2, Qword, MaskedEq(libc::PROT_EXEC as u64), 0)?;
    let no_file = libc::MAP_ANONYMOUS as u64;
    let no_file = SeccompCondition::new(3, Qword, MaskedEq(no_file), no_file)?;
    rules.insert(libc::SYS_mmap, vec![vec![no_code.clone(), no_file]]);
    rules.insert(libc::SYS_mprotect, vec![vec![no_code]]);
    // A panic that aborts signals itself.
    rules.insert(libc::SYS_tgkill, vec![vec![equal(0, u64::from(process::id()))?]]);

    let rules = rules
        .into_iter()
        .map(|(call, any)| Ok((call, any.into_iter().map(SeccompRule::new).collect::<Result<_, _>>()?)))
        .collect::<Result<_, BackendError>>()?;
    SeccompFilter::new(rules, SeccompAction::Errno(libc::EPERM as u32), SeccompAction::Allow, arch)?.try_into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_in_a_row_are_one_run() {
        assert_eq!(runs(&[], &[]), []);
        assert_eq!(runs(&[0, 1, 2], &[]), [(0, 2)]);
        assert_eq!(runs(&[0], &[3, 4]), [(0, 0), (3, 4)]);
        assert_eq!(runs(&[0, 1, 2], &[9, 3, 7, 4, 3, 8]), [(0, 4), (7, 9)]);
    }

    /// The kernel takes 4096 instructions.
    #[test]
    fn the_filter_stays_small() {
        for arch in [TargetArch::x86_64, TargetArch::aarch64] {
            let length = program(arch, &[5, 7, 8, 9, 11], true).unwrap().len();
            assert!(length < 1500, "{length} instructions");
        }
    }
}
