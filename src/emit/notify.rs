//! What tells people that a run failed: for each channel a step of the runner's own, which engines run after the others.

use indexmap::IndexMap;

use super::cx::Cx;
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{Container, Notification, Reference, Resources, Retries, RunIf, RuntimeValue, Step, Text};

/// The longest that it may take, in seconds: `curl` tries for half a minute, four times.
const TIMEOUT: u64 = 300;

/// The steps that tell the channels of a plan; one whose image nobody names is reported.
pub(crate) fn steps(cx: &mut Cx<'_>) -> Vec<Step> {
    let plan = cx.plan;
    let Some(runner) = &plan.runner else {
        let missing = plan.on_failure.iter().map(no_runner);
        cx.diagnostics.extend(missing);
        return Vec::new();
    };
    plan.on_failure.iter().map(|notification| step(cx, notification, &runner.image)).collect()
}

fn step(cx: &Cx<'_>, notification: &Notification, image: &str) -> Step {
    let plan = cx.plan;
    // Names of steps have no dot, so this is the name of none.
    let id = format!("notify.{}", notification.channel);
    let mut args: Vec<Text> = Vec::new();
    let mut say = |flag: &str, value: Text| args.extend([Text::constant(flag), value]);
    match &notification.target {
        Some(channel) => say("--slack", Text::constant(channel)),
        None => args.push(Text::constant("--webhook")),
    }
    let mut say = |flag: &str, value: Text| args.extend([Text::constant(flag), value]);
    let secret = variable(&notification.channel);
    say("--secret", Text::constant(&secret));
    say("--pipeline", Text::constant(&plan.pipeline));
    if let Some(environment) = &plan.environment {
        say("--environment", Text::constant(environment));
    }
    say("--team", Text::constant(&plan.owner.team));
    say("--run", Text::reference(Reference::RunId));
    say("--source", Text::constant(&plan.origin.file));
    let run = RuntimeValue { env: Reference::RunId.env_name(), reference: Reference::RunId, fallback: None, text: None };
    Step {
        name: id.clone(),
        id,
        matrix: IndexMap::new(),
        kind: String::new(),
        description: None,
        needs: Vec::new(),
        run_if: RunIf::OneFailed,
        when: None,
        foreach: None,
        container: Container {
            image: image.to_owned(),
            pull_policy: None,
            command: ["etlc", "exec", "notify"].map(Text::constant).into(),
            args,
            env: IndexMap::new(),
        },
        runtime_values: vec![run],
        secrets: IndexMap::from([(secret, notification.secret.clone())]),
        files: Vec::new(),
        init: None,
        resources: Resources::default(),
        retries: Retries { limit: 2, delay: 30, backoff: 1.0, max_delay: None, custom: false },
        timeout: Some(TIMEOUT),
        reads: Vec::new(),
        writes: Vec::new(),
        outputs: IndexMap::new(),
        origin: notification.origin.clone(),
    }
}

/// The variable that holds a channel's secret.
fn variable(channel: &str) -> String {
    let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
    format!("ETLC_CHANNEL_{}", channel.chars().map(upper).collect::<String>())
}

fn no_runner(notification: &Notification) -> Diagnostic {
    let message = format!("the channel `{}` is told by the runner, and the platform has none", notification.channel);
    Diagnostic::new(&catalogue::NOT_SUPPORTED, notification.origin.span, message)
        .label("cannot be told")
        .help("let the platform set `runner: {image: IMAGE}`, an image with `etlc` and `curl`")
}
