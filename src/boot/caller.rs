//! Who calls pygrub, with which rights, and what becomes of its result.

use serde::Serialize;

use crate::python::PyStr;

/// The rights and the environment that a toolstack gives pygrub.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Which toolstack it is, where that is known.
    pub toolstack: Option<Toolstack>,
    /// Whether pygrub gets `--runas`, and gives up its rights.
    pub restricted: bool,
    /// The value of `PYGRUB_MAX_FILE_SIZE_MB` in pygrub's environment, where it is set.
    pub max_file_size: Option<PyStr>,
}

/// A program that starts domains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toolstack {
    /// libxl under xl.
    Xl,
    /// libxl under libvirt.
    Libvirt,
    /// xapi with xenopsd, as in XCP-ng and XenServer, since October 2023: pygrub is restricted where it knows `--runas`.
    Xapi,
    /// xapi before that: pygrub runs as root.
    XapiUnrestricted,
}

impl Toolstack {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xl => "xl",
            Self::Libvirt => "libvirt",
            Self::Xapi | Self::XapiUnrestricted => "xapi",
        }
    }
}

impl Caller {
    /// Whether it is xapi.
    pub fn is_xapi(&self) -> bool {
        matches!(self.toolstack, Some(Toolstack::Xapi | Toolstack::XapiUnrestricted))
    }
}

/// The call of pygrub, and what the toolstack makes of its end.
#[derive(Clone, Debug, Serialize)]
pub struct Handover {
    /// The toolstack: `xl`, `libvirt` or `xapi`.
    pub name: &'static str,
    /// pygrub's arguments, the disk included. Empty if it is not started, or not with arguments that are known.
    pub arguments: Vec<PyStr>,
    /// What the user of the toolstack reads if the domain does not start for a reason that pygrub has to do with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ToolstackError>,
    /// What else there is to know, each a sentence without a full stop.
    #[serde(skip)]
    pub notes: Vec<String>,
}

/// An error as the toolstack's user reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ToolstackError {
    /// Its code: `BOOTLOADER_FAILED` or `INTERNAL_ERROR` for xapi, empty for others.
    pub code: &'static str,
    /// Its text.
    pub message: String,
}
