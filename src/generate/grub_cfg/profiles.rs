//! Profiles: what has been the system, generation by generation.

use std::io;
use std::path::{Path, PathBuf};

use super::date::utc_day;
use super::error::GrubCfgError;
use super::root::RootDirectory;

/// One generation of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The profile; nothing for the system's own.
    pub profile: Option<String>,
    /// Its number, counted up.
    pub number: u64,
    /// The link, such as `/nix/var/nix/profiles/system-12-link`.
    pub link: PathBuf,
    /// The day on which the link was made, in UTC, as `2024-06-01`.
    pub day: String,
}

/// The generations in a directory of profiles, usually `/nix/var/nix/profiles`: those of the system (`system-N-link`), then
/// those of each further profile by its name (`system-profiles/NAME-N-link`), of each the newest first. As in NixOS' own menu a further profile
/// counts only if its name has letters, digits and `_` alone.
///
/// # Errors
///
/// The directory is not there, or cannot be read: treating that as no generations would remove the kernels of all.
pub fn generations(root: &RootDirectory, profiles: &Path) -> Result<Vec<Generation>, GrubCfgError> {
    let failed = |error: io::Error| GrubCfgError::io("read the profiles in", profiles, &error);
    let mut found = links(root, profiles, |name| (name == "system").then_some(None)).map_err(failed)?;
    let further = profiles.join("system-profiles");
    match links(root, &further, |name| is_listed(name).then(|| Some(name.to_owned()))) {
        Err(_) if root.is_missing(&further) => {}
        links => found
            .extend(links.map_err(|error| GrubCfgError::of_what_is_there("read the profiles in", &further, &error))?),
    }
    found.sort_by(|a, b| a.profile.cmp(&b.profile).then(b.number.cmp(&a.number)).then_with(|| a.link.cmp(&b.link)));
    Ok(found)
}

/// Whether NixOS lists a further profile: by Perl's `\w+`.
fn is_listed(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The links `NAME-N-link` whose name is wanted.
fn links(
    root: &RootDirectory,
    directory: &Path,
    profile: impl Fn(&str) -> Option<Option<String>>,
) -> io::Result<Vec<Generation>> {
    let place = root.resolve(directory)?;
    let mut found = Vec::new();
    for name in root.names(&place)? {
        let link = place.join(&name);
        let numbered = name.to_str().and_then(|name| name.strip_suffix("-link")?.rsplit_once('-'));
        let Some((name, number)) = numbered else { continue };
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        let (Some(profile), Ok(number), true) = (profile(name), number.parse(), is_number) else { continue };
        let made = root.last_node(&link)?.modified;
        // `system-7-link` and `system-07-link` are two of one number: each has its kernel.
        found.push(Generation { profile, number, link, day: utc_day(made) });
    }
    Ok(found)
}
