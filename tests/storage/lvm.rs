//! Logical volumes as the metadata that LVM 2.03.16 wrote describes them (corpus/lvm).

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use flate2::read::GzDecoder;
use pregrub::storage::lvm::{LogicalVolume, Stretch, VolumeGroup};
use pregrub::storage::source::{Source, Volume};

/// The start of a physical volume: label, header, metadata.
pub fn physical_volume() -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/lvm/three-volumes.gz");
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

fn read(disk: Vec<u8>) -> Option<VolumeGroup> {
    VolumeGroup::read(&Volume::new(Arc::new(disk), 0)).unwrap()
}

/// As `lvs --segments` printed it: extents of 64 KiB, the first one at 128 KiB.
#[test]
fn the_volumes_of_a_group() {
    let group = read(physical_volume()).unwrap();
    assert_eq!(group.name, "vg-guest");
    let extents = |first: u64, count: u64| Stretch { start: (128 << 10) + (first << 16), length: count << 16 };
    let expected = [
        ("root", vec![extents(0, 100), extents(180, 20)]),
        ("boot", vec![extents(100, 80)]),
        ("striped-not-here", vec![extents(200, 4)]),
    ];
    let expected = expected.map(|(name, stretches)| LogicalVolume { name: name.into(), stretches: Some(stretches) });
    assert_eq!(group.volumes, expected);
}

#[test]
fn a_volume_is_read_as_a_disk() {
    let mut bytes = physical_volume();
    bytes.resize(16 << 20, 0);
    let place = |extent: usize| (128 << 10) + (extent << 16);
    bytes[place(99) + 65535] = 1;
    bytes[place(180)] = 2;
    let group = read(bytes.clone()).unwrap();
    let disk: Arc<dyn Source> = Arc::new(bytes);
    let root = group.volumes[0].open(&disk, 0).unwrap();
    assert_eq!(root.len(), 120 << 16);
    let mut piece = [9; 4];
    assert_eq!(root.read_at((100 << 16) - 2, &mut piece).unwrap(), 4);
    assert_eq!(piece, [0, 1, 2, 0]);
}

/// What is damaged is no volume group, or one with fewer volumes; never a panic.
#[test]
fn damaged_metadata() {
    let original = physical_volume();
    assert_eq!(read(vec![0; 4096]), None);
    let mut random = crate::common::random::Random::new(5);
    let mut none = 0;
    for _ in 0..2000 {
        let mut bytes = original.clone();
        for _ in 0..3 {
            let at = random.pick(&[512, 4096, 4608]) + random.index(1800);
            bytes[at] = random.next() as u8;
        }
        if random.chance(10) {
            bytes.truncate(random.index(12_000));
        }
        none += u32::from(read(bytes).is_none());
    }
    assert!(none > 100, "{none}");
}
