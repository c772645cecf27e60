//! A disk whose first bytes look like an image that names other files: a guest writes a raw disk from its first byte on.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::program::{corpus, run};
use crate::common::tools;

const SECRET: &str = "TOKEN=of-the-host";

/// In the name of the kernel of the other guest.
const KERNEL: &str = "v54baxg4hq5s5y9fcqp1rilaq585ill0";

/// A directory as a runner's checkout or a host's images: a file of the host's, and another guest's disk.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".env"), SECRET.repeat(64)).unwrap();
    fs::copy(corpus("images/recipe.img"), folder.path().join("other.img")).unwrap();
    folder
}

/// A descriptor whose extents are these, at the start of a file of so many bytes.
fn descriptor(path: &Path, extents: &str, length: u64) {
    let text = format!(
        "# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType=\"monolithicFlat\"\n\n{extents}\n\n\
         ddb.adapterType = \"ide\"\n"
    );
    fs::write(path, text).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_len(length).unwrap();
}

fn assert_nothing_is_read(folder: &Path, image: &Path) {
    let image = image.to_str().unwrap();
    let list = folder.join("list");
    fs::write(&list, format!("{image}\n")).unwrap();
    for args in [
        &["check", "--format", "json", image][..],
        &["check", "-v", image],
        &["check", "--recursive", image],
        &["check", "--targets-from", list.to_str().unwrap()],
        &["check", "--format", "sarif", image],
        &["cat", image],
        &["cat", image, "/grub/grub.cfg"],
        &["entries", image],
        &["trace", image],
        &["compare", image],
        &["grub", image],
        &["report", "--no-compare", image, "-o", "-"],
    ] {
        let ended = run(args);
        assert_ne!(ended.status, 0, "{args:?}: {}", ended.whole());
        let whole = ended.whole();
        assert!(!whole.contains("of-the-host") && !whole.contains(KERNEL), "{args:?}: {whole}");
    }
}

#[test]
fn a_descriptor_names_no_file_of_the_host() {
    let folder = folder();
    let image = folder.path().join("guest.img");
    let size = fs::metadata(folder.path().join("other.img")).unwrap().len() / 512;
    for extents in [
        format!("RW {size} FLAT \"other.img\" 0"),
        format!("RW 2 FLAT \".env\" 0\nRW {size} FLAT \"guest.img\" 2"),
        format!("RW {size} SPARSE \"other.img\""),
    ] {
        for length in [4096, 64 << 20] {
            descriptor(&image, &extents, length);
            assert_nothing_is_read(folder.path(), &image);
        }
    }
}

#[test]
fn a_header_names_no_file_of_the_host() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return tools::skipped("qemu-img") };
    let folder = folder();
    let make = |args: &[&str]| {
        let output = Command::new(&qemu_img).args(args).current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let image = folder.path().join("guest.img");
    for (format, with) in
        [("qcow2", &["-F", "raw"][..]), ("qcow2", &["-F", "raw", "-o", "compat=0.10"]), ("qed", &["-F", "raw"])]
    {
        make(&[&["create", "-q", "-f", format, "-b", "other.img"], with, &["guest.img"]].concat());
        assert_nothing_is_read(folder.path(), &image);
    }
    // Who says the format has a chain in one directory judged.
    make(&["create", "-q", "-f", "qcow2", "-b", "other.img", "-F", "raw", "guest.img"]);
    let named = run(&["check", "--image-format", "qcow2", image.to_str().unwrap()]);
    assert!(named.status == 0 && named.stdout.contains(KERNEL), "{}", named.whole());
    // A backing file whose format nobody says may be a guest's disk with such a text.
    let text = folder.path().join("base.img");
    let size = fs::metadata(folder.path().join("other.img")).unwrap().len() / 512;
    descriptor(&text, &format!("RW {size} FLAT \"other.img\" 0"), 4096);
    make(&["create", "-q", "-u", "-f", "qcow", "-b", "base.img", "-F", "raw", "guest.img", "32M"]);
    let ended = run(&["check", "--image-format", "qcow", image.to_str().unwrap()]);
    assert!(ended.status != 0 && !ended.whole().contains(KERNEL), "{}", ended.whole());
}

/// What is printed to be pasted reads nothing of the host either: QEMU goes by the first bytes unless it hears a format, and opens what
/// they name.
#[test]
fn no_advice_has_qemu_open_what_a_guest_names() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return tools::skipped("qemu-img") };
    let folder = folder();
    let image = folder.path().join("guest.img");
    let secret = folder.path().join(".env");
    let make_qcow2 = || {
        let made = Command::new(&qemu_img)
            .args(["create", "-q", "-f", "qcow2", "-u", "-F", "raw", "-b"])
            .args([&secret, &image])
            .arg("1M")
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        fs::File::options().write(true).open(&image).unwrap().set_len(16 << 20).unwrap();
    };
    let make_vmdk = || descriptor(&image, "RW 2048 FLAT \".env\" 0", 4096);
    let domain = folder.path().join("dom.cfg");
    let text = "name = 'a'\nmemory = 512\nbootloader = 'pygrub'\n";
    fs::write(&domain, format!("{text}disk = ['{},raw,xvda,w']\n", image.display())).unwrap();
    for make in [&make_qcow2 as &dyn Fn(), &make_vmdk] {
        make();
        let (image, domain) = (image.to_str().unwrap(), domain.to_str().unwrap());
        for args in
            [&["check", image][..], &["check", "--image-format", "raw", image], &["check", domain], &["lint", image]]
        {
            let ended = run(args);
            let words = ended.whole().split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
            for (at, _) in words.match_indices("qemu-img convert") {
                assert!(words[at..].starts_with("qemu-img convert -f "), "{args:?}: {words}");
                let before = &words[..at];
                assert!(before.contains("if the guest was given a raw disk"), "{args:?}: {words}");
                assert!(before.contains("if the image was made in this format"), "{args:?}: {words}");
            }
            assert!(!words.contains("descriptor names"), "{args:?}: {words}");
        }
        let ended = run(&["check", image]);
        let words = ended.whole().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("give --image-format raw if the guest was given a raw disk, and let no other program read that as an image"), "{words}");
    }
}

/// A copy is no longer than its disk.
#[test]
fn a_file_that_claims_more_than_its_disk_is_not_copied() {
    let Some(mke2fs) = tools::tool("mke2fs") else { return tools::skipped("mke2fs") };
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    fs::create_dir_all(tree.join("boot/grub")).unwrap();
    for (name, length) in [("k", 100 << 30), ("boot/grub/grub.cfg", 40 << 30)] {
        fs::File::create(tree.join(name)).unwrap().set_len(length).unwrap();
    }
    let disk = folder.path().join("disk.img");
    fs::File::create(&disk).unwrap().set_len(8 << 20).unwrap();
    let made = Command::new(mke2fs)
        .args(["-q", "-F", "-t", "ext4", "-b", "4096", "-d"])
        .args([&tree, &disk])
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let path = disk.to_str().unwrap();
    for args in [&["cat", path, "/k"][..], &["cat", path, "/boot/grub/grub.cfg"]] {
        let ended = run(args);
        assert!(ended.status == 1 && ended.stderr.contains("disk"), "{args:?}: {}", ended.whole());
    }
}

/// A chain of three whose names are relative, from a directory that is named relatively: QEMU's answer is the right one.
#[test]
fn a_chain_that_is_followed_is_the_one_that_qemu_follows() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return tools::skipped("qemu-img") };
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("disks/disks/sub")).unwrap();
    fs::create_dir_all(folder.path().join("disks/sub")).unwrap();
    let good = folder.path().join("disks/sub/base.img");
    fs::copy(corpus("images/recipe.img"), &good).unwrap();
    // What a path that is joined twice leads to.
    fs::copy(corpus("images/nixos-default.img"), folder.path().join("disks/disks/sub/base.img")).unwrap();
    let make = |name: &str, below: &str, format: &str| {
        let args = ["create", "-q", "-u", "-f", "qcow2", "-b", below, "-F", format, name, "32M"];
        let output = Command::new(&qemu_img).args(args).current_dir(folder.path().join("disks")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    make("sub/middle.qcow2", "base.img", "raw");
    make("top.qcow2", "sub/middle.qcow2", "qcow2");
    let output = Command::new(&qemu_img)
        .args(["info", "--backing-chain", "--output=json", "disks/top.qcow2"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let chain = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(chain.contains("disks/sub/base.img") && !chain.contains("disks/disks"), "{chain}");
    let run = |target: &str, options: &[&str]| {
        let mut command = crate::common::program::command(&["check", target]);
        let output = command.args(options).current_dir(folder.path()).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).replace(target, ""))
    };
    let followed = run("disks/top.qcow2", &["--follow-backing-files"]);
    assert_eq!(followed.0, Some(0), "{}", followed.1);
    assert!(followed.1.contains(KERNEL), "{}", followed.1);
}

/// The log of the kernel is a regular file by its mode, and reading it waits for the next message; so does opening a FIFO.
#[test]
fn a_backing_file_that_waits_is_not_waited_for() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return tools::skipped("qemu-img") };
    let folder = tempfile::tempdir().unwrap();
    super::machine::fifo(&folder.path().join("fifo"));
    let image = folder.path().join("top.qcow2");
    for below in
        [folder.path().join("fifo"), "/proc/kmsg".into(), "/proc/sys/kernel/random/uuid".into(), "/dev/zero".into()]
    {
        let args = ["create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", below.to_str().unwrap()];
        let output = Command::new(&qemu_img).args(args).arg(&image).arg("32M").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let target = image.to_str().unwrap().to_owned();
        let ended = super::machine::within(30, &format!("{below:?}"), move || {
            run(&["check", "--follow-backing-files", &target])
        });
        assert_ne!(ended.status, 0, "{below:?}: {}", ended.whole());
    }
}

/// In a checkout the caller, or a domain of the commit, says the format of a commit's image.
#[test]
fn an_image_of_a_commit_reaches_nothing_beside_it() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return tools::skipped("qemu-img") };
    let folder = tempfile::tempdir().unwrap();
    let below = |name: &str| folder.path().join(name);
    for directory in ["", ".git", "a/.Git"] {
        fs::create_dir_all(below(directory)).unwrap();
        fs::copy(corpus("images/recipe.img"), below(directory).join("other.img")).unwrap();
        fs::copy(corpus("images/recipe.img"), below(directory).join(".other.img")).unwrap();
    }
    let check = |backing: &str, runner: bool, options: &[&str]| {
        let args = ["create", "-q", "-u", "-f", "qcow2", "-F", "raw", "-b", backing, "top.qcow2", "32M"];
        assert!(Command::new(&qemu_img).args(args).current_dir(folder.path()).status().unwrap().success());
        fs::write(
            below("web.cfg"),
            format!("name = 'web'\nbootloader = 'pygrub'\ndisk = ['{},qcow2,xvda,rw']\n", below("top.qcow2").display()),
        )
        .unwrap();
        let mut said = Vec::new();
        for target in [&["--image-format", "qcow2", "top.qcow2"][..], &["web.cfg"]] {
            let mut command = crate::common::program::command(&["check", "--until", "pygrub"]);
            if runner {
                command.env("GITHUB_ACTIONS", "true");
            }
            let output = command.args(options).args(target).current_dir(folder.path()).output().unwrap();
            said.push(String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned());
        }
        said
    };
    for said in check("other.img", false, &[]).into_iter().chain(check("other.img", true, &["--follow-backing-files"]))
    {
        assert!(said.contains(KERNEL), "{said}");
    }
    for said in check("other.img", true, &[]) {
        assert!(!said.contains(KERNEL) && said.contains("a commit may have made the image"), "{said}");
    }
    for command in ["cat", "entries", "trace", "grub", "compare"] {
        let mut command = crate::common::program::command(&[command, "web.cfg"]);
        let output = command.env("CI", "true").current_dir(folder.path()).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!said.contains(KERNEL), "{said}");
    }
    for backing in [".other.img", ".git/other.img", "a/.Git/other.img", "a/../.git/../.git/other.img"] {
        for said in check(backing, false, &[]) {
            assert!(!said.contains(KERNEL) && said.contains("is hidden"), "{backing}: {said}");
        }
        for said in check(backing, false, &["--follow-backing-files"]) {
            assert!(said.contains(KERNEL), "{backing}: {said}");
        }
    }
}

/// Bytes of a footer or a dynamic header with its checksum.
fn summed(mut bytes: Vec<u8>, own: usize) -> Vec<u8> {
    bytes[own..own + 4].fill(0);
    let sum = !bytes.iter().fold(0_u32, |sum, &byte| sum.wrapping_add(u32::from(byte)));
    bytes[own..own + 4].copy_from_slice(&sum.to_be_bytes());
    bytes
}

/// A dynamic VHD ends with its last block while a program has it open: what looks like a footer there is the guest's.
#[test]
fn a_footer_that_a_guest_writes_names_no_file() {
    let Some(qemu_img) = tools::tool("qemu-img") else { return };
    let folder = folder();
    let place = |name: &str| folder.path().join(name);
    const BLOCK: usize = 2 << 20;
    let mut disk = vec![0; 4 * BLOCK];
    disk[3 * BLOCK..].fill(b'A');
    fs::write(place("guest.raw"), disk).unwrap();
    let made = Command::new(qemu_img)
        .current_dir(folder.path())
        .args(["convert", "-f", "raw", "-O", "vpc", "-o", "subformat=dynamic,force_size=on", "guest.raw", "guest.vhd"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let honest = fs::read(place("guest.vhd")).unwrap();
    let at = honest.windows(64).position(|window| window == [b'A'; 64]).unwrap();
    // What the guest has in its last block: a name, a table without blocks, a header, a footer.
    let (name, table, header_at) = (at + 4096, at + 8192, at + 65536);
    let mut header = vec![0; 1024];
    header[..16].copy_from_slice(b"cxsparse\xff\xff\xff\xff\xff\xff\xff\xff");
    header[16..24].copy_from_slice(&(table as u64).to_be_bytes());
    for (at, value) in [(24, 0x10000), (28, 16), (32, BLOCK as u32)] {
        header[at..at + 4].copy_from_slice(&value.to_be_bytes());
    }
    let url = b"file://./other.img";
    header[576..580].copy_from_slice(b"MacX");
    header[580..588].copy_from_slice(&[0, 0, 2, 0, 0, 0, 0, url.len() as u8]);
    header[592..600].copy_from_slice(&(name as u64).to_be_bytes());
    let footer = |kind: u8| {
        let mut footer = vec![0; 512];
        footer[..8].copy_from_slice(b"conectix");
        footer[8..16].copy_from_slice(&[0, 0, 0, 2, 0, 1, 0, 0]);
        footer[16..24].copy_from_slice(&(header_at as u64).to_be_bytes());
        for at in [40, 48] {
            footer[at..at + 8].copy_from_slice(&(16 * BLOCK as u64).to_be_bytes());
        }
        footer[63] = kind;
        summed(footer, 64)
    };
    let check = |bytes: &[u8], format: &str, name: &str| {
        fs::write(place(name), bytes).unwrap();
        let domain = format!(
            "name = \"a\"\nbootloader = \"pygrub\"\ndisk = [ \"format={format},vdev=xvda,access=w,target={}\" ]\n",
            place(name).display()
        );
        fs::write(place("a.cfg"), domain).unwrap();
        let image = place(name);
        [
            vec!["check", "-v", "--image-format", "vhd", image.to_str().unwrap()],
            vec!["check", "-v", "--as", "xl", place("a.cfg").to_str().unwrap()],
        ]
        .map(|arguments| run(&arguments).whole())
    };
    for kind in [2, 3, 4] {
        let mut bytes = honest.clone();
        bytes[name..name + url.len()].copy_from_slice(url);
        bytes[table..table + 64].fill(0xff);
        bytes[header_at..header_at + 1024].copy_from_slice(&summed(header.clone(), 36));
        bytes[at + BLOCK - 512..at + BLOCK].copy_from_slice(&footer(kind));
        for said in check(&bytes, "vhd", "closed.vhd") {
            assert!(!said.contains(KERNEL) && !said.contains("not the one at its start"), "{kind}: {said}");
        }
        for said in check(&bytes[..at + BLOCK], "vhd", "open.vhd") {
            assert!(!said.contains(KERNEL), "{kind}: {said}");
            // A fixed one would be the file itself.
            assert_eq!(said.contains("the footer at its end is not the one at its start"), kind != 2, "{kind}: {said}");
        }
    }
    // A fixed one begins with the guest's text: it counts only at the end, which is lost where somebody lengthens or cuts the file.
    let mut fixed = vec![0; 8 * BLOCK];
    let (name, table, header_at) = (4096, 8192, 65536);
    fixed[name..name + url.len()].copy_from_slice(url);
    fixed[table..table + 64].fill(0xff);
    header[16..24].copy_from_slice(&(table as u64).to_be_bytes());
    header[592..600].copy_from_slice(&(name as u64).to_be_bytes());
    fixed[header_at..header_at + 1024].copy_from_slice(&summed(header, 36));
    let mut first = footer(4);
    first[16..24].copy_from_slice(&(header_at as u64).to_be_bytes());
    fixed[..512].copy_from_slice(&summed(first, 64));
    let mut last = footer(2);
    last[16..24].fill(0xff);
    let closed = [&fixed[..], &summed(last, 64)].concat();
    for (bytes, is_cut) in [
        (closed.clone(), false),
        ([&closed[..], &[0; 4096]].concat(), true),
        (fixed.clone(), true),
        (fixed[..4 * BLOCK].to_vec(), true),
    ] {
        for said in check(&bytes, "vhd", "fixed.vhd") {
            assert!(!said.contains(KERNEL), "{said}");
            assert_eq!(said.contains("a guest may have written the one at its start"), is_cut, "{said}");
        }
        let image = place("fixed.vhd");
        let followed =
            run(&["check", "--image-format", "vhd", "--follow-backing-files", image.to_str().unwrap()]).whole();
        assert_eq!(followed.contains(KERNEL), is_cut, "{followed}");
    }
    // Without the guest's text it is read by the copy at its start.
    for said in check(&honest[..at + BLOCK], "vhd", "open.vhd") {
        assert!(!said.contains("footer") && !said.contains("cannot be read"), "{said}");
    }
}
