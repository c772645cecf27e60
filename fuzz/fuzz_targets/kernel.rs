//! Any bytes as a kernel, for both types of guest, under an old release, a distributor's and the newest, at both depths.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pregrub::flavour::Flavour;
use pregrub::kernel::{GuestType, KernelDepth, LoadOutcome, Question, explain, look};
use pregrub::release::Release;

fuzz_target!(|kernel: &[u8]| {
    let builds = [(4, Flavour::Upstream), (17, Flavour::Debian), (22, Flavour::Upstream)];
    for (minor, flavour) in builds {
        let release = Release::line(minor).expect("known");
        for guest in GuestType::ALL {
            let question = Question { release, flavour, guest };
            let look = |depth| look(&kernel, kernel.len() as u64, &question, depth).expect("memory can be read");
            let (notes, all) = (look(KernelDepth::Notes), look(KernelDepth::All));
            for look in [&notes, &all] {
                let outcome = look.outcome(guest).expect("it was asked for");
                match outcome {
                    LoadOutcome::Refused { words, loads, .. } => {
                        assert!(*loads || !words.is_empty(), "a refusal has words");
                        let explained = explain(look, &question).expect("a refusal is explained");
                        assert!(!explained.reason.is_empty() && !explained.help.is_empty());
                    }
                    LoadOutcome::Loads(_) | LoadOutcome::Unknown(_) => assert!(explain(look, &question).is_none()),
                }
            }
            if all.outcome(guest).and_then(LoadOutcome::loads) == Some(true) {
                assert_ne!(
                    notes.outcome(guest).and_then(LoadOutcome::loads),
                    Some(false),
                    "more bytes do not make a kernel load"
                );
            }
        }
    }
});
