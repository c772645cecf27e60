//! How the worker is started, gets its open files and hands over what it found.
//!
//! The supervisor starts its own program again (`/proc/self/exe`, so that an upgrade in between changes nothing) under the name
//! [`NAME`] as `argv[0]`. A toolstack chooses the arguments, but not that name; a user who types it lacks the files and gets
//! an error that says so. A variable in the environment would have to be removed again, which is not safe in Rust.
//!
//! The files travel over a socket pair (`SCM_RIGHTS`), the only way that gives owned descriptors without `unsafe` on either side.
//! The worker has the socket as its standard input, which is the one place that `std` lets a parent choose; what it is to have
//! there travels too and takes its place. The message waits in the socket before the worker starts, so nobody waits for anybody.
//!
//! On the same socket the worker hands over what it found ([`Outbox`]), in packets; its end is the worker's. The worker has no
//! descriptor of what the toolstack reads: standard input and output are its own only where a menu is shown on them.
//!
//! Other descriptors, left open by the caller, cannot be closed safely either. The sandbox leaves them unusable: its
//! filter allows system calls on the files of the message only.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{self, Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use rustix::process::{Pid, PidfdFlags, getppid, pidfd_open};

use super::sandbox::{self, Privileges};

/// What the worker is called, in `argv[0]` and in the list of processes.
pub const NAME: &str = "pregrub-worker";

/// What an open file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The guest's disk (or the configuration, with `--isconfig`), for reading.
    Disk,
    /// Where the kernel is copied to, for writing.
    Kernel,
    /// Where the ramdisk is copied to, for writing.
    Ramdisk,
}

impl Role {
    const ALL: [Self; 3] = [Self::Disk, Self::Kernel, Self::Ramdisk];

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|&role| role as u8 == byte)
    }
}

/// The files and standard input.
const MOST_FILES: usize = Role::ALL.len() + 1;
/// Starts the message; the number of the supervisor's process and the roles follow.
const GREETING: &[u8] = b"pregrub";

/// Most bytes of one packet of what the worker hands over.
const PACKET: usize = 32 << 10;

/// The worker's standard input and output. Standard error is the supervisor's.
#[derive(Debug)]
pub struct WorkerConsole {
    /// What the worker reads keys from.
    pub input: OwnedFd,
    /// What the worker draws on.
    pub output: Stdio,
}

impl WorkerConsole {
    /// Neither: what is read is at its end, and what is written is lost.
    ///
    /// # Errors
    ///
    /// There is no `/dev/null`.
    pub fn none() -> io::Result<Self> {
        Ok(Self { input: File::open("/dev/null")?.into(), output: Stdio::null() })
    }

    /// Those of this process.
    ///
    /// # Errors
    ///
    /// No descriptor is left.
    pub fn shared() -> io::Result<Self> {
        Ok(Self { input: io::stdin().as_fd().try_clone_to_owned()?, output: Stdio::inherit() })
    }
}

/// A worker that was started.
#[derive(Debug)]
pub struct Worker {
    /// The process.
    pub child: Child,
    socket: OwnedFd,
}

/// Starts the worker with `args` (without `argv[0]`) and hands over `files`, at most one for each role. It shares standard error,
/// the environment and the working directory.
///
/// The worker dies with the thread that calls this.
///
/// # Errors
///
/// Where the process cannot be started; without `/proc`, for one.
pub fn spawn(
    args: impl IntoIterator<Item = OsString>,
    files: Vec<(Role, File)>,
    console: WorkerConsole,
) -> io::Result<Worker> {
    let of_role = |role| files.iter().filter(|&&(other, _)| other == role).count();
    if Role::ALL.into_iter().any(|role| of_role(role) > 1) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a role has more than one file"));
    }
    let (ours, theirs) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
    let mut message = GREETING.to_vec();
    message.extend(process::id().to_le_bytes());
    message.extend(files.iter().map(|&(role, _)| role as u8));
    // Standard input last: its number is free again in the worker, and those of the files stay next to each other, which makes a
    // short filter.
    let descriptors: Vec<BorrowedFd<'_>> =
        files.iter().map(|(_, file)| file.as_fd()).chain([console.input.as_fd()]).collect();

    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    // There is room: one for each role and standard input.
    control.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(&ours, &[IoSlice::new(&message)], &mut control, SendFlags::NOSIGNAL)?;

    let mut command = Command::new("/proc/self/exe");
    command.arg0(NAME).args(args).stdin(Stdio::from(theirs)).stdout(console.output);
    // The command holds the other end of the socket, which must be the worker's alone.
    command.spawn().map(|child| Worker { child, socket: ours })
}

impl Worker {
    /// Waits for the end of one that has handed over what it found. `None` if it lives on for longer than `most`: it is killed.
    ///
    /// # Errors
    ///
    /// The operating system does not say how it ended.
    pub fn end_within(&mut self, most: Duration) -> io::Result<Option<ExitStatus>> {
        // A kernel without such descriptors (before 5.3) says only that it has ended.
        let process = Pid::from_child(&self.child);
        if let Ok(ended) = pidfd_open(process, PidfdFlags::empty()) {
            let begun = Instant::now();
            let mut ready = [PollFd::new(&ended, PollFlags::IN)];
            loop {
                let left = most.saturating_sub(begun.elapsed());
                let left = Timespec::try_from(left).map_err(io::Error::other)?;
                match poll(&mut ready, Some(&left)) {
                    Ok(0) => {
                        self.child.kill()?;
                        self.child.wait()?;
                        return Ok(None);
                    }
                    Err(Errno::INTR) => {}
                    // Waiting says what is wrong.
                    Ok(_) | Err(_) => break,
                }
            }
        }
        self.child.wait().map(Some)
    }

    /// What the worker hands over, to its end. `None` if that is more than `most` bytes or in larger packets than the worker
    /// sends: then it is not what this program sends.
    ///
    /// # Errors
    ///
    /// The socket cannot be read.
    pub fn receive(&self, most: usize) -> io::Result<Option<Vec<u8>>> {
        let mut all = Vec::new();
        // One byte more than a packet has: so is a longer one known.
        let mut packet = vec![0; PACKET + 1];
        loop {
            match rustix::net::recv(&self.socket, &mut packet[..], RecvFlags::empty()) {
                Ok((0, _)) | Err(Errno::CONNRESET) => return Ok(Some(all)),
                Ok((count, _)) if count > PACKET || all.len().saturating_add(count) > most => return Ok(None),
                Ok((count, _)) => all.extend_from_slice(&packet[..count]),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Whether this process is to be the worker.
pub fn is_called() -> bool {
    std::env::args_os().next().is_some_and(|name| name == NAME)
}

/// Where the worker puts what it hands over.
#[derive(Debug)]
pub struct Outbox(File);

impl Outbox {
    /// Hands `message` over. Messages are read one after the other, without a mark between them.
    ///
    /// # Errors
    ///
    /// The supervisor is gone.
    pub fn send(&self, message: &[u8]) -> io::Result<()> {
        for packet in message.chunks(PACKET) {
            while let Err(error) = rustix::io::write(&self.0, packet) {
                if error != Errno::INTR {
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }
}

/// What the worker got.
#[derive(Debug)]
pub struct Inherited {
    files: Vec<(Role, File)>,
    outbox: Option<Outbox>,
    numbers: Vec<RawFd>,
    supervisor: u32,
}

/// Takes what [`spawn`] sent, and puts standard input in the socket's place. To be called once, before anything reads standard
/// input.
///
/// # Errors
///
/// Where nothing was sent: a process that [`spawn`] did not start.
pub fn inherited() -> io::Result<Inherited> {
    let mut message = [0; GREETING.len() + 4 + Role::ALL.len()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_FILES))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    // First, so that its number is next to those of the files.
    let outbox = io::stdin().as_fd().try_clone_to_owned()?;
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let received =
        recvmsg(io::stdin(), &mut [IoSliceMut::new(&mut message)], &mut control, flags).map_err(|_| by_hand())?;
    let mut descriptors = Vec::new();
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = part {
            descriptors.extend(rights);
        }
    }
    if received.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(by_hand());
    }
    let (stdin, inherited) = take_apart(&message[..received.bytes], descriptors, outbox).ok_or_else(by_hand)?;
    rustix::stdio::dup2_stdin(stdin)?;
    // Only what `ps` shows.
    let _ = rustix::thread::set_name(c"pregrub-worker");
    Ok(inherited)
}

fn by_hand() -> io::Error {
    let message = format!("{NAME} is started by pregrub itself, with the files it works on; there are none here");
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

fn take_apart(message: &[u8], mut descriptors: Vec<OwnedFd>, outbox: OwnedFd) -> Option<(OwnedFd, Inherited)> {
    let (supervisor, roles) = message.strip_prefix(GREETING)?.split_first_chunk()?;
    let roles = roles.iter().map(|&byte| Role::from_byte(byte)).collect::<Option<Vec<_>>>()?;
    let stdin = descriptors.pop()?;
    if descriptors.len() != roles.len() {
        return None;
    }
    let files: Vec<(Role, File)> = roles.into_iter().zip(descriptors.into_iter().map(File::from)).collect();
    let numbers = files.iter().map(|(_, file)| file.as_raw_fd()).chain([outbox.as_raw_fd()]).collect();
    let outbox = Some(Outbox(outbox.into()));
    Some((stdin, Inherited { files, outbox, numbers, supervisor: u32::from_le_bytes(*supervisor) }))
}

impl Inherited {
    /// The file for `role`, once. It stays usable in the sandbox, whether it is taken before or after.
    pub fn take(&mut self, role: Role) -> Option<File> {
        let position = self.files.iter().position(|&(other, _)| other == role)?;
        Some(self.files.swap_remove(position).1)
    }

    /// Where to put what is handed over, once.
    pub fn take_outbox(&mut self) -> Option<Outbox> {
        self.outbox.take()
    }

    /// [`sandbox::enter`] with these files.
    ///
    /// # Errors
    ///
    /// As [`sandbox::enter`]; and where the supervisor has died before the worker could ask to die with it. The caller must end.
    pub fn give_up_privileges(&self, privileges: &Privileges) -> io::Result<Vec<String>> {
        let missing = sandbox::enter(privileges, &self.numbers)?;
        let parent = getppid().and_then(|pid| u32::try_from(pid.as_raw_nonzero().get()).ok());
        if parent != Some(self.supervisor) {
            return Err(io::Error::other("the process that started this one is gone"));
        }
        Ok(missing)
    }
}
