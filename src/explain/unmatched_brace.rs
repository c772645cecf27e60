//! What opened the block whose closing brace pygrub refuses: it sees no menu entry there.

use crate::config::{Config, Directive, Span};

/// A line that opens a block for GRUB, and begins no menu entry for pygrub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opener {
    /// The line; of a menu entry whose brace is on a line of its own, the line with the title.
    pub span: Span,
    /// Why pygrub does not treat it as the beginning of an entry.
    pub kind: HeaderFault,
}

/// Why pygrub does not treat a line as the beginning of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderFault {
    /// The title is not in quotes.
    Unquoted,
    /// The title is in a kind of quotes that the release does not know.
    Quotes,
    /// Not exactly one space stands before the title.
    Blanks,
    /// Nothing stands between the title and the brace.
    NoBlank,
    /// Options stand before the title.
    Options,
    /// The brace is on the line at this span, not on that of the title.
    NextLine(Span),
    /// `hiddenentry`.
    Hidden,
    /// `submenu`, in a release that does not know it.
    Submenu,
    /// A block in a function, whose end pygrub takes for the end of the function.
    InFunction,
    /// A block in a menu entry, whose end pygrub takes for the end of the entry.
    InEntry,
    /// Any other block.
    Block,
}

impl HeaderFault {
    /// Why, as a clause about line `line`.
    pub(crate) fn clause(self, line: u32) -> String {
        match self {
            Self::Unquoted => format!("the title in line {line} is not in quotes"),
            Self::Quotes => format!("this release expects the title in line {line} in double quotes"),
            Self::Blanks => format!("in line {line} not exactly one space stands between `menuentry` and the title"),
            Self::NoBlank => format!("in line {line} no space stands after the title"),
            Self::Options => format!("in line {line} options stand before the title"),
            Self::NextLine(_) => format!("the `{{` of line {line} is on another line"),
            Self::Hidden => format!("pygrub does not know `hiddenentry` in line {line}"),
            Self::Submenu => format!("this release does not know `submenu` in line {line}"),
            Self::InFunction => {
                format!("the function around line {line} ends for pygrub with the first `}}`, and this is another one")
            }
            Self::InEntry => {
                format!(
                    "the menu entry around line {line} ends for pygrub with the first `}}`, and this is another one"
                )
            }
            Self::Block => format!("the `{{` in line {line} begins no menu entry"),
        }
    }

    /// The way out.
    pub(crate) fn help(self) -> &'static str {
        match self {
            Self::Unquoted => "put the title in quotes: `menuentry \"title\" {`",
            Self::Quotes => "put the title in double quotes: `menuentry \"title\" {`",
            Self::Blanks => "write exactly one space between `menuentry` and the title",
            Self::NoBlank => "write a space between the title and `{`",
            Self::Options => "write the options after the title: `menuentry \"title\" --class x {`",
            Self::NextLine(_) => "write the `{` at the end of the line with the title",
            Self::Hidden => "write `menuentry` in its place, or take the entry out of the file",
            Self::Submenu => {
                "take the entries out of the submenu (GRUB_DISABLE_SUBMENU=y in /etc/default/grub), or use Xen 4.1.3 or later"
            }
            Self::InFunction => "take the function out of the file: pygrub calls none",
            Self::InEntry => "write the entry without an inner `{ ... }`",
            Self::Block => {
                "take `{ ... }` of other commands out of the file: for pygrub only a menu entry or a submenu has braces"
            }
        }
    }

    /// What stands beside the line.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Unquoted => "the title is not in quotes",
            Self::Quotes => "not in double quotes",
            Self::Blanks => "not exactly one space before the title",
            Self::NoBlank => "no space before `{`",
            Self::Options => "options before the title",
            Self::NextLine(_) => "no `{` on this line",
            Self::Hidden => "unknown to pygrub",
            Self::Submenu => "unknown to this release",
            Self::InFunction | Self::InEntry => "what this opens is closed first",
            Self::Block => "no menu entry",
        }
    }
}

/// What opened the blocks that `braces` close, which are in the order of the file: each closes what was opened last.
pub(crate) fn openers(config: &Config, text: &[u8], braces: &[Span]) -> Vec<Option<Opener>> {
    let Some(last) = braces.last() else { return Vec::new() };
    let mut candidates: Vec<Opener> = Vec::new();
    let before = config.directives.partition_point(|directive| directive.line.start < last.start);
    for (index, directive) in config.directives[..before].iter().enumerate() {
        let above = index.checked_sub(1).map(|above| &config.directives[above]);
        candidates.extend(outside(directive, above, text));
    }
    for entry in &config.entries {
        let inner = entry.directives.iter().filter(|directive| at(text, directive.line).ends_with(b"{"));
        candidates.extend(inner.map(|directive| Opener { span: directive.line, kind: HeaderFault::InEntry }));
    }
    let nested = config.functions.iter().filter_map(|function| function.nested);
    candidates.extend(nested.map(|span| Opener { span, kind: HeaderFault::InFunction }));
    candidates.sort_by_key(|candidate| candidate.span.start);
    let mut candidates = candidates.into_iter().peekable();
    let mut open = Vec::new();
    let close = |brace: &Span| {
        while let Some(candidate) = candidates.next_if(|candidate| candidate.span.start < brace.start) {
            open.push(candidate);
        }
        open.pop()
    };
    braces.iter().map(close).collect()
}

fn at(text: &[u8], span: Span) -> &[u8] {
    text.get(span.range()).unwrap_or_default()
}

/// The block that a line outside entries opens.
fn outside(directive: &Directive, above: Option<&Directive>, text: &[u8]) -> Option<Opener> {
    let line = at(text, directive.line);
    let header = [b"menuentry".as_slice(), b"hiddenentry", b"submenu"].into_iter().find(|word| line.starts_with(word));
    let Some(word) = header else {
        if !line.ends_with(b"{") {
            return None;
        }
        let above = above.filter(|above| {
            let above = at(text, above.line);
            line == b"{" && (above.starts_with(b"menuentry") || above.starts_with(b"submenu")) && !above.contains(&b'{')
        });
        return Some(match above {
            Some(above) => Opener { span: above.line, kind: HeaderFault::NextLine(directive.line) },
            None => Opener { span: directive.line, kind: HeaderFault::Block },
        });
    };
    // One that ends where it begins leaves nothing open.
    if !line.contains(&b'{') || line.ends_with(b"}") {
        return None;
    }
    let kind = match word {
        b"hiddenentry" => HeaderFault::Hidden,
        b"submenu" => HeaderFault::Submenu,
        _ => of_header(&line[word.len()..]),
    };
    Some(Opener { span: directive.line, kind })
}

/// What is wrong with a header, from what follows `menuentry`.
fn of_header(rest: &[u8]) -> HeaderFault {
    let title = rest.trim_ascii_start();
    match title.first() {
        Some(b'-') => HeaderFault::Options,
        Some(b'"' | b'\'') if rest.len() - title.len() != 1 || !rest.starts_with(b" ") => HeaderFault::Blanks,
        Some(quote @ (b'"' | b'\'')) => {
            let end = memchr::memchr(*quote, &title[1..]).map(|length| length + 2);
            match end.and_then(|end| title.get(end)) {
                Some(b' ') if *quote == b'\'' => HeaderFault::Quotes,
                Some(b' ') => HeaderFault::Block,
                _ => HeaderFault::NoBlank,
            }
        }
        _ => HeaderFault::Unquoted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::recover;
    use crate::config::{Cause, Dialect};
    use crate::release::Release;

    fn kinds(release: &str, text: &str) -> Vec<Option<(u32, &'static str)>> {
        let release: Release = release.parse().unwrap();
        let recovered = recover(Dialect::Grub2, text.as_bytes(), release);
        let closing = recovered.raised.iter().filter(|raised| raised.cause == Cause::ClosingBrace);
        let braces: Vec<Span> = closing.filter_map(|raised| raised.span).collect();
        openers(&recovered.config, text.as_bytes(), &braces)
            .into_iter()
            .map(|opener| opener.map(|opener| (opener.span.line, opener.kind.label())))
            .collect()
    }

    #[test]
    fn each_brace_has_what_opened_it() {
        for (text, want) in [
            ("menuentry A {\nlinux /k\n}\n", (1, HeaderFault::Unquoted)),
            ("menuentry  \"A\" {\n}\n", (1, HeaderFault::Blanks)),
            ("menuentry\t'A' {\n}\n", (1, HeaderFault::Blanks)),
            ("menuentry \"A\"{\n}\n", (1, HeaderFault::NoBlank)),
            ("menuentry --class x \"A\" {\n}\n", (1, HeaderFault::Options)),
            ("hiddenentry \"A\" {\n}\n", (1, HeaderFault::Hidden)),
            ("menuentry \"A\" {\nif x {\n}\n}\n", (2, HeaderFault::InEntry)),
            ("function f {\nmenuentry \"A\" {\n}\n}\n", (2, HeaderFault::InFunction)),
            ("menuentry A { reboot }\nf {\n}\n", (2, HeaderFault::Block)),
        ] {
            assert_eq!(kinds("4.17", text), [Some((want.0, want.1.label()))], "{text}");
        }
        assert_eq!(kinds("4.17", "menuentry \"A\"\n{\n}\n"), [Some((1, "no `{` on this line"))]);
        assert_eq!(kinds("4.17", "}\n"), [None]);
        assert_eq!(
            kinds("4.17", "menuentry A {\nmenuentry  'B' {\n}\n}\n}\n"),
            [Some((2, HeaderFault::Blanks.label())), Some((1, HeaderFault::Unquoted.label())), None]
        );
        assert_eq!(kinds("4.1.2", "submenu 'S' {\n}\n"), [Some((1, HeaderFault::Submenu.label()))]);
        assert_eq!(kinds("4.0.0", "menuentry 'S' {\n}\n"), [Some((1, HeaderFault::Quotes.label()))]);
    }
}
