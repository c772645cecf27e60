//! Random scripts and menus. They are harmless: they print, count and choose, and no loop runs for long.

use crate::common::random::Random;

/// Words of all kinds.
const WORDS: [&str; 46] = [
    "a",
    "bb",
    "\"q r\"",
    "'s t'",
    "$x",
    "$y",
    "\"$x\"",
    "\"$y\"",
    "${z}",
    "a$x",
    "$x$y",
    "\"$z\"b",
    "$1",
    "$2",
    "\"$@\"",
    "$@",
    "$*",
    "\"$*\"",
    "$#",
    "\"a\\\"b\"",
    "\\ ",
    "c\\$d",
    "\"e\\n\"",
    "\"\"",
    "''",
    "$\"tr $x\"",
    "1",
    "2",
    "0",
    "007",
    "0x1f",
    "-n",
    "-e",
    "--",
    "a=b",
    "$?",
    "if",
    "{x",
    "#",
    "u#v",
    "/nope*",
    "[a]",
    "\"\\$x\"",
    "'$x'",
    "\\\nv",
    "t\\\nu",
];
const VARIABLES: [&str; 5] = ["x", "y", "z", "_a", "n1"];
const OPERATORS: [&str; 15] =
    ["=", "==", "!=", "-eq", "-ne", "-lt", "-gt", "-ge", "-le", "\"<\"", "\">\"", "-pgt", "-plt", "\"<=\"", "\">=\""];

/// Makes scripts.
pub struct Generator {
    pub random: Random,
    /// Names of functions and counters must not meet those of other scripts in one run of GRUB.
    unique: u64,
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), unique: 0 }
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        self.random.pick(from)
    }

    fn words(&mut self, least: usize, most: usize) -> String {
        let count = least + self.random.index(most - least + 1);
        (0..count).map(|_| self.random.pick(&WORDS)).collect::<Vec<_>>().join(" ")
    }

    fn operand(&mut self) -> String {
        match self.random.below(10) {
            0..=2 => {
                let (left, right) = (self.random.pick(&WORDS), self.random.pick(&WORDS));
                format!("{left} {} {right}", self.random.pick(&OPERATORS))
            }
            3 | 4 => format!("{} {}", self.pick(&["-n", "-z"]), self.random.pick(&WORDS)),
            5 => format!("! {}", self.random.pick(&WORDS)),
            6 => format!("\\( {} -a {} \\)", self.random.pick(&WORDS), self.random.pick(&WORDS)),
            _ => self.words(0, 3),
        }
    }

    fn condition(&mut self, number: usize) -> String {
        let mut expression = self.operand();
        if self.random.chance(40) {
            expression += self.pick(&[" -a ", " -o "]);
            expression += &self.operand();
        }
        match self.random.below(10) {
            0..=6 => format!("[ {expression} ]"),
            7 => format!("test {expression}"),
            _ => match self.random.below(6) {
                0 => "! true".to_owned(),
                1 => format!("! [ {expression} ]"),
                2 => "nosuch".to_owned(),
                3 => format!("f{}x{number} a", self.random.below(3)),
                4 => format!(
                    "regexp {} {}",
                    self.pick(&["^a", "b+", "(.)b", "[a-c]*", "a|b$"]),
                    self.random.pick(&WORDS)
                ),
                _ => format!("regexp --set x {} {}", self.pick(&["(.)b", "(a*)", "(.*)"]), self.random.pick(&WORDS)),
            },
        }
    }

    fn body(&mut self, depth: u32, number: usize) -> String {
        let count = 1 + self.random.index(3);
        (0..count).map(|_| self.statement(depth, number)).collect::<Vec<_>>().join("; ")
    }

    fn statement(&mut self, depth: u32, number: usize) -> String {
        match self.random.below(100) {
            0..=29 => format!("echo {}", self.words(0, 5)),
            30..=44 => {
                let set = self.pick(&["set ", ""]);
                format!("{set}{}={}", self.random.pick(&VARIABLES), self.random.pick(&WORDS))
            }
            45..=49 => format!("{}{}", self.pick(&["unset ", "export ", "set "]), self.random.pick(&VARIABLES)),
            50..=53 => self
                .pick(&[
                    "shift",
                    "shift 1",
                    "shift 9",
                    "break",
                    "continue",
                    "break 2",
                    "continue 2",
                    "return",
                    "return 0",
                    "return 1",
                    "return x",
                    "break 0",
                    "setparams a b",
                    "setparams \"$@\" z",
                    "shift x",
                    "export",
                    "unset",
                    "set foo",
                ])
                .to_owned(),
            54..=58 => format!("f{}x{number} {}", self.random.below(3), self.words(0, 3)),
            59..=62 => self
                .pick(&[
                    "$x",
                    "\"$x\" a",
                    "$y b",
                    "! echo a",
                    "nosuch a",
                    "! nosuch",
                    "echo -n a b",
                    "echo -e \"a\\\\tb\\\\nc\"",
                    "echo $? $x $?",
                    "[ a",
                    "test",
                    "[",
                    "eval \"echo $x; echo a\"",
                    "regexp a",
                    "true; echo $?",
                    "false; echo $?",
                    "[ ]; echo $?",
                    "echo --x",
                    "echo -x y",
                    "export x y; echo $x",
                    "! true; echo $?",
                ])
                .to_owned(),
            _ if depth == 0 => format!("echo {}", self.words(1, 3)),
            63..=75 => {
                let mut text = format!("if {}; then {}", self.condition(number), self.body(depth - 1, number));
                if self.random.chance(30) {
                    text += &format!("; elif {}; then {}", self.condition(number), self.body(depth - 1, number));
                }
                if self.random.chance(50) {
                    text += &format!("; else {}", self.body(depth - 1, number));
                }
                text + "; fi"
            }
            76..=85 => {
                let name = self.random.pick(&VARIABLES);
                format!("for {name} in {}; do {}; done", self.words(0, 4), self.body(depth - 1, number))
            }
            86..=93 => {
                self.unique += 1;
                let name = format!("k{number}x{}", self.unique);
                let (keyword, operator) = (self.pick(&["while", "until"]), self.pick(&["!=", "="]));
                format!(
                    "set {name}=; {keyword} [ \"${name}\" {operator} iii ]; do set {name}=\"${{{name}}}i\"; if [ \"${name}\" = iiiiii ]; \
                     then break; fi; {}; done",
                    self.body(depth - 1, number)
                )
            }
            _ => self.body(depth - 1, number),
        }
    }

    /// A script that prints what it does.
    pub fn script(&mut self, number: usize) -> String {
        let mut text = "export z\nset z=\"Z z\"\n".to_owned();
        for function in 0..3 {
            let rest = self.pick(&["return", "return 1", "shift; echo $@", "echo $x", "set x=fx"]);
            text += &format!("function f{function}x{number} {{ echo \"f{function} $# $1\"; {rest}; }}\n");
        }
        for _ in 0..1 + self.random.index(4) {
            let depth = self.random.below(4) as u32;
            text += &self.statement(depth, number);
            text.push('\n');
        }
        text
    }

    /// A text for the parser alone: tokens in any order, or a script, or a piece of a real configuration, with mistakes put in.
    pub fn syntax(&mut self, real: &[Vec<u8>]) -> Vec<u8> {
        const TOKENS: [&str; 63] = [
            "echo",
            "a",
            "$x",
            "\"$x\"",
            "'q'",
            "\"d d\"",
            "if",
            "then",
            "else",
            "elif",
            "fi",
            "for",
            "in",
            "do",
            "done",
            "while",
            "until",
            "function",
            "f",
            "{",
            "}",
            ";",
            "\n",
            "\n",
            "menuentry",
            "\"A\"",
            "submenu",
            "[",
            "]",
            "/k",
            "#",
            "# c",
            "#c",
            "\\",
            "\\\n",
            "$",
            "\"",
            "'",
            "${x}",
            "${",
            "$\"t\"",
            "!",
            "a=b",
            "b=$x",
            "|",
            "&",
            "<",
            ">",
            ";;",
            "[[",
            "case",
            "select",
            "$1",
            "$@",
            "\"a\\\"b\"",
            "\"$",
            "\t",
            "\r",
            "\"${x}y\"",
            "it's",
            "x#y",
            "esac",
            "9f",
        ];
        let mut text = match self.random.below(10) {
            0..=3 => {
                let count = 1 + self.random.index(14);
                (0..count).map(|_| self.random.pick(&TOKENS)).collect::<Vec<_>>().join(" ").into_bytes()
            }
            4..=6 => self.script(0).into_bytes(),
            _ => {
                let text = real[self.random.index(real.len())].clone();
                let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
                let start = self.random.index(lines.len());
                let end = (start + 1 + self.random.index(12)).min(lines.len());
                lines[start..end].join(&b'\n')
            }
        };
        for _ in 0..self.random.index(4) {
            let at = self.random.index(text.len() + 1);
            match self.random.below(10) {
                0..=2 if at < text.len() => {
                    text.remove(at);
                }
                3..=7 => {
                    let token = self.random.pick(&TOKENS);
                    text.splice(at..at, token.bytes());
                }
                _ => {
                    let end = (at + self.random.index(9)).min(text.len());
                    text.drain(at..end);
                }
            }
        }
        text.push(b'\n');
        text
    }

    fn quoted(&mut self, text: &str) -> String {
        if self.random.chance(70) { format!("\"{text}\"") } else { format!("'{text}'") }
    }

    fn load(&mut self) -> String {
        let path = self.pick(&[
            "/k0",
            "/k1",
            "/k2",
            "/boot/k",
            "/link",
            "(hd0)/k1",
            "(hd0)//k1",
            "/boot//k",
            "$z",
            "/nope",
            "/k0/",
            "/boot/../k1",
            "($root)/k0",
            "\"/k0\"",
        ]);
        let argument =
            self.pick(&["", "a=1", "$x", "\"$x\"", "x=\"a b\"", "'q\"r'", "$1", "$2 b", "--- quiet", "$y", "\\$x"]);
        let linux = format!("linux {path} {argument}");
        match self.random.below(12) {
            0..=4 => linux,
            5..=7 => format!("{linux}; initrd {}", self.pick(&["/i0", "/i0 /i1", "/nope", "(hd0)/i1"])),
            8 => format!("set x=in; {linux}"),
            9 => format!(
                "if [ {} ]; then {linux}; else linux /k2 else; fi",
                self.pick(&["-f /k0", "-f /nope", "-s /k0", "-d /boot", "x$x = x", "-n \"$y\"", "$grub_platform = pc"])
            ),
            10 => format!("source {}; {linux}", self.pick(&["/t/one.cfg", "/t/two.cfg", "/t/nope.cfg"])),
            _ => format!(
                "{}; {linux}",
                self.pick(&[
                    "search --set=root --file /k0",
                    "search --no-floppy --fs-uuid --set=root 11111111-2222-3333-4444-555555555555",
                    "search --set=root --label BOOT",
                    "load_env -f /t/grubenv",
                    "set root=(hd0)",
                    "true; false",
                    "nosuch",
                ])
            ),
        }
    }

    fn entry(&mut self, depth: u32) -> String {
        const TITLES: [&str; 8] = ["A", "B", "It is", "x>y", "1a", "0", "$x", "S"];
        const IDS: [&str; 6] = ["a", "b", "id1", "2b", "x>y", "s"];
        let title = self.random.pick(&TITLES);
        let title = self.quoted(title);
        let mut options = String::new();
        if self.random.chance(40) {
            let id = self.random.pick(&IDS);
            options += &format!(" --id {}", self.quoted(id));
        }
        options += self.pick(&[
            "",
            "",
            "",
            " --class os --class x",
            " --unrestricted",
            " --hotkey=k",
            " extra $x",
            " --unknown",
        ]);
        match self.random.below(20) {
            0 => "menuentry \"E\" {\n}\n".to_owned(),
            1 => "hiddenentry \"H\" { linux /k1; }\n".to_owned(),
            2 => "menuentry $nothing { linux /k1; }\n".to_owned(),
            3..=6 if depth > 0 => {
                let first =
                    self.pick(&["", "", "set x=sub\n", "set default=1\n", "set timeout=3\n", "unset default\n"]);
                let count = 1 + self.random.index(3);
                let entries: String = (0..count).map(|_| self.entry(depth - 1)).collect();
                format!("submenu {title}{options} {{\n{first}{entries}}}\n")
            }
            _ => format!("menuentry {title}{options} {{\n  {}\n}}\n", self.load()),
        }
    }

    /// A configuration with a menu.
    pub fn menu(&mut self) -> String {
        const DEFAULTS: [&str; 42] = [
            "0",
            "1",
            "2",
            "3",
            "4",
            "9",
            "A",
            "B",
            "a",
            "b",
            "id1",
            "1>0",
            "1>1",
            "S>A",
            "S>b",
            "s>0",
            "x>>y",
            "x>>y>0",
            "2b",
            "1a",
            "0x1",
            "01",
            "08",
            "010",
            " 1",
            "+1",
            "-1",
            "-0",
            "1 # c",
            "",
            "S>",
            ">A",
            "A>B",
            "saved",
            "${saved_entry}",
            "$x",
            "4294967297",
            "99999999999999999999",
            "It is",
            "1>0>0",
            "S>S>1",
            "2>1",
        ];
        let mut text = String::new();
        if self.random.chance(80) {
            text += &format!("set default=\"{}\"\n", self.random.pick(&DEFAULTS));
        }
        if self.random.chance(50) {
            text += &format!("set timeout={}\n", self.pick(&["5", "0", "-1", "10", "five", "2s", "0x3"]));
        }
        if self.random.chance(40) {
            text += &format!("set x={}\n", self.pick(&["\"v w\"", "v", "\"\"", "/k1"]));
        }
        if self.random.chance(30) {
            text += &format!("set z={}\nexport z\n", self.pick(&["/k1", "/k2", "\"/k0 b=1\""]));
        }
        text += self.pick(&[
            "",
            "",
            "",
            "load_env -f /t/grubenv\n",
            "load_env -f /t/one.cfg\n",
            "export x\n",
            "nosuch\n",
            "}\n",
            "set a=1>2\n",
        ]);
        for _ in 0..self.random.index(5) {
            text += &self.entry(2);
        }
        text += self.pick(&[
            "",
            "",
            "",
            "source /t/one.cfg\n",
            "source /t/nope.cfg\n",
            "for n in 0 1; do menuentry \"E$n\" --id e$n { linux /k$n f=$n; }; done\n",
            "extract_entries_source /t/one.cfg\n",
            "unset default\n",
            "set default=1\n",
        ]);
        text + &self.entry(1)
    }
}
