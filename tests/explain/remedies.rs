//! The kind of a way out is data, and one that can be tried has been tried.

use std::fs;
use std::path::Path;

use pregrub::explain::{ConfigurationMove, Remedy};
use pregrub::simulation::{Outcome, Simulation};

const MENU: &str = "menuentry \"Linux\" {\n  linux /boot/vmlinuz root=/dev/xvda1 ro\n  initrd /boot/initrd.img\n}\n";

fn boots(target: &Path) -> bool {
    matches!(Simulation::default().run(target).unwrap().outcome(), Outcome::Boots(_))
}

fn remedy(target: &Path) -> Remedy {
    match Simulation::default().run(target).unwrap().outcome() {
        Outcome::Fails { explanation, .. } => explanation.remedy.clone().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// A guest's root in `folder` with its menu at `menu`.
fn guest(folder: &Path, menu: &str, files: &[&str]) {
    for file in files.iter().chain([&menu]) {
        let path = folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, if *file == menu { MENU } else { "x" }).unwrap();
    }
}

/// What is said of the run with the file moved is what comes once it is moved.
#[test]
fn a_configuration_to_move_is_tried_where_it_goes() {
    for (files, expected) in [(&["boot/vmlinuz", "boot/initrd.img"][..], true), (&["boot/initrd.img"], false)] {
        let folder = tempfile::tempdir().unwrap();
        guest(folder.path(), "boot/grub.cfg", files);
        let Remedy::MoveConfiguration { from, to, how, then } = remedy(folder.path()) else { panic!("a file to move") };
        assert_eq!(
            (from.as_str(), to.as_str(), how),
            ("/boot/grub.cfg", "/boot/grub/grub.cfg", ConfigurationMove::Copy)
        );
        assert_eq!(then.is_none(), expected, "{then:?}");
        let to = folder.path().join(&to[1..]);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(folder.path().join(&from[1..]), to).unwrap();
        assert_eq!(boots(folder.path()), expected);
    }
}

#[test]
fn a_root_to_take_out_of_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    guest(&folder.path().join("rootfs"), "boot/grub/grub.cfg", &["boot/vmlinuz", "boot/initrd.img"]);
    assert_eq!(remedy(folder.path()), Remedy::MoveRoot { from: "/rootfs".to_owned() });
    assert!(boots(&folder.path().join("rootfs")));
}

#[test]
fn a_domain_that_xl_refuses_has_a_setting_to_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("guest.cfg");
    for (text, help) in [
        ("name = 'g'\nbootloader = 'pygrub'\ndisk = [ '/srv/g.img,raw,xvda,rw'\n", "close the list with `]`"),
        ("name = 'g'\nbootloader = 'pygrub'\ndisk = '/srv/g.img,raw,xvda,rw'\n", "put the disk in brackets"),
    ] {
        fs::write(&path, text).unwrap();
        let remedy = remedy(&path);
        assert_eq!(remedy.name(), "domain-setting");
        assert!(remedy.to_string().contains(help), "{remedy}");
    }
}
