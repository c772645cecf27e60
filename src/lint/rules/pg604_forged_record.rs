use crate::boot::{OutputFormat, forged_record};
use crate::explain::wording::shown;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Diagnostic, LintContext, Reporter};
use crate::release::Change;

rule! {
    /// ## What it does
    ///
    /// Finds arguments that attack the host: they contain a record of pygrub's result, which the toolstack would read as pygrub's own.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub hands its result over as records: the kernel's path on the host, the initrd's, the arguments. In the format that xl
    /// asks for a NUL ends a record, in others a line feed or a quotation mark. pygrub before 4.6.5 and 4.7.2 writes the guest's
    /// arguments as they are, so that a guest can add a record that names any file of the host: the toolstack shows that file to
    /// the guest, and deletes it (XSA-198). Later releases refuse such arguments or quote them, but nobody writes them by mistake. In
    /// the old releases any NUL in the arguments is reported.
    ///
    /// A comment in the guest's own configuration does not suppress this rule.
    ///
    /// ## Example
    ///
    /// ```text
    /// linux /vmlinuz ro\0kernel /boot/other
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// linux /vmlinuz ro
    /// ```
    ///
    /// ## Source
    ///
    /// XSA-198; what each release prints of arguments with a NUL is recorded (corpus/conformance, args-nul-*).
    "PG604" "forged-record" Error, stops: Never, releases: all(), check
}

const HELP: &str = "do not start this guest before you know who wrote this";

/// How many entries are reported.
const MOST: usize = 50;

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let quoted = context.release().has(Change::OutputQuoted);
    let found = configuration.entries().iter().filter_map(|entry| {
        let args = entry.args.as_ref()?.as_bytes();
        let forged = forged_record(args);
        (forged.is_some() || !quoted && args.contains(&0)).then_some((entry, forged))
    });
    for (entry, forged) in found.take(context.most(MOST)) {
        let title = shown(&entry.title);
        let what = match forged {
            Some((record, _)) => {
                format!("the arguments of `{title}` attack the host: they contain a record `{record}`")
            }
            None => format!("the arguments of `{title}` contain a NUL"),
        };
        let consequence = match forged {
            _ if !quoted => "which pygrub of this release passes on for the toolstack to read as its own",
            Some((_, OutputFormat::Sxp)) => "which pygrub of this release quotes",
            _ => "which pygrub of this release refuses to print",
        };
        let mut finding = Diagnostic::new(format!("{what}, {consequence}")).in_configuration().help(if quoted {
            HELP.to_owned()
        } else {
            format!("{HELP}; use Xen 4.8 or later")
        });
        if let Some(span) = entry.args_span {
            finding = finding.at(span, if forged.is_some() { "contains a record" } else { "contains a NUL" });
        }
        report.add(finding);
    }
}
