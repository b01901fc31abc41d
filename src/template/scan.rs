//! The first look at a template, token by token: limits that keep the parser's stack small, tags that match, statements that exist.
//!
//! The parser recurses over what it reads and reports an unclosed block at the end of the text. Both are settled here, on the flat list of
//! tokens, where the place of the opening tag is known.

use std::ops::Range;

use minijinja::machinery::{Span, Token, tokenize};

use super::{Fault, errors, library};
use crate::diag::{catalogue, did_you_mean, nearest, one_of};

/// Tokens in one `{{ … }}` or `{% … %}`: the parser, the compiler and the destructors recurse over chains of operators.
const TOKENS_IN_TAG: usize = 1_000;
/// Tokens in all.
const TOKENS: usize = 60_000;
/// Brackets in brackets.
const BRACKETS: usize = 50;
/// Blocks in blocks.
const BLOCKS: usize = 50;
/// `elif` branches in all, each of which the parser nests in the one before.
const ELIFS: usize = 200;

const STATEMENTS: &[&str] = &["break", "call", "continue", "do", "filter", "for", "if", "macro", "raw", "set", "with"];
const FOREIGN: &[&str] = &["autoescape", "block", "extends", "from", "import", "include"];

struct Tag<'a> {
    open: Range<usize>,
    statement: bool,
    keyword: Option<(&'a str, Range<usize>)>,
    tokens: usize,
    brackets: usize,
    assigns: bool,
}

struct Scanner<'a> {
    text: &'a str,
    tag: Option<Tag<'a>>,
    blocks: Vec<(&'a str, Range<usize>)>,
    tokens: usize,
    elifs: usize,
    faults: Vec<Fault>,
}

/// Checks a template of at most `most` bytes. After an `Ok`, the parser's stack is bounded and every block is closed.
pub(super) fn scan(text: &str, most: usize) -> Result<(), Vec<Fault>> {
    if text.len() > most {
        let message = format!("the template is {} KB long, and {} KB is the most", text.len() / 1024, most / 1024);
        return Err(vec![Fault::limit(0..text.len().min(1), message)]);
    }
    let mut scanner = Scanner { text, tag: None, blocks: Vec::new(), tokens: 0, elifs: 0, faults: Vec::new() };
    let mut last = 0..0;
    for token in tokenize(text, false, library::syntax()) {
        match token {
            Ok((token, span)) => {
                last = bytes(span);
                scanner.token(&token, last.clone());
            }
            Err(error) => {
                scanner.faults.push(errors::lexing(&error, text, &last, scanner.tag.as_ref().map(|tag| tag.open.clone())));
                return Err(scanner.faults);
            }
        }
        // A limit that is passed would be passed again at each token.
        if scanner.faults.last().is_some_and(|fault| fault.rule == &catalogue::TEMPLATE_LIMIT) {
            return Err(scanner.faults);
        }
    }
    scanner.finish();
    if scanner.faults.is_empty() { Ok(()) } else { Err(scanner.faults) }
}

/// The bytes of a token.
pub(super) fn bytes(span: Span) -> Range<usize> {
    span.start_offset as usize..span.end_offset as usize
}

impl<'a> Scanner<'a> {
    fn token(&mut self, token: &Token<'a>, range: Range<usize>) {
        self.tokens += 1;
        if self.tokens > TOKENS {
            self.faults.push(Fault::limit(range, format!("the template has more than {TOKENS} words and signs")));
            return;
        }
        match token {
            Token::TemplateData(_) => {}
            Token::VariableStart | Token::BlockStart => {
                let statement = matches!(token, Token::BlockStart);
                self.tag = Some(Tag { open: range, statement, keyword: None, tokens: 0, brackets: 0, assigns: false });
            }
            Token::VariableEnd | Token::BlockEnd => {
                if let Some(tag) = self.tag.take() {
                    self.close(tag, range.end);
                }
            }
            _ => self.inside(token, range),
        }
    }

    fn inside(&mut self, token: &Token<'a>, range: Range<usize>) {
        let Some(tag) = self.tag.as_mut() else { return };
        tag.tokens += 1;
        let limit = match token {
            Token::ParenOpen | Token::BracketOpen | Token::BraceOpen => {
                tag.brackets += 1;
                (tag.brackets > BRACKETS).then(|| format!("brackets are nested more than {BRACKETS} deep"))
            }
            Token::ParenClose | Token::BracketClose | Token::BraceClose => {
                tag.brackets = tag.brackets.saturating_sub(1);
                None
            }
            _ => (tag.tokens > TOKENS_IN_TAG).then(|| format!("one expression has more than {TOKENS_IN_TAG} words and signs")),
        };
        if let Some(message) = limit {
            self.faults.push(Fault::limit(range, message));
            return;
        }
        match token {
            Token::Ident(name) if tag.tokens == 1 => tag.keyword = Some((name, range)),
            Token::Ident(name) if name.starts_with("__") => {
                let message = format!("`{name}` is not a name that templates can use");
                self.faults.push(Fault::new(&catalogue::UNDEFINED_NAME, range, message).help("use a name that does not begin with `__`"));
            }
            Token::Assign if tag.brackets == 0 => tag.assigns = true,
            _ => {}
        }
    }

    /// Takes in a tag that is complete.
    fn close(&mut self, tag: Tag<'a>, end: usize) {
        if !tag.statement {
            if let Some((name, range)) = tag.keyword.filter(|(name, _)| name.starts_with("__")) {
                let message = format!("`{name}` is not a name that templates can use");
                self.faults.push(Fault::new(&catalogue::UNDEFINED_NAME, range, message).help("use a name that does not begin with `__`"));
            }
            return;
        }
        let whole = tag.open.start..end;
        let Some((keyword, range)) = tag.keyword else {
            let fault = Fault::new(&catalogue::TEMPLATE_SYNTAX, whole, "a `{% … %}` says nothing").label("expected a statement");
            self.faults.push(fault.help(format!("write {}", one_of(STATEMENTS.iter().copied()))));
            return;
        };
        match keyword {
            "for" | "if" | "macro" | "call" | "filter" | "with" => self.open(keyword, whole),
            "set" if !tag.assigns => self.open(keyword, whole),
            "set" | "do" | "break" | "continue" => {}
            "else" | "elif" => self.branch(keyword, whole, range),
            _ => match keyword.strip_prefix("end") {
                Some(name) if STATEMENTS.contains(&name) => self.end(name, whole),
                _ if self.misspelt_end(keyword, &range) => {}
                _ => self.faults.push(unknown_statement(keyword, range)),
            },
        }
    }

    fn open(&mut self, keyword: &'a str, whole: Range<usize>) {
        self.blocks.push((keyword, whole.clone()));
        if self.blocks.len() > BLOCKS {
            self.faults.push(Fault::limit(whole, format!("blocks are nested more than {BLOCKS} deep")));
        }
    }

    fn branch(&mut self, keyword: &str, whole: Range<usize>, range: Range<usize>) {
        self.elifs += usize::from(keyword == "elif");
        if self.elifs > ELIFS {
            self.faults.push(Fault::limit(range, format!("the template has more than {ELIFS} `elif` branches")));
            return;
        }
        let fits = self.blocks.last().is_some_and(|(open, _)| *open == "if" || (*open == "for" && keyword == "else"));
        if !fits {
            let message = format!("`{{% {keyword} %}}` stands in no `{{% if %}}`");
            self.faults.push(Fault::new(&catalogue::TEMPLATE_SYNTAX, whole, message).label("nothing to choose between here"));
        }
    }

    fn end(&mut self, name: &str, whole: Range<usize>) {
        match self.blocks.last() {
            Some((open, _)) if *open == name => {
                self.blocks.pop();
            }
            Some((open, _)) => {
                let message = format!("`{{% end{name} %}}` closes `{{% {open} %}}`");
                let fault = Fault::new(&catalogue::TEMPLATE_SYNTAX, whole, message).label(format!("expected `{{% end{open} %}}`"));
                // The innermost block of that name is taken to be closed, so that one slip is one fault.
                if let Some(index) = self.blocks.iter().rposition(|(open, _)| *open == name) {
                    self.blocks.truncate(index);
                }
                self.faults.push(fault);
            }
            None => {
                let message = format!("`{{% end{name} %}}` closes nothing");
                let fault = Fault::new(&catalogue::TEMPLATE_SYNTAX, whole, message);
                self.faults.push(fault.label(format!("no `{{% {name} %}}` is open here")));
            }
        }
    }

    /// Takes a misspelt `endfor` for the end of the open block, so that one slip is one fault.
    fn misspelt_end(&mut self, keyword: &str, range: &Range<usize>) -> bool {
        let ends: Vec<_> = self.blocks.iter().map(|(open, _)| format!("end{open}")).collect();
        let Some(meant) = nearest(keyword, ends.iter().map(String::as_str)).filter(|_| keyword.starts_with('e')) else { return false };
        let message = format!("`{keyword}` is not a statement");
        let fault = Fault::new(&catalogue::TEMPLATE_SYNTAX, range.clone(), message).label("expected a statement");
        self.faults.push(fault.help(format!("did you mean `{meant}`?")));
        if let Some(index) = ends.iter().rposition(|end| end == meant) {
            self.blocks.truncate(index);
        }
        true
    }

    fn finish(&mut self) {
        if let Some(tag) = self.tag.take() {
            let (open, close) = if tag.statement { ("{%", "%}") } else { ("{{", "}}") };
            let message = format!("`{open}` is not closed");
            let fault = Fault::new(&catalogue::TEMPLATE_SYNTAX, errors::fit(self.text, tag.open), message);
            self.faults.push(fault.label("opened here").help(format!("close it with `{close}`")));
            return;
        }
        for (keyword, whole) in std::mem::take(&mut self.blocks) {
            let message = format!("`{{% {keyword} %}}` is not closed");
            let fault = Fault::new(&catalogue::TEMPLATE_SYNTAX, whole, message).label("opened here");
            self.faults.push(match keyword {
                "set" => fault.help("write `{% set name = value %}`, or close the block with `{% endset %}`"),
                _ => fault.help(format!("close it with `{{% end{keyword} %}}`")),
            });
        }
    }
}

fn unknown_statement(keyword: &str, range: Range<usize>) -> Fault {
    if FOREIGN.contains(&keyword.strip_prefix("end").unwrap_or(keyword)) {
        let fault = Fault::new(&catalogue::TEMPLATE_SYNTAX, range, format!("templates have no `{keyword}`"));
        return fault
            .note("a template sees its own text, and the macros of the workspace by their names; it reads no other file")
            .help("put shared text into a macro in the workspace's `macros` folder and call it by its name");
    }
    let fault = Fault::new(&catalogue::TEMPLATE_SYNTAX, range, format!("`{keyword}` is not a statement"));
    let known = STATEMENTS.iter().copied();
    let help = did_you_mean(keyword, known.clone()).unwrap_or_else(|| format!("write {}", one_of(known)));
    fault.label("expected a statement").help(help)
}
