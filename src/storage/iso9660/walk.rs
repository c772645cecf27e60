//! From a path to an extent.

use super::Iso9660;
use super::directory_record::{DirectoryRecord, Extent, RecordKind, Records};
use super::rock_ridge;
use crate::size::to_u64;
use crate::storage::budget::BudgetExhausted;
use crate::storage::filesystem::{OpenError, shown};
use crate::storage::path_whitespace;

/// What a record costs of the budget, but for what follows its name.
const RECORD: u64 = 64;

fn not_found<T>(reason: String) -> Result<T, OpenError> {
    Err(OpenError::NotFound(reason))
}

/// Finds the file at `path`, which ends at its first space. Slashes in a row count as one, and after a slash at the end
/// a file without a name is looked for.
pub(crate) fn resolve(iso: &Iso9660, path: &[u8]) -> Result<Extent, OpenError> {
    let mut rest = &path[..path_whitespace::length(path)];
    let mut directory = iso.root;
    loop {
        let start = rest.iter().position(|&byte| byte != b'/').unwrap_or(rest.len());
        rest = &rest[start..];
        let length = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let (name, behind) = rest.split_at(length);
        let Some((kind, extent)) = lookup(iso, directory, name)? else {
            return not_found(match name {
                b"" => "the path ends with a directory".to_owned(),
                b"." | b".." => format!("the plugin does not know `{}`", shown(name)),
                _ if directory == iso.root => format!("there is no `{}` in the root directory", shown(name)),
                _ => format!("there is no `{}` in its directory", shown(name)),
            });
        };
        match (kind, behind.is_empty()) {
            (RecordKind::File, true) => return Ok(extent),
            (RecordKind::Directory, false) => directory = extent,
            (RecordKind::Directory, true) => return not_found(format!("`{}` is a directory", shown(name))),
            (RecordKind::File, false) => return not_found(format!("`{}` is a file, not a directory", shown(name))),
            (RecordKind::Other, _) => {
                return not_found(format!(
                    "`{}` is a symbolic link or a special file, which the plugin does not follow",
                    shown(name)
                ));
            }
        }
        rest = behind;
    }
}

/// The first record with this name. A directory that the image does not hold as a whole ends there.
fn lookup(iso: &Iso9660, directory: Extent, name: &[u8]) -> Result<Option<(RecordKind, Extent)>, OpenError> {
    // The plugin counts with a sign: from 2 GiB on a directory is empty.
    let size = i32::try_from(directory.size).map_or(0, i32::unsigned_abs);
    for index in 0..size.div_ceil(2048) {
        spend(iso, RECORD)?;
        let Some(sector) = iso.sectors.read(directory.sector.wrapping_add(index))? else { return Ok(None) };
        for record in Records::new(&sector) {
            if let Some(kind) = matches(iso, &record, name)? {
                return Ok(Some((kind, record.extent)));
            }
        }
    }
    Ok(None)
}

/// What the record is, if it has this name.
fn matches(iso: &Iso9660, record: &DirectoryRecord<'_>, name: &[u8]) -> Result<Option<RecordKind>, OpenError> {
    if record.is_cut {
        return Err(OpenError::Unknown("a record of its directory runs over the end of its sector".to_owned()));
    }
    spend(iso, RECORD.saturating_add(to_u64(record.system_use.len())))?;
    let named = rock_ridge::name(&iso.sectors, record)?.ok_or_else(too_large)?;
    if named.overlong {
        iso.overlong.set(true);
    }
    Ok((named.name == name).then_some(named.kind))
}

fn spend(iso: &Iso9660, units: u64) -> Result<(), OpenError> {
    iso.sectors.budget().spend(units).map_err(|BudgetExhausted| too_large())
}

fn too_large() -> OpenError {
    OpenError::Unknown(
        "its directory is too large to be searched, or its Rock Ridge continuation areas run in a circle, where pygrub never ends"
            .to_owned(),
    )
}
