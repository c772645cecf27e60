//! Ways out: what kind each is, and how it is written, in one place.

use std::fmt;

use crate::config::Writer;
use crate::python::PyStr;

/// A way out. Displayed, it is an imperative without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// Options of the guest's NixOS configuration, as an imperative: `set boot.loader.grub.default = 0`.
    NixosOption(String),
    /// NixOS regenerates its files; with what comes of it: `which copies the files`.
    NixosRebuild(String),
    /// A variable of /etc/default/grub, as an imperative: `set GRUB_DEFAULT=0`.
    MkconfigVariable(String),
    /// An edit of a line, which is made where the line comes from.
    LineEdit {
        /// As an imperative.
        edit: String,
        /// Who wrote the file.
        writer: Writer,
    },
    /// A disk to put first in the domain's list.
    DiskOrder {
        /// Its path, and the line of the domain's configuration that names it. `None` if it is not known which.
        disk: Option<(PyStr, u32)>,
    },
    /// Arguments for pygrub, with another way.
    BootloaderArguments {
        /// The argument: `--offset=0`.
        argument: String,
        /// The other way, as an imperative.
        otherwise: Option<String>,
    },
    /// pygrub's `-q`, which shows no menu.
    WithoutMenu {
        /// What to do instead, as an imperative, and before it.
        first: Option<String>,
        /// What `-q` leaves out, as a clause: `which draws no menu`.
        effect: &'static str,
    },
    /// A setting of the domain's configuration, as an imperative: ``write `bootloader = "pygrub"` ``.
    DomainSetting(String),
    /// Something of the toolstack or of its host, as an imperative.
    Toolstack(String),
    /// A configuration to put where pygrub looks.
    MoveConfiguration {
        /// Where it is.
        from: String,
        /// Where pygrub looks for it.
        to: String,
        /// How it gets there.
        how: ConfigurationMove,
        /// What keeps pygrub from booting then, as a clause. `None` if a run with it there boots.
        then: Option<String>,
    },
    /// A guest's root to take out of a directory of the filesystem.
    MoveRoot {
        /// The directory.
        from: String,
    },
    /// Anything else, as an imperative.
    Other(String),
}

/// How a configuration gets to where pygrub looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigurationMove {
    /// It is copied or linked.
    Copy,
    /// grub-mkconfig writes it there.
    Mkconfig,
    /// grub-mkconfig has not finished it, and does so; or it is renamed.
    Finish,
}

/// What `-q` is good for where the menu cannot be drawn.
const DRAWS_NO_MENU: &str = "which draws no menu";

impl Remedy {
    /// pygrub draws no menu.
    pub(crate) fn without_menu() -> Self {
        Self::WithoutMenu { first: None, effect: DRAWS_NO_MENU }
    }

    /// The same, where something else can be done before it.
    pub(crate) fn or_without_menu(first: &str) -> Self {
        Self::WithoutMenu { first: Some(first.to_owned()), effect: DRAWS_NO_MENU }
    }

    /// Options of NixOS.
    pub(crate) fn nixos(options: impl Into<String>) -> Self {
        Self::NixosOption(options.into())
    }

    /// NixOS copies kernels and initrds to the boot filesystem.
    pub(crate) fn copies_again() -> Self {
        Self::NixosRebuild("which copies the files and regenerates the menu".to_owned())
    }

    /// Its kind in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NixosOption(_) => "nixos-option",
            Self::NixosRebuild(_) => "nixos-rebuild",
            Self::MkconfigVariable(_) => "mkconfig-variable",
            Self::LineEdit { .. } => "line-edit",
            Self::DiskOrder { .. } => "disk-order",
            Self::BootloaderArguments { .. } | Self::WithoutMenu { .. } => "bootloader-arguments",
            Self::DomainSetting(_) => "domain-setting",
            Self::Toolstack(_) => "toolstack",
            Self::MoveConfiguration { .. } => "move-configuration",
            Self::MoveRoot { .. } => "move-root",
            Self::Other(_) => "other",
        }
    }
}

impl fmt::Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NixosOption(options) => {
                write!(f, "{options} in the guest's NixOS configuration, and {NIXOS_REBUILD}")
            }
            Self::NixosRebuild(result) => write!(f, "{NIXOS_REBUILD} in the guest, {result}"),
            Self::MkconfigVariable(variable) => write!(f, "{variable} in /etc/default/grub, and {MKCONFIG}"),
            Self::LineEdit { edit, writer: Writer::NixOs } => write!(
                f,
                "{edit}, in boot.loader.grub.extraEntries, extraConfig or extraPerEntryConfig of the guest's NixOS \
                 configuration; then {NIXOS_REBUILD}"
            ),
            Self::LineEdit { edit, writer: Writer::Mkconfig } => {
                write!(f, "{edit}, in the script under /etc/grub.d that writes it; then {MKCONFIG}")
            }
            Self::LineEdit { edit, writer: Writer::Other } => f.write_str(edit),
            Self::DiskOrder { disk: Some((path, line)) } => {
                write!(f, "put `{path}` (line {line}) first in the list of disks: a run on it boots")
            }
            Self::DiskOrder { disk: None } => f.write_str("put the disk with /boot first in the list of disks"),
            Self::BootloaderArguments { argument, otherwise } => {
                write!(f, "call pygrub with bootloader_args = [\"{argument}\"]")?;
                otherwise.as_ref().map_or(Ok(()), |otherwise| write!(f, ", or {otherwise}"))
            }
            Self::WithoutMenu { first, effect } => {
                first.iter().try_for_each(|first| write!(f, "{first}, or "))?;
                write!(f, "call pygrub with `-q` (bootloader_args = [\"-q\"]), {effect}")
            }
            Self::MoveConfiguration { from, to, how, then } => {
                match how {
                    ConfigurationMove::Copy => write!(f, "copy `{from}` to `{to}`, or link it")?,
                    ConfigurationMove::Mkconfig => {
                        let boot = if to.starts_with("/boot/") { "" } else { "/boot" };
                        write!(f, "run grub-mkconfig -o {boot}{to} in the guest, or copy `{from}` to `{to}`")?;
                    }
                    ConfigurationMove::Finish => write!(
                        f,
                        "run grub-mkconfig in the guest again and read its errors, or rename `{from}` to `{to}`"
                    )?,
                }
                match then {
                    None => f.write_str(": a run with it there boots"),
                    Some(then) => write!(f, "; then this remains: {then}"),
                }
            }
            Self::MoveRoot { from } => {
                // No command with a name that the guest chose, nor a path that could be one of the host.
                write!(
                    f,
                    "make the image with the content of `{from}` as its root (mke2fs -d, or cp -a, of that directory below the place \
                     where the disk is mounted)"
                )
            }
            Self::DomainSetting(help) | Self::Toolstack(help) | Self::Other(help) => f.write_str(help),
        }
    }
}

impl From<&str> for Remedy {
    fn from(help: &str) -> Self {
        Self::Other(help.to_owned())
    }
}

impl From<String> for Remedy {
    fn from(help: String) -> Self {
        Self::Other(help)
    }
}

impl From<Remedy> for String {
    fn from(remedy: Remedy) -> Self {
        remedy.to_string()
    }
}

/// How what NixOS writes is regenerated.
pub(crate) const NIXOS_REBUILD: &str = "run nixos-rebuild boot";
/// How what grub-mkconfig writes is regenerated.
///
/// Without `-o` grub2-mkconfig prints the menu and writes nothing.
pub(crate) const MKCONFIG: &str = "run update-grub or grub2-mkconfig -o /boot/grub2/grub.cfg";

/// What to do in place of editing a file that is regenerated: `NixOS regenerates it: ...`. `None` for one that is not.
pub(crate) fn instead_of_editing(writer: Writer) -> Option<String> {
    match writer {
        Writer::NixOs => Some(format!(
            "NixOS regenerates it: set the options that the help names in the guest's NixOS configuration, and {NIXOS_REBUILD}"
        )),
        Writer::Mkconfig => {
            Some(format!("grub-mkconfig regenerates it: change /etc/default/grub or /etc/grub.d, and {MKCONFIG}"))
        }
        Writer::Other => None,
    }
}

/// Where a line of an entry comes from that somebody wrote himself, as the end of a sentence.
pub(crate) fn change_at_source(writer: Writer) -> String {
    match writer {
        Writer::NixOs => {
            format!(", in boot.loader.grub.extraEntries of the guest's NixOS configuration, and {NIXOS_REBUILD}")
        }
        Writer::Mkconfig => format!(
            ", in the script of the guest's /etc/grub.d that the line comes from (40_custom for entries of your own), and \
             {MKCONFIG}"
        ),
        Writer::Other => String::new(),
    }
}
