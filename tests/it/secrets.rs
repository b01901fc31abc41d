//! Credentials stay out of everything that etlc prints. Tokens are put together here, so that no scanner takes this file for a leak.

use crate::workspace::Workspace;

const FORMATS: [&str; 4] = ["human", "json", "sarif", "github"];

fn token() -> String {
    format!("{}_{}", "ghp", "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5")
}

fn private_key() -> String {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj\nMzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu\n";
    format!("-----BEGIN {0} KEY-----\n{body}-----END {0} KEY-----", "PRIVATE")
}

/// A workspace with credentials of several kinds, and with faults whose messages or excerpts would show them.
fn leaky() -> Workspace {
    let workspace = Workspace::two();
    let (token, key) = (token(), private_key());
    let spec = format!(
        "version: 1\npipeline: first\nowner: data\n# the old one: {token}\nvars:\n  key: |\n    {}\n  answer: no\nsteps:\n  work:\n    kind: python\n    script: run.py\n    \
         retries: {token}\n    timeout: {token}\n    env: {{GH_TOKEN: {token}, É: ü, DSN: \"postgresql://etl:Trou-ba-dour@db/x\"}}\n    when: \"'{token}' == 1\"\n",
        key.replace('\n', "\n    ")
    );
    workspace.write("pipelines/first/pipeline.yaml", &spec);
    workspace.write("pipelines/first/run.py", &format!("TOKEN = '{token}'\nconnect(password=\"Trou-ba-dour\")\n"));
    workspace.write("macros/a.sql", &format!("-- {token}\n{{% macro a( %}}\n"));
    workspace.write("platform/platform.yaml", &format!("version: 1\nplatform: acme\nlabels: {{a: {token}}}\nteams: {token}\n"));
    workspace
}

#[test]
fn no_format_shows_a_credential() {
    let workspace = leaky();
    let shown = [token()[..16].to_owned(), "Trou-ba".to_owned(), "MIIEvQIB".to_owned(), "MzEfYyji".to_owned()];
    for format in FORMATS {
        for args in
            [&["validate", "--format", format][..], &["validate", "--format", format, "--target", "argo"], &["list", "--format", format]]
        {
            let output = workspace.run(args);
            for secret in &shown {
                assert!(!output.stdout.contains(secret) && !output.stderr.contains(secret), "{args:?} shows {secret}: {output:?}");
            }
        }
    }
    let found = workspace.run(&["validate", "--format", "json"]).json();
    let places: Vec<(String, u64)> = found["diagnostics"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|found| found["code"] == "plain-text-secret")
        .map(|found| {
            (found["labels"][0]["file"].as_str().unwrap_or_default().to_owned(), found["labels"][0]["line"].as_u64().unwrap_or_default())
        })
        .collect();
    let expected = [
        ("macros/a.sql", 1),
        ("pipelines/first/pipeline.yaml", 4),
        ("pipelines/first/pipeline.yaml", 7),
        ("pipelines/first/pipeline.yaml", 16),
        ("pipelines/first/pipeline.yaml", 17),
        ("pipelines/first/pipeline.yaml", 18),
        ("pipelines/first/pipeline.yaml", 18),
        ("pipelines/first/pipeline.yaml", 19),
        ("pipelines/first/run.py", 1),
        ("pipelines/first/run.py", 2),
        ("platform/platform.yaml", 3),
        ("platform/platform.yaml", 4),
    ];
    let expected: Vec<_> = expected.into_iter().map(|(file, line)| (file.to_owned(), line)).collect();
    assert_eq!(places, expected);
}

#[test]
fn levels_and_comments_decide_whether_a_pipeline_with_a_credential_is_written() {
    let workspace = Workspace::two();
    workspace.write("pipelines/first/run.py", &format!("TOKEN = '{}'\n", token()));
    let out = ["render", "--target", "argo"];
    assert_eq!(workspace.run(&out).code, 1);
    workspace.write("etlc.yaml", "version: 1\nworkspace: two\nlints: {plain-text-secret: warn}\n");
    assert_eq!(workspace.run(&out).code, 0);
    workspace.write("etlc.yaml", "version: 1\nworkspace: two\n");
    workspace.write("pipelines/first/run.py", &format!("TOKEN = '{}'  # etlc: allow plain-text-secret: it was revoked\n", token()));
    let output = workspace.run(&out);
    assert_eq!((output.code, output.stderr.contains("warning")), (0, false), "{output:?}");
}
