//! `--release` and `--flavour`: whose pygrub is meant, or which several.

use clap::{Args, ValueEnum};

use super::settings::FileSettings;
use crate::check::named_build;
pub(super) use crate::check::{title_rules_in, title_rules_of_host};
use crate::flavour::{Build, Flavour};

// Whose pygrub it is.
#[derive(Debug, Args)]
pub(super) struct ReleaseArgs {
    /// Xen release, 4.0 to 4.22 (a point release where it matters; 4.13+python2 for one that runs under Python 2), a distributor's release (xcp-ng-8.3, suse-4.21, debian-4.17), `host` for the one installed here, or `newest`; `check` and `compare` also take several, and `all` [default: newest; of compare: all]
    #[arg(long, visible_alias = "releases", value_name = "RELEASE", value_delimiter = ',')]
    release: Vec<String>,
    /// Who built it; docs/flavours.md says what they patch [default: upstream, or what the release says]
    #[arg(long, value_enum, value_delimiter = ',')]
    flavour: Vec<FlavourArg>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FlavourArg {
    Upstream,
    Debian,
    #[value(alias = "opensuse")]
    Suse,
    #[value(alias = "xenserver")]
    XcpNg,
}

impl From<FlavourArg> for Flavour {
    fn from(flavour: FlavourArg) -> Self {
        match flavour {
            FlavourArg::Upstream => Self::Upstream,
            FlavourArg::Debian => Self::Debian,
            FlavourArg::Suse => Self::Suse,
            FlavourArg::XcpNg => Self::XcpNg,
        }
    }
}

/// The pygrub that a word of `--release` means. A flavour that is asked for besides takes the word as one of its own releases.
///
/// # Errors
///
/// Nobody ships that, or nothing is installed here.
pub(super) fn named(word: &str, flavour: Option<Flavour>) -> Result<Build, String> {
    if word == "all" {
        return Err("`all` is for --release of `pregrub check` and `pregrub compare`: name one release here".to_owned());
    }
    named_build(word, flavour).map_err(|error| error.to_string())
}

/// Whether a release has its distributor in front of it.
fn names_flavour(word: &str) -> bool {
    !matches!(word, "newest" | "host") && word.starts_with(|c: char| c.is_ascii_alphabetic())
}

impl ReleaseArgs {
    /// Whether nobody said which pygrub is meant.
    pub(super) fn is_open(&self, settings: &FileSettings) -> bool {
        self.release.is_empty() && self.flavour.is_empty() && settings.release.is_none() && settings.flavour.is_none()
    }

    /// Whether the command line says which releases are meant.
    pub(super) fn names_releases(&self) -> bool {
        !self.release.is_empty()
    }

    /// The flavours that the command line names.
    pub(super) fn flavours(&self) -> Vec<Flavour> {
        self.flavour.iter().map(|&flavour| flavour.into()).collect()
    }

    /// Whether it is the pygrub of this host that is asked for.
    pub(super) fn is_host(&self, settings: &FileSettings) -> bool {
        match self.release.as_slice() {
            [] => settings.release.as_deref() == Some("host"),
            words => words == ["host"],
        }
    }

    /// The one pygrub that is meant, where these settings are in force.
    pub(super) fn one(&self, settings: &FileSettings) -> Result<Build, String> {
        match self.all(settings)?.as_slice() {
            [build] => Ok(*build),
            _ => Err(
                "several releases or flavours, and `all`, are for `pregrub check` and `pregrub compare`: name one here"
                    .to_owned(),
            ),
        }
    }

    /// All that are meant, each once, in the order that they were asked for.
    pub(super) fn all(&self, settings: &FileSettings) -> Result<Vec<Build>, String> {
        let of_settings = settings.release.clone().filter(|_| self.release.is_empty());
        let words: Vec<&str> = self.release.iter().chain(&of_settings).map(String::as_str).collect();
        let of_settings = settings.flavour.filter(|_| self.flavour.is_empty());
        let flavours: Vec<Flavour> = self.flavour.iter().chain(&of_settings).map(|&flavour| flavour.into()).collect();
        let mut builds = Vec::new();
        for word in if words.is_empty() { vec!["newest"] } else { words } {
            if word == "all" {
                builds
                    .extend(Build::all().into_iter().filter(|b| flavours.is_empty() || flavours.contains(&b.flavour)));
                continue;
            }
            if flavours.is_empty() || names_flavour(word) {
                let flavour = if let [only] = flavours.as_slice() { Some(*only) } else { None };
                builds.push(named(word, flavour)?);
                continue;
            }
            // Of several flavours one that does not ship the release is left out, unless none does.
            let (mut found, mut fault) = (Vec::new(), None);
            for flavour in &flavours {
                match named(word, Some(*flavour)) {
                    Ok(build) => found.push(build),
                    Err(error) => fault = Some(error),
                }
            }
            if let Some(error) = fault.filter(|_| found.is_empty()) {
                return Err(error);
            }
            builds.append(&mut found);
        }
        let mut each = Vec::with_capacity(builds.len());
        for build in builds {
            if !each.contains(&build) {
                each.push(build);
            }
        }
        Ok(each)
    }
}
