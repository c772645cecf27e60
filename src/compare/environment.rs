//! Where GRUB 2 runs.

use std::fmt;

use crate::grub::{Platform, Version};

/// A release of GRUB 2 on a platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The release.
    pub version: Version,
    /// The platform: `pc` in a guest of type hvm, `efi` with OVMF, `xen` as pvgrub2.
    pub platform: Platform,
}

impl Environment {
    /// All that pregrub knows.
    pub fn all() -> Vec<Self> {
        let of = |platform| {
            // Fedora and Red Hat build theirs for neither Xen's PV guests nor as pvgrub2.
            let own = Version::FEDORA.into_iter().filter(move |_| platform != Platform::Xen);
            Version::ALL.into_iter().chain(own).map(move |version| Self { version, platform })
        };
        Platform::ALL.into_iter().flat_map(of).collect()
    }
}

/// `GRUB 2.06 on pc`.
impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "GRUB {} on {}", self.version, self.platform.name())
    }
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Some of the environments that were asked, in few words: `on pc, efi and xen`, `2.14 on xen`. A platform of which all releases that
/// were asked are meant stands without numbers, if they are several.
pub fn folded(asked: &[Environment], some: &[Environment]) -> String {
    let mut parts: Vec<(Vec<&str>, Vec<&str>)> = Vec::new();
    for platform in Platform::ALL {
        let versions = |of: &[Environment]| -> Vec<&'static str> {
            of.iter().filter(|one| one.platform == platform).map(|one| one.version.name()).collect()
        };
        let (all, mut meant) = (versions(asked), versions(some));
        if meant.is_empty() {
            continue;
        }
        if all.len() > 1 && all.len() == meant.len() {
            meant.clear();
        }
        match parts.iter_mut().find(|(_, versions)| *versions == meant) {
            Some((platforms, _)) => platforms.push(platform.name()),
            None => parts.push((vec![platform.name()], meant)),
        }
    }
    let part = |(platforms, versions): &(Vec<&str>, Vec<&str>)| {
        let versions = if versions.is_empty() { String::new() } else { format!("{} ", listed(versions)) };
        format!("{versions}on {}", listed(platforms))
    };
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environments_are_folded() {
        let all = Environment::all();
        assert_eq!(folded(&all, &all), "on pc, efi and xen");
        let new: Vec<Environment> = all.iter().copied().filter(|one| one.version == Version::V2_14).collect();
        assert_eq!(folded(&all, &new), "2.14 on pc, efi and xen");
        let old: Vec<Environment> =
            all.iter().copied().filter(|one| one.platform == Platform::Xen || one.version != Version::V2_14).collect();
        assert_eq!(folded(&all, &old), "2.06, 2.12, 2.06-fedora and 2.12-fedora on pc and efi, on xen");
        assert_eq!(folded(&new, &new), "2.14 on pc, efi and xen");
    }
}
