//! Every way out leads out: where a help names a line, a setting or an order of entries, that is done to the configuration, and what was
//! advised against is gone, with nothing as bad about the same subject in its place. So no two findings send their reader back and forth.

use std::collections::BTreeMap;
use std::fs;

use pregrub::boot::{self, Options};
use pregrub::config::{self, Dialect, Entry};
use pregrub::lint::{self, Edit, Finding, Levels, LintContext};
use pregrub::release::Release;
use pregrub::target::Kind;
use walkdir::WalkDir;

use super::fixture::cases;
use super::grub_entries::Menus;
use crate::common::program::root;
use crate::common::setting::setting;

/// A configuration to look at.
struct Subject {
    name: String,
    dialect: Dialect,
    text: String,
    options: Options,
}

impl Subject {
    fn findings(&self, text: &str) -> Vec<Finding> {
        let run = boot::run_config("configuration", self.dialect, text.as_bytes().to_vec(), self.options.clone());
        lint::lint(&LintContext::new(&run, Kind::Config), &Levels::default())
    }
}

/// All of the corpus that is text.
fn subjects() -> Vec<Subject> {
    let mut all = Vec::new();
    for case in cases() {
        let (name, dialect, options) = (case.name(), case.dialect(), case.options(17));
        if let Ok(text) = String::from_utf8(case.text) {
            all.push(Subject { name, dialect, text, options });
        }
    }
    for folder in ["corpus/cases", "corpus/mkconfig", "corpus/distributions", "corpus/syslinux"] {
        for entry in WalkDir::new(root().join(folder)).sort_by_file_name().into_iter().filter_map(Result::ok) {
            let file = entry.file_name().to_string_lossy().into_owned();
            let dialect = Dialect::from_file_name(&file).or_else(|| match file.rsplit('.').next() {
                Some("cfg") => Some(Dialect::Grub2),
                Some("lst") => Some(Dialect::Legacy),
                Some("conf") => Some(Dialect::Extlinux),
                _ => None,
            });
            let (Some(dialect), Ok(text)) = (dialect, fs::read_to_string(entry.path())) else { continue };
            let name = entry.path().strip_prefix(root()).unwrap().display().to_string();
            all.push(Subject { name, dialect, text, options: Options::default() });
        }
    }
    all.retain(|subject| subject.text.len() < 64 << 10);
    all
}

/// What a rule speaks of.
fn about(code: &'static str) -> &'static str {
    match code {
        "PG011" | "PG012" | "PG101" | "PG102" | "PG103" | "PG104" | "PG105" | "PG111" | "PG112" | "PG113" | "PG115"
        | "PG701" => "the default",
        "PG015" | "PG108" => "the timeout",
        "PG205" | "PG206" | "PG207" | "PG208" | "PG209" | "PG210" | "PG214" | "PG216" | "PG702" => "the arguments",
        code => code,
    }
}

fn with_edits(text: &str, edits: &[Edit]) -> String {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut text = text.to_owned();
    for edit in edits {
        text.replace_range(edit.span.range(), &edit.replacement);
    }
    text
}

/// What stands in `help` between the two, if that is there.
fn between<'a>(help: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let rest = &help[help.find(before)? + before.len()..];
    Some(&rest[..rest.find(after)?])
}

/// All that stands there.
fn all_between<'a>(help: &'a str, before: &str, after: &str) -> Vec<&'a str> {
    help.match_indices(before).filter_map(|(at, _)| between(&help[at..], before, after)).collect()
}

/// The digits after it, wherever it stands.
fn numbers(help: &str, before: &str) -> Vec<usize> {
    let digits = |at: usize| {
        let rest = &help[at + before.len()..];
        rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())].parse().ok()
    };
    help.match_indices(before).filter_map(|(at, _)| digits(at)).collect()
}

fn lines_without(text: &str, drop: impl Fn(&str) -> bool) -> String {
    text.split_inclusive('\n').filter(|line| !drop(line.trim())).collect()
}

/// Whether a line says something of the variable, in GRUB's language.
fn assigns(line: &str, variable: &str) -> bool {
    let commands = line.split([';', ' ', '\t', '\'', '"', ':']).filter(|word| !word.is_empty());
    let words: Vec<&str> = commands.collect();
    let named = |word: &&str| *word == variable || word.starts_with(&format!("{variable}="));
    words.iter().take(1).any(named)
        || words.windows(2).any(|pair| matches!(pair[0], "set" | "unset" | "then" | "else" | "do") && named(&pair[1]))
}

/// The variable set once, at the beginning. A `if` keeps a command.
fn set_once(text: &str, variable: &str, value: &str) -> String {
    let rest: String = text
        .split_inclusive('\n')
        .map(|line| match line.trim() {
            trimmed if !assigns(trimmed, variable) => line,
            trimmed if trimmed.starts_with("if ") && trimmed.ends_with("fi") => "",
            _ => "true\n",
        })
        .collect();
    format!("set {variable}={value}\n{rest}")
}

/// As grub-mkconfig writes it with another value in /etc/default/grub: in the last line that sets it.
fn generated(text: &str, variable: &str, value: &str) -> String {
    let is_set = |line: &&str| line.trim().starts_with(&format!("set {variable}=")) && !line.contains("${");
    let Some(last) = text.split_inclusive('\n').rfind(is_set) else {
        return set_once(text, variable, value);
    };
    let at = text.rfind(last).expect("it is a part of it");
    format!("{}set {variable}={value}\n{}", &text[..at], &text[at + last.len()..])
}

/// Without the conditions that begin in front of an entry.
fn out_of_conditions(text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut open = false;
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        let next = lines.get(number + 1).map_or("", |next| next.trim());
        let begins = line.trim().starts_with("if ") && line.trim().ends_with("then") && next.starts_with("menuentry ");
        let ends = open && line.trim() == "fi";
        open = (open || begins) && !ends;
        if !begins && !ends {
            out += line;
        }
    }
    out
}

/// As grub-mkconfig writes it with GRUB_DISABLE_SUBMENU=y, which `mkconfig_without_submenus` holds against the real one.
fn without_submenus(text: &str) -> String {
    let mut out = String::new();
    let (mut skipping, mut open) = (false, false);
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_end();
        if trimmed.starts_with("menuentry ") && trimmed.contains("gnulinux-simple-") {
            skipping = true;
        } else if trimmed.starts_with("submenu ") {
            open = true;
        } else if open && trimmed == "}" {
            open = false;
        } else if !skipping {
            out += line;
        }
        skipping &= trimmed != "}";
    }
    out
}

/// With this entry in front of all others.
fn moved(subject: &Subject, text: &str, line: u32) -> String {
    let entries: Vec<Entry> = config::recover(subject.dialect, text.as_bytes(), Release::NEWEST).config.entries;
    let entry = entries.iter().find(|entry| entry.header.line == line).expect("an entry begins there");
    let (first, last) = (entry.lines.0 as usize - 1, entry.lines.1 as usize);
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    format!("{}{}{}", lines[first..last].concat(), lines[..first].concat(), lines[last..].concat())
}

/// What becomes of the text by each way out.
fn ways_out(subject: &Subject, finding: &Finding) -> Vec<(String, String)> {
    let text = &subject.text;
    let mut ways = Vec::new();
    if let Some(fix) = &finding.fix {
        ways.push((format!("fix: {}", fix.description), with_edits(text, &fix.edits)));
    }
    let Some(help) = &finding.help else { return ways };
    for part in help.split("; if ") {
        let mut base = text.clone();
        for line in numbers(part, "that entry (line ") {
            base = moved(subject, &base, u32::try_from(line).unwrap());
        }
        let out_of_blocks =
            part.contains("take it out of the condition") || part.contains("take the entries out of the `if`");
        if out_of_blocks && !text.contains("for ") && !text.contains("else") {
            base = out_of_conditions(&base);
            if finding.rule.code == "PG112" {
                ways.push((part.to_owned(), base.clone()));
            }
        }
        if part.contains("GRUB_DISABLE_SUBMENU=y") {
            base = without_submenus(&base);
        }
        for number in numbers(part, "`set default=") {
            ways.push((part.to_owned(), set_once(&base, "default", &number.to_string())));
        }
        for before in ["GRUB_DEFAULT=", "boot.loader.grub.default = "] {
            for number in numbers(part, before) {
                ways.push((part.to_owned(), generated(&base, "default", &format!("\"{number}\""))));
            }
        }
        for before in ["`set timeout=", "GRUB_TIMEOUT=", "boot.loader.timeout = "] {
            for number in numbers(part, before) {
                ways.push((part.to_owned(), set_once(&base, "timeout", &number.to_string())));
            }
        }
        for name in ["default", "timeout"] {
            for number in numbers(part, &format!("`{name} ")) {
                let rest = lines_without(&base, |line| {
                    line.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case(name))
                });
                ways.push((part.to_owned(), format!("{name} {number}\n{rest}")));
            }
        }
        for label in all_between(part, "`DEFAULT ", "`") {
            let is_default = |line: &str| {
                let words: Vec<String> = line.split_whitespace().map(str::to_ascii_lowercase).collect();
                words.first().is_some_and(|word| word == "default" || word == "ontimeout")
                    || words.len() == 2 && words[0] == "menu" && words[1] == "default"
            };
            ways.push((part.to_owned(), format!("DEFAULT {label}\n{}", lines_without(&base, is_default))));
        }
    }
    if finding.rule.code == "PG208" {
        ways.extend(arguments(text, finding, help).map(|text| (help.clone(), text)));
    }
    ways
}

/// What PG208 advises, at all of its places.
fn arguments(text: &str, finding: &Finding, help: &str) -> Option<String> {
    let spans = finding.span.into_iter().chain(finding.related.iter().map(|related| related.span));
    let mut edits: Vec<Edit> = Vec::new();
    for span in spans {
        let piece = &text[span.range()];
        let replacement = if let Some(value) = between(help, "write its value, `", "`") {
            value.to_owned()
        } else if help.contains("write the value in the place") {
            "value".to_owned()
        } else if help.contains("write what follows the `;`") {
            piece.replacen(';', "\n", 1)
        } else if help.contains("write the comment on a line") || help.contains("write the `}` on a line") {
            format!("\n{piece}")
        } else if help.contains("take this argument out") {
            // The word that it stands in.
            let start = text[..span.range().start].rfind([' ', '\t']).map_or(0, |at| at + 1);
            let end = text[span.range().end..].find([' ', '\t', '\n']).map_or(text.len(), |at| span.range().end + at);
            let span = config::Span { start: u32::try_from(start).unwrap(), end: u32::try_from(end).unwrap(), ..span };
            edits.push(Edit { span, replacement: String::new() });
            continue;
        } else if help.contains("write the value in double quotes instead") {
            format!("\"{}\"", piece.trim_matches('\''))
        } else if help.contains("in double quotes, without the backslash") {
            // The value that it stands in.
            let start = text[..span.range().start].rfind([' ', '\t', '=']).map_or(0, |at| at + 1);
            let end = text[span.range().end..].find([' ', '\t', '\n']).map_or(text.len(), |at| span.range().end + at);
            let plain = text[start..end].replace(['\\', '"'], "");
            let span = config::Span { start: u32::try_from(start).unwrap(), end: u32::try_from(end).unwrap(), ..span };
            edits.push(Edit { span, replacement: format!("\"{plain}\"") });
            continue;
        } else if help.contains("close the quote on this line") {
            piece.replace(['\'', '"'], "")
        } else {
            return None;
        };
        edits.push(Edit { span, replacement });
    }
    edits.sort_by_key(|edit| edit.span.start);
    edits.dedup_by_key(|edit| edit.span.start);
    Some(with_edits(text, &edits))
}

fn count<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.rule.code).or_default() += 1;
    }
    counts
}

/// What a way out may uncover: an entry that boots nothing in the place of one that was open; an `unset default`, which matters once the
/// first entry is the same for both.
const UNCOVERED: [(&str, &str); 2] = [("PG008", "PG106"), ("PG112", "PG115")];

/// What is wrong with a way out: what it should take away is still there, or something as bad comes instead.
fn fault(finding: &Finding, before: &[Finding], after: &[Finding]) -> Option<String> {
    let as_bad = |other: &&Finding| {
        let subject = about(other.rule.code) == about(finding.rule.code) || other.stops_boot;
        subject && other.severity >= finding.severity
    };
    let all = count(before);
    let (before, after) = (count(before.iter().filter(as_bad)), count(after.iter().filter(as_bad)));
    let of = |counts: &BTreeMap<&str, usize>, code: &str| counts.get(code).copied().unwrap_or_default();
    let code = finding.rule.code;
    if of(&after, code) >= of(&before, code) {
        return Some("it is still there".to_owned());
    }
    let is_new = |new: &&&str| of(&after, new) > of(&all, new) && !UNCOVERED.contains(&(code, new));
    let new: Vec<&&str> = after.keys().filter(is_new).collect();
    (!new.is_empty()).then(|| format!("{new:?} instead"))
}

/// Follows every way out of all findings.
fn follow(subjects: Vec<Subject>) -> BTreeMap<&'static str, usize> {
    let mut wrong = Vec::new();
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    let mut untried: BTreeMap<&str, String> = BTreeMap::new();
    for subject in subjects {
        let before = subject.findings(&subject.text);
        for finding in &before {
            let ways = ways_out(&subject, finding);
            if ways.is_empty() {
                untried.entry(finding.rule.code).or_insert_with(|| finding.help.clone().unwrap_or_default());
            }
            for (way, text) in ways {
                *tried.entry(finding.rule.code).or_default() += 1;
                let after = subject.findings(&text);
                if let Some(fault) = fault(finding, &before, &after) {
                    wrong.push(format!(
                        "{}: {}: {}\n  way out: {way}\n  {fault}\n{}",
                        subject.name,
                        finding.rule.code,
                        finding.message,
                        if text.len() < 700 { &text } else { "" }
                    ));
                }
            }
        }
    }
    println!("ways out that were tried: {tried:?}");
    if std::env::var_os("PREGRUB_WAYS_OUT").is_some() {
        untried.iter().for_each(|(code, help)| println!("not tried: {code}: {help}"));
    }
    assert!(wrong.is_empty(), "{} ways out do not lead out:\n{}", wrong.len(), wrong.join("\n"));
    tried
}

#[test]
fn lead_out() {
    let tried = follow(subjects());
    assert!(tried.values().sum::<usize>() > 200, "{tried:?}");
}

/// Menus whose advice once led in a circle, as random ones showed (`PREGRUB_FUZZ_SEED` 2, 3, 5, 10, 11, 12 and 16).
const CIRCLES: [&str; 8] = [
    // PG101's fix was made in one of two lines, and PG103 found two defaults.
    "set default=\"0>3\"\nif [ x = y ]; then\n  set default=\"0>3\"\nfi\nmenuentry \"T0\" --id id0 {\n  linux /k0\n}\n\
     menuentry \"T1\" --id id1 {\n  linux /k1\n}\n",
    // PG105's, likewise.
    "set default=2\nif [ x = y ]; then\n  set default=2\nfi\nmenuentry \"T0\" {\n  linux /k0\n}\nsubmenu \"S0\" {\nmenuentry \"T1\" {\n  \
     linux /k1\n}\nmenuentry \"T2\" {\n  linux /k2\n}\n}\n",
    // PG115 moved an entry without a kernel to the front, which is PG106.
    "default 2\nsubmenu \"S0\" {\nmenuentry \"T0\" {\n  linux /k0\n}\nmenuentry \"T1\" {\n  linux /k1\n}\nmenuentry \"T2\" {\n}\n}\n\
     menuentry \"T3\" {\n  linux /k2\n}\n",
    // PG101 took an entry out of its condition and named it by a number that a submenu shifts (PG105).
    "set default=\"id3\"\nsubmenu \"S0\" {\nmenuentry \"T0\" {\n  linux /k0\n}\nmenuentry \"T1\" {\n  linux /k1\n}\n}\n\
     if [ x = y ]; then\nmenuentry \"T3\" --id id3 {\n  linux /k2\n}\nfi\n",
    "set default=\"S0>T4\"\nmenuentry \"T0\" {\n  linux /k0\n}\nsubmenu \"S0\" {\nmenuentry \"T1\" {\n  linux /k1\n}\nmenuentry \"T2\" {\n  \
     linux /k2\n}\n}\nif [ x = y ]; then\nmenuentry \"T4\" {\n  linux /k1\n}\nfi\n",
    "set default=\"S0>T2\"\nmenuentry \"T0\" {\n  linux /k0\n}\nsubmenu \"S0\" {\nmenuentry \"T1\" {\n  linux /k1\n}\n\
     if [ x = y ]; then\nmenuentry \"T2\" {\n  linux /k2\n}\nfi\n}\n",
    // An entry with an empty body before it, which GRUB drops.
    "set default=\"T2\"\nmenuentry \"T0\" {\n  linux /k0\n}\nmenuentry \"T1\" {\n}\nif [ x = y ]; then\nmenuentry \"T2\" {\n  linux /k2\n}\nfi\n",
    // Another entry under a condition before it, which shifts as well.
    "set default=\"T2\"\nif [ x = y ]; then\nmenuentry \"T0\" {\n  linux /k0\n}\nfi\nmenuentry \"T1\" {\n  linux /k1\n}\n\
     if [ x = y ]; then\nmenuentry \"T2\" {\n  linux /k2\n}\nfi\n",
];

#[test]
fn of_menus_that_led_in_circles_lead_out() {
    let subject = |(number, text): (usize, &&str)| Subject {
        name: format!("circle {number}"),
        dialect: Dialect::Grub2,
        text: format!("set timeout=5\n{text}"),
        options: Options::default(),
    };
    let tried = follow(CIRCLES.iter().enumerate().map(subject).collect());
    assert!(tried["PG101"] >= 5, "{tried:?}");
    // An entry without a kernel is not to be the default, wherever it stands.
    let subject = subject((2, &CIRCLES[2]));
    let findings = subject.findings(&subject.text);
    let said = findings.iter().find(|finding| finding.rule.code == "PG115").and_then(|finding| finding.help.as_deref());
    assert!(said.is_some_and(|help| help.starts_with("give the entry in line 10 a kernel first")), "{said:?}");
}

/// As many menus as `PREGRUB_GRUB_SENTENCES` says at the desk.
#[test]
fn of_random_menus_lead_out() {
    let mut menus = Menus::new(setting("PREGRUB_FUZZ_SEED", 1));
    let subject = |number: u64| Subject {
        name: format!("menu {number}"),
        dialect: Dialect::Grub2,
        text: format!("set timeout=5\n{}", menus.menu()),
        options: Options::default(),
    };
    let count = setting("PREGRUB_GRUB_SENTENCES", 500);
    let tried = follow((0..count).map(subject).collect());
    assert!(tried.values().sum::<usize>() as u64 > count / 2, "{tried:?}");
}

/// What the installed grub-mkconfig writes for two kernels; nothing where it is not installed.
fn mkconfig(settings: &[&str]) -> Option<String> {
    mkconfig_with(settings, None)
}

/// The same with more scripts in /etc/grub.d: those of a directory.
fn mkconfig_with(settings: &[&str], scripts: Option<&std::path::Path>) -> Option<String> {
    crate::common::tools::tool("grub-mkconfig")?;
    let mut command = std::process::Command::new(root().join("tests/oracle/mkconfig.sh"));
    command.envs(scripts.map(|scripts| ("SCRIPTS", scripts)));
    command.args(["partition", "6.1.0-18-amd64,6.1.0-17-amd64", "GRUB_TIMEOUT=5"]).args(settings);
    let made = command.output().expect("bash");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(String::from_utf8(made.stdout).expect("UTF-8"))
}

/// The settings that are advised, made by the real grub-mkconfig: nothing is left to say, and the entry that was meant boots.
#[test]
fn settings_of_grub_mkconfig_lead_out() {
    let meant = "GNU/Linux, with Linux 6.1.0-17-amd64";
    let id = "gnulinux-6.1.0-17-amd64-advanced-6eb1a2f6-0b0a-4a0c-8f0e-1c1d2f3a4b5c";
    for value in
        ["1>2".to_owned(), format!("1>{id}"), format!("Advanced options for GNU/Linux>{meant}"), "3".to_owned()]
    {
        let Some(text) = mkconfig(&[&format!("GRUB_DEFAULT='{value}'")]) else { return };
        let subject = Subject { name: value.clone(), dialect: Dialect::Grub2, text, options: Options::default() };
        let findings = subject.findings(&subject.text);
        let [finding] = &findings[..] else { panic!("{value}: {findings:#?}") };
        let help = finding.help.as_deref().unwrap_or_default();
        let numbers = numbers(help, "GRUB_DISABLE_SUBMENU=y and GRUB_DEFAULT=");
        let [number] = numbers[..] else { panic!("{value}: {help}") };
        let settings = [format!("GRUB_DEFAULT={number}"), "GRUB_DISABLE_SUBMENU=y".to_owned()];
        let text = mkconfig(&settings.each_ref().map(String::as_str)).expect("it is installed");
        let run = boot::run_config("grub.cfg", Dialect::Grub2, text.clone().into_bytes(), Options::default());
        assert_eq!(subject.findings(&text).len(), 0, "{value}: {text}");
        let attempt = run.deciding_attempt().unwrap();
        let index = attempt.selection.as_ref().and_then(|selection| selection.index).unwrap();
        let entries = &attempt.found.as_ref().unwrap().config.entries;
        assert_eq!(entries[index].title.to_string(), meant, "{value}");
        // What the test of all ways out makes of it is the same.
        let ours = without_submenus(&subject.text);
        let entry_lines = |text: &str| -> Vec<String> {
            text.lines().map(|line| line.trim().to_owned()).filter(|line| line.starts_with("menuentry ")).collect()
        };
        assert_eq!(entry_lines(&ours), entry_lines(&text), "{value}");
    }
}

/// An entry of the guest's own under a condition: the script in front of all others, made by the commands as they are advised and run by the
/// real grub-mkconfig, boots it for both. And a script that is renamed goes behind the kernels.
#[test]
fn scripts_of_grub_mkconfig_lead_out() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let scripts = folder.path().join("scripts");
    fs::create_dir(&scripts).unwrap();
    let write = |name: &str, text: &str| {
        fs::write(scripts.join(name), text).unwrap();
        fs::set_permissions(scripts.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    let own = "#!/bin/sh\nexec tail -n +3 $0\nif [ \"$grub_platform\" = \"pc\" ]; then\nmenuentry 'Own' {\n\tlinux\t/boot/vmlinuz-own root=/dev/xvda1\n\
               \tinitrd\t/boot/initrd.img-own\n}\nfi\n";
    write("42_own", own);
    let Some(text) = mkconfig_with(&["GRUB_DEFAULT='Own'", "GRUB_TIMEOUT=5"], Some(&scripts)) else { return };
    let subject = |text: &str| Subject {
        name: "own".to_owned(),
        dialect: Dialect::Grub2,
        text: text.to_owned(),
        options: Options::default(),
    };
    let of_default = |text: &str| -> Vec<Finding> {
        let findings = subject(text).findings(text).into_iter();
        findings.filter(|finding| about(finding.rule.code) == "the default").collect()
    };
    let findings = of_default(&text);
    let helps: Vec<&str> = findings.iter().filter_map(|finding| finding.help.as_deref()).collect();
    let help = helps.iter().find(|help| help.contains("06_custom")).unwrap_or_else(|| panic!("{helps:?}"));
    // As root in the guest, here in a directory.
    let grub_cfg = folder.path().join("grub.cfg");
    fs::write(&grub_cfg, &text).unwrap();
    let command = between(help, "in the guest as root: `", "`, set GRUB_DEFAULT=0").expect("a command");
    let command = command
        .replace("/boot/grub/grub.cfg", grub_cfg.to_str().unwrap())
        .replace("/etc/grub.d/", &format!("{}/", scripts.display()));
    assert!(std::process::Command::new("sh").args(["-euc", &command]).status().unwrap().success(), "{command}");
    let text = mkconfig_with(&["GRUB_DEFAULT=0", "GRUB_TIMEOUT=5"], Some(&scripts)).expect("it is installed");
    let run = boot::run_config("grub.cfg", Dialect::Grub2, text.clone().into_bytes(), Options::default());
    let attempt = run.deciding_attempt().unwrap();
    let first = &attempt.found.as_ref().unwrap().config.entries[0];
    let index = attempt.selection.as_ref().and_then(|selection| selection.index);
    assert_eq!((index, first.title.to_string().as_str()), (Some(0), "Own"), "{text}");
    assert_eq!(of_default(&text).len(), 0, "{:#?}", of_default(&text));
    // Now a conditional one in front of the kernels, whose default is a number after it.
    fs::remove_file(scripts.join("06_custom")).unwrap();
    fs::rename(scripts.join("42_own"), scripts.join("07_own")).unwrap();
    let text = mkconfig_with(&["GRUB_DEFAULT=1", "GRUB_TIMEOUT=5"], Some(&scripts)).expect("it is installed");
    let findings = of_default(&text);
    let help = findings.iter().filter_map(|finding| finding.help.as_deref()).find(|help| help.contains("07_own"));
    let command =
        between(help.unwrap_or_else(|| panic!("{findings:#?}")), "come after 10_linux: ", " in the guest").unwrap();
    let command = command.replace("/etc/grub.d/", &format!("{}/", scripts.display()));
    assert!(std::process::Command::new("sh").args(["-euc", &command]).status().unwrap().success(), "{command}");
    assert!(scripts.join("45_own").is_file(), "{command}");
    let text = mkconfig_with(&["GRUB_DEFAULT=0", "GRUB_TIMEOUT=5"], Some(&scripts)).expect("it is installed");
    assert_eq!(of_default(&text).len(), 0, "{:#?}", of_default(&text));
}
