//! A disk image in a format of its own, and what the domain's configuration says of its format.

use std::sync::Arc;

use super::remedy::Remedy;
use super::trial;
use crate::boot::{self, Run, Toolstack};
use crate::escape::beginning;
use crate::python::PyStr;
use crate::release::Release;
use crate::storage::container::{self, ContainerLimits};
use crate::storage::identify::{self, Format};
use crate::storage::mount::Volumes;
use crate::xl::disk::{self, DiskFormat, FormatEdit};

/// The way out where the first disk of a domain is given as raw and is an image in a format: the word for it in the domain's
/// configuration, tried. `None` where no domain gives the disk.
pub(super) fn way_out(run: &Run, volumes: &dyn Volumes, format: Format) -> Option<Remedy> {
    let given = run.disk.as_ref().filter(|_| run.image_format.is_none())?;
    let (line, toolstack) = (given.line?, run.options.caller.toolstack?);
    let Some(word) = word_for(format) else {
        return identify::conversion(format).map(|convert| {
            Remedy::DomainSetting(format!(
                "if the guest was given a raw disk, it wrote this header itself: leave the disk raw, and let nothing convert or attach it \
                 as an image; if the image was made in this format, {convert}, and name the new file in line {line}: {} has no word for \
                 {}",
                toolstack.name(),
                format.title()
            ))
        });
    };
    let edit = edit(toolstack, given.specification.as_ref(), line, word, run.options.release)?;
    let then = match inside(run, volumes, format) {
        Ok(()) => ": a run with that boots".to_owned(),
        Err(why) => format!("; then this remains: {}", beginning(&why, 300)),
    };
    let name = word.name();
    let look = match format {
        Format::Vhd => String::new(),
        _ => format!(": qemu-img info -f {name} shows them"),
    };
    Some(Remedy::DomainSetting(format!(
        "if the image was made as {name}, {edit}{then} (a guest can make its raw disk look like {name}, and QEMU would open the files \
         that it names{look})"
    )))
}

/// What to write in a domain's configuration for its first disk to have this format, as an imperative.
pub(crate) fn edit(
    toolstack: Toolstack,
    specification: Option<&PyStr>,
    line: u32,
    format: DiskFormat,
    release: Release,
) -> Option<String> {
    let word = format.name();
    match toolstack {
        Toolstack::Libvirt => Some(format!("write `<driver name='qemu' type='{word}'/>` in the disk of line {line}")),
        Toolstack::Xl => Some(match disk::with_format(specification?.as_bytes(), format, release)? {
            FormatEdit::Replaced(old, new) => format!("write `{new}` instead of `{old}` in line {line}"),
            FormatEdit::Added(text) => {
                format!("add the word `{word}` in line {line}: `{}`", crate::escape::escaped(&text))
            }
        }),
        Toolstack::Xapi | Toolstack::XapiUnrestricted => None,
    }
}

/// The toolstack's word for the format of an image. `None` if it has none.
pub(crate) fn word_for(format: Format) -> Option<DiskFormat> {
    match format {
        Format::Qcow => Some(DiskFormat::Qcow),
        Format::Qcow2 => Some(DiskFormat::Qcow2),
        Format::Vhd => Some(DiskFormat::Vhd),
        Format::Qed => Some(DiskFormat::Qed),
        _ => None,
    }
}

/// Whether the disk inside of the image boots. No other file that the image names is opened.
fn inside(run: &Run, volumes: &dyn Volumes, format: Format) -> Result<(), String> {
    let file = volumes.shared_disk().ok_or("the image cannot be opened again")?;
    let disk = container::open(Arc::clone(&file), format, None, ContainerLimits::default())
        .map_err(|error| format!("the disk in the image cannot be read: {error}"))?;
    trial::booted(boot::run(disk, run.options.clone())).map(drop)
}
