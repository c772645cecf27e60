//! `--release` and `--flavour`: whose pygrub is meant, or which several.

use std::io;
use std::path::Path;

use clap::{Args, ValueEnum};

use super::settings::Settings;
use crate::boot::RuleFiles;
use crate::flavour::{Build, Flavour};
use crate::host::{self, rooted::Rooted};
use crate::storage::beneath::NodeKind;

/// Whose pygrub it is.
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
    let build = match word {
        "newest" => return Ok(Build::newest(flavour.unwrap_or_default())),
        "host" => {
            let installed = host::installed().map_err(|error| error.to_string())?.build;
            return Ok(Build { flavour: flavour.unwrap_or(installed.flavour), ..installed });
        }
        word => match flavour {
            Some(flavour) if !names_flavour(word) => Build::named(flavour, word),
            _ => word.parse(),
        },
    };
    let build: Build = build.map_err(|error| error.to_string())?;
    match flavour {
        Some(flavour) if flavour != build.flavour => Err(format!(
            "`{word}` is a release of {}, and the flavour is to be {}",
            build.flavour.label(),
            flavour.label()
        )),
        _ => Ok(build),
    }
}

/// The rules on titles of this host that this pygrub reads: none where the flavour has no such rules.
///
/// # Errors
///
/// The directory cannot be read.
pub(super) fn title_rules_of_host(build: Build) -> io::Result<RuleFiles> {
    match build.flavour.title_rules() {
        Some(directory) => title_rules(&host::rooted(), Path::new(directory)),
        None => Ok(RuleFiles::default()),
    }
}

/// The rules on titles in a directory of a host. One that does not exist has none.
///
/// # Errors
///
/// The directory cannot be read.
pub(super) fn title_rules(host: &Rooted, directory: &Path) -> io::Result<RuleFiles> {
    let names = match host.names(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(RuleFiles::default()),
        names => names?,
    };
    RuleFiles::read(names, |name| {
        let path = directory.join(name);
        match host.node(&path)?.kind {
            NodeKind::Directory => Ok(None),
            NodeKind::Regular => host.open(&path).map(Some),
            NodeKind::Link | NodeKind::Special => {
                Err(io::Error::other(format!("`{}` is neither a file nor a directory", Path::new(name).display())))
            }
        }
    })
}

/// Whether a release has its distributor in front of it.
fn names_flavour(word: &str) -> bool {
    !matches!(word, "newest" | "host") && word.starts_with(|c: char| c.is_ascii_alphabetic())
}

impl ReleaseArgs {
    /// Whether nobody said which pygrub is meant.
    pub(super) fn is_open(&self, settings: &Settings) -> bool {
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
    pub(super) fn is_host(&self, settings: &Settings) -> bool {
        match self.release.as_slice() {
            [] => settings.release.as_deref() == Some("host"),
            words => words == ["host"],
        }
    }

    /// The one pygrub that is meant, where these settings are in force.
    pub(super) fn one(&self, settings: &Settings) -> Result<Build, String> {
        match self.all(settings)?.as_slice() {
            [build] => Ok(*build),
            _ => Err("several releases or flavours are for `pregrub check` and `pregrub compare`".to_owned()),
        }
    }

    /// All that are meant, each once, in the order that they were asked for.
    pub(super) fn all(&self, settings: &Settings) -> Result<Vec<Build>, String> {
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
