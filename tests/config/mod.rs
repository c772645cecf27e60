//! Boot configurations: what pregrub makes of them, and what it takes to do so.

mod corpus;
mod differential;
mod hostile;
