//! The list of the files in an output folder that etlc wrote, kept beside them, so that it removes its own files and never another's.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The manifest's name in its folder. It has no ending: `kubectl apply -f FOLDER` takes every `.json` for an object.
pub const MANIFEST: &str = ".etlc-manifest";

/// The files that etlc wrote, by path from the manifest's folder.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format: 1.
    pub version: u32,
    /// The files.
    pub files: BTreeMap<String, Owned>,
}

/// A file that etlc wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owned {
    /// The pipeline that it belongs to.
    pub pipeline: String,
    /// The pipeline's file, from the workspace's root.
    pub spec: String,
    /// SHA-256 of the bytes that were written, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// Reads a manifest's text; `None` where it is not one, or one of a later format.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok().filter(|manifest: &Self| manifest.version == 1)
    }

    /// The manifest's text.
    #[must_use]
    pub fn text(&self) -> String {
        // Strings and numbers always serialise.
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// SHA-256 in hexadecimal.
#[must_use]
pub(super) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
