//! The installed xl, brought as far as a machine without Xen allows: `xl create` with stand-ins for hypervisor and xenstore
//! (`tests/oracle/xl/`). It starts the bootloader, reads its result, and ends where a kernel is to be placed in memory.

use std::ffi::OsString;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tempfile::TempDir;

use super::oracle::Oracle;
use super::{drop_in, program, tools};

/// The real xl beside the oracle, and the stand-ins.
pub struct Xl {
    xl: PathBuf,
    stand_in: &'static Path,
    release: Vec<(String, Option<String>)>,
}

/// What came of `xl create`.
#[derive(Debug)]
pub struct Created {
    pub status: Option<i32>,
    /// What xl said with `-vvv`; what differs from run to run is taken out.
    pub log: String,
    /// The arguments that libxl called the bootloader with, itself first.
    pub arguments: Vec<String>,
    /// Its environment.
    pub variables: Vec<String>,
    /// Its standard input, output and error: `0 terminal 0x0`.
    pub files: Vec<String>,
    /// What the bootloader wrote on its terminal.
    pub console: String,
    /// What reached the domain builder.
    pub built: Built,
    /// The bootloader's files that are still there.
    pub left: Vec<String>,
}

/// What xl handed to the domain builder.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Built {
    pub kernel: Option<Vec<u8>>,
    pub ramdisk: Option<Vec<u8>>,
    pub arguments: Option<String>,
    /// Where a path was handed over instead of what the bootloader copied.
    pub paths: Vec<String>,
}

impl Xl {
    /// The xl of the oracle's release; nothing, visibly, where xl or a compiler with Xen's headers is missing.
    pub fn find(oracle: &Oracle) -> Option<Self> {
        let xl = oracle.pygrub.with_file_name("xl");
        let there = tools::have(xl.to_str().expect("UTF-8")) && tools::have("/usr/include/xenctrl.h");
        let release = drop_in::environment(oracle).into_iter().collect();
        there.then(|| Self { xl, stand_in: stand_in(), release })
    }

    /// `xl -vvv create` of a configuration: these lines, and a bootloader, which may be a bare name.
    pub fn create(&self, bootloader: &str, lines: &str) -> Created {
        self.create_with_keys(bootloader, lines, "")
    }

    /// The same with somebody at the console (`xl create -c`), who types once the menu is there.
    pub fn create_with_keys(&self, bootloader: &str, lines: &str, keys: &str) -> Created {
        let text = format!("name = \"guest\"\nmemory = 64\nbootloader = \"{bootloader}\"\n{lines}\n");
        self.create_configured(bootloader, &text, keys)
    }

    /// What `xl create -n` makes of a configuration: whether it takes it, its JSON, and what it says.
    pub fn dry_run(&self, text: &str) -> (bool, serde_json::Value, String) {
        let directory = TempDir::new().expect("a temporary directory can be made");
        let root = directory.path();
        fs::create_dir_all(root.join("etc/xen")).expect("a directory can be made");
        fs::write(root.join("etc/xen/xl.conf"), "").expect("a file can be made");
        let config = root.join("guest.cfg");
        fs::write(&config, text).expect("a file can be made");
        let output = Command::new(&self.xl)
            .args(["create", "-n"])
            .arg(&config)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("XL_STAND_IN", root)
            .env("LD_PRELOAD", self.stand_in)
            .stdin(Stdio::null())
            .output()
            .expect("xl is there");
        let json = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.success(), json, String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// `xl -vvv create` of a whole configuration.
    pub fn create_configured(&self, bootloader: &str, text: &str, keys: &str) -> Created {
        let directory = TempDir::new().expect("a temporary directory can be made");
        let root = directory.path();
        for place in ["var/lib/xen", "var/log/xen", "var/run/xen", "var/lock", "etc/xen"] {
            fs::create_dir_all(root.join(place)).expect("a directory can be made");
        }
        fs::write(root.join("etc/xen/xl.conf"), "").expect("a file can be made");
        let config = root.join("guest.cfg");
        fs::write(&config, text).expect("a file can be made");
        // xl alone is to have it.
        let mut preload = OsString::from("LD_PRELOAD=");
        preload.push(self.stand_in);
        let child = Command::new("timeout")
            .args(["60", "env"])
            .arg(&preload)
            .arg(&self.xl)
            .args(["-vvv", "create"])
            .arg(&config)
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("XL_STAND_IN", root.to_str().expect("UTF-8"))])
            .envs(self.release.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("timeout is in coreutils");
        let over = Arc::new(AtomicBool::new(false));
        let somebody = (!keys.is_empty()).then(|| {
            let (told, keys, over) = (root.join("console"), keys.to_owned(), Arc::clone(&over));
            std::thread::spawn(move || type_at_menu(&told, &keys, &over))
        });
        let output = child.wait_with_output().expect("the child was started here");
        over.store(true, Ordering::Relaxed);
        somebody.into_iter().for_each(|somebody| somebody.join().expect("the reader does not panic"));
        let said = [output.stdout, output.stderr].concat();
        let called = fs::read(root.join("called")).unwrap_or_default();
        let items = |kind: &str| {
            let items = called.split(|byte| *byte == 0).map(|item| String::from_utf8_lossy(item).into_owned());
            items.filter_map(|item| Some(item.strip_prefix(kind)?.trim_start().to_owned())).collect::<Vec<_>>()
        };
        let text =
            |path: &str| fs::read(root.join(path)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let steady = |text: &str| steady(text, root, bootloader);
        Created {
            status: output.status.code(),
            log: steady(&String::from_utf8_lossy(&said)),
            arguments: items("argument "),
            variables: items("variable ").into_iter().filter(|item| !item.starts_with("XL_STAND_IN=")).collect(),
            files: items("file "),
            console: steady(&text("var/log/xen/bootloader.1.log").unwrap_or_default()),
            built: Built {
                kernel: fs::read(root.join("kernel")).ok(),
                ramdisk: fs::read(root.join("ramdisk")).ok(),
                arguments: text("arguments"),
                paths: ["kernel-path", "ramdisk-path"].iter().filter_map(|name| text(name)).collect(),
            },
            left: left(&root.join("var/lib/xen")),
        }
    }
}

/// Waits for the name of the console in the file `told`, then for the menu, and types.
fn type_at_menu(told: &Path, keys: &str, over: &AtomicBool) {
    let path = loop {
        match fs::read_to_string(told) {
            Ok(path) => break path,
            Err(_) if over.load(Ordering::Relaxed) => return,
            Err(_) => std::thread::sleep(Duration::from_millis(10)),
        }
    };
    /// Not to become the controlling terminal.
    const O_NOCTTY: i32 = 0o400;
    let opened = fs::OpenOptions::new().read(true).write(true).custom_flags(O_NOCTTY).open(path);
    // An end that came first has taken the console with it.
    let Ok(mut console) = opened else { return };
    let (mut seen, mut buffer, mut typed) = (Vec::new(), [0; 4096], false);
    while let Ok(read @ 1..) = console.read(&mut buffer) {
        seen.extend_from_slice(&buffer[..read]);
        // The last words of the menu's frame.
        if !typed && String::from_utf8_lossy(&seen).contains(MENU) {
            typed = true;
            if console.write_all(keys.as_bytes()).is_err() {
                return;
            }
        }
    }
}

/// What stands on a console once pygrub's menu is drawn.
pub const MENU: &str = "Will boot selected entry in";

/// The names of the bootloader's files in the folder, and in those below.
fn left(folder: &Path) -> Vec<String> {
    walkdir::WalkDir::new(folder)
        .min_depth(1)
        .into_iter()
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| name.starts_with("boot"))
        .collect()
}

/// The text without addresses, process ids, random names, the temporary directory and the name of the bootloader.
fn steady(text: &str, root: &Path, bootloader: &str) -> String {
    let text = text.replace(root.to_str().expect("UTF-8"), "@ROOT").replace(bootloader, "@BOOTLOADER");
    let mut out = String::new();
    for line in text.lines() {
        let mut before = "";
        for word in line.split(' ') {
            if let Some(at) = word.find("boot_kernel.").or_else(|| word.find("boot_ramdisk.")) {
                let random = word[at..].find('.').map_or(word.len(), |dot| at + dot + 1);
                out.push_str(&word[..random]);
                out.push_str("XXXXXXXX");
            } else if let Some(at) = word.find("0x") {
                out.push_str(&word[..at]);
                out.push_str("0x");
            } else if before == "pid" || (word.starts_with('[') && word.ends_with(']')) {
                out.push_str("PID");
            } else {
                out.push_str(word);
            }
            out.push(' ');
            before = word;
        }
        out.push('\n');
    }
    out
}

/// The drop-in under the name that xl calls: a folder with the link `pygrub` in it, and the path of that.
pub fn linked_drop_in() -> (TempDir, String) {
    let directory = TempDir::new().expect("a temporary directory can be made");
    let link = directory.path().join("pygrub");
    std::os::unix::fs::symlink(program::path(), &link).expect("a link can be made");
    let path = link.to_str().expect("UTF-8").to_owned();
    (directory, path)
}

/// The stand-ins, compiled once a run of the tests.
fn stand_in() -> &'static Path {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        // Under a name of its own until it is whole: another run of the tests may be at it.
        let (made, library) =
            (folder.join(format!("xl-stand-in.{}", std::process::id())), folder.join("xl-stand-in.so"));
        let sources = ["hypervisor", "cpu_policy", "xenstore", "places", "builder"];
        let status = Command::new("gcc")
            .args(["-O1", "-Wall", "-Wextra", "-Wno-unused-parameter", "-shared", "-fPIC", "-o"])
            .arg(&made)
            .args(sources.map(|name| program::root().join(format!("tests/oracle/xl/{name}.c"))))
            .arg("-ldl")
            .status()
            .expect("gcc is installed: it links what cargo builds");
        assert!(status.success(), "gcc: {status}");
        fs::rename(made, &library).expect("both are in one folder");
        library
    })
}
