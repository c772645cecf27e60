//! What runs pregrub in continuous integration: the GitHub Action's script, GitLab's template, the hooks of pre-commit.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::common::program::{corpus, path, root};
use crate::common::tools;

/// The script of the action with these inputs, in a folder of its own.
fn action(folder: &Path, inputs: &[(&str, &str)]) -> Output {
    action_in(root(), folder, inputs)
}

/// The same, called in a checkout.
fn action_in(checkout: &Path, folder: &Path, inputs: &[(&str, &str)]) -> Output {
    Command::new(root().join("contrib/github/run"))
        .current_dir(checkout)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("GITHUB_ACTIONS", "true")
        .env("RUNNER_TEMP", folder)
        .env("GITHUB_OUTPUT", folder.join("output"))
        .env("GITHUB_STEP_SUMMARY", folder.join("summary"))
        .env("PREGRUB_PROGRAM", path())
        .env("PREGRUB_SARIF", folder.join("pregrub.sarif"))
        .env("GITHUB_WORKSPACE", checkout)
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
    assert_eq!(read("output"), format!("status=1\nsarif={}\n", folder.path().join("pregrub.sarif").display()));
    let sarif: serde_json::Value = serde_json::from_str(&read("pregrub.sarif")).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let summary = read("summary");
    assert!(summary.starts_with("### pregrub check\n\n    boots: "), "{summary}");
    assert!(summary.lines().skip(2).all(|line| line.starts_with("    ")), "{summary}");
    let ended = action(folder.path(), &[("PREGRUB_TARGETS", &good), ("PREGRUB_OPTIONS", "--release\nxcp-ng-8.3")]);
    assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stdout));
}

/// The commit that is checked may have a link in the place of a file that is written.
#[test]
fn the_action_writes_through_no_link() {
    let folder = tempfile::tempdir().unwrap();
    let victim = folder.path().join("victim");
    fs::write(&victim, "mine").unwrap();
    std::os::unix::fs::symlink(&victim, folder.path().join("pregrub.sarif")).unwrap();
    for sarif in ["pregrub.sarif", folder.path().join("pregrub.sarif").to_str().unwrap()] {
        let ended =
            action(folder.path(), &[("PREGRUB_TARGETS", &corpus("images/recipe.img")), ("PREGRUB_SARIF", sarif)]);
        assert_eq!(ended.status.code(), Some(0), "{}", String::from_utf8_lossy(&ended.stdout));
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        assert!(fs::read_to_string(folder.path().join("pregrub.sarif")).unwrap().contains("2.1.0"));
    }
}

/// A target of a commit may be a link, on the way to it or itself. What Nix built is named by one.
#[test]
fn the_action_reads_through_no_link_of_the_commit() {
    let folder = tempfile::tempdir().unwrap();
    let checkout = folder.path().join("checkout");
    fs::create_dir_all(checkout.join("real")).unwrap();
    fs::write(folder.path().join("grub.cfg"), "token\nmenuentry A {\n linux /k\n}\n").unwrap();
    fs::write(checkout.join("real/grub.cfg"), "menuentry 'A' {\n linux /k root=/dev/xvda\n}\n").unwrap();
    for (link, to) in [("grub.cfg", "../grub.cfg"), ("away", ".."), ("here", "real"), ("itself", ".")] {
        std::os::unix::fs::symlink(to, checkout.join(link)).unwrap();
    }
    let alias = folder.path().join("alias");
    std::os::unix::fs::symlink("checkout", &alias).unwrap();
    fs::create_dir(folder.path().join("elsewhere")).unwrap();
    fs::copy(checkout.join("real/grub.cfg"), folder.path().join("elsewhere/grub.cfg")).unwrap();
    std::os::unix::fs::symlink("elsewhere/grub.cfg", folder.path().join("own")).unwrap();
    for (target, expected) in [
        ("grub.cfg", 2),
        ("away/grub.cfg", 2),
        ("here/grub.cfg", 2),
        ("itself", 2),
        ("real/grub.cfg", 0),
        ("./real/../real/grub.cfg", 0),
        // Below the checkout by an absolute path, as workflows write it, and by another name of the checkout.
        ("CHECKOUT/grub.cfg", 2),
        ("CHECKOUT//away/grub.cfg", 2),
        ("CHECKOUT/away/../grub.cfg", 2),
        ("CHECKOUT/itself/../../grub.cfg", 2),
        ("CHECKOUT/itself/real/grub.cfg", 2),
        ("CHECKOUT/real/grub.cfg", 0),
        ("ALIAS/real/grub.cfg", 0),
        ("ALIAS/here/grub.cfg", 2),
        // The caller's own link.
        ("OUTSIDE/own", 0),
    ] {
        let target = &target
            .replace("CHECKOUT", checkout.to_str().unwrap())
            .replace("ALIAS", alias.to_str().unwrap())
            .replace("OUTSIDE", folder.path().to_str().unwrap());
        let inputs = [
            ("PREGRUB_TARGETS", target.as_str()),
            ("PREGRUB_COMMAND", "lint"),
            ("GITHUB_WORKSPACE", alias.to_str().unwrap()),
        ];
        let ended =
            action_in(&checkout, folder.path(), &[&inputs[..], &[("PREGRUB_OPTIONS", "--dialect\ngrub2")]].concat());
        let text = String::from_utf8(ended.stdout).unwrap();
        assert_eq!(ended.status.code(), Some(expected), "{target}: {text}");
        assert!(!text.contains("token"), "{text}");
        // What any other runner runs.
        let words: Vec<&str> = match target.as_str() {
            "itself" => vec!["check", "--no-config"],
            _ => vec!["lint", "--dialect", "grub2"],
        };
        for (variable, checkout_is) in [("CI_PROJECT_DIR", &alias), ("WORKSPACE", &alias), ("NONE", &checkout)] {
            let ended = Command::new(path())
                .args(&words)
                .args(["--", target])
                .current_dir(if variable == "NONE" { checkout.as_path() } else { Path::new("/") })
                .envs([("CI", Path::new("true")), (variable, checkout_is)])
                .output()
                .unwrap();
            // Elsewhere a relative name is one of another directory.
            if variable == "NONE" || target.starts_with('/') {
                assert_eq!(ended.status.code(), Some(expected), "{target}: {ended:?}");
            }
        }
    }
}

/// Every command that opens a file looks at the way to it. At a desk a link is the caller's.
#[test]
fn no_command_opens_a_file_through_a_link_of_the_commit() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("checkout")).unwrap();
    let (checkout, image) = (folder.path().join("checkout"), corpus("images/recipe.img"));
    fs::copy(&image, checkout.join("own.img")).unwrap();
    std::os::unix::fs::symlink(&image, checkout.join("link.img")).unwrap();
    std::os::unix::fs::symlink(folder.path(), checkout.join("away")).unwrap();
    let told = "a symbolic link in the checkout";
    for arguments in [
        "check link.img",
        "check own.img link.img",
        "check --root-disk link.img own.img",
        "check --recursive away",
        "check --targets-from list",
        "lint link.img",
        "trace link.img",
        "entries link.img",
        "menu link.img",
        "grub link.img",
        "cat link.img",
        "compare link.img",
        "report link.img",
        "kernel link.img",
        "initrd link.img",
        "initrd --kernel link.img own.img",
        "initrd --kernel-config link.img own.img",
        "merge link.img",
        "host --root away",
        "host --root . -o away/x",
        "report -o link.img own.img",
        "report -o away/x own.img",
        "check --release xcp-ng-8.3 -q --title-rules away own.img",
        "check --release xcp-ng-8.3 -q --title-rules link.img own.img",
    ] {
        fs::write(checkout.join("list"), "link.img\n").unwrap();
        let run = |runner: &str| {
            let mut command = Command::new(path());
            command.args(arguments.split(' ')).current_dir(&checkout).env_clear().stdin(std::process::Stdio::null());
            command.envs((!runner.is_empty()).then_some((runner, "true"))).output().unwrap()
        };
        for runner in ["CI", "GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TF_BUILD", "TEAMCITY_VERSION"] {
            let ended = run(runner);
            let errors = String::from_utf8_lossy(&ended.stderr);
            assert_eq!(ended.status.code(), Some(2), "{runner}: {arguments}: {errors}");
            assert!(errors.contains(told) && ended.stdout.is_empty(), "{runner}: {arguments}: {errors}");
        }
        assert!(!String::from_utf8_lossy(&run("").stderr).contains(told), "{arguments}");
    }
}

/// A commit has written the domain that the workflow names: it chooses no disk of the runner, unless the workflow says so.
#[test]
fn a_domain_of_the_commit_chooses_no_disk_of_the_runner() {
    let folder = tempfile::tempdir().unwrap();
    let checkout = folder.path().join("checkout");
    fs::create_dir_all(checkout.join("xen")).unwrap();
    let (own, other) = (checkout.join("own.img"), folder.path().join("other.img"));
    fs::copy(corpus("images/recipe.img"), &own).unwrap();
    fs::copy(corpus("images/recipe.img"), &other).unwrap();
    for (name, disk) in [("own", "own.img"), ("other", other.to_str().unwrap())] {
        let text = format!("name = 'a'\nmemory = 64\nbootloader = 'pygrub'\ndisk = ['{disk},raw,xvda,w']\n");
        fs::write(checkout.join("xen").join(format!("{name}.cfg")), text).unwrap();
    }
    let hooks = fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    let hook = hooks.lines().find_map(|line| line.trim().strip_prefix("entry: pregrub check --as xl ")).unwrap();
    let template = fs::read_to_string(root().join("contrib/gitlab/pregrub.yml")).unwrap();
    let lines = template.lines().filter_map(|line| line.strip_prefix("    - "));
    let job: Vec<&str> = lines.filter(|line| line.starts_with("case ") || line.starts_with("pregrub \"$")).collect();
    assert_eq!(job.len(), 4, "{job:?}");
    for (domain, options, expected) in
        [("own", "", 0), ("other", "", 3), ("other", "--trust-domains", 0), ("own", "--trust-domains", 0)]
    {
        let target = format!("xen/{domain}.cfg");
        let inputs = [("PREGRUB_TARGETS", target.as_str()), ("PREGRUB_OPTIONS", options)];
        let ended = action_in(&checkout, folder.path(), &inputs);
        let text = String::from_utf8(ended.stdout).unwrap();
        assert_eq!(ended.status.code(), Some(expected), "{target} {options}: {text}");
        let words: Vec<&str> = hook.split_whitespace().chain(options.split_whitespace()).collect();
        let hooked = Command::new(path())
            .args(["check", "--as", "xl"])
            .args(words)
            .args(["--", &target])
            .current_dir(&checkout)
            .env("CI", "true")
            .output()
            .unwrap();
        assert_eq!(hooked.status.code(), Some(expected), "{target} {options}: {hooked:?}");
        let ended = Command::new("bash")
            .args(["-c", &format!("set -e\n{}", job.join("\n"))])
            .current_dir(&checkout)
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", path().parent().unwrap().display()))
            .envs([("GITLAB_CI", "true"), ("PREGRUB_COMMAND", "check"), ("PREGRUB_OPTIONS", options)])
            .env("PREGRUB_TARGETS", &target)
            .output()
            .unwrap();
        assert_eq!(ended.status.code(), Some(expected), "{target} {options}: {ended:?}");
    }
}

/// In the checkout a commit's rust-toolchain.toml and .cargo/config.toml would choose what `cargo` runs.
#[test]
fn what_builds_the_program_does_not_run_in_the_checkout() {
    let action = fs::read_to_string(root().join("action.yml")).unwrap();
    let step = action.split("    - ").find(|step| step.contains("cargo install")).unwrap();
    assert!(step.contains("working-directory: ${{ github.action_path }}"), "{step}");
    let template = fs::read_to_string(root().join("contrib/gitlab/pregrub.yml")).unwrap();
    assert!(
        template
            .lines()
            .filter(|line| line.contains("cargo "))
            .all(|line| line.contains("cd / && cargo ") || line.contains('#'))
    );
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
    // A commit that has links in the places of the reports, and one that brings a program.
    fs::write(folder.path().join("victim"), "mine").unwrap();
    for name in ["pregrub.xml", "gl-code-quality-report.json"] {
        fs::remove_file(folder.path().join(name)).unwrap();
        std::os::unix::fs::symlink("victim", folder.path().join(name)).unwrap();
    }
    assert_eq!(job(&good), Some(0));
    assert_eq!(fs::read_to_string(folder.path().join("victim")).unwrap(), "mine");
    let git =
        |args: &[&str]| assert!(Command::new("git").args(args).current_dir(folder.path()).status().unwrap().success());
    fs::create_dir_all(folder.path().join(".pregrub/bin")).unwrap();
    fs::write(folder.path().join(".pregrub/bin/pregrub"), "#!/bin/sh\n").unwrap();
    git(&["init", "-q"]);
    assert_eq!(job(&good), Some(0), "a cache, and no file of the commit");
    git(&["add", "-f", ".pregrub"]);
    assert_eq!(job(&good), Some(1));
}

/// Where the image of the job has no pregrub, cargo builds it from the repository: it is in no registry.
#[test]
fn the_template_for_gitlab_builds_from_the_repository() {
    let template = fs::read_to_string(root().join("contrib/gitlab/pregrub.yml")).unwrap();
    let script = template.split("  script:\n").nth(1).unwrap().split("  artifacts:").next().unwrap();
    let lines: Vec<&str> = script.lines().map(|line| line.strip_prefix("    - ").unwrap()).collect();
    let script = format!("set -eo pipefail\n{}", lines.join("\n"));
    let folder = tempfile::tempdir().unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    let cargo = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >{0}/words\ncd \"$CI_PROJECT_DIR\"\nmkdir -p .pregrub/bin\nln -sf {1} .pregrub/bin/pregrub\n",
        folder.path().display(),
        path().display()
    );
    fs::write(bin.join("cargo"), cargo).unwrap();
    fs::set_permissions(bin.join("cargo"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let job = |variables: &[(&str, &str)]| {
        let _ = fs::remove_dir_all(folder.path().join(".pregrub"));
        Command::new("bash")
            .args(["-c", &script])
            .current_dir(folder.path())
            .env_clear()
            .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
            .envs([("PREGRUB_COMMAND", "check"), ("PREGRUB_OPTIONS", "--no-config")])
            .envs([
                ("CI_PROJECT_DIR", folder.path().to_str().unwrap()),
                ("PREGRUB_TARGETS", &corpus("images/recipe.img")),
            ])
            .envs(variables.iter().copied())
            .output()
            .unwrap()
    };
    let nothing = job(&[]);
    assert_eq!(nothing.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&nothing.stdout).contains("set PREGRUB_REPOSITORY"));
    let words = || fs::read_to_string(folder.path().join("words")).unwrap();
    let url = ("PREGRUB_REPOSITORY", "https://gitlab.example.org/g/p.git");
    assert_eq!(job(&[url]).status.code(), Some(0));
    assert!(words().contains("--git\nhttps://gitlab.example.org/g/p.git\npregrub\n"), "{}", words());
    assert_eq!(job(&[url, ("PREGRUB_REVISION", "v0.1.0")]).status.code(), Some(0));
    assert!(words().contains("p.git\n--rev\nv0.1.0\npregrub\n"), "{}", words());
}

/// No page and no template tells to install from a registry: the crate is in none.
#[test]
fn nothing_is_installed_from_a_registry() {
    let texts = [
        "docs",
        "contrib",
        "README.md",
        "action.yml",
        "packaging",
        "bindings/python/README.md",
        ".pre-commit-hooks.yaml",
    ];
    let mut seen = 0;
    for text in texts.iter().flat_map(|text| walkdir::WalkDir::new(root().join(text))) {
        let text = text.unwrap();
        let Ok(content) = fs::read_to_string(text.path()) else { continue };
        for line in content.lines().filter(|line| line.contains("cargo install ") || line.contains("pip install ")) {
            seen += 1;
            let is_local = ["--path", "--git", "maturin", ".whl", "-*.whl"].iter().any(|word| line.contains(word));
            assert!(is_local, "{}: {line}", text.path().display());
        }
    }
    assert!(seen >= 5, "{seen}");
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
    // A directory of a commit that is called as an option, and what that would read.
    fs::create_dir_all(user.join("--targets-from=list")).unwrap();
    fs::create_dir_all(user.join("list")).unwrap();
    fs::write(user.join("list/grub.cfg"), "a-secret-of-the-runner\n").unwrap();
    fs::write(user.join("--targets-from=list/grub.cfg"), "menuentry \"A\" {\n linux /k root=/dev/xvda\n}\n").unwrap();
    git(&user, &["add", "-A"]);
    let (status, text) = run(&["try-repo", hooks, "pregrub-lint-system", "--all-files", "--verbose"]);
    assert!(!text.contains("a-secret-of-the-runner"), "{status:?} {text}");
    let text = fs::read_to_string(&manifest).unwrap();
    for hook in text.split("- id: ").skip(1) {
        assert!(hook.contains("\n  args: [--]\n  exclude: ^-\n"), "{hook}");
    }
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

/// No engine for containers runs here: what packaging/Containerfile copies is a crate that cargo takes, and holds every file
/// that the sources include.
#[test]
fn the_container_is_built_from_what_it_copies() {
    let file = fs::read_to_string(root().join("packaging/Containerfile")).unwrap();
    let build = file.split("\nFROM ").nth(1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for line in build.lines().filter_map(|line| line.strip_prefix("COPY ")) {
        let mut words: Vec<&str> = line.split(' ').collect();
        let to = folder.path().join(words.pop().unwrap());
        for from in words {
            let from_directory = root().join(from).is_dir();
            let to = if line.ends_with("./") { to.join(from) } else { to.clone() };
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            // The content of a directory is copied, not the directory.
            let status = Command::new("cp")
                .args(["-r", "--no-target-directory"])
                .args([root().join(from), to.clone()])
                .status()
                .unwrap();
            assert!(status.success() && to.is_dir() == from_directory, "{line}");
        }
    }
    let taken = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline", "--locked"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(taken.status.success(), "{}", String::from_utf8_lossy(&taken.stderr));
    let copied = |name: &str| folder.path().join(name).exists();
    for source in walkdir::WalkDir::new(root().join("src")).into_iter().map(Result::unwrap) {
        if source.path().extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let text = fs::read_to_string(source.path()).unwrap();
        for (at, _) in text.match_indices("include_str!(") {
            let rest = text[at..].split('"').nth(1).unwrap();
            let Some(included) = rest.strip_prefix("../../") else { continue };
            let folder = included.rsplit_once('/').map_or(included, |(folder, _)| folder);
            assert!(copied(folder), "{} includes {included}, which the container lacks", source.path().display());
        }
        for (at, _) in text.match_indices("#[grammar = \"") {
            let rest = &text[at + "#[grammar = \"".len()..];
            let grammar = rest[..rest.find('"').unwrap()].trim_start_matches("../");
            assert!(copied(grammar), "{} reads {grammar}, which the container lacks", source.path().display());
        }
    }
}
