//! From the parser's events to nodes, with a stack of our own instead of recursion.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, StructureStyle, Tag};

use super::aliases::Anchors;
use super::document::{Comment, MAX_DEPTH};
use super::entries::{Key, MapBuilder};
use super::recover::{self, Stop};
use super::unquoted::{self, Repair};
use super::{faults, left, yaml_1_1};
use crate::diag::{Applicability, Diagnostic, Findings, catalogue};
use crate::source::{SourceFile, Span};
use crate::syntax::{Kind, Node, Scalar, Style, resolve, shorten};

/// What became of a file's text.
pub(super) struct Outcome {
    pub root: Option<Node>,
    pub comments: Vec<Comment>,
    pub diagnostics: Vec<Diagnostic>,
    /// A value that could be read if it had quotes: worth another try without it.
    pub repair: Option<Repair>,
    /// Where reading stopped at a syntax error, which is the last finding.
    pub stop: Option<Stop>,
    /// True where it stopped at a tab.
    pub is_tab: bool,
}

/// Reads a text of the file's length; values in `masked` ranges are unknown. What stood in `blanked` ranges is gone.
pub(super) fn build(file: &SourceFile, text: &str, masked: &[Range<usize>], blanked: &[Range<usize>], max_nodes: usize) -> Outcome {
    let mut builder = Builder {
        file,
        text,
        masked,
        blanked,
        behind: 0,
        frames: Vec::new(),
        root: None,
        anchors: Anchors::new(file),
        comments: Vec::new(),
        nodes: 0,
        max_nodes,
        diagnostics: Findings::default(),
        repair: None,
        stop: None,
        is_tab: false,
    };
    builder.run();
    let broken = builder.frames.pop().is_some();
    Outcome {
        root: builder.root.filter(|_| !broken),
        comments: builder.comments,
        diagnostics: builder.diagnostics.finish(),
        repair: builder.repair,
        stop: builder.stop,
        is_tab: builder.is_tab,
    }
}

/// A map or list that is not closed yet.
struct Frame {
    start: usize,
    /// End of what was read of it so far.
    end: usize,
    flow: bool,
    anchor: usize,
    /// Depth of the deepest node in it.
    height: usize,
    content: Content,
}

enum Content {
    List(Vec<Node>),
    Map(MapBuilder),
}

struct Builder<'a> {
    file: &'a SourceFile,
    text: &'a str,
    masked: &'a [Range<usize>],
    blanked: &'a [Range<usize>],
    /// End of the last event.
    behind: usize,
    frames: Vec<Frame>,
    root: Option<Node>,
    anchors: Anchors<'a>,
    comments: Vec<Comment>,
    nodes: usize,
    max_nodes: usize,
    diagnostics: Findings,
    repair: Option<Repair>,
    stop: Option<Stop>,
    is_tab: bool,
}

/// Whether to go on reading.
type Next = std::ops::ControlFlow<()>;
const GO_ON: Next = Next::Continue(());
const STOP: Next = Next::Break(());

impl Builder<'_> {
    fn run(&mut self) {
        let options = granit_parser::options! {
            emit_unresolved_aliases: true,
            emit_anchor_events: true,
            emit_comments: true,
            disallow_directives: true,
            max_buffered_comment_events: usize::MAX,
        };
        let mut parser = Parser::new_from_str_with_options(self.text, options);
        while let Some(event) = parser.next_event() {
            let next = match event {
                Ok((_, span)) if self.nodes > self.max_nodes => self.too_many(&span),
                Ok((event, span)) => self.event(event, &span),
                Err(error) => self.syntax_error(&error),
            };
            if next.is_break() {
                return;
            }
        }
    }

    fn event(&mut self, event: Event<'_>, span: &granit_parser::Span) -> Next {
        let range = span.byte_range().unwrap_or_default();
        self.behind = self.behind.max(range.end);
        match event {
            Event::DocumentStart(..) if self.root.is_some() => return self.second_document(&range),
            Event::Comment(text, _) => {
                self.comments.push(Comment { span: self.file.span_of(range), text: text.trim().to_owned() });
            }
            Event::Anchor(id, name) => self.anchors.name(id, &name),
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, span, tag.as_deref());
                self.finish(node, anchor, 0);
            }
            Event::Alias(id) => {
                let (node, height) = self.anchors.copy(id, self.file.span_of(range), &mut self.diagnostics);
                if self.frames.len() + height > MAX_DEPTH {
                    return self.too_deep(node.span);
                }
                self.finish(node, 0, height);
            }
            Event::UnresolvedAlias(name) => {
                let span = self.file.span_of(range);
                self.diagnostics.push(self.anchors.undefined(&name, span));
                self.finish(Node::unknown(span), 0, 0);
            }
            Event::SequenceStart(style, anchor, tag) => return self.open(style, anchor, tag.as_deref(), span, Content::List(Vec::new())),
            Event::MappingStart(style, anchor, tag) => {
                return self.open(style, anchor, tag.as_deref(), span, Content::Map(MapBuilder::default()));
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(&range),
            _ => {}
        }
        GO_ON
    }

    fn open(&mut self, style: StructureStyle, anchor: usize, tag: Option<&Tag>, span: &granit_parser::Span, content: Content) -> Next {
        let range = span.byte_range().unwrap_or_default();
        if let Some(tag) = tag {
            let good = matches!((&content, tag.core_suffix()), (Content::List(_), Some("seq")) | (Content::Map(_), Some("map")));
            self.check_tag(good, span);
        }
        if unquoted::opens_template(&self.text[range.start..]) {
            let in_flow = self.frames.last().is_some_and(|frame| frame.flow);
            self.repair = Some(unquoted::template(self.file, range.start, in_flow));
            return STOP;
        }
        if self.frames.len() >= MAX_DEPTH {
            return self.too_deep(self.file.span_of(range));
        }
        let flow = style == StructureStyle::Flow;
        self.frames.push(Frame { start: range.start, end: range.end, flow, anchor, height: 0, content });
        GO_ON
    }

    fn close(&mut self, range: &Range<usize>) {
        let Some(frame) = self.frames.pop() else { return };
        // The parser ends a block where the next thing starts; people end it where its last value ends.
        let end = if frame.flow { range.end } else { frame.end };
        let kind = match frame.content {
            Content::List(items) => Kind::List(items),
            Content::Map(map) => Kind::Map(map.finish(self.file, &mut self.diagnostics)),
        };
        let node = Node { span: self.file.span_of(frame.start..end), kind };
        self.finish(node, frame.anchor, frame.height + 1);
    }

    /// Puts a finished node where it belongs.
    fn finish(&mut self, node: Node, anchor: usize, height: usize) {
        self.nodes += 1;
        if anchor > 0 {
            self.anchors.define(anchor, &node, height);
        }
        let Some(frame) = self.frames.last_mut() else {
            self.root = Some(node);
            return;
        };
        frame.height = frame.height.max(height);
        // An alias stands elsewhere than the node that it copies, so its place says nothing about where the frame ends.
        if node.span.start >= self.file.span_of(frame.start..frame.start).start {
            frame.end = frame.end.max(self.file.range_of(node.span).end);
        }
        match &mut frame.content {
            Content::List(items) => items.push(node),
            Content::Map(map) => match map.take_key() {
                None => map.set_key(Key::new(node, &mut self.diagnostics)),
                Some(key) => map.insert(key, node, &mut self.diagnostics),
            },
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: &granit_parser::Span, tag: Option<&Tag>) -> Node {
        let range = span.byte_range().unwrap_or_default();
        let place = self.file.span_of(range.clone());
        // A text that ends where something was blanked may have gone on there, one that is not there may have stood there, and one that holds it is not whole.
        let beside = |blanked: &Range<usize>| {
            let holds = range.start < blanked.end && blanked.start < range.end;
            range.is_empty() || holds || (style == ScalarStyle::Plain && blanked.contains(&range.end))
        };
        if self.masked.iter().any(|masked| masked.contains(&range.start)) || self.blanked.iter().any(beside) {
            return Node::unknown(place);
        }
        let indent = u32::try_from(span.indent.unwrap_or_default()).unwrap_or_default();
        let style = match style {
            ScalarStyle::SingleQuoted => Style::SingleQuoted,
            ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
            ScalarStyle::Literal => Style::Literal(indent),
            ScalarStyle::Folded => Style::Folded(indent),
            ScalarStyle::Plain => Style::Plain,
        };
        if range.is_empty() && style == Style::Plain {
            return Node::null(place);
        }
        // A block scalar ends where the next line's indentation starts; its place ends with its last character that is not blank.
        let shown = if matches!(style, Style::Literal(_) | Style::Folded(_)) {
            range.start..range.start + self.text[range.clone()].trim_end().len()
        } else {
            range
        };
        let node = Node { span: self.file.span_of(shown), kind: Kind::Scalar(text.to_owned(), style) };
        self.tagged(node, tag, span)
    }

    fn tagged(&mut self, node: Node, tag: Option<&Tag>, span: &granit_parser::Span) -> Node {
        let Kind::Scalar(text, style) = &node.kind else { return node };
        let Some(tag) = tag else {
            if *style == Style::Plain {
                return self.plain(node);
            }
            return node;
        };
        let good = match (tag.core_suffix(), resolve(text, *style)) {
            (Some("str"), _) => {
                return Node {
                    kind: Kind::Scalar(text.clone(), if *style == Style::Plain { Style::SingleQuoted } else { *style }),
                    ..node
                };
            }
            (Some(name), Scalar::Int(_)) => name == "int",
            (Some(name), Scalar::Float(_)) => name == "float",
            (Some(name), Scalar::Bool(_)) => name == "bool",
            (Some(name), Scalar::Null) => name == "null",
            (_, Scalar::Str) | (None, _) => false,
        };
        self.check_tag(good, span);
        node
    }

    /// A plain scalar without a tag. One that no plan can hold is unknown to whatever reads it.
    fn plain(&mut self, node: Node) -> Node {
        let Kind::Scalar(text, style) = &node.kind else { return node };
        let meaning = resolve(text, *style);
        if let Scalar::Float(float) = meaning
            && !float.is_finite()
        {
            let message = format!("`{}` is not a number that a pipeline can hold", shorten(text));
            let diagnostic = Diagnostic::new(&catalogue::UNSUPPORTED_YAML, node.span, message).label("infinite, or not a number");
            self.diagnostics.push(diagnostic.fix("quote it", Applicability::Unsafe, node.span, format!("\"{text}\"")));
            return Node::unknown(node.span);
        }
        self.diagnostics.extend(yaml_1_1::check(text, meaning, node.span));
        node
    }

    fn check_tag(&mut self, good: bool, span: &granit_parser::Span) {
        let tag = span.tag_span().and_then(|tag| tag.byte_range());
        if let (false, Some(tag)) = (good, tag) {
            let written = &self.text[tag.clone()];
            let diagnostic =
                Diagnostic::new(&catalogue::UNSUPPORTED_YAML, self.file.span_of(tag), format!("the tag `{written}` is not supported"))
                    .note("a value's type follows from how it is written: `3` is a number, `\"3\"` is a string")
                    .help("remove the tag");
            self.diagnostics.push(diagnostic);
        }
    }

    fn second_document(&mut self, range: &Range<usize>) -> Next {
        let diagnostic = Diagnostic::new(&catalogue::UNSUPPORTED_YAML, self.file.span_of(range.clone()), "a second document starts here")
            .label("everything from here on would be ignored")
            .help("put each document into a file of its own");
        self.diagnostics.push(diagnostic);
        STOP
    }

    fn too_many(&mut self, span: &granit_parser::Span) -> Next {
        self.diagnostics.push(faults::too_many(self.file.span_of(span.byte_range().unwrap_or_default())));
        self.root = None;
        STOP
    }

    fn too_deep(&mut self, place: Span) -> Next {
        self.diagnostics.push(faults::too_deep(place));
        self.root = None;
        STOP
    }

    fn syntax_error(&mut self, error: &granit_parser::ScanError) -> Next {
        let offset = self.text.floor_char_boundary(error.marker().byte_offset().unwrap_or_default().min(self.text.len()));
        // A pair in a list, `[a: b]`, is a map without a bracket of its own.
        let is_bracket = |frame: &&Frame| frame.flow && self.text[frame.start..].starts_with(['[', '{']);
        let flow = self.frames.iter().rev().find(is_bracket).map(|frame| frame.start);
        let has_left = flow.is_none() && left::find(self.text, offset).is_some();
        self.repair = if has_left { None } else { unquoted::find(self.file, self.text, error.kind(), offset, flow.is_some()) };
        if self.repair.is_none() {
            let outermost = self.frames.iter().find(is_bracket).map(|frame| frame.start);
            let stop = recover::find(self.text, error.kind(), offset, outermost, self.behind);
            self.diagnostics.push(faults::describe(self.file, error.kind(), offset, flow, &stop));
            self.stop = Some(stop);
            self.is_tab = faults::is_tab(error.kind());
        }
        // What was read so far is no whole document.
        self.root = None;
        STOP
    }
}
