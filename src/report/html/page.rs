//! The page around the sections: its head with the policy that keeps everything out, its end.

use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::overview::{OverviewRow, overview};
use crate::report::guest_text::{kept_in_place, plain};

/// The one sheet of the page.
const STYLE: &str = include_str!("page.css");

/// The page around the sections of these targets.
pub(crate) struct Page<'a> {
    /// The targets, in the order of their sections.
    pub rows: &'a [OverviewRow],
    /// The pygrub that was asked, if it is the same for all: `Xen 4.22`.
    pub build: Option<String>,
    /// Whether targets are missing, because a signal ended the work or a directory could not be read.
    pub is_incomplete: bool,
}

impl Page<'_> {
    /// What stands in front of the sections.
    pub(crate) fn before(&self) -> String {
        let title = match self.rows {
            [row] => format!("{}: {}", plain(&row.name), row.outcome.words()),
            rows => format!("{} targets", rows.len()),
        };
        let head = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy());
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="referrer" content="no-referrer";
                    title { (title) " \u{2013} pregrub" }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header class="top" {
                        p class="brand" { strong { "pregrub" } " report" }
                        @if let Some(build) = &self.build { p class="build" { "what pygrub of " (build) " boots" } }
                    }
                    main {
                        @if self.is_incomplete {
                            p class="incomplete" { "This report is incomplete: not every target was looked at." }
                        }
                        @if self.rows.len() != 1 { (overview(self.rows)) }
                        (CUT)
                    }
                    (foot())
                }
            }
        };
        let document = head.into_string();
        kept_in_place(document.split(CUT.0).next().unwrap_or_default().to_owned())
    }

    /// Whether a file begins as these pages do, whichever release wrote it.
    pub(crate) fn begins(head: &[u8]) -> bool {
        head.starts_with(BEGINNING.as_bytes())
    }

    /// What stands after them.
    pub(crate) fn after() -> String {
        let end = html! { (foot()) };
        format!("</main>{}</body></html>\n", end.into_string())
    }
}

/// What every page begins with, as far as it is always the same.
const BEGINNING: &str = "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\">\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-";

/// Where the sections go.
const CUT: PreEscaped<&str> = PreEscaped("<!--sections-->");

fn foot() -> Markup {
    html! {
        footer {
            p { "Nothing was booted, and nothing was written to a disk. This page loads nothing and runs nothing." }
        }
    }
}

/// Nothing is loaded and nothing runs; of styles, only this sheet counts.
fn policy() -> String {
    let hash = BASE64.encode(&Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}
