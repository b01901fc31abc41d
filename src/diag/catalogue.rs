//! The one table of everything etlc can find wrong.
//!
//! Errors have numbers, by area: 01 YAML, 02 format, 03 templates and run-time values, 04 SQL, 05 names and graph, 06 types and time,
//! 07 targets, 08 workspace and files, 09 running. Lints have names and a level that `lints` in `etlc.yaml` can change.
//!
//! Invariant: sorted by id; a number is never changed or used again; each row has a page `docs/errors/<id>.md` and a case that emits it.

use super::Severity;

/// A row of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// `E0101`, or the kebab-case name of a lint.
    pub id: &'static str,
    /// One line: what is wrong.
    pub title: &'static str,
    /// The first version that had it.
    pub since: &'static str,
    /// The level of a lint until settings change it; `None` for an error, which no setting changes.
    pub level: Option<Level>,
    /// The long explanation, in Markdown.
    pub page: &'static str,
}

/// The level of a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Not reported.
    Off,
    /// Reported as a warning.
    Warn,
    /// Reported as an error.
    Error,
}

impl Rule {
    /// The severity before settings.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self.level {
            None | Some(Level::Error) => Severity::Error,
            Some(Level::Warn | Level::Off) => Severity::Warning,
        }
    }

    /// The row with this id.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        ALL.iter().copied().find(|rule| rule.id.eq_ignore_ascii_case(id))
    }
}

macro_rules! rules {
    ($($name:ident $id:literal $level:expr, $since:literal, $title:literal;)*) => {
        $(
            #[doc = $title]
            pub static $name: Rule =
                Rule { id: $id, title: $title, since: $since, level: $level, page: include_str!(concat!("../../docs/errors/", $id, ".md")) };
        )*
        /// Every row, in order.
        pub static ALL: &[&Rule] = &[$(&$name),*];
    };
}

const ERROR: Option<Level> = None;
const WARN: Option<Level> = Some(Level::Warn);
const DENY: Option<Level> = Some(Level::Error);

rules! {
    YAML_SYNTAX "E0101" ERROR, "0.1", "the file is not valid YAML";
    DUPLICATE_KEY "E0102" ERROR, "0.1", "a key stands twice in one mapping";
    YAML_LIMIT "E0103" ERROR, "0.1", "the YAML is nested too deep or too large";
    UNSUPPORTED_YAML "E0104" ERROR, "0.1", "a YAML feature that pipeline files do not use";
    UNQUOTED_TEMPLATE "E0105" ERROR, "0.1", "a template is not quoted";
    UNKNOWN_KEY "E0201" ERROR, "0.1", "unknown key";
    MISSING_KEY "E0202" ERROR, "0.1", "a required key is missing";
    WRONG_TYPE "E0203" ERROR, "0.1", "a value has the wrong type";
    INVALID_VALUE "E0204" ERROR, "0.1", "a value is not one of those allowed";
    EMPTY_FILE "E0205" ERROR, "0.1", "the file is empty";
    INVALID_NAME "E0206" ERROR, "0.1", "a name is not written as names are";
    CONFLICTING_KEYS "E0207" ERROR, "0.1", "two keys exclude each other, or one needs the other";
    UNSUPPORTED_VERSION "E0208" ERROR, "0.1", "a version of the format that this etlc does not read";
    KIND_SCHEMA "E0209" ERROR, "0.1", "the schema of a step kind is not usable";
    ALLOW_COMMENT "E0210" ERROR, "0.1", "an allow comment is not written as one";
    TEMPLATE_SYNTAX "E0301" ERROR, "0.1", "a template has a syntax error";
    UNDEFINED_NAME "E0302" ERROR, "0.1", "a template uses a name that is not defined";
    TEMPLATE_FAILED "E0303" ERROR, "0.1", "a template could not be evaluated";
    TEMPLATE_LIMIT "E0304" ERROR, "0.1", "a template is too large or runs too long";
    RUNTIME_SYNTAX "E0305" ERROR, "0.1", "a `${…}` is not written as one";
    UNKNOWN_RUNTIME_VALUE "E0306" ERROR, "0.1", "a `${…}` names no run-time value";
    RUNTIME_NOT_ALLOWED "E0307" ERROR, "0.1", "a run-time value stands where only compile-time text can";
    RUNTIME_IN_TEMPLATE "E0308" ERROR, "0.1", "a run-time value is used inside a template";
    SECRET_IN_TEXT "E0309" ERROR, "0.1", "a secret is asked for in a text";
    VALUE_MAY_BE_MISSING "E0320" ERROR, "0.1", "a value of another step is missing where that step has not succeeded";
    FOREACH "E0321" ERROR, "0.1", "`foreach` is not a list that another step hands over";
    NO_ITEM "E0322" ERROR, "0.1", "an item is named where there is none";
    FOREACH_OUTPUT "E0323" ERROR, "0.1", "a step with `foreach` hands over a value";
    ITEMS "E0324" ERROR, "0.1", "no step can run for each item of a list";
    RUNTIME_IN_SQL "E0401" ERROR, "0.1", "a run-time value would change the shape of a SQL statement";
    MATERIALIZE "E0402" ERROR, "0.1", "a materialization that this statement or dialect cannot have";
    BROKEN_SQL "E0403" ERROR, "0.1", "SQL that no database reads";
    RUNTIME_TYPE_IN_SQL "E0404" ERROR, "0.1", "a run-time value has a type that its place in SQL does not take";
    UNKNOWN_COLUMN "E0405" ERROR, "0.1", "no column of this name";
    AMBIGUOUS_COLUMN "E0406" ERROR, "0.1", "a name is a column of several tables";
    COLUMN_COUNT "E0407" ERROR, "0.1", "a query gives another number of columns than is taken";
    COLUMN_NAMES "E0408" ERROR, "0.1", "a list of names is longer than the columns that it names";
    OUTPUT_COLUMNS "E0409" ERROR, "0.1", "SQL does not give the columns that its output declares";
    DECLARED_COLUMNS "E0410" ERROR, "0.1", "a dataset is declared with columns that its writer does not write";
    NAMED_COLUMN "E0411" ERROR, "0.1", "a field names a column that the query does not give";
    CATALOGUE_FILE "E0412" ERROR, "0.1", "a catalogue file is not written as one";
    UNKNOWN_STEP "E0501" ERROR, "0.1", "no step of this name";
    UNKNOWN_DATASET "E0502" ERROR, "0.1", "no dataset of this name";
    UNKNOWN_OUTPUT "E0503" ERROR, "0.1", "a step has no output of this name";
    CYCLE "E0504" ERROR, "0.1", "steps wait for each other";
    DUPLICATE_PIPELINE "E0505" ERROR, "0.1", "two files describe a pipeline of one name";
    DUPLICATE_DATASET "E0506" ERROR, "0.1", "two steps write one dataset";
    NEEDS_CELL "E0507" ERROR, "0.1", "a reference to a matrix step does not say which cell";
    UNKNOWN_KIND "E0508" ERROR, "0.1", "no step kind of this name";
    UNKNOWN_RUNTIME "E0509" ERROR, "0.1", "no runtime of this name";
    UNKNOWN_RESOURCES "E0510" ERROR, "0.1", "no resource class of this name";
    UNKNOWN_CONNECTION "E0511" ERROR, "0.1", "no connection of this name";
    UNKNOWN_SECRET "E0512" ERROR, "0.1", "no secret of this name";
    UNKNOWN_TEAM "E0513" ERROR, "0.1", "no team of this name";
    UNKNOWN_ENVIRONMENT "E0514" ERROR, "0.1", "no environment of this name";
    UNKNOWN_TARGET "E0515" ERROR, "0.1", "no target of this name";
    UNKNOWN_STORAGE "E0516" ERROR, "0.1", "no storage of this name";
    UNKNOWN_CHANNEL "E0517" ERROR, "0.1", "no notification channel of this name";
    STORAGE_COLLISION "E0518" ERROR, "0.1", "two outputs lie at one place";
    ENV_COLLISION "E0519" ERROR, "0.1", "two environment variables have one name, or a reserved one";
    PIPELINE_CYCLE "E0520" ERROR, "0.1", "pipelines start each other without end";
    SELF_READ "E0521" ERROR, "0.1", "a step reads what only it writes";
    CONDITION "E0601" ERROR, "0.1", "a condition is not written as one, or compares different types";
    INVALID_CRON "E0602" ERROR, "0.1", "a schedule that engines would read differently or not at all";
    INVALID_TIMEZONE "E0603" ERROR, "0.1", "no time zone of this name";
    PARAM_TYPE "E0604" ERROR, "0.1", "a parameter's default does not fit its type";
    MATRIX "E0605" ERROR, "0.1", "a matrix is not a map of lists of values";
    NEVER_RUNS "E0606" ERROR, "0.1", "the first and the last day of a schedule leave no run between them";
    NOT_SUPPORTED "E0701" ERROR, "0.1", "the target cannot express this";
    TARGET_NAME "E0702" ERROR, "0.1", "a name does not fit the target, or two names become one";
    TARGET_OPTION "E0703" ERROR, "0.1", "a target's options do not fit its schema";
    PACK "E0704" ERROR, "0.1", "a target pack is broken";
    OBJECT_TOO_LARGE "E0705" ERROR, "0.1", "an object is larger than the engine takes";
    TEXT_NOT_EXACT "E0706" ERROR, "0.1", "a text cannot reach the container unchanged on this target";
    IMAGE "E0707" ERROR, "0.1", "a text does not name an image";
    GRAPH_TOO_LARGE "E0713" ERROR, "0.1", "a graph is too large for the target and cannot be divided";
    FILE_MISSING "E0801" ERROR, "0.1", "no file at this path";
    OUTSIDE_WORKSPACE "E0802" ERROR, "0.1", "a path leads out of the workspace";
    NOT_A_FILE "E0803" ERROR, "0.1", "a path leads to something that is not a regular file";
    FILE_TOO_LARGE "E0804" ERROR, "0.1", "a file is larger than the limit";
    NOT_UTF8 "E0805" ERROR, "0.1", "a file is not UTF-8 text";
    UNREADABLE "E0806" ERROR, "0.1", "a file cannot be read";
    UNKNOWN_LINT "E0807" ERROR, "0.1", "no lint of this name";
    INTERNAL "E0808" ERROR, "0.1", "etlc itself failed on this pipeline";
    NO_PIPELINES "E0809" ERROR, "0.1", "no pipelines were found";
    STALE "E0810" ERROR, "0.1", "rendered files are not what the specs say";
    FOREIGN_FILE "E0811" ERROR, "0.1", "a file that etlc did not write is in the way";
    TOO_MANY_FAULTS "E0813" ERROR, "0.1", "a file has more faults than are shown";
    TOO_MANY_STEPS "E0815" ERROR, "0.1", "a pipeline has more steps or edges than etlc compiles";
    VALUE_MISSING "E0901" ERROR, "0.1", "a run-time value is not set";
    VALUE_TYPE "E0902" ERROR, "0.1", "a run-time value does not fit its type";
    CLIENT_MISSING "E0903" ERROR, "0.1", "the client program of a connection cannot be started";
    DSN "E0904" ERROR, "0.1", "a connection's secret is not written as its client needs it";
    NOT_TOLD "E0905" ERROR, "0.1", "a notification cannot be sent";
    CONSTANT_CONDITION "constant-condition" WARN, "0.1", "a condition is the same in every run";
    DST_TRANSITION "dst-transition" WARN, "0.1", "engines run a schedule at different times when clocks are changed";
    IMAGE_LATEST "image-latest" WARN, "0.1", "an image can change under its name";
    LOOKALIKE "lookalike-character" WARN, "0.1", "a character in SQL looks like another one";
    MISSING_DESCRIPTION "missing-description" WARN, "0.1", "a pipeline does not say what it is for";
    NO_TIMEOUT "no-timeout" WARN, "0.1", "nothing limits how long a step may take";
    ODD_QUANTITY "odd-quantity" WARN, "0.1", "an amount that Kubernetes takes and nobody means";
    OVERLAPPING_WRITES "overlapping-writes" WARN, "0.1", "runs side by side write one table";
    PLAIN_TEXT_SECRET "plain-text-secret" DENY, "0.1", "a credential stands in a file as plain text";
    REDUNDANT_AFTER "redundant-after" WARN, "0.1", "an edge is written out that the data says already";
    SHARED_TABLE "shared-table" WARN, "0.1", "two pipelines replace one table";
    SQL_SYNTAX "sql-syntax" WARN, "0.1", "etlc's SQL parser does not understand a statement";
    TARGET_DEGRADES "target-degrades" WARN, "0.1", "the target can express this only nearly";
    TIMEOUT_TOO_SHORT "timeout-too-short" WARN, "0.1", "a pipeline's timeout is shorter than what a step of it may take";
    UNDECLARED_READ "undeclared-read" WARN, "0.1", "SQL reads a table that nothing declares";
    UNEXPANDED_VARIABLE "unexpanded-variable" WARN, "0.1", "an argument names a variable that no shell replaces";
    UNORDERED_READ "unordered-read" WARN, "0.1", "a step reads what another writes, and nothing orders them";
    UNUSED_ALLOW "unused-allow" WARN, "0.1", "an allow comment allows nothing";
    UNUSED_DATASET "unused-dataset" WARN, "0.1", "a dataset from outside that no step reads";
    UNUSED_MATRIX_AXIS "unused-matrix-axis" WARN, "0.1", "all cells of a matrix do the same";
    UNUSED_OUTPUT "unused-output" WARN, "0.1", "a step writes something that nothing reads";
    UNUSED_PARAM "unused-param" WARN, "0.1", "a parameter that nothing reads";
    UNUSED_VAR "unused-var" WARN, "0.1", "a compile-time value that no template reads";
    VALUE_IN_SHELL "value-in-shell" WARN, "0.1", "a run-time value becomes a part of a shell's script";
    YAML_1_1 "yaml-1-1" WARN, "0.1", "a plain scalar that YAML 1.1 readers take for something else";
}
