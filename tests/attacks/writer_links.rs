//! Whatever else writes files, into a guest's tree whose links lead to the host.

use std::fs;
use std::os::unix::fs::symlink;

use super::machine::{Host, TRICKS, within};
use crate::common::{program, tools};

const CONFIGURATION: &str = "set default=\"B\"\nmenuentry \"A\" {\n  linux /a\n}\nmenuentry \"B\" {\n  linux /b\n}\n";

#[test]
fn a_fix_follows_no_link() {
    let host = Host::new();
    let mut fixed = 0;
    for place in ["boot", "boot/grub", "boot/grub/grub.cfg"] {
        for trick in TRICKS {
            let what = format!("{trick:?} in the place of {place}");
            let directory = tempfile::tempdir().unwrap();
            let root = directory.path().canonicalize().unwrap().join("guest");
            fs::create_dir_all(root.join("boot/grub")).unwrap();
            let file = root.join("boot/grub/grub.cfg");
            fs::write(&file, CONFIGURATION).unwrap();
            // The host's has the same fault.
            let target = match place {
                "boot" => "boot",
                "boot/grub" => "boot/grub",
                _ => "etc/grub.cfg",
            };
            trick.play(&root, place, &host, target);
            let named = file.to_str().unwrap().to_owned();
            let ended = within(60, &what, move || program::run(&["lint", "--no-config", "--fix", &named]));
            host.assert_untouched(&what);
            assert_ne!(ended.status, 0, "{what}: {}", ended.whole());
            fixed += usize::from(
                ended.stderr.contains("is a symbolic link, which is not followed: name the file itself, `"),
            );
        }
    }
    // Those that lead to a configuration with a fix, and say so.
    assert!(fixed >= 3, "{fixed}");
}

#[test]
fn generated_files_follow_no_link() {
    let host = Host::new();
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap().join("guest");
    fs::create_dir_all(root.join("real")).unwrap();
    symlink(host.path("etc"), root.join("etc")).unwrap();
    symlink(host.path("etc/shadow"), root.join("real/file")).unwrap();
    symlink(host.path("etc/new"), root.join("real/new")).unwrap();
    symlink(host.path("fifo"), root.join("real/fifo")).unwrap();
    for file in ["etc/file", "etc/shadow", "real/file", "real/new", "real/fifo"] {
        let path = root.join(file);
        let path = path.to_str().unwrap();
        for force in [&[][..], &["--force"]] {
            for command in [&["generate", "nixos", "-o", path][..], &["init", path]] {
                if command[0] == "init" && tools::tool("mke2fs").is_none() {
                    continue;
                }
                let all: Vec<String> = command.iter().chain(force).map(|word| (*word).to_owned()).collect();
                let what = all.join(" ");
                let ended =
                    within(60, &what, move || program::run(&all.iter().map(String::as_str).collect::<Vec<_>>()));
                assert_eq!(ended.status, 2, "{what}: {}", ended.whole());
                host.assert_untouched(&what);
            }
        }
    }
    let recipe = ["--boot-disk", "/dev/a", "--root-disk", "/dev/b", "--iso", "/iso"];
    for place in ["etc", "etc/recipe", "real/new"] {
        let path = root.join(place);
        let ended = program::run(&[&["generate", "recipe", path.to_str().unwrap(), "--force"][..], &recipe].concat());
        assert_eq!(ended.status, 2, "{place}: {}", ended.whole());
        host.assert_untouched(place);
    }
    let image = program::corpus("images/recipe.img");
    for file in ["etc/report.html", "etc/shadow", "real/file", "real/new", "real/fifo"] {
        let path = root.join(file).to_str().unwrap().to_owned();
        let arguments = ["report", "--no-compare", &image, "-o", &path].map(str::to_owned);
        let ended = within(60, file, move || program::run(&arguments.each_ref().map(String::as_str)));
        assert_eq!(ended.status, 2, "{file}: {}", ended.whole());
        host.assert_untouched(file);
    }
    assert_eq!(fs::read_dir(root.join("real")).unwrap().count(), 3);
}

/// In a directory that others can write: the programs that make the filesystem are not given a name that could be another file's by then.
#[test]
fn an_image_is_made_in_the_file_that_is_held() {
    use std::os::unix::fs::PermissionsExt;
    let Some(mke2fs) = tools::tool("mke2fs") else { return tools::skipped("mke2fs") };
    let host = Host::new();
    let directory = tempfile::tempdir().unwrap();
    let (foreign, programs) = (directory.path().join("foreign"), directory.path().join("bin"));
    fs::create_dir(&foreign).unwrap();
    fs::create_dir(&programs).unwrap();
    let image = foreign.join("boot.img");
    for trick in ["rm \"$f\"; ln -s HOST \"$f\"", "rm \"$f\"; : > \"$f\"", "rm \"$f\""] {
        let trick = trick.replace("HOST", host.path("etc/shadow").to_str().unwrap());
        let script = format!(
            "#!/bin/sh\nfor f in {}/.pregrub-*; do {trick}; done\nexec {} \"$@\"\n",
            foreign.display(),
            mke2fs.display()
        );
        let program = programs.join("mke2fs");
        fs::write(&program, script).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
        let output = program::command(&["init", image.to_str().unwrap()]).env("PATH", path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{trick}: {said}");
        host.assert_untouched(&trick);
        assert!(image.symlink_metadata().is_err(), "{trick}");
    }
    let output = program::command(&["init", image.to_str().unwrap()]).output().unwrap();
    assert!(output.status.success() && fs::read_dir(&foreign).unwrap().count() <= 2);
}

/// A tree without tricks is written to.
#[test]
fn a_tree_without_links_is_written_to() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    let module = root.join("module.nix");
    assert_eq!(program::run(&["generate", "nixos", "-o", module.to_str().unwrap()]).status, 0);
    assert!(fs::read_to_string(module).unwrap().contains("boot.loader"));
    fs::write(root.join("grub.cfg"), CONFIGURATION).unwrap();
    let file = root.join("grub.cfg");
    assert_eq!(program::run(&["lint", "--no-config", "--fix", file.to_str().unwrap()]).status, 0);
    assert!(fs::read_to_string(file).unwrap().starts_with("set default=\"1\"\n"));
}
