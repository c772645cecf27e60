//! A page of the book: its text, code blocks, headings and links.

use std::fs;
use std::ops::Range;
use std::path::PathBuf;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use walkdir::WalkDir;

use crate::common::program::root;

/// A Markdown file of the project.
pub(super) struct Page {
    /// `docs/how-to/libvirt.md`.
    pub name: String,
    pub text: String,
}

/// A code block.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Block {
    /// Line of the fence, counted from 1.
    pub line: usize,
    /// The first word after the fence; `None` for an indented block.
    pub language: Option<String>,
    pub body: String,
    /// Where the body is in the text; it is the same text only where the block is not indented.
    pub range: Range<usize>,
}

impl Block {
    /// What the block needs to run, if that is more than the tests have: its first line is `# needs root`.
    pub fn needs(&self) -> Option<&str> {
        self.body.lines().next()?.strip_prefix("# needs ")
    }
}

impl Page {
    pub fn read(name: &str) -> Self {
        let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), text }
    }

    /// All pages of the book.
    pub fn all() -> Vec<Self> {
        let files = WalkDir::new(root().join("docs")).sort_by_file_name().into_iter().map(Result::unwrap);
        let files = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "md"));
        let name = |path: PathBuf| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        files.map(|file| Self::read(&name(file.into_path()))).collect()
    }

    fn events(&self) -> impl Iterator<Item = (Event<'_>, Range<usize>)> {
        Parser::new_ext(&self.text, Options::ENABLE_TABLES).into_offset_iter()
    }

    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<(Option<String>, String, usize)> = None;
        for (event, range) in self.events() {
            match event {
                Event::Start(Tag::CodeBlock(kind)) => {
                    let language = match kind {
                        CodeBlockKind::Fenced(info) => {
                            Some(info.split([',', ' ']).next().unwrap_or_default().to_owned())
                        }
                        CodeBlockKind::Indented => None,
                    };
                    open = Some((language, String::new(), range.start));
                }
                Event::Text(text) => {
                    if let Some((_, body, _)) = &mut open {
                        body.push_str(&text);
                    }
                }
                Event::End(TagEnd::CodeBlock) => {
                    let (language, body, start) = open.take().expect("a block is open");
                    let first = self.text[start..].find('\n').map_or(self.text.len(), |end| start + end + 1);
                    let line = self.text[..start].matches('\n').count() + 1;
                    blocks.push(Block { line, language, range: first..first + body.len(), body });
                }
                _ => {}
            }
        }
        blocks
    }

    /// The anchors of the headings, as mdBook and GitHub make them.
    pub fn anchors(&self) -> Vec<String> {
        let mut anchors: Vec<String> = Vec::new();
        let mut heading: Option<String> = None;
        for (event, _) in self.events() {
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(text) | Event::Code(text) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&text);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let anchor = anchor(&heading.take().unwrap_or_default());
                    let same = anchors.iter().filter(|one| **one == anchor).count();
                    anchors.push(if same == 0 { anchor } else { format!("{anchor}-{same}") });
                }
                _ => {}
            }
        }
        anchors
    }

    /// The pieces of code in its running text.
    pub fn codes(&self) -> Vec<String> {
        let code = |event| if let Event::Code(code) = event { Some(code.into_string()) } else { None };
        self.events().filter_map(|(event, _)| code(event)).collect()
    }

    /// Where its links lead, each with the line.
    pub fn links(&self) -> Vec<(usize, String)> {
        let line = |at: usize| self.text[..at].matches('\n').count() + 1;
        self.events()
            .filter_map(|(event, range)| match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    Some((line(range.start), dest_url.into_string()))
                }
                _ => None,
            })
            .collect()
    }
}

/// The anchor of a heading.
pub(super) fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, '_' | '-') || c.is_whitespace());
    kept.map(|c| if c.is_whitespace() { '-' } else { c.to_ascii_lowercase() }).collect()
}

#[test]
fn a_page_is_taken_apart() {
    let text =
        "# A `b`: c\n\n```console\n$ true\n```\n\n[x](y.md#z)\n\n# A b c\n\n```sh\n# needs root\nrm\n```\n".to_owned();
    let page = Page { name: String::new(), text };
    assert_eq!(page.anchors(), ["a-b-c", "a-b-c-1"]);
    assert_eq!(page.links(), [(7, "y.md#z".to_owned())]);
    let blocks = page.blocks();
    assert_eq!((blocks[0].line, &page.text[blocks[0].range.clone()]), (3, "$ true\n"));
    assert_eq!((blocks[0].language.as_deref(), blocks[0].needs()), (Some("console"), None));
    assert_eq!(blocks[1].needs(), Some("root"));
}
