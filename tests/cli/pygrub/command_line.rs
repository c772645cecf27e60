//! Every row of the table of command lines, by the installed pygrub and the drop-in.

use std::fs;
use std::path::Path;

use crate::common::drop_in;
use crate::common::images::{Image, Tree, Volume};
use crate::common::oracle::{Oracle, RunCase};
use crate::common::program;

/// A disk with two entries, the second without initrd.
fn disk() -> Image {
    let config = "set timeout=5\n\
        menuentry 'Linux one' {\n  linux /boot/vmlinuz root=/dev/xvda1 ro quiet\n  initrd /boot/initrd.img\n}\n\
        menuentry 'Linux two' {\n  linux /kernels/k root=/dev/xvda2\n}\n";
    let tree = Tree::new()
        .file("boot/grub/grub.cfg", config)
        .file("boot/vmlinuz", vec![b'K'; 5000])
        .file("boot/initrd.img", vec![b'I'; 3000])
        .file("kernels/k", "other kernel");
    Image::whole(&Volume::ext4(tree))
}

fn compare(oracle: &Oracle, cases: &[RunCase]) {
    let theirs = oracle.runs(cases);
    let ours = oracle.runs(&cases.iter().map(|case| drop_in::case(case, oracle)).collect::<Vec<_>>());
    let mut differences = Vec::new();
    for ((case, ours), theirs) in cases.iter().zip(&ours).zip(&theirs) {
        differences.extend(drop_in::differences(&case.argv.join(" "), ours, theirs));
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
}

/// Command lines; `I` is the image.
const LINES: &[&str] = &[
    "-q I",
    "-q --output-format=simple I",
    "-q --output-format=simple0 I",
    "-q --output-format sxp I",
    "-q -n I",
    "-q -n --output-format=simple I",
    "-qn --output-format=simple0 I",
    "--entry=1 I",
    "--entry=0 I",
    "--entry= I",
    "--entry=99 I",
    "--entry=-1 I",
    "--entry=1.0 I",
    "--entry=1_0 I",
    "--entry=Linux I",
    "--entry 1 I",
    "-q --kernel=/kernels/k I",
    "-q --kernel=/kernels/k --ramdisk=/boot/initrd.img --args=a I",
    "-q --ramdisk=/kernels/k I",
    "-q --args=extra I",
    "-q --args=extra --entry=1 I",
    "-q --kernel= I",
    "-q --args=it's I",
    "-q --args=a\"b' I",
    "-q --args=\\é\u{200b} I",
    "-q --kernel=/nonexist I",
    "-q --kernel=/kernels/k --ramdisk=/nonexist I",
    "-q -n --kernel=/nonexist I",
    "-q -n --kernel=/kernels/k --ramdisk=/nonexist I",
    "-l I",
    "-l -q I",
    "-l --entry=1 I",
    "-l -n I",
    "-l --kernel=/kernels/k I",
    "-l /dev/null",
    "--offset=0 -q I",
    "--offset=512 -q I",
    "--offset=-1 -q I",
    "--offset=99999999999999999999 -q I",
    "--offset=+0_0 -q I",
    "--offset=abc -q I",
    "--offset=0x0 -q I",
    "--offset= -q I",
    "--output-format=xml -q I",
    "--output-format= -q I",
    "--runas=abc -q I",
    "--runas=0 -q I",
    "--runas=1000 I",
    "--output-directory=/nonexistdir -q I",
    "--output-directory= -q I",
    "--output-directory=/etc/passwd -q I",
    "--bogus I",
    "-z I",
    "-d I",
    "--out=x I",
    "--quiet=1 I",
    "-q",
    "",
    "-h",
    "--help",
    "-h x",
    "-h x I",
    "--help I",
    "-h I",
    "-qh I",
    "--offset=abc --help I",
    "--help --offset=abc I",
    "I -q",
    "--entry=1 -- I",
    "-q -- I",
    "I --quie",
    "--output-f=simple -q I",
    "--e=1 I",
    "-q I other words",
    "- -q",
    "--output=@FILE -q I",
    "--output=@FILE --output=- -q I",
    "--output=- -q I",
    "--output=@OUT/missing -q I",
    "--output= -q I",
    "--output=@OUT -q I",
    "--output=/dev/full -q I",
    "--output=@FILE -l I",
    "--output=@FILE -q --output-format=simple0 I",
    "-q --debug -n --kernel=/kernels/k I",
    "-q nonexistent.img",
    "-q /",
    "-q /dev/null",
    "-q --offset=0 nonexistent.img",
    "-q -l --offset=0 nonexistent.img",
    "-l --offset=0 nonexistent.img",
    "-l -n --offset=-1 nonexistent.img",
    "-q -l --offset=0 /",
    "-q --debug I",
    "-q --kernel=/k nonexistent.img",
    "-l nonexistent.img",
    "-n -q nonexistent.img",
    "--isconfig -q nonexistent.cfg",
    "--isconfig -q /etc",
];

#[test]
fn the_table() {
    let oracle = oracle_or_skip!();
    let image = disk();
    let path = image.path().to_str().unwrap();
    let cases: Vec<RunCase> = LINES
        .iter()
        .map(|line| {
            let words = line.split(' ').filter(|word| !word.is_empty());
            let argv = words.map(|word| if word == "I" { path.to_owned() } else { word.to_owned() });
            // First, so that a line may name another.
            RunCase::new(*line, std::iter::once("--output-directory=@OUT".to_owned()).chain(argv))
        })
        .collect();
    compare(&oracle, &cases);
}

#[test]
fn words_with_blanks() {
    let oracle = oracle_or_skip!();
    let image = disk();
    let path = image.path().to_str().unwrap();
    let cases: Vec<RunCase> = [
        &["--entry=Linux two"][..],
        &["--entry= 1 "],
        &["--entry=linux two"],
        &["--offset= 0 ", "-q"],
        &["-q", "--args=a b\tc"],
        &["-q", "--args=a\nb"],
        &["-q", "--args=a\nb", "--output-format=simple"],
        &["-q", "--args=a\nb", "--output-format=simple0"],
        &["-q", "--args= x "],
        &["-q", "--kernel=/kernels/k quiet"],
        &["-q", "", "-n"],
        &["-q", "--isconfig", ""],
        &["-l", "--isconfig", ""],
        &["-q", "-l", "--offset=0", ""],
        &["-q", "--debug", "--isconfig", ""],
    ]
    .iter()
    .map(|words| {
        let argv = ["--output-directory=@OUT"].iter().chain(*words).map(|word| (*word).to_owned());
        RunCase::new(words.join(" "), argv.chain([path.to_owned()]))
    })
    .collect();
    compare(&oracle, &cases);
}

/// Bytes that are not UTF-8 reach pygrub as lone surrogates.
#[test]
fn words_that_are_not_utf_8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::process::Command;

    let oracle = oracle_or_skip!();
    let image = disk();
    let out = tempfile::tempdir().unwrap();
    for format in ["sxp", "simple", "simple0"] {
        for args in [&b"--args=a\xe9b"[..], b"--args=\xff\xfe", b"--args=\xc3\xa9\x80"] {
            let run = |program: &Path, first: Option<&str>| {
                let mut command = Command::new(program);
                command.args(first).envs(drop_in::environment(&oracle).into_iter().filter_map(|(k, v)| Some((k, v?))));
                command.arg("-q").arg(format!("--output-format={format}")).arg(OsStr::from_bytes(args));
                command.arg(format!("--output-directory={}", out.path().display())).arg(image.path());
                let output = command.output().unwrap();
                let told = String::from_utf8_lossy(&output.stdout).into_owned();
                let random = told.split("boot_kernel.").nth(1).map_or(String::new(), |rest| rest[..8].to_owned());
                let ramdisk = told.split("boot_ramdisk.").nth(1).map_or(String::new(), |rest| rest[..8].to_owned());
                let told = told.replace(&random, "K").replace(&ramdisk, "R");
                let last = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or_default().to_owned();
                (output.status.code(), told, last)
            };
            let ours = run(&crate::common::program::path(), Some("pygrub"));
            assert_eq!(ours, run(&oracle.pygrub, None), "{format} {}", String::from_utf8_lossy(args));
        }
    }
}

/// `--isconfig`, which always takes the file for a grub.cfg.
#[test]
fn configurations_alone() {
    let oracle = oracle_or_skip!();
    let dir = tempfile::tempdir().unwrap();
    let entry = "menuentry 'A' {\n  linux /k a  b\n  initrd /i\n}\nmenuentry 'B' {\n  linux /k2\n}\n";
    let texts: [(&str, Vec<u8>); 12] = [
        ("good", entry.into()),
        ("carriage-returns", entry.replace('\n', "\r\n").into()),
        ("old-mac", entry.replace('\n', "\r").into()),
        ("both-initrds", b"menuentry 'A' {\n linux /k a\n initrd /i\n}\nmenuentry 'B' {\n linux /k\n initrd /i\n}\n".to_vec()),
        ("logged", b"insmod a\nnothing b\nmenuentry 'A' {\n insmod c\n savedefault\n linux /k\n initrd /i\n search x\n}\nif x\nfi\n".to_vec()),
        ("no-kernel", b"menuentry 'A' {\n}\n".to_vec()),
        ("empty-kernel", b"menuentry 'A' {\n  linux\n}\n".to_vec()),
        ("none", b"set default=1\n".to_vec()),
        ("empty", Vec::new()),
        ("brace", b"}\n".to_vec()),
        ("latin", b"# \xe9\n".to_vec()),
        ("long", [entry.as_bytes(), &b"# x\n".repeat(400_000), b"menuentry 'C' {\n}\n"].concat()),
    ];
    let mut cases = Vec::new();
    for (name, text) in texts {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        for words in [
            &["-q"][..],
            &["--entry=1"],
            &["--entry=B", "--args=x"],
            &["-q", "--output=@FILE"],
            &["-q", "-l"],
            &["-l", "--entry=1"],
            &["-q", "--debug"],
            &["-l", "--debug"],
        ] {
            let argv = ["--isconfig", "--output-directory=@OUT"].iter().chain(words).map(|word| (*word).to_owned());
            cases.push(RunCase::new(name, argv.chain([path.to_str().unwrap().to_owned()])));
        }
    }
    compare(&oracle, &cases);
}

/// `--debug`: of an exception that pygrub swallows the drop-in writes the last line.
#[test]
fn the_last_line_of_debugging() {
    let oracle = oracle_or_skip!();
    let none = Image::whole(&Volume::ext4(Tree::new().file("k", "kernel")).sized(4 << 20));
    let broken = Tree::new().file("boot/grub/grub.cfg", "insmod a\nnothing\nmenuentry 'A' {\n linux (hd)/k\n}\n");
    let broken = Image::whole(&Volume::ext4(broken).sized(4 << 20));
    let without = Tree::new().file("boot/grub/grub.cfg", "menuentry 'A' {\n linux /k\n}\n");
    let without = Image::whole(&Volume::ext4(without).sized(4 << 20));
    let empty = Image::of_bytes(&[0; 4096]);
    let missing = "nonexistent.img".to_owned();
    let images = [none.argument(), broken.argument(), without.argument(), empty.argument(), missing];
    let lines = [&["-l"][..], &["-q"], &["-l", "--offset=0"], &["-q", "--offset=0"], &["-l", "--offset=-1"]];
    let cases: Vec<RunCase> = images
        .iter()
        .flat_map(|image| lines.iter().map(move |line| (image, line)))
        .map(|(image, line)| {
            let argv = ["--debug", "--output-directory=@OUT"].iter().chain(*line).map(|word| (*word).to_owned());
            RunCase::new(format!("{line:?} {image}"), argv.chain([image.clone()]))
        })
        .collect();
    let theirs = oracle.runs(&cases);
    let ours = oracle.runs(&cases.iter().map(|case| drop_in::case(case, &oracle)).collect::<Vec<_>>());
    for ((case, ours), theirs) in cases.iter().zip(&ours).zip(&theirs) {
        let of = |answer: &crate::common::oracle::RunAnswer| (answer.rc, answer.stdout.clone(), answer.last_line());
        assert_eq!(of(ours), of(theirs), "{}", case.id);
    }
}

/// The menu without a terminal: curses gives up, on the menu of a disk and on that of a configuration.
#[test]
fn no_terminal() {
    let oracle = oracle_or_skip!();
    let image = disk();
    let config = Image::of_bytes(b"menuentry 'A' {\n  linux /k\n}\n");
    for (word, term) in
        [("-i", "vt100"), ("--isconfig", "vt100"), ("--isconfig", "no-such-terminal"), ("", "vt100"), ("", "none")]
    {
        let (word, path) = match word {
            "-i" => (word, image.argument()),
            "" => ("--isconfig", String::new()),
            _ => (word, config.argument()),
        };
        let mut case = RunCase::new(word, ["--output-directory=@OUT", "--output=@FILE", word, &path]);
        case.env.insert("TERM".to_owned(), Some(term.to_owned()));
        let theirs = &oracle.runs(std::slice::from_ref(&case))[0];
        let ours = &oracle.runs(&[drop_in::case(&case, &oracle)])[0];
        assert_eq!((ours.rc, ours.last_line()), (theirs.rc, theirs.last_line()), "{word} {term}");
        assert_eq!(theirs.rc, Some(1));
    }
}

/// Disks that a tester found: two drivers of pygrub take the first, and the order of the host's plugins decides.
#[test]
fn odd_disks() {
    let oracle = oracle_or_skip!();
    let two = disk();
    // In the space that ext4 reserves for its group descriptors.
    two.patch(32_768, b"\x01CD001\x01");
    let check = program::run(&["check", &two.argument()]);
    assert_eq!(check.status, 3, "{}", check.whole());
    assert!(check.stdout.contains("which is tried first depends on the host"), "{}", check.stdout);
    let menu = Tree::new().file("boot/grub/menu.lst", "default 1\n");
    let none = Image::whole(&Volume::ext4(menu).sized(4 << 20));
    let runs = [("-q", &two), ("-l", &two), ("-l", &none), ("-q", &none)];
    let case = |(word, image): (&str, &Image)| {
        RunCase::new(word, ["--output-directory=@OUT".to_owned(), word.to_owned(), image.argument()])
    };
    compare(&oracle, &runs.map(case));
}

/// A caller that ignores SIGCHLD, which its children inherit.
#[test]
fn a_caller_that_ignores_its_children() {
    let oracle = oracle_or_skip!();
    let image = disk();
    let ignoring =
        "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])";
    let wrapped = |program: Vec<String>| {
        let python = oracle.python.to_str().expect("UTF-8").to_owned();
        Some([python, "-c".to_owned(), ignoring.to_owned()].into_iter().chain(program).collect())
    };
    let mut theirs = RunCase::new("ignored", ["--output-directory=@OUT".to_owned(), "-q".to_owned(), image.argument()]);
    let mut ours = drop_in::case(&theirs, &oracle);
    theirs.program = wrapped(vec![oracle.pygrub.to_str().expect("UTF-8").to_owned()]);
    ours.program = wrapped(ours.program.take().expect("the drop-in"));
    let answers = oracle.runs(&[ours, theirs]);
    assert_eq!(answers[0].rc, Some(0));
    assert_eq!(drop_in::differences("SIGCHLD is ignored", &answers[0], &answers[1]), Vec::<String>::new());
}

/// The front of an output file is written over; its tail stays.
#[test]
fn the_output_file_is_not_truncated() {
    let oracle = oracle_or_skip!();
    let image = disk();
    let dir = tempfile::tempdir().unwrap();
    let output = dir.path().join("output");
    fs::write(&output, [b'X'; 400]).unwrap();
    let status = crate::common::program::command(&["pygrub", "--entry=1"])
        .envs(drop_in::environment(&oracle).into_iter().filter_map(|(name, value)| Some((name, value?))))
        .arg(format!("--output={}", output.display()))
        .arg(format!("--output-directory={}", dir.path().display()))
        .arg(image.path())
        .status()
        .unwrap();
    assert!(status.success());
    let written = fs::read(&output).unwrap();
    assert_eq!(written.len(), 400);
    let written = String::from_utf8(written).unwrap();
    assert!(written.starts_with("linux (kernel '") && written.contains("(args 'root=/dev/xvda2')XXXX"), "{written}");
}
