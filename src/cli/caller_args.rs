//! `--toolstack` and `--restricted`: who calls pygrub, and with which rights.

use std::os::unix::ffi::OsStringExt;

use clap::{Args, ValueEnum};

use crate::boot::{Caller, Toolstack};
use crate::check;
use crate::flavour::Build;
use crate::python::PyStr;
use crate::target::Kind;

// Who calls pygrub.
#[derive(Debug, Args)]
pub(super) struct CallerArgs {
    /// Who calls pygrub, which decides its arguments, its rights and what becomes of its result [default: what the target says, else xl]
    #[arg(long, value_enum, value_name = "TOOLSTACK")]
    toolstack: Option<ToolstackArg>,
    /// pygrub runs restricted, as with bootloader_restrict = 1 in xl.conf or LIBXL_BOOTLOADER_RESTRICT: it writes no file above 128 MiB (another number in PYGRUB_MAX_FILE_SIZE_MB counts), and shows no menu
    #[arg(long)]
    restricted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ToolstackArg {
    Xl,
    Libvirt,
    /// xapi of XCP-ng and XenServer, with --runas where pygrub knows it (since October 2023)
    Xapi,
    /// xapi before that: pygrub runs as root
    XapiUnrestricted,
}

impl CallerArgs {
    /// The caller of a pygrub.
    pub(super) fn caller(&self, build: Build) -> Caller {
        let max_file_size = std::env::var_os("PYGRUB_MAX_FILE_SIZE_MB").map(|value| PyStr::from(value.into_vec()));
        check::caller(self.toolstack(), self.restricted, max_file_size, build)
    }

    fn toolstack(&self) -> Option<Toolstack> {
        self.toolstack.map(|toolstack| match toolstack {
            ToolstackArg::Xl => Toolstack::Xl,
            ToolstackArg::Libvirt => Toolstack::Libvirt,
            ToolstackArg::Xapi => Toolstack::Xapi,
            ToolstackArg::XapiUnrestricted => Toolstack::XapiUnrestricted,
        })
    }

    /// Whether a target of this kind can be called by the toolstack that is asked for. A domain has the toolstack of its format.
    ///
    /// # Errors
    ///
    /// It cannot; the message is a sentence.
    pub(super) fn suits(&self, name: &str, kind: Kind) -> Result<(), String> {
        let Some((of, toolstack)) = check::caller_mismatch(self.toolstack(), kind) else { return Ok(()) };
        Err(format!(
            "`{name}` is a domain of {of}: --toolstack can only be {toolstack} for it, or name its disk instead"
        ))
    }

    /// Whether no menu is shown, since a restricted pygrub is called with `-q`.
    pub(super) fn is_quiet(&self) -> bool {
        check::calls_quietly(self.toolstack(), self.restricted)
    }
}
