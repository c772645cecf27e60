//! Choices that cannot boot, and that this is so: what is refused is shown to fail in the real pygrub where that can be shown.

use pregrub::generate::{Choices, Plan};

use crate::common::images::Tree;
use crate::common::images::{Filesystem, Image, Volume};
use crate::common::nixos::{FsIdentifier, Nixos};
use crate::common::oracle::RunCase;

fn refused(change: impl FnOnce(&mut Choices)) -> String {
    let mut choices = Choices::default();
    change(&mut choices);
    Plan::new(choices).expect_err("it cannot boot").to_string()
}

fn tree(nixos: &Nixos) -> Tree {
    let files = nixos.files().into_iter();
    files.fold(Tree::new().file("/grub/grub.cfg", nixos.config()), |tree, files| {
        let tree = tree.file(&files.kernel, "kernel").file(&files.initrd, "initrd");
        match &files.secrets {
            Some(secrets) => tree.file(secrets, "secrets"),
            None => tree,
        }
    })
}

#[test]
fn what_is_refused_fails_in_the_real_pygrub() {
    let oracle = oracle_or_skip!();
    let whole = |tree: Tree| Image::whole(&Volume::ext4(tree));
    let recipe = Nixos::recipe;
    let cases = [
        // By label NixOS writes this.
        (
            refused(|c| c.boot_device = Some("/dev/disk/by-label/NIXBOOT".into())),
            whole(tree(&Nixos { fs_identifier: FsIdentifier::Label, ..recipe() })),
        ),
        (
            refused(|c| c.boot_filesystem = "xfs".into()),
            Image::whole(&Volume::new(Filesystem::Xfs { options: vec![] }, tree(&recipe()))),
        ),
        (
            refused(|c| c.boot_features = vec!["bigalloc".into()]),
            Image::whole(&Volume::new(Filesystem::ext("ext4", &["-O", "bigalloc"]), tree(&recipe())).sized(32 << 20)),
        ),
        (
            refused(|c| c.grub_config = "set x=a=b".into()),
            whole(tree(&Nixos { extra_config: "set x=a=b".into(), ..recipe() })),
        ),
        (
            refused(|c| c.grub_config = "menuentry 'R' { reboot }".into()),
            whole(tree(&Nixos { extra_config: "menuentry 'R' { reboot }".into(), ..recipe() })),
        ),
    ];
    let runs: Vec<RunCase> = cases
        .iter()
        .map(|(why, image)| {
            RunCase::new(why.as_str(), ["-q".to_owned(), "--output-directory=@OUT".to_owned(), image.argument()])
        })
        .collect();
    for (answer, (why, _)) in oracle.runs(&runs).iter().zip(&cases) {
        assert_eq!(answer.rc, Some(1), "{why}");
    }
}

#[test]
fn a_menu_that_is_longer_than_pygrub_reads() {
    let why = refused(|choices| choices.configuration_limit = 5000);
    assert!(why.contains("1 MiB") && why.contains("configurationLimit"), "{why}");
}

#[test]
fn lines_that_hide_or_add_entries() {
    for lines in ["function f { true; }", "menuentry 'mine' {\n linux /k\n}"] {
        let why = refused(|choices| choices.grub_config = lines.to_owned());
        assert!(why.contains("another menu"), "{lines}: {why}");
    }
    for lines in
        ["serial --unit=0 --speed=115200\nterminal_output serial", "set color_normal=white/black", "# \"${x}\"'' é"]
    {
        Plan::new(Choices { grub_config: lines.to_owned(), ..Choices::default() }).unwrap();
    }
}
