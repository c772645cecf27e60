//! Entries of the Boot Loader Specification, `loader/entries/*.conf`: who wrote them, and of which distribution the guest is. pygrub
//! reads none of them; what leads to a grub.cfg depends on both.

use super::files::Files;
use super::remedy::MKCONFIG;

/// The distribution of a guest, as far as its way to a grub.cfg depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Distribution {
    NixOs,
    /// Debian and what is made of it: Ubuntu, Pop!_OS, Mint.
    Debian,
    Arch,
    /// Fedora and what is made of it: RHEL, CentOS, AlmaLinux, Rocky Linux.
    Fedora,
    Suse,
    Another,
    /// Nothing shows it.
    Unknown,
}

/// Who reads and writes such entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EntryReader {
    /// GRUB as Fedora patches it: `blscfg`.
    Grub,
    SystemdBoot,
    /// Nothing shows it.
    Unknown,
}

/// Words of names, identifiers and titles, in lower case, and whose they are. Those that contain another one stand before it.
const WORDS: [(&str, Distribution); 25] = [
    ("nixos", Distribution::NixOs),
    ("debian", Distribution::Debian),
    ("ubuntu", Distribution::Debian),
    ("pop_os", Distribution::Debian),
    ("pop!_os", Distribution::Debian),
    ("linux mint", Distribution::Debian),
    ("linuxmint", Distribution::Debian),
    ("elementary", Distribution::Debian),
    ("kali", Distribution::Debian),
    ("archlinux", Distribution::Arch),
    ("arch", Distribution::Arch),
    ("manjaro", Distribution::Arch),
    ("endeavouros", Distribution::Arch),
    ("fedora", Distribution::Fedora),
    ("red hat", Distribution::Fedora),
    ("rhel", Distribution::Fedora),
    ("centos", Distribution::Fedora),
    ("almalinux", Distribution::Fedora),
    ("rocky", Distribution::Fedora),
    ("oracle linux", Distribution::Fedora),
    ("opensuse", Distribution::Suse),
    ("suse", Distribution::Suse),
    ("sles", Distribution::Suse),
    ("gentoo", Distribution::Another),
    ("alpine", Distribution::Another),
];

/// The distribution that a text names in one of its words.
fn named_in(text: &str) -> Option<Distribution> {
    let text = text.to_ascii_lowercase();
    let is_word = |at: usize, word: &str| {
        let before = text.as_bytes()[..at].last().is_none_or(|byte| !byte.is_ascii_alphanumeric());
        let after = text.as_bytes().get(at + word.len()).is_none_or(|byte| !byte.is_ascii_alphabetic());
        before && (after || word != "arch")
    };
    let places = WORDS.iter().filter_map(|(word, distribution)| {
        let (at, _) = text.match_indices(word).find(|(at, _)| is_word(*at, word))?;
        Some((at, *distribution))
    });
    places.min_by_key(|(at, _)| *at).map(|(_, distribution)| distribution)
}

/// The value of a line of such an entry, or of os-release.
fn value<'a>(text: &'a str, name: &str, separator: fn(char) -> bool) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let rest = line.trim_start().strip_prefix(name)?;
        let value = rest.strip_prefix(separator)?;
        Some(value.trim().trim_matches(['"', '\'']))
    })
}

/// Directories of such entries.
pub(super) const DIRECTORIES: [&str; 4] =
    ["/loader/entries", "/boot/loader/entries", "/boot/efi/loader/entries", "/efi/loader/entries"];

/// What is known of the entries of a guest, and of the guest.
pub(super) struct BootEntries {
    /// The first one.
    pub path: Option<String>,
    pub reader: EntryReader,
    pub distribution: Distribution,
}

impl BootEntries {
    /// Looks at the entries and at os-release.
    pub(super) fn find(files: &Files) -> Self {
        /// More entries say the same.
        const MOST: usize = 8;
        let paths = DIRECTORIES.iter().flat_map(|directory| {
            let names = files.names(directory.as_bytes());
            let is_entry = |name: &&Vec<u8>| name.to_ascii_lowercase().ends_with(b".conf");
            let names = names.iter().filter(is_entry).filter_map(|name| std::str::from_utf8(name).ok());
            names.map(|name| format!("{directory}/{name}")).collect::<Vec<_>>()
        });
        let mut this = Self { path: None, reader: EntryReader::Unknown, distribution: of_system(files) };
        for path in paths.take(MOST) {
            let text = files.beginning(path.as_bytes(), 4096).unwrap_or_default();
            let text = String::from_utf8_lossy(&text);
            if this.reader == EntryReader::Unknown {
                this.reader = reader_of(&text);
            }
            if this.distribution == Distribution::Unknown {
                this.distribution = of_entry(&path, &text);
            }
            this.path.get_or_insert(path);
        }
        // What belongs to one of the two alone.
        let has = |path: &&str| files.exists(path.as_bytes());
        if this.reader == EntryReader::Unknown {
            let of_grub = ["/grub2", "/boot/grub2", "/etc/default/grub"].iter().any(has);
            let of_systemd = ["/EFI/systemd", "/boot/EFI/systemd", "/loader/loader.conf", "/boot/loader/loader.conf"];
            this.reader = match (of_systemd.iter().any(has), this.distribution) {
                (true, _) | (false, Distribution::NixOs) => EntryReader::SystemdBoot,
                (false, Distribution::Fedora) => EntryReader::Grub,
                (false, _) if of_grub => EntryReader::Grub,
                (false, Distribution::Arch | Distribution::Debian) => EntryReader::SystemdBoot,
                _ => EntryReader::Unknown,
            };
        }
        this
    }
}

/// The lines `grub_*` are for GRUB; kernel-install of systemd writes `machine-id` and no such line.
fn reader_of(text: &str) -> EntryReader {
    let words = || text.lines().filter_map(|line| line.split_whitespace().next());
    if words().any(|word| word.starts_with("grub_") || word == "$kernelopts") || text.contains("$kernelopts") {
        EntryReader::Grub
    } else if words().any(|word| matches!(word, "machine-id" | "efi" | "sort-key")) {
        EntryReader::SystemdBoot
    } else {
        EntryReader::Unknown
    }
}

fn of_entry(path: &str, text: &str) -> Distribution {
    let is_blank = |c: char| matches!(c, ' ' | '\t');
    let name = path.rsplit('/').next().unwrap_or_default();
    let said = ["sort-key", "title"].into_iter().filter_map(|line| value(text, line, is_blank));
    [name].into_iter().chain(said).find_map(named_in).unwrap_or(Distribution::Unknown)
}

/// By what lies on a root filesystem, or for NixOS on /boot.
fn of_system(files: &Files) -> Distribution {
    let has = |path: &str| files.exists(path.as_bytes());
    let named_nixos = |directory: &str| files.names(directory.as_bytes()).iter().any(|name| name.starts_with(b"nixos"));
    if ["/etc/NIXOS", "/nix/store", "/EFI/nixos", "/efi/nixos"].into_iter().any(has)
        || ["/EFI", "/efi"].into_iter().any(named_nixos)
    {
        return Distribution::NixOs;
    }
    let text = ["/etc/os-release", "/usr/lib/os-release"]
        .into_iter()
        .find_map(|path| files.beginning(path.as_bytes(), 4096).filter(|text| text.iter().any(|byte| *byte != 0)));
    if let Some(text) = text {
        let text = String::from_utf8_lossy(&text);
        let is_equals = |c: char| c == '=';
        let said = ["ID", "ID_LIKE"].into_iter().filter_map(|name| value(&text, name, is_equals));
        return said.into_iter().find_map(named_in).unwrap_or(Distribution::Another);
    }
    if has("/etc/debian_version") {
        Distribution::Debian
    } else if has("/etc/redhat-release") {
        Distribution::Fedora
    } else if has("/etc/arch-release") {
        Distribution::Arch
    } else {
        Distribution::Unknown
    }
}

/// How a guest that boots without GRUB comes to a grub.cfg, as an imperative. `None` where its distribution does not say.
pub(super) fn install_grub(distribution: Distribution) -> Option<String> {
    const AS_FILES: &str = "which lists the kernels and initrds of /boot as files";
    Some(match distribution {
        Distribution::Debian => {
            format!(
                "install the package grub2-common in the guest, and run update-grub: it writes /boot/grub/grub.cfg, {AS_FILES}"
            )
        }
        Distribution::Arch => format!(
            "install GRUB in the guest (the package grub), and run grub-mkconfig -o /boot/grub/grub.cfg, {AS_FILES}"
        ),
        Distribution::Fedora => {
            format!(
                "install GRUB in the guest (the package grub2-tools), and let it write the entries into its menu: {WITHOUT_BLS}"
            )
        }
        Distribution::Suse => format!(
            "install GRUB in the guest (the package grub2), and run grub2-mkconfig -o /boot/grub2/grub.cfg, {AS_FILES}"
        ),
        Distribution::NixOs | Distribution::Another | Distribution::Unknown => return None,
    })
}

/// How Fedora's GRUB comes to write the entries themselves.
pub(super) const WITHOUT_BLS: &str = "set GRUB_ENABLE_BLSCFG=false in /etc/default/grub of the guest, and run grub2-mkconfig -o \
                                      /boot/grub2/grub.cfg";

/// Where nothing shows who reads the entries.
pub(super) fn either() -> String {
    format!(
        "if GRUB reads these entries (Fedora, RHEL): {WITHOUT_BLS}; if systemd-boot does: install GRUB in the guest, and {MKCONFIG}; in \
         NixOS: set boot.loader.systemd-boot.enable = false, {}",
        super::other_loaders::NIXOS_GRUB
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_by_words() {
        for (text, want) in [
            ("nixos-generation-12.conf", Some(Distribution::NixOs)),
            ("Pop_OS-current.conf", Some(Distribution::Debian)),
            ("Debian GNU/Linux 12 (bookworm)", Some(Distribution::Debian)),
            ("Arch Linux (fallback initramfs)", Some(Distribution::Arch)),
            ("archlinux", Some(Distribution::Arch)),
            ("archive", None),
            ("arch", Some(Distribution::Arch)),
            ("march", None),
            ("Fedora Linux (6.5.6-300.fc39.x86_64) 39 (Server Edition)", Some(Distribution::Fedora)),
            ("openSUSE Tumbleweed", Some(Distribution::Suse)),
            ("a1b2c3-6.1.0-18-amd64.conf", None),
        ] {
            assert_eq!(named_in(text), want, "{text}");
        }
    }

    #[test]
    fn readers_by_lines() {
        let fedora = "title Fedora Linux\nversion 6.5\nlinux /vmlinuz-6.5\ngrub_users $grub_users\ngrub_class fedora\n";
        let debian = "title      Debian GNU/Linux 12\nmachine-id 1234\nsort-key   debian\nlinux /1234/6.1/linux\n";
        assert_eq!(reader_of(fedora), EntryReader::Grub);
        assert_eq!(reader_of(debian), EntryReader::SystemdBoot);
        assert_eq!(reader_of("title Arch\nlinux /vmlinuz-linux\n"), EntryReader::Unknown);
        assert_eq!(of_entry("/loader/entries/1234-6.1.0.conf", debian), Distribution::Debian);
    }
}
