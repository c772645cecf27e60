//! What may be done with a disk image in a format of its own. One place for the advice: the header may be a guest's, who writes a raw disk
//! from its first byte on, and QEMU opens the files of the host that a header names.

use super::Format;

/// How to make a raw image of one, by QEMU's name of its format. Never without that name: then the first bytes decide.
macro_rules! conversion {
    ($name:literal) => {
        concat!("convert it (qemu-img convert -f ", $name, " -O raw)")
    };
    (names files: $name:literal) => {
        concat!("look first at the files that it names (qemu-img info -f ", $name, "), and then ", conversion!($name))
    };
    // `qemu-img info` opens the extents of a VMDK.
    (names extents: $name:literal) => {
        concat!(
            "read first in the text of its descriptor which files it names (qemu-img info would open them), and then ",
            conversion!($name)
        )
    };
}

/// The way out for the image: the raw disk first.
macro_rules! instead {
    ($($conversion:tt)+) => {
        concat!(
            "if the guest was given a raw disk, it wrote this header itself: leave the disk raw (format=raw, --image-format raw), and \
             let nothing convert or attach it as an image, since QEMU opens the files of the host that a header names; if the image was \
             made in this format, ",
            conversion!($($conversion)+),
            ", or let the toolstack attach it before pygrub runs"
        )
    };
}

/// The way out for a text that describes where the data of a VMDK lies.
pub(super) const DESCRIPTOR: &str = "if the guest was given a raw disk, it wrote this text itself: leave the disk raw (format=raw, \
                                     --image-format raw), and let nothing open the files of the host that it names; if you made the \
                                     descriptor, give pygrub the raw file that you made with it";

/// What is known of converting one format.
struct Row {
    format: Format,
    conversion: &'static str,
    instead: &'static str,
}

macro_rules! rows {
    ($($format:ident: ($($conversion:tt)+);)+) => {
        &[$(Row {
            format: Format::$format,
            conversion: conversion!($($conversion)+),
            instead: instead!($($conversion)+),
        },)+]
    };
}

/// The names are those of `qemu-img -f`. What an image of the others can name (a VHD's or a VHDX's parent), QEMU refuses.
const ROWS: &[Row] = rows! {
    Qcow: (names files: "qcow");
    Qcow2: (names files: "qcow2");
    Qed: (names files: "qed");
    Vmdk: (names extents: "vmdk");
    Vdi: ("vdi");
    Vhd: ("vpc");
    Vhdx: ("vhdx");
    Parallels: ("parallels");
};

fn row(format: Format) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.format == format)
}

/// How to make a raw image of one that was made in this format, as an imperative. `None` if it is not the format of a disk image.
pub(crate) fn conversion(format: Format) -> Option<&'static str> {
    row(format).map(|row| row.conversion)
}

/// The way out where pygrub reads an image of this format as the disk itself.
pub(super) fn instead(format: Format) -> &'static str {
    row(format).map_or("give pygrub a raw disk image", |row| row.instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without `-f` QEMU goes by the first bytes, and the reader of the advice must hear first that these may be a guest's.
    #[test]
    fn no_advice_leaves_the_format_to_the_first_bytes() {
        for row in ROWS {
            assert_eq!(
                row.format.name(),
                row.conversion.split("convert -f ").nth(1).unwrap().split(' ').next().unwrap()
            );
            assert!(
                row.instead
                    .starts_with("if the guest was given a raw disk, it wrote this header itself: leave the disk raw")
            );
            assert!(
                row.instead.contains("if the image was made in this format") && row.instead.contains(row.conversion)
            );
        }
    }
}
