//! What a step is given: image, size, attempts.

use super::step::{Connection, Lowering};
use crate::diag::{Diagnostic, catalogue};
use crate::plan::{self, Init, Resources, Retries, Runner};
use crate::resolve::platform::{Lookup, Platform, look_up, missing};
use crate::resolve::steps::Draft;
use crate::source::Span;
use crate::spec::quantities::{CpuQuantity, MemoryQuantity};
use crate::spec::{self, RunnerMode};
use crate::syntax::{Field, Node};

/// The delay before a second attempt where none is given, in seconds.
const RETRY_DELAY: u64 = 30;

impl<'a> Lowering<'_, '_, 'a> {
    /// The image, when it is pulled, and the container that brings `etlc` into it.
    pub(super) fn image(
        &mut self,
        draft: &Draft<'a>,
        connection: Option<&Connection>,
        own: Option<String>,
    ) -> (String, Option<String>, Option<Init>) {
        let spec = &self.resolver.cx.platform.spec;
        let runner = spec.runner.as_ref().and_then(Field::get);
        let needs_runner = draft.kind.spec.runner.as_ref().and_then(Field::get) == Some(&true);
        let init = self::runner(self.resolver.cx.platform).filter(|runner| needs_runner && runner.copied);
        let init = init.map(|runner| Init { image: runner.image });
        if let Some(image) = own {
            self.check_own_image(draft);
            return (image, None, init);
        }
        // A runtime of `defaults` is for the users' own code; what `etlc` runs in is its kind's or its connection's.
        let named = draft.spec.runtime.as_ref().filter(|_| !needs_runner || self.own_runtime(draft).is_some());
        let kind_runtime = draft.kind.spec.runtime.as_ref();
        let (name, span) = if let Some(field) = named {
            (field.get().map(|label| label.0.clone()), field.span)
        } else if let Some(runtime) = connection.and_then(|connection| connection.runtime.clone()) {
            (Some(runtime), draft.name_span)
        } else {
            (kind_runtime.and_then(|field| Some(field.get()?.0.clone())), draft.node.get("kind").map_or(draft.name_span, |node| node.span))
        };
        let Some(name) = name else {
            let names_none = draft.kind.spec.container.get().is_some_and(|container| container.image.is_none());
            if names_none && named.is_none() && kind_runtime.is_none() {
                self.resolver.report(no_image(draft, span));
            }
            return Default::default();
        };
        let runtime = match look_up(spec.runtimes.as_ref(), &name) {
            Lookup::Found(runtime) => runtime,
            Lookup::Missing(_) if needs_runner && named.is_none() && runner.is_some() => {
                let image = runner.and_then(|runner| runner.image.get()).cloned().unwrap_or_default();
                return (image, None, None);
            }
            Lookup::Missing(names) => {
                self.resolver.report(missing(&catalogue::UNKNOWN_RUNTIME, span, "runtime", &name, &names));
                return Default::default();
            }
            Lookup::Faulty => return Default::default(),
        };
        for (name, item) in runtime.env.as_ref().and_then(Field::get).map(|map| &map.0).into_iter().flatten() {
            let Some(value) = item.value.get() else { continue };
            if !self.env.contains_key(&name.0) && !self.secrets.contains_key(&name.0) {
                let text = self.uses.text(self.resolver, &self.scene, &value.0, |_| item.value.span);
                self.env.insert(name.0.clone(), text);
            }
        }
        let pull_policy = runtime.pull_policy.as_ref().and_then(Field::get).map(|policy| format!("{policy:?}"));
        (runtime.image.get().cloned().unwrap_or_default(), pull_policy, init)
    }

    /// The runtime that the step itself names, rather than its pipeline's or its platform's `defaults`.
    fn own_runtime(&self, draft: &Draft<'a>) -> Option<&Node> {
        self.scene.header.step(&draft.name)?.value.get("runtime")
    }

    /// What a step whose kind names the image cannot say. A runtime that stands in `defaults` is for the steps that have use for one.
    pub(super) fn check_own_image(&mut self, draft: &Draft<'a>) {
        let Some(runtime) = self.own_runtime(draft) else { return };
        self.resolver.report(
            Diagnostic::new(
                &catalogue::CONFLICTING_KEYS,
                runtime.span,
                format!("a step of kind `{}` has an image of its own, and no use for a `runtime`", draft.kind.name),
            )
            .label("would not be used")
            .help("take `runtime` away, or use a kind that runs in one"),
        );
    }

    pub(super) fn retries(&mut self, draft: &Draft<'a>) -> Retries {
        let Some(given) = draft.spec.retries.as_ref().and_then(Field::get) else {
            return Retries { limit: 0, delay: RETRY_DELAY, backoff: 1.0, max_delay: None, custom: false };
        };
        let backoff = given.backoff.as_ref().and_then(Field::get).copied();
        let delay = given.delay.as_ref().and_then(Field::get).map(|delay| delay.0);
        let max_delay = given.max_delay.as_ref().and_then(Field::get).map(|delay| delay.0);
        if let (Some(factor), Some(field)) = (backoff, &given.backoff)
            && !(1.0..=1000.0).contains(&factor)
        {
            self.resolver.report(
                Diagnostic::new(&catalogue::INVALID_VALUE, field.span, format!("`backoff` is {factor:?}, and delays would not grow by it"))
                    .label("less than 1, or more than 1000")
                    .help("write a number from 1, the same delay each time, to 1000"),
            );
        }
        if given.limit.get().is_some_and(|limit| i32::try_from(*limit).is_err()) {
            self.resolver.report(
                Diagnostic::new(
                    &catalogue::INVALID_VALUE,
                    given.limit.span,
                    format!("`limit` is more attempts than a cluster counts: {}", i32::MAX),
                )
                .label("too many")
                .help("write fewer; a step that is never to give up can be run again by a schedule"),
            );
        }
        let delay_or_default = delay.unwrap_or(RETRY_DELAY);
        if let (Some(most), Some(field)) = (max_delay, &given.max_delay)
            && most < delay_or_default
        {
            self.resolver.report(
                Diagnostic::new(&catalogue::INVALID_VALUE, field.span, "`max_delay` is shorter than the first delay")
                    .label("would not hold")
                    .note(format!("the first delay is {delay_or_default} seconds; it is 30 where `delay` is not given"))
                    .help("shorten `delay`, or raise `max_delay`"),
            );
        }
        Retries {
            limit: given.limit.get().copied().unwrap_or(0),
            custom: delay.is_some() || backoff.is_some() || max_delay.is_some(),
            delay: delay_or_default,
            backoff: backoff.unwrap_or(1.0),
            max_delay,
        }
    }

    pub(super) fn resources(&mut self, draft: &Draft<'a>) -> Resources {
        let Some(field) = &draft.spec.resources else { return Resources::default() };
        let Some(name) = field.get() else { return Resources::default() };
        let class = match look_up(self.resolver.cx.platform.spec.resources.as_ref(), &name.0) {
            Lookup::Found(class) => class,
            Lookup::Missing(names) => {
                self.resolver.report(missing(&catalogue::UNKNOWN_RESOURCES, field.span, "resource class", &name.0, &names));
                return Resources::default();
            }
            Lookup::Faulty => return Resources::default(),
        };
        let selector = class.node_selector.as_ref().and_then(Field::get).map(|map| &map.0).into_iter().flatten();
        let tolerations = class.tolerations.as_ref().and_then(Field::get).into_iter().flatten().filter_map(Field::get);
        Resources {
            class: Some(name.0.clone()),
            cpu: class.cpu.as_ref().and_then(Field::get).map(CpuQuantity::canonical),
            cpu_limit: class.cpu_limit.as_ref().and_then(Field::get).map(CpuQuantity::canonical),
            memory: class.memory.as_ref().and_then(Field::get).map(MemoryQuantity::canonical),
            ephemeral_storage: class.ephemeral_storage.as_ref().and_then(Field::get).map(MemoryQuantity::canonical),
            gpu: class.gpu.as_ref().and_then(Field::get).copied(),
            gpu_type: class.gpu_type.as_ref().and_then(Field::get).cloned(),
            node_selector: selector.filter_map(|(key, item)| Some((key.clone(), item.value.get()?.clone()))).collect(),
            tolerations: tolerations.map(toleration).collect(),
        }
    }
}

/// The platform's own image with `etlc`.
pub(in crate::resolve) fn runner(platform: &Platform) -> Option<Runner> {
    let runner = platform.spec.runner.as_ref().and_then(Field::get)?;
    let copied = runner.mode.as_ref().and_then(Field::get) == Some(&RunnerMode::Init);
    Some(Runner { image: runner.image.get()?.clone(), copied })
}

/// The finding on a step for which nobody names an image.
fn no_image(draft: &Draft<'_>, span: Span) -> Diagnostic {
    let kind = &draft.kind.name;
    Diagnostic::new(&catalogue::MISSING_KEY, span, format!("the kind `{kind}` names neither an image nor a runtime, and so does the step"))
        .label("runs in no image")
        .help("add `runtime: NAME` to the step, or to the kind")
}

fn toleration(toleration: &spec::Toleration) -> plan::Toleration {
    plan::Toleration {
        key: toleration.key.as_ref().and_then(Field::get).cloned(),
        operator: toleration.operator.as_ref().and_then(Field::get).map(|operator| format!("{operator:?}")),
        value: toleration.value.as_ref().and_then(Field::get).cloned(),
        effect: toleration.effect.as_ref().and_then(Field::get).map(|effect| format!("{effect:?}")),
    }
}
