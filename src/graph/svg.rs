//! A graph as an SVG picture, drawn without any other program.
//!
//! Text is set in a fixed-width font, so that its width is known without one at hand. Colours follow the reader's choice of light or dark, and say
//! nothing that lines and words do not say.

use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::layout::{self, Layout, Link, Point, Route, Size, TooLarge};
use super::model::{Edge, Graph, Line, Node, NodeState, NodeType};
use super::words::{self, drawable};

/// The width of a column in the name of a node, and in smaller text: a little more than any fixed-width font takes.
const NAME: f64 = 8.0;
const SMALL: f64 = 6.8;
/// The most columns of a line, and lines of a name; the rest is cut off, and told by the title.
const COLUMNS: usize = 26;
const LINES: usize = 2;
/// Heights of lines.
const NAME_HEIGHT: f64 = 17.0;
const SMALL_HEIGHT: f64 = 15.0;
/// The height of the heading, and of a line of the legend.
const HEADING: f64 = 40.0;
const LEGEND: f64 = 20.0;

const STYLE: &str = "\
.paper{fill:#ffffff}text{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono','Liberation Mono',monospace;fill:#1f2328}\
.heading{font-size:15px;font-weight:600}.name{font-size:13px}.small{font-size:11px}.muted{fill:#59636e}\
.box{fill:#eef4fb;stroke:#3b6ea5;stroke-width:1.3}.dataset{fill:#f2f6ec;stroke:#5b7a2e}.outside{fill:none;stroke-dasharray:5 3}\
.faulty{stroke:#c62828;stroke-width:2.2}\
.line{fill:none;stroke:#6a737d;stroke-width:1.3}.thick{stroke:#3b6ea5;stroke-width:2.6}.dotted{stroke-dasharray:4 4}\
.tip{fill:#6a737d}.thick-tip{fill:#3b6ea5}.halo{fill:#ffffff}\
@media (prefers-color-scheme:dark){.paper,.halo{fill:#0d1117}text{fill:#e6edf3}.muted{fill:#9da7b3}\
.box{fill:#14233a;stroke:#6ca4dd}.dataset{fill:#1b2613;stroke:#9ab973}.outside{fill:none}.faulty{stroke:#ff7b72}\
.line{stroke:#9da7b3}.thick{stroke:#6ca4dd}.tip{fill:#9da7b3}.thick-tip{fill:#6ca4dd}}";

/// Draws a graph; with `why`, the reasons stand on the edges.
///
/// # Errors
/// When the graph is too large for a picture.
pub fn svg(graph: &Graph, why: bool) -> Result<String, TooLarge> {
    let faces: Vec<Face> = graph.nodes.iter().map(Face::new).collect();
    let sizes: Vec<Size> = faces.iter().map(Face::size).collect();
    let edges: Vec<(usize, usize, &Edge)> = graph.links();
    let link = |&(from, to, edge): &(usize, usize, &Edge)| {
        let text = if why { reasons(edge) } else { String::new() };
        let text = if text.is_empty() { Size::default() } else { Size { width: columns(&text, SMALL) + 8.0, height: SMALL_HEIGHT } };
        Link { from, to, text }
    };
    let layout = layout::layout(&sizes, &edges.iter().map(link).collect::<Vec<_>>())?;
    let mut out = String::new();
    head(&mut out, graph, &layout);
    for ((from, to, edge), route) in edges.iter().zip(&layout.routes) {
        let title = format!("{} → {}: {}", graph.nodes[*from].name, graph.nodes[*to].name, words::why(edge).join(", "));
        draw_edge(&mut out, edge.line, route, &title);
    }
    if why {
        for ((_, _, edge), route) in edges.iter().zip(&layout.routes) {
            draw_reasons(&mut out, &reasons(edge), route.text);
        }
    }
    for ((node, face), middle) in graph.nodes.iter().zip(&faces).zip(&layout.nodes) {
        draw_node(&mut out, node, face, *middle);
    }
    out.push_str("</g>\n");
    legend(&mut out, graph, HEADING + layout.size.height);
    out.push_str("</svg>\n");
    Ok(out)
}

/// The text of a node.
struct Face {
    name: Vec<String>,
    notes: Vec<String>,
}

impl Face {
    fn new(node: &Node) -> Self {
        let notes = words::notes(node);
        let notes = if notes.is_empty() { Vec::new() } else { wrapped(&notes) };
        Self { name: wrapped(&node.name), notes }
    }

    fn size(&self) -> Size {
        let widest = |lines: &[String], column: f64| lines.iter().map(|line| columns(line, column)).fold(0.0, f64::max);
        let width = widest(&self.name, NAME).max(widest(&self.notes, SMALL)).max(6.0 * NAME);
        Size { width: width + 24.0, height: count(self.name.len()) * NAME_HEIGHT + count(self.notes.len()) * SMALL_HEIGHT + 14.0 }
    }
}

fn count(n: usize) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}

fn columns(text: &str, column: f64) -> f64 {
    count(text.width()) * column
}

fn reasons(edge: &Edge) -> String {
    cut(&drawable(&words::label(edge).join(", ")), COLUMNS + 6)
}

/// Lines of at most so many columns, broken behind a mark where there is one; what does not fit is cut off.
fn wrapped(text: &str) -> Vec<String> {
    let text = drawable(text);
    let mut rest = text.as_str();
    let mut lines = Vec::new();
    while lines.len() + 1 < LINES && rest.width() > COLUMNS {
        let fits = end_of(rest, COLUMNS);
        let mark = rest[..fits].rfind(['_', '.', '-', '/', ',', ' ', '[', '=']).map(|at| at + 1);
        let end = mark.filter(|&end| end * 2 >= fits).unwrap_or(fits);
        lines.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start();
    }
    lines.push(cut(rest, COLUMNS));
    lines
}

fn cut(text: &str, most: usize) -> String {
    if text.width() <= most { text.to_owned() } else { format!("{}…", &text[..end_of(text, most - 1)]) }
}

/// Where a text of so many columns ends; at least one character fits.
fn end_of(text: &str, most: usize) -> usize {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += c.width().unwrap_or_default();
        if used > most && at > 0 {
            return at;
        }
    }
    text.len()
}

fn head(out: &mut String, graph: &Graph, layout: &Layout) {
    let title = words::title(graph);
    let summary = words::summary(graph);
    let legend = count(graph.lines().len()) * LEGEND + if graph.lines().is_empty() { 0.0 } else { 12.0 };
    let least = columns(&drawable(&title), 9.4).max(columns(&summary, SMALL)).max(300.0) + 32.0;
    let (width, height) = (layout.size.width.max(least), HEADING + layout.size.height + legend);
    let _ = writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         role=\"img\" aria-labelledby=\"etlc-title etlc-desc\">"
    );
    let _ = writeln!(out, "<title id=\"etlc-title\">{}</title>", escaped(&title));
    let _ = writeln!(out, "<desc id=\"etlc-desc\">{}</desc>", escaped(&described(graph, &summary)));
    let _ = writeln!(out, "<style>{STYLE}</style>");
    let _ = writeln!(out, "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>");
    let _ = writeln!(out, "<text class=\"heading\" x=\"16\" y=\"22\">{}</text>", escaped(&title));
    let _ = writeln!(out, "<text class=\"small muted\" x=\"16\" y=\"38\">{summary}</text>");
    let _ = writeln!(out, "<g transform=\"translate(0 {HEADING})\">");
}

/// The picture in words, for those who do not see it.
fn described(graph: &Graph, summary: &str) -> String {
    let name = |index: usize| &graph.nodes[index].name;
    let edges =
        graph.links().into_iter().map(|(from, to, edge)| format!("{} → {} ({})", name(from), name(to), words::why(edge).join(", ")));
    let edges: Vec<String> = edges.collect();
    if edges.is_empty() { summary.to_owned() } else { format!("{summary}: {}", edges.join("; ")) }
}

fn draw_edge(out: &mut String, line: Line, route: &Route, title: &str) {
    let (class, tip) = match line {
        Line::Solid => ("line", "tip"),
        Line::Thick => ("line thick", "thick-tip"),
        Line::Dotted => ("line dotted", "tip"),
    };
    let Some((Point { x, y }, _)) = route.pieces.first() else { return };
    let mut path = format!("M{x:.1} {y:.1}");
    let mut last: Option<Point> = None;
    for (start, end) in &route.pieces {
        if let Some(before) = last {
            let middle = f64::midpoint(before.x, start.x);
            let _ = write!(path, "C{middle:.1} {:.1} {middle:.1} {:.1} {:.1} {:.1}", before.y, start.y, start.x, start.y);
        }
        let _ = write!(path, "H{:.1}", end.x);
        last = Some(*end);
    }
    let end = last.unwrap_or_default();
    let back = if *x > end.x { 9.0 } else { -9.0 };
    let _ = writeln!(
        out,
        "<g><title>{}</title><path class=\"{class}\" d=\"{path}\"/><path class=\"{tip}\" d=\"M{:.1} {:.1}l{back:.1} -4.5v9z\"/></g>",
        escaped(title),
        end.x,
        end.y
    );
}

fn draw_reasons(out: &mut String, text: &str, middle: Point) {
    if text.is_empty() {
        return;
    }
    let width = columns(text, SMALL);
    let (x, y) = (middle.x - width / 2.0, middle.y - SMALL_HEIGHT / 2.0);
    let _ = writeln!(out, "<rect class=\"halo\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{SMALL_HEIGHT}\"/>");
    let _ = writeln!(
        out,
        "<text class=\"small muted\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
        middle.x,
        middle.y + 4.0,
        escaped(text)
    );
}

fn draw_node(out: &mut String, node: &Node, face: &Face, middle: Point) {
    let size = face.size();
    let state = match node.state {
        NodeState::Whole => "",
        NodeState::Faulty => " faulty",
        NodeState::Outside => " outside",
    };
    let (kind, round) = match node.kind {
        NodeType::Dataset => (" dataset", size.height / 2.0),
        NodeType::Column => (" dataset", 3.0),
        NodeType::Step => ("", 5.0),
        NodeType::Pipeline => ("", 0.0),
    };
    let (left, top) = (middle.x - size.width / 2.0, middle.y - size.height / 2.0);
    let _ = writeln!(out, "<g><title>{}</title>", escaped(&words::about(node).join("; ")));
    let _ = writeln!(
        out,
        "<rect class=\"box{kind}{state}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"{round:.1}\"/>",
        size.width, size.height
    );
    let mut y = top + 7.0;
    let mut text = |class: &str, line: &str, height: f64| {
        let base = y + height - 4.5;
        let _ =
            writeln!(out, "<text class=\"{class}\" text-anchor=\"middle\" x=\"{:.1}\" y=\"{base:.1}\">{}</text>", middle.x, escaped(line));
        y += height;
    };
    face.name.iter().for_each(|line| text("name", line, NAME_HEIGHT));
    face.notes.iter().for_each(|line| text("small muted", line, SMALL_HEIGHT));
    out.push_str("</g>\n");
}

fn legend(out: &mut String, graph: &Graph, top: f64) {
    let mut y = top + 8.0;
    for line in graph.lines() {
        let pieces = vec![(Point { x: 16.0, y }, Point { x: 56.0, y })];
        let meaning = line.meaning(graph.scope);
        draw_edge(out, line, &Route { pieces, text: Point::default() }, meaning);
        let _ = writeln!(out, "<text class=\"small muted\" x=\"66\" y=\"{:.1}\">{meaning}</text>", y + 4.0);
        y += LEGEND;
    }
}

/// Text between tags.
fn escaped(text: &str) -> String {
    drawable(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
