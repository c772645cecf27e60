//! The semantics of Python that pygrub's behaviour rests on, compared with Python itself.

mod regex;
mod strings;
mod tables;
