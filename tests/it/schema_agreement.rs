//! The decoder and the published schemas accept and refuse the same documents: an editor says what etlc says.

use etlc::diag::{Diagnostic, Severity};
use etlc::emit::TargetFile;
use etlc::source::{SourceMap, Span};
use etlc::spec::{self, FieldSchema, decode_step, schema};
use etlc::syntax::{Node, decode, parse};
use serde_json::{Map, Value, json};

use crate::schema::builtin_kinds;

/// How many changed documents are tried for each format.
const ROUNDS: usize = 4_000;

/// A small random generator with a fixed seed, so that a failure comes back.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).expect("a small number")
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Texts that sit on the edges of what formats take: names, templates, durations, quantities, dates, words of the formats, references.
const STRINGS: [&str; 58] = [
    "",
    "x",
    "X",
    "a_b",
    "Bad Name",
    "9a",
    "_a",
    "a.b",
    "a-b",
    "é",
    "a\n",
    "1",
    "true",
    "null",
    "{{ x }}",
    "a {% if x %}",
    "{#",
    "{ {",
    "${run.date}",
    "5m",
    "0s",
    "00m0s",
    "1h30m",
    "30m1h",
    "90",
    "1234567s",
    "500m",
    "2",
    "0.5",
    "0.50Gi",
    "1Gi",
    "1GB",
    "512m",
    "0Mi",
    "1e3",
    "2024-02-29",
    "2023-02-29",
    "1900-02-29",
    "2000-02-29",
    "2024-02-30",
    "2024-13-01",
    "2024-1-1",
    "postgres",
    "oracle",
    "single",
    "queue",
    "all_done",
    "Always",
    "table",
    "json",
    "sql",
    "sql@1",
    "python@2",
    "sql@x",
    "container",
    "#growth",
    "growth",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

/// Values that sit on the edges of what formats take.
fn pool() -> Vec<Value> {
    let mut pool = vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(2),
        json!(1.0),
        json!(1.5),
        json!(-0.5),
        json!(0.0),
        json!(1e3),
        json!(4_294_967_295_u64),
        json!(4_294_967_296_u64),
        json!(9_007_199_254_740_993_u64),
        json!(1e300),
        json!([]),
        json!([1]),
        json!(["a"]),
        json!([["a"]]),
        json!(["{{ x }}"]),
        json!([null]),
        json!({}),
        json!({"a": 1}),
        json!({"A b": {}}),
        json!({"{{ x }}": "a"}),
        json!({"a": "{{ x }}"}),
    ];
    pool.extend(STRINGS.map(Value::from));
    pool
}

/// Makes one to three changes, each somewhere.
fn mutate(document: &Value, random: &mut Random, pool: &[Value]) -> Value {
    let mut changed = document.clone();
    for _ in 0..=random.below(3) {
        let mut places = Vec::new();
        paths(&changed, String::new(), &mut places);
        let place = random.pick(&places).clone();
        change(&mut changed, &place, document, &places, random, pool);
    }
    changed
}

fn paths(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                paths(value, format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                paths(value, format!("{path}/{index}"), found);
            }
        }
        _ => {}
    }
    found.push(path);
}

fn change(document: &mut Value, place: &str, original: &Value, places: &[String], random: &mut Random, pool: &[Value]) {
    let other = original.pointer(random.pick::<String>(places)).cloned();
    let Some(value) = document.pointer_mut(place) else { return };
    match (random.below(8), value) {
        (0 | 1, Value::Object(entries)) if !entries.is_empty() => {
            let key = random.pick(&entries.keys().cloned().collect::<Vec<_>>()).clone();
            entries.shift_remove(&key);
        }
        (2 | 3, Value::Object(entries)) if !entries.is_empty() => rename(entries, random),
        (4, Value::Object(entries)) => {
            entries.insert(
                (*random.pick(&["kind", "name", "image", "table", "cron", "timeout", "output", "x", "Bad Key"])).to_owned(),
                random.pick(pool).clone(),
            );
        }
        (0 | 1, Value::Array(items)) => items.push(random.pick(pool).clone()),
        (2 | 3, Value::String(text)) => edit(text, random),
        (5, value) => *value = other.unwrap_or_default(),
        (_, value) => *value = random.pick(pool).clone(),
    }
}

fn rename(entries: &mut Map<String, Value>, random: &mut Random) {
    let mut key = random.pick(&entries.keys().cloned().collect::<Vec<_>>()).clone();
    let value = entries.shift_remove(&key).unwrap_or_default();
    edit(&mut key, random);
    entries.insert(key, value);
}

fn edit(text: &mut String, random: &mut Random) {
    match random.below(5) {
        0 => drop(text.pop()),
        1 => text.push(*random.pick(&['s', '_', '-', ' ', '1', '\n', 'é', '.'])),
        2 => *text = text.to_uppercase(),
        3 => text.insert_str(0, random.pick::<&str>(&["x", "1", " ", "{{ a }}", "-", "_"])),
        _ => text.push_str("{{ a }}"),
    }
}

fn is_clean(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().all(|found| found.severity != Severity::Error)
}

/// The document as etlc reads it. JSON is YAML, as far as these documents go.
fn read(document: &Value) -> Option<Node> {
    let map = SourceMap::default();
    let (parsed, diagnostics) = parse(&map.add("document.yaml", document.to_string()));
    parsed.root.filter(|_| is_clean(&diagnostics))
}

fn accepts<T: serde::de::DeserializeOwned>(document: &Value) -> bool {
    read(document).is_some_and(|root| is_clean(&decode::<T>(&root).1))
}

fn accepts_pipeline(document: &Value, kinds: &[(String, FieldSchema)]) -> bool {
    let Some(root) = read(document) else { return false };
    let (_, diagnostics) = decode::<spec::Pipeline>(&root);
    let steps = root.get("steps").map(Node::entries).unwrap_or_default();
    is_clean(&diagnostics) && steps.iter().all(|step| accepts_step(&step.value, kinds))
}

fn accepts_step(step: &Node, kinds: &[(String, FieldSchema)]) -> bool {
    let Some(text) = step.get("kind").and_then(Node::as_str) else { return false };
    let (name, version) = text.split_once('@').unwrap_or((text, "1"));
    let is_version = !version.is_empty() && version.bytes().all(|b| b.is_ascii_digit());
    let Some((_, fields)) = kinds.iter().find(|(known, _)| known == name).filter(|_| is_version) else { return false };
    let (_, own, diagnostics) = decode_step(step, &fields.names());
    let own = Node { span: step.span, kind: etlc::syntax::Kind::Map(own) };
    is_clean(&diagnostics) && is_clean(&fields.check(&own, name))
}

/// Tries changed documents; every disagreement is shown.
fn compare(name: &str, documents: &[Value], schema: &Value, accepts: impl Fn(&Value) -> bool) {
    let validator = jsonschema::draft7::new(schema).unwrap_or_else(|error| panic!("{name}: {error}"));
    let pool = pool();
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut accepted = 0;
    let mut disagreements = Vec::new();
    for document in documents {
        assert!(accepts(document), "{name}: the decoder refuses {document:#}");
        assert!(
            validator.is_valid(document),
            "{name}: {}",
            validator.iter_errors(document).map(|error| error.to_string()).collect::<Vec<_>>().join("\n")
        );
    }
    for round in 0..ROUNDS {
        let changed = mutate(&documents[round % documents.len()], &mut random, &pool);
        let own = accepts(&changed);
        accepted += usize::from(own);
        if own != validator.is_valid(&changed) {
            let reasons: Vec<_> = validator.iter_errors(&changed).map(|error| format!("{}: {error}", error.instance_path())).collect();
            disagreements.push(format!("decoder {own}, schema {}: {}\n{changed}", !own, reasons.join("; ")));
        }
    }
    let shown = disagreements.iter().take(5).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(disagreements.is_empty(), "{name}: {} disagreements\n{shown}", disagreements.len());
    // A test in which nearly everything is refused, or nearly nothing, would show little.
    assert!((ROUNDS / 20..ROUNDS * 19 / 20).contains(&accepted), "{name}: {accepted} of {ROUNDS} accepted");
}

fn example(path: &str) -> Value {
    let full = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&full).unwrap_or_else(|error| panic!("{full}: {error}"));
    let map = SourceMap::default();
    let (document, diagnostics) = parse(&map.add(path, text));
    assert!(diagnostics.is_empty(), "{path}: {diagnostics:?}");
    document.root.expect("a document").to_json()
}

/// A pipeline with the keys that no example has.
fn rare_pipeline() -> Value {
    json!({
        "version": 1, "pipeline": "rare", "owner": "data", "timezone": "UTC",
        "trigger": {"datasets": ["orders_mart.orders_daily"]},
        "schedule": {"cron": "0 6 * * *", "timezone": "UTC", "start": "2026-01-01", "end": "2026-12-31", "catchup": false, "overlap": "queue", "suspended": true},
        "datasets": {"raw": {"uri": "s3://lake/raw", "wait": {"timeout": "2h", "poll": "1m", "sql": "select true"}}},
        "steps": {
            "list": {"kind": "python", "script": "list.py", "outputs": {"items": {"value": "json"}, "t": {"table": "auto", "connection": "w", "columns": {"a": "int"}}}},
            "each": {"kind": "container", "image": "x:1", "command": ["a"], "foreach": "${steps.list.outputs.items}", "run_if": "one_failed", "env": {"A": 1, "B": true, "C": "x"}},
            "add": {"kind": "sql", "sql": "select 1", "materialize": "append", "partition": {"column": "day", "value": "x"}, "unique_key": ["a"], "retries": {"limit": 0, "backoff": 1.5}}
        },
        "on_failure": {"notify": ["oncall"]},
        "environments": {
            "dev": {"schedule": null, "params": {}, "defaults": {"timeout": "1h", "env": {"A": null}}, "steps": {"list": {"resources": "small"}, "each": {"resources": null}}},
            "stage": {
                "schedule": {"cron": "0 7 * * *", "overlap": null},
                "params": {"days": {"default": 7, "minimum": null}, "weeks": null},
                "vars": {"regions": ["us"], "city": null},
                "defaults": {"retries": {"delay": "1m"}, "secrets": {"T": "t"}, "resources": null}
            }
        }
    })
}

#[test]
fn pipelines() {
    let kinds = builtin_kinds();
    let schemas: Vec<_> = kinds.iter().map(|(name, fields)| (name.as_str(), fields)).collect();
    let kinds: Vec<_> = kinds.iter().map(|(name, fields)| (name.clone(), field_schema(fields))).collect();
    let mut every_option = example("examples/every_option/pipelines/every_option/pipeline.yaml");
    // Its last step is of a kind of its own platform.
    every_option.pointer_mut("/steps").and_then(Value::as_object_mut).expect("steps").shift_remove("tell");
    let documents = [
        every_option,
        example("examples/size_forecast/pipelines/size_forecast/pipeline.yaml"),
        example("examples/orders_mart/pipelines/orders_mart/pipeline.yaml"),
        rare_pipeline(),
    ];
    compare("pipeline", &documents, &schema::pipeline_of(&schemas, &schema::Names::new()), |document| accepts_pipeline(document, &kinds));
}

#[test]
fn platforms() {
    let rare = json!({
        "version": 1, "platform": "rare", "schedules": "suspended", "labels": {"a/b": "c"},
        "runtimes": {"python": {"image": "x:1", "pull_policy": "Never", "env": {"A": 1.5}, "files": "configmap"}},
        "resources": {"s": {"cpu": 0.5, "memory": 1024, "cpu_limit": "1", "gpu": 0, "gpu_type": "amd.com/gpu", "tolerations": [{"key": "a", "operator": "Equal", "value": "b", "effect": "NoExecute"}]}},
        "connections": {"w": {"dialect": "duckdb", "dsn": "w.duckdb", "database": "d", "client": ["duckdb"], "runtime": "sql", "default": true, "table": "{{ dataset }}"}},
        "channels": {"oncall": {"slack": {"channel": "#a", "secret": "s"}}, "hook": {"webhook": {"secret": "s"}}},
        "defaults": {"runtime": "python", "resources": "s", "env": {"A": "b"}, "secrets": {"T": "t"}, "retries": {"limit": 1, "delay": "10s", "max_delay": "1m"}, "timeout": "1h"},
        "runner": {"image": "e:1", "mode": "init"}, "targets": {"argo": {"namespace": "etl"}}, "environments": {
            "dev": {"labels": null, "schedules": null, "runtimes": {"python": {"pull_policy": null, "env": {"A": null, "B": "b"}}, "gpu": null}},
            "stage": {
                "resources": {"s": {"memory": "2Gi", "tolerations": [{"key": "a"}], "node_selector": {"pool": null}}},
                "connections": {"w": {"client": ["duckdb"], "secret": null}}, "channels": {"oncall": {"slack": {"channel": "#b"}}},
                "storage": {"default": {"uri": "s3://stage"}}, "secrets": {"s": {"key": "k"}}, "runner": {"mode": "image"},
                "defaults": {"retries": {"limit": 0}, "runtime": null}, "targets": {"argo": null}, "teams": {"data": {"contact": null}}, "schedules": "active"
            },
            "prod": null
        }
    });
    let documents =
        [example("examples/every_option/platform/platform.yaml"), example("examples/size_forecast/platform/platform.yaml"), rare];
    compare("platform", &documents, &schema::platform(), accepts::<spec::Platform>);
}

#[test]
fn workspaces() {
    let full = json!({
        "version": 1, "workspace": "acme", "platform": "platform", "pipelines": ["a/**/pipeline.yaml", "b.yaml"], "target": "argo", "environment": "prod", "out": "rendered",
        "lints": {"yaml-1-1": "error", "sql-syntax": "off"}, "limits": {"file_size": 1000}
    });
    compare("workspace", &[full, example("examples/every_option/etlc.yaml")], &schema::workspace(), accepts::<spec::Workspace>);
}

#[test]
fn kinds() {
    let documents = ["container", "python", "sql"].map(|name| example(&format!("templates/kinds/{name}/kind.yaml")));
    compare("kind", &documents, &schema::kind(), accepts::<spec::StepKind>);
}

#[test]
fn targets() {
    let names: Vec<&str> = etlc::emit::Pack::builtin_names().collect();
    let documents: Vec<Value> = names.iter().map(|name| example(&format!("templates/targets/{name}/target.yaml"))).collect();
    // What looks like a template in a pack is the engine's own, so every string stands for itself.
    let accepts = |document: &Value| {
        let (format, found) = decode::<TargetFile>(&Node::from_json(document, Span::default()));
        assert!(format.is_some() || !is_clean(&found), "nothing is said about {document:#}");
        is_clean(&found)
    };
    compare("target", &documents, &schema::of::<TargetFile>("etlc target pack"), accepts);
}

fn field_schema(fields: &Value) -> FieldSchema {
    let (schema, diagnostics) = FieldSchema::load(&read(fields).expect("a schema"));
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    schema.expect("a schema")
}
