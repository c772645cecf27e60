//! Who built the pygrub, and what they patch into it, as data: a row a flavour, a column a difference.
//!
//! Source: the patches that the distributors publish, run on the releases that they ship (`corpus/conformance/flavours-config.jsonl`
//! and `flavours-runs.jsonl`). `docs/flavours.md` has the same table in words.

use std::fmt;
use std::str::FromStr;

use crate::python::Python;
use crate::release::{Change, Release};

/// Who built the package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Flavour {
    /// As released by the Xen project.
    #[default]
    Upstream,
    /// Debian and its derivatives.
    Debian,
    /// SUSE: openSUSE and SUSE Linux Enterprise.
    Suse,
    /// XenServer and XCP-ng, which share their patches.
    XcpNg,
}

/// How the `if` blocks of a grub.cfg are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfBlocks {
    /// `if` and `fi` are lines without effect: what stands between them is read, in every branch.
    Read,
    /// From a line that begins with `if` to the next that begins with `fi`, every line is left out.
    Skipped,
}

/// A kernel that is booted because of its path, without or instead of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixedKernels {
    /// Only those of Solaris and NetWare, which are not of this table.
    None,
    /// `/xenkernel` and `/boot/xenkernel` on the first filesystem, before any configuration.
    BeforeConfiguration,
    /// `/boot/vmlinuz-xen` where there is no configuration, no entry, or Xen itself is the first entry's kernel.
    InPlaceOfConfiguration,
}

/// An option that a flavour adds to pygrub's command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtraOption {
    /// `--default_args=`: the arguments of a fixed kernel.
    DefaultArgs,
    /// `--extra_args=`: added to the arguments of whatever boots.
    ExtraArgs,
    /// `--vm=`: ignored.
    Vm,
}

/// What a flavour differs in. Upstream's row is what the others are compared with.
#[derive(Debug)]
pub struct FlavourRow {
    /// The flavour that the row is of.
    flavour: Flavour,
    /// Its word on the command line.
    name: &'static str,
    /// Other words for it.
    aliases: &'static [&'static str],
    /// How a sentence names it.
    label: &'static str,
    /// Whether every partition is probed for a Solaris kernel first.
    probes_solaris: bool,
    /// How `if` blocks are read.
    if_blocks: IfBlocks,
    /// Whether a menu entry that begins and ends on one line is an entry without lines of its own.
    one_line_entries: bool,
    /// Whether an unknown directive of grub.cfg or menu.lst is worth a warning.
    warns_of_unknown_directives: bool,
    /// Kernels that boot by their path.
    fixed_kernels: FixedKernels,
    /// Whether the first partition must have a filesystem that opens.
    first_offset_must_open: bool,
    /// The kernel that is booted in place of one that is missing.
    missing_kernel: Option<&'static str>,
    /// Whether titles are judged by the rules in a directory of the host, and a default equal to the number of entries raises.
    title_rules: Option<&'static str>,
    /// Filesystems that are read besides upstream's.
    drivers: &'static [&'static str],
    /// Options besides upstream's.
    options: &'static [ExtraOption],
    /// The output directory where it is not upstream's.
    directory: Option<&'static str>,
    /// The releases that refuse images above a limit: whole lines.
    limits_images: &'static [u8],
    /// Changes that came in a release of the flavour before they came in upstream's.
    early: &'static [(Change, Release)],
    /// The distributor's own releases by name, oldest first; empty where they go by Xen's numbers.
    releases: &'static [(&'static str, Release)],
}

/// Upstream's column where a flavour does not differ.
const UPSTREAM: FlavourRow = FlavourRow {
    flavour: Flavour::Upstream,
    name: "upstream",
    aliases: &[],
    label: "upstream",
    probes_solaris: true,
    if_blocks: IfBlocks::Read,
    one_line_entries: false,
    warns_of_unknown_directives: true,
    fixed_kernels: FixedKernels::None,
    first_offset_must_open: false,
    missing_kernel: None,
    title_rules: None,
    drivers: &[],
    options: &[],
    directory: None,
    limits_images: &[],
    early: &[],
    releases: &[],
};

const ROWS: [FlavourRow; 4] = [
    UPSTREAM,
    // Patch `tools-pygrub-remove-static-solaris-support`, 2014.
    FlavourRow { flavour: Flavour::Debian, name: "debian", label: "Debian", probes_solaris: false, ..UPSTREAM },
    // Patches `pygrub-boot-legacy-sles` and `pygrub-handle-one-line-menu-entries`.
    FlavourRow {
        flavour: Flavour::Suse,
        name: "suse",
        aliases: &["opensuse"],
        label: "SUSE",
        one_line_entries: true,
        warns_of_unknown_directives: false,
        fixed_kernels: FixedKernels::InPlaceOfConfiguration,
        directory: Some("/var/run/xen"),
        ..UPSTREAM
    },
    // Patches `pygrub-Ignore-GRUB2-if-statements`, `-add-default-and-extra-args`, `-always-boot-default`, `-friendly-no-fs`,
    // `-default-xenmobile-kernel`, `-blacklist-support`, `-image-max-size`, `-add-disk-as-extra-group` and
    // `libfsimage-Add-support-for-btrfs`.
    FlavourRow {
        flavour: Flavour::XcpNg,
        name: "xcp-ng",
        aliases: &["xenserver"],
        label: "XCP-ng",
        if_blocks: IfBlocks::Skipped,
        fixed_kernels: FixedKernels::BeforeConfiguration,
        first_offset_must_open: true,
        missing_kernel: Some("/kernel-xenserver"),
        title_rules: Some("/etc/pygrub/rules.d"),
        drivers: &["btrfs"],
        options: &[ExtraOption::DefaultArgs, ExtraOption::ExtraArgs, ExtraOption::Vm],
        limits_images: &[7],
        early: &[(Change::Runas, Release::exact(13, 5))],
        releases: &[
            ("7.6", Release::exact(7, 6)),
            ("8.2", Release::exact(13, 5).under_python2()),
            ("8.3", Release::exact(17, 6)),
        ],
        ..UPSTREAM
    },
];

impl Flavour {
    /// All of them, upstream first.
    pub const ALL: [Self; 4] = [Self::Upstream, Self::Debian, Self::Suse, Self::XcpNg];

    fn row(self) -> &'static FlavourRow {
        &ROWS[self as usize]
    }

    /// The word for it on the command line.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// How a sentence names it: `XCP-ng`.
    pub fn label(self) -> &'static str {
        self.row().label
    }

    /// The flavour of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let row = ROWS.iter().find(|row| row.name == name || row.aliases.contains(&name));
        row.map(|row| row.flavour)
    }

    /// Whether every partition is probed for a Solaris kernel first.
    pub fn probes_solaris(self) -> bool {
        self.row().probes_solaris
    }

    /// How `if` blocks of a grub.cfg are read.
    pub fn if_blocks(self) -> IfBlocks {
        self.row().if_blocks
    }

    /// Whether a menu entry of a grub.cfg that begins and ends on one line is an entry, which has no kernel.
    pub fn has_one_line_entries(self) -> bool {
        self.row().one_line_entries
    }

    /// Whether an unknown directive of a grub.cfg or menu.lst is a warning; else it is seen with `--debug` only.
    pub fn warns_of_unknown_directives(self) -> bool {
        self.row().warns_of_unknown_directives
    }

    /// Kernels that boot by their path.
    pub fn fixed_kernels(self) -> FixedKernels {
        self.row().fixed_kernels
    }

    /// Whether pygrub ends where the first partition has no filesystem that it can open.
    pub fn first_offset_must_open(self) -> bool {
        self.row().first_offset_must_open
    }

    /// The kernel that is booted in place of one that is missing.
    pub fn missing_kernel(self) -> Option<&'static str> {
        self.row().missing_kernel
    }

    /// The directory of the host whose rules reject entries by their titles.
    pub fn title_rules(self) -> Option<&'static str> {
        self.row().title_rules
    }

    /// Filesystems that its library reads and upstream's does not, as Linux spells them.
    pub fn drivers(self) -> &'static [&'static str] {
        self.row().drivers
    }

    /// The options that its command line has besides upstream's.
    pub fn options(self) -> &'static [ExtraOption] {
        self.row().options
    }

    /// Where the copies are put by default, where that is not upstream's directory.
    pub fn directory(self) -> Option<&'static str> {
        self.row().directory
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One pygrub: a release of Xen, and who built it.
///
/// ```
/// use pregrub::flavour::{Build, Flavour};
///
/// let build: Build = "xcp-ng-8.3".parse().unwrap();
/// assert_eq!(build.flavour, Flavour::XcpNg);
/// assert_eq!(build.release.to_string(), "4.17.6");
/// assert_eq!(build.to_string(), "Xen 4.17.6, XCP-ng 8.3");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// The release of Xen.
    pub release: Release,
    /// Who built it.
    pub flavour: Flavour,
}

impl Build {
    /// The newest that is known of a flavour.
    pub fn newest(flavour: Flavour) -> Self {
        let release = flavour.row().releases.last().map_or(Release::NEWEST, |(_, release)| *release);
        Self { release, flavour }
    }

    /// The release of that name, in the numbers of the flavour (`8.3` of XCP-ng) or in Xen's.
    ///
    /// # Errors
    ///
    /// The flavour does not ship it, or pregrub does not know it.
    pub fn named(flavour: Flavour, name: &str) -> Result<Self, UnknownBuild> {
        let row = flavour.row();
        let unknown = || UnknownBuild { flavour, name: name.to_owned() };
        let parsed: Option<Release> = name.parse().ok();
        let release = if row.releases.is_empty() {
            parsed
        } else {
            // A line of Xen stands for the release of the flavour that is built on it.
            let on_line = |release: Release| parsed.is_some_and(|parsed| stands_for(parsed, release));
            row.releases.iter().find(|(own, release)| *own == name || on_line(*release)).map(|(_, release)| *release)
        };
        release.map(|release| Self { release, flavour }).ok_or_else(unknown)
    }

    /// The builds that `--release all` means: of each flavour the releases that it ships, oldest first; Debian and SUSE build every
    /// release since they patch it.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = Release::lines().map(Self::from).collect();
        for flavour in Flavour::ALL.into_iter().skip(1) {
            let own = flavour.row().releases;
            if own.is_empty() {
                // The patches of both are younger than these lines.
                let lines = Release::lines().filter(|release| release.minor() >= FIRST_PATCHED);
                all.extend(lines.map(|release| Self { release, flavour }));
            } else {
                all.extend(own.iter().map(|(_, release)| Self { release: *release, flavour }));
            }
        }
        all
    }

    /// The distributor's own name for the release, where it has one: `8.3`.
    pub fn own_name(self) -> Option<&'static str> {
        self.flavour.row().releases.iter().find(|(_, release)| *release == self.release).map(|(name, _)| *name)
    }

    /// The name that `--release` takes for release and flavour together: `4.17`, `debian-4.17`, `xcp-ng-8.3`.
    pub fn name(self) -> String {
        match (self.flavour, self.own_name()) {
            (Flavour::Upstream, _) => self.release.to_string(),
            (flavour, Some(own)) => format!("{flavour}-{own}"),
            (flavour, None) => format!("{flavour}-{}", self.release),
        }
    }

    /// Whether this pygrub has the change: since its release has it, or the flavour took it over early.
    pub fn has(self, change: Change) -> bool {
        let early = self.flavour.row().early.iter();
        self.release.has(change)
            || early.into_iter().any(|(early, since)| *early == change && self.release.is_since(*since))
    }

    /// The Python that runs it.
    pub fn python(self) -> Python {
        self.release.python()
    }

    /// Whether images above a limit are refused, 1 GiB unless the host's xenstore says another.
    pub fn limits_images(self) -> bool {
        self.flavour.row().limits_images.contains(&self.release.minor())
    }
}

/// The first line of Xen that Debian's and SUSE's patches are assumed for in lists of builds.
const FIRST_PATCHED: u8 = 13;

/// Whether the user's `4.17` or `4.17.6` means `release`.
fn stands_for(asked: Release, release: Release) -> bool {
    asked.minor() == release.minor()
        && (Some(asked) == Release::line(asked.minor()) || asked.is_since(release) && release.is_since(asked))
}

impl From<Release> for Build {
    /// As the Xen project released it.
    fn from(release: Release) -> Self {
        Self { release, flavour: Flavour::Upstream }
    }
}

/// As a sentence names it: `Xen 4.17`, `Xen 4.17, Debian`, `Xen 4.17.6, XCP-ng 8.3`.
impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Xen {}", self.release)?;
        if self.flavour != Flavour::Upstream {
            write!(f, ", {}", self.flavour.label())?;
        }
        self.own_name().map_or(Ok(()), |own| write!(f, " {own}"))
    }
}

impl FromStr for Build {
    type Err = UnknownBuild;

    fn from_str(text: &str) -> Result<Self, UnknownBuild> {
        for row in &ROWS {
            for name in std::iter::once(&row.name).chain(row.aliases) {
                if let Some(release) = text.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')) {
                    return Self::named(row.flavour, release);
                }
            }
        }
        Self::named(Flavour::Upstream, text)
    }
}

/// Some of the builds that were asked for, in as few words as tell them: `upstream and debian 4.13 to 4.22, suse`. A flavour of which
/// all that were asked are meant stands without numbers, if they are several.
pub fn folded(asked: &[Build], some: &[Build]) -> String {
    let mut parts: Vec<(Vec<&str>, String)> = Vec::new();
    for flavour in Flavour::ALL {
        let of: Vec<&Build> = asked.iter().filter(|build| build.flavour == flavour).collect();
        let meant = |build: &Build| some.contains(build);
        if !of.iter().any(|build| meant(build)) {
            continue;
        }
        let numbers =
            if of.len() > 1 && of.iter().all(|build| meant(build)) { String::new() } else { runs(&of, meant) };
        match parts.last_mut().filter(|(_, before)| *before == numbers) {
            Some((names, _)) => names.push(flavour.name()),
            None => parts.push((vec![flavour.name()], numbers)),
        }
    }
    let part = |(names, numbers): &(Vec<&str>, String)| {
        let names = match names.split_last() {
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
            None => String::new(),
        };
        if numbers.is_empty() { names } else { format!("{names} {numbers}") }
    };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// The numbers of those that are meant: neighbours as `4.13 to 4.22`.
fn runs(of: &[&Build], meant: impl Fn(&Build) -> bool) -> String {
    let number = |build: &Build| build.own_name().map_or_else(|| build.release.to_string(), str::to_owned);
    let mut runs: Vec<String> = Vec::new();
    for run in of.split(|build| !meant(build)) {
        match run {
            [] => {}
            [one] => runs.push(number(one)),
            [one, other] => runs.extend([number(one), number(other)]),
            [first, .., last] => runs.push(format!("{} to {}", number(first), number(last))),
        }
    }
    runs.join(", ")
}

/// A text that names no release that pregrub knows of a flavour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownBuild {
    flavour: Flavour,
    name: String,
}

impl fmt::Display for UnknownBuild {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flavour, name } = self;
        let own = flavour.row().releases;
        if own.is_empty() {
            if *flavour != Flavour::Upstream {
                let label = flavour.name();
                return write!(
                    f,
                    "`{label}-{name}` is not a release that pregrub knows: use {label}-4.0 to {label}-{}",
                    Release::NEWEST
                );
            }
            return match name.parse::<Release>() {
                Err(error) => write!(f, "{error}; or a distributor's release: xcp-ng-8.3, suse-4.21, debian-4.17"),
                Ok(_) => Ok(()),
            };
        }
        write!(f, "`{name}` is not a release of {} that pregrub knows: use ", flavour.label())?;
        for (position, (name, release)) in own.iter().enumerate() {
            let separator = if position == 0 {
                ""
            } else if position + 1 == own.len() {
                " or "
            } else {
                ", "
            };
            write!(f, "{separator}{flavour}-{name} (Xen {release})")?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownBuild {}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(text: &str) -> Build {
        text.parse().unwrap()
    }

    #[test]
    fn rows_stand_in_the_order_of_the_flavours() {
        for (flavour, row) in Flavour::ALL.into_iter().zip(&ROWS) {
            assert_eq!(row.flavour, flavour);
            assert_eq!(flavour.row().name, row.name);
            assert_eq!(Flavour::from_name(flavour.name()), Some(flavour));
        }
    }

    #[test]
    fn distributors_numbers_are_releases() {
        for (text, release, shown, name) in [
            ("4.17", "4.17", "Xen 4.17", "4.17"),
            ("upstream-4.17", "4.17", "Xen 4.17", "4.17"),
            ("debian-4.17.5", "4.17.5", "Xen 4.17.5, Debian", "debian-4.17.5"),
            ("suse-4.21", "4.21", "Xen 4.21, SUSE", "suse-4.21"),
            ("opensuse-4.20", "4.20", "Xen 4.20, SUSE", "suse-4.20"),
            ("xcp-ng-7.6", "4.7.6", "Xen 4.7.6, XCP-ng 7.6", "xcp-ng-7.6"),
            ("xenserver-8.2", "4.13.5+python2", "Xen 4.13.5+python2, XCP-ng 8.2", "xcp-ng-8.2"),
            ("xcp-ng-8.3", "4.17.6", "Xen 4.17.6, XCP-ng 8.3", "xcp-ng-8.3"),
            ("xcp-ng-4.17", "4.17.6", "Xen 4.17.6, XCP-ng 8.3", "xcp-ng-8.3"),
            ("xcp-ng-4.13.5", "4.13.5+python2", "Xen 4.13.5+python2, XCP-ng 8.2", "xcp-ng-8.2"),
        ] {
            let build = build(text);
            assert_eq!((build.release.to_string().as_str(), build.to_string().as_str()), (release, shown), "{text}");
            assert_eq!(build.name(), name);
            assert_eq!(self::build(name), build);
        }
        for text in ["xcp-ng-9.0", "xcp-ng-", "xcp-ng-4.14", "suse-15", "suse", "gentoo-4.17", "8.3"] {
            let error = text.parse::<Build>().unwrap_err().to_string();
            assert!(error.contains("pregrub knows"), "{text}: {error}");
        }
    }

    #[test]
    fn builds_are_folded() {
        let builds = |words: &str| -> Vec<Build> { words.split(' ').map(build).collect() };
        let asked = builds(
            "4.12 4.13 4.14 4.15 debian-4.13 debian-4.14 debian-4.15 suse-4.20 suse-4.21 xcp-ng-7.6 xcp-ng-8.2 xcp-ng-8.3",
        );
        let of = |words: &str| folded(&asked, &builds(words));
        assert_eq!(of("4.13 4.14 4.15 suse-4.20 suse-4.21"), "upstream 4.13 to 4.15, suse");
        assert_eq!(of("4.12 4.14 4.15"), "upstream 4.12, 4.14, 4.15");
        assert_eq!(of("xcp-ng-8.2 xcp-ng-8.3"), "xcp-ng 8.2, 8.3");
        assert_eq!(of("4.14 debian-4.14"), "upstream and debian 4.14");
        assert_eq!(folded(&builds("4.17 suse-4.21"), &builds("4.17")), "upstream 4.17");
        assert_eq!(folded(&asked, &asked), "upstream, debian, suse and xcp-ng");
    }

    #[test]
    fn runas_came_to_xcp_ng_8_2_as_a_backport() {
        assert!(build("xcp-ng-8.2").has(Change::Runas) && !build("4.13.5").has(Change::Runas));
        assert!(!build("xcp-ng-7.6").has(Change::Runas) && build("xcp-ng-8.3").has(Change::Runas));
        assert!(build("xcp-ng-7.6").limits_images() && !build("xcp-ng-8.2").limits_images());
    }
}
