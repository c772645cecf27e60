//! Whatever a configuration of a mebibyte holds: reading it, judging it and looking for what is wrong takes at most 64 MiB, and no
//! line of a mebibyte is printed in full.

use std::fs;
use std::time::{Duration, Instant};

use pregrub::boot::Options;
use pregrub::config::Dialect;
use pregrub::lint::{Levels, LintContext, lint};
use pregrub::release::Release;
use pregrub::report::{entries, trace};
use pregrub::simulation::Simulation;
use pregrub::target::{Kind, Target};

use crate::common::memory;
use crate::common::program::command;

const MOST: usize = 64 << 20;

/// What is repeated until a mebibyte is full.
const REPEATED: [&str; 38] = [
    "}\n",
    "{\n",
    "\"\n",
    "'\n",
    "a\n",
    "\n",
    "#\n",
    "=\n",
    "}",
    "\"",
    "a;",
    "$a ",
    "é\n",
    "\\\n",
    "if\n",
    "fi\n",
    "a\n}\n",
    "set a=b\n",
    "set a\n",
    "set default=a\n",
    "set timeout=x\n",
    "function a{\n}\n",
    "menuentry \"a\" {\n",
    "menuentry \"a\" {\n}\n",
    "menuentry \"a\" {\n linux /k\n}\n",
    "menuentry \"a\" {\n linux ($a)/k\n}\n",
    "menuentry \"a\" {\n linux $a\n}\n",
    "menuentry \"a\" {\n set root=hd0\n",
    "menuentry a {\n}\n",
    "submenu \"a\" {\n",
    "title a\n",
    "title a\nkernel /k\n",
    "title a\nroot x\n",
    "label a\n",
    "label a\nlinux /k\n",
    "label a\nkernel /k\nappend initrd=/i\n",
    "source a\n",
    "# pregrub: allow(PG001)\n",
];

fn mebibyte(beginning: &str, piece: &str) -> Vec<u8> {
    let mut text = beginning.as_bytes().to_vec();
    text.extend(piece.bytes().cycle().take((1 << 20) - text.len()));
    text
}

fn take(name: &str, dialect: Dialect, text: &[u8], release: Release) -> usize {
    let (_, bytes) = memory::peak(|| {
        let options = Options { release, ..Options::default() };
        let target = Target::Config { dialect, text: text.to_vec() };
        let run = Simulation::from(options).on("grub.cfg", target).run_on(None).unwrap();
        let findings = lint(&LintContext::new(&run, Kind::Config), &Levels::default());
        assert!(findings.len() < 70_000, "{name}");
        run.stderr().count()
    });
    assert!(bytes <= MOST, "{name:?}, {}: {} MiB", dialect.name(), bytes >> 20);
    bytes
}

#[test]
fn any_configuration_takes_64_mib() {
    let mut worst = (0, "");
    for piece in REPEATED {
        for dialect in [Dialect::Grub2, Dialect::Legacy, Dialect::Extlinux] {
            worst = worst.max((take(piece, dialect, &mebibyte("", piece), Release::NEWEST), piece));
        }
    }
    println!("most: {} MiB of {:?}", worst.0 >> 20, worst.1);
}

/// All of it is one entry, whose lines are read when it ends; and an exception in the last line.
#[test]
fn so_does_one_large_entry() {
    let old: Release = "4.6".parse().unwrap();
    for (dialect, beginning, end) in [
        (Dialect::Grub2, "menuentry \"a\" {\n", "\n}\n}\n"),
        (Dialect::Legacy, "title a\nkernel /k\n", "\nroot x\n"),
        (Dialect::Extlinux, "label a\nkernel /k\n", "\nkernel \"/k \"\n"),
    ] {
        for (piece, release) in [("a\n", Release::NEWEST), ("fi\n", Release::NEWEST), ("é\n", old), ("set a\n", old)] {
            let mut text = mebibyte(beginning, piece);
            text.truncate(text.len() - end.len());
            text.extend_from_slice(end.as_bytes());
            take(piece, dialect, &text, release);
        }
    }
}

/// The reports that show every line do not hold them all.
#[test]
fn reports_of_every_line_take_no_more() {
    for piece in ["a\n", "title a\n", "label a\n"] {
        let (_, bytes) = memory::peak(|| {
            let target = Target::Config { dialect: Dialect::Legacy, text: mebibyte("", piece) };
            let run = Simulation::default().on("menu.lst", target).run_on(None).unwrap();
            trace::write_text(
                &run,
                pregrub::explain::explain(&run).as_ref(),
                "menu.lst",
                Kind::Config,
                &mut std::io::sink(),
            )
            .unwrap();
            let config = &run.deciding_attempt().unwrap().found.as_ref().unwrap().config;
            let wishes = pregrub::boot::Overrides::of(&run.options);
            let report = entries::Entries::of_config(config, wishes, Release::NEWEST);
            serde_json::to_writer(std::io::sink(), &report.json()).unwrap();
        });
        assert!(bytes <= MOST, "{piece:?}: {} MiB", bytes >> 20);
    }
}

#[test]
fn a_line_of_a_mebibyte_is_not_printed_in_full() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grub.cfg").to_str().unwrap().to_owned();
    for line in
        ["}", "a", "\"", "menuentry \"a\" {\n linux /k ", "menuentry \"", "menuentry \"a\" {\n linux (", "set default="]
    {
        fs::write(&path, mebibyte(line, "x")).unwrap();
        let closed = [mebibyte(line, "x"), b"\n}\n".to_vec()].concat();
        for text in [mebibyte(line, "x"), closed] {
            fs::write(&path, text).unwrap();
            for args in [
                &["check", "-v"][..],
                &["check", "--format", "concise"],
                &["check", "--format", "github"],
                &["lint"],
                &["trace"],
                &["entries"],
            ] {
                let output = command(&[args, &["--dialect", "grub2", &path]].concat()).output().unwrap();
                let longest = |text: &[u8]| text.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap();
                assert!(longest(&output.stdout) < 20_000 && longest(&output.stderr) < 20_000, "{args:?} {line}");
                assert!(output.stdout.len() + output.stderr.len() < 200_000, "{args:?} {line}");
            }
        }
    }
}

/// A file that lets its reader wait: a FIFO, and one of the kernel's that is called a regular file (which only root may open).
#[test]
fn nobody_waits_for_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let fifo = fifo.to_str().unwrap();
    let domain = folder.path().join("domain.cfg");
    fs::write(&domain, format!("name = \"a\"\nbootloader = \"pygrub\"\ndisk = [ \"{fifo},raw,xvda,w\" ]\n")).unwrap();
    let domain = domain.to_str().unwrap();
    for args in [
        ["check", "--as", "xl", fifo],
        ["check", "--as", "xl", domain],
        ["check", "--as", "xl", "/proc/kmsg"],
        ["check", "--as", "config", "/proc/kmsg"],
        ["lint", "--dialect", "grub2", "/proc/kmsg"],
        ["lint", "--dialect", "grub2", fifo],
        ["check", "--root-disk", fifo, domain],
        ["check", "--config", fifo, domain],
        ["check", "--baseline", fifo, domain],
    ] {
        let began = Instant::now();
        let mut child =
            command(&args).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if began.elapsed() > Duration::from_secs(60) {
                child.kill().unwrap();
                panic!("{args:?} waits");
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(matches!(status.code(), Some(2 | 3)), "{args:?}: {status}");
    }
}
