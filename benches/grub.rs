//! GRUB's interpreter in one process: a Debian grub.cfg with 20 entries, on ext4 in memory.
//!
//! `read` is what grub-emu does with `source`, `run` follows the default entry to its kernel and draws the menu, too.
//!
//! ```sh
//! cargo bench --bench grub
//! benches/processes --only grub-20      # grub-emu
//! ```

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::fs;
use std::hint::black_box;
use std::process::Command;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use pregrub::grub::{self, ConfigPlace, GrubSettings, Platform, Reading, Version, disks::OneDisk, machine::Machine};
use pregrub::storage::mount::DiskVolumes;
use pregrub::storage::source::Source;

const CONFIG: &str = "/boot/grub/grub.cfg";

/// The beginning of a bzImage, which is what GRUB looks at.
fn kernel() -> Vec<u8> {
    let mut kernel = vec![0; 1536];
    for (at, bytes) in [(0x1f1, &[1][..]), (0x1fe, b"\x55\xaa"), (0x202, b"HdrS\x0f\x02"), (0x211, &[1])] {
        kernel[at..at + bytes.len()].copy_from_slice(bytes);
    }
    kernel
}

fn disk() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (root, image) = (folder.path().join("root"), folder.path().join("image"));
    fs::create_dir_all(root.join("boot/grub")).unwrap();
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/debian-20-entries.cfg"), root.join(&CONFIG[1..])).unwrap();
    fs::write(root.join("boot/vmlinuz-6.1.0-20-amd64"), kernel()).unwrap();
    fs::write(root.join("boot/initrd.img-6.1.0-20-amd64"), "i").unwrap();
    let made =
        Command::new("mke2fs").args(["-q", "-t", "ext4", "-d"]).arg(&root).arg(&image).arg("8M").status().unwrap();
    assert!(made.success());
    fs::read(&image).unwrap()
}

/// Runs of `routine` on disks that are mounted anew from time to time: what one disk may cost is bounded.
fn timed(bytes: &Arc<Vec<u8>>, mut left: u64, routine: impl Fn(&Rc<OneDisk<'_>>)) -> Duration {
    let mut taken = Duration::ZERO;
    while left > 0 {
        let volumes = DiskVolumes::new(Arc::clone(bytes) as Arc<dyn Source>);
        let disk = Rc::new(OneDisk::new(&volumes, Version::V2_06, Platform::Pc).unwrap());
        let count = left.min(100);
        let start = Instant::now();
        (0..count).for_each(|_| routine(&disk));
        taken += start.elapsed();
        left -= count;
    }
    taken
}

fn interpret(criterion: &mut Criterion) {
    let bytes = Arc::new(disk());
    let place = ConfigPlace { device: "hd0".to_owned(), path: CONFIG.to_owned() };
    let text = |disk: &OneDisk<'_>| disk.read(b"hd0", CONFIG.as_bytes(), 1 << 20).unwrap();
    criterion.bench_function("grub/read", |bencher| {
        bencher.iter_custom(|count| {
            timed(&bytes, count, |disk| {
                let machine = Rc::clone(disk) as Rc<dyn Machine + '_>;
                black_box(Reading::new(machine, &place, &text(disk), GrubSettings::default()));
            })
        });
    });
    criterion.bench_function("grub/run", |bencher| {
        bencher.iter_custom(|count| {
            timed(&bytes, count, |disk| {
                let run = grub::run(&**disk, &place, &text(disk), &GrubSettings::default());
                assert!(run.chosen().unwrap().works());
            })
        });
    });
}

criterion_group!(benches, interpret);
criterion_main!(benches);
