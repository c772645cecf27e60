//! `/etc/os-release`: who made the operating system of the host.

use super::rooted::Rooted;
use crate::flavour::Flavour;

/// The file has some ten lines.
const LONGEST: u64 = 1 << 20;

/// What the file says.
pub(super) struct OperatingSystem {
    /// Its name for people.
    pub name: String,
    /// The flavour of pygrub that such a system ships, if it is a known one.
    pub flavour: Option<Flavour>,
    /// The number of the distributor's release, where pygrub goes by that: `8.3`.
    pub own_release: Option<String>,
}

/// Reads `/etc/os-release`, or `/usr/lib/os-release` without it.
pub(super) fn of(host: &Rooted) -> Option<OperatingSystem> {
    let read = |path: &str| String::from_utf8(host.read(path, LONGEST).ok()?).ok();
    let text = read("etc/os-release").or_else(|| read("usr/lib/os-release"))?;
    let value = |key: &str| {
        let line = text.lines().rev().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim().trim_matches(['"', '\'']).to_owned())
    };
    let name = value("PRETTY_NAME").or_else(|| value("NAME")).unwrap_or_default();
    let ids = [value("ID"), value("ID_LIKE"), value("NAME")].map(|id| id.unwrap_or_default().to_lowercase()).join(" ");
    let is = |words: &[&str]| words.iter().any(|word| ids.contains(word));
    let flavour = if is(&["xcp-ng", "xenserver", "xenenterprise", "citrix hypervisor"]) {
        Some(Flavour::XcpNg)
    } else if is(&["suse", "sles"]) {
        Some(Flavour::Suse)
    } else if is(&["debian", "ubuntu"]) {
        Some(Flavour::Debian)
    } else {
        None
    };
    let version = value("VERSION_ID").filter(|_| flavour == Some(Flavour::XcpNg));
    let own_release = version.map(|version| version.split('.').take(2).collect::<Vec<_>>().join("."));
    Some(OperatingSystem { name, flavour, own_release })
}
