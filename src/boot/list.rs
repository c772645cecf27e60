//! What pygrub prints for `-l`: the menu of one configuration.

use super::fixed_kernels::no_kernel;
use super::select::{Overrides, select};
use crate::config::{Config, Raised};
use crate::flavour::Build;
use crate::python::PyStr;

/// What `-l` prints for one configuration, and the exception that ended it.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Standard output, up to the exception.
    pub text: PyStr,
    /// The exception for an entry without kernel or initrd, which pygrub swallows; the rest of the menu is lost.
    pub raised: Option<Raised>,
    /// What pygrub logs as a warning when it goes on to select an entry.
    pub warning: Option<&'static str>,
}

/// Lists the entries as pygrub does. It goes on to select one, which can raise where there is nothing to list.
pub fn list(config: &Config, overrides: Overrides<'_>, build: impl Into<Build>) -> Listing {
    let build = build.into();
    let mut out = Vec::new();
    for entry in &config.entries {
        let mut line = |name: &str, value: Option<&[u8]>| {
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(value.unwrap_or(b"None"));
            out.push(b'\n');
        };
        let root = entry.root.as_ref().map(ToString::to_string);
        line("title: ", Some(entry.title.as_bytes()));
        line("  root: ", root.as_ref().map(String::as_bytes));
        let missing = |text: Vec<u8>| {
            let raised = no_kernel(build).at(entry.header);
            Listing { text: text.into(), raised: Some(raised), warning: None }
        };
        let Some(kernel) = &entry.kernel else { return missing(out) };
        line("  kernel: ", Some(kernel.path.as_bytes()));
        line("  args: ", entry.args.as_ref().map(PyStr::as_bytes));
        let Some(initrd) = &entry.initrd else { return missing(out) };
        line("  initrd: ", Some(initrd.path.as_bytes()));
    }
    let selection = select(config, overrides, build);
    Listing { text: out.into(), raised: selection.raised, warning: selection.warning }
}
