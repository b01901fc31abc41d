//! A lineage as text that people read: trees of what something comes from and of what is made of it, or a list of all data.
//!
//! A node stands in full where the way to it is shortest, and everywhere else it is referred to. What lies deep goes on in a tree of its own below, so that
//! lines stay short and the text grows with the lineage alone.

use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write;

use super::answer::Answer;
use super::flow::{Direction, Flow, Level, Node, Walk};
use super::index::Index;
use super::report;
use crate::graph::drawable;
use crate::lineage::model::{KnownFrom, Place};
use crate::plan::Origin;

/// How many lines a tree is indented at most.
const DEEPEST: usize = 16;

/// How a text looks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// With colour.
    pub color: bool,
    /// With lines of ASCII alone.
    pub ascii: bool,
    /// Without lines, for those who have it read to them.
    pub plain: bool,
}

impl Style {
    pub(super) fn bold(self, text: &str) -> String {
        if self.color { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
    }

    pub(super) fn dim(self, text: &str) -> String {
        if self.color { format!("\x1b[2m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// What stands before a line, and before those below it.
    fn branch(self, last: bool) -> (&'static str, &'static str) {
        match (self.plain, self.ascii, last) {
            (true, ..) => ("  ", "  "),
            (_, true, true) => ("`- ", "   "),
            (_, true, false) => ("|- ", "|  "),
            (_, _, true) => ("└─ ", "   "),
            (_, _, false) => ("├─ ", "│  "),
        }
    }
}

impl Answer<'_> {
    /// The answer as text.
    #[must_use]
    pub fn text(&self, style: Style) -> String {
        if self.asked.is_empty() {
            return list(self.index, self.flow.level);
        }
        let mut out = String::new();
        let mut trees: Vec<Tree> = self.walks.iter().map(|walk| Tree::new(self, walk, style)).collect();
        let mut done = vec![false; self.flow.nodes.len()];
        for root in self.asked.iter().flat_map(|(_, roots)| roots) {
            if std::mem::replace(&mut done[*root], true) {
                continue;
            }
            if !out.is_empty() {
                out.push('\n');
            }
            self.head(*root, style, &mut out);
            for tree in &mut trees {
                tree.draw(*root, &mut out);
            }
        }
        out
    }

    /// What was asked for, with all that is known of it.
    fn head(&self, root: usize, style: Style, out: &mut String) {
        let (index, node) = (self.index, self.flow.at(root));
        let (facts, origin) = match node {
            Node::Data(at) => (self.of_data(at), index.data[at].data.origin.as_ref()),
            Node::Column(at, column) | Node::Made(_, at, column) => {
                let kind = index.data[at].known(column).and_then(|known| known.kind.as_ref()).map(ToString::to_string);
                (kind.into_iter().collect(), index.data[at].data.origin.as_ref())
            }
            Node::Step(job) | Node::Uses(job) => {
                let kind = index.jobs[job].kind().map(|kind| format!("{kind} step"));
                (kind.into_iter().collect(), Some(&index.jobs[job].job.origin))
            }
        };
        let names = if let Node::Data(at) = node { also(index, at) } else { String::new() };
        let facts: Vec<String> = facts.into_iter().chain(origin.map(place)).map(|fact| drawable(&fact)).collect();
        let facts = if facts.is_empty() { String::new() } else { style.dim(&format!("  {}", facts.join(", "))) };
        let _ = writeln!(out, "{}{names}{facts}", style.bold(&drawable(&report::name(index, node))));
        for (_, column) in self.unheard.iter().filter(|(data, _)| node == Node::Data(*data)) {
            let _ = writeln!(out, "no step names the column `{}`; this holds for any column that is not known", drawable(column));
        }
    }

    /// What is known of the columns of data.
    fn of_data(&self, at: usize) -> Vec<String> {
        let item = &self.index.data[at];
        if self.flow.level == Level::Columns {
            return vec!["columns that are not known".to_owned()];
        }
        let n = item.columns.len();
        let columns = match (n, item.data.open) {
            (0, _) if matches!(item.place, Place::Uri(_)) => return Vec::new(),
            (0, _) => return vec!["columns not known".to_owned()],
            (1, false) => "1 column".to_owned(),
            (n, false) => format!("{n} columns"),
            (n, true) => format!("at least {n} column{}", if n == 1 { "" } else { "s" }),
        };
        let from = item.data.known_from.map(|from| match from {
            KnownFrom::Inferred => "found in SQL",
            KnownFrom::Declared => "declared",
            KnownFrom::Catalogue => "of the catalogue",
        });
        [columns].into_iter().chain(from.map(str::to_owned)).collect()
    }
}

/// Trees in one direction.
struct Tree<'a> {
    index: &'a Index<'a>,
    flow: &'a Flow,
    walk: &'a Walk,
    style: Style,
    /// The nodes that stand somewhere in full.
    drawn: Vec<bool>,
}

/// A line to come: nodes (several only for the columns that one step makes), how they are come to, and where.
struct Line {
    nodes: Vec<usize>,
    sure: bool,
    level: usize,
    before: String,
    last: bool,
    depth: usize,
}

impl<'a> Tree<'a> {
    fn new(answer: &'a Answer<'_>, walk: &'a Walk, style: Style) -> Self {
        Self { index: answer.index, flow: &answer.flow, walk, style, drawn: vec![false; answer.flow.nodes.len()] }
    }

    /// Draws what leads to a root, or from it.
    fn draw(&mut self, root: usize, out: &mut String) {
        let direction = match self.walk.direction {
            Direction::Upstream => "upstream",
            Direction::Downstream => "downstream",
        };
        self.drawn[root] = true;
        let mut later = VecDeque::from([(root, 0)]);
        let mut first = true;
        while let Some((node, level)) = later.pop_front() {
            let lines = self.below(&[node], level, "", 0, true);
            if first {
                out.push_str(if lines.is_empty() { "" } else { direction });
                out.push_str(&if lines.is_empty() { self.style.dim(&format!("{direction}: nothing")) } else { String::new() });
            } else {
                let name = drawable(&report::name(self.index, self.flow.at(node)));
                let _ = write!(out, "{direction} of {}", self.style.bold(&name));
            }
            out.push('\n');
            first = false;
            self.lines(lines, out, &mut later);
        }
    }

    /// Draws lines and all that is below them. What is too deep is left for later.
    fn lines(&mut self, lines: Vec<Line>, out: &mut String, later: &mut VecDeque<(usize, usize)>) {
        let mut stack: Vec<Line> = lines.into_iter().rev().collect();
        while let Some(line) = stack.pop() {
            let (branch, below) = self.style.branch(line.last);
            out.push_str(&self.style.dim(&line.before));
            out.push_str(&self.style.dim(branch));
            out.push_str(&self.label(&line));
            let node = line.nodes[0];
            let is_step = matches!(self.flow.at(node), Node::Made(..));
            let leads_on = !self.flow.edges(node, self.walk.direction).is_empty();
            if !leads_on {
                out.push('\n');
                continue;
            }
            // What more than one way leads to stands in full where the shortest ends.
            let elsewhere = !is_step && (self.drawn[node] || self.walk.level(node).is_some_and(|level| level < line.level));
            if elsewhere {
                out.push_str(if self.drawn[node] { "  (above)\n" } else { "  (below)\n" });
                continue;
            }
            if self.flow.at(node).is_data() && self.walk.is_end(node) {
                out.push_str("  …\n");
                continue;
            }
            self.drawn[node] = true;
            if line.depth >= DEEPEST && self.flow.at(node).is_data() {
                out.push_str("  (goes on below)\n");
                later.push_back((node, line.level));
                continue;
            }
            out.push('\n');
            let before = format!("{}{below}", line.before);
            stack.extend(self.below(&line.nodes, line.level, &before, line.depth + 1, line.sure).into_iter().rev());
        }
    }

    /// The lines right below some nodes. Columns that one step makes have one line, that of the step. What is not sure of a step holds for what it reads.
    fn below(&self, nodes: &[usize], level: usize, before: &str, depth: usize, sure: bool) -> Vec<Line> {
        if nodes.iter().all(|&node| self.flow.at(node).is_data() && self.walk.is_end(node)) {
            return Vec::new();
        }
        let mut groups: Vec<(Vec<usize>, bool)> = Vec::new();
        let mut made: BTreeMap<usize, usize> = BTreeMap::new();
        for edge in nodes.iter().flat_map(|&node| self.flow.edges(node, self.walk.direction)) {
            let at = match self.flow.at(edge.node) {
                Node::Made(job, ..) => *made.entry(job).or_insert(groups.len()),
                _ => groups.len(),
            };
            match groups.get_mut(at) {
                Some((group, _)) => group.push(edge.node),
                None => groups.push((vec![edge.node], edge.sure)),
            }
        }
        groups.sort_by_cached_key(|(nodes, _)| self.order(nodes[0]));
        let n = groups.len();
        let line = |(at, (nodes, edge_sure)): (usize, (Vec<usize>, bool))| {
            let level = level + usize::from(self.flow.at(nodes[0]).is_data());
            let sure = edge_sure && (sure || !self.flow.at(nodes[0]).is_data());
            Line { nodes, sure, level, before: before.to_owned(), last: at + 1 == n, depth }
        };
        groups.into_iter().enumerate().map(line).collect()
    }

    /// Steps in the order of the workspace, data by name.
    fn order(&self, node: usize) -> (usize, String) {
        let node = self.flow.at(node);
        node.job().map_or_else(|| (usize::MAX, report::name(self.index, node)), |job| (job, String::new()))
    }

    fn label(&self, line: &Line) -> String {
        let node = self.flow.at(line.nodes[0]);
        let name = drawable(&report::name(self.index, node));
        let Some(job) = node.job() else { return self.data(node, line, &name) };
        let task = &self.index.jobs[job];
        let how = match (node, self.walk.direction, line.sure) {
            (Node::Uses(_), ..) => "in a condition of",
            (_, Direction::Upstream, true) => "by",
            (_, Direction::Upstream, false) if self.flow.level == Level::Tables => "by",
            (_, Direction::Upstream, false) => "possibly by",
            (_, Direction::Downstream, true) => "read by",
            (_, Direction::Downstream, false) => "possibly read by",
        };
        let step = drawable(&task.name());
        let kind = task.kind().map(|kind| format!(" ({})", drawable(kind))).unwrap_or_default();
        format!("{how} {step}{kind}{}", self.style.dim(&format!("  {}", drawable(&place(&task.job.origin)))))
    }

    fn data(&self, node: Node, line: &Line, name: &str) -> String {
        let (Node::Data(at) | Node::Column(at, _)) = node else { return name.to_owned() };
        let item = &self.index.data[at];
        let unsure = self.flow.level == Level::Tables && !line.sure;
        let rest = if matches!(node, Node::Data(_)) && self.flow.level == Level::Columns && !item.columns.is_empty() {
            ", other columns"
        } else {
            ""
        };
        let kind = match node {
            Node::Column(_, column) => item.known(column).and_then(|known| known.kind.as_ref()).map(|kind| format!("  {kind}")),
            _ => None,
        };
        let outside = if item.writers.is_empty() { ", from outside" } else { "" };
        let names = if matches!(node, Node::Data(_)) { also(self.index, at) } else { String::new() };
        let facts = drawable(&format!("{}{rest}{outside}", kind.unwrap_or_default()));
        format!("{}{name}{names}{}", if unsure { "possibly " } else { "" }, self.style.dim(&facts))
    }
}

/// The other names of data, in parentheses.
fn also(index: &Index<'_>, at: usize) -> String {
    let names = index.data[at].also();
    if names.is_empty() { String::new() } else { format!(" ({})", drawable(&names.join(", "))) }
}

fn place(origin: &Origin) -> String {
    format!("{}:{}", origin.file, origin.line)
}

/// All data, or all columns, with who writes and who reads each.
fn list(index: &Index<'_>, level: Level) -> String {
    let names = |jobs: &[usize]| match jobs {
        [] => "-".to_owned(),
        [only] => index.jobs[*only].name(),
        [first, rest @ ..] => format!("{} and {} more", index.jobs[*first].name(), rest.len()),
    };
    let mut rows: Vec<[String; 5]> = Vec::new();
    for item in &index.data {
        match level {
            Level::Tables => {
                let n = if item.columns.is_empty() { "?".to_owned() } else { item.columns.len().to_string() };
                let n = if item.data.open && !item.columns.is_empty() { format!("{n}+") } else { n };
                let also = item.also().join(", ");
                rows.push([item.name(), n, names(&item.writers), names(&item.readers), also]);
            }
            Level::Columns => rows.extend((0..item.columns.len()).map(|column| {
                let kind = item.known(column).and_then(|known| known.kind.as_ref()).map_or_else(|| "?".to_owned(), ToString::to_string);
                [item.column_name(column), kind, names(&item.writers), names(&item.readers), String::new()]
            })),
        }
    }
    let heads = match level {
        Level::Tables => ["DATA", "COLUMNS", "WRITTEN BY", "READ BY", "ALSO"],
        Level::Columns => ["COLUMN", "TYPE", "WRITTEN BY", "READ BY", ""],
    };
    let rows: Vec<[String; 5]> = [heads.map(str::to_owned)].into_iter().chain(rows).map(|row| row.map(|cell| drawable(&cell))).collect();
    aligned(&rows)
}

/// Columns of equal width, two spaces between them; a cell that is much wider than others pushes its own line alone.
pub(super) fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    const WIDEST: usize = 60;
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().min(WIDEST).max(*width);
        }
    }
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}
