//! Distributors' pygrubs on the command line.

use serde_json::Value;

use super::folder::Folder;
use crate::common::program::{command, corpus, run_with_input};

/// Two entries under conditions, one without.
const CONDITIONAL: &str = "set default=0\nif [ x = x ]; then\n  set default=1\nmenuentry \"A\" {\n  linux /a\n}\nfi\n\
                           menuentry \"B\" {\n  linux /b\n}\nmenuentry \"C\" {\n  linux /c\n}\n";
/// XCP-ng's pygrub sees nothing of it.
const ALL_CONDITIONAL: &str = "if true; then\nmenuentry \"A\" {\n  linux /a\n}\nfi\n";

fn json(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn distributors_numbers_are_releases() {
    let folder = Folder::new();
    folder.file("grub.cfg", CONDITIONAL);
    let header = |args: &[&str]| {
        folder.run(&[&["check", "-q", "grub.cfg"], args].concat()).stdout.lines().next().unwrap().to_owned()
    };
    assert_eq!(header(&["--release", "xcp-ng-8.3"]), "selects: grub.cfg (Xen 4.17.6, XCP-ng 8.3)");
    assert_eq!(header(&["--release", "xenserver-8.2"]), "selects: grub.cfg (Xen 4.13.5+python2, XCP-ng 8.2)");
    assert_eq!(header(&["--flavour", "xcp-ng", "--release", "8.3"]), "selects: grub.cfg (Xen 4.17.6, XCP-ng 8.3)");
    assert_eq!(header(&["--flavour", "xenserver"]), "selects: grub.cfg (Xen 4.17.6, XCP-ng 8.3)");
    assert_eq!(header(&["--release", "suse-4.21"]), "selects: grub.cfg (Xen 4.21, SUSE)");
    assert_eq!(header(&["--release", "debian-4.17"]), "selects: grub.cfg (Xen 4.17, Debian)");
    assert_eq!(header(&["--release", "newest"]), "selects: grub.cfg (Xen 4.22)");
    assert_eq!(header(&[]), "selects: grub.cfg (Xen 4.22)");
    for (args, said) in [
        (&["--release", "xcp-ng-9.0"][..], "`9.0` is not a release of XCP-ng that pregrub knows"),
        (&["--release", "8.3"], "xcp-ng-8.3"),
        (&["--flavour", "suse", "--release", "xcp-ng-8.3"], "`xcp-ng-8.3` is a release of XCP-ng"),
        (&["--extra-args", "a"], "--extra-args is an option of XCP-ng's pygrub"),
    ] {
        let ended = folder.run(&[&["check", "grub.cfg"], args].concat());
        assert!(ended.status == 2 && ended.stderr.contains(said), "{args:?}: {}", ended.whole());
    }
}

#[test]
fn every_command_reads_as_the_flavour_does() {
    let folder = Folder::new();
    folder.file("grub.cfg", CONDITIONAL);
    let kernel = |release: &str| {
        let ended = folder.run(&["entries", "grub.cfg", "--release", release, "--format", "json"]);
        let object = json(&ended.stdout).remove(0);
        (object["boot"]["kernel"].clone(), object["flavour"].clone())
    };
    assert_eq!(kernel("4.17"), ("/b".into(), Value::Null));
    assert_eq!(kernel("xcp-ng-8.3"), ("/b".into(), "xcp-ng".into()));
    let trace = folder.run(&["trace", "grub.cfg", "--release", "xcp-ng-8.3"]).stdout;
    assert!(trace.contains("leaves out line 2 to line 7"), "{trace}");
    let lint = folder.run(&["lint", "grub.cfg", "--release", "xcp-ng-8.3", "--format", "concise"]).stdout;
    assert!(
        lint.contains("PG112") && lint.contains("XCP-ng's pygrub leaves out everything from this `if` to line 7"),
        "{lint}"
    );
    folder.file("oneline.cfg", "menuentry \"A\" { linux /a }\nmenuentry \"B\" {\n  linux /b\n}\n");
    let check = |release: &str| folder.run(&["check", "-q", "oneline.cfg", "--release", release]).stdout;
    assert!(check("suse-4.21").contains("begins and ends on one line"), "{}", check("suse-4.21"));
    assert!(check("4.21").contains("begins before pygrub has seen the end"), "{}", check("4.21"));
    folder.file("empty.cfg", "set default=0\n");
    assert!(folder.run(&["check", "empty.cfg", "--release", "suse-4.21"]).stdout.starts_with("unknown: "));
}

#[test]
fn rules_on_titles() {
    let folder = Folder::new();
    folder.file("grub.cfg", CONDITIONAL);
    folder.file("rules.d/10-local", "# a comment\ntitle blacklist ^B$\n");
    let check = |args: &[&str]| {
        folder.run(&[&["check", "grub.cfg", "--release", "xcp-ng-8.3", "--title-rules", "rules.d"], args].concat())
    };
    assert!(check(&["-q"]).stdout.contains("kernel     /c"), "{}", check(&["-q"]).whole());
    assert!(check(&[]).stdout.contains("kernel     /b"), "the menu does not ask the rules");
    folder.file("rules.d/20-broken", "title blacklist (B\n");
    let broken = check(&["-q"]);
    assert!(broken.status == 1 && broken.stdout.contains("rules on titles"), "{}", broken.whole());
    assert_eq!(folder.run(&["check", "grub.cfg", "--title-rules", "nowhere"]).status, 2);
}

#[test]
fn several_at_once() {
    let folder = Folder::new();
    folder.file("grub.cfg", ALL_CONDITIONAL);
    let ended = folder.run(&["check", "grub.cfg", "--release", "all"]);
    insta::assert_snapshot!(ended.whole());
    let ended = folder.run(&["check", "grub.cfg", "--release", "4.17,xcp-ng-8.3", "--format", "json"]);
    let objects = json(&ended.stdout);
    assert_eq!((objects.len(), ended.status), (2, 1));
    assert_eq!((&objects[0]["verdict"], &objects[0]["flavour"]), (&"selects".into(), &Value::Null));
    assert_eq!((&objects[1]["verdict"], &objects[1]["flavour"]), (&"fails".into(), &"xcp-ng".into()));
    for object in &objects {
        assert!(object["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "PG120"), "{object}");
        let schema =
            std::fs::read_to_string(crate::common::program::root().join("docs/schema/pregrub.check-1.json")).unwrap();
        let validator = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
        assert!(validator.is_valid(object), "{object}");
    }
    folder.file("plain.cfg", "menuentry \"A\" {\n  linux /a\n}\n");
    let ended = folder.run(&["check", "plain.cfg", "--flavour", "upstream,debian,suse", "--release", "4.17,4.18"]);
    let said = "plain.cfg: all alike\nselects: upstream, debian and suse: kernel /a\n\nnote[PG108]";
    assert!(ended.stdout.starts_with(said), "{}", ended.whole());
    assert_eq!(folder.run(&["trace", "plain.cfg", "--release", "all"]).status, 2);
}

/// Standard input can be read once; a domain has its disk open for all of them.
#[test]
fn a_target_is_opened_once() {
    let folder = Folder::new();
    folder.file("grub.cfg", ALL_CONDITIONAL);
    let by_name = folder.run(&["check", "grub.cfg", "--release", "all", "--format", "json"]);
    let piped = run_with_input(&["check", "-", "--release", "all", "--format", "json"], ALL_CONDITIONAL.as_bytes());
    assert_eq!((json(&piped.stdout).len(), piped.status), (json(&by_name.stdout).len(), by_name.status));
    assert!(json(&piped.stdout).iter().all(|object| object["kind"] == "config"), "{}", piped.stdout);
    folder.file(
        "d.cfg",
        format!("name = \"d\"\nbootloader = \"pygrub\"\ndisk = [\"{},raw,xvda,rw\"]\n", corpus("images/recipe.img")),
    );
    let domain = folder.run(&["check", "d.cfg", "--flavour", "debian,suse,xcp-ng", "--release", "all"]);
    assert!(domain.stdout.contains("\nboots: debian, suse and xcp-ng: kernel"), "{}", domain.whole());
}

/// What is found counts for the exit status whoever reads it.
#[test]
fn the_exit_status_does_not_go_by_the_format() {
    let folder = Folder::new();
    folder.file("grub.cfg", CONDITIONAL);
    for release in ["4.17,4.18", "4.17,xcp-ng-8.3", "4.0,4.1,4.2", "all"] {
        for threshold in ["error", "warning", "note", "never"] {
            let status = |format: &str| {
                folder
                    .run(&["check", "grub.cfg", "--release", release, "--threshold", threshold, "--format", format])
                    .status
            };
            let text = status("text");
            for format in ["json", "concise", "sarif", "junit"] {
                assert_eq!(status(format), text, "--release {release} --threshold {threshold} --format {format}");
            }
        }
    }
    let ended = folder.run(&["check", "grub.cfg", "--release", "4.17,xcp-ng-8.3", "--threshold", "note"]);
    assert!(ended.status == 1 && ended.stdout.contains("(xcp-ng 8.3)"), "{}", ended.whole());
}

/// What the generator and the recipe make boots under every flavour.
#[test]
fn the_image_of_the_recipe_boots_everywhere() {
    let ended =
        command(&["check", &corpus("images/recipe.img"), "--flavour", "debian,suse,xcp-ng", "--release", "all"])
            .output()
            .unwrap();
    let stdout = String::from_utf8(ended.stdout).unwrap();
    assert!(stdout.contains("\nboots: debian, suse and xcp-ng: kernel"), "{stdout}");
}

#[test]
fn the_host_is_asked() {
    let folder = Folder::new();
    folder.file("grub.cfg", CONDITIONAL);
    let text = "#!/usr/bin/python3\n# sniff_netware /etc/pygrub/rules.d\n";
    folder.file("host/usr/libexec/xen/bin/pygrub", text);
    folder.file("host/etc/os-release", "NAME=\"XCP-ng\"\nID=\"xcp-ng\"\nVERSION_ID=\"8.3.0\"\n");
    folder.file("host/etc/pygrub/rules.d/local", "title blacklist B\n");
    let host = folder.path().join("host");
    let run = |args: &[&str]| {
        let output = command(args).env("PREGRUB_HOST_ROOT", &host).current_dir(folder.path()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let asked = run(&["check", "-q", "grub.cfg", "--release", "host"]);
    assert!(
        asked.starts_with("selects: grub.cfg (Xen 4.17.6, XCP-ng 8.3)") && asked.contains("kernel     /c"),
        "{asked}"
    );
    let hint =
        "note: this is the pygrub of Xen 4.22; --release host asks the one installed here (Xen 4.17.6, XCP-ng 8.3)";
    assert!(run(&["check", "grub.cfg"]).contains(hint), "{}", run(&["check", "grub.cfg"]));
    assert!(!run(&["check", "grub.cfg", "--release", "newest"]).contains(hint));
}

/// pregrub where the domain names it, or a link to it.
#[test]
fn a_domain_with_the_drop_in_is_not_called_insecure() {
    let folder = Folder::new();
    let image = corpus("images/recipe.img");
    folder.file("bin/pregrub", "");
    std::os::unix::fs::symlink(folder.path().join("bin/pregrub"), folder.path().join("bin/pygrub")).unwrap();
    let findings = |bootloader: &str| {
        let domain = format!(
            "name = \"d\"\nmemory = 512\nbootloader = \"{bootloader}\"\ndisk = [\"format=raw, vdev=xvda, access=rw, target={image}\"]\n"
        );
        folder.file("d.cfg", domain);
        let ended = folder.run(&["check", "d.cfg", "--format", "json"]);
        let object = json(&ended.stdout).remove(0);
        let codes: Vec<String> =
            object["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect();
        (object["verdict"].as_str().unwrap().to_owned(), codes)
    };
    let path = |name: &str| folder.path().join("bin").join(name).display().to_string();
    for bootloader in [path("pygrub"), path("pregrub")] {
        let (verdict, codes) = findings(&bootloader);
        assert_eq!(verdict, "boots", "{bootloader}: {codes:?}");
        assert!(!codes.iter().any(|code| code == "PG602" || code == "PG503"), "{bootloader}: {codes:?}");
    }
    assert!(findings("pygrub").1.contains(&"PG602".to_owned()));
}
