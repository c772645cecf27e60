use crate::config::{Dialect, Span};
use crate::lint::analysis::grub_pick;
use crate::lint::engine::group::Group;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a syntax error of GRUB's language in a grub.cfg that pygrub reads without a complaint.
    ///
    /// ## Why is this bad?
    ///
    /// GRUB prints an error, waits for a key, and drops the statement that the error is in: a menu entry is not in its menu then, and
    /// the entries after it have other numbers. pygrub reads line by line and keeps all of it.
    ///
    /// ## Example
    ///
    /// ```text
    /// set default=1
    /// menuentry "Rescue" {
    /// }
    /// menuentry "A" {
    ///   linux /a
    /// }
    /// menuentry "B" {
    ///   linux /b
    /// }
    /// ```
    ///
    /// An entry without a command is a syntax error. GRUB has no entry Rescue, and boots B; pygrub boots A.
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "Rescue" {
    ///   true
    /// }
    /// ```
    ///
    /// `grub-script-check grub.cfg` finds such errors, too.
    ///
    /// ## Source
    ///
    /// Measured with grub-emu and grub-script-check 2.06; 50,000 generated and mutated texts.
    "PG703" "grub-rejects-a-block" Warning, stops: Never, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|configuration| configuration.dialect == Dialect::Grub2)
    else {
        return;
    };
    // What stops pygrub is to be fixed first, and often is the same mistake. A text that is cut off is not GRUB's.
    if configuration.config.truncated || report.has_found(|rule, _| rule.group() == Group::StopsTheRun) {
        return;
    }
    for rejected in grub_pick::rejected(context).iter().take(context.most(5)) {
        let Some(span) = line(&configuration, rejected.line) else { continue };
        // Another rule says what is wrong with this line.
        if report.has_found(|_, line| line == Some(span.line)) {
            continue;
        }
        let message = if rejected.fatal { "token too large, exceeds YYLMAX" } else { "syntax error." };
        let entry = configuration
            .entries()
            .iter()
            .find(|entry| (entry.lines.0..=entry.lines.1.saturating_add(1)).contains(&rejected.line));
        let what = match entry {
            Some(entry) => format!(
                "the block with the entry `{}`",
                crate::lint::analysis::configuration::shown(entry.title.as_bytes())
            ),
            None => "the statement that ends here".to_owned(),
        };
        let mut finding =
            Diagnostic::new(format!("GRUB rejects {what} and drops it (`error: {message}`); pygrub reads it"))
                .at(span, "where GRUB gives up");
        if let Some(entry) = entry.filter(|entry| entry.header.line != rejected.line) {
            finding = finding.and(entry.title_span, "not in GRUB's menu");
        }
        report.add(finding.help(
            "correct the syntax (`grub-script-check` in the guest checks it): an entry needs at least one command, and every `{`, `if` \
             and quote its end",
        ));
    }
}

/// A line of the configuration, without the white space around it.
fn line(configuration: &Configuration<'_>, number: u32) -> Option<Span> {
    let text = configuration.text;
    let index = usize::try_from(number).ok()?.checked_sub(1)?;
    let start = if index == 0 { 0 } else { memchr::memchr_iter(b'\n', text).nth(index - 1)? + 1 };
    let end = memchr::memchr(b'\n', text.get(start..)?).map_or(text.len(), |length| start + length);
    let whole = text.get(start..end)?;
    let indent = whole.len() - whole.trim_ascii_start().len();
    let line = whole.trim_ascii();
    let narrow = crate::config::narrow;
    let span = Span {
        start: narrow(start + indent),
        end: narrow(start + indent + line.len()),
        line: number,
        column: narrow(indent + 1),
        length: narrow(line.len()),
    };
    Some(configuration.part(span, 0..line.len()))
}
