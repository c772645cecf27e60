//! How libxl calls the bootloader of a domain: by the real `xl create` with stand-ins for the hypervisor (`tests/common/xl.rs`).

use std::fs;
use std::path::Path;

use pregrub::boot::Verdict;
use pregrub::flavour::{Build, Flavour};
use pregrub::release::Release;
use pregrub::simulation::{Simulated, Simulation};
use pregrub::target::{Kind, OpenOptions};
use pregrub::xl::call::{Call, NotInvoked};
use pregrub::xl::domain::Domain;
use pregrub::xl::syntax;

use super::syntax::release;
use crate::common::images::{Image, Tree, Volume};
use crate::common::xl::{Created, Xl};

/// What `xl create` of these lines is shown: `Xl::create` puts the same in front.
fn configuration(bootloader: &str, lines: &str) -> String {
    format!("name = \"guest\"\nmemory = 64\nbootloader = \"{bootloader}\"\n{lines}\n")
}

fn call(bootloader: &str, lines: &str, release: Release) -> Result<Call, NotInvoked> {
    let text = configuration(bootloader, lines);
    let settings = syntax::parse(text.as_bytes(), release).map_err(|error| NotInvoked {
        verdict: Verdict::Fails,
        reason: error.to_string(),
        span: Some(error.span),
        help: None,
    })?;
    Domain::new(settings, release).call(release)
}

/// What comes of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comes {
    /// The bootloader is called.
    Called,
    /// xl or libxl end before; or it has to attach the disk, which the stand-ins cannot.
    NotCalled,
}
use Comes::{Called, NotCalled};

/// Lines of a configuration; `@A` and `@B` are images, `@D` a directory, `@N` is not there.
const CASES: &[(&str, Comes)] = &[
    ("disk = [ '@A,raw,xvda,w' ]", Called),
    ("disk = [ '@A,,xvda', '@B,,xvdb' ]", Called),
    ("disk = [ 'phy:@A,xvda,w' ]", Called),
    ("disk = [ 'file:@B,xvda,w' ]", Called),
    ("disk = [ 'tap:aio:@B,xvda,w' ]", Called),
    ("disk = [ 'format=raw,vdev=xvda,access=rw,target=@B' ]", Called),
    ("disk = [ '@A,raw,hdc,cdrom', '@B,raw,xvda' ]", Called),
    ("disk = [ '@A,raw,foo,rw' ]", Called),
    ("disk = [ 'backendtype=qdisk,vdev=xvda,target=@A' ]", Called),
    ("disk = [ 'backendtype=phy,vdev=xvda,target=@A' ]", Called),
    ("disk = [ '@A,raw,xvda', ['@B'], 'nonsense' ]", Called),
    ("disk = [ '@B,raw,xvda' ]\ndisk = [ '@A,raw,xvda' ]", Called),
    ("disk = [ '@B,raw,xvda' ]\ndisk += [ '@A,raw,xvdb' ]", Called),
    ("disk += [ '@A,raw,xvda' ]", Called),
    ("type = 'pvh'\ndisk = [ '@A,raw,xvda' ]", Called),
    ("type = 'p'\ndisk = [ '@A,raw,xvda' ]", Called),
    ("builder = 'generic'\ndisk = [ '@A,raw,xvda' ]", Called),
    ("disk = [ '@A,raw,xvda' ]\nkernel = '/k'\nramdisk = '/i'\ncmdline = 'a b'", Called),
    ("disk = [ '@A,raw,xvda' ]\nkernel = ''\nramdisk = ''\ncmdline = ''\nextra = 'e'", Called),
    ("disk = [ '@A,raw,xvda' ]\nroot = '/dev/xvda1'\nextra = ''", Called),
    ("disk = [ '@A,raw,xvda' ]\nroot = ''", Called),
    ("disk = [ '@A,raw,xvda' ]\nroot = [ 'x' ]\nextra = 'a' # c\nextra += 'b'", Called),
    ("disk = [ '@A,raw,xvda' ]\ncmdline = 5; kernel = [ 'x' ]", Called),
    ("disk = [ '@A,raw,xvda' ]\nbootloader_args = [ '-q', '--entry', 'a b', '', 5 ]", Called),
    ("disk = [ '@A,raw,xvda' ]\nbootloader_args = [ '-q', [ 'x' ], 'y' ]", Called),
    ("disk = [ '@A,raw,xvda' ]\nbootloader_args = '-q  --entry=1\t-i\\n x\\f y'", Called),
    ("disk = [ '@A,raw,xvda' ]\nbootloader_args = 5", Called),
    ("disk = [ '@A,raw,xvda' ]\nbootloader_args = []", Called),
    ("disk = [ '@A,raw,xvda' ]\nbootloader_restrict = 1\nbootloader_user = 'nobody'", Called),
    ("disk = [ '@A,raw,xvda' ]\nmemory = 'x'\nvcpus = 'y'\nvif = 'z'\non_crash = [ 'x' ]", Called),
    ("disk = [ '@D,raw,xvda' ]", Called),
    ("", NotCalled),
    ("disk = []", NotCalled),
    ("disk = '@A,raw,xvda'", NotCalled),
    ("disk = [ ['@A,raw,xvda'] ]", NotCalled),
    ("disk = [ ',hdc:cdrom,r', '@A,raw,xvda' ]", NotCalled),
    ("disk = [ 'cdrom,vdev=hdc', '@A,raw,xvda' ]", NotCalled),
    ("disk = [ '@A,qcow2,xvda' ]", NotCalled),
    ("disk = [ 'script=block-x,vdev=xvda,target=@A' ]", NotCalled),
    ("disk = [ 'nbd:@A,xvda' ]", NotCalled),
    ("disk = [ 'backend=other,vdev=xvda,target=@A' ]", NotCalled),
    ("disk = [ 'backendtype=tap,vdev=xvda,target=@A' ]", NotCalled),
    ("disk = [ '@A,raw,xvda', '@A,foo,xvdb' ]", NotCalled),
    ("disk = [ '@A,raw' ]", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\ntype = 'hvm'", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\ntype = ''", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\ntype = 'PV'", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\nbuilder = 'linux'", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\nbuilder = 'generic'\ntype = 'pvh'", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\non_crash = 'x'", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\nvcpus = 2\nmaxvcpus = 1", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\nname = [ 'x' ]", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\nbootloader = [ 'x' ]", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\nbootloader_args = ' '", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\nkernel = '/k'\nfirmware = 'pvgrub64'", NotCalled),
    ("disk = [ '@A,raw,xvda' ]\nmemory = 1.5", NotCalled),
    ("disk = [ '@A,raw,xvda'\n", NotCalled),
];

#[test]
fn arguments_as_libxl_gives_them() {
    let oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let images = [Image::of_bytes(&[0; 4096]), Image::of_bytes(&[1; 4096])];
    let mut differences = Vec::new();
    for (lines, comes) in CASES {
        let lines = lines
            .replace("@A", &images[0].argument())
            .replace("@B", &images[1].argument())
            .replace("@D", "/tmp")
            .replace("@N", "/nonexistent/disk");
        let bootloader = "/bin/false";
        let Created { arguments, log, .. } = xl.create(bootloader, &lines);
        let ours = match call(bootloader, &lines, release(&oracle)) {
            // Nothing attaches an image here: libxl waits for QEMU in vain, and calls nobody.
            Ok(call) if call.attached.is_some() => Vec::new(),
            Ok(call) => {
                let words = call.arguments.iter().chain([&call.disk]).map(ToString::to_string);
                [bootloader.to_owned()].into_iter().chain(words).collect()
            }
            Err(_) => Vec::new(),
        };
        if ours != arguments {
            differences.push(format!("{lines}\n  libxl   {arguments:?}\n  pregrub {ours:?}\n{log}"));
        }
        assert_eq!(!arguments.is_empty(), *comes == Called, "{lines}\n{log}");
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
}

fn tree() -> Tree {
    let config = "set timeout=1\n\
        menuentry 'Linux one' {\n  linux /boot/vmlinuz root=/dev/xvda1 ro\n  initrd /boot/initrd.img\n}\n\
        menuentry 'Linux two' {\n  linux /kernels/k two\n}\n\
        menuentry 'No file' {\n  linux /boot/missing\n}\n";
    Tree::new()
        .file("boot/grub/grub.cfg", config)
        .file("boot/vmlinuz", [b'K'; 5000])
        .file("boot/initrd.img", [b'I'; 3000])
        .file("kernels/k", b"another")
}

/// Whole configurations: what xl hands to the domain builder is what pregrub predicts of the same file.
#[test]
fn whole_configurations_as_xl_boots_them() {
    let oracle = oracle_or_skip!();
    let Some(xl) = Xl::find(&oracle) else { return };
    let image = Image::mbr(&[Volume::ext4(tree())]);
    let folder = tempfile::TempDir::new().expect("a temporary directory can be made");
    let file = folder.path().join("guest.cfg");
    let release = release(&oracle);
    // With the size of the kernel, or nothing.
    for (lines, kernel) in [
        ("bootloader_args = [ '-q' ]", Some(5000)),
        ("bootloader_args = '-q --entry=1'", Some(7)),
        ("bootloader_args = [ '--entry=Linux two' ]\nextra = 'more'", Some(7)),
        ("type = 'pvh'\nbootloader_args = [ '-q' ]\nroot = '/dev/xvda1 ro'\nextra = '3'", Some(5000)),
        ("bootloader_args = [ '-q', '--args=mine' ]\nextra = 'theirs'", Some(5000)),
        ("kernel = '/kernels/k'\nramdisk = '/boot/initrd.img'\nextra = 'a'", Some(7)),
        ("ramdisk = '/kernels/k'\nbootloader_args = [ '-q' ]", Some(5000)),
        ("bootloader_args = [ '-q', '--output-format=simple' ]", None),
        ("bootloader_args = [ '-q', '--output-format=sxp' ]", None),
        ("bootloader_args = [ '-q', '--output=/dev/null' ]", None),
        ("bootloader_args = [ '-q', '--output-directory=/nonexistent' ]", None),
        ("bootloader_args = [ '-q', '--output-directory=/tmp' ]", Some(5000)),
        ("bootloader_args = [ '-q', 'other' ]", None),
        ("bootloader_args = [ '-q', '--' ]", Some(5000)),
        ("bootloader_args = [ '-l' ]", None),
        ("bootloader_args = [ '-q', '-n' ]", None),
        ("bootloader_args = [ '-q', '--isconfig' ]", None),
        ("bootloader_args = [ '--help' ]", None),
        ("bootloader_args = [ '--bogus' ]", None),
        ("bootloader_args = [ '--entry=2' ]", None),
        ("bootloader_args = [ '-q', '--offset=512' ]", None),
        ("bootloader_args = [ '-q', '--offset=0x0' ]", None),
        ("bootloader_args = [ '--runas=1000' ]", None),
        ("kernel = '/nonexistent'\nbootloader_args = [ '-q' ]", None),
    ] {
        let lines = format!("disk = [ '{},raw,xvda,w' ]\n{lines}", image.argument());
        let pygrub = oracle.pygrub.to_str().expect("UTF-8");
        let created = xl.create(pygrub, &lines);
        let built = &created.built;
        fs::write(&file, configuration(pygrub, &lines)).expect("a file can be made");
        let simulation = Simulation::new(Build { release, flavour: Flavour::Debian });
        let target = simulation.open(&file, OpenOptions::default()).expect("it can be read");
        assert_eq!(target.kind(), Kind::Xl);
        let run = target.run().expect("it can be read").run;
        let whole = format!("{lines}\n{:?}\n{}", run.failure, created.log);
        assert_eq!(run.verdict == Verdict::Boots, built.kernel.is_some(), "{whole}");
        assert_eq!(built.kernel.as_ref().map(Vec::len), kernel, "{whole}");
        let Some(chosen) = run.chosen.filter(|_| run.verdict == Verdict::Boots) else {
            assert_eq!(run.verdict, Verdict::Fails, "{whole}");
            continue;
        };
        assert_eq!(chosen.kernel.size, built.kernel.as_ref().map(|kernel| kernel.len() as u64), "{whole}");
        let size = chosen.ramdisk.and_then(|ramdisk| ramdisk.size);
        assert_eq!(size, built.ramdisk.as_ref().map(|ramdisk| ramdisk.len() as u64), "{whole}");
        let arguments = chosen.args.map(|args| args.to_string()).unwrap_or_default();
        assert_eq!(arguments, built.arguments.clone().unwrap_or_default(), "{whole}");
    }
}

#[test]
fn a_relative_path_is_taken_from_the_working_directory() {
    let folder = tempfile::TempDir::new().expect("a temporary directory can be made");
    let file = folder.path().join("guest.cfg");
    let text = configuration("pygrub", "disk = [ 'corpus/images/recipe.img,raw,xvda' ]\nbootloader_args = [ '-q' ]");
    fs::write(&file, &text).expect("a file can be made");
    // cargo runs tests in the root of the package.
    assert!(Path::new("corpus/images/recipe.img").exists());
    let run = Simulation::default().run(&file).expect("it can be read").run;
    assert_eq!(run.verdict, Verdict::Boots);
    assert_eq!(
        run.disk.map(|disk| (disk.path.to_string(), disk.line)),
        Some(("corpus/images/recipe.img".to_owned(), Some(4)))
    );
    fs::write(&file, text.replace("recipe.img", "missing.img")).expect("a file can be made");
    let Simulated { run, explanation } = Simulation::default().run(&file).expect("it can be read");
    let explanation = explanation.expect("it is not there");
    assert_eq!(run.verdict, Verdict::Unknown);
    assert_eq!(
        explanation.reason,
        "cannot read `corpus/images/missing.img`: there is no such file; it is the first disk of the domain (line 4)"
    );
    assert_eq!(explanation.help.as_deref(), Some("xl looks for it from the directory that it is started in"));
}
