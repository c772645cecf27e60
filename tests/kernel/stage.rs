//! `pregrub check`, with the domain builder after pygrub.

use serde_json::Value;

use crate::common::images::{Image, Tree, Volume};
use crate::common::kernels::{Elf, bzimage, pack};
use crate::common::program::{run, run_with_input};

fn image(kernel: &[u8]) -> Image {
    let menu = "menuentry \"A\" {\n  linux /k a=1\n  initrd /i\n}\n";
    Image::whole(&Volume::ext4(Tree::new().file("/boot/grub/grub.cfg", menu).file("/k", kernel).file("/i", "initrd")))
}

fn check(image: &Image, args: &[&str]) -> (i32, Value) {
    let ended = run(&[&["check", "--format", "json", &image.argument()], args].concat());
    (ended.status, serde_json::from_str(&ended.stdout).unwrap())
}

#[test]
fn what_is_not_a_kernel_fails_after_pygrub() {
    let image = image(b"not a kernel\n");
    let (status, report) = check(&image, &[]);
    assert_eq!((status, report["verdict"].as_str()), (1, Some("fails")));
    assert_eq!(report["failure"]["stage"], "builder");
    assert_eq!(report["failure"]["raised"], Value::Null);
    assert_eq!(report["builder"]["says"], "xc_dom_find_loader: no loader found");
    assert_eq!(report["builder"]["cause"], "not-a-kernel");
    assert_eq!(report["builder"]["kernel"]["format"], "text");
    let findings = report["findings"].as_array().unwrap();
    assert!(
        findings.iter().any(|finding| finding["code"] == "PG401" && finding["stops_boot"] != false),
        "{findings:?}"
    );
    // What pygrub does stays what it is.
    assert_eq!(report["boot"]["kernel"]["path"], "/k");
    assert_eq!(report["pygrub"]["exit"], 0);
    let (status, until) = check(&image, &["--until", "pygrub", "-A", "all"]);
    assert_eq!((status, until["verdict"].as_str()), (0, Some("boots")));
    assert_eq!(
        (&until["builder"], &until["boot"], &until["pygrub"]),
        (&Value::Null, &report["boot"], &report["pygrub"])
    );
}

#[test]
fn release_build_and_type_decide() {
    let vmlinux = Elf { pv: false, ..Elf::default() }.bytes();
    let Some(payload) = pack(&vmlinux, &["zstd", "-q"], true) else { return };
    let image = image(&bzimage(&payload));
    let (_, as_pv) = check(&image, &[]);
    assert_eq!((&as_pv["verdict"], &as_pv["builder"]["cause"]), (&"fails".into(), &"no-pv-entry".into()));
    assert_eq!(as_pv["builder"]["other_type"], serde_json::json!({ "type": "pvh", "verdict": "loads" }));
    assert!(as_pv["builder"]["help"].as_str().unwrap().starts_with("set type = \"pvh\""));
    let (status, as_pvh) = check(&image, &["--type", "pvh", "-A", "all"]);
    assert_eq!((status, &as_pvh["verdict"], &as_pvh["builder"]["depth"]), (0, &"boots".into(), &"notes".into()));
    let (_, whole) = check(&image, &["--type", "pvh", "--hash"]);
    assert_eq!(whole["builder"]["depth"], "all");
    let (_, old) = check(&image, &["--type", "pvh", "--release", "4.14"]);
    assert_eq!(old["builder"]["cause"], "unknown-compression");
    assert_eq!(old["failure"]["reason"], "Xen 4.14 cannot unpack a kernel that is packed with zstd");
    assert!(old["builder"]["help"].as_str().unwrap().contains("grub-i386-xen_pvh.bin"), "{old}");
    // The domain's configuration says the type.
    for (kind, verdict) in [("pv", "fails"), ("pvh", "boots")] {
        let domain =
            format!("name = 'g'\ntype = '{kind}'\nbootloader = 'pygrub'\ndisk = [ '{},raw,xvda' ]\n", image.argument());
        let ended = run_with_input(&["check", "--format", "json", "-A", "all", "--as", "xl", "-"], domain.as_bytes());
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!((report["verdict"].as_str(), report["builder"]["type"].as_str()), (Some(verdict), Some(kind)));
    }
}

#[test]
fn a_damaged_second_half_is_seen_by_the_whole_look() {
    let mut vmlinux = Elf::default().bytes();
    // After what the short look needs.
    vmlinux.extend((0..400_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()));
    let Some(payload) = pack(&vmlinux, &["gzip", "-9n"], false) else { return };
    let mut kernel = bzimage(&payload);
    let checksum = kernel.len() - 8;
    kernel[checksum] ^= 1;
    let image = image(&kernel);
    assert_eq!(check(&image, &[]).1["verdict"], "boots");
    let (status, whole) = check(&image, &["--hash"]);
    assert_eq!((status, &whole["builder"]["cause"]), (1, &"damaged".into()));
}
