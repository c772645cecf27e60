//! The JSON schemas of what pregrub writes and reads, as `pregrub schema` prints them.

/// A schema.
#[derive(Debug)]
pub struct Schema {
    /// What the output says in `schema`: `pregrub.check/1`.
    pub name: &'static str,
    /// What has this form, in a few words.
    pub about: &'static str,
    /// The schema itself: JSON.
    pub text: &'static str,
}

/// One line a schema: its word, its version, what it is of.
macro_rules! schemas {
    ($($word:literal $version:literal $about:literal)+) => {
        /// All schemas, by name.
        pub const SCHEMAS: &[Schema] = &[$(Schema {
            name: concat!("pregrub.", $word, "/", $version),
            about: $about,
            text: include_str!(concat!("../../docs/schema/pregrub.", $word, "-", $version, ".json")),
        }),+];
    };
}

schemas! {
    "baseline" "1" "the file that lint --baseline reads"
    "check" "1" "check --format json"
    "compare" "1" "compare --format json"
    "entries" "1" "entries --format json"
    "grub" "1" "grub --format json"
    "host" "1" "host --format json"
    "initrd" "1" "initrd --format json"
    "kernel" "1" "kernel --format json"
    "lint" "1" "lint --format json"
    "rules" "1" "rules --format json, explain --format json"
    "toml" "1" "pregrub.toml, as JSON"
    "trace" "1" "trace --format json"
}

impl Schema {
    /// The word in its name: `check`.
    pub fn word(&self) -> &'static str {
        self.name.trim_start_matches("pregrub.").split('/').next().unwrap_or_default()
    }

    /// The schema that a name means: `check`, `check/1`, `pregrub.check/1`, `pregrub.check-1.json`. Of a word alone it is the newest
    /// version.
    pub fn find(name: &str) -> Option<&'static Self> {
        let name = name.strip_prefix("pregrub.").unwrap_or(name);
        let name = name.strip_suffix(".json").unwrap_or(name).replace('-', "/");
        SCHEMAS.iter().rev().find(|schema| {
            let own = schema.name.trim_start_matches("pregrub.");
            own == name || schema.word() == name
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_understood() {
        for name in ["check", "check/1", "pregrub.check/1", "pregrub.check-1.json", "pregrub.check-1"] {
            assert_eq!(Schema::find(name).map(|schema| schema.name), Some("pregrub.check/1"), "{name}");
        }
        assert!(Schema::find("check/2").is_none() && Schema::find("").is_none());
    }
}
