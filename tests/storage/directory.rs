//! A directory as the guest's disk, against the same tree as an ext4 image in the installed pygrub.

use std::os::unix::fs::FileTypeExt;

use pregrub::boot::{self, Options, Verdict};
use pregrub::storage::directory::DirectoryVolume;

use crate::common::images::{Image, Tree, Volume};
use crate::common::oracle::RunCase;
use crate::common::side_by_side::installed;
use crate::common::walked_paths;

fn tree(paths: &[&str]) -> Tree {
    let mut config = String::new();
    for path in paths {
        config.push_str(&format!("menuentry 'kernel' {{\n linux {path} x\n}}\n"));
        config.push_str(&format!("menuentry 'initrd' {{\n linux /boot/vmlinuz\n initrd {path}\n}}\n"));
    }
    walked_paths::tree().file("/boot/grub/grub.cfg", config).symlink("/escape", "../../../../../etc/passwd")
}

#[test]
fn a_directory_is_walked_as_its_image_is() {
    let oracle = oracle_or_skip!();
    let longest = format!("/{}", walked_paths::longest_name());
    let too_long = format!("{longest}n");
    let mut paths: Vec<&str> = walked_paths::paths().collect();
    paths.extend(["/escape", &longest, &too_long]);
    let tree = tree(&paths);
    let directory = tempfile::tempdir().unwrap();
    tree.write(directory.path());
    let image = Image::whole(&Volume::ext4(tree));
    image.debugfs("mknod fifo p\n");
    let made = std::process::Command::new("mkfifo").arg(directory.path().join("fifo")).status().unwrap();
    assert!(made.success() && directory.path().join("fifo").metadata().unwrap().file_type().is_fifo());

    let entries: Vec<String> = (0..paths.len() * 2).map(|entry| entry.to_string()).collect();
    let cases: Vec<RunCase> = entries
        .iter()
        .map(|entry| RunCase::new(entry, ["--output-directory=@OUT", &format!("--entry={entry}"), &image.argument()]))
        .collect();
    let (mut boot, mut fail, mut unknown) = (0, 0, Vec::new());
    let mut differences = Vec::new();
    for (entry, answer) in entries.iter().zip(oracle.runs(&cases)) {
        let options = installed(Options { entry: Some((&**entry).into()), ..Options::default() }, oracle.minor);
        let run = boot::run_on(&DirectoryVolume(directory.path()), None, options).unwrap();
        let path = paths[entry.parse::<usize>().unwrap() / 2];
        let size = |name: &str| answer.files.get(name).map(|file| file.size);
        let stdout = run.process.stdout.to_string().replace("/var/run/xen/pygrub", "@OUT");
        let last = run.process.stderr_last_line.to_string();
        let mut same = run.process.exit == answer.rc.unwrap()
            && stdout.as_bytes() == answer.stdout
            && last == answer.last_line()
            && (run.verdict == Verdict::Boots) == (answer.rc == Some(0));
        if let Some(chosen) = &run.chosen {
            same &= chosen.kernel.size == size("boot_kernel.XXXXXXXX")
                && chosen.ramdisk.as_ref().and_then(|file| file.size) == size("boot_ramdisk.XXXXXXXX");
        }
        match run.verdict {
            // How long the blocks of a directory are cannot be seen from outside.
            Verdict::Unknown => unknown.push(path),
            Verdict::Boots if same => boot += 1,
            Verdict::Fails if same => fail += 1,
            _ => differences.push(format!("{path}: {:?}, pygrub {:?} {}", run.process, answer.rc, answer.last_line())),
        }
    }
    eprintln!("{boot} paths in a directory boot, {fail} fail, unknown are {unknown:?}");
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
    let directories = ["/", ".", "..", "/.", "/kernels", "/kernels/", "/dir"];
    assert!(unknown.iter().all(|path| directories.contains(path)), "{unknown:?}");
    assert!(boot > 40 && fail > 30, "{boot} {fail}");
}
