//! Whole runs of pregrub and of the installed pygrub on the same image, held against each other.

use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use pregrub::boot::{self, ChosenFile, Options, Run, Task, Verdict};
use pregrub::flavour::Flavour;
use pregrub::release::Release;
use pregrub::storage::mount::{self, Mounting};
use pregrub::storage::source::{FileSource, Source, Volume};

use super::drop_in;
use super::images::Image;
use super::oracle::{Oracle, RunAnswer, RunCase};

/// The options that a command line of pygrub's stands for. Words that are no option are the image.
pub fn options<A: AsRef<str>>(argv: &[A]) -> Options {
    let mut options = Options::default();
    for word in argv.iter().map(AsRef::as_ref) {
        match word.split_once('=').unwrap_or((word, "")) {
            ("-q", _) => options.interactive = Some(false),
            ("-i", _) => options.interactive = Some(true),
            ("-l", _) => options.task = Task::ListEntries,
            ("-n", _) => options.task = Task::DryRun,
            ("--output" | "--output-format" | "--output-directory" | "--runas", _) => {}
            ("--entry", value) => options.entry = Some(value.into()),
            ("--kernel", value) => options.kernel = Some(value.into()),
            ("--ramdisk", value) => options.ramdisk = Some(value.into()),
            ("--args", value) => options.args = value.into(),
            ("--offset", value) => options.offset = Some(value.trim().parse().expect("a number")),
            (other, _) => assert!(!other.starts_with('-'), "{other}"),
        }
    }
    options
}

/// As the installed pygrub: Debian's, of the line `minor`.
pub fn installed(options: Options, minor: u32) -> Options {
    let release = Release::line(u8::try_from(minor).expect("a minor release")).expect("a known release");
    Options { release, flavour: Flavour::Debian, ..options }
}

/// What may come of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// pregrub must know.
    Known,
    /// pregrub may not know; if it says that pygrub boots this, that is a fault of the test.
    NotBoots,
    /// pregrub may know or not; what it says must be right. Where pygrub dies of a signal, anything is right.
    Any,
}

/// One run for both.
pub struct Pair {
    pub name: String,
    pub disk: PathBuf,
    pub argv: Vec<String>,
    pub allowed: Allowed,
}

/// The runs of a test, and the images that they need.
#[derive(Default)]
pub struct Pairs {
    pub pairs: Vec<Pair>,
    images: Vec<Image>,
}

impl Pairs {
    /// Runs the image once for every list of options.
    pub fn add(&mut self, name: &str, image: Image, runs: &[&[&str]]) {
        self.add_as(Allowed::Known, name, image, runs);
    }

    pub fn add_as(&mut self, allowed: Allowed, name: &str, image: Image, runs: &[&[&str]]) {
        for run in runs {
            self.add_path(allowed, &format!("{name} {}", run.join(" ")), image.path(), run);
        }
        self.images.push(image);
    }

    pub fn add_path(&mut self, allowed: Allowed, name: &str, disk: &Path, argv: &[&str]) {
        let argv = argv.iter().map(|&word| word.to_owned()).collect();
        self.pairs.push(Pair { name: name.to_owned(), disk: disk.to_owned(), argv, allowed });
    }

    /// Runs all of them; every difference is in the message.
    pub fn compare(&self, oracle: &Oracle) -> Tally {
        let cases: Vec<RunCase> = self
            .pairs
            .iter()
            .map(|pair| {
                let mut argv = pair.argv.clone();
                argv.push("--output-directory=@OUT".to_owned());
                argv.push(pair.disk.to_str().expect("temporary names are UTF-8").to_owned());
                RunCase::new(pair.name.as_str(), argv)
            })
            .collect();
        let answers = oracle.runs(&cases);
        let of_drop_in = oracle.runs(&cases.iter().map(|case| drop_in::case(case, oracle)).collect::<Vec<_>>());
        let mut tally = Tally::default();
        let mut digests = Digests::new();
        for ((pair, answer), of_drop_in) in self.pairs.iter().zip(&answers).zip(&of_drop_in) {
            let run = run(pair, oracle.minor);
            tally.count(pair, &run, answer, &mut digests);
            // What pregrub does not know, and what it refuses to hand over though pygrub does, is no difference here.
            let same_outcome = run.verdict == Verdict::Boots || run.verdict == Verdict::Fails && run.chosen.is_none();
            if same_outcome && answer.signal.is_none() && !answer.timed_out {
                tally.differences.extend(drop_in::differences(&pair.name, of_drop_in, answer));
                tally.drop_in += 1;
            } else {
                assert_ne!(of_drop_in.rc, Some(0), "{}: the drop-in hands over what it does not know", pair.name);
            }
        }
        tally.differences.extend(digests.differences());
        tally
    }
}

pub fn run(pair: &Pair, minor: u32) -> Run {
    let source = FileSource::new(File::open(&pair.disk).expect("the image is there")).expect("an image");
    boot::run(Arc::new(source), installed(options(&pair.argv), minor)).expect("the image can be read")
}

/// How many runs ended how.
#[derive(Debug, Default)]
pub struct Tally {
    pub boots: usize,
    pub fails: usize,
    /// Runs of the drop-in that were held against pygrub's.
    pub drop_in: usize,
    /// The names of the runs of which pregrub cannot tell.
    pub unknown: Vec<String>,
    pub differences: Vec<String>,
}

impl Tally {
    fn count(&mut self, pair: &Pair, run: &Run, answer: &RunAnswer, digests: &mut Digests) {
        let mut differences = Vec::new();
        let mut same = |what: &str, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
            let (ours, theirs) = (format!("{ours:?}"), format!("{theirs:?}"));
            if ours != theirs {
                differences.push(format!("{}: {what}\n  pregrub {ours}\n  pygrub  {theirs}", pair.name));
            }
        };
        if pair.allowed == Allowed::Any && (answer.rc.is_none() || answer.timed_out) {
            return;
        }
        match (run.verdict, pair.allowed) {
            (Verdict::Unknown, Allowed::NotBoots | Allowed::Any) => {
                self.unknown.push(pair.name.clone());
                return;
            }
            (Verdict::Unknown, Allowed::Known) => {
                let why = pregrub::explain::explain(run).map(|explanation| explanation.reason);
                same("must be known", &why, &answer.rc);
                self.differences.append(&mut differences);
                return;
            }
            (Verdict::Fails, Allowed::Known | Allowed::NotBoots | Allowed::Any)
            | (Verdict::Boots, Allowed::Known | Allowed::Any) => {}
            (verdict, allowed) => same("verdict", &verdict, &allowed),
        }
        same("exit status", &Some(run.process.exit), &answer.rc);
        let stdout = run.process.stdout.to_string().replace("/var/run/xen/pygrub", "@OUT");
        same("standard output", &stdout, &String::from_utf8_lossy(&answer.stdout));
        same("last line of standard error", &run.process.stderr_last_line.to_string(), &answer.last_line());
        let mut stderr = String::new();
        for line in run.stderr() {
            let _ = writeln!(stderr, "{line}");
        }
        let told = String::from_utf8_lossy(&answer.stderr);
        if run.verdict == Verdict::Boots {
            self.boots += 1;
            same("standard error", &stderr, &told);
        } else {
            self.fails += 1;
            same("start of standard error", &stderr, &told.get(..stderr.len()).unwrap_or(&told));
        }
        if let Some(chosen) = &run.chosen {
            let offset = u64::try_from(run.attempts[chosen.attempt].offset).expect("it was mounted");
            digests.add(pair, offset, &chosen.kernel, answer, "boot_kernel.XXXXXXXX");
            let left = answer.files.contains_key("boot_ramdisk.XXXXXXXX");
            same("an initrd", &chosen.ramdisk.is_some(), &left);
            if let Some(ramdisk) = chosen.ramdisk.as_ref().filter(|_| left) {
                digests.add(pair, offset, ramdisk, answer, "boot_ramdisk.XXXXXXXX");
            }
        }
        self.differences.append(&mut differences);
    }

    /// Fails where anything differs, and says what was compared.
    pub fn assert(&self, what: &str) {
        eprintln!(
            "{what}: {} boot, {} fail, {} unknown; {} times the drop-in",
            self.boots,
            self.fails,
            self.unknown.len(),
            self.drop_in
        );
        for name in &self.unknown {
            eprintln!("  unknown: {name}");
        }
        assert!(
            self.differences.is_empty(),
            "{what}: {} differences\n{}",
            self.differences.len(),
            self.differences.join("\n")
        );
    }
}

/// Digests of what the driver reads, against those of what pygrub copied. `sha256sum` works them out at the end.
struct Digests {
    directory: tempfile::TempDir,
    expected: Vec<(String, String)>,
}

impl Digests {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory can be made"), expected: Vec::new() }
    }

    fn add(&mut self, pair: &Pair, offset: u64, file: &ChosenFile, answer: &RunAnswer, name: &str) {
        let content = content(&pair.disk, offset, file.path.as_bytes());
        let context = format!("{}: {}", pair.name, file.path);
        let copied = file.damage.as_ref().map(|damage| damage.bytes).or(file.size);
        assert_eq!(Some(content.len() as u64), copied, "{context}");
        // What pygrub could not read is whatever its memory held.
        if pair.allowed == Allowed::Any && file.damage.is_some() {
            assert_eq!(answer.files.get(name).map(|file| file.size), copied, "{context}");
            return;
        }
        std::fs::write(self.directory.path().join(self.expected.len().to_string()), content).expect("a file");
        let digest = answer.files.get(name).map(|file| file.sha256.clone()).unwrap_or_default();
        self.expected.push((context, digest));
    }

    fn differences(&self) -> Vec<String> {
        let names = (0..self.expected.len()).map(|number| number.to_string());
        let output =
            Command::new("sha256sum").args(names).current_dir(self.directory.path()).output().expect("coreutils");
        let output = String::from_utf8(output.stdout).expect("hexadecimal");
        let digests: Vec<&str> = output.lines().map(|line| &line[..64]).collect();
        assert!(self.expected.is_empty() || digests.len() == self.expected.len());
        let differing = self.expected.iter().zip(digests).filter(|((_, theirs), ours)| theirs != ours);
        differing.map(|((context, theirs), ours)| format!("{context}: content {ours}, pygrub's {theirs}")).collect()
    }
}

/// The bytes of a file, read as pygrub copies it: in pieces of 1 MiB until one is empty.
fn content(disk: &Path, offset: u64, path: &[u8]) -> Vec<u8> {
    let source: Arc<dyn Source> = Arc::new(FileSource::new(File::open(disk).expect("an image")).expect("an image"));
    let mounting = mount::mount(&Volume::new(source, offset)).expect("the image can be read");
    let Mounting::Mounted(filesystem) = mounting else { panic!("the run mounted {}", disk.display()) };
    let file = filesystem.open(path).expect("the run opened it");
    let (mut content, mut piece) = (Vec::new(), vec![0; 1 << 20]);
    loop {
        match file.read_at(content.len() as u64, &mut piece).expect("the run verified it") {
            0 => return content,
            count => content.extend_from_slice(&piece[..count]),
        }
    }
}
