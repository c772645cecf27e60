//! Files whose length is a lie: larger than their disk, or than the limit.

use std::time::{Duration, Instant};

use super::handed_over::{Host, drop_in, stderr};
use crate::common::images::{Filesystem, Image, Tree, Volume};
use crate::common::program;

const CONFIG: &str = "menuentry 'A' {\n linux /k ro\n initrd /i\n}\nmenuentry 'B' {\n linux /k\n}\n";

/// A disk of 16 MiB, one of whose files claims to be 8 TiB long, nearly all of it a hole.
fn sparse(file: &str) -> Image {
    let tree = Tree::new().file("/boot/grub/grub.cfg", CONFIG).file("/k", "a kernel").file("/i", "an initrd");
    let image = Image::whole(&Volume::new(Filesystem::ext("ext4", &["-b", "4096"]), tree).sized(16 << 20));
    image.debugfs(&format!("set_inode_field {file} size {}\n", 8_u64 << 40));
    image
}

#[test]
fn a_file_larger_than_its_disk_is_not_copied() {
    for (file, what) in [("/k", "kernel"), ("/i", "initrd")] {
        let image = sparse(file);
        for release in ["4.1", "4.6.0", "4.17", "4.22"] {
            for raised in ["", "99999999"] {
                let (host, began) = (Host::new(), Instant::now());
                let mut command = drop_in(release, &[]);
                if !raised.is_empty() {
                    command.env("PREGRUB_MAX_FILE_SIZE_MB", raised);
                }
                let output = command.args(host.options()).arg(image.path()).output().unwrap();
                let told = stderr(&output);
                assert_eq!(output.status.code(), Some(1), "{told}");
                host.assert_nothing(&told);
                let claims = format!("{what} claims 8796093022208 bytes, and its whole disk has 16777216");
                assert!(told.contains(&claims) || told.contains("`/"), "{told}");
                assert!(told.contains("8796093022208 bytes"), "{told}");
                assert!(began.elapsed() < Duration::from_secs(20));
            }
        }
        let argument = image.argument();
        let check = program::run(&["check", "-q", "--format", "json", &argument]);
        let json: serde_json::Value = serde_json::from_str(&check.stdout).unwrap();
        let found = json["findings"].as_array().unwrap().iter().find(|one| one["code"] == "PG605").unwrap();
        assert_eq!((check.status, &json["verdict"], &found["severity"]), (1, &"fails".into(), &"error".into()));
        let message = found["message"].as_str().unwrap();
        assert_eq!(message, format!("the {what} `{file}` claims 8796093022208 bytes, and its whole disk has 16777216"));
    }
}

/// Under `--runas` as well, where pygrub has a limit of its own.
#[test]
fn nor_as_another_user() {
    if !rustix::process::getuid().is_root() {
        eprintln!("SKIPPED: --runas takes root");
        return;
    }
    let (host, image) = (Host::new(), sparse("/k"));
    let output = drop_in("4.22", &["--runas=65534"]).args(host.options()).arg(image.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    host.assert_nothing(&stderr(&output));
}

#[test]
fn the_limit_can_be_moved() {
    let tree = Tree::new().file("/boot/grub/grub.cfg", CONFIG).file("/k", vec![b'k'; 2 << 20]).file("/i", "an initrd");
    let image = Image::whole(&Volume::ext4(tree).sized(16 << 20));
    let run = |ours: Option<&str>, theirs: Option<&str>| {
        let host = Host::new();
        let mut command = drop_in("4.17", &[]);
        let variables = [("PREGRUB_MAX_FILE_SIZE_MB", ours), ("PYGRUB_MAX_FILE_SIZE_MB", theirs)];
        command.envs(variables.into_iter().filter_map(|(name, value)| Some((name, value?))));
        let output = command.args(host.options()).arg(image.path()).output().unwrap();
        (output.status.code(), host.left().len(), stderr(&output))
    };
    for (ours, theirs) in [(None, None), (Some("2"), None), (None, Some("2")), (Some("2"), Some("1"))] {
        let (status, left, stderr) = run(ours, theirs);
        assert_eq!((status, left), (Some(0), 2), "{stderr}");
    }
    for (ours, theirs) in [(Some("1"), None), (None, Some("1")), (Some("1"), Some("2"))] {
        let (status, left, stderr) = run(ours, theirs);
        assert_eq!((status, left), (Some(1), 0), "{stderr}");
        assert!(stderr.contains("has 2097152 bytes, and at most 1048576 are copied"), "{stderr}");
        assert!(stderr.contains("PREGRUB_MAX_FILE_SIZE_MB"), "{stderr}");
    }
    let (status, left, stderr) = run(Some("much"), None);
    assert_eq!((status, left), (Some(1), 0));
    assert!(stderr.contains("PREGRUB_MAX_FILE_SIZE_MB: invalid literal"), "{stderr}");
}
