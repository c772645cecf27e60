use std::ops::Range;

use crate::config::{Dialect, Directive, Effect, Writer};
use crate::explain::remedy::{MKCONFIG, Remedy};
use crate::explain::wording::shown;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds entries with a Linux kernel and no initrd that probably need one: their `root=` is something that only an
    /// initrd finds (`UUID=`, `LABEL=`, `/dev/mapper/...`, `/dev/disk/...`, a `/nix/store` init), or the entry has an
    /// initrd command that pygrub does not know, or the command stands among the kernel's arguments.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub boots such an entry without complaint. The kernel of a distribution has the drivers for Xen's disks in
    /// modules or looks for `root=UUID=` in vain, and panics with `VFS: Unable to mount root fs`. The kernel alone
    /// understands `root=/dev/xvda1` and `root=PARTUUID=`; of these the rule says nothing.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry "Linux" {
    ///   linux /vmlinuz root=UUID=6eb1a2f6-0b0a-4a0c-8f0e-1c1d2f3a4b5c
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "Linux" {
    ///   linux /vmlinuz root=UUID=6eb1a2f6-0b0a-4a0c-8f0e-1c1d2f3a4b5c
    ///   initrd /initrd.img
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Linux's Documentation/admin-guide/kernel-parameters (root=); what pygrub takes for an initrd was measured with
    /// xen-utils-4.17 and every release from 4.0 on (corpus/conformance).
    "PG216" "no-initrd" Warning, stops: Never, releases: all(), check
}

/// How many entries that are not selected are reported.
const MOST: usize = 50;

/// What a kernel finds no root by, without an initrd.
const NEEDS_INITRD: [&[u8]; 7] = [
    b"root=UUID=",
    b"root=LABEL=",
    b"root=\"UUID=",
    b"root=\"LABEL=",
    b"root=/dev/mapper/",
    b"root=/dev/disk/",
    b"init=/nix/store/",
];

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let selected = configuration.selected();
    let mut others = 0;
    let mut raised_in: Vec<u32> =
        configuration.raised.iter().filter_map(|raised| raised.span).map(|span| span.line).collect();
    raised_in.sort_unstable();
    for (index, entry) in configuration.entries().iter().enumerate() {
        let Some(kernel) = entry.kernel.as_ref().filter(|kernel| !kernel.path.is_empty()) else { continue };
        let raised = || {
            let (first, last) = entry.lines;
            let next = raised_in.partition_point(|line| *line < first);
            raised_in.get(next).is_some_and(|line| *line <= last)
        };
        // An initrd line that raised, and an empty one, are reported by other rules.
        if entry.initrd.is_some() || raised() {
            continue;
        }
        let in_arguments = entry.args_span.and_then(|span| {
            let range = initrd_in_arguments(configuration.at(span))?;
            Some(configuration.part(span, range))
        });
        let unknown = entry.directives.iter().find(|directive| is_unknown_initrd(&configuration, directive));
        let word = entry.args_span.and_then(|span| {
            let range = needs_initrd(configuration.at(span))?;
            Some(configuration.part(span, range))
        });
        if unknown.is_none() && word.is_none() && in_arguments.is_none() {
            continue;
        }
        if selected != Some(index) {
            others += 1;
            if others > MOST {
                continue;
            }
        }
        let which = if selected == Some(index) { "the selected entry " } else { "" };
        let title = shown(&entry.title);
        let finding = match (unknown, word) {
            _ if let Some(place) = in_arguments => Diagnostic::new(format!(
                "the initrd of {which}\"{title}\" stands among its kernel's arguments: a command begins its line, and pygrub boots without \
                 an initrd"
            ))
            .at(place, "an argument, here")
            .help("write `initrd` and its path on a line of their own"),
            (Some(directive), _) => {
                let command = String::from_utf8_lossy(directive.command(configuration.text)).into_owned();
                Diagnostic::new(format!(
                    "pygrub does not know the command `{command}`, and boots {which}\"{title}\" without an initrd"
                ))
                .at(directive.line, "not known to pygrub")
                .help("write `initrd`")
            }
            (None, Some(word)) => {
                let shown = configuration.shown(word);
                Diagnostic::new(format!("{which}\"{title}\" has no initrd, and without one no kernel finds `{shown}`"))
                    .at(word, "only an initrd finds this")
                    .and(kernel.span, "no `initrd` line belongs to it")
                    .help(help(&configuration))
            }
            (None, None) => continue,
        };
        report.add(finding);
    }
}

fn help(configuration: &Configuration<'_>) -> String {
    match configuration.writer() {
        Writer::Mkconfig => {
            format!("make the initrd in the guest (update-initramfs -u or dracut -f), and {MKCONFIG}")
        }
        Writer::NixOs => Remedy::NixosRebuild("which writes an initrd for every generation".to_owned()).into(),
        Writer::Other => {
            "add `initrd /path` to the entry, or name the root disk as the kernel knows it, as in root=/dev/xvda1"
                .to_owned()
        }
    }
}

/// `initrdefi`, `initrd16` for an old release.
fn is_unknown_initrd(configuration: &Configuration<'_>, directive: &Directive) -> bool {
    // extlinux's INITRD is reported together with its LINUX.
    configuration.dialect != Dialect::Extlinux
        && directive.effect == Effect::Unknown
        && directive.command(configuration.text).starts_with(b"initrd")
}

/// `initrd /path` among the arguments, where no `;` ends them before it.
fn initrd_in_arguments(args: &[u8]) -> Option<Range<usize>> {
    let mut start = 0;
    let mut before: Option<(usize, &[u8])> = None;
    for word in args.split(u8::is_ascii_whitespace) {
        if let Some((at, b"initrd" | b"initrd16")) = before
            && word.starts_with(b"/")
        {
            let ended = args[..at].trim_ascii_end().ends_with(b";");
            return (!ended).then_some(at..start + word.len());
        }
        if !word.is_empty() {
            before = Some((start, word));
        }
        start += word.len() + 1;
    }
    None
}

/// The word in the arguments that asks for an initrd.
fn needs_initrd(args: &[u8]) -> Option<Range<usize>> {
    let mut start = 0;
    for word in args.split(u8::is_ascii_whitespace) {
        if NEEDS_INITRD.iter().any(|beginning| word.starts_with(beginning)) {
            return Some(start..start + word.len());
        }
        start += word.len() + 1;
    }
    None
}
