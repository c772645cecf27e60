//! Whatever a configuration of a mebibyte holds: reading it, judging it and looking for what is wrong takes at most 64 MiB, and no
//! line of a mebibyte is printed in full.

use std::fs;
use std::time::{Duration, Instant};

use pregrub::boot::Options;
use pregrub::config::Dialect;
use pregrub::lint::{Fixer, Levels, LintContext, lint};
use pregrub::release::Release;
use pregrub::report::{entries, trace};
use pregrub::simulation::Simulation;
use pregrub::target::{Kind, Target};

use crate::common::memory;
use crate::common::program::command;

const MOST: usize = 64 << 20;

/// What is repeated until a mebibyte is full.
const REPEATED: [&str; 42] = [
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
    "$a",
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
    "source a;\n",
    "set a=b=c\n",
    "menuentry \"a\" {\n linux (loop0)/k\n}\n",
    "# pregrub: allow(PG001)\n",
];

fn mebibyte(beginning: &str, piece: &str) -> Vec<u8> {
    let mut text = beginning.as_bytes().to_vec();
    text.extend(piece.bytes().cycle().take((1 << 20) - text.len()));
    text
}

/// How much it takes to read, judge and lint a text, and whether something has a fix.
fn take(name: &str, dialect: Dialect, text: &[u8], release: Release) -> (usize, bool) {
    let (has_fix, bytes) = memory::peak(|| {
        let options = Options { release, ..Options::default() };
        let target = Target::Config { dialect, text: text.to_vec() };
        let run = Simulation::from(options).on("grub.cfg", target).run_on(None).unwrap();
        let findings = lint(&LintContext::new(&run, Kind::Config), &Levels::default());
        assert!(findings.len() < 70_000, "{name}");
        run.stderr().count();
        findings.iter().any(|finding| finding.fix.is_some())
    });
    assert!(bytes <= MOST, "{name:?}, {}: {} MiB", dialect.name(), bytes >> 20);
    (bytes, has_fix)
}

/// What the fixer may take: it has two texts of findings beside each other.
const MOST_TO_FIX: usize = 72 << 20;

/// How much it takes to fix a text, also with what must be reviewed.
fn take_to_fix(name: &str, dialect: Dialect, text: Vec<u8>) -> usize {
    let levels = Levels::default();
    let fixer = Fixer { name: "grub.cfg", dialect, options: Options::default(), levels: &levels, unsafe_too: true };
    let (fixed, bytes) = memory::peak(|| fixer.fix(text));
    println!("{} MiB to fix {} of {name:?}, {}", bytes >> 20, fixed.made.len(), dialect.name());
    assert!(bytes <= MOST_TO_FIX, "{name:?}, {}: {} MiB to fix it", dialect.name(), bytes >> 20);
    bytes
}

#[test]
fn any_configuration_takes_64_mib() {
    let mut worst = (0, "");
    for piece in REPEATED {
        for dialect in [Dialect::Grub2, Dialect::Legacy, Dialect::Extlinux] {
            let text = mebibyte("", piece);
            let (bytes, has_fix) = take(piece, dialect, &text, Release::NEWEST);
            worst = worst.max((bytes, piece));
            // Where nothing has a fix, the fixer looks once and that is all.
            if has_fix {
                worst = worst.max((take_to_fix(piece, dialect, text), piece));
            }
        }
    }
    println!("most: {} MiB of {:?}", worst.0 >> 20, worst.1);
}

/// Many fixes that do no good alone, and lines of several rules.
#[test]
fn fixes_of_mixed_lines_take_no_more() {
    for (piece, dialect) in [
        ("menuentry 'a' {\n linux ($a)/k;\n initrd /i\\\n}\nset default=\"a\"\n", Dialect::Grub2),
        ("menuentry a {\n set root=hd0\n linux  //k $a\n}}\n", Dialect::Grub2),
        ("title a\nroot x\nkernel --no-mem-option /k\nmodule //i\n", Dialect::Legacy),
        ("label a\nlinux //k\nappend initrd=//i\n", Dialect::Extlinux),
    ] {
        take_to_fix(piece, dialect, mebibyte("", piece));
    }
}

/// A few lines that much belongs to: commands that go on over the rest, a submenu around all entries, commands far from the start of their
/// lines.
#[test]
fn a_few_lines_that_much_belongs_to_take_no_more() {
    let continued = format!("menuentry \"a\" {{\nlinux /k\n}}\n{}", "set default=a\\\n".repeat(4000));
    let loops = format!("\n{}loopback x", " ".repeat(8000)).repeat(64) + "\n";
    for (head, piece, dialect) in [
        (continued.as_str(), "\\\n", Dialect::Grub2),
        ("", "set default=a \\\n", Dialect::Grub2),
        ("menuentry \"a\" {\n", "linux /k \\\n", Dialect::Grub2),
        (&loops, "menuentry \"a\" {\n linux (b)/k\n}\n", Dialect::Grub2),
        ("menu begin x\n", "label a\nmenu default\n", Dialect::Extlinux),
        ("", "menu begin a\nlabel a\nmenu default\nmenu end\n", Dialect::Extlinux),
    ] {
        let text = mebibyte(head, piece);
        take(piece, dialect, &text, Release::NEWEST);
        take_to_fix(piece, dialect, text);
    }
}

/// What the program holds besides, without any input.
const EMPTY: usize = 4 << 20;
/// What fixing takes of the operating system: its peak is [`MOST_TO_FIX`], but the C library's allocator does not give back what lies between.
const MOST_OF_FIX: usize = 96 << 20;

#[test]
fn the_program_takes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("grub.cfg").to_str().unwrap().to_owned();
    for (piece, dialect) in [
        ("set a\n", "grub2"),
        ("menuentry \"a\" {\n", "grub2"),
        ("menuentry a {\n}\n", "grub2"),
        ("}\n", "grub2"),
        ("title a\nroot x\n", "legacy"),
        ("title a\n", "legacy"),
        ("label a\nlinux /k\n", "extlinux"),
        ("label a\n", "extlinux"),
    ] {
        fs::write(&path, mebibyte("", piece)).unwrap();
        for (args, most) in [
            (&["lint"][..], MOST),
            (&["check"], MOST),
            (&["trace"], MOST),
            (&["entries"], MOST),
            (&["lint", "--diff", "--unsafe"], MOST_OF_FIX),
        ] {
            let output =
                memory::limited(&command(&[args, &["--dialect", dialect, &path]].concat()), most + EMPTY).output();
            let output = output.unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?} {piece:?}: {} {said}", output.status);
        }
    }
}

/// Domains, of every toolstack.
#[test]
fn a_domain_takes_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("domain").to_str().unwrap().to_owned();
    let disk = "bootloader = \"pygrub\"\ndisk = [ \"/none,raw,xvda,w\" ]\n";
    for (kind, beginning, piece) in [
        ("xl", disk, "a=1\n"),
        ("xl", disk, "a\n"),
        ("xl", disk, "}\n"),
        ("xl", disk, "\"\n"),
        ("xl", disk, "#\n"),
        ("xl", disk, ";"),
        ("xl", disk, "a+='x'\n"),
        ("xl", disk, "disk=['']\n"),
        ("xl", disk, "disk+=['a']\n"),
        ("xl", "a=[", "1,"),
        ("xl", "disk=[", "'a,',"),
        ("xl", "bootloader='pygrub'\nbootloader_args=[", "'',"),
        ("xl", "a=", "["),
        ("libvirt", "<domain type='xen'>", "<a>"),
        ("libvirt", "<domain type='xen'>", "<a/>"),
        ("libvirt", "<domain type='xen'>", "<devices><disk/></devices>"),
        ("libvirt", "<domain type='xen' ", "a='' "),
        ("libvirt", "<domain type='xen'><name>", "&lt;"),
        ("libvirt", "<!DOCTYPE a [", "<!ENTITY a 'a'>"),
        ("xapi", "", "uuid ( RO) : a\n"),
        ("xapi", "", "a:"),
        ("xapi", "PV-args ( RW): ", "a; "),
    ] {
        fs::write(&path, mebibyte(beginning, piece)).unwrap();
        let arguments = ["check", "--as", kind, &path];
        let output = memory::limited(&command(&arguments), MOST + EMPTY).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr[..output.stderr.len().min(500)]);
        assert!(
            matches!(output.status.code(), Some(0 | 1 | 3)),
            "{arguments:?} {beginning:?} {piece:?}: {} {said}",
            output.status
        );
    }
}

/// Both processes of the drop-in.
#[test]
fn nor_does_the_drop_in() {
    if crate::common::tools::tool("mke2fs").is_none() {
        return crate::common::tools::skipped("mke2fs");
    }
    for (path, pieces) in [
        ("/boot/grub/grub.cfg", &["}\n", "\"\n", "a\n", "set a=b\n", "menuentry \"a\" {\n linux /k\n}\n"][..]),
        ("/boot/grub/menu.lst", &["title a\n", "title a\nkernel /k\n"]),
        ("/boot/extlinux.conf", &["label a\n", "label a\nkernel /k\nappend initrd=/i\n"]),
    ] {
        for piece in pieces {
            let image = super::handed_over::disk(path, mebibyte("", piece));
            let host = super::handed_over::Host::new();
            for more in [&["-q"][..], &["-l"], &["--debug", "-q"]] {
                let mut drop_in = super::handed_over::drop_in("4.17", more);
                drop_in.args(host.options()).arg(image.path());
                let free = drop_in.output().unwrap().status.code();
                let output = memory::limited(&drop_in, MOST + EMPTY).output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr[..output.stderr.len().min(500)]);
                assert!(
                    output.status.code() == free && !said.contains("memory"),
                    "{piece:?} {more:?}: {} {said}",
                    output.status
                );
                host.clear();
            }
        }
    }
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

/// Lines that repeat a variable multiply it: GRUB's side of a configuration of a few hundred bytes must not take gigabytes.
#[test]
fn variables_that_multiply_take_no_more() {
    let times = |count: usize| "$a".repeat(count);
    let entry = "{\n linux /k\n}\n";
    for text in [
        format!(
            "menuentry \"x\" {entry}set a=aaaaaaaaaaaaaaaa\n{}menuentry \"$a\" {entry}",
            format!("set a={}\n", times(100)).repeat(6)
        ),
        format!("menuentry \"x\" {entry}set a=a\n{}", format!("set a={}\n", times(8)).repeat(30)),
        format!(
            "menuentry a {entry}set a=a\n{}{}",
            format!("set a={}\n", times(8)).repeat(6),
            format!("menuentry \"$a\" {entry}").repeat(2000)
        ),
    ] {
        take("multiplied", Dialect::Grub2, text.as_bytes(), Release::NEWEST);
    }
}
