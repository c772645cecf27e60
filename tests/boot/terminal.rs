//! Runs with the menu, started as libxl starts pygrub.

use pregrub::boot::Verdict;

use crate::common::drop_in;
use crate::common::images::{Image, Tree, Volume};
use crate::common::oracle::{RunAnswer, RunCase};
use crate::common::side_by_side::{Allowed, Pair, run};

/// One run with a menu.
struct Shown {
    name: String,
    image: Image,
    argv: Vec<String>,
}

fn entries(titles: &[&str]) -> String {
    titles.iter().enumerate().map(|(n, title)| format!("title {title}\nkernel /k{n} args {n}\n")).collect()
}

fn shown(name: &str, path: &str, config: impl Into<Vec<u8>>, argv: &[&str]) -> Shown {
    let mut tree = Tree::new().file(path, config);
    for n in 0..20 {
        tree = tree.file(&format!("/k{n}"), format!("kernel {n}")).file(&format!("/i{n}"), format!("initrd {n}"));
    }
    let image = Image::whole(&Volume::ext4(tree).sized(4 << 20));
    Shown { name: name.to_owned(), image, argv: argv.iter().map(|&word| word.to_owned()).collect() }
}

fn legacy(name: &str, config: &str) -> Shown {
    shown(name, "/boot/grub/menu.lst", config, &[])
}

fn cases() -> Vec<Shown> {
    let mut cases = Vec::new();
    let three = entries(&["a", "b", "c"]);
    let grub2 = "menuentry 'a' {\n linux /k0 args 0\n initrd /i0\n}\nmenuentry 'b' {\n linux /k1 args 1\n}\n";
    for timeout in
        ["", "0", "-1", "-5", "1", "2", "3", "\" 1 \"", "5.0", "abc", "$x", "\"\"", "00", "1_0x", "\u{661}", "+1"]
    {
        let line = if timeout.is_empty() { String::new() } else { format!("set timeout={timeout}\n") };
        let config = format!("{line}set default=1\n{grub2}");
        cases.push(shown(&format!("timeout {timeout}"), "/boot/grub/grub.cfg", config, &[]));
    }
    for digits in [200, 277, 278, 279, 280, 281, 4000, 4301] {
        let config = format!("set timeout={}\n{grub2}", "9".repeat(digits));
        cases.push(shown(&format!("{digits} digits"), "/boot/grub/grub.cfg", config, &[]));
    }
    for timeout in ["", "timeout 0\n", "timeout 1\n", "timeout 2\n", "timeout 3\n"] {
        for default in ["", "default 2\n", "default 3\n", "default 4\n", "default 99\n"] {
            cases.push(legacy(&format!("{timeout}{default}"), &format!("{timeout}{default}{three}")));
        }
        cases.push(legacy(&format!("{timeout}no entries"), timeout));
        let ten = entries(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"]);
        for default in [7, 8, 9, 10, 11] {
            cases.push(legacy(
                &format!("{timeout}ten, default {default}"),
                &format!("{timeout}default {default}\n{ten}"),
            ));
        }
    }
    // The last cell of the window cannot be written.
    for (row, longest) in [(8, 145), (7, 219), (6, 293), (5, 367), (4, 441), (3, 515), (2, 589), (1, 663)] {
        for length in [longest - 1, longest, longest + 1] {
            let long = "L".repeat(length);
            let titles: Vec<&str> = (1..=8).map(|r| if r == row { long.as_str() } else { "x" }).take(row).collect();
            cases.push(legacy(&format!("row {row}, {length}"), &format!("timeout 1\n{}", entries(&titles))));
        }
    }
    let long = "L".repeat(146);
    let nine = ["0", "1", "2", "3", "4", "5", "6", "7", long.as_str()];
    for default in [0, 1, 7, 8] {
        let config = format!("timeout 1\ndefault {default}\n{}", entries(&nine));
        cases.push(legacy(&format!("ninth is long, default {default}"), &config));
    }
    // The menu scrolls back after a second, and then the last title is drawn.
    let ninth = "L".repeat(700);
    let nine = ["0", "1", "2", "3", "4", "5", "6", "7", ninth.as_str()];
    for timeout in [1, 2] {
        let config = format!("timeout {timeout}\ndefault 9\n{}", entries(&nine));
        cases.push(legacy(&format!("last is longest, timeout {timeout}"), &config));
    }
    for (name, title) in [
        ("tab", "a\tb".to_owned()),
        ("many tabs", "a\t".repeat(20)),
        ("escape", "a\u{1b}[31mb".to_owned()),
        ("control", "\u{1}\u{2}x\u{7f}\u{1f}x".to_owned()),
        ("carriage return", "a\rb".to_owned()),
        ("backspace", "a\u{8}\u{8}\u{8}\u{8}b".to_owned()),
        ("NUL", "a\0b".to_owned()),
        ("CJK", "\u{96ea}\u{96ea} \u{3042}".to_owned()),
        ("emoji", "\u{1f427}".to_owned()),
        ("combining", "e\u{301}".to_owned()),
        ("Latin", "Gr\u{fc}\u{df}e".to_owned()),
        ("74 controls", "\u{1}".repeat(74)),
    ] {
        cases.push(legacy(&format!("title: {name}"), &format!("timeout 1\n{}", entries(&[&title, "b"]))));
    }
    cases.push(shown("not UTF-8", "/boot/grub/menu.lst", b"title caf\xe9\nkernel /k0\n", &[]));
    cases.push(legacy("a password", &format!("timeout 1\npassword x\n{three}")));
    cases.push(legacy("an empty title", "timeout 1\ntitle\nkernel /k0\n"));
    let extlinux = "timeout 2\ndefault b\nlabel a\nkernel /k0\nappend x\nlabel b\nkernel /k1\nappend initrd=/i1 y\n";
    cases.push(shown("extlinux", "/boot/extlinux.conf", extlinux, &[]));
    let quick = format!("timeout 9\n{three}");
    for argv in [&["--entry=1"][..], &["--entry=c", "--args=x"], &["-q"], &["--kernel=/k3"], &["--kernel=/nothing"]] {
        cases.push(shown(&argv.join(" "), "/boot/grub/menu.lst", quick.clone(), argv));
    }
    cases.push(shown("--args", "/boot/grub/menu.lst", format!("timeout 1\n{three}"), &["--args=more"]));
    cases.push(shown("no configuration", "/elsewhere", "", &[]));
    cases.push(legacy("missing kernel", "timeout 1\ntitle a\nkernel /nothing\n"));
    cases.push(legacy("missing initrd", "timeout 1\ntitle a\nkernel /k0\ninitrd /nothing\n"));
    cases
}

/// Longer than any run that ends by itself.
const LIMIT: f64 = 6.0;

fn compare(shown: &Shown, answer: &RunAnswer, minor: u32) -> Vec<String> {
    let pair = Pair {
        name: shown.name.clone(),
        disk: shown.image.path().to_owned(),
        argv: shown.argv.clone(),
        allowed: Allowed::Known,
    };
    let run = run(&pair, minor);
    let mut differences = Vec::new();
    let mut same = |what: &str, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
        let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
        if ours != theirs {
            differences.push(format!("{:?}: {what}\n  pregrub {ours}\n  pygrub  {theirs}", shown.name));
        }
    };
    // The screen is full of escape sequences, but the exception stands at its end.
    let told = String::from_utf8_lossy(&answer.screen);
    let last = told.trim_end().rsplit(['\n', '\r']).next().unwrap_or_default().to_owned();
    let menu = run.attempts.iter().find_map(|attempt| attempt.menu.as_ref());
    if answer.timed_out {
        let seconds = run.chosen.as_ref().and_then(|chosen| chosen.seconds);
        same("waits", &seconds.is_some_and(|seconds| seconds > 6), &true);
        return differences;
    }
    same("exit status", &Some(run.process.exit), &answer.rc);
    let seconds = menu.and_then(|menu| menu.seconds).unwrap_or(0) as f64;
    if !(seconds - 0.1..seconds + 0.9).contains(&answer.seconds) {
        same("seconds", &seconds, &answer.seconds);
    }
    let mut items = Vec::new();
    if let Some(chosen) = &run.chosen {
        same("verdict", &run.verdict, &Verdict::Boots);
        let content =
            |path: &str| format!("{} {}", if path.starts_with("/k") { "kernel" } else { "initrd" }, &path[2..]);
        let copied = |name: &str| {
            answer
                .files
                .get(name)
                .and_then(|file| file.content.clone())
                .map(|c| String::from_utf8_lossy(&c).into_owned())
        };
        items.push("kernel @OUT/boot_kernel.XXXXXXXX".to_owned());
        same("kernel", &Some(content(&chosen.kernel.path.to_string())), &copied("boot_kernel.XXXXXXXX"));
        let ramdisk = chosen.ramdisk.as_ref().map(|file| content(&file.path.to_string()));
        same("initrd", &ramdisk, &copied("boot_ramdisk.XXXXXXXX"));
        if ramdisk.is_some() {
            items.push("ramdisk @OUT/boot_ramdisk.XXXXXXXX".to_owned());
        }
        items.extend(chosen.args.as_ref().map(|args| format!("args {args}")));
        items.extend([String::new(), String::new()]);
    } else {
        same("verdict", &run.verdict, &Verdict::Fails);
        same("last line", &run.process.stderr_last_line.to_string(), &last);
    }
    same("output", &items, &answer.items());
    differences
}

/// Where the drop-in, called as libxl calls it, differs from pygrub: in its status, in what it hands over, in how long it takes.
fn drop_in_differences(name: &str, ours: &RunAnswer, theirs: &RunAnswer) -> Vec<String> {
    if ours.timed_out && theirs.timed_out {
        return Vec::new();
    }
    let slower = (ours.seconds - theirs.seconds).abs() > 0.9;
    let mut found = drop_in::differences(name, ours, theirs);
    if slower || ours.items() != theirs.items() {
        let of = |answer: &RunAnswer| format!("{:?} after {} s", answer.items(), answer.seconds);
        found.push(format!("drop-in, {name}\n  pregrub {}\n  pygrub  {}", of(ours), of(theirs)));
    }
    found
}

#[test]
fn menus_on_a_terminal() {
    let oracle = oracle_or_skip!();
    let cases = cases();
    let asked: Vec<RunCase> = cases
        .iter()
        .map(|shown| {
            let mut argv = shown.argv.clone();
            argv.push(shown.image.argument());
            RunCase { timeout: Some(LIMIT), ..RunCase::new(shown.name.as_str(), argv) }
        })
        .collect();
    let mut answers = oracle.terminal_runs(&asked);
    let compare_all = |answers: &[RunAnswer]| -> Vec<Vec<String>> {
        cases.iter().zip(answers).map(|(shown, answer)| compare(shown, answer, oracle.minor)).collect()
    };
    let mut differences = compare_all(&answers);
    // On a busy machine Python takes its time to start: what differs is run again, with fewer at a time.
    for _ in 0..2 {
        let again: Vec<usize> = (0..cases.len()).filter(|&number| !differences[number].is_empty()).collect();
        let repeated: Vec<RunCase> = again.iter().map(|&number| asked[number].clone()).collect();
        for (number, answer) in again.into_iter().zip(oracle.terminal_runs(&repeated)) {
            answers[number] = answer;
        }
        differences = compare_all(&answers);
    }
    let mut differences: Vec<String> = differences.into_iter().flatten().collect();
    let ours: Vec<RunCase> = asked.iter().map(|case| drop_in::case(case, &oracle)).collect();
    for (((shown, case), ours), theirs) in cases.iter().zip(&ours).zip(oracle.terminal_runs(&ours)).zip(&answers) {
        let mut found = drop_in_differences(&shown.name, &ours, theirs);
        if !found.is_empty() {
            found = drop_in_differences(&shown.name, &oracle.terminal_runs(std::slice::from_ref(case))[0], theirs);
        }
        differences.extend(found);
    }
    let boot = answers.iter().filter(|answer| answer.rc == Some(0)).count();
    eprintln!("{} runs with a menu: {boot} boot", answers.len());
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    assert!(boot > 60, "{boot}");
}
