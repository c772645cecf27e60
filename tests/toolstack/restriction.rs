//! `--runas` and its limits, beside the installed pygrub where this process may ask it (as root).

use std::process::Command;

use pregrub::boot::{Caller, Options, Run, Toolstack, Verdict};
use pregrub::release::Release;
use pregrub::simulation::Simulation;

use crate::common::images::{Image, Tree, Volume};

/// An initrd of so many MiB: a hole with a byte at each end.
fn image(mib: u64) -> Image {
    let len = mib << 20;
    let tree = Tree::new()
        .file("boot/grub/grub.cfg", "menuentry 'One' {\n  linux /boot/k ro quiet\n  initrd /boot/i\n}\n")
        .file("boot/k", [b'K'; 5000])
        .sparse("boot/i", len, vec![(0, b"x".to_vec()), (len - 1, b"y".to_vec())]);
    Image::whole(&Volume::ext4(tree).sized(160 << 20))
}

fn run(image: &Image, release: &str, caller: Caller) -> Run {
    let release = release.parse().unwrap();
    let simulation = Simulation::from(Options { release, interactive: Some(false), caller, ..Options::default() });
    simulation.run(image.argument()).unwrap().run
}

fn restricted(max_file_size: Option<&str>) -> Caller {
    Caller { toolstack: Some(Toolstack::Xl), restricted: true, max_file_size: max_file_size.map(Into::into) }
}

/// What the installed pygrub (4.17.7) writes and how it ends, as root.
fn pygrub(image: &Image, restricted: bool) -> Option<(i32, bool, String)> {
    if !rustix::process::getuid().is_root() {
        eprintln!("skipped: only root can ask pygrub with --runas");
        return None;
    }
    let oracle = crate::common::oracle::Oracle::find()?;
    let folder = tempfile::tempdir().unwrap();
    Command::new("chmod").args(["644", &image.argument()]).status().unwrap();
    let mut command = Command::new(&oracle.pygrub);
    if restricted {
        command.arg("--runas=60001");
    }
    let directory = format!("--output-directory={}", folder.path().display());
    let output = command.args(["-q", "--output-format=simple", &directory, &image.argument()]).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    // In a container that cannot unshare, it fails before it comes to the limit.
    if restricted && stderr.contains("Operation not permitted") {
        eprintln!("skipped: this container lets pygrub --runas do nothing");
        return None;
    }
    Some((output.status.code().unwrap_or(-1), !output.stdout.is_empty(), stderr))
}

#[test]
fn an_initrd_of_129_mib() {
    let image = image(129);
    let free = run(&image, "4.17.7", Caller::default());
    assert_eq!((free.verdict, free.process.exit), (Verdict::Boots, 0));
    for release in ["4.15.6", "4.16.6", "4.17.3", "4.17.7", "4.18", "4.22"] {
        let run = run(&image, release, restricted(None));
        assert_eq!(run.verdict, Verdict::Fails, "{release}");
        assert!(run.process.stdout.is_empty() && run.process.exit == 0, "{release}: {:?}", run.process);
        let explanation = pregrub::explain::explain(&run).unwrap();
        let want = "the initrd `/boot/i` has 135266304 bytes, and a restricted pygrub writes at most 134217728: File too large";
        assert!(explanation.reason.starts_with(want), "{}", explanation.reason);
        let moves = explanation.help.unwrap().contains("PYGRUB_MAX_FILE_SIZE_MB=129");
        assert_eq!(moves, release == "4.22", "{release}");
    }
    // These do not know --runas.
    for release in ["4.14", "4.17.2"] {
        assert_eq!(run(&image, release, restricted(None)).verdict, Verdict::Boots, "{release}");
    }
    assert_eq!(run(&image, "4.19", restricted(Some("129"))).verdict, Verdict::Boots);
    assert_eq!(run(&image, "4.19", restricted(Some(" 1_28 "))).verdict, Verdict::Fails);
    let unreadable = run(&image, "4.17.7", restricted(Some("129")));
    let last = unreadable.process.stderr_last_line.to_string();
    assert_eq!(last, "TypeError: unsupported operand type(s) for <<: 'str' and 'int'");
    if let Some((exit, printed, stderr)) = pygrub(&image, true) {
        assert_eq!((exit, printed), (0, false), "{stderr}");
        assert!(stderr.contains("[Errno 27] File too large\nError writing temporary copy of ramdisk\n"), "{stderr}");
    }
}

#[test]
fn an_initrd_of_128_mib() {
    let image = image(128);
    assert_eq!(run(&image, "4.17.7", restricted(None)).verdict, Verdict::Boots);
    if let Some((exit, printed, stderr)) = pygrub(&image, true) {
        assert_eq!((exit, printed), (0, true), "{stderr}");
    }
}

/// `bootloader_restrict` of a domain, from the release on that knows it.
#[test]
fn by_the_domain() {
    let image = image(129);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guest");
    let text = format!(
        "name = \"g\"\nbootloader = \"pygrub\"\nbootloader_restrict = 1\ndisk = [ \"{},raw,xvda,w\" ]\n",
        image.argument()
    );
    std::fs::write(&path, text).unwrap();
    for (release, want) in [("4.17.7", Verdict::Boots), ("4.18", Verdict::Fails), ("4.22", Verdict::Fails)] {
        let run = Simulation::new(release.parse::<Release>().unwrap()).run(&path).unwrap().run;
        let handover = run.handover.as_ref().unwrap();
        assert_eq!((run.verdict, handover.name), (want, "xl"), "{release}");
        let room = "the copies of kernel and initrd need 130 MiB of free space in /var/lib/xen of dom0";
        assert_eq!(handover.notes.iter().any(|note| note == room), want == Verdict::Boots, "{:?}", handover.notes);
    }
}
