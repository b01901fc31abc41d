//! `target.yaml`: what a target is, as data. A target pack is this file and the templates beside it.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::dialect::Dialect;
use super::names::Style;
use crate::syntax::{Raw, optional, required};

/// A target: how plans are written for one engine. Wherever an `if` stands, it is a Jinja expression over `options`, `plan` and, where a
/// single step is meant, `step`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct TargetFile {
    /// Name of the target: that of its folder.
    #[schemars(extend("examples" = ["tekton"]))]
    #[serde(deserialize_with = "required")]
    pub target: String,
    /// The engine's name, for people.
    #[schemars(extend("examples" = ["Tekton Pipelines"]))]
    #[serde(deserialize_with = "required")]
    pub title: String,
    /// What is written for a pipeline.
    #[schemars(extend("examples" = ["A Pipeline and a TriggerTemplate."]))]
    #[serde(deserialize_with = "required")]
    pub description: String,
    /// The versions of the engine that read it.
    #[schemars(extend("examples" = ["0.60 to 1.0"]))]
    #[serde(deserialize_with = "required")]
    pub versions: String,
    /// Who rewrites the strings of a pod.
    #[serde(deserialize_with = "required")]
    pub text: Dialect,
    /// How `when` conditions are spelled; not given where the target has none.
    #[serde(default, deserialize_with = "optional")]
    pub conditions: Option<Spelling>,
    /// The pods of steps.
    #[serde(default, deserialize_with = "optional")]
    pub pod: Option<PodRule>,
    /// Steps as processes of a worker: one line of bash and its environment.
    #[serde(default, deserialize_with = "optional")]
    pub process: Option<ProcessRule>,
    /// Steps as containers of a daemon without a cluster; for `text: jinja`.
    #[serde(default, deserialize_with = "optional")]
    pub container: Option<ContainerRule>,
    /// Run-time values by name (`run.date`, `params`, or `params.TYPE` for parameters of one type): the first rule that holds says how a value gets into a step.
    #[serde(default, deserialize_with = "optional")]
    pub values: Option<IndexMap<String, Vec<ValueRule>>>,
    /// Names that templates use, by a name of their own.
    #[serde(deserialize_with = "required")]
    pub names: IndexMap<String, NameRule>,
    /// What the target can express.
    #[serde(deserialize_with = "required")]
    pub capabilities: Capabilities,
    /// Sizes that the engine does not go beyond.
    #[serde(default, deserialize_with = "optional")]
    pub limits: Option<Limits>,
    /// JSON Schema of `targets.NAME` of a platform, an object.
    #[schemars(extend("examples" = [{"type": "object", "properties": {"namespace": {"type": "string"}}}]))]
    pub options: Raw,
    /// The files of a pipeline.
    #[serde(deserialize_with = "required")]
    pub outputs: Vec<OutputRule>,
}

/// How a condition is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Spelling {
    /// `params["n"] > 3 and flag == True`.
    Python,
    /// `int(n) > 3 and flag == true`, for expression languages with C-like literals.
    Expression,
}

/// The pods of steps.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PodRule {
    /// When pods are made; always if not given.
    #[serde(rename = "if", default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["options.executor == 'pods'"]))]
    pub condition: Option<String>,
    /// The name of a step's container; the step's own name `container` (see `names`) if not given.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["base"]))]
    pub container: Option<String>,
    /// When the pods of a pipeline become one, so that their volumes need names of their own.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["options.dag == 'chain'"]))]
    pub shared: Option<String>,
    /// How values are gathered for the engine; not given where it reads each from the file that the step wrote.
    #[serde(default, deserialize_with = "optional")]
    pub gather: Option<GatherRule>,
    /// Whether pods have the label of the revision too. Not where another pod is another run.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = [true]))]
    pub revision: Option<bool>,
    /// How the lists that steps run over are spelled out for the engine, where it reads values from their files.
    #[serde(default, deserialize_with = "optional")]
    pub lists: Option<GatherRule>,
    /// How the names of variables begin that the engine keeps for itself.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = [["ENGINE_"]]))]
    pub reserved_env: Option<Vec<String>>,
}

/// How the values that a step hands over are gathered, in pods. The runner does it, and has to be in the container. For a value `NAME` that steps run
/// for each item of, the object has an entry `NAME[]`: a JSON list of objects of texts, with `item`, `item.MEMBER` and `foreach.index`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct GatherRule {
    /// The file that the engine reads: one JSON object of texts, by the names of the values.
    #[schemars(extend("examples" = ["/engine/result.json"]))]
    #[serde(deserialize_with = "required")]
    pub file: String,
}

/// Steps as processes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ProcessRule {
    /// When steps are processes.
    #[serde(rename = "if", deserialize_with = "required")]
    #[schemars(extend("examples" = ["options.executor == 'local'"]))]
    pub condition: String,
}

/// Steps as containers of a daemon: run-time values stand inside texts, as the expressions of their rules.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ContainerRule {
    /// When steps are such containers.
    #[serde(rename = "if", deserialize_with = "required")]
    #[schemars(extend("examples" = ["options.executor == 'docker'"]))]
    pub condition: String,
    /// How the names of variables begin that the engine keeps for itself.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = [["ENGINE_"]]))]
    pub reserved_env: Option<Vec<String>>,
}

/// How a run-time value gets into a step. In texts, `<name>` stands for a parameter's name and `<timezone>` for the pipeline's. For a value of another
/// step, `<output>` stands for the value's name, `<input>` for its name among those that the step is given, `<fallback>` for what stands for it where
/// there is none (conditions have `fallback` for whether there is one), and a name of the pack, such as `<task>`, for that of the other step. For an
/// item, `<name>` stands for `item`, `item.MEMBER` or `foreach.index`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct ValueRule {
    /// When this rule holds; always if not given.
    #[serde(rename = "if", default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["options.params == 'freeze'"]))]
    pub condition: Option<String>,
    /// The route.
    #[serde(deserialize_with = "required")]
    pub route: Route,
    /// The engine's own expression, or the path of a pod's field; nothing for `default`.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["$(context.pipelineRun.uid)"]))]
    pub text: Option<String>,
    /// The value inside a condition.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["$(params.<name>)"]))]
    pub operand: Option<String>,
}

/// The way of a run-time value into a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// The expression is the value of an environment variable. For values whose text is the engine's own: the kubelet expands it once more.
    #[default]
    Env,
    /// The expression is the value of a pod annotation, which a variable refers to. For values whose text anybody may have chosen.
    Annotation,
    /// A field of the pod.
    Field,
    /// The text is the value.
    Constant,
    /// The parameter's default is the value.
    Default,
    /// The text is a word of the shell that runs a step's command, which sets the variable itself. For steps that are processes.
    Shell,
}

/// Names of one kind.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct NameRule {
    /// What they are made from.
    #[serde(deserialize_with = "required")]
    pub of: NameOf,
    /// The characters that they may have.
    #[serde(deserialize_with = "required")]
    pub style: Style,
    /// The most characters that they may have.
    #[schemars(extend("examples" = [63]))]
    #[serde(deserialize_with = "required")]
    pub budget: usize,
    /// Names that the engine keeps for itself.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = [["main", "wait"]]))]
    pub reserved: Option<Vec<String>>,
    /// Characters in front, part of the budget.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["step_"]))]
    pub prefix: Option<String>,
}

/// What names are made from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NameOf {
    /// The pipeline's name.
    #[default]
    Pipeline,
    /// A step's id.
    Step,
    /// Both; the beginning of a name that the engine or a template makes unique.
    PipelineStep,
}

/// What the target can express. A feature that stands nowhere is refused.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Capabilities {
    /// Features that are expressed exactly, whatever the options.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = [["schedule", "step.timeout"]]))]
    pub exact: Option<Vec<String>>,
    /// Features with conditions: the first rule that holds counts; if none does, the feature is expressed exactly.
    #[serde(default, deserialize_with = "optional")]
    pub limited: Option<IndexMap<String, Vec<Limit>>>,
}

/// A feature that the target cannot express, or only nearly.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Limit {
    /// When this rule holds; always if not given.
    #[serde(rename = "if", default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["options.dag == 'jobset'"]))]
    pub condition: Option<String>,
    /// How far.
    #[serde(deserialize_with = "required")]
    pub support: Support,
    /// Why, or what is different: a sentence without a full stop.
    #[schemars(extend("examples" = ["a JobSet has no deadline"]))]
    #[serde(deserialize_with = "required")]
    pub why: String,
    /// What to do instead.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["give the steps a `timeout`"]))]
    pub help: Option<String>,
}

/// How far a target can express a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// Exactly.
    #[default]
    Exact,
    /// Nearly; a warning says how it differs.
    Degraded,
    /// Not at all; the pipeline is not written.
    Refused,
}

/// Sizes that the engine does not go beyond.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Limits {
    /// Steps of a pipeline.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = [200]))]
    pub steps: Option<usize>,
    /// Steps of one graph. A larger one is divided into `parts`, where that keeps what it means, or else refused.
    #[serde(default, deserialize_with = "optional")]
    pub graph: Option<SizeLimit>,
    /// Steps that one step waits for.
    #[serde(default, deserialize_with = "optional")]
    pub needs: Option<SizeLimit>,
    /// Bytes of one object as JSON.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = [1_048_576]))]
    pub object_bytes: Option<usize>,
    /// What the engine keeps in the object of one run.
    #[serde(default, deserialize_with = "optional")]
    pub run: Option<RunLimit>,
}

/// The size of the object that an engine makes of each run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct RunLimit {
    /// The kind of object that runs are made of: all of a pipeline are kept in a run once, and the last one twice.
    #[schemars(extend("examples" = ["WorkflowTemplate"]))]
    pub kind: String,
    /// Bytes for the state of each step.
    #[schemars(extend("examples" = [150]))]
    pub step_bytes: usize,
    /// The most bytes, as JSON.
    #[schemars(extend("examples" = [1_048_576]))]
    pub bytes: usize,
}

/// A size and when it holds.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct SizeLimit {
    /// When it holds; always if not given.
    #[serde(rename = "if", default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["options.dag == 'jobset'"]))]
    pub condition: Option<String>,
    /// The most.
    #[schemars(extend("examples" = [5]))]
    #[serde(deserialize_with = "required")]
    pub most: usize,
    /// The option of the target that says another number, if it is set.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["graph_steps"]))]
    pub option: Option<String>,
}

/// A file of a pipeline.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct OutputRule {
    /// Its path; `<pipeline>` stands for the pipeline's name, and `<step>` and `<file>` for those of a step's file.
    #[schemars(extend("examples" = ["<pipeline>.yaml"]))]
    #[serde(deserialize_with = "required")]
    pub path: String,
    /// The template that writes it; not given for the files that steps carry.
    #[serde(default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["pipeline.yaml.j2"]))]
    pub template: Option<String>,
    /// When it is written; always if not given.
    #[serde(rename = "if", default, deserialize_with = "optional")]
    #[schemars(extend("examples" = ["config_maps"]))]
    pub condition: Option<String>,
}

impl TargetFile {
    /// The rules for a run-time value.
    pub(crate) fn value_rules(&self, name: &str) -> Option<&[ValueRule]> {
        self.values.as_ref()?.get(name).map(Vec::as_slice)
    }

    /// All rules for run-time values.
    pub(crate) fn all_values(&self) -> impl Iterator<Item = (&String, &Vec<ValueRule>)> {
        self.values.iter().flatten()
    }
}

impl Capabilities {
    /// True for a feature that is expressed exactly, whatever the options.
    pub(crate) fn is_exact(&self, id: &str) -> bool {
        self.exact.iter().flatten().any(|exact| exact == id)
    }

    /// The rules for a feature with conditions.
    pub(crate) fn limits(&self, id: &str) -> Option<&[Limit]> {
        self.limited.as_ref()?.get(id).map(Vec::as_slice)
    }

    /// Every feature that is spoken of.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &String> {
        self.exact.iter().flatten().chain(self.limited.iter().flat_map(IndexMap::keys))
    }
}
