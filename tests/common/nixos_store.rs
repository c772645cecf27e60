//! The store and the profiles of a NixOS guest, as far as a boot loader's installer looks at them: below a directory of their own,
//! with absolute links that lead through it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use pregrub::generate::grub_cfg::{PlanOptions, RootDirectory, Search};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::kernels::{Elf, bzimage};

/// A system to build. The number makes its paths and contents different from those of others.
#[derive(Clone, Debug)]
pub struct Spec {
    pub number: u64,
    pub params: Vec<String>,
    pub label: String,
    pub boot_json: bool,
    pub initrd: bool,
    /// What `append-initrd-secrets` appends; nothing is appended where it is empty, and there is no such program where it is
    /// `None`.
    pub secrets: Option<String>,
    pub specialisations: Vec<(String, Spec)>,
    /// Systems with the same numbers here share a kernel or an initrd.
    pub kernel: u64,
    pub initrd_number: u64,
}

impl Spec {
    pub fn new(number: u64) -> Self {
        Self {
            number,
            params: vec!["console=hvc0".into(), format!("loglevel={number}")],
            label: format!("NixOS Uakari 24.05.{number} (Linux 6.6.{number})"),
            boot_json: true,
            initrd: true,
            secrets: None,
            specialisations: Vec::new(),
            kernel: number,
            initrd_number: number,
        }
    }
}

/// What must be booted where a system is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub kernel: Vec<u8>,
    pub initrd: Option<Vec<u8>>,
    pub args: String,
}

/// A guest's files.
pub struct Store {
    directory: TempDir,
    /// By the path of `init`.
    pub systems: BTreeMap<String, Expected>,
}

/// A kernel that Xen loads, with its number at the end, where nothing looks.
pub fn kernel_of(number: u64) -> Vec<u8> {
    use std::io::Write;
    let elf = Elf { code: 100, ..Elf::default() }.bytes();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&elf).expect("memory can be written");
    let mut kernel = bzimage(&packed.finish().expect("memory can be written"));
    kernel.extend(format!("kernel {number}\n").repeat(100).into_bytes());
    kernel
}

/// An initrd with an /init, and its number in it.
pub fn initrd_of(number: u64) -> Vec<u8> {
    let mut initrd = archive("init", format!("initrd {number}\n").repeat(200).as_bytes());
    initrd.extend(archive("TRAILER!!!", b""));
    initrd
}

/// An entry of cpio's newc format, padded.
fn archive(name: &str, data: &[u8]) -> Vec<u8> {
    let mut entry = format!("070701{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}", 1, 0o100_755, 0, 0, 1, 0, data.len());
    entry += &format!("{:08X}{:08X}{:08X}{:08X}{:08X}{:08X}", 0, 0, 0, 0, name.len() + 1, 0);
    entry += &format!("{name}\0");
    let mut entry = entry.into_bytes();
    entry.resize(entry.len().next_multiple_of(4), 0);
    entry.extend(data);
    entry.resize(entry.len().next_multiple_of(4), 0);
    entry
}

pub const PROFILES: &str = "/nix/var/nix/profiles";

impl Store {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory can be made");
        for path in ["nix/store", "nix/var/nix/profiles", "boot"] {
            fs::create_dir_all(directory.path().join(path)).expect("a directory can be made");
        }
        Self { directory, systems: BTreeMap::new() }
    }

    /// A guest with these systems as generations 1, 2, ..., the last of which is current.
    pub fn of(specs: &[Spec]) -> Self {
        let mut store = Self::new();
        for (number, spec) in (1..).zip(specs) {
            let toplevel = store.build(spec);
            store.link(None, number, &toplevel);
        }
        store
    }

    pub fn root(&self) -> &Path {
        self.directory.path()
    }

    pub fn boot(&self) -> PathBuf {
        self.root().join("boot")
    }

    /// Where a path of the guest's is on this machine.
    pub fn host(&self, path: &str) -> PathBuf {
        self.root().join(path.trim_start_matches('/'))
    }

    /// How pregrub is called for it: as if a filesystem were mounted on `/boot`.
    pub fn options(&self) -> PlanOptions {
        PlanOptions {
            root: RootDirectory::new(self.root()),
            boot: self.boot(),
            prefix: Some(String::new()),
            search: Search::Never,
            profiles: PROFILES.into(),
            run_secrets: true,
            ..PlanOptions::default()
        }
    }

    /// The arguments of the program that say the same.
    pub fn arguments(&self) -> Vec<String> {
        let path = |path: &Path| path.to_str().expect("temporary names are UTF-8").to_owned();
        let words = ["generate", "grub-cfg", "--prefix", "/", "--uuid", "none", "--secrets", "run", "--root"];
        let mut words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        words.extend([path(self.root()), "--boot".into(), path(&self.boot())]);
        words
    }

    /// Builds a system, and gives its path in the guest.
    pub fn build(&mut self, spec: &Spec) -> String {
        let hash = |what: &str, number: u64| {
            let hash = format!("{what}{number}").replace('e', "x");
            format!("{hash:z>32}")
        };
        let Spec { number, kernel, initrd_number, .. } = *spec;
        let kernel_path = format!("/nix/store/{}-linux-6.6.{kernel}/bzImage", hash("k", kernel));
        let kernel_bytes = kernel_of(kernel);
        self.file(&kernel_path, &kernel_bytes);
        let initrd_path = format!("/nix/store/{}-initrd-linux-6.6.{initrd_number}/initrd", hash("i", initrd_number));
        let initrd_bytes = initrd_of(initrd_number);
        let toplevel = format!("/nix/store/{}-nixos-system-domu-24.05.{number}", hash("s", number));
        self.file(&format!("{toplevel}/init"), b"#!/bin/sh\n");
        self.file(&format!("{toplevel}/kernel-params"), spec.params.join(" ").as_bytes());
        self.file(&format!("{toplevel}/nixos-version"), format!("24.05.{number}").as_bytes());
        self.symlink(&format!("{toplevel}/kernel"), &kernel_path);
        let mut initrd = None;
        let secrets = format!("{toplevel}/append-initrd-secrets");
        if spec.initrd {
            self.file(&initrd_path, &initrd_bytes);
            self.symlink(&format!("{toplevel}/initrd"), &initrd_path);
            initrd = Some(initrd_bytes);
        }
        if let Some(text) = &spec.secrets {
            self.program(&secrets, &format!("#!/bin/sh\nprintf '%s' '{text}' >> \"$1\"\n"));
            if let Some(initrd) = &mut initrd {
                initrd.extend_from_slice(text.as_bytes());
            }
        }
        for (name, variant) in &spec.specialisations {
            let path = self.build(variant);
            self.symlink(&format!("{toplevel}/specialisation/{name}"), &path);
        }
        if spec.boot_json {
            let json = self.boot_json(spec, &toplevel);
            self.file(&format!("{toplevel}/boot.json"), json.to_string().as_bytes());
        }
        let words: Vec<&str> = spec.params.iter().flat_map(|param| param.split_whitespace()).collect();
        let args = format!("init={toplevel}/init {}", words.join(" ")).trim_end().to_owned();
        self.systems.insert(format!("{toplevel}/init"), Expected { kernel: kernel_bytes, initrd, args });
        toplevel
    }

    fn boot_json(&self, spec: &Spec, toplevel: &str) -> Value {
        let link = |name: &str| fs::read_link(self.host(&format!("{toplevel}/{name}"))).ok();
        let variants: BTreeMap<&String, Value> = spec
            .specialisations
            .iter()
            .map(|(name, variant)| {
                let path = fs::read_link(self.host(&format!("{toplevel}/specialisation/{name}"))).expect("made above");
                (name, self.boot_json(variant, path.to_str().expect("ASCII")))
            })
            .collect();
        let mut bootspec = json!({
            "system": "x86_64-linux",
            "init": format!("{toplevel}/init"),
            "kernel": link("kernel"),
            "kernelParams": spec.params,
            "label": spec.label,
            "toplevel": toplevel,
        });
        // NixOS leaves out what there is not.
        if let Some(initrd) = link("initrd") {
            bootspec["initrd"] = json!(initrd);
        }
        if spec.secrets.is_some() {
            bootspec["initrdSecrets"] = json!(format!("{toplevel}/append-initrd-secrets"));
        }
        json!({
            "org.nixos.bootspec.v1": bootspec,
            "org.nixos.specialisation.v1": variants,
            "com.example.extension": {"sizes": [1, 2.5], "size": 18_446_744_073_709_551_615_u64},
        })
    }

    /// Makes a generation of a profile, a day after the one before it, and makes it the current one.
    pub fn link(&self, profile: Option<&str>, number: u64, toplevel: &str) -> String {
        let (directory, name) = match profile {
            None => (PROFILES.to_owned(), "system"),
            Some(name) => (format!("{PROFILES}/system-profiles"), name),
        };
        let link = format!("{directory}/{name}-{number}-link");
        self.symlink(&link, toplevel);
        // 1 June 2024 is the first.
        let made = UNIX_EPOCH + Duration::from_secs(1_717_200_000 + (number - 1) * 86_400);
        set_link_time(&self.host(&link), made);
        let current = self.host(&format!("{directory}/{name}"));
        let _ = fs::remove_file(&current);
        symlink(format!("{name}-{number}-link"), current).expect("a link can be made");
        link
    }

    pub fn file(&self, path: &str, content: &[u8]) {
        let place = self.host(path);
        fs::create_dir_all(place.parent().expect("it is below the root")).expect("a directory can be made");
        fs::write(place, content).expect("a file can be written");
    }

    pub fn program(&self, path: &str, text: &str) {
        self.file(path, text.as_bytes());
        fs::set_permissions(self.host(path), fs::Permissions::from_mode(0o755)).expect("it was made here");
    }

    pub fn symlink(&self, path: &str, target: &str) {
        let place = self.host(path);
        fs::create_dir_all(place.parent().expect("it is below the root")).expect("a directory can be made");
        let _ = fs::remove_file(&place);
        symlink(target, place).expect("a link can be made");
    }
}

/// The time of the link itself, which the standard library cannot set.
fn set_link_time(link: &Path, time: std::time::SystemTime) {
    use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
    let seconds = time.duration_since(UNIX_EPOCH).expect("later than 1970").as_secs();
    let time = Timespec { tv_sec: i64::try_from(seconds).expect("this century"), tv_nsec: 0 };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, link, &times, AtFlags::SYMLINK_NOFOLLOW).expect("it was made here");
}

/// All files below a directory, by their path from there.
pub fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    walkdir::WalkDir::new(directory)
        .into_iter()
        .map(|entry| entry.expect("it can be read"))
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(directory).expect("it is below");
            (path.to_str().expect("UTF-8").to_owned(), fs::read(entry.path()).expect("it can be read"))
        })
        .collect()
}

/// Copies files to where they were.
pub fn write_files(directory: &Path, files: &BTreeMap<String, Vec<u8>>) {
    for (path, content) in files {
        let place = directory.join(path);
        fs::create_dir_all(place.parent().expect("it is below")).expect("a directory can be made");
        fs::write(place, content).expect("a file can be written");
    }
    // A directory that is empty there is needed as well.
    for name in ["kernels", "grub"] {
        let _ = fs::create_dir(directory.join(name));
    }
    drop(File::open(directory).expect("it is there"));
}
