use crate::config::{Cause, Raised};
use crate::explain::hidden_command::on_lines_of_their_own;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::shared::indent::indent;
use crate::lint::rules::{Configuration, Fix, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds assignments in grub.cfg in which pygrub sees more than one name and one value: `set a="b=c"`, `set a = b`, two
    /// commands on a line.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub splits what follows `set` at every `=`, quotes or not (where there is none in the first word: at spaces), and expects
    /// exactly two parts. Otherwise it raises `ValueError: too many values to unpack (expected 2)`, under Python
    /// 3.14 with `(expected 2, got 3)`, and rejects the whole file. That Fedora and RHEL write `set kernelopts="root=... ro"` is why their guests did not boot with pygrub.
    ///
    /// GRUB reads an assignment alike with or without the word `set`; pygrub ignores one without it.
    ///
    /// ## Example
    ///
    /// ```text
    /// set kernelopts="root=/dev/xvda1 ro"
    /// set default=0 ; set timeout=3
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// kernelopts="root=/dev/xvda1 ro"
    /// set default=0
    /// set timeout=3
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance, rhel8-bls). Fedora: rhbz
    /// 1703700.
    "PG005" "set-several-equals" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let mut all = context.raised(&[Cause::SetArity]);
    all.retain(|raised| raised.message.starts_with("too many"));
    exception::each(context, report, &all, |mut finding, _, raised| {
        finding.fix = mended(&configuration, raised);
        finding
    });
}

/// The line so that pygrub does not choke on it.
fn mended(configuration: &Configuration<'_>, raised: &Raised) -> Option<Fix> {
    let line = configuration.directive_in(raised.span?.line)?.line;
    let text = std::str::from_utf8(configuration.at(line)).ok()?;
    let behind_set = text.strip_prefix("set ")?;
    let (name, value) = behind_set.split_once('=')?;
    if let Some(lines) = on_lines_of_their_own(text, &indent(configuration, line)) {
        return Some(Fix::uncertain("write each command on a line of its own").replace(line, lines.join("\n")));
    }
    if text.contains(';') {
        return split_at_semicolons(text)
            .map(|lines| Fix::safe("write each command on a line of its own").replace(line, lines));
    }
    if name.ends_with([' ', '\t']) {
        let (name, value) = (name.trim(), value.trim());
        let plain = is_name(name) && !value.contains([' ', '\t', '=', '"', '\'', '\\', '#']);
        // GRUB refuses the line as it stands.
        return plain
            .then(|| Fix::uncertain("leave the spaces around `=` out").replace(line, format!("set {name}={value}")));
    }
    // Names that mean something to pygrub without `set`.
    let known = ["default", "timeout", "root", "linux", "linux16", "initrd", "initrd16"].contains(&name);
    let begins = ["menuentry", "submenu", "function"].iter().any(|word| name.starts_with(word));
    (is_name(name) && !known && !begins).then(|| {
        let word = configuration.part(line, 0..text.len() - behind_set.trim_start().len());
        Fix::safe("leave the word `set` out, which GRUB does not need").replace(word, "")
    })
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Nothing where a `;` may be something else than the end of a command.
fn split_at_semicolons(text: &str) -> Option<String> {
    if text.contains(['"', '\'', '\\', '#', '{', '}', '&', '|']) || text.contains(";;") {
        return None;
    }
    let commands: Vec<&str> = text.split(';').map(str::trim).filter(|command| !command.is_empty()).collect();
    Some(commands.join("\n"))
}
