//! pregrub for C, the language of libxl: a handful of functions, options by name, JSON as the answer. `include/pregrub.h` is made of
//! this file.
//!
//! The rules at the boundary:
//!
//! - No panic leaves a function: `guarded` catches it, and the caller gets `PREGRUB_STATUS_INTERNAL`.
//! - Pointers come in as they are in C. Each is checked for NULL before it is used; that it points to what it says is the caller's part,
//!   and stands with each function under "Safety".
//! - Strings that go out are allocated here and freed here, by `pregrub_string_free`.
//!
//! Every use of `unsafe` says above it why it is sound.

use std::any::Any;
use std::ffi::{CStr, CString, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use engine::check::{CheckError, CheckOptions, shown_name, unreadable_to_json};

/// How a call ended.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// There is a result. That pygrub fails is one, too: the verdict says so.
    Ok = 0,
    /// An option is unknown, has no such value, or does not go with the others or with the target.
    Option = 1,
    /// The target cannot be opened or read, or it is nothing that pregrub recognises.
    Target = 2,
    /// A pointer is NULL that must not be.
    Argument = 3,
    /// A fault of pregrub itself.
    Internal = 4,
}

/// What comes of a target.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// pygrub hands over kernel and initrd, and Xen loads the kernel.
    Boots = 0,
    /// A configuration without a disk selects an entry; whether its files exist is not known.
    Selects = 1,
    /// Nothing boots.
    Fails = 2,
    /// pregrub cannot decide, and says why.
    Unknown = 3,
    /// Nobody asks pygrub for this domain.
    NotApplicable = 4,
}

/// How a target is checked: options by name, with new names in new versions.
pub struct Options {
    options: CheckOptions,
}

/// The version of this library: `0.1.0`. The string is static.
#[unsafe(no_mangle)]
pub extern "C" fn pregrub_version() -> *const c_char {
    // A literal that ends in NUL lives as long as the library.
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}

/// Options as `pregrub check` has them without arguments. Free them with `pregrub_options_free()`. NULL only if memory is exhausted.
#[unsafe(no_mangle)]
pub extern "C" fn pregrub_options_new() -> *mut Options {
    catch_unwind(|| Box::into_raw(Box::new(Options { options: CheckOptions::default() })))
        .unwrap_or(std::ptr::null_mut())
}

/// Frees options. NULL is fine.
///
/// # Safety
///
/// `options` comes from `pregrub_options_new()` and is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pregrub_options_free(options: *mut Options) {
    if options.is_null() {
        return;
    }
    // SAFETY: by the contract above it is a pointer that `Box::into_raw` made, and this is its last use.
    let owned = unsafe { Box::from_raw(options) };
    let _ = catch_unwind(AssertUnwindSafe(move || drop(owned)));
}

/// Sets an option: `release` to `debian-4.17`, `hash` to `true`. Names are those of `pregrub check`, with `_` for `-`; docs/c.md lists
/// them. `allow`, `warn` and `deny` add up; of any other option the last value counts. Values are copied.
///
/// Returns `PREGRUB_STATUS_OK`, or `PREGRUB_STATUS_OPTION` with a sentence in `*error`. `error` may be NULL.
///
/// # Safety
///
/// `options` comes from `pregrub_options_new()`, and no other thread uses it meanwhile. `name` and `value` are NUL-terminated. `error`
/// is NULL or points to a pointer that may be overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pregrub_options_set(
    options: *mut Options,
    name: *const c_char,
    value: *const c_char,
    error: *mut *mut c_char,
) -> Status {
    // SAFETY: the contract above is that of `clear`, `text` and `as_mut`: NULL, or valid for the time of this call and, the options, used
    // by nobody else.
    let (options, name, value) = unsafe {
        clear(error);
        (options.as_mut(), text(name), text(value))
    };
    let (Some(options), Some(name), Some(value)) = (options, name, value) else {
        // SAFETY: `error` is as the contract says.
        return unsafe { failed(error, Status::Argument, "options, name and value must not be NULL") };
    };
    let set = guarded(|| match name.to_str() {
        Some(name) => options.options.set(name, value).map_err(|error| error.to_string()),
        None => Err("the name of an option is not UTF-8".to_owned()),
    });
    let (status, words) = match set {
        Ok(Ok(())) => return Status::Ok,
        Ok(Err(words)) => (Status::Option, words),
        Err(words) => (Status::Internal, words),
    };
    // SAFETY: `error` is as the contract says.
    unsafe { failed(error, status, &words) }
}

/// Checks a target: a disk image, a block device, the root directory of a boot filesystem, a boot configuration, or the configuration of
/// a domain. `-` is a file of that name.
///
/// With `PREGRUB_STATUS_OK`, `*json` is the object of `pregrub.check/1` that `pregrub check --format json` prints, in one line without a
/// line end, and `*verdict` the verdict in it. With `PREGRUB_STATUS_TARGET` they are set, too: the verdict is unknown, and the object
/// says why. Else `*json` is NULL. In every other case than `PREGRUB_STATUS_OK`, `*error` is a sentence.
///
/// `options` may be NULL for the default ones; `verdict`, `json` and `error` may be NULL where the caller does not need them. The call
/// runs on the stack of its thread, of which it needs at most 1 MiB.
///
/// # Safety
///
/// `options` is NULL or comes from `pregrub_options_new()`, and no other thread sets options on it meanwhile. `target` is NUL-terminated.
/// `verdict`, `json` and `error` are NULL or point to what may be overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pregrub_check(
    options: *const Options,
    target: *const c_char,
    verdict: *mut Verdict,
    json: *mut *mut c_char,
    error: *mut *mut c_char,
) -> Status {
    // SAFETY: the contract above is that of these functions: NULL, or valid for the time of this call.
    let (options, target) = unsafe {
        clear(json);
        clear(error);
        set_verdict(verdict, Verdict::Unknown);
        (options.as_ref(), text(target))
    };
    let Some(target) = target.map(Path::new) else {
        // SAFETY: `error` is as the contract says.
        return unsafe { failed(error, Status::Argument, "target must not be NULL") };
    };
    let checked = guarded(|| {
        let default = CheckOptions::default();
        let options = options.map_or(&default, |options| &options.options);
        let name = shown_name(target);
        match engine::check::check(target, options) {
            Ok(judged) => (Status::Ok, verdict_of(judged.run.verdict), Some(judged.to_json(&name)), None),
            Err(CheckError::Target(error)) => {
                let words = error.to_string();
                (Status::Target, Verdict::Unknown, unreadable_to_json(&name, options, &words).ok(), Some(words))
            }
            Err(error) => (Status::Option, Verdict::Unknown, None, Some(error.to_string())),
        }
    });
    let (status, found, object, words) =
        checked.unwrap_or_else(|words| (Status::Internal, Verdict::Unknown, None, Some(words)));
    // SAFETY: `verdict`, `json` and `error` are as the contract says.
    unsafe {
        set_verdict(verdict, found);
        if let Some(object) = object {
            set(json, &object);
        }
        words.map_or(status, |words| failed(error, status, &words))
    }
}

/// Lints a boot configuration: a grub.cfg, a menu.lst, an extlinux.conf.
///
/// With `PREGRUB_STATUS_OK`, `*json` is the object of `pregrub.lint/1` that `pregrub lint --format json` prints, in one line without a
/// line end. In every other case `*json` is NULL and `*error` a sentence. Arguments are as those of `pregrub_check()`.
///
/// # Safety
///
/// As that of `pregrub_check()`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pregrub_lint(
    options: *const Options,
    file: *const c_char,
    json: *mut *mut c_char,
    error: *mut *mut c_char,
) -> Status {
    // SAFETY: the contract above is that of these functions: NULL, or valid for the time of this call.
    let (options, file) = unsafe {
        clear(json);
        clear(error);
        (options.as_ref(), text(file))
    };
    let Some(file) = file.map(Path::new) else {
        // SAFETY: `error` is as the contract says.
        return unsafe { failed(error, Status::Argument, "file must not be NULL") };
    };
    let linted = guarded(|| {
        let default = CheckOptions::default();
        let options = options.map_or(&default, |options| &options.options);
        engine::check::lint(file, options).map(|linted| linted.to_json(&shown_name(file)))
    });
    let (status, words) = match linted {
        Ok(Ok(object)) => {
            // SAFETY: `json` is as the contract says.
            unsafe { set(json, &object) };
            return Status::Ok;
        }
        Ok(Err(error @ CheckError::Target(_))) => (Status::Target, error.to_string()),
        Ok(Err(error)) => (Status::Option, error.to_string()),
        Err(words) => (Status::Internal, words),
    };
    // SAFETY: `error` is as the contract says.
    unsafe { failed(error, status, &words) }
}

/// Frees a string that this library returned. NULL is fine.
///
/// # Safety
///
/// `string` comes from this library as a `char *`, and is not used any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pregrub_string_free(string: *mut c_char) {
    if string.is_null() {
        return;
    }
    // SAFETY: by the contract above it is a pointer that `CString::into_raw` made, of the same length still, and this is its last use.
    drop(unsafe { CString::from_raw(string) });
}

/// Does the work; a panic in it becomes a sentence. What the work has half done is not looked at again: it owns its state, or it is an
/// options object, which every value that can be set leaves whole.
fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| format!("pregrub has a fault: {}", words_of(&*panic)))
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without a message")
}

fn verdict_of(verdict: engine::boot::Verdict) -> Verdict {
    use engine::boot::Verdict as Engine;
    match verdict {
        Engine::Boots => Verdict::Boots,
        Engine::Selects => Verdict::Selects,
        Engine::Fails => Verdict::Fails,
        Engine::Unknown => Verdict::Unknown,
        Engine::NotApplicable => Verdict::NotApplicable,
    }
}

/// A string of C; nothing for NULL.
///
/// # Safety
///
/// `text` is NULL or NUL-terminated, and stays as it is for `'a`, which a caller keeps within its own call.
unsafe fn text<'a>(text: *const c_char) -> Option<&'a OsStr> {
    if text.is_null() {
        return None;
    }
    // SAFETY: it is not NULL; the rest is the contract above.
    Some(OsStr::from_bytes(unsafe { CStr::from_ptr(text) }.to_bytes()))
}

/// Puts NULL where a string is to go.
///
/// # Safety
///
/// `place` is NULL or may be written to. What was there need not be initialised.
unsafe fn clear(place: *mut *mut c_char) {
    if !place.is_null() {
        // SAFETY: it is not NULL; `write` reads and frees nothing of what was there.
        unsafe { place.write(std::ptr::null_mut()) };
    }
}

/// Puts a new string where the caller has room for one.
///
/// # Safety
///
/// As that of `clear`.
unsafe fn set(place: *mut *mut c_char, text: &str) {
    if place.is_null() {
        return;
    }
    // Neither JSON nor a sentence has a NUL: control characters are escaped in both, but a copy without it is better than none.
    let string = CString::new(text).or_else(|_| CString::new(text.replace('\0', "\\x00"))).unwrap_or_default();
    // SAFETY: it is not NULL; `write` reads and frees nothing of what was there.
    unsafe { place.write(string.into_raw()) };
}

/// # Safety
///
/// `place` is NULL or may be written to.
unsafe fn set_verdict(place: *mut Verdict, verdict: Verdict) {
    if !place.is_null() {
        // SAFETY: it is not NULL, and a verdict needs no drop.
        unsafe { place.write(verdict) };
    }
}

/// The status, with its sentence where the caller has room for one.
///
/// # Safety
///
/// As that of `clear`.
unsafe fn failed(error: *mut *mut c_char, status: Status, words: &str) -> Status {
    // SAFETY: the contract above.
    unsafe { set(error, words) };
    status
}
