//! What the integration tests share.

// Each test uses its part.
#![allow(dead_code)]

pub mod oracle;
pub mod random;
