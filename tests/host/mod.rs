//! Which pygrub is installed: on trees with the files of Debian, SUSE, XCP-ng and others, and on this machine.

use std::fs;
use std::path::Path;

use pregrub::flavour::Flavour;
use pregrub::host::{self, NoHost};

/// A root directory.
struct Host(tempfile::TempDir);

/// What every pygrub has.
const COMMON: &str = "#!/usr/bin/python3\ndef sniff_netware(fs, cfg):\n    pass\n";
/// What Debian takes out.
const SOLARIS: &str = "def sniff_solaris(fs, cfg):\n    pass\n";
const XCP_NG: &str = "RULES = \"/etc/pygrub/rules.d\"\n";
const SUSE: &str = "KERNELS = [\"/boot/vmlinuz-xen\", \"/boot/vmlinuz-xenpae\"]\n";

impl Host {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn link(self, path: &str, to: &str) -> Self {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(self.0.path().join(to), path).unwrap();
        self
    }

    fn os_release(self, id: &str, name: &str, version: &str) -> Self {
        self.file(
            "etc/os-release",
            format!("NAME=\"{name}\"\nVERSION_ID=\"{version}\"\nID=\"{id}\"\nPRETTY_NAME=\"{name} {version}\"\n"),
        )
    }

    /// `name` of the build, and the evidence on one line.
    fn found(&self) -> (String, String) {
        let installed = host::installed_below(self.0.path()).unwrap_or_else(|error| panic!("{error}"));
        (installed.build.name(), installed.evidence.join("; "))
    }
}

fn dpkg(packages: &[(&str, &str, &str)]) -> String {
    let stanza = |(name, status, version): &(&str, &str, &str)| {
        format!("Package: {name}\nStatus: {status}\nPriority: optional\nVersion: {version}\nDescription: x\n y\n\n")
    };
    packages.iter().map(stanza).collect()
}

/// A database of rpm, as far as it matters: the strings of a header after other bytes.
fn rpm(packages: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut database = b"SQLite format 3\0".to_vec();
    database.resize(5000, 7);
    for (name, version, release) in packages {
        database.extend_from_slice(&[0, 0, 3, 232, 0, 0, 0, 6]);
        database.extend(["C", name, version, release, "Summary text"].join("\0").bytes());
        database.resize(database.len() + 3000, 0);
    }
    database
}

#[test]
fn debian() {
    let host = Host::new()
        .file("usr/lib/xen-4.14/bin/pygrub", COMMON)
        .file("usr/lib/xen-4.17/bin/pygrub", COMMON)
        .file(
            "var/lib/dpkg/status",
            dpkg(&[
                ("xen-utils-4.14", "install ok installed", "4.14.6-1"),
                ("xen-utils-4.17", "install ok installed", "4.17.5+23-ga4e5191dc0-1"),
                ("xen-utils-4.18", "deinstall ok config-files", "4.18.0-1"),
                ("xen-utils-common", "install ok installed", "4.19.0-1"),
            ]),
        )
        .os_release("debian", "Debian GNU/Linux", "12");
    let (name, evidence) = host.found();
    assert_eq!(name, "debian-4.17.5");
    assert!(evidence.contains("/usr/lib/xen-4.17/bin/pygrub lacks the probe for Solaris"), "{evidence}");
    assert!(evidence.contains("xen-utils-4.17 has version 4.17.5+23-ga4e5191dc0-1"), "{evidence}");
    // Without the database the directory says the line.
    let host = Host::new().file("usr/lib/xen-4.14/bin/pygrub", COMMON);
    assert_eq!(host.found().0, "debian-4.14");
}

#[test]
fn a_package_among_thousands() {
    let names = |prefix: &str| (0..3000).map(|number| format!("{prefix}{number:05}")).collect::<Vec<_>>();
    let (before, after) = (names("lib"), names("zlib"));
    let version = "4.17.5+23-ga4e5191dc0-1";
    for wanted in ["xen-utils-4.17", "a", "zz"] {
        // In the order of the names, as dpkg writes it, and in another: the last of them is another package in both.
        for turned in [false, true] {
            let mut packages: Vec<(&str, &str, &str)> = vec![(wanted, "install ok installed", version)];
            packages.extend(before.iter().chain(&after).map(|name| (name.as_str(), "install ok installed", "1-1")));
            packages.push(("xen-utils-4.14", "install ok installed", "4.14.6-1"));
            packages.sort();
            if turned {
                packages.reverse();
            }
            let host =
                Host::new().file("usr/lib/xen-4.17/bin/pygrub", COMMON).file("var/lib/dpkg/status", dpkg(&packages));
            let is_there = wanted == "xen-utils-4.17";
            let (name, evidence) = host.found();
            assert_eq!(name, if is_there { "debian-4.17.5" } else { "debian-4.17" }, "{wanted} {turned}: {evidence}");
        }
    }
}

#[test]
fn suse() {
    for (place, database) in [
        ("usr/libexec/xen/bin/pygrub", "usr/lib/sysimage/rpm/rpmdb.sqlite"),
        ("usr/lib/xen/bin/pygrub", "usr/lib/sysimage/rpm/Packages.db"),
        ("usr/bin/pygrub", "var/lib/rpm/Packages"),
    ] {
        let host = Host::new()
            .file(place, format!("{COMMON}{SOLARIS}{SUSE}"))
            .file(database, rpm(&[("xen-libs", "4.99.0", "1"), ("xen-tools", "4.20.1_02", "150700.3.6.1")]))
            .os_release("opensuse-leap", "openSUSE Leap", "15.6");
        let (name, evidence) = host.found();
        assert_eq!(name, "suse-4.20.1", "{database}");
        assert!(evidence.contains("fixed kernels of SUSE's patches") && evidence.contains("4.20.1_02"), "{evidence}");
    }
}

#[test]
fn xcp_ng() {
    for (id, name, version, xen, want) in [
        ("xenenterprise", "XCP-ng", "8.2.1", "4.13.5", "xcp-ng-8.2"),
        ("xcp-ng", "XCP-ng", "8.3.0", "4.17.6", "xcp-ng-8.3"),
        ("xenenterprise", "XenServer", "7.6.0", "4.7.6", "xcp-ng-7.6"),
    ] {
        let host = Host::new()
            .file("usr/libexec/xen/bin/pygrub", format!("{COMMON}{SOLARIS}{XCP_NG}"))
            .file("var/lib/rpm/Packages", rpm(&[("xen-dom0-tools", xen, "9.47.xcpng")]))
            .os_release(id, name, version);
        let (found, evidence) = host.found();
        assert_eq!(found, want);
        assert!(evidence.contains("XenServer's patches"), "{evidence}");
    }
    // The package alone says it, too.
    let host = Host::new()
        .file("usr/libexec/xen/bin/pygrub", format!("{COMMON}{SOLARIS}{XCP_NG}"))
        .file("var/lib/rpm/Packages", rpm(&[("xen-dom0-tools", "4.13.5", "10.xcpng8.2")]));
    assert_eq!(host.found().0, "xcp-ng-8.2");
    let host = Host::new()
        .file("usr/libexec/xen/bin/pygrub", format!("{COMMON}{SOLARIS}{XCP_NG}"))
        .os_release("xcp-ng", "XCP-ng", "9.1.0");
    let error = host::installed_below(host.0.path()).unwrap_err();
    assert!(matches!(&error, NoHost::Unclear(why) if why.contains("XCP-ng") && why.contains("9.1")), "{error}");
}

#[test]
fn upstream_and_nothing() {
    // Built by hand on a Debian: the text counts, not the system.
    let host = Host::new()
        .file("usr/local/libexec/xen/bin/pygrub", format!("{COMMON}{SOLARIS}"))
        .file("usr/local/lib/libxenctrl.so.4.19.0", "")
        .os_release("debian", "Debian GNU/Linux", "12");
    assert_eq!(host.found().0, "4.19");
    let host = Host::new()
        .file("sys/hypervisor/version/major", "4\n")
        .file("sys/hypervisor/version/minor", "18\n")
        .file("sys/hypervisor/version/extra", ".3-pre\n");
    let (name, evidence) = host.found();
    assert_eq!(name, "4.18.3");
    assert!(evidence.contains("no pygrub is installed"), "{evidence}");
    assert_eq!(host::installed_below(Host::new().0.path()), Err(NoHost::Nothing));
}

/// pregrub in the place of the package's program: the system and the package say what it stands for.
#[test]
fn the_drop_in_in_its_place() {
    let host = Host::new()
        .file("usr/bin/pregrub", b"\x7fELF")
        .link("usr/libexec/xen/bin/pygrub", "usr/bin/pregrub")
        .file("usr/lib/sysimage/rpm/rpmdb.sqlite", rpm(&[("xen-tools", "4.21.0_01", "1.1")]))
        .os_release("opensuse-tumbleweed", "openSUSE Tumbleweed", "20251201");
    let (name, evidence) = host.found();
    assert_eq!(name, "suse-4.21.0");
    assert!(evidence.contains("/etc/os-release names openSUSE Tumbleweed"), "{evidence}");
    assert!(host::is_drop_in(&host.0.path().join("usr/libexec/xen/bin/pygrub")));
    assert!(host::is_drop_in(Path::new("/opt/pregrub")) && !host::is_drop_in(Path::new("/usr/bin/pygrub-no")));
}

#[test]
fn a_name_at_the_edge_of_a_piece_is_found() {
    let mut database = vec![1; (1 << 20) - 5];
    database.extend_from_slice(b"\0\0C\0xen-tools\x004.20.4_02\x001.1\0");
    let host = Host::new()
        .file("usr/bin/pygrub", format!("{COMMON}{SOLARIS}{SUSE}"))
        .file("usr/lib/sysimage/rpm/rpmdb.sqlite", database);
    assert_eq!(host.found().0, "suse-4.20.4");
}

#[test]
fn the_one_of_this_machine() {
    if !crate::common::tools::have(crate::common::tools::PYGRUB) {
        return;
    }
    let installed = host::installed_below(Path::new("/")).unwrap();
    assert_eq!(installed.build.flavour, Flavour::Debian);
    assert_eq!(installed.build.release.minor(), 17, "{installed}");
}
