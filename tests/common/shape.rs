//! What pregrub says of a configuration, in the shape of `corpus/conformance/config.jsonl` and of the oracle's answers.

use pregrub::boot::{self, Overrides};
use pregrub::config::{Config, Device, Dialect, Entry, FilePath, Root};
use pregrub::flavour::Build;
use pregrub::python::PyStr;
use pregrub::release::Release;
use serde_json::{Map, Value, json};

fn text(text: &PyStr) -> Value {
    serde_json::to_value(text).unwrap()
}

fn int(value: &impl serde::Serialize) -> Value {
    match serde_json::to_value(value).unwrap() {
        Value::Number(number) if number.as_i64().is_none_or(|n| n.abs() >= 1 << 53) => {
            json!({"int": number.to_string()})
        }
        other => other,
    }
}

/// 4.0.0 cannot show a device without a partition; it stores it all the same.
fn shown(device: &Device, release: Release) -> String {
    match device.partition {
        None if release == "4.0.0".parse().unwrap() => "!NameError".to_owned(),
        _ => device.to_string(),
    }
}

fn root(root: &Root, release: Release) -> String {
    match root {
        Root::Device(device) => shown(device, release),
        Root::Empty => String::new(),
    }
}

fn file(file: Option<&FilePath>, release: Release) -> Value {
    let device = |file: &FilePath| file.device.as_ref().map(|device| shown(device, release));
    file.map_or(Value::Null, |file| json!([device(file), text(&file.path)]))
}

fn image(entry: &Entry, release: Release) -> Value {
    json!({
        "title": text(&entry.title), "root": entry.root.as_ref().map(|device| root(device, release)),
        "kernel": file(entry.kernel.as_ref(), release), "args": entry.args.as_ref().map(text),
        "initrd": file(entry.initrd.as_ref(), release),
    })
}

/// What pregrub says, in the shape of the data.
pub fn answer(config: &Config, overrides: Overrides<'_>, build: impl Into<Build>) -> Value {
    let build = build.into();
    let release = build.release;
    let mut out = Map::new();
    let mut warnings: Vec<Value> = config.warnings.iter().map(|warning| text(&warning.message)).collect();
    let mut raised = config.raised.clone();
    if raised.is_none() {
        out.insert("images".into(), config.entries.iter().map(|entry| image(entry, release)).collect());
        out.insert("default".into(), int(&config.default));
        out.insert("timeout".into(), int(&config.timeout));
        out.insert("password".into(), config.has_password.into());
        let selection = boot::select(config, overrides, build);
        warnings.extend(selection.warning.map(Value::from));
        if let Some(wanted) = &selection.wanted {
            out.insert("sel".into(), int(wanted));
        }
        if let Some(boot) = &selection.boot {
            out.insert("index".into(), selection.index.into());
            out.insert("boot".into(), serde_json::to_value(boot).unwrap());
        }
        raised = selection.raised;
    }
    if let Some(raised) = raised {
        out.insert("error".into(), json!({"stage": raised.stage, "type": raised.exception, "msg": raised.message}));
    }
    out.insert("warnings".into(), warnings.into());
    out.into()
}

/// What `-l` prints, and what ends it, in the shape of the data. A configuration that cannot be parsed prints nothing.
pub fn listing(config: &Config, release: Release) -> Value {
    if let Some(raised) = &config.raised {
        return json!({"out": "", "error": {"type": raised.exception, "msg": raised.message}});
    }
    let listing = boot::list(config, Overrides::default(), release);
    let mut out = Map::new();
    out.insert("out".into(), text(&listing.text));
    if let Some(raised) = listing.raised {
        out.insert("error".into(), json!({"type": raised.exception, "msg": raised.message}));
    }
    out.into()
}

/// The oracle's word for a dialect as pregrub's.
pub fn dialect(dialect: super::oracle::Dialect) -> Dialect {
    match dialect {
        super::oracle::Dialect::Grub2 => Dialect::Grub2,
        super::oracle::Dialect::Legacy => Dialect::Legacy,
        super::oracle::Dialect::Extlinux => Dialect::Extlinux,
    }
}
