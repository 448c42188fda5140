//! Warnings about what is valid and probably a mistake: in a change, and in the code of a data job.

pub mod credential;
pub mod homoglyph;
pub mod job;
