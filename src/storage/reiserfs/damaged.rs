//! What is said of a damaged tree, of which the plugin keeps parts.

use crate::storage::fault::Fault;

/// A damaged filesystem.
pub(crate) fn damaged(what: &str) -> Fault {
    Fault::Unknown(format!("the reiserfs is damaged ({what}), and pregrub cannot tell what pygrub finds in it"))
}
