//! What is said of a run that does not boot.

mod choice;
mod cloud_images;
mod drop_in;
mod situations;
mod logical_volume;
