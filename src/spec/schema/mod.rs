//! The JSON Schemas of the formats, as editors read them: draft-07, without `null` for optional keys, templates allowed where the decoder allows them.

mod generate;
mod tidy;
mod partial;
mod steps;

pub use generate::{Names, kind, of, pipeline, pipeline_of, platform, published, workspace, written};
