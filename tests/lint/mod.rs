//! The linter: what each rule finds, and what it does not, held against what the real pygrub does.

mod assignments;
mod baseline;
mod cases;
mod differential;
mod distributions;
mod files;
mod fix;
mod fixture;
mod grub_disagrees;
mod grub_entries;
mod initrds;
mod limit;
mod rows;
mod safe_fixes;
mod storage;
mod syslinux;
mod ways_out;

macro_rules! cases {
    ($code:ident: $($name:ident = $folder:literal),*) => {
        #[allow(non_snake_case)]
        mod $code {
            $(
                #[test]
                fn $name() {
                    super::cases::is_as_reviewed(stringify!($code), $folder);
                }
            )*
        }
    };
}

include!("by_case.rs");
