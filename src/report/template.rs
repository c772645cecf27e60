//! `--format template`: a user's own form of the JSON objects, in the language of Jinja.

use std::collections::BTreeMap;
use std::fmt;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde::Serialize;
use serde_json::Value as Json;

/// A template, parsed.
pub struct Template {
    environment: Environment<'static>,
    name: String,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Template {
    /// Parses a template. By the end of its name, values are escaped for HTML and XML (`.html`, `.xml`) or written as JSON (`.json`).
    ///
    /// # Errors
    ///
    /// It is not a template; the message is a clause with the name and the line.
    pub fn new(name: &str, text: String) -> Result<Self, String> {
        let mut environment = Environment::new();
        // Much of an object may be null: what is below that is empty.
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
        environment.set_syntax(syntax.map_err(|error| one_clause(name, &error))?);
        environment.add_template_owned(name.to_owned(), text).map_err(|error| one_clause(name, &error))?;
        Ok(Self { environment, name: name.to_owned() })
    }

    /// The text for an object, with a line feed at its end where there is any text.
    ///
    /// # Errors
    ///
    /// As the template says, such as a filter that a value does not suit; the message is a clause with the name and the line.
    pub fn render(&self, object: &impl Serialize) -> Result<String, String> {
        let template = self.environment.get_template(&self.name).map_err(|error| one_clause(&self.name, &error))?;
        let object = serde_json::to_value(object).map_err(|error| format!("{}: {error}", self.name))?;
        let mut text = template.render(of_lines(object)).map_err(|error| one_clause(&self.name, &error))?;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        Ok(text)
    }
}

/// An object for a template, with the control characters in its texts escaped: a line feed of a guest's would end a line of the template's.
fn of_lines(object: Json) -> Value {
    match object {
        Json::Null => Value::from(()),
        Json::Bool(is) => Value::from(is),
        // None is larger, and none has a fraction.
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Value::from(number),
            (None, Some(number)) => Value::from(number),
            (None, None) => Value::from(number.to_string()),
        },
        Json::String(text) => Value::from(super::one_line::one_line(&text)),
        Json::Array(items) => Value::from(items.into_iter().map(of_lines).collect::<Vec<Value>>()),
        Json::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, of_lines(value)));
            Value::from(members.collect::<BTreeMap<String, Value>>())
        }
    }
}

/// `report.html:3: unexpected end of input, expected expression`.
fn one_clause(name: &str, error: &minijinja::Error) -> String {
    let detail = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    let line = error.line().map(|line| format!("{line}: ")).unwrap_or_default();
    super::one_line::one_line(&format!("{name}:{line}{}{detail}", if line.is_empty() { " " } else { "" }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_are_rendered() {
        let object = json!({"target": "a<b", "boot": null, "findings": [{"code": "PG001"}, {"code": "PG002"}]});
        let render = |name, text: &str| Template::new(name, text.to_owned()).and_then(|one| one.render(&object));
        let text = "{{ target }}{{ boot.kernel.path }}:{% for f in findings %} {{ f.code }}{% endfor %}";
        assert_eq!(render("t", text).unwrap(), "a<b: PG001 PG002\n");
        assert_eq!(render("t.html", "{{ target }}").unwrap(), "a&lt;b\n");
        assert_eq!(render("t", "{% if boot %}x{% endif %}").unwrap(), "");
        let forged = json!({"target": "a\nboots: b", "findings": [{"help": "c\r\u{1b}"}]});
        let template = Template::new("t", "{{ target }} {{ findings[0].help }}".to_owned()).unwrap();
        assert_eq!(template.render(&forged).unwrap(), "a\\x0aboots: b c\\x0d\\x1b\n");
        assert!(render("t", "a\n{% for %}").unwrap_err().starts_with("t:2: "));
    }
}
