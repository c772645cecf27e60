use std::ops::Range;

use crate::config::{Dialect, Span, Writer};
use crate::explain::remedy::Remedy;
use crate::lint::analysis::configuration::shown;
use crate::lint::rules::declare::rule;
use crate::lint::rules::{Configuration, Diagnostic, Fix, LintContext, Reporter, Severity};

rule! {
    /// ## What it does
    ///
    /// Finds arguments that reach the kernel otherwise than with GRUB: with variables, single quotes, backslashes, a `;` or
    /// a comment in them, or a `}` after them.
    ///
    /// ## Why is this bad?
    ///
    /// GRUB reads the line as a shell does: it puts values in the place of variables, takes quotes and backslashes away,
    /// ends the command at `;` and at a `}` that stands alone, and leaves out what follows ` #`. pygrub hands over what stands there, literally. If
    /// `root=` or `init=` is in a variable, the guest does not find its disk.
    ///
    /// Double quotes are not reported: the kernel reads `a="b c"` as GRUB's `"a=b c"`. `$vt_handoff` of Ubuntu and
    /// `$tuned_params` of RHEL are notes: the kernel hands a word that it does not know to init, which does not mind.
    ///
    /// ## Example
    ///
    /// ```text
    /// set opts="root=/dev/xvda1 ro"
    /// menuentry "Linux" {
    ///   linux /vmlinuz $opts # the rescue system
    /// }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// # the rescue system
    /// menuentry "Linux" {
    ///   linux /vmlinuz root=/dev/xvda1 ro
    /// }
    /// ```
    ///
    /// ## Source
    ///
    /// Measured with xen-utils-4.17; with GRUB 2.06 by grub-emu and, for quotes, booted in qemu.
    "PG208" "literal-arguments" Warning or Note, stops: Never, releases: all(), check
}

/// What GRUB does not hand over as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Literal {
    /// A variable, with its name.
    Variable(Vec<u8>),
    /// A `;`.
    Semicolon,
    /// ` #` and what follows.
    Comment,
    /// A `}` that stands alone.
    Brace,
    /// Single quotes.
    Quotes,
    /// A quote that is not closed on the line.
    OpenQuote,
    /// A backslash in front of a character.
    Escape,
    /// A `$` or a backslash that GRUB hands over, which no way of writing makes the same for both.
    Unwritable,
}

/// Where it stands in the arguments.
type Found = (Literal, Range<usize>);

/// How many different things are reported, and how many places of each.
const MOST: usize = 20;
const MOST_PLACES: usize = 10;

fn check(context: &LintContext<'_>, report: &mut Reporter<'_>) {
    let Some(configuration) = context.configuration().filter(|found| found.dialect == Dialect::Grub2) else { return };
    let selected = configuration.selected();
    let mut order: Vec<usize> = (0..configuration.entries().len()).collect();
    order.sort_by_key(|index| Some(*index) != selected);
    let most_places = context.most(MOST_PLACES);
    let mut places: Vec<(Literal, Vec<Span>, usize)> = Vec::new();
    for index in order {
        let Some(span) = configuration.entries()[index].args_span else { continue };
        for (literal, range) in literals(configuration.at(span)) {
            let place = configuration.part(span, range);
            match places.iter().position(|(known, ..)| *known == literal) {
                Some(at) => {
                    let (_, kept, count) = &mut places[at];
                    *count += 1;
                    if kept.len() <= most_places {
                        kept.push(place);
                    }
                }
                None if places.len() < MOST => places.push((literal, vec![place], 1)),
                None => {}
            }
        }
    }
    for (literal, places, count) in places {
        let severity = if literal.is_harmless() { Severity::Note } else { Severity::Warning };
        let mut finding = finding(&configuration, &literal, &places);
        finding.places = count;
        if let Some(more) = count.checked_sub(places.len()).filter(|more| *more > 0) {
            finding.message.push_str(&format!("; so it is in {more} more place{}", if more == 1 { "" } else { "s" }));
        }
        report.add_as(severity, finding);
    }
}

fn finding(configuration: &Configuration<'_>, literal: &Literal, places: &[Span]) -> Diagnostic {
    let (message, label) = literal.told();
    let mut finding = Diagnostic::new(message).at(places[0], label).help(help(configuration, literal));
    for place in &places[1..] {
        finding = finding.and(*place, "here as well");
    }
    let ends_the_line = |place: &Span| {
        let text = configuration.at(*place);
        *literal == Literal::Comment || *literal == Literal::Semicolon && text.iter().all(|byte| *byte == b';')
    };
    // GRUB never saw them as arguments. Where there are more places than are kept, the rest comes in the next round.
    if places.iter().all(ends_the_line) {
        let fix = places.iter().fold(Fix::safe("take it out of the line"), |fix, place| fix.replace(*place, ""));
        finding = finding.fix(fix);
    }
    finding
}

fn help(configuration: &Configuration<'_>, literal: &Literal) -> String {
    if literal.is_harmless() {
        return "no change is needed: the kernel passes a word that it does not know to init".to_owned();
    }
    let value = literal.value(configuration);
    let what = match literal {
        Literal::Variable(_) => value.as_deref().unwrap_or("write the value in the place of the variable"),
        Literal::Semicolon => "write what follows the `;` on a line of its own",
        Literal::Comment => "write the comment on a line of its own",
        Literal::Brace => "write the `}` on a line of its own",
        Literal::Quotes => "write the value in double quotes instead",
        Literal::OpenQuote => "close the quote on this line, or take it out",
        Literal::Escape => "write the value in double quotes, without the backslash",
        // What GRUB would hand over alike, pygrub would not, and the other way round.
        Literal::Unwritable => {
            "no plain way to write a `$` or a `\\` is the same for both: take this argument out of the line, and add it under Xen alone, \
             with `extra = \"...\"` in the domain's configuration"
        }
    };
    match configuration.writer() {
        _ if *literal == Literal::Unwritable => what.to_owned(),
        Writer::NixOs => {
            Remedy::nixos(format!("{what}, in boot.kernelParams or boot.loader.grub.extraEntries")).to_string()
        }
        Writer::Mkconfig => Remedy::MkconfigVariable(format!("{what}, in GRUB_CMDLINE_LINUX")).to_string(),
        Writer::Other => what.to_owned(),
    }
}

impl Literal {
    /// Whether it is a variable that distributions leave empty on a console without graphics.
    fn is_harmless(&self) -> bool {
        matches!(self, Self::Variable(name) if matches!(name.as_slice(), b"vt_handoff" | b"tuned_params"))
    }

    /// Its value as an imperative, where the configuration sets it once and that counts.
    fn value(&self, configuration: &Configuration<'_>) -> Option<String> {
        let Self::Variable(name) = self else { return None };
        let name = std::str::from_utf8(name).ok()?;
        let assignment = format!("{name}=");
        let assigned = memchr::memmem::find_iter(configuration.text, assignment.as_bytes()).count();
        let value = configuration.grub()?.variable(name).filter(|_| assigned == 1)?;
        Some(format!("write its value, `{}`, in the place of the variable", shown(value)))
    }

    /// The message, and what stands beside the place.
    fn told(&self) -> (String, &'static str) {
        match self {
            Self::Variable(name) => {
                let name = shown(name);
                (format!("the kernel gets the variable `${name}` literally: pygrub knows no variables"), "not replaced")
            }
            Self::Semicolon => (
                "the kernel gets `;` and what follows as arguments: pygrub does not end the command there".to_owned(),
                "GRUB ends the command here",
            ),
            Self::Comment => (
                "the kernel gets the comment as arguments: pygrub knows no comments after a command".to_owned(),
                "a comment for GRUB",
            ),
            Self::Brace => (
                "the kernel gets `}` as an argument, and the entry goes on: pygrub sees its end only at the start of a line"
                    .to_owned(),
                "GRUB ends the entry here",
            ),
            Self::Quotes => (
                "the kernel gets single quotes literally, and splits at the spaces between them: pygrub does not remove quotes"
                    .to_owned(),
                "handed over with its quotes",
            ),
            Self::OpenQuote => (
                "the kernel gets a quote that is not closed: pygrub does not continue on the next line".to_owned(),
                "not closed on this line",
            ),
            Self::Escape => (
                "the kernel gets the backslash literally: pygrub does not remove it".to_owned(),
                "handed over with its backslash",
            ),
            Self::Unwritable => (
                "the kernel gets this literally, and from GRUB without the quotes or the first backslash".to_owned(),
                "handed over as it stands",
            ),
        }
    }
}

/// What GRUB reads otherwise than it stands there: each kind at its first place.
fn literals(args: &[u8]) -> Vec<Found> {
    // Most have none of these.
    if memchr::memchr3(b'$', b'"', b'\'', args).is_none()
        && memchr::memchr3(b'\\', b';', b'}', args).is_none()
        && memchr::memchr(b'#', args).is_none()
    {
        return Vec::new();
    }
    let mut found: Vec<Found> = Vec::new();
    let mut add = |literal: Literal, range: Range<usize>| {
        if found.len() < MOST && !found.iter().any(|(known, _)| *known == literal) {
            found.push((literal, range));
        }
    };
    let mut quote: Option<usize> = None;
    let mut at = 0;
    while let Some(&byte) = args.get(at) {
        let in_double = quote.is_some_and(|from| args[from] == b'"');
        match byte {
            b'\'' if !in_double => {
                // Up to the closing one all is plain.
                let Some(length) = memchr::memchr(b'\'', &args[at + 1..]) else {
                    add(Literal::OpenQuote, at..args.len());
                    return found;
                };
                let quoted = &args[at + 1..at + 1 + length];
                let is_plain = memchr::memchr3(b'$', b'\\', b'"', quoted).is_none();
                add(if is_plain { Literal::Quotes } else { Literal::Unwritable }, at..at + length + 2);
                at += length + 1;
            }
            b'"' => quote = if in_double { None } else { Some(at) },
            b'\\' => {
                let next = args.get(at + 1);
                // At the end it is a line continuation, which another rule reports.
                let escapes = if in_double { matches!(next, Some(b'"' | b'\\' | b'$')) } else { next.is_some() };
                if escapes {
                    let literal =
                        if matches!(next, Some(b'$' | b'\\')) { Literal::Unwritable } else { Literal::Escape };
                    add(literal, at..at + 2);
                    at += 1;
                }
            }
            b'$' => {
                let name = variable(&args[at + 1..]);
                if let Some((name, length)) = name {
                    add(Literal::Variable(name.to_vec()), at..at + 1 + length);
                    at += length;
                }
            }
            b';' if !in_double => {
                add(Literal::Semicolon, at..args.len());
                return found;
            }
            b'}' if !in_double && stands_alone(args, at) => add(Literal::Brace, at..at + 1),
            b'#' if !in_double && (at == 0 || args[at - 1].is_ascii_whitespace()) => {
                add(Literal::Comment, at..args.len());
                return found;
            }
            _ => {}
        }
        at += 1;
    }
    if let Some(from) = quote {
        add(Literal::OpenQuote, from..args.len());
    }
    found
}

/// Whether the byte at `at` is a word for itself.
fn stands_alone(args: &[u8], at: usize) -> bool {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || *byte == b';';
    args[..at].last().is_none_or(ends) && args.get(at + 1).is_none_or(ends)
}

/// The name of the variable that `text` begins with, after the `$`, and how many bytes it takes.
fn variable(text: &[u8]) -> Option<(&[u8], usize)> {
    if let Some(inner) = text.strip_prefix(b"{") {
        let length = memchr::memchr(b'}', inner)?;
        return Some((&inner[..length], length + 2));
    }
    let first = text.first()?;
    if first.is_ascii_digit() || matches!(first, b'?' | b'*' | b'@' | b'#') {
        return Some((&text[..1], 1));
    }
    let length = text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    (length > 0).then(|| (&text[..length], length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(args: &str) -> Vec<(Literal, &str)> {
        literals(args.as_bytes()).into_iter().map(|(literal, range)| (literal, &args[range])).collect()
    }

    #[test]
    fn what_grub_reads_otherwise() {
        use Literal::{Brace, Comment, Escape, OpenQuote, Quotes, Semicolon, Unwritable, Variable};
        let variable = |name: &str| Variable(name.as_bytes().to_vec());
        for (args, want) in [
            ("root=/dev/xvda1 ro quiet", vec![]),
            ("a=\"b c\" d", vec![]),
            ("a=b$ c#d", vec![]),
            ("ro $kernelopts ${x}y", vec![(variable("kernelopts"), "$kernelopts"), (variable("x"), "${x}")]),
            ("\"$x\"", vec![(variable("x"), "$x")]),
            ("'$x'", vec![(Unwritable, "'$x'")]),
            ("'x y'", vec![(Quotes, "'x y'")]),
            ("a\\\\b", vec![(Unwritable, "\\\\")]),
            ("a=1;b=2", vec![(Semicolon, ";b=2")]),
            ("a #b", vec![(Comment, "#b")]),
            ("\"a #b;\"", vec![]),
            ("d=\\\"q\\\"", vec![(Escape, "\\\"")]),
            ("d=\\$0 \"\\$x\"", vec![(Unwritable, "\\$")]),
            ("a \\", vec![]),
            ("a \"b", vec![(OpenQuote, "\"b")]),
            ("a }", vec![(Brace, "}")]),
            ("a} {b} \"}\"", vec![]),
            ("it's", vec![(OpenQuote, "'s")]),
        ] {
            assert_eq!(seen(args), want, "{args}");
        }
    }
}
