//! The pygrub that a word means: `newest`, `host`, `4.17`, `xcp-ng-8.3`; and the host's rules on titles, which it may read.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::Path;

use crate::boot::RuleFiles;
use crate::flavour::{Build, Flavour, UnknownBuild};
use crate::host::{self, NoHost, rooted::Rooted};
use crate::storage::beneath::NodeKind;

/// Why a word means no pygrub. Displayed, it is one sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NamedBuildError {
    /// Nobody ships that.
    Unknown(UnknownBuild),
    /// Nothing that pregrub knows is installed here.
    NoHost(NoHost),
    /// The word names another flavour than the one that is asked for.
    OtherFlavour {
        /// The word.
        word: String,
        /// Its flavour.
        named: Flavour,
        /// The one that is asked for.
        asked: Flavour,
    },
}

impl fmt::Display for NamedBuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(error) => error.fmt(f),
            Self::NoHost(error) => error.fmt(f),
            Self::OtherFlavour { word, named, asked } => {
                write!(f, "`{word}` is a release of {}, and the flavour is to be {}", named.label(), asked.label())
            }
        }
    }
}

impl Error for NamedBuildError {}

/// Whether a release has its distributor in front of it.
fn names_flavour(word: &str) -> bool {
    !matches!(word, "newest" | "host") && word.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The pygrub that a word means: `newest`, `host` for the one that is installed on this machine, else a release. A flavour that is
/// asked for besides takes the word as one of its own releases.
///
/// # Errors
///
/// Nobody ships that, or nothing is installed here.
pub fn named_build(word: &str, flavour: Option<Flavour>) -> Result<Build, NamedBuildError> {
    let build = match word {
        "newest" => return Ok(Build::newest(flavour.unwrap_or_default())),
        "host" => {
            let installed = host::installed().map_err(NamedBuildError::NoHost)?.build;
            return Ok(Build { flavour: flavour.unwrap_or(installed.flavour), ..installed });
        }
        word => match flavour {
            Some(flavour) if !names_flavour(word) => Build::named(flavour, word),
            _ => word.parse(),
        },
    };
    let build: Build = build.map_err(NamedBuildError::Unknown)?;
    match flavour {
        Some(asked) if asked != build.flavour => {
            Err(NamedBuildError::OtherFlavour { word: word.to_owned(), named: build.flavour, asked })
        }
        _ => Ok(build),
    }
}

/// The rules on titles of this host that this pygrub reads: none where the flavour has no such rules.
///
/// # Errors
///
/// The directory cannot be read.
pub fn title_rules_of_host(build: Build) -> io::Result<RuleFiles> {
    match build.flavour.title_rules() {
        Some(directory) => title_rules_in(&host::rooted(), Path::new(directory)),
        None => Ok(RuleFiles::default()),
    }
}

/// The rules on titles in a directory of a host. One that does not exist has none.
///
/// # Errors
///
/// The directory cannot be read.
pub fn title_rules_in(host: &Rooted, directory: &Path) -> io::Result<RuleFiles> {
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
