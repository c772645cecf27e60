//! A strict reader of OpenMetrics 1.0 text, as far as gauges go: what node_exporter's textfile collector takes as well.
//!
//! By the specification: each family has its HELP and TYPE once, before its samples, which stand together; names match
//! `[a-zA-Z_:][a-zA-Z0-9_:]*`; the value of a label escapes `\`, `"` and the line feed and nothing else; no two samples have the same
//! labels; the last line is `# EOF`, and there is no empty line.

use std::collections::BTreeSet;

fn is_name(text: &str, colon: bool) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || colon && c == ':')
}

/// The labels of a sample, and what comes after the brace.
fn labels(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut labels = Vec::new();
    loop {
        let (name, after) = rest.split_once("=\"").expect("a label");
        assert!(is_name(name, false), "{name}");
        let (mut value, mut chars) = (String::new(), after.char_indices());
        let end = loop {
            match chars.next().expect("the end of a label") {
                (at, '"') => break at,
                (_, '\\') => match chars.next().expect("an escaped character").1 {
                    'n' => value.push('\n'),
                    c @ ('\\' | '"') => value.push(c),
                    c => panic!("\\{c} is not an escape"),
                },
                (_, c) => {
                    assert!(!c.is_control(), "{c:?}");
                    value.push(c);
                }
            }
        };
        assert!(labels.iter().all(|(other, _)| other != name), "{name} twice");
        labels.push((name.to_owned(), value));
        rest = &after[end + 1..];
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => return (labels, rest.strip_prefix("} ").expect("a brace and a space")),
        }
    }
}

/// Panics where the text is not what the specification has.
pub fn check(text: &str) {
    let body = text.strip_suffix("# EOF\n").expect("# EOF at the end");
    let (mut families, mut family, mut samples) = (BTreeSet::new(), String::new(), BTreeSet::new());
    let mut lines = body.lines().peekable();
    assert!(body.is_empty() || body.ends_with('\n'));
    while let Some(line) = lines.next() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, _) = help.split_once(' ').expect("a text");
            assert!(is_name(name, true) && families.insert(name.to_owned()), "{line}");
            assert_eq!(lines.next(), Some(format!("# TYPE {name} gauge").as_str()));
            name.clone_into(&mut family);
            continue;
        }
        let (name, rest) = line.split_once('{').unwrap_or_else(|| panic!("not a sample: {line:?}"));
        assert_eq!(name, family, "samples of a family stand together");
        let (mut labels, value) = labels(rest);
        labels.sort();
        assert!(value == "NaN" || value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
        assert!(samples.insert((name.to_owned(), labels)), "twice: {line}");
    }
}
