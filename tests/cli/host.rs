//! `pregrub host`.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::folder::Folder;
use crate::common::program::{Ended, root};

/// A dom0 of Debian 12 with guests of xl and libvirt, and with what lies in `/etc/xen` besides.
pub(super) fn dom0() -> Folder {
    let folder = Folder::new();
    folder.file("usr/lib/xen-4.17/bin/pygrub", "#!/usr/bin/python3\ndef sniff_netware(fs, cfg):\n    pass\n");
    folder.file(
        "var/lib/dpkg/status",
        "Package: xen-utils-4.17\nStatus: install ok installed\nVersion: 4.17.5+23-ga4e5191dc0-1\n\n",
    );
    folder.file("etc/os-release", "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n");
    folder.file("etc/xen/xl.conf", "## Global XL config file ##\nautoballoon=\"off\"\n");
    folder.file("etc/xen/oxenstored.conf", "pid-file = /var/run/xen/xenstored.pid\n");
    folder.file("etc/xen/xlexample.pvlinux", "name = \"example.pvlinux\"\nkernel = \"/boot/vmlinuz\"\n");
    folder.file("etc/xen/README", "Put the configurations of your domains here.\n");
    folder.file("etc/xen/notes", "remember the milk\n");
    folder.file("etc/xen/blob", [0; 16]);
    folder.file("etc/xen/scripts/block", "#!/bin/sh\nname=$1\ntype=$2\n");
    folder.file("etc/rc2.d/S22xendomains", "");
    let image = fs::read(root().join("corpus/images/recipe.img")).unwrap();
    folder.file("srv/web.img", &image);
    folder.file("srv/empty.img", vec![0; 1 << 20]);
    let domain = |name: &str, disk: &str| {
        format!("name = \"{name}\"\nmemory = 512\nbootloader = \"pygrub\"\ndisk = [ \"{disk},raw,xvda,rw\" ]\n")
    };
    folder.file("etc/xen/web.cfg", domain("web", "/srv/web.img"));
    folder.file("etc/xen/web.cfg~", domain("web", "/srv/old.img"));
    // A path that starts at the host's root directory, as for xendomains.
    folder.file("etc/xen/relative.cfg", domain("relative", "srv/web.img"));
    folder.file("etc/xen/db.cfg", domain("db", "/srv/empty.img"));
    folder.file("etc/xen/vm/nested", domain("nested", "/srv/gone.img"));
    folder.file("etc/xen/broken.cfg", "name = \"broken\nmemory = 512\n");
    folder.file("etc/xen/windows.cfg", "name = \"windows\"\ntype = \"hvm\"\ndisk = [ \"/srv/web.img,raw,hda,rw\" ]\n");
    folder.file("etc/xen/direct.cfg", "name = \"direct\"\nkernel = \"/boot/vmlinuz\"\nmemory = 128\n");
    fs::create_dir(folder.path().join("etc/xen/auto")).unwrap();
    // Absolute, as administrators make it: a link of the host, not of this machine.
    symlink("/etc/xen/web.cfg", folder.path().join("etc/xen/auto/10-web.cfg")).unwrap();
    symlink("../db.cfg", folder.path().join("etc/xen/auto/20-db.cfg")).unwrap();
    folder.file(
        "etc/libvirt/libxl/virt.xml",
        "<domain type='xen'><name>virt</name><memory>524288</memory><bootloader>pygrub</bootloader><os><type>linux</type></os>\
         <devices><disk type='file'><driver name='tap' type='raw'/><source file='/srv/web.img'/><target dev='xvda'/></disk></devices></domain>",
    );
    folder.file("etc/libvirt/libxl/networks.xml", "<network><name>default</name></network>\n");
    folder
}

pub(super) fn host(folder: &Folder, args: &[&str]) -> Ended {
    folder.run(&[&["host", "--root", "."], args].concat())
}

fn json(ended: &Ended) -> serde_json::Value {
    let text = fs::read_to_string(root().join("docs/schema/pregrub.host-1.json")).unwrap();
    let validator = jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap();
    let document = serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.whole()));
    let faults: Vec<String> = validator.iter_errors(&document).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{faults:?}\n{}", ended.stdout);
    document
}

/// `name verdict` of each guest, in order.
fn verdicts(document: &serde_json::Value) -> Vec<String> {
    let guests = document["guests"].as_array().unwrap().iter();
    guests.map(|guest| format!("{} {}", guest["name"].as_str().unwrap(), guest["verdict"].as_str().unwrap())).collect()
}

#[test]
fn every_guest_is_in_one_table() {
    let folder = dom0();
    let ended = host(&folder, &[]);
    // One fails and one cannot be opened: 3 counts for more than 1, as for `check`.
    assert_eq!((ended.status, ended.stderr.as_str()), (3, ""), "{}", ended.whole());
    for part in [
        "pygrub of Xen 4.17.5, Debian (",
        "\n8 guests, 2 started at boot\n\nGUEST   STARTS   VERDICT  CAUSE, AND THE WAY OUT\ndb      at boot  fails    ",
        "\n                          -> ",
        "\nbroken  by hand  fails    xl cannot parse the configuration: ",
        "\nnested  by hand  unknown  cannot read `/srv/gone.img`: there is no such file",
        "\n\nboots: web, virt, relative\n\nno pygrub: direct, windows\n\nnote: passed over: 1 backup copy, 1 example, ",
    ] {
        assert!(ended.stdout.contains(part), "{part:?}\n{}", ended.stdout);
    }
    assert!(ended.stdout.lines().all(|line| line.chars().count() <= 100), "{}", ended.stdout);
    let verbose = host(&folder, &["--verbose"]).stdout;
    for part in [
        "\nweb       at boot  boots      /kernels/",
        "\nwindows   by hand  no pygrub  ",
        "\ndb        at boot  fails      ",
    ] {
        assert!(verbose.contains(part), "{part:?}\n{verbose}");
    }
}

#[test]
fn json_says_it_for_programs() {
    let folder = dom0();
    let ended = host(&folder, &["--format", "json"]);
    let document = json(&ended);
    assert_eq!(ended.status, 3);
    assert_eq!((document["release"].as_str(), document["flavour"].as_str()), (Some("4.17.5"), Some("debian")));
    let all = [
        "web boots",
        "db fails",
        "broken fails",
        "direct not-asked",
        "relative boots",
        "nested unknown",
        "windows not-asked",
        "virt boots",
    ];
    let mut found = verdicts(&document);
    assert_eq!(found[..2], all[..2], "those that are started at boot come first");
    found.sort_unstable();
    let mut expected = all.map(str::to_owned);
    expected.sort_unstable();
    assert_eq!(found, expected);
    let passed: Vec<String> = document["passed_over"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {}", row["reason"].as_str().unwrap(), row["count"]))
        .collect();
    let expected = ["copy 1", "example 1", "other-program 2", "not-a-domain 3", "binary 1", "second-name 2"];
    assert_eq!(passed, expected);
    assert_eq!(document["starts_domains"], true);
}

#[test]
fn an_upgrade_shows_what_changes() {
    let folder = dom0();
    let same = host(&folder, &["--to", "4.17", "--format", "json"]);
    let document = json(&same);
    assert!(document["guests"].as_array().unwrap().iter().all(|guest| guest["change"] == "same"), "{}", same.stdout);
    assert_eq!(same.status, 0, "what fails already is not the upgrade's fault: {}", same.whole());
    // pygrub of 4.0 raises for the default of NixOS, which pygrub of 4.1 boots.
    let up = host(&folder, &["--release", "4.0", "--to", "4.1", "--format", "json"]);
    assert_eq!((json(&up)["guests"][0]["change"].as_str(), up.status), (Some("starts"), 0), "{}", up.whole());
    let down = host(&folder, &["--release", "4.1", "--to", "4.0"]);
    assert_eq!(down.status, 1, "{}", down.whole());
    assert!(down.stdout.starts_with("pygrub of Xen 4.1\nupgrade to Xen 4.0\n"), "{}", down.stdout);
    assert!(down.stdout.contains("\nweb       at boot  would stop booting  "), "{}", down.stdout);
    let unknown = host(&folder, &["--to", "5.0"]);
    assert!(unknown.status == 2 && unknown.stdout.is_empty(), "{}", unknown.whole());
}

#[test]
fn what_is_started_by_accident_is_said() {
    let folder = dom0();
    let text = fs::read(folder.path().join("etc/xen/web.cfg")).unwrap();
    folder.file("etc/xen/auto/10-web.cfg.bak", &text);
    folder.file("etc/xen/auto/.hidden", &text);
    folder.file("var/lib/xen/save/20-db.cfg", "LibxlFmt");
    fs::remove_file(folder.path().join("etc/rc2.d/S22xendomains")).unwrap();
    folder.file("etc/rc2.d/S01ssh", "");
    let ended = host(&folder, &[]);
    assert!(ended.stdout.contains("looks like a backup copy"), "{}", ended.whole());
    assert!(ended.stdout.contains("restores the saved state"), "{}", ended.whole());
    assert!(ended.stdout.contains("nothing is started at boot"), "{}", ended.whole());
    assert!(!ended.stdout.contains("hidden"), "{}", ended.whole());
    // Another directory, or none.
    folder.file("etc/default/xendomains", "XENDOMAINS_AUTO=\"/etc/xen/vm\"\n");
    let document = json(&host(&folder, &["--format", "json"]));
    assert_eq!(
        (document["guests"][0]["name"].as_str(), document["guests"][0]["starts_at_boot"].as_bool()),
        (Some("nested"), Some(true))
    );
    folder.file("etc/default/xendomains", "XENDOMAINS_AUTO=\n");
    let document = json(&host(&folder, &["--format", "json"]));
    assert!(document["guests"].as_array().unwrap().iter().all(|guest| guest["starts_at_boot"] == false));
}

#[test]
fn a_host_without_xen_is_told_what_to_do() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().join("etc/xen")).unwrap();
    let ended = host(&folder, &[]);
    assert_eq!(ended.status, 2);
    assert!(ended.stderr.contains("name a release"), "{}", ended.stderr);
    let ended = host(&folder, &["--release", "4.17"]);
    assert_eq!((ended.status, ended.stderr.as_str()), (0, ""), "{}", ended.whole());
    assert!(ended.stdout.contains("0 guests"), "{}", ended.stdout);
    let ended = folder.run(&["host", "--root", "none"]);
    assert!(ended.status == 3 && ended.stderr.contains("there is no such file"), "{}", ended.whole());
}

#[test]
fn links_of_the_host_lead_to_the_host() {
    let folder = dom0();
    // A disk by a link as LVM makes it, and one that leads out of the tree.
    fs::create_dir_all(folder.path().join("dev/vg")).unwrap();
    fs::rename(folder.path().join("srv/web.img"), folder.path().join("dev/dm-0")).unwrap();
    symlink("../dm-0", folder.path().join("dev/vg/web")).unwrap();
    symlink("/dev/vg/web", folder.path().join("srv/web.img")).unwrap();
    symlink("../../../../../../../../../../etc/passwd", folder.path().join("srv/out")).unwrap();
    let text = fs::read_to_string(folder.path().join("etc/xen/db.cfg")).unwrap();
    folder.file("etc/xen/db.cfg", text.replace("/srv/empty.img", "/srv/out"));
    let document = json(&host(&folder, &["--format", "json"]));
    let found = verdicts(&document);
    assert_eq!(found[..2], ["web boots", "db unknown"], "{document}");
}

#[test]
fn metrics_are_written_in_one_step() {
    let folder = dom0();
    let ended = host(&folder, &["--format", "openmetrics", "--output", "pregrub.prom", "--to", "4.20"]);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("", ""));
    let path = folder.path().join("pregrub.prom");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o444, 0o444, "the exporter is another user");
    crate::common::openmetrics::check(&text);
    let line = "pregrub_guest_boots{guest=\"db\",file=\"/etc/xen/auto/20-db.cfg\",toolstack=\"xl\",starts_at_boot=\"true\"} 0\n";
    assert!(text.contains(line), "{text}");
    assert!(text.contains("pregrub_guest_boots_after_upgrade{guest=\"web\""), "{text}");
    assert!(!text.contains("windows"), "{text}");
}

/// What lies below `--root` may be a stranger's: its links lead nowhere outside, and nobody waits for a FIFO.
#[test]
fn a_tree_of_a_host_says_nothing_of_this_one() {
    let folder = dom0();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("os"), "PRETTY_NAME=\"SECRET\"\nID=xcp-ng\nVERSION_ID=8.3\n").unwrap();
    let release = folder.path().join("etc/os-release");
    let _ = std::fs::remove_file(&release);
    std::os::unix::fs::symlink(outside.path().join("os"), &release).unwrap();
    let ended = host(&folder, &[]);
    assert!(!ended.whole().contains("SECRET"), "{}", ended.whole());
    std::fs::remove_file(&release).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&release).status().unwrap().success());
    host(&folder, &[]);
}

const REPOSITORY: &str = "11111111-2222-3333-4444-555555555555";

/// The database of a pool, as xapi writes it. The disk of VM number N is `0000000N-...`.
fn database(vms: &[(&str, &str)]) -> String {
    let disk = |number: usize| format!("{number:08}-aaaa-bbbb-cccc-dddddddddddd");
    let mut text = "<database><manifest><pair key=\"schema_major_vsn\" value=\"5\"/></manifest>".to_owned();
    text += &format!(
        "<table name=\"SR\"><row ref=\"OpaqueRef:sr\" __ctime=\"1\" __mtime=\"2\" uuid=\"{REPOSITORY}\" type=\"ext\"/></table>"
    );
    text += "<table name=\"VBD\">";
    for number in 0..vms.len() {
        // A drive without a disc, and a disk that is not bootable, come first.
        text += &format!(
            "<row ref=\"OpaqueRef:cd{number}\" VM=\"OpaqueRef:vm{number}\" VDI=\"OpaqueRef:NULL\" empty=\"true\" bootable=\"true\"/>\
             <row ref=\"OpaqueRef:data{number}\" VM=\"OpaqueRef:vm{number}\" VDI=\"OpaqueRef:other\" empty=\"false\" bootable=\"false\"/>\
             <row ref=\"OpaqueRef:disk{number}\" VM=\"OpaqueRef:vm{number}\" VDI=\"OpaqueRef:vdi{number}\" empty=\"false\" bootable=\"true\"/>"
        );
    }
    text += "</table><table name=\"VDI\">";
    for number in 0..vms.len() {
        text += &format!(
            "<row ref=\"OpaqueRef:vdi{number}\" uuid=\"{}\" SR=\"OpaqueRef:sr\" location=\"x\"/>",
            disk(number)
        );
    }
    text += &format!("<row ref=\"OpaqueRef:other\" uuid=\"{}\" SR=\"OpaqueRef:sr\"/>", disk(99));
    text += "</table><table name=\"VM\">";
    for (number, (name, fields)) in vms.iter().enumerate() {
        text += &format!(
            "<row ref=\"OpaqueRef:vm{number}\" uuid=\"{}\" name__label=\"{name}\" PV__bootloader=\"pygrub\" PV__args=\"x=1%.y\" \
             VBDs=\"('OpaqueRef:cd{number}'%.'OpaqueRef:data{number}'%.'OpaqueRef:disk{number}')\" {fields}/>",
            disk(number)
        );
    }
    text + "</table></database>"
}

#[test]
fn the_vms_of_xapi_are_guests() {
    let folder = dom0();
    folder.file("etc/xensource/db.conf", "[/var/lib/xcp/state.db]\nmode:no_limit\nformat:xml\ncompress:false\n");
    let pv = "domain_type=\"pv\" is_a_template=\"false\" other_config=\"()\"";
    folder.file(
        "var/lib/xcp/state.db",
        database(&[
            ("file%.of%.VHD", "domain_type=\"pv\" other_config=\"(('auto_poweron'%.'true'))\""),
            ("attached", pv),
            ("volume", pv),
            ("nowhere", pv),
            ("empty", pv),
            ("windows%.server", "domain_type=\"hvm\""),
            ("a template", "domain_type=\"pv\" is_a_template=\"true\""),
            ("a snapshot", "domain_type=\"pv\" is_a_snapshot=\"true\""),
            ("dom0", "domain_type=\"pv\" is_control_domain=\"true\""),
        ]),
    );
    let image = fs::read(root().join("corpus/images/recipe.img")).unwrap();
    let disk = |number: usize| format!("{number:08}-aaaa-bbbb-cccc-dddddddddddd");
    folder.file(&format!("dev/sm/backend/{REPOSITORY}/{}", disk(1)), &image);
    folder.file(&format!("dev/VG_XenStorage-{REPOSITORY}/LV-{}", disk(2)), &image);
    folder.file(&format!("run/sr-mount/{REPOSITORY}/{}.raw", disk(4)), vec![0; 1 << 20]);
    let vhd = folder.path().join(format!("run/sr-mount/{REPOSITORY}/{}.vhd", disk(0)));
    let Some(qemu_img) = crate::common::tools::tool("qemu-img") else { return };
    let mut command = std::process::Command::new(qemu_img);
    command.args(["convert", "-f", "raw", "-O", "vpc"]).arg(root().join("corpus/images/recipe.img")).arg(&vhd);
    assert!(command.status().unwrap().success());

    let ended = host(&folder, &["--format", "json"]);
    let document = json(&ended);
    let guests = document["guests"].as_array().unwrap().iter().filter(|guest| guest["toolstack"] == "xapi");
    let found: Vec<String> = guests
        .clone()
        .map(|guest| {
            format!(
                "{}: {} {}",
                guest["name"].as_str().unwrap(),
                guest["verdict"].as_str().unwrap(),
                guest["starts_at_boot"]
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "file of VHD: boots true",
            "attached: boots false",
            "volume: boots false",
            "nowhere: unknown false",
            "empty: fails false",
            "windows server: not-asked false"
        ],
        "{}",
        ended.stdout
    );
    // A table is wrapped.
    let text = host(&folder, &[]).stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("is not attached") && text.contains("xe vdi-export uuid=00000003-aaaa"), "{text}");
    let args = guests.clone().next().unwrap()["boot"]["args"].as_str().unwrap().to_owned();
    assert!(args.ends_with("x=1 y"), "xapi appends PV-args: {args}");

    // A database that is packed, and one that is cut.
    let path = folder.path().join("var/lib/xcp/state.db");
    assert!(std::process::Command::new("gzip").arg(&path).status().unwrap().success());
    fs::rename(path.with_extension("db.gz"), &path).unwrap();
    assert_eq!(json(&host(&folder, &["--format", "json"]))["guests"], document["guests"]);
    folder.file("var/lib/xcp/state.db", "<database><table name=\"VM\">");
    let ended = host(&folder, &[]);
    assert!(ended.stdout.contains("cannot read `/var/lib/xcp/state.db`: the database is cut"), "{}", ended.whole());
}

/// What lies in another machine's root directory is a guest's, even where pregrub is called there.
#[test]
fn no_settings_of_the_root_are_read() {
    let folder = dom0();
    folder.file("pregrub.toml", "release = '4.22'\n");
    folder.file("srv/pregrub.toml", "this is not TOML\n");
    folder.file("mine.toml", "release = '4.20'\n");
    let release = |below: &str, args: &[&str]| {
        let ended = folder.run_in(below, &[&["host", "--format", "json"], args].concat());
        assert_eq!(ended.status, 3, "{}", ended.whole());
        (json(&ended)["release"].as_str().unwrap().to_owned(), ended.stderr)
    };
    let (found, said) = release(".", &["--root", "."]);
    assert_eq!(found, "4.17.5");
    assert_eq!(
        said,
        "pregrub: `@DIR/pregrub.toml` is not read, because what lies in a target or beside it may be a guest's: if it is yours, add --config @DIR/pregrub.toml\n"
    );
    assert_eq!(release("srv", &["--root", ".."]).0, "4.17.5");
    assert_eq!(release(".", &["--root", ".", "--config", "mine.toml"]), ("4.20".to_owned(), String::new()));
    assert_eq!(release(".", &["--root", ".", "--no-config"]), ("4.17.5".to_owned(), String::new()));
}

/// xl refuses to create a domain a second time: of two links to one file, the second is not a guest of its own.
#[test]
fn two_links_to_one_file_are_one_guest() {
    let folder = dom0();
    symlink("../web.cfg", folder.path().join("etc/xen/auto/30-again.cfg")).unwrap();
    let document = json(&host(&folder, &["--format", "json"]));
    let guests: Vec<&str> =
        document["guests"].as_array().unwrap().iter().map(|guest| guest["file"].as_str().unwrap()).collect();
    assert!(
        guests.contains(&"/etc/xen/auto/10-web.cfg") && !guests.contains(&"/etc/xen/auto/30-again.cfg"),
        "{guests:?}"
    );
    assert!(document["passed_over"].to_string().contains("30-again.cfg"), "{}", document["passed_over"]);
}

/// A line of a megabyte in many small pieces: control characters are escaped one by one.
#[test]
fn a_long_line_is_whole() {
    let folder = dom0();
    let path = "\u{1}".repeat(300_000);
    folder.file(
        "etc/xen/long.cfg",
        format!("name = \"long\"\nmemory = 1\nbootloader = \"pygrub\"\ndisk = [ \"{path},raw,xvda,r\" ]\n"),
    );
    let document = json(&host(&folder, &["--format", "json"]));
    assert_eq!(document["guests"].as_array().unwrap().iter().filter(|guest| guest["name"] == "long").count(), 1);
}

#[test]
fn verbose_names_each_file_that_was_passed_over() {
    let said = host(&dom0(), &["--verbose"]).stdout;
    for wanted in
        ["passed over: `/etc/xen/web.cfg~` (backup copy)", "passed over: `/etc/xen/blob` (file that is not a text)"]
    {
        assert!(said.replace("\n  ", " ").contains(wanted), "{said}");
    }
}

/// A directory that is no host's says so, instead of a table without guests.
#[test]
fn a_root_that_is_not_a_hosts() {
    let folder = Folder::new();
    fs::create_dir_all(folder.path().join("empty")).unwrap();
    folder.file("guest/etc/fstab", "");
    folder.file("text", "x");
    for (root, why) in [
        ("empty", "`empty`, for --root, is not the root directory of a host of Xen: there is no /etc/xen"),
        ("guest", "`guest`, for --root, is not the root directory of a host of Xen"),
        ("text", "`text`, for --root, is not a directory"),
        ("gone", "cannot read `gone`, for --root: there is no such file"),
    ] {
        for more in [&[][..], &["--release", "4.17"], &["--release", "4.17", "--format", "json"]] {
            let ended = folder.run(&[&["host", "--root", root], more].concat());
            assert_eq!((ended.status, ended.stdout.as_str()), (3, ""), "{root}: {}", ended.whole());
            assert!(ended.stderr.contains(why), "{root}: {}", ended.stderr);
        }
    }
    // A host without a guest is one.
    fs::create_dir_all(folder.path().join("host/etc/xen")).unwrap();
    let ended = folder.run(&["host", "--root", "host", "--release", "4.17"]);
    assert!(ended.status == 0 && ended.stdout.contains("0 guests"), "{}", ended.whole());
    let secret = folder.path().join("secret");
    fs::create_dir_all(secret.join("etc/xen")).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o000)).unwrap();
    // Root may read it all the same.
    if fs::read_dir(&secret).is_err() {
        let ended = folder.run(&["host", "--root", "secret", "--release", "4.17"]);
        assert!(
            ended.status == 3 && ended.stderr.contains("`secret`, for --root: permission denied"),
            "{}",
            ended.whole()
        );
    }
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o700)).unwrap();
}
