//! What a change of data or of a column breaks: every step that uses it, and every step that uses what is made of it, by pipeline and owner.
//!
//! A step that names what is changed *breaks*: its SQL fails, or means another thing. What derives from it *changes*. Through code that is not read, and
//! columns that are not known, both are only possible.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::flow::{Direction, Flow, Level, Node};
use super::index::Index;
use super::names::Subject;
use super::report;
use crate::lineage::model::ColumnOf;
use crate::plan::{Origin, Owner};

/// What changes break.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Impact {
    /// Version of this format: 1.
    pub version: u32,
    /// The environment; none where the platform has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// One for each name that was asked for.
    pub changes: Vec<Change>,
}

/// What the removal of something breaks, or another type.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Change {
    /// What changes: its full name.
    pub of: String,
    /// Its id, `column:warehouse.mart.orders.revenue`; several for what stands for several.
    pub ids: Vec<String>,
    /// The steps that write it, which have to change with it.
    pub written_by: Vec<Writer>,
    /// The pipelines that use it, by name.
    pub pipelines: Vec<PipelineImpact>,
    /// The steps, by pipeline, that use none of it, but other data of a step that breaks: it is not renewed as long as that step fails.
    pub not_renewed: BTreeMap<String, Vec<String>>,
}

/// A step that writes what changes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Writer {
    /// The pipeline.
    pub pipeline: String,
    /// The step's id.
    pub step: String,
    /// Where it stands.
    pub origin: Origin,
}

/// What a change does to one pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PipelineImpact {
    /// The pipeline.
    pub pipeline: String,
    /// Who owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// Its steps.
    pub steps: Vec<StepImpact>,
}

/// What a change does to one step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct StepImpact {
    /// The step's id.
    pub step: String,
    /// Its kind and version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What happens to it.
    pub effect: Effect,
    /// False where it is only possible: its code is not read, or not all of its columns are known.
    pub certain: bool,
    /// True where it uses a column to choose, join, group or sort rows.
    pub condition: bool,
    /// What it writes and that changes: columns, or data where columns are not told apart.
    pub writes: Vec<Written>,
    /// Where it names what changes, or where it stands.
    pub origin: Origin,
}

/// What happens to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It uses what changes itself.
    Breaks,
    /// It uses what is made of it.
    Changes,
}

/// Data or a column that changes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Written {
    /// Its id.
    pub id: String,
    /// The name of the data.
    pub data: String,
    /// The column; none for data of which no column is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// False where it is only possible.
    pub certain: bool,
}

/// What is found out about a step.
#[derive(Debug)]
struct Hit {
    effect: Effect,
    certain: bool,
    condition: bool,
    writes: BTreeMap<Node, bool>,
    origin: Option<Origin>,
}

/// Finds out what changes of some things break.
#[must_use]
pub fn impact(index: &Index<'_>, subjects: &[Subject]) -> Impact {
    let flows = [Level::Tables, Level::Columns].map(|level| Flow::new(index, level));
    let change = |subject: &Subject| {
        let level = if matches!(subject, Subject::Column(..)) { Level::Columns } else { Level::Tables };
        let nodes = data_of(index, subject);
        let flow = if level == Level::Tables { &flows[0] } else { &flows[1] };
        let hits = hits(index, flow, &nodes);
        let jobs = nodes.iter().flat_map(|node| writers(index, *node)).collect::<BTreeSet<usize>>();
        Change {
            of: super::answer::name(index, subject),
            ids: nodes.iter().map(|node| report::id(index, *node)).collect(),
            written_by: jobs.iter().map(|&job| writer(index, job)).collect(),
            not_renewed: not_renewed(index, &flows[0], &hits, &jobs),
            pipelines: pipelines(index, hits),
        }
    };
    Impact { version: 1, environment: index.environment().map(str::to_owned), changes: subjects.iter().map(change).collect() }
}

impl Impact {
    /// True where something uses what changes.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.changes.iter().any(|change| !change.pipelines.is_empty())
    }
}

/// The data or the column that a subject stands for: of steps and pipelines, what they write.
fn data_of(index: &Index<'_>, subject: &Subject) -> Vec<Node> {
    let written = |job: usize| index.jobs[job].writes.iter().map(|(at, _)| Node::Data(*at));
    let all = match subject {
        Subject::Data(all) => all.iter().map(|&at| Node::Data(at)).collect(),
        Subject::Column(at, Err(_)) => BTreeSet::from([Node::Data(*at)]),
        Subject::Column(at, Ok(column)) => BTreeSet::from([Node::Column(*at, *column)]),
        Subject::Steps(jobs) => jobs.iter().flat_map(|&job| written(job)).collect(),
        Subject::Pipeline(name) => (0..index.jobs.len()).filter(|&job| index.jobs[job].job.pipeline == *name).flat_map(written).collect(),
    };
    all.into_iter().collect()
}

/// The steps that write data, or a column of it.
fn writers(index: &Index<'_>, node: Node) -> Vec<usize> {
    let (Node::Data(at) | Node::Column(at, _)) = node else { return Vec::new() };
    let item = &index.data[at];
    let makes = |job: &&usize| {
        let Node::Column(_, column) = node else { return true };
        let written = index.jobs[**job].writes.iter().filter(|(data, _)| *data == at);
        written.map(|(_, written)| written).any(|written| written.columns.is_empty() || written.columns.contains_key(item.columns[column]))
    };
    item.writers.iter().filter(makes).copied().collect()
}

fn writer(index: &Index<'_>, job: usize) -> Writer {
    let job = index.jobs[job].job;
    Writer { pipeline: job.pipeline.clone(), step: job.step.clone(), origin: job.origin.clone() }
}

/// The steps that use some nodes, or what is made of them.
fn hits(index: &Index<'_>, flow: &Flow, nodes: &[Node]) -> BTreeMap<usize, Hit> {
    let roots: BTreeSet<usize> = nodes.iter().filter_map(|node| flow.nodes.get_index_of(node)).collect();
    let (sure, all) = (reached(flow, &roots, true), reached(flow, &roots, false));
    let mut hits: BTreeMap<usize, Hit> = BTreeMap::new();
    for at in (0..flow.nodes.len()).filter(|&at| all[at]) {
        let node = flow.at(at);
        let Some(job) = node.job() else { continue };
        let from = flow.edges(at, Direction::Upstream).iter();
        let direct = from.clone().any(|edge| roots.contains(&edge.node));
        let hit = hits.entry(job).or_insert(Hit {
            effect: Effect::Changes,
            certain: false,
            condition: false,
            writes: BTreeMap::new(),
            origin: None,
        });
        hit.effect = if direct { Effect::Breaks } else { hit.effect };
        hit.certain |= sure[at];
        hit.condition |= matches!(node, Node::Uses(_));
        for edge in flow.edges(at, Direction::Downstream) {
            *hit.writes.entry(flow.at(edge.node)).or_default() |= sure[at] && edge.sure;
        }
    }
    partly_read(index, nodes, &mut hits);
    hits
}

/// Adds the steps that may use a column, since not all names in them are resolved; and of those that name it, where.
fn partly_read(index: &Index<'_>, nodes: &[Node], hits: &mut BTreeMap<usize, Hit>) {
    for node in nodes {
        let Node::Column(at, column) = *node else { continue };
        let item = &index.data[at];
        let of = ColumnOf { place: item.place.clone(), column: item.columns[column].to_owned() };
        for &job in &item.readers {
            let task = &index.jobs[job];
            match (hits.get_mut(&job), task.job.uses.get(&of)) {
                (Some(hit), Some(origin)) => {
                    hit.certain = true;
                    hit.effect = Effect::Breaks;
                    hit.origin = Some(origin.clone());
                }
                (Some(hit), None) if !task.job.complete && !hit.certain => hit.effect = Effect::Breaks,
                (None, _) if !task.job.complete => {
                    let hit = Hit { effect: Effect::Breaks, certain: false, condition: false, writes: BTreeMap::new(), origin: None };
                    hits.insert(job, hit);
                }
                _ => {}
            }
        }
    }
}

/// The nodes that data flows to, over sure edges alone or over all.
fn reached(flow: &Flow, roots: &BTreeSet<usize>, sure: bool) -> Vec<bool> {
    let mut seen = vec![false; flow.nodes.len()];
    let mut stack: Vec<usize> = roots.iter().copied().collect();
    while let Some(at) = stack.pop() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        stack.extend(flow.edges(at, Direction::Downstream).iter().filter(|edge| edge.sure || !sure).map(|edge| edge.node));
    }
    seen
}

/// What reads other data of steps that break for certain.
fn not_renewed(index: &Index<'_>, tables: &Flow, hits: &BTreeMap<usize, Hit>, writers: &BTreeSet<usize>) -> BTreeMap<String, Vec<String>> {
    let broken = hits.iter().filter(|(_, hit)| hit.effect == Effect::Breaks && hit.certain);
    let roots: BTreeSet<usize> = broken.filter_map(|(&job, _)| tables.nodes.get_index_of(&Node::Step(job))).collect();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (at, _) in reached(tables, &roots, false).into_iter().enumerate().filter(|(_, reached)| *reached) {
        let Node::Step(job) = tables.at(at) else { continue };
        if !hits.contains_key(&job) && !writers.contains(&job) {
            let job = index.jobs[job].job;
            found.entry(job.pipeline.clone()).or_default().push(job.step.clone());
        }
    }
    found.values_mut().for_each(|steps| steps.sort());
    found
}

fn pipelines(index: &Index<'_>, hits: BTreeMap<usize, Hit>) -> Vec<PipelineImpact> {
    let mut all: BTreeMap<&str, Vec<StepImpact>> = BTreeMap::new();
    for (number, hit) in hits {
        let task = &index.jobs[number];
        let written = |(node, certain): (Node, bool)| {
            let (data, column) = match node {
                Node::Column(at, column) | Node::Made(_, at, column) => (Node::Data(at), Some(index.data[at].columns[column].to_owned())),
                other => (other, None),
            };
            Written { id: report::id(index, node), data: report::name(index, data), column, certain }
        };
        all.entry(&task.job.pipeline).or_default().push(StepImpact {
            step: task.job.step.clone(),
            kind: task.step.map(|step| step.kind.clone()),
            effect: hit.effect,
            certain: hit.certain,
            condition: hit.condition,
            writes: hit.writes.into_iter().map(written).collect(),
            origin: hit.origin.unwrap_or_else(|| task.job.origin.clone()),
        });
    }
    let whole = |(pipeline, mut steps): (&str, Vec<StepImpact>)| {
        steps.sort_by_key(|step| (step.effect, !step.certain));
        PipelineImpact { pipeline: pipeline.to_owned(), owner: index.owner(pipeline).cloned(), steps }
    };
    all.into_iter().map(whole).collect()
}
