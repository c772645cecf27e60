//! The formats that list issues by file and line, held against what their readers take: gitlab, checkstyle, rdjson, and templates.

use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::common::program::{corpus, root, run, run_with_input};
use crate::common::tools;

const BAD: &[u8] = "# é\nmenuentry \"A\" {\n  linux ($é)/k\n}\nmenuentry \"A\" {\n  linux ($é)/k\n}\n".as_bytes();

/// What a guest may write into its configuration.
const HOSTILE: [&[u8]; 4] = [
    b"menuentry \"\x1b[2J\" {\n linux ($\x1b\x07\x7f\"<&>]]>)/k\n}\n",
    b"set default=\xff\xfe\x00\n}\nmenuentry \"\xff\" {\n linux (\xff)/\xe9\n}\n",
    "set timeout=\u{ffff}\u{9b}\u{202e}\nmenuentry 'x' {\n linux ($\u{ffff}\u{fffe})/k\n}\n".as_bytes(),
    b"menuentry \"x\" {\n linux ($a\r::error::x ##[error]y ##vso[z])/k\n}\n",
];

fn json(schema: &str, text: &str) -> Value {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root().join("tests/schemas").join(schema)).unwrap()).unwrap();
    let value = serde_json::from_str(text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {text}");
    value
}

/// Fails where the DTD does not hold.
fn assert_checkstyle(xml: &str) {
    tools::assert_xml(xml, "--dtdvalid", "checkstyle.dtd");
}

fn check(format: &str) -> String {
    let (good, bad) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    let title = corpus("lint/PG101/found-title/grub.cfg");
    run(&["check", "--format", format, "-A", "all", "-D", "PG001", "-W", "PG101", &good, &bad, &title, "/nonexistent"])
        .stdout
}

#[test]
fn gitlab_lists_what_is_wrong() {
    let text = check("gitlab");
    let report = json("gitlab-code-quality.json", &text);
    let rows = report.as_array().unwrap();
    let of = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        (text("check_name"), text("severity"), row["location"]["path"].as_str().unwrap().to_owned())
    };
    assert_eq!(of(&rows[0]), ("PG001".into(), "critical".into(), "@ROOT/corpus/images/nixos-default.img".into()));
    let titles: Vec<&Value> = rows.iter().filter(|row| row["check_name"] == "PG101").collect();
    assert_eq!(titles.len(), 1);
    assert_eq!(titles[0]["location"]["lines"]["begin"], 1);
    assert_eq!(of(rows.last().unwrap()), ("unreadable".into(), "major".into(), "/nonexistent".into()));
    // GitLab drops an issue whose fingerprint it has seen.
    let prints: HashSet<&str> = rows.iter().map(|row| row["fingerprint"].as_str().unwrap()).collect();
    assert_eq!(prints.len(), rows.len());
    // Lines that move keep theirs.
    let lint = |text: &[u8]| {
        let report = run_with_input(
            &["lint", "-", "--dialect", "grub2", "--format", "gitlab", "-A", "all", "-D", "PG001"],
            text,
        );
        let report = json("gitlab-code-quality.json", &report.stdout);
        report.as_array().unwrap().iter().map(|row| row["fingerprint"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(lint(BAD), lint(&[b"# more\n\n".as_slice(), BAD].concat()));
    assert_eq!(lint(BAD).len(), 2);
    assert!(lint(b"").is_empty());
}

#[test]
fn checkstyle_lists_files_with_their_errors() {
    let text = check("checkstyle");
    assert_checkstyle(&text);
    assert!(text.contains("<file name=\"@ROOT/corpus/images/recipe.img\"/>"), "{text}");
    assert!(text.contains("severity=\"error\""), "{text}");
    assert!(text.contains("source=\"pregrub.PG101\"") && text.contains("source=\"pregrub.unreadable\""), "{text}");
    let one =
        run_with_input(&["lint", "-", "--dialect", "grub2", "--format", "checkstyle", "-A", "all", "-D", "PG001"], BAD);
    assert_checkstyle(&one.stdout);
    assert!(one.stdout.contains("<error line=\"3\" column=\"9\" severity=\"error\""), "{}", one.stdout);
}

#[test]
fn rdjson_counts_bytes_and_suggests() {
    json("rdjson.json", &check("rdjson"));
    let args = ["lint", "-", "--dialect", "grub2", "--format", "rdjson"];
    let report = json("rdjson.json", &run_with_input(&args, BAD).stdout);
    let first = report["diagnostics"].as_array().unwrap().iter().find(|one| one["code"]["value"] == "PG001").unwrap();
    assert_eq!(first["severity"], "ERROR");
    let range = &first["location"]["range"];
    assert_eq!((&range["start"]["line"], &range["start"]["column"]), (&3.into(), &9.into()));
    // `($é`: three characters, four bytes.
    assert_eq!(range["end"]["column"], 13);
    // A suggestion is the fix that --fix makes.
    let text = "set default=\"B\"\nmenuentry \"A\" {\n linux /a\n}\nmenuentry \"B\" {\n linux /b\n}\n";
    let report = json("rdjson.json", &run_with_input(&args, text.as_bytes()).stdout);
    let all = report["diagnostics"].as_array().unwrap();
    let title = all.iter().find(|one| one["code"]["value"] == "PG101").unwrap();
    let suggestion = &title["suggestions"][0];
    assert_eq!((&suggestion["text"], &suggestion["range"]["start"]["line"]), (&"1".into(), &1.into()), "{report}");
}

#[test]
fn hostile_text_stays_in_its_place() {
    for text in HOSTILE {
        for release in ["4.12", "4.22"] {
            let of = |format: &str| {
                let args = ["check", "-", "--dialect", "grub2", "--format", format, "--release", release];
                let ended = run_with_input(&args, text);
                let is_fine = |c: char| c == '\n' || !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}');
                assert!(ended.stdout.chars().all(is_fine), "{}", ended.stdout);
                ended.stdout
            };
            json("gitlab-code-quality.json", &of("gitlab"));
            json("rdjson.json", &of("rdjson"));
            assert_checkstyle(&of("checkstyle"));
        }
    }
}

#[test]
fn no_format_writes_a_command_of_a_runner() {
    for format in ["gitlab", "checkstyle", "rdjson", "template"] {
        let mut command = crate::common::program::command(&["check", "-", "--dialect", "grub2", "--format", format]);
        if format == "template" {
            command.args(["--template", "{% for finding in findings %}{{ finding.message }}\n{% endfor %}"]);
        }
        let mut child = command.env("CI", "true").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let guest = b"menuentry \"x\" {\n linux ($##[error]y##vso[z]a)/k\n}\n";
        child.stdin.take().unwrap().write_all(guest).unwrap();
        let text = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
        assert!(text.contains("error]y"), "{text}");
        assert!(!text.contains("##[") && !text.contains("##vso["), "{text}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
    }
}

#[test]
fn a_template_gets_the_object_of_each_target() {
    let (good, bad) = (corpus("images/recipe.img"), corpus("images/nixos-default.img"));
    let template = "{{ verdict }} {{ boot.entry }}{% for one in findings if one.is_cause %} {{ one.code }}{% endfor %}";
    let ended = run(&["check", "--format", "template", "--template", template, &good, &bad]);
    // Every finding with the cause of the verdict.
    assert_eq!(ended.stdout.lines().next(), Some("boots 0"));
    assert!(ended.stdout.lines().nth(1).unwrap().starts_with("fails  PG001"), "{}", ended.stdout);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    fs::write(&file, "<li>{{ target }}</li>").unwrap();
    let given = format!("@{}", file.display());
    let ended = run_with_input(
        &["lint", "-", "--stdin-filename", "a<b>/grub.cfg", "--format", "template", "--template", &given],
        BAD,
    );
    assert_eq!(ended.stdout, "<li>a&lt;b&gt;&#x2f;grub.cfg</li>\n");
}

#[test]
fn faults_of_templates_are_reported() {
    let bad = corpus("images/nixos-default.img");
    let of = |args: &[&str]| run(&[&["check", &bad], args].concat()).whole();
    let whole = of(&["--format", "template", "--template", "a\n{% for %}"]);
    assert!(whole.contains("--template:2: ") && whole.ends_with("\nexit status 2\n"), "{whole}");
    let whole = of(&["--format", "template", "--template", "@/nonexistent"]);
    assert!(whole.contains("cannot read `/nonexistent`: there is no such file"), "{whole}");
    let whole = of(&["--format", "json", "--template", "x"]);
    assert!(whole.contains("--template needs --format template") && whole.ends_with("exit status 2\n"), "{whole}");
    let whole = of(&["--format", "template"]);
    assert!(whole.contains("--format template needs --template") && whole.ends_with("exit status 2\n"), "{whole}");
    let whole = of(&["--format", "template", "--template", "{{ target | nothing }}"]);
    assert!(whole.contains("filter") && whole.ends_with("exit status 2\n"), "{whole}");
}

#[test]
fn merged_reports_have_the_same_formats() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("host.jsonl");
    fs::write(&file, check("json")).unwrap();
    let merge = |format: &str| run(&["merge", "--format", format, file.to_str().unwrap()]).stdout;
    let gitlab = json("gitlab-code-quality.json", &merge("gitlab"));
    assert_eq!(
        gitlab.as_array().unwrap().len(),
        json("gitlab-code-quality.json", &check("gitlab")).as_array().unwrap().len()
    );
    json("rdjson.json", &merge("rdjson"));
    assert_checkstyle(&merge("checkstyle"));
}

/// reviewdog makes a comment of it, which is Markdown.
#[test]
fn no_guest_plants_a_link_in_a_comment() {
    for (planted, shown) in [
        ("[look](https://example.org)", "\\[look\\](https://example.org)"),
        ("\\[look\\](https://example.org)", "\\\\\\[look\\\\\\](https://example.org)"),
        ("<u>look</u>", "\\<u>look\\</u>"),
    ] {
        let text = format!("set default=\"{planted}\"\nmenuentry \"A\" {{\n linux /a\n}}\n");
        let report = json(
            "rdjson.json",
            &run_with_input(&["lint", "-", "--dialect", "grub2", "--format", "rdjson"], text.as_bytes()).stdout,
        );
        let messages: String =
            report["diagnostics"].as_array().unwrap().iter().filter_map(|one| one["message"].as_str()).collect();
        assert!(messages.contains(shown) && !messages.contains(&format!("`{planted}")), "{messages}");
    }
}
