//! `pregrub kernel`.

use std::fs;

use tempfile::TempDir;

use crate::common::kernels::{Elf, bzimage, pack};
use crate::common::program::{root, run};

fn schema() -> jsonschema::Validator {
    let text = fs::read_to_string(root().join("docs/schema/pregrub.kernel-1.json")).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

#[test]
fn text_json_and_exit_status() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let gzip = pack(&Elf::default().bytes(), &["gzip", "-9n"], false).unwrap();
    fs::write(path("good"), bzimage(&gzip)).unwrap();
    fs::write(path("pvh"), bzimage(&Elf { pv: false, ..Elf::default() }.bytes())).unwrap();
    fs::write(path("text"), "#!/bin/sh\n").unwrap();
    fs::write(path("cut"), &bzimage(&gzip)[..2000]).unwrap();
    fs::write(path("empty"), "").unwrap();
    let names = ["good", "pvh", "text", "cut", "empty"].map(path);
    let shown = |args: &[&str]| run(args).whole().replace(folder.path().to_str().unwrap(), "DIR");
    let text = shown(&[&["kernel"], &names.each_ref().map(String::as_str)[..]].concat());
    for line in [
        "DIR/good: loads as PV (xen-3.0-x86_64)",
        "  format     bzImage, packed with gzip, x86_64, version 6.6.0-test",
        "  entry      PV 0xffffffff81000040, PVH 0x1000850",
        "  pvgrub2    loads it (GRUB 2.06, 2.12, 2.14)",
        "  PVH GRUB   loads it (GRUB 2.06, 2.12, 2.14)",
        "  pvgrub2    does not load it: the kernel has no entry for PV guests (GRUB 2.06, 2.12, 2.14)",
        "DIR/pvh: does not load as PV: the kernel has no entry for PV guests (it was built without CONFIG_XEN_PV)",
        "  as PVH     loads",
        "DIR/text: does not load as PV: the file that is to be the kernel is a script",
        "  xen        xc_dom_find_loader: no loader found",
        "  xen        xc_dom_probe_bzimage_kernel: payload length overflow",
        "DIR/empty: does not load as PV: the kernel is an empty file",
        "exit status 1",
    ] {
        assert!(text.lines().any(|it| it == line), "{line:?} is not in\n{text}");
    }
    for (args, status) in [
        (vec!["kernel", &names[0]], 0),
        (vec!["kernel", "--type", "pvh", &names[0], &names[1]], 0),
        (vec!["kernel", &names[0], &names[1]], 1),
        (vec!["kernel", "/nonexistent"], 3),
        (vec!["kernel", "/"], 3),
        (vec!["kernel"], 2),
        (vec!["kernel", "--release", "3.4", &names[0]], 2),
    ] {
        assert_eq!(run(&args).status, status, "{args:?}");
    }
    let validator = schema();
    for release in ["4.22", "4.9", "4.0"] {
        for guest in ["pv", "pvh"] {
            let mut args = vec!["kernel", "--release", release, "--type", guest, "--format", "json", "/nonexistent"];
            args.extend(names.iter().map(String::as_str));
            let ended = run(&args);
            assert_eq!(ended.stdout.lines().count(), 6);
            for line in ended.stdout.lines() {
                let object = serde_json::from_str(line).unwrap();
                let errors: Vec<String> = validator.iter_errors(&object).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{errors:?} in {line}");
            }
        }
    }
}
