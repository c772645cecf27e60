//! `pregrub compare`: rows against the commands that they are folded from, the screens, and upgrades.

mod busy;
mod corpus;
mod formats;
mod guests;
mod screens;
mod upgrade;
