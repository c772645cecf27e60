//! What a check costs the disk: each block is read at most once, by the run and the linter together.

use std::fs;
use std::io;
use std::sync::{Arc, Mutex};

use pregrub::boot::Verdict;
use pregrub::lint::{self, Levels, LintContext};
use pregrub::simulation::Simulation;
use pregrub::storage::mount::{DiskVolumes, MountedOnce, Mounting, Volumes};
use pregrub::storage::source::Source;
use pregrub::target::{Kind, Target};

/// A disk that keeps where it was read.
struct Counted {
    bytes: Vec<u8>,
    reads: Mutex<Vec<(u64, usize)>>,
}

impl Source for Counted {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        self.reads.lock().expect("one thread").push((offset, buf.len()));
        self.bytes.read_at(offset, buf)
    }
}

/// Volumes that keep what was mounted.
struct Mounts {
    volumes: DiskVolumes,
    offsets: Arc<Mutex<Vec<u64>>>,
}

impl Volumes for Mounts {
    fn mount(&self, offset: u64) -> io::Result<Mounting> {
        self.offsets.lock().expect("one thread").push(offset);
        self.volumes.mount(offset)
    }

    fn disk(&self) -> Option<&dyn Source> {
        self.volumes.disk()
    }
}

/// The run, the linter and its GRUB look at the same filesystems.
#[test]
fn each_filesystem_is_mounted_once_in_a_check() {
    for name in ["recipe.img", "nixos-default.img"] {
        let bytes = fs::read(format!("corpus/images/{name}")).expect("it is in the corpus");
        let disk: Arc<dyn Source> = Arc::new(Counted { bytes, reads: Mutex::default() });
        let target = Simulation::default().on(name, Target::Image(Arc::clone(&disk)));
        let offsets = Arc::new(Mutex::default());
        let mounts = Mounts { volumes: DiskVolumes::new(disk), offsets: Arc::clone(&offsets) };
        let volumes = MountedOnce::new(mounts);
        let run = target.run_on(Some(&volumes)).expect("it can be read");
        let subject = LintContext::new(&run, Kind::Image).with_volumes(&volumes);
        lint::lint_all(&subject, &Levels::default());
        assert!(subject.picked_by_grub().is_some(), "{name}: GRUB was not asked");
        let mut offsets = offsets.lock().expect("one thread").clone();
        let all = offsets.len();
        offsets.sort_unstable();
        offsets.dedup();
        assert_eq!(offsets.len(), all, "{name}: {offsets:?}");
    }
}

#[test]
fn each_block_is_read_at_most_once_in_a_check() {
    for (name, verdict, most) in [("recipe.img", Verdict::Boots, 8), ("nixos-default.img", Verdict::Fails, 8)] {
        let bytes = fs::read(format!("corpus/images/{name}")).expect("it is in the corpus");
        let disk = Arc::new(Counted { bytes, reads: Mutex::default() });
        let target = Simulation::default().on(name, Target::Image(Arc::clone(&disk) as Arc<dyn Source>));
        let volumes = target.target().volumes().expect("a disk has volumes");
        let run = target.run_on(Some(&volumes)).expect("it can be read");
        assert_eq!(run.verdict, verdict);
        let subject = LintContext::new(&run, Kind::Image).with_volumes(&volumes);
        lint::lint_all(&subject, &Levels::default());
        let mut reads = disk.reads.lock().expect("one thread").clone();
        assert!(reads.len() <= most, "{name}: {} reads: {reads:?}", reads.len());
        reads.sort_unstable();
        let twice = reads.windows(2).find(|pair| pair[0].0 + pair[0].1 as u64 > pair[1].0);
        assert_eq!(twice, None, "{name}");
    }
}
