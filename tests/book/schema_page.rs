//! docs/json-keys.md: the keys of all JSON forms, from the schemas.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;

use serde_json::{Map, Value};

use super::generated::compare;
use super::page::anchor;
use crate::common::program::{root, run};

const HEAD: &str = "# The keys of all JSON forms

Written by a test (`tests/book/schema_page.rs`) from the schemas, which `pregrub schema NAME` prints. [JSON](json.md) says what a program \
may rely on. A key in parentheses may be absent. `[]` after a key stands for the elements of an array.

";

/// One schema, and where its definitions are described.
struct Form<'a> {
    /// `check`.
    name: &'a str,
    schema: &'a Value,
}

impl Form<'_> {
    /// The heading of a definition.
    fn heading(&self, definition: &str) -> String {
        format!("{}: {definition}", self.name)
    }

    /// The values that a key may have: `string or null`.
    fn kind(&self, schema: &Value) -> String {
        if let Some(definition) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            return format!("[{definition}](#{})", anchor(&self.heading(definition)));
        }
        let shown = |value: &Value| if value.is_null() { "null".to_owned() } else { format!("`{value}`") };
        if let Some(value) = schema.get("const") {
            return shown(value);
        }
        let joined = |values: &[Value], one: &dyn Fn(&Value) -> String| {
            let mut all: Vec<String> = values.iter().map(one).collect();
            all.dedup();
            all.join(" or ")
        };
        if let Some(values) = schema["enum"].as_array() {
            return joined(values, &shown);
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(values) = schema[choice].as_array() {
                return joined(values, &|value| self.kind(value));
            }
        }
        match &schema["type"] {
            Value::String(kind) if kind == "array" && schema.get("items").is_some() => {
                format!("array of {}", self.kind(&schema["items"]))
            }
            Value::String(kind) => kind.clone(),
            Value::Array(kinds) => joined(kinds, &|kind| kind.as_str().unwrap_or_default().to_owned()),
            _ => "anything".to_owned(),
        }
    }

    /// What a key is, from the schema itself or from what it may be.
    fn description(schema: &Value) -> String {
        let own = schema["description"].as_str();
        let of_choice = || schema["oneOf"].as_array()?.iter().find_map(|one| one["description"].as_str());
        own.or_else(of_choice).unwrap_or_default().replace('|', "\\|").replace('\n', " ")
    }

    /// The rows of an object's keys: those that must be there in their order, then the others.
    fn rows(&self, schema: &Value, before: &str, rows: &mut String) {
        let none = Map::new();
        let properties = schema["properties"].as_object().unwrap_or(&none);
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let others: BTreeSet<&str> =
            properties.keys().map(String::as_str).filter(|key| !required.contains(key)).collect();
        for key in required.iter().copied().chain(others.iter().copied()).filter(|key| properties.contains_key(*key)) {
            let schema = &properties[key];
            let name = format!("`{before}{key}`");
            let name = if required.contains(&key) { name } else { format!("({name})") };
            let _ = writeln!(rows, "| {name} | {} | {} |", self.kind(schema), Self::description(schema));
            self.below(schema, &format!("{before}{key}"), rows);
        }
        if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
            let _ = writeln!(rows, "| `{before}*` | {} | {} |", self.kind(values), Self::description(values));
            self.below(values, &format!("{before}*"), rows);
        }
    }

    /// The rows of the objects in a key's value, unless they are a definition, which is described by itself.
    fn below(&self, schema: &Value, name: &str, rows: &mut String) {
        self.rows(schema, &format!("{name}."), rows);
        if schema["items"].is_object() {
            self.below(&schema["items"], &format!("{name}[]"), rows);
        }
        for choice in ["oneOf", "anyOf"] {
            for one in schema[choice].as_array().into_iter().flatten() {
                self.below(one, name, rows);
            }
        }
    }

    fn table(&self, schema: &Value, text: &mut String) {
        let mut rows = String::new();
        self.rows(schema, "", &mut rows);
        let description = Self::description(schema);
        if !description.is_empty() {
            let _ = writeln!(text, "{description}\n");
        }
        if rows.is_empty() {
            let _ = writeln!(text, "{}\n", self.kind(schema));
        } else {
            let _ = writeln!(text, "| key | value | what it is |\n| --- | --- | --- |\n{rows}");
        }
    }
}

#[test]
fn the_keys_of_all_forms() {
    let mut text = HEAD.to_owned();
    for line in run(&["schema"]).stdout.lines() {
        let (schema, from) = line.split_once(' ').unwrap();
        let file = root().join("docs/schema").join(format!("{}.json", schema.replace('/', "-")));
        let value: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let name = schema.trim_start_matches("pregrub.").split('/').next().unwrap();
        let form = Form { name, schema: &value };
        let _ = writeln!(text, "## {schema}\n\n{}: [schema](schema/{}.json)\n", from.trim(), schema.replace('/', "-"));
        form.table(form.schema, &mut text);
        for (definition, schema) in value["$defs"].as_object().into_iter().flatten() {
            let _ = writeln!(text, "### {}\n", form.heading(definition));
            form.table(schema, &mut text);
        }
    }
    compare("docs/json-keys.md", &format!("{}\n", text.trim_end()));
}
