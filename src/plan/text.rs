//! Text with run-time values in it: `${run.date}` and its kin as parts, never as a joined string.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// A run-time value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// `run.date`: the day of the logical instant in the pipeline's time zone, `YYYY-MM-DD`.
    RunDate,
    /// `run.timestamp`: the logical instant, `YYYY-MM-DDTHH:MM:SSZ`.
    RunTimestamp,
    /// `run.id`: the engine's id of the run.
    RunId,
    /// `run.attempt`: which attempt of the step this is, from 1.
    RunAttempt,
    /// `files`: the folder of the step's files.
    Files,
    /// `params.NAME`.
    Param(String),
    /// `inputs.DATASET`: the URI or physical table of a dataset that the step reads.
    Input(String),
    /// `outputs.NAME`: the URI, physical table or value path of an output of the step itself.
    Output(String),
    /// `steps.STEP.outputs.NAME`: likewise of another step.
    StepOutput {
        /// The step's name, with `[axis=value]` for a cell of a matrix.
        step: String,
        /// The output's name.
        output: String,
    },
    /// `item`, or `item.NAME`: the item that a step with `foreach` runs for, or a member of it.
    Item(Option<String>),
    /// `foreach.index`: the item's place in its list, from 0.
    ItemIndex,
}

impl Reference {
    /// The environment variable that brings the value into the container.
    #[must_use]
    pub fn env_name(&self) -> String {
        let upper = |name: &str| {
            let kept = name.trim_end_matches(']');
            kept.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect::<String>()
        };
        match self {
            Self::RunDate => "ETLC_RUN_DATE".to_owned(),
            Self::RunTimestamp => "ETLC_RUN_TIMESTAMP".to_owned(),
            Self::RunId => "ETLC_RUN_ID".to_owned(),
            Self::RunAttempt => "ETLC_RUN_ATTEMPT".to_owned(),
            Self::Files => "ETLC_FILES".to_owned(),
            Self::Param(name) => format!("ETLC_PARAM_{}", upper(name)),
            Self::Input(name) => format!("ETLC_INPUT_{}", upper(name)),
            Self::Output(name) => format!("ETLC_OUTPUT_{}", upper(name)),
            Self::StepOutput { step, output } => format!("ETLC_STEP_{}_OUTPUT_{}", upper(step), upper(output)),
            Self::Item(None) => "ETLC_ITEM".to_owned(),
            Self::Item(Some(member)) => format!("ETLC_ITEM_{}", upper(member)),
            Self::ItemIndex => "ETLC_FOREACH_INDEX".to_owned(),
        }
    }

    /// Reads what stands between `${` and `}`.
    ///
    /// # Errors
    /// When it has none of the known forms.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let name = |text: &str| {
            let mut chars = text.chars();
            let good = chars.next().is_some_and(|c| c.is_ascii_lowercase())
                && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if good { Ok(text.to_owned()) } else { Err(TextError::Unknown) }
        };
        // Members are named by whoever wrote the list, not by a spec.
        let member = |text: &str| {
            let good = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if good { Ok(text.to_owned()) } else { Err(TextError::Unknown) }
        };
        let dataset = |text: &str| text.split('.').map(name).collect::<Result<Vec<_>, _>>().map(|_| text.to_owned());
        match text {
            "run.date" => return Ok(Self::RunDate),
            "run.timestamp" => return Ok(Self::RunTimestamp),
            "run.id" => return Ok(Self::RunId),
            "run.attempt" => return Ok(Self::RunAttempt),
            "files" => return Ok(Self::Files),
            "item" => return Ok(Self::Item(None)),
            "foreach.index" => return Ok(Self::ItemIndex),
            _ => {}
        }
        let (head, rest) = text.split_once('.').ok_or(TextError::Unknown)?;
        match head {
            "params" => name(rest).map(Self::Param),
            "inputs" => dataset(rest).map(Self::Input),
            "outputs" => name(rest).map(Self::Output),
            "item" => member(rest).map(|name| Self::Item(Some(name))),
            "steps" => {
                let (step, output) = rest.rsplit_once(".outputs.").ok_or(TextError::Unknown)?;
                let bare = step.split_once('[').map_or(step, |(bare, _)| bare);
                if step.contains('[') && !step.ends_with(']') {
                    return Err(TextError::Unknown);
                }
                name(bare)?;
                Ok(Self::StepOutput { step: step.to_owned(), output: name(output)? })
            }
            _ => Err(TextError::Unknown),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunDate => f.write_str("run.date"),
            Self::RunTimestamp => f.write_str("run.timestamp"),
            Self::RunId => f.write_str("run.id"),
            Self::RunAttempt => f.write_str("run.attempt"),
            Self::Files => f.write_str("files"),
            Self::Param(name) => write!(f, "params.{name}"),
            Self::Input(name) => write!(f, "inputs.{name}"),
            Self::Output(name) => write!(f, "outputs.{name}"),
            Self::StepOutput { step, output } => write!(f, "steps.{step}.outputs.{output}"),
            Self::Item(None) => f.write_str("item"),
            Self::Item(Some(member)) => write!(f, "item.{member}"),
            Self::ItemIndex => f.write_str("foreach.index"),
        }
    }
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Characters that are known when etlc runs.
    Const(String),
    /// A value that is known when the step runs, and what stands for it if there is none.
    Ref {
        /// The value.
        reference: Reference,
        /// `${… ?? fallback}`.
        fallback: Option<String>,
    },
}

/// A text: its parts in order. Two constants never stand side by side and none is empty, so equal texts have equal parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(Vec<Part>);

/// Why `${…}` could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextError {
    /// A `${` without its `}`.
    Unclosed,
    /// No run-time value of this form.
    Unknown,
}

/// A `${…}` found in a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Bytes of the string, from `${` to `}`.
    pub range: Range<usize>,
    /// What it is.
    pub part: Result<Part, TextError>,
}

/// Finds every `${…}` of a string, from left to right; `$${` is none and is skipped.
#[must_use]
pub fn find(string: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(dollar) = string[at..].find('$').map(|offset| at + offset) {
        let rest = &string[dollar..];
        if rest.starts_with("$${") {
            at = dollar + 3;
        } else if let Some(body) = rest.strip_prefix("${") {
            // A brace that closes the next one closes none of this.
            let Some(length) = body.find('}').filter(|&length| !body[..length].contains("${")) else {
                let word = body.find(|c: char| c.is_whitespace() || matches!(c, '\'' | '"' | '$' | ',' | ';' | ')')).unwrap_or(body.len());
                at = dollar + 2 + word;
                found.push(Found { range: dollar..at, part: Err(TextError::Unclosed) });
                continue;
            };
            found.push(Found { range: dollar..dollar + length + 3, part: parse_body(&body[..length]) });
            at = dollar + length + 3;
        } else {
            at = dollar + 1;
        }
    }
    found
}

fn parse_body(body: &str) -> Result<Part, TextError> {
    let (name, fallback) = match body.split_once("??") {
        Some((name, fallback)) => (name.trim(), Some(fallback.trim().to_owned())),
        None => (body.trim(), None),
    };
    Ok(Part::Ref { reference: Reference::parse(name)?, fallback })
}

impl Text {
    /// A text without run-time values.
    #[must_use]
    pub fn constant(string: impl Into<String>) -> Self {
        let mut text = Self::default();
        text.push_str(&string.into());
        text
    }

    /// A text that is one run-time value.
    #[must_use]
    pub fn reference(reference: Reference) -> Self {
        Self(vec![Part::Ref { reference, fallback: None }])
    }

    /// Reads a string as people write it: `${…}` is a run-time value, `$${` writes `${`, every other `$` is itself.
    /// A `${…}` that cannot be read is kept as characters; [`find`] says where those are.
    #[must_use]
    pub fn parse(string: &str) -> Self {
        let mut text = Self::default();
        let mut at = 0;
        for found in find(string) {
            text.push_str(&string[at..found.range.start].replace("$${", "${"));
            match found.part {
                Ok(part) => text.0.push(part),
                Err(_) => text.push_str(&string[found.range.clone()]),
            }
            at = found.range.end;
        }
        text.push_str(&string[at..].replace("$${", "${"));
        text
    }

    /// The parts, in order.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Appends characters.
    pub fn push_str(&mut self, string: &str) {
        match self.0.last_mut() {
            _ if string.is_empty() => {}
            Some(Part::Const(last)) => last.push_str(string),
            _ => self.0.push(Part::Const(string.to_owned())),
        }
    }

    /// Appends another text.
    pub fn push(&mut self, text: &Self) {
        for part in &text.0 {
            match part {
                Part::Const(string) => self.push_str(string),
                Part::Ref { .. } => self.0.push(part.clone()),
            }
        }
    }

    /// The string, if no run-time value is in it.
    #[must_use]
    pub fn as_constant(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Const(string)] => Some(string),
            _ => None,
        }
    }

    /// The run-time values in it.
    pub fn references(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter().filter_map(|part| match part {
            Part::Ref { reference, .. } => Some(reference),
            Part::Const(_) => None,
        })
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.0)
    }
}

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match self {
            Self::Const(string) => map.serialize_entry("text", string)?,
            Self::Ref { reference, fallback } => {
                map.serialize_entry("ref", &reference.to_string())?;
                if let Some(fallback) = fallback {
                    map.serialize_entry("fallback", fallback)?;
                }
            }
        }
        map.end()
    }
}

impl JsonSchema for Text {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A string as a list of constants and run-time values.",
            "type": "array",
            "items": {
                "oneOf": [
                    {"type": "object", "required": ["text"], "additionalProperties": false, "properties": {"text": {"type": "string", "minLength": 1}}},
                    {"type": "object", "required": ["ref"], "additionalProperties": false, "properties": {
                        "ref": {"type": "string", "examples": ["run.date", "params.days", "steps.train.outputs.model"]},
                        "fallback": {"type": "string"}
                    }}
                ]
            }
        })
    }
}

impl Serialize for Reference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Reference {
    fn schema_name() -> Cow<'static, str> {
        "Reference".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"description": "The name of a run-time value.", "type": "string", "examples": ["run.date", "params.days"]})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dollar_but_a_reference_is_itself() {
        let text = Text::parse("$HOME $${run.date} $ ${run.date}$");
        assert_eq!(text.parts().len(), 3);
        assert_eq!(text.parts()[0], Part::Const("$HOME ${run.date} $ ".to_owned()));
        assert_eq!(text.parts()[2], Part::Const("$".to_owned()));
    }

    #[test]
    fn a_cell_of_a_matrix_can_be_referred_to() {
        let reference = Reference::parse("steps.score[region=us].outputs.x").expect("a known form");
        assert_eq!(reference.env_name(), "ETLC_STEP_SCORE_REGION_US_OUTPUT_X");
        assert_eq!(reference.to_string(), "steps.score[region=us].outputs.x");
    }
}
