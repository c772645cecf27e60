//! Images made with e2fsprogs, and the real libfsimage to compare with.

use std::fs;
use std::path::Path;
use std::process::Command;

use pregrub::storage::ext::Ext;

use super::volumes::Plugin;

/// The plugin, and pregrub's driver for it.
pub const EXT: Plugin = Plugin {
    name: "ext2fs-lib",
    mount: |volume| Ok(Box::new(Ext::mount(volume)?)),
    zeroed_memory: false,
    seconds: None,
};

/// Whether e2fsprogs and Xen's library are there. Says so where they are not; panics where the run must not do without
/// them.
pub fn available() -> bool {
    EXT.available(&["/usr/sbin/mke2fs", "/usr/sbin/debugfs"])
}

/// Runs a program of e2fsprogs and returns what it printed.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(format!("/usr/sbin/{program}")).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Makes an image of `size` (as mke2fs takes it) with the content of `root`.
pub fn make(image: &Path, root: &Path, size: &str, options: &[&str]) {
    let mut arguments = vec!["-q", "-F", "-E", "root_owner=0:0,no_copy_xattrs", "-d", root.to_str().unwrap()];
    // A second -E replaces the first one.
    if options.contains(&"-E") {
        arguments.drain(2..4);
    }
    arguments.extend_from_slice(options);
    arguments.extend_from_slice(&[image.to_str().unwrap(), size]);
    run("mke2fs", &arguments);
}

/// Runs commands of debugfs on an image.
pub fn debugfs(image: &Path, commands: &str) {
    let script = image.with_extension("debugfs");
    fs::write(&script, commands).unwrap();
    run("debugfs", &["-w", "-f", script.to_str().unwrap(), image.to_str().unwrap()]);
}
