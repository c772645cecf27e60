//! The scripts for shells, run in those shells; the manual pages, read by those who read them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::program::{path, run};
use crate::common::tools;

/// Runs a program of a shell with `pregrub` in its path, and returns what it prints.
fn shell(program: &Path, args: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let paths = format!("{}:/usr/bin:/bin", path().parent().unwrap().display());
    let mut command = Command::new(program);
    command.args(args).env_clear().env("PATH", paths).env("HOME", home.path()).stdin(Stdio::null());
    let ended = command.output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && stderr.is_empty(), "{args:?}: {stdout}{stderr}");
    stdout.into_owned()
}

/// What bash offers for the words of a command line.
fn bash(words: &[&str]) -> Vec<String> {
    let bash = tools::tool("bash").unwrap();
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let (last, before) = (words.last().unwrap(), words.iter().rev().nth(1).unwrap());
    let script = format!(
        "source <(pregrub completions bash); compopt() {{ :; }}; COMP_WORDS=({}); COMP_CWORD={}; _pregrub pregrub '{last}' '{before}'; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len() - 1,
    );
    shell(&bash, &["-c", &script]).split_whitespace().map(str::to_owned).collect()
}

#[test]
fn bash_completes() {
    assert_eq!(bash(&["pregrub", "expl"]), ["explain"]);
    let formats = bash(&["pregrub", "check", "--format", ""]);
    assert!(
        ["text", "gitlab", "checkstyle", "rdjson", "template"].iter().all(|one| formats.contains(&(*one).to_owned()))
    );
    assert_eq!(bash(&["pregrub", "check", "--trust"]), ["--trust-domains"]);
    assert_eq!(bash(&["pregrub", "explain", "PG001"]), ["PG001"]);
    assert_eq!(bash(&["pregrub", "schema", "comp"]), ["compare"]);
    assert_eq!(bash(&["pregrub", "generate", "rec"]), ["recipe"]);
    assert!(bash(&["pregrub", "check", "--config", "/etc/passw"]).contains(&"/etc/passwd".to_owned()));
    assert!(bash(&["pregrub", "check", "--root-disk", "/etc/passw"]).contains(&"/etc/passwd".to_owned()));
    for option in ["--release", "--exclude", "--template", "--kernel", "--entry"] {
        assert_eq!(bash(&["pregrub", "check", option, "/etc/passw"]), ["/etc/passw"], "{option}");
    }
}

/// The name of a file is quoted where it is put on the command line: in a guest's tree it may be a command.
#[test]
fn bash_quotes_names_of_files() {
    let script = run(&["completions", "bash"]).stdout;
    let mut offers = script.split("compgen -f").skip(1);
    assert!(offers.clone().count() > 10);
    assert!(offers.all(|after| after.split("return 0").next().unwrap().contains("compopt -o filenames")), "{script}");
    // What is not said to be a file is not one.
    assert_eq!(script.matches("compgen -f").count(), script.matches("compopt -o filenames").count());
    let Some(python) = tools::tool("python3") else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a;touch made;"), "").unwrap();
    fs::write(folder.path().join("completion"), &script).unwrap();
    // A terminal that bash reads keys from.
    let driver = "import os,pty,sys,time\n\
        pid,fd=pty.fork()\n\
        if pid==0: os.execvp('bash',['bash','--norc','--noprofile','-i'])\n\
        def say(text): os.write(fd,text.encode()); time.sleep(1)\n\
        say('source ./completion; pregrub() { :; }\\n')\n\
        for option in sys.argv[1:]: say('pregrub check '+option+' a\\t\\n')\n\
        say('exit\\n')\n\
        try:\n  \
        while os.read(fd,4096): pass\n\
        except OSError: pass\n";
    let mut command = Command::new(python);
    command.args([
        "-c",
        driver,
        "",
        "--config",
        "--root-disk",
        "--targets-from",
        "--template",
        "--exclude",
        "--kernel",
    ]);
    let ended = command.current_dir(folder.path()).env("HOME", folder.path()).output().unwrap();
    assert!(ended.status.success(), "{ended:?}");
    assert!(!folder.path().join("made").exists(), "{}", String::from_utf8_lossy(&ended.stdout));
}

#[test]
fn fish_completes() {
    let Some(fish) = tools::tool("fish") else { return };
    let complete = |line: &str| {
        let script = format!("pregrub completions fish | source; complete -C '{line}'");
        let offered = shell(&fish, &["--private", "-c", &script]);
        offered.lines().map(|line| line.split('\t').next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(complete("pregrub expl"), ["explain"]);
    assert_eq!(complete("pregrub check --format gitl"), ["gitlab"]);
    assert_eq!(complete("pregrub explain --format js"), ["json"]);
}

#[test]
fn zsh_completes() {
    let Some(zsh) = tools::tool("zsh") else { return };
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("_pregrub"), run(&["completions", "zsh"]).stdout).unwrap();
    // What the completion offers, in a terminal that zsh itself drives.
    let script = format!(
        "zmodload zsh/zpty; \
         zpty z env -i PATH=\"$PATH\" HOME={0} TERM=dumb zsh -f; \
         zpty -w z 'PS1=; fpath=({0} $fpath); autoload -U compinit; compinit -u -d {0}/dump'; \
         zpty -w z 'echo rea\"\"dy'; zpty -r -m z line '*ready*'; \
         zpty -n -w z 'pregrub expl'$'\\t'; zpty -w z ' PG001; echo do\"\"ne'; \
         zpty -r -m z line '*done*'; print -r -- \"$line\"",
        folder.path().display()
    );
    let paths = format!("{}:/usr/bin:/bin", path().parent().unwrap().display());
    let mut command = Command::new("timeout");
    command.arg("60").arg(&zsh).args(["-f", "-c", &script]).env("TERM", "dumb").env("PATH", paths);
    let ended = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&ended.stdout);
    assert!(text.contains("PG001 device-variable"), "{text}\n{}", String::from_utf8_lossy(&ended.stderr));
}

/// Where there is such a shell: elvish and nushell parse the script. PowerShell is not in Debian.
#[test]
fn other_shells_get_a_script() {
    for shell in ["elvish", "nushell", "powershell"] {
        let ended = run(&["completions", shell]);
        assert_eq!((ended.status, ended.stderr.as_str()), (0, ""));
        assert!(ended.stdout.contains("explain") && ended.stdout.len() > 10_000, "{shell}");
    }
    if let Some(elvish) = tools::tool("elvish") {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pregrub.elv");
        fs::write(&file, run(&["completions", "elvish"]).stdout).unwrap();
        // Outside of a terminal there is no editor to hook in: only that is to be missing.
        let ended = Command::new(elvish).arg("-compileonly").arg("-json").arg(&file).output().unwrap();
        let text = String::from_utf8_lossy(&ended.stdout);
        assert!(!text.contains("parse error"), "{text}");
    }
    let ended = run(&["completions", "csh"]);
    assert!(ended.status == 2 && ended.stderr.contains("use bash, elvish"), "{}", ended.stderr);
}

#[test]
fn manual_pages_are_read_without_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("man1");
    assert_eq!(run(&["man", "--directory", directory.to_str().unwrap()]).whole(), "exit status 0\n");
    let mut pages: Vec<String> =
        fs::read_dir(&directory).unwrap().map(|page| page.unwrap().path().to_str().unwrap().to_owned()).collect();
    pages.sort();
    let names: Vec<&str> = pages.iter().map(|page| page.rsplit('/').next().unwrap()).collect();
    for name in ["pregrub.1", "pregrub-check.1", "pregrub-generate-nixos.1", "pregrub-man.1", "pregrub-pygrub.1"] {
        assert!(names.contains(&name), "{names:?}");
    }
    let quiet = |program: &str, args: &[&str]| {
        let Some(tool) = tools::tool(program) else { return };
        let ended = Command::new(tool).args(args).args(&pages).env("LC_ALL", "C.UTF-8").output().unwrap();
        let said = [ended.stdout.as_slice(), ended.stderr.as_slice()].map(String::from_utf8_lossy).concat();
        assert!(ended.status.success() && said.is_empty(), "{program}: {said}");
    };
    quiet("mandoc", &["-T", "lint", "-W", "warning"]);
    quiet("groff", &["-man", "-ww", "-z", "-Tutf8"]);
    if let Some(man) = tools::tool("man") {
        let page = directory.join("pregrub-check.1");
        let ended = Command::new(man).arg("-l").arg(page).env("MANPAGER", "cat").env("LC_ALL", "C.UTF-8").output();
        let text = String::from_utf8(ended.unwrap().stdout).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for words in ["pregrub-check", "--exit-not-applicable", "Exit status: 0", "--template"] {
            assert!(text.contains(words), "{words} in {text}");
        }
    }
    let one = run(&["man", "generate", "nixos"]);
    assert_eq!(one.stdout, fs::read_to_string(directory.join("pregrub-generate-nixos.1")).unwrap());
    let none = run(&["man", "nothing"]);
    assert!(none.status == 2 && none.stderr.contains("there is no page `pregrub-nothing`"), "{}", none.stderr);
}

/// In a narrow terminal a line of the help is no longer than the terminal, but for words that cannot be broken.
#[test]
fn help_fits_sixty_columns() {
    let list = run(&["--help"]).stdout;
    let commands = list.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()));
    let names: Vec<&str> = names.filter(|name| *name != "pygrub").chain([""]).collect();
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let args: Vec<&str> = [name, "--help"].into_iter().filter(|word| !word.is_empty()).collect();
        let ended = crate::common::program::command(&args).env("COLUMNS", "60").output().unwrap();
        let text = String::from_utf8(ended.stdout).unwrap();
        let long = text.lines().filter(|line| line.chars().count() > 60);
        let long: Vec<&str> = long.filter(|line| line.split_whitespace().count() > 4).collect();
        assert!(long.is_empty(), "{name}: {long:#?}");
    }
}
