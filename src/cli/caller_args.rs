//! `--toolstack` and `--restricted`: who calls pygrub, and with which rights.

use std::os::unix::ffi::OsStringExt;

use clap::{Args, ValueEnum};

use crate::boot::{Caller, Toolstack};
use crate::flavour::Build;
use crate::python::PyStr;
use crate::release::Change;
use crate::target::Kind;

/// Who calls pygrub.
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
        let toolstack = self.toolstack.map(|toolstack| match toolstack {
            ToolstackArg::Xl => Toolstack::Xl,
            ToolstackArg::Libvirt => Toolstack::Libvirt,
            ToolstackArg::Xapi => Toolstack::Xapi,
            ToolstackArg::XapiUnrestricted => Toolstack::XapiUnrestricted,
        });
        let max_file_size = std::env::var_os("PYGRUB_MAX_FILE_SIZE_MB").map(|value| PyStr::from(value.into_vec()));
        let xapi = toolstack == Some(Toolstack::Xapi);
        let max_file_size = max_file_size.filter(|_| !xapi);
        let restricted = (self.restricted || xapi) && build.has(Change::Runas);
        Caller { toolstack, restricted, max_file_size }
    }

    /// Whether a target of this kind can be called by the toolstack that is asked for. A domain has the toolstack of its format.
    ///
    /// # Errors
    ///
    /// It cannot; the message is a sentence.
    pub(super) fn suits(&self, name: &str, kind: Kind) -> Result<(), String> {
        let (of, toolstack) = match (kind, self.toolstack) {
            (Kind::Xl, Some(ToolstackArg::Libvirt | ToolstackArg::Xapi | ToolstackArg::XapiUnrestricted)) => {
                ("xl", "xl")
            }
            (Kind::Libvirt, Some(ToolstackArg::Xl | ToolstackArg::Xapi | ToolstackArg::XapiUnrestricted)) => {
                ("libvirt", "libvirt")
            }
            (Kind::Xapi, Some(ToolstackArg::Xl | ToolstackArg::Libvirt)) => ("xapi", "xapi or xapi-unrestricted"),
            _ => return Ok(()),
        };
        Err(format!(
            "`{name}` is a domain of {of}: --toolstack can only be {toolstack} for it, or name its disk instead"
        ))
    }

    /// Whether no menu is shown, since a restricted pygrub is called with `-q`.
    pub(super) fn is_quiet(&self) -> bool {
        self.restricted || matches!(self.toolstack, Some(ToolstackArg::Xapi | ToolstackArg::XapiUnrestricted))
    }
}
