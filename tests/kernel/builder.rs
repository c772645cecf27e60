//! What differs between releases and builds.

use pregrub::flavour::Flavour;
use pregrub::kernel::{GuestType, KernelDepth, LoadOutcome, Question, RefusalReason, look};

use crate::common::kernels::{Elf, bzimage, pack};

fn outcome(kernel: &[u8], release: &str, flavour: Flavour, guest: GuestType) -> LoadOutcome {
    let question = Question { release: release.parse().unwrap(), flavour, guest };
    look(&kernel, kernel.len() as u64, &question, KernelDepth::All).unwrap().outcome(guest).unwrap().clone()
}

fn packed(program: &[&str], length: bool) -> Option<Vec<u8>> {
    Some(bzimage(&pack(&Elf::default().bytes(), program, length)?))
}

#[test]
fn formats_came_with_releases() {
    for (program, length, since) in [
        (&["gzip", "-n"][..], false, 0),
        (&["lzop"], true, 1),
        (&["xz", "--check=crc32"], true, 2),
        (&["lz4", "-l"], true, 4),
        (&["zstd", "-q"], true, 15),
    ] {
        let Some(kernel) = packed(program, length) else { continue };
        for minor in 0..=22 {
            let loads = outcome(&kernel, &format!("4.{minor}"), Flavour::Upstream, GuestType::Pv).loads();
            assert_eq!(loads, Some(minor >= since), "{program:?} 4.{minor}");
        }
    }
}

#[test]
fn debian_leaves_formats_out() {
    for (program, loads) in
        [(&["bzip2"][..], false), (&["lzop"], false), (&["lz4", "-l"], true), (&["zstd", "-q"], true)]
    {
        let Some(kernel) = packed(program, true) else { continue };
        let of = |flavour| outcome(&kernel, "4.20", flavour, GuestType::Pv).loads();
        assert_eq!((of(Flavour::Debian), of(Flavour::Upstream)), (Some(loads), Some(true)), "{program:?}");
    }
}

#[test]
fn a_large_dictionary_needs_a_newer_release() {
    let Some(kernel) = packed(&["xz", "--check=crc32", "--lzma2=dict=128MiB"], true) else { return };
    for (release, flavour, loads) in [
        ("4.17", Flavour::Upstream, false),
        ("4.17", Flavour::Debian, true),
        ("4.18.4", Flavour::Upstream, false),
        ("4.18.5", Flavour::Upstream, true),
        ("4.19.1", Flavour::Upstream, false),
        ("4.20.0", Flavour::Upstream, true),
    ] {
        let outcome = outcome(&kernel, release, flavour, GuestType::Pv);
        assert_eq!(outcome.loads(), Some(loads), "{release} {flavour}: {outcome:?}");
        let dictionary = matches!(outcome, LoadOutcome::Refused { cause: RefusalReason::Dictionary { .. }, .. });
        assert_eq!(dictionary, !loads, "{outcome:?}");
    }
}

#[test]
fn types_of_guests() {
    let both = bzimage(&Elf::default().bytes());
    let pv = bzimage(&Elf { pvh: false, ..Elf::default() }.bytes());
    let pvh = bzimage(&Elf { pv: false, ..Elf::default() }.bytes());
    let starts = |kernel: &[u8], guest| outcome(kernel, "4.22", Flavour::Upstream, guest).starts().unwrap();
    for (kernel, as_pv, as_pvh) in [(&both, true, true), (&pv, true, false), (&pvh, false, true)] {
        assert_eq!((starts(kernel, GuestType::Pv), starts(kernel, GuestType::Pvh)), (as_pv, as_pvh));
    }
    let old = outcome(&both, "4.9", Flavour::Upstream, GuestType::Pvh);
    assert!(matches!(old, LoadOutcome::Refused { cause: RefusalReason::NoSuchGuest, .. }), "{old:?}");
}
