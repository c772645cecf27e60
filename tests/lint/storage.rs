//! The rules on disks, partitions and filesystems (PG3xx): disks by the real mkfs programs, sfdisk, xorriso and qemu-img, each with
//! what is found and, beside it, how the real pygrub ends.
//!
//! `INSTA_UPDATE=always cargo test --test integration lint::storage` accepts changed snapshots, after reading them.

use std::fs::{self, File};
use std::io::Write;
use std::process::{Command, Stdio};

use pregrub::boot::{Options, Verdict};
use pregrub::flavour::Flavour;
use pregrub::release::Release;

use super::fixture::{Linted, lint_disk};
use crate::common::images::{Filesystem, Image, Layout, Tree, Volume};
use crate::common::oracle::RunCase;
use crate::common::side_by_side;
use crate::common::tools;

/// The line of the pygrub that snapshots are made for.
const MINOR: u32 = 17;
const MIB: u64 = 1 << 20;

/// A disk, and the rules of the family that find something on it, each as often as it does.
struct Disk {
    name: &'static str,
    image: Image,
    found: &'static [&'static str],
    release: Option<&'static str>,
}

/// Disks to be looked at.
#[derive(Default)]
struct Disks(Vec<Disk>);

impl Disks {
    fn add(&mut self, name: &'static str, image: Image, found: &'static [&'static str]) {
        self.0.push(Disk { name, image, found, release: None });
    }

    fn add_for(&mut self, release: &'static str, name: &'static str, image: Image, found: &'static [&'static str]) {
        self.0.push(Disk { name, image, found, release: Some(release) });
    }

    /// Lints all of them; every difference is in the message.
    fn compare(&self) {
        let mut wrong = Vec::new();
        for disk in &self.0 {
            let linted = disk.lint(MINOR);
            let own: Vec<_> =
                linted.findings.iter().filter(|finding| finding.rule.code.starts_with("PG3")).cloned().collect();
            let codes: Vec<&str> = own.iter().map(|finding| finding.rule.code).collect();
            if codes != disk.found {
                wrong.push(format!("{}: {codes:?}, not {:?}\n{}", disk.name, disk.found, linted.shown(&own)));
            } else if !own.is_empty() {
                let compared = std::panic::catch_unwind(|| {
                    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
                        let name = format!("storage_{}", disk.name.replace(' ', "_"));
                        insta::assert_snapshot!(name, linted.shown(&own));
                    });
                });
                if compared.is_err() {
                    wrong.push(format!("{}: not as reviewed", disk.name));
                }
            }
        }
        wrong.extend(self.against_pygrub());
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// Whether what stops the boot does: the disks on which pygrub ends otherwise than the findings say.
    fn against_pygrub(&self) -> Vec<String> {
        let Some(oracle) = crate::common::oracle::Oracle::for_test("lint::storage::here") else { return Vec::new() };
        let disks: Vec<&Disk> = self.0.iter().filter(|disk| disk.release.is_none()).collect();
        let cases: Vec<RunCase> = disks
            .iter()
            .map(|disk| {
                let argv = vec!["-q".to_owned(), "--output-directory=@OUT".to_owned(), disk.image.argument()];
                RunCase::new(disk.name, argv)
            })
            .collect();
        let mut wrong = Vec::new();
        for (disk, answer) in disks.iter().zip(oracle.runs(&cases)) {
            let linted = disk.lint(oracle.minor);
            if linted.run.verdict == Verdict::Unknown {
                continue;
            }
            let stopping: Vec<&str> =
                linted.findings.iter().filter(|finding| finding.stops_boot).map(|finding| finding.rule.code).collect();
            // pygrub does not notice that what it hands over is damaged.
            let damaged = linted.run.verdict == Verdict::Fails && linted.run.process.exit == 0;
            if (answer.rc == Some(0) && !damaged) != stopping.is_empty() {
                wrong.push(format!(
                    "{}: pygrub ends with {:?}, and what stops the boot is {stopping:?}",
                    disk.name, answer.rc
                ));
            }
        }
        wrong
    }
}

impl Disk {
    fn lint(&self, minor: u32) -> Linted {
        let options = side_by_side::options(&["-q"]);
        let options = match self.release {
            Some(release) => {
                let release: Release = release.parse().expect("a release");
                Options { release, flavour: Flavour::Upstream, ..options }
            }
            None => side_by_side::installed(options, minor),
        };
        lint_disk(self.image.path(), options, None)
    }
}

fn small(tree: Tree) -> Volume {
    Volume::ext4(tree).sized(4 * MIB)
}

fn plain() -> Volume {
    small(Tree::bootable())
}

/// Runs a program on a script and fails where that fails.
fn pipe(program: &str, arguments: &[&str], image: &Image, script: &str) -> bool {
    let Some(program) = tools::tool(program) else { return false };
    let mut command = Command::new(program);
    command.args(arguments).arg(image.path()).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it runs");
    child.stdin.take().expect("piped").write_all(script.as_bytes()).expect("it reads");
    assert!(child.wait().expect("it ends").success(), "{arguments:?}");
    true
}

/// One slot of an MBR: type and first sector.
fn slot(kind: u8, start: u32) -> [u8; 16] {
    let mut slot = [0; 16];
    slot[4] = kind;
    slot[8..12].copy_from_slice(&start.to_le_bytes());
    slot[12..].copy_from_slice(&8192_u32.to_le_bytes());
    slot
}

/// Writes an MBR by hand, for tables that no tool makes.
fn table(image: &Image, slots: &[(u8, u32)]) {
    for (number, (kind, start)) in slots.iter().enumerate() {
        image.patch(446 + 16 * number as u64, &slot(*kind, *start));
    }
    image.patch(510, &[0x55, 0xaa]);
}

/// A btrfs as mkfs.btrfs makes it, whole.
fn btrfs() -> Option<Image> {
    let image = Image::of_bytes(&[]);
    File::options().write(true).open(image.path()).and_then(|file| file.set_len(128 * MIB)).expect("a sparse file");
    pipe("mkfs.btrfs", &["-q"], &image, "").then_some(image)
}

#[test]
fn filesystems() {
    let mut disks = Disks::default();
    disks.add("plain ext4", Image::whole(&plain()), &[]);
    disks.add("plain fat", Image::whole(&Volume::new(Filesystem::fat(12), Tree::bootable())), &[]);
    if let Some(image) = btrfs() {
        let head = fs::read(image.path()).expect("made above")[..2 * MIB as usize].to_vec();
        let raw = Volume::new(Filesystem::Raw(head), Tree::new());
        let esp = Volume::new(Filesystem::fat(12), Tree::new().file("/EFI/fedora/grub.cfg", "configfile x\n"));
        disks.add("btrfs", image, &["PG301"]);
        disks.add("efi partition and btrfs", Image::gpt(&[esp, raw.clone()]), &["PG301", "PG313"]);
        disks.add("btrfs behind a boot partition", Image::gpt(&[plain(), raw]), &[]);
    }
    let ext = |options: &[&str]| Image::whole(&Volume::new(Filesystem::ext("ext4", options), Tree::bootable()));
    disks.add("bigalloc", ext(&["-O", "bigalloc"]), &["PG302"]);
    let new = "metadata_csum_seed,inline_data,large_dir";
    disks.add("new features", ext(&["-O", new]), &[]);
    disks.add_for("4.4.1", "new features on an old host", ext(&["-O", new]), &["PG302"]);
    disks.add_for("4.10", "old features on an old host", ext(&["-O", "^metadata_csum_seed,^orphan_file"]), &[]);
    let xfs = |options: &[&str]| {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        Image::whole(&Volume::new(Filesystem::Xfs { options }, Tree::bootable()))
    };
    disks.add("xfs as made today", xfs(&[]), &["PG302"]);
    let old = ["-m", "crc=0,finobt=0,reflink=0,rmapbt=0", "-i", "sparse=0"];
    disks.add("xfs with ftype", xfs(&[&old[..], &["-n", "ftype=1"]].concat()), &["PG302"]);
    disks.add("xfs that works", Image::whole(&Volume::new(Filesystem::xfs4(), Tree::bootable())), &[]);

    let journal = Image::whole(&Volume::ext4(Tree::bootable()));
    journal.debugfs("feature needs_recovery\n");
    disks.add("journal not replayed", journal, &["PG303"]);
    disks.add("journal that is clean", Image::whole(&Volume::ext4(Tree::bootable())), &[]);

    // Two drivers: an old descriptor of ISO 9660 where ext4 has nothing that this test needs.
    let both = Image::whole(&plain());
    both.patch(0x8000, b"\x01CD001\x01");
    disks.add("two drivers", both, &["PG316"]);
    disks.compare();
}

#[test]
fn partitions() {
    let mut disks = Disks::default();
    let empty = || small(Tree::new());

    let logical = || {
        let image = Image::new(&Layout::At(vec![4 * MIB]), &[plain()]);
        let script = "label: dos\n2048,2048,83\n6144,,5\n8192,,83\n";
        pipe("sfdisk", &["-q", "--no-reread", "--no-tell-kernel"], &image, script);
        image
    };
    disks.add("logical", logical(), &["PG304"]);
    let alone = Image::new(&Layout::At(vec![4 * MIB]), &[empty()]);
    pipe("sfdisk", &["-q", "--no-reread", "--no-tell-kernel"], &alone, "label: dos\n6144,,5\n8192,,83\n");
    disks.add("extended without a configuration", alone, &["PG304"]);
    let beside = Image::new(&Layout::At(vec![MIB, 6 * MIB]), &[plain(), plain()]);
    pipe(
        "sfdisk",
        &["-q", "--no-reread", "--no-tell-kernel"],
        &beside,
        "label: dos\n2048,8192,83\n11264,,5\n12288,,83\n",
    );
    disks.add("logical beside a primary one that boots", beside, &[]);

    let large = |guid: bool| {
        let image = Image::new(&Layout::At(vec![4 * MIB]), &[plain()]);
        if guid {
            table(&image, &[(0xee, 1)]);
            let mut header = [0; 92];
            header[..8].copy_from_slice(b"EFI PART");
            header[72] = 2;
            header[80] = 128;
            header[84] = 128;
            image.patch(4096, &header);
            image.patch(8192 + 32, &1024_u64.to_le_bytes());
        } else {
            table(&image, &[(0x83, 1024)]);
        }
        image
    };
    disks.add("GPT of 4Kn", large(true), &["PG305"]);
    disks.add("MBR of 4Kn", large(false), &["PG305"]);
    disks.add("GPT", Image::gpt(&[plain()]), &[]);
    disks.add_for("4.3.1", "GPT of 4Kn where nothing is tried", large(true), &["PG305"]);

    disks.add("two that boot", Image::mbr(&[plain(), plain()]), &["PG307"]);
    disks.add("the second is empty", Image::mbr(&[plain(), empty()]), &[]);
    let lost = Tree::new().file("/grub/grub.cfg", "menuentry \"a\" {\n linux /gone\n}\n");
    disks.add("the first has no kernel", Image::gpt(&[small(lost), plain()]), &["PG307"]);
    disks.add_for("4.0", "two that boot for Xen 4.0", Image::mbr(&[plain(), plain()]), &[]);

    let broken = || small(Tree::new().file("/grub/grub.cfg", "menuentry \"a\" {\n linux ($drive1)//k\n}\n"));
    disks.add("the first is broken", Image::mbr(&[broken(), plain()]), &["PG308"]);
    disks.add("the first has no configuration", Image::mbr(&[empty(), plain()]), &[]);
    disks.add("all are broken", Image::mbr(&[broken(), broken()]), &[]);

    let swap = |kinds: &[(&'static str, bool)], volumes: &[Volume]| Image::new(&Layout::Mbr(kinds.to_vec()), volumes);
    disks.add("boot partition of type 82", swap(&[("82", false)], &[plain()]), &["PG314"]);
    disks.add("swap in front", swap(&[("82", false), ("83", false)], &[empty(), plain()]), &[]);
    let endless = Image::gpt(&[plain()]);
    endless.patch(512 + 80, &u32::MAX.to_le_bytes());
    disks.add("GPT without an end", endless, &["PG314"]);
    let far = Image::mbr(&[plain()]);
    table(&far, &[(0x82, 1 << 20), (0x83, 2048)]);
    disks.add("swap behind the end of the image", far, &["PG314"]);
    disks.compare();
}

#[test]
fn boot_sectors_and_images() {
    let mut disks = Disks::default();
    let coded = |volume: &Volume| {
        let image = Image::whole(volume);
        // Code and messages of a boot loader reach into the table.
        image.patch(446, b"GRUB Geom Hard Disk Read Error. No DEFAULT or UI configuration ");
        image.patch(510, &[0x55, 0xaa]);
        image
    };
    disks.add("boot code on ext4", coded(&plain()), &["PG309"]);
    disks.add("boot code on FAT", coded(&Volume::new(Filesystem::fat(12), Tree::bootable())), &["PG309"]);
    disks.add("boot code and no configuration", coded(&small(Tree::new().directory("/lost"))), &["PG301"]);
    let signed = Image::whole(&plain());
    signed.patch(510, &[0x55, 0xaa]);
    disks.add("an empty table", signed, &[]);

    let efi = Image::whole(&Volume::new(Filesystem::fat(12), Tree::new().file("/EFI/BOOT/BOOTX64.EFI", "MZ")));
    let hybrid = |tree: Tree| {
        let options =
            ["-R", "-append_partition", "2", "0xef", &efi.argument()].iter().map(|&word| word.to_owned()).collect();
        Image::whole(&Volume::new(Filesystem::Iso { options }, tree))
    };
    disks.add("hybrid iso", hybrid(Tree::bootable()), &["PG310"]);
    disks.add("hybrid iso without a configuration", hybrid(Tree::new().file("/live/vmlinuz", "k")), &["PG310"]);
    disks.add_for("4.4.1", "hybrid iso under Python 2", hybrid(Tree::bootable()), &[]);
    disks.add("iso", Image::whole(&Volume::new(Filesystem::iso(), Tree::bootable())), &[]);

    for (name, format, options, found) in [
        ("qcow2", "qcow2", "", &["PG311"][..]),
        ("vmdk", "vmdk", "subformat=monolithicSparse", &["PG311"]),
        ("dynamic vhd", "vpc", "subformat=dynamic", &["PG311"]),
        ("fixed vhd", "vpc", "subformat=fixed", &[]),
    ] {
        let Some(convert) = tools::tool("qemu-img") else { break };
        let (raw, image) = (Image::whole(&plain()), Image::of_bytes(&[]));
        let mut command = Command::new(convert);
        command.args(["convert", "-O", format]);
        if !options.is_empty() {
            command.args(["-o", options]);
        }
        assert!(command.arg(raw.path()).arg(image.path()).status().expect("it runs").success(), "{name}");
        disks.add(name, image, found);
    }
    disks.compare();
}

#[test]
fn what_is_on_the_filesystem() {
    let mut disks = Disks::default();
    disks.add("no configuration", Image::whole(&small(Tree::new().file("/vmlinuz", "k"))), &["PG313"]);
    let systemd =
        Tree::new().file("/loader/loader.conf", "timeout 5\n").file("/loader/entries/nixos.conf", "linux /k\n");
    disks.add("systemd-boot", Image::gpt(&[Volume::new(Filesystem::fat(12), systemd)]), &["PG313"]);
    disks.add(
        "root without boot",
        Image::whole(&small(Tree::new().file("/etc/fstab", "/dev/xvda / ext4\n"))),
        &["PG313"],
    );

    let good = ("/boot/grub/menu.lst", "title a\nkernel /boot/vmlinuz\n");
    let blocked = Tree::new().directory("/boot/grub/grub.cfg").file(good.0, good.1).file("/boot/vmlinuz", "k");
    disks.add("a directory for a configuration", Image::whole(&small(blocked.clone())), &["PG317"]);
    disks.add("a directory in front of a good partition", Image::mbr(&[small(blocked), plain()]), &["PG308"]);
    let fat = Tree::new().directory("/boot/grub/grub.cfg").file(good.0, good.1).file("/boot/vmlinuz", "k");
    disks.add("a directory on FAT", Image::whole(&Volume::new(Filesystem::fat(12), fat)), &[]);

    // Links and copies are no second configuration.
    let text = "menuentry \"a\" {\n linux /vmlinuz\n}\n";
    let linked = Tree::new()
        .file("/boot/grub/grub.cfg", text)
        .symlink("/boot/grub2", "grub")
        .file("/grub/grub.cfg", text)
        .file("/vmlinuz", "k");
    disks.add("the same configuration by another path", Image::whole(&small(linked)), &[]);
    let installer = Tree::bootable().file("/boot/isolinux/isolinux.cfg", "label a\nkernel /boot/vmlinuz\n");
    disks.add("an installer", Image::whole(&Volume::new(Filesystem::iso(), installer)), &["PG306"]);

    // A kernel that was written last, in an image that is then cut.
    let kernel = tempfile::NamedTempFile::new().expect("a file can be made");
    fs::write(kernel.path(), vec![b'k'; 2 << 20]).expect("a file can be written");
    let kernel = kernel.path().to_str().expect("temporary names are UTF-8");
    let tree = Tree::new().file("/grub/grub.cfg", "menuentry \"a\" {\n linux /k\n}\n");
    let cut_in_the_middle = |image: Image, length: Option<u64>| {
        let bytes = fs::read(image.path()).expect("made above");
        let middle = memchr::memmem::find(&bytes, &[b'k'; 4096]).expect("the kernel is there") as u64 + MIB;
        let file = File::options().write(true).open(image.path()).expect("made above");
        file.set_len(length.unwrap_or(middle)).expect("it can be cut");
        image
    };
    let ext = || {
        let image = Image::whole(&Volume::new(Filesystem::ext("ext4", &["-O", "^has_journal"]), tree.clone()));
        image.debugfs(&format!("write {kernel} k\n"));
        image
    };
    disks.add("whole", ext(), &[]);
    disks.add("cut inside the kernel", cut_in_the_middle(ext(), None), &["PG315"]);
    disks.add("cut behind everything", cut_in_the_middle(ext(), Some(7 * MIB)), &["PG315"]);
    let fat = Image::whole(&Volume::new(Filesystem::fat(12), tree.clone()));
    if let Some(mcopy) = tools::tool("mcopy") {
        let mut command = Command::new(mcopy);
        command.env("MTOOLS_SKIP_CHECK", "1").arg("-i").arg(fat.path()).args([kernel, "::k"]);
        assert!(command.status().expect("it runs").success());
        disks.add("cut inside the kernel on FAT", cut_in_the_middle(fat, None), &["PG315"]);
    }
    disks.compare();
}
