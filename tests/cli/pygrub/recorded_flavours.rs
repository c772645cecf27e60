//! Recorded runs of the distributors' pygrubs by the program itself: what the library does not do, `--isconfig`, `--debug`, usage, and
//! the host's rules on titles.

use std::fs;
use std::io::Read;

use data_encoding::BASE64;
use serde_json::Value;

use crate::common::program;

/// Cases whose words or rules concern the program as a whole.
fn concerns(case: &Value) -> bool {
    let argv = case["argv"].as_array().unwrap();
    let has = |word: &str| argv.iter().any(|arg| arg.as_str().unwrap().starts_with(word));
    // A case with files on a filesystem needs a stub of that.
    let usage = |recorded: &Value| recorded["stderr_last"].as_str().is_some_and(|line| line.starts_with("Usage"));
    has("--isconfig") || has("-h") || case["expect"].as_object().unwrap().values().any(usage)
}

#[test]
fn command_lines_and_configurations() {
    let data = fs::read_to_string(program::corpus("conformance/flavours-runs.jsonl")).unwrap();
    let (mut compared, mut wrong) = (0, Vec::new());
    for case in data.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()).filter(concerns) {
        let id = case["id"].as_str().unwrap();
        if case["asks_root"] == true || case["tty"] == true {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let disk = folder.path().join("disk");
        let packed = BASE64.decode(case["image_gz_b64"].as_str().unwrap().as_bytes()).unwrap();
        let mut image = Vec::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut image).unwrap();
        fs::write(&disk, image).unwrap();
        let rules = folder.path().join("host/etc/pygrub/rules.d");
        for (name, content) in case["rules"].as_object().into_iter().flatten() {
            fs::create_dir_all(&rules).unwrap();
            match (content.as_str(), content["b64"].as_str()) {
                (Some(text), _) => fs::write(rules.join(name), text).unwrap(),
                (None, Some(packed)) => fs::write(rules.join(name), BASE64.decode(packed.as_bytes()).unwrap()).unwrap(),
                (None, None) => fs::create_dir(rules.join(name)).unwrap(),
            }
        }
        let temporary = folder.path().join("tmp");
        fs::create_dir(&temporary).unwrap();
        let argv: Vec<String> = case["argv"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| {
                word.as_str()
                    .unwrap()
                    .replace("@DISK", disk.to_str().unwrap())
                    .replace("@TMP", temporary.to_str().unwrap())
            })
            .collect();
        for (name, recorded) in case["expect"].as_object().unwrap() {
            let recorded = case["expect_python36"].get(name).unwrap_or(recorded);
            let last = recorded["stderr_last"].as_str().unwrap();
            let is_config = argv.iter().any(|word| word == "--isconfig");
            // Others need the stub's filesystem.
            if !is_config && !last.starts_with("Usage") && !last.contains("pattern") && !last.contains("parenthesis") {
                continue;
            }
            let output = program::command(&["pygrub"])
                .args(&argv)
                .env("PREGRUB_RELEASE", name)
                .env("PREGRUB_HOST_ROOT", folder.path().join("host"))
                .output()
                .unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            let ours = stderr.lines().last().unwrap_or_default();
            let ours = ours.replace(&format!("{} pygrub", program::path().display()), "@SRC/pygrub");
            let ours = ours.replace(disk.to_str().unwrap(), "@DISK");
            let stdout = String::from_utf8(output.stdout).unwrap();
            compared += 1;
            let got = (output.status.code().map(i64::from), stdout.as_str(), ours.as_str());
            let want = (recorded["rc"].as_i64(), recorded["stdout"].as_str().unwrap(), last);
            if got != want {
                wrong.push(format!("{id} {name}\n got  {got:?}\n want {want:?}\n{stderr}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared}\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 100, "{compared}");
}

/// Without a word on the release it is the host's, and the first line says so.
#[test]
fn the_hosts_pygrub_is_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let file = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    file("usr/libexec/xen/bin/pygrub", "#!/usr/bin/python3\n# sniff_netware /etc/pygrub/rules.d\n");
    file("etc/os-release", "NAME=\"XCP-ng\"\nID=\"xcp-ng\"\nVERSION_ID=\"8.3.0\"\n");
    file("grub.cfg", "if x; then\nset default=1\nfi\nmenuentry \"A\" {\nlinux /a\n}\nmenuentry \"B\" {\nlinux /b\n}\n");
    let run = |variables: &[(&str, &str)]| {
        let mut command = program::command(&["pygrub", "-q", "--isconfig", "grub.cfg"]);
        command.envs(variables.iter().copied()).env("PREGRUB_HOST_ROOT", folder.path()).current_dir(folder.path());
        let output = command.output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (stdout, stderr) = run(&[]);
    assert!(stdout.contains("kernel: /a"), "{stdout}");
    assert!(stderr.starts_with("pregrub: the installed pygrub is that of Xen 4.17.6, XCP-ng 8.3: "), "{stderr}");
    let (stdout, stderr) = run(&[("PREGRUB_RELEASE", "newest")]);
    assert!(stdout.contains("kernel: /b") && stderr.is_empty(), "{stdout} {stderr}");
    assert!(run(&[("PREGRUB_FLAVOUR", "xcp-ng")]).0.contains("kernel: /a"));
    assert!(run(&[("PREGRUB_FLAVOUR", "suse")]).0.contains("kernel: /b"));
}
