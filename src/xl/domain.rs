//! What of a domain's configuration decides about the boot.

use super::disk::{self, Disk};
use super::settings::{Item, Settings, Value, shown};
use crate::config::Span;
use crate::python::PyStr;
use crate::release::{Change, Release};

/// A kind of guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestKind {
    /// Paravirtualised.
    Pv,
    /// Paravirtualised, in a hardware container.
    Pvh,
    /// With emulated hardware: it boots from its firmware, and no bootloader is run for it.
    Hvm,
}

impl GuestKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pv => "pv",
            Self::Pvh => "pvh",
            Self::Hvm => "hvm",
        }
    }
}

/// A disk of the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainDisk {
    /// Its specification as it stands in the configuration.
    pub specification: Item,
    /// What it says.
    pub disk: Disk,
}

/// Why xl does not create the domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainRefusal {
    /// Why, in one sentence without a full stop.
    pub reason: String,
    /// Where, if it is something that stands there.
    pub span: Option<Span>,
    /// The way out, as an imperative.
    pub help: &'static str,
}

/// A domain's configuration, as far as it decides about the boot. Everything else is in [`settings`](Self::settings).
#[derive(Clone, Debug)]
pub struct Domain {
    /// All settings.
    pub settings: Settings,
    /// `name`.
    pub name: Option<Item>,
    /// The kind of guest, by `type` and `builder`.
    pub guest: GuestKind,
    /// Where `type` or `builder` stands.
    pub guest_span: Option<Span>,
    /// `kernel`: with a bootloader a path in the guest, without one of dom0.
    pub kernel: Option<Item>,
    /// `ramdisk`, likewise.
    pub ramdisk: Option<Item>,
    /// `cmdline`; without it what `root` and `extra` make together. Its place is that of the last of them.
    pub cmdline: Option<Item>,
    /// `firmware`, of PV and PVH guests: stands for a kernel.
    pub firmware: Option<Item>,
    /// `bootloader`.
    pub bootloader: Option<Item>,
    /// `bootloader_args`: a list up to the first thing in it that is not a text, or a text split at spaces, tabs and line feeds.
    pub bootloader_args: Vec<Item>,
    /// Whether the bootloader is run as another user, by `bootloader_restrict` or `bootloader_user`.
    pub bootloader_restricted: bool,
    /// `disk`, in order, up to the first thing in the list that is not a text or that xl refuses.
    pub disks: Vec<DomainDisk>,
    /// `memory`, in MiB.
    pub memory: Option<i64>,
    /// `vcpus`.
    pub vcpus: Option<i64>,
    /// `boot`: the order in which an HVM guest tries its devices.
    pub boot: Option<Item>,
    /// `vif`, each as it stands there.
    pub vifs: Vec<Item>,
    /// `on_poweroff`, `on_reboot`, `on_watchdog`, `on_crash` and `on_soft_reset`, those that are given.
    pub actions: Vec<(&'static str, Item)>,
    /// Why xl ends with an error, if it does for one of these.
    pub refusal: Option<DomainRefusal>,
}

const ACTIONS: [&str; 5] = ["on_poweroff", "on_reboot", "on_watchdog", "on_crash", "on_soft_reset"];
const ACTION_WORDS: [&[u8]; 7] =
    [b"destroy", b"restart", b"rename-restart", b"preserve", b"coredump-destroy", b"coredump-restart", b"soft-reset"];

impl Domain {
    /// Reads the settings as the xl of `release` does.
    pub fn new(settings: Settings, release: Release) -> Self {
        let mut refusal = Refused(None);
        let (guest, guest_span) = guest(&settings, release, &mut refusal);
        let text = |name: &str| settings.text(name).cloned();
        let name = text("name");
        if name.is_none() {
            let span = settings.get("name").map(|name| name.span);
            refusal.is(
                "the domain has no name: xl expects `name = \"...\"`",
                span,
                "give it one that no other domain has",
            );
        }
        let actions: Vec<_> = ACTIONS.into_iter().filter_map(|name| Some((name, text(name)?))).collect();
        for (name, action) in &actions {
            if !ACTION_WORDS.contains(&action.text.as_bytes()) {
                let reason = format!("xl knows no action `{}` for {name}", shown(&action.text));
                let help = "write destroy, restart, rename-restart, preserve, coredump-destroy, coredump-restart or soft-reset";
                refusal.is(reason, Some(action.span), help);
            }
        }
        let (memory, vcpus) = (settings.number("memory"), settings.number("vcpus"));
        if let (Some(vcpus), Some(most)) = (vcpus, settings.number("maxvcpus"))
            && most != 0
            && most < vcpus
        {
            let span = settings.get("maxvcpus").map(|setting| setting.span);
            refusal.is("maxvcpus is less than vcpus", span, "raise maxvcpus, or remove it");
        }
        let bootloader_args = bootloader_args(&settings, &mut refusal);
        let kernel = text("kernel");
        let bootloader = text("bootloader");
        let firmware = text("firmware").filter(|_| guest != GuestKind::Hvm && release.has(Change::XlType));
        if guest != GuestKind::Hvm {
            if let (Some(_), Some(firmware)) = (&kernel, &firmware) {
                refusal.is("both kernel and firmware are given", Some(firmware.span), "remove firmware");
            }
            if kernel.is_none() && firmware.is_none() && bootloader.is_none() {
                let help = "write `bootloader = \"pygrub\"`, which takes the kernel out of the first disk, or `type = \"hvm\"` for a guest \
                            that boots from its own firmware";
                refusal.is("the domain has neither a kernel nor a bootloader", None, help);
            }
        }
        let disks = disks(&settings, release, &mut refusal);
        let restrict = settings.number("bootloader_restrict").map(|number| number != 0);
        let restricted = restrict.unwrap_or_else(|| settings.text("bootloader_user").is_some());
        Self {
            name,
            guest,
            guest_span,
            kernel,
            ramdisk: text("ramdisk"),
            cmdline: cmdline(&settings),
            firmware,
            bootloader,
            bootloader_args,
            bootloader_restricted: restricted && release.has(Change::BootloaderRestrict),
            disks,
            memory,
            vcpus,
            boot: text("boot"),
            vifs: settings.texts("vif").into_iter().cloned().collect(),
            actions,
            refusal: refusal.0,
            settings,
        }
    }
}

/// The first reason for which xl ends.
struct Refused(Option<DomainRefusal>);

impl Refused {
    fn is(&mut self, reason: impl Into<String>, span: Option<Span>, help: &'static str) {
        self.0.get_or_insert_with(|| DomainRefusal { reason: reason.into(), span, help });
    }
}

/// `type`, and `builder` from before it. xl treats any beginning of a word as the word, an empty text for the first.
fn guest(settings: &Settings, release: Release, refusal: &mut Refused) -> (GuestKind, Option<Span>) {
    let begins = |item: &Item, word: &str| word.as_bytes().starts_with(item.text.as_bytes());
    let builder = settings.text("builder");
    if !release.has(Change::XlType) {
        let hvm = builder.filter(|builder| begins(builder, "hvm"));
        return (if hvm.is_some() { GuestKind::Hvm } else { GuestKind::Pv }, hvm.map(|builder| builder.span));
    }
    let word = |item: &Item, words: &[(&str, GuestKind)]| {
        words.iter().find(|(word, _)| begins(item, word)).map(|(_, guest)| *guest)
    };
    let mut found = None;
    let words: [(&str, &[_]); 2] = [
        ("type", &[("hvm", GuestKind::Hvm), ("pv", GuestKind::Pv), ("pvh", GuestKind::Pvh)]),
        ("builder", &[("hvm", GuestKind::Hvm), ("generic", GuestKind::Pv)]),
    ];
    for (name, words) in words {
        let Some(item) = settings.text(name) else { continue };
        match (word(item, words), found) {
            (None, _) => {
                let help = if name == "type" {
                    "write pv, pvh or hvm, in lower case"
                } else {
                    "write `type = \"pv\"` in its place"
                };
                refusal.is(format!("xl knows no {name} `{}`", shown(&item.text)), Some(item.span), help);
            }
            (Some(guest), Some((before, _))) if guest != before => {
                refusal.is("builder contradicts type", Some(item.span), "remove builder: type has taken its place");
            }
            (Some(guest), _) => found = Some((guest, item.span)),
        }
    }
    found.map_or((GuestKind::Pv, None), |(guest, span)| (guest, Some(span)))
}

fn cmdline(settings: &Settings) -> Option<Item> {
    if let Some(cmdline) = settings.text("cmdline") {
        return Some(cmdline.clone());
    }
    let (root, extra) = (settings.text("root"), settings.text("extra"));
    let text = match (root, extra) {
        (Some(root), Some(extra)) => [b"root=", root.text.as_bytes(), b" ", extra.text.as_bytes()].concat(),
        (Some(root), None) => [b"root=", root.text.as_bytes()].concat(),
        (None, Some(extra)) => extra.text.as_bytes().to_vec(),
        (None, None) => return None,
    };
    let span = [root, extra].into_iter().flatten().map(|item| item.span).max_by_key(|span| span.start)?;
    Some(Item { text: text.into(), span })
}

fn bootloader_args(settings: &Settings, refusal: &mut Refused) -> Vec<Item> {
    match settings.get("bootloader_args").map(|setting| &setting.value) {
        None => Vec::new(),
        Some(Value::List { .. }) => settings.texts("bootloader_args").into_iter().cloned().collect(),
        Some(Value::Text(Item { text, span })) => {
            let words = text.as_bytes().split(|byte| matches!(byte, b' ' | b'\t' | b'\n'));
            let words: Vec<_> = words
                .filter(|word| !word.is_empty())
                .map(|word| Item { text: PyStr::from(word.to_vec()), span: *span })
                .collect();
            if words.is_empty() {
                let reason = "xl crashes where bootloader_args is a string without a word in it";
                refusal.is(reason, Some(*span), "remove the setting");
            }
            words
        }
    }
}

fn disks(settings: &Settings, release: Release, refusal: &mut Refused) -> Vec<DomainDisk> {
    let mut disks = Vec::new();
    for specification in settings.texts("disk") {
        match disk::parse(specification.text.as_bytes(), release) {
            Ok(disk) => disks.push(DomainDisk { specification: specification.clone(), disk }),
            Err(error) => {
                let reason = format!("xl cannot read the disk `{}`: {error}", shown(&specification.text));
                let help = "write `PATH,raw,xvda,w`, or `phy:PATH,xvda,w`: xl-disk-configuration(5) has the rest";
                refusal.is(reason, Some(specification.span), help);
                break;
            }
        }
    }
    disks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xl::syntax;

    fn domain(text: &str, release: &str) -> Domain {
        let release = release.parse().unwrap();
        Domain::new(syntax::parse(text.as_bytes(), release).unwrap(), release)
    }

    fn refused(text: &str) -> String {
        let text = format!("name='g'\nbootloader='pygrub'\n{text}\n");
        domain(&text, "4.17").refusal.map(|refusal| refusal.reason).unwrap_or_default()
    }

    // Expected values: xl 4.17.7 (the tests in tests/xl ask it again).
    #[test]
    fn what_xl_refuses() {
        for (text, want) in [
            ("", ""),
            ("name=['x']", "the domain has no name: xl expects `name = \"...\"`"),
            ("name=5", ""),
            ("type='PV'", "xl knows no type `PV`"),
            ("builder='linux'", "xl knows no builder `linux`"),
            ("builder='gen'\ntype='pvh'", "builder contradicts type"),
            ("on_crash='x'", "xl knows no action `x` for on_crash"),
            ("on_crash=['x']", ""),
            ("vcpus=2\nmaxvcpus=1", "maxvcpus is less than vcpus"),
            ("bootloader=['x']", "the domain has neither a kernel nor a bootloader"),
            ("bootloader_args=' '", "xl crashes where bootloader_args is a string without a word in it"),
            ("kernel='/k'\nfirmware='pvgrub64'", "both kernel and firmware are given"),
            ("disk=['/x,foo,xvda']", "xl cannot read the disk `/x,foo,xvda`: unknown value for format near `foo`"),
            ("disk=['/x']", "xl cannot read the disk `/x`: no vdev specified"),
        ] {
            assert_eq!(refused(text), want, "{text}");
        }
    }

    #[test]
    fn kinds_of_guests() {
        for (text, release, want) in [
            ("", "4.17", GuestKind::Pv),
            ("type=''", "4.17", GuestKind::Hvm),
            ("type='p'", "4.17", GuestKind::Pv),
            ("type='pvh'", "4.17", GuestKind::Pvh),
            ("type='pvh'", "4.9", GuestKind::Pv),
            ("builder='hvm'", "4.17", GuestKind::Hvm),
            ("builder='hvm'", "4.4", GuestKind::Hvm),
            ("builder='linux'", "4.4", GuestKind::Pv),
        ] {
            assert_eq!(domain(text, release).guest, want, "{text} {release}");
        }
    }

    #[test]
    fn command_lines() {
        for (text, want) in [
            ("", None),
            ("root='/dev/xvda1'\nextra=''", Some("root=/dev/xvda1 ")),
            ("root=''", Some("root=")),
            ("extra='a b'", Some("a b")),
            ("cmdline=''\nextra='x'", Some("")),
            ("root=['x']\nextra='e'", Some("e")),
            ("cmdline=5", Some("5")),
        ] {
            let cmdline = domain(text, "4.17").cmdline.map(|item| item.text.to_string());
            assert_eq!(cmdline.as_deref(), want, "{text}");
        }
    }

    #[test]
    fn restriction_by_release() {
        for (text, release, want) in [
            ("bootloader_restrict=1", "4.17", false),
            ("bootloader_restrict=1", "4.18", true),
            ("bootloader_user='nobody'", "4.22", true),
            ("bootloader_user='nobody'\nbootloader_restrict=0", "4.22", false),
        ] {
            assert_eq!(domain(text, release).bootloader_restricted, want, "{text} {release}");
        }
    }
}
