//! `pregrub trace`.

use insta::assert_snapshot;

use crate::common::program::{corpus, run};

#[test]
fn every_step_of_a_run_that_boots() {
    assert_snapshot!(run(&["trace", &corpus("images/recipe.img")]).whole());
}

#[test]
fn every_step_of_a_run_that_fails() {
    assert_snapshot!(
        run(&["trace", &corpus("images/nixos-default.img"), "--flavour", "debian", "--release", "4.17"]).whole()
    );
}
