//! Types of columns, as coarse as they have to be to compare those of one database with those of a contract.

use std::fmt;

use sqlparser::ast::{
    ArrayElemTypeDef, BinaryOperator, DataType, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, UnaryOperator, Value,
};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::Tokenizer;

use crate::sql::Dialect;

/// A type of values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// Whole numbers of any size.
    Integer,
    /// Exact numbers with digits behind the point.
    Decimal,
    /// Numbers that are not exact.
    Float,
    /// True and false.
    Boolean,
    /// Text of any length.
    Text,
    /// Days.
    Date,
    /// Times of a day.
    Time,
    /// Instants, with or without a zone.
    Timestamp,
    /// Lengths of time.
    Interval,
    /// Bytes.
    Binary,
    /// JSON, and what databases call variant or object.
    Json,
    /// Lists of values of a type.
    Array(Option<Box<Self>>),
    /// Values with named parts.
    Struct(Vec<(String, Option<Self>)>),
    /// Another type, as it is written, in lower case.
    Other(String),
}

impl Type {
    /// The type of this name in a dialect.
    #[must_use]
    pub fn parse(written: &str, dialect: Dialect) -> Self {
        const LONGEST: usize = 2_000;
        let other = || Self::Other(written.trim().to_lowercase());
        // Types nest; what is short cannot nest deep.
        let Some(tokens) = (written.len() <= LONGEST).then(|| Tokenizer::new(dialect.parser(), written).tokenize().ok()).flatten() else {
            return other();
        };
        let parsed = Parser::new(dialect.parser()).with_recursion_limit(50).with_tokens(tokens).parse_data_type();
        parsed.map_or_else(|_| other(), |parsed| Self::of(&parsed, dialect))
    }

    /// The type that the parser read.
    pub(super) fn of(parsed: &DataType, dialect: Dialect) -> Self {
        match parsed {
            DataType::Array(element) => {
                let element = match element {
                    ArrayElemTypeDef::AngleBracket(inner)
                    | ArrayElemTypeDef::SquareBracket(inner, _)
                    | ArrayElemTypeDef::Parenthesis(inner) => Some(Box::new(Self::of(inner, dialect))),
                    ArrayElemTypeDef::Qualified(..) | ArrayElemTypeDef::None => None,
                };
                Self::Array(element)
            }
            DataType::Struct(fields, _) => {
                let field = |field: &sqlparser::ast::StructField| {
                    let name = field
                        .field_name
                        .as_ref()
                        .map_or(String::new(), |name| dialect.fold_column(&name.value, name.quote_style.is_some()));
                    (name, Some(Self::of(&field.field_type, dialect)))
                };
                Self::Struct(fields.iter().map(field).collect())
            }
            other => Self::by_name(&other.to_string().to_lowercase()),
        }
    }

    fn by_name(written: &str) -> Self {
        let unsigned = written.trim_end_matches(" unsigned");
        let name = unsigned.split(['(', '<', ' ']).next().unwrap_or_default();
        match name {
            "int" | "integer" | "bigint" | "smallint" | "tinyint" | "mediumint" | "hugeint" | "int2" | "int4" | "int8" | "int16"
            | "int32" | "int64" | "int128" | "int256" | "uint8" | "uint16" | "uint32" | "uint64" | "uint128" | "uint256" | "byteint"
            | "ubigint" | "uinteger" | "serial" | "bigserial" | "smallserial" | "long" | "short" | "byte" | "signed" | "unsigned" => {
                Self::Integer
            }
            "decimal" | "numeric" | "number" | "dec" | "bignumeric" | "bigdecimal" | "money" | "smallmoney" | "decimal32" | "decimal64"
            | "decimal128" => Self::Decimal,
            "float" | "double" | "real" | "float4" | "float8" | "float32" | "float64" => Self::Float,
            "bool" | "boolean" | "bit" => Self::Boolean,
            "text" | "varchar" | "char" | "character" | "string" | "nvarchar" | "nchar" | "bpchar" | "clob" | "tinytext" | "mediumtext"
            | "longtext" | "ntext" | "fixedstring" | "uuid" | "enum" => Self::Text,
            "date" | "date32" => Self::Date,
            "time" | "timetz" => Self::Time,
            "timestamp" | "timestamptz" | "timestamp_ntz" | "timestamp_ltz" | "timestamp_tz" | "datetime" | "datetime2" | "datetime64"
            | "smalldatetime" | "datetimeoffset" => Self::Timestamp,
            "interval" => Self::Interval,
            "bytea" | "bytes" | "binary" | "varbinary" | "blob" | "longblob" | "mediumblob" | "tinyblob" | "image" => Self::Binary,
            "json" | "jsonb" | "variant" | "object" | "super" => Self::Json,
            _ => Self::Other(written.to_owned()),
        }
    }

    /// The type of a part of a value, where it has such a part.
    pub(super) fn part(&self, name: &str) -> Option<Self> {
        match self {
            Self::Struct(fields) => fields.iter().find(|(known, _)| known == name).and_then(|(_, kind)| kind.clone()),
            Self::Json => Some(Self::Json),
            _ => None,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer => f.write_str("integer"),
            Self::Decimal => f.write_str("decimal"),
            Self::Float => f.write_str("float"),
            Self::Boolean => f.write_str("boolean"),
            Self::Text => f.write_str("text"),
            Self::Date => f.write_str("date"),
            Self::Time => f.write_str("time"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Interval => f.write_str("interval"),
            Self::Binary => f.write_str("binary"),
            Self::Json => f.write_str("json"),
            Self::Array(None) => f.write_str("array"),
            Self::Array(Some(element)) => write!(f, "array<{element}>"),
            Self::Struct(fields) => {
                f.write_str("struct<")?;
                for (index, (name, kind)) in fields.iter().enumerate() {
                    let kind = kind.as_ref().map_or("?".to_owned(), ToString::to_string);
                    write!(f, "{}{name} {kind}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(">")
            }
            Self::Other(written) => f.write_str(written),
        }
    }
}

/// The type of an expression, where its form alone or the types of its columns say it. `column` gives the types of columns.
pub(super) fn of_expression(expr: &Expr, dialect: Dialect, column: &mut dyn FnMut(&Expr) -> Option<Type>) -> Option<Type> {
    match expr {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) => column(expr),
        Expr::Nested(inner) | Expr::Collate { expr: inner, .. } => of_expression(inner, dialect, column),
        Expr::Cast { data_type, .. } | Expr::Convert { data_type: Some(data_type), .. } => Some(Type::of(data_type, dialect)),
        Expr::TypedString(typed) => Some(Type::of(&typed.data_type, dialect)),
        Expr::Value(value) => of_literal(&value.value),
        Expr::UnaryOp { op: UnaryOperator::Not, .. }
        | Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsFalse(_)
        | Expr::InList { .. }
        | Expr::InSubquery { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::SimilarTo { .. }
        | Expr::RLike { .. }
        | Expr::Exists { .. }
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..) => Some(Type::Boolean),
        Expr::Interval(_) => Some(Type::Interval),
        Expr::Substring { .. } | Expr::Trim { .. } => Some(Type::Text),
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, expr } => of_expression(expr, dialect, column),
        Expr::BinaryOp { left, op, right } => of_operator(left, op, right, dialect, column),
        Expr::Case { conditions, else_result, .. } => {
            let results = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
            same(results, dialect, column)
        }
        Expr::Function(function) => of_function(function, dialect, column),
        _ => None,
    }
}

fn of_literal(value: &Value) -> Option<Type> {
    match value {
        Value::Number(text, _) if text.bytes().all(|byte| byte.is_ascii_digit()) => Some(Type::Integer),
        Value::Number(..) | Value::Null | Value::Placeholder(_) => None,
        Value::Boolean(_) => Some(Type::Boolean),
        Value::HexStringLiteral(_) | Value::SingleQuotedByteStringLiteral(_) | Value::DoubleQuotedByteStringLiteral(_) => {
            Some(Type::Binary)
        }
        _ => Some(Type::Text),
    }
}

fn of_operator(
    left: &Expr,
    op: &BinaryOperator,
    right: &Expr,
    dialect: Dialect,
    column: &mut dyn FnMut(&Expr) -> Option<Type>,
) -> Option<Type> {
    match op {
        BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::Lt
        | BinaryOperator::LtEq
        | BinaryOperator::Gt
        | BinaryOperator::GtEq
        | BinaryOperator::And
        | BinaryOperator::Or
        | BinaryOperator::Xor => Some(Type::Boolean),
        // It joins lists and JSON as well.
        BinaryOperator::StringConcat if dialect != Dialect::Mysql => {
            same([left, right].into_iter(), dialect, column).filter(|kind| *kind == Type::Text)
        }
        BinaryOperator::Plus | BinaryOperator::Minus | BinaryOperator::Multiply => {
            let (left, right) = (of_expression(left, dialect, column)?, of_expression(right, dialect, column)?);
            match (left, right) {
                (Type::Integer, Type::Integer) => Some(Type::Integer),
                (Type::Integer | Type::Decimal, Type::Integer | Type::Decimal) => Some(Type::Decimal),
                (Type::Integer | Type::Decimal | Type::Float, Type::Integer | Type::Decimal | Type::Float) => Some(Type::Float),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The type that all of these have, `null` aside.
fn same<'e>(exprs: impl Iterator<Item = &'e Expr>, dialect: Dialect, column: &mut dyn FnMut(&Expr) -> Option<Type>) -> Option<Type> {
    let mut all: Option<Type> = None;
    for expr in exprs.filter(|expr| !matches!(expr, Expr::Value(value) if value.value == Value::Null)) {
        let kind = of_expression(expr, dialect, column)?;
        if all.get_or_insert_with(|| kind.clone()) != &kind {
            return None;
        }
    }
    all
}

fn of_function(function: &sqlparser::ast::Function, dialect: Dialect, column: &mut dyn FnMut(&Expr) -> Option<Type>) -> Option<Type> {
    let name = function.name.to_string().to_ascii_lowercase();
    let args: Vec<&Expr> = match &function.args {
        FunctionArguments::List(list) => list
            .args
            .iter()
            .filter_map(|arg| match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
                _ => None,
            })
            .collect(),
        FunctionArguments::None | FunctionArguments::Subquery(_) => Vec::new(),
    };
    match name.as_str() {
        "count" | "row_number" | "rank" | "dense_rank" | "ntile" | "length" | "char_length" | "count_if" | "countif" => Some(Type::Integer),
        "upper" | "lower" | "trim" | "ltrim" | "rtrim" | "concat_ws" | "replace" | "substr" | "substring" | "string_agg" | "listagg"
        | "initcap" | "md5" | "to_char" | "left" | "right" | "lpad" | "rpad" => Some(Type::Text),
        "concat" => same(args.into_iter(), dialect, column).filter(|kind| *kind == Type::Text),
        "current_date" | "to_date" => Some(Type::Date),
        "current_timestamp" | "now" | "to_timestamp" => Some(Type::Timestamp),
        "min" | "max" | "first_value" | "last_value" | "any_value" | "lag" | "lead" | "nullif" => {
            of_expression(args.first()?, dialect, column)
        }
        "coalesce" | "greatest" | "least" | "ifnull" | "nvl" => same(args.into_iter(), dialect, column),
        _ => None,
    }
}
