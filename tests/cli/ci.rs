//! What runs pregrub in continuous integration: the GitHub Action's script, GitLab's template, the hooks of pre-commit.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::program::{corpus, path, root};
use crate::common::tools;

/// The script of the action with these inputs, in a folder of its own.
fn action(folder: &Path, inputs: &[(&str, &str)]) -> Output {
    Command::new(root().join("contrib/github/run"))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("GITHUB_ACTIONS", "true")
        .env("RUNNER_TEMP", folder)
        .env("GITHUB_OUTPUT", folder.join("output"))
        .env("GITHUB_STEP_SUMMARY", folder.join("summary"))
        .env("PREGRUB_PROGRAM", path())
        .env("PREGRUB_SARIF", folder.join("pregrub.sarif"))
        .envs(inputs.iter().copied())
        .output()
        .unwrap()
}

#[test]
fn the_action_annotates_and_keeps_the_status() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let ended = action(folder.path(), &[("PREGRUB_TARGETS", &format!("{good}\n  {bad}\r\n\n"))]);
    let text = String::from_utf8(ended.stdout).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{text}");
    assert!(text.contains("::notice file=") && text.contains("::error file="), "{text}");
    assert_eq!(read("output"), "status=1\n");
    let sarif: serde_json::Value = serde_json::from_str(&read("pregrub.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let summary = read("summary");
    assert!(summary.starts_with("### pregrub check\n\n    boots: "), "{summary}");
    assert!(summary.lines().skip(2).all(|line| line.starts_with("    ")), "{summary}");
    let ended = action(folder.path(), &[("PREGRUB_TARGETS", &good), ("PREGRUB_OPTIONS", "--release\nxcp-ng-8.3")]);
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stdout));
}

/// No input is a part of a script, and none becomes an option that is not one.
#[test]
fn the_inputs_of_the_action_are_words() {
    let folder = tempfile::tempdir().unwrap();
    let mark = folder.path().join("mark");
    let hostile = format!("$(touch {0})\n`touch {0}`\n; touch {0}\n--output={0}", mark.display());
    let ended = action(folder.path(), &[("PREGRUB_TARGETS", &hostile)]);
    assert_eq!(ended.status.code(), Some(3), "{}", String::from_utf8_lossy(&ended.stdout));
    assert!(!mark.exists());
    for inputs in [[("PREGRUB_TARGETS", " \n")], [("PREGRUB_COMMAND", "generate")]] {
        assert_eq!(action(folder.path(), &inputs).status.code(), Some(2));
    }
    let action = fs::read_to_string(root().join("action.yml")).unwrap();
    for line in action.lines().filter(|line| line.trim_start().starts_with("run:")) {
        assert!(!line.contains("${{"), "{line}");
    }
}

#[test]
fn the_key_of_the_cache_goes_by_the_sources() {
    let key = || {
        let key = Command::new(root().join("contrib/github/key")).env("GITHUB_ACTION_PATH", root()).output().unwrap();
        String::from_utf8(key.stdout).unwrap()
    };
    assert!(key().starts_with("key=pregrub-Linux-X64-") && key() == key(), "{}", key());
}

/// The script lines of GitLab's job, run as its runner does: one shell, which ends at the first line that fails.
#[test]
fn the_template_for_gitlab_reports_and_fails() {
    let template = fs::read_to_string(root().join("contrib/gitlab/pregrub.yml")).unwrap();
    let script = template.split("  script:\n").nth(1).unwrap().split("  artifacts:").next().unwrap();
    let lines: Vec<&str> = script.lines().map(|line| line.strip_prefix("    - ").unwrap()).collect();
    let script = format!("set -eo pipefail\n{}", lines.join("\n"));
    let folder = tempfile::tempdir().unwrap();
    let job = |targets: &str| {
        let ended = Command::new("bash")
            .args(["-c", &script])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", path().parent().unwrap().display()))
            .envs([("GITLAB_CI", "true"), ("PREGRUB_COMMAND", "check"), ("PREGRUB_OPTIONS", "--no-config")])
            .env("CI_PROJECT_DIR", folder.path())
            .env("PREGRUB_TARGETS", targets)
            .output()
            .unwrap();
        ended.status.code()
    };
    let (good, bad) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    assert_eq!(job(&good), Some(0));
    assert_eq!(job(&format!("{good} {bad}")), Some(1));
    let report = fs::read_to_string(folder.path().join("gl-code-quality-report.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report[0]["check_name"], "PG001");
    assert!(fs::read_to_string(folder.path().join("pregrub.xml")).unwrap().contains("<testsuites name=\"pregrub\""));
    assert_eq!(job(""), Some(1));
}

/// The hooks in a repository of a user's, by pre-commit itself.
#[test]
fn pre_commit_runs_the_hooks() {
    let Some(pre_commit) = tools::tool("pre-commit") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (hooks, user) = (folder.path().join("hooks"), folder.path().join("user"));
    let git = |directory: &Path, args: &[&str]| {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"];
        let ended = Command::new("git").args(identity).args(args).current_dir(directory).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    };
    for (directory, file, text) in [
        (&hooks, ".pre-commit-hooks.yaml", fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap()),
        (&user, "boot/grub/grub.cfg", "menuentry \"A\" {\n linux ($a)/k\n}\n".to_owned()),
    ] {
        let file = directory.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
        git(directory, &["init", "-q"]);
        git(directory, &["add", "-A"]);
        git(directory, &["commit", "-qm", "x"]);
    }
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    std::os::unix::fs::symlink(path(), bin.join("pregrub")).unwrap();
    let run = |args: &[&str]| {
        let ended = Command::new(&pre_commit)
            .args(args)
            .current_dir(&user)
            .env_clear()
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()))
            .env("HOME", folder.path())
            .output()
            .unwrap();
        (ended.status.code(), String::from_utf8_lossy(&ended.stdout).into_owned())
    };
    let manifest = root().join(".pre-commit-hooks.yaml");
    assert_eq!(run(&["validate-manifest", manifest.to_str().unwrap()]).0, Some(0));
    let hooks = hooks.to_str().unwrap();
    let (status, text) = run(&["try-repo", hooks, "pregrub-lint-system", "--all-files"]);
    assert!(status == Some(1) && text.contains("error[PG001]"), "{text}");
    fs::write(user.join("boot/grub/grub.cfg"), "menuentry \"A\" {\n linux /k root=/dev/xvda\n}\n").unwrap();
    git(&user, &["add", "-A"]);
    let (status, text) = run(&["try-repo", hooks, "pregrub-lint-system", "--all-files"]);
    assert!(status == Some(0) && text.contains("Passed"), "{text}");
}

/// Scripts that packages and runners start are executable.
#[test]
fn scripts_can_be_started() {
    let scripts = [
        "packaging/make",
        "packaging/sbom",
        "packaging/test-deb",
        "packaging/test-glibc",
        "packaging/pygrub",
        "contrib/github/run",
    ];
    for script in scripts.into_iter().chain(["contrib/github/key"]) {
        let mode = fs::metadata(root().join(script)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script}");
    }
}

/// The SBOM names what is linked, with licence and checksum, and is the same every time.
#[test]
fn the_sbom_lists_what_is_linked() {
    let sbom = || {
        let ended =
            Command::new(root().join("packaging/sbom")).current_dir(root()).env("CARGO", env!("CARGO")).output();
        let ended = ended.unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        ended.stdout
    };
    let first = sbom();
    assert_eq!(first, sbom());
    let sbom: serde_json::Value = serde_json::from_slice(&first).unwrap();
    assert_eq!((&sbom["bomFormat"], &sbom["specVersion"]), (&"CycloneDX".into(), &"1.5".into()));
    let components = sbom["components"].as_array().unwrap();
    let names: Vec<&str> = components.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(["clap", "pest", "rustix"].iter().all(|name| names.contains(name)), "{names:?}");
    assert!(!["insta", "criterion", "jsonschema"].iter().any(|name| names.contains(name)), "{names:?}");
    for one in components {
        let has =
            one["licenses"][0]["expression"].is_string() && one["hashes"][0]["content"].as_str().unwrap().len() == 64;
        assert!(has, "{one}");
    }
}
