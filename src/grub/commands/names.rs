//! The commands that GRUB has, by platform, from Debian's packages of 2.06 (command.lst of i386-pc, x86_64-efi and x86_64-xen) and the
//! commands of its core. Sorted.

/// On every platform.
pub(super) const EVERYWHERE: &[&str] = &[
    ".", "[", "all_functional_test", "authenticate", "background_color", "background_image", "backtrace",
    "blocklist", "break", "cat", "clear", "cmp", "configfile", "continue", "cpuid", "crc", "cryptomount",
    "date", "distrust", "dump", "echo", "eval", "exit", "export", "extract_entries_configfile",
    "extract_entries_source", "extract_legacy_entries_configfile", "extract_legacy_entries_source",
    "extract_syslinux_entries_configfile", "extract_syslinux_entries_source", "false", "file",
    "functional_test", "gettext", "gptsync", "halt", "hashsum", "hello", "help", "hexdump", "initrd",
    "insmod", "keystatus", "legacy_check_password", "legacy_configfile", "legacy_initrd",
    "legacy_initrd_nounzip", "legacy_kernel", "legacy_password", "legacy_source", "linux", "list_env",
    "list_trusted", "load_env", "loadfont", "loopback", "ls", "lsfonts", "lsmmap", "lsmod", "macppcbless",
    "mactelbless", "md5sum", "menuentry", "module", "multiboot", "net_add_addr", "net_add_dns",
    "net_add_route", "net_bootp", "net_bootp6", "net_del_addr", "net_del_dns", "net_del_route", "net_dhcp",
    "net_get_dhcp_option", "net_ipv6_autoconf", "net_ls_addr", "net_ls_cards", "net_ls_dns", "net_ls_routes",
    "net_nslookup", "normal", "normal_exit", "parttool", "password", "password_pbkdf2", "probe", "read",
    "read_byte", "read_dword", "read_word", "reboot", "regexp", "return", "rmmod", "save_env", "search",
    "search.file", "search.fs_label", "search.fs_uuid", "set", "setparams", "sha1sum", "sha256sum",
    "sha512sum", "shift", "sleep", "source", "submenu", "syslinux_configfile", "syslinux_source",
    "terminal_input", "terminal_output", "test", "test_blockarg", "testload", "testspeed", "time", "tr",
    "true", "trust", "unset", "verify_detached", "videoinfo", "videotest", "write_byte", "write_dword",
    "write_word", "xnu_uuid", "zfs-bootfs", "zfsinfo", "zfskey",
];

/// On PCs, not under Xen.
pub(super) const PC_AND_EFI: &[&str] = &[
    "acpi", "badram", "boot", "cbmemc", "chainloader", "coreboot_boottime", "cutmem", "hdparm",
    "hexdump_random", "inb", "initrd16", "inl", "inw", "keymap", "kfreebsd", "kfreebsd_loadenv",
    "kfreebsd_module", "kfreebsd_module_elf", "knetbsd", "knetbsd_module", "knetbsd_module_elf", "kopenbsd",
    "kopenbsd_ramdisk", "linux16", "lsacpi", "lscoreboot", "lspci", "module2", "multiboot2", "nativedisk",
    "outb", "outl", "outw", "pcidump", "play", "rdmsr", "serial", "setpci", "smbios", "terminfo", "usb",
    "wrmsr", "xnu_devprop_load", "xnu_kernel", "xnu_kernel64", "xnu_kext", "xnu_kextdir", "xnu_mkext",
    "xnu_ramdisk", "xnu_resume", "xnu_splash",
];

/// With a BIOS only.
pub(super) const PC_ONLY: &[&str] = &[
    "915resolution", "cmosclean", "cmosdump", "cmosset", "cmostest", "drivemap", "efiemu_loadcore",
    "efiemu_prepare", "efiemu_unload", "freedos", "gdbstub", "gdbstub_break", "gdbstub_stop", "hwmatch",
    "lsapm", "ntldr", "plan9", "pxechainloader", "sendkey", "truecrypt", "vbeinfo", "vbetest",
];

/// With UEFI only.
pub(super) const EFI_ONLY: &[&str] = &[
    "appleloader", "fakebios", "fix_video", "fwsetup", "initrdefi", "linuxefi", "loadbios", "lsefi",
    "lsefimmap", "lsefisystab", "lssal",
];

/// Under Xen only.
pub(super) const XEN_ONLY: &[&str] = &[
    "xen_cat", "xen_ls",
];
