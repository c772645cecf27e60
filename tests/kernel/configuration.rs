//! The configuration that a kernel carries (`CONFIG_IKCONFIG=y`).

use std::fs;

use pregrub::decompress::Compression;
use pregrub::initrd::OptionState;
use pregrub::kernel::{KernelDepth, Question, look};
use serde_json::Value;
use tempfile::TempDir;

use crate::common::images::{Image, Tree, Volume};
use crate::common::kernels::{Elf, PACKINGS, bzimage, pack};
use crate::common::program::{corpus, root, run};

const CONFIG: &str = "#\n# Linux\n#\nCONFIG_BLK_DEV_INITRD=y\nCONFIG_RD_GZIP=y\nCONFIG_RD_ZSTD=y\n# CONFIG_RD_BZIP2 is not set\n\
                      CONFIG_XEN_BLKDEV_FRONTEND=y\n";

/// An ELF kernel with this configuration across the end of a page, between the marks that Linux's kernel/configs.c puts.
fn kernel(config: &str) -> Vec<u8> {
    let packed = pack(config.as_bytes(), &["gzip", "-9n"], false).unwrap();
    let carried = [&b"IKCFG_ST"[..], &packed, b"IKCFG_ED"].concat();
    let mut kernel = Elf { code: 300_000, ..Elf::default() }.bytes();
    let at = 0x1_0000 - 4;
    kernel[at..at + carried.len()].copy_from_slice(&carried);
    kernel
}

#[test]
fn is_found_by_the_whole_look_in_every_packing() {
    let elf = kernel(CONFIG);
    let mut kernels = vec![
        ("elf".to_owned(), elf.clone()),
        ("elf in gzip".to_owned(), pack(&elf, &["gzip", "-9n"], false).unwrap()),
        ("stored".to_owned(), bzimage(&elf)),
    ];
    for (name, program, length) in PACKINGS {
        // Its dictionary is more than Xen takes.
        if name == "xz-512-mib" {
            continue;
        }
        kernels.extend(pack(&elf, program, length).map(|packed| (name.to_owned(), bzimage(&packed))));
    }
    let gzipped = pack(&kernels[2].1, &["gzip", "-9n"], false).unwrap();
    kernels.push(("a bzImage in gzip".to_owned(), gzipped));
    for (name, bytes) in kernels {
        let size = bytes.len() as u64;
        let whole = look(&&bytes[..], size, &Question::default(), KernelDepth::All).unwrap();
        let config = whole.config.unwrap_or_else(|| panic!("{name}"));
        assert!(config.unpacks(Compression::Zstd) && !config.unpacks(Compression::Bzip2), "{name}");
        assert_eq!(config.block_frontend(), OptionState::BuiltIn, "{name}");
        let short = look(&&bytes[..], size, &Question::default(), KernelDepth::Notes).unwrap();
        assert_eq!(short.config, None, "{name}");
    }
}

#[test]
fn is_shown_and_answers_for_an_initrd() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("vmlinuz").to_str().unwrap().to_owned();
    let packed = pack(&kernel(CONFIG), &["xz", "--check=crc32", "--x86", "--lzma2=dict=32MiB"], true).unwrap();
    fs::write(&path, bzimage(&packed)).unwrap();
    let text = run(&["kernel", &path]);
    let line = "  config     (CONFIG_IKCONFIG) unpacks gzip, zstd; xen-blkfront is built in";
    assert!(text.stdout.lines().any(|it| it == line), "{}", text.stdout);
    let json = run(&["kernel", "--format", "json", &path]);
    let object: Value = serde_json::from_str(&json.stdout).unwrap();
    let schema = fs::read_to_string(root().join("docs/schema/pregrub.kernel-1.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    assert!(schema.is_valid(&object), "{}", json.stdout);
    let config = serde_json::json!({"initrd": ["gzip", "zstd"], "xen_blkfront": "built-in"});
    assert_eq!(object["builder"]["kernel"]["config"], config);

    let (zstd, bzip2) = (corpus("initrd/files/zstd"), corpus("initrd/files/bzip2"));
    let both = run(&["initrd", "--kernel", &path, &zstd, &bzip2]);
    assert_eq!(both.status, 1, "{}", both.stdout);
    for said in [
        "the configuration in the kernel has CONFIG_RD_ZSTD=y",
        "the configuration in the kernel has no CONFIG_RD_BZIP2=y",
    ] {
        assert!(both.stdout.contains(said), "{}", both.stdout);
    }
}

#[test]
fn answers_for_a_disk_without_a_configuration_beside_the_kernel() {
    let packed = pack(&kernel(CONFIG), &["gzip", "-9n"], false).unwrap();
    let disk = |beside: bool| {
        let menu = "menuentry \"A\" {\n  linux /boot/vmlinuz root=/dev/xvda ro\n  initrd /boot/initrd\n}\n";
        let mut tree = Tree::new()
            .file("/boot/grub/grub.cfg", menu.as_bytes().to_vec())
            .file("/boot/vmlinuz", bzimage(&packed))
            .file("/boot/initrd", fs::read(corpus("initrd/files/bzip2")).unwrap());
        if beside {
            let config = CONFIG.replace("# CONFIG_RD_BZIP2 is not set", "CONFIG_RD_BZIP2=y");
            tree = tree.file("/boot/config-6.6.0-test", config.into_bytes());
        }
        Image::whole(&Volume::ext4(tree))
    };
    for (beside, hash, expected) in [(false, true, true), (false, false, false), (true, true, false)] {
        let image = disk(beside);
        let mut args = vec!["check", "--format", "concise", image.path().to_str().unwrap()];
        args.extend(hash.then_some("--hash"));
        let checked = run(&args);
        assert_eq!(checked.stdout.contains("PG422"), expected, "{beside} {hash}: {}", checked.stdout);
    }
}
