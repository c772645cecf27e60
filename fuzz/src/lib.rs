//! What the fuzz targets share: disks that are mostly holes, and what is done with whatever is found on them.
//!
//! A filesystem needs megabytes and a fuzzer works best on kilobytes, so an input holds only the blocks of a disk that are not
//! empty. The example `pack` makes one from an image.

pub mod lint;
pub mod packing;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use packing::BLOCK;
use pregrub::boot::{self, Options};
use pregrub::config::{self, Dialect};
use pregrub::flavour::Flavour;
use pregrub::release::Release;
use pregrub::storage::filesystem::{Filesystem, MountError, OpenFile, ReadError};
use pregrub::storage::source::{Source, Volume};
use pregrub::xl::domain::Domain;
use pregrub::xl::{disk, syntax};

/// What is read of a file at most: its data has been looked at by then.
const MOST_READ: u64 = 4 << 20;

/// A disk of which only some blocks are not empty.
///
/// Packed as [`packing`] says. What is cut off counts as zeros.
#[derive(Debug, Default)]
pub struct Sparse {
    blocks: u32,
    filled: BTreeMap<u32, [u8; BLOCK]>,
}

impl Sparse {
    /// Unpacks an input; every input is a disk.
    pub fn unpack(input: &[u8]) -> Self {
        let number = |bytes: &[u8]| {
            let mut four = [0; 4];
            four[..bytes.len().min(4)].copy_from_slice(&bytes[..bytes.len().min(4)]);
            u32::from_le_bytes(four)
        };
        let blocks = number(input);
        let mut filled = BTreeMap::new();
        for record in input.get(4..).unwrap_or_default().chunks(4 + BLOCK) {
            let mut block = [0; BLOCK];
            let data = record.get(4..).unwrap_or_default();
            block[..data.len()].copy_from_slice(data);
            filled.insert(number(record), block);
        }
        Self { blocks, filled }
    }
}

impl Source for Sparse {
    fn len(&self) -> u64 {
        u64::from(self.blocks) * BLOCK as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let count = buf.len().min(usize::try_from(self.len().saturating_sub(offset)).unwrap_or(usize::MAX));
        let buf = &mut buf[..count];
        buf.fill(0);
        let end = offset + count as u64;
        let first = u32::try_from(offset / BLOCK as u64).unwrap_or(u32::MAX);
        for (&number, block) in self.filled.range(first..) {
            let start = u64::from(number) * BLOCK as u64;
            if start >= end {
                break;
            }
            let from = offset.max(start);
            let to = end.min(start + BLOCK as u64);
            if from < to {
                let target = (from - offset) as usize..(to - offset) as usize;
                buf[target].copy_from_slice(&block[(from - start) as usize..(to - start) as usize]);
            }
        }
        Ok(count)
    }
}

/// Paths that the seeds have, and forms of them that each driver has a rule for.
const PATHS: &[&str] = &[
    "/grub/grub.cfg",
    "/boot/grub/menu.lst",
    "/kernels/k",
    "//kernels/k",
    "/kernels/./k",
    "/kernels/../kernels/k",
    "/link",
    "/link2",
    "/dirlink/k",
    "/a-rather-long-name-of-a-file.cfg",
    "/sparse",
    "/many/file-17",
    "/",
    "/kernels",
    "/kernels/k/",
    "/x y",
];

/// Mounts a packed disk with one driver and looks at all it offers.
pub fn filesystem<F: Filesystem>(input: &[u8], mount: impl Fn(Volume) -> Result<F, MountError>) {
    let Ok(mounted) = mount(Volume::new(Arc::new(Sparse::unpack(input)), 0)) else { return };
    assert!(!mounted.name().is_empty());
    mounted.notes();
    for path in PATHS {
        if let Ok(file) = mounted.open(path.as_bytes()) {
            look(&*file);
        }
    }
}

/// Reads a file as pygrub copies it, and holds what the driver says of it beforehand against that.
fn look(file: &dyn OpenFile) {
    let verified = file.verify();
    let mut piece = vec![0; 1 << 20];
    let mut done = 0;
    let failed = loop {
        if done >= MOST_READ {
            return;
        }
        match file.read_at(done, &mut piece) {
            Ok(0) => break false,
            Ok(count) => done += count as u64,
            Err(ReadError::Failed { .. } | ReadError::Crashes(_)) => break true,
            Err(ReadError::Unknown(_) | ReadError::Io(_)) => return,
        }
    };
    match verified {
        Ok(None) => assert!(!failed && done == file.size(), "{done} of {}, failed: {failed}", file.size()),
        Ok(Some(damage)) => assert!(!failed && done == damage.bytes, "{done}, failed: {failed}, {damage:?}"),
        Err(ReadError::Failed { .. } | ReadError::Crashes(_)) => assert!(failed, "read {done} bytes"),
        Err(ReadError::Unknown(_) | ReadError::Io(_)) => {}
    }
    // Where the data lies covers the file from its start to its end.
    let mut offset = 0;
    for _ in 0..1 << 12 {
        match file.stretch_at(offset) {
            Ok(Some(stretch)) if stretch.bytes > 0 => offset = offset.saturating_add(stretch.bytes),
            _ => break,
        }
    }
}

/// Parses a configuration as some releases do, and does all that is done with one.
pub fn configuration(dialect: Dialect, text: &[u8]) {
    for release in ["4.0", "4.2", "4.12", "4.17", "4.22", "4.22+python2"] {
        let release: Release = release.parse().expect("a release");
        for interactive in [false, true] {
            let options = Options { release, interactive: Some(interactive), ..Options::default() };
            let run = boot::run_config("grub.cfg", dialect, text.to_vec(), options);
            for entry in
                run.attempts.iter().filter_map(|attempt| attempt.found.as_ref()).flat_map(|found| &found.config.entries)
            {
                assert!(entry.lines.0 <= entry.lines.1);
            }
        }
        let parsed = config::parse(dialect, text, release);
        let within = |span: pregrub::config::Span| span.range().end <= text.len();
        assert!(parsed.raised.as_ref().and_then(|raised| raised.span).is_none_or(within));
        boot::list(&parsed, boot::Overrides::default(), release);
    }
}

/// Reads a domain's configuration, and the whole of the text as a disk specification, as a few releases do.
pub fn domain(text: &[u8]) {
    for release in ["4.0", "4.5", "4.17", "4.22"] {
        let release: Release = release.parse().expect("a release");
        let within = |span: pregrub::config::Span| span.range().end <= text.len();
        match syntax::parse(text, release) {
            Err(error) => assert!(within(error.span) && !error.to_string().is_empty()),
            Ok(settings) => {
                assert!(settings.all().iter().all(|setting| within(setting.span) && within(setting.value.span())));
                let domain = Domain::new(settings, release);
                assert!(domain.refusal.as_ref().and_then(|refusal| refusal.span).is_none_or(within));
                match domain.call(release).and_then(|call| call.options(release, Flavour::Upstream)) {
                    Ok(_) => assert!(domain.refusal.is_none()),
                    Err(why) => assert!(why.span.is_none_or(within) && !why.reason.is_empty()),
                }
            }
        }
        if let Ok(disk) = disk::parse(text, release) {
            assert!(disk.vdev.is_some() && (disk.cdrom || disk.target.is_some()));
        }
    }
}

/// A whole run on a packed disk.
pub fn run(input: &[u8]) {
    for (release, flavour) in
        [(Release::NEWEST, Flavour::Upstream), ("4.1".parse().expect("a release"), Flavour::Debian)]
    {
        let options = Options { release, flavour, ..Options::default() };
        let run = boot::run(Arc::new(Sparse::unpack(input)), options).expect("memory can be read");
        assert_eq!(run.verdict == boot::Verdict::Boots, run.chosen.is_some() && run.failure.is_none());
    }
}

/// Executes a configuration as each GRUB does, and checks its syntax. What is executed stays within its limits.
pub fn grub(text: &[u8]) {
    use pregrub::grub::{self, ConfigPlace, GrubSettings, Platform, Version, disks::NoDisk};
    grub::check_syntax(text);
    let place = ConfigPlace { device: "hd0".to_owned(), path: "/grub/grub.cfg".to_owned() };
    for (version, platform) in [(Version::V2_06, Platform::Pc), (Version::V2_14, Platform::Efi)] {
        let settings = GrubSettings { version, platform, most_steps: 20_000, ..GrubSettings::default() };
        let run = grub::run(&NoDisk, &place, text, &settings);
        assert!(run.output.len() <= settings.most_output && run.trace.is_empty());
        assert!(run.picked.is_none_or(|picked| picked < run.attempts.len()));
    }
}
