//! The menu: the guest's console, and every entry as pygrub parsed it.

use maud::{Markup, html};

use super::console::ConsoleScreen;
use crate::boot::{Attempt, Found, Run};
use crate::config::FilePath;
use crate::report::guest_text::{marked, marked_short};

/// The most entries that are listed.
const MOST: usize = 100;
/// The most of a title or a path, in characters.
const LONGEST: usize = 300;

/// The menu of a configuration.
pub(super) fn menu(run: &Run, attempt: &Attempt, found: &Found) -> Markup {
    let config = &found.config;
    let shown = attempt.menu.as_ref().filter(|menu| menu.seconds.is_some());
    let screen = shown.and_then(|_| ConsoleScreen::opening(config, run.options.release));
    let selected = attempt.selection.as_ref().and_then(|selection| selection.index);
    let count = config.entries.len();
    html! {
        @if let Some(screen) = screen {
            div class="wide" role="group" aria-label="The console of the guest" tabindex="0" {
                pre class="console" role="img" aria-label="The screen with the menu; its entries are listed below" {
                    @for line in screen.lines() {
                        @for (is_reverse, text) in line {
                            @if is_reverse { span class="selected" { (marked(text.as_bytes())) } } @else { (marked(text.as_bytes())) }
                        }
                        "\n"
                    }
                }
            }
        } @else if config.raised.is_some() && count > 0 {
            p { "pygrub shows no menu: it stops while it reads the configuration. It has these entries by then:" }
        } @else if config.raised.is_some() {
            p { "pygrub shows no menu: it stops while it reads the configuration, before it has an entry." }
        } @else if count > 0 {
            p { "pygrub shows no menu here." }
        } @else {
            p { "There are no entries." }
        }
        @if count > 0 {
            div class="wide" role="group" aria-label="The entries" tabindex="0" {
                table {
                    thead { tr { th scope="col" { "#" } th scope="col" { "Title" } th scope="col" { "Kernel" } th scope="col" { "Initrd" } th scope="col" { "Lines" } } }
                    tbody {
                        @for (index, entry) in config.entries.iter().enumerate().take(MOST) {
                            @let is_selected = selected == Some(index);
                            tr class=[is_selected.then_some("chosen-row")] {
                                td { (index) }
                                th scope="row" { (marked_short(entry.title.as_bytes(), LONGEST)) @if is_selected { " " span class="badge selects" { "selected" } } }
                                td { (path(entry.kernel.as_ref())) }
                                td { (path(entry.initrd.as_ref())) }
                                td { (entry.lines.0) "\u{2013}" (entry.lines.1) }
                            }
                        }
                    }
                }
            }
            @if count > MOST { p class="note" { (count - MOST) " more entries are not shown" } }
        }
    }
}

fn path(path: Option<&FilePath>) -> Markup {
    html! {
        @match path {
            Some(path) => code { (marked_short(path.path.as_bytes(), LONGEST)) },
            None => "none",
        }
    }
}
