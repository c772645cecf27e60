//! Devices that pygrub cannot take apart, by where they stand.

use crate::config::{Cause, Raised, Span};
use crate::explain::device_name::loopback;
use crate::lint::rules::{Configuration, Fix, LintContext};

/// Where a device stands, and what it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lint) enum NamedDevice {
    /// In `set root=`, `root` or `rootnoverify` of an entry.
    Root,
    /// In front of a path, as a variable.
    Variable,
    /// In front of a path, as a name.
    Name,
}

/// The devices of one kind that pygrub rejects.
pub(in crate::lint) fn raised(context: &LintContext<'_>, wanted: NamedDevice) -> Vec<Raised> {
    let Some(configuration) = context.configuration() else { return Vec::new() };
    let mut all = context.raised(&[Cause::Device, Cause::DeviceCommas]);
    all.retain(|raised| named(&configuration, raised) == wanted);
    all
}

fn named(configuration: &Configuration<'_>, raised: &Raised) -> NamedDevice {
    let Some(span) = raised.span else { return NamedDevice::Name };
    let command = configuration.directive_in(span.line).map(|directive| directive.command(configuration.text));
    let sets_root = |command: &[u8]| command == b"set" || command.starts_with(b"set:") || command.starts_with(b"root");
    if command.is_some_and(sets_root) {
        NamedDevice::Root
    } else if raised.cause == Cause::Device && configuration.at(span).contains(&b'$') {
        NamedDevice::Variable
    } else {
        NamedDevice::Name
    }
}

/// Leaves the device in front of a path out. GRUB then looks on its root device, which may be another one.
pub(in crate::lint) fn without(configuration: &Configuration<'_>, raised: &Raised) -> Option<Fix> {
    let device = raised.span.filter(|span| configuration.at(*span).starts_with(b"("))?;
    // What is in an image is not on this filesystem.
    if loopback(configuration.text, configuration.at(device)).is_some() {
        return None;
    }
    let rest = configuration.text.get(device.range().end..)?.strip_prefix(b")")?;
    let slashes = rest.iter().take_while(|byte| **byte == b'/').count();
    // pygrub finds nothing after two slashes on ext2, ext3 and ext4.
    let length = 1 + slashes.saturating_sub(1);
    let grown = u32::try_from(length).ok()?;
    let span = Span { end: device.end + grown, length: device.length + grown, ..device };
    (slashes > 0).then(|| Fix::uncertain("leave the device out").replace(span, ""))
}
