//! Domain configurations of xl, beside the installed libxlutil and xl.

mod call;
mod corpus;
mod disk;
mod generator;
mod rules;
mod syntax;
