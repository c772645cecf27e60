use crate::config::{Dialect, Span};
use crate::explain::hidden_command::on_lines_of_their_own;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::device::{self, NamedDevice};
use crate::lint::rules::shared::exception;
use crate::lint::rules::shared::indent::indent;
use crate::lint::rules::{Configuration, Fix, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds root devices in menu entries that pygrub cannot take apart: `set root=lvm/vg-root`, `set root=$drive1`, `root (nd)`.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub splits the device at its comma, drops two characters in front (`hd`, whatever they are) and expects a number of what
    /// is left. Where that is not a number it raises `ValueError: invalid literal for int()` and rejects the whole file, also
    /// when it is an entry that nobody selects. It never uses the device: it reads the kernel from the filesystem on which it
    /// found the configuration.
    ///
    /// Outside menu entries pygrub only stores the root device, and any text will do.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "Debian" {
    ///   set root='lvm/vg-root'
    ///   linux /boot/vmlinuz
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "Debian" {
    ///   root='lvm/vg-root'
    ///   linux /boot/vmlinuz
    /// }
    /// ```
    ///
    /// For GRUB this is the same assignment, and pygrub ignores the line.
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance, g2-root-*, lg-root-*).
    /// `msdos1` is a number from 4.0.2 on, `gpt1` from 4.1.3 on, `/dev/xvda` from 4.4 on.
    "PG002" "root-device" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    exception::each(context, report, &device::raised(context, NamedDevice::Root), |finding, _, raised| {
        let line = raised.span.and_then(|span| configuration.directive_in(span.line)).map(|directive| directive.line);
        match line {
            // GRUB may need it: a search may have to take its place.
            Some(line) => finding.fix(match rest_of(&configuration, line) {
                Some(rest) => {
                    Fix::uncertain("write each command on a line of its own, without the root").replace(line, rest)
                }
                None => match set_of(&configuration, line) {
                    Some(set) => Fix::safe("write it without `set`").replace(set, ""),
                    None => Fix::uncertain("remove the line").replace(line, ""),
                },
            }),
            None => finding,
        }
    });
}

/// The `set ` of a line of grub.cfg: for GRUB `root=...` is the same assignment without it.
fn set_of(configuration: &Configuration<'_>, line: Span) -> Option<Span> {
    let text = configuration.at(line);
    let assignment = text.strip_prefix(b"set").map(<[u8]>::trim_ascii_start)?;
    let is_set = configuration.dialect == Dialect::Grub2 && assignment.starts_with(b"root=");
    let length = text.len() - assignment.len();
    (is_set && length > b"set".len()).then(|| configuration.part(line, 0..length))
}

/// The other commands of a line with a root device, each on a line of its own.
fn rest_of(configuration: &Configuration<'_>, line: Span) -> Option<String> {
    let text = std::str::from_utf8(configuration.at(line)).ok()?;
    let lines = on_lines_of_their_own(text, &indent(configuration, line))?;
    Some(lines.get(1..)?.join("\n").trim_start().to_owned())
}
