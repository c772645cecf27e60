//! The pygrub that is installed on this machine: `--release host`.
//!
//! Who built it is read from the marks that patches leave in its Python text; where that text is not there (or is pregrub's
//! drop-in), from `/etc/os-release`. Its release is that of the package (dpkg's and rpm's databases, by their files: no command is
//! run), else the number of the installed libraries, else what the running hypervisor says.

mod drop_in;
mod marks;
mod operating_system;
mod package;
mod plugins;
pub mod rooted;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub use self::drop_in::{is_drop_in, runs_drop_in};
pub use self::plugins::plugins;
use self::rooted::Rooted;
use crate::flavour::Build;
use crate::release::Release;

/// The variable that names another root directory than `/` to look in, for hosts that are mounted somewhere, and for tests.
pub const ROOT: &str = "PREGRUB_HOST_ROOT";

/// An installed pygrub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Which one it is.
    pub build: Build,
    /// What says so: each a clause without a full stop.
    pub evidence: Vec<String>,
}

/// `the installed pygrub is that of Xen 4.17.7, Debian: package xen-utils-4.17 has version 4.17.7; ...`.
impl fmt::Display for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the installed pygrub is that of {}: {}", self.build, self.evidence.join("; "))
    }
}

/// No installed pygrub was found that pregrub knows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NoHost {
    /// There is none.
    Nothing,
    /// There is one, and this is missing or not known about it.
    Unclear(String),
}

impl fmt::Display for NoHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str(
                "no Xen is installed here: neither a pygrub (/usr/lib/xen-4.*/bin, /usr/libexec/xen/bin, /usr/lib/xen/bin, \
                 /usr/bin) nor /sys/hypervisor/version was found; name a release, such as --release 4.17",
            ),
            Self::Unclear(why) => write!(f, "{why}; name a release, such as --release 4.17"),
        }
    }
}

impl std::error::Error for NoHost {}

/// Finds the installed pygrub: of several Debian packages the newest.
///
/// # Errors
///
/// There is none, or it is one that pregrub does not know.
pub fn installed() -> Result<Installed, NoHost> {
    installed_on(&rooted())
}

/// The host that the command line names.
static GIVEN: OnceLock<Rooted> = OnceLock::new();

/// From now on, this is the host, whatever the environment says. The first call counts.
pub fn look_on(host: Rooted) {
    let _ = GIVEN.set(host);
}

/// The host that [`look_on`] names, where that is not this machine: the paths of its domains are paths of its own, and a relative one
/// starts at its root directory.
pub fn other_machine() -> Option<&'static Rooted> {
    GIVEN.get().filter(|host| !host.is_this_machine())
}

/// The host to look on.
pub fn rooted() -> Rooted {
    if let Some(host) = GIVEN.get() {
        return host.clone();
    }
    let root = std::env::var_os(ROOT).filter(|root| !root.is_empty());
    Rooted::new(root.map_or_else(|| PathBuf::from("/"), PathBuf::from))
}

/// Finds the pygrub that is installed below a root directory.
///
/// # Errors
///
/// As [`installed`].
pub fn installed_below(root: &Path) -> Result<Installed, NoHost> {
    installed_on(&Rooted::new(root))
}

fn installed_on(host: &Rooted) -> Result<Installed, NoHost> {
    let program = program(host);
    let hypervisor = running(host);
    let package = package::find(host, program.as_ref().and_then(|program| program.minor));
    if program.is_none() && package.is_none() {
        let release = hypervisor.ok_or(NoHost::Nothing)?;
        let evidence = vec!["no pygrub is installed, and the running hypervisor is of this release".to_owned()];
        return Ok(Installed { build: release.into(), evidence });
    }
    let system = operating_system::of(host);
    let mut evidence = Vec::new();
    let marked = program.as_ref().and_then(|program| {
        let (flavour, mark) = marks::flavour(&program.text)?;
        evidence.push(format!("{} {mark}", program.shown));
        Some(flavour)
    });
    let flavour = marked.or_else(|| {
        let system = system.as_ref()?;
        evidence.push(format!("/etc/os-release names {}", system.name));
        system.flavour
    });
    let flavour = flavour.unwrap_or_default();
    if let Some(package) = &package {
        evidence.push(format!("package {} has version {}", package.name, package.version));
    }
    // A distributor with numbers of its own is known by these.
    let own =
        system.as_ref().filter(|system| system.flavour == Some(flavour)).and_then(|system| system.own_release.clone());
    let mut refused = None;
    // The libraries' directories are large: they are read where nothing else says it.
    let numbers: [&dyn Fn() -> Option<(String, &'static str)>; 5] = [
        &|| Some((own.clone()?, "/etc/os-release has this number")),
        &|| Some((package.as_ref()?.release.clone(), "")),
        &|| Some((libraries(host)?, "libxenctrl has this number")),
        &|| Some((format!("4.{}", program.as_ref()?.minor?), "its directory has this number")),
        &|| Some((hypervisor?.to_string(), "the running hypervisor is of this release")),
    ];
    for (number, says) in numbers.into_iter().filter_map(|number| number()) {
        match Build::named(flavour, &number) {
            Ok(build) => {
                if !says.is_empty() {
                    evidence.push(format!("{says} ({number})"));
                }
                return Ok(Installed { build, evidence });
            }
            Err(error) => refused = refused.or(Some(error)),
        }
    }
    let what = format!("a pygrub of {} is installed here ({})", flavour.label(), evidence.join("; "));
    Err(NoHost::Unclear(match refused {
        Some(error) => format!("{what}, but {error}"),
        None => format!("{what}, but nothing says of which release"),
    }))
}

/// The text of an installed pygrub.
struct Program {
    /// Its path on the host.
    shown: String,
    text: Vec<u8>,
    /// The line of Xen that its directory is named after.
    minor: Option<u8>,
}

/// Where builds of Xen put pygrub, besides Debian.
const PLACES: [&str; 7] = [
    "usr/libexec/xen/bin/pygrub",
    "usr/lib/xen/bin/pygrub",
    "usr/lib64/xen/bin/pygrub",
    "usr/local/libexec/xen/bin/pygrub",
    "usr/local/lib/xen/bin/pygrub",
    "usr/bin/pygrub",
    "usr/sbin/pygrub",
];

/// Where pygrub may be, with the line of Xen that a directory is named after: the newest of Debian's first.
fn program_places(host: &Rooted) -> Vec<(String, Option<u8>)> {
    let names = host.texts("usr/lib");
    let mut lines: Vec<u8> = names.filter_map(|name| name.strip_prefix("xen-4.")?.parse().ok()).collect();
    lines.sort_unstable();
    let of_debian = lines.into_iter().rev().map(|minor| (format!("usr/lib/xen-4.{minor}/bin/pygrub"), Some(minor)));
    let places = of_debian.chain(PLACES.map(|place| (place.to_owned(), None)));
    places.collect()
}

/// The pygrub on the host that is Python: pregrub in its place is not.
fn program(host: &Rooted) -> Option<Program> {
    program_places(host).into_iter().find_map(|(place, minor)| {
        let text = marks::text(host, &place)?;
        Some(Program { shown: format!("/{place}"), text, minor })
    })
}

/// The number of the installed libxenctrl, which is that of Xen's line: `libxenctrl.so.4.17.0`.
fn libraries(host: &Rooted) -> Option<String> {
    let directories = ["usr/lib64", "usr/lib", "usr/lib/x86_64-linux-gnu", "usr/local/lib", "usr/local/lib64"];
    let names = directories.iter().flat_map(|directory| host.texts(directory));
    let lines = names.filter_map(|name| name.strip_prefix("libxenctrl.so.4.")?.split('.').next()?.parse::<u8>().ok());
    lines.max().map(|minor| format!("4.{minor}"))
}

/// What the hypervisor says of itself in a dom0.
fn running(host: &Rooted) -> Option<Release> {
    let read = |name: &str| String::from_utf8(host.read(&format!("sys/hypervisor/version/{name}"), 4096).ok()?).ok();
    let (major, minor, extra) = (read("major")?, read("minor")?, read("extra").unwrap_or_default());
    let point: String = extra.trim().chars().skip(1).take_while(char::is_ascii_digit).collect();
    let text = format!("{}.{}{}{point}", major.trim(), minor.trim(), if point.is_empty() { "" } else { "." });
    text.parse().ok()
}
