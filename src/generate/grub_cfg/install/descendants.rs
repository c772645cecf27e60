//! What a program has started and left running, also where it has set it apart with a session of its own.

use std::fs;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};

/// How long it may take until none is left. What starts processes faster than they are killed is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// From now on whatever loses its parent, and descends from this process, becomes a child of it.
pub(super) fn adopt() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

/// Kills all children, and what becomes a child by that, until there are none.
pub(super) fn kill_all() -> io::Result<()> {
    let begun = Instant::now();
    loop {
        let children = children()?;
        if children.is_empty() {
            return Ok(());
        }
        if begun.elapsed() > PATIENCE {
            return Err(io::Error::other("it has left processes running that could not be killed"));
        }
        for child in children {
            // It may have ended by itself.
            let _ = kill_process(child, Signal::KILL);
            let _ = waitpid(Some(child), WaitOptions::NOHANG);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// The processes whose parent this is. Without /proc none is seen.
fn children() -> io::Result<Vec<Pid>> {
    let entries = match fs::read_dir("/proc") {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mine = getpid().as_raw_nonzero().get();
    let numbers = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let children = numbers.filter(|number| {
        let status = fs::read(format!("/proc/{number}/stat")).unwrap_or_default();
        parent(&String::from_utf8_lossy(&status)) == Some(mine)
    });
    Ok(children.filter_map(Pid::from_raw).collect())
}

/// The number of the parent in a line of `/proc/N/stat`. The name before it may hold anything, parentheses too.
fn parent(status: &str) -> Option<i32> {
    status.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_is_found_behind_any_name() {
        assert_eq!(parent("7 (sh) S 3 7 7 0"), Some(3));
        assert_eq!(parent("7 (a) R 9 (b) S 3 7 7 0"), Some(3));
        assert_eq!(parent("7 (sh"), None);
    }
}
