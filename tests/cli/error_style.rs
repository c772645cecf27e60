//! One style of errors: what, where, and what to do, in one sentence on one line; the same words for the same situation in every
//! command, and none of a library's or the operating system's.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::program::command;

/// What no sentence has: numbers of the operating system, Rust's own forms, and the messages of the libraries that parse.
const FOREIGN: [&str; 22] = [
    "os error",
    "Os {",
    "kind:",
    "Some(",
    "Error(",
    "error: ",
    "Usage:",
    "tip:",
    "panicked",
    "invalid type",
    "invalid value",
    "invalid digit",
    "target type",
    "missing field",
    "unknown field",
    "unknown variant",
    "expected ident",
    "expected value",
    "EOF while",
    "at line",
    "error parsing",
    "Is a directory",
];

/// A folder with the files of every situation, in which the program runs.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        let path = folder.0.path();
        // Another user looks at it, too.
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        fs::write(path.join("good.cfg"), "set default=0\nmenuentry \"a\" {\nlinux /k\n}\n").unwrap();
        fs::write(path.join("secret"), "secret").unwrap();
        fs::set_permissions(path.join("secret"), Permissions::from_mode(0o000)).unwrap();
        fs::create_dir(path.join("dir")).unwrap();
        assert!(Command::new("mkfifo").arg(path.join("fifo")).status().unwrap().success());
        folder
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.0.path().join(name), text).unwrap();
    }

    /// The exit status and what is printed on standard error.
    fn run(&self, args: &[&str]) -> (i32, String) {
        let mut command = command(args);
        ended(command.current_dir(self.0.path()).stdout(Stdio::null()))
    }

    /// The same as a user who may not read everything. `None` if no such user can be had here.
    fn run_as_nobody(&self, args: &[&str]) -> Option<(i32, String)> {
        let mut command = command(args);
        command.current_dir(self.0.path()).stdout(Stdio::null());
        if is_root() {
            // The program where every user can start it.
            let program = self.0.path().join("pregrub");
            if !program.exists() {
                fs::copy(crate::common::program::path(), &program).ok()?;
            }
            let mut nobody = Command::new(program);
            nobody.args(args).env_clear().env("PATH", "/usr/bin:/bin").stdin(Stdio::null());
            nobody.current_dir(self.0.path()).stdout(Stdio::null()).uid(65534).gid(65534);
            command = nobody;
        }
        Some(ended(&mut command))
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}

fn ended(command: &mut Command) -> (i32, String) {
    command.stderr(Stdio::piped());
    let output = loop {
        match command.output() {
            // A copy of the program may still be open in a process that another test has just started.
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            output => break output.expect("pregrub runs"),
        }
    };
    (output.status.code().unwrap_or(-1), String::from_utf8(output.stderr).expect("UTF-8"))
}

/// One line, from the program, without foreign words.
fn assert_shape(args: &[&str], stderr: &str) {
    let lines: Vec<&str> = stderr.lines().collect();
    let [line] = lines[..] else { panic!("{args:?}: not one line: {stderr}") };
    let sentence = line.strip_prefix("pregrub: ").unwrap_or_else(|| panic!("{args:?}: no prefix: {line}"));
    assert!(!sentence.ends_with('.') && !sentence.trim().is_empty(), "{args:?}: {line}");
    for foreign in FOREIGN {
        assert!(!line.contains(foreign), "{args:?}: `{foreign}` in: {line}");
    }
}

/// What reads a file that is named by the user; `FILE` stands for it.
const READERS: [&[&str]; 18] = [
    &["check", "FILE"],
    &["check", "--failures-only", "FILE"],
    &["check", "--release", "all", "FILE"],
    &["lint", "FILE"],
    &["trace", "FILE"],
    &["entries", "FILE"],
    &["grub", "FILE"],
    &["cat", "FILE"],
    &["compare", "FILE"],
    &["report", "FILE"],
    &["kernel", "FILE"],
    &["initrd", "FILE"],
    &["check", "--root-disk", "FILE", "good.cfg"],
    &["initrd", "--kernel", "FILE", "good.cfg"],
    &["initrd", "--kernel-config", "FILE", "good.cfg"],
    &["check", "--config", "FILE", "good.cfg"],
    &["check", "--baseline", "FILE", "good.cfg"],
    &["check", "--format", "template", "--template", "@FILE", "good.cfg"],
];

/// Those that read a pipe, too, as a shell makes one of `<(...)`.
const PIPE_READERS: [&[&str]; 2] = [&["merge", "FILE"], &["check", "--targets-from", "FILE"]];

fn with(args: &[&str], file: &str) -> Vec<String> {
    args.iter().map(|arg| arg.replace("FILE", file)).collect()
}

fn words(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

/// Commands and options that read a file have the same words for what keeps them from it.
#[test]
fn files_that_cannot_be_read() {
    let folder = Folder::new();
    for args in READERS.iter().chain(&PIPE_READERS) {
        for (file, why) in [
            ("none", "there is no such file"),
            ("none/x", "there is no such file"),
            ("good.cfg/x", "a part of its path is a file, not a directory"),
        ] {
            let args = with(args, file);
            let (status, stderr) = folder.run(&words(&args));
            assert_shape(&words(&args), &stderr);
            assert!(stderr.starts_with(&format!("pregrub: cannot read `{file}`: {why}")), "{args:?}: {stderr}");
            assert!([2, 3].contains(&status), "{args:?}: {status}");
        }
        let args = with(args, "secret");
        let Some((status, stderr)) = folder.run_as_nobody(&words(&args)) else { continue };
        assert_shape(&words(&args), &stderr);
        let denied = "pregrub: cannot read `secret`: permission denied; run pregrub as a user who can read it\n";
        assert_eq!(stderr, denied, "{args:?}");
        assert!([2, 3].contains(&status), "{args:?}: {status}");
    }
}

#[test]
fn what_is_no_file() {
    let folder = Folder::new();
    for args in &READERS {
        for file in ["fifo", "/dev/null", "/dev/zero"] {
            let args = with(args, file);
            let (status, stderr) = folder.run(&words(&args));
            assert_shape(&words(&args), &stderr);
            let why = ["it is neither a file nor a block device", "it is not a regular file"];
            assert!(
                why.iter().any(|why| stderr.starts_with(&format!("pregrub: cannot read `{file}`: {why}"))),
                "{args:?}: {stderr}"
            );
            assert!([2, 3].contains(&status), "{args:?}: {status}");
        }
    }
    let no_directory: [&[&str]; 10] = [
        &["lint", "FILE"],
        &["check", "--as", "image", "FILE"],
        &["trace", "--as", "xl", "FILE"],
        &["kernel", "FILE"],
        &["initrd", "FILE"],
        &["initrd", "--kernel", "FILE", "good.cfg"],
        &["merge", "FILE"],
        &["check", "--config", "FILE", "good.cfg"],
        &["check", "--baseline", "FILE", "good.cfg"],
        &["check", "--targets-from", "FILE"],
    ];
    for args in no_directory {
        let args = with(args, "dir");
        let (status, stderr) = folder.run(&words(&args));
        assert_shape(&words(&args), &stderr);
        assert!(stderr.starts_with("pregrub: cannot read `dir`: it is a directory"), "{args:?}: {stderr}");
        assert!([2, 3].contains(&status), "{args:?}: {status}");
    }
    let (_, stderr) = folder.run(&["check", "--as", "directory", "good.cfg"]);
    assert_eq!(stderr, "pregrub: cannot read `good.cfg`: it is a file, not a directory\n");
}

/// Whatever the bytes of a file are, what is said of it has the shape.
#[test]
fn files_of_any_bytes() {
    let folder = Folder::new();
    folder.write("empty", "");
    folder.write("zeros", [0; 4096]);
    folder.write("binary", (0..=255).collect::<Vec<u8>>());
    folder.write("latin", b"caf\xe9\n");
    folder.write("text", "hello\n");
    folder.write("json", "{\"a\": [1,\n");
    folder.write("huge", vec![b' '; (1 << 20) + 1]);
    for args in READERS.iter().chain(&PIPE_READERS) {
        for file in ["empty", "zeros", "binary", "latin", "text", "json", "huge"] {
            let args = with(args, file);
            let (status, stderr) = folder.run(&words(&args));
            if !stderr.is_empty() {
                assert_shape(&words(&args), &stderr);
            }
            assert!((0..=3).contains(&status), "{args:?}: {status}");
        }
    }
}

/// A call that is wrong: what is wrong in it, by its name, and what is right.
#[test]
fn wrong_calls() {
    let folder = Folder::new();
    let help = |command: &str| format!("`pregrub {command} --help` shows how it is called");
    let release = "is not a Xen release that pregrub knows: use 4.0 to 4.22";
    let one = "`all` is for --release of `pregrub check` and `pregrub compare`: name one release here";
    let several =
        "several releases or flavours, and `all`, are for `pregrub check` and `pregrub compare`: name one here";
    let cases: [(&[&str], &str); 58] = [
        (&["chek", "x"], "there is no command `chek`; the closest is `check`, and `pregrub --help` lists the commands"),
        (&["frobnicate"], "there is no command `frobnicate`: `pregrub --help` lists the commands"),
        (&["good.cfg"], "`good.cfg` is a target, not a command: pregrub check good.cfg"),
        (&["generate", "frobnicate"], "there is no command `frobnicate`: `pregrub generate --help` lists the commands"),
        (&["check"], &format!("`pregrub check` needs TARGET: {}", help("check"))),
        (&["lint"], &format!("`pregrub lint` needs FILE: {}", help("lint"))),
        (&["cat"], &format!("`pregrub cat` needs TARGET: {}", help("cat"))),
        (&["explain"], &format!("`pregrub explain` needs RULE: {}", help("explain"))),
        (&["generate", "xl"], &format!("`pregrub generate xl` needs --phase: {}", help("generate xl"))),
        (&["rules", "x"], &format!("`pregrub rules` takes no argument `x`: {}", help("rules"))),
        (&["check", "--zzz", "x"], "`pregrub check` has no option `--zzz`: `pregrub check --help` lists them"),
        (
            &["check", "--relase", "4.17", "x"],
            "`pregrub check` has no option `--relase`; the closest is --release, and `pregrub check --help` lists them",
        ),
        (&["check", "-Z", "x"], "`pregrub check` has no option `-Z`: `pregrub check --help` lists them"),
        (&["check", "x", "--release"], "--release needs a value: `pregrub check --help` shows which"),
        (&["check", "--verbose=3", "x"], "--verbose takes no value: leave `3` out"),
        (&["check", "--quiet", "--interactive", "x"], "--quiet and --interactive exclude each other: leave one out"),
        (&["lint", "--fix", "--diff", "x"], "--fix and --diff exclude each other: leave one out"),
        (&["check", "--config", "a", "--no-config", "x"], "--config and --no-config exclude each other: leave one out"),
        (&["check", "--as", "xl", "--as", "xapi", "x"], "--as is given more than once: give it once"),
        (&["check", "--exclude", "a", "x"], &format!("--exclude needs --recursive: {}", help("check"))),
        (&["compare", "--from", "4.17", "x"], &format!("--from needs --to: {}", help("compare"))),
        (&["check", "--format", "template", "x"], &format!("--format template needs --template: {}", help("check"))),
        (&["generate", "nixos", "--force"], &format!("--force needs --output: {}", help("generate nixos"))),
        (&["lint", "--unsafe", "x"], "--unsafe needs --fix or --diff"),
        (&["check", "--flavour", "x", "x"], "`x` is not a value of --flavour: use upstream, debian, suse or xcp-ng"),
        (&["check", "--type", "hvm", "x"], "`hvm` is not a value of --type: use pv or pvh"),
        (&["completions", "tcsh"], "`tcsh` is not a value of SHELL: use bash, elvish, fish"),
        (&["lint", "--threshold", "x", "x"], "`x` is not a value of --threshold: use error, warning, note or never"),
        (&["check", "--jobs", "0", "x"], "`0` is not a value of --jobs: give a whole number from 1 on"),
        (&["check", "--jobs", "-1", "x"], "`-1` is not a value of --jobs: give a whole number from 1 on"),
        (&["report", "--jobs", "99999999999999999999999", "x"], "`99999999999999999999999` is not a value of --jobs"),
        (&["check", "--unpack-limit", "x", "x"], "`x` is not a value of --unpack-limit: give a whole number from 0 on"),
        (&["generate", "nixos", "--timeout", "soon"], "`soon` is not a value of --timeout: give a whole number from 0"),
        (&["generate", "grub-cfg", "x", "--limit", "-3"], "`-3` is not a value of --limit: give a whole number"),
        (&["init", "x", "--size", "0"], "`0` is not a value of --size: give a whole number from 4 to 1048576"),
        (
            &["init", "x", "--generations", "0"],
            "`0` is not a value of --generations: give a whole number from 1 to 1000",
        ),
        (&["check", "--offset", "x", "x"], "`x` is not a value of --offset: give a whole number of bytes"),
        (&["check", "--shard", "3", "x"], "`3` is not a value of --shard: write I/N, such as 1/4"),
        (&["check", "--allow", "PG999", "x"], "--allow: there is no rule or group `PG999`; the closest is PG009"),
        (&["check", "--deny", "frobnicate", "x"], "--deny: there is no rule or group `frobnicate`: `pregrub rules`"),
        (&["explain", "frobnicate"], "there is no rule `frobnicate`: `pregrub rules` lists them"),
        (&["schema", "x"], "there is no schema `x`: `pregrub schema` without a name lists them"),
        (&["check", "--release", "5.0", "x"], &format!("`5.0` {release}")),
        (
            &["check", "--release", "suse-3", "x"],
            "`suse-3` is not a release that pregrub knows: use suse-4.0 to suse-4.22",
        ),
        (&["generate", "nixos", "--release", "x"], &format!("`x` {release}")),
        (&["host", "--release", "x"], &format!("`x` {release}")),
        (&["generate", "nixos", "--release", "all"], one),
        (&["compare", "--from", "4.17", "--to", "all", "x"], one),
        (&["lint", "--release", "all", "x"], several),
        (&["trace", "--release", "4.17,4.18", "x"], several),
        (
            &["check", "--recursive", "--exclude", "a[", "dir"],
            "`a[` is not a value of --exclude: unclosed character class",
        ),
        (&["grub", "--grub", "3", "x"], "`3` is not a release of GRUB that pregrub knows: use 2.06, "),
        (&["grub", "--env", "x", "x"], "`x` is not a value of --env: write NAME=VALUE"),
        (&["check", "--title-rules", "good.cfg", "x"], "cannot read `good.cfg`: --title-rules needs a directory"),
        (&["check", "--format", "template", "--template", "a\n{% x %}", "x"], "--template:2: unknown statement x"),
        (&["check", "--template", "x", "x"], "--template needs --format template"),
        (&["man", "x"], "there is no page `pregrub-x`: `pregrub --help` lists the subcommands"),
        (&["check", "--update-baseline", "good.cfg"], "there is no baseline to update: name it with --baseline FILE"),
    ];
    for (args, sentence) in cases {
        let (status, stderr) = folder.run(args);
        assert_shape(args, &stderr);
        assert!(stderr.starts_with(&format!("pregrub: {sentence}")), "{args:?}: {stderr}");
        assert_eq!(status, 2, "{args:?}");
    }
    folder.write("-x", "");
    let (_, stderr) = folder.run(&["check", "-x"]);
    assert_eq!(stderr, "pregrub: `pregrub check` has no option `-x`: write `./-x` for the file of this name\n");
}

/// A file whose text is wrong is named with the line.
#[test]
fn texts_that_are_wrong() {
    let folder = Folder::new();
    for (text, sentence) in [
        ("relase = '4.17'\n", "pregrub.toml:1:1: there is no setting `relase`; the closest is `release`"),
        ("release = 4.20\n", "pregrub.toml:1:11: `release` must be text in quotes: write release = \"4.20\""),
        ("\nquiet = 1\n", "pregrub.toml:2:9: `quiet` must be true or false, without quotes: write quiet = true"),
        ("allow = 'PG101'\n", "pregrub.toml:1:9: `allow` must be a list of text in quotes: write allow = [\"PG101\"]"),
        ("deny = ['PG999']\n", "pregrub.toml:1:9: there is no rule or group `PG999`; the closest is PG009"),
        ("release = '3.4'\n", "pregrub.toml:1:11: `3.4` is not a Xen release that pregrub knows"),
        ("threshold = 'high'\n", "pregrub.toml:1:13: `high` is not a threshold: use error, warning, note or never"),
        ("exclude = ['a[']\n", "pregrub.toml:1:12: `a[` is not a pattern: unclosed character class"),
        ("release = '4.17\n", "pregrub.toml:1:16: this is not TOML: "),
        ("quiet = true\nquiet = false\n", "pregrub.toml:2:1: this is not TOML: duplicate key"),
    ] {
        folder.write("pregrub.toml", text);
        for args in [&["check", "good.cfg"][..], &["check", "--config", "pregrub.toml", "good.cfg"], &["kernel", "x"]] {
            let (status, stderr) = folder.run(args);
            assert_shape(args, &stderr);
            assert!(stderr.starts_with(&format!("pregrub: {sentence}")), "{text}: {stderr}");
            assert_eq!(status, 2, "{text}");
        }
    }
    // The baseline of the settings, by the name that it has from here.
    folder.write("pregrub.toml", "baseline = 'b.json'\n");
    let (_, stderr) = folder.run(&["check", "good.cfg"]);
    assert_eq!(stderr, "pregrub: cannot read `b.json`: there is no such file; --update-baseline writes one\n");
    fs::remove_file(folder.0.path().join("pregrub.toml")).unwrap();

    let expected = "name files that check, lint or host wrote with --format json, or baselines";
    for (text, sentence) in [
        ("hello\n", format!("file.json:1: this is not JSON (column 1); {expected}")),
        ("\n\n{\"schema\": \n", format!("file.json:3: the JSON ends too early; {expected}")),
        ("[1, 2]\n", format!("file.json:1: it has no schema; {expected}")),
        ("{\"schema\": \"x\"}\n", format!("file.json:1: its schema is `x`; {expected}")),
        ("{\"schema\": \"pregrub.check/1\"}\n", "file.json:1: it does not name its target".to_owned()),
        (
            "{\"schema\": \"pregrub.check/1\", \"target\": \"a\", \"findings\": [1]}\n",
            format!("file.json:1: the findings of `a` are not those of pregrub; {expected}"),
        ),
    ] {
        folder.write("file.json", text);
        let (status, stderr) = folder.run(&["merge", "file.json"]);
        assert_shape(&["merge"], &stderr);
        assert_eq!((status, stderr), (3, format!("pregrub: {sentence}\n")));
    }
    for text in
        ["hello\n", "{\"a\": 1}\n", "{\"schema\": \"pregrub.baseline/1\"}\n", "{\"schema\": \"x\", \"findings\": []}"]
    {
        folder.write("base.json", text);
        let args = ["check", "--baseline", "base.json", "good.cfg"];
        let (status, stderr) = folder.run(&args);
        assert_shape(&args, &stderr);
        assert!(stderr.starts_with("pregrub: cannot read `base.json`: it"), "{stderr}");
        assert_eq!(status, 2, "{text}");
    }
    folder.write("page.html", "<p>\n{{ target | nothing }}\n");
    let args = ["check", "--format", "template", "--template", "@page.html", "good.cfg"];
    let (status, stderr) = folder.run(&args);
    assert_shape(&args, &stderr);
    assert!(stderr.contains("page.html:2: filter nothing is unknown"), "{stderr}");
    assert_eq!(status, 2);
}

/// What is written somewhere: the same words for a place where nothing can be written.
#[test]
fn places_that_cannot_be_written_to() {
    let folder = Folder::new();
    let writers: [&[&str]; 3] =
        [&["generate", "nixos", "-o", "FILE"], &["init", "FILE"], &["report", "good.cfg", "-o", "FILE"]];
    for args in writers {
        for (file, sentence) in [
            ("none/x", "cannot write `none/x`: there is no such directory"),
            ("good.cfg/x", "cannot write `good.cfg/x`: a part of its path is a file, not a directory"),
        ] {
            let args = with(args, file);
            let (status, stderr) = folder.run(&words(&args));
            assert_shape(&words(&args), &stderr);
            assert_eq!((status, stderr), (2, format!("pregrub: {sentence}\n")), "{args:?}");
        }
        let args = with(args, "x");
        let Some((status, stderr)) = folder.run_as_nobody(&words(&args)).filter(|_| is_root()) else { continue };
        assert_shape(&words(&args), &stderr);
        assert_eq!((status, stderr.as_str()), (2, "pregrub: cannot write `x`: permission denied\n"), "{args:?}");
    }
}

/// Standard output that takes nothing: the same sentence in every command.
#[test]
fn standard_output_that_takes_nothing() {
    let folder = Folder::new();
    let good: [&[&str]; 17] = [
        &["check", "good.cfg"],
        &["lint", "good.cfg"],
        &["trace", "good.cfg"],
        &["entries", "good.cfg"],
        &["grub", "good.cfg"],
        &["cat", "good.cfg"],
        &["compare", "good.cfg"],
        &["report", "good.cfg"],
        &["kernel", "good.cfg"],
        &["initrd", "good.cfg"],
        &["generate", "nixos"],
        &["explain", "PG101"],
        &["schema"],
        &["rules"],
        &["completions", "bash"],
        &["man"],
        &["check", "--help"],
    ];
    for args in good {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = command(args);
        let (status, stderr) = ended(command.current_dir(folder.0.path()).stdout(full));
        assert_shape(args, &stderr);
        assert_eq!(
            (status, stderr.as_str()),
            (2, "pregrub: cannot write the result: the filesystem is full\n"),
            "{args:?}"
        );
    }
}

/// What is wrong with several targets is said once, and nothing is said of a pygrub that looked at nothing.
#[test]
fn nothing_is_said_twice() {
    let folder = Folder::new();
    let missing = "pregrub: cannot read `none`: there is no such file\n";
    for args in [
        &["check", "none", "none"][..],
        &["lint", "none", "none"],
        &["compare", "none", "none"],
        &["kernel", "none", "none"],
        &["check", "--root-disk", "none", "good.cfg", "good.cfg"],
    ] {
        assert_eq!(folder.run(args).1, missing, "{args:?}");
    }
    let mut command = command(&["check", "none"]);
    command.current_dir(folder.0.path()).env("PREGRUB_HOST_ROOT", Path::new("/"));
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
}
