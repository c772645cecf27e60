//! A configuration of more than 1 MiB, which pygrub does not read to its end.

use super::remedy::{MKCONFIG, Remedy};
use crate::config::Writer;

/// What to do about a file of more than 1 MiB.
pub(crate) fn cut_help(writer: Writer) -> Remedy {
    match writer {
        Writer::NixOs => Remedy::nixos("keep fewer generations: set boot.loader.grub.configurationLimit to 20"),
        Writer::Mkconfig => format!("remove kernels that are no longer needed, and {MKCONFIG}").into(),
        Writer::Other => "make the file smaller than 1 MiB".into(),
    }
}
