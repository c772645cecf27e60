//! Configurations that hand over to others: what `configfile`, `source` and their like pass on, and what the variables say that name the
//! place of a configuration, by grub-emu.

use super::menus::{compare, image, run};
use crate::common::tools;

/// Configurations of `/t`, by their number: each is a case, and what others hand over to.
const TEXTS: [&str; 16] = [
    // What others hand over to.
    "set timeout=0\nmenuentry \"inner $v|$w|$fallback\" --id i { linux /k1 \"$config_file\" \"$v\" \"$w\" \"$default\" \"$x\"; }\n\
     menuentry \"second $config_file\" { linux /k2 \"$config_directory\" \"$prefix\" \"$root\" \"$chosen\"; }\n",
    // The default and the fallback are not inherited, unless exported.
    "v=1\nexport v\nw=2\nset default=1\nset fallback=1\nconfigfile /t/0.cfg\n",
    "v=1\nset default=1\nexport default\nconfigfile (hd0)/t/0.cfg\n",
    "x=outer\nexport x\nmenuentry \"go\" --id go { w=3; configfile /t/0.cfg; }\n",
    "set default=1\nmenuentry a { true; }\nmenuentry \"go\" { export default; default=1; configfile /t/0.cfg; }\n",
    "set default='0>1'\nsubmenu \"s $config_file\" { menuentry a { linux /k0; }; menuentry \"b $config_file\" { linux /k0 \"$config_file\"; }; }\n",
    // The place of a configuration is what it was after `source`.
    "source /t/7.cfg\nset default=1\nmenuentry \"after $config_file $config_directory\" { linux /k0 \"$config_file\"; }\n",
    "menuentry \"sourced $config_file $config_directory\" { linux /k1 \"$config_file\" \"$config_directory\"; }\n",
    "unset config_file\nsource (hd0)/t/7.cfg\nset default=1\nmenuentry \"x $config_file\" { linux /k0; }\n",
    "config_file=mine\nexport config_file\nconfigfile /t/0.cfg\n",
    "extract_entries_source /t/7.cfg\nset default=1\nmenuentry \"own\" { linux /k0; }\n",
    "root=hd0\nconfigfile $config_directory/0.cfg\n",
    ". $config_directory/7.cfg\n",
    // A function and a variable of the configuration that hands over.
    "function f { v=f; }\nf\nexport v\nset w=1\nunset w\nexport w\nconfigfile /t/0.cfg\n",
    "menuentry outer { linux /k2; }\nconfigfile /t/nosuch.cfg\nmenuentry again { linux /k1; }\nset default=1\n",
    "set default=second\nexport default\nconfigfile /t/1.cfg\n",
];

#[test]
fn what_is_passed_on() {
    if tools::tool("grub-emu").is_none() || tools::tool("mke2fs").is_none() {
        return;
    }
    let texts = TEXTS.map(str::to_owned);
    let folder = tempfile::tempdir().unwrap();
    let image = image(folder.path(), &texts);
    // The image has other configurations of its own in `/t`.
    let cases: Vec<_> =
        texts.iter().enumerate().map(|(number, text)| (format!("/t/{number}.cfg"), text.clone())).collect();
    let wrong = compare(&image, &cases);
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    // The menu that is shown is the one that was handed over to, with what it inherits.
    let shown = run(&image, "/t/1.cfg", None).shown;
    assert_eq!(shown.config.as_deref(), Some("(hd0)/t/0.cfg"));
    let titles: Vec<_> =
        shown.items.iter().map(|item| String::from_utf8_lossy(&item.entry.title).into_owned()).collect();
    assert_eq!(titles, ["inner 1||", "second (hd0)/t/0.cfg"]);
    assert_eq!((shown.default, shown.timeout.as_deref(), shown.fallback), (None, Some(&b"0"[..]), None));
    assert_eq!(run(&image, "/t/14.cfg", None).shown.config, None);
}
