//! The semantics of Python that pygrub's behaviour rests on, compared with Python itself.

mod strings;
mod tables;
