//! Which rules speak, and how loud: `-A`, `-W`, `-D`.

use std::fmt;

use crate::lint::engine::group::Group;
use crate::lint::engine::level::Level;
use crate::lint::engine::rule::Rule;
use crate::lint::registry::{closest, find};

/// What a user names: a rule, a group, or all.
#[derive(Clone, Copy, Debug)]
pub enum Selector {
    /// A rule, by code or name.
    Rule(&'static Rule),
    /// A group, by name (`storage`) or by its hundreds (`PG3`, `PG3xx`).
    Group(Group),
    /// Every rule.
    All,
}

/// The text names no rule and no group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSelector(String);

impl fmt::Display for UnknownSelector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no rule or group `{}`", self.0)?;
        match closest(&self.0) {
            Some(rule) => {
                write!(f, "; the closest is {} ({}), and `pregrub rules` lists them", rule.code, rule.name)
            }
            None => f.write_str(": `pregrub rules` lists them"),
        }
    }
}

impl std::error::Error for UnknownSelector {}

impl std::str::FromStr for Selector {
    type Err = UnknownSelector;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "all" {
            return Ok(Self::All);
        }
        let group = Group::ALL
            .into_iter()
            .find(|group| group.name() == text || text.trim_end_matches("xx").eq_ignore_ascii_case(group.prefix()));
        group.map(Self::Group).or_else(|| find(text).map(Self::Rule)).ok_or_else(|| UnknownSelector(text.to_owned()))
    }
}

impl Selector {
    /// Whether it names the same rules as `other`, by the same kind of name.
    pub(in crate::lint) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Rule(this), Self::Rule(other)) => this.code == other.code,
            (Self::Group(this), Self::Group(other)) => this == other,
            (Self::All, Self::All) => true,
            _ => false,
        }
    }

    /// Whether it names this rule.
    pub fn covers(&self, rule: &Rule) -> bool {
        match self {
            Self::Rule(this) => this.code == rule.code,
            Self::Group(group) => rule.group() == *group,
            Self::All => true,
        }
    }
}

/// The levels of all rules: what was said last of a rule counts.
#[derive(Clone, Debug, Default)]
pub struct Levels {
    /// Nothing for `-A`.
    said: Vec<(Selector, Option<Level>)>,
}

impl Levels {
    /// `-A`: these rules say nothing.
    pub fn allow(&mut self, selector: Selector) {
        self.said.push((selector, None));
    }

    /// `-W`: what these rules find is a warning.
    pub fn warn(&mut self, selector: Selector) {
        self.said.push((selector, Some(Level::Warn)));
    }

    /// `-D`: what these rules find is an error.
    pub fn deny(&mut self, selector: Selector) {
        self.said.push((selector, Some(Level::Deny)));
    }

    /// What `later` says comes after all that was said.
    #[must_use]
    pub fn then(mut self, later: &Self) -> Self {
        self.said.extend_from_slice(&later.said);
        self
    }

    /// The level of a rule; nothing where it is to be silent.
    pub fn of(&self, rule: &Rule) -> Option<Level> {
        let said = self.said.iter().rev().find(|(selector, _)| selector.covers(rule));
        said.map_or(Some(Level::Default), |(_, level)| *level)
    }
}
