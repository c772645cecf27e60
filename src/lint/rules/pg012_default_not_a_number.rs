use crate::config::{Cause, Dialect};
use crate::lint::analysis::post_parse_errors;
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Fix, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds a default that these releases cannot read: a title or an id up to 4.3.3 and 4.4.1, a very large number from 4.13 on
    /// where pygrub runs under Python 2.
    ///
    /// ## Why is this bad?
    ///
    /// Old releases raise `ValueError: invalid literal for int()` and reject the whole file; `${saved_entry}`, as
    /// grub-mkconfig and NixOS write it, is a number only from 4.1.3 on, `${next_entry}` from 4.1.6 and 4.2.3 on. Releases from
    /// 4.13 on that were built for Python 2 cannot handle a number that needs more than 64 bits.
    ///
    /// ## Example
    ///
    /// ```text
    /// set default="Debian GNU/Linux"
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// set default=0
    /// ```
    ///
    /// ## Source
    ///
    /// Recorded for every release from 4.0 on under the Python that it ran with (corpus/conformance, g2-def-*).
    "PG012" "default-not-a-number" Error, stops: Always, releases: until(DefaultByTitle).or(under_python2()), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let mut all = context.raised(&[Cause::DefaultNotANumber]);
    for raised in post_parse_errors::raised(context, &[Cause::DefaultNotANumber]) {
        if !all.contains(&raised) {
            all.push(raised);
        }
    }
    exception::each(context, report, &all, |mut finding, _, raised| {
        let title = raised.span.map(|span| configuration.at(span)).unwrap_or_default();
        let wanted = configuration.entries().iter().position(|entry| entry.title.as_bytes() == title);
        let numbered = configuration.config.submenus.is_empty() && configuration.dialect == Dialect::Grub2;
        if let (Some(index), Some(span), true) = (wanted, raised.span, numbered) {
            let fix = Fix::safe(format!("name the entry by its number, {index}"));
            finding = finding.fix(fix.replace(span, index.to_string()));
        }
        finding
    });
}
