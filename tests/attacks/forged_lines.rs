//! A name, a title or an argument with line feeds forges no line in what pregrub prints, and hides no character in it.

use std::fs;
use std::path::Path;

use crate::common::openmetrics;
use crate::common::program::{command, corpus};

/// A name whose second line looks like a verdict, and whose last one like what belongs to it.
const NAME: &str = "x\nboots: important.img (Xen 4.22)\n  kernel     a\n";

/// The lines that it would make.
const FORGED: [&str; 2] = ["boots: important.img", "kernel     a"];

fn has_forged(text: &str) -> bool {
    text.lines().any(|line| FORGED.iter().any(|forged| line.trim_start().starts_with(forged)))
}

/// What the program prints in a directory, where it names the target; fails where it forges a line.
fn whole(directory: &Path, args: &[&str]) -> String {
    let text = printed(directory, args);
    assert!(text.contains("important.img"), "{args:?} names it:\n{text}");
    text
}

/// What the program prints in a directory; fails where it forges a line.
fn printed(directory: &Path, args: &[&str]) -> String {
    let output = command(args).current_dir(directory).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!has_forged(&text), "{args:?}:\n{text}");
    text
}

/// What a guest's menu may hold: GRUB's words have line feeds between quotes.
fn menu() -> String {
    format!(
        "set default=\"{NAME}\"\nmenuentry \"{NAME}\" --id \"{NAME}\" {{\n linux /k \"{NAME}\"\n initrd \"/{NAME}\"\n bad \"{NAME}\"\n}}\n\
         menuentry \"b\" {{\n linux ($drive1)/k\n}}\n"
    )
}

/// A directory whose files and directories have such names.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let guest = folder.path().join(NAME);
    fs::create_dir_all(guest.join("boot/grub")).unwrap();
    fs::write(guest.join("boot/grub/grub.cfg"), menu()).unwrap();
    fs::write(guest.join(format!("{NAME}.cfg")), "menuentry \"a\" {\n linux ($drive1)/k\n}\n").unwrap();
    fs::copy(corpus("images/recipe.img"), folder.path().join(format!("{NAME}.img"))).unwrap();
    fs::write(folder.path().join("k"), NAME).unwrap();
    folder
}

#[test]
fn by_names_of_targets() {
    let folder = folder();
    let path = folder.path();
    let image = format!("{NAME}.img");
    let config = format!("{NAME}/boot/grub/grub.cfg");
    for format in ["text", "concise", "checkstyle", "github", "openmetrics", "junit"] {
        whole(path, &["check", "--recursive", "--format", format, "."]);
        whole(path, &["check", "-v", "--format", format, &image, &config, NAME, &format!("{NAME}/gone")]);
        whole(path, &["check", "--release", "4.17,4.20,4.22", "--format", format, &image, &config]);
        whole(path, &["lint", "--format", format, &config]);
    }
    for color in ["always", "never"] {
        whole(path, &["check", "--color", color, &image, &config]);
        whole(path, &["compare", "--color", color, &image, &config]);
        printed(path, &["compare", "-v", "--from", "4.17", "--to", "4.20", "--color", color, &image, &config]);
    }
    whole(path, &["trace", &image]);
    whole(path, &["trace", &config]);
    whole(path, &["trace", NAME]);
    whole(path, &["entries", &format!("{NAME}/gone")]);
    printed(path, &["entries", &config]);
    printed(path, &["grub", &image]);
    whole(path, &["grub", "--trace", &config]);
    whole(path, &["grub", NAME]);
    whole(path, &["cat", &image, NAME]);
    whole(path, &["cat", &format!("{NAME}/gone")]);
    for subcommand in ["kernel", "initrd"] {
        whole(path, &[subcommand, &image, &format!("{NAME}/gone")]);
    }
    whole(path, &["lint", "--recursive", "."]);
    whole(path, &["merge", &config]);
}

/// The whole name is there, on the line where it belongs.
#[test]
fn a_line_feed_is_shown() {
    let folder = folder();
    let text = whole(folder.path(), &["check", &format!("{NAME}.img")]);
    let line = "boots: x\\x0aboots: important.img (Xen 4.22)\\x0a  kernel     a\\x0a.img (Xen 4.22)\n  kernel     /";
    assert!(text.starts_with(line), "{text}");
}

#[test]
fn by_what_others_have_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let finding = serde_json::json!({
        "code": NAME, "name": NAME, "severity": "error", "message": NAME, "file": NAME, "help": NAME,
        "span": {"line": 1, "column": 1, "length": 1},
    });
    let check = serde_json::json!({
        "schema": "pregrub.check/1", "target": NAME, "kind": "image", "release": NAME, "verdict": "fails",
        "failure": {"stage": "kernel", "reason": NAME, "help": NAME}, "findings": [finding],
    });
    let lint = serde_json::json!({"schema": "pregrub.lint/1", "target": NAME, "release": NAME, "error": NAME});
    let host = serde_json::json!({
        "schema": "pregrub.host/1", "release": NAME, "guests": [
            {"name": NAME, "toolstack": "xl", "verdict": "unknown", "reason": NAME, "help": NAME},
            {"name": NAME, "toolstack": "xl", "verdict": "boots", "after": {"verdict": "fails", "reason": NAME}},
        ],
    });
    let reports = format!("{NAME}.jsonl");
    fs::write(folder.path().join(&reports), format!("{check}\n{lint}\n{host}\n")).unwrap();
    fs::copy(folder.path().join(&reports), folder.path().join("other.jsonl")).unwrap();
    for format in ["text", "concise", "json", "junit", "openmetrics", "gitlab", "checkstyle", "rdjson", "sarif"] {
        whole(folder.path(), &["merge", "--format", format, "other.jsonl"]);
        let text = whole(folder.path(), &["merge", "--format", format, &reports, "other.jsonl"]);
        if format == "openmetrics" {
            openmetrics::check(&text);
        }
    }
}

#[test]
fn by_domains_of_a_host() {
    let folder = tempfile::tempdir().unwrap();
    let libvirt = folder.path().join("etc/libvirt/libxl");
    fs::create_dir_all(&libvirt).unwrap();
    fs::create_dir_all(folder.path().join("etc/xen")).unwrap();
    let name = NAME.replace('\n', "&#10;");
    let domain = format!(
        "<domain type='xen'><name>{name}</name><memory>524288</memory><bootloader>pygrub</bootloader><os><type>linux</type></os>\
         <devices><disk type='file'><driver name='tap' type='raw'/><source file='/{name}'/><target dev='xvda'/></disk></devices></domain>"
    );
    fs::write(libvirt.join(format!("{NAME}.xml")), &domain).unwrap();
    fs::write(libvirt.join("b.xml"), &domain).unwrap();
    fs::write(folder.path().join("etc/xen").join(format!("{NAME}.cfg")), "name = \"a\nmemory = 512\n").unwrap();
    for verbose in [&[][..], &["-v"]] {
        let args = [&["host", "--root", ".", "--release", "4.17", "--to", "4.20"], verbose].concat();
        whole(folder.path(), &args);
    }
    // Names that boot are listed in as many lines as it takes, and words of a name may be where one is broken.
    fs::copy(corpus("images/recipe.img"), folder.path().join("disk.img")).unwrap();
    for length in 60..100 {
        let name = format!("{} boots: important.img", "a".repeat(length));
        let domain =
            format!("name = \"{name}\"\nmemory = 512\nbootloader = \"pygrub\"\ndisk = [ \"/disk.img,raw,xvda,rw\" ]\n");
        fs::write(folder.path().join("etc/xen/long"), domain).unwrap();
        let output =
            command(&["host", "--root", ".", "--release", "4.17"]).current_dir(folder.path()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("boots: important.img") && !text.contains("\nboots: important"), "{text}");
    }
    whole(folder.path(), &["check", "--as", "libvirt", "etc/libvirt/libxl/b.xml"]);
    whole(folder.path(), &["trace", "--as", "libvirt", "etc/libvirt/libxl/b.xml"]);
}

/// Checkstyle names a target without findings as it names the others: nothing in it hides.
#[test]
fn checkstyle_hides_no_character() {
    let folder = tempfile::tempdir().unwrap();
    let name = "a\u{9b}b\u{202e}c\u{7f}d\u{3164}e.img";
    fs::copy(corpus("images/recipe.img"), folder.path().join(name)).unwrap();
    let output = command(&["check", "-A", "all", "--format", "checkstyle", name]).current_dir(folder.path()).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    assert!(text.contains("<file name=\"a\\x9bb\\u202ec\\x7fd\\u3164e.img\"/>"), "{text}");
}

/// Under a runner, a label with a runner's marker is one of the format still.
#[test]
fn metrics_stay_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let name = "##[nothing]\"\\ ##vso[x]\n.img";
    fs::copy(corpus("images/recipe.img"), folder.path().join(name)).unwrap();
    let output = command(&["check", "--format", "openmetrics", name])
        .current_dir(folder.path())
        .env("GITHUB_ACTIONS", "true")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    openmetrics::check(&text);
    let label = "{target=\"##\\\\x5bnothing]\\\"\\\\ ##vso\\\\x5bx]\\\\x0a.img\"} 1\n";
    assert!(text.contains(label) && !text.contains("##["), "{text}");
}

#[test]
fn by_arguments_that_are_refused() {
    let folder = folder();
    for color in ["always", "never"] {
        for args in [
            &[NAME][..],
            &["check", &format!("--{NAME}"), "important.img"],
            &["check", &format!("-{NAME}")],
            &["check", &format!("--{NAME}=a")],
            &["check", &format!("--format={NAME}"), "a"],
            &["check", "--format", NAME, "a"],
            &["check", "--release", &format!("4.17,{NAME}"), "a"],
            &["check", "-W", NAME, "a"],
            &["check", "--exit-zero=", &format!("--exit-zero={NAME}"), "a"],
            &["explain", NAME],
            &["schema", NAME],
            &["compare", "--from", NAME, "--to", "4.20", "a"],
        ] {
            let mut args = args.to_vec();
            if args[0] == "check" {
                args.extend(["--color", color]);
            }
            printed(folder.path(), &args);
        }
    }
}

/// What is shown to be pasted into a domain's configuration has no name that could end its text in quotes.
#[test]
fn no_kernel_writes_settings_of_its_domain() {
    let advice = |name: &str| {
        let directory = tempfile::tempdir().unwrap();
        for (path, text) in [("etc/fstab", "/dev/xvda1 / ext4\n"), (&format!("boot/{name}"), "kernel")] {
            let path = directory.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let target = directory.path().to_str().unwrap().to_owned();
        let ended = crate::common::program::run(&["check", "--until", "pygrub", "--format", "json", &target]);
        let object: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
        object["findings"].as_array().unwrap().iter().map(|finding| finding["help"].to_string()).collect::<String>()
    };
    let plain = advice("vmlinuz-6.1");
    assert!(plain.contains("kernel = \\\"/boot/vmlinuz-6.1\\\""), "{plain}");
    for name in ["vmlinuz-9\"; x=\"", "vmlinuz-9\\", "vmlinuz-9'", "vmlinuz-9 #"] {
        let said = advice(name);
        assert!(said.contains("write the menu in the guest") && !said.contains("kernel = "), "{said}");
    }
}
