//! The way in to the library: what comes out of a simulation, by target and by how pygrub is called.

use std::sync::Arc;

use pregrub::boot::{Options, Task};
use pregrub::config::{Dialect, READ_LIMIT};
use pregrub::flavour::Build;
use pregrub::simulation::{OpenTarget, Outcome, Simulated, Simulation};
use pregrub::target::{OpenOptions, Target};

const RECIPE: &str = "corpus/images/recipe.img";
const CONFIG: &str = "menuentry \"a\" {\n linux /k ro\n initrd /i\n}\n";

fn of_text(simulation: &Simulation, text: &str) -> Simulated {
    let target = Target::Config { dialect: Dialect::Grub2, text: text.as_bytes().to_vec() };
    simulation.on("grub.cfg", target).run().expect("it is in memory")
}

#[test]
fn a_disk_boots_or_fails() {
    let simulated = Simulation::default().run(RECIPE).expect("it is in the corpus");
    let Outcome::Boots(files) = simulated.outcome() else { panic!("{:?}", simulated.outcome()) };
    assert!(files.kernel.size.is_some() && files.ramdisk.is_some());
    assert_eq!(simulated.outcome().reason(), None);

    let simulated = Simulation::default().run("corpus/images/nixos-default.img").expect("it is in the corpus");
    let Outcome::Fails { files, failure, explanation } = simulated.outcome() else { panic!("it fails") };
    assert!(files.is_none() && failure.raised().is_some());
    assert_eq!(simulated.outcome().reason(), Some(explanation.reason.as_str()));
}

/// Expected values: xen-utils-4.17 on the same images. All files lie in the first 48 KiB.
#[test]
fn a_disk_that_is_cut_off_has_a_reason() {
    let whole = std::fs::read(RECIPE).expect("it is in the corpus");
    for (kept, boots) in [(20, false), (46, false), (48, true), (64, true)] {
        let target = Target::Image(Arc::new(whole[..kept << 10].to_vec()));
        let simulated = Simulation::default().on("cut.img", target).run().expect("it is in memory");
        assert_eq!(matches!(simulated.outcome(), Outcome::Boots(_)), boots, "{kept} KiB: {:?}", simulated.outcome());
        assert_eq!(simulated.outcome().reason().is_none(), boots, "{kept} KiB");
    }
}

#[test]
fn files_that_xen_does_not_load_are_handed_over() {
    let options = Options { largest_copy: 1, ..Options::default() };
    let simulated = Simulation::from(options).run(RECIPE).expect("it is in the corpus");
    let Outcome::Damaged { files, explanation, .. } = simulated.outcome() else { panic!("{:?}", simulated.outcome()) };
    assert!(explanation.reason.contains(&files.kernel.path.to_string()), "{}", explanation.reason);
}

#[test]
fn a_configuration_selects_or_is_listed() {
    let simulated = of_text(&Simulation::default(), CONFIG);
    let Outcome::Selects(files) = simulated.outcome() else { panic!("{:?}", simulated.outcome()) };
    assert_eq!((files.kernel.path.to_string().as_str(), files.kernel.size), ("/k", None));

    let listing = Simulation::from(Options { task: Task::ListEntries, ..Options::default() });
    let simulated = of_text(&listing, CONFIG);
    let Outcome::Listed(text) = simulated.outcome() else { panic!("{:?}", simulated.outcome()) };
    assert_eq!(text.to_string(), "title: a\n  root: None\n  kernel: /k\n  args: ro\n  initrd: /i\n");
}

#[test]
fn what_is_not_known_has_a_reason() {
    // SUSE's pygrub looks for its own kernels on the disk, which a configuration alone does not have.
    let suse = Simulation::new("suse-4.21".parse::<Build>().expect("a build"));
    let simulated = of_text(&suse, "");
    assert!(matches!(simulated.outcome(), Outcome::Unknown { explanation: Some(_), .. }), "{:?}", simulated.outcome());
    assert!(simulated.outcome().reason().is_some_and(|reason| reason.contains("/boot/vmlinuz-xen")));
}

/// A configuration is opened for the release that runs on it: one that reads all of it gets all of it.
#[test]
fn an_entry_after_the_read_limit_is_not_lost() {
    let folder = tempfile::tempdir().expect("a temporary directory can be made");
    let path = folder.path().join("grub.cfg");
    let text = format!("{}{CONFIG}", "# a comment\n".repeat(READ_LIMIT / 12 + 1));
    std::fs::write(&path, text).expect("a file can be made");
    for (build, selects) in [("4.17.7", false), ("4.0", true)] {
        let simulation = Simulation::new(build.parse::<Build>().expect("a build"));
        let target = simulation.open(&path, OpenOptions::default()).expect("it can be read");
        let simulated = target.run().expect("it can be read");
        assert_eq!(matches!(simulated.outcome(), Outcome::Selects(_)), selects, "{build}: {:?}", simulated.outcome());
    }
}

/// A program may open targets in one thread and run pygrub on them in another.
#[test]
fn targets_are_handed_to_threads() {
    fn is_shared<T: Send + Sync>() {}
    is_shared::<OpenTarget>();
    is_shared::<Target>();
}
