//! `pregrub entries`: the menu of one configuration as pygrub parsed it. JSON: `pregrub.entries/1`.

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use super::raised::RaisedReport;
use crate::boot::{Boot, Overrides, Selection, select};
use crate::config::{Config, Entry, FilePath, Raised, Root, Setting, Warnings};
use crate::flavour::Build;
use crate::python::{Int, PyStr};

/// The menu, and what a run without menu screen selects from it.
pub struct Entries<'a> {
    build: Build,
    config: Option<&'a Config>,
    dialect: &'static str,
    selection: Option<Selection>,
    /// An exception from before the configuration was parsed.
    earlier: Option<&'a Raised>,
}

impl<'a> Entries<'a> {
    /// The menu of a configuration.
    pub fn of_config(config: &'a Config, overrides: Overrides<'_>, build: impl Into<Build>) -> Self {
        let build = build.into();
        let selection = config.raised.is_none().then(|| select(config, overrides, build));
        Self { build, config: Some(config), dialect: config.dialect.name(), selection, earlier: None }
    }

    /// The menu of a disk on which no configuration was read: with the exception where there was one, without where that is
    /// not known.
    pub fn of_nothing(raised: Option<&'a Raised>, build: impl Into<Build>) -> Self {
        Self { build: build.into(), config: None, dialect: "", selection: None, earlier: raised }
    }

    /// The exception that ends parsing or selection.
    pub fn raised(&self) -> Option<&Raised> {
        let config = self.config.and_then(|config| config.raised.as_ref());
        let selection = self.selection.as_ref().and_then(|selection| selection.raised.as_ref());
        self.earlier.or(config).or(selection)
    }

    fn entries(&self) -> &'a [Entry] {
        match self.config {
            Some(config) if config.raised.is_none() => &config.entries,
            _ => &[],
        }
    }

    /// The JSON object.
    pub fn json(&self) -> impl Serialize + use<'_> {
        let stored = self.config.filter(|config| config.raised.is_none());
        let warnings = self.config.map(|config| &config.warnings);
        let late = self.selection.as_ref().and_then(|selection| selection.warning);
        Json {
            schema: "pregrub.entries/1",
            release: self.build.release.to_string(),
            flavour: super::check::distributor(self.build.flavour),
            dialect: (!self.dialect.is_empty()).then_some(self.dialect),
            default: stored.map_or(Setting::Number(Int::Small(0)), |config| config.default.clone()),
            timeout: stored.map_or(Setting::Number(Int::Small(-1)), |config| config.timeout.clone()),
            selected: self.selection.as_ref().and_then(|selection| selection.index),
            entries: self.entries().iter().map(EntryReport::from).collect(),
            boot: self.selection.as_ref().and_then(|selection| selection.boot.clone()),
            raised: self.raised().map(RaisedReport::from),
            warnings: Messages { warnings, late },
        }
    }

    /// The menu as text, the selected entry marked with `>`.
    ///
    /// # Errors
    ///
    /// As `out` says.
    pub fn write_text(&self, out: &mut dyn Write) -> io::Result<()> {
        let selected = self.selection.as_ref().and_then(|selection| selection.index);
        for (index, entry) in self.entries().iter().enumerate() {
            let mark = if selected == Some(index) { '>' } else { ' ' };
            writeln!(out, "{mark} {index}  {}  (lines {}-{})", entry.title, entry.lines.0, entry.lines.1)?;
            let device = |file: &FilePath| match &file.device {
                Some(device) => format!("  (device {device}, which pygrub never uses)"),
                None => String::new(),
            };
            match &entry.kernel {
                Some(kernel) => writeln!(out, "     kernel     {}{}", kernel.path, device(kernel))?,
                None => writeln!(out, "     kernel     none: pygrub cannot boot this entry")?,
            }
            if let Some(initrd) = &entry.initrd {
                writeln!(out, "     initrd     {}{}", initrd.path, device(initrd))?;
            }
            if let Some(args) = entry.args.as_ref().filter(|args| !args.is_empty()) {
                writeln!(out, "     arguments  {args}")?;
            }
            if let Some(Root::Device(root)) = &entry.root {
                writeln!(out, "     root       {root} (stored, never used)")?;
            }
        }
        if let Some(config) = self.config.filter(|config| config.raised.is_none()) {
            writeln!(out, "default {}, timeout {}", config.default, config.timeout)?;
        }
        if self.selection.as_ref().is_some_and(|selection| selection.in_place_of.is_some()) {
            writeln!(
                out,
                "SUSE's pygrub selects none of them: it looks for /boot/vmlinuz-xen and /boot/initrd-xen instead"
            )?;
        }
        if let Some(why) = self.selection.as_ref().and_then(|selection| selection.unknown.as_ref()) {
            writeln!(out, "{why}")?;
        }
        if let Some(raised) = self.raised() {
            let place = raised.span.map(|span| format!(" (line {}, column {})", span.line, span.column));
            writeln!(out, "pygrub raises {raised}{}", place.unwrap_or_default())?;
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    release: String,
    /// Who built it, unless it is upstream's.
    #[serde(skip_serializing_if = "Option::is_none")]
    flavour: Option<&'static str>,
    dialect: Option<&'static str>,
    default: Setting,
    timeout: Setting,
    selected: Option<usize>,
    entries: Vec<EntryReport>,
    boot: Option<Boot>,
    raised: Option<RaisedReport<'a>>,
    warnings: Messages<'a>,
}

/// What pygrub logs while it parses, and then while it selects.
struct Messages<'a> {
    warnings: Option<&'a Warnings>,
    late: Option<&'static str>,
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let early = self.warnings.into_iter().flat_map(Warnings::iter).map(|warning| warning.message);
        serializer.collect_seq(early.chain(self.late.map(PyStr::from)))
    }
}

#[derive(Serialize)]
struct EntryReport {
    title: PyStr,
    root: Option<Root>,
    kernel: Option<FilePath>,
    args: Option<PyStr>,
    initrd: Option<FilePath>,
    lines: (u32, u32),
}

impl From<&Entry> for EntryReport {
    fn from(entry: &Entry) -> Self {
        Self {
            title: entry.title.clone(),
            root: entry.root.clone(),
            kernel: entry.kernel.clone(),
            args: entry.args.clone(),
            initrd: entry.initrd.clone(),
            lines: entry.lines,
        }
    }
}
