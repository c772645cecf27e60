//! Random guests that can be planned, with values that are awkward to write down.

use pregrub::generate::{Choices, PartitionScheme};
use pregrub::kernel::GuestType;
use pregrub::release::Release;

use crate::common::random::Random;

/// Pieces of text that mean something to Nix, xl, a shell, GRUB or Markdown.
const PIECES: [&str; 30] = [
    "\"", "'", "''", "\\", "$", "${", "${x}", "$${", "''${", "}", "{", "\\n", "\\x41", ",", ";", "#", "=", "*", "|",
    "`", "é", "日本", "🐧", " ", "target=", "a", "b", "1", "<>", "&&",
];

/// What NixOS writes as it is.
fn ascii(text: &str) -> String {
    text.replace(|c: char| !c.is_ascii(), "x")
}

/// A text without control characters, never empty and without blanks at its ends.
pub fn awkward(random: &mut Random) -> String {
    let mut text = String::from("x");
    for _ in 0..random.below(8) {
        text.push_str(random.pick(&PIECES));
    }
    text.push('y');
    text
}

/// A text with control characters too; only NUL is missing.
pub fn hostile(random: &mut Random) -> String {
    let mut text = String::new();
    for _ in 0..random.below(12) {
        match random.below(6) {
            0 => text.push(char::from_u32(1 + u32::try_from(random.below(0x1f)).unwrap()).unwrap()),
            1 => text.push(random.pick(&['\n', '\r', '\t', '\u{7f}', '\u{85}', '\u{2028}', '\u{feff}', '\u{10ffff}'])),
            2 => text.push_str("\r\n"),
            _ => text.push_str(random.pick(&PIECES)),
        }
    }
    text
}

/// A guest that can be planned.
pub fn choices(random: &mut Random) -> Choices {
    let table = random.pick(&[PartitionScheme::None, PartitionScheme::Mbr, PartitionScheme::Gpt]);
    let one_disk = random.chance(40);
    let directory = one_disk && (table == PartitionScheme::None || random.chance(30));
    let boot_filesystem =
        if directory { random.pick(&["ext4", "ext3", "ext2"]) } else { random.pick(&["ext4", "ext3", "ext2", "vfat"]) };
    let number = random.pick(&[1, 2, 3, 4]);
    let boot_device = (table != PartitionScheme::None && random.chance(50)).then(|| format!("/dev/xvda{number}"));
    let root_device = match (&boot_device, directory, one_disk) {
        (Some(boot), true, _) => Some(boot.clone()),
        (None, true, _) if table != PartitionScheme::None => Some("/dev/xvda1".to_owned()),
        (Some(_), false, true) => Some(format!("/dev/xvda{}", number % 4 + 1)),
        (_, false, false) if table != PartitionScheme::None && random.chance(50) => Some("/dev/xvdb1".to_owned()),
        _ => None,
    };
    let uuid = if boot_filesystem == "vfat" { "1A2B-3C4D" } else { "3f1c9a5e-77aa-4d0e-9c59-0f3a5d2e6b11" };
    let bridges = random.below(4);
    let release = Release::line(u8::try_from(15 + random.below(8)).unwrap()).unwrap();
    let path = |random: &mut Random, name: &str| {
        let prefix = random.pick(&["/dev/vg/", "/srv/", "phy:/dev/vg/", "file:/srv/"]);
        let awkward = if random.chance(50) { awkward(random) } else { "guest".to_owned() };
        format!("{prefix}{awkward}-{name}")
    };
    Choices {
        name: if random.chance(50) { format!("guest-{}", random.below(100)) } else { awkward(random) },
        memory: 64 + u32::try_from(random.below(100_000)).unwrap(),
        vcpus: 1 + u32::try_from(random.below(8)).unwrap(),
        boot_device,
        root_device,
        one_disk,
        table,
        boot_filesystem: (boot_filesystem != "ext4" || random.chance(50)).then(|| boot_filesystem.to_owned()),
        boot_features: if boot_filesystem == "ext4" && random.chance(30) {
            vec!["^has_journal".into()]
        } else {
            Vec::new()
        },
        root_filesystem: (!directory).then(|| random.pick(&["ext4", "xfs", "btrfs", "f2fs"]).to_owned()),
        boot_uuid: (table != PartitionScheme::None || random.chance(20)).then(|| uuid.to_owned()),
        kernel_parameters: (0..random.below(3))
            .map(|n| format!("p{n}={}", random.pick(&["1", "é", "a,b", "x=y", "a#b", "/k/*", "`"])))
            .collect(),
        timeout: u32::try_from(random.below(100)).unwrap(),
        configuration_limit: 1 + u32::try_from(random.below(30)).unwrap(),
        grub_config: if random.chance(50) {
            format!("# {}\n# {}", ascii(&awkward(random)), ascii(&awkward(random)))
        } else {
            String::new()
        },
        state_version: random.chance(50).then(|| "24.05".to_owned()),
        guest_type: random.pick(&[GuestType::Pv, GuestType::Pvh]),
        quiet: random.chance(50),
        restrict: release.minor() >= 18 && random.chance(50),
        release,
        bootloader: if random.chance(70) { "pygrub".into() } else { format!("/opt/{}", awkward(random)) },
        boot_disk: Some(path(random, "boot")),
        root_disk: (!one_disk).then(|| path(random, "root")),
        iso: Some(format!("/srv/{}.iso", awkward(random))),
        bridges: (0..bridges).map(|number| format!("xenbr{number}")).collect(),
        macs: (0..bridges.min(random.below(3))).map(|number| format!("00:16:3E:00:00:0{number}")).collect(),
        ..Choices::default()
    }
}
