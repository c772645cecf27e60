//! Real GRUB, by grub-emu and `tests/oracle/grub_picks.py`.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::tools;

/// A disk to start GRUB on.
#[derive(Clone, Debug, Serialize)]
pub struct GrubCase {
    pub image: String,
    /// Where the configuration lies, as GRUB calls it: `hd0`, `hd0,msdos1`, `hd0,gpt1`.
    pub partition: &'static str,
    /// What `$root` is when the configuration is read.
    pub root: &'static str,
    pub config: String,
    /// Boot this entry instead of the default.
    pub entry: Option<String>,
}

impl GrubCase {
    /// The default entry of a configuration on a disk that is one filesystem.
    pub fn whole_disk(image: String, config: &str) -> Self {
        Self { image, partition: "hd0", root: "hd0", config: config.to_owned(), entry: None }
    }
}

/// What GRUB does.
#[derive(Clone, Debug, Deserialize)]
pub struct GrubAnswer {
    pub title: Option<String>,
    /// `$chosen` at the last command that loads something.
    pub chosen: Option<String>,
    pub default: Option<String>,
    pub timeout: Option<String>,
    pub commands: Vec<GrubCommand>,
    pub errors: Vec<String>,
}

/// A command that loads something.
#[derive(Clone, Debug, Deserialize)]
pub struct GrubCommand {
    pub command: String,
    pub root: Option<String>,
    pub args: Vec<String>,
    /// Whether the argument is the name of a file that GRUB can open and that is not empty.
    pub there: Vec<bool>,
}

/// What GRUB boots from each disk; nothing where grub-emu is not installed.
pub fn picks(cases: &[GrubCase]) -> Option<Vec<GrubAnswer>> {
    tools::tool("grub-emu")?;
    let input: String = cases.iter().map(|case| serde_json::to_string(case).expect("JSON") + "\n").collect();
    let (output, status) = tools::python("grub_picks.py", &[], &[], &input, 600);
    assert_eq!(status, Some(0), "grub_picks.py failed");
    let answers: Vec<GrubAnswer> = output.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(answers.len(), cases.len());
    Some(answers)
}

/// Whether grub-script-check accepts a text, and what it says where it does not; nothing where it is not installed.
pub fn script_check(text: &str, directory: &Path) -> Option<Result<(), String>> {
    let program = tools::tool("grub-script-check")?;
    let file = directory.join("checked.cfg");
    std::fs::write(&file, text).expect("a file can be written");
    let output = std::process::Command::new(program).arg(&file).output().expect("it is installed");
    Some(if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) })
}
