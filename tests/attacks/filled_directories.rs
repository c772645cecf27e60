//! Directories with more names than anybody reads.

use std::fs;
use std::time::{Duration, Instant};

use crate::common::program::run;

/// The kernel is missing, so that pregrub looks for what else there is.
#[test]
fn a_directory_is_not_read_to_its_end() {
    let shm = std::path::Path::new("/dev/shm");
    let directory =
        if shm.is_dir() { tempfile::tempdir_in(shm).or_else(|_| tempfile::tempdir()) } else { tempfile::tempdir() };
    let directory = directory.unwrap();
    let boot = directory.path().join("boot");
    fs::create_dir_all(boot.join("grub")).unwrap();
    fs::write(boot.join("grub/grub.cfg"), "menuentry 'A' {\n linux /boot/vmlinuz-gone\n initrd /boot/gone\n}\n")
        .unwrap();
    // Second names of one file: an inode each would take seconds.
    fs::write(boot.join("first"), "").unwrap();
    for number in 0..60_000 {
        if fs::hard_link(boot.join("first"), boot.join(format!("vmlinuz-{number:06}"))).is_err() {
            fs::write(boot.join(format!("vmlinuz-{number:06}")), "").unwrap();
        }
    }
    let target = directory.path().to_str().unwrap();
    for args in [&["check", target][..], &["check", "--recursive", target], &["compare", target]] {
        let began = Instant::now();
        let ended = run(args);
        assert!([0, 1, 3].contains(&ended.status), "{args:?}: {}", ended.whole());
        assert!(began.elapsed() < Duration::from_secs(8), "{args:?}: {:?}", began.elapsed());
    }
}
