//! How a default is set: by the option of the program that writes the file, or in the file.

use crate::config::{Dialect, Writer};
use crate::explain::Remedy;
use crate::lint::analysis::configuration::Configuration;
use crate::lint::analysis::grub_menu::GrubMenu;

/// How to let pygrub boot the entry `index`.
pub(in crate::lint) fn help(configuration: &Configuration<'_>, index: usize) -> String {
    let how = match (configuration.dialect, configuration.writer()) {
        (Dialect::Extlinux, _) => {
            return format!(
                "write `DEFAULT {}`, the label as it stands",
                crate::lint::analysis::configuration::shown(configuration.entries()[index].title.as_bytes())
            );
        }
        (Dialect::Legacy, _) => return format!("write `default {index}`"),
        (_, Writer::NixOs) => Remedy::nixos(format!("set boot.loader.grub.default = {index}")).to_string(),
        (_, Writer::Mkconfig) => Remedy::MkconfigVariable(format!("set GRUB_DEFAULT={index}")).to_string(),
        (_, Writer::Other) => format!("write `set default={index}`"),
    };
    let choice = GrubMenu::new(configuration).choose(index.to_string().as_bytes());
    if !choice.known || choice.entry == Some(index) {
        how
    } else {
        let why = if configuration.config.submenus.is_empty() {
            "GRUB has other entries before it"
        } else {
            "GRUB counts a submenu as one item"
        };
        format!("{how}; that is the number for pygrub alone: {why}, and boots another entry then")
    }
}
