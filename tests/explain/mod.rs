//! What is said of a run that does not boot.

mod choice;
mod cloud_images;
mod domains;
mod drop_in;
mod logical_volume;
mod mkconfig;
mod remedies;
mod situations;
