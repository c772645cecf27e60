//! Boot loaders that pygrub does not stand in for, by what they leave on a filesystem.

use super::boot_entries::{BootEntries, Distribution, EntryReader, WITHOUT_BLS, either, install_grub};
use super::files::Files;
use super::remedy::Remedy;

/// What is found of a loader, and what to say.
pub(super) struct Other {
    /// The file that shows it.
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

const LOADERS: [Loader; 9] = [
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
    Loader { paths: &["/IO.SYS", "/KERNEL.SYS", "/COMMAND.COM"], is: DOS, nixos: "" },
    Loader {
        paths: &[
            "/boot/kernel/kernel",
            "/boot/loader",
            "/boot/loader.efi",
            "/EFI/freebsd/loader.efi",
            "/netbsd",
            "/bsd",
        ],
        is: BSD,
        nixos: "",
    },
];

const WINDOWS: &str = "belongs to Windows, which pygrub does not boot";
const DOS: &str = "belongs to DOS, which pygrub does not boot";
const BSD: &str = "belongs to a BSD, which boots without pygrub";

/// Directories of unified kernel images.
const UNIFIED: [&str; 4] = ["/EFI/Linux", "/boot/EFI/Linux", "/boot/efi/EFI/Linux", "/efi/EFI/Linux"];

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
        let entries = BootEntries::find(files);
        for loader in &LOADERS {
            if let Some(path) = loader.paths.iter().find_map(|path| there(files, path)) {
                return Some(Self { path, is: loader.is, help: loader.help(entries.distribution) });
            }
        }
        if let Some(path) = named_like(files, &UNIFIED, ".efi") {
            let is = "is a unified kernel image, which firmware boots, and pygrub does not";
            return Some(Self { path, is, help: grub_help("", entries.distribution) });
        }
        if let Some(path) = entries.path {
            let is = "is an entry of the Boot Loader Specification, which pygrub does not read";
            let help = match entries.reader {
                EntryReader::Grub => WITHOUT_BLS.to_owned(),
                EntryReader::SystemdBoot => grub_help("boot.loader.systemd-boot.enable", entries.distribution),
                EntryReader::Unknown => either(),
            };
            return Some(Self { path, is, help });
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
    fn help(&self, distribution: Distribution) -> String {
        if self.is == WINDOWS || self.is == DOS {
            return "make it an HVM guest: type = \"hvm\", and no bootloader".to_owned();
        }
        if self.is == BSD {
            return "make it an HVM guest (type = \"hvm\", and no bootloader), or copy its kernel to the host and name it with kernel= in \
                    the domain's configuration, without a bootloader"
                .to_owned();
        }
        if self.paths[0].starts_with("/boot/xen/") {
            return "start it with pvgrub (kernel = \"/usr/lib/grub-xen/grub-x86_64-xen.bin\", and no bootloader), or run update-grub in \
                    the guest, which writes /boot/grub/grub.cfg for pygrub"
                .to_owned();
        }
        grub_help(self.nixos, distribution)
    }
}

/// How a guest comes to a configuration that pygrub reads. `turned_off` is the option of its loader in NixOS.
fn grub_help(turned_off: &str, distribution: Distribution) -> String {
    if distribution == Distribution::NixOs {
        let off = if turned_off.is_empty() { String::new() } else { format!("{turned_off} = false, ") };
        return Remedy::nixos(format!("set {off}{NIXOS_GRUB}")).to_string();
    }
    if let Some(help) = install_grub(distribution) {
        return help;
    }
    let nixos = if turned_off.is_empty() || distribution == Distribution::Another {
        String::new()
    } else {
        format!(" (NixOS: set {turned_off} = false, {NIXOS_GRUB})")
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
