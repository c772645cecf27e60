//! What is in `contrib/`, with the programs that it is for.

use std::process::{Command, Output};

use super::host;
use crate::common::images::{Image, Tree, Volume};
use crate::common::program::{self, root};
use crate::common::tools;

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Plays the role on this machine as if it were the host.
fn play(host: &std::path::Path, more: &[&str]) -> Option<(bool, String)> {
    let playbook = tools::tool("ansible-playbook")?;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("play.yml");
    std::fs::write(&file, "- hosts: localhost\n  gather_facts: false\n  roles:\n    - role: pregrub\n").unwrap();
    let output = Command::new(playbook)
        .args(["-i", "localhost,", "-c", "local"])
        .arg("-e")
        .arg(format!("pregrub_executable={}", program::path().display()))
        .arg("-e")
        .arg(format!("pregrub_root={}", host.display()))
        .arg("-e")
        .arg("ansible_python_interpreter=/usr/bin/python3")
        .args(more)
        .arg(&file)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C.UTF-8")
        .env("HOME", directory.path())
        .env("ANSIBLE_ROLES_PATH", root().join("contrib/ansible/roles"))
        .env("ANSIBLE_LOCALHOST_WARNING", "false")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    Some((output.status.success(), text(&output)))
}

#[test]
fn the_role_fails_where_a_guest_does_not_come_back() {
    let folder = host::dom0();
    let Some((success, said)) = play(folder.path(), &[]) else { return };
    assert!(!success && said.contains("1 of 2 guests would not come back: db: "), "{said}");
    // It changes nothing, so that check mode says the same.
    let (success, said) = play(folder.path(), &["--check"]).unwrap();
    assert!(!success && said.contains("1 of 2 guests would not come back"), "{said}");
    // What fails already is not the upgrade's fault.
    let (success, said) = play(folder.path(), &["-e", "pregrub_to=4.17"]).unwrap();
    assert!(success && said.contains("changed=0"), "{said}");
    std::fs::remove_file(folder.path().join("etc/xen/auto/20-db.cfg")).unwrap();
    let (success, said) = play(folder.path(), &[]).unwrap();
    assert!(success, "{said}");
    let (success, said) = play(folder.path(), &["-e", "{\"pregrub_only_started\": false}"]).unwrap();
    assert!(!success && said.contains("nested"), "unknown guests count: {said}");
}

/// The controller prints what the module returns: a guest's text commands no runner that the playbook runs in, and steers no terminal.
#[test]
fn the_role_shows_what_a_guest_wrote_as_text() {
    if tools::tool("mke2fs").is_none() {
        return;
    }
    let folder = host::dom0();
    let image = |name: &str, title: &str, kernel: &str, arguments: &str| {
        let menu = format!("menuentry '{title}' {{\n  linux {kernel} {arguments}\n}}\n");
        let disk = Image::whole(&Volume::ext4(Tree::new().file("grub/grub.cfg", menu).file("k", "K")));
        folder.file(&format!("srv/{name}.img"), std::fs::read(disk.path()).unwrap());
        let domain =
            format!("name = \"{name}\"\nbootloader = \"pygrub\"\ndisk = [ \"/srv/{name}.img,raw,xvda,rw\" ]\n");
        folder.file(&format!("etc/xen/{name}.cfg"), domain);
    };
    image("fails", "A ##vso[task.nothing]x ##[nothing]y ##teamcity[nothing] ::nothing::z", "/nothing", "ro");
    image("boots", "B", "/k", "ro a\u{9b}31mx\u{202e}y\u{200b} ##vso[task.nothing]z");
    std::os::unix::fs::symlink("/nowhere", folder.path().join("etc/xen/l\u{1b}[31mx\u{9b}.cfg")).unwrap();
    for verbose in ["-v", "-vvv"] {
        let Some((success, said)) = play(folder.path(), &[verbose, "-e", "{\"pregrub_only_started\": false}"]) else {
            return;
        };
        assert!(!success && said.contains("would not come back"), "{said}");
        for forbidden in ["::nothing", "##vso[", "##[", "##teamcity[", "\u{9b}", "\u{202e}", "\u{200b}", "\u{1b}[31mx"]
        {
            assert!(!said.contains(forbidden), "{forbidden:?}: {said}");
        }
        assert!(said.contains("vso") && said.contains("nothing"), "{said}");
    }
}

/// What cannot be read may be any number of guests.
#[test]
fn the_role_fails_where_guests_are_hidden() {
    let folder = host::dom0();
    std::fs::remove_file(folder.path().join("etc/xen/auto/20-db.cfg")).unwrap();
    folder.file("var/lib/xcp/state.db", "this is no database");
    let Some((success, said)) = play(folder.path(), &[]) else { return };
    assert!(!success && said.contains("not every guest is known: cannot read /var/lib/xcp/state.db"), "{said}");
    let (success, said) = play(folder.path(), &["-e", "{\"pregrub_fail_on_unknown\": false}"]).unwrap();
    assert!(success && said.contains("cannot read /var/lib/xcp/state.db"), "{said}");
}

#[test]
fn systemd_accepts_the_units() {
    let Some(analyze) = tools::tool("systemd-analyze") else { return };
    let directory = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join("contrib/systemd/pregrub-host.service")).unwrap();
    let text = text.replace("ExecStart=pregrub ", &format!("ExecStart={} ", program::path().display()));
    std::fs::write(directory.path().join("pregrub-host.service"), text).unwrap();
    std::fs::copy(root().join("contrib/systemd/pregrub-host.timer"), directory.path().join("pregrub-host.timer"))
        .unwrap();
    let output = Command::new(analyze)
        .args(["verify", "--man=no", "--recursive-errors=no"])
        .arg(directory.path().join("pregrub-host.service"))
        .arg(directory.path().join("pregrub-host.timer"))
        .output()
        .unwrap();
    assert!(output.status.success() && self::text(&output).trim().is_empty(), "{}", self::text(&output));
}
