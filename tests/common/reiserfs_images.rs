//! Images of reiserfs: made empty by mkreiserfs, filled by tests/oracle/make_reiserfs.py.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::tools::{python, tool};
use super::volumes::Plugin;
use pregrub::storage::reiserfs::Reiserfs;

/// The plugin and the driver.
pub const REISERFS: Plugin = Plugin {
    name: "reiserfs",
    mount: |volume| Ok(Box::new(Reiserfs::mount(volume)?)),
    zeroed_memory: true,
    seconds: Some("0.5"),
};

/// Makes the image with mkreiserfs and `options`, with the tree of `content` (see the script).
pub fn make(image: &Path, options: &[&str], content: &Value) {
    fs::File::create(image).unwrap().set_len(6 << 20).unwrap();
    let mut command = Command::new(tool("mkreiserfs").expect("reiserfsprogs"));
    command.args(["-q", "-f", "-s", "513"]).args(options).arg(image).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let request = image.with_extension("json");
    fs::write(&request, content.to_string()).unwrap();
    let arguments = [image.to_str().unwrap(), request.to_str().unwrap()];
    assert_eq!(python("make_reiserfs.py", &arguments, &[], "", 60).1, Some(0));
}
