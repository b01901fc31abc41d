//! Workspaces that are made to hurt, and what `validate` says to each. The bench times them; a test runs them all and asks for exactly these findings.

use std::fmt::Write as _;

/// A workspace and what is found in it.
pub(crate) struct Case {
    /// What is large in it.
    pub(crate) name: &'static str,
    /// The ids that are reported, each once, sorted; nothing for a workspace that is valid, however large.
    pub(crate) expected: &'static [&'static str],
    /// Path and text of each file; `etlc.yaml` is added.
    pub(crate) files: fn() -> Vec<(String, String)>,
}

/// Every case.
pub(crate) const CASES: &[Case] = &[
    // YAML
    case("aliases of aliases", &["E0103", "E0201", "E0202"], alias_bomb),
    case("copies of a long text", &["E0103", "E0201", "E0202"], || {
        spec_of(&format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), list(10_000, |_| "*a".to_owned())))
    }),
    case("100,000 open `[`", &["E0103"], || spec_of(&"[".repeat(100_000))),
    case("100,000 open `{`", &["E0103"], || spec_of(&"{a: ".repeat(100_000))),
    case("100,000 `- ` in a row", &["E0103"], || spec_of(&"- ".repeat(100_000))),
    case("2,000 levels of indentation", &["E0103"], || spec_of(&(0..2_000).map(|depth| " ".repeat(depth) + "a:\n").collect::<String>())),
    case("brackets of JSON in a string", &[], || one_step(&format!("env: {{A: '{}'}}", "[".repeat(100_000)))),
    case("50,000 times one key", &["E0102", "E0813"], || with(&"description: x\n".repeat(50_000))),
    case("20,000 unknown keys", &["E0201", "E0813"], || with(&lines(20_000, |n| format!("key_{n}: 1")))),
    case("20,000 unknown keys on one line", &["E0201", "E0813"], || one_step(&list(20_000, |n| format!("key_{n}: 1")))),
    case("20,000 wrong values on one line", &["E0203", "E0813"], || with(&format!("tags: [{}]\n", list(20_000, |n| format!("[{n}]"))))),
    case("a million items", &["E0103"], || with(&format!("tags: [{}]\n", list(1_000_000, |_| "a".to_owned())))),
    case("a key of 1 MB", &["E0201"], || with(&format!("? {}\n: 1\n", "k".repeat(1 << 20)))),
    case("a step's name of 1 MB", &["E0206"], || {
        spec_of(&format!("{HEAD}steps:\n  ? {}\n  : {{kind: container, image: x:1, command: [x]}}\n", "k".repeat(1 << 20)))
    }),
    case("4 MB on one line", &["E0201"], || with(&format!("desc: {}\n", "x".repeat(4_000_000)))),
    case("over the size limit", &["E0804"], || with(&format!("description: {}\n", "x".repeat(5_000_000)))),
    case("huge whole numbers", &["E0104"], || {
        with(&format!("timeout: {}\nversion: 1\n", "9".repeat(1_000_000)).replace("version: 1\n", ""))
    }),
    case("20,000 unquoted templates", &["E0105"], || with(&lines(20_000, |n| format!("key_{n}: {{{{ x }}}}")))),
    // Steps
    case("5,000 steps", &[], || steps(5_000)),
    case("12,000 steps in a chain", &["E0815"], || steps(12_000)),
    case("30,000 steps", &["E0103"], || steps(30_000)),
    case("a ring of 5,000 steps", &["E0504"], || ring(5_000)),
    case("5,000 steps that write datasets and read all before", &[], || datasets(300)),
    case("a matrix of 100,000 cells", &["E0605"], || one_step(&matrix(5, 10))),
    case("a matrix of 1,000 axes", &["E0605"], || one_step(&matrix(1_000, 2))),
    case("1,000 cells twice", &["E0815"], || two_steps(&matrix(3, 10))),
    case("2,000 steps of 1,000 cells", &["E0815"], || {
        spec_of(&format!(
            "{HEAD}steps:\n{}",
            lines(2_000, |n| format!("  s{n}: {{kind: container, image: x:1, command: [x], {}}}", matrix(3, 10)))
        ))
    }),
    // Texts
    case("a `when` of 100,000 brackets", &["E0601"], || one_step(&format!("when: \"{}\"", "(".repeat(100_000)))),
    case("a `when` of 100,000 `not`", &["E0601"], || one_step(&format!("when: \"{}\"", "not ".repeat(100_000)))),
    case("a `when` of 20,000 comparisons", &[], || one_step(&format!("when: \"{}\"", vec!["${run.attempt} == 1"; 20_000].join(" or ")))),
    case("100,000 `${run.date}`", &[], || one_step(&format!("args: [\"{}\"]", "${run.date}".repeat(100_000)))),
    case("20,000 `${x}` of different names", &["E0306", "E0813"], || {
        one_step(&format!("args: [\"{}\"]", list(20_000, |n| format!("${{x{n}}}"))))
    }),
    case("20,000 `${params.x}` of different names", &["E0306", "E0813"], || {
        one_step(&format!("args: [\"{}\"]", list(20_000, |n| format!("${{params.x{n}}}"))))
    }),
    case("a cron expression of 1 MB", &[], || with(&format!("schedule: {{cron: \"0{} * * * *\", timezone: UTC}}\n", ",0".repeat(500_000)))),
    case("a time zone of 1 MB", &["E0603"], || with(&format!("timezone: {}\n", "x".repeat(1 << 20)))),
    case("an image of 1 MB", &[], || {
        spec_of(&format!("{HEAD}steps:\n  a: {{kind: container, image: \"{}\", command: [x]}}\n", "x".repeat(1 << 20)))
    }),
    // Templates
    case("a template of 2 MB", &["E0304"], || template(&format!("{{{{ 1 }}}}{}", "x".repeat(2 << 20)))),
    case("a template of a million `a.b.c`", &["E0304"], || template(&format!("{{{{ a{} }}}}", ".b.c".repeat(500_000)))),
    case("a template of a million `1 +`", &["E0304"], || template(&format!("{{{{ 1{} }}}}", "+1".repeat(1_000_000)))),
    case("a template of 30,000 `+1`", &["E0304"], || template(&format!("{{{{ 1{} }}}}", "+1".repeat(30_000)))),
    case("a template of 30,000 brackets", &["E0304"], || template(&format!("{{{{ {}", "(".repeat(30_000)))),
    case("a template of 10,000 `if`", &["E0304"], || template(&"{% if 1 %}".repeat(6_000))),
    case("a loop without end", &["E0304"], || {
        template("{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}x{% endfor %}{% endfor %}{% endfor %}")
    }),
    case("a string that doubles", &["E0304"], || {
        template(&format!("{{% set a = 'xxxxxxxx' %}}{}{{{{ a }}}}", "{% set a = a ~ a %}".repeat(60)))
    }),
    case("a macro that calls itself", &["E0304"], || {
        sql_with(&[("macros/m.sql", "{% macro m(x) %}{{ m(x) }}{% endmacro %}")], "select {{ m(1) }}")
    }),
    // SQL
    case("a SQL file of 400,000 templates", &["E0304"], || sql(&"{{ x }}".repeat(400_000))),
    case("inline SQL of 10,000 holes", &[], || inline_sql(&format!("select {}", list(10_000, |_| "${run.date}".to_owned())))),
    case("1,000 SQL steps that read each other", &[], || sql_chain(1_000)),
    case("SQL of 50,000 `::int`", &["sql-syntax"], || sql(&format!("select 1{}", "::int".repeat(50_000)))),
    case("SQL of 20,000 `::int`", &[], || sql(&format!("select 1{}", "::int".repeat(20_000)))),
    case("SQL of a million `1 +`", &["sql-syntax"], || sql(&format!("select 1{}", "+1".repeat(1_000_000)))),
    case("SQL of 20,000 `+1`", &[], || sql(&format!("select 1{}", "+1".repeat(20_000)))),
    case("SQL of 100,000 brackets", &["sql-syntax"], || sql(&format!("select {}", "(".repeat(100_000)))),
    case("SQL of a million `a.b.c`", &["sql-syntax"], || sql(&format!("select {}", "a.b.c.".repeat(1_000_000 / 3)))),
    case("SQL of 20,000 `case`", &["sql-syntax"], || sql(&format!("select {}", "case when ".repeat(20_000)))),
    case("SQL of 20,000 statements", &[], || sql(&"select 1;\n".repeat(20_000))),
    case("SQL of 10,000 holes", &[], || sql(&format!("select {}", list(10_000, |_| "${run.date}".to_owned())))),
    case("SQL of 5,000 unions", &[], || sql(&format!("select 1{}", " union all select 1".repeat(5_000)))),
    case("SQL of 10,000 names that none of 5,000 columns has", &[], || {
        declared(5_000, &format!("select {} from t", list(10_000, |n| format!("d{n}"))))
    }),
    case("SQL of 200 stars of 5,000 columns", &[], || {
        let with = list(200, |n| format!("x{} as (select * from x{n})", n + 1));
        declared(5_000, &format!("with x0 as (select * from t), {with} select c1 from x200"))
    }),
    case("SQL of 40 natural joins of 2,000 columns", &[], || {
        declared(2_000, &format!("select * from t {}", lines(40, |n| format!("natural join t as t{n}"))))
    }),
    case("SQL of 2,000 recursive names in a ring", &[], || {
        let with = list(2_000, |n| format!("x{n} as (select c1 from t union all select c1 from x{})", (n + 1) % 2_000));
        declared(1, &format!("with recursive {with} select * from x0"))
    }),
    // The platform
    case("a `pattern` that is a bomb", &["E0209"], || {
        kind("{type: string, pattern: '^((((((((((a{1,99}){1,99}){1,99}){1,99}){1,99}){1,99}){1,99}){1,99}){1,99}){1,99}$'}")
    }),
    case("a `pattern` that backtracks", &["E0204"], || kind("{type: string, pattern: '^(a+)+$'}")),
    case("a `$ref` to itself", &["E0209"], || kind("{$ref: '#/properties/x'}")),
    case("20,000 teams", &["E0513"], || platform(&format!("teams:\n{}", lines(20_000, |n| format!("  team_{n}: {{contact: x}}"))))),
];

const HEAD: &str = "version: 1\npipeline: p\nowner: data\ndescription: d\n";

const fn case(name: &'static str, expected: &'static [&'static str], files: fn() -> Vec<(String, String)>) -> Case {
    Case { name, expected, files }
}

fn file(path: &str, text: impl Into<String>) -> (String, String) {
    (path.to_owned(), text.into())
}

fn spec_of(text: &str) -> Vec<(String, String)> {
    vec![file("pipelines/p/pipeline.yaml", text)]
}

/// A pipeline of one step with more keys at its top.
fn with(keys: &str) -> Vec<(String, String)> {
    let head = if keys.starts_with("description") { HEAD.replace("description: d\n", "") } else { HEAD.to_owned() };
    spec_of(&format!("{head}{keys}steps:\n  a: {{kind: container, image: x:1, command: [x]}}\n"))
}

/// A pipeline of one step with more keys in it.
fn one_step(keys: &str) -> Vec<(String, String)> {
    spec_of(&format!("{HEAD}steps:\n  a: {{kind: container, image: x:1, command: [x], {keys}}}\n"))
}

fn two_steps(keys: &str) -> Vec<(String, String)> {
    spec_of(&format!(
        "{HEAD}steps:\n  a: {{kind: container, image: x:1, command: [x], {keys}}}\n  b: {{kind: container, image: x:1, command: [x], {keys}, after: [a]}}\n"
    ))
}

fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(", ")
}

fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|number| line(number) + "\n").collect()
}

fn alias_bomb() -> Vec<(String, String)> {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..40 {
        let _ = writeln!(text, "a{level}: &a{level} [{}]", list(10, |_| format!("*a{}", level - 1)));
    }
    spec_of(&text)
}

fn steps(count: usize) -> Vec<(String, String)> {
    let step = |number: usize| {
        let after = if number == 0 { String::new() } else { format!(", after: [s{}]", number - 1) };
        format!("  s{number}: {{kind: container, image: x:1, command: [x]{after}}}")
    };
    spec_of(&format!("{HEAD}steps:\n{}", lines(count, step)))
}

fn ring(count: usize) -> Vec<(String, String)> {
    let step = |number: usize| format!("  s{number}: {{kind: container, image: x:1, command: [x], after: [s{}]}}", (number + 1) % count);
    spec_of(&format!("{HEAD}steps:\n{}", lines(count, step)))
}

/// Steps that each write a dataset and read those of all steps before.
fn datasets(count: usize) -> Vec<(String, String)> {
    let step = |number: usize| {
        let inputs = list(number, |before| format!("d{before}"));
        format!("  s{number}: {{kind: container, image: x:1, command: [x], inputs: [{inputs}], outputs: {{d{number}: {{value: text}}}}}}")
    };
    spec_of(&format!("{HEAD}steps:\n{}", lines(count, step)))
}

fn matrix(axes: usize, values: usize) -> String {
    format!("matrix: {{{}}}", list(axes, |axis| format!("a{axis}: [{}]", list(values, |value| format!("v{value}")))))
}

fn template(text: &str) -> Vec<(String, String)> {
    one_step(&format!("args: ['{}']", text.replace('\'', "''")))
}

fn sql(text: &str) -> Vec<(String, String)> {
    sql_with(&[], text)
}

fn sql_with(more: &[(&str, &str)], text: &str) -> Vec<(String, String)> {
    let mut files = vec![
        file("pipelines/p/pipeline.yaml", format!("{HEAD}steps:\n  a: {{kind: sql, sql: a.sql}}\n")),
        file("pipelines/p/a.sql", text),
        file(
            "platform/platform.yaml",
            "version: 1\nplatform: x\nruntimes:\n  sql: {image: x:1}\nconnections:\n  w: {dialect: postgres, dsn: x, default: true}\n",
        ),
    ];
    files.extend(more.iter().map(|(path, text)| file(path, *text)));
    files
}

/// SQL that reads a table with so many columns.
fn declared(columns: usize, text: &str) -> Vec<(String, String)> {
    let mut files = sql(text);
    let columns = list(columns, |n| format!("c{}: int", n + 1));
    files[0].1 = format!("{HEAD}datasets:\n  t: {{table: t, columns: {{{columns}}}}}\nsteps:\n  a: {{kind: sql, sql: a.sql}}\n");
    files
}

fn inline_sql(text: &str) -> Vec<(String, String)> {
    let mut files = sql("");
    files[0].1 = format!("{HEAD}steps:\n  a:\n    kind: sql\n    sql: |\n      {text}\n      -- not a path\n");
    files
}

fn sql_chain(count: usize) -> Vec<(String, String)> {
    let mut files = sql("");
    let step = |number: usize| {
        format!(
            "  s{number}: {{kind: sql, sql: \"select * from {{{{ ref('t{}') }}}} -- x\\n-- y\", output: t{number}}}",
            number.saturating_sub(1)
        )
    };
    files[0].1 = format!(
        "{HEAD}steps:\n  s0: {{kind: sql, sql: \"select 1 -- x\\n-- y\", output: t0}}\n{}",
        lines(count, |number| step(number + 1))
    );
    files
}

fn kind(schema: &str) -> Vec<(String, String)> {
    let value = format!("{}b", "a".repeat(10_000));
    vec![
        file("pipelines/p/pipeline.yaml", format!("{HEAD}steps:\n  a: {{kind: own, x: {value}}}\n")),
        file("platform/platform.yaml", "version: 1\nplatform: x\n"),
        file(
            "platform/kinds/own/kind.yaml",
            format!(
                "version: 1\nkind: own\ndescription: d\nfields:\n  type: object\n  properties:\n    x: {schema}\ncontainer: {{image: x:1, command: [x]}}\n"
            ),
        ),
    ]
}

fn platform(text: &str) -> Vec<(String, String)> {
    vec![
        file("pipelines/p/pipeline.yaml", format!("{HEAD}steps:\n  a: {{kind: container, image: x:1, command: [x]}}\n")),
        file("platform/platform.yaml", format!("version: 1\nplatform: x\n{text}")),
    ]
}
