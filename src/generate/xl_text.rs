//! How a value is written in a domain configuration of xl.

use super::refusal::Refusal;
use crate::escape::escaped;

/// A string in double quotes that libxlutil reads as exactly `text`: it knows `\\` and `\"` (measured with that of Xen 4.17).
///
/// # Errors
///
/// A line feed ends the string there, and a NUL the whole file.
///
/// ```
/// use pregrub::generate::xl_text::string;
///
/// assert_eq!(string("/srv/it's \"x\"").unwrap(), r#""/srv/it's \"x\"""#);
/// ```
pub fn string(text: &str) -> Result<String, Refusal> {
    if text.contains(['\n', '\0']) {
        return Err(Refusal::new(
            format!("`{}` has a line feed or a NUL, which no string of an xl configuration can hold", escaped(text)),
            "remove it",
        ));
    }
    Ok(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
}
