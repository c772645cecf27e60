//! The kernel as Xen's domain builder sees it, and the initrd as the toolstack and the guest's kernel see it.

use maud::{Markup, html};

use crate::initrd::InitrdLook;
use crate::kernel::{Built, feature_names};
use crate::report::builder::{BuilderReport, stage};
use crate::report::guest_text::short;
use crate::report::initrd;
use crate::report::picture::size;

/// The most of a text out of the kernel, in characters.
const LONGEST: usize = 300;

/// What is known of a kernel.
pub(super) fn facts(built: &Built) -> Markup {
    let look = &built.look;
    let names = feature_names(look.supported_features | look.required_features);
    html! {
        dl class="facts" {
            dt { "Domain builder" } dd { (short(&stage(built), LONGEST)) }
            dt { "Format" } dd { (short(&BuilderReport::describe(look), LONGEST)) }
            dt { "Size" }
            dd {
                (size(look.size))
                @if let Some(unpacked) = look.unpacked_size.filter(|unpacked| *unpacked != look.size) { ", " (size(unpacked)) " unpacked" }
            }
            dt { "Entry points" }
            dd {
                "PV "
                @match look.pv_entry { Some(entry) => code { (format!("{entry:#x}")) }, None => "none" }
                ", PVH "
                @match look.pvh_entry { Some(entry) => code { (format!("{entry:#x}")) }, None => "none" }
            }
            @if !names.is_empty() { dt { "Features" } dd { (short(&names.join(" "), LONGEST)) } }
        }
    }
}

/// What is known of an initrd. What is wrong with it is among the findings.
pub(super) fn of_initrd(look: &InitrdLook) -> Markup {
    /// The most facts: a hostile one has thousands of archives.
    const MOST: usize = 40;
    let facts = initrd::facts(look);
    html! {
        dl class="facts" {
            @for (word, text) in facts.iter().take(MOST) { dt { (word) } dd { (short(text, LONGEST)) } }
        }
        @if facts.len() > MOST { p class="note" { (facts.len() - MOST) " more are not shown" } }
    }
}
