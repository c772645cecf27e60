use crate::config::{Cause, Span};
use crate::explain::closing_brace::of_closing_brace;
use crate::explain::unmatched_brace::{HeaderFault, Opener, openers};
use crate::lint::rules::declare::rule;
use crate::lint::rules::shared::exception;
use crate::lint::rules::{Configuration, Fix, LintContext, Reporter};

rule! {
    /// ## What it does
    ///
    /// Finds closing braces at the beginning of a line where pygrub sees no open menu entry, and what opened them.
    ///
    /// ## Why is this bad?
    ///
    /// pygrub treats a line as the beginning of a menu entry only if it is `menuentry`, exactly one space, a title in quotes, a
    /// space, and `{` on the same line. Anything else it ignores, but not the `}` that belongs to it: it raises `RuntimeError:
    /// syntax error: closing brace without menuentry` and rejects the whole file. The same happens where braces are nested,
    /// since the first `}` ends an entry or a function, and with `hiddenentry`, which pygrub does not know.
    ///
    /// ## Example
    ///
    /// ```text
    /// menuentry Debian {
    ///   linux /boot/vmlinuz
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// menuentry "Debian" {
    ///   linux /boot/vmlinuz
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17, and recorded for every release from 4.0 on (corpus/conformance, g2-hdr-*, g2-st-*). 4.0.0
    /// knows titles in double quotes only; `submenu` is known from 4.1.3 on.
    "PG007" "closing-brace-without-entry" Error, stops: Always, releases: all(), check
}

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration() else { return };
    let all = context.raised(&[Cause::ClosingBrace]);
    let braces: Vec<Span> = all.iter().filter_map(|raised| raised.span).collect();
    let openers = openers(configuration.config, configuration.text, &braces);
    exception::each(context, report, &all, |mut finding, index, _| {
        let opener = openers.get(index).copied().flatten();
        let advice = of_closing_brace(opener, configuration.writer());
        finding.message = advice.reason;
        finding.help = advice.help;
        if let Some(opener) = opener {
            finding = finding.and(opener.span, opener.kind.label());
            finding.fix = mended(&configuration, opener);
        }
        finding
    });
}

/// The line so that it begins a menu entry for pygrub as well.
fn mended(configuration: &Configuration<'_>, opener: Opener) -> Option<Fix> {
    let line = opener.span;
    let text = std::str::from_utf8(configuration.at(line)).ok()?;
    let word = "menuentry".len();
    match opener.kind {
        HeaderFault::Unquoted => {
            let rest = text.get(word..)?;
            let start = word + rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let end = start + text.get(start..)?.find([' ', '\t', '{'])?;
            let title = text.get(start..end)?;
            let plain = title.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.+:/,".contains(&byte));
            let blank = if text[end..].starts_with(' ') { "" } else { " " };
            (plain && !title.is_empty() && start > word).then(|| {
                let span = configuration.part(line, word..end);
                Fix::safe("put the title in quotes").replace(span, format!(" \"{title}\"{blank}"))
            })
        }
        HeaderFault::Blanks => {
            let rest = text.get(word..)?;
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            let title = rest.get(blanks..)?;
            let quote = title.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let ends_well = title.get(1..)?.split_once(quote)?.1.starts_with(' ');
            (blanks > 0 && ends_well).then(|| {
                let span = configuration.part(line, word..word + blanks);
                Fix::safe("write one space before the title").replace(span, " ")
            })
        }
        HeaderFault::NoBlank => {
            let title = text.get(word + 1..)?;
            let quote = title.chars().next()?;
            let end = word + 2 + title.get(1..)?.find(quote)? + quote.len_utf8();
            text.get(end..)?
                .starts_with('{')
                .then(|| Fix::safe("write a space before `{`").replace(configuration.part(line, end..end), " "))
        }
        HeaderFault::Hidden => {
            let span = configuration.part(line, 0.."hiddenentry".len());
            Some(Fix::uncertain("show the entry in the menu").replace(span, "menuentry"))
        }
        HeaderFault::NextLine(brace) => {
            // From the end of the title's line to after the brace: one space and the brace.
            let end = configuration.part(line, text.len()..text.len());
            let fix = Fix::uncertain("write the `{` on the line with the title");
            Some(fix.replace(end, " {").replace(brace, ""))
        }
        HeaderFault::Quotes
        | HeaderFault::Options
        | HeaderFault::Submenu
        | HeaderFault::InFunction
        | HeaderFault::InEntry
        | HeaderFault::Block => None,
    }
}
