//! What the installer does where Xen's domain builder or the guest's kernel would not take what pygrub hands over.

use std::fs;
use std::io::Write;
use std::path::Path;

use pregrub::generate::grub_cfg::{self, InstallReport, LocalDisk, PlanOptions, System};
use pregrub::initrd::{GuestKernel, Handed, InitrdDepth, judge};
use pregrub::kernel::GuestType;

use crate::common::kernels::{Elf, bzimage, pack};
use crate::common::nixos_store::{Spec, Store, initrd_of};

const SYSTEM: &str = "/nix/var/nix/profiles/system";

/// Replaces the kernel, or the initrd, of a generation.
fn replace(store: &Store, generation: u64, what: impl Fn(&System) -> &Path, content: &[u8]) {
    let link = format!("/nix/var/nix/profiles/system-{generation}-link");
    let system = System::read(&store.options().root, Path::new(&link)).unwrap();
    let path = store.host(what(&system).to_str().unwrap());
    fs::write(path, content).unwrap();
}

fn kernel(system: &System) -> &Path {
    &system.kernel
}

fn initrd(system: &System) -> &Path {
    system.initrd.as_deref().unwrap()
}

fn install(options: &PlanOptions) -> Result<InstallReport, String> {
    grub_cfg::install(options, Path::new(SYSTEM), &mut LocalDisk::default()).map_err(|error| error.to_string())
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(data).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_kernel_that_does_not_load_is_refused_for_the_system_and_warned_of_for_an_older_one() {
    let store = Store::of(&[Spec::new(1), Spec::new(2)]);
    let options = store.options();
    replace(&store, 1, kernel, b"#!/bin/sh\n");
    let installed = install(&options).unwrap();
    let [warning] = &installed.menu.warnings[..] else { panic!("{:?}", installed.menu.warnings) };
    assert!(
        warning.contains("Generation 1 ")
            && warning.contains("does not start: the file that is to be the kernel is a script"),
        "{warning}"
    );

    replace(&store, 2, kernel, &bzimage(&Elf { notes: false, segment: false, ..Elf::default() }.bytes()));
    let before = fs::read(store.boot().join("grub/grub.cfg")).unwrap();
    let error = install(&options).unwrap_err();
    assert!(error.contains("would not start under Xen 4.22: the kernel was built without support for Xen"), "{error}");
    assert!(error.ends_with("nothing was changed"), "{error}");
    assert_eq!(fs::read(store.boot().join("grub/grub.cfg")).unwrap(), before);
}

#[test]
fn the_host_and_the_type_decide() {
    let store = Store::of(&[Spec::new(1)]);
    let mut options = store.options();
    replace(&store, 1, kernel, &bzimage(&gzip(&Elf { pv: false, ..Elf::default() }.bytes())));
    let installed = install(&options).unwrap();
    assert!(
        installed.menu.warnings.iter().any(|it| it.contains("it starts as a PVH guest only")),
        "{:?}",
        installed.menu.warnings
    );
    options.guest = Some(GuestType::Pvh);
    assert_eq!(install(&options).unwrap().menu.warnings, Vec::<String>::new());
    options.guest = Some(GuestType::Pv);
    assert!(install(&options).unwrap_err().contains("no entry for PV guests"));

    let Some(zstd) = pack(&Elf::default().bytes(), &["zstd", "-q"], true) else { return };
    replace(&store, 1, kernel, &bzimage(&zstd));
    for (host, fits) in [("4.14", false), ("4.15", true), ("debian-4.17", true)] {
        options.host = Some(host.parse().unwrap());
        let result = install(&options);
        assert_eq!(result.is_ok(), fits, "{host}: {:?}", result.err());
        if let Err(error) = result {
            assert!(error.contains("Xen 4.14 cannot unpack a kernel that is packed with zstd"), "{error}");
        }
    }
}

#[test]
fn an_initrd_that_the_kernel_does_not_unpack_is_refused() {
    let store = Store::of(&[Spec::new(1)]);
    let whole = gzip(&initrd_of(1));
    for (content, why) in [
        (&b"not an archive"[..], "the initrd is not a cpio archive"),
        (&whole[..whole.len() / 2], "the kernel stops unpacking the initrd"),
        (&initrd_of(1)[..700], "the initrd is cut off"),
    ] {
        replace(&store, 1, initrd, content);
        let error = install(&store.options()).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
    replace(&store, 1, initrd, &whole);
    install(&store.options()).unwrap();
}

/// No Xen loses an archive of what is written, whether secrets are appended or the initrd has two members by itself.
#[test]
fn no_xen_loses_a_member_of_what_is_written() {
    let large = initrd_of(7).repeat(9);
    let two = [gzip(&initrd_of(1)), gzip(&large)].concat();
    let handed = |bytes: &[u8]| {
        judge(&bytes, bytes.len() as u64, &GuestKernel::default(), "4.17".parse().unwrap(), InitrdDepth::Whole)
            .unwrap()
            .handed
    };
    assert_eq!(handed(&two), Handed::FirstMemberOnly);
    let mut store = Store::new();
    let toplevel = store.build(&Spec::new(1));
    store.link(None, 1, &toplevel);
    replace(&store, 1, initrd, &two);
    install(&store.options()).unwrap();
    let initrds = || -> Vec<Vec<u8>> {
        let names = fs::read_dir(store.boot().join("kernels")).unwrap().map(|entry| entry.unwrap());
        let names = names.filter(|entry| entry.file_name().to_str().unwrap().contains("initrd"));
        names.map(|entry| fs::read(entry.path()).unwrap()).collect()
    };
    let [written] = &initrds()[..] else { panic!() };
    assert!(written.starts_with(b"070701") && written.ends_with(&two));
    assert_eq!(handed(written), Handed::Untouched);
    // A second time nothing is new, and one member alone is left as it is.
    assert_eq!(install(&store.options()).unwrap().copied, 0);
    replace(&store, 1, initrd, &gzip(&initrd_of(1)));
    install(&store.options()).unwrap();
    assert!(initrds().iter().any(|written| *written == gzip(&initrd_of(1))));
}
