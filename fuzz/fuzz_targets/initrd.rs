//! Any bytes as an initrd, under the rules of a Xen that unpacks it and of one that does not.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pregrub::initrd::{GuestKernel, InitrdDepth, judge};
use pregrub::release::Release;

fuzz_target!(|initrd: &[u8]| {
    for release in [Release::line(17).expect("known"), Release::NEWEST] {
        let report =
            judge(&initrd, initrd.len() as u64, &GuestKernel::default(), release, InitrdDepth::Bytes(64 << 20))
                .expect("memory can be read");
        assert!(report.walk.members.len() <= 64, "what is shown is bounded");
        let ends: u64 = report.walk.members.iter().map(|member| member.size).sum();
        assert!(ends <= initrd.len() as u64, "members do not overlap");
        for problem in &report.problems {
            assert!(!problem.sentence().is_empty());
        }
    }
});
