//! Lineages made by hand: answers about them, names that no spec can have, and sizes that none has.

use std::collections::{BTreeMap, BTreeSet};

use super::{Answer, Effect, Export, Index, Question, Style, find, impact, openlineage};
use crate::graph;
use crate::lineage::model::{ColumnOf, Data, DerivedFrom, Job, Known, Lineage, Place, Written};
use crate::plan::Origin;
use crate::source::Span;
use crate::sql::columns::Type;

fn table(name: &str) -> Place {
    Place::Table { connection: "db".to_owned(), parts: name.split('.').map(str::to_owned).collect() }
}

fn origin(line: usize) -> Origin {
    Origin { file: "p/pipeline.yaml".to_owned(), line: u32::try_from(line).unwrap(), span: Span::default() }
}

fn column(of: &str) -> ColumnOf {
    let (data, column) = of.rsplit_once('.').unwrap();
    ColumnOf { place: table(data), column: column.to_owned() }
}

#[derive(Default)]
struct Made(Lineage);

impl Made {
    fn data(mut self, name: &str, columns: &[&str]) -> Self {
        let known = |name: &&str| Known { name: (*name).to_owned(), kind: Some(Type::Integer) };
        let data =
            Data { written: name.to_owned(), columns: columns.iter().map(known).collect(), open: columns.is_empty(), ..Data::default() };
        self.0.data.insert(table(name), data);
        self
    }

    fn named(mut self, table_name: &str, name: &str) -> Self {
        self.0.data.entry(table(table_name)).or_default().names.insert(name.to_owned());
        self
    }

    /// A step that reads and writes tables; `made` says which column comes from which, and nothing for a script.
    fn job(mut self, name: &str, reads: &[&str], writes: &[&str], made: &[(&str, &[&str])]) -> Self {
        let (pipeline, step) = name.split_once('.').unwrap();
        let mut job = Job {
            pipeline: pipeline.to_owned(),
            step: step.to_owned(),
            origin: origin(self.0.jobs.len() + 1),
            reads: reads.iter().map(|name| table(name)).collect(),
            writes: writes.iter().map(|name| (table(name), Written::default())).collect(),
            uses: BTreeMap::new(),
            complete: !made.is_empty(),
        };
        for (to, from) in made {
            let to = column(to);
            let columns: BTreeSet<ColumnOf> = from.iter().map(|of| column(of)).collect();
            job.uses.extend(columns.iter().map(|of| (of.clone(), origin(100))));
            job.writes.entry(to.place).or_default().columns.insert(to.column, DerivedFrom { columns, complete: true });
        }
        self.0.jobs.push(job);
        self
    }

    fn uses(mut self, of: &str) -> Self {
        self.0.jobs.last_mut().unwrap().uses.insert(column(of), origin(200));
        self
    }

    fn text(&self, names: &[&str], columns: bool, depth: Option<usize>) -> String {
        let index = Index::new(&self.0, []);
        let subjects: Vec<_> = names.iter().map(|name| find(&index, name).unwrap_or_else(|wrong| panic!("{wrong:?}"))).collect();
        Answer::new(&index, &subjects, Question { columns, upstream: true, downstream: true, depth }).text(Style::default())
    }

    fn refused(&self, name: &str) -> (String, String) {
        let wrong = find(&Index::new(&self.0, []), name).unwrap_err();
        (wrong.message, wrong.help.unwrap_or_default())
    }
}

/// A table from outside, SQL, a script, SQL over what the script writes, and a step that only asks.
fn shop() -> Made {
    Made::default()
        .data("raw.orders", &["id", "euros", "state"])
        .data("mart.daily", &["n", "euros"])
        .named("mart.daily", "shop.daily")
        .data("ml.scores", &["id", "score"])
        .data("mart.top", &["score"])
        .job(
            "shop.build",
            &["raw.orders"],
            &["mart.daily"],
            &[("mart.daily.n", &["raw.orders.id"]), ("mart.daily.euros", &["raw.orders.euros"])],
        )
        .uses("raw.orders.state")
        .job("ml.train", &["mart.daily"], &["ml.scores"], &[])
        .job("ml.top", &["ml.scores"], &["mart.top"], &[("mart.top.score", &["ml.scores.score"])])
}

#[test]
fn tables_lead_over_steps_to_tables() {
    let text = shop().text(&["mart.daily"], false, None);
    let expected = "\
db.mart.daily (shop.daily)  2 columns
upstream
└─ by shop.build  p/pipeline.yaml:1
   └─ db.raw.orders, from outside
downstream
└─ read by ml.train  p/pipeline.yaml:2
   └─ possibly db.ml.scores
      └─ read by ml.top  p/pipeline.yaml:3
         └─ db.mart.top
";
    assert_eq!(text, expected);
}

#[test]
fn columns_lead_to_columns_and_through_scripts_possibly() {
    let text = shop().text(&["mart.top.score"], false, None);
    let expected = "\
db.mart.top.score  integer
upstream
└─ by ml.top  p/pipeline.yaml:3
   └─ db.ml.scores.score  integer
      └─ possibly by ml.train  p/pipeline.yaml:2
         ├─ db.mart.daily.euros  integer
         │  └─ by shop.build  p/pipeline.yaml:1
         │     └─ db.raw.orders.euros  integer, from outside
         └─ db.mart.daily.n  integer
            └─ by shop.build  p/pipeline.yaml:1
               └─ db.raw.orders.id  integer, from outside
downstream: nothing
";
    assert_eq!(text, expected);
    let text = shop().text(&["raw.orders.state"], false, None);
    assert!(text.contains("upstream: nothing\ndownstream\n└─ in a condition of shop.build  p/pipeline.yaml:1\n"), "{text}");
}

#[test]
fn what_is_shared_stands_once_and_where_the_way_is_shortest() {
    let made = Made::default()
        .job("p.b", &["x.a"], &["x.b"], &[("x.b.c", &["x.a.c"])])
        .job("p.c", &["x.b", "x.a"], &["x.c"], &[("x.c.c", &["x.b.c", "x.a.c"])])
        .job("p.d", &["x.c"], &["x.d"], &[("x.d.c", &["x.c.c"])])
        .job("p.a", &["x.d"], &["x.a"], &[("x.a.c", &["x.d.c"])]);
    let text = made.text(&["x.a"], false, None);
    let downstream = text.split_once("downstream\n").unwrap().1;
    let expected = "\
├─ read by p.b  p/pipeline.yaml:1
│  └─ db.x.b
│     └─ read by p.c  p/pipeline.yaml:2  (below)
└─ read by p.c  p/pipeline.yaml:2
   └─ db.x.c
      └─ read by p.d  p/pipeline.yaml:3
         └─ db.x.d
            └─ read by p.a  p/pipeline.yaml:4
               └─ db.x.a  (above)
";
    assert_eq!(downstream, expected);
    let cut = made.text(&["x.a"], false, Some(1));
    assert!(cut.contains("└─ read by p.c  p/pipeline.yaml:2\n   └─ db.x.c  …\n"), "{cut}");
}

#[test]
fn a_name_that_can_mean_two_things_says_what_to_write() {
    let made = Made::default()
        .data("a.orders", &["id"])
        .data("b.orders", &["id"])
        .data("b.Items", &[])
        .named("b.orders", "shop.orders")
        .job("shop.load", &[], &["b.orders"], &[])
        .job("shop.orders", &["b.orders"], &["b.Items"], &[]);
    assert_eq!(made.refused("orders").0, "`orders` can mean the table `db.a.orders` or the table `db.b.orders`");
    assert_eq!(made.refused("orders").1, "write `db.a.orders` or `db.b.orders`");
    assert_eq!(made.refused("shop.orders").1, "write `dataset:db.b.orders` or `step:shop.orders`");
    for name in
        ["step:shop.orders", "dataset:shop.orders", "DB.B.Orders", "b.\"orders\"", "`b`.orders.id", "b.items", "shop", "b.items.anything"]
    {
        assert!(!made.text(&[name], false, None).is_empty(), "{name}");
    }
    assert_eq!(made.refused("b.\"items\"").0, "no data, step or pipeline is called `b.\"items\"`");
    assert_eq!(made.refused("a.orders.idd"), ("`db.a.orders` has no column `idd`".to_owned(), "did you mean `id`?".to_owned()));
    assert_eq!(made.refused("shop.ordres").1, "did you mean `shop.orders`?");
    assert!(made.refused("").1.contains("lists all data"));
    assert_eq!(made.refused(&"x.".repeat(100_000)).0.len(), 200_000 + "no data, step or pipeline is called ``".len());
}

#[test]
fn a_change_breaks_what_names_it_and_what_is_behind() {
    let shop = shop();
    let index = Index::new(&shop.0, []);
    let change = |name: &str| impact(&index, &[find(&index, name).unwrap()]).changes.remove(0);
    let steps = |name: &str| {
        let all = change(name).pipelines;
        let steps = all.iter().flat_map(|pipeline| pipeline.steps.iter().map(|step| (step.step.clone(), step.effect, step.certain)));
        steps.collect::<Vec<_>>()
    };
    let step = |name: &str, effect, certain| (name.to_owned(), effect, certain);
    let expected = vec![step("train", Effect::Changes, false), step("top", Effect::Changes, false), step("build", Effect::Breaks, true)];
    assert_eq!(steps("raw.orders.euros"), expected);
    // A column of a condition makes no column, but its step breaks with it, and what it writes is not renewed.
    assert_eq!(steps("raw.orders.state"), vec![step("build", Effect::Breaks, true)]);
    assert_eq!(change("raw.orders.state").not_renewed, BTreeMap::from([("ml".to_owned(), vec!["top".to_owned(), "train".to_owned()])]));
    assert_eq!(steps("mart.daily.n"), vec![step("train", Effect::Breaks, false), step("top", Effect::Changes, false)]);
    assert_eq!(steps("mart.daily"), vec![step("train", Effect::Breaks, true), step("top", Effect::Changes, false)]);
    assert!(steps("mart.top").is_empty());
    let text = impact(&index, &[find(&index, "raw.orders.state").unwrap()]).text(Style::default());
    assert!(text.contains("  breaks      build  p/pipeline.yaml:200\n              used in a condition\n"), "{text}");
}

/// A chain of tables of one column, each made of the one before it.
fn chain(n: usize) -> Made {
    (1..=n).fold(Made::default(), |made, at| {
        let (from, to) = (format!("x.t{}", at - 1), format!("x.t{at}"));
        made.job(&format!("p.s{at}"), &[&from], &[&to], &[(&format!("{to}.c"), &[&format!("{from}.c")])])
    })
}

#[test]
fn a_long_chain_is_text_with_short_lines() {
    let made = chain(5_000);
    for name in ["x.t0", "x.t5000.c", "p"] {
        let text = made.text(&[name], false, None);
        assert!(text.lines().all(|line| line.chars().count() < 120), "{name}");
        assert!(text.lines().count() < 60_000, "{name}: {}", text.lines().count());
    }
    let text = made.text(&["x.t0"], false, None);
    let names: BTreeSet<&str> = text.lines().filter_map(|line| line.split_once("─ ")?.1.split("  ").next()).collect();
    assert!((1..=5_000).all(|at| names.contains(format!("db.x.t{at}").as_str())));
}

#[test]
fn wide_and_dense_lineages_take_linear_time() {
    let names: Vec<String> = (0..3_000).map(|at| format!("x.t{at}")).collect();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    let made = Made::default().job("p.all", &all, &all, &[]).job("p.again", &all, &all, &[]);
    let text = made.text(&["x.t7"], false, None);
    assert!(text.lines().count() < 30_000, "{}", text.lines().count());
    let index = Index::new(&made.0, []);
    let report = Answer::new(&index, &[], Question { columns: true, upstream: true, downstream: true, depth: None }).report();
    assert_eq!(report.edges.len(), 12_000);
}

const HOSTILE: &str = "a\"]; end\n  b --> c %% `*_x_*` #quot; &lt; </script>\\N\0\u{202e}{{d}}|e|";

#[test]
fn a_name_stays_a_name() {
    let place = Place::Table { connection: "db".to_owned(), parts: vec!["s.p".to_owned(), HOSTILE.to_owned()] };
    let job = Job {
        pipeline: HOSTILE.to_owned(),
        step: HOSTILE.to_owned(),
        origin: Origin { file: HOSTILE.to_owned(), ..origin(1) },
        reads: BTreeSet::from([place.clone()]),
        writes: BTreeMap::from([(Place::Uri(HOSTILE.to_owned()), Written::default())]),
        uses: BTreeMap::from([(ColumnOf { place: place.clone(), column: HOSTILE.to_owned() }, origin(1))]),
        complete: true,
    };
    let lineage = Lineage { data: BTreeMap::new(), jobs: vec![job] };
    let index = Index::new(&lineage, []);
    for columns in [false, true] {
        let question = Question { columns, upstream: true, downstream: true, depth: None };
        for subjects in
            [vec![], vec![find(&index, HOSTILE).unwrap()], vec![find(&index, "db.\"s.p\".*".replace('*', &quoted()).as_str()).unwrap()]]
        {
            let answer = Answer::new(&index, &subjects, question);
            let text = answer.text(Style::default());
            assert!(!text.contains('\0') && !text.contains('\u{202e}') && text.lines().all(|line| !line.starts_with("  b -->")), "{text}");
            let json = serde_json::to_string(&answer.report()).unwrap();
            serde_json::from_str::<serde_json::Value>(&json).unwrap();
            let graph = answer.graph();
            assert!(graph::mermaid(&graph, true).lines().all(|line| !line.starts_with("  b")));
            assert!(graph::dot(&graph, true).lines().all(|line| !line.starts_with("  b")));
            assert!(!graph::svg(&graph, true).unwrap().contains("</script"));
        }
    }
    let text = impact(&index, &[find(&index, "db.\"s.p\".*".replace('*', &quoted()).as_str()).unwrap()]).text(Style::default());
    assert!(text.lines().count() < 12 && !text.contains('\0'), "{text}");
    let connections = BTreeMap::new();
    let export = Export { jobs: "w", connections: &connections, time: "1970-01-01T00:00:00Z", source: Some("https://x.dev") };
    let events = openlineage(&index, export);
    let events: Vec<serde_json::Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 3);
}

/// The hostile name as a part of a longer one.
fn quoted() -> String {
    format!("\"{}\"", HOSTILE.replace('"', "\"\""))
}
