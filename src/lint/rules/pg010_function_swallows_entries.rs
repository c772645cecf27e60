use crate::config::{Cause, Function};
use crate::explain::remedy::Remedy;
use crate::lint::analysis::post_parse_errors;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception::MOST_RELATED;
use crate::lint::rules::{Configuration, Diagnostic, Fix, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds lines of grub.cfg that begin with `function` and make pygrub leave out menu entries.
    ///
    /// ## Why is this bad?
    ///
    /// From a line that begins with `function` on, even with `functional=1`, pygrub leaves out everything up to and including the
    /// next line that begins with `}`. A function in one line has its `}` on that line, where pygrub does not look: it leaves out
    /// the menu entry that follows. The numbers of the entries change, so that another one boots than the default says; where no
    /// entry is left, nothing boots.
    ///
    /// ## Example
    ///
    /// ```text
    /// function savedefault { save_env saved_entry; }
    /// menuentry "Debian" {
    ///   linux /boot/vmlinuz
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// function savedefault {
    ///   save_env saved_entry
    /// }
    /// menuentry "Debian" {
    ///   linux /boot/vmlinuz
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance, g2-st-function-oneline).
    "PG010" "function-swallows-entries" Error or Warning, stops: Sometimes, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let mut swallowing = configuration.config.functions.iter().filter(|function| function.entries > 0);
    let no_entry = post_parse_errors::raised(context, &[Cause::NoEntry]).pop();
    let mut first = true;
    for function in swallowing.by_ref().take(context.most(MOST_RELATED)) {
        let mut finding = told(&configuration, function);
        // One of them says what pygrub raises in the end; each alone would not have to be fixed, but one would.
        match no_entry.as_ref().filter(|_| first) {
            Some(raised) => {
                finding = finding.stops_boot(true);
                finding.raised = Some(raised.clone());
                report.add(finding);
            }
            None => report.add_as(Severity::Warning, finding),
        }
        first = false;
    }
}

fn told(configuration: &Configuration<'_>, function: &Function) -> Diagnostic {
    let header = configuration.at(function.header);
    let entries = match function.entries {
        1 => "1 menu entry".to_owned(),
        count => format!("{count} menu entries"),
    };
    let end = match function.last_line {
        Some(last) => format!("to the `}}` in line {last}"),
        None => "to the end of the file".to_owned(),
    };
    let (label, help, fix) = if header.trim_ascii_end().ends_with(b"}") {
        let fix =
            header.trim_ascii_end().strip_suffix(b"}").map(<[u8]>::trim_ascii_end).filter(|body| body.ends_with(b";"));
        let fix = fix.map(|body| {
            let brace = configuration.part(function.header, body.len()..header.len());
            Fix::safe("write the `}` of the function on a line of its own").replace(brace, "\n}")
        });
        ("the `}` of this line is not seen", "write the `}` of the function on a line of its own".to_owned(), fix)
    } else if is_assignment(header) {
        let start = configuration.part(function.header, 0..0);
        let fix = Fix::safe("write `set` before it, which is the same to GRUB").replace(start, "set ");
        ("a function for pygrub", "write `set` before the name, which is the same to GRUB".to_owned(), Some(fix))
    } else {
        let help: String = if configuration.is_from_nixos() {
            Remedy::nixos("take the function out of boot.loader.grub.extraConfig, or write the entries outside of it,")
                .into()
        } else {
            "write the entries outside of the function: pygrub calls none".to_owned()
        };
        ("a function for pygrub", help, None)
    };
    let message = format!(
        "pygrub treats this line as the beginning of a function and leaves out all {end}, with {entries} in it"
    );
    let mut finding = Diagnostic::new(message).at(function.header, label).help(help);
    if let Some(entry) = function.first_entry {
        finding = finding.and(entry, "left out");
    }
    finding.fix = fix;
    finding
}

/// `functional=1`.
fn is_assignment(line: &[u8]) -> bool {
    let mut parts = line.split(|byte| *byte == b'=');
    let (Some(name), Some(value), None) = (parts.next(), parts.next(), parts.next()) else { return false };
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_./:,".contains(byte))
}
