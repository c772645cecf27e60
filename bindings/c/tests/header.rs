//! The header is that of the source: `HEADER=write cargo test --test header` writes it anew.

use std::path::Path;

#[test]
fn the_header_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is valid");
    let source = root.join("src/lib.rs");
    let bindings =
        cbindgen::Builder::new().with_config(config).with_src(source).generate().expect("cbindgen reads src/lib.rs");
    let mut fresh = Vec::new();
    bindings.write(&mut fresh);
    let fresh = String::from_utf8(fresh).expect("UTF-8");
    let path = root.join("include/pregrub.h");
    if std::env::var_os("HEADER").is_some_and(|value| value == "write") {
        std::fs::create_dir_all(root.join("include")).expect("a folder");
        std::fs::write(&path, &fresh).expect("a file");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == fresh, "{} is not what src/lib.rs says: HEADER=write writes it anew", path.display());
}
