//! The drop-in under the real xl, beside pygrub: as far as a machine without Xen allows. `tests/xen/boot` goes on from
//! there.

mod libvirt;
mod restriction;
mod xapi;

use crate::common::images::{Image, Tree, Volume};
use crate::common::oracle::Oracle;
use crate::common::xl::{Built, Created, MENU, Xl, linked_drop_in};

const KERNEL: &[u8] = &[b'K'; 5000];
const OTHER_KERNEL: &[u8] = b"other kernel";
const RAMDISK: &[u8] = &[b'I'; 300_000];

fn tree() -> Tree {
    let config = "set timeout=1\n\
        menuentry 'Linux one' {\n  linux /boot/vmlinuz root=/dev/xvda1 ro quiet\n  initrd /boot/initrd.img\n}\n\
        menuentry 'Linux two' {\n  linux /kernels/k root=/dev/xvda2 \\\"quoted\\\" 'é\\n'\n}\n\
        menuentry 'No kernel' {\n  initrd /boot/initrd.img\n}\n\
        menuentry 'No file' {\n  linux /boot/missing\n}\n\
        menuentry 'No initrd file' {\n  linux /boot/vmlinuz\n  initrd /boot/missing\n}\n";
    Tree::new()
        .file("boot/grub/grub.cfg", config)
        .file("boot/vmlinuz", KERNEL)
        .file("boot/initrd.img", RAMDISK)
        .file("kernels/k", OTHER_KERNEL)
}

/// Which part of the two runs is the same.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Same {
    /// All of it, and what stands on the console.
    All,
    /// All but the console: a menu, an explanation instead of a traceback.
    ButConsole,
}

/// Both bootloaders under xl, with the first disk `disk` and these lines besides.
struct Both {
    pygrub: Created,
    drop_in: Created,
}

/// Runs both until their consoles are `whole`: libxl drops what stands unread on the terminal when the bootloader ends, which
/// on a busy machine may be all that was written.
fn both(oracle: &Oracle, xl: &Xl, disk: &str, lines: &str, whole: impl Fn(&Both) -> bool) -> Both {
    let lines = format!("disk = [ \"format=raw,vdev=xvda,access=rw,target={disk}\" ]\n{lines}");
    let (_folder, link) = linked_drop_in();
    let pygrub = oracle.pygrub.to_str().expect("UTF-8");
    let run = || Both { pygrub: xl.create(pygrub, &lines), drop_in: xl.create(&link, &lines) };
    let mut both = run();
    for _ in 0..4 {
        if whole(&both) {
            break;
        }
        both = run();
    }
    both
}

impl Both {
    fn both_said(&self, text: &str) -> bool {
        [&self.drop_in, &self.pygrub].iter().all(|created| created.console.contains(text))
    }

    /// Where the two differ.
    fn differences(&self, name: &str, same: Same) -> Vec<String> {
        let mut found = Vec::new();
        let mut hold = |what: &str, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
            let (ours, theirs) = (format!("{ours:#?}"), format!("{theirs:#?}"));
            if ours != theirs {
                found.push(format!("{name}: {what}\n  pregrub {ours}\n  pygrub  {theirs}"));
            }
        };
        let (ours, theirs) = (&self.drop_in, &self.pygrub);
        hold("xl's exit status", &ours.status, &theirs.status);
        // What follows a first difference would be told twice.
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let (our_log, their_log) = (lines(&ours.log), lines(&theirs.log));
        let first = our_log.iter().zip(&their_log).position(|(ours, theirs)| ours != theirs);
        let first = first.unwrap_or(our_log.len().min(their_log.len()));
        hold("xl's log", &our_log.get(first), &their_log.get(first));
        hold("arguments", &ours.arguments.get(1..), &theirs.arguments.get(1..));
        hold("environment", &ours.variables, &theirs.variables);
        hold("terminal", &ours.files, &theirs.files);
        hold("built", &ours.built, &theirs.built);
        hold("left", &ours.left, &theirs.left);
        if same == Same::All {
            hold("console", &ours.console, &theirs.console);
        }
        found
    }
}

/// Lines of the configuration, and what is to be the same.
const CONFIGURATIONS: &[(&str, Same)] = &[
    ("bootloader_args = [ '-q' ]", Same::All),
    ("", Same::ButConsole),
    ("type = 'pvh'\nbootloader_args = [ '-q' ]", Same::All),
    ("type = 'pvh'\nextra = 'a b'", Same::ButConsole),
    ("bootloader_args = [ '--entry=1' ]", Same::All),
    ("bootloader_args = [ '--entry', 'Linux two' ]", Same::All),
    ("bootloader_args = '-q --entry=1'", Same::All),
    ("bootloader_args = [ '-q' ]\nextra = 'two words'", Same::All),
    ("bootloader_args = [ '-q' ]\nroot = '/dev/xvda1 ro'", Same::All),
    ("bootloader_args = [ '-q' ]\nroot = '/dev/xvda1 ro'\nextra = '3'", Same::All),
    ("bootloader_args = [ '-q' ]\ncmdline = 'a=\"b c\" é \\\\ $x'", Same::All),
    ("bootloader_args = [ '-q', '--args=mine' ]\nextra = 'theirs'", Same::All),
    ("bootloader_args = [ '-q' ]\nkernel = '/kernels/k'", Same::All),
    ("bootloader_args = [ '-q' ]\nkernel = '/kernels/k'\nramdisk = '/boot/initrd.img'\nextra = 'a'", Same::All),
    ("kernel = '/kernels/k'\ncmdline = 'a'", Same::All),
    ("bootloader_args = [ '-q' ]\nramdisk = '/kernels/k'", Same::All),
    ("bootloader_args = [ '-q' ]\nkernel = '/nonexistent'", Same::ButConsole),
    ("bootloader_args = [ '-q' ]\nkernel = '/kernels/k'\nramdisk = '/nonexistent'", Same::ButConsole),
    ("bootloader_args = [ '--entry=2' ]", Same::ButConsole),
    ("bootloader_args = [ '--entry=3' ]", Same::ButConsole),
    ("bootloader_args = [ '--entry=4' ]", Same::ButConsole),
    ("bootloader_args = [ '-q', '--offset=512' ]", Same::ButConsole),
    ("bootloader_args = [ '--bogus' ]", Same::ButConsole),
    ("bootloader_args = [ '--help' ]", Same::ButConsole),
    ("bootloader_args = [ '-l' ]", Same::All),
    ("bootloader_args = [ '-q', '-n' ]", Same::All),
    ("bootloader_args = [ '-q', '--output-format=simple' ]", Same::All),
    ("bootloader_args = [ '-q', '--output-format=sxp' ]", Same::All),
    ("bootloader_args = [ '-q', '--output-directory=/nonexistent' ]", Same::ButConsole),
];

#[test]
fn each_configuration_by_both() {
    let oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let image = Image::whole(&Volume::ext4(tree()));
    let mut differences = Vec::new();
    for (lines, same) in CONFIGURATIONS {
        let both = both(&oracle, &xl, &image.argument(), lines, |both| {
            *same == Same::ButConsole || both.drop_in.console == both.pygrub.console
        });
        assert!(both.pygrub.log.contains("executing bootloader: @BOOTLOADER"), "{lines}:\n{}", both.pygrub.log);
        differences.extend(both.differences(lines, *same));
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
}

/// What each run comes to: that the comparison above compares something.
#[test]
fn how_far_it_comes() {
    let oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let image = Image::mbr(&[Volume::ext4(tree())]);
    for kind in ["pv", "pvh"] {
        let lines = format!("type = '{kind}'\nbootloader_args = [ '-q' ]\nextra = 'more'");
        let read = "to parse /boot/grub/grub.cfg";
        let Both { pygrub, drop_in } = both(&oracle, &xl, &image.argument(), &lines, |both| both.both_said(read));
        for created in [pygrub, drop_in] {
            let expected = ["--args=more", "--output=/var/lib/xen/bootloader.1.out", "--output-format=simple0"];
            assert_eq!(created.arguments[1..4], expected);
            assert_eq!(
                created.arguments[4..],
                ["--output-directory=/var/lib/xen/bootloader.1.d", "-q", &image.argument()]
            );
            assert!(created.variables.contains(&"TERM=vt100".to_owned()), "{:?}", created.variables);
            assert_eq!(created.files, ["0 terminal 0x0", "1 terminal 0x0", "2 terminal 0x0"]);
            for line in [
                "bootloader_finished: Domain 1:bootloader completed",
                "bootloader output contained args root=/dev/xvda1 ro quiet more",
                "bootloader_finished: Domain 1:bootloader execution successful",
                // It is none. With a real one it ends where memory is to be had for it.
                "xc_dom_find_loader: no loader found: Invalid kernel",
            ] {
                assert!(created.log.contains(line), "{line}\n{}", created.log);
            }
            let built = Built {
                kernel: Some(KERNEL.to_vec()),
                ramdisk: Some(RAMDISK.to_vec()),
                arguments: Some("root=/dev/xvda1 ro quiet more".to_owned()),
                paths: Vec::new(),
            };
            assert_eq!(created.built, built);
            assert_eq!(created.left, Vec::<String>::new());
            assert!(created.console.contains(read), "{}", created.console);
        }
    }
}

/// As with `xl create -c`: libxl takes the keys from the console to the bootloader, and the screen back.
#[test]
fn somebody_at_the_console() {
    let oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let tree = tree().file(
        "boot/grub/grub.cfg",
        "set timeout=60\nmenuentry 'Linux one' {\n  linux /boot/vmlinuz one\n}\nmenuentry 'Linux two' {\n  linux /kernels/k two\n}\n",
    );
    let image = Image::whole(&Volume::ext4(tree));
    let lines = format!("disk = [ \"{},raw,xvda,rw\" ]", image.argument());
    let (_folder, link) = linked_drop_in();
    let answers = [oracle.pygrub.to_str().expect("UTF-8"), &link].map(|bootloader| {
        // Down as a vt100 sends it, and Enter.
        xl.create_with_keys(bootloader, &lines, "\x1bOB\n")
    });
    let [pygrub, drop_in] = answers;
    assert!(pygrub.console.contains(MENU), "{}", pygrub.console);
    assert_eq!(pygrub.built.arguments.as_deref(), Some("two"), "{}", pygrub.log);
    assert!(drop_in.console.contains(MENU), "{}", drop_in.console);
    let both = Both { pygrub, drop_in };
    assert_eq!(both.differences("down, enter", Same::ButConsole), Vec::<String>::new());
}

#[test]
fn a_bootloader_that_fails() {
    let oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let empty = Image::of_bytes(&[0; 4096]);
    let why = "Unable to find partition containing kernel";
    let both = both(&oracle, &xl, &empty.argument(), "bootloader_args = [ '-q' ]", |both| both.both_said(why));
    assert_eq!(both.differences("an empty disk", Same::ButConsole), Vec::<String>::new());
    let created = both.drop_in;
    assert_eq!(created.status, Some(3));
    for line in [
        "Domain 1:bootloader failed - consult logfile /var/log/xen/bootloader.1.log",
        "libxl_report_child_exitstatus: bootloader PID exited with error status 1",
    ] {
        assert!(created.log.contains(line), "{line}\n{}", created.log);
    }
    // The logfile is the place to say it.
    assert!(created.console.contains(why), "{}", created.console);
    assert_eq!(created.built, Built::default());
}

/// `bootloader = "pygrub"` is the one beside xl's other programs, wherever the drop-in may lie in `PATH`.
#[test]
fn a_bare_name_is_the_installed_one() {
    let oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let image = Image::whole(&Volume::ext4(tree()));
    let lines = format!("disk = [ \"{},raw,xvda,rw\" ]\nbootloader_args = [ '-q' ]", image.argument());
    let created = xl.create("pygrub", &lines);
    let own = oracle.pygrub.to_str().expect("UTF-8").to_owned();
    assert_eq!(created.arguments.first(), Some(&own), "{}", created.log);
}
