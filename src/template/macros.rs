//! Macros of a workspace: files of `{% macro %}` definitions, compiled once for all templates.
//!
//! All files become one hidden template, so that macros of one file can call those of another in any order; each template that uses a macro
//! imports it from there. Invariant: a macro file that has a fault gives no macro, and its fault is reported at its own bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, LazyLock};

use minijinja::Environment;
use minijinja::machinery::ast::Stmt;
use minijinja::machinery::parse;

use super::names::{self, Vocabulary};
use super::rewrite::Rewritten;
use super::{Fault, Uses, errors, library, scan};
use crate::diag::catalogue;

/// The hidden template.
pub(super) const TEMPLATE: &str = "macros";
/// The most bytes of a macro file.
const MOST: usize = 256 * 1024;

/// The macros of a workspace. Cheap to clone.
#[derive(Clone)]
pub struct Macros(pub(super) Arc<Table>);

pub(super) struct Table {
    pub(super) env: Environment<'static>,
    /// Macros that templates can call.
    pub(super) names: BTreeSet<String>,
    /// Macros of files that have faults.
    pub(super) broken: BTreeSet<String>,
    /// Names that the macros use and do not define.
    pub(super) uses: BTreeSet<String>,
    /// What each macro reads.
    each: BTreeMap<String, Uses>,
    files: Vec<File>,
}

struct File {
    name: String,
    text: String,
    guards: Vec<Range<usize>>,
    /// Bytes of the hidden template that hold this file.
    place: Range<usize>,
}

impl Default for Macros {
    fn default() -> Self {
        static NONE: LazyLock<Macros> = LazyLock::new(|| Macros::new(&[]).0);
        NONE.clone()
    }
}

impl Macros {
    /// Compiles macro files, given as name and text. Each macro is called by its own name; one whose name begins with `_` only by other macros.
    #[must_use]
    pub fn new(files: &[(String, String)]) -> (Self, Vec<Fault>) {
        let mut table = Table {
            env: library::environment(),
            names: BTreeSet::new(),
            broken: BTreeSet::new(),
            uses: BTreeSet::new(),
            each: BTreeMap::new(),
            files: Vec::new(),
        };
        let mut faults = Vec::new();
        let mut defined = indexmap::IndexMap::new();
        let mut whole = String::new();
        for (name, text) in files {
            let found = read(name, text, &mut defined);
            if !found.faults.is_empty() {
                table.broken.extend(found.names);
                faults.extend(found.faults.into_iter().map(|fault| Fault { file: Some(name.clone()), ..fault }));
                continue;
            }
            let start = whole.len();
            whole.push_str(&Rewritten::new(text, "", &found.guards).text);
            table.files.push(File { name: name.clone(), text: text.clone(), guards: found.guards, place: start..whole.len() });
            table.names.extend(found.names);
            table.uses.extend(found.uses);
            table.each.extend(found.each);
        }
        table.broken = table.broken.difference(&table.names).cloned().collect();
        table.uses = table.uses.difference(&table.names).cloned().collect();
        // Each file is well-formed on its own, so the only thing that can fail here is a limit of the engine.
        if let Err(error) = table.env.add_template_owned(TEMPLATE, whole) {
            faults.extend(files.first().map(|(name, _)| Fault { file: Some(name.clone()), ..errors::parsing(&error, "") }));
        }
        (Self(Arc::new(table)), faults)
    }

    /// True where a macro reads a name that it does not define.
    #[must_use]
    pub fn read(&self, name: &str) -> bool {
        self.0.uses.contains(name)
    }

    /// What a macro reads; `None` where there is no such macro.
    #[must_use]
    pub fn uses(&self, name: &str) -> Option<&Uses> {
        self.0.each.get(name)
    }
}

impl Table {
    /// The file and its bytes for bytes of the hidden template.
    pub(super) fn locate(&self, range: &Range<usize>) -> Option<(&str, &str, Range<usize>)> {
        let file = self.files.iter().find(|file| file.place.start <= range.start && range.start < file.place.end)?;
        let rewritten = Rewritten::new(&file.text, "", &file.guards);
        let end = range.end.min(file.place.end);
        Some((&file.name, &file.text, rewritten.original(range.start - file.place.start..end - file.place.start)))
    }

    /// The fault behind an "undefined" in a macro.
    pub(super) fn explain(text: &str, vocabulary: &Vocabulary<'_>, range: &Range<usize>) -> Option<Fault> {
        let ast = parse(text, TEMPLATE, library::syntax()).ok()?;
        names::explain(&ast, text, vocabulary, range)
    }
}

#[derive(Default)]
struct Found {
    names: Vec<String>,
    uses: Vec<String>,
    each: Vec<(String, Uses)>,
    guards: Vec<Range<usize>>,
    faults: Vec<Fault>,
}

fn read(name: &str, text: &str, defined: &mut indexmap::IndexMap<String, String>) -> Found {
    let mut found = Found { names: declared(text), ..Found::default() };
    if let Err(faults) = scan::scan(text, MOST) {
        found.faults = faults;
        return found;
    }
    let ast = match parse(text, TEMPLATE, library::syntax()) {
        Ok(ast) => ast,
        Err(error) => {
            found.faults.push(errors::parsing(&error, text));
            return found;
        }
    };
    let Stmt::Template(template) = &ast else { return found };
    found.names.clear();
    for child in &template.children {
        match child {
            Stmt::Macro(definition) => {
                found.names.push(definition.name.to_owned());
                found.each.push((definition.name.to_owned(), Uses::new(&names::walk(child, text, None))));
                if let Some(fault) = duplicate(definition.name, name, scan::bytes(definition.span()), text, defined) {
                    found.faults.push(fault);
                }
            }
            Stmt::EmitRaw(raw) if raw.raw.trim().is_empty() => {}
            Stmt::EmitRaw(raw) => {
                let lead = raw.raw.len() - raw.raw.trim_start().len();
                let start = scan::bytes(raw.span()).start + lead;
                let end = start + raw.raw.trim().lines().next().unwrap_or_default().len();
                found.faults.push(stray(errors::fit(text, start..end)));
            }
            other => found.faults.push(stray(errors::fit(text, place(other)))),
        }
    }
    let names = names::walk(&ast, text, None);
    found.uses = names.used.iter().map(|&name| name.to_owned()).collect();
    found.guards = names.guards;
    found.faults.extend(names.faults);
    found
}

fn duplicate(name: &str, file: &str, span: Range<usize>, text: &str, defined: &mut indexmap::IndexMap<String, String>) -> Option<Fault> {
    let first = defined.insert(name.to_owned(), file.to_owned())?;
    let start = text[span.clone()].find(name).map_or(span.start, |offset| span.start + offset);
    let fault = Fault::new(&catalogue::TEMPLATE_SYNTAX, start..start + name.len(), format!("two macros are called `{name}`"));
    Some(fault.label("the second one").note(format!("the other one is in `{first}`; macros are called by name from every template")))
}

fn stray(range: Range<usize>) -> Fault {
    Fault::new(&catalogue::TEMPLATE_SYNTAX, range, "a macro file holds something that is not a macro")
        .label("outside a macro")
        .help("put it into `{% macro name() %} … {% endmacro %}`, or into a comment `{# … #}`")
}

fn place(stmt: &Stmt<'_>) -> Range<usize> {
    match stmt {
        Stmt::EmitExpr(stmt) => scan::bytes(stmt.span()),
        Stmt::ForLoop(stmt) => scan::bytes(stmt.span()),
        Stmt::IfCond(stmt) => scan::bytes(stmt.span()),
        Stmt::WithBlock(stmt) => scan::bytes(stmt.span()),
        Stmt::Set(stmt) => scan::bytes(stmt.span()),
        Stmt::SetBlock(stmt) => scan::bytes(stmt.span()),
        Stmt::FilterBlock(stmt) => scan::bytes(stmt.span()),
        Stmt::CallBlock(stmt) => scan::bytes(stmt.span()),
        Stmt::Do(stmt) => scan::bytes(stmt.span()),
        _ => 0..1,
    }
}

/// Names of macros in a text that may not be well-formed.
fn declared(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices("macro ") {
        let name: String = text[at + 6..].trim_start().chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if !text[..at].ends_with("end") && !name.is_empty() {
            names.push(name);
        }
    }
    names
}
