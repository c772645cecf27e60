//! What a guest's kernel has read beside it: `pregrub initrd --kernel`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::common::program::{corpus, run};

const CONFIG: &str = "#\n# Linux/x86 6.1.0 Kernel Configuration\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_ZSTD=y\nCONFIG_XEN_BLKDEV_FRONTEND=y\n";
const LIST: &str = "kernel/drivers/block/xen-blkfront.ko\n";

/// A bzImage's header which states this release.
fn kernel(release: &str) -> Vec<u8> {
    let mut kernel = vec![0; 4096];
    kernel[0x202..0x206].copy_from_slice(b"HdrS");
    kernel[0x20e..0x210].copy_from_slice(&0x300_u16.to_le_bytes());
    kernel[0x500..][..release.len()].copy_from_slice(release.as_bytes());
    kernel
}

/// What is said of an initrd beside a kernel of this release.
fn said(boot: &Path, release: &str) -> String {
    fs::write(boot.join("vmlinuz"), kernel(release)).unwrap();
    let ended = run(&["initrd", "--kernel", boot.join("vmlinuz").to_str().unwrap(), &corpus("initrd/files/zstd")]);
    ended.whole()
}

#[test]
fn a_release_is_no_path() {
    let directory = tempfile::tempdir().unwrap();
    let boot = directory.path().join("guest/boot");
    fs::create_dir_all(boot.join("config-6.1")).unwrap();
    fs::write(directory.path().join("secret"), CONFIG).unwrap();
    for release in ["6.1/../../../secret", "6/../secret"] {
        let said = said(&boot, release);
        assert!(!said.contains("has CONFIG_XEN") && !said.contains("secret"), "{said}");
    }
}

/// Within the directory that the kernel lies in and the one above links are followed as in the guest; out of them none is.
#[test]
fn links_lead_to_nothing_of_the_host() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let guest = root.join("guest");
    let boot = guest.join("boot");
    fs::create_dir_all(&boot).unwrap();
    fs::create_dir_all(guest.join("usr/lib/modules/6.1")).unwrap();
    fs::create_dir_all(root.join("host/modules/6.1")).unwrap();
    fs::write(root.join("host/config"), CONFIG).unwrap();
    fs::write(root.join("host/modules/6.1/modules.builtin"), LIST).unwrap();
    let config = boot.join("config-6.1");
    for target in [root.join("host/config"), "../../host/config".into(), "/dev/zero".into()] {
        symlink(&target, &config).unwrap();
        let text = said(&boot, "6.1");
        assert!(!text.contains("has CONFIG_"), "{}: {text}", target.display());
        fs::remove_file(&config).unwrap();
    }
    for target in [root.join("host"), "../host".into()] {
        symlink(&target, guest.join("lib")).unwrap();
        let text = said(&boot, "6.1");
        assert!(!text.contains("modules.builtin"), "{}: {text}", target.display());
        fs::remove_file(guest.join("lib")).unwrap();
    }
    // What a guest of Debian has.
    symlink("usr/lib", guest.join("lib")).unwrap();
    fs::write(guest.join("usr/lib/modules/6.1/modules.builtin"), LIST).unwrap();
    let text = said(&boot, "6.1");
    assert!(text.contains("modules.builtin"), "{text}");
    fs::write(boot.join("config-real"), CONFIG).unwrap();
    symlink("config-real", &config).unwrap();
    let text = said(&boot, "6.1");
    assert!(text.contains("config-6.1 has CONFIG_"), "{text}");
}
