//! What rules ask about a target: the run, its configuration as GRUB reads it, its files. Knows no rule.

pub(in crate::lint) mod conditionals;
pub(in crate::lint) mod configuration;
pub(in crate::lint) mod context;
pub(in crate::lint) mod default_value;
pub(in crate::lint) mod entry_end;
pub(in crate::lint) mod entry_headers;
pub(in crate::lint) mod external_menus;
pub(in crate::lint) mod extlinux_keywords;
pub(in crate::lint) mod grub_menu;
pub(in crate::lint) mod grub_pick;
pub(in crate::lint) mod grub_reading;
pub(in crate::lint) mod grubenv;
pub(in crate::lint) mod guest_disks;
pub(in crate::lint) mod handed_initrd;
pub(in crate::lint) mod kernel_argument;
pub(in crate::lint) mod line_continuation;
pub(in crate::lint) mod named_file;
pub(in crate::lint) mod post_parse_errors;
pub(in crate::lint) mod root_disk;
pub(in crate::lint) mod set_default;
