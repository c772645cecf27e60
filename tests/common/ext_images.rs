//! Images made with e2fsprogs, and the real libfsimage to compare with.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use pregrub::storage::ext::Ext;
use pregrub::storage::filesystem::{Filesystem, MountError, OpenError, ReadError};
use pregrub::storage::source::{FileSource, Source, Volume};
use serde_json::{Value, json};

const MODULES: &str = "/usr/lib/xen-4.17/lib/python";
const PLUGIN: &str = "/usr/lib/xen-4.17/lib/x86_64-linux-gnu/xenfsimage/ext2fs-lib";

/// Whether e2fsprogs and Xen's library are there. Says so where they are not; panics where the run must not do without
/// them.
pub fn available() -> bool {
    let missing: Vec<&str> = [MODULES, PLUGIN, "/usr/sbin/mke2fs", "/usr/sbin/debugfs"]
        .into_iter()
        .filter(|path| !Path::new(path).exists())
        .collect();
    if missing.is_empty() {
        return true;
    }
    let required = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    assert!(!required("CI") && !required("PREGRUB_REQUIRE_ORACLE"), "missing: {missing:?}");
    println!("SKIPPED: the comparison with libfsimage needs {missing:?}");
    false
}

/// Runs a program of e2fsprogs and returns what it printed.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(format!("/usr/sbin/{program}")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Makes an image of `size` (as mke2fs takes it) with the content of `root`.
pub fn make(image: &Path, root: &Path, size: &str, options: &[&str]) {
    let mut arguments = vec!["-q", "-F", "-E", "root_owner=0:0,no_copy_xattrs", "-d", root.to_str().unwrap()];
    // A second -E replaces the first one.
    if options.contains(&"-E") {
        arguments.drain(2..4);
    }
    arguments.extend_from_slice(options);
    arguments.extend_from_slice(&[image.to_str().unwrap(), size]);
    run("mke2fs", &arguments);
}

/// Runs commands of debugfs on an image.
pub fn debugfs(image: &Path, commands: &str) {
    let script = image.with_extension("debugfs");
    fs::write(&script, commands).unwrap();
    run("debugfs", &["-w", "-f", script.to_str().unwrap(), image.to_str().unwrap()]);
}

/// One filesystem to look at, and where.
#[derive(Clone, Debug)]
pub struct Case {
    pub image: PathBuf,
    pub offset: u64,
    pub patches: Vec<(usize, Vec<u8>)>,
    pub length: Option<usize>,
    pub paths: Vec<Vec<u8>>,
}

impl Case {
    pub fn new(image: &Path, paths: &[&str]) -> Self {
        let paths = paths.iter().map(|path| path.as_bytes().to_vec()).collect();
        Self { image: image.to_owned(), offset: 0, patches: Vec::new(), length: None, paths }
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
    },
    Failed {
        errno: i64,
    },
}

/// How much of a file is compared.
const CAP: u64 = 6 << 20;

/// What libfsimage sees.
pub fn oracle(cases: &[Case]) -> Vec<Seen> {
    let directory = tempfile::tempdir().unwrap();
    let plugins = directory.path().join("plugins");
    fs::create_dir(&plugins).unwrap();
    // Only this plugin: no other one may accept what it refuses.
    std::os::unix::fs::symlink(PLUGIN, plugins.join("ext2fs-lib")).unwrap();
    let request: Vec<Value> = cases
        .iter()
        .map(|case| {
            let paths: Vec<String> = case.paths.iter().map(|path| String::from_utf8(path.clone()).unwrap()).collect();
            json!({"image": case.image, "offset": case.offset, "patches": case.patches, "length": case.length,
                   "paths": paths, "cap": CAP})
        })
        .collect();
    let mut child = Command::new("python3")
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

fn seen_by_oracle(answer: &Value) -> Seen {
    if answer.get("crashed").is_some() {
        return Seen::Crashed;
    }
    if answer["mounted"] != true {
        return Seen::Rejected;
    }
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
                crc: u32::try_from(value["crc"].as_u64().unwrap()).unwrap(),
            },
        }
    };
    Seen::Paths(answer["paths"].as_array().unwrap().iter().map(file).collect())
}

/// What the driver sees.
pub fn driver(case: &Case) -> Seen {
    let source: Arc<dyn Source> = if case.patches.is_empty() && case.length.is_none() {
        Arc::new(FileSource::new(fs::File::open(&case.image).unwrap()).unwrap())
    } else {
        let mut bytes = fs::read(&case.image).unwrap();
        for (position, values) in &case.patches {
            bytes[*position..*position + values.len()].copy_from_slice(values);
        }
        bytes.truncate(case.length.unwrap_or(bytes.len()));
        Arc::new(bytes)
    };
    let ext = match Ext::mount(Volume::new(source, case.offset)) {
        Ok(ext) => ext,
        Err(MountError::NotThis | MountError::Rejected(_)) => return Seen::Rejected,
        Err(MountError::Unknown(reason)) => return Seen::Unknown(reason),
        Err(MountError::Io(error)) => panic!("{error}"),
    };
    Seen::Paths(case.paths.iter().map(|path| read(&ext, path)).collect())
}

/// Reads a file as pygrub does, in pieces of 1 MiB until one is empty, and checks that `verify` agrees.
fn read(ext: &Ext, path: &[u8]) -> SeenFile {
    let file = match ext.open(path) {
        Ok(file) => file,
        Err(OpenError::NotFound(_)) => return SeenFile::Absent,
        Err(OpenError::Unknown(reason)) => return SeenFile::Unknown(reason),
        Err(OpenError::Io(error)) => panic!("{error}"),
    };
    let checksum = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);
    let mut digest = checksum.digest();
    let mut length = 0;
    let mut buffer = vec![0; 1 << 20];
    let seen = loop {
        let wanted = (CAP - length).min(1 << 20) as usize;
        match file.read_at(length, &mut buffer[..wanted]) {
            Ok(0) => break SeenFile::Read { length, crc: digest.finalize() },
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
            (SeenFile::Failed { .. }, Err(ReadError::Failed { .. })) => {}
            (_, Err(ReadError::Unknown(_))) => {}
            (_, verified) => panic!("{path}: read gave {seen:?} and verify {verified:?}"),
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
    /// Images on which libext2fs crashed or hung.
    pub crashed: usize,
    pub disagreements: Vec<String>,
}

/// Compares what both sides see of all cases.
pub fn compare(cases: &[Case]) -> Tally {
    let mut tally = Tally::default();
    for (case, theirs) in cases.iter().zip(oracle(cases)) {
        let ours = driver(case);
        let shown = || format!("{:?} patches {:?} length {:?}", case.image.file_name(), case.patches, case.length);
        match (&ours, &theirs) {
            (Seen::Unknown(_), _) => tally.unknown += 1,
            (_, Seen::Crashed) => tally.crashed += 1,
            (Seen::Paths(ours), Seen::Paths(theirs)) => {
                for ((path, ours), theirs) in case.paths.iter().zip(ours).zip(theirs) {
                    if matches!(ours, SeenFile::Unknown(_)) {
                        // What libext2fs did here may have left traces: the rest does not count.
                        tally.unknown += 1;
                        break;
                    }
                    if ours == theirs {
                        tally.agreed += 1;
                    } else {
                        let path = String::from_utf8_lossy(path);
                        tally.disagreements.push(format!("{} path {path}: ours {ours:?}, theirs {theirs:?}", shown()));
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
pub fn assert_same(cases: &[Case]) -> Tally {
    let tally = compare(cases);
    assert!(tally.disagreements.is_empty(), "{:#?}", tally.disagreements);
    assert_eq!((tally.unknown, tally.crashed), (0, 0));
    tally
}
