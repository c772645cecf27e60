//! `pregrub report`: one page to look at, without a script, a font or a picture from anywhere else.
//!
//! [`TargetSection`] is what the page has of one target; it is written when the target is done, and kept outside of memory. [`OverviewRow`] is what stays
//! of it for the overview, which [`Page`] writes in front of all sections once the last is done.

mod builder;
mod comparison;
mod console;
mod menu;
mod overview;
mod page;
mod section;
mod source_view;

pub(crate) use self::overview::OverviewRow;
pub(crate) use self::page::Page;
pub(crate) use self::section::{OtherReaders, TargetSection};
