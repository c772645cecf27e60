//! `pregrub explain`: the documentation of a rule, its Markdown set for a terminal.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use super::rules::standing;
use super::text::TextStyle;
use crate::lint::{Group, RULES, Rule, Severity};

/// Lines longer than this are hard to read, however wide the terminal is.
const WIDEST: usize = 100;

/// Writes the documentation of `rule`.
///
/// # Errors
///
/// As `out` says.
pub fn write(rule: &Rule, look: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let styles = Styles::new(look);
    let color = match rule.severity {
        Severity::Error => AnsiColor::Red,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Note => AnsiColor::Cyan,
    };
    let severity = if look.color { color.on_default().bold() } else { Style::new() };
    let (bold, group) = (styles.heading, rule.group());
    writeln!(out, "{bold}{} {}{bold:#}", rule.code, rule.name)?;
    writeln!(out, "{severity}{}{severity:#}, {}", rule.severity.name(), rule.stops.phrase())?;
    writeln!(out, "releases of Xen: {}", rule.releases)?;
    writeln!(out, "group: {} ({}, {}xx)", group.title(), group.name(), group.prefix())?;
    writeln!(out, "since pregrub {}", standing(rule))?;
    let documentation = rule.documentation();
    let mut page = Page { styles, width: look.width.min(WIDEST), text: String::new(), lists: 0, out };
    for event in Parser::new(&documentation) {
        page.take(event)?;
    }
    page.flush("  ", "  ")
}

/// Writes which rules `group` has, each with what it does.
///
/// # Errors
///
/// As `out` says.
pub fn write_group(group: Group, look: TextStyle, out: &mut dyn Write) -> io::Result<()> {
    let styles = Styles::new(look);
    let bold = styles.heading;
    writeln!(out, "{bold}{} ({}, {}xx){bold:#}", group.title(), group.name(), group.prefix())?;
    let rules: Vec<_> = RULES.iter().filter(|rule| rule.group() == group).collect();
    if rules.is_empty() {
        return out.write_all(b"\nit has no rule yet\n");
    }
    for rule in rules {
        let severity = rule.severity.name();
        writeln!(out)?;
        writeln!(out, "{bold}{} {}{bold:#}, {severity}, {}", rule.code, rule.name, rule.stops.phrase())?;
        let summary = rule.summary();
        let mut page = Page { styles, width: look.width.min(WIDEST), text: String::new(), lists: 0, out };
        for event in Parser::new(&summary) {
            match event {
                Event::Start(Tag::Paragraph) => {}
                event => page.take(event)?,
            }
        }
    }
    Ok(())
}

/// How pieces look.
#[derive(Clone, Copy)]
struct Styles {
    heading: Style,
    code: Style,
}

impl Styles {
    fn new(look: TextStyle) -> Self {
        if look.color {
            Self { heading: Style::new().bold(), code: AnsiColor::Cyan.on_default() }
        } else {
            Self { heading: Style::new(), code: Style::new() }
        }
    }
}

/// A page as it is set, block by block.
struct Page<'a> {
    styles: Styles,
    width: usize,
    /// The block that is being read.
    text: String,
    /// How many lists are open.
    lists: usize,
    out: &'a mut dyn Write,
}

impl Page<'_> {
    fn take(&mut self, event: Event<'_>) -> io::Result<()> {
        match event {
            Event::Start(Tag::Heading { .. }) => writeln!(self.out),
            Event::End(TagEnd::Heading(_)) => {
                let (bold, heading) = (self.styles.heading, std::mem::take(&mut self.text));
                writeln!(self.out, "{bold}{heading}{bold:#}")
            }
            Event::Start(Tag::Paragraph) if self.lists == 0 => writeln!(self.out),
            Event::End(TagEnd::Paragraph) if self.lists == 0 => self.flush("  ", "  "),
            Event::Start(Tag::List(_)) => {
                // The text of the item that the list stands in.
                self.item()?;
                if self.lists == 0 {
                    writeln!(self.out)?;
                }
                self.lists += 1;
                Ok(())
            }
            Event::End(TagEnd::Item) => self.item(),
            Event::End(TagEnd::List(_)) => {
                self.lists -= 1;
                Ok(())
            }
            Event::Start(Tag::CodeBlock(_)) => {
                self.item()?;
                writeln!(self.out)
            }
            Event::End(TagEnd::CodeBlock) => {
                let (code, lines) = (self.styles.code, std::mem::take(&mut self.text));
                for line in lines.lines() {
                    writeln!(self.out, "      {code}{line}{code:#}")?;
                }
                Ok(())
            }
            Event::Code(code) => {
                let style = self.styles.code;
                self.text.push_str(&format!("{style}`{code}`{style:#}"));
                Ok(())
            }
            Event::Text(text) => {
                self.text.push_str(&text);
                Ok(())
            }
            Event::SoftBreak | Event::HardBreak => {
                self.text.push(' ');
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The text of a list's item.
    fn item(&mut self) -> io::Result<()> {
        let indent = "  ".repeat(self.lists.max(1));
        self.flush(&format!("{indent}- "), &format!("{indent}  "))
    }

    /// Writes the block that was read, in lines that fit.
    fn flush(&mut self, first: &str, other: &str) -> io::Result<()> {
        let text = std::mem::take(&mut self.text);
        if text.trim().is_empty() {
            return Ok(());
        }
        let options = textwrap::Options::new(self.width)
            .initial_indent(first)
            .subsequent_indent(other)
            .break_words(false)
            .word_separator(textwrap::WordSeparator::AsciiSpace)
            .word_splitter(textwrap::WordSplitter::NoHyphenation);
        self.out.write_all((textwrap::fill(text.trim(), options) + "\n").as_bytes())
    }
}
