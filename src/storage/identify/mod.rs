//! What is at an offset.
