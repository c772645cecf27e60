//! Boot configurations by the thousand, always the same ones for the same seed.
//!
//! Half of what comes out still parses and boots, so that values are compared and not only failures; the other half
//! fails in as many ways as could be thought of. A case depends on its seed and number alone: a failing one can be
//! made again without the ones before it.

use std::fmt::Write as _;
use std::sync::OnceLock;

use fastrand::Rng;

use super::nixos::{FsIdentifier, Nixos, User};
use super::oracle::{ConfigCase, Dialect, recorded_cases};

/// `count` cases of a seed.
pub fn cases(seed: u64, count: u64) -> Vec<ConfigCase> {
    (0..count).map(|number| case(seed, number)).collect()
}

/// One case.
pub fn case(seed: u64, number: u64) -> ConfigCase {
    let mut make = Make { rng: Rng::with_seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number) };
    let (dialect, shape, text) = make.source();
    let (how, text) = make.spoiled(text);
    let entry = make.chance(12).then(|| make.entry_option());
    let args = make.chance(12).then(|| make.pick(&ARGS_OPTIONS).to_owned());
    // Some configurations go to a parser that they were not written for, as on disks with files of several loaders.
    let dialect = if make.chance(2) { make.pick(&Dialect::ALL) } else { dialect };
    ConfigCase { id: format!("gen-{seed}-{number}-{}-{shape}{how}", dialect.name()), dialect, text, entry, args }
}

/// White space in Python's eyes, and what only looks so.
const BLANKS: [&str; 22] = [
    " ", "  ", "\t", " \t", "\x0b", "\x0c", "\r", "\x1c", "\x1d", "\x1e", "\x1f", "\u{85}", "\u{a0}", "\u{1680}",
    "\u{2003}", "\u{2028}", "\u{202f}", "\u{3000}", "\u{200b}", "\u{180e}", "\u{feff}", "\u{205f}",
];

/// What the parsers split at or look for.
const MARKS: [&str; 30] = [
    "\"", "'", "{", "}", " ", "\t", "=", ",", "(", ")", ">", "<", ";", "\\", "#", "$", "${x}", "|", "&", "\n", "\r",
    "\r\n", "\0", "---", "initrd=", "//", "--", "[", "]", "\u{feff}",
];

/// Characters that are something else in lower case, as a digit, or in a column.
const ODD: [&str; 24] = [
    "\u{212a}",
    "\u{130}",
    "ß",
    "ſ",
    "é",
    "e\u{301}",
    "漢",
    "\u{1f600}",
    "١",
    "３",
    "²",
    "①",
    "\u{1d7d9}",
    "\u{ad}",
    "\u{378}",
    "\u{e000}",
    "\u{1100}",
    "\u{1b}",
    "\u{7f}",
    "\u{80}",
    "\u{9b}",
    "\u{8}",
    "ǅ",
    "Σ",
];

/// Bytes that no strict decoder takes, by kind.
const NOT_UTF8: [&[u8]; 16] = [
    b"\x80",
    b"\xbf",
    b"\xff",
    b"\xfe",
    b"\xc0\xaf",
    b"\xc1\xbf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xed\xa0\x80",
    b"\xed\xbf\xbf",
    b"\xf4\x90\x80\x80",
    b"\xf8\x88\x80\x80\x80",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xc3",
    b"\xe9 ",
];

const DEVICES: [&str; 30] = [
    "(hd0)",
    "(hd0,0)",
    "(hd0,1)",
    "(hd0,msdos1)",
    "(hd0,gpt2)",
    "hd0,1",
    "hd0",
    "(hd1,msdos12)",
    "(hd0,msdosgpt3)",
    "(hd10,gpt10)",
    "(xx0,1)",
    "(hd-2,1)",
    "(hd+1,+1)",
    "(hd 1, 1)",
    "(hd0 ,1 )",
    "(/dev/xvda)",
    "(/dev/xvda,1)",
    "(/dev/xvda1)",
    "(/dev/xvdB,0)",
    "((hd0,1))",
    "(hd1_0,1_1)",
    "(hd٣,1)",
    "(hd00,01)",
    "(fd0)",
    "(cd0)",
    "hd0,msdos1",
    "'hd0,msdos1'",
    "\"(hd0,1)\"",
    "'(hd0,gpt2)'",
    "/dev/xvda,2",
];

const BAD_DEVICES: [&str; 32] = [
    "($root)",
    "($drive1)",
    "(lvm/vg-root)",
    "(mduuid/1234)",
    "(xvda)",
    "(hd)",
    "(h)",
    "()",
    "(",
    "(hd0",
    "hd0)",
    "(hd0,)",
    "(hd0,1,2)",
    "(,1)",
    "(hd0,a)",
    "(hd0,gptmsdos1)",
    "(hd0,msdos)",
    "(hd0,MSDOS1)",
    "(/dev/xvd)",
    "(/dev/sda1)",
    "$root",
    "${root}",
    "(hd0x,1)",
    "(hd0,1.5)",
    "(memdisk)",
    "(loop0)",
    "",
    "\"\"",
    "(hd0,0x1)",
    "(hd²,1)",
    "(hd0,1_)",
    "(xen/xvda,1)",
];

const TITLES: [&str; 32] = [
    "A",
    "B x",
    "NixOS - Default",
    "Debian GNU/Linux",
    "Debian GNU/Linux, with Linux 6.1.0-18-amd64",
    "5",
    "0",
    "leaf",
    "a>b",
    "S>leaf",
    "Advanced options for Debian GNU/Linux",
    "CentOS (2.6.32-754.el6.x86_64)",
    "Fedora Linux (6.5) 39",
    "x {y} z",
    "T}",
    "--class x",
    "it´s",
    "Ünïcode 漢字",
    "1 2 3",
    "Windows 10 (on /dev/sda1)",
    "saved",
    "  padded  ",
    "Kernel \\\"q\\\"",
    "$x",
    "a#b",
    "title",
    "menuentry",
    "default",
    "function f",
    "A ",
    "=",
    "",
];

const HARD_TITLES: [&str; 10] = [
    "it's here",
    "say \"hi\" now",
    "a' --id 'b",
    "\t",
    "tab\there",
    "\u{a0}A\u{a0}",
    "nul\0nul",
    "{",
    "' {",
    "\" x {\" y",
];

const DEFAULTS: [&str; 24] = [
    "0",
    "1",
    "2",
    "3",
    "00",
    "01",
    "0_1",
    "+1",
    " 1 ",
    "1_0",
    "7",
    "99",
    "saved",
    "\"0\"",
    "'1'",
    "\"${saved_entry}\"",
    "${saved_entry}",
    "\"${next_entry}\"",
    "A",
    "\"B x\"",
    "\"S>leaf\"",
    "1>0",
    "٢",
    "99999999999999999999999",
];

const BAD_DEFAULTS: [&str; 18] = [
    "-1",
    "-0",
    "-99999999999999999999",
    "1.0",
    "0x1",
    "1e1",
    "",
    "\"\"",
    "'",
    "\"",
    "a b c",
    "a=b",
    "a=b=c",
    "= 1",
    "\"a=b\"",
    "²",
    "1_",
    "__1",
];

const TIMEOUTS: [&str; 18] = [
    "5",
    "0",
    "-1",
    "1",
    "10",
    "\"5\"",
    "'3'",
    "",
    "abc",
    "1.5",
    "${timeout}",
    "\"${saved_entry}\"",
    "1_0",
    "٣",
    " 2 ",
    "-0",
    "0x5",
    "99999999999999999999",
];

const KERNELS: [&str; 18] = [
    "/boot/vmlinuz",
    "/vmlinuz-6.1.0-18-amd64",
    "/kernels/k9-linux-6.6.9-bzImage",
    "(hd0)/kernels/k",
    "(hd0,1)/boot/vmlinuz",
    "(hd0,msdos1)/vmlinuz",
    "(hd0,gpt2)//vmlinuz",
    "vmlinuz",
    "../nixos/k",
    "/a,b",
    "/k=v",
    "/k\\ x",
    "\"/k\"",
    "'/k'",
    "/k漢",
    "/",
    "/mboot.c32",
    "/boot/a(b)c",
];

const ARGS: [&str; 22] = [
    "root=/dev/xvda1 ro",
    "ro  quiet   splash",
    "init=/nix/store/x/init console=hvc0 loglevel=4",
    "a",
    "",
    "a=b c=\"d e\"",
    "x=1;y=2",
    "root=UUID=1234-5678 ro",
    "a\tb",
    "a \u{a0}b",
    "initrd=/i x",
    "x initrd=/i y",
    "initrd=/i initrd=/i2",
    "$vt_handoff",
    "\\",
    "#no",
    "'quoted'",
    "\"",
    "--- quiet",
    "Initrd=/i",
    "a=",
    "xinitrd=/i",
];

const INITRDS: [&str; 10] = [
    "/boot/initrd.img",
    "/initrd.img-6.1.0-18-amd64",
    "/kernels/i9-initrd",
    "(hd0)/i",
    "(hd0,1)/i",
    "/a /b",
    "/a\t/b",
    "i",
    "\"/i\"",
    "/i=x",
];

const ARGS_OPTIONS: [&str; 9] = ["extra", "root=/dev/xvda ro", "", " ", "a  b", "é", "x=\"y z\"", "\t", "'"];

const ENTRIES: [&str; 22] = [
    "0",
    "1",
    "2",
    "3",
    "99",
    "-1",
    "+1",
    "01",
    " 1 ",
    "1_0",
    "0_1",
    "",
    "A",
    "B x",
    "leaf",
    "a",
    "S>leaf",
    "NixOS - Default",
    "NixOS - Configuration 2",
    "saved",
    "٢",
    "9999999999999999999999",
];

/// Lines that belong nowhere in particular, with something for each parser's lists of known words.
const GRUB2_LINES: [&str; 44] = [
    "load_env",
    "save_env saved_entry",
    "insmod part_gpt",
    "insmod=ext2",
    "terminal_output gfxterm",
    "terminal serial",
    "serial --unit=0 --speed=115200",
    "set gfxmode=auto",
    "set menu_color_normal=white/black",
    "export pager",
    "if [ x$a = xy ]; then",
    "fi",
    "else",
    "search --no-floppy --fs-uuid --set=root 1234",
    "set root='hd0,msdos1'",
    "set root=(hd0)",
    "loadfont unicode",
    "set lang=en_US",
    "source $prefix/custom.cfg",
    "blscfg",
    "set superusers=\"root\"",
    "password_pbkdf2 root grub.pbkdf2.sha512.1.2.3",
    "# a comment",
    "#",
    "echo 'Loading'",
    "set timeout_style=menu",
    "set timeout 5",
    "default 1",
    "timeout=3",
    "default=1",
    "fallback 1",
    "hiddenmenu",
    "password --md5 $1$x",
    "functional=1",
    "set boot_once=true",
    "set next_entry=",
    "unset x",
    "set",
    "set x",
    "set x=\"a=b\"",
    "set kernelopts=\"root=/dev/x ro\"",
    "set a b c",
    "true",
    "splashimage=(hd0,0)/x",
];

const LEGACY_LINES: [&str; 40] = [
    "default 1",
    "default=0",
    "timeout 5",
    "timeout=5",
    "fallback 1",
    "hiddenmenu",
    "splashimage=(hd0,0)/grub/splash.xpm.gz",
    "splashimage (hd0,0)/x",
    "splashimage=(nd)/x",
    "splashimage=/x",
    "password --md5 $1$abc",
    "password secret",
    "color cyan/blue white/blue",
    "serial --unit=0",
    "terminal serial console",
    "boot",
    "lock",
    "quiet",
    "savedefault",
    "configfile /x",
    "root (hd0,0)",
    "root (hd0)",
    "rootnoverify (hd0,0)",
    "kernel /k a",
    "initrd /i",
    "chainloader +1",
    "module /m",
    "makeactive",
    "device (hd0) /dev/sda",
    "# comment",
    "DEFAULT 1",
    "Title x",
    "titleX y",
    "title",
    "title=T",
    "unhide (hd0,0)",
    "pager on",
    "uuid 1234",
    "map (hd0) (hd1)",
    "find /x",
];

const EXTLINUX_LINES: [&str; 36] = [
    "default a",
    "DEFAULT A",
    "timeout 50",
    "TIMEOUT 0",
    "prompt 1",
    "display boot.msg",
    "F1 help.txt",
    "f2 x",
    "f3 y",
    "serial 0 115200",
    "ui menu.c32",
    "MENU TITLE ----",
    "MENU LABEL x",
    "menu begin x",
    "label",
    "LABEL b",
    "labelx y",
    "LINUX ../nixos/k",
    "linux /k",
    "INITRD /i",
    "FDT /x",
    "FDTDIR /dtb",
    "kernel /k",
    "KERNEL /k a b",
    "\u{212a}ERNEL /\u{212a}",
    "append root=/dev/xvda1",
    "APPEND initrd=/i ro",
    "append ro initrd=/i quiet",
    "append x --- /k a --- /i",
    "append /k --- /i",
    "append -",
    "kernel mboot.c32",
    "ipappend 2",
    "# c",
    "default=a",
    "say hello",
];

struct Make {
    rng: Rng,
}

impl Make {
    fn chance(&mut self, percent: u8) -> bool {
        self.rng.u8(0..100) < percent
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.rng.usize(0..from.len())]
    }

    /// One of the ordinary ones, rarely one of the others.
    fn mostly<'a>(&mut self, ordinary: &[&'a str], others: &[&'a str], percent: u8) -> &'a str {
        if self.chance(percent) { self.pick(others) } else { self.pick(ordinary) }
    }

    fn source(&mut self) -> (Dialect, &'static str, Vec<u8>) {
        match self.rng.u8(0..100) {
            0..14 => (Dialect::Grub2, "nixos", self.nixos().into_bytes()),
            14..28 => (Dialect::Grub2, "mkconfig", self.mkconfig().into_bytes()),
            28..33 => (Dialect::Grub2, "rhel", self.rhel().into_bytes()),
            33..50 => (Dialect::Grub2, "free", self.free_grub2().into_bytes()),
            50..64 => (Dialect::Legacy, "free", self.legacy().into_bytes()),
            64..78 => (Dialect::Extlinux, "free", self.extlinux().into_bytes()),
            _ => {
                let real = real_inputs();
                let (dialect, text) = &real[self.rng.usize(0..real.len())];
                (*dialect, "real", text.clone())
            }
        }
    }

    fn title(&mut self) -> &'static str {
        self.mostly(&TITLES, &HARD_TITLES, 3)
    }

    fn device(&mut self) -> String {
        if self.chance(1) {
            return format!("(hd{})", "1".repeat(self.rng.usize(4299..4303)));
        }
        self.mostly(&DEVICES, &BAD_DEVICES, 4).to_owned()
    }

    fn default(&mut self) -> String {
        if self.chance(1) {
            // One digit more than Python's int() takes.
            return "1".repeat(4299 + self.rng.usize(0..4));
        }
        if self.chance(4) {
            return self.title().to_owned();
        }
        self.mostly(&DEFAULTS, &BAD_DEFAULTS, 6).to_owned()
    }

    fn kernel(&mut self) -> String {
        if self.chance(4) { format!("{}/k", self.device()) } else { self.pick(&KERNELS).to_owned() }
    }

    fn initrd(&mut self) -> String {
        if self.chance(3) { format!("{}/i", self.device()) } else { self.pick(&INITRDS).to_owned() }
    }

    fn entry_option(&mut self) -> String {
        if self.chance(15) { self.title().trim().to_owned() } else { self.pick(&ENTRIES).to_owned() }
    }

    fn nixos(&mut self) -> String {
        let fs_identifier = match self.rng.u8(0..20) {
            0 => FsIdentifier::Uuid,
            1 => FsIdentifier::Label,
            _ => FsIdentifier::Provided,
        };
        // Rarely the whole of configurationLimit, which makes 100 entries.
        let newest = if self.chance(3) { 100 } else { self.rng.u32(1..6) };
        Nixos {
            fs_identifier,
            copy_kernels: self.chance(60),
            generations: (1..=newest).rev().collect(),
            distro_name: if self.chance(5) { self.title().to_owned() } else { "NixOS".into() },
            specialisations: if self.chance(30) { vec!["rescue".into(), "xen".into()] } else { Vec::new() },
            always_default: self.chance(50),
            initrd_secrets: self.chance(10),
            default: self.default(),
            timeout: self.chance(85).then(|| self.rng.i64(-2..20)),
            users: if self.chance(15) {
                vec![
                    User::Hashed { name: "root".into(), hash: "grub.pbkdf2.sha512.10000.AB".into() },
                    User::Plain { name: "guest".into(), password: self.pick(&["pw", "a=b", "x y"]).into() },
                ]
            } else {
                Vec::new()
            },
            font: self.chance(60),
            splash: self.chance(60),
            theme: self.chance(10),
            extra_config: if self.chance(50) { "set root=(hd0)".into() } else { self.grub2_line() },
            extra_entries: match self.rng.u8(0..12) {
                0 => "menuentry \"Windows\" {\n  chainloader (hd0,1)+1\n}".into(),
                1 => "menuentry \"R\" { reboot }".into(),
                2 => "menuentry \"M\" {\n  linux16 ($drive1)/memtest.bin\n}".into(),
                3 => self.grub2_entry(),
                _ => String::new(),
            },
            extra_entries_before: self.chance(30),
            extra_per_entry: if self.chance(20) { self.grub2_line() } else { String::new() },
            kernel_params: self.pick(&ARGS).to_owned(),
            xen: self.chance(3),
            profiles: if self.chance(10) { vec![("test".into(), vec![2, 1])] } else { Vec::new() },
            ..Nixos::default()
        }
        .config()
    }

    fn mkconfig(&mut self) -> String {
        let mut text = String::from("#\n# DO NOT EDIT THIS FILE\n#\n\n### BEGIN /etc/grub.d/00_header ###\n");
        text.push_str("if [ -s $prefix/grubenv ]; then\n  set have_grubenv=true\n  load_env\nfi\n");
        if self.chance(80) {
            let _ = write!(
                text,
                "if [ \"${{next_entry}}\" ] ; then\n   set default=\"${{next_entry}}\"\n   set next_entry=\n   save_env next_entry\n   set boot_once=true\nelse\n   set default=\"{}\"\nfi\n",
                self.default().trim_matches('"')
            );
        }
        if self.chance(70) {
            text.push_str("if [ x\"${feature_menuentry_id}\" = xy ]; then\n  menuentry_id_option=\"--id\"\nelse\n  menuentry_id_option=\"\"\nfi\nexport menuentry_id_option\n");
        }
        text.push_str("function savedefault {\n  if [ -z \"${boot_once}\" ]; then\n    saved_entry=\"${chosen}\"\n    save_env saved_entry\n  fi\n}\n");
        if self.chance(50) {
            text.push_str("function load_video {\n  if [ x$feature_all_video_module = xy ]; then\n    insmod all_video\n  else\n    insmod efi_gop\n  fi\n}\n");
        }
        let timeout = self.pick(&TIMEOUTS);
        let _ = writeln!(
            text,
            "if [ x$feature_timeout_style = xy ] ; then\n  set timeout_style=menu\n  set timeout={timeout}\nelse\n  set timeout={timeout}\nfi"
        );
        let root = self.pick(&["hd0,msdos1", "hd0,gpt2", "hd0", "xen/xvda,msdos1", "hd0,msdos1"]);
        for number in 0..self.rng.u8(1..4) {
            if number == 1 && self.chance(80) {
                let _ = writeln!(
                    text,
                    "submenu 'Advanced options for Debian GNU/Linux' $menuentry_id_option 'gnulinux-advanced-1' {{"
                );
            }
            let title = self.title();
            let quote = if title.contains('\'') { '"' } else { '\'' };
            let _ = write!(
                text,
                "{}menuentry {quote}{title}{quote} --class debian --class gnu-linux --class os $menuentry_id_option 'gnulinux-{number}' {{\n\tload_video\n\tinsmod gzio\n\tif [ x$grub_platform = xxen ]; then insmod xzio; insmod lzopio; fi\n\tinsmod part_msdos\n\tinsmod ext2\n",
                if number > 0 { "\t" } else { "" }
            );
            // With this share, entries whose device pygrub cannot read stay a minority.
            if root != "xen/xvda,msdos1" || self.chance(30) {
                let _ = writeln!(text, "\tset root='{root}'");
            }
            if self.chance(60) {
                text.push_str("\tif [ x$feature_platform_search_hint = xy ]; then\n\t  search --no-floppy --fs-uuid --set=root --hint-bios=hd0,msdos1 1234\n\telse\n\t  search --no-floppy --fs-uuid --set=root 1234\n\tfi\n");
            }
            let (linux, initrd) =
                self.pick(&[("linux", "initrd"), ("linux", "initrd"), ("linux16", "initrd16"), ("linux", "initrd")]);
            let _ = writeln!(text, "\techo\t'Loading Linux ...'\n\t{linux}\t{} {}", self.kernel(), self.pick(&ARGS));
            if self.chance(85) {
                let _ = writeln!(text, "\techo\t'Loading initial ramdisk ...'\n\t{initrd}\t{}", self.initrd());
            }
            text.push_str("}\n");
        }
        if text.contains("submenu ") {
            text.push_str("}\n");
        }
        for _ in 0..self.rng.u8(0..3) {
            let line = self.grub2_line();
            let _ = writeln!(text, "{line}");
        }
        if self.chance(30) {
            text.push_str("if [ -f  ${config_directory}/custom.cfg ]; then\n  source ${config_directory}/custom.cfg\nelif [ -z \"${config_directory}\" -a -f  $prefix/custom.cfg ]; then\n  source $prefix/custom.cfg\nfi\n");
        }
        text
    }

    fn rhel(&mut self) -> String {
        let mut text = format!(
            "set pager=1\n\nif [ -s $prefix/grubenv ]; then\n  load_env\nfi\nset default=\"{}\"\n",
            self.default().trim_matches('"')
        );
        if self.chance(40) {
            // RHEL 8: entries elsewhere, and a line with two '='.
            let _ = writeln!(
                text,
                "set kernelopts=\"{}\"\ninsmod blscfg\nblscfg",
                self.pick(&["root=/dev/x ro", "ro quiet", "root=x"])
            );
        }
        let (linux, initrd) = self.pick(&[
            ("linux16", "initrd16"),
            ("linuxefi", "initrdefi"),
            ("linux", "initrd"),
            ("linux16", "initrd16"),
        ]);
        for number in 0..self.rng.u8(1..4) {
            let _ = write!(
                text,
                "menuentry 'CentOS Linux (3.10.0-{number}.el7.x86_64) 7 (Core)' --class centos --unrestricted $menuentry_id_option 'gnulinux-3.10.0-advanced-1' {{\n\tload_video\n\tset gfxpayload=keep\n\tinsmod gzio\n\tset root='{}'\n\t{linux} {} {}\n",
                self.mostly(&["hd0,msdos1", "hd0,gpt2", "hd0,msdos3"], &["lvm/centos-root", "mduuid/1"], 8),
                self.kernel(),
                self.pick(&ARGS)
            );
            if self.chance(85) {
                let _ = writeln!(text, "\t{initrd} {}", self.initrd());
            }
            text.push_str("}\n");
        }
        text
    }

    fn grub2_line(&mut self) -> String {
        match self.rng.u8(0..10) {
            0 => format!("set default={}", self.default()),
            1 => format!("set timeout={}", self.pick(&TIMEOUTS)),
            2 => format!("set root={}", self.device()),
            _ => {
                // The lines that end the whole file come at the end of the list, and are thinned out.
                let line = self.pick(&GRUB2_LINES);
                let fatal = matches!(
                    line,
                    "set"
                        | "set x"
                        | "set x=\"a=b\""
                        | "set kernelopts=\"root=/dev/x ro\""
                        | "set a b c"
                        | "functional=1"
                );
                if fatal && self.chance(85) { "# thinned".into() } else { line.to_owned() }
            }
        }
    }

    fn grub2_entry(&mut self) -> String {
        let title = self.title();
        let quote = if title.contains('"') { '\'' } else { self.pick(&['"', '\'']) };
        let options = self.pick(&[
            "",
            "--class x ",
            "--class nixos --unrestricted ",
            "--id 'l' ",
            "$menuentry_id_option 'x' ",
            "{} ",
        ]);
        let mut text = match self.rng.u8(0..40) {
            0 => format!("menuentry {title} {{\n"),
            1 => format!("menuentry  {quote}{title}{quote} {options}{{\n"),
            2 => format!("menuentry\t{quote}{title}{quote} {options}{{\n"),
            3 => format!("menuentry {quote}{title}{quote}{{\n"),
            4 => format!("menuentry --id x {quote}{title}{quote} {{\n"),
            5 => format!("menuentry {quote}{title}{quote} {options}{{ linux /k }}\n"),
            6 => format!("menuentry {quote}{title}{quote} {options}\n{{\n"),
            _ => format!("menuentry {quote}{title}{quote} {options}{{\n"),
        };
        let indent = self.pick(&["", " ", "  ", "\t", "    "]);
        if self.chance(25) {
            let _ = writeln!(text, "{indent}set root={}", self.device());
        }
        let blank = if self.chance(6) { self.pick(&BLANKS) } else { self.pick(&[" ", " ", " ", "\t"]) };
        let linux = self.mostly(
            &["linux", "linux", "linux", "linux16"],
            &["linuxefi", "linux ", "kernel", "linux=", "LINUX", "multiboot"],
            5,
        );
        let args = self.pick(&ARGS);
        let _ =
            writeln!(text, "{indent}{linux}{blank}{}{}{args}", self.kernel(), if args.is_empty() { "" } else { " " });
        if self.chance(75) {
            let initrd = self.mostly(&["initrd", "initrd", "initrd16"], &["initrdefi", "initrd=", "module"], 4);
            let _ = writeln!(text, "{indent}{initrd}{blank}{}", self.initrd());
        }
        for _ in 0..self.rng.u8(0..3) {
            let line = self.grub2_line();
            let _ = writeln!(text, "{indent}{line}");
        }
        text.push_str(self.mostly(&["}\n", "}\n", "  }\n"], &["", "} }\n", "}}\n", "} # end\n", "fi }\n", "};\n"], 3));
        text
    }

    fn free_grub2(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..self.rng.u8(0..5) {
            let line = self.grub2_line();
            let _ = writeln!(text, "{line}");
        }
        let mut open = 0;
        // Rarely submenus in submenus in submenus: pygrub only counts them.
        let deep = if self.chance(3) { self.rng.u8(10..60) } else { 0 };
        for _ in 0..deep {
            text.push_str("submenu 'deep' {\n");
            open += 1;
        }
        let entries = if self.chance(2) { 40 } else { self.rng.u8(0..6).max(self.rng.u8(0..3)) };
        for _ in 0..entries {
            if self.chance(12) {
                text.push_str(self.pick(&[
                    "submenu 'S' {\n",
                    "submenu \"S\" --class x {\n",
                    "submenux\n",
                    "submenu S\n",
                    "submenu\n",
                ]));
                open += 1;
            }
            if self.chance(6) {
                text.push_str(self.pick(&[
                    "function f {\n  set x=a=b\n}\n",
                    "function g { true; }\n",
                    "function h\n{\n echo }\n}\n",
                    "function_call\n}\n",
                ]));
            }
            let entry = self.grub2_entry();
            text.push_str(&entry);
            if open > 0 && self.chance(40) {
                text.push_str("}\n");
                open -= 1;
            }
            if self.chance(30) {
                let line = self.grub2_line();
                let _ = writeln!(text, "{line}");
            }
        }
        while open > 0 && self.chance(90) {
            text.push_str("}\n");
            open -= 1;
        }
        text
    }

    fn legacy(&mut self) -> String {
        let mut text = String::new();
        if self.chance(70) {
            let _ = writeln!(text, "default{}{}", self.pick(&[" ", "=", "\t", "  ", " = "]), self.default());
        }
        if self.chance(70) {
            let _ = writeln!(text, "timeout{}{}", self.pick(&[" ", "=", "\t"]), self.pick(&TIMEOUTS));
        }
        for _ in 0..self.rng.u8(0..3) {
            let line = self.pick(&LEGACY_LINES);
            let _ = writeln!(text, "{line}");
        }
        for _ in 0..self.rng.u8(0..5).max(1) {
            let _ = writeln!(
                text,
                "title{}{}",
                self.mostly(&[" ", "\t", "\t\t", "  "], &["", "=", "s ", "\u{a0}"], 6),
                self.title()
            );
            if self.chance(75) {
                let _ = writeln!(text, "\t{} {}", self.pick(&["root", "root", "rootnoverify"]), self.device());
            }
            if self.chance(94) {
                let _ = writeln!(
                    text,
                    "\tkernel{}{} {}",
                    self.pick(&[" ", " ", "\t", "="]),
                    self.kernel(),
                    self.pick(&ARGS)
                );
            }
            if self.chance(75) {
                let _ = writeln!(text, "\tinitrd {}", self.initrd());
            }
            if self.chance(20) {
                let line = self.pick(&LEGACY_LINES);
                let _ = writeln!(text, "\t{line}");
            }
            text.push_str(self.pick(&["", "\n", "\n\n", "# ---\n"]));
        }
        text
    }

    fn extlinux(&mut self) -> String {
        let mut text = String::new();
        let labels = ["a", "linux", "nixos-default", "A", "\"q\"", "a b", "l2"];
        if self.chance(70) {
            let keyword = self.pick(&["default", "DEFAULT", "Default"]);
            let _ = writeln!(text, "{keyword}{}{}", self.pick(&[" ", "\t", "=", "  "]), self.pick(&labels));
        }
        for _ in 0..self.rng.u8(0..4) {
            let line = self.pick(&EXTLINUX_LINES);
            let _ = writeln!(text, "{line}");
        }
        for _ in 0..self.rng.u8(0..5).max(1) {
            let _ = writeln!(text, "{} {}", self.pick(&["label", "LABEL", "Label"]), self.pick(&labels));
            let indent = self.pick(&["", "  ", "\t"]);
            let append = format!("{indent}{} {}\n", self.pick(&["append", "APPEND"]), self.extlinux_args());
            let before = self.chance(12);
            if before {
                text.push_str(&append);
            }
            if self.chance(94) {
                let keyword = self.mostly(&["kernel", "KERNEL"], &["LINUX", "linux", "\u{212a}ernel", "KERNEL="], 6);
                let _ = writeln!(text, "{indent}{keyword} {}", self.kernel());
            }
            if !before && self.chance(85) {
                text.push_str(&append);
            }
            if self.chance(15) {
                let line = self.pick(&EXTLINUX_LINES);
                let _ = writeln!(text, "{indent}{line}");
            }
        }
        text
    }

    fn extlinux_args(&mut self) -> String {
        let (first, second) = (self.pick(&ARGS), self.pick(&ARGS));
        match self.rng.u8(0..8) {
            0 => format!("initrd={} {first}", self.initrd()),
            1 | 2 => format!("{first} initrd={} {second}", self.initrd()),
            3 => format!("/xen.gz {first} --- {} {second} --- {}", self.kernel(), self.initrd()),
            4 => format!("{} --- {}", self.kernel(), self.initrd()),
            5 => format!("\"{first}\""),
            _ => first.to_owned(),
        }
    }

    /// The text after no, few or many mutations, and how many there were.
    fn spoiled(&mut self, mut text: Vec<u8>) -> (String, Vec<u8>) {
        let count = match self.rng.u8(0..100) {
            0..45 => 0,
            45..75 => 1,
            75..90 => self.rng.u8(2..4),
            _ => self.rng.u8(4..12),
        };
        for _ in 0..count {
            self.mutate(&mut text);
        }
        (if count == 0 { String::new() } else { format!("-m{count}") }, text)
    }

    fn mutate(&mut self, text: &mut Vec<u8>) {
        match self.rng.u8(0..100) {
            0..25 => {
                let mark = self.pick(&MARKS);
                self.insert(text, mark.as_bytes());
            }
            25..35 => {
                let blank = self.pick(&BLANKS);
                self.insert_at_blank(text, blank.as_bytes());
            }
            35..42 => {
                let odd = self.pick(&ODD);
                self.insert(text, odd.as_bytes());
            }
            42..45 => {
                let bytes = self.pick(&NOT_UTF8);
                self.insert(text, bytes);
            }
            45..48 => {
                // A byte that happens to be something else: mostly no UTF-8 any more.
                if let Some(place) = self.place(text) {
                    text[place] = self.rng.u8(..);
                }
            }
            48..60 => self.lines(text, |make, lines| {
                let (a, b) = (make.rng.usize(0..lines.len()), make.rng.usize(0..lines.len()));
                match make.rng.u8(0..4) {
                    0 => lines.swap(a, b),
                    1 => drop(lines.remove(a)),
                    2 => lines.insert(b, lines[a].clone()),
                    _ => lines.insert(b, make.any_line().into_bytes()),
                }
            }),
            60..72 => self.lines(text, |make, lines| {
                let number = make.rng.usize(0..lines.len());
                let mut tokens: Vec<Vec<u8>> = lines[number].split(|byte| *byte == b' ').map(<[u8]>::to_vec).collect();
                let (a, b) = (make.rng.usize(0..tokens.len()), make.rng.usize(0..tokens.len()));
                match make.rng.u8(0..3) {
                    0 => tokens.swap(a, b),
                    1 => drop(tokens.remove(a)),
                    _ => tokens.insert(b, tokens[a].clone()),
                }
                lines[number] = tokens.join(&b' ');
            }),
            72..77 => self.lines(text, |make, lines| {
                let number = make.rng.usize(0..lines.len());
                let line = &mut lines[number];
                *line = if make.chance(50) { line.to_ascii_uppercase() } else { line.to_ascii_lowercase() };
            }),
            77..85 => self.replace_value(text),
            85..87 => {
                if let Some(place) = self.place(text) {
                    text.truncate(place);
                }
            }
            87..89 => *text = replace(text, b"\n", self.pick(&[b"\r\n".as_slice(), b"\r", b"\n\n", b"\n\r"])),
            89..91 => drop(text.splice(0..0, "\u{feff}".bytes())),
            91..93 => {
                let unit = self.pick(&["x", " ", "{", "é", "a=", "(", "\""]);
                let long = unit.repeat(self.rng.usize(100..9000));
                self.insert(text, long.as_bytes());
            }
            93..95 => {
                let entry = self.grub2_entry();
                self.insert(text, entry.as_bytes());
            }
            _ => {
                if let Some(place) = self.place(text) {
                    let end = (place + self.rng.usize(1..12)).min(text.len());
                    text.drain(place..end);
                }
            }
        }
    }

    fn any_line(&mut self) -> String {
        match self.rng.u8(0..3) {
            0 => self.grub2_line(),
            1 => self.pick(&LEGACY_LINES).to_owned(),
            _ => self.pick(&EXTLINUX_LINES).to_owned(),
        }
    }

    /// After a `=`, in the places where values stand.
    fn replace_value(&mut self, text: &mut Vec<u8>) {
        self.lines(text, |make, lines| {
            let with_value: Vec<usize> = (0..lines.len()).filter(|number| lines[*number].contains(&b'=')).collect();
            if with_value.is_empty() {
                return;
            }
            let line = &mut lines[make.pick(&with_value)];
            let equals = line.iter().position(|byte| *byte == b'=').unwrap_or(0);
            line.truncate(equals + usize::from(make.chance(90)));
            let value = match make.rng.u8(0..4) {
                0 => make.default(),
                1 => make.pick(&TIMEOUTS).to_owned(),
                2 => make.pick(&DEVICES).to_owned(),
                _ => make.pick(&BAD_DEVICES).to_owned(),
            };
            line.extend_from_slice(value.as_bytes());
        });
    }

    fn lines(&mut self, text: &mut Vec<u8>, change: impl FnOnce(&mut Self, &mut Vec<Vec<u8>>)) {
        let mut lines: Vec<Vec<u8>> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        change(self, &mut lines);
        *text = lines.join(&b'\n');
    }

    /// Somewhere in the text, and rather at its beginning, where the defaults stand.
    fn place(&mut self, text: &[u8]) -> Option<usize> {
        match text.len() {
            0 => None,
            length if self.chance(20) => Some(self.rng.usize(0..length.min(200))),
            length => Some(self.rng.usize(0..length)),
        }
    }

    /// Between two characters, so that only the mutations that mean to do so break the encoding.
    fn insert(&mut self, text: &mut Vec<u8>, what: &[u8]) {
        let mut place = self.place(text).unwrap_or(0);
        while place < text.len() && text[place] & 0xc0 == 0x80 {
            place += 1;
        }
        text.splice(place..place, what.iter().copied());
    }

    /// Beside a blank, a line end or an `=`, where white space decides.
    fn insert_at_blank(&mut self, text: &mut Vec<u8>, what: &[u8]) {
        let places: Vec<usize> =
            (0..text.len()).filter(|place| matches!(text[*place], b' ' | b'\t' | b'\n' | b'=')).collect();
        if places.is_empty() {
            return self.insert(text, what);
        }
        let place = self.pick(&places);
        match self.rng.u8(0..3) {
            0 => drop(text.splice(place..place, what.iter().copied())),
            1 => drop(text.splice(place + 1..place + 1, what.iter().copied())),
            _ if text[place] == b'\n' => drop(text.splice(place..place, what.iter().copied())),
            _ => drop(text.splice(place..=place, what.iter().copied())),
        }
    }
}

fn replace(text: &[u8], what: &[u8], with: &[u8]) -> Vec<u8> {
    text.split(|byte| [*byte] == what).collect::<Vec<_>>().join(with)
}

/// The recorded inputs, without the ones that are about a size of a megabyte.
fn real_inputs() -> &'static [(Dialect, Vec<u8>)] {
    static REAL: OnceLock<Vec<(Dialect, Vec<u8>)>> = OnceLock::new();
    REAL.get_or_init(|| {
        recorded_cases()
            .into_iter()
            .map(|recorded| (recorded.case.dialect, recorded.case.text))
            .filter(|(_, text)| text.len() < 100_000)
            .collect()
    })
}
