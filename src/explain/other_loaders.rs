//! Boot loaders that pygrub does not stand in for, by what they leave on a filesystem.

use super::files::Files;

/// What is found of a loader, and what to say.
pub(super) struct Other {
    /// The file that tells it.
    pub path: String,
    /// What it is, as the end of a sentence.
    pub is: &'static str,
    /// The way out, as an imperative.
    pub help: String,
}

/// A loader by its files.
struct Loader {
    paths: &'static [&'static str],
    is: &'static str,
    /// The option that turns it off in NixOS. Empty where NixOS has none.
    nixos: &'static str,
}

const LOADERS: [Loader; 7] = [
    Loader {
        paths: &[
            "/loader/loader.conf",
            "/boot/loader/loader.conf",
            "/efi/loader/loader.conf",
            "/boot/efi/loader/loader.conf",
        ],
        is: "belongs to systemd-boot, which pygrub does not read",
        nixos: "boot.loader.systemd-boot.enable",
    },
    Loader {
        paths: &[
            "/limine.conf",
            "/boot/limine.conf",
            "/limine/limine.conf",
            "/boot/limine/limine.conf",
            "/EFI/limine/limine.conf",
            "/EFI/BOOT/limine.conf",
            "/limine.cfg",
            "/boot/limine.cfg",
            "/boot/limine/limine.cfg",
        ],
        is: "belongs to Limine, which pygrub does not read",
        nixos: "boot.loader.limine.enable",
    },
    Loader {
        paths: &[
            "/EFI/refind/refind.conf",
            "/EFI/BOOT/refind.conf",
            "/boot/EFI/refind/refind.conf",
            "/boot/efi/EFI/refind/refind.conf",
            "/boot/refind_linux.conf",
            "/refind_linux.conf",
        ],
        is: "belongs to rEFInd, which pygrub does not read",
        nixos: "boot.loader.refind.enable",
    },
    Loader {
        paths: &[
            "/boot/xen/pvboot-x86_64.elf",
            "/boot/xen/pvboot-i386.elf",
            "/xen/pvboot-x86_64.elf",
            "/xen/pvboot-i386.elf",
        ],
        is: "is GRUB as a Xen kernel, which the host's pvgrub starts, and pygrub does not",
        nixos: "",
    },
    Loader { paths: &["/etc/lilo.conf"], is: "belongs to LILO, which pygrub does not read", nixos: "" },
    Loader {
        paths: &["/boot/boot.scr", "/boot.scr"],
        is: "belongs to U-Boot, which pygrub does not stand in for",
        nixos: "",
    },
    Loader { paths: &["/bootmgr", "/EFI/Microsoft/Boot/BCD", "/Windows/System32/winload.exe"], is: WINDOWS, nixos: "" },
];

const WINDOWS: &str = "belongs to Windows, which pygrub does not boot";

/// Directories of unified kernel images, and of entries of the Boot Loader Specification.
const UNIFIED: [&str; 4] = ["/EFI/Linux", "/boot/EFI/Linux", "/boot/efi/EFI/Linux", "/efi/EFI/Linux"];
const ENTRIES: [&str; 2] = ["/loader/entries", "/boot/loader/entries"];

/// Directories below which GRUB for EFI has its own configuration, and the names that distributions give it.
const EFI: [&str; 3] = ["/EFI", "/boot/efi/EFI", "/efi/EFI"];
const VENDORS: [&str; 21] = [
    "debian",
    "ubuntu",
    "fedora",
    "redhat",
    "centos",
    "almalinux",
    "rocky",
    "ol",
    "opensuse",
    "sles",
    "arch",
    "GRUB",
    "grub",
    "BOOT",
    "boot",
    "nixos",
    "NixOS-boot",
    "alpine",
    "kali",
    "gentoo",
    "amzn",
];

impl Other {
    /// The first one. A driver that lists no directories is asked for the names that are usual.
    pub(super) fn find(files: &Files) -> Option<Self> {
        for loader in &LOADERS {
            if let Some(path) = loader.paths.iter().find_map(|path| there(files, path)) {
                return Some(Self { path, is: loader.is, help: loader.help() });
            }
        }
        if let Some(path) = named_like(files, &UNIFIED, ".efi") {
            let is = "is a unified kernel image, which firmware boots, and pygrub does not";
            return Some(Self { path, is, help: grub_help("") });
        }
        if let Some(path) = named_like(files, &ENTRIES, ".conf") {
            let is = "is an entry of the Boot Loader Specification, which pygrub does not read";
            let help = "set GRUB_ENABLE_BLSCFG=false in /etc/default/grub of the guest, and run grub2-mkconfig -o \
                        /boot/grub2/grub.cfg (where systemd-boot reads it: install GRUB in the guest; pygrub needs its grub.cfg)";
            return Some(Self { path, is, help: help.to_owned() });
        }
        let path = EFI.iter().find_map(|directory| {
            let listed = files.names(directory.as_bytes());
            let listed = listed.iter().filter_map(|name| std::str::from_utf8(name).ok());
            listed.chain(VENDORS).find_map(|vendor| there(files, &format!("{directory}/{vendor}/grub.cfg")))
        })?;
        let is = "is GRUB's for EFI, which pygrub does not look for";
        let help = "let the guest write its menu where pygrub looks: grub-mkconfig -o /boot/grub/grub.cfg (Fedora, SUSE: grub2-mkconfig \
                    -o /boot/grub2/grub.cfg), with /boot on a filesystem that pygrub reads";
        Some(Self { path, is, help: help.to_owned() })
    }
}

impl Loader {
    fn help(&self) -> String {
        if self.is == WINDOWS {
            return "make it an HVM guest: type = \"hvm\", and no bootloader".to_owned();
        }
        if self.paths[0].starts_with("/boot/xen/") {
            return "start it with pvgrub (kernel = \"/usr/lib/grub-xen/grub-x86_64-xen.bin\", and no bootloader), or run update-grub in \
                    the guest, which writes /boot/grub/grub.cfg for pygrub"
                .to_owned();
        }
        grub_help(self.nixos)
    }
}

/// How a guest comes to a configuration that pygrub reads. `turned_off` is the option of its loader in NixOS.
fn grub_help(turned_off: &str) -> String {
    let nixos = match turned_off {
        "" => String::new(),
        option => format!(" (NixOS: set {option} = false, {NIXOS_GRUB})"),
    };
    format!("install GRUB in the guest, and let it write /boot/grub/grub.cfg with kernel and initrd as files{nixos}")
}

/// What makes NixOS write a grub.cfg that pygrub boots.
pub(crate) const NIXOS_GRUB: &str = "boot.loader.grub.enable = true, boot.loader.grub.device = \"nodev\" and \
                                     boot.loader.grub.fsIdentifier = \"provided\"";

/// The path, as it opens: FAT has short names in lower case.
fn there(files: &Files, path: &str) -> Option<String> {
    let lower = path.to_lowercase();
    [path, &lower].into_iter().find(|path| files.is_file(path.as_bytes())).map(str::to_owned)
}

fn named_like(files: &Files, directories: &[&str], ending: &str) -> Option<String> {
    directories.iter().find_map(|directory| {
        let names = files.names(directory.as_bytes());
        let mut names = names.iter().filter_map(|name| std::str::from_utf8(name).ok());
        names.find(|name| name.to_ascii_lowercase().ends_with(ending)).map(|name| format!("{directory}/{name}"))
    })
}
