//! The parser's faults in the words of the person who wrote the file.

use granit_parser::ErrorKind;

use super::document::{MAX_DEPTH, MAX_NODES};
use super::left;
use super::recover::{self, Cause, Stop};
use crate::diag::{Applicability, Diagnostic, Edit, Fix, catalogue};
use crate::source::{SourceFile, Span};
use crate::syntax::shorten;

/// The fault of a file that is nested too deep.
pub(super) fn too_deep(place: Span) -> Diagnostic {
    Diagnostic::new(&catalogue::YAML_LIMIT, place, format!("maps and lists are nested more than {MAX_DEPTH} deep"))
        .label("too deep from here on")
}

pub(super) fn too_many(place: Span) -> Diagnostic {
    Diagnostic::new(&catalogue::YAML_LIMIT, place, format!("the file holds more than {MAX_NODES} keys and values"))
        .label("too many from here on")
        .note("a file of this size is data, and the data of a pipeline lies outside of its spec")
        .help("put the values into a file that a step reads, or split the file")
}

/// What went wrong at an offset. `flow` is where the innermost open bracket stands.
pub(super) fn describe(file: &SourceFile, kind: &ErrorKind, offset: usize, flow: Option<usize>, stop: &Stop) -> Diagnostic {
    let place = place(file, offset);
    if let Some(found) = flow.is_none().then(|| further_up(file, kind, place, stop)).flatten() {
        return found;
    }
    let syntax = |message: &str| Diagnostic::new(&catalogue::YAML_SYNTAX, place, message);
    match kind {
        ErrorKind::RecursionLimitExceeded => too_deep(place),
        ErrorKind::DirectiveDisallowed => {
            Diagnostic::new(&catalogue::UNSUPPORTED_YAML, place, "a line that starts with `%` is not supported")
                .note("YAML calls it a directive; pipeline files have none")
                .help("remove the line")
        }
        ErrorKind::UnexpectedCharacter { character } => character_fault(*character, place),
        _ if is_tab(kind) => tab(file, offset),
        _ => match (scalar_fault(kind).or_else(|| property_fault(kind)), flow) {
            (Some((message, help)), _) => syntax(message).maybe_help(help.map(str::to_owned)),
            (None, Some(open)) => bracket_fault(file, kind, place, open),
            (None, None) => block_fault(file, kind, offset),
        },
    }
}

/// A mistake that begins further up than where the parser noticed it, or that its line tells.
fn further_up(file: &SourceFile, kind: &ErrorKind, noticed: Span, stop: &Stop) -> Option<Diagnostic> {
    let text = file.text();
    let start = recover::line_start(text, stop.culprit);
    let line = recover::line_at(text, start);
    if line.trim().is_empty() {
        return None;
    }
    let above = file.position(file.span_of(start..start).start).line < file.position(noticed.start).line;
    let is_key = matches!(kind, ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey);
    let first = start + (line.len() - line.trim_start().len());
    let whole = file.span_of(first..start + line.trim_end().len());
    match (stop.cause, kind) {
        (Cause::Conflict, _) => Some(
            Diagnostic::new(&catalogue::YAML_SYNTAX, whole, "a merge conflict is not resolved")
                .label("starts here")
                .help("keep one of the two sides, and remove the lines of `<`, `=` and `>`"),
        ),
        (Cause::Left | Cause::Deeper, _) => misindented(file, stop.cause, start, whole),
        (Cause::Value, ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar) if above => {
            let quote = file.span_of(stop.culprit..stop.culprit + 1);
            let found = Diagnostic::new(&catalogue::YAML_SYNTAX, quote, "a quote is opened and not closed").label("opened here");
            Some(found.also(noticed, "the next quote ends the text only here").help("close it on its line"))
        }
        (Cause::Line, _) if above || is_key => {
            let written = line.trim();
            let (key, value) = written.split_once([':', ' ']).unwrap_or((written, "…"));
            let found = Diagnostic::new(&catalogue::YAML_SYNTAX, whole, "a line of a map has no `:`");
            let found = if written.contains(':') { found.label("a blank is missing after the `:`") } else { found };
            Some(found.help(format!("write `{}: {}`", shorten(key), shorten(value.trim()))))
        }
        _ => None,
    }
}

/// A line that is indented too little for the text above it, or too deep for a key.
fn misindented(file: &SourceFile, cause: Cause, start: usize, whole: Span) -> Option<Diagnostic> {
    let text = file.text();
    if cause == Cause::Left {
        let header = left::header(text, start)?;
        let written = recover::line_at(text, header).split(" #").next().unwrap_or_default().trim();
        let message = format!("this line has left the text of `{}`", shorten(written));
        let found = Diagnostic::new(&catalogue::YAML_SYNTAX, whole, message).label("indented too little");
        return Some(found.help("indent it like the lines above; if it is a key, write `key: value`"));
    }
    let key = recover::key(recover::line_at(text, start))?;
    let first = file.range_of(whole).start;
    let place = file.span_of(first..first + key.len());
    let message = format!("`{}` is indented deeper than the keys above", shorten(key));
    Some(Diagnostic::new(&catalogue::YAML_SYNTAX, place, message).help("indent it like them"))
}

/// The character at an offset; the one before it where there is none to see.
fn place(file: &SourceFile, offset: usize) -> Span {
    let text = file.text();
    match text[offset..].chars().next() {
        Some(c) if c != '\n' && c != '\r' => file.span_of(offset..offset + c.len_utf8()),
        _ => {
            let seen = text[..offset].trim_end();
            let start = seen.char_indices().next_back().map_or(0, |(at, _)| at);
            file.span_of(start..seen.len())
        }
    }
}

fn character_fault(character: char, place: Span) -> Diagnostic {
    if character.is_control() || matches!(character, '\u{feff}' | '\u{fffe}' | '\u{ffff}') {
        let message = format!("the control character U+{:04X} cannot stand here", u32::from(character));
        return Diagnostic::new(&catalogue::YAML_SYNTAX, place, message)
            .help(format!("remove it, or write it as `\\u{:04X}` between double quotes", u32::from(character)));
    }
    Diagnostic::new(&catalogue::YAML_SYNTAX, place, format!("`{character}` cannot stand here")).help("quote the text that it belongs to")
}

pub(super) fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInPlainScalar
            | ErrorKind::InvalidBlockEntryWhitespace
            | ErrorKind::InvalidMappingValueWhitespace
    )
}

fn tab(file: &SourceFile, offset: usize) -> Diagnostic {
    let text = file.text();
    let line = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let near = text[line..].find('\t').map(|at| line + at).filter(|at| !text[line..*at].contains('\n'));
    let at = near.unwrap_or(offset);
    let width = text[at..].len() - text[at..].trim_start_matches('\t').len();
    let place = if width == 0 { place(file, at) } else { file.span_of(at..at + width) };
    let found = Diagnostic::new(&catalogue::YAML_SYNTAX, place, "a tab is used as indentation")
        .label("a tab")
        .note("YAML takes only spaces, because a tab has no fixed width")
        .help("use spaces");
    match untabbed(file) {
        edits if edits.is_empty() => found,
        edits => {
            let fix = Fix { title: "indent with two spaces for each tab".to_owned(), applicability: Applicability::Safe, edits };
            Diagnostic { fixes: vec![fix], ..found }
        }
    }
}

/// Two spaces for each tab before a line, in a file that is indented by tabs alone and holds no text whose blanks count.
fn untabbed(file: &SourceFile) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut at = 0;
    for line in file.text().split_inclusive('\n') {
        let n_tabs = line.len() - line.trim_start_matches('\t').len();
        let body = line[n_tabs..].trim_end();
        let opens_text = body.trim_end_matches(['+', '-']).ends_with(['|', '>']);
        if opens_text || body.contains('\t') || (body.starts_with(' ') && !body.is_empty()) {
            return Vec::new();
        }
        if n_tabs > 0 {
            edits.push(Edit { span: file.span_of(at..at + n_tabs), replacement: "  ".repeat(n_tabs) });
        }
        at += line.len();
    }
    edits
}

type Words = (&'static str, Option<&'static str>);

fn scalar_fault(kind: &ErrorKind) -> Option<Words> {
    Some(match kind {
        ErrorKind::UnclosedQuotedScalar | ErrorKind::DocumentIndicatorInQuotedScalar => {
            ("a quote is opened and not closed", Some("close it"))
        }
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            ("text follows a closing quote", Some("put all of the text between the quotes; write a quote inside single quotes twice"))
        }
        ErrorKind::InvalidQuotedScalarIndent => ("a quoted text goes on to the left of its key", Some("indent its lines")),
        ErrorKind::UnknownQuotedScalarEscape => {
            ("a backslash starts an escape that YAML does not know", Some("use single quotes, or write the backslash twice"))
        }
        ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => ("an escape in this text names no character", Some("write the character itself")),
        ErrorKind::ZeroBlockScalarIndent => ("the number after `|` or `>` cannot be 0", None),
        ErrorKind::InvalidBlockScalarHeader => {
            ("text stands on the line of a `|` or `>`", Some("start the text on the next line, indented"))
        }
        ErrorKind::InvalidBlockScalarIndent => {
            ("a line of this text is indented less than its first line", Some("indent all lines of the text alike"))
        }
        ErrorKind::CommentInterceptedScalar => ("a comment stands in the middle of a text", Some("quote the text, or move the comment")),
        ErrorKind::CommentNotSeparated => ("a `#` follows text without a blank", Some("put a blank before the comment, or quote the text")),
        ErrorKind::BomInsideDocument => ("a byte order mark stands inside the file", Some("remove the invisible character U+FEFF")),
        ErrorKind::PlainScalarStartsWithDashFlowIndicator => ("a `-` stands before a bracket or comma", Some("quote the text")),
        _ => return None,
    })
}

fn property_fault(kind: &ErrorKind) -> Option<Words> {
    Some(match kind {
        ErrorKind::MissingAnchorOrAliasName => {
            ("a `*` or `&` without a name", Some("quote the text: at the start of a value these two characters mean something to YAML"))
        }
        ErrorKind::ExpectedTagBang
        | ErrorKind::InvalidGlobalTagCharacter
        | ErrorKind::UndeclaredTagHandle
        | ErrorKind::InvalidTagTerminator
        | ErrorKind::MissingTagUri
        | ErrorKind::UnclosedVerbatimTag
        | ErrorKind::InvalidTagEscape
        | ErrorKind::InvalidTagUtf8LeadingByte
        | ErrorKind::InvalidTagUtf8TrailingByte
        | ErrorKind::InvalidTagUtf8 => ("a `!` starts a tag, and this one is not written as one", Some("quote the text")),
        ErrorKind::InvalidDocumentEnd => ("text follows the `...` that ends the document", Some("remove it")),
        ErrorKind::AnchorCountOverflow => ("the file has too many anchors", None),
        _ => return None,
    })
}

/// Inside `[…]` or `{…}`.
fn bracket_fault(file: &SourceFile, kind: &ErrorKind, place: Span, open: usize) -> Diagnostic {
    let opening = match kind {
        ErrorKind::MismatchedFlowCollectionEnd { open, .. } => *open,
        _ => file.text()[open..].chars().next().unwrap_or('['),
    };
    let closing = if opening == '{' { '}' } else { ']' };
    let message = match kind {
        ErrorKind::MismatchedFlowCollectionEnd { open, close } => format!("`{open}` is closed by `{close}`"),
        ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnclosedFlowCollection { .. } => format!("`{opening}` is not closed"),
        ErrorKind::BlockEntryInFlowCollection => "a `-` cannot start an item inside brackets".to_owned(),
        _ => format!("`,` or `{closing}` is missing before this"),
    };
    let opened = file.span_of(open..open + 1);
    let help = format!(
        "close the bracket with `{closing}`, put commas between its items, and quote texts that hold `[`, `]`, `{{`, `}}`, `,` or `: `"
    );
    if place == opened {
        return Diagnostic::new(&catalogue::YAML_SYNTAX, place, message).help(help);
    }
    // What follows on a later line is most often right, and the bracket above it was forgotten.
    let later = file.position(place.start).line > file.position(opened.start).line;
    if later && (matches!(kind, ErrorKind::InvalidColonPlacement) || indent(file, place) <= indent(file, opened)) {
        return Diagnostic::new(&catalogue::YAML_SYNTAX, opened, format!("`{opening}` is not closed"))
            .label("opened here")
            .also(place, format!("`,` or `{closing}` is missing before this"))
            .help(help);
    }
    Diagnostic::new(&catalogue::YAML_SYNTAX, place, message).also(opened, "opened here").help(help)
}

/// How far the line of a place is indented.
fn indent(file: &SourceFile, place: Span) -> usize {
    let line = recover::line_at(file.text(), recover::line_start(file.text(), file.range_of(place).start));
    line.len() - line.trim_start().len()
}

/// By indentation.
fn block_fault(file: &SourceFile, kind: &ErrorKind, offset: usize) -> Diagnostic {
    let place = place(file, offset);
    let (message, help) = match kind {
        ErrorKind::MisplacedFlowCollectionEnd => {
            ("a bracket is closed that was not opened", "remove it, or quote the text that it belongs to")
        }
        ErrorKind::MappingValueNotAllowed => {
            ("a `:` stands where no key can be", "put a blank after the `:` of the line above, or quote the text that this `:` belongs to")
        }
        ErrorKind::BlockSequenceEntryNotAllowed => {
            ("a list cannot start here", "start it on the next line, or quote the text if the `-` belongs to it")
        }
        ErrorKind::ExpectedBlockSequenceEntry => (
            "this line is indented like the list above, but starts no item of it",
            "start it with `- `, or indent it like the keys that it belongs to",
        ),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation if starts_item(file, offset) => {
            ("a list item stands where a key is expected", "indent the list below its key, or remove the `- `")
        }
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::InvalidIndentation => {
            ("this is no key of the map above", "indent it like the other keys of its map, and write `key: value`")
        }
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => ("a line of a map has no `:`", "write `key: value`"),
        ErrorKind::ExpectedDocumentStart => ("text follows the end of the document", "indent it like the lines above"),
        _ => ("the text is not valid YAML from here on", "check the indentation and the quotes of this line and the one above"),
    };
    Diagnostic::new(&catalogue::YAML_SYNTAX, place, message).help(help)
}

fn starts_item(file: &SourceFile, offset: usize) -> bool {
    let text = file.text();
    let line = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    text[line..].trim_start().starts_with("- ")
}
