//! What a driver and the plugin of libfsimage that it stands for see of the same volumes.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use pregrub::storage::filesystem::{Filesystem, MountError, OpenError, ReadError};
use pregrub::storage::source::{FileSource, Source, Volume};
use serde_json::{Value, json};

const MODULES: &str = "/usr/lib/xen-4.17/lib/python";
const PLUGINS: &str = "/usr/lib/xen-4.17/lib/x86_64-linux-gnu/xenfsimage";

/// A plugin of libfsimage, and pregrub's driver for it.
pub struct Plugin {
    /// The name of its directory.
    pub name: &'static str,
    pub mount: fn(Volume) -> Result<Box<dyn Filesystem>, MountError>,
    /// Whether memory that nobody has written to must be zero: for a plugin that hands it out.
    pub zeroed_memory: bool,
    /// How much time of the processor a case may take, in seconds: for a plugin that often hangs.
    pub seconds: Option<&'static str>,
}

/// One filesystem to look at, and where.
#[derive(Clone, Debug)]
pub struct Case {
    pub image: PathBuf,
    pub offset: u64,
    pub patches: Vec<(usize, Vec<u8>)>,
    pub length: Option<usize>,
    pub paths: Vec<Vec<u8>>,
    /// What is read of each file after it was read as a whole: lengths and offsets.
    pub reads: Vec<(u64, u64)>,
}

impl Case {
    pub fn new(image: &Path, paths: &[impl AsRef<str>]) -> Self {
        let paths = paths.iter().map(|path| path.as_ref().as_bytes().to_vec()).collect();
        Self { image: image.to_owned(), offset: 0, patches: Vec::new(), length: None, paths, reads: Vec::new() }
    }

    #[must_use]
    pub fn reading(self, reads: &[(u64, u64)]) -> Self {
        Self { reads: reads.to_vec(), ..self }
    }

    #[must_use]
    pub fn cut_to(self, length: usize) -> Self {
        Self { length: Some(length), ..self }
    }

    /// The same filesystem behind `offset` bytes of `filler`, on a disk beside the image.
    #[must_use]
    pub fn behind(self, offset: u64, filler: u8) -> Self {
        let disk = self.image.with_extension("disk");
        let mut bytes = vec![filler; offset as usize];
        bytes.extend(fs::read(&self.image).unwrap());
        fs::write(&disk, bytes).unwrap();
        Self { image: disk, offset, ..self }
    }

    /// The volume, with the patches applied.
    pub fn source(&self) -> Arc<dyn Source> {
        if self.patches.is_empty() && self.length.is_none() {
            return Arc::new(FileSource::new(fs::File::open(&self.image).unwrap()).unwrap());
        }
        let mut bytes = fs::read(&self.image).unwrap();
        for (position, values) in &self.patches {
            bytes[*position..*position + values.len()].copy_from_slice(values);
        }
        bytes.truncate(self.length.unwrap_or(bytes.len()));
        Arc::new(bytes)
    }
}

/// What one side sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    Crashed,
    Rejected,
    Unknown(String),
    Paths(Vec<SeenFile>),
}

/// What one side sees of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeenFile {
    Absent,
    /// libfsimage gave two answers.
    Undecided,
    Unknown(String),
    Read {
        length: u64,
        crc: u32,
        /// Length and checksum of what the single reads gave.
        pieces: Vec<(u64, u32)>,
    },
    Failed {
        errno: i64,
    },
}

/// How much of a file is compared.
const CAP: u64 = 6 << 20;

const CHECKSUM: crc::Crc<u32> = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);

impl Plugin {
    /// Whether the plugin and the programs that make its images are there. Says so where they are not; panics where the
    /// run must not do without them.
    pub fn available(&self, programs: &[&str]) -> bool {
        let plugin = format!("{PLUGINS}/{}", self.name);
        let needed = [MODULES, &plugin].into_iter().chain(programs.iter().copied());
        let missing: Vec<&str> = needed.filter(|path| !Path::new(path).exists()).collect();
        if missing.is_empty() {
            return true;
        }
        let required = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        assert!(!required("CI") && !required("PREGRUB_REQUIRE_ORACLE"), "missing: {missing:?}");
        println!("SKIPPED: the comparison with libfsimage needs {missing:?}");
        false
    }

    /// What libfsimage sees.
    pub fn oracle(&self, cases: &[Case]) -> Vec<Seen> {
        let directory = tempfile::tempdir().unwrap();
        let plugins = directory.path().join("plugins");
        fs::create_dir(&plugins).unwrap();
        // Only this plugin: no other one may accept what it refuses.
        std::os::unix::fs::symlink(Path::new(PLUGINS).join(self.name), plugins.join(self.name)).unwrap();
        let request: Vec<Value> = cases
            .iter()
            .map(|case| {
                let paths: Vec<String> =
                    case.paths.iter().map(|path| String::from_utf8(path.clone()).unwrap()).collect();
                json!({"image": case.image, "offset": case.offset, "patches": case.patches, "length": case.length,
                       "paths": paths, "cap": CAP, "reads": case.reads})
            })
            .collect();
        let mut command = Command::new("python3");
        if self.zeroed_memory {
            // The C library clears what it hands out, except what it keeps for a thread.
            command.envs([
                ("PYTHONMALLOC", "malloc"),
                ("MALLOC_PERTURB_", "255"),
                ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"),
            ]);
        }
        if let Some(seconds) = self.seconds {
            command.env("READ_FILES_SECONDS", seconds);
        }
        let mut child = command
            .args([concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/read_files.py"), MODULES])
            .arg(directory.path())
            .env("XEN_FSIMAGE_FSDIR", &plugins)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(serde_json::to_string(&request).unwrap().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success());
        let answers: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
        answers.iter().map(seen_by_oracle).collect()
    }

    /// What the driver sees.
    pub fn driver(&self, case: &Case) -> Seen {
        let filesystem = match (self.mount)(Volume::new(case.source(), case.offset)) {
            Ok(filesystem) => filesystem,
            Err(MountError::NotThis | MountError::Rejected(_)) => return Seen::Rejected,
            Err(MountError::Unknown(reason)) => return Seen::Unknown(reason),
            Err(MountError::Io(error)) => panic!("{error}"),
        };
        Seen::Paths(case.paths.iter().map(|path| read(&*filesystem, path, &case.reads)).collect())
    }

    /// Compares what both sides see of all cases.
    pub fn compare(&self, cases: &[Case]) -> Tally {
        let mut tally = Tally::default();
        // The plugin may well hang where the driver does not judge: it is asked up to there.
        let ours: Vec<Seen> = cases.iter().map(|case| self.driver(case)).collect();
        let asked: Vec<Case> = cases.iter().zip(&ours).map(|(case, ours)| judged(case, ours)).collect();
        for ((case, ours), theirs) in cases.iter().zip(ours).zip(self.oracle(&asked)) {
            let shown = || format!("{:?} patches {:?} length {:?}", case.image.file_name(), case.patches, case.length);
            match (&ours, &theirs) {
                (Seen::Unknown(reason), _) => {
                    tally.unknown += 1;
                    tally.reasons.push(format!("{}: {reason}", shown()));
                }
                (_, Seen::Crashed) => {
                    tally.crashed += 1;
                    tally.crashes.push(shown());
                }
                (Seen::Paths(ours), Seen::Paths(theirs)) => {
                    if let Some((path, SeenFile::Unknown(reason))) = case.paths.iter().zip(ours).nth(theirs.len()) {
                        tally.unknown += 1;
                        tally.reasons.push(format!("{} path {}: {reason}", shown(), String::from_utf8_lossy(path)));
                    }
                    // What the plugin does behind the first unknown may have left traces: the rest does not count.
                    for ((path, ours), theirs) in case.paths.iter().zip(ours).zip(theirs) {
                        if ours == theirs {
                            tally.agreed += 1;
                        } else {
                            let path = String::from_utf8_lossy(path);
                            tally
                                .disagreements
                                .push(format!("{} path {path}: ours {ours:?}, theirs {theirs:?}", shown()));
                        }
                    }
                }
                (Seen::Rejected, Seen::Rejected) => tally.agreed += 1,
                _ => tally.disagreements.push(format!("{}: ours {ours:?}, theirs {theirs:?}", shown())),
            }
        }
        tally
    }

    /// Fails unless both sides agree on everything and the driver judges everything.
    pub fn assert_same(&self, cases: &[Case]) -> Tally {
        let tally = self.compare(cases);
        tally.assert_agreement();
        assert_eq!((&tally.reasons, &tally.crashes), (&Vec::new(), &Vec::new()));
        tally
    }

    /// Fails unless the driver reads the first file of a case, and `length` bytes of it: a comparison of errors alone is
    /// none.
    pub fn assert_reads_first(&self, case: &Case, length: u64) {
        let Seen::Paths(seen) = self.driver(case) else { panic!("{case:?}: {:?}", self.driver(case)) };
        assert!(
            matches!(seen[0], SeenFile::Read { length: read, .. } if read == length),
            "{:?}: {:?}",
            case.image,
            seen[0]
        );
    }
}

/// The case with the paths that the driver judges: up to the first of which it does not know.
fn judged(case: &Case, ours: &Seen) -> Case {
    let mut case = case.clone();
    if let Seen::Paths(files) = ours {
        case.paths.truncate(files.iter().position(|file| matches!(file, SeenFile::Unknown(_))).unwrap_or(files.len()));
    }
    case
}

fn seen_by_oracle(answer: &Value) -> Seen {
    if answer.get("crashed").is_some() {
        return Seen::Crashed;
    }
    if answer["mounted"] != true {
        return Seen::Rejected;
    }
    let checksum = |value: &Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let file = |value: &Value| {
        let errno = value.get("errno").map(|errno| errno.as_i64().unwrap());
        let opened = value.get("opened").is_some();
        if value["exists"] != opened {
            return SeenFile::Undecided;
        }
        match errno {
            Some(2) if !opened => SeenFile::Absent,
            Some(errno) => SeenFile::Failed { errno },
            None => SeenFile::Read {
                length: value["length"].as_u64().unwrap(),
                crc: checksum(&value["crc"]),
                pieces: value["pieces"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|piece| (piece[0].as_u64().unwrap(), checksum(&piece[1])))
                    .collect(),
            },
        }
    };
    Seen::Paths(answer["paths"].as_array().unwrap().iter().map(file).collect())
}

/// Reads a file as pygrub does, in pieces of 1 MiB until one is empty, and checks that `verify` agrees.
fn read(filesystem: &dyn Filesystem, path: &[u8], reads: &[(u64, u64)]) -> SeenFile {
    let file = match filesystem.open(path) {
        Ok(file) => file,
        Err(OpenError::NotFound(_)) => return SeenFile::Absent,
        Err(OpenError::Unknown(reason)) => return SeenFile::Unknown(reason),
        Err(OpenError::Io(error)) => panic!("{error}"),
    };
    let mut digest = CHECKSUM.digest();
    let mut length = 0;
    let mut buffer = vec![0; 1 << 20];
    let mut seen = loop {
        let wanted = (CAP - length).min(1 << 20) as usize;
        match file.read_at(length, &mut buffer[..wanted]) {
            Ok(0) => break SeenFile::Read { length, crc: digest.finalize(), pieces: Vec::new() },
            Ok(count) => {
                digest.update(&buffer[..count]);
                length += count as u64;
            }
            Err(ReadError::Failed { errno, .. }) => break SeenFile::Failed { errno: i64::from(errno) },
            Err(ReadError::Crashes(reason) | ReadError::Unknown(reason)) => break SeenFile::Unknown(reason),
            Err(ReadError::Io(error)) => panic!("{error}"),
        }
    };
    if length < CAP {
        let path = String::from_utf8_lossy(path);
        match (&seen, file.verify()) {
            (SeenFile::Read { length, .. }, Ok(None)) => assert_eq!(file.size(), *length, "size of {path}"),
            (SeenFile::Read { length, .. }, Ok(Some(damage))) => {
                assert_eq!(damage.bytes, *length, "{path}: {}", damage.reason);
            }
            (SeenFile::Failed { .. }, Err(ReadError::Failed { .. })) => {}
            (_, Err(ReadError::Unknown(_) | ReadError::Crashes(_))) => {}
            (_, verified) => panic!("{path}: read gave {seen:?} and verify {verified:?}"),
        }
    }
    if let SeenFile::Read { pieces, .. } = &mut seen {
        for (wanted, offset) in reads {
            let mut piece = vec![0; *wanted as usize];
            match file.read_at(*offset, &mut piece) {
                Ok(count) => pieces.push((count as u64, CHECKSUM.checksum(&piece[..count]))),
                Err(error) => return SeenFile::Unknown(error.to_string()),
            }
        }
    }
    seen
}

/// How a comparison went.
#[derive(Debug, Default)]
pub struct Tally {
    /// Images and paths on which both sides said the same.
    pub agreed: usize,
    /// Images and paths that the driver does not judge.
    pub unknown: usize,
    /// Images on which libfsimage crashed or hung.
    pub crashed: usize,
    /// The images and paths that the driver does not judge, and why.
    pub reasons: Vec<String>,
    pub crashes: Vec<String>,
    pub disagreements: Vec<String>,
}

impl Tally {
    /// Takes in what another comparison gave.
    pub fn add(&mut self, other: Self) {
        self.agreed += other.agreed;
        self.unknown += other.unknown;
        self.crashed += other.crashed;
        self.reasons.extend(other.reasons);
        self.crashes.extend(other.crashes);
        self.disagreements.extend(other.disagreements);
    }

    /// Fails if the two sides saw different things anywhere.
    pub fn assert_agreement(&self) {
        let shown: Vec<String> =
            self.disagreements.iter().take(12).map(|text| text.chars().take(2000).collect()).collect();
        assert!(shown.is_empty(), "{} disagreements\n{shown:#?}", self.disagreements.len());
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} agreed, {} unknown, {} crashed", self.agreed, self.unknown, self.crashed)
    }
}
