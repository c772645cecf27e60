//! The words of the project: what users and readers of the code see is free of the phrases that read badly in English.
//!
//! Looks through the string literals and comments of `src/`, and the documents.

use std::fs;
use std::path::Path;

use fancy_regex::Regex;
use walkdir::WalkDir;

use crate::common::program::root;

/// What is not to be written, and what to write instead.
const AVOID: &[(&str, &str)] = &[
    (
        r"(?<!here )\b(is|are|was|were) no (?!longer|more|less|such|one\b|and\b|other\b|way\b|need\b|room\b|part\b)[a-zA-Z`]",
        "is not a",
    ),
    (r"\b(take|takes|took) [^.;:,]{1,60}? for (a|an|the|one|what)\b|\btaken for\b", "treats X as Y"),
    (r"\b([Tt]ake|[Tt]akes|[Tt]ook) (it|them|its \w+|th(e|is) \w+) for\b", "treats X as Y"),
    (r"(?<!`)\btold\b(?!`)", "say to whom and what: reports, shows, gets"),
    (r"(?<!\.)\bwants\b", "expects, needs"),
    (r"\bgives? up on\b", "rejects"),
    (r"(?<!-)\b[Bb]ehind\b", "after, past the end"),
    (r"\b(is|are|be|been|was|were|not) told (by|one by one|as such|of|all|where|when)\b", "reported"),
    (r"\b(finding|rule|diagnostic)s? tells?\b|\b[Tt]ells what\b|\bcannot be told\b", "reports, shows, is unknown"),
    (r"\b[Mm]end(s|ed|ing)?\b", "fix"),
    (r"(?<!let )\banew\b", "again, regenerated"),
    (r"\btells\b(?! (\S+ ){0,6}apart)", "shows, says, reports"),
    (r"\bmeanwhile\b(?=[.;,]?$)", "in the meantime"),
    (
        r"\b(is|are) (a|an) \w+, no \w+$|\(os error",
        "is a X, not a Y; the words of the operating system by `system_error::why`",
    ),
    (r"(?<![{`-])\b[Bb]lanks?\b(?![}-])", "space"),
    (r"\bto the letter\b", "literally, unexpanded"),
    (r"\b[Ss]ay nothing of\b", "turn off"),
    (r"\b[Ss]o many [a-z]", "at most this many"),
    (r"\b[Ww]hoever\b", "the caller, anyone who"),
    (r"\b[Tt]ake the target for\b", "treat the target as"),
    (r"\bwhole or not at all\b|\bread whole\b", "in full"),
    (
        r"\b(facts|by-release), sections?\b|\bsections? \d+ of the\b|\bshared facts\b|\b[Ii]ssue #?\d+\b",
        "nothing: it is outside the repository",
    ),
];

/// Where a phrase has to be: the file, and text around it.
const ALLOWED: &[(&str, &str)] = &[
    // The name of a class of characters.
    ("src/grub/regular_expression.rs", "blank"),
    // Where the words of the operating system become ours, or Python's.
    ("src/system_error.rs", "(os error"),
    ("src/cli/pygrub/python_error.rs", "(os error"),
];

/// The string literals and comments of a Rust source, each as one line. Comments one below the other belong together.
fn prose(source: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut comment: Option<String> = None;
    let mut rest = source;
    let mut is_word = false;
    while let Some(first) = rest.chars().next() {
        if let Some(line) = rest.strip_prefix("//") {
            let end = line.find('\n').unwrap_or(line.len());
            let text = line[..end].trim_start_matches(['/', '!']).trim();
            comment = Some(comment.map_or_else(|| text.to_owned(), |before| format!("{before} {text}")));
            rest = &line[end..];
            continue;
        }
        if !first.is_whitespace() {
            found.extend(comment.take());
        }
        let raw = (!is_word).then(|| rest.strip_prefix('b').unwrap_or(rest).strip_prefix('r')).flatten();
        let hashes = raw.map(|raw| raw.len() - raw.trim_start_matches('#').len());
        if let (Some(raw), Some(hashes)) = (raw, hashes)
            && raw[hashes..].starts_with('"')
        {
            let close = format!("\"{}", "#".repeat(hashes));
            let text = &raw[hashes + 1..];
            let end = text.find(&close).unwrap_or(text.len());
            found.push(text[..end].to_owned());
            rest = text.get(end + close.len()..).unwrap_or_default();
        } else if first == '"' {
            let text = &rest[1..];
            let mut end = 0;
            while end < text.len() && !text[end..].starts_with('"') {
                end += if text[end..].starts_with('\\') {
                    2
                } else {
                    text[end..].chars().next().map_or(1, char::len_utf8)
                };
            }
            let literal: Vec<&str> = text[..end.min(text.len())].split("\\\n").map(str::trim_start).collect();
            found.push(literal.concat());
            rest = text.get(end + 1..).unwrap_or_default();
        } else if let Some(length) = character(rest) {
            rest = &rest[length..];
        } else {
            is_word = first.is_alphanumeric() || first == '_';
            rest = &rest[first.len_utf8()..];
            continue;
        }
        is_word = false;
    }
    found.extend(comment);
    found
}

/// The length of the character literal that `source` begins with, which may be a quote.
fn character(source: &str) -> Option<usize> {
    let inside = source.strip_prefix('\'')?;
    let end = match inside.strip_prefix('\\') {
        Some(escape) => 1 + escape.char_indices().skip(1).find(|(_, c)| *c == '\'')?.0,
        None => inside.chars().next()?.len_utf8(),
    };
    inside[end..].starts_with('\'').then_some(end + 2)
}

#[test]
fn sentences_read_well() {
    let patterns: Vec<(Regex, &str)> =
        AVOID.iter().map(|(pattern, instead)| (Regex::new(pattern).unwrap(), *instead)).collect();
    let mut faults = Vec::new();
    let mut look_at = |path: &Path, text: &str| {
        let file = path.strip_prefix(root()).unwrap().display().to_string();
        for (pattern, instead) in &patterns {
            for met in pattern.find_iter(text).map(Result::unwrap) {
                let is_allowed = |(allowed, phrase): &&(&str, &str)| *allowed == file && text.contains(phrase);
                if !ALLOWED.iter().any(|one| is_allowed(&one)) {
                    let from = text[..met.start()].char_indices().rev().nth(30).map_or(0, |(at, _)| at);
                    let to = text[met.end()..].char_indices().nth(30).map_or(text.len(), |(at, _)| met.end() + at);
                    faults.push(format!("{file}: ...{}... (write: {instead})", &text[from..to]));
                }
            }
        }
    };
    for entry in WalkDir::new(root().join("src")).sort_by_file_name().into_iter().map(Result::unwrap) {
        if entry.path().extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(entry.path()).unwrap();
            prose(&source).iter().for_each(|text| look_at(entry.path(), text));
        }
    }
    let documents = WalkDir::new(root().join("docs")).sort_by_file_name().into_iter().map(Result::unwrap);
    let documents = documents.map(|entry| entry.path().to_owned());
    let top = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"].map(|name| root().join(name));
    for path in documents.chain(top).filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        look_at(&path, &fs::read_to_string(&path).unwrap().replace('\n', " "));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn prose_is_found() {
    let source = "/// One is\n/// two.\nfn a<'b>(c: char) { c == '\"'; d(\"x \\\n   y\\\"\"); r#\"z\"#; br\"q\"; e('\\'') } // end\n";
    assert_eq!(prose(source), ["One is two.", "x y\\\"", "z", "q", "end"]);
}

/// The rest of the documentation is in docs/, page by page.
#[test]
fn the_readme_is_short() {
    let lines = fs::read_to_string(root().join("README.md")).unwrap().lines().count();
    assert!(lines <= 120, "README.md has {lines} lines");
}
