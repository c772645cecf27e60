//! What is said of a run that does not boot.

mod choice;
mod cloud_images;
mod drop_in;
mod logical_volume;
mod situations;
