//! Several targets at the same time: threads that work, and results that come out in order, of which only a window is in memory.
//!
//! Nobody waits for the results in a thread of its own. The thread that finishes the next result hands it on, with those after it
//! that were ready before. A panic is a result, too: of its target alone.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread;

/// How the work is shared out.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pool {
    /// How many threads work, this one among them.
    pub jobs: usize,
    /// Whether results are handed on in the order of the items, and not as they come.
    pub ordered: bool,
}

/// How far ahead of the next result work is done, in items.
const WINDOW: usize = 1024;
/// How much the results that wait for their turn may weigh before nothing new is begun.
const HEAVIEST: usize = 8 << 20;
/// The stack of a thread: what the first one usually has.
const STACK: usize = 8 << 20;

/// Work on an item ended in a panic: what it says, and where it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Panicked(pub String);

/// What all threads share.
struct Shared<R, T> {
    /// The next item that nobody works on.
    unclaimed: usize,
    /// The next item whose result is handed on.
    next: usize,
    /// Results that wait for their turn.
    ready: BTreeMap<usize, R>,
    weight: usize,
    take: T,
    /// Nothing more is begun or handed on.
    stopped: bool,
    /// How many threads wait for room.
    waiting: usize,
}

impl Pool {
    /// Does `work` on the items from 0 to `count` and gives each result to `take`, until that breaks. Each thread has a state: this
    /// one `first`, the others what `start` makes. `weigh` says how much memory a result takes.
    ///
    /// Where `take` has broken, what other threads are at comes to its end and is forgotten.
    pub(super) fn run<S, R: Send>(
        self,
        count: usize,
        first: S,
        start: impl Fn() -> S + Sync,
        work: impl Fn(&mut S, usize) -> R + Sync,
        weigh: impl Fn(&R) -> usize + Sync,
        take: impl FnMut(usize, Result<R, Panicked>) -> ControlFlow<()> + Send,
    ) {
        let shared = Mutex::new(Shared {
            unclaimed: 0,
            next: 0,
            ready: BTreeMap::new(),
            weight: 0,
            take,
            stopped: false,
            waiting: 0,
        });
        let room = Condvar::new();
        let deliver = |index, result| self.deliver(&shared, index, result, &weigh);
        let claim = || claim(&shared, &room, count);
        let worker = |mut state: S, remake: &dyn Fn() -> S| {
            while let Some(index) = claim() {
                let result = caught(|| work(&mut state, index));
                if result.is_err() {
                    // Half of something may be in it.
                    state = remake();
                }
                // To wake nobody costs a system call as well.
                if deliver(index, result) {
                    room.notify_all();
                }
            }
        };
        let jobs = self.jobs.min(count);
        if jobs <= 1 {
            worker(first, &start);
            return;
        }
        thread::scope(|scope| {
            for _ in 1..jobs {
                let thread = thread::Builder::new().stack_size(STACK);
                // Where the system gives no more threads, fewer do the work.
                if thread.spawn_scoped(scope, || worker(start(), &start)).is_err() {
                    break;
                }
            }
            worker(first, &start);
        });
    }

    /// Hands on what is ready, and says whether a thread waits for room.
    fn deliver<R, T: FnMut(usize, Result<R, Panicked>) -> ControlFlow<()>>(
        self,
        shared: &Mutex<Shared<Result<R, Panicked>, T>>,
        index: usize,
        result: Result<R, Panicked>,
        weigh: &impl Fn(&R) -> usize,
    ) -> bool {
        let weigh = |result: &Result<R, Panicked>| result.as_ref().map_or(0, weigh);
        let mut shared = locked(shared);
        let is_awaited = shared.waiting > 0;
        if shared.stopped {
            return is_awaited;
        }
        if !self.ordered {
            shared.next += 1;
            if (shared.take)(index, result).is_break() {
                shared.stopped = true;
            }
            return is_awaited;
        }
        shared.weight = shared.weight.saturating_add(weigh(&result));
        shared.ready.insert(index, result);
        while let Some(result) = {
            let next = shared.next;
            shared.ready.remove(&next)
        } {
            let index = shared.next;
            shared.next += 1;
            shared.weight = shared.weight.saturating_sub(weigh(&result));
            if (shared.take)(index, result).is_break() {
                shared.stopped = true;
                break;
            }
        }
        is_awaited
    }
}

/// The next item to work on, as soon as there is room for its result. The item whose result comes next is always claimed first,
/// so that room comes.
fn claim<R, T>(shared: &Mutex<Shared<R, T>>, room: &Condvar, count: usize) -> Option<usize> {
    let mut shared = locked(shared);
    loop {
        if shared.stopped || shared.unclaimed >= count {
            return None;
        }
        let ahead = shared.unclaimed.saturating_sub(shared.next);
        if ahead == 0 || ahead < WINDOW && shared.weight < HEAVIEST {
            shared.unclaimed += 1;
            return Some(shared.unclaimed - 1);
        }
        shared.waiting += 1;
        shared = room.wait(shared).unwrap_or_else(PoisonError::into_inner);
        shared.waiting -= 1;
    }
}

/// Panics are caught where a guest could cause them; what a lock protects is whole all the same.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

thread_local! {
    /// Where the last panic of this thread was, while it is expected.
    static EXPECTED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does `work`, and returns what a panic in it says instead of printing it.
fn caught<R>(work: impl FnOnce() -> R) -> Result<R, Panicked> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
            let expected = EXPECTED.with_borrow_mut(|expected| expected.as_mut().map(|expected| *expected = place));
            if expected.is_none() {
                usual(info);
            }
        }));
    });
    EXPECTED.set(Some(String::new()));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    let place = EXPECTED.take().unwrap_or_default();
    result.map_err(|payload| Panicked(format!("{} ({place})", said(&*payload))))
}

fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    fn results(
        pool: Pool,
        count: usize,
        work: impl Fn(usize) -> usize + Sync,
    ) -> Vec<(usize, Result<usize, Panicked>)> {
        let mut taken = Vec::new();
        let take = |index, result| {
            taken.push((index, result));
            ControlFlow::Continue(())
        };
        pool.run(count, (), || (), |(), index| work(index), |_| 1, take);
        taken
    }

    #[test]
    fn results_come_in_order() {
        for jobs in [1, 2, 7] {
            let slow_first = |index| {
                if index % 10 == 0 {
                    thread::sleep(Duration::from_millis(5));
                }
                index * 2
            };
            let taken = results(Pool { jobs, ordered: true }, 100, slow_first);
            let expected: Vec<_> = (0..100).map(|index| (index, Ok(index * 2))).collect();
            assert_eq!(taken, expected, "{jobs}");
        }
    }

    #[test]
    fn results_come_as_they_are_ready() {
        let slow_first = |index| {
            if index == 0 {
                thread::sleep(Duration::from_millis(200));
            }
            index
        };
        let mut taken = results(Pool { jobs: 2, ordered: false }, 50, slow_first);
        assert_eq!(taken.last().unwrap().0, 0);
        taken.sort_unstable_by_key(|(index, _)| *index);
        assert!((0..50).eq(taken.iter().map(|(index, _)| *index)));
    }

    #[test]
    fn a_panic_is_the_result_of_its_item_alone() {
        for jobs in [1, 3] {
            let taken = results(Pool { jobs, ordered: true }, 20, |index| {
                assert!(index != 7, "item {index}");
                index
            });
            assert_eq!(taken.len(), 20);
            for (index, result) in taken {
                match result {
                    Ok(value) => assert_eq!((value, index != 7), (index, true)),
                    Err(Panicked(text)) => {
                        assert!(index == 7 && text.starts_with("item 7 (") && text.contains("pool.rs:"), "{text}");
                    }
                }
            }
        }
    }

    #[test]
    fn nothing_begins_after_a_break() {
        let (begun, mut taken) = (AtomicUsize::new(0), 0);
        let work = |(): &mut (), _| begun.fetch_add(1, Ordering::Relaxed);
        let take = |_, _| {
            taken += 1;
            if taken == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        Pool { jobs: 2, ordered: true }.run(10_000, (), || (), work, |_| 1, take);
        assert_eq!(taken, 5);
        assert!(begun.into_inner() < 5000);
    }

    #[test]
    fn only_a_window_of_results_is_kept() {
        // Item 0 is slow; the others are heavy, or many.
        for (weight, most) in [(HEAVIEST, 3), (0, WINDOW + 2)] {
            let begun = AtomicUsize::new(0);
            let work = |(): &mut (), index| {
                begun.fetch_add(1, Ordering::SeqCst);
                if index == 0 {
                    thread::sleep(Duration::from_millis(100));
                    assert!(begun.load(Ordering::SeqCst) <= most);
                }
            };
            let mut panics = 0;
            let take = |_, result: Result<(), Panicked>| {
                panics += usize::from(result.is_err());
                ControlFlow::Continue(())
            };
            Pool { jobs: 2, ordered: true }.run(3000, (), || (), work, |()| weight, take);
            assert_eq!((begun.into_inner(), panics), (3000, 0));
        }
    }
}
