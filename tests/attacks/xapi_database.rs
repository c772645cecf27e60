//! xapi's database, its records, and what a guest writes at the start of its own disk.

use std::fs;

use pregrub::toolstack::xapi::{VmRecord, database};

use crate::common::{memory, program, tools};

/// What a database may take: what is kept of it, and the element that is being read.
const MOST: usize = 64 << 20;

fn read(text: &[u8]) -> Result<Vec<database::Vm>, database::DatabaseError> {
    let (vms, bytes) = memory::peak(|| database::read(text));
    assert!(bytes <= MOST, "{} MiB for {} KiB", bytes >> 20, text.len() >> 10);
    vms
}

fn in_tables(vms: &str, disks: &str) -> String {
    format!(
        "<database><table name='VM'>{vms}</table><table name='VBD'>{disks}</table><table name='VDI'>\
         <row ref='d' uuid='00000000-0000-0000-0000-000000000000' SR='s'/></table><table name='SR'>\
         <row ref='s' uuid='11111111-1111-1111-1111-111111111111'/></table></database>"
    )
}

#[test]
fn many_objects_of_one_name_are_one() {
    let vms = "<row ref='v' name__label='a'/><row ref='' name__label='b'/><row name__label='c'/>".repeat(20_000);
    let disks = "<row ref='b' VM='v' VDI='d'/>".repeat(20_000);
    let found = read(in_tables(&vms, &disks).as_bytes()).unwrap();
    assert_eq!((found.len(), found[0].record.disks.len()), (1, 1));
    // Many disks of one VM, which its own list repeats.
    let disks: String = (0..5_000).map(|number| format!("<row ref='b{number}' VM='v' VDI='d'/>")).collect();
    let listed = "'b4' 'b3' ".repeat(10_000);
    let found = read(in_tables(&format!("<row ref='v' VBDs=\"({listed})\"/>"), &disks).as_bytes()).unwrap();
    assert_eq!(found[0].record.disks.len(), 256);
}

/// What an image says of itself counts for each disk that names it.
#[test]
fn many_disks_of_one_image_take_no_more_than_its_rows() {
    let disks = |count: usize| -> String {
        (0..count).map(|number| format!("<row ref='b{number}' VM='v{}' VDI='d'/>", number / 200)).collect()
    };
    let vms: String = (0..400).map(|number| format!("<row ref='v{number}'/>")).collect();
    let with = |location: &str, count: usize| {
        in_tables(&vms, &disks(count)).replace("<row ref='d'", &format!("<row location='{location}' ref='d'"))
    };
    let found = read(with(&"x".repeat(3 << 20), 3_000).as_bytes()).unwrap();
    assert_eq!((found[0].record.disks.len(), found[0].places(0).len(), found[0].places(200).len()), (200, 6, 0));
    let found = read(with("tools.iso", 300).as_bytes()).unwrap();
    let place = "/run/sr-mount/11111111-1111-1111-1111-111111111111/tools.iso";
    assert_eq!(found[1].places(7).last().map(String::as_str), Some(place));
    let error = read(with(&"x".repeat(255), 80_000).as_bytes()).unwrap_err().to_string();
    assert!(error.contains("more than 32 MiB"), "{error}");
}

#[test]
fn what_is_not_needed_takes_nothing() {
    let field = |number: usize| format!(" field{number}='{}'", "x".repeat(200));
    let row: String = (0..100).map(field).collect();
    let vms: String = (0..1_000).map(|number| format!("<row ref='v{number}'{row}/>")).collect();
    assert_eq!(read(in_tables(&vms, "").as_bytes()).unwrap().len(), 1_000);
}

#[test]
fn what_is_too_large_is_refused() {
    let name = "x".repeat(1_000);
    let vms: String = (0..60_000).map(|number| format!("<row ref='v{number}' name__label='{name}'/>")).collect();
    for (text, why) in [
        (in_tables(&vms, ""), "more than 32 MiB"),
        (in_tables(&format!("<row ref='v' name__label='{}'/>", "x".repeat(9 << 20)), ""), "more than 4 MiB"),
        (format!("<database>{}", "<a>".repeat(100_000)), "too deep"),
    ] {
        let error = read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    for text in [
        format!("{{\"PV_bootloader\":[{}0]}}", "{\"\":0},".repeat(150_000)),
        format!("PV-bootloader=pygrub\nPV-bootloader-args={}", " ".repeat(1 << 20)),
    ] {
        let (record, bytes) = memory::peak(|| VmRecord::parse(text.as_bytes()));
        assert!(record.unwrap_err().to_string().contains("larger than 256 KiB") && bytes < 1 << 20);
    }
}

/// The bytes of a disk are the guest's: they choose neither a format nor another guest's disk, and nothing is unpacked.
#[test]
fn a_disk_does_not_choose_its_format() {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(program::root().join("corpus/images/recipe.img"), folder.path().join("other.raw")).unwrap();
    let judged = |name: &str| {
        let record = folder.path().join("record");
        let disk = folder.path().join(name);
        fs::write(&record, format!("domain-type=pv\nPV-bootloader=pygrub\ndisk={}\n", disk.display())).unwrap();
        program::run(&["check", "--as", "xapi", "--release", "4.17", record.to_str().unwrap()])
    };
    assert_eq!(judged("other.raw").status, 0);
    let Some(qemu_img) = tools::tool("qemu-img") else { return };
    let run = |args: &[&str]| {
        let output = std::process::Command::new(&qemu_img).args(args).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    for name in ["evil.raw", "LV-evil", "evil"] {
        run(&["create", "-q", "-f", "qcow2", "-b", "other.raw", "-F", "raw", name]);
        let ended = judged(name);
        assert_eq!(ended.status, 1, "{name}: {}", ended.whole());
        assert!(!ended.stdout.contains("v54baxg"), "{}", ended.stdout);
    }
    // What a storage manager calls so is an image of that format.
    for (name, format) in
        [("image.vhd", "vpc"), ("VHD-image", "vpc"), ("image.qcow2", "qcow2"), ("QCOW2-image", "qcow2")]
    {
        run(&["convert", "-f", "raw", "-O", format, "other.raw", name]);
        let ended = judged(name);
        assert_eq!(ended.status, 0, "{name}: {}", ended.whole());
    }
    let packed = std::process::Command::new("gzip").arg("-k").arg(folder.path().join("other.raw")).status().unwrap();
    assert!(packed.success());
    let ended = judged("other.raw.gz");
    assert!(ended.status == 1 && ended.stdout.starts_with("fails"), "{}", ended.whole());
}
