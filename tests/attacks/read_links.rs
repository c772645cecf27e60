//! `check DIR` and its like on a mounted tree with something else in every place.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::machine::{HOST, Host, TRICKS, within};
use super::sandbox_required::strace;
use crate::common::program;

const FILES: [&str; 3] = ["boot/grub/grub.cfg", "boot/kernel", "boot/initrd"];

#[test]
fn nothing_of_the_host_is_read_through_a_guests_tree() {
    let host = Host::new();
    let mut seen = std::collections::BTreeSet::new();
    for place in [
        "boot",
        "boot/grub",
        "boot/grub/grub.cfg",
        "boot/kernel",
        "boot/initrd",
        "boot/grub/menu.lst",
        "extlinux.conf",
        "pregrub.toml",
    ] {
        for trick in TRICKS {
            let what = format!("{trick:?} in the place of {place}");
            let directory = tempfile::tempdir().unwrap();
            let root = directory.path().join("mounted");
            for file in FILES {
                let path = root.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, file).unwrap();
            }
            fs::write(root.join(FILES[0]), "menuentry \"A\" {\n  linux /boot/kernel x\n  initrd /boot/initrd\n}\n")
                .unwrap();
            let target = match place {
                "boot" => "boot",
                "boot/grub" => "boot/grub",
                "boot/kernel" | "boot/initrd" => "etc/shadow",
                _ => "boot/grub/grub.cfg",
            };
            trick.play(&root, place, &host, target);
            let named = root.to_str().unwrap().to_owned();
            let ended = within(60, &what, move || {
                ["check", "trace", "entries"].map(|command| program::run(&[command, "--format", "json", &named]))
            });
            for ended in &ended {
                assert!(!ended.whole().contains(HOST), "{what}: {}", ended.whole());
            }
            assert!([0, 1, 3].contains(&ended[0].status), "{what}: {}", ended[0].whole());
            seen.insert(ended[0].status);
            host.assert_untouched(&what);
        }
    }
    assert!(seen.len() > 1, "{seen:?}");
}

/// A tree that is walked for configurations: a link is not taken for what it leads to.
#[test]
fn a_recursive_walk_takes_no_link() {
    let host = Host::new();
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("guests");
    fs::create_dir_all(root.join("a")).unwrap();
    for (name, target) in [("a/grub.cfg", "etc/grub.cfg"), ("b", "boot"), ("a/disk.img", "zero"), ("a/c.cfg", "fifo")] {
        std::os::unix::fs::symlink(host.path(target), root.join(name)).unwrap();
    }
    super::machine::fifo(&root.join("a/menu.lst"));
    let named = root.to_str().unwrap().to_owned();
    for command in [&["check"][..], &["lint"], &["lint", "--fix"]] {
        let arguments: Vec<String> =
            command.iter().copied().chain(["--recursive", &named]).map(str::to_owned).collect();
        let ended =
            within(60, "a walk", move || program::run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()));
        assert!(ended.status == 3 && ended.stderr.contains("there is no boot configuration"), "{}", ended.whole());
    }
    host.assert_untouched("a walk");
}

/// What is said of a link must not say what lies at its end.
#[test]
fn nor_does_it_say_what_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let real = directory.path().canonicalize().unwrap();
    let tree = real.join("guest");
    fs::create_dir_all(tree.join("boot/grub")).unwrap();
    fs::create_dir_all(real.join("there")).unwrap();
    fs::write(real.join("there/file"), "").unwrap();
    fs::write(tree.join("boot/grub/grub.cfg"), "menuentry \"A\" {\n linux /k root=/dev/xvda\n}\n").unwrap();
    let named = tree.to_str().unwrap();
    let file = tree.join("boot/grub/grub.cfg").to_str().unwrap().to_owned();
    let ends = ["there/file", "there", "there/missing", "missing/file"];
    for (link, up) in [("data", ".."), ("pregrub.toml", ".."), ("boot/grub/pregrub.toml", "../../..")] {
        let link = tree.join(link);
        for is_absolute in [true, false] {
            let mut said = Vec::new();
            for end in ends {
                let to = if is_absolute { real.join(end) } else { std::path::Path::new(up).join(end) };
                std::os::unix::fs::symlink(to, &link).unwrap();
                for arguments in
                    [&["check", "--recursive", named][..], &["lint", "--recursive", named], &["lint", &file]]
                {
                    said.push((end, program::run(arguments)));
                }
                fs::remove_file(&link).unwrap();
            }
            let (first, others) = said.split_at(3);
            for ((end, ended), (_, expected)) in others.iter().zip(first.iter().cycle()) {
                assert_eq!(ended.whole(), expected.whole(), "{} -> {end}", link.display());
            }
            assert!(first[0].1.stderr.contains("1 link, which is not followed"), "{}", first[0].1.whole());
        }
    }
}

/// What the command line names in a tree that is looked at, whatever stands beside the tree among the targets.
#[test]
fn a_file_that_is_named_in_a_tree_is_read_through_no_link() {
    let host = Host::new();
    let directory = tempfile::tempdir().unwrap();
    let real = directory.path().canonicalize().unwrap();
    let tree = real.join("guest");
    fs::create_dir_all(tree.join("boot/grub")).unwrap();
    let menu = "menuentry \"A\" {\n linux ($a)/k root=/dev/xvda\n}\n";
    fs::write(tree.join("boot/grub/grub.cfg"), menu).unwrap();
    fs::write(real.join("grub.cfg"), menu).unwrap();
    fs::write(real.join("secret"), "of-the-host").unwrap();
    let (named, own) = (tree.to_str().unwrap(), real.join("grub.cfg"));
    let own = own.to_str().unwrap();
    let baseline = real.join("base.json");
    let known =
        program::run(&["lint", "--recursive", named, "--update-baseline", "--baseline", baseline.to_str().unwrap()]);
    assert_eq!(known.status, 0, "{}", known.whole());
    for (link, end) in [("base.json", "../base.json"), ("t.tpl", "../secret"), ("away", "..")] {
        std::os::unix::fs::symlink(end, tree.join(link)).unwrap();
    }
    let lists: [&[&str]; 5] = [
        &["lint", "--recursive", named],
        &["lint", "--recursive", own, named],
        &["check", "--jobs", "1", own, named],
        &["check", "--jobs", "1", named, own],
        &["check", own, "--root-disk", named],
    ];
    let at = |name: &str| tree.join(name).to_str().unwrap().to_owned();
    for list in lists {
        for (more, is_of_a_tree) in [
            (vec!["--baseline".to_owned(), at("base.json")], true),
            (vec!["--baseline".to_owned(), at("away/base.json")], true),
            // By a name that only comes to the tree.
            (vec!["--baseline".to_owned(), at("../guest/away/base.json")], true),
            (vec!["--format=template".to_owned(), "--template".to_owned(), format!("@{}", at("t.tpl"))], true),
            (vec!["--config".to_owned(), at("t.tpl")], true),
            (vec!["--baseline".to_owned(), baseline.to_str().unwrap().to_owned()], false),
        ] {
            let arguments: Vec<&str> = list.iter().copied().chain(more.iter().map(String::as_str)).collect();
            let ended = program::run(&arguments);
            assert!(!ended.whole().contains("of-the-host"), "{arguments:?}: {}", ended.whole());
            let is_refused = ended.status == 2 && ended.stderr.contains("is a symbolic link, which is not followed");
            assert_eq!(is_refused, is_of_a_tree, "{arguments:?}: {}", ended.whole());
        }
    }
    host.assert_untouched("a baseline");
}

/// A checkout that a commit has looked at as a guest's tree.
#[test]
fn a_repository_tells_nothing_of_itself() {
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path();
    std::fs::create_dir_all(tree.join("boot/grub")).unwrap();
    std::fs::create_dir_all(tree.join(".git")).unwrap();
    std::fs::write(tree.join(".git/config"), "menuentry \"of-the-host\" {\n linux /k\n}\n").unwrap();
    let menu = "source /.git/config\nsource /.GIT/config\nconfigfile /boot/../.git/config\nmenuentry \"A\" {\n linux /.git/config\n}\n";
    std::fs::write(tree.join("boot/grub/grub.cfg"), menu).unwrap();
    let tree = tree.to_str().unwrap();
    for arguments in [&["check", "-v", tree][..], &["grub", tree], &["compare", tree], &["cat", tree, "/.git/config"]] {
        let ended = crate::common::program::run(arguments);
        assert!(!ended.whole().contains("of-the-host"), "{arguments:?}: {}", ended.whole());
    }
}

/// In continuous integration a commit's links lie in the working directory: a list that is one would be printed line by line.
#[test]
fn a_list_in_a_checkout_is_read_through_no_link() {
    let (host, directory) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(host.path().join("environ"), format!("TOKEN={HOST}\n")).unwrap();
    fs::create_dir(directory.path().join("ci")).unwrap();
    symlink(host.path().join("environ"), directory.path().join("ci/targets")).unwrap();
    fs::write(directory.path().join("ci/list"), "grub.cfg\n").unwrap();
    fs::write(directory.path().join("grub.cfg"), "menuentry \"A\" {\n  linux /a\n}\n").unwrap();
    let run = |runner: bool, list: &str| {
        let mut command = program::command(&["check", "--no-config", "--targets-from", list]);
        if runner {
            command.env("GITHUB_ACTIONS", "true");
        }
        let output = command.current_dir(directory.path()).output().unwrap();
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()
    };
    assert!(run(false, "ci/targets").contains(HOST), "{}", run(false, "ci/targets"));
    let refused = run(true, "ci/targets");
    assert!(!refused.contains(HOST) && refused.contains("is a symbolic link, which is not followed"), "{refused}");
    assert!(run(true, "ci/list").contains("selects: grub.cfg"), "{}", run(true, "ci/list"));
    // A job in a directory of the checkout.
    symlink(host.path().join("environ"), directory.path().join("above")).unwrap();
    let mut command = program::command(&["check", "--no-config", "--targets-from", "../above"]);
    command.env("GITHUB_ACTIONS", "true").env("GITHUB_WORKSPACE", directory.path());
    let output = command.current_dir(directory.path().join("ci")).output().unwrap();
    let refused = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!refused.contains(HOST) && refused.contains("is a symbolic link, which is not followed"), "{refused}");
}

/// A directory that becomes a link while the tree is searched: nothing at its end is named.
#[test]
fn a_search_names_nothing_of_a_directory_that_becomes_a_link() {
    let Some(strace) = strace() else { return };
    let directory = tempfile::tempdir().unwrap();
    let tree = directory.path().join("tree");
    let host = directory.path().join("host");
    for (place, name) in
        [(&tree, "a/grub.cfg"), (&tree, "b/grub.cfg"), (&host, "x-of-the-host.img"), (&host, "c/x-of-the-host.cfg")]
    {
        fs::create_dir_all(place.join(name).parent().unwrap()).unwrap();
        fs::write(place.join(name), "menuentry \"A\" {\n  linux /a\n}\n").unwrap();
    }
    std::os::unix::net::UnixListener::bind(host.join("x-of-the-host.socket")).unwrap();
    fs::create_dir(host.join("x-of-the-host")).unwrap();
    for command in ["check", "lint"] {
        let _ = fs::remove_file(tree.join("b"));
        fs::create_dir_all(tree.join("b")).unwrap();
        // The directory is opened two seconds after it has been listed.
        let mut searching = Command::new(&strace);
        searching.args(["-f", "-o", "/dev/null", "-P", tree.join("b").to_str().unwrap()]);
        searching.args(["-e", "trace=open,openat", "-e", "inject=open,openat:delay_enter=2000000"]);
        searching.arg(program::path()).args([command, "--no-config", "--recursive"]).arg(&tree);
        searching.stdout(Stdio::piped()).stderr(Stdio::piped());
        let searching = searching.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(1200));
        fs::rename(tree.join("b"), directory.path().join(command)).unwrap();
        symlink(&host, tree.join("b")).unwrap();
        let ended = searching.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned();
        assert!(said.contains("a/grub.cfg") && !said.contains("of-the-host") && !said.contains("socket"), "{said}");
    }
}

/// In continuous integration without a word of the runner on where the checkout is: a repository is one.
#[test]
fn a_repository_around_the_working_directory_is_a_checkout() {
    let directory = tempfile::tempdir().unwrap();
    let (checkout, secret) = (directory.path().join("checkout"), directory.path().join("secret"));
    fs::create_dir_all(checkout.join("sub/rules")).unwrap();
    fs::create_dir(checkout.join("own")).unwrap();
    fs::write(&secret, format!("TOKEN={HOST}\n")).unwrap();
    fs::write(checkout.join("grub.cfg"), "menuentry \"A\" {\n  linux /a\n}\n").unwrap();
    for link in ["link.cfg", "menu.lst", "t.txt", "sub/rules/20"] {
        symlink(&secret, checkout.join(link)).unwrap();
    }
    symlink("sub/rules", checkout.join("rules")).unwrap();
    symlink(directory.path(), checkout.join("root")).unwrap();
    let run = |variable: &str, arguments: &str| {
        let mut command = program::command(&arguments.split(' ').collect::<Vec<_>>());
        let output = command.current_dir(checkout.join("sub")).env(variable, &checkout).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
    };
    let all = [
        "lint ../link.cfg",
        "trace ../menu.lst",
        "cat ../link.cfg",
        "lint --format template --template @../t.txt ../grub.cfg",
        "lint --baseline ../t.txt ../grub.cfg",
        "lint --config ../t.txt ../grub.cfg",
        "check --release xcp-ng-8.3 -q --title-rules ../rules ../grub.cfg",
        "check --release xcp-ng-8.3 -q --title-rules ../sub/rules ../grub.cfg",
        "init --kernel ../link.cfg x.img",
        "init --kernel ../grub.cfg --initrd ../link.cfg x.img",
        "generate grub-cfg --root ../root /nix/var/nix/profiles/system",
        "generate grub-cfg --install --root ../root --boot ../root/boot /nix/var/nix/profiles/system",
    ];
    for kind in [".git", ".hg", ".svn"] {
        fs::create_dir(checkout.join(kind)).unwrap();
        for arguments in all {
            for variable in ["CI", "TEAMCITY_VERSION"] {
                let (status, said) = run(variable, arguments);
                assert!(
                    status == Some(2) && said.contains("symbolic link") && !said.contains(HOST),
                    "{arguments}: {said}"
                );
            }
        }
        fs::remove_dir(checkout.join(kind)).unwrap();
    }
    // It says where the checkout is.
    for variable in [
        "CIRCLE_WORKING_DIRECTORY",
        "TRAVIS_BUILD_DIR",
        "BITBUCKET_CLONE_DIR",
        "DRONE_WORKSPACE",
        "BUILDKITE_BUILD_CHECKOUT_PATH",
    ] {
        let mut command = program::command(&["lint", "../link.cfg"]);
        let output =
            command.current_dir(checkout.join("sub")).env(variable, &checkout).env("CI", "1").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{variable}");
    }
}

/// What stays in a baseline says what exists; so only where the baseline's own files lie.
#[test]
fn a_baseline_is_no_way_to_ask_for_files_of_the_host() {
    let directory = tempfile::tempdir().unwrap();
    let real = directory.path().canonicalize().unwrap();
    let here = real.join("a");
    fs::create_dir(&here).unwrap();
    fs::write(here.join("grub.cfg"), "menuentry \"A\" {\n  linux /a\n}\n").unwrap();
    fs::write(real.join("there"), "").unwrap();
    symlink("..", here.join("up")).unwrap();
    let names = [real.join("there"), real.join("nothing")].map(|path| path.to_str().unwrap().to_owned());
    let names = [
        &names[0],
        &names[1],
        "../there",
        "../nothing",
        "up/there",
        "up/nothing",
        "gone.cfg",
        "x/../gone",
        "../a/gone",
    ];
    let entries = names.map(|name| serde_json::json!({ "file": name, "code": "PG101", "message": "m" }));
    let text = serde_json::json!({ "schema": "pregrub.baseline/1", "findings": entries }).to_string();
    fs::write(here.join("b.json"), text).unwrap();
    let mut command = program::command(&["lint", "--baseline", "b.json", "--update-baseline", "grub.cfg"]);
    assert!(command.current_dir(&here).output().unwrap().status.success());
    let text: serde_json::Value = serde_json::from_str(&fs::read_to_string(here.join("b.json")).unwrap()).unwrap();
    let kept: Vec<&str> =
        text["findings"].as_array().unwrap().iter().map(|one| one["file"].as_str().unwrap()).collect();
    for name in names {
        assert_eq!(kept.contains(&name), !name.contains("gone"), "{name}: {kept:?}");
    }
}
