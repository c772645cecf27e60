//! The recorded runs on a pseudo-terminal (`corpus/conformance/interactive.json`), by the drop-in in every release that has the
//! options of libxl. The data tells what came out; the configurations and keys are those that its names describe.

use serde_json::Value;

use crate::common::images::{Image, Tree, Volume};
use crate::common::oracle::{Oracle, RunAnswer, RunCase};
use crate::common::program;

/// 4.0 knows neither `--output-format` nor `--output-directory`.
const WITHOUT_LIBXL: [&str; 1] = ["4.0"];
/// What Python 3 broke in pygrub, and the drop-in does as 4.12 did.
const REPAIRED: [&str; 4] = ["a edit", "c boot", "e e enter b", "legacy password p ok, then c boot"];
/// As long as the recorded runs were waited for.
const LIMIT: f64 = 6.0;

const ENTRIES: &str =
    "menuentry 'A' {\n  linux /kA argA\n  initrd /iA\n}\nmenuentry 'B' {\n  linux /kB\n  initrd /iB\n}\n";
const LEGACY: &str = "timeout 1\npassword secret\ntitle L\n  kernel /kL l\n";

/// Path and text of the configuration, arguments, keys.
type Scene = (&'static str, String, &'static [&'static str], Vec<(f64, &'static str)>);

fn scene(name: &str) -> Scene {
    let grub = |head: &str| ("/boot/grub/grub.cfg", format!("{head}\n{ENTRIES}"), &[][..], vec![]);
    let with_keys = |keys: &[(f64, &'static str)]| {
        ("/boot/grub/grub.cfg", format!("set timeout=9\n{ENTRIES}"), &[][..], keys.to_vec())
    };
    let legacy = |timeout: &str, keys: &[(f64, &'static str)]| {
        ("/boot/grub/menu.lst", LEGACY.replace("timeout 1", timeout), &[][..], keys.to_vec())
    };
    match name {
        "--entry=1 (implies -q)" => {
            ("/boot/grub/grub.cfg", format!("set timeout=9\n{ENTRIES}"), &["--entry=1"], vec![])
        }
        "--entry=1 -i timeout=1" => {
            ("/boot/grub/grub.cfg", format!("set timeout=1\n{ENTRIES}"), &["--entry=1", "-i"], vec![])
        }
        "a edit" => with_keys(&[(1.0, "a"), (1.5, " more"), (2.0, "\r")]),
        "c boot" => with_keys(&[(1.0, "c"), (1.5, "linux /kB x\r"), (2.0, "boot\r")]),
        "default=1 timeout=1" => grub("set timeout=1\nset default=1"),
        "default=2(len) timeout=1" => grub("set timeout=1\nset default=2"),
        "default=9 timeout=1" => grub("set timeout=1\nset default=9"),
        "default=B timeout=1" => grub("set timeout=1\nset default=B"),
        "down+enter" => with_keys(&[(1.0, "\x1bOB"), (1.5, "\r")]),
        "e b" => with_keys(&[(1.0, "e"), (1.5, "b")]),
        "e e enter b" => with_keys(&[(1.0, "e"), (1.5, "e"), (2.0, " extra"), (2.5, "\r"), (3.0, "b")]),
        "entry without kernel (default) timeout=1" => {
            ("/boot/grub/grub.cfg", format!("set timeout=1\nmenuentry 'none' {{\n}}\n{ENTRIES}"), &[], vec![])
        }
        "extlinux timeout 10" => {
            ("/boot/extlinux.conf", "timeout 10\nlabel x\n  kernel /kX\n".to_owned(), &[], vec![(2.0, "\r")])
        }
        "legacy password p ok, then c boot" => {
            legacy("timeout 9", &[(1.0, "p"), (1.5, "secret\r"), (2.0, "c"), (2.5, "kernel /kB x\r"), (3.0, "boot\r")])
        }
        "legacy password timeout=1" => legacy("timeout 1", &[]),
        "legacy password, e without p" => legacy("timeout 9", &[(1.0, "e")]),
        "no entries" => ("/boot/grub/grub.cfg", "set timeout=1\n".to_owned(), &[], vec![]),
        "timeout empty" => grub("set timeout=\"\""),
        "timeout missing enter@1.5" => ("/boot/grub/grub.cfg", ENTRIES.to_owned(), &[], vec![(1.5, "\r")]),
        "timeout=-1 enter@1.5" => ("/boot/grub/grub.cfg", format!("set timeout=-1\n{ENTRIES}"), &[], vec![(1.5, "\r")]),
        "timeout=-2" => grub("set timeout=-2"),
        "timeout=0" => grub("set timeout=0"),
        "timeout=1" => grub("set timeout=1"),
        "timeout=1.5" => grub("set timeout=1.5"),
        "timeout=2 key@1 stops timer" => {
            ("/boot/grub/grub.cfg", format!("set timeout=2\n{ENTRIES}"), &[], vec![(1.0, "x")])
        }
        "timeout=abc" => grub("set timeout=abc"),
        other => panic!("{other} is in the data and not here"),
    }
}

fn image(path: &str, text: &str) -> Image {
    let mut tree = Tree::new().file(path, text);
    for name in ["kA", "iA", "kB", "iB", "kL", "kX"] {
        tree = tree.file(&format!("/{name}"), name.to_uppercase());
    }
    Image::whole(&Volume::ext4(tree).sized(4 << 20))
}

/// Status, contents of kernel and initrd, and arguments, as the data has them. A trailing blank of 4.0 and 4.1 is as good as none.
fn recorded(expected: &Value) -> [String; 4] {
    let result = expected["result"].as_str().unwrap();
    let args = result.split("(args ").nth(1).map_or("", |rest| rest.trim_end_matches(')'));
    let file = |name: &str| expected["files"][name].as_str().unwrap_or_default().to_owned();
    let status = expected["rc"].as_i64().map_or("waits".to_owned(), |rc| rc.to_string());
    [status, file("boot_kernel.X0"), file("boot_ramdisk.X1"), args.trim_matches(['\'', '"']).to_owned()]
}

fn told(answer: &RunAnswer) -> [String; 4] {
    let file = |name: &str| {
        let content = answer.files.get(name).and_then(|file| file.content.clone()).unwrap_or_default();
        String::from_utf8(content).unwrap()
    };
    let args = answer.items().into_iter().find_map(|item| Some(item.strip_prefix("args ")?.to_owned()));
    let status = if answer.timed_out { "waits".to_owned() } else { answer.rc.map_or(-1, i64::from).to_string() };
    [status, file("boot_kernel.XXXXXXXX"), file("boot_ramdisk.XXXXXXXX"), args.unwrap_or_default()]
}

#[test]
fn menus_of_every_release() {
    // Only for the program that makes pseudo-terminals.
    let oracle: Oracle = oracle_or_skip!();
    let data = std::fs::read_to_string(program::corpus("conformance/interactive.json")).unwrap();
    let data: serde_json::Map<String, Value> = serde_json::from_str(&data).unwrap();
    let (mut images, mut cases, mut expected) = (Vec::new(), Vec::new(), Vec::new());
    for (name, releases) in &data {
        let (path, text, argv, keys) = scene(name);
        let image = image(path, &text);
        for (release, result) in releases.as_object().unwrap() {
            if WITHOUT_LIBXL.contains(&release.as_str()) {
                continue;
            }
            let python3 = release[2..].parse::<u8>().unwrap() >= 13;
            let repaired = python3 && REPAIRED.contains(&name.as_str());
            let argv = argv.iter().map(|&word| word.to_owned()).chain([image.argument()]);
            let mut case = RunCase::new(format!("{name}, {release}"), argv).with_keys(&keys);
            case.program = Some(vec![program::path().to_str().unwrap().to_owned(), "pygrub".to_owned()]);
            case.timeout = Some(LIMIT);
            case.env.insert("PREGRUB_RELEASE".to_owned(), Some(release.clone()));
            cases.push(case);
            expected.push(recorded(if repaired { &releases["4.12"] } else { result }));
        }
        images.push(image);
    }
    let mut differing: Vec<usize> = (0..cases.len()).collect();
    let mut differences = Vec::new();
    // On a busy machine a key may come before its screen: what differs is run again.
    for _ in 0..3 {
        let again: Vec<RunCase> = differing.iter().map(|&number| cases[number].clone()).collect();
        differences.clear();
        let answers = oracle.terminal_runs(&again);
        differing = std::mem::take(&mut differing)
            .into_iter()
            .zip(answers)
            .filter(|(number, answer)| {
                let (ours, theirs) = (told(answer), &expected[*number]);
                // Nothing is left of a run that failed or was killed.
                let same = ours == *theirs || ours[0] == theirs[0] && (theirs[0] == "1" || theirs[0] == "waits");
                if !same {
                    differences.push(format!("{}\n  pregrub {ours:?}\n  pygrub  {theirs:?}", cases[*number].id));
                }
                !same
            })
            .map(|(number, _)| number)
            .collect();
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    assert!(cases.len() > 170, "{}", cases.len());
}
