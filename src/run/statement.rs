//! A step's SQL with its run-time values put in.

use std::collections::BTreeMap;

use crate::diag::catalogue;
use crate::plan::text::{self, Part, Reference, TextError};
use crate::sql::{self, Dialect, Fault, Hole, Kind};

/// The kinds of values whose names do not say them: `params.days` → integer.
pub type Types = BTreeMap<String, Kind>;

/// Fills the `${…}` of a text with the values of their environment variables, as literals of the dialect. A variable that is not set, or is
/// empty, gives way to a fallback, if there is one.
///
/// # Errors
/// A fault at the first `${…}` that has no value, or one that does not fit its type or its place.
pub fn fill(sql: &str, dialect: Dialect, types: &Types, variable: &dyn Fn(&str) -> Option<String>) -> Result<String, Fault> {
    let mut holes = Vec::new();
    let mut parts = Vec::new();
    for found in text::find(sql) {
        let range = found.range;
        match found.part {
            Ok(Part::Ref { reference, fallback }) => {
                holes.push(Hole { kind: kind(&reference, types), range });
                parts.push((reference, fallback));
            }
            Ok(Part::Const(_)) => {}
            Err(TextError::Unclosed) => {
                return Err(Fault::new(&catalogue::RUNTIME_SYNTAX, range.start..range.start + 2, "a `${` is not closed")
                    .help("write `$${` for a literal `${`"));
            }
            Err(TextError::Unknown) => {
                let message = format!("`{}` is no run-time value", &sql[range.clone()]);
                return Err(Fault::new(&catalogue::UNKNOWN_RUNTIME_VALUE, range, message).help("write `$${` for a literal `${`"));
            }
        }
    }
    let mut backslash = false;
    let filled = sql::fill(sql, dialect, &holes, &mut |index| {
        let (reference, fallback) = &parts[index];
        let name = reference.env_name();
        let value = match (variable(&name), fallback) {
            (Some(value), _) if !value.is_empty() => value,
            (_, Some(fallback)) => fallback.clone(),
            (Some(value), None) => value,
            (None, None) => return Err(missing(sql, &holes[index], &name)),
        };
        backslash |= value.contains('\\');
        Ok(value)
    })?;
    // With this setting off, PostgreSQL reads a backslash in a plain literal as an escape. It stays on the first line, so that the
    // database counts the lines of its messages as the file does.
    let prefix = if backslash && dialect == Dialect::Postgres { "set standard_conforming_strings = on; " } else { "" };
    Ok(format!("{prefix}{filled}"))
}

fn kind(reference: &Reference, types: &Types) -> Kind {
    match reference {
        Reference::RunDate => Kind::Date,
        Reference::RunTimestamp => Kind::Timestamp,
        Reference::RunAttempt | Reference::ItemIndex => Kind::Integer,
        other => types.get(&other.to_string()).copied().unwrap_or(Kind::Text),
    }
}

fn missing(sql: &str, hole: &Hole, name: &str) -> Fault {
    let message = format!("`{}` has no value", &sql[hole.range.clone()]);
    Fault::new(&catalogue::VALUE_MISSING, hole.range.clone(), message)
        .label(format!("the environment variable `{name}` is not set"))
        .note("the orchestrator sets the variables of the run-time values that a step uses")
        .help(format!("to run the step by hand, set it: `{name}=… etlc exec …`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_from_variables_and_fallbacks() {
        let variable = |name: &str| match name {
            "ETLC_RUN_DATE" => Some("2026-01-31".to_owned()),
            "ETLC_PARAM_DAYS" => Some("28".to_owned()),
            "ETLC_PARAM_NOTE" => Some("it's a \\".to_owned()),
            "ETLC_PARAM_EMPTY" => Some(String::new()),
            _ => None,
        };
        let types = Types::from([("params.days".to_owned(), Kind::Integer)]);
        let filled = |sql: &str| fill(sql, Dialect::Duckdb, &types, &variable).map_err(|fault| (fault.rule.id, fault.range));
        assert_eq!(filled("select ${run.date} - ${params.days}"), Ok("select DATE '2026-01-31' - 28".to_owned()));
        assert_eq!(filled("select '${params.note}', ${params.empty}"), Ok("select 'it''s a \\', ''".to_owned()));
        assert_eq!(filled("select ${params.empty ?? a}, ${params.none ?? b}"), Ok("select 'a', 'b'".to_owned()));
        assert_eq!(filled("select 1 -- ${params.none}"), Ok("select 1 -- ${params.none}".to_owned()));
        assert_eq!(filled("select ${params.none}"), Err(("E0901", 7..21)));
        assert_eq!(filled("select ${what}"), Err(("E0306", 7..14)));
        assert_eq!(filled("select ${what"), Err(("E0305", 7..9)));
        let postgres = fill("select '${params.note}'", Dialect::Postgres, &types, &variable).map_err(|fault| fault.rule.id);
        assert_eq!(postgres.as_deref(), Ok("set standard_conforming_strings = on; select 'it''s a \\'"));
    }
}
