//! Images of XFS version 4 made with mkfs.xfs, and what mkfs.xfs cannot make: holes, and trees of extents.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::tools::tool;
use super::volumes::Plugin;
use pregrub::storage::xfs::Xfs;

/// The plugin and the driver.
pub const XFS: Plugin = Plugin {
    name: "xfs",
    mount: |volume| Ok(Box::new(Xfs::mount(volume)?)),
    zeroed_memory: true,
    seconds: Some("0.5"),
};

/// Version 4 as pygrub reads it.
pub const VERSION_4: [&str; 6] = ["-m", "crc=0,finobt=0,reflink=0,rmapbt=0", "-n", "ftype=0", "-i", "sparse=0"];

/// What goes into a directory.
pub enum Entry<'a> {
    File(&'a [u8]),
    Link(&'a str),
    Fifo,
    Directory(Vec<(String, Entry<'a>)>),
}

/// Makes the image with mkfs.xfs; `options` come behind those of version 4 unless `version_4` is false. Images may be as
/// small as 16 MiB: mkfs.xfs thinks that it runs inside its own tests.
pub fn make(image: &Path, mebibytes: u64, version_4: bool, options: &[&str], content: Vec<(String, Entry<'_>)>) {
    let host = tempfile::tempdir().unwrap();
    let mut list = "/\n0 0\nd--755 0 0\n".to_owned();
    let mut files = 0;
    write_list(&mut list, host.path(), &mut files, content);
    let list_file = host.path().join("list");
    fs::write(&list_file, list).unwrap();
    fs::File::create(image).unwrap().set_len(mebibytes << 20).unwrap();
    let mut command = Command::new(tool("mkfs.xfs").expect("xfsprogs"));
    command.envs([("TEST_DIR", "1"), ("TEST_DEV", "1"), ("QA_CHECK_FS", "1")]);
    command.args(["-q", "-f"]);
    if version_4 {
        command.args(VERSION_4);
    }
    let output = command.args(options).arg("-p").arg(&list_file).arg(image).output().unwrap();
    assert!(output.status.success(), "{options:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn write_list(list: &mut String, host: &Path, files: &mut usize, content: Vec<(String, Entry<'_>)>) {
    for (name, entry) in content {
        match entry {
            Entry::File(bytes) => {
                let path = host.join(files.to_string());
                *files += 1;
                fs::write(&path, bytes).unwrap();
                list.push_str(&format!("{name} ---644 0 0 {}\n", path.display()));
            }
            Entry::Link(target) => list.push_str(&format!("{name} l--777 0 0 {target}\n")),
            Entry::Fifo => list.push_str(&format!("{name} p--644 0 0\n")),
            Entry::Directory(content) => {
                list.push_str(&format!("{name} d--755 0 0\n"));
                write_list(list, host, files, content);
            }
        }
    }
    list.push_str("$\n");
}
