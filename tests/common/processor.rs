//! How long a piece of work takes, without what other processes do meanwhile.

use std::time::Duration;

/// Processor time of this thread since it began. Waiting does not count.
pub fn time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
