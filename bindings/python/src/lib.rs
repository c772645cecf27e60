//! The native half of the Python package `pregrub`: paths and options in, JSON out. What a Python program sees is made of it in
//! `python/pregrub`.
//!
//! Nothing here is unsafe but what PyO3's macros write.
#![deny(unsafe_code)]

mod fault;
mod worker;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use pregrub::check::{CheckError, CheckOptions, ComparedReaders, check_text, compare, lint_text, shown_name};
use pregrub::flavour::Build;
use pyo3::prelude::*;

/// Options by name, each with its value as bytes, in the order in which they are set.
type Given = Vec<(String, Vec<u8>)>;

fn path(bytes: Vec<u8>) -> PathBuf {
    OsString::from_vec(bytes).into()
}

fn options(given: &Given) -> Result<CheckOptions, CheckError> {
    let mut options = CheckOptions::default();
    for (name, value) in given {
        options.set(name, OsStr::from_bytes(value))?;
    }
    Ok(options)
}

/// Checks a file, or `text` under its name. Returns `pregrub.check/1`.
#[pyfunction]
#[pyo3(signature = (target, given, text=None))]
fn check(py: Python<'_>, target: Vec<u8>, given: Given, text: Option<Vec<u8>>) -> PyResult<String> {
    let target = path(target);
    worker::run(py, target.clone(), move || {
        let options = options(&given)?;
        let judged = match text {
            None => pregrub::check::check(&target, &options)?,
            Some(text) => check_text(&target, &text, &options)?,
        };
        Ok(judged.to_json(&shown_name(&target)))
    })
}

/// Lints a file, or `text` under its name. Returns `pregrub.lint/1`.
#[pyfunction]
#[pyo3(signature = (target, given, text=None))]
fn lint(py: Python<'_>, target: Vec<u8>, given: Given, text: Option<Vec<u8>>) -> PyResult<String> {
    let target = path(target);
    worker::run(py, target.clone(), move || {
        let options = options(&given)?;
        let linted = match text {
            None => pregrub::check::lint(&target, &options)?,
            Some(text) => lint_text(&target, &text, &options)?,
        };
        Ok(linted.to_json(&shown_name(&target)))
    })
}

/// Compares readers on a file. Returns `pregrub.compare/1`.
#[pyfunction(name = "compare")]
#[pyo3(signature = (target, given, releases, grub, upgrade=None))]
fn compare_readers(
    py: Python<'_>,
    target: Vec<u8>,
    given: Given,
    releases: Option<Vec<String>>,
    grub: bool,
    upgrade: Option<(String, String)>,
) -> PyResult<String> {
    let target = path(target);
    worker::run(py, target.clone(), move || {
        let options = options(&given)?;
        let readers = match (&releases, &upgrade) {
            (_, Some((from, to))) => ComparedReaders::Upgrade { from, to },
            (Some(releases), None) => ComparedReaders::Releases { releases, grub },
            (None, None) if grub => ComparedReaders::All,
            (None, None) => ComparedReaders::Pygrubs,
        };
        Ok(compare(&target, readers, &options)?.to_json(&shown_name(&target)))
    })
}

/// Every pygrub that is known: the name that option `release` takes, the release of Xen, the flavour, the version of Python that runs it.
#[pyfunction]
fn releases() -> Vec<(String, String, &'static str, u8)> {
    let python = |build: Build| if build.python() == pregrub::python::Python::Two { 2 } else { 3 };
    let all = Build::all().into_iter();
    all.map(|build| (build.name(), build.release.to_string(), build.flavour.name(), python(build))).collect()
}

/// What a path is called in reports.
#[pyfunction]
fn shown(target: Vec<u8>) -> String {
    shown_name(Path::new(OsStr::from_bytes(&target)))
}

/// The native half of the package.
#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_function(wrap_pyfunction!(check, module)?)?;
    module.add_function(wrap_pyfunction!(lint, module)?)?;
    module.add_function(wrap_pyfunction!(compare_readers, module)?)?;
    module.add_function(wrap_pyfunction!(releases, module)?)?;
    module.add_function(wrap_pyfunction!(shown, module)?)
}
