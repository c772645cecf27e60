//! One file a rule, named by its code and name. [`registry`](super::registry) lists them.

mod explained;

pub(super) mod pg001_device_variable;
pub(super) mod pg101_default_by_title;
pub(super) mod pg203_file_missing;
pub(super) mod pg301_unreadable_filesystem;
pub(super) mod pg501_xl_refuses;
pub(super) mod pg502_boot_disk_not_first;
pub(super) mod pg503_pygrub_by_path;
pub(super) mod pg504_kernel_beside_bootloader;
pub(super) mod pg505_bootloader_in_hvm_guest;
pub(super) mod pg506_disk_missing;
pub(super) mod pg507_menu_nobody_sees;
pub(super) mod pg508_bootloader_args_rejected;
pub(super) mod pg602_pygrub_unrestricted;
pub(super) mod pg801_unused_suppression;
pub(super) mod pg802_malformed_suppression;
