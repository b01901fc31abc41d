//! What goes wrong while one value is read, before it is known where that value stands.

use std::fmt;

use serde::de;

use crate::diag::Diagnostic;

/// Why a value could not be had.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is a template: unknown until it is rendered.
    Template,
    /// Its fault is reported already.
    Reported,
    /// It is of another type than this.
    Expected(String),
    /// A newtype refused it: what is wrong and, on a second line, what to do.
    Refused(String),
    /// A finished finding.
    Found(Box<Diagnostic>),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template => f.write_str("a template"),
            Self::Reported => f.write_str("reported"),
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::Refused(message) => f.write_str(message),
            Self::Found(diagnostic) => f.write_str(&diagnostic.message),
        }
    }
}

impl std::error::Error for Fault {}

impl de::Error for Fault {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Refused(message.to_string())
    }

    fn invalid_type(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::Expected(expected.to_string())
    }

    fn invalid_value(_: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::Expected(expected.to_string())
    }
}
