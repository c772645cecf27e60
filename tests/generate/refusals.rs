//! Choices that cannot boot, and that this is so: what is refused is shown to fail in the real pygrub where that can be shown.

use pregrub::generate::{Choices, Plan};

use crate::common::grub::{self, GrubCase};
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
            refused(|c| c.boot_filesystem = Some("xfs".into())),
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
    for lines in ["set timeout=7", "default=2", "if true; then set default=1; fi", "set timeout=abc"] {
        let why = refused(|choices| choices.grub_config = lines.to_owned());
        assert!(why.contains("in front of them") && why.contains("give --"), "{lines}: {why}");
    }
    for lines in ["# f\u{fc}r", "# \u{2018}x\u{2019}", "# a\u{a0}b"] {
        let why = refused(|choices| choices.grub_config = lines.to_owned());
        assert!(why.contains("not UTF-8") && why.contains("U+"), "{lines}: {why}");
    }
    for lines in [
        "serial --unit=0 --speed=115200\nterminal_output serial",
        "set color_normal=white/black",
        "# \"${x}\"'' timeout=3",
    ] {
        Plan::new(Choices { grub_config: lines.to_owned(), ..Choices::default() }).unwrap();
    }
}

/// Patterns that GRUB turns into names of files or devices are refused, and others are not.
#[test]
fn patterns_are_refused_where_grub_expands_them() {
    let parameters = [
        ("*", true),
        ("/*", true),
        ("(*)", true),
        ("/kernels/*", true),
        ("/ker*", true),
        ("//*", true),
        ("(hd0)/ker*", true),
        ("(h*)", true),
        ("(hd?)", true),
        ("k*", false),
        ("*x=1", true),
        ("x=/kernels/*", false),
        ("list=[a,b]*?", false),
        ("./*", false),
    ];
    let images: Vec<Image> = parameters
        .iter()
        .map(|(parameter, _)| {
            let text = format!("menuentry \"x\" {{\n  linux /kernels/k init=/i {parameter}\n}}\n");
            let tree = Tree::new().file("/grub/grub.cfg", text).file("/kernels/k", "k");
            Image::whole(&Volume::new(Filesystem::ext("ext2", &[]), tree).sized(1 << 20))
        })
        .collect();
    let cases: Vec<GrubCase> =
        images.iter().map(|image| GrubCase::whole_disk(image.argument(), "/grub/grub.cfg")).collect();
    let answers = grub::picks(&cases);
    for (number, (parameter, refused)) in parameters.into_iter().enumerate() {
        let plan = Plan::new(Choices { kernel_parameters: vec![parameter.to_owned()], ..Choices::default() });
        assert_eq!(plan.is_err(), refused, "{parameter}");
        if let Some(answers) = &answers {
            let same = answers[number].commands[0].args[1..] == ["init=/i", parameter];
            // A pattern that happens to match nothing is refused as well.
            assert_eq!(same, !refused || parameter == "*x=1", "{parameter}: {:?}", answers[number]);
        }
    }
}
