//! Plans made by hand, small and large, that together use everything a plan can hold.

use etlc::plan::{
    Comparison, Condition, Container, File, FileContent, Init, Need, NeedOrigin, Operand, Origin, Overlap, Owner, Param, ParamType, Plan,
    Reference, Resources, Retries, RunIf, RuntimeValue, Schedule, Secret, Step, Text, Toleration,
};
use etlc::source::Span;
use indexmap::IndexMap;
use serde_json::json;

pub(crate) fn origin() -> Origin {
    Origin { file: "pipelines/size_forecast/pipeline.yaml".to_owned(), line: 1, span: Span::default() }
}

/// A plan without a schedule whose only step prints a word.
pub(crate) fn small() -> Plan {
    Plan {
        version: 1,
        pipeline: "size_forecast".to_owned(),
        formerly: Vec::new(),
        environment: Some("prod".to_owned()),
        owner: Owner { team: "forecasting".to_owned(), contact: Some("forecasting@acme.dev".to_owned()), oncall: None },
        description: Some("Daily size curves.\nSee {{ docs }} \u{2028}\"\"\"".to_owned()),
        tags: vec!["forecast".to_owned(), "tier-1".to_owned()],
        timezone: "Europe/Berlin".to_owned(),
        schedule: None,
        trigger: None,
        timeout: None,
        params: IndexMap::new(),
        datasets: IndexMap::new(),
        steps: vec![step("features")],
        on_failure: Vec::new(),
        runner: None,
        labels: IndexMap::from([("cost-centre".to_owned(), "42".to_owned())]),
        origin: origin(),
    }
}

/// The same, every day.
pub(crate) fn scheduled() -> Plan {
    Plan {
        schedule: Some(Schedule {
            cron: "0 6 * * *".to_owned(),
            timezone: "America/Los_Angeles".to_owned(),
            start: None,
            end: None,
            catchup: false,
            overlap: Overlap::Single,
            suspended: false,
            origin: origin(),
        }),
        ..small()
    }
}

/// A step that prints a word.
pub(crate) fn step(id: &str) -> Step {
    let name = id.split_once('[').map_or(id, |(name, _)| name);
    Step {
        id: id.to_owned(),
        name: name.to_owned(),
        matrix: IndexMap::new(),
        kind: "container@1".to_owned(),
        description: None,
        needs: Vec::new(),
        run_if: RunIf::AllSuccess,
        when: None,
        foreach: None,
        container: Container {
            image: "registry.acme.dev/py:3.12-7".to_owned(),
            pull_policy: None,
            command: vec![Text::constant("echo")],
            args: vec![Text::constant(id)],
            env: IndexMap::new(),
        },
        runtime_values: Vec::new(),
        secrets: IndexMap::new(),
        files: Vec::new(),
        init: None,
        resources: Resources::default(),
        retries: Retries { limit: 0, delay: 60, backoff: 1.0, max_delay: None, custom: false },
        timeout: None,
        reads: Vec::new(),
        writes: Vec::new(),
        outputs: IndexMap::new(),
        origin: origin(),
    }
}

/// The step after others.
pub(crate) fn after(mut step: Step, needs: &[&str]) -> Step {
    let because = || vec![NeedOrigin { reason: "after".to_owned(), origin: origin() }];
    step.needs = needs.iter().map(|need| Need { step: (*need).to_owned(), because: because() }).collect();
    step
}

fn supplied(reference: Reference) -> RuntimeValue {
    RuntimeValue { env: reference.env_name(), reference, fallback: None, text: None }
}

fn param(kind: ParamType, default: serde_json::Value) -> Param {
    Param { kind, default: Some(default), minimum: None, maximum: None, choices: None, description: None, origin: origin() }
}

fn days() -> Reference {
    Reference::Param("horizon_days".to_owned())
}

/// SQL with files, a secret and text that every engine would like to change.
fn features() -> Step {
    let mut features = step("features");
    features.container.command = vec![Text::constant("etlc"), Text::constant("exec"), Text::constant("sql")];
    features.container.args = vec![
        Text::constant("--say"),
        Text::constant("$HOME $$ $(ETLC_RUN_DATE) {{ ds }} {{workflow.name}} {% raw %} {# #} it's \"é\" \\ \r\n\t{{{=x}}}\n"),
        Text::parse("${files}/features.sql"),
    ];
    features.runtime_values = vec![supplied(Reference::Files), supplied(Reference::RunDate), supplied(Reference::RunAttempt)];
    features.secrets =
        IndexMap::from([("ETLC_CONNECTION_WAREHOUSE".to_owned(), Secret { name: "warehouse".to_owned(), key: "dsn".to_owned() })]);
    features.files = vec![
        text_file("features.sql", "create table size_features as\nselect '${ETLC_RUN_DATE}', \"a\" -- {{ ref('x') }}\nfrom raw.orders\n"),
        text_file("lib/on.sql", "on"),
        File { path: "model.bin".to_owned(), mode: 0o755, content: FileContent::Base64("AAECA/8=".to_owned()) },
        text_file("nel.txt", "a\u{85} b\u{7f}"),
    ];
    features.init = Some(Init { image: "registry.acme.dev/etlc:1".to_owned() });
    features.retries = Retries { limit: 2, delay: 60, backoff: 2.0, max_delay: Some(600), custom: true };
    features.timeout = Some(3600);
    features.writes = vec!["size_features".to_owned()];
    features
}

fn text_file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), mode: 0o644, content: FileContent::Text(text.to_owned()) }
}

/// Parameters, run-time values, a derived value and a resource class.
fn train() -> Step {
    let mut train = after(step("train"), &["features"]);
    train.container.args = vec![Text::parse("--horizon=${params.horizon_days}"), Text::parse("--as-of"), Text::parse("${run.date}")];
    train.container.env =
        IndexMap::from([("TZ".to_owned(), Text::constant("UTC")), ("NOTE".to_owned(), Text::parse("{{ ${run.id} }} $x"))]);
    let model = Reference::Output("model".to_owned());
    train.runtime_values = vec![
        supplied(Reference::RunDate),
        supplied(Reference::RunTimestamp),
        supplied(Reference::RunId),
        supplied(days()),
        supplied(Reference::Param("dry".to_owned())),
        RuntimeValue { text: Some(Text::parse("s3://acme/{{x}}/${run.id}/model")), ..supplied(model) },
    ];
    train.resources = Resources {
        class: Some("large".to_owned()),
        cpu: Some("4000m".to_owned()),
        memory: Some("16Gi".to_owned()),
        gpu: Some(1),
        node_selector: IndexMap::from([("pool".to_owned(), "gpu".to_owned())]),
        tolerations: vec![Toleration { key: Some("gpu".to_owned()), operator: Some("Exists".to_owned()), value: None, effect: None }],
        ..Resources::default()
    };
    train.timeout = Some(7200);
    train
}

fn score(region: &str) -> Step {
    let mut score = after(step(&format!("score[region={region}]")), &["train"]);
    score.matrix = IndexMap::from([("region".to_owned(), json!(region))]);
    score.files = vec![text_file("score.py", "print(1)\n")];
    score.writes = vec!["scores".to_owned()];
    score.when = Some(Condition::And(vec![
        Condition::Compare {
            left: Operand::Ref { reference: days(), kind: ParamType::Integer },
            op: Comparison::Greater,
            right: Operand::Literal(json!(0)),
        },
        Condition::Not(Box::new(Condition::Compare {
            left: Operand::Ref { reference: Reference::RunDate, kind: ParamType::Date },
            op: Comparison::In,
            right: Operand::Literal(json!(["it's }} {{", "2026-01-01"])),
        })),
    ]));
    score
}

/// Every feature that the engines with graphs have.
pub(crate) fn large() -> Plan {
    let mut plan = scheduled();
    if let Some(schedule) = &mut plan.schedule {
        schedule.start = Some("2026-01-01".to_owned());
        schedule.end = Some("2027-12-31".to_owned());
    }
    plan.timeout = Some(21600);
    let bounded = Param { minimum: Some(1.0), maximum: Some(365.0), ..param(ParamType::Integer, json!(28)) };
    plan.params = IndexMap::from([
        ("horizon_days".to_owned(), bounded),
        ("dry".to_owned(), param(ParamType::Boolean, json!(false))),
        ("items".to_owned(), param(ParamType::String, json!("a\"b\\ 'c'"))),
        ("rate".to_owned(), param(ParamType::Number, json!(0.5))),
        ("day".to_owned(), param(ParamType::Date, json!("2026-01-01"))),
    ]);
    let mut report = after(step("report"), &["score[region=us]", "score[region=uk]"]);
    report.run_if = RunIf::AllDone;
    report.runtime_values = ["items", "rate", "day"].map(|name| supplied(Reference::Param(name.to_owned()))).to_vec();
    let mut alert = after(step("not"), &["score[region=us]"]);
    alert.run_if = RunIf::OneFailed;
    plan.steps = vec![features(), train(), score("us"), score("uk"), report, alert];
    plan
}

/// Steps in a row that use nothing a single pod does not have.
pub(crate) fn chain() -> Plan {
    let mut load = step("load_orders");
    load.files = vec![text_file("load.sql", "select 1\n")];
    load.init = Some(Init { image: "registry.acme.dev/etlc:1".to_owned() });
    load.container.command = vec![Text::constant("etlc")];
    let mut mart = after(step("mart"), &["load_orders"]);
    mart.files = vec![text_file("mart.sql", "select 2\n")];
    mart.runtime_values = vec![supplied(Reference::RunId)];
    Plan { pipeline: "orders_mart".to_owned(), steps: vec![mart, load], timeout: Some(600), ..scheduled() }
}
