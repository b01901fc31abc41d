//! Whether values of one type can be what a contract calls by another. Only what no database takes for the other is a fault.

use crate::sql::Dialect;
use crate::sql::columns::Type;

/// Types whose values databases turn into each other.
#[derive(PartialEq, Eq)]
enum Family {
    Number,
    Text,
    Binary,
    Time,
    Interval,
    List,
    Parts,
}

/// True unless it is certain that the one cannot stand for the other.
pub(super) fn fits(declared: &Type, found: &Type, dialect: Dialect) -> bool {
    // Its columns hold values of any type.
    if dialect == Dialect::Sqlite {
        return true;
    }
    let (Some(declared), Some(found)) = (family(declared), family(found)) else { return true };
    declared == found || matches!((declared, found), (Family::Text, Family::Binary) | (Family::Binary, Family::Text))
}

/// `None` for what may hold anything.
fn family(kind: &Type) -> Option<Family> {
    match kind {
        Type::Integer | Type::Decimal | Type::Float | Type::Boolean => Some(Family::Number),
        Type::Text => Some(Family::Text),
        Type::Binary => Some(Family::Binary),
        Type::Date | Type::Time | Type::Timestamp => Some(Family::Time),
        Type::Interval => Some(Family::Interval),
        Type::Array(_) => Some(Family::List),
        Type::Struct(_) => Some(Family::Parts),
        Type::Json | Type::Other(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_numbers_and_no_days() {
        let pg = |declared: &str, found: &str| {
            fits(&Type::parse(declared, Dialect::Postgres), &Type::parse(found, Dialect::Postgres), Dialect::Postgres)
        };
        assert!(pg("bigint", "numeric(10, 2)") && pg("date", "timestamp") && pg("boolean", "smallint") && pg("citext", "date"));
        assert!(pg("jsonb", "text") && pg("uuid", "text") && pg("text[]", "int[]"));
        assert!(!pg("date", "text") && !pg("bigint", "text") && !pg("date", "bigint") && !pg("text[]", "text"));
        assert!(fits(&Type::Date, &Type::Text, Dialect::Sqlite));
    }
}
