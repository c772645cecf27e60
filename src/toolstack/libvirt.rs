//! A domain's XML as libvirt's driver for Xen hands it to libxl.
//!
//! Measured with libvirt 9.0.0 (Debian 12) and stand-ins for libxl and the hypervisor.

mod disks;
mod document;

use self::disks::{FirstDisk, first_disk};
use self::document::{Document, Element};
use crate::boot::Verdict;
use crate::python::PyStr;
use crate::release::Release;
use crate::xl::call::{Call, NotInvoked};
use crate::xl::disk::{Disk, DiskFormat};
use crate::xl::domain::{Domain, DomainDisk, GuestKind};
use crate::xl::{Item, Settings};

pub use self::document::XmlError;

/// A domain of libvirt's, as far as it decides about the boot.
#[derive(Clone, Debug)]
pub struct LibvirtDomain {
    /// The type of guest; `None` if it is not a domain of Xen.
    pub guest: Option<GuestKind>,
    /// `<name>`.
    pub name: Option<Item>,
    bootloader: Option<Item>,
    /// `<bootloader_args>` in pieces.
    arguments: Vec<Item>,
    kernel: Option<Item>,
    ramdisk: Option<Item>,
    cmdline: Option<Item>,
    disk: FirstDisk,
    /// Where the type of the guest stands.
    guest_at: Item,
    /// Whether it is a domain of Xen.
    of_xen: bool,
}

/// Whether a text is a domain's XML: its first element is `<domain>`.
pub fn is_domain(text: &[u8]) -> bool {
    document::root(text).is_some_and(|name| name == "domain")
}

/// libvirt splits `<bootloader_args>` at this alone: space, tab and line feed in a row.
const SEPARATOR: &str = " \t\n";

impl LibvirtDomain {
    /// Reads a domain's XML.
    ///
    /// # Errors
    ///
    /// It is not well-formed, or its first element is not `<domain>`.
    ///
    /// ```
    /// use pregrub::toolstack::libvirt::LibvirtDomain;
    ///
    /// let xml = b"<domain type='xen'><os><type>linux</type></os><devices>\
    ///     <disk type='file'><source file='/b'/><target dev='xvdb'/></disk>\
    ///     <disk type='file'><source file='/a'/><target dev='xvda'/></disk></devices></domain>";
    /// let domain = LibvirtDomain::parse(xml).unwrap();
    /// assert_eq!(domain.call("4.17".parse().unwrap()).unwrap().disk, "/a");
    /// ```
    pub fn parse(text: &[u8]) -> Result<Self, XmlError> {
        let document = Document::parse(text)?;
        let root = document.root();
        let os = root.child("os");
        let kind = os.and_then(|os| os.child("type"));
        let machine = kind.and_then(|kind| kind.attribute("machine")).unwrap_or_default();
        let words = kind.map(|kind| kind.text.as_str()).unwrap_or("xen");
        let xen = matches!(root.attribute("type"), Some("xen"));
        let guest = match words {
            _ if !xen => None,
            "hvm" => Some(GuestKind::Hvm),
            "xenpvh" => Some(GuestKind::Pvh),
            "linux" | "xen" if machine == "xenpvh" => Some(GuestKind::Pvh),
            "linux" | "xen" => Some(GuestKind::Pv),
            _ => None,
        };
        let text_of = |parent: Option<&Element>, name: &str| {
            parent.and_then(|parent| parent.child(name)).filter(|element| !element.text.is_empty()).map(Element::item)
        };
        let arguments = text_of(Some(root), "bootloader_args");
        let arguments = arguments.into_iter().flat_map(|Item { text, span }| {
            let pieces: Vec<_> = text.to_string_lossy().split(SEPARATOR).map(PyStr::from).collect();
            pieces.into_iter().map(move |text| Item { text, span })
        });
        Ok(Self {
            guest,
            name: text_of(Some(root), "name"),
            bootloader: text_of(Some(root), "bootloader"),
            arguments: arguments.collect(),
            kernel: text_of(os, "kernel"),
            ramdisk: text_of(os, "initrd"),
            cmdline: text_of(os, "cmdline"),
            disk: first_disk(root),
            guest_at: kind.unwrap_or(root).item(),
            of_xen: xen,
        })
    }

    /// Whether `<bootloader_args>` has options that are one argument for pygrub.
    pub fn has_unsplit_options(&self) -> bool {
        let begins = |text: &str| text.starts_with(char::is_whitespace) || text.contains(" -") || text.contains("\n-");
        self.arguments.iter().any(|argument| begins(&argument.text.to_string_lossy()))
    }

    /// How libxl calls the bootloader for it.
    ///
    /// # Errors
    ///
    /// It does not call one, or not with something that can be known from the XML.
    pub fn call(&self, release: Release) -> Result<Call, NotInvoked> {
        let not_invoked = |verdict, reason: &str, span, help: Option<&str>| NotInvoked {
            verdict,
            reason: reason.to_owned(),
            span,
            help: help.map(str::to_owned),
        };
        let unknown = |reason: &str, span, help| not_invoked(Verdict::Unknown, reason, span, help);
        let not_applicable = |reason: &str, span, help| not_invoked(Verdict::NotApplicable, reason, span, help);
        let guest_at = Some(self.guest_at.span);
        let bootloader = match (self.guest, &self.bootloader, &self.kernel) {
            (None, ..) if !self.of_xen => {
                let reason = "this is not a domain of Xen: pygrub boots guests of Xen only";
                return Err(not_applicable(reason, guest_at, None));
            }
            (None, ..) => {
                return Err(unknown("this is not a type of guest that pregrub knows", guest_at, None));
            }
            (Some(GuestKind::Hvm), ..) => {
                let reason = "this is an HVM guest, which boots from its own firmware: Xen runs no bootloader for it";
                return Err(not_applicable(
                    reason,
                    guest_at,
                    Some("with `<type>linux</type>` or `<type>xenpvh</type>` pygrub is run"),
                ));
            }
            (_, Some(bootloader), _) => bootloader.clone(),
            (_, None, Some(kernel)) => {
                let reason = format!(
                    "there is no bootloader: Xen starts the kernel `{}` of dom0, and does not look into the disk",
                    kernel.text.to_string_lossy()
                );
                return Err(not_applicable(&reason, Some(kernel.span), None));
            }
            (Some(GuestKind::Pvh), None, None) => {
                return Err(NotInvoked {
                    verdict: Verdict::Fails,
                    reason: "a PVH guest has no default bootloader, and there is neither a bootloader nor a kernel"
                        .to_owned(),
                    span: guest_at,
                    help: Some("add `<bootloader>pygrub</bootloader>` before `<os>`".to_owned()),
                });
            }
            (Some(GuestKind::Pv), None, None) => Item { text: "pygrub".into(), span: self.guest_at.span },
        };
        let disk = match &self.disk {
            FirstDisk::Known { disk, at } => Some(DomainDisk { specification: at.clone(), disk: disk.clone() }),
            FirstDisk::Unknown { reason, at } => {
                return Err(unknown(reason, Some(at.span), Some("give pregrub the disk itself")));
            }
            FirstDisk::Refused { reason, at, help } => {
                return Err(NotInvoked {
                    verdict: Verdict::Fails,
                    reason: reason.clone(),
                    span: Some(at.span),
                    help: Some((*help).to_owned()),
                });
            }
            FirstDisk::None => {
                return Err(NotInvoked {
                    verdict: Verdict::Fails,
                    reason: "the domain has no disk: libxl runs no bootloader without a disk".to_owned(),
                    span: None,
                    help: None,
                });
            }
        };
        let domain = Domain {
            settings: Settings::default(),
            name: self.name.clone(),
            guest: self.guest.unwrap_or(GuestKind::Pv),
            guest_span: guest_at,
            kernel: self.kernel.clone(),
            ramdisk: self.ramdisk.clone(),
            cmdline: self.cmdline.clone(),
            firmware: None,
            bootloader: Some(bootloader),
            bootloader_args: self.arguments.clone(),
            bootloader_restricted: false,
            disks: disk.into_iter().collect(),
            memory: None,
            vcpus: None,
            boot: None,
            vifs: Vec::new(),
            actions: Vec::new(),
            refusal: None,
        };
        Ok(Call { specification: None, ..domain.call(release)? })
    }
}

/// A disk that libxl hands to the bootloader as it is.
fn plain(target: Option<&str>, format: DiskFormat, cdrom: bool) -> Disk {
    Disk {
        target: target.map(PyStr::from),
        vdev: None,
        format,
        backend: None,
        backend_domain: None,
        script: None,
        writable: true,
        cdrom,
    }
}
