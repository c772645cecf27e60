//! `--as` and `--dialect`: what a target is.

use clap::ValueEnum;

use crate::config::Dialect;
use crate::target::Kind;

/// What a target is.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum KindArg {
    Image,
    Directory,
    Config,
    /// The configuration of a domain for xl
    Xl,
    /// The XML of a domain for libvirt
    Libvirt,
    /// A VM of xapi: JSON with the API's names, or lines as `xe vm-param-list` prints them
    Xapi,
}

impl From<KindArg> for Kind {
    fn from(kind: KindArg) -> Self {
        match kind {
            KindArg::Image => Self::Image,
            KindArg::Directory => Self::Directory,
            KindArg::Config => Self::Config,
            KindArg::Xl => Self::Xl,
            KindArg::Libvirt => Self::Libvirt,
            KindArg::Xapi => Self::Xapi,
        }
    }
}

/// The dialect of a boot configuration.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum DialectArg {
    Grub2,
    Legacy,
    Extlinux,
}

impl From<DialectArg> for Dialect {
    fn from(dialect: DialectArg) -> Self {
        match dialect {
            DialectArg::Grub2 => Self::Grub2,
            DialectArg::Legacy => Self::Legacy,
            DialectArg::Extlinux => Self::Extlinux,
        }
    }
}
