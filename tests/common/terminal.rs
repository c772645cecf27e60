//! A terminal, as a test's program sees one.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::process::{Command, ExitStatus};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// A new terminal: what its user holds, and what a program gets as its standard input, output or error.
pub struct Terminal {
    user: OwnedFd,
    program: File,
}

impl Terminal {
    pub fn open() -> Self {
        let user = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal can be made");
        grantpt(&user).expect("it is ours");
        unlockpt(&user).expect("it is ours");
        let name = ptsname(&user, Vec::new()).expect("it has a name").into_string().expect("UTF-8");
        let program = File::options().read(true).write(true).open(name).expect("it can be opened");
        Self { user, program }
    }

    /// For a program's standard input, output or error.
    pub fn program(&self) -> File {
        self.program.try_clone().expect("descriptors are left")
    }

    /// What its user holds; the program's side is open no longer here, so that reading ends with the program.
    pub fn into_user(self) -> File {
        File::from(self.user)
    }
}

/// How `command` ended, and what it wrote on a terminal as its standard output.
pub fn on_terminal(command: &mut Command) -> (ExitStatus, Vec<u8>) {
    let terminal = Terminal::open();
    let mut child = command.stdout(terminal.program()).spawn().expect("it runs");
    // The builder holds the program's side as well.
    command.stdout(std::process::Stdio::null());
    let mut user = terminal.into_user();
    let (mut written, mut piece) = (Vec::new(), [0; 4096]);
    // A terminal whose other side is closed gives an error once all is read.
    while let Ok(count @ 1..) = user.read(&mut piece) {
        written.extend_from_slice(&piece[..count]);
    }
    (child.wait().expect("it was started"), written)
}
