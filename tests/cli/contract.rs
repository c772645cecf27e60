//! What programs rely on: JSON as its schemas say, exit statuses, colours, closed pipes.

use std::io::Read;
use std::process::Stdio;

use serde_json::Value;

use crate::common::program::{self, command, corpus, root, run, run_with_input};

fn schema(name: &str) -> jsonschema::Validator {
    let text = std::fs::read_to_string(root().join("docs/schema").join(name)).unwrap();
    jsonschema::validator_for(&serde_json::from_str(&text).unwrap()).unwrap()
}

fn assert_valid(validator: &jsonschema::Validator, text: &str) -> Vec<Value> {
    let objects: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for object in &objects {
        let errors: Vec<String> =
            validator.iter_errors(object).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:?} in {object}");
    }
    objects
}

/// Configurations that end in as many ways as there are.
const CONFIGS: [&[u8]; 12] = [
    b"",
    b"menuentry \"A\" {\n linux (hd0,1)/k a\n initrd /i\n}\n",
    b"menuentry \"A\" {\n linux ($x)/k\n}\n",
    b"menuentry \"A\" {\n",
    b"}\n",
    b"set a\n",
    b"set default=99999999999999999999\nset timeout=x\nmenuentry \"A\" {\n linux /k\n}\n",
    b"set default=-1\n",
    b"menuentry \"A\" {\n}\n",
    b"menuentry \"\xe9\" {\n linux /\xe9\n}\n",
    b"set default=2\nset timeout=2\nmenuentry \"A\" {\n linux /k\n}\nmenuentry \"B\" {\n linux /b\n}\n",
    b"menuentry \"A\" {\n linux /k (\n initrd (x\n}\n",
];

/// Domains that end in as many ways as there are.
const DOMAINS: [&[u8]; 5] = [
    b"name = 'g'\nbootloader = 'pygrub'\ndisk = [ 'corpus/images/recipe.img,raw,xvda' ]\n",
    b"name = 'g'\nbootloader = 'pygrub'\ndisk = [ 'corpus/images/nixos-default.img,raw,xvda' ]\n",
    b"name = 'g'\nbootloader = 'pygrub'\ndisk = [ 'corpus/images/none,raw,xvda' ]\n",
    b"name = 'g'\ntype = 'hvm'\ndisk = [ 'x,raw,xvda' ]\n",
    b"name = 'g'\nbootloader = 'pygrub'\ndisk = [\n",
];

#[test]
fn check_keeps_its_schema() {
    let validator = schema("pregrub.check-1.json");
    let (good, bad) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    let cases: [&[&str]; 6] = [
        &[&good, &bad],
        &[&good, "--hash"],
        &[&good, "-q"],
        &["/nonexistent"],
        &["/dev/null"],
        &[&good, "--offset", "7"],
    ];
    for case in cases {
        let ended = run(&[&["check", "--format", "json"], case].concat());
        assert!(!assert_valid(&validator, &ended.stdout).is_empty());
    }
    for domain in DOMAINS {
        let ended = run_with_input(&["check", "-", "--as", "xl", "--format", "json"], domain);
        assert_eq!(assert_valid(&validator, &ended.stdout).len(), 1);
    }
    for config in CONFIGS {
        for release in ["4.0.0", "4.4", "4.12", "4.13+python2", "4.22"] {
            let args = ["check", "-", "--dialect", "grub2", "--format", "json", "--release", release];
            assert_eq!(assert_valid(&validator, &run_with_input(&args, config).stdout).len(), 1);
        }
    }
}

#[test]
fn lint_keeps_its_schema() {
    let validator = schema("pregrub.lint-1.json");
    for config in CONFIGS {
        for dialect in ["grub2", "legacy", "extlinux"] {
            for release in ["4.0.0", "4.13+python2", "4.22"] {
                let args = ["lint", "-", "--dialect", dialect, "--format", "json", "--release", release];
                assert_eq!(assert_valid(&validator, &run_with_input(&args, config).stdout).len(), 1);
            }
        }
    }
    let (bad, title) = (corpus("lint/PG001/found-nixos-drive1/grub.cfg"), corpus("lint/PG101/found-title/grub.cfg"));
    let objects = assert_valid(&validator, &run(&["lint", "--format", "json", &bad, &title, "/nonexistent"]).stdout);
    assert_eq!(objects.len(), 3);
    assert!(objects[0]["findings"][0]["raised"]["line"].is_u64());
    let fixed = |finding: &Value| finding["fix"]["edits"][0]["replacement"] == "1";
    assert!(objects[1]["findings"].as_array().unwrap().iter().any(fixed));
    assert!(objects[2]["error"].is_string());
}

#[test]
fn rules_keeps_its_schema() {
    let objects = assert_valid(&schema("pregrub.rules-1.json"), &run(&["rules", "--format", "json"]).stdout);
    assert_eq!(objects[0]["rules"].as_array().unwrap().len(), pregrub::lint::RULES.len());
}

#[test]
fn entries_keeps_its_schema() {
    let validator = schema("pregrub.entries-1.json");
    for config in CONFIGS {
        for dialect in ["grub2", "legacy", "extlinux"] {
            for release in ["4.0.0", "4.4", "4.12", "4.22"] {
                let args = ["entries", "-", "--dialect", dialect, "--format", "json", "--release", release];
                let ended = run_with_input(&args, config);
                let objects = assert_valid(&validator, &ended.stdout);
                assert_eq!(ended.status, i32::from(!objects[0]["raised"].is_null()));
            }
        }
    }
    assert_valid(&validator, &run(&["entries", &corpus("images/recipe.img"), "--format", "json"]).stdout);
    let empty = tempfile::NamedTempFile::new().unwrap();
    let ended = run(&["entries", empty.path().to_str().unwrap(), "--format", "json"]);
    assert_valid(&validator, &ended.stdout);
    assert_eq!(ended.status, 1);
}

#[test]
fn trace_keeps_its_schema() {
    let validator = schema("pregrub.trace-1.json");
    for image in ["images/recipe.img", "images/nixos-default.img"] {
        assert_valid(&validator, &run(&["trace", &corpus(image), "--format", "json"]).stdout);
    }
    for domain in DOMAINS {
        let ended = run_with_input(&["trace", "-", "--as", "xl", "--format", "json"], domain);
        assert_eq!(assert_valid(&validator, &ended.stdout).len(), usize::from(ended.stderr.is_empty()));
    }
    for config in CONFIGS {
        assert_valid(
            &validator,
            &run_with_input(&["trace", "-", "--dialect", "grub2", "--format", "json"], config).stdout,
        );
    }
}

#[test]
fn big_numbers_keep_their_digits() {
    let config = b"set default=99999999999999999999\nmenuentry \"A\" {\n linux /k\n}\n";
    let ended = run_with_input(&["entries", "-", "--dialect", "grub2", "--format", "json"], config);
    assert!(ended.stdout.contains("\"default\":99999999999999999999,"), "{}", ended.stdout);
}

#[test]
fn a_dialect_makes_a_configuration_of_any_file() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"\0menuentry \"A\" {\n linux /k\n}\n}\n").unwrap();
    let ended = run(&["entries", file.path().to_str().unwrap(), "--dialect", "grub2", "--format", "json"]);
    assert!(ended.stdout.contains("closing brace without menuentry"), "{}", ended.whole());
}

#[test]
fn exit_statuses() {
    let (good, bad) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    let status = |args: &[&str]| run(args).status;
    assert_eq!(status(&["check", &good]), 0);
    assert_eq!(status(&["check", &bad]), 1);
    assert_eq!(status(&["check", &good, &bad]), 1);
    assert_eq!(status(&["check", "/nonexistent"]), 3);
    assert_eq!(status(&["check"]), 2);
    assert_eq!(status(&["check", "--release", "3.4", &good]), 2);
    assert_eq!(status(&["check", "--offset", "0x0", &good]), 2);
    assert_eq!(status(&["check", "--offset", "0", "--release", "4.3", &good]), 2);
    assert_eq!(status(&["check", "--offset", "0", "--release", "4.4", &good]), 0);
    assert_eq!(status(&["nonsense"]), 2);
    assert_eq!(status(&["--help"]), 0);
    assert_eq!(status(&["--version"]), 0);
}

#[test]
fn colours_follow_the_option() {
    let image = corpus("images/nixos-default.img");
    assert!(!run(&["check", &image]).stdout.contains('\x1b'), "a pipe is no terminal");
    assert!(run(&["check", &image, "--color", "always"]).stdout.contains('\x1b'));
    assert!(!run(&["check", &image, "--color", "never"]).stdout.contains('\x1b'));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let many = vec![corpus("images/recipe.img"); 2000];
    let args: Vec<&str> = ["check", "--format", "json"].into_iter().chain(many.iter().map(String::as_str)).collect();
    let mut child = command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(stderr, "");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_hash_is_that_of_the_file() {
    use sha2::Digest;
    let ended = run(&["check", &corpus("images/recipe.img"), "--hash", "--format", "json"]);
    let object: Value = serde_json::from_str(&ended.stdout).unwrap();
    let path = object["boot"]["kernel"]["path"].as_str().unwrap();
    let fs = ext4_view::Ext4::load_from_path(std::path::Path::new(&corpus("images/recipe.img"))).unwrap();
    let want = data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(fs.read(path).unwrap()));
    assert_eq!(object["boot"]["kernel"]["sha256"], want);
}

#[test]
fn nothing_is_written() {
    let before = std::fs::read(program::root().join("corpus/images/recipe.img")).unwrap();
    let copy = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(copy.path(), &before).unwrap();
    let mut mode = copy.as_file().metadata().unwrap().permissions();
    mode.set_readonly(true);
    std::fs::set_permissions(copy.path(), mode).unwrap();
    for command in ["check", "trace", "entries"] {
        assert_eq!(run(&[command, copy.path().to_str().unwrap()]).status, 0);
    }
    assert_eq!(std::fs::read(copy.path()).unwrap(), before);
}
