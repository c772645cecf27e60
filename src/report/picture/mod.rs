//! The picture of a disk and of the run on it: [`DiskMap`] has the pieces of the disk and what pygrub did with each, [`stations`] the
//! steps of the run, and [`svg`] draws both.

mod disk_map;
mod run_path;
pub(crate) mod svg;

pub(crate) use self::disk_map::DiskMap;
pub(crate) use self::run_path::{Station, Tone, stations};

/// A number of bytes for people: `512 bytes`, `1.5 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} byte{}", if bytes == 1 { "" } else { "s" });
    }
    let power = (bytes.ilog2() / 10) as usize;
    // In tenths, rounded down.
    let tenths = u128::from(bytes) * 10 / (1 << (10 * power));
    let unit = UNITS.get(power - 1).copied().unwrap_or_default();
    let (number, rest) = (tenths / 10, tenths % 10);
    if rest == 0 { format!("{number} {unit}") } else { format!("{number}.{rest} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        let shown = [0, 1, 1023, 1024, 1536, 1 << 20, (1 << 30) - 1, u64::MAX].map(size);
        assert_eq!(
            shown,
            ["0 bytes", "1 byte", "1023 bytes", "1 KiB", "1.5 KiB", "1 MiB", "1023.9 MiB", "15.9 EiB"]
                .map(str::to_owned)
        );
    }
}
