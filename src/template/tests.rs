//! What templates give, and how they fail.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::diag::catalogue;

fn scope() -> Scope {
    let values = json!({
        "env": "prod",
        "vars": {"regions": ["us", "uk"], "days": 28, "none": null, "deep": {"b": 1, "a": 2}},
    });
    let Value::Object(values) = values else { unreachable!("it is a map") };
    Scope { values: values.into_iter().collect(), ..Scope::default() }
}

fn engine(macros: &[(&str, &str)]) -> (Engine, Vec<Fault>) {
    let files: Vec<_> = macros.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect();
    let (macros, faults) = Macros::new(&files);
    let table: Function = Arc::new(|args| match args {
        [Value::String(name)] if name == "orders" => Ok(json!("analytics.orders")),
        [Value::String(name)] => Err(CallError {
            rule: &catalogue::UNKNOWN_DATASET,
            message: format!("no dataset `{name}`"),
            help: Some("did you mean `orders`?".to_owned()),
        }),
        _ => Err(CallError::new("`ref` takes one name")),
    });
    (Engine::new(vec![("ref".to_owned(), table)], &macros), faults)
}

fn value(text: &str) -> Result<Value, Vec<Fault>> {
    engine(&[]).0.scalar(text, &scope())
}

/// The rule, the text at fault, the message and the help of the only fault.
fn fault(text: &str) -> (String, String, String, String) {
    let faults = value(text).err().unwrap_or_else(|| panic!("{text} has no fault"));
    let [fault] = faults.as_slice() else { panic!("{text}: {faults:#?}") };
    (fault.rule.id.to_owned(), text[fault.range.clone()].to_owned(), fault.message.clone(), fault.help.clone().unwrap_or_default())
}

#[test]
fn an_expression_alone_keeps_its_type() {
    assert_eq!(value("{{ vars.regions }}"), Ok(json!(["us", "uk"])));
    assert_eq!(value("{{ vars.days * 2 }}"), Ok(json!(56)));
    assert_eq!(value("{{ env == 'prod' }}"), Ok(json!(true)));
    assert_eq!(value("{{ vars.none }}"), Ok(json!(null)));
    assert_eq!(value("{{ 1.5 }}"), Ok(json!(1.5)));
    let map = value("{{ vars.deep }}").map(|map| map.to_string());
    assert_eq!(map.as_deref(), Ok(r#"{"b":1,"a":2}"#));
    assert_eq!(value("{{ ref('orders') }}"), Ok(json!("analytics.orders")));
    assert_eq!(value("{{ vars.regions|map('upper')|list }}"), Ok(json!(["US", "UK"])));
}

#[test]
fn other_texts_are_strings_with_their_newlines() {
    assert_eq!(value("no { template } here\n"), Ok(json!("no { template } here\n")));
    assert_eq!(value("{{ vars.days }}\n"), Ok(json!("28\n")));
    assert_eq!(value("{{ vars.days }}{{ vars.days }}"), Ok(json!("2828")));
    assert_eq!(value("{% raw %}{{ x }}{% endraw %}"), Ok(json!("{{ x }}")));
    assert_eq!(value("{# nothing #}{{ vars.days }}"), Ok(json!("28")));
    assert_eq!(value("{% for r in vars.regions %}{{ loop.index }}{{ r }}{% endfor %}"), Ok(json!("1us2uk")));
    assert_eq!(value("{% set a = [vars.days, 1] %}{{ a }} ${run.date}"), Ok(json!("[28, 1] ${run.date}")));
    assert_eq!(value("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m('a') }}"), Ok(json!("<a>")));
}

#[test]
fn templates_that_only_name_values_need_no_engine() {
    let values = json!({
        "env": "prod",
        "vars": {"one": 1, "float": 1.0, "yes": true, "none": null, "text": "a\nb {{ env }}", "list": ["a", 1, true], "deep": {"a": [1.5], "b": -3}},
    });
    let Value::Object(values) = values else { unreachable!("it is a map") };
    let scope = Scope { values: values.into_iter().collect(), ..Scope::default() };
    let (engine, _) = engine(&[]);
    let mut read = 0;
    for path in [
        "env",
        "vars.one",
        "vars.float",
        "vars.yes",
        "vars.none",
        "vars.text",
        "vars.list",
        "vars.deep",
        "vars.deep.a",
        "vars.deep.b",
        "vars.x",
        "ref",
    ] {
        for text in [
            "{{P}}",
            "{{ P }}",
            " {{ P }}",
            "{{ P }}\n",
            "a/{{ P }}/{{ env }}.b",
            "}} {{ P }}",
            "{{{ P }}}",
            "${{ P }}",
            "{{ P }}{% if 1 %}{% endif %}",
            "{{ P",
            "{{- P }}",
            "{{ P.a }}",
        ] {
            let text = text.replace('P', path);
            if let Some(value) = plain::value(&text, &scope) {
                read += 1;
                assert_eq!(Ok(value), engine.evaluate(&text, &scope), "{text}");
            }
        }
    }
    assert!(read > 25, "only {read}");
}

#[test]
fn unknown_names_say_what_is_near() {
    let is = |text: &str, rule: &str, at: &str, message: &str, help: &str| {
        let expected = (rule.to_owned(), at.to_owned(), message.to_owned(), help.to_owned());
        assert_eq!(fault(text), expected, "{text}");
    };
    is("a {{ vars.regoins }}", "E0302", "regoins", "`vars` has no `regoins`", "did you mean `regions`?");
    is("{{ envi }}", "E0302", "envi", "`envi` is not defined", "did you mean `env`?");
    is("{{ regions }}", "E0302", "regions", "`regions` is not defined", "did you mean `vars.regions`?");
    is("{{ vars.deep.c }}", "E0302", "c", "`vars.deep` has no `c`", "");
    is(
        "{{ env.name }}",
        "E0302",
        "name",
        "`env` is the name of the environment and has no `name`",
        "templates see no environment variables: write the value under `vars`",
    );
    is("{{ env|uper }}", "E0302", "uper", "no filter `uper`", "did you mean `upper`?");
    is("{{ env is strin }}", "E0302", "strin", "no test `strin`", "did you mean `string`?");
    is("{{ run.date }}", "E0308", "run.date", "`run.date` is not known when templates are evaluated", "write `${run.date}`");
    is("{{ ref }}", "E0303", "ref", "`ref` is a function and is not called", "write `ref(…)`");
    is("{{ ref('ordres') }}", "E0502", "ref('ordres')", "no dataset `ordres`", "did you mean `orders`?");
    is("{{ ref(name='x') }}", "E0303", "ref(name='x')", "a function takes no named arguments", "give the values alone, in order");
    is("{% if false %}{{ nope }}{% endif %}", "E0302", "nope", "`nope` is not defined", "");
    is("{% if true %}{{ vars.regoins }}{% endif %}", "E0302", "regoins", "`vars` has no `regoins`", "did you mean `regions`?");
    is("{% for r in vars.regions %}{{ r.x }}{% endfor %}", "E0302", "r.x", "`r.x` is not defined", "");
}

#[test]
fn what_may_be_undefined_is_not_reported() {
    assert_eq!(value("{{ vars.x|default('d') }}"), Ok(json!("d")));
    assert_eq!(value("{{ vars.x is defined }}"), Ok(json!(false)));
    assert_eq!(value("{% if vars.x is defined %}{{ vars.x }}{% endif %}"), Ok(json!("")));
    assert_eq!(value("{{ vars.x if false else 1 }}"), Ok(json!(1)));
}

#[test]
fn all_names_that_do_not_exist_are_reported_at_once() {
    let faults = value("{{ a }} {{ b|c }} {{ vars.d }}").expect_err("three names");
    let found: Vec<_> = faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(found, ["`a` is not defined", "`b` is not defined", "no filter `c`", "`vars` has no `d`"]);
}

#[test]
fn syntax_errors_point_at_their_cause() {
    let is = |text: &str, at: &str, message: &str| {
        let (rule, found, said, _) = fault(text);
        assert_eq!((rule.as_str(), found.as_str(), said.as_str()), ("E0301", at, message), "{text}");
    };
    is("a {{ env", "{{", "`{{` is not closed");
    is("a {% if env", "{%", "`{%` is not closed");
    is("{% for r in vars.regions %}x", "{% for r in vars.regions %}", "`{% for %}` is not closed");
    is("x{% endfor %}", "{% endfor %}", "`{% endfor %}` closes nothing");
    is("{% if env %}{% for r in vars.regions %}{% endif %}", "{% endif %}", "`{% endif %}` closes `{% for %}`");
    is("{{ env 'x' }}", "'x'", "unexpected `'x'` in a template");
    is("{{ 1 + }}", "}}", "an expression is missing in a template");
    is("{{ }}", "}}", "an expression is missing in a template");
    is("{{ 'abc }}", "'", "a string in a template is not closed");
    is("{{ env && env }}", "&", "unexpected `&` in a template");
    is("{{ é }}", "é", "unexpected `é` in a template");
    is("{# x", "{#", "a comment is not closed");
    is("{% raw %}x", "{%", "`{% raw %}` is not closed");
    is("{% include 'x' %}", "include", "templates have no `include`");
    is("{% iff env %}", "iff", "`iff` is not a statement");
    is("{% else %}", "{% else %}", "`{% else %}` stands in no `{% if %}`");
    is("{% set a = 1, 2 %}", "2", "several values are set to one name without brackets");
    is("{% %}", "{% %}", "a `{% … %}` says nothing");
}

#[test]
fn failures_are_at_the_expression() {
    let is = |text: &str, rule: &str, at: &str| {
        let (found_rule, found, message, _) = fault(text);
        assert_eq!((found_rule.as_str(), found.as_str()), (rule, at), "{text}: {message}");
    };
    is("x {{ 1 / 0 }}", "E0303", "1 / 0");
    is("x {{ env - 1 }}", "E0303", "env - 1");
    is("x {{ env.upper() }}", "E0303", ".upper()");
    is("x {{ range(20000) }}", "E0303", "range(20000)");
    is("{{ range }}", "E0303", "range");
}

#[test]
fn macros_are_called_by_name_from_any_template() {
    let files = [
        ("macros/a.sql", "{# shared #}\n{% macro cents(x) %}({{ x }} / {{ hundred() }}){% endmacro %}\n"),
        ("macros/b.sql", "{% macro hundred() %}100{% endmacro %}{% macro where() %}{{ env }} {{ vars.regoins }}{% endmacro %}"),
    ];
    let (engine, faults) = engine(&files);
    assert_eq!(faults, []);
    assert_eq!(engine.scalar("{{ cents('price') }}", &scope()), Ok(json!("(price / 100)")));
    let rendered = engine.file("select {{ cents('p') }}, x", &scope()).expect("it renders");
    assert_eq!(rendered.text, "select (p / 100), x");
    assert_eq!(rendered.source_range(18..19), 25..26);
    assert_eq!(rendered.source_range(9..10), 10..20);
    let faults = engine.scalar("{{ where() }}", &scope()).expect_err("a fault in the macro");
    assert_eq!((faults[0].file.as_deref(), &files[1].1[faults[0].range.clone()]), (Some("macros/b.sql"), "regoins"));
    assert_eq!(fault("{{ cents(1) }}").2, "no function `cents`");
}

#[test]
fn faults_of_macro_files_are_their_own() {
    let files = [
        ("a.sql", "{% macro good() %}1{% endmacro %}"),
        ("b.sql", "{% macro bad() %}{{ 1 + }}{% endmacro %}"),
        ("c.sql", "select 1 {% macro good() %}2{% endmacro %}"),
    ];
    let (engine, faults) = engine(&files);
    let found: Vec<_> = faults.iter().map(|fault| (fault.file.as_deref().unwrap_or(""), fault.message.as_str())).collect();
    assert_eq!(
        found,
        [
            ("b.sql", "an expression is missing in a template"),
            ("c.sql", "a macro file holds something that is not a macro"),
            ("c.sql", "two macros are called `good`"),
        ]
    );
    assert_eq!(engine.scalar("{{ good() }}", &scope()), Ok(json!("1")));
    let faults = engine.scalar("{{ bad() }}", &scope()).expect_err("its file has a fault");
    assert_eq!(faults[0].message, "the macro `bad` cannot be used");
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the time that limits save is what is tested")]
fn hostile_templates_end_soon_and_say_which_limit() {
    let n = |count: usize, piece: &str| piece.repeat(count);
    let started = std::time::Instant::now();
    let mut bomb = String::from("{% set a = ['x', env] %}");
    bomb.push_str(&n(60, "{% set a = [a, a] %}"));
    let hostile = [
        n(70_000, "a") + "{{ 1 }}",
        "{% for i in range(10000) %}{% for j in range(10000) %}x{% endfor %}{% endfor %}".to_owned(),
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}".to_owned(),
        format!("{{{{ {}1{} }}}}", n(5000, "("), n(5000, ")")),
        format!("{{{{ {} }}}}", n(20_000, "[")),
        "{{ 'x' * 1000000000 }}".to_owned(),
        "{{ ('x\n' * 100000)|indent(1000000) }}".to_owned(),
        n(3000, "{% if true %}"),
        format!("{{{{ {}env }}}}", n(5_000, "not ")),
        format!("{{{{ 1{} }}}}", n(20_000, "+1")),
        format!("{{{{ env{} }}}}", n(20_000, ".a")),
        format!("{{{{ env{} }}}}", n(20_000, "|upper")),
        format!("{{% if env %}}{}{{% endif %}}", n(2_000, "{% elif env %}")),
        bomb.clone() + "{{ a }}",
        bomb + "{{ a == a ~ '' }}",
        "{% set a = [env] %}".to_owned() + &n(60, "{% set a = a + a %}") + "{{ a }}",
        "{% set a = [env] %}".to_owned() + &n(10, "{% set a = [a * 1000] %}") + "{{ a }}",
        "{% macro f(a) %}{{ f([a, a]) }}{% endmacro %}{{ f([env]) }}".to_owned(),
        "{% for a in vars.regions recursive %}{{ loop([a]) }}{% endfor %}".to_owned(),
        "{% set a = 'x' %}".to_owned() + &n(60, "{% set a = a ~ a %}") + "{{ a }}",
    ];
    for text in hostile {
        let start: String = text.chars().take(60).collect();
        let faults = value(&text).err().unwrap_or_else(|| panic!("{start} has no fault"));
        assert_eq!(faults.len(), 1, "{start}: {faults:#?}");
        assert_eq!(faults[0].rule.id, "E0304", "{start}: {faults:#?}");
        assert!(faults[0].range.end <= text.len(), "{start}: {faults:#?}");
    }
    assert!(value("{{ 9 ** 999999 }}").is_err());
    // Generous, because tests run beside each other in a debug build; without its limits, one of these alone runs for hours.
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
    assert_eq!(fault("{{ 1|__bounded }}").0, "E0302");
}

#[test]
fn chains_at_the_limit_fit_on_a_small_stack() {
    let n = |count: usize, piece: &str| piece.repeat(count);
    let texts = [
        format!("{{{{ {}env }}}}", n(990, "not ")),
        format!("{{{{ 1{} }}}}", n(495, "+1")),
        format!("{{{{ {}1 }}}}", n(990, "-")),
        format!("{{{{ env{} }}}}", n(495, "|upper")),
        format!("{{{{ {}1{} }}}}", n(50, "("), n(50, ")")),
        format!("{{{{ {}1{} }}}}", n(50, "[not "), n(50, "]")),
        format!("{{% if env %}}{}{{% endif %}}", n(200, "{% elif env %}")),
        n(50, "{% if env %}") + &n(50, "{% endif %}"),
        format!("{{{{ {}1 }}}}", n(240, "1 if env else ")),
        format!("{{{{ 1{} }}}}", n(300, " if env")),
        n(40, "{% if env %}") + &format!("{{{{ {}1{} }}}}", n(50, "{1: "), n(50, "}")) + &n(40, "{% endif %}"),
    ];
    for text in texts {
        let start: String = text.chars().take(60).collect();
        assert!(value(&text).is_ok(), "{start}: {:#?}", value(&text).err());
    }
}
