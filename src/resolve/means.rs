//! What the values of a platform must hold beside their types, so that nothing of them is lost or refused by a cluster later.

use super::image;
use super::platform::{Lookup, look_up, missing};
use super::values::reserved;
use crate::diag::{Diagnostic, Rule, catalogue};
use crate::source::Span;
use crate::spec::quantities::CpuQuantity;
use crate::spec::scalars::Label;
use crate::spec::{self, TolerationOperator};
use crate::syntax::{Field, Map};

/// Checks a platform that was decoded.
pub(super) fn check(platform: &spec::Platform) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (_, _, runtime) in entries(platform.runtimes.as_ref()) {
        self::runtime(runtime, &mut found);
    }
    if let Some(image) = platform.runner.as_ref().and_then(Field::get).map(|runner| &runner.image) {
        found.extend(image.get().and_then(|text| image::check(text, image.span)));
    }
    labels(platform.labels.as_ref(), "a label", &mut found);
    for (name, _, class) in entries(platform.resources.as_ref()) {
        resources(name.0.as_str(), class, &mut found);
    }
    connections(platform, &mut found);
    for (_, _, secret) in entries(platform.secrets.as_ref()) {
        self::secret(secret, &mut found);
    }
    references(platform, &mut found);
    for (name, span, channel) in entries(platform.channels.as_ref()) {
        let is_both = known(channel.slack.as_ref()).is_some() && known(channel.webhook.as_ref()).is_some();
        if is_both || (channel.slack.is_none() && channel.webhook.is_none()) {
            found.push(
                Diagnostic::new(
                    &catalogue::CONFLICTING_KEYS,
                    span,
                    format!("the channel `{}` must have exactly one of `slack` and `webhook`", name.0),
                )
                .label("which one?")
                .help("give each way to tell people a channel of its own; a pipeline can notify several"),
            );
        }
    }
    found
}

/// A key that is there with a value that could be read.
fn known<T>(field: Option<&Field<T>>) -> Option<&Field<T>> {
    field.filter(|field| field.get().is_some())
}

/// The entries of a part that could be read.
fn entries<K, T>(part: Option<&Field<Map<K, Field<T>>>>) -> impl Iterator<Item = (&K, Span, &T)> {
    let map = part.and_then(Field::get).map(|map| &map.0);
    map.into_iter().flatten().filter_map(|(key, item)| Some((key, item.key_span, item.value.get()?)))
}

/// Names of the platform that its own parts give, whether or not a pipeline uses them.
fn references(platform: &spec::Platform, found: &mut Vec<Diagnostic>) {
    let mut secret = |field: &Field<Label>| found.extend(unknown(platform.secrets.as_ref(), field, &catalogue::UNKNOWN_SECRET, "secret"));
    for (_, _, connection) in entries(platform.connections.as_ref()) {
        connection.secret.iter().for_each(&mut secret);
    }
    for (_, _, channel) in entries(platform.channels.as_ref()) {
        channel.slack.iter().filter_map(Field::get).for_each(|slack| secret(&slack.secret));
        channel.webhook.iter().filter_map(Field::get).for_each(|webhook| secret(&webhook.secret));
    }
    for (_, _, connection) in entries(platform.connections.as_ref()) {
        let runtime = connection.runtime.as_ref();
        found.extend(runtime.and_then(|field| unknown(platform.runtimes.as_ref(), field, &catalogue::UNKNOWN_RUNTIME, "runtime")));
    }
}

fn unknown<T>(part: Option<&Field<Map<Label, Field<T>>>>, field: &Field<Label>, rule: &'static Rule, what: &str) -> Option<Diagnostic> {
    let name = field.get()?;
    match look_up(part, &name.0) {
        Lookup::Missing(names) => Some(missing(rule, field.span, what, &name.0, &names)),
        Lookup::Found(_) | Lookup::Faulty => None,
    }
}

fn runtime(runtime: &spec::Runtime, found: &mut Vec<Diagnostic>) {
    found.extend(runtime.image.get().and_then(|text| image::check(text, runtime.image.span)));
    for (name, span, _) in entries(runtime.env.as_ref()) {
        found.extend(reserved(&name.0, span));
    }
}

fn resources(name: &str, class: &spec::Resources, found: &mut Vec<Diagnostic>) {
    let milli = |field: &Option<Field<CpuQuantity>>| field.as_ref().and_then(Field::get).map(CpuQuantity::milli);
    if let (Some(cpu), Some(limit), Some(field)) = (milli(&class.cpu), milli(&class.cpu_limit), &class.cpu_limit)
        && limit < cpu
    {
        found.push(
            Diagnostic::new(&catalogue::INVALID_VALUE, field.span, format!("`cpu_limit` of `{name}` is less than its `cpu`"))
                .label("less than what is asked for")
                .note("a cluster refuses a container that asks for more than it is allowed")
                .help("raise `cpu_limit`, or leave it out for no limit"),
        );
    }
    quantities(class, found);
    labels(class.node_selector.as_ref(), "a label of a node", found);
    for field in class.tolerations.as_ref().and_then(Field::get).into_iter().flatten() {
        let Some(toleration) = field.get() else { continue };
        tolerated(toleration, found);
        let exists = toleration.operator.as_ref().and_then(Field::get) == Some(&TolerationOperator::Exists);
        let fault = match (&toleration.key, &toleration.value) {
            (None, _) if !exists => Some("a toleration without `key` tolerates every taint, and needs `operator: Exists` to say so"),
            (_, Some(_)) if exists => Some("a toleration with `operator: Exists` has no `value`"),
            _ => None,
        };
        if let Some(message) = fault {
            found.push(
                Diagnostic::new(&catalogue::CONFLICTING_KEYS, field.span, message)
                    .label("no cluster takes this")
                    .help("write `{key: NAME, operator: Exists}`, or `{key: NAME, value: VALUE}`"),
            );
        }
    }
}

fn connections(platform: &spec::Platform, found: &mut Vec<Diagnostic>) {
    let mut first: Option<Span> = None;
    for (name, span, connection) in entries(platform.connections.as_ref()) {
        if let (Some(_), Some(dsn)) = (known(connection.secret.as_ref()), known(connection.dsn.as_ref())) {
            found.push(
                Diagnostic::new(&catalogue::CONFLICTING_KEYS, dsn.span, format!("the connection `{}` has both `secret` and `dsn`", name.0))
                    .label("the secret would win")
                    .note("both say what the connection string is")
                    .help("keep `secret` where the string holds credentials, `dsn` where it holds none; `null` in an environment takes one away"),
            );
        }
        if connection.default.as_ref().and_then(Field::get) != Some(&true) {
            continue;
        }
        match first {
            Some(other) => found.push(
                Diagnostic::new(&catalogue::CONFLICTING_KEYS, span, "two connections are the default one")
                    .label("the second")
                    .also(other, "the first")
                    .help("take `default: true` away from one of them"),
            ),
            None => first = Some(span),
        }
    }
}

fn secret(secret: &spec::SecretRef, found: &mut Vec<Diagnostic>) {
    let mut fault = |span: Span, message: String, help: &str| {
        found.push(Diagnostic::new(&catalogue::INVALID_VALUE, span, message).label("no cluster takes this").help(help));
    };
    if let Some(name) = secret.name.get().filter(|name| !is_domain(name)) {
        fault(
            secret.name.span,
            format!("`{name}` is not the name of a Kubernetes Secret"),
            "write lower-case letters, digits, `-` and `.`, as the Secret is called in the cluster",
        );
    }
    let is_key = |key: &str| !key.is_empty() && key.len() <= 253 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if let Some(key) = secret.key.get().filter(|key| !is_key(key)) {
        fault(secret.key.span, format!("`{key}` is not a key of a Kubernetes Secret"), "write letters, digits, `-`, `_` and `.`");
    }
}

/// Keys and values of labels are words.
fn labels(part: Option<&Field<Map<String, Field<String>>>>, what: &str, found: &mut Vec<Diagnostic>) {
    let map = part.and_then(Field::get).map(|map| &map.0);
    for (key, item) in map.into_iter().flatten() {
        if !is_key(key) {
            found.push(no_word(item.key_span, format!("`{key}` is not the key of {what}")));
        }
        if let Some(value) = item.value.get().filter(|value| !is_word(value)) {
            found.push(no_word(item.value.span, format!("`{value}` is not the value of {what}")));
        }
    }
}

fn no_word(span: Span, message: String) -> Diagnostic {
    Diagnostic::new(&catalogue::INVALID_VALUE, span, message)
        .label("no cluster takes this")
        .note("letters, digits, `-`, `_` and `.`, at most 63, a letter or digit at both ends; a key may have a domain and `/` before it")
        .help("change it to such a word")
}

/// Taints have keys and values like labels.
fn tolerated(toleration: &spec::Toleration, found: &mut Vec<Diagnostic>) {
    if let Some((field, key)) = toleration.key.as_ref().and_then(|field| Some((field, field.get().filter(|key| !is_key(key))?))) {
        found.push(no_word(field.span, format!("`{key}` is not the key of a taint")));
    }
    if let Some((field, value)) = toleration.value.as_ref().and_then(|field| Some((field, field.get().filter(|value| !is_word(value))?))) {
        found.push(no_word(field.span, format!("`{value}` is not the value of a taint")));
    }
}

/// Quantities that a cluster takes and that nobody means, and devices by a name that it does not take.
fn quantities(class: &spec::Resources, found: &mut Vec<Diagnostic>) {
    // The least that a container starts with, more than any node has, and the same of cpus and devices.
    const MEMORY: std::ops::Range<u128> = 4 << 20..32 << 40;
    const CPUS: u128 = 200;
    const DEVICES: u32 = 16;
    let mut odd = |span: Span, message: String, help: String| {
        found.push(Diagnostic::new(&catalogue::ODD_QUANTITY, span, message).label("as Kubernetes reads it").help(help));
    };
    if let Some((field, memory)) = class.memory.as_ref().and_then(|field| Some((field, field.get()?)))
        && !MEMORY.contains(&memory.bytes())
    {
        let number = memory.0.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let (amount, help) = if memory.bytes() < MEMORY.start {
            ("fewer than any container starts with", format!("write `{number}Mi` or `{number}Gi`"))
        } else {
            ("more than any node has", "write less; `Gi` are powers of 1024, and `Mi` a thousandth of them".to_owned())
        };
        odd(field.span, format!("`{}` of memory is {} bytes, {amount}", memory.0, memory.bytes()), help);
    }
    for field in [&class.cpu, &class.cpu_limit].into_iter().flatten() {
        if let Some(cpu) = field.get().filter(|cpu| cpu.milli() >= CPUS * 1000) {
            let help = if cpu.0.ends_with('m') { "write fewer".to_owned() } else { format!("write `{}m` for thousandths of one", cpu.0) };
            odd(field.span, format!("`{}` of cpu is {} whole cpus", cpu.0, cpu.milli() / 1000), help);
        }
    }
    if let Some((field, gpu)) = class.gpu.as_ref().and_then(|field| Some((field, field.get()?)))
        && *gpu > DEVICES
    {
        odd(
            field.span,
            format!("{gpu} GPUs are more than one node has"),
            "a step runs on one node: write how many of its GPUs it needs".to_owned(),
        );
    }
    if let Some((field, kind)) = class.gpu_type.as_ref().and_then(|field| Some((field, field.get()?)))
        && !(kind.contains('/') && is_key(kind))
    {
        found.push(
            Diagnostic::new(&catalogue::INVALID_VALUE, field.span, format!("`{kind}` is not the name of a device"))
                .label("no cluster takes this")
                .note("a device has the domain of its maker before its name")
                .help("write a name such as `nvidia.com/gpu` or `amd.com/gpu`"),
        );
    }
}

/// The key of a label: a word, with or without a domain before it.
fn is_key(key: &str) -> bool {
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    !name.is_empty() && is_word(name) && prefix.is_none_or(is_domain)
}

/// A word as Kubernetes has it in labels: empty, or with a letter or digit at both ends.
fn is_word(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    let inner = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    text.len() <= 63 && inner && ends(text.chars().next()) && ends(text.chars().last())
}

fn is_domain(text: &str) -> bool {
    let part = |part: &str| {
        let inner = part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        !part.is_empty() && inner && !part.starts_with('-') && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(part)
}
