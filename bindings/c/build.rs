//! The name under which the dynamic linker finds the library: its number changes with every change that breaks a program built before.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libpregrub.so.0");
}
