//! What findings say of GRUB is true: on random menus, no sentence that names a GRUB entry names another one than grub-emu boots.
//! 2,000 menus here, as many as `PREGRUB_GRUB_SENTENCES` says at the desk.

use std::collections::BTreeMap;
use std::fs;

use pregrub::boot::{self, Options};
use pregrub::config::Dialect;
use pregrub::lint::{self, Finding, Levels, LintContext};
use pregrub::target::Kind;

use crate::common::grub::{GrubCase, picks};
use crate::common::random::Random;
use crate::common::setting::setting;
use crate::common::{ext_images, tools};

/// Menus in the form that pygrub reads: a command a line.
pub struct Menus {
    random: Random,
    entries: usize,
    submenus: usize,
}

impl Menus {
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), entries: 0, submenus: 0 }
    }

    fn default(&mut self, known: usize) -> String {
        let number = self.random.index(6);
        let entry = self.random.index(known.max(1));
        let submenu = self.random.index(3);
        match self.random.below(18) {
            0..=4 => format!("set default={number}"),
            5 => format!("set default=\"{number}\""),
            6 => format!("set default=\"T{entry}\""),
            7 => format!("set default=\"id{entry}\""),
            8 => format!("set default=\"S{submenu}>T{entry}\""),
            9 => format!("set default=\"{submenu}>{number}\""),
            10 => format!("set default=\"S{submenu}\""),
            11 => format!("set default=0{number}"),
            12 => format!("set default=0x{number}"),
            13 => format!("set default={number}st"),
            14 => format!("default={number}"),
            15 => format!("set default {number}"),
            16 => format!("set \"default={number}\""),
            _ => format!("set default=\"{number} # this one\""),
        }
    }

    fn entry(&mut self) -> String {
        let number = self.entries;
        self.entries += 1;
        if self.random.chance(4) {
            return format!("menuentry \"T{number}\" {{\n}}\n");
        }
        let id = if self.random.chance(50) { format!(" --id id{number}") } else { String::new() };
        let inner = if self.random.chance(3) { "  set default=1\n" } else { "" };
        format!("menuentry \"T{number}\"{id} {{\n{inner}  linux /k{}\n}}\n", number % 3)
    }

    fn items(&mut self, count: usize, depth: u32) -> String {
        let mut text = String::new();
        for _ in 0..count {
            text += &match self.random.below(12) {
                0..=6 => self.entry(),
                7..=9 if depth < 2 => {
                    let number = self.submenus;
                    self.submenus += 1;
                    let default = if self.random.chance(25) { self.default(4) + "\n" } else { String::new() };
                    let count = 1 + self.random.index(3);
                    let inner = self.items(count, depth + 1);
                    format!("submenu \"S{number}\" {{\n{default}{inner}}}\n")
                }
                10 => {
                    let condition = if self.random.chance(50) { "[ x = x ]" } else { "[ x = y ]" };
                    format!("if {condition}; then\n{}fi\n", self.entry())
                }
                _ => self.entry(),
            };
        }
        text
    }

    pub fn menu(&mut self) -> String {
        (self.entries, self.submenus) = (0, 0);
        let count = 2 + self.random.index(4);
        let items = self.items(count, 0);
        let known = self.entries;
        let mut text = String::new();
        if self.random.chance(15) {
            text += &format!("function pick {{\n  {}\n}}\n", self.default(known));
        }
        if self.random.chance(90) {
            text += &(self.default(known) + "\n");
        }
        if self.random.chance(15) {
            text += &format!("if [ x = {} ]; then\n  {}\nfi\n", self.random.pick(&["x", "y"]), self.default(known));
        }
        text += &items;
        text += match self.random.below(20) {
            0 => "pick\n",
            1 => "unset default\n",
            2 => "set default=\n",
            3 => "set default=1\n",
            _ => "",
        };
        text
    }
}

/// The entries that a finding says GRUB boots: titles, and lines at which it points.
fn named(finding: &Finding) -> Vec<String> {
    let mut titles = Vec::new();
    let texts = [Some(&finding.message), finding.help.as_ref()];
    for text in texts.into_iter().flatten() {
        // `... and "T3" for GRUB`, `GRUB boots "T3"`, `and GRUB "T3"`.
        titles
            .extend(text.match_indices("\" for GRUB").map(|(at, _)| text[..at].rsplit('"').next().unwrap().to_owned()));
        for before in ["GRUB boots \"", "and GRUB \""] {
            titles.extend(
                text.match_indices(before)
                    .map(|(at, _)| text[at + before.len()..].split('"').next().unwrap().to_owned()),
            );
        }
    }
    let labels = finding.related.iter().filter(|related| related.label.contains("GRUB boots"));
    titles.extend(labels.map(|related| format!("line {}", related.span.line)));
    titles
}

#[test]
fn are_those_that_boot() {
    if tools::tool("grub-emu").is_none() || tools::tool("mke2fs").is_none() {
        return;
    }
    let (seed, count) = (setting("PREGRUB_FUZZ_SEED", 1), setting("PREGRUB_GRUB_SENTENCES", 2000));
    let mut menus = Menus::new(seed);
    let mut said = Vec::new();
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..count {
        let text = menus.menu();
        let run = boot::run_config("grub.cfg", Dialect::Grub2, text.clone().into_bytes(), Options::default());
        let findings = lint::lint(&LintContext::new(&run, Kind::Config), &Levels::default());
        let sentences: Vec<(&str, String)> = findings
            .iter()
            .flat_map(|finding| named(finding).into_iter().map(|name| (finding.rule.code, name)))
            .collect();
        for (code, _) in &sentences {
            *by_rule.entry(code).or_default() += 1;
        }
        if !sentences.is_empty() {
            said.push((text, sentences));
        }
    }
    println!("{count} menus of seed {seed}; sentences that name GRUB's entry: {by_rule:?}");
    assert!(said.len() as u64 > count / 10, "only {} menus have such a sentence", said.len());
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    fs::create_dir(&root).unwrap();
    for file in ["k0", "k1", "k2"] {
        fs::write(root.join(file), file).unwrap();
    }
    for (number, (text, _)) in said.iter().enumerate() {
        fs::write(root.join(format!("{number}.cfg")), text).unwrap();
    }
    let image = folder.path().join("image");
    ext_images::make(&image, &root, "16M", &["-t", "ext4", "-O", "^has_journal", "-N", "8000"]);
    let image = image.to_str().unwrap();
    let cases: Vec<GrubCase> =
        (0..said.len()).map(|number| GrubCase::whole_disk(image.to_owned(), &format!("/{number}.cfg"))).collect();
    // Two at a time: each waits for a process.
    let (first, second) = cases.split_at(cases.len() / 2);
    let answers = std::thread::scope(|scope| {
        let second = scope.spawn(|| picks(second));
        let mut answers = picks(first).unwrap();
        answers.extend(second.join().unwrap().unwrap());
        answers
    });
    let mut wrong = Vec::new();
    for ((text, sentences), answer) in said.iter().zip(answers) {
        let title = answer.title.unwrap_or_default();
        let header = format!("menuentry \"{title}\"");
        let line = text.lines().position(|line| line.starts_with(&header)).map(|at| format!("line {}", at + 1));
        for (code, name) in sentences {
            if *name != title && line.as_ref() != Some(name) {
                wrong.push(format!("{code} names {name}, GRUB boots {title}:\n{text}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong, among them:\n{}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
}
