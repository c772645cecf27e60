//! The installed libxenguest, asked by `tests/oracle/loads_kernel.c`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use pregrub::decompress::ReadAt;
use pregrub::flavour::Flavour;
use pregrub::kernel::{GuestType, KernelDepth, LoadOutcome, Look, Question, look};
use pregrub::release::Release;

use crate::common::oracle::Oracle;
use crate::common::program::root;
use crate::common::tools;

/// libxenguest of the release that the oracle is of.
pub struct Judge {
    program: &'static Path,
    pub question: Question,
}

impl Judge {
    /// Nothing, visibly, if there is no compiler with Xen's headers.
    pub fn find(oracle: &Oracle) -> Option<Self> {
        if !tools::have("/usr/include/xenguest.h") || tools::tool("gcc").is_none() {
            tools::skipped("libxenguest as the judge of kernels");
            return None;
        }
        static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
        let program = PROGRAM.get_or_init(|| {
            let program = std::env::temp_dir().join(format!("pregrub-loads-kernel-{}", std::process::id()));
            let source = root().join("tests/oracle/loads_kernel.c");
            let status = Command::new("gcc")
                .args(["-O1", "-o"])
                .arg(&program)
                .arg(source)
                .args(["-lxenguest", "-lxenctrl", "-lxentoollog"])
                .status()
                .expect("gcc runs");
            assert!(status.success(), "tests/oracle/loads_kernel.c does not compile");
            program
        });
        let release = Release::line(u8::try_from(oracle.minor).ok()?)?;
        let question = Question { release, flavour: Flavour::Debian, guest: GuestType::Pv };
        Some(Self { program, question })
    }

    /// What the library says of files, a line each.
    pub fn ask(&self, guest: GuestType, files: &[PathBuf]) -> Vec<String> {
        let mut answers = Vec::new();
        for files in files.chunks(100) {
            let output = Command::new(self.program).arg(guest.name()).args(files).output().expect("the judge runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            answers.extend(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned));
        }
        assert_eq!(answers.len(), files.len());
        answers
    }

    /// What pregrub says of a kernel, in the judge's words.
    pub fn ours(&self, guest: GuestType, kernel: &[u8], depth: KernelDepth) -> String {
        let question = Question { guest, ..self.question };
        let file: &dyn ReadAt = &kernel;
        let look = look(file, kernel.len() as u64, &question, depth).expect("memory can be read");
        said(&look, guest)
    }
}

/// What was found, in the judge's words.
pub fn said(look: &Look, guest: GuestType) -> String {
    match look.outcome(guest).expect("it was asked for") {
        LoadOutcome::Loads(kind) => format!("loads {kind}"),
        LoadOutcome::Refused { loads: true, .. } => {
            format!("loads {}", if guest == GuestType::Pv { "xen-3.0-x86_64" } else { "hvm-3.0-x86_32" })
        }
        LoadOutcome::Refused { words, .. } => format!("refused {words}"),
        LoadOutcome::Unknown(why) => format!("unknown {why}"),
    }
}

/// zlib has two codes for damage, and which of them comes first depends on how far it reads ahead.
pub fn without_code(answer: &str) -> String {
    match answer.find("inflate failed") {
        Some(at) => answer[..at + "inflate failed".len()].to_owned(),
        None => answer.to_owned(),
    }
}
