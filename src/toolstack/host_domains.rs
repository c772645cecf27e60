//! The domains of a host: the files of xl and libvirt that it keeps, and which of them it starts at boot.
//!
//! xl itself keeps no list. The script `xendomains` runs `xl create` for every name in its directory `auto`, whatever the file is
//! (Xen 4.17.7: a backup that an editor leaves there is started, too). By custom all others are in `/etc/xen`. libvirt's driver for Xen
//! keeps `/etc/libvirt/libxl/NAME.xml`, with a link in `autostart` for each that it starts (libvirt 9.0.0). xapi has one database for all
//! VMs of the pool, at the path that `/etc/xensource/db.conf` names.

use std::collections::{BTreeMap, HashSet};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::host::rooted::Rooted;
use crate::release::Release;
use crate::storage::beneath::NodeKind;
use crate::system_error::why;
use crate::toolstack::libvirt;
use crate::toolstack::xapi::database::{self, Vm};
use crate::xl::syntax;

/// The toolstack that a domain's file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keeper {
    /// xl.
    Xl,
    /// libvirt.
    Libvirt,
    /// xapi, in its database.
    Xapi,
}

impl Keeper {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Xl => "xl",
            Self::Libvirt => "libvirt",
            Self::Xapi => "xapi",
        }
    }
}

/// The file of a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostDomain {
    /// Its path on the host.
    pub path: PathBuf,
    /// Whose file it is.
    pub keeper: Keeper,
    /// Whether the host starts it at boot.
    pub starts_at_boot: bool,
    /// A saved state (`xl save`) that `xendomains` restores instead of starting it.
    pub saved_state: Option<PathBuf>,
    /// Its name says that it is a copy, and yet it is started.
    pub is_started_copy: bool,
    /// What xapi's database says of it.
    pub vm: Option<Vm>,
}

/// Why a file is not the file of a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassedOver {
    /// An editor's or a package manager's copy, by its name.
    Copy,
    /// An example of Xen's (`xlexample.*`).
    Example,
    /// The configuration of xl itself or of another program.
    OtherProgram,
    /// A text that assigns none of the names that a domain has.
    NotADomain,
    /// Not a text.
    Binary,
    /// A link to a file that is listed under another name.
    SecondName,
}

impl PassedOver {
    /// The word for it in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Copy => "copy",
            Self::Example => "example",
            Self::OtherProgram => "other-program",
            Self::NotADomain => "not-a-domain",
            Self::Binary => "binary",
            Self::SecondName => "second-name",
        }
    }

    /// What `count` of them are, as words after a number.
    pub fn noun(self, count: usize) -> &'static str {
        match (self, count == 1) {
            (Self::Copy, true) => "backup copy",
            (Self::Copy, false) => "backup copies",
            (Self::Example, true) => "example",
            (Self::Example, false) => "examples",
            (Self::OtherProgram, true) => "configuration of another program",
            (Self::OtherProgram, false) => "configurations of other programs",
            (Self::NotADomain, true) => "text that is not a domain",
            (Self::NotADomain, false) => "texts that are not domains",
            (Self::Binary, true) => "file that is not a text",
            (Self::Binary, false) => "files that are not texts",
            (Self::SecondName, true) => "second name of the same file",
            (Self::SecondName, false) => "second names of the same file",
        }
    }
}

/// What a host has.
#[derive(Clone, Debug, Default)]
pub struct HostDomains {
    /// Those that are started at boot first, then by path.
    pub domains: Vec<HostDomain>,
    /// What was passed over, by reason, with the paths on the host.
    pub passed_over: BTreeMap<PassedOver, Vec<PathBuf>>,
    /// What could not be read, and why.
    pub unreadable: Vec<(PathBuf, String)>,
    /// Whether the script that starts domains at boot is enabled; `None` where that cannot be seen.
    pub starts_domains: Option<bool>,
    /// Whether xapi keeps VMs here, in its own database.
    pub has_xapi: bool,
    /// Whether there are more files than are looked at.
    was_cut: bool,
}

/// Where settings of `xendomains` are: Debian's place, and that of others.
const SETTINGS: [&str; 2] = ["/etc/default/xendomains", "/etc/sysconfig/xendomains"];
/// Where xl's configurations are.
const XL: &str = "/etc/xen";
/// Where libvirt keeps its domains.
const LIBVIRT: &str = "/etc/libvirt/libxl";
/// Where xapi's database is if nothing else is said, and what says where it is.
const XAPI: [&str; 2] = ["/var/lib/xcp/state.db", "/etc/xensource/db.conf"];

/// Whether a root directory has one of the places where guests are looked for, or what says where; not if all are missing.
pub(crate) fn is_host(host: &Rooted) -> bool {
    let is_missing = |place: &str| {
        let node = host.node(Path::new(place));
        node.is_err_and(|error| matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory))
    };
    ![XL, LIBVIRT].into_iter().chain(SETTINGS).chain(XAPI).all(is_missing)
}

/// More files are not looked at.
const MOST: usize = 20_000;
/// How deep below `/etc/xen` files are looked for.
const DEPTH: usize = 4;

impl HostDomains {
    /// Finds them on a host, as an xl of `release` reads their files.
    pub fn find(host: &Rooted, release: Release) -> Self {
        let mut this = Self::default();
        let mut seen = HashSet::new();
        let settings = Xendomains::of(host);
        this.starts_domains = settings.is_enabled(host);
        if let Some(auto) = &settings.auto {
            this.started(host, auto, &settings, &mut seen);
        }
        let auto = settings.auto.as_deref().unwrap_or(Path::new("/etc/xen/auto"));
        this.kept(host, Path::new(XL), auto, release, 0, &mut seen);
        this.of_libvirt(host, &mut seen);
        this.of_xapi(host);
        // The VMs of a database keep its order.
        this.domains.sort_by(|a, b| (!a.starts_at_boot, &a.path).cmp(&(!b.starts_at_boot, &b.path)));
        this
    }

    /// What `xendomains` starts: each name in the directory but those that a shell's `*` leaves out.
    fn started(&mut self, host: &Rooted, auto: &Path, settings: &Xendomains, seen: &mut HashSet<(u64, u64)>) {
        for name in self.names(host, auto) {
            if name.starts_with('.') {
                continue;
            }
            let path = auto.join(&name);
            if self.is_full() {
                return;
            }
            // One file under two names is one domain: xl refuses to create it a second time.
            if identity(host, &path).is_some_and(|identity| !seen.insert(identity)) {
                self.passed_over.entry(PassedOver::SecondName).or_default().push(path);
                continue;
            }
            self.domains.push(HostDomain {
                keeper: Keeper::Xl,
                starts_at_boot: true,
                saved_state: settings.saved(host, &name),
                is_started_copy: is_copy(&name),
                vm: None,
                path,
            });
        }
    }

    /// What is kept in a directory and below it, without `auto`.
    fn kept(
        &mut self,
        host: &Rooted,
        directory: &Path,
        auto: &Path,
        release: Release,
        depth: usize,
        seen: &mut HashSet<(u64, u64)>,
    ) {
        for name in self.names(host, directory) {
            let path = directory.join(&name);
            if self.is_full() {
                return;
            }
            let Ok(node) = host.node(&path) else {
                self.unreadable.push((path, "it is a link to nothing".to_owned()));
                continue;
            };
            if node.kind == NodeKind::Directory {
                let is_link = host.is_link(&path);
                if path != auto && name != "scripts" && depth < DEPTH && !is_link && !name.starts_with('.') {
                    self.kept(host, &path, auto, release, depth + 1, seen);
                }
                continue;
            }
            if node.kind != NodeKind::Regular {
                continue;
            }
            if let Some(why) = by_name(&name) {
                self.passed_over.entry(why).or_default().push(path);
                continue;
            }
            let identity = (node.device, node.inode);
            if seen.contains(&identity) {
                self.passed_over.entry(PassedOver::SecondName).or_default().push(path);
                continue;
            }
            match text_of(host, &path).map(|text| by_text(&text, release)) {
                Ok(None) => {
                    seen.insert(identity);
                    self.domains.push(HostDomain {
                        path,
                        keeper: Keeper::Xl,
                        starts_at_boot: false,
                        saved_state: None,
                        is_started_copy: false,
                        vm: None,
                    });
                }
                Ok(Some(why)) => self.passed_over.entry(why).or_default().push(path),
                Err(error) => self.unreadable.push((path, why(&error))),
            }
        }
    }

    fn of_libvirt(&mut self, host: &Rooted, seen: &mut HashSet<(u64, u64)>) {
        let directory = Path::new(LIBVIRT);
        let started = self.names(host, &directory.join("autostart"));
        for name in self.names(host, directory) {
            let path = directory.join(&name);
            if self.is_full() {
                return;
            }
            if !name.ends_with(".xml") || !host.is_file(&path) {
                continue;
            }
            if identity(host, &path).is_some_and(|identity| seen.contains(&identity)) {
                continue;
            }
            match text_of(host, &path) {
                Ok(text) if libvirt::is_domain(&text) => self.domains.push(HostDomain {
                    path,
                    keeper: Keeper::Libvirt,
                    starts_at_boot: started.contains(&name),
                    saved_state: None,
                    is_started_copy: false,
                    vm: None,
                }),
                Ok(_) => self.passed_over.entry(PassedOver::NotADomain).or_default().push(path),
                Err(error) => self.unreadable.push((path, why(&error))),
            }
        }
    }

    /// Whether no more files are looked at. That is said once: a guest that is missing from the list would look as if it booted.
    fn is_full(&mut self) -> bool {
        let files = self.passed_over.values().map(Vec::len).sum::<usize>() + self.domains.len();
        let is_full = files + self.unreadable.len() >= MOST;
        if is_full && !self.was_cut {
            self.was_cut = true;
            self.unreadable.push((
                PathBuf::from("/etc"),
                format!("it has more than {MOST} files of domains, and others are not looked at"),
            ));
        }
        is_full
    }

    fn of_xapi(&mut self, host: &Rooted) {
        let path = xapi_database(host);
        if !host.is_file(&path) {
            return;
        }
        self.has_xapi = true;
        let read = host.open(&path).map_err(|error| why(&error)).and_then(|file| {
            let mut packed = BufReader::new(file);
            // `compress:true` in db.conf.
            let is_packed = packed.fill_buf().is_ok_and(|start| start.starts_with(&[0x1f, 0x8b]));
            let read = match is_packed {
                true => database::read(BufReader::new(MultiGzDecoder::new(packed).take(LARGEST_DATABASE))),
                false => database::read(packed.take(LARGEST_DATABASE)),
            };
            read.map_err(|error| error.to_string())
        });
        match read {
            Ok(vms) => self.domains.extend(vms.into_iter().map(|vm| HostDomain {
                path: path.clone(),
                keeper: Keeper::Xapi,
                starts_at_boot: vm.starts_at_boot,
                saved_state: None,
                is_started_copy: false,
                vm: Some(vm),
            })),
            Err(error) => self.unreadable.push((path, error)),
        }
    }

    /// The names in a directory, sorted; none where there is no such directory.
    fn names(&mut self, host: &Rooted, directory: &Path) -> Vec<String> {
        let names = match host.names(directory) {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
            Err(error) => {
                self.unreadable.push((directory.to_owned(), why(&error)));
                return Vec::new();
            }
        };
        let mut sorted = Vec::new();
        for name in names {
            match name.into_string() {
                Ok(name) => sorted.push(name),
                Err(name) => {
                    let path = directory.join(name);
                    self.unreadable.push((path, "its name is not UTF-8".to_owned()));
                }
            }
        }
        sorted.sort_unstable();
        sorted
    }
}

fn identity(host: &Rooted, path: &Path) -> Option<(u64, u64)> {
    host.node(path).ok().map(|node| (node.device, node.inode))
}

fn text_of(host: &Rooted, path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    host.open(path)?.take(syntax::LIMIT as u64 + 1).read_to_end(&mut text)?;
    Ok(text)
}

/// The largest pools have some tens of megabytes.
const LARGEST_DATABASE: u64 = 256 << 20;

/// Where xapi's database is: the first path in square brackets in its settings.
fn xapi_database(host: &Rooted) -> PathBuf {
    let settings = text_of(host, Path::new(XAPI[1])).unwrap_or_default();
    let settings = String::from_utf8_lossy(&settings);
    let named = settings.lines().find_map(|line| line.trim_end().strip_prefix('[')?.strip_suffix(']'));
    PathBuf::from(named.filter(|path| path.starts_with('/')).unwrap_or(XAPI[0]))
}

/// The endings of copies that editors and package managers leave.
const COPIES: [&str; 16] = [
    "~",
    ".bak",
    ".backup",
    ".old",
    ".orig",
    ".save",
    ".swp",
    ".swo",
    ".rej",
    ".tmp",
    ".dpkg-old",
    ".dpkg-dist",
    ".dpkg-new",
    ".rpmsave",
    ".rpmnew",
    ".rpmorig",
];

fn is_copy(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    COPIES.iter().any(|ending| name.ends_with(ending)) || name.contains(".ucf-") || name.starts_with('#')
}

/// Why a file in `/etc/xen` is not a domain's, where its name says so.
fn by_name(name: &str) -> Option<PassedOver> {
    if is_copy(name) || name.starts_with('.') {
        return Some(PassedOver::Copy);
    }
    if name.starts_with("xlexample") || name.starts_with("xmexample") {
        return Some(PassedOver::Example);
    }
    let programs = ["xl.conf", "oxenstored.conf", "cxenstored.conf", "xenstored.conf", "cpupool"];
    if programs.contains(&name) || name.starts_with("xend-") {
        return Some(PassedOver::OtherProgram);
    }
    (name.to_ascii_uppercase().starts_with("README")).then_some(PassedOver::NotADomain)
}

/// What only a domain's configuration assigns to.
const NAMES: [&str; 9] = ["disk", "kernel", "bootloader", "firmware", "builder", "type", "memory", "vcpus", "name"];

/// Why a file is not a domain's, where its text says so. One that xl cannot parse is one all the same where a line of it assigns
/// to such a name: it must not disappear from the list because of an error.
fn by_text(text: &[u8], release: Release) -> Option<PassedOver> {
    if memchr::memchr(0, text).is_some() || text.len() > syntax::LIMIT {
        return Some(PassedOver::Binary);
    }
    let is_domain = match syntax::parse(text, release) {
        Ok(settings) => NAMES.iter().filter(|name| settings.get(name).is_some()).count() > 1,
        Err(_) => text.split(|&byte| byte == b'\n').any(|line| {
            let line = line.trim_ascii_start();
            NAMES.iter().any(|name| {
                let rest = line.strip_prefix(name.as_bytes()).map(<[u8]>::trim_ascii_start);
                rest.is_some_and(|rest| rest.starts_with(b"=") || rest.starts_with(b"+="))
            })
        }),
    };
    (!is_domain).then_some(PassedOver::NotADomain)
}

/// The settings of `xendomains` that count here.
struct Xendomains {
    /// The directory; `None` where nothing is to be started.
    auto: Option<PathBuf>,
    /// Where saved states are, where they are restored.
    save: Option<PathBuf>,
}

impl Xendomains {
    fn of(host: &Rooted) -> Self {
        let text = SETTINGS.iter().find_map(|path| text_of(host, Path::new(path)).ok()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        let value = |key: &str| {
            let value = text.lines().rev().find_map(|line| line.trim_start().strip_prefix(key)?.strip_prefix('='))?;
            Some(value.trim().trim_matches(['"', '\'']).to_owned())
        };
        let directory = |key, default: &str| {
            let path = value(key).unwrap_or_else(|| default.to_owned());
            (!path.is_empty()).then(|| PathBuf::from(path))
        };
        let restores = value("XENDOMAINS_RESTORE").is_none_or(|word| word == "true");
        Self {
            auto: directory("XENDOMAINS_AUTO", "/etc/xen/auto"),
            save: directory("XENDOMAINS_SAVE", "/var/lib/xen/save").filter(|_| restores),
        }
    }

    /// The saved state by the name of a file in `auto`: such a domain is restored, and not started.
    fn saved(&self, host: &Rooted, name: &str) -> Option<PathBuf> {
        let path = self.save.as_ref()?.join(name);
        host.is_file(&path).then_some(path)
    }

    /// Whether an init system runs it: links of systemd, of System V's runlevels or of OpenRC.
    fn is_enabled(&self, host: &Rooted) -> Option<bool> {
        let mut known = false;
        for (directory, is_it) in [
            ("/etc/systemd/system", (|name: &str| name == "xendomains.service") as fn(&str) -> bool),
            ("/etc", |name: &str| name.starts_with('S') && name.ends_with("xendomains")),
            ("/etc/runlevels", |name: &str| name == "xendomains"),
        ] {
            let Ok(below) = host.names(Path::new(directory)) else { continue };
            let of_system_v = directory == "/etc";
            for folder in below.into_iter().filter_map(|name| name.into_string().ok()) {
                let counts = match of_system_v {
                    true => ["rc2.d", "rc3.d", "rc4.d", "rc5.d"].contains(&folder.as_str()),
                    false => directory == "/etc/runlevels" || folder.ends_with(".wants"),
                };
                if !counts {
                    continue;
                }
                let names = host.names(&Path::new(directory).join(folder)).unwrap_or_default();
                known |= !names.is_empty();
                if names.iter().filter_map(|name| name.to_str()).any(is_it) {
                    return Some(true);
                }
            }
        }
        known.then_some(false)
    }
}

/// The name of a domain's file without its directory and ending: what the domain is called where it does not say it.
pub fn stem(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_told_apart() {
        assert_eq!(by_name("web.cfg~"), Some(PassedOver::Copy));
        assert_eq!(by_name("web.cfg.dpkg-old"), Some(PassedOver::Copy));
        assert_eq!(by_name("xlexample.pvlinux"), Some(PassedOver::Example));
        assert_eq!(by_name("xl.conf"), Some(PassedOver::OtherProgram));
        assert_eq!(by_name("README.Debian"), Some(PassedOver::NotADomain));
        assert_eq!(by_name("web"), None);
        let text = |text: &str| by_text(text.as_bytes(), Release::NEWEST);
        assert_eq!(text("name = 'a'\nmemory = 512\n"), None);
        assert_eq!(text("autoballoon = \"off\"\n"), Some(PassedOver::NotADomain));
        assert_eq!(text("name = 'a\nmemory = 512\n"), None);
        assert_eq!(text("pid-file = /var/run/x\n"), Some(PassedOver::NotADomain));
        assert_eq!(text("a\0b"), Some(PassedOver::Binary));
    }
}
