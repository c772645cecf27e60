//! How libxl calls the bootloader of a domain, and where it does not come to that.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::disk::{Backend, Disk, DiskFormat};
use super::domain::{Domain, DomainDisk, GuestKind};
use super::settings::{Item, shown};
use super::unknown_option;
use crate::boot::command_line::{self, CopyDirectory, EarlyExit};
use crate::boot::{Caller, Options, OutputFormat, Task, Verdict};
use crate::config::Span;
use crate::flavour::{Build, Flavour};
use crate::python::PyStr;
use crate::release::{Change, Release};

/// The file that libxl reads the result from. The number is the domain's; the folder is that of Debian's Xen 4.17.
pub const OUTPUT: &str = "/var/lib/xen/bootloader.1.out";
/// The folder that libxl makes for the copies.
pub const OUTPUT_DIRECTORY: &str = "/var/lib/xen/bootloader.1.d";
/// Stands for the user that a restricted bootloader is run as: which it is depends on the host.
pub const RESTRICTED_USER: &str = "65534";

/// A call of a bootloader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The bootloader as the configuration names it. A bare name is one of libxl's own programs, where it has such a one.
    pub bootloader: Item,
    /// Its arguments, without the disk.
    pub arguments: Vec<PyStr>,
    /// Where `bootloader_args` stand, or else the bootloader.
    pub arguments_span: Span,
    /// The file or device that it gets last: the target of the first disk.
    pub disk: PyStr,
    /// The format of the disk's image, where libxl attaches it to dom0 before it calls the bootloader, which then gets that device.
    pub attached: Option<DiskFormat>,
    /// Where the disk's specification stands.
    pub disk_span: Span,
    /// The disk's specification. `None` if libvirt gives the disk, which has none.
    pub(crate) specification: Option<PyStr>,
}

/// Where libxl attaches the image of a disk for its bootloader: what `blkdev_start` in xl.conf says by default.
const ATTACHED: &[u8] = b"/dev/xvda";

/// Why pygrub is not run for a domain, or why pregrub cannot tell what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotInvoked {
    /// *fails* where it is certain that nothing boots, since xl, libxl or pygrub end with an error; *not applicable* where the domain
    /// boots without pygrub; else *unknown*.
    pub verdict: Verdict,
    /// Why, in one sentence without a full stop.
    pub reason: String,
    /// Where in the configuration, if it is something that stands there.
    pub span: Option<Span>,
    /// The way out, where it is known.
    pub help: Option<String>,
}

impl NotInvoked {
    fn fails(reason: impl Into<String>, span: Option<Span>, help: &str) -> Self {
        Self { verdict: Verdict::Fails, reason: reason.into(), span, help: (!help.is_empty()).then(|| help.to_owned()) }
    }

    fn unknown(reason: impl Into<String>, span: Option<Span>, help: &str) -> Self {
        Self { verdict: Verdict::Unknown, ..Self::fails(reason, span, help) }
    }

    fn not_applicable(reason: impl Into<String>, span: Option<Span>, help: &str) -> Self {
        Self { verdict: Verdict::NotApplicable, ..Self::fails(reason, span, help) }
    }
}

const IMAGE_INSTEAD: &str = "give pregrub the disk itself";

impl Domain {
    /// How libxl calls the bootloader: the first disk is the one that it gets.
    ///
    /// # Errors
    ///
    /// It does not call one, or not with something that can be known from the configuration.
    ///
    /// Measured with xl 4.17.7 and stand-ins for the hypervisor (`tests/xl/call.rs`).
    pub fn call(&self, release: Release) -> Result<Call, NotInvoked> {
        if let Some(refusal) = &self.refusal {
            return Err(NotInvoked::fails(refusal.reason.clone(), refusal.span, refusal.help));
        }
        if self.guest == GuestKind::Hvm {
            let help = "with `type = \"pv\"` or `type = \"pvh\"` pygrub is run";
            let reason = "this is an HVM guest, which boots from its own firmware: Xen runs no bootloader for it";
            return Err(NotInvoked::not_applicable(reason, self.guest_span, help));
        }
        let Some(bootloader) = &self.bootloader else {
            let kernel = self.kernel.as_ref().or(self.firmware.as_ref());
            let name = kernel.map(|kernel| shown(&kernel.text)).unwrap_or_default();
            let reason = format!(
                "there is no bootloader: Xen starts the kernel `{name}` of dom0, and does not look into the disk"
            );
            return Err(NotInvoked::not_applicable(reason, kernel.map(|kernel| kernel.span), ""));
        };
        let Some(DomainDisk { specification, disk }) = self.disks.first() else {
            return Err(self.no_disk());
        };
        // What another bootloader is given need not be known.
        let target = direct_path(disk, specification).map_err(|why| match not_pygrub(bootloader) {
            Some(other) if why.verdict == Verdict::Unknown => other,
            _ => why,
        })?;
        let mut arguments = Vec::new();
        let mut add = |option: &str, value: &[u8]| arguments.push(PyStr::from([option.as_bytes(), value].concat()));
        if let Some(kernel) = &self.kernel {
            add("--kernel=", kernel.text.as_bytes());
        } else if let Some(firmware) = &self.firmware {
            let reason = "firmware stands for a kernel of dom0, which pygrub would look for in the guest";
            return Err(NotInvoked::fails(reason, Some(firmware.span), "remove firmware, or the bootloader"));
        }
        if let Some(ramdisk) = &self.ramdisk {
            add("--ramdisk=", ramdisk.text.as_bytes());
        }
        if let Some(cmdline) = self.cmdline.as_ref().filter(|cmdline| !cmdline.text.is_empty()) {
            add("--args=", cmdline.text.as_bytes());
        }
        if self.bootloader_restricted {
            add("--runas=", RESTRICTED_USER.as_bytes());
            add("--quiet", b"");
        }
        add("--output=", OUTPUT.as_bytes());
        if release.has(Change::OutputOptions) {
            add("--output-format=simple0", b"");
            add("--output-directory=", OUTPUT_DIRECTORY.as_bytes());
        }
        arguments.extend(self.bootloader_args.iter().map(|argument| argument.text.clone()));
        let arguments_span = self.bootloader_args.first().unwrap_or(bootloader).span;
        let disk_span = specification.span;
        let attached = (disk.format != DiskFormat::Raw).then_some(disk.format);
        let (bootloader, specification) = (bootloader.clone(), Some(specification.text.clone()));
        Ok(Call { bootloader, arguments, arguments_span, disk: target, attached, disk_span, specification })
    }

    fn no_disk(&self) -> NotInvoked {
        let why = "libxl runs no bootloader without a disk";
        match self.settings.get("disk") {
            None => NotInvoked::fails(format!("the domain has no disk: {why}"), None, ""),
            Some(setting) if setting.value.as_text().is_some() => NotInvoked::fails(
                format!("disk is not a list, so that xl ignores it: {why}"),
                Some(setting.span),
                "put the disk in brackets: `disk = [ \"...\" ]`",
            ),
            Some(setting) => {
                NotInvoked::fails(format!("there is no disk in the list of disks: {why}"), Some(setting.span), "")
            }
        }
    }
}

/// Whether a bootloader is pygrub, by its name.
pub(crate) fn is_pygrub(bootloader: &Item) -> bool {
    let path = Path::new(OsStr::from_bytes(bootloader.text.as_bytes()));
    path.file_name().is_some_and(|name| name == "pygrub" || name == "pregrub")
}

fn not_pygrub(bootloader: &Item) -> Option<NotInvoked> {
    (!is_pygrub(bootloader)).then(|| {
        let reason = format!("the bootloader is `{}`, and not pygrub", shown(&bootloader.text));
        NotInvoked::not_applicable(reason, Some(bootloader.span), IMAGE_INSTEAD)
    })
}

/// The path that the bootloader gets for a disk: its target, where libxl need not attach it to dom0 first.
fn direct_path(disk: &Disk, specification: &Item) -> Result<PyStr, NotInvoked> {
    let span = Some(specification.span);
    let disk_shown = shown(&specification.text);
    if disk.format == DiskFormat::Empty {
        let help = "put the disk with /boot first";
        let reason =
            format!("the first disk `{disk_shown}` is a drive without a medium, and pygrub gets the first disk");
        return Err(NotInvoked::fails(reason, span, help));
    }
    let target = disk.target.clone().unwrap_or_default();
    let unknown = |why: String| {
        let reason = format!("what pygrub reads of the first disk `{disk_shown}` is unknown: {why}");
        Err(NotInvoked::unknown(reason, span, IMAGE_INSTEAD))
    };
    if disk.format == DiskFormat::Qed {
        return unknown(format!("it is {}, which QEMU turns into a device for it", disk.format.name()));
    }
    if let Some(domain) = &disk.backend_domain {
        return unknown(format!("the domain `{}` serves it", shown(domain)));
    }
    if let Some(script) = &disk.script {
        return unknown(format!("the script `{}` attaches it", shown(script)));
    }
    if let Some(backend @ (Backend::Tap | Backend::Standalone)) = disk.backend {
        return unknown(format!("the backend {} serves it", backend.name()));
    }
    Ok(target)
}

impl Call {
    /// The file or device that the bootloader gets as its last argument.
    pub fn argument(&self) -> PyStr {
        if self.attached.is_some() { PyStr::from(ATTACHED.to_vec()) } else { self.disk.clone() }
    }

    /// That the bootloader is another one than pygrub, by its name. `None` if it is pygrub.
    pub fn not_pygrub(&self) -> Option<NotInvoked> {
        not_pygrub(&self.bootloader)
    }

    /// What pygrub makes of the call: the options of the run, on the disk of the call.
    ///
    /// # Errors
    ///
    /// The bootloader is not pygrub by its name, or pygrub ends, or ends with a result that libxl cannot use.
    pub fn options(&self, release: Release, flavour: Flavour) -> Result<Options, NotInvoked> {
        let span = Some(self.arguments_span);
        if let Some(other) = self.not_pygrub() {
            return Err(other);
        }
        let mut words: Vec<OsString> =
            self.arguments.iter().map(|text| OsStr::from_bytes(text.as_bytes()).to_owned()).collect();
        words.push(OsStr::from_bytes(self.disk.as_bytes()).to_owned());
        let made = |path: &Path| path == Path::new(OUTPUT_DIRECTORY) || path.is_dir();
        let call =
            command_line::parse(&words, "pygrub", Build { release, flavour }, false, &made).map_err(|ended| {
                let build = Build { release, flavour };
                let mut why = refused(&ended, span);
                if let Some(help) = unknown_option::help(&words, build) {
                    why.help = Some(help);
                }
                why
            })?;
        let fails = |what: &str, help: &str| {
            let reason = format!("bootloader_args make pygrub {what}, so that libxl gets no kernel from it");
            Err(NotInvoked::fails(reason, span, help))
        };
        let useless = |what: &str, option: &str| fails(what, &format!("remove `{option}` from bootloader_args"));
        if call.image.as_os_str().as_bytes() != self.disk.as_bytes() {
            let word = PyStr::from(call.image.as_os_str().as_bytes().to_vec());
            return fails(&format!("treat `{}` as the disk", shown(&word)), &self.loose_word(&word));
        }
        if call.is_config {
            return useless("read the disk as a configuration", "--isconfig");
        }
        if call.format != OutputFormat::Simple0 && release.has(Change::OutputOptions) {
            return useless("print its result in another format", "--output-format");
        }
        if call.output.as_deref() != Some(Path::new(OUTPUT)) {
            return useless("write its result elsewhere", "--output");
        }
        if let CopyDirectory::Given(path) = &call.directory
            && path != Path::new(OUTPUT_DIRECTORY)
            && !path.is_dir()
        {
            let what = format!("put its copies into `{}`, which is not a directory", path.display());
            return useless(&what, "--output-directory");
        }
        let caller = Caller { restricted: call.runas.is_some(), ..Caller::default() };
        match call.options.task {
            Task::Copy => Ok(Options { caller, ..call.options }),
            Task::DryRun => useless("only look for the files", "-n"),
            Task::ListEntries => useless("list its menu", "-l"),
        }
    }

    /// The way out where a word of the arguments belongs to no option: as a rule to the value of the one before it.
    fn loose_word(&self, word: &PyStr) -> String {
        let at = self.arguments.iter().position(|argument| argument == word).and_then(|at| at.checked_sub(1));
        match at.and_then(|at| self.arguments.get(at)).filter(|before| before.as_bytes().contains(&b'=')) {
            Some(before) if before.as_bytes() != format!("--output-directory={OUTPUT_DIRECTORY}").as_bytes() => {
                format!(
                    "xl splits a text at spaces: write a list with each option and its value as one item, bootloader_args = [ \"{} {}\" ]",
                    shown(before),
                    shown(word)
                )
            }
            _ => format!("remove `{}` from bootloader_args: pygrub expects options there", shown(word)),
        }
    }
}

/// pygrub ends at once.
fn refused(ended: &EarlyExit, span: Option<Span>) -> NotInvoked {
    let help = "correct bootloader_args";
    if ended.exit == 0 {
        return NotInvoked::fails(
            "bootloader_args make pygrub print its usage, so that libxl gets no kernel from it",
            span,
            help,
        );
    }
    let told = ended.stdout.as_deref().map(|line| PyStr::from(line.to_vec()).to_string());
    let usage = |line: &String| line.starts_with("Usage: ");
    match told.or_else(|| ended.stderr.clone().filter(|line| !usage(line))) {
        Some(line) => NotInvoked::fails(format!("pygrub refuses its command line: {line}"), span, help),
        None => {
            let reason = "pygrub refuses its command line and prints its usage: there is an option that it does not know, \
                          or one without its value";
            NotInvoked::fails(reason, span, help)
        }
    }
}
