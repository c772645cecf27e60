//! Findings about files that do not open because of how their path is written. What that means is reported by
//! `explain::missing_path`, in one place for the verdict and for the rules.

use crate::config::Span;
use crate::explain::closest_path::{Closest, Relatives};
use crate::explain::path_issue::{PathIssue, Plain};
use crate::lint::analysis::line_continuation::{goes_on, joined};
use crate::lint::analysis::named_file::{Lookup, NamedFile, OpenFailure, all};
use crate::lint::rules::{Configuration, Diagnostic, Fix, LintContext, Reporter, Severity};

/// How many entries that are not selected are reported one by one.
const MOST: usize = 50;

/// Reports the files that do not open, or will not, because of this issue.
pub(in crate::lint) fn check(context: &LintContext<'_>, report: &mut Reporter<'_>, issue: PathIssue) {
    let Some(lookup) = Lookup::new(context).filter(|lookup| lookup.has(issue)) else { return };
    let mut others = Others::of(context);
    for named in all(lookup.configuration()).filter(|named| lookup.issue(named) == Some(issue)) {
        if let Some(why) = others.why(&lookup, &named) {
            let certain = matches!(why, OpenFailure::Missing(_));
            let severity = match (named.selected, certain || issue != PathIssue::DoubleSlash) {
                (true, true) => Severity::Error,
                _ => Severity::Warning,
            };
            report.add_as(severity, finding(&lookup, &named, &why));
        }
    }
    others.report(report);
}

/// Counts the findings about entries that are not selected.
pub(in crate::lint) struct Others {
    count: usize,
    most: usize,
}

impl Others {
    /// None yet.
    pub(in crate::lint) fn of(context: &LintContext<'_>) -> Self {
        Self { count: 0, most: context.most(MOST) }
    }

    /// Why this file does not open, if it does not and is to be reported one by one; otherwise it is counted.
    pub(in crate::lint) fn why(&mut self, lookup: &Lookup<'_>, named: &NamedFile<'_>) -> Option<OpenFailure> {
        if named.selected || self.count < self.most {
            let why = lookup.why(named);
            self.count += usize::from(why.is_some() && !named.selected);
            return why;
        }
        self.count += usize::from(lookup.is_missing(named));
        None
    }

    /// Says how many were left out.
    pub(in crate::lint) fn report(self, report: &mut Reporter<'_>) {
        if let Some(left) = self.count.checked_sub(self.most).filter(|left| *left > 0) {
            let files = if left == 1 { "file that an entry names does" } else { "files that entries name do" };
            let message = format!("{left} more {files} not open, for the same reason or another");
            report.add_as(Severity::Warning, Diagnostic::new(message).in_configuration());
        }
    }
}

/// The finding about one file.
fn finding(lookup: &Lookup<'_>, named: &NamedFile<'_>, why: &OpenFailure) -> Diagnostic {
    finding_among(lookup, &Relatives::of(lookup.configuration().seen()), named, why).0
}

/// The finding about one file, and the file that is probably meant.
pub(in crate::lint) fn finding_among<'a>(
    lookup: &Lookup<'a>,
    relatives: &Relatives<'a>,
    named: &NamedFile<'_>,
    why: &OpenFailure,
) -> (Diagnostic, Option<Closest<'a>>) {
    let clause = match why {
        OpenFailure::Missing(clause) => Some(clause.as_str()),
        OpenFailure::Odd => None,
    };
    let missing = lookup.missing(named, clause);
    let (advice, closest) = missing.advice_among(lookup.files(), Some((lookup.configuration().seen(), relatives)));
    let mut finding = Diagnostic::new(advice.reason)
        .at(named.file.span, advice.label)
        .stops_boot(named.selected && matches!(why, OpenFailure::Missing(_)));
    finding.help = advice.help;
    finding.raised = lookup.raised(named);
    match missing.issue() {
        Some(PathIssue::Option) => finding.fix = without_options(lookup, named),
        Some(_) => mend(lookup, named, &mut finding),
        None => {}
    }
    (finding, closest)
}

/// The line of menu.lst without the options in front of the path, where such a file is there.
fn without_options(lookup: &Lookup<'_>, named: &NamedFile<'_>) -> Option<Fix> {
    let configuration = lookup.configuration();
    let args = named.entry.args_span?;
    let start = named.file.span;
    let line = configuration.text.get(start.range().start..args.range().end)?;
    let path =
        line.split(|byte| matches!(byte, b' ' | b'\t')).find(|word| !word.is_empty() && !word.starts_with(b"--"))?;
    let length = memchr::memmem::find_iter(line, path).find(|at| *at > 0 && matches!(line[at - 1], b' ' | b'\t'))?;
    if lookup.files().is_some_and(|files| !files.exists(path)) {
        return None;
    }
    let behind = u32::try_from(length).ok()?;
    let whole = Span { end: start.start.checked_add(behind)?, length: behind, ..start };
    // GRUB finds out the type of a kernel by itself; without the other options it passes more to a kernel.
    let types = line[..length].split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    let description = "leave the options out";
    let fix = match types.into_iter().all(|word| word.starts_with(b"--type=")) {
        true => Fix::safe(description),
        false => Fix::uncertain(description),
    };
    Some(fix.replace(whole, ""))
}

/// Offers the path without what is odd about it, where such a file is there.
fn mend(lookup: &Lookup<'_>, named: &NamedFile<'_>, finding: &mut Diagnostic) {
    let configuration = lookup.configuration();
    if lookup.issue(named) == Some(PathIssue::Continuation) {
        let line = configuration.directive_in(named.file.span.line).map(|directive| directive.line);
        finding.fix = line.filter(|line| goes_on(configuration, *line)).and_then(|line| joined(configuration, line));
        return;
    }
    let Some(plain) = Plain::of(named.path(), named.purpose, configuration.dialect) else { return };
    if lookup.files().is_some_and(|files| !files.exists(&plain.path)) {
        return;
    }
    if let Some(fix) = fix(configuration, named, plain) {
        *finding = finding.clone().fix(fix);
    }
}

fn fix(configuration: &Configuration<'_>, named: &NamedFile<'_>, plain: Plain) -> Option<Fix> {
    let text = configuration.at(named.file.span);
    let device = text.len().checked_sub(named.path().len())?;
    // In a line that was unquoted, what stands there is not what pygrub has.
    if text.get(device..)? != named.path() {
        return None;
    }
    let path = String::from_utf8(plain.path).ok()?;
    let mut replacement = String::from_utf8(text[..device].to_vec()).ok()?;
    replacement.push_str(&path);
    let mut same_for_grub = plain.same_for_grub;
    match PathIssue::of(named.path(), named.purpose, configuration.dialect)? {
        PathIssue::Tab => {
            let rest = named.path().iter().position(|byte| byte.is_ascii_whitespace() || *byte == 0x0b)?;
            replacement.push(' ');
            replacement.push_str(std::str::from_utf8(&named.path()[rest..]).ok()?.trim_start());
        }
        // What follows the `;` is another command for GRUB; without it, it would be arguments.
        PathIssue::TrailingText if named.entry.args.is_some() && named.what() == "kernel" => same_for_grub = false,
        _ => {}
    }
    let description = format!("write `{path}`");
    let fix = if same_for_grub { Fix::safe(description) } else { Fix::uncertain(description) };
    Some(fix.replace(named.file.span, replacement))
}
