//! Allow comments: `# etlc: allow LINT: REASON` keeps a lint from being reported on a line.
//!
//! A comment covers its own line, or, on a line of its own, the next line with content. In YAML it also covers what that line opens: everything below that is
//! indented deeper, and a list's items; how else would one speak of a block scalar. In SQL and code it covers the one line.
//! Invariant: a file is read for comments once, and only if it names etlc at all.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::comment::{self, Comment};
use super::levels::{Levels, lints};
use crate::diag::{Applicability, Diagnostic, Rule, catalogue, did_you_mean, nearest, one_of};
use crate::source::{FileId, Files, SourceFile, Span};
use crate::syntax::{self, Entry, Node};

/// The allow comments of the files that were asked about so far.
pub(super) struct Allows<'a> {
    files: &'a Files<'a>,
    read: Mutex<BTreeMap<FileId, Arc<Allowed>>>,
}

/// The allow comments of a file.
#[derive(Default)]
struct Allowed {
    allows: Vec<Allow>,
    faults: Vec<Diagnostic>,
}

/// An allow comment.
struct Allow {
    span: Span,
    lines: RangeInclusive<u32>,
    /// True where another environment may find what this one does not.
    depends: bool,
    names: Vec<Name>,
}

/// A lint that a comment names.
struct Name {
    rule: &'static Rule,
    span: Span,
    used: AtomicBool,
}

impl<'a> Allows<'a> {
    pub(super) fn new(files: &'a Files<'a>) -> Self {
        Self { files, read: Mutex::default() }
    }

    /// The findings that no comment allows.
    pub(super) fn apply(&self, mut diagnostics: Vec<Diagnostic>) -> Vec<Diagnostic> {
        diagnostics.retain(|found| found.rule.level.is_none() || !self.covers(found));
        diagnostics
    }

    fn covers(&self, found: &Diagnostic) -> bool {
        let Some(file) = self.files.map().file(found.span()) else { return false };
        let allowed = self.of(&file);
        if allowed.allows.is_empty() {
            return false;
        }
        let line = file.position(found.span().start).line;
        let covering = allowed.allows.iter().filter(|allow| allow.lines.contains(&line)).flat_map(|allow| &allow.names);
        covering.filter(|name| name.rule.id == found.rule.id).map(|name| name.used.store(true, Ordering::Relaxed)).count() > 0
    }

    /// Comments of a file that are meant to allow something and are not written so.
    pub(super) fn faults(&self, path: &str) -> Vec<Diagnostic> {
        self.at(path).map(|allowed| allowed.faults.clone()).unwrap_or_default()
    }

    /// Comments of a file that allowed nothing, once everything was looked for.
    pub(super) fn unused(&self, path: &str, levels: &Levels) -> Vec<Diagnostic> {
        let Some(allowed) = self.at(path) else { return Vec::new() };
        let mut found = Vec::new();
        for allow in allowed
            .allows
            .iter()
            .filter(|allow| !allow.depends && !allow.names.iter().any(|name| name.rule.id == catalogue::UNUSED_ALLOW.id))
        {
            // What a lint that is off would find is not known, and what a target's finds is another target's as well.
            let is_unused =
                |name: &&Name| !name.used.load(Ordering::Relaxed) && !levels.is_off(name.rule) && !name.rule.id.starts_with("target-");
            found.extend(allow.names.iter().filter(is_unused).map(|name| self.nothing(allow, name)));
        }
        found
    }

    fn at(&self, path: &str) -> Option<Arc<Allowed>> {
        // Most files are no place for comments to etlc, and those that are no text have none.
        let bytes = self.files.bytes(path).ok()?;
        let text = std::str::from_utf8(&bytes).ok()?;
        comment::may_have(text).then_some(())?;
        Some(self.of(&*self.files.text(path).ok()?))
    }

    fn of(&self, file: &SourceFile) -> Arc<Allowed> {
        if let Some(known) = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(&file.id()) {
            return Arc::clone(known);
        }
        let allowed = Arc::new(if comment::may_have(file.text()) { read(file) } else { Allowed::default() });
        // Where two threads read one file, the first to come here is the one whose comments are used.
        Arc::clone(self.read.lock().unwrap_or_else(PoisonError::into_inner).entry(file.id()).or_insert(allowed))
    }

    fn nothing(&self, allow: &Allow, name: &Name) -> Diagnostic {
        let is_alone = allow.names.len() == 1;
        let found = Diagnostic::new(&catalogue::UNUSED_ALLOW, name.span, format!("nothing here needs `{}` to be allowed", name.rule.id))
            .label("allows nothing")
            .note("a comment above a line covers the next line with content, and in YAML what that line opens")
            .help(if is_alone { "remove the comment" } else { "remove the name" });
        let Some(file) = self.files.map().file(allow.span).filter(|_| is_alone) else { return found };
        found.fix("remove the comment", Applicability::Unsafe, whole(&file, allow.span), "")
    }
}

/// A comment with the blanks before it, and with its line where it has one of its own.
fn whole(file: &SourceFile, comment: Span) -> Span {
    let range = file.range_of(comment);
    let before = file.text()[..range.start].trim_end_matches([' ', '\t']);
    let starts_line = before.is_empty() || before.ends_with('\n');
    let breaks = usize::from(starts_line && file.text()[range.end..].starts_with('\n'));
    file.span_of(before.len()..range.end + breaks)
}

fn read(file: &SourceFile) -> Allowed {
    let mut allowed = Allowed::default();
    let extension = file.path().rsplit('.').next().unwrap_or_default();
    let is_yaml = ["yaml", "yml"].contains(&extension);
    let document = is_yaml.then(|| syntax::parse(file).0);
    let depending = document.as_ref().and_then(|document| document.root.as_ref()).map(|root| depending(root, file)).unwrap_or_default();
    let lines = Lines::new(file.text());
    for comment in comment::find(file, document.as_ref()) {
        match directive(file, &comment) {
            Ok(names) => {
                let covered = lines.covered(file.position(comment.span.start).line, comment.is_of_yaml);
                let depends = depending.iter().any(|range| range.contains(covered.start()));
                allowed.allows.push(Allow { span: comment.span, lines: covered, depends, names });
            }
            Err(fault) => allowed.faults.push(*fault),
        }
    }
    allowed
}

/// The lints that a comment names.
fn directive(file: &SourceFile, comment: &Comment) -> Result<Vec<Name>, Box<Diagnostic>> {
    let fault = |span: Span, message: String| Diagnostic::new(&catalogue::ALLOW_COMMENT, span, message);
    if !comment.is_exact {
        let found = fault(comment.head, "the comment is meant to allow something, and is not written as it must be".to_owned())
            .label("not read")
            .help("write `etlc: allow LINT: REASON`");
        return Err(Box::new(found.fix("write `etlc: allow `", Applicability::Safe, comment.head, "etlc: allow ")));
    }
    let rest = file.slice(comment.rest);
    let (names, reason) = rest.split_once(':').map_or((rest, ""), |(names, reason)| (names, reason.trim()));
    let mut found = Vec::new();
    let mut at = 0;
    for piece in names.split(',') {
        let name = piece.trim();
        let start = comment.rest.start as usize + at + (piece.len() - piece.trim_start().len());
        let span = Span::new(u32::try_from(start).unwrap_or(u32::MAX), u32::try_from(start + name.len()).unwrap_or(u32::MAX));
        at += piece.len() + 1;
        let known = lints().find(|rule| rule.id == name.replace('_', "-"));
        let rule = known.ok_or_else(|| Box::new(unknown(name, span, comment)))?;
        found.push(Name { rule, span, used: AtomicBool::new(false) });
    }
    if reason.is_empty() {
        return Err(Box::new(
            fault(comment.span, "an allow comment does not say why".to_owned())
                .label("why?")
                .note("who reads it later must know whether the reason still holds")
                .help(format!("write `etlc: allow {}: REASON`", names.trim())),
        ));
    }
    Ok(found)
}

fn unknown(name: &str, span: Span, comment: &Comment) -> Diagnostic {
    let fault = |span: Span, message: String| Diagnostic::new(&catalogue::ALLOW_COMMENT, span, message);
    if name.is_empty() {
        let message = "an allow comment does not say which lint it allows".to_owned();
        return fault(comment.span, message).label("which?").help("write `etlc: allow LINT: REASON`");
    }
    if Rule::find(name).is_some() {
        return fault(span, format!("`{name}` is an error, and errors cannot be allowed"))
            .label("not a lint")
            .note("what is an error cannot be written for any target, so nothing would be gained")
            .help("mend what it reports, and remove this comment");
    }
    let names = || lints().map(|rule| rule.id);
    let found = fault(span, format!("no lint is called `{name}`"))
        .label("not known")
        .note(format!("known: {}", one_of(names())))
        .maybe_help(did_you_mean(name, names()));
    match nearest(name, names()) {
        Some(near) => found.fix(format!("replace `{name}` with `{near}`"), Applicability::Unsafe, span, near),
        None => found,
    }
}

/// A text as lines, each with the next one that has content.
struct Lines<'a> {
    lines: Vec<&'a str>,
    next: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let mut next = vec![0; lines.len()];
        let mut content = lines.len().saturating_sub(1);
        for index in (0..lines.len()).rev() {
            next[index] = content;
            let line = lines[index].trim_start();
            if !line.is_empty() && !line.starts_with('#') && !line.starts_with("--") {
                content = index;
            }
        }
        Self { lines, next }
    }

    /// The lines that a comment on a line covers; with `blocks`, also what those open.
    fn covered(&self, line: u32, blocks: bool) -> RangeInclusive<u32> {
        let own = (line as usize - 1).min(self.lines.len() - 1);
        let is_alone = self.lines[own].trim_start().starts_with(['#', '-']) && !self.lines[own].trim_start().starts_with("- ");
        let first = if is_alone { self.next[own] } else { own };
        let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
        let is_item = |line: &str| line.trim_start().starts_with("- ");
        let opener = self.lines[first];
        let belongs = |line: &&&str| {
            line.trim().is_empty() || indent(line) > indent(opener) || (indent(line) == indent(opener) && is_item(line) && !is_item(opener))
        };
        let n_more = if blocks { self.lines[first + 1..].iter().take_while(belongs).count() } else { 0 };
        let number = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
        number(first)..=number(first + n_more)
    }
}

/// Lines of parts that only count in some environments: overlays, and steps with an `if`.
fn depending(root: &Node, file: &SourceFile) -> Vec<RangeInclusive<u32>> {
    let steps = root.get("steps").map(Node::entries).unwrap_or_default();
    let lines = |entry: &Entry| file.position(entry.key_span.start).line..=file.position(entry.value.span.end).line;
    root.entry("environments").into_iter().chain(steps.iter().filter(|step| step.value.get("if").is_some())).map(lines).collect()
}
