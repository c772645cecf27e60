//! Who calls pygrub, by the name of the toolstack, and which targets that toolstack has.

use crate::boot::{Caller, Toolstack};
use crate::flavour::Build;
use crate::python::PyStr;
use crate::release::Change;
use crate::target::Kind;

/// The caller of a pygrub. `max_file_size` is `PYGRUB_MAX_FILE_SIZE_MB` of its environment, which xapi does not hand on.
pub(crate) fn caller(
    toolstack: Option<Toolstack>,
    restricted: bool,
    max_file_size: Option<PyStr>,
    build: Build,
) -> Caller {
    let xapi = toolstack == Some(Toolstack::Xapi);
    let max_file_size = max_file_size.filter(|_| !xapi);
    let restricted = (restricted || xapi) && build.has(Change::Runas);
    Caller { toolstack, restricted, max_file_size }
}

/// Whether no menu is shown, since pygrub is called with `-q` so.
pub(crate) fn calls_quietly(toolstack: Option<Toolstack>, restricted: bool) -> bool {
    restricted || matches!(toolstack, Some(Toolstack::Xapi | Toolstack::XapiUnrestricted))
}

/// Where a target of this kind is not one of the toolstack: whose it is, and the names of the toolstacks that can be asked.
pub(crate) fn caller_mismatch(toolstack: Option<Toolstack>, kind: Kind) -> Option<(&'static str, &'static str)> {
    use Toolstack::{Libvirt, Xapi, XapiUnrestricted, Xl};
    match (kind, toolstack?) {
        (Kind::Xl, Libvirt | Xapi | XapiUnrestricted) => Some(("xl", "xl")),
        (Kind::Libvirt, Xl | Xapi | XapiUnrestricted) => Some(("libvirt", "libvirt")),
        (Kind::Xapi, Xl | Libvirt) => Some(("xapi", "xapi or xapi-unrestricted")),
        _ => None,
    }
}
