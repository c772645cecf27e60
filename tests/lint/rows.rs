//! What is known to go wrong under pygrub, row by row: the differences between pygrub and GRUB on the same file, the options of
//! NixOS, and what users hit. Each row is found by the rules that it names, and the real pygrub runs on it.
//!
//! Rows that are no defect under pygrub name no rule: nothing is said of them beyond a note.

use pregrub::lint::Severity;

use super::fixture::{Case, Description, Linted};
use crate::common::images::{Image, Tree, Volume};
use crate::common::oracle::RunCase;

/// A text, and what is to be found in it.
struct Row {
    name: &'static str,
    text: Vec<u8>,
    codes: &'static [&'static str],
    /// Whether pygrub is called as the toolstack calls it, with its menu.
    menu: bool,
}

fn row(name: &'static str, codes: &'static [&'static str], text: impl AsRef<[u8]>) -> Row {
    Row { name, text: text.as_ref().to_vec(), codes, menu: false }
}

fn in_menu(name: &'static str, codes: &'static [&'static str], text: impl AsRef<[u8]>) -> Row {
    Row { menu: true, ..row(name, codes, text) }
}

fn entry(title: &str, body: &str) -> String {
    format!("menuentry \"{title}\" {{\n{body}\n}}\n")
}

/// Entries A, B, C with kernels of their own.
fn a() -> String {
    entry("A", "linux /k0 a=0\ninitrd /i0")
}

fn b() -> String {
    entry("B", "linux /k1\ninitrd /i0")
}

fn c() -> String {
    entry("C", "linux /k2\ninitrd /i0")
}

fn submenu() -> String {
    format!("submenu \"S\" {{\n{}{}}}\n", b(), c())
}

/// `before`, and then A and B.
fn with(before: &str) -> String {
    format!("{before}\n{}{}", a(), b())
}

/// An entry with this line, and B.
fn with_line(line: &str) -> String {
    entry("A", line) + &b()
}

/// pygrub and GRUB on the same file.
fn differences() -> Vec<Row> {
    vec![
        row("if and else", &["PG103"], with("if [ x = x ]; then\nset default=0\nelse\nset default=1\nfi")),
        row("an entry under a condition", &["PG112"], format!("if false; then\n{}fi\n{}", a(), b())),
        row("a kernel under a condition", &["PG109"], with_line("if [ x = x ]; then\nlinux /k0\nelse\nlinux /k1\nfi")),
        row("a variable in the default", &["PG113"], with("set n=1\nset default=$n")),
        row("a variable in a path", &["PG207"], with_line("linux $p")),
        row("a device in a variable", &["PG001"], with_line("linux ($drive1)//k0")),
        row("devices that are numbers", &[], with_line("linux (hd0,msdos1)/k0") + &with_line("linux (hd0,gpt1)/k0")),
        row("a device of pvgrub2", &["PG003"], with_line("linux (xen/xvda)/k0")),
        row("root at the top", &[], with("set root=lvm/vg\nset root=$x")),
        row("root in an entry", &[], with_line("set root='hd0,gpt1'\nlinux /k0")),
        row("root in LVM", &["PG002"], b() + &entry("A", "set root='lvm/vg-root'\nlinux /k0")),
        row("root in a variable", &["PG002"], b() + &entry("A", "set root=$drive1\nlinux /k0")),
        row("root on a mirror", &["PG002"], b() + &entry("A", "set root=md/0\nlinux /k0")),
        row("root in LUKS", &["PG002"], b() + &entry("A", "set root=cryptouuid/ab\nlinux /k0")),
        row("an assignment without set", &[], with("root=hd0")),
        row("prefix and search", &[], with("set prefix=(hd0)/grub\nsearch --no-floppy --fs-uuid --set=root ab-cd")),
        row("saved_entry in quotes", &["PG102"], with("set default=\"${saved_entry}\"")),
        row("saved_entry", &["PG102"], with("set default=${saved_entry}")),
        row("saved_entry without braces", &["PG102"], with("set default=\"$saved_entry\"")),
        row("the word saved", &["PG102"], with("set default=saved")),
        row(
            "next_entry",
            &["PG102"],
            with("load_env\nif [ \"${next_entry}\" ]; then\nset default=\"${next_entry}\"\nelse\nset default=0\nfi"),
        ),
        row("a path of numbers", &["PG101"], format!("set default=\"1>1\"\n{}{}", a(), submenu())),
        row("a path of titles", &["PG101"], format!("set default=\"S>C\"\n{}{}", a(), submenu())),
        row("a path without quotes", &["PG101"], format!("set default=1>1\n{}{}", a(), submenu())),
        row("the first of a submenu", &[], format!("set default=1\n{}{}", a(), submenu())),
        row("the second of a submenu", &["PG105"], format!("set default=2\n{}{}", a(), submenu())),
        row("behind a submenu", &["PG105"], format!("set default=1\n{}{}", submenu(), a())),
        row("a title", &["PG101"], with("set default=\"B\"")),
        row("an id", &["PG101"], format!("set default=idb\n{}menuentry \"B\" --id idb {{\nlinux /k1\n}}\n", a())),
        row("a negative default", &["PG011"], with("set default=-1")),
        row("out of range", &["PG104"], with("set default=5")),
        row("hexadecimal", &["PG111"], with("set default=\"0x1\"")),
        row("an ordinal", &["PG111"], with("set default=\"1st\"")),
        row("a number and a word", &["PG111"], with("set default=\"1 B\"")),
        row("octal behind the last entry", &[], with("set default=\"010\"")),
        row("a comment behind the default", &["PG111"], with("set default=1 # c")),
        row("a semicolon in quotes' place", &[], with("set default=\"1\";")),
        row("a semicolon behind the initrd", &["PG205"], with_line("linux /k0\ninitrd /i0;")),
        row("two assignments on a line", &["PG005"], with("set default=0 ; set timeout=3")),
        row("blanks around an equals sign", &["PG005"], with("set default = 1")),
        row("a fallback", &["PG114", "PG203"], format!("set fallback=1\n{}{}", entry("M", "linux /missing"), b())),
        row("a missing initrd", &["PG203"], with_line("linux /k0\ninitrd /missing")),
        row("a title without quotes", &["PG007"], format!("menuentry A {{\nlinux /k0\n}}\n{}", b())),
        row("two blanks", &["PG007"], format!("menuentry  \"A\" {{\nlinux /k0\n}}\n{}", b())),
        row("options in front", &["PG007"], format!("menuentry --class x \"A\" {{\nlinux /k0\n}}\n{}", b())),
        row("a brace on the next line", &["PG007"], format!("menuentry \"A\"\n{{\nlinux /k0\n}}\n{}", b())),
        row("an entry on one line", &["PG008"], format!("menuentry \"A\" {{ linux /k0; }}\n{}", b())),
        row("a brace behind a command", &["PG008"], format!("menuentry \"A\" {{\nlinux /k0 a=0 }}\n{}", b())),
        row("an empty entry", &["PG106"], format!("menuentry \"A\" {{\n}}\n{}", b())),
        row("quotes in a title", &[], format!("menuentry 'It'\\''s' {{\nlinux /k0\n}}\n{}", b())),
        row("a quoted path", &["PG204"], with_line("linux \"/k0\"")),
        row("quoted arguments", &["PG208"], with_line("linux /k0 \"a=b c\" d=\\\"q\\\"")),
        row("a semicolon in arguments", &["PG208"], with_line("linux /k0 a=1;b=2")),
        row("a comment in arguments", &["PG208"], with_line("linux /k0 a=1 #b=2")),
        row("a variable in arguments", &["PG208"], with_line("linux /k0 foo=$bar")),
        row("a continued line", &["PG209"], with_line("linux /k0 a=1 \\\n b=2")),
        row("a comment behind the initrd", &["PG205"], with_line("linux /k0\ninitrd /i0 # c")),
        row("a tab behind the kernel", &["PG206"], with_line("linux /k0\ta=0")),
        row("two initrds on a line", &["PG201"], with_line("linux /k0\ninitrd /ucode /i0")),
        row("two initrd lines", &["PG109"], with_line("linux /k0\ninitrd /i1\ninitrd /i0")),
        row("linuxefi", &["PG106"], with_line("linuxefi /k0\ninitrdefi /i0")),
        row("linux16", &[], with_line("linux16 /k0\ninitrd16 /i0")),
        row("linux=", &[], with_line("linux=/k0 a=0")),
        row("the initrd first", &[], with_line("initrd /i0\nlinux /k0")),
        row("a hypervisor", &["PG106"], with_line("multiboot2 /xen.gz\nmodule2 /k0\nmodule2 /i0")),
        row("another boot loader", &["PG106"], with_line("chainloader +1")),
        row("another menu", &["PG106"], with_line("configfile /other.cfg")),
        row("a restart", &["PG106"], with_line("reboot")),
        row("another boot loader, not selected", &[], b() + &entry("W", "chainloader +1")),
        row("source", &["PG107"], with("source $somewhere/x.cfg")),
        row("a dot", &["PG107"], with(". $somewhere/x.cfg")),
        row("configfile", &["PG107"], with("configfile (hd0,1)/x.cfg")),
        row("blscfg", &["PG107"], "insmod blscfg\nblscfg\n"),
        row("a function with an entry", &["PG007", "PG010"], format!("function f {{\n{}}}\nf\n{}", a(), b())),
        row("a loop", &["PG112"], format!("for k in 0 1; do\n{}done\n", a())),
        row("a function on one line", &["PG010"], format!("function f {{ true; }}\n{}{}", a(), b())),
        row("a name that begins like a function", &["PG010"], format!("functionx=1\n{}{}", a(), b())),
        row(
            "what only draws",
            &[],
            with(
                "terminal_output console\nserial --unit=0\ninsmod vbe\nloadfont x\nexport theme\nbackground_image /x.png",
            ),
        ),
        row("users", &["PG601"], with("set superusers=u\npassword u p")),
        row("users with hashes", &["PG601"], with("password_pbkdf2 u grub.pbkdf2.sha512.1.a.b")),
        in_menu("a timeout that is none", &["PG015"], with("set timeout=abc")),
        row("a timeout that is none, without menu", &[], with("set timeout=abc")),
        in_menu("a timeout below 0", &["PG108"], with("set timeout=-1")),
        row("a brace in a text of two lines", &["PG007"], with("echo \"a\n} b\"")),
        row("carriage returns", &[], with("set timeout=1").replace('\n', "\r\n")),
        row("not UTF-8", &["PG013"], [b"# \xe9\n", with("").as_bytes()].concat()),
        row("a byte order mark", &["PG110"], with("\u{feff}set default=1")),
        row("more than a MiB", &["PG014"], with("") + &entry("long", &"# x\n".repeat(300_000))),
        row("a double slash", &["PG202"], with_line("linux //k0")),
        row("a double slash and a way up", &["PG202"], with_line("linux //boot//../k0")),
    ]
}

/// Options of NixOS.
fn nixos() -> Vec<Row> {
    let text = |config: &str, entries: &str| {
        format!("# Automatically generated.  DO NOT EDIT THIS FILE!\nset timeout=5\n{config}\n{entries}")
    };
    let of = |config: &str| text(config, &(a() + &submenu()));
    let instead = |body: &str| text("", &(entry("NixOS", body) + &submenu()));
    vec![
        row(
            "fsIdentifier uuid",
            &["PG001"],
            text("search --set=drive1 --fs-uuid ab", &entry("NixOS", "linux ($drive1)//k0\ninitrd ($drive1)//i0")),
        ),
        row("fsIdentifier provided", &[], of("")),
        row("extraConfig root", &[], of("set root=(hd0)")),
        row("extraConfig search", &[], of("search --fs-uuid --set=root ab")),
        row("extraConfig function", &["PG010"], of("function f { true; }")),
        row("default 2", &["PG105"], of("set default=2")),
        row("default 1", &[], of("set default=1")),
        row("default saved", &["PG102"], of("set default=\"${saved_entry}\"")),
        row("default 1>1", &["PG101"], of("set default=1>1")),
        row("a title with blanks", &["PG101"], of("set default=NixOS - Configuration 1")),
        in_menu("timeout null", &["PG108"], of("set timeout=-1")),
        row("users", &["PG601"], of("password_pbkdf2 root grub.x\nset superusers=\"root\"")),
        row("initrd secrets", &["PG201"], instead("linux /k0\ninitrd /i0 /i1")),
        row("xen.gz", &["PG106"], instead("multiboot /xen.gz\nmodule /k0\nmodule /i0")),
        row("extraPerEntryConfig root (hd0)", &[], instead("root (hd0)\nlinux /k0")),
        row("extraPerEntryConfig set root=(hd0)", &[], instead("set root=(hd0)\nlinux /k0")),
        row("extraPerEntryConfig set root=$drive1", &["PG002"], instead("set root=$drive1\nlinux /k0")),
        row("extraEntries behind", &[], of("") + &entry("Windows", "chainloader +1")),
        row("extraEntriesBeforeNixOS", &["PG106"], text("", &(entry("Windows", "chainloader +1") + &a()))),
        row(
            "extraEntriesBeforeNixOS, default 1",
            &[],
            text("set default=1", &(entry("Windows", "chainloader +1") + &a())),
        ),
        row("extraEntries on one line", &["PG008"], text("", &format!("menuentry \"R\" {{ reboot }}\n{}", a()))),
        row("extraEntries with $drive1", &["PG001"], of("") + &entry("Memtest", "linux16 ($drive1)/memtest.bin")),
        row("kernelParams", &["PG208"], instead("linux /k0 a=1;b=2 c=$x d=\\\"e\\\" f #g\ninitrd /i0")),
        row("useOSProber", &[], of("") + "menuentry 'Debian' --class debian {\nset root='hd1,gpt1'\nlinux /k2\n}\n"),
        row(
            "useOSProber on LVM",
            &["PG002"],
            of("") + "menuentry 'Debian' --class debian {\nset root='lvm/vg-root'\nlinux /k2\n}\n",
        ),
    ]
}

/// What users hit: the causes that are about configurations.
fn what_users_hit() -> Vec<Row> {
    vec![
        row("1: BLS", &["PG107"], "set timeout=5\nblscfg\n"),
        row("1: kernelopts", &["PG005"], with("set kernelopts=\"root=/dev/xvda1 ro\"")),
        row("2: double slash", &["PG202"], with_line("linux //boot/vmlinuz")),
        row("3: a device in a variable", &["PG001"], with_line("linux ($root)/k0")),
        row("4: a loop device", &["PG003"], with_line("loopback loop0 /x.squashfs\nlinux (loop0)/k0")),
        row("7: snapshots under a condition", &["PG112"], format!("if [ -n \"$x\" ]; then\n{}fi\n{}", a(), b())),
        row("11: /boot of its own", &["PG203"], with_line("linux /boot/k0")),
        row("13: the entry that was saved", &["PG102"], with("set default=\"${saved_entry}\"")),
        row("14: a path through submenus", &["PG101"], format!("set default=\"S>C\"\n{}{}", a(), submenu())),
        row("16: partitions of a GPT", &[], with_line("linux (hd0,gpt2)/k0")),
        row("18: RHEL 7 on EFI", &["PG106"], with_line("linuxefi /k0")),
        row("19: the name of a disk", &["PG003"], with_line("linux (xvda)/k0")),
    ]
}

impl Row {
    fn case(&self) -> Case {
        let description = Description {
            source: "a row".to_owned(),
            path: "/grub/grub.cfg".to_owned(),
            parts: None,
            files: None,
            release: None,
            arguments: self.menu.then(Vec::new),
            root_files: None,
        };
        Case {
            folder: format!("rows/found-{}", self.name.replace('/', "-")).into(),
            description,
            text: self.text.clone(),
        }
    }

    /// The configuration with three kernels, an initrd and a grubenv that asks for the second entry.
    fn disk(&self) -> Image {
        let mut tree = Tree::new()
            .file("/grub/grub.cfg", self.text.clone())
            .file("/grub/grubenv", "# GRUB Environment Block\nsaved_entry=1\nnext_entry=1\n####################\n");
        for path in ["/k0", "/k1", "/k2", "/i0", "/i1"] {
            tree = tree.file(path, "a kernel or an initrd");
        }
        Image::whole(&Volume::ext4(tree))
    }

    /// What is wrong with what is found.
    fn wrong(&self, linted: &Linted, boots: bool) -> Vec<String> {
        let mut wrong = Vec::new();
        let found: Vec<(&str, Severity)> =
            linted.findings.iter().map(|finding| (finding.rule.code, finding.severity)).collect();
        for code in self.codes {
            if !found.iter().any(|(found, _)| found == code) {
                wrong.push(format!("{}: {code} is not among {found:?}", self.name));
            }
        }
        if self.codes.is_empty() && found.iter().any(|(_, severity)| *severity == Severity::Error) {
            wrong.push(format!("{}: a false alarm: {found:?}", self.name));
        }
        let stopping: Vec<&str> =
            linted.findings.iter().filter(|finding| finding.stops_boot).map(|finding| finding.rule.code).collect();
        if boots != stopping.is_empty() {
            wrong.push(format!("{}: pygrub boots: {boots}; what stops the boot: {stopping:?}", self.name));
        }
        wrong
    }
}

#[test]
fn every_row_is_found() {
    let oracle = oracle_or_skip!();
    let mut rows = differences();
    rows.extend(nixos());
    rows.extend(what_users_hit());
    let disks: Vec<Image> = rows.iter().map(Row::disk).collect();
    let mut wrong = Vec::new();
    for menu in [false, true] {
        let chosen: Vec<(&Row, &Image)> = rows.iter().zip(&disks).filter(|(row, _)| row.menu == menu).collect();
        let runs: Vec<RunCase> = chosen
            .iter()
            .map(|(row, disk)| {
                let mut argv = row.case().arguments();
                argv.push(disk.argument());
                RunCase::new(row.name, argv)
            })
            .collect();
        let answers = if menu { oracle.terminal_runs(&runs) } else { oracle.runs(&runs) };
        for ((row, disk), answer) in chosen.into_iter().zip(answers) {
            let linted = row.case().lint(disk.path(), oracle.minor);
            wrong.extend(row.wrong(&linted, answer.rc == Some(0)));
        }
    }
    eprintln!("{} rows", rows.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}
