//! Domains of libvirt. Expected values: libvirt 9.0.0 with stand-ins for libxl, as described in docs/toolstacks.md.
use pregrub::boot::{Run, Verdict};
use pregrub::release::Release;
use pregrub::simulation::Simulation;
use pregrub::target::{Kind, OpenOptions};
use pregrub::toolstack::libvirt::LibvirtDomain;
use pregrub::xl::call::NotInvoked;

use crate::common::images::{Image, Tree, Volume};

const DISK: &str = "<disk type='block'><source dev='D'/><target dev='xvda'/></disk>";

fn xml(os: &str, bootloader: &str, disks: &str) -> String {
    format!(
        "<!-- generated -->\n<domain type='xen'>\n<name>g</name>{bootloader}\n<os>{os}</os>\n<devices>{disks}</devices></domain>"
    )
}

fn domain(os: &str, bootloader: &str, disks: &str) -> LibvirtDomain {
    LibvirtDomain::parse(xml(os, bootloader, disks).as_bytes()).unwrap()
}

/// pygrub, its arguments without those that libxl adds for its output, and the disk.
fn call(os: &str, bootloader: &str, disks: &str) -> Result<Vec<String>, NotInvoked> {
    let call = domain(os, bootloader, disks).call(Release::NEWEST)?;
    let arguments = call.arguments.iter().map(ToString::to_string).filter(|word| !word.starts_with("--output"));
    Ok([call.bootloader.text.to_string()].into_iter().chain(arguments).chain([call.disk.to_string()]).collect())
}

const PV: &str = "<type>linux</type>";

#[test]
fn who_boots() {
    let none = |os, bootloader| call(os, bootloader, DISK).unwrap_err();
    assert_eq!(call(PV, "", DISK).unwrap(), ["pygrub", "D"]);
    assert_eq!(call("<type machine='xenpv'>xen</type>", "", DISK).unwrap(), ["pygrub", "D"]);
    assert_eq!(call(PV, "<bootloader/>", DISK).unwrap(), ["pygrub", "D"]);
    assert_eq!(call(PV, "<bootloader> pygrub </bootloader>", DISK).unwrap(), [" pygrub ", "D"]);
    assert_eq!(call("<type>xenpvh</type>", "<bootloader>pygrub</bootloader>", DISK).unwrap(), ["pygrub", "D"]);
    let pvh = none("<type>xenpvh</type>", "");
    assert!(
        pvh.verdict == Verdict::Fails && pvh.reason.starts_with("a PVH guest has no default bootloader"),
        "{}",
        pvh.reason
    );
    assert_eq!(none("<type>hvm</type>", "<bootloader>pygrub</bootloader>").verdict, Verdict::NotApplicable);
    assert!(none("<type>linux</type><kernel>/k</kernel>", "").reason.contains("starts the kernel `/k` of dom0"));
    let both = format!("{PV}<kernel>/k</kernel><initrd>/i</initrd><cmdline>a  b</cmdline><root>/dev/xvda1</root>");
    let want = ["pygrub", "--kernel=/k", "--ramdisk=/i", "--args=a  b", "D"];
    assert_eq!(call(&both, "<bootloader>pygrub</bootloader>", DISK).unwrap(), want);
    assert_eq!(call(&format!("{PV}<cmdline>&lt;&#97;&amp;</cmdline>"), "", DISK).unwrap()[1], "--args=<a&");
    let kvm = xml(PV, "", DISK).replace("'xen'", "'kvm'");
    let kvm = LibvirtDomain::parse(kvm.as_bytes()).unwrap().call(Release::NEWEST).unwrap_err();
    assert_eq!(kvm.verdict, Verdict::NotApplicable);
}

/// Several options are one argument, unless space, tab and line feed stand between them in a row.
#[test]
fn bootloader_args() {
    for (text, want) in [
        ("", &[][..]),
        ("-q", &["-q"]),
        ("-q --entry=1", &["-q --entry=1"]),
        ("-q\n--entry=1", &["-q\n--entry=1"]),
        ("-q&#32;&#9;&#10;--entry=1", &["-q", "--entry=1"]),
        ("--args=a b", &["--args=a b"]),
        ("\n  -q\n", &["\n  -q\n"]),
        ("<![CDATA[-q]]>", &["-q"]),
    ] {
        let words = call(PV, &format!("<bootloader_args>{text}</bootloader_args>"), DISK).unwrap();
        assert_eq!(words[1..words.len() - 1], *want, "{text}");
    }
}

fn disk(source: &str, target: &str, driver: &str) -> String {
    format!("<disk type='file' device='disk'>{driver}<source file='{source}'/><target {target}/></disk>")
}

#[test]
fn the_first_disk() {
    let first = |disks: &[String]| call(PV, "", &disks.concat()).map(|words| words.last().unwrap().clone());
    let (a, b) = (disk("A", "dev='xvda'", ""), disk("B", "dev='xvdb' bus='xen'", ""));
    assert_eq!(first(&[b.clone(), a.clone()]).unwrap(), "A");
    let scsi = disk("S", "dev='sda' bus='scsi'", "");
    assert_eq!(first(&[scsi.clone(), a.clone()]).unwrap(), "S");
    assert_eq!(first(&[a.clone(), scsi]).unwrap(), "A");
    assert_eq!(first(&[disk("AA", "dev='xvdaa'", ""), b]).unwrap(), "B");
    for (driver, want) in [
        ("<driver type='qcow2'/>", Ok("Q")),
        ("<driver name='qemu' type='raw'/>", Ok("Q")),
        ("<driver name='phy'/>", Ok("Q")),
        ("<driver name='qemu' type='qcow2'/>", Ok("Q")),
        ("<driver name='tap2' type='vhd'/>", Ok("Q")),
        ("<driver name='qemu' type='qed'/>", Err(false)),
        ("<driver name='qemu' type='vpc'/>", Err(true)),
        ("<driver name='phy' type='qcow2'/>", Err(true)),
        ("<driver name='blktap' type='raw'/>", Err(true)),
    ] {
        let found = first(&[disk("Q", "dev='xvda'", driver)]).map_err(|why| why.verdict == Verdict::Fails);
        assert_eq!(found.as_deref(), want.as_ref().map(|want| *want), "{driver}");
    }
    let empty = "<disk type='file' device='cdrom'><target dev='xvda'/></disk>".to_owned();
    assert_eq!(first(&[disk("B", "dev='xvdb'", ""), empty]).unwrap_err().verdict, Verdict::Fails);
    let rbd = "<disk type='network'><source protocol='rbd' name='p/i'/><target dev='xvda'/></disk>".to_owned();
    assert_eq!(first(&[rbd]).unwrap_err().verdict, Verdict::Unknown);
    assert_eq!(first(&[]).unwrap_err().verdict, Verdict::Fails);
}

#[test]
fn what_is_not_xml() {
    for text in ["", "<domain>", "<domain><a></domain>", "<network/>", "<domain>&x;</domain>", "\u{1}", "<domain a=1/>"]
    {
        assert!(LibvirtDomain::parse(text.as_bytes()).is_err(), "{text}");
    }
    assert!(LibvirtDomain::parse(b"<domain>\xff</domain>").is_err());
    let deep = format!("<domain>{}", "<a>".repeat(100_000));
    assert!(LibvirtDomain::parse(deep.as_bytes()).is_err());
}

fn run(text: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("g.xml");
    std::fs::write(&path, text).unwrap();
    let target = Simulation::default().open(&path, OpenOptions::default()).unwrap();
    assert_eq!(target.kind(), Kind::Libvirt);
    target.run().unwrap().run
}

#[test]
fn as_a_target() {
    let tree = Tree::new()
        .file("boot/grub/grub.cfg", "menuentry 'One' {\n  linux /k one\n}\nmenuentry 'Two' {\n  linux /k two\n}\n")
        .file("k", [b'K'; 5000]);
    let image = Image::whole(&Volume::ext4(tree));
    let disks = disk(&image.argument(), "dev='xvda'", "");
    let of = |bootloader: &str| run(&xml(PV, bootloader, &disks));
    let boots = of("<bootloader_args>--entry=1</bootloader_args>");
    assert_eq!(boots.verdict, Verdict::Boots);
    assert_eq!(boots.chosen.unwrap().args.unwrap(), "two");
    assert_eq!(boots.disk.unwrap().line, Some(5));
    let handover = boots.handover.unwrap();
    assert_eq!((handover.name, handover.error), ("libvirt", None));
    assert_eq!(handover.arguments.iter().rev().nth(1).unwrap(), "--entry=1");
    let usage = of("<bootloader_args>-q --entry=1</bootloader_args>");
    assert_eq!(usage.verdict, Verdict::Fails);
    let said = pregrub::explain::explain(&usage).unwrap();
    assert!(said.reason.contains("prints its usage"), "{}", said.reason);
    assert!(said.help.unwrap().contains("&#32;&#9;&#10;"));
    let error = usage.handover.unwrap().error.unwrap();
    assert!(error.message.starts_with("internal error: libxenlight failed to create new domain"), "{}", error.message);
}
