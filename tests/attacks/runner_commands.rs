//! No text of a guest is a command for a runner of continuous integration, wherever it stands and whatever prints it.
//!
//! The commands here have names that no runner knows.

use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::common::images::{Image, Tree, Volume};
use crate::common::program::command;
use crate::common::tools;

const RUNNERS: [(&str, &str); 5] = [
    ("GITHUB_ACTIONS", "true"),
    ("TF_BUILD", "True"),
    ("GITLAB_CI", "true"),
    ("TEAMCITY_VERSION", "2025.07"),
    ("JENKINS_URL", "http://ci.example/"),
];

/// What a runner looks for.
const COMMANDS: [&str; 7] = [
    "::nothing file=x::y",
    "##[nothing]x",
    "##vso[nothing.at]x",
    "##teamcity[nothing 'x']",
    "section_start:1:nothing\r\x1b[0Kx",
    "\x1b[8mha:nothing\x1b[0m",
    "\r::nothing::x",
];

/// What runners split, trim or skip, before a command.
const BEFORE: [&str; 9] = ["", " ", "\t", "\r", "\x0b", "\u{85}", "\u{2028}", "\u{feff}", "a \u{ad}"];

/// The lines of `output` that some runner would obey, as GitHub's runner, the agent of Azure Pipelines, TeamCity, GitLab and
/// Jenkins find them; each is generous.
fn obeyed(output: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(output);
    let absent = |c: char| !c.is_ascii() || (c.is_ascii_control() && c != '\t');
    let mut found = Vec::new();
    for line in text.split(['\n', '\r']) {
        // A comparison that skips what has no weight.
        let bare: String = line.chars().filter(|c| !absent(*c)).collect::<String>().to_lowercase();
        let first = bare.trim_start();
        if first.starts_with("::") || ["##[", "##vso[", "##teamcity["].iter().any(|marker| bare.contains(marker)) {
            found.push(line.to_owned());
        }
    }
    if text.contains("\x1b[8m") || text.contains("\r\x1b[0K") {
        found.push("an escape sequence of Jenkins or GitLab".to_owned());
    }
    found
}

/// Each command in each place where a configuration holds text.
fn configuration() -> String {
    let mut text = String::new();
    let all: Vec<String> =
        COMMANDS.iter().flat_map(|command| BEFORE.iter().map(move |before| format!("{before}{command}"))).collect();
    for command in &all {
        text.push_str(&format!(
            "# {command}\n{command}\nset x={command}\nset default=\"{command}\"\nmenuentry \"{command}\" {{\n\
             set root=hd0,1\n linux {command}/k {command}\n initrd //{command} i\n {command}\n}}\n"
        ));
    }
    text
}

/// One that boots.
fn bootable(command: &str) -> String {
    format!(
        "unknown {command}\nmenuentry \"{command}\" {{\n linux /k root=/dev/xvda1 {command}\n initrd /i\n bad {command}\n}}\n"
    )
}

fn run(args: &[&str], runner: Option<(&str, &str)>) -> Output {
    let mut command = command(args);
    if let Some((name, value)) = runner {
        command.env(name, value);
    }
    command.output().unwrap()
}

/// Fails where a runner would obey something of standard output or standard error.
fn check(args: &[&str], runner: Option<(&str, &str)>, ours: fn(&str) -> bool) {
    let output = run(args, runner);
    for (what, text) in [("standard output", &output.stdout), ("standard error", &output.stderr)] {
        let found: Vec<String> = obeyed(text).into_iter().filter(|line| !ours(line)).collect();
        assert!(found.is_empty(), "{args:?} {runner:?} {what}: {found:#?}");
    }
    let silent = output.stdout.is_empty() && output.stderr.is_empty();
    assert!(!silent || args.contains(&"--diff"), "{args:?}");
}

fn none_is_ours(_: &str) -> bool {
    false
}

/// Our own annotations, with a file and a title; in what follows there is no command of the older form.
fn annotation(line: &str) -> bool {
    let name = ["::error file=", "::warning file=", "::notice file="].iter().any(|start| line.starts_with(start));
    let rest = line.split_once(",title=").and_then(|(_, rest)| rest.split_once("::"));
    name && rest.is_some() && !line.contains("##[") && !line.contains("##vso[") && !line.contains("##teamcity[")
}

/// Where a configuration is found: by the way its path and the file's name hold commands, too.
fn written(text: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("##[nothing]\n::nothing::\u{202e}/boot/grub");
    fs::create_dir_all(&place).unwrap();
    let path = place.join("grub.cfg");
    fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

#[test]
fn in_reports_on_a_configuration() {
    let mut texts: Vec<String> = COMMANDS.map(bootable).to_vec();
    texts.push(configuration());
    for (number, text) in texts.iter().enumerate() {
        let (folder, path) = written(text);
        let directory = folder.path().join("##[nothing]\n::nothing::\u{202e}").to_str().unwrap().to_owned();
        let runners = if number % 4 == 0 { &RUNNERS[..] } else { &RUNNERS[..1] };
        for runner in runners {
            let runner = Some(*runner);
            for target in [&path, &directory] {
                for format in ["text", "concise", "json", "sarif", "junit"] {
                    check(&["check", "--format", format, target], runner, none_is_ours);
                    check(&["check", "-v", "--color", "always", "--format", format, target], runner, none_is_ours);
                }
                for format in ["text", "json"] {
                    check(&["trace", "--color", "always", "--format", format, target], runner, none_is_ours);
                    check(&["entries", "--color", "always", "--format", format, target], runner, none_is_ours);
                }
            }
            for format in ["text", "concise", "json", "sarif", "junit"] {
                check(&["lint", "--format", format, &path], runner, none_is_ours);
            }
            check(&["lint", "--diff", "--unsafe", "--force", &path], runner, none_is_ours);
            check(&["check", "/nonexistent/\n::nothing::x##[nothing]"], runner, none_is_ours);
            check(&["check", "--nonexistent\n::nothing::x##[nothing]"], runner, none_is_ours);
            check(&["explain", "\n::nothing::x##[nothing]"], runner, none_is_ours);
        }
        // Without a runner's environment: GitHub's format, and those that lose nothing by it.
        for format in ["json", "sarif", "junit"] {
            let output = run(&["check", "--format", format, &path], None);
            assert_eq!(obeyed(&output.stdout), Vec::<String>::new(), "{format}");
        }
        check(&["check", "--format", "github", &path], None, annotation);
        check(&["check", "--format", "github", &directory], None, annotation);
        check(&["lint", "--format", "github", &path], None, annotation);
        check(&["check", "--format", "github", "/nonexistent/\n::nothing::x##[nothing]"], None, annotation);
        let lines = String::from_utf8(run(&["check", "--format", "github", &path], None).stdout).unwrap();
        assert!(lines.lines().all(annotation), "{lines}");
    }
}

/// A comment with brackets, a title with colons: what is no command is printed as it is.
#[test]
fn what_is_none_is_not_touched() {
    let (_folder, path) = written("### BEGIN [a] ###\nmenuentry \"a::b # [c]\" {\n linux /k ::x\n}\n");
    let (with, without) = (run(&["trace", &path], Some(RUNNERS[0])), run(&["trace", &path], None));
    let text = String::from_utf8_lossy(&with.stdout).into_owned();
    assert!(text.contains("a::b # [c]"), "{text}");
    assert!(String::from_utf8_lossy(&without.stdout).contains("##[nothing]"));
}

/// File names, a label, and paths of a disk; the reports on a menu, on files and on hosts.
#[test]
fn in_every_other_report() {
    if tools::tool("mke2fs").is_none() {
        return tools::skipped("mke2fs");
    }
    let folder = tempfile::tempdir().unwrap();
    for command in COMMANDS {
        // A name has no slash.
        let name = command.replace('/', "-");
        let legacy = format!(
            "title {command}\nroot (hd0,0)\nkernel /{name}k {command}\ninitrd /{name}i\nsavedefault {command}\n"
        );
        let extlinux =
            format!("DEFAULT {command}\nLABEL {command}\n KERNEL /{name}/k\n APPEND initrd=/{name}i {command}\n");
        // Paths that are not there, beside names that are nearly so.
        let grub2 = format!("menuentry '{command}' {{\n linux /{name}kk {command}\n initrd /{name}ii\n}}\n");
        let disks = [("/boot/grub/menu.lst", legacy), ("/extlinux.conf", extlinux), ("/boot/grub/grub.cfg", grub2)];
        for (number, (path, text)) in disks.into_iter().enumerate() {
            let tree = Tree::new().file(path, text).file(&format!("/{name}k"), "k").file(&format!("/{name}i"), "i");
            let image = Image::whole(&Volume::ext4(tree.directory(&format!("/{name}"))).sized(2 << 20));
            // The label, and where it was mounted last.
            image.patch(1024 + 0x78, &[name.as_bytes(), &[0; 16]].concat()[..16]);
            image.patch(1024 + 0x88, &[name.as_bytes(), &[0; 64]].concat()[..64]);
            let image = image.argument();
            let runner = Some(RUNNERS[number]);
            for format in ["text", "concise", "json", "sarif", "junit"] {
                check(&["check", "--color", "always", "--format", format, &image], runner, none_is_ours);
                check(&["compare", "--format", format, &image], runner, none_is_ours);
            }
            for format in ["text", "json"] {
                check(&["grub", "--format", format, &image], runner, none_is_ours);
                check(&["entries", "--format", format, &image], runner, none_is_ours);
                check(&["trace", "--format", format, &image], runner, none_is_ours);
            }
            check(&["check", "--format", "github", &image], None, annotation);
            check(&["cat", &image], runner, none_is_ours);
            check(&["cat", &image, &format!("/{name}")], runner, none_is_ours);
        }
        // Files whose names and contents are a guest's.
        let file = folder.path().join(&name).to_str().unwrap().to_owned();
        fs::write(&file, format!("{command}\n").repeat(200)).unwrap();
        for format in ["text", "json"] {
            check(&["kernel", "--format", format, &file], Some(RUNNERS[0]), none_is_ours);
            check(&["initrd", "--format", format, &file], Some(RUNNERS[1]), none_is_ours);
        }
        check(&["merge", &file], Some(RUNNERS[2]), none_is_ours);
        // A host with such a domain.
        let host = folder.path().join("host");
        fs::create_dir_all(host.join("etc/xen/auto")).unwrap();
        let domain = format!(
            "name = \"{command}\"\nmemory = 1\nbootloader = \"pygrub\"\ndisk = [ \"/{command},raw,xvda,w\" ]\n"
        );
        fs::write(host.join("etc/xen/auto").join(&name), domain).unwrap();
        let host = host.to_str().unwrap().to_owned();
        for format in ["text", "json", "openmetrics"] {
            check(
                &["host", "-v", "--release", "4.17", "--root", &host, "--format", format],
                Some(RUNNERS[0]),
                none_is_ours,
            );
        }
    }
}

#[test]
fn json_means_the_same() {
    for command in COMMANDS {
        let (_folder, path) = written(&bootable(command));
        let output = run(&["entries", "--format", "json", &path], Some(RUNNERS[0]));
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(value["entries"][0]["title"].as_str().unwrap(), command.trim());
    }
}

/// A patch that is written to a file stays one that can be applied.
#[test]
fn a_patch_in_a_file_is_as_it_is() {
    let (folder, path) =
        written("set default=\"0\"\n ::nothing::x ##[nothing]\nmenuentry \"a\" {\n linux ($drive1)/k\n}\n");
    let patch = folder.path().join("patch");
    let mut lint = command(&["lint", "--diff", "--unsafe", &path]);
    let status = lint.env("GITHUB_ACTIONS", "true").stdout(fs::File::create(&patch).unwrap()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let patch = fs::read_to_string(&patch).unwrap();
    assert!(patch.contains("\n  ::nothing::x ##[nothing]\n"), "{patch}");
    let piped = run(&["lint", "--diff", "--unsafe", &path], Some(RUNNERS[0]));
    assert!(String::from_utf8_lossy(&piped.stderr).contains("write them to a file"), "{piped:?}");
}

/// Standard output and standard error are one pipe in a step: what is said on one does not let a line of the other start anew.
#[test]
fn across_the_streams() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (long, generated) = (path("grub.cfg"), path("other.cfg"));
    // It is not edited, and says so on standard error.
    let other = "# Automatically generated.  DO NOT EDIT THIS FILE!\nmenuentry \"a\" {\n linux ($drive1)//k\n}\n";
    fs::write(&generated, other).unwrap();
    // The second colon is escaped; what follows begins with a third and a fourth, and does not fit into what is kept of the output.
    for length in [5000, 7900, 8000, 8080, 8100, 8120, 8140, 8160, 8180, 8192, 20_000, 300_000] {
        for command in ["::::nothing::x", ":::nothing::x", "####[nothing]x::nothing::x"] {
            let text = format!(
                "set default=\"b\"\n{command}{}\nmenuentry \"a\" {{\n linux /k\n}}\nmenuentry \"b\" {{\n linux /k\n}}\n",
                "x".repeat(length)
            );
            fs::write(&long, text).unwrap();
            for args in [
                &["lint", "--diff", "--unsafe", &long, &generated][..],
                &["lint", "--format", "json", &long, "/nonexistent"],
                &["check", "--format", "json", &long, "/nonexistent", &long],
                &["trace", &long],
            ] {
                let mut lint = command_of(args);
                let output = lint.env("GITHUB_ACTIONS", "true").output().unwrap();
                let found = obeyed(&output.stdout);
                assert!(found.is_empty(), "{args:?} {length} {command}: {found:#?}");
            }
        }
    }
}

/// The same with both streams in one pipe.
fn command_of(args: &[&str]) -> std::process::Command {
    let inner = command(args);
    let mut both = std::process::Command::new("/bin/sh");
    both.args(["-c", "exec \"$@\" 2>&1", "sh"]).arg(inner.get_program()).args(inner.get_args()).env_clear();
    both.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    both
}

#[test]
fn in_a_domain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("domain.cfg").to_str().unwrap().to_owned();
    for command in COMMANDS {
        let text = format!(
            "# {command}\nname = \"{command}\"\nbootloader = \"pygrub\"\nbootloader_args = [ \"{command}\" ]\n\
             kernel = \"{command}\"\nextra = \"{command}\"\ndisk = [ \"{command},raw,xvda,w\" ]\n{command}\n"
        );
        fs::write(&path, text).unwrap();
        for format in ["text", "concise", "json", "sarif", "junit"] {
            check(
                &["check", "--as", "xl", "--color", "always", "--format", format, &path],
                Some(RUNNERS[1]),
                none_is_ours,
            );
        }
        check(&["check", "--as", "xl", "--format", "github", &path], None, annotation);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn in_what_the_drop_in_says() {
    if tools::tool("mke2fs").is_none() {
        return tools::skipped("mke2fs");
    }
    let folder = tempfile::tempdir().unwrap();
    let directory = format!("--output-directory={}", folder.path().display());
    for command in COMMANDS {
        let tree = Tree::new().file("/boot/grub/grub.cfg", bootable(command)).file("/k", "k").file("/i", "i");
        let image = Image::whole(&Volume::ext4(tree).sized(2 << 20)).argument();
        let broken =
            Tree::new().file("/boot/grub/grub.cfg", format!("menuentry '{command}' {{\n linux ($a{command})/k\n}}\n"));
        let broken = Image::whole(&Volume::ext4(broken).sized(2 << 20)).argument();
        let (config, _folder) = {
            let (folder, path) = written(&bootable(command));
            (path, folder)
        };
        for runner in RUNNERS {
            let runner = Some(runner);
            check(&["pygrub", "-q", "-l", &image], runner, none_is_ours);
            check(&["pygrub", "-q", "--debug", "-n", &image], runner, none_is_ours);
            check(&["pygrub", "-q", "--debug", &directory, &image], runner, none_is_ours);
            check(&["pygrub", "-q", "--debug", &directory, &broken], runner, none_is_ours);
            check(&["pygrub", "-q", "--output-format=simple", &directory, &image], runner, none_is_ours);
            check(&["pygrub", "-q", "--isconfig", &config], runner, none_is_ours);
            check(&["pygrub", "-q", &format!("--entry={command}"), "-l", &image], runner, none_is_ours);
        }
        // Both streams in one pipe, and the two processes.
        for args in [&["-l", &image][..], &["--debug", "-n", &image], &[&directory, &image], &[&directory, &broken]] {
            let mut both = command_of(&[&["pygrub", "-q"], args].concat());
            let output = both.env("GITHUB_ACTIONS", "true").output().unwrap();
            assert_eq!(obeyed(&output.stdout), Vec::<String>::new(), "{args:?} {command}");
        }
    }
    // What cannot be printed is not handed over, and a file gets it as it is.
    let tree = Tree::new().file("/boot/grub/grub.cfg", bootable("##[nothing]x")).file("/k", "k").file("/i", "i");
    let image = Image::whole(&Volume::ext4(tree).sized(2 << 20));
    let output = run(&["pygrub", "-q", &directory, &image.argument()], Some(RUNNERS[0]));
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
    // Standard output and standard error by other names.
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/stderr", "/proc/thread-self/fd/2"] {
        for runner in RUNNERS {
            let option = format!("--output={name}");
            let output = run(&["pygrub", "-q", &directory, &option, &image.argument()], Some(runner));
            assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]), "{name}");
            assert!(!String::from_utf8_lossy(&output.stderr).contains("##[nothing]x"), "{name}");
        }
    }
    let result = folder.path().join("result");
    fs::write(&result, "").unwrap();
    let option = format!("--output={}", result.display());
    let output = run(&["pygrub", "-q", &directory, &option, &image.argument()], Some(RUNNERS[0]));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(fs::read_to_string(&result).unwrap().contains("##[nothing]x"));
}
