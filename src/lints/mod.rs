//! Warnings about what is valid and probably a mistake.

pub mod homoglyph;
