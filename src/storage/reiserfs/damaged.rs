//! What is said of a damaged tree, of which the plugin keeps parts.

use crate::storage::driver_error::DriverError;

/// A damaged filesystem.
pub(crate) fn damaged(what: &str) -> DriverError {
    DriverError::Unknown(format!("the reiserfs is damaged ({what}), and pregrub cannot tell what pygrub finds in it"))
}
