//! How xapi and xenopsd (XCP-ng, XenServer) call pygrub, and what the API's user reads of its end.
//!
//! xenopsd cuts `PV-bootloader-args` at every space, asks for the format `simple`, closes pygrub's terminal, and appends
//! `PV-legacy-args` and `PV-args` to the arguments that pygrub prints. Read in the sources of xenopsd 0.150.19 and xapi 26.1.4, and
//! run with pygrub 4.17.7 and a model of xenopsd's parser.

#[cfg(feature = "libvirt")]
pub mod database;
mod record;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

pub use self::record::{RecordError, VmRecord, is_record};
pub(crate) use self::record::{has_fields, resembles_record};
use crate::boot::command_line;
use crate::boot::{Caller, Handover, Options, OutputFormat, Run, Task, ToolstackError, Verdict, default_directory};
use crate::config::Stage;
use crate::flavour::Build;
use crate::python::PyStr;
use crate::release::Change;
use crate::xl::domain::GuestKind;
use crate::xl::shown;

/// Stands for the user that pygrub is run as: `qemu_base` plus the number of the domain.
pub const RESTRICTED_USER: &str = "65537";

/// A pygrub that is not run, or not on the disk, and what the API's user reads of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotCalled {
    /// *fails* where it is certain that nothing boots; *not applicable* where the VM boots without pygrub; else *unknown*.
    pub verdict: Verdict,
    /// Why, in one sentence without a full stop.
    pub reason: String,
    /// The way out, where it is known.
    pub help: Option<String>,
    /// The error of the API.
    pub error: Option<ToolstackError>,
}

impl NotCalled {
    fn unknown(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::Unknown, reason: reason.into(), help: None, error: None }
    }

    fn not_applicable(reason: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotApplicable, ..Self::unknown(reason) }
    }

    fn fails(reason: impl Into<String>, help: &str, error: ToolstackError) -> Self {
        Self { verdict: Verdict::Fails, reason: reason.into(), help: Some(help.to_owned()), error: Some(error) }
    }
}

impl VmRecord {
    /// The type of guest, where pygrub is asked for it. In a `pv-in-pvh` guest the kernel is a PV one.
    pub fn guest(&self) -> GuestKind {
        match self.domain_type.as_str() {
            "pv" | "pv-in-pvh" => GuestKind::Pv,
            "pvh" => GuestKind::Pvh,
            "" | "unspecified" if self.hvm_boot_policy.is_empty() => GuestKind::Pv,
            _ => GuestKind::Hvm,
        }
    }

    /// The disk that pygrub gets: the first bootable one.
    ///
    /// # Errors
    ///
    /// pygrub is not asked, or there is no such disk.
    pub fn disk(&self) -> Result<&str, NotCalled> {
        if self.guest() == GuestKind::Hvm {
            return Err(NotCalled::not_applicable(
                "this is an HVM guest, which boots from its own firmware: xapi does not run pygrub",
            ));
        }
        match self.bootloader.as_str() {
            "pygrub" => {}
            "" if self.kernel.is_empty() => {
                let error = self.internal("PV-bootloader and PV-kernel are empty");
                let reason = "PV-bootloader is empty, which means a direct boot, and PV-kernel is empty, too";
                return Err(NotCalled::fails(reason, "set PV-bootloader to pygrub", error));
            }
            "" => {
                let reason =
                    format!("PV-bootloader is empty: xapi starts `{}` of dom0, and pygrub is not run", self.kernel);
                return Err(NotCalled::not_applicable(reason));
            }
            "eliloader" => {
                let reason = "eliloader fetches a kernel from the installation source, and pregrub does not know which";
                return Err(NotCalled::unknown(reason));
            }
            other => {
                let error = self.internal(&format!("Bootloader.Unknown_bootloader {other}"));
                let reason = format!(
                    "xapi knows the bootloaders `pygrub` and `eliloader`, by these exact names, and not `{other}`"
                );
                return Err(NotCalled::fails(reason, "set PV-bootloader to pygrub", error));
            }
        }
        self.disks.iter().find(|disk| disk.bootable).map(|disk| disk.path.as_str()).ok_or_else(|| {
            let error = self.internal("there is no bootable device");
            NotCalled::fails("no disk of the VM is bootable", "xe vbd-param-set uuid=... bootable=true", error)
        })
    }

    /// pygrub's arguments, without the disk.
    pub fn arguments(&self, restricted: bool) -> Vec<PyStr> {
        let mut arguments = vec![PyStr::from("--output-format=simple"), PyStr::from("-q")];
        if restricted {
            arguments.push(format!("--runas={RESTRICTED_USER}").as_str().into());
        }
        if !self.bootloader_args.is_empty() {
            arguments.extend(self.bootloader_args.split(' ').map(PyStr::from));
        }
        arguments
    }

    /// What pygrub makes of the call.
    ///
    /// # Errors
    ///
    /// pygrub ends at once, or its result is one that xenopsd rejects.
    pub fn options(&self, build: Build, caller: &Caller) -> Result<Options, NotCalled> {
        let disk = self.disk()?;
        let mut words: Vec<OsString> = self
            .arguments(caller.restricted)
            .iter()
            .map(|text| OsStr::from_bytes(text.as_bytes()).to_owned())
            .collect();
        words.push(disk.into());
        let help = "correct PV-bootloader-args";
        let directory = default_directory(build);
        let made = |path: &Path| path == Path::new(directory) || path.is_dir();
        let call = command_line::parse(&words, "pygrub", build, false, &made).map_err(|ended| {
            let stderr = ended.stderr.unwrap_or_default();
            let said = if ended.exit == 0 { "No kernel found in ".to_owned() } else { format!("{stderr}\n") };
            let reason = "PV-bootloader-args make pygrub end at once: it prints its usage, or refuses an option";
            NotCalled::fails(reason, help, self.bad_error(&said))
        })?;
        let rejected = |what: &str, said: &str| {
            let reason = format!("PV-bootloader-args make pygrub {what}, which xenopsd rejects");
            Err(NotCalled::fails(reason, help, self.bad_error(said)))
        };
        if call.image.as_os_str() != OsStr::new(disk) {
            let word = PyStr::from(call.image.as_os_str().as_bytes().to_vec());
            let why =
                if word.is_empty() { ": two spaces in a row, or one at an end, are an empty argument" } else { "" };
            let said =
                if caller.restricted { "No kernel found in " } else { "all that pygrub writes to standard error" };
            let reason = format!("pygrub opens `{}` in place of the disk{why}", shown(&word));
            return Err(NotCalled::fails(reason, "separate options by single spaces", self.bad_error(said)));
        }
        if call.is_config || call.options.task == Task::ListEntries {
            return rejected("list entries", "an unrecognised line");
        }
        if call.options.task == Task::DryRun {
            return rejected("only look for the files", "a path that is not absolute");
        }
        if call.format != OutputFormat::Simple {
            return rejected(
                "print its result in another format",
                "an unrecognised line, or a path outside of the allowed directories",
            );
        }
        if call.output.is_some() {
            return rejected("write its result elsewhere", "No kernel found in ");
        }
        let allowed = [Path::new("/var/run/xen/pygrub"), Path::new("/var/run/xend/boot")];
        if !allowed.contains(&call.directory.path()) {
            return rejected("put its copies elsewhere", "a path outside of the allowed directories");
        }
        if call.options.shows_menu() {
            let error = ToolstackError {
                code: "BOOTLOADER_FAILED",
                message: "Unable to find partition containing kernel\n".to_owned(),
            };
            return Err(NotCalled::fails("pygrub has no terminal for its menu under xapi", "remove -i", error));
        }
        Ok(Options { caller: caller.clone(), ..call.options })
    }

    fn internal(&self, what: &str) -> ToolstackError {
        let uuid = if self.uuid.is_empty() { "UUID" } else { &self.uuid };
        let message = format!("xenopsd internal error: VM = {uuid}; domid = N; {what}");
        ToolstackError { code: "INTERNAL_ERROR", message }
    }

    fn bad_error(&self, what: &str) -> ToolstackError {
        self.internal(&format!("Bootloader.Bad_error {what}"))
    }

    /// Puts into a run what xapi makes of its end: the command line with both fields, or the error that the user reads.
    pub fn complete(&self, run: &mut Run) {
        let restricted = run.options.caller.restricted && run.options.build().has(Change::Runas);
        if let Some(chosen) = run.chosen.as_mut().filter(|_| run.verdict == Verdict::Boots) {
            let args = chosen.args.as_ref().map(PyStr::as_bytes).unwrap_or_default();
            let line = [args, b" ", self.legacy_args.as_bytes(), b" ", self.args.as_bytes()].concat();
            chosen.args = Some(line.into());
            return;
        }
        let by_pygrub =
            run.failure.as_ref().is_some_and(|failure| !matches!(failure.stage, Stage::Builder | Stage::Toolstack));
        if run.verdict != Verdict::Fails || !by_pygrub {
            return;
        }
        let last = run.process.stderr_last_line.to_string();
        let error = match last.strip_prefix("RuntimeError: ") {
            _ if restricted => self.bad_error("No kernel found in "),
            Some(message) => ToolstackError { code: "BOOTLOADER_FAILED", message: format!("{message}\n") },
            None => self.bad_error(&format!("{last}\n")),
        };
        if let Some(handover) = &mut run.handover {
            handover.error = Some(error);
            if restricted {
                let note =
                    "xapi does not show pygrub's reason: a restricted pygrub ends every failure with exit status 0";
                handover.notes.push(note.to_owned());
            }
        }
    }
}

/// As [`VmRecord::complete`], for a disk alone: of a VM with `PV-bootloader` `pygrub` and nothing else.
pub fn complete_disk(run: &mut Run, path: &str) {
    let record = VmRecord { bootloader: "pygrub".to_owned(), ..VmRecord::default() };
    let mut arguments = record.arguments(run.options.caller.restricted);
    arguments.push(path.into());
    run.handover = Some(Handover { name: "xapi", arguments, error: None, notes: Vec::new() });
    super::complete(run);
    record.complete(run);
}
